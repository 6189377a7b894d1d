//! What a sealed consent says, and what it never does.

use proptest::prelude::*;

use super::*;
use crate::policy::catalog::TrackerEntry;
use crate::policy::consent::TrackerSet;
use crate::policy::samples::built_in;

const TODAY: Day = Day(20_543);
const DAYS: u32 = 182;

fn key(byte: u8) -> SealKey {
    SealKey::new([byte; 32])
}

fn seal() -> Seal {
    Seal::new("shop", key(1), Vec::new())
}

fn answer(choice: &Choice, day: Day) -> Consent {
    Consent::from_choice(choice, day, Some(ReceiptNumber([7; 16])), &built_in())
}

fn open(seal: &Seal, text: &str) -> Consent {
    seal.open(text, TODAY, DAYS, &built_in())
}

fn any_consent() -> impl Strategy<Value = Consent> {
    let trackers = prop::collection::vec(0..built_in().trackers().count(), 0..6);
    (0..8_usize, trackers, any::<[u8; 16]>(), 0..=DAYS).prop_map(|(state, indices, number, age)| {
        let mut trackers = TrackerSet::NONE;
        let ids = indices.into_iter().filter_map(crate::policy::catalog::TrackerId::new);
        ids.for_each(|id| trackers.insert(id));
        let choice = Choice::Some { categories: CategorySet::every()[state], trackers };
        Consent::from_choice(&choice, Day(TODAY.0 - age), Some(ReceiptNumber(number)), &built_in())
    })
}

#[test]
fn forged_consent_reads_as_no_consent() {
    let forged = Seal::new("shop", key(2), Vec::new()).seal(&answer(&Choice::All, TODAY), &built_in());
    assert_eq!(open(&seal(), &forged), Consent::none());
}

#[test]
fn consent_of_another_site_reads_as_no_consent() {
    let other = Seal::new("other", key(1), Vec::new()).seal(&answer(&Choice::All, TODAY), &built_in());
    assert_eq!(open(&seal(), &other), Consent::none());
}

#[test]
fn refusals_of_a_day_cannot_be_told_apart() {
    let some = Choice::Some { categories: CategorySet::NECESSARY, trackers: TrackerSet::NONE };
    let first = seal().seal(&answer(&Choice::None, TODAY), &built_in());
    assert_eq!(first, seal().seal(&answer(&some, TODAY), &built_in()));
    assert!(first.starts_with("2.20543...") && first.len() == 12 + Offer::DIGITS + MAC_DIGITS, "{first}");
    assert_eq!(open(&seal(), &first).answered(), Some(TODAY));
}

#[test]
fn an_older_key_still_opens_but_does_not_seal() {
    let text = seal().seal(&answer(&Choice::All, TODAY), &built_in());
    let rotated = Seal::new("shop", key(2), vec![key(1)]);
    assert!(open(&rotated, &text).is_grant());
    assert_ne!(rotated.seal(&answer(&Choice::All, TODAY), &built_in()), text);
    let forgotten = Seal::new("shop", key(9), (2..7).chain([1]).map(key).collect());
    assert_eq!(open(&forgotten, &text), Consent::none());
}

#[test]
fn future_and_outdated_consents_read_as_no_consent() {
    for (day, is_standing) in [
        (TODAY.0 + 1, true),
        (TODAY.0 + 2, false),
        (u32::MAX, false),
        (TODAY.0 - DAYS, true),
        (TODAY.0 - DAYS - 1, false),
        (0, false),
    ] {
        let text = seal().seal(&answer(&Choice::All, Day(day)), &built_in());
        assert_eq!(open(&seal(), &text).is_grant(), is_standing, "{day}");
    }
}

#[test]
fn authentic_texts_of_another_form_read_as_no_consent() {
    let seal = seal();
    let offer = built_in().offer().to_string();
    let sealed = |body: &str| {
        let body = body.replace("OFFER", &offer);
        let mac = Hex(mac(&seal.keys[0], &body));
        format!("{body}.{mac}")
    };
    let stamp = built_in().stamp(built_in().named("youtube").unwrap().id);
    let tube = format!("youtube:{:04x}", stamp & 0xffff);
    assert!(open(&seal, &sealed("2.20543.m..OFFER.")).is_grant());
    assert!(open(&seal, &sealed(&format!("2.20543..gone:1234~{tube}.OFFER."))).is_grant());
    assert_eq!(open(&seal, &sealed("2.20543..gone:1234.OFFER.")).answered(), Some(TODAY));
    for body in [
        "1.20543.m..",
        "1.20543.m..OFFER.",
        "3.20543.m..OFFER.",
        "2.20543.m..OFFER",
        "2.20543.m..OFFER..",
        "2.20543.m...",
        "2.20543.x..OFFER.",
        "2.20543.mp..OFFER.",
        "2.20543.mm..OFFER.",
        "2.99999999999.m..OFFER.",
        "2.-1.m..OFFER.",
        "2..m..OFFER.",
        "2.20543.m..OFFER.0F",
        "2.20543.m..OFFER.zz",
        "",
        "2",
    ] {
        assert_eq!(open(&seal, &sealed(body)), Consent::none(), "{body}");
    }
    for text in ["", ".", "....."] {
        assert_eq!(open(&seal, text), Consent::none());
    }
}

