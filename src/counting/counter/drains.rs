//! What is drained, whole or in parts, and under other settings.

use http::HeaderValue;
use jiff::ToSpan;

use super::tests::{settings, sums, view};
use super::*;
use crate::clock::SystemEntropy;
use crate::counting::WithoutConsent;
use crate::counting::place::NoPlaces;

/// The same keys in every counter, so that their tokens can be compared.
struct Same;

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A counter in which more waits than one part holds, of two days.
fn full() -> Counter {
    let sites = vec![settings(WithoutConsent::Visitors)];
    let mut counter = Counter::new(sites, Arc::new(NoPlaces), Arc::new(Same));
    for number in 0..1500_u32 {
        let (visitor, time) = (number / 6, at("2026-03-10T22:00Z") + i64::from(number * 8).seconds());
        let target = format!("/p{}", (visitor * 7 + number * 13) % 199).parse().unwrap();
        counter.count(Hit { target, ..view(time, u8::try_from(visitor).unwrap(), "/") });
    }
    counter
}

#[test]
fn parts_hold_what_is_drained_at_once_and_no_part_is_large() {
    let mut whole = full().drain();
    let (mut parts, mut sizes) = (Drained::default(), Vec::new());
    let mut counter = full();
    counter.drain_in_parts(|part| {
        sizes.push(part.tallies.len());
        parts.tallies.extend_from_slice(&part.tallies);
        parts.names.extend_from_slice(&part.names);
    });
    assert!(sizes.len() > 2 && sizes.iter().all(|size| *size <= PART), "{sizes:?}");
    assert!(counter.drain().is_empty());
    for drained in [&mut whole, &mut parts] {
        drained.tallies.sort_by_cached_key(|tally| format!("{tally:?}"));
        drained.names.sort_by_cached_key(|name| format!("{name:?}"));
    }
    assert_eq!(parts, whole);
    counter.drain_in_parts(|part| assert!(part.is_empty(), "handed on twice"));
}

#[test]
fn origins_are_read_by_the_settings_that_hold() {
    let sites = vec![settings(WithoutConsent::Visitors)];
    let mut counter = Counter::new(sites, Arc::new(NoPlaces), Arc::new(SystemEntropy));
    let from = |visitor| {
        let referrer = Some(HeaderValue::from_static("https://outlet.example/a"));
        Hit { referrer, ..view(at("2026-03-10T10:00Z"), visitor, "/") }
    };
    counter.count(from(1));
    counter.count(from(2));
    assert_eq!(sums(&mut counter)["visit:source=outlet.example"].visits, 2);
    let mut both = settings(WithoutConsent::Visitors);
    both.hosts.push("outlet.example".into());
    counter.replace_sites(vec![both]);
    counter.count(from(3));
    let sums = sums(&mut counter);
    assert_eq!(sums["visit:source=Direct / None"].visits, 1);
    assert!(!sums.contains_key("visit:source=outlet.example"));
}
