use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::clock::Entropy;
use crate::counting::key_log::KeyFate;
use crate::counting::place::NoPlaces;
use crate::counting::tally::{Cell, Dimension, Sums, Value};
use crate::counting::{
    Answer, Drained, Funnel, Goal, HitKind, Layer, NotCounted, Notice, Revenue, Said, SiteSettings, Standing,
    Thresholds, Weeks, WithoutConsent,
};
use crate::policy::consent::CategorySet;

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36";

/// Draws the same keys in every run, so that two counters can be compared to the token.
#[derive(Default)]
struct Drawn(AtomicU64);

impl Entropy for Drawn {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(bytes);
    }
}

fn site(name: &str, without_consent: WithoutConsent) -> SiteSettings {
    SiteSettings {
        name: name.into(),
        hosts: vec!["shop.example".into()],
        time_zone: jiff::tz::TimeZone::get("Europe/Oslo").unwrap(),
        without_consent,
        k: Thresholds { city: 1, region: 2, text: 2, answer: 1 },
        goals: vec![Goal::Event("Klikk".into()).into(), Goal::Path("/page-3*".into()).into()],
        funnels: vec![Funnel {
            name: "Vei".into(),
            steps: vec![Goal::Path("/page-1".into()), Goal::Event("Klikk".into())],
        }],
        crosses: vec![(Dimension::City, Dimension::Browser)],
        properties: Vec::new(),
        currency: *b"NOK",
    }
}

fn sites() -> Vec<SiteSettings> {
    vec![site("shop", WithoutConsent::Visitors), site("views", WithoutConsent::Views)]
}

fn counter(entropy: &Arc<Drawn>) -> Counter {
    Counter::new(sites(), Arc::new(NoPlaces), entropy.clone())
}

/// One thing a visitor does, so many seconds after the one before.
fn notice() -> Arc<Notice> {
    Arc::new(Notice { language: "nb".into(), version: "1a2b".into() })
}

#[derive(Clone, Debug)]
struct Deed {
    after: i64,
    site: u16,
    visitor: u8,
    page: u8,
    kind: u8,
}

fn deed() -> impl Strategy<Value = Deed> {
    let after = prop_oneof![8 => 0..600_i64, 2 => 1500..2200_i64, 1 => 20_000..90_000_i64];
    (after, 0..2_u16, 0..6_u8, 0..5_u8, 0..9_u8).prop_map(|(after, site, visitor, page, kind)| Deed {
        after,
        site,
        visitor,
        page,
        kind,
    })
}

fn hit(at: Timestamp, deed: &Deed) -> Hit {
    Hit {
        site: SiteIndex(deed.site),
        at,
        address: IpAddr::from([192, 0, 2, deed.visitor]),
        user_agent: Some(HeaderValue::from_static(BROWSER)),
        host: Some(HeaderValue::from_static("shop.example")),
        target: format!("/page-{}?utm_source=brev", deed.page).parse().unwrap(),
        fragment: (deed.page == 2).then(|| "/one".into()),
        referrer: (deed.page == 1).then(|| HeaderValue::from_static("https://blogg.example/a")),
        accept_language: Some(HeaderValue::from_static("nb")),
        consent: if deed.visitor == 5 { Standing::to_all(CategorySet::ALL) } else { Standing::Unanswered },
        weeks: (deed.visitor == 4).then_some(Weeks { first: 2900, last: 2930 }),
        objects: false,
        is_bare: deed.page == 2,
        kind: match deed.kind {
            0 => HitKind::Event {
                name: "Klikk".into(),
                interactive: true,
                properties: [("size".into(), deed.page.to_string().into())].into(),
                revenue: Some(Revenue {
                    thousandths: 1500,
                    currency: if deed.page == 0 { *b"EUR" } else { *b"NOK" },
                }),
            },
            1 => HitKind::Engagement { engaged_ms: 1500, scroll: Some(40) },
            2 => HitKind::Answered {
                answer: Answer::Accepted,
                layer: Layer::Banner,
                notice: notice(),
                said: [Said::Granted; 3],
                reloads: true,
            },
            3 if deed.page == 1 => HitKind::Returns,
            3 => HitKind::Failed { status: 404 },
            4 => HitKind::Dropped { reason: NotCounted::ALL[usize::from(deed.page) % NotCounted::ALL.len()] },
            _ => HitKind::View {
                status: 200,
                is_public: false,
                asked: Some(notice()),
                properties: Box::new([("author".into(), "kari".into())]),
            },
        },
    }
}

