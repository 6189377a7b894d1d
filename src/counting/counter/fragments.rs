//! Pages that a script tells apart by what stands behind `#`.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::super::*;
use super::tests::{answer_of, settings, sums, total, view};
use crate::clock::SystemEntropy;
use crate::counting::place::NoPlaces;
use crate::policy::consent::CategorySet;

fn noon() -> Timestamp {
    "2026-11-20T11:00:00Z".parse().unwrap()
}

fn counter(settings: SiteSettings) -> Counter {
    Counter::new(vec![settings], Arc::new(NoPlaces), Arc::new(SystemEntropy))
}

fn told(at: Timestamp, path: &'static str, fragment: &str) -> Hit {
    Hit { fragment: Some(fragment.into()), ..view(at, 1, path) }
}

#[test]
fn pages_are_told_apart_by_their_fragment_where_one_was_told() {
    let mut counter = counter(SiteSettings {
        goals: vec![Goal::Path("/hash#/t*".into()).into()],
        ..settings(WithoutConsent::Visitors)
    });
    counter.count(view(noon(), 1, "/hash"));
    counter.count(told(noon(), "/hash?utm_source=brev", "/one"));
    counter.count(told(noon(), "/hash", "/one?kunde=4711"));
    counter.count(told(noon(), "/hash", "/two/ola@example.no"));
    counter.count(told(noon(), "/hash", ""));
    let sums = sums(&mut counter);
    let pages: Vec<(&str, i64)> = sums
        .iter()
        .filter(|(cell, _)| !cell.contains(' '))
        .filter_map(|(cell, sums)| Some((cell.strip_prefix("event:page=")?, sums.views)))
        .collect();
    assert_eq!(pages, [("/hash", 1), ("/hash#", 1), ("/hash#/one", 2), ("/hash#/two/:email", 1)]);
    assert_eq!(sums["visit:exit_page=/hash#"].exits, 1);
    assert_eq!(sums["event:goal=Visit /hash#/t*"].events, 1);
    assert!(!sums.keys().any(|cell| cell.contains("4711")), "{sums:?}");
}

#[test]
fn a_page_has_one_name_however_its_letters_were_encoded() {
    let mut counter = counter(SiteSettings {
        goals: vec![Goal::Path("/fullf%C3%B8rt*".into()).into()],
        ..settings(WithoutConsent::Visitors)
    });
    for path in ["/fullf%C3%B8rt", "/fullf%c3%b8rt", "/fullf%C3%b8rt"] {
        counter.count(view(noon(), 1, path));
    }
    let sums = sums(&mut counter);
    assert_eq!(sums["event:page=/fullf%C3%B8rt"].views, 3, "{sums:?}");
    assert_eq!(sums["event:goal=Visit /fullf%C3%B8rt*"].events, 3);
}

#[test]
fn the_reload_after_an_answer_is_known_without_its_fragment() {
    for without_consent in [WithoutConsent::Visitors, WithoutConsent::Views] {
        let mut counter = counter(settings(without_consent));
        counter.count(view(noon(), 1, "/"));
        counter.count(told(noon(), "/", "/one"));
        let kind = answer_of(Answer::Accepted, true);
        let consent = Standing::to_all(CategorySet::ALL);
        counter.count(Hit { consent, kind, ..view(noon() + 1.second(), 1, "/") });
        counter.count(Hit { consent, ..told(noon() + 2.seconds(), "/", "/one") });
        assert_eq!(counter.dropped().reloads, 1, "{without_consent:?}");
        counter.count(Hit { consent, ..told(noon() + 3.seconds(), "/", "/one") });
        assert_eq!(total(&mut counter).views, 3, "only one load is left out: {without_consent:?}");
    }
}
