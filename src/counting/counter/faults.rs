//! Bad input: clocks that jump, midnights that do not exist, floods. Nothing panics, and nothing grows without bound.

use std::sync::Arc;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::tally::{Cell, Dimension, Tally};
use super::super::*;
use super::tests::{settings, sums, total, view};
use crate::clock::SystemEntropy;
use crate::counting::key_log::{KeyFate, KeyKind};
use crate::counting::place::NoPlaces;

fn counter(settings: SiteSettings) -> Counter {
    Counter::new(vec![settings], Arc::new(NoPlaces), Arc::new(SystemEntropy))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(time: Timestamp, name: &str, properties: &[(&str, &str)]) -> Hit {
    let properties = properties.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let kind = HitKind::Event { name: name.into(), interactive: true, properties, revenue: None };
    Hit { kind, ..view(time, 1, "/") }
}

#[test]
fn clock_that_was_set_back_goes_on_from_there() {
    let mut counter = counter(settings(WithoutConsent::Visitors));
    counter.count(view(at("2026-11-20T11:00:00Z"), 1, "/"));
    counter.count(view(at("2026-11-20T09:00:00Z"), 2, "/"));
    counter.count(view(at("2031-01-01T00:00:00Z"), 3, "/"));
    counter.count(view(at("2026-11-20T12:00:00Z"), 4, "/"));
    assert_eq!(counter.rekeyed_at(SiteIndex(0)), Some(at("2026-11-20T12:00:00Z")));
    let drained = counter.drain();
    let mut hours: Vec<(i64, i32)> = drained
        .tallies
        .iter()
        .filter(|tally| tally.cell == Cell::Total)
        .map(|tally| (tally.sums.visits, tally.hour.0))
        .collect();
    hours.sort_unstable_by_key(|(_, hour)| *hour);
    let noon = i32::try_from(at("2026-11-20T12:00:00Z").as_second() / 3600).unwrap();
    let late = i32::try_from(at("2031-01-01T00:00:00Z").as_second() / 3600).unwrap();
    assert_eq!(hours, [(1, noon - 3), (1, noon - 1), (1, noon), (1, late)]);
}

#[test]
fn key_of_a_day_that_the_clock_leads_back_to_is_drawn_anew() {
    let mut counter = counter(settings(WithoutConsent::Visitors));
    for time in ["2026-11-20T22:50:00Z", "2026-11-20T23:33:00Z", "2026-11-20T22:58:00Z"] {
        counter.count(view(at(time), 1, "/"));
    }
    let keys = counter.vault().take_events().into_iter();
    let drawn = keys.filter(|event| event.key.kind == KeyKind::Day && !event.fate.is_end());
    let drawn: Vec<_> = drawn.map(|event| (event.key.period_name(), event.fate)).collect();
    let [before, after] = ["2026-11-20", "2026-11-21"].map(str::to_owned);
    let fates = [(before.clone(), KeyFate::Rekeyed), (after, KeyFate::Born), (before, KeyFate::Rekeyed)];
    assert_eq!(drawn, fates);
}

#[test]
fn properties_that_are_no_properties_are_folded_and_counted() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    counter.count(view(noon, 1, "/"));
    let long = "x".repeat(65);
    for key in ["", " ", "1a", "ola@example.no", "a b", "\u{1F980}", "01019912345", &long] {
        counter.count(event(noon, "Click", &[(key, "value")]));
    }
    counter.count(event(noon, "Click", &[("size", "ola@example.no"), ("size", "17"), ("empty", "")]));
    let sums = sums(&mut counter);
    let properties: Vec<&String> = sums.keys().filter(|cell| cell.starts_with("event:props:")).collect();
    assert!(properties.contains(&&"event:props:size=:email".to_owned()), "{properties:?}");
    assert!(properties.iter().all(|cell| cell.starts_with("event:props:size=:email")), "{properties:?}");
    assert_eq!(sums["dropped:reason=value_folded"].events, 8);
    assert_eq!(sums["event:name=Click"].events, 9, "the event is counted without them");
}

