//! Packing: what a day's pairs are before, they are after.

use super::age::{count, later};
use super::*;
use crate::counting::pairs::is_paired;

const DIMENSIONS: [Dimension; 5] =
    [Dimension::Page, Dimension::EntryPage, Dimension::Source, Dimension::Country, Dimension::Device];

/// Values of a dimension; those of places are words, others tokens of which some have a name.
fn value(dimension: &Dimension, n: u64) -> Value {
    match dimension {
        Dimension::Page | Dimension::EntryPage | Dimension::NextPage => Value::Token(n.wrapping_mul(1 << 61)),
        _ => word(["NO", "SE", "", "it's"][usize::try_from(n % 4).unwrap()]),
    }
}

/// A few days of pairs, from `seed`: some again, some taken back, steps of journeys, and answers.
fn tallies(seed: u64) -> Vec<Tally> {
    let mut tallies = Vec::new();
    for n in 0..400_u64 {
        let drawn = (n + 1000 * seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let at = |shift: u32| usize::try_from((drawn >> shift) % 5).unwrap();
        let (mut first, mut second) = (DIMENSIONS[at(0)].clone(), DIMENSIONS[at(8)].clone());
        if first == second || n % 7 == 0 {
            (first, second) = (Dimension::Page, Dimension::NextPage);
        }
        if first > second {
            std::mem::swap(&mut first, &mut second);
        }
        assert!(is_paired(&first, &second, &[]));
        let values = (value(&first, drawn >> 16 & 7), value(&second, drawn >> 24 & 7));
        let cell = Cell::Pair(first, values.0, second, values.1);
        let sums = Sums {
            carried: i64::from(n % 9 == 0),
            revenue: 500,
            engaged_ms: i64::try_from(drawn % 9999).unwrap(),
            visitors_hour: 0,
            visits_hour: 0,
            ..times(visit(), i64::try_from(drawn % 3).unwrap() + 1)
        };
        let hours = 24 * i32::try_from(drawn % 4).unwrap();
        tallies.push(tally(hours, cell.clone(), sums));
        if n % 5 == 0 {
            tallies.push(tally(hours, cell, times(sums, -1)));
        }
    }
    let (felg, kurv) = (value(&Dimension::Page, 3), value(&Dimension::NextPage, 3));
    let step = Cell::Pair(Dimension::Page, felg, Dimension::NextPage, kurv);
    tallies.extend((0..4).map(|day| tally(24 * day, step.clone(), times(visit(), 6))));
    let answer = |layer| Cell::Pair(Dimension::Choice, word("accepted"), Dimension::ChoiceLayer, word(layer));
    tallies.push(tally(0, answer("banner"), Sums { events: 7, ..Sums::default() }));
    tallies
}

fn names() -> Vec<Name> {
    let name = |dimension: Dimension, n: u64, name: &str| {
        let Value::Token(token) = value(&dimension, n) else { panic!("{dimension:?} has words") };
        Name { site: "shop".into(), dimension, token, name: name.into() }
    };
    // Two tokens of one name, as of two gateways.
    vec![
        name(Dimension::Page, 1, "/dekk"),
        name(Dimension::Page, 2, "/dekk"),
        name(Dimension::Page, 3, "/felg"),
        name(Dimension::EntryPage, 1, "/"),
        name(Dimension::NextPage, 3, "/kurv"),
    ]
}

/// Every two dimensions in either order, in every cut of days.
fn answers(room: &Room) -> Vec<Vec<(Vec<String>, Vec<i64>)>> {
    let values: &[&str] = &["/dekk", "/felg", "/", "/kurv", "NO", "(unknown)", "", "accepted"];
    let mut answers = Vec::new();
    let known =
        || DIMENSIONS.into_iter().chain([Dimension::NextPage, Dimension::Choice, Dimension::ChoiceLayer]);
    for (by, filter) in known().flat_map(|by| known().map(move |filter| (by.clone(), filter))) {
        for cut in [None, Some(Bucket::Day), Some(Bucket::Week), Some(Bucket::Month)] {
            let axes: Vec<Axis> = std::iter::once(Axis::Of(by.clone())).chain(cut.map(Axis::Time)).collect();
            for k in [1, 5] {
                let range = Range::Days { first: DAY, last: LocalDay(DAY.0 + 3) };
                let asked = Asked { range, k, ..asked(&axes, Some((filter.clone(), values))) };
                if by != filter && is_paired(&by, &filter, &[]) {
                    answers.push(room.rows(asked));
                }
            }
        }
    }
    assert!(answers.iter().filter(|rows| !rows.is_empty()).count() > 50);
    answers
}

/// The steps of journeys that people read, by day.
fn journeys(room: &Room) -> Vec<(String, String, String, i64, i64)> {
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    let mut statement = file
        .prepare("select day, page, next_page, visitors, visits from journeys_day order by 1, 2, 3")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

fn sum(steps: &[(String, String, String, i64, i64)]) -> (i64, i64) {
    steps.iter().fold((0, 0), |(visitors, visits), step| (visitors + step.3, visits + step.4))
}

fn filled() -> Room {
    let room = room();
    room.add(1, tallies(1), names());
    room
}

#[test]
fn pairs_are_packed_when_their_day_is_over_and_no_answer_changes() {
    let room = filled();
    let before = (answers(&room), count(&room, "pairs_day"));
    assert_eq!(later(&room, 0).packed_days, 0, "today is not over");
    assert_eq!(later(&room, 1).packed_days, 0, "yesterday may have visits that go on");
    assert_eq!(later(&room, 1).packed_days, 1);
    let packed = count(&room, "pairs_day");
    assert!(0 < packed && packed < before.1, "{packed} of {} rows", before.1);
    assert_eq!(answers(&room), before.0, "of days packed and not");
    assert_eq!(later(&room, 3).packed_days, 3);
    assert_eq!(count(&room, "pairs_day"), 1, "answers to the banner are left to people");
    assert_eq!(answers(&room), before.0);
    assert_eq!(later(&room, 1).packed_days, 0);
}

#[test]
fn what_comes_late_to_a_packed_day_is_counted_at_once_and_packed_by_the_next_round() {
    let (late, whole) = (filled(), filled());
    assert_eq!(later(&late, 10).packed_days, 4);
    late.add(2, tallies(2), vec![]);
    whole.add(2, tallies(2), vec![]);
    let expected = answers(&whole);
    assert_eq!(answers(&late), expected);
    assert_eq!(later(&late, 0).packed_days, 4);
    assert_eq!((answers(&late), count(&late, "pairs_day")), (expected.clone(), 1));
    later(&whole, 10);
    assert_eq!(answers(&whole), expected);
    assert_eq!(count(&late, "packed_pairs"), count(&whole, "packed_pairs"));
}

/// Values by the hour, some of them taken back.
fn cells(seed: i32) -> Vec<Tally> {
    let mut tallies = Vec::new();
    for n in 0..120_i32 {
        let page =
            Cell::One(Dimension::Page, value(&Dimension::Page, u64::from((n * seed % 8).unsigned_abs())));
        let country = Cell::One(Dimension::Country, word(if n % 3 == 0 { "NO" } else { "SE" }));
        let sums = Sums { carried: i64::from(n % 24 == 0), ..times(visit(), i64::from(n % 4 * seed)) };
        tallies.extend([tally(n % 96, page.clone(), sums), tally(n % 96, country, sums)]);
        if n % 6 == 0 {
            tallies.push(tally(n % 96 / 24 * 24, page, times(sums, -1)));
        }
    }
    tallies
}

/// Values of a dimension, all and some, apart and together, in every cut of days.
fn answers_by_value(room: &Room) -> Vec<Vec<(Vec<String>, Vec<i64>)>> {
    let mut answers = Vec::new();
    for (dimension, wanted) in [(Dimension::Page, &["/dekk", "/felg"][..]), (Dimension::Country, &["NO"])] {
        for cut in [None, Some(Bucket::Day), Some(Bucket::Week), Some(Bucket::Month)] {
            for axis in [None, Some(Axis::Of(dimension.clone()))] {
                for filter in [None, Some((dimension.clone(), wanted))] {
                    let axes: Vec<Axis> = axis.clone().into_iter().chain(cut.map(Axis::Time)).collect();
                    let range = Range::Days { first: LocalDay(DAY.0 + 1), last: LocalDay(DAY.0 + 3) };
                    answers.push(room.rows(Asked { range, ..asked(&axes, filter) }));
                }
            }
        }
    }
    answers
}

#[test]
fn values_of_a_packed_day_are_added_up_and_read_so_until_something_comes_late() {
    let (late, whole) = (room(), room());
    for room in [&late, &whole] {
        room.add(1, cells(1), names());
    }
    let before = answers_by_value(&late);
    assert_eq!(later(&late, 4).packed_days, 3);
    assert_eq!(answers_by_value(&late), before, "of days added up and not");
    assert_eq!(later(&late, 3).packed_days, 1);
    assert_eq!(answers_by_value(&late), before);
    let directory = late.directory.path().join("statistics.db");
    let file = rusqlite::Connection::open(directory).unwrap();
    let moved = "create table kept as select * from cells_hour; delete from cells_hour";
    file.execute_batch(moved).unwrap();
    assert_eq!(answers_by_value(&late), before, "hours are not needed for days");
    file.execute_batch("insert into cells_hour select * from kept; drop table kept").unwrap();
    for room in [&late, &whole] {
        room.add(2, cells(3), vec![]);
    }
    let expected = answers_by_value(&whole);
    assert_eq!(answers_by_value(&late), expected);
    assert_eq!(later(&late, 0).packed_days, 4);
    assert_eq!(answers_by_value(&late), expected);
}

#[test]
fn what_takes_back_all_of_a_day_leaves_nothing() {
    let room = room();
    let pair = Cell::Pair(Dimension::Page, Value::Token(7), Dimension::Country, word("NO"));
    room.add(1, vec![tally(0, pair.clone(), visit())], vec![]);
    later(&room, 5);
    assert_eq!((count(&room, "pairs_day"), count(&room, "packed_pairs")), (0, 1));
    room.add(2, vec![tally(0, pair, times(visit(), -1))], vec![]);
    later(&room, 0);
    assert_eq!((count(&room, "pairs_day"), count(&room, "packed_pairs")), (0, 0));
}

#[test]
fn pairs_of_more_than_a_part_are_all_read() {
    let room = room();
    let page = |n: u64| Value::Token(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let pairs = (0..40_000_u64).map(|n| {
        let country = word(if n % 2 == 0 { "NO" } else { "SE" });
        tally(0, Cell::Pair(Dimension::Page, page(n / 2), Dimension::Country, country), visit())
    });
    room.add(1, pairs.collect(), vec![]);
    let norway: (Dimension, &[&str]) = (Dimension::Country, &["NO"]);
    let of_norway = asked(&[Axis::Of(Dimension::Page)], Some(norway));
    let before = room.rows(of_norway.clone());
    later(&room, 5);
    assert!(count(&room, "packed_pairs") > 2);
    assert_eq!(room.rows(of_norway), before);
    assert_eq!(before, [(vec![OTHER.to_owned()], vec![20_000, 20_000, 60_000])]);
}

#[test]
fn journeys_are_readable_after_their_days_are_packed() {
    let room = filled();
    let before = journeys(&room);
    later(&room, 10);
    let after = journeys(&room);
    assert_eq!(sum(&after), sum(&before));
    let named = |steps: &[(String, String, String, i64, i64)]| {
        steps.iter().filter(|step| step.1 == "/felg" && step.2 == "/kurv").cloned().collect::<Vec<_>>()
    };
    assert!(!named(&after).is_empty());
    assert_eq!(named(&after), named(&before));
    assert!(after.iter().all(|step| step.3 >= 5 && step.1 != OTHER && step.2 != OTHER));
    let whole = filled();
    for room in [&room, &whole] {
        room.add(2, tallies(2), vec![]);
        later(room, 10);
    }
    assert_eq!(journeys(&room), journeys(&whole), "what came late and what did not");
}

#[test]
fn packed_pairs_that_broke_are_told_and_stop_no_other_upkeep() {
    let room = filled();
    later(&room, 10);
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    file.execute("update packed_pairs set pairs = x'0102'", []).unwrap();
    let norway: (Dimension, &[&str]) = (Dimension::Country, &["NO"]);
    let question = Question::new(asked(&[Axis::Of(Dimension::Page)], Some(norway))).unwrap();
    let error = run(room.store.answer(&question)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }) && !error.is_transient(), "{error}");
    room.add(2, tallies(2), vec![]);
    room.clock.step(SignedDuration::from_hours(24 * 900));
    assert!(run(room.store.age()).is_ok(), "what broke went with its days");
    assert_eq!(count(&room, "packed_pairs"), 0);
}

/// Version 4 is what the builds before wrote.
#[test]
fn file_of_version_4_is_packed_at_the_first_round() {
    let kept = filled();
    let expected = answers(&kept);
    let file = rusqlite::Connection::open(kept.directory.path().join("statistics.db")).unwrap();
    file.execute_batch(
        "drop view journeys_day; drop table packed_pairs; drop table packed_values; drop table packed_journeys; drop table packed_cells;
         drop index days_to_pack; alter table days_kept drop column is_packed;
         create view journeys_day as select 1 as day; pragma user_version = 4;",
    )
    .unwrap();
    drop(file);
    let Room { store, clock, directory } = kept;
    drop(store);
    let settings = Settings { path: directory.path().to_owned() };
    let room = Room { store: Embedded::open(&settings, clock.clone()).unwrap(), clock, directory };
    assert_eq!(answers(&room), expected);
    assert_eq!(later(&room, 10).packed_days, 4);
    assert_eq!(answers(&room), expected);
}
