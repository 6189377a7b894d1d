//! What age does to figures.

use super::*;
use crate::store::{Aged, Retention};

/// Two days of two sites, hour by hour, with values, pairs, names, and a visit over midnight.
fn fill(room: &Room, sequence: u64) {
    let page = |token| Cell::One(Dimension::Page, Value::Token(token));
    let device = |name: &str| Cell::One(Dimension::Device, word(name));
    let pair = Cell::Pair(Dimension::Page, Value::Token(7), Dimension::Device, word("Mobile"));
    let step = Cell::Pair(Dimension::Page, Value::Token(7), Dimension::NextPage, Value::Token(9));
    let goes_on =
        Sums { visitors: 1, visitors_hour: 1, visits_hour: 1, carried: 1, views: 2, ..Sums::default() };
    let mut tallies = Vec::new();
    for hours in 0..48_i32 {
        let sums = if hours == 24 { goes_on } else { times(visit(), i64::from(hours % 5) + 1) };
        for cell in [
            Cell::Total,
            page(7),
            page(8 + u64::from(hours.unsigned_abs() % 3)),
            device("Mobile"),
            pair.clone(),
            step.clone(),
        ] {
            tallies.push(tally(hours, cell, sums));
        }
        tallies.push(Tally { site: "other".into(), ..tally(hours, device("Desktop"), visit()) });
    }
    let name = Name { site: "shop".into(), dimension: Dimension::Page, token: 7, name: "/dekk".into() };
    room.add(sequence, tallies, vec![name]);
}

/// Answers by the day and of everything, in many ways.
fn answers(room: &Room) -> Vec<Vec<(Vec<String>, Vec<i64>)>> {
    let page: Option<(Dimension, &[&str])> = Some((Dimension::Page, &["/dekk"]));
    let day = Axis::Time(Bucket::Day);
    let axes = [
        vec![],
        vec![day.clone()],
        vec![Axis::Of(Dimension::Page)],
        vec![Axis::Of(Dimension::Device)],
        vec![day, Axis::Of(Dimension::Device)],
    ];
    let of =
        |site: &str, axes: &[Axis], filter| room.rows(Asked { site: site.into(), ..asked(axes, filter) });
    let mut answers: Vec<_> =
        axes.iter().flat_map(|axes| [of("shop", axes, None), of("other", axes, None)]).collect();
    answers.extend(axes.iter().map(|axes| of("shop", axes, page.clone())));
    answers
}

pub(super) fn later(room: &Room, days: i64) -> Aged {
    room.clock.step(SignedDuration::from_hours(24 * days));
    run(room.store.age()).unwrap()
}

/// Tables that say of each row which day it is of.
fn names_of_tables_by_day(room: &Room) -> Vec<String> {
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    let mut statement = file
        .prepare(
            "select tables.name from pragma_table_list as tables, pragma_table_info(tables.name) as columns
             where tables.type = 'table' and columns.name = 'day'",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(super) fn count(room: &Room, table: &str) -> i64 {
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    file.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn hours_are_folded_after_their_days_and_no_figure_of_a_day_changes() {
    let room = room();
    fill(&room, 1);
    let (before, hours) = (answers(&room), count(&room, "cells_hour"));
    assert_eq!(later(&room, 90).folded_days, 0, "the day itself is not yet that old");
    assert_eq!(later(&room, 1), Aged { folded_days: 2, ..Aged::default() });
    assert_eq!((answers(&room), count(&room, "totals_hour")), (before.clone(), 2 - 1 + 24));
    assert_eq!(later(&room, 1), Aged { folded_days: 2, ..Aged::default() });
    assert_eq!((answers(&room), count(&room, "totals_hour")), (before, 2));
    assert!(count(&room, "cells_hour") * 10 < hours);
    assert_eq!(later(&room, 1), Aged::default());
}

#[test]
fn what_comes_late_to_a_folded_day_is_folded_into_it() {
    let (late, whole) = (room(), room());
    fill(&late, 1);
    later(&late, 100);
    fill(&late, 2);
    fill(&whole, 1);
    fill(&whole, 2);
    assert_eq!(later(&late, 0).folded_days, 4);
    assert_eq!(answers(&late), answers(&whole));
    assert_eq!(count(&late, "totals_hour"), 2);
}

/// Every table with a column for the day.
const KEPT_BY_DAY: [&str; 8] = [
    "totals_hour",
    "cells_hour",
    "pairs_day",
    "packed_pairs",
    "packed_cells",
    "packed_values",
    "packed_journeys",
    "days_kept",
];

#[test]
fn figures_go_after_their_months_with_their_names_and_room() {
    let room = room();
    fill(&room, 1);
    let tables: Vec<String> = names_of_tables_by_day(&room);
    assert_eq!(tables.iter().filter(|table| !KEPT_BY_DAY.contains(&&***table)).count(), 0, "{tables:?}");
    assert_eq!(later(&room, 760).forgotten_days, 0);
    for table in KEPT_BY_DAY.iter().filter(|table| **table != "pairs_day") {
        assert!(count(&room, table) > 0, "{table}");
    }
    assert_eq!(later(&room, 5).forgotten_days, 4);
    for table in KEPT_BY_DAY {
        assert_eq!(count(&room, table), 0, "{table}");
    }
    assert_eq!(count(&room, "names"), 1, "tokens of the month may still be there");
    later(&room, 62);
    assert_eq!(count(&room, "names"), 0);
}

#[test]
fn a_shop_may_keep_less() {
    let room = room();
    fill(&room, 1);
    let Room { store, clock, directory: _directory } = room;
    let store = store.keeping(Retention { hours_days: 1, months: 1 });
    clock.step(SignedDuration::from_hours(24 * 4));
    assert_eq!(run(store.age()).unwrap(), Aged { folded_days: 4, forgotten_days: 0, packed_days: 4 });
    clock.step(SignedDuration::from_hours(24 * 40));
    assert_eq!(run(store.age()).unwrap(), Aged { forgotten_days: 4, ..Aged::default() });
}
