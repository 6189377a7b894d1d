//! Worked figures: definitions with k = 1, and what k = 5 does to them.

use super::*;
use crate::store::disclosure::Answer;
use crate::store::file::Kind;

/// 100 visitors, 40 of them from Bing; 12 bought, 9 of these from Bing.
fn shop() -> Room {
    let room = room();
    let goal = |name| Cell::One(Dimension::Goal, word(name));
    let source = |name| Cell::One(Dimension::Source, word(name));
    let pair = |name| Cell::Pair(Dimension::Source, word(name), Dimension::Goal, word("Purchase"));
    let people = |n| Sums { visitors: n, visits: n, views: 2 * n, events: 2 * n, ..Sums::default() };
    let bought = |n, events, orders: i64| Sums {
        visitors: n,
        visits: n,
        events,
        orders,
        revenue: 100_500 * orders,
        ..Sums::default()
    };
    room.add(
        1,
        vec![
            tally(1, Cell::Total, people(100)),
            tally(1, source("Bing"), people(40)),
            tally(1, source("Direct"), people(60)),
            tally(1, goal("Purchase"), bought(12, 15, 14)),
            tally(0, pair("Bing"), bought(9, 12, 12)),
            tally(0, pair("Direct"), bought(3, 3, 2)),
            tally(1, Cell::One(Dimension::Choice, word("accepted")), Sums { events: 30, ..Sums::default() }),
            tally(1, Cell::One(Dimension::Choice, word("partial")), Sums { events: 10, ..Sums::default() }),
            tally(2, Cell::One(Dimension::Choice, word("refused")), Sums { events: 40, ..Sums::default() }),
        ],
        vec![],
    );
    room
}

const RATES: [Metric; 5] =
    [Metric::Visitors, Metric::Visits, Metric::Events, Metric::ConversionRate, Metric::GroupConversionRate];

fn wanting(metrics: &[Metric], asked: Asked) -> Asked {
    Asked { metrics: metrics.to_vec(), ..asked }
}

fn labelled(label: &str, figures: &[i64]) -> (Vec<String>, Vec<i64>) {
    (vec![label.to_owned()], figures.to_vec())
}

#[test]
fn goal_s_visitors_are_converters_and_events_its_conversions() {
    let room = shop();
    let purchases: (Dimension, &[&str]) = (Dimension::Goal, &["Purchase"]);
    let filtered = wanting(&RATES, asked(&[], Some(purchases.clone())));
    assert_eq!(room.rows(filtered), [(vec![], vec![12, 12, 15, 1200, 1200])]);
    let by_goal = wanting(&RATES, asked(&[Axis::Of(Dimension::Goal)], None));
    assert_eq!(room.rows(by_goal), [labelled("Purchase", &[12, 12, 15, 1200, 1200])]);
    let by_source = wanting(&RATES, asked(&[Axis::Of(Dimension::Source)], Some(purchases)));
    assert_eq!(
        room.rows(by_source.clone()),
        [labelled("Bing", &[9, 9, 12, 900, 2250]), labelled("Direct", &[3, 3, 3, 300, 500])]
    );
    assert_eq!(room.rows(Asked { k: 5, ..by_source }), [labelled(OTHER, &[12, 12, 15, 1200, 1200])]);
}

#[test]
fn goals_under_a_filter_are_divided_by_those_the_filter_leaves() {
    let room = shop();
    let bing: (Dimension, &[&str]) = (Dimension::Source, &["Bing"]);
    let goals = wanting(&RATES, asked(&[Axis::Of(Dimension::Goal)], Some(bing)));
    assert_eq!(room.rows(goals), [labelled("Purchase", &[9, 9, 12, 2250, 2250])]);
}

#[test]
fn revenue_is_told_by_source_and_withheld_where_orders_are_few() {
    let room = shop();
    let metrics = [Metric::TotalRevenue, Metric::AverageRevenue];
    let purchases: (Dimension, &[&str]) = (Dimension::Goal, &["Purchase"]);
    let by_source = wanting(&metrics, asked(&[Axis::Of(Dimension::Source)], Some(purchases)));
    assert_eq!(
        room.rows(by_source),
        [labelled("Bing", &[1_206_000, 100_500]), labelled("Direct", &[201_000, 100_500])]
    );
    let bing: (Dimension, &[&str]) = (Dimension::Source, &["Bing"]);
    let by_goal = wanting(&metrics, asked(&[Axis::Of(Dimension::Goal)], Some(bing)));
    assert_eq!(room.rows(Asked { k: 13, ..by_goal }), [], "nine of Bing's forty bought, which are no total");
}

