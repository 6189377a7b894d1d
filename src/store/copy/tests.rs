use super::*;
use crate::counting::tally::{Dimension, Hour, Sums};

#[test]
fn a_day_that_the_server_is_about_to_forget_is_not_copied() {
    let today = jiff::civil::date(2026, 3, 31);
    let of = |date: Date| LocalDay((date - jiff::civil::date(1970, 1, 1)).get_days());
    assert!(is_kept(of(today), 1, today));
    assert!(is_kept(of(jiff::civil::date(2026, 3, 2)), 1, today));
    assert!(!is_kept(of(jiff::civil::date(2026, 3, 1)), 1, today), "it goes on 1 April");
    assert!(!is_kept(of(jiff::civil::date(2026, 2, 28)), 1, today));
    assert!(is_kept(LocalDay(0), 1200, today));
}

#[test]
fn the_id_of_a_part_follows_from_everything_in_it_and_nothing_else() {
    let tally = |cell| Tally {
        site: "shop".into(),
        hour: Hour(24),
        day: LocalDay(1),
        cell,
        sums: Sums { views: 1, ..Sums::default() },
    };
    let word = |word: &str| Value::Word(word.into());
    let parts = [
        vec![],
        vec![tally(Cell::Total)],
        vec![Tally { day: LocalDay(2), ..tally(Cell::Total) }],
        vec![Tally { sums: Sums::default(), ..tally(Cell::Total) }],
        vec![Tally { site: "other".into(), ..tally(Cell::Total) }],
        vec![tally(Cell::One(Dimension::Page, word("a")))],
        vec![tally(Cell::One(Dimension::Page, Value::Token(97)))],
        vec![tally(Cell::Pair(Dimension::Page, word("a"), Dimension::Country, word("NO")))],
        vec![tally(Cell::Total), tally(Cell::Total)],
    ];
    let ids: BTreeSet<BatchId> = parts.iter().map(|part| id_of_tallies(part)).collect();
    assert_eq!(ids.len(), parts.len());
    assert_eq!(id_of_tallies(&parts[7]), id_of_tallies(&parts[7].clone()));
    // A later version of the program makes the same of it.
    assert_eq!(id_of_tallies(&parts[5]).to_string(), "ff71a41df08d9685-7409406408966789122");
}
