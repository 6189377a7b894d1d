//! The categories that a site has something in. A question about a purpose that nobody pursues is noise, and makes the others
//! less specific (GDPR art. 5(1)(c) and 6(1)(a); EDPB Guidelines 05/2020, section 3.2).
//!
//! Where the operator wrote down what the site uses, these are the categories of that, of what the operator vouches for, and
//! statistics where the gateway itself counts returns by a cookie, once somebody has agreed to them
//! ([`WEEKS_COOKIE`](crate::policy::cookies::WEEKS_COOKIE)). Where nobody said what the site has, it may have anything.

use super::offer::Offer;
use super::{Catalog, Controller, Tracker};
use crate::policy::Allow;
use crate::policy::consent::{Category, CategorySet, TrackerSet};

impl Catalog {
    /// The categories that visitors of this site are asked about, with the necessary one: nothing else is shown, granted or
    /// counted.
    pub const fn asked(&self) -> CategorySet {
        if self.remembers_returns { self.pursued.with(Category::Statistics) } else { self.pursued }
    }

    /// Is there anything to ask about? Where there is not, nobody is asked, and no answer changes anything.
    pub const fn asks(&self) -> bool {
        self.asked().state() != CategorySet::NECESSARY.state()
    }

    /// Does the gateway keep in the browser when a visitor was here, once statistics were agreed to?
    pub const fn remembers_returns(&self) -> bool {
        self.remembers_returns
    }

    /// The same catalogue for a site that does not count returns: nothing of the gateway's own is in any category then. To be
    /// said before [`Catalog::using`] and [`Catalog::asked_by`].
    #[must_use]
    pub fn forgetting_returns(mut self) -> Self {
        self.remembers_returns = false;
        self.offer = self.offered(&Controller::default(), &[]);
        self
    }

    /// What visitors are asked to agree to by that controller, with what is vouched for.
    pub(super) fn offered(&self, controller: &Controller, allow: &[Allow]) -> Offer {
        let offer = Offer::of(self.used(), controller, allow);
        if self.remembers_returns { offer } else { offer.without_returns() }
    }
}

/// What a site asks about that uses those of these trackers that are marked so.
pub(super) fn of(trackers: &[Tracker]) -> CategorySet {
    let used = || trackers.iter().filter(|tracker| tracker.is_used);
    let ids: TrackerSet = used().map(|tracker| tracker.id).collect();
    used().map(|tracker| pursued(tracker, &ids)).fold(CategorySet::NECESSARY, CategorySet::or)
}