/// A consent to each single tracker of a catalogue of so many.
fn every_single_one_of(count: usize) -> (Catalog, Consent) {
    let entry = Catalog::built_in().unwrap().into_iter().find(|entry| entry.id == "hotjar").unwrap();
    let entries =
        (0..count).map(|n| TrackerEntry { id: format!("tracker-of-the-shop-{n}"), ..entry.clone() });
    let catalog = Catalog::new(entries.collect()).unwrap();
    let trackers = catalog.trackers().map(|tracker| tracker.id).collect();
    let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
    let consent = Consent::from_choice(&choice, TODAY, Some(ReceiptNumber([7; 16])), &catalog);
    (catalog, consent)
}

#[test]
fn single_trackers_have_room_in_a_cookie_by_the_hundred() {
    for count in [1, 100, 403, singles::COUNT_MIN] {
        let (catalog, consent) = every_single_one_of(count);
        let text = seal().seal(&consent, &catalog);
        assert!(Seal::holds(&consent, &catalog) && text.len() <= SEALED_BYTES_MAX, "{count}: {}", text.len());
        assert_eq!(seal().open(&text, TODAY, DAYS, &catalog), consent, "{count}");
    }
}

/// On a site that says nothing of what it uses, "all but this one" is said one by one.
#[test]
fn all_trackers_but_one_have_room_in_a_cookie() {
    let mut trackers: TrackerSet = built_in().used().map(|tracker| tracker.id).collect();
    trackers.remove(built_in().named("hotjar").unwrap().id);
    let consent = answer(&Choice::Some { categories: CategorySet::NECESSARY, trackers }, TODAY);
    assert!(Seal::holds(&consent, &built_in()));
    assert_eq!(open(&seal(), &seal().seal(&consent, &built_in())), consent);
}

#[test]
fn a_consent_too_long_for_a_cookie_is_shortened() {
    let (catalog, consent) = every_single_one_of(singles::COUNT_MIN + 1);
    assert!(!Seal::holds(&consent, &catalog));
    let text = seal().seal(&consent, &catalog);
    assert!(text.len() <= SEALED_BYTES_MAX);
    let opened = seal().open(&text, TODAY, DAYS, &catalog);
    assert_eq!(opened.trackers().iter().count(), singles::COUNT_MIN);
    assert!(opened.trackers().iter().all(|id| consent.trackers().contains(id)));
}

/// A yes to one must never be one to another.
#[test]
fn no_two_trackers_have_one_stamp() {
    let stamps: std::collections::HashSet<_> =
        built_in().trackers().map(|tracker| built_in().stamp(tracker.id)).collect();
    assert_eq!(stamps.len(), built_in().trackers().count());
}

/// The catalogue with a change to it, as a reload or a new version of the program brings it.
fn changed(change: impl FnOnce(&mut Vec<TrackerEntry>)) -> Catalog {
    let mut entries = Catalog::built_in().unwrap();
    change(&mut entries);
    Catalog::new(entries).unwrap()
}

/// What stands of `choice` under another catalogue than it was made under.
fn under(catalog: &Catalog, choice: &Choice) -> Consent {
    seal().open(&seal().seal(&answer(choice, TODAY), &built_in()), TODAY, DAYS, catalog)
}

#[test]
fn r35_a_new_tracker_is_asked_about_and_the_other_answers_stay() {
    let more = changed(|entries| {
        let pixel = entries.iter().find(|entry| entry.id == "meta-pixel").unwrap();
        let more = TrackerEntry { id: "more".into(), ..pixel.clone() };
        entries.push(more);
    });
    let consent = under(&more, &Choice::All);
    assert!(consent.is_asked());
    let stands = CategorySet::NECESSARY.with(Category::Preferences).with(Category::Statistics);
    assert_eq!(consent.categories(), stands);
    assert_eq!(consent.receipt(), Some(ReceiptNumber([7; 16])));
    assert!(under(&more, &Choice::None).is_asked());
    assert!(!under(&built_in(), &Choice::All).is_asked());
}

