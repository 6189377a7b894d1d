//! What the counter promises, one promise a test.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::HeaderValue;
use jiff::{SignedDuration, ToSpan};

use super::*;
use crate::clock::SystemEntropy;
use crate::counting::place::NoPlaces;
use crate::counting::tally::{Cell, Dimension, Sums, Value};
use crate::counting::{Answer, HitKind, Layer, Notice, Said, Standing, Thresholds, WithoutConsent};
use crate::policy::consent::CategorySet;

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn settings(without_consent: WithoutConsent) -> SiteSettings {
    SiteSettings {
        name: "shop".into(),
        hosts: vec!["shop.example".into()],
        time_zone: jiff::tz::TimeZone::get("Europe/Oslo").unwrap(),
        without_consent,
        k: Thresholds { city: 1, region: 1, text: 1, answer: 1 },
        goals: Vec::new(),
        funnels: Vec::new(),
        crosses: Vec::new(),
        properties: Vec::new(),
        currency: *b"NOK",
    }
}

fn counter(without_consent: WithoutConsent) -> Counter {
    Counter::new(vec![settings(without_consent)], Arc::new(NoPlaces), Arc::new(SystemEntropy))
}

pub(super) fn view(time: Timestamp, visitor: u8, target: &'static str) -> Hit {
    Hit {
        site: SiteIndex(0),
        at: time,
        address: IpAddr::from([192, 0, 2, visitor]),
        user_agent: Some(HeaderValue::from_static(BROWSER)),
        host: None,
        target: target.parse().unwrap(),
        fragment: None,
        referrer: None,
        accept_language: None,
        consent: Standing::Unanswered,
        weeks: None,
        objects: false,
        is_bare: false,
        kind: HitKind::View { status: 200, is_public: false, asked: None, properties: Box::default() },
    }
}

pub(super) fn notice() -> Arc<Notice> {
    Arc::new(Notice { language: "nb".into(), version: "1a2b".into() })
}

/// An answer given in the banner.
pub(super) fn answer_of(answer: Answer, reloads: bool) -> HitKind {
    let said = match answer {
        Answer::Accepted => Said::Granted,
        Answer::Refused | Answer::Partial(_) => Said::Refused,
        Answer::Withdrawn => Said::Withdrawn,
    };
    HitKind::Answered { answer, layer: Layer::Banner, notice: notice(), said: [said; 3], reloads }
}

fn answered(time: Timestamp, visitor: u8, target: &'static str, answer: Answer) -> Hit {
    let granted = match answer {
        Answer::Accepted => CategorySet::ALL,
        Answer::Partial(granted) => granted,
        Answer::Refused | Answer::Withdrawn => CategorySet::NECESSARY,
    };
    let kind = answer_of(answer, true);
    Hit { consent: Standing::to_all(granted), kind, ..view(time, visitor, target) }
}

fn granted(hit: Hit) -> Hit {
    Hit { consent: Standing::to_all(CategorySet::ALL), ..hit }
}

/// The sums of all hours, by cell, with names for tokens.
pub(super) fn sums(counter: &mut Counter) -> BTreeMap<String, Sums> {
    let drained = counter.drain();
    let name = |dimension: &Dimension, value: &Value| match value {
        Value::Word(word) => word.to_string(),
        Value::Token(token) => drained
            .names
            .iter()
            .find(|name| name.dimension == *dimension && name.token == *token)
            .map_or_else(|| "<token>".to_owned(), |name| name.name.to_string()),
    };
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for tally in &drained.tallies {
        let cell = match &tally.cell {
            Cell::Total => "total".to_owned(),
            Cell::One(dimension, value) => format!("{}={}", dimension.name(), name(dimension, value)),
            Cell::Pair(a, x, b, y) => {
                format!("{}={} {}={}", a.name(), name(a, x), b.name(), name(b, y))
            }
        };
        *sums.entry(cell).or_default() += &tally.sums;
    }
    sums.retain(|_, sums| !sums.is_zero());
    sums
}