type Figures = (BTreeMap<String, Sums>, BTreeSet<String>);

fn add(figures: &mut Figures, drained: &Drained) {
    for tally in &drained.tallies {
        // What was folded is told in the hour of the drain, and a hand-over drains once more.
        let is_dropped = matches!(tally.cell, Cell::One(Dimension::Dropped, _));
        let hour = (!is_dropped).then_some(tally.hour);
        let cell = format!("{} {hour:?} {:?} {:?}", tally.site, tally.day, tally.cell);
        *figures.0.entry(cell).or_default() += &tally.sums;
    }
    figures.1.extend(drained.names.iter().map(|name| format!("{name:?}")));
}

/// The figures of these deeds, with a hand-over before each of the deeds in `cuts`.
fn figures(deeds: &[Deed], cuts: &[usize]) -> Figures {
    let entropy = Arc::new(Drawn::default());
    let mut counter = counter(&entropy);
    let mut now: Timestamp = "2026-03-10T20:00:00Z".parse().unwrap();
    let mut figures = Figures::default();
    for (number, deed) in deeds.iter().enumerate() {
        if cuts.contains(&number) {
            counter = handed_over(counter, &entropy, &mut figures);
        }
        now += SignedDuration::from_secs(deed.after);
        counter.advance(now);
        counter.count(through_bytes(&hit(now, deed)));
        if number % 5 == 0 {
            add(&mut figures, &counter.drain());
        }
    }
    counter.advance(now + SignedDuration::from_hours(1));
    add(&mut figures, &counter.drain());
    figures.0.retain(|_, sums| *sums != Sums::default());
    figures
}

fn handed_over(mut before: Counter, entropy: &Arc<Drawn>, figures: &mut Figures) -> Counter {
    add(figures, &before.drain());
    let mut after = counter(entropy);
    after.take_over(&before.hand_over()).unwrap();
    before.leave();
    after
}

/// A hit that came from the process before.
fn through_bytes(hit: &Hit) -> Hit {
    let names = ["shop", "views"];
    let bytes = pack_hit(hit, names[usize::from(hit.site.0)]);
    let index = |name: &str| Some(SiteIndex(u16::from(name == names[1])));
    unpack_hit(&bytes, index).unwrap().unwrap()
}

proptest! {
    #[test]
    fn a_counter_that_was_handed_over_gives_the_same_sums(
        deeds in prop::collection::vec(deed(), 1..80),
        cuts in prop::collection::vec(0..80_usize, 1..6),
    ) {
        prop_assert_eq!(figures(&deeds, &cuts), figures(&deeds, &[]));
    }

    #[test]
    fn state_that_is_cut_or_changed_is_no_panic(
        deeds in prop::collection::vec(deed(), 1..20),
        cut in any::<prop::sample::Index>(),
        flipped in any::<prop::sample::Index>(),
    ) {
        let entropy = Arc::new(Drawn::default());
        let mut before = counter(&entropy);
        let now: Timestamp = "2026-03-10T20:00:00Z".parse().unwrap();
        for deed in &deeds {
            before.count(hit(now, deed));
        }
        let mut state = before.hand_over();
        prop_assert!(counter(&entropy).take_over(&state[..cut.index(state.len())]).is_err());
        let at = flipped.index(state.len());
        state[at] ^= 0x81;
        let mut after = counter(&entropy);
        if after.take_over(&state).is_ok() {
            for deed in &deeds {
                after.count(hit(now, deed));
            }
            after.advance(now + SignedDuration::from_hours(30));
            after.drain();
        }
    }
}

#[test]
fn a_visit_that_an_event_opened_gets_its_first_page_in_the_next_process() {
    let entropy = Arc::new(Drawn::default());
    let mut figures = Figures::default();
    let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
    let what = |kind| Deed { after: 0, site: 0, visitor: 1, page: 1, kind };
    let mut before = counter(&entropy);
    before.count(hit(now, &what(0)));
    let mut after = handed_over(before, &entropy, &mut figures);
    let sums = |figures: &Figures| {
        let mut total = Sums::default();
        let of_shop = |cell: &str| cell.starts_with("shop ") && cell.ends_with(" Total");
        figures.0.iter().filter(|(cell, _)| of_shop(cell)).for_each(|(_, sums)| total += sums);
        total
    };
    let opened = sums(&figures);
    assert_eq!((opened.visits, opened.bounces, opened.entries, opened.exits), (1, 1, 0, 0));
    after.count(hit(now + SignedDuration::from_mins(29), &what(9)));
    add(&mut figures, &after.drain());
    let gone_on = sums(&figures);
    assert_eq!((gone_on.visitors, gone_on.visits, gone_on.bounces), (1, 1, 0));
    assert_eq!((gone_on.views, gone_on.events, gone_on.seconds), (1, 2, 29 * 60));
    assert_eq!((gone_on.entries, gone_on.exits), (1, 1));
}