/// What a tracker works for. A container pursues nothing of its own: it works for what it carries, where the site uses some of
/// that, else for all that it serves.
fn pursued(tracker: &Tracker, used: &TrackerSet) -> CategorySet {
    let own = CategorySet::NECESSARY.with(tracker.category);
    if tracker.carried.meets(used) {
        return own;
    }
    tracker.serves.iter().copied().fold(own, CategorySet::with)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::Category::{Marketing, Preferences, Statistics};
    use super::*;
    use crate::policy::Allowed;
    use crate::policy::consent::{Choice, Consent, Day, ReceiptNumber};
    use crate::policy::seal::{Seal, SealKey};

    const TODAY: Day = Day(20_543);
    const RECEIPT: Option<ReceiptNumber> = Some(ReceiptNumber([7; 16]));

    static IDS: LazyLock<Vec<String>> =
        LazyLock::new(|| built_in().trackers().map(|tracker| tracker.name_id.clone()).collect());

    fn built_in() -> Catalog {
        Catalog::new(Catalog::built_in().unwrap()).unwrap()
    }

    fn using(uses: &[&str]) -> Catalog {
        built_in().using(&uses.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>())
    }

    /// The same, where the gateway keeps nothing itself.
    fn without_returns(uses: &[&str]) -> Catalog {
        let uses: Vec<String> = uses.iter().map(|id| (*id).to_owned()).collect();
        built_in().forgetting_returns().using(&uses)
    }

    fn set(categories: &[Category]) -> CategorySet {
        categories.iter().copied().collect()
    }

    fn vouching(category: Category) -> [Allow; 1] {
        let what = Allowed::Cookie("sort".into());
        [Allow { what, category, why: "keeps the order".into(), paths: Vec::new() }]
    }

    fn seal() -> Seal {
        Seal::new("shop", SealKey::new([1; 32]), Vec::new())
    }

    /// What stands under one catalogue of an answer that was given under another.
    fn carried_over(answer: &Consent, from: &Catalog, to: &Catalog) -> Consent {
        seal().open(&seal().seal(answer, from), TODAY, 182, to)
    }

    fn answer(choice: &Choice, catalog: &Catalog) -> Consent {
        Consent::from_choice(choice, TODAY, RECEIPT, catalog)
    }

    fn some(categories: &[Category]) -> Choice {
        Choice::Some { categories: set(categories), trackers: TrackerSet::NONE }
    }

    #[test]
    fn a_site_that_does_not_say_what_it_uses_asks_about_everything() {
        assert_eq!(built_in().asked(), CategorySet::ALL);
        assert_eq!(built_in().asked_by("", &vouching(Preferences), &[]).asked(), CategorySet::ALL);
    }

    #[test]
    fn only_what_has_something_in_it_is_asked_about() {
        for (uses, asked) in [
            (&["google-tag", "google-analytics"][..], &[Statistics][..]),
            (&["google-tag-manager", "google-analytics", "hotjar"], &[Statistics]),
            (&["google-tag", "google-ads", "doubleclick"], &[Statistics, Marketing]),
            (&["google-tag-manager"], &[Statistics, Marketing]),
            (&["segment", "hotjar"], &[Statistics, Marketing]),
            (&["google-fonts"], &[Preferences, Statistics]),
            (&["stripe", "shop-cart"], &[Statistics]),
            (&[], &[Statistics]),
        ] {
            assert_eq!(using(uses).asked(), set(asked), "{uses:?}");
        }
    }

    #[test]
    fn statistics_are_asked_about_for_a_tracker_where_returns_are_not_counted() {
        for (uses, asked) in [
            (&["hotjar"][..], &[Statistics][..]),
            (&["meta-pixel"], &[Marketing]),
            (&["stripe", "shop-cart"], &[]),
            (&[], &[]),
        ] {
            let catalog = without_returns(uses);
            assert_eq!(catalog.asked(), set(asked), "{uses:?}");
            assert_eq!(catalog.asks(), !asked.is_empty(), "{uses:?}");
        }
        let vouched = without_returns(&[]).asked_by("", &vouching(Statistics), &[]);
        assert_eq!(vouched.asked(), set(&[Statistics]));
        assert_eq!(built_in().forgetting_returns().asked(), CategorySet::ALL, "nobody said what there is");
    }

    /// Who agreed to a tracker has not agreed to the gateway's own cookie.
    #[test]
    fn r35_to_count_returns_is_asked_about() {
        let (before, after) = (without_returns(&["hotjar", "meta-pixel"]), using(&["hotjar", "meta-pixel"]));
        let consent = carried_over(&answer(&Choice::All, &before), &before, &after);
        assert!(consent.is_outdated() && consent.categories() == set(&[Marketing]));
    }

    #[test]
    fn no_answer_is_open_where_nothing_is_asked() {
        let (before, after) = (using(&["hotjar"]), without_returns(&[]));
        for choice in [Choice::All, Choice::None] {
            let consent = carried_over(&answer(&choice, &before), &before, &after);
            assert!(!consent.is_asked() && !consent.is_grant(), "{choice:?}");
            assert_eq!(consent.is_refusal(), choice == Choice::None);
        }
    }

    #[test]
    fn what_the_operator_vouches_for_is_asked_about() {
        let asked = |category| using(&["hotjar"]).asked_by("", &vouching(category), &[]).asked();
        assert_eq!(asked(Preferences), set(&[Preferences, Statistics]));
        assert_eq!(asked(Category::Necessary), set(&[Statistics]));
    }

    #[test]
    fn a_yes_to_everything_is_one_to_what_was_asked() {
        let catalog = using(&["google-tag", "google-analytics"]);
        let yes = answer(&Choice::All, &catalog);
        assert_eq!(yes.categories(), set(&[Statistics]));
        let runs = catalog.trackers().filter(|tracker| tracker.category != Category::Necessary);
        let runs = runs.filter(|tracker| yes.grants(tracker)).map(|tracker| tracker.name_id.as_str());
        assert_eq!(runs.collect::<Vec<_>>(), ["google-tag", "google-analytics"]);
    }

    #[test]
    fn r35_nobody_is_asked_again_because_there_is_less_to_ask_about() {
        let (before, after) = (using(&["hotjar", "meta-pixel"]), using(&["hotjar"]));
        let stands = |choice: &Choice| carried_over(&answer(choice, &before), &before, &after);
        for choice in [Choice::All, Choice::None, some(&[Statistics])] {
            let consent = stands(&choice);
            assert!(!consent.is_asked(), "{choice:?}");
            assert_eq!(consent.settled(), set(&[Statistics]), "{choice:?}");
        }
        assert_eq!(stands(&Choice::All).categories(), set(&[Statistics]));
    }

    #[test]
    fn r35_its_first_tracker_is_asked_about_and_the_rest_of_the_answer_stays() {
        let (before, after) = (using(&["hotjar"]), using(&["hotjar", "meta-pixel"]));
        for (choice, granted) in [(Choice::All, &[Statistics][..]), (Choice::None, &[])] {
            let consent = carried_over(&answer(&choice, &before), &before, &after);
            assert!(consent.is_outdated(), "{choice:?}");
            assert_eq!(consent.categories(), set(granted), "{choice:?}");
            assert_eq!(consent.settled(), set(&[Statistics]), "{choice:?}");
        }
    }

    /// A container that stood there already has told nobody what would come with it.
    #[test]
    fn r35_the_first_tracker_that_a_container_carries_is_asked_about() {
        let before = using(&["google-tag", "google-analytics"]);
        let after = using(&["google-tag", "google-analytics", "google-ads"]);
        let consent = carried_over(&answer(&Choice::All, &before), &before, &after);
        assert!(consent.is_outdated() && consent.categories() == set(&[Statistics]));
    }

    #[test]
    fn a_yes_to_what_the_shop_has_no_more_stays_a_yes_with_its_receipt() {
        let (before, after) = (using(&["hotjar", "meta-pixel"]), using(&["hotjar"]));
        let consent = carried_over(&answer(&some(&[Marketing]), &before), &before, &after);
        assert!(!consent.is_grant() && !consent.is_refusal() && !consent.is_asked());
        assert_eq!(consent.receipt(), RECEIPT);
    }

    fn any_catalog() -> impl Strategy<Value = Catalog> {
        let uses = prop::collection::vec(prop::sample::select(&**IDS), 0..8);
        let vouched = prop::sample::select(&Category::ALL[..]);
        (uses, vouched, any::<bool>()).prop_map(|(uses, category, counts_returns)| {
            let all = if counts_returns { built_in() } else { built_in().forgetting_returns() };
            all.using(&uses).asked_by("", &vouching(category), &[])
        })
    }

    fn any_choice() -> impl Strategy<Value = Choice> {
        let trackers = prop::collection::vec(0..IDS.len(), 0..8);
        let some = (0..8_usize, trackers).prop_map(|(state, trackers)| Choice::Some {
            categories: CategorySet::every()[state],
            trackers: trackers.into_iter().filter_map(crate::policy::catalog::TrackerId::new).collect(),
        });
        prop_oneof![Just(Choice::All), Just(Choice::None), some]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_choice_grants_what_is_not_asked_about(catalog in any_catalog(), choice in any_choice()) {
            let consent = answer(&choice, &catalog);
            prop_assert!(catalog.asked().includes(consent.categories()));
            prop_assert_eq!(consent.settled(), catalog.asked());
            for tracker in catalog.trackers().filter(|tracker| consent.grants(tracker)) {
                prop_assert!(catalog.asked().contains(tracker.category), "{}", tracker.name_id);
            }
            for tracker in catalog.used() {
                prop_assert!(catalog.asked().contains(tracker.category), "{} is shown", tracker.name_id);
            }
        }

        #[test]
        fn to_say_again_what_stands_changes_nothing(catalog in any_catalog(), choice in any_choice()) {
            let once = answer(&choice, &catalog);
            let again = Choice::Some { categories: once.categories(), trackers: *once.trackers() };
            prop_assert_eq!(answer(&again, &catalog), once);
        }

        #[test]
        fn an_answer_comes_back_as_it_was_sealed(catalog in any_catalog(), choice in any_choice()) {
            let consent = answer(&choice, &catalog);
            prop_assert_eq!(carried_over(&consent, &catalog, &catalog), consent);
        }

        #[test]
        fn no_older_answer_grants_what_is_not_asked_about_now(
            before in any_catalog(),
            after in any_catalog(),
            choice in any_choice(),
        ) {
            let consent = carried_over(&answer(&choice, &before), &before, &after);
            prop_assert!(after.asked().includes(consent.categories()));
            prop_assert!(after.asked().includes(consent.settled()));
            prop_assert_eq!(consent.is_asked(), consent.settled() != after.asked());
        }
    }
}