pub(super) fn total(counter: &mut Counter) -> Sums {
    sums(counter).get("total").copied().unwrap_or_default()
}

#[test]
fn visit_goes_on_for_exactly_half_an_hour() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(noon, 1, "/"));
    counter.count(view(noon + 30.minutes(), 1, "/"));
    counter.count(view(noon + 60.minutes() + 1.millisecond(), 1, "/"));
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.visitors, sums.views, sums.bounces, sums.seconds), (2, 1, 3, 1, 1800));
}

#[test]
fn visit_ends_after_a_day() {
    let start = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    for quarter in 0..=96 {
        counter.count(view(start + SignedDuration::from_mins(15 * quarter), 1, "/"));
    }
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.carried, sums.visitors, sums.views), (2, 1, 2, 97));
}

#[test]
fn visit_over_midnight_is_one_visit_of_two_days_visitors() {
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(at("2026-11-20T22:50:00Z"), 1, "/a"));
    counter.advance(at("2026-11-20T23:05:00Z"));
    counter.count(view(at("2026-11-20T23:10:00Z"), 1, "/b"));
    let sums = sums(&mut counter);
    let total = sums["total"];
    assert_eq!(
        (total.visits, total.carried, total.visitors, total.bounces, total.seconds),
        (1, 1, 2, 0, 1200)
    );
    assert!(!sums.contains_key("visit:exit_page=/a"), "it left from /b only");
    assert!(!sums.keys().any(|cell| cell.contains("visit:exit_page=/a")));
    assert_eq!(sums["visit:exit_page=/b"].visits, 1);
}

#[test]
fn visit_over_the_end_of_a_month_leaves_no_sum_behind() {
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(at("2026-11-30T22:50:00Z"), 1, "/a"));
    let before = counter.drain();
    counter.count(view(at("2026-11-30T23:10:00Z"), 1, "/b"));
    let after = counter.drain();
    let mut exits: BTreeMap<Value, i64> = BTreeMap::new();
    for tally in before.tallies.iter().chain(&after.tallies) {
        if let Cell::One(Dimension::ExitPage, value) = &tally.cell {
            *exits.entry(value.clone()).or_default() += tally.sums.visits;
        }
    }
    let mut exits: Vec<i64> = exits.into_values().collect();
    exits.sort_unstable();
    assert_eq!(exits, [0, 1]);
}

#[test]
fn key_is_new_at_local_midnight_and_the_same_visitor_is_new() {
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(at("2026-11-20T21:00:00Z"), 1, "/"));
    counter.count(view(at("2026-11-20T22:59:59Z"), 1, "/"));
    counter.count(view(at("2026-11-20T23:59:59Z"), 1, "/"));
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.visitors), (3, 2));
}

#[test]
fn only_a_key_drawn_within_a_day_is_told_of() {
    let mut counter = counter(WithoutConsent::Visitors);
    assert_eq!(counter.rekeyed_at(SiteIndex(0)), None);
    counter.advance(at("2026-11-20T11:00:00Z"));
    assert_eq!(counter.rekeyed_at(SiteIndex(0)), Some(at("2026-11-20T11:00:00Z")));
    counter.advance(at("2026-11-20T23:00:10Z"));
    assert_eq!(counter.rekeyed_at(SiteIndex(0)), None);
}

#[test]
fn robots_are_dropped_and_counted() {
    let mut counter = counter(WithoutConsent::Visitors);
    let noon = at("2026-11-20T11:00:00Z");
    counter.count(Hit { user_agent: None, ..view(noon, 1, "/") });
    counter.count(Hit { user_agent: Some(HeaderValue::from_static("Googlebot/2.1")), ..view(noon, 1, "/") });
    let sums = sums(&mut counter);
    assert_eq!(sums["dropped:reason=robot"], Sums { events: 2, ..Sums::default() });
    assert_eq!(sums.keys().filter(|cell| !cell.starts_with("robot:name=")).count(), 1, "{sums:?}");
    assert_eq!(counter.dropped().robots, 2);
}