#[test]
fn consent_rate_is_the_part_of_choices_that_granted_something() {
    let room = shop();
    let rate = wanting(&[Metric::Visitors, Metric::ConsentRate(Granted::Anything)], asked(&[], None));
    assert_eq!(room.rows(rate), [(vec![], vec![100, 5000])]);
    let by_hour =
        wanting(&[Metric::ConsentRate(Granted::Anything)], asked(&[Axis::Time(Bucket::Hour)], None));
    assert_eq!(
        room.rows(by_hour),
        [labelled("2026-03-02 01:00:00", &[10_000]), labelled("2026-03-02 02:00:00", &[0])]
    );
}

#[test]
fn exits_of_a_page_are_divided_by_its_views() {
    let room = room();
    let page = |name| Cell::One(Dimension::Page, word(name));
    let exit = |name| Cell::One(Dimension::ExitPage, word(name));
    let left = |n| Sums { visitors: n, visits: n, views: 9 * n, exits: n, ..Sums::default() };
    let seen = |views| Sums { visitors: 9, visits: 9, views, ..Sums::default() };
    room.add(
        1,
        vec![
            tally(1, page("/"), seen(40)),
            tally(1, page("/kurv"), seen(9)),
            tally(1, exit("/"), left(6)),
            tally(1, exit("/kurv"), left(3)),
        ],
        vec![],
    );
    let exits = asked(&[Axis::Of(Dimension::ExitPage)], None);
    assert_eq!(
        room.rows(wanting(&[Metric::Visits, Metric::ExitRate], exits)),
        [labelled("/", &[6, 1500]), labelled("/kurv", &[3, 3330])]
    );
}

#[test]
fn weeks_and_months_add_up_days_and_count_a_carried_visit_once() {
    let room = room();
    let goes_on = Sums { visitors: 1, carried: 1, views: 1, ..Sums::default() };
    let at = |day: i32, sums| Tally { day: LocalDay(DAY.0 + day), ..tally(24 * day, Cell::Total, sums) };
    // Saturday 28 February, Sunday, Monday 2 March with a visit of Sunday's, Tuesday with one of Monday's.
    room.add(
        1,
        vec![at(-2, visit()), at(-1, visit()), at(0, visit()), at(0, goes_on), at(1, goes_on)],
        vec![],
    );
    let range = Range::Days { first: LocalDay(DAY.0 - 2), last: LocalDay(DAY.0 + 3) };
    let by = |bucket| room.rows(Asked { range, ..asked(&[Axis::Time(bucket)], None) });
    assert_eq!(by(Bucket::Week), [labelled("2026-02-28", &[2, 2, 6]), labelled("2026-03-02", &[3, 2, 5])]);
    assert_eq!(by(Bucket::Month), [labelled("2026-02-01", &[1, 1, 3]), labelled("2026-03-01", &[4, 2, 8])]);
}

#[test]
fn robots_and_what_was_dropped_are_never_folded() {
    let room = room();
    let hits = |events| Sums { events, ..Sums::default() };
    let robot = |name| Cell::One(Dimension::Robot, word(name));
    let dropped = |name| Cell::One(Dimension::Dropped, word(name));
    room.add(1, vec![tally(1, robot("Googlebot"), hits(1)), tally(1, dropped("robot"), hits(2))], vec![]);
    let of = |dimension| {
        room.rows(Asked { k: 5, ..wanting(&[Metric::Events], asked(&[Axis::Of(dimension)], None)) })
    };
    assert_eq!(of(Dimension::Robot), [labelled("Googlebot", &[1])]);
    assert_eq!(of(Dimension::Dropped), [labelled("robot", &[2])]);
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    let told = |sql| file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(told("select robot, hits from robots_day"), Ok(("Googlebot".to_owned(), 1)));
    assert_eq!(told("select reason, hits from dropped_day"), Ok(("robot".to_owned(), 2)));
}

#[test]
fn journeys_are_told_by_page_and_in_a_view_without_small_ones() {
    let room = room();
    let step = |next| Cell::Pair(Dimension::Page, word("/"), Dimension::NextPage, word(next));
    room.add(
        1,
        vec![tally(0, step("/kurv"), times(visit(), 7)), tally(0, step("/hemmelig"), visit())],
        vec![],
    );
    let first: (Dimension, &[&str]) = (Dimension::Page, &["/"]);
    let journeys = wanting(&[Metric::Visits], asked(&[Axis::Of(Dimension::NextPage)], Some(first)));
    assert_eq!(room.rows(journeys), [labelled("/kurv", &[7]), labelled("/hemmelig", &[1])]);
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    let steps: Vec<(String, i64)> = file
        .prepare("select next_page, visits from journeys_day order by visits desc")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(steps, [("/kurv".to_owned(), 7)]);
}

