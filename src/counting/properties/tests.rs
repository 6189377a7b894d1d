use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use proptest::prelude::*;

use super::super::key_log::KeyFate;
use super::super::pack::{Pack, Packed, Reader};
use super::super::secret::Vault;
use super::*;
use crate::clock::SystemEntropy;

/// A site's properties on days of their own key.
struct Tried {
    properties: Properties,
    declared: Vec<Arc<str>>,
    k: u32,
    day: i32,
    key: DayKey,
}

fn day_key(day: i32) -> DayKey {
    DayKey::draw(&"shop".into(), day, KeyFate::Born, &Vault::open(), &SystemEntropy)
}

impl Tried {
    fn new(declared: &[&str], k: u32) -> Self {
        let declared = declared.iter().map(|key| (*key).into()).collect();
        Self { properties: Properties::default(), declared, k, day: 1, key: day_key(1) }
    }

    fn brings(&mut self, visitor: u16, key: &str) -> bool {
        let [high, low] = visitor.to_be_bytes();
        let by = Some(self.key.mark(IpAddr::from([192, 0, high, low]), b""));
        let brought = Brought { key, by, on: LocalDay(self.day), under: &self.key };
        self.properties.admits(&brought, &self.declared, self.k)
    }

    fn turn(&mut self) {
        self.day += 1;
        self.key = day_key(self.day);
        self.properties.close_day();
    }

    fn hand_over(&mut self) {
        let mut out = Packed::default();
        self.properties.pack(&mut out);
        self.properties = Properties::unpack(&mut Reader::of(&out)).unwrap();
    }
}

#[test]
fn key_of_fewer_than_k_visitors_is_in_no_memory() {
    let mut tried = Tried::new(&[], 5);
    for visitor in [1, 2, 3, 4, 4, 4] {
        assert!(!tried.brings(visitor, "OlaNordmannBergen"));
    }
    let mut kept = Packed::default();
    tried.properties.pack(&mut kept);
    assert!(!kept.windows(3).any(|bytes| bytes == b"Ola"));
    assert!(tried.brings(5, "OlaNordmannBergen"));
    assert!(tried.brings(1, "OlaNordmannBergen"));
}

#[test]
fn declared_key_waits_for_nobody_and_a_k_of_one_admits_at_once() {
    assert!(Tried::new(&["brand"], 5).brings(1, "brand"));
    assert!(Tried::new(&[], 1).brings(1, "brand"));
}

#[test]
fn who_has_no_mark_admits_nothing() {
    let mut tried = Tried::new(&["brand"], 2);
    let Tried { properties, declared, key: under, .. } = &mut tried;
    let mut nobody = |key| {
        let brought = Brought { key, by: None, on: LocalDay(1), under };
        properties.admits(&brought, declared, 2)
    };
    assert!(nobody("brand") && !nobody("size") && !nobody("size"));
}

#[test]
fn admitted_key_stays_over_midnight_and_what_waits_begins_anew() {
    let mut tried = Tried::new(&[], 2);
    assert!(!tried.brings(1, "size") && tried.brings(2, "size") && !tried.brings(1, "colour"));
    tried.turn();
    assert!(tried.brings(7, "size"));
    assert!(!tried.brings(2, "colour"), "the other visitor came yesterday");
}

#[test]
fn junk_of_one_visitor_takes_no_place_of_what_five_visitors_bring() {
    let mut tried = Tried::new(&["author"], 5);
    for number in 0..10_000 {
        assert!(!tried.brings(1, &format!("junk{number}")));
    }
    assert_eq!(tried.properties.waiting.len(), usize::from(WAITING_OF_ONE_MAX));
    let admitted: Vec<bool> = (2..7).map(|visitor| tried.brings(visitor, "brand")).collect();
    assert_eq!(admitted, [false, false, false, false, true]);
    assert!(tried.brings(1, "author"));
}

#[test]
fn flood_of_many_visitors_forgets_what_fewest_brought_and_keeps_its_bounds() {
    let mut tried = Tried::new(&[], 3);
    assert!(!tried.brings(1, "brand") && !tried.brings(2, "brand") && !tried.brings(1, "rare"));
    for number in 0..4_000_u16 {
        assert!(!tried.brings(100 + number / 8, &format!("junk{number}")));
    }
    assert_eq!(tried.properties.waiting.len(), WAITING_MAX);
    let firsts: usize = tried.properties.firsts.values().map(|many| usize::from(*many)).sum();
    assert_eq!(firsts, WAITING_MAX);
    assert!(tried.brings(3, "brand"), "two brought it, and of junk one each");
    assert!(!tried.brings(2, "rare") && !tried.brings(3, "rare"), "it was forgotten, and begins anew");
}

#[test]
fn place_that_nobody_used_today_goes_to_who_needs_one_and_never_one_that_is_declared() {
    let declared: Vec<String> = (0..60).map(|number| format!("own{number}")).collect();
    let mut tried = Tried::new(&declared.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    for key in ["a", "b", "c", "d"] {
        assert!(tried.brings(1, key));
    }
    assert!(!tried.brings(1, "e"), "all places are in use today");
    tried.turn();
    assert!(tried.brings(1, "a") && tried.brings(1, "c") && tried.brings(1, "d"));
    assert!(tried.brings(1, "e") && !tried.brings(1, "b"), "nobody brought b today");
    assert!(declared.iter().all(|key| tried.brings(1, key)));
}

proptest! {
    /// The naive model keeps all who brought a key, day by day.
    #[test]
    fn a_key_is_admitted_when_the_model_has_k_visitors_of_one_day(
        k in 1..4_u32,
        deeds in prop::collection::vec((0..6_u16, 0..7_usize, 0..20_u8), 1..80),
    ) {
        const KEYS: [&str; 7] = ["brand", "size", "colour", "author", "a", "b", "url"];
        let mut tried = Tried::new(&["author"], k);
        let mut brought: BTreeMap<(i32, &str), BTreeSet<u16>> = BTreeMap::new();
        let mut admitted = BTreeSet::from(["author"]);
        for (visitor, key, also) in deeds {
            match also {
                0 => tried.turn(),
                1 => tried.hand_over(),
                _ => {}
            }
            let key = KEYS[key];
            let visitors = brought.entry((tried.day, key)).or_default();
            visitors.insert(visitor);
            if visitors.len() >= k as usize {
                admitted.insert(key);
            }
            prop_assert_eq!(tried.brings(visitor, key), admitted.contains(key), "{}", key);
        }
    }
}