#[test]
fn views_without_consent_make_no_visit() {
    let mut counter = counter(WithoutConsent::Views);
    let noon = at("2026-11-20T11:00:00Z");
    counter.count(view(noon, 1, "/a"));
    counter.count(view(noon, 1, "/a"));
    let sums = sums(&mut counter);
    assert_eq!(sums["total"], Sums { views: 2, events: 2, ..Sums::default() });
    for cell in ["event:page=/a", "event:name=pageview", "event:status=200", "event:page=/a event:status=200"]
    {
        assert_eq!(sums[cell], Sums { views: 2, events: 2, ..Sums::default() }, "{cell}");
    }
    assert_eq!(sums.len(), 5, "{sums:?}");
    counter.count(granted(view(noon, 1, "/a")));
    assert_eq!(total(&mut counter).visits, 1, "who agreed is counted in full");
}

#[test]
fn off_counts_nobody_who_did_not_agree() {
    let mut counter = counter(WithoutConsent::Off);
    let noon = at("2026-11-20T11:00:00Z");
    counter.count(view(noon, 1, "/a"));
    counter.count(answered(noon, 1, "/a", Answer::Refused));
    let sums = sums(&mut counter);
    assert_eq!(
        sums.into_iter().collect::<Vec<_>>(),
        [("dropped:reason=without_consent".to_owned(), Sums { events: 2, ..Sums::default() })]
    );
    assert_eq!(counter.dropped().without_consent, 2);
    // The load that was not counted is no reason to leave its reload out.
    counter.count(answered(noon, 2, "/a", Answer::Accepted));
    counter.count(granted(view(noon, 2, "/a")));
    assert_eq!(total(&mut counter).views, 1);
}

#[test]
fn reload_after_an_answer_is_not_counted() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter
        .count(Hit { referrer: Some(HeaderValue::from_static("https://google.no/")), ..view(noon, 1, "/a") });
    counter.count(answered(noon + 5.seconds(), 1, "/a", Answer::Accepted));
    counter.count(granted(view(noon + 6.seconds(), 1, "/a")));
    let sums = sums(&mut counter);
    assert_eq!((sums["total"].views, sums["total"].bounces, sums["total"].events), (1, 1, 1));
    assert_eq!(sums["event:choice=accepted"], Sums { events: 1, ..Sums::default() });
    assert_eq!(sums["visit:source=Google"].visits, 1, "the landing keeps its source");
    assert_eq!(counter.dropped().reloads, 1);
    counter.count(granted(view(noon + 7.seconds(), 1, "/a")));
    assert_eq!(total(&mut counter).views, 1, "only one load is left out");
}

#[test]
fn only_the_same_page_soon_and_by_the_same_visitor_is_the_reload() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(noon, 1, "/a"));
    counter.count(answered(noon, 1, "/a", Answer::Accepted));
    counter.count(view(noon, 2, "/a"));
    counter.count(view(noon, 1, "/b"));
    counter.count(view(noon + 31.seconds(), 1, "/a"));
    assert_eq!(total(&mut counter).views, 4);
}

#[test]
fn where_no_mark_is_made_the_path_tells_the_reload() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Views);
    counter.count(view(noon, 1, "/a"));
    counter.count(answered(noon, 1, "/a", Answer::Accepted));
    counter.count(granted(view(noon + 1.second(), 1, "/a")));
    assert_eq!(total(&mut counter).views, 1);
}

#[test]
fn answer_opens_no_visit_and_ends_no_bounce_but_keeps_a_visit_alive() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    let answer = |minutes| {
        let kind = answer_of(Answer::Refused, false);
        Hit { kind, ..view(noon + SignedDuration::from_mins(minutes), 1, "/a") }
    };
    counter.count(answer(0));
    let cells = sums(&mut counter);
    assert!(cells.contains_key("event:choice=refused"), "{cells:?}");
    assert!(
        cells.keys().all(|cell| cell.starts_with("event:choice=") || cell.starts_with("choice:")),
        "{cells:?}"
    );
    counter.count(view(noon + 1.minute(), 1, "/a"));
    counter.count(answer(25));
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.bounces, sums.seconds), (1, 1, 0));
    counter.count(view(noon + 50.minutes(), 1, "/b"));
    assert_eq!(total(&mut counter).visits, 0);
}