#[test]
fn properties_are_kept_by_their_names() {
    let room = room();
    let size = |value| Cell::One(Dimension::Property("size".into()), word(value));
    let colour = Cell::One(Dimension::Property("colour".into()), word("red"));
    room.add(1, vec![tally(1, size("L"), visit()), tally(1, colour, times(visit(), 3))], vec![]);
    room.add(2, vec![tally(2, size("L"), visit())], vec![]);
    let of = |key: &str| room.rows(asked(&[Axis::Of(Dimension::Property(key.into()))], None));
    assert_eq!(of("size"), [labelled("L", &[2, 2, 6])]);
    assert_eq!(of("colour"), [labelled("red", &[3, 3, 9])]);
    assert_eq!(of("nothing"), []);
}

/// Version 1 is what the first release wrote.
#[test]
fn file_of_version_1_keeps_its_figures() {
    let directory = tempfile::tempdir().unwrap();
    let released = Kind { schema: &STATISTICS.schema[..1], ..STATISTICS };
    let file = released.open(directory.path()).unwrap();
    file.execute_batch(
        "insert into sites (id, name) values (1, 'shop');
         insert into dimensions (id, name) values (5, 'visit:country');
         insert into totals_hour values (1, 20514, 492335, 9, 9, 9, 9, 0, 20, 21, 1, 60, 9, 9);
         insert into cells_hour values (1, 5, 20514, 492335, 'NO', 9, 9, 9, 9, 0, 20, 21, 1, 60, 9, 9);",
    )
    .unwrap();
    drop(file);
    let clock = Arc::new(SteppedClock::at("2026-03-02T12:00:00Z".parse().unwrap()));
    let settings = Settings { path: directory.path().to_owned() };
    let room = Room { store: Embedded::open(&settings, clock.clone()).unwrap(), clock, directory };
    assert_eq!(room.rows(asked(&[], None)), [(vec![], vec![9, 9, 20])]);
    room.add(1, vec![tally(1, Cell::One(Dimension::Country, word("NO")), visit())], vec![]);
    assert_eq!(room.rows(asked(&[Axis::Of(Dimension::Country)], None)), [labelled("NO", &[10, 10, 23])]);
}

fn disclosed(room: &Room, asked: Asked) -> Answer {
    let question = Question::new(asked).unwrap();
    disclose(&question, run(room.store.answer(&question)).unwrap())
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Countries by device, k = 5: what is shown adds up to the whole, and neither a row nor what it leaves of its
    /// device, nor of its country, is a few people.
    #[test]
    fn pairs_add_up_and_no_subtraction_shows_a_few(
        people in proptest::collection::vec(proptest::collection::vec(0_i64..12, 3), 4),
    ) {
        let room = room();
        let countries = ["NO", "SE", "DK", "FI"];
        let devices = ["Mobile", "Desktop", "Tablet"];
        let mut tallies = Vec::new();
        for (c, row) in people.iter().enumerate() {
            for (d, n) in row.iter().enumerate() {
                let (c, d) = (word(countries[c]), word(devices[d]));
                let sums = times(visit(), *n);
                tallies.push(tally(0, Cell::Pair(Dimension::Country, c.clone(), Dimension::Device, d.clone()), sums));
                tallies.push(tally(0, Cell::One(Dimension::Country, c), sums));
                tallies.push(tally(0, Cell::One(Dimension::Device, d), sums));
                tallies.push(tally(0, Cell::Total, sums));
            }
        }
        room.add(1, tallies, vec![]);
        let is_few = |n: i64| (1..5).contains(&n);
        for (c, country) in countries.iter().enumerate() {
            let all: i64 = people[c].iter().sum();
            let filter: (Dimension, &[&str]) = (Dimension::Country, &[country]);
            let by_device = Asked { k: 5, ..asked(&[Axis::Of(Dimension::Device)], Some(filter)) };
            let answer = disclosed(&room, by_device);
            let shown: i64 = answer.rows.iter().map(|row| row.figures.unwrap().visitors).sum();
            let outside = people.iter().flatten().sum::<i64>() - all;
            let expected = if is_few(all) || is_few(outside) { 0 } else { all };
            proptest::prop_assert_eq!(shown, expected);
            for row in &answer.rows {
                let visitors = row.figures.unwrap().visitors;
                proptest::prop_assert!(!is_few(visitors) && !is_few(all - visitors));
                if let Some(d) = devices.iter().position(|device| row.value.as_deref() == Some(device)) {
                    let of_device: i64 = people.iter().map(|row| row[d]).sum();
                    proptest::prop_assert!(!is_few(of_device - visitors));
                }
            }
        }
    }
}