#[test]
fn the_key_goes_on_and_is_not_drawn_anew() {
    let entropy = Arc::new(Drawn::default());
    let mut before = counter(&entropy);
    let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
    before.advance(now);
    let vault = before.vault().clone();
    let mut after = handed_over(before, &entropy, &mut Figures::default());
    after.advance(now + SignedDuration::from_mins(1));
    let here: Vec<_> = vault.take_events();
    assert_eq!(here.len(), 4, "a day and a month for each of two sites");
    assert!(here.iter().all(|event| event.fate == KeyFate::Rekeyed));
    assert!(after.vault().take_events().is_empty());
    assert_eq!(after.rekeyed_at(SiteIndex(0)), Some(now));
    let vault = after.vault().clone();
    drop(after);
    assert_eq!(vault.take_events().len(), 4, "their end is noted by the last process");
}

#[test]
fn what_was_not_to_be_counted_has_its_reason_in_the_next_process() {
    let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
    let deed = Deed { after: 0, site: 0, visitor: 1, page: 0, kind: 9 };
    for reason in NotCounted::ALL {
        let there = through_bytes(&Hit { kind: HitKind::Dropped { reason }, ..hit(now, &deed) });
        assert!(
            matches!(there.kind, HitKind::Dropped { reason: told } if told == reason),
            "{}",
            reason.word()
        );
    }
}

#[test]
fn a_site_that_is_counted_in_another_way_begins_anew() {
    let entropy = Arc::new(Drawn::default());
    let mut before = counter(&entropy);
    let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
    before.advance(now);
    let changed = vec![site("views", WithoutConsent::Views), site("shop", WithoutConsent::Off)];
    let mut after = Counter::new(changed, Arc::new(NoPlaces), entropy);
    after.take_over(&before.hand_over()).unwrap();
    before.leave();
    let later = now + SignedDuration::from_mins(1);
    after.advance(later);
    assert_eq!(after.rekeyed_at(SiteIndex(0)), Some(now), "it has another place in the list");
    assert_eq!(after.rekeyed_at(SiteIndex(1)), Some(later));
}

#[test]
fn a_goal_that_is_new_in_the_next_process_counts_in_the_visit_that_goes_on() {
    let entropy = Arc::new(Drawn::default());
    let mut before = counter(&entropy);
    let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
    let view = |at, page| hit(at, &Deed { after: 0, site: 0, visitor: 1, page, kind: 8 });
    before.count(view(now, 1));
    before.drain();
    let mut changed = sites();
    changed[0].goals = vec![Goal::Path("/page-4".into()).into()];
    changed[0].funnels = Vec::new();
    changed[0].crosses = Vec::new();
    let mut after = Counter::new(changed, Arc::new(NoPlaces), entropy);
    after.take_over(&before.hand_over()).unwrap();
    before.leave();
    for page in [3, 4] {
        after.count(view(now + SignedDuration::from_mins(1), page));
    }
    let drained = after.drain();
    assert_eq!(after.rekeyed_at(SiteIndex(0)), Some(now), "the key is the one of before");
    let of_goals = drained.tallies.iter().filter_map(|tally| match &tally.cell {
        Cell::One(Dimension::Goal, Value::Word(goal)) => Some((goal.to_string(), tally.sums.visitors)),
        _ => None,
    });
    assert_eq!(of_goals.collect::<Vec<_>>(), [("Visit /page-4".to_owned(), 1)]);
    let total = |sums: fn(&Sums) -> i64| {
        drained
            .tallies
            .iter()
            .filter(|tally| tally.cell == Cell::Total)
            .map(|tally| sums(&tally.sums))
            .sum::<i64>()
    };
    assert_eq!((total(|sums| sums.visitors), total(|sums| sums.visits)), (0, 0), "nobody is new");
}