#[test]
fn texts_of_fewer_than_k_visitors_are_written_without_a_name() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut site = settings(WithoutConsent::Visitors);
    site.k.text = 3;
    let mut counter = Counter::new(vec![site], Arc::new(NoPlaces), Arc::new(SystemEntropy));
    for visitor in [1, 2, 2, 2] {
        counter.count(view(noon, visitor, "/ordre/hemmelig"));
    }
    assert_eq!(counter.drain().names, []);
    counter.count(view(noon, 3, "/ordre/hemmelig"));
    assert_eq!(counter.drain().names.len(), 4);
}

#[test]
fn nothing_that_is_written_holds_an_address_a_user_agent_or_a_query() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    let referrer = Some(HeaderValue::from_static("https://blog.example/ola?q=hemmelig"));
    counter.count(Hit { referrer, ..view(noon, 77, "/konto/ola@example.no?token=hemmelig") });
    let written = format!("{:?}", counter.drain());
    for secret in ["192.0", "192, 0", "Mozilla", "hemmelig", "ola", "?"] {
        assert!(!written.contains(secret), "{secret}");
    }
    assert!(written.contains("/konto/:email") && written.contains("blog.example"));
}

#[test]
fn late_hits_are_counted_at_the_latest_time() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(noon, 1, "/"));
    counter.count(view(noon - 9.minutes(), 1, "/"));
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.views, sums.seconds, sums.visits_hour), (1, 2, 0, 1));
}

#[test]
fn reload_of_settings_keeps_visits_of_sites_that_stay() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(noon, 1, "/"));
    let outlet = SiteSettings { name: "outlet".into(), ..settings(WithoutConsent::Visitors) };
    let drained = counter.replace_sites(vec![outlet, settings(WithoutConsent::Visitors)]);
    assert!(!drained.tallies.is_empty());
    counter.count(Hit { site: SiteIndex(1), ..view(noon + 1.minute(), 1, "/") });
    counter.count(Hit { site: SiteIndex(2), ..view(noon, 1, "/") });
    let sums = total(&mut counter);
    assert_eq!((sums.visits, sums.views, sums.bounces), (0, 1, -1));
    assert_eq!(counter.dropped().unknown_site, 1);
}

#[test]
fn idle_visits_are_ended_and_change_no_figure() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    counter.count(view(noon, 1, "/a"));
    counter.count(view(noon + 20.minutes(), 1, "/b"));
    for minute in 0..120 {
        counter.advance(noon + SignedDuration::from_mins(20 + minute));
    }
    counter.count(view(noon + 150.minutes(), 1, "/b"));
    let sums = sums(&mut counter);
    assert_eq!((sums["total"].visits, sums["total"].visitors, sums["total"].seconds), (2, 1, 1200));
    assert_eq!((sums["event:page=/b"].visits, sums["event:page=/b"].visitors), (2, 1));
    assert_eq!((sums["visit:exit_page=/b"].visits, sums["visit:exit_page=/b"].visitors), (2, 1));
}

#[test]
fn endless_visits_tell_a_bounded_number_of_pages_apart() {
    let noon = at("2026-11-20T11:00:00Z");
    let mut counter = counter(WithoutConsent::Visitors);
    for page in 0..300 {
        let target = format!("/{page}").parse().unwrap();
        counter.count(Hit { target, ..view(noon, 1, "/") });
    }
    let sums = sums(&mut counter);
    assert_eq!(sums["event:page=(other)"].views, 300 - 257);
    assert_eq!(sums["visit:exit_page=(other)"].visits, 1);
}