#[test]
fn key_of_a_property_is_written_nowhere_before_k_visitors_sent_it_and_junk_takes_no_place() {
    let noon = at("2026-11-20T11:00:00Z");
    let k = Thresholds { text: 5, ..settings(WithoutConsent::Visitors).k };
    let site = SiteSettings { k, properties: vec!["author".into()], ..settings(WithoutConsent::Visitors) };
    let mut counter = counter(site);
    for number in 0..90_u32 {
        counter.count(event(noon, "Click", &[(&format!("OlaNordmannBergen{number}"), "hemmelig")]));
    }
    let alone = counter.drain();
    assert!(!format!("{alone:?}").contains("OlaNordmann"), "{alone:?}");
    assert_eq!(counter.dropped().folded, 90);
    for visitor in 2..8 {
        let hit = event(noon, "Purchase", &[("brand", "Nordgrip"), ("author", "Kari")]);
        counter.count(Hit { address: view(noon, visitor, "/").address, ..hit });
    }
    let drained = counter.drain();
    let events = |wanted: &str| -> i64 {
        let is_it = |tally: &&Tally| matches!(&tally.cell, Cell::One(Dimension::Property(key), _) if &**key == wanted);
        drained.tallies.iter().filter(is_it).map(|tally| tally.sums.events).sum()
    };
    assert_eq!([events("brand"), events("author")], [2, 6], "the fifth visitor's and the sixth's; all");
}

#[test]
fn floods_are_folded_and_every_event_is_in_the_total() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    counter.count(view(noon, 1, "/"));
    for number in 0..300_u32 {
        let (key, value) = (format!("key{number}"), format!("value{number}"));
        counter.count(event(noon, &format!("Name {number}"), &[(&key, &value)]));
    }
    let drained = counter.drain();
    let sum = |wanted: &Dimension| -> i64 {
        let cells = drained
            .tallies
            .iter()
            .filter(|tally| matches!(&tally.cell, Cell::One(dimension, _) if dimension == wanted));
        cells.map(|tally| tally.sums.events).sum()
    };
    assert_eq!(sum(&Dimension::EventName), 301, "names that were folded are \"(other)\"");
    assert_eq!(sum(&Dimension::Page), 301);
    let keys = drained.tallies.iter().filter_map(|tally| match &tally.cell {
        Cell::One(Dimension::Property(key), _) => Some(Arc::clone(key)),
        _ => None,
    });
    assert_eq!(keys.collect::<std::collections::BTreeSet<_>>().len(), 64);
}

#[test]
fn one_address_with_two_names_leaves_room_for_the_pages_of_others() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    let agents = ["139", "140"].map(|version| {
        let text = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{version}.0.0.0 Safari/537.36");
        HeaderValue::from_str(&text).unwrap()
    });
    for number in 0..50_010 {
        for agent in &agents {
            let target = format!("/sok/{number}").parse().unwrap();
            counter.count(Hit { user_agent: Some(agent.clone()), target, ..view(noon, 1, "/") });
        }
    }
    for visitor in 2..12 {
        counter.count(view(noon, visitor, "/kasse"));
    }
    let names = counter.drain().names;
    assert!(names.iter().any(|name| &*name.name == "/kasse"), "{} names", names.len());
}

#[test]
fn failures_of_a_robot_in_disguise_leave_room_for_pages() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    for number in 0..5_100 {
        let target = format!("/wp-{number}.php").parse().unwrap();
        counter.count(Hit { target, kind: HitKind::Failed { status: 404 }, ..view(noon, 1, "/") });
    }
    let sums = sums(&mut counter);
    assert_eq!(sums["event:status=404"].events, 5_100);
    assert_eq!(sums["event:status=404"].visitors, 1);
    assert!(sums["event:page=(other) event:status=404"].events > 0);
    assert!(!sums.contains_key("total"));
}

#[test]
fn page_that_everybody_may_read_has_a_name_at_once() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut site = settings(WithoutConsent::Visitors);
    site.k.text = 5;
    let mut counter = counter(site);
    counter.count(view(noon, 1, "/hemmelig"));
    let kind = HitKind::View { status: 200, is_public: true, asked: None, properties: Box::default() };
    counter.count(Hit { kind, ..view(noon, 1, "/dekk") });
    counter.count(view(noon, 2, "/dekk"));
    let names = counter.drain().names;
    assert_eq!(names.len(), 4, "page, entry page, exit page and next page");
    assert!(names.iter().all(|name| &*name.name == "/dekk"));
}

#[test]
fn visitor_who_objects_leaves_nothing_but_that() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    counter.count(Hit { objects: true, ..view(noon, 1, "/") });
    counter.count(Hit { kind: HitKind::Dropped { reason: NotCounted::OtherHost }, ..view(noon, 1, "/") });
    let cells: Vec<(String, i64)> =
        sums(&mut counter).into_iter().map(|(cell, sums)| (cell, sums.events)).collect();
    assert_eq!(cells, [("dropped:reason=objection".into(), 1), ("dropped:reason=other_host".into(), 1)]);
    assert_eq!((counter.dropped().objections, counter.dropped().told), (1, 1));
}