#[test]
fn r35_a_single_tracker_keeps_its_yes_until_it_changes_itself() {
    let mut trackers = TrackerSet::NONE;
    for id in ["youtube", "vimeo"] {
        trackers.insert(built_in().named(id).unwrap().id);
    }
    let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
    let moved = changed(|entries| {
        let film = entries.iter_mut().find(|entry| entry.id == "vimeo").unwrap();
        film.category = "marketing".into();
    });
    let consent = under(&moved, &choice);
    let names: Vec<_> = consent.trackers().iter().map(|id| moved.tracker(id).name_id.as_str()).collect();
    assert_eq!(names, ["youtube"]);
    assert!(consent.is_asked());
}

#[test]
fn r35_of_hundreds_of_single_trackers_each_keeps_its_yes_until_it_changes_itself() {
    let trackers = built_in().used().map(|tracker| tracker.id).collect();
    let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
    let before = answer(&choice, TODAY).trackers().iter().count();
    let moved = changed(|entries| {
        let film = entries.iter_mut().find(|entry| entry.id == "vimeo").unwrap();
        film.provider.country = "NO".into();
        entries.retain(|entry| entry.id != "youtube");
        entries.insert(0, TrackerEntry { id: "new".into(), ..entries[0].clone() });
    });
    let consent = under(&moved, &choice);
    assert!(consent.is_asked() && consent.trackers().iter().count() == before - 2);
    for gone in ["vimeo", "new"] {
        assert!(!consent.trackers().contains(moved.named(gone).unwrap().id), "{gone}");
    }
}

#[test]
fn r35_a_receipt_outlives_an_offer_of_which_nothing_stands() {
    let moved = changed(|entries| {
        let counter = entries.iter_mut().find(|entry| entry.id == "hotjar").unwrap();
        counter.category = "marketing".into();
    });
    let categories = CategorySet::NECESSARY.with(Category::Statistics);
    let consent = under(&moved, &Choice::Some { categories, trackers: TrackerSet::NONE });
    assert!(!consent.is_grant() && consent.is_asked());
    assert_eq!(consent.receipt(), Some(ReceiptNumber([7; 16])));
}

#[test]
fn a_yes_to_a_single_tracker_beside_no_answer_leaves_the_question_open() {
    let film = |id: &str| {
        let trackers = [built_in().named(id).unwrap().id].into_iter().collect();
        answer(&Choice::Some { categories: CategorySet::NECESSARY, trackers }, TODAY)
    };
    let alone = film("youtube").beside(&Consent::none());
    let text = seal().seal(&alone, &built_in());
    assert!(text.contains(".000000000000000000."), "{text}");
    let opened = open(&seal(), &text);
    assert_eq!(opened, alone);
    assert!(opened.is_asked() && !opened.is_outdated() && opened.is_grant());
    assert_eq!(film("vimeo").beside(&film("youtube")), film("vimeo"), "what is answered stays so");

    let moved = changed(|entries| {
        let counter = entries.iter_mut().find(|entry| entry.id == "hotjar").unwrap();
        counter.provider.country = "NO".into();
    });
    let outdated = under(&moved, &Choice::All);
    let beside = outdated.beside(&outdated);
    let opened = seal().open(&seal().seal(&beside, &moved), TODAY, DAYS, &moved);
    assert_eq!(opened, outdated, "what is asked again is asked again after it, and the rest stands");
}

#[test]
fn a_derived_key_is_the_sites_own_and_of_one_purpose() {
    let derived = |byte, site, purpose| *Seal::new(site, key(byte), Vec::new()).derived(purpose);
    let one = derived(1, "shop", "a");
    assert_eq!(one, derived(1, "shop", "a"));
    for other in [derived(2, "shop", "a"), derived(1, "other", "a"), derived(1, "shop", "b")] {
        assert_ne!(one, other);
    }
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?} {:?}", key(3), seal()), "SealKey Seal");
}

#[test]
fn nothing_answered_seals_to_nothing() {
    assert_eq!(seal().seal(&Consent::none(), &built_in()), "");
}

proptest! {
    #[test]
    fn what_was_sealed_opens(consent in any_consent()) {
        let text = seal().seal(&consent, &built_in());
        prop_assert_eq!(open(&seal(), &text), consent);
        // RFC 6265 section 4.1.1, cookie-octet.
        let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        prop_assert!(text.bytes().all(is_octet));
    }

    #[test]
    fn a_changed_text_reads_as_no_consent(
        consent in any_consent(),
        at in any::<prop::sample::Index>(),
        other in "[ -~]",
    ) {
        let text = seal().seal(&consent, &built_in());
        let at = at.index(text.len());
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        if changed != text {
            prop_assert_eq!(open(&seal(), &changed), Consent::none());
        }
        let longer = format!("{}{other}{}", &text[..at], &text[at..]);
        for cut in [&text[..at], &text[at + 1..], longer.as_str()] {
            prop_assert_eq!(open(&seal(), cut), Consent::none());
        }
    }

    #[test]
    fn any_text_is_read_without_trouble(text in ".{0,80}") {
        prop_assert_eq!(open(&seal(), &text), Consent::none());
    }
}