#[test]
fn addresses_of_both_families_tell_households_apart_and_not_notations() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    for address in [
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "192.0.2.2",
        "2001:db8:1:2::1",
        "2001:db8:1:2:ffff:ffff:ffff:ffff",
        "2001:db8:1:3::1",
        "::192.0.2.1",
    ] {
        counter.count(Hit { address: address.parse().unwrap(), ..view(noon, 1, "/") });
    }
    let sums = total(&mut counter);
    assert_eq!((sums.visitors, sums.visits, sums.views), (5, 5, 7));
}

#[test]
fn referrers_and_agents_without_end_are_counted_under_short_names() {
    let noon = at("2026-11-20T11:00:00Z");
    let open = Thresholds { city: 1, region: 1, text: 1, answer: 1 };
    let mut counter = counter(SiteSettings { k: open, ..settings(WithoutConsent::Visitors) });
    let long = |text: String| Some(HeaderValue::try_from(text).unwrap());
    let kilobytes = 64 * 1024;
    for (visitor, referrer) in [
        (1, format!("https://{}.example/", "x".repeat(kilobytes))),
        (2, format!("https://www.google.no/{}", "sti/".repeat(kilobytes / 4))),
        (3, format!("https://blogg.example/?{}", "q".repeat(kilobytes))),
        (4, "\u{e6}\t\u{1f980}".repeat(kilobytes / 8)),
    ] {
        let user_agent =
            long(format!("Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0 {}", "x".repeat(kilobytes)));
        counter.count(Hit { referrer: long(referrer), user_agent, ..view(noon, visitor, "/") });
    }
    let drained = counter.drain();
    assert!(drained.names.iter().all(|name| name.name.len() <= 256), "{:?}", drained.names);
    let has = |name: &str| drained.names.iter().any(|known| known.name.starts_with(name));
    assert!(has("blogg.example") && has("google.no"), "{:?}", drained.names);
    let words = drained.tallies.iter().filter(|tally| tally.cell == Cell::Total);
    assert_eq!(words.map(|tally| tally.sums.visitors).sum::<i64>(), 4);
}

#[test]
fn who_says_to_be_a_browser_and_asks_like_none_is_a_robot() {
    let noon = at("2026-11-20T11:00:00Z");
    for without_consent in [WithoutConsent::Visitors, WithoutConsent::Views] {
        let mut counter = counter(settings(without_consent));
        counter.count(Hit { is_bare: true, ..view(noon, 1, "/") });
        counter.count(view(noon, 2, "/"));
        let sums = sums(&mut counter);
        assert_eq!(sums["robot:name=Not what it says"].events, 1);
        assert_eq!(counter.dropped().robots, 1);
    }
}

#[test]
fn week_of_a_visitor_is_counted_once() {
    let friday = at("2026-11-20T11:00:00Z");
    let mut counter = counter(settings(WithoutConsent::Visitors));
    // 2026-W47 is the 2967th week after that of 1970-01-05.
    let weeks = |first, last| Some(Weeks { first, last });
    counter.count(Hit { weeks: weeks(2965, 2966), ..view(friday, 1, "/") });
    counter.count(Hit { weeks: weeks(2965, 2967), ..view(friday, 2, "/") });
    counter.count(Hit { weeks: weeks(2967, 2967), ..view(friday, 3, "/") });
    let sums = sums(&mut counter);
    assert_eq!(sums["visit:first_week=2026-W45"].visitors, 1);
    assert_eq!(sums.keys().filter(|cell| cell.starts_with("visit:first_week=")).count(), 1);
    assert_eq!((sums["visit:returning=new"].visitors, sums["visit:returning=returning"].visitors), (1, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_clock_and_no_time_zone_makes_it_panic_or_lose_a_view(
        zone in prop::sample::select(vec![
            "Europe/Oslo", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "America/Havana", "Asia/Kathmandu",
        ]),
        start in -62_000_000_000_i64..250_000_000_000,
        jumps in prop::collection::vec(
            prop_oneof![
                6 => -700_i64..700,
                2 => -100_000_i64..100_000,
                1 => -40_000_000_i64..40_000_000,
                1 => -3_000_000_000_i64..3_000_000_000,
            ],
            1..40,
        ),
    ) {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let mut counter = counter(SiteSettings { time_zone: zone, ..settings(WithoutConsent::Visitors) });
        let mut now = Timestamp::from_second(start).unwrap();
        let mut views = 0;
        for (number, jump) in jumps.iter().enumerate() {
            now = now.checked_add(SignedDuration::from_secs(*jump)).unwrap_or(now);
            counter.count(view(now, u8::try_from(number % 3).unwrap(), "/"));
            views += 1;
            if number % 4 == 0 {
                counter.advance(now);
            }
        }
        prop_assert_eq!(total(&mut counter).views, views);
    }
}
