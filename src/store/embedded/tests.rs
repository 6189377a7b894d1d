use super::*;
use crate::clock::SteppedClock;
use crate::counting::tally::{Cell, Dimension, Hour, Name, Sums, Tally, Value};
use crate::store::BatchId;
use crate::store::disclosure::{OTHER, disclose};
use crate::store::question::{Asked, Axis, Bucket, Filter, Granted, Metric, Number, QuestionError, Range};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// Monday 2026-03-02 in Oslo begins at 2026-03-01T23Z.
const DAY: LocalDay = LocalDay(20_514);
const MIDNIGHT: i32 = 20_513 * 24 + 23;

struct Room {
    store: Embedded,
    clock: Arc<SteppedClock>,
    directory: tempfile::TempDir,
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn room() -> Room {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(SteppedClock::at("2026-03-02T12:00:00Z".parse().unwrap()));
    let settings = Settings { path: directory.path().to_owned() };
    Room { store: Embedded::open(&settings, clock.clone()).unwrap(), clock, directory }
}

fn tally(hours: i32, cell: Cell, sums: Sums) -> Tally {
    Tally { site: "shop".into(), hour: Hour(MIDNIGHT + hours), day: LocalDay(DAY.0 + hours / 24), cell, sums }
}

fn word(word: &str) -> Value {
    Value::Word(word.into())
}

fn visit() -> Sums {
    Sums {
        visitors: 1,
        visitors_hour: 1,
        visits: 1,
        visits_hour: 1,
        views: 3,
        events: 4,
        seconds: 60,
        entries: 1,
        exits: 1,
        ..Sums::default()
    }
}

fn times(sums: Sums, n: i64) -> Sums {
    Sums {
        visitors: sums.visitors * n,
        visitors_hour: sums.visitors_hour * n,
        visits: sums.visits * n,
        visits_hour: sums.visits_hour * n,
        carried: sums.carried * n,
        views: sums.views * n,
        events: sums.events * n,
        bounces: sums.bounces * n,
        seconds: sums.seconds * n,
        entries: sums.entries * n,
        exits: sums.exits * n,
        revenue: sums.revenue * n,
        orders: sums.orders * n,
        engaged_ms: sums.engaged_ms * n,
        scroll: sums.scroll * n,
        scrolls: sums.scrolls * n,
    }
}

impl Room {
    fn add(&self, sequence: u64, tallies: Vec<Tally>, names: Vec<Name>) {
        let batch = Batch { id: BatchId { boot: 1, sequence }, tallies, names };
        run(self.store.insert(&batch)).unwrap();
    }

    fn rows(&self, asked: Asked) -> Vec<(Vec<String>, Vec<i64>)> {
        let question = Question::new(asked).unwrap();
        let answer = disclose(&question, run(self.store.answer(&question)).unwrap());
        let row = |row: &crate::store::disclosure::AnswerRow| {
            let labels = question.asked().axes.iter().map(|axis| match axis {
                Axis::Time(_) => row.when.unwrap().label(&question.asked().time_zone),
                Axis::Of(_) => row.value.as_deref().unwrap().to_owned(),
            });
            let numbers =
                question.asked().metrics.iter().map(|metric| match answer.number(&question, row, *metric) {
                    Some(Number::Whole(number) | Number::Hundredths(number) | Number::Money(number)) => {
                        number
                    }
                    None => -1,
                });
            (labels.collect(), numbers.collect())
        };
        answer.rows.iter().map(row).collect()
    }
}

fn asked(axes: &[Axis], filter: Option<(Dimension, &[&str])>) -> Asked {
    Asked {
        site: "shop".into(),
        time_zone: TimeZone::get("Europe/Oslo").unwrap(),
        metrics: vec![Metric::Visitors, Metric::Visits, Metric::Pageviews],
        axes: axes.to_vec(),
        filter: filter.map(|(dimension, values)| Filter {
            dimension,
            values: values.iter().map(|value| Arc::from(*value)).collect(),
        }),
        range: Range::Days { first: DAY, last: LocalDay(DAY.0 + 1) },
        order: Vec::new(),
        limit: 100,
        offset: 0,
        k: 1,
        crosses: Vec::new(),
    }
}

#[test]
fn same_batch_twice_counts_once() {
    let room = room();
    for _ in 0..2 {
        room.add(1, vec![tally(0, Cell::Total, visit())], vec![]);
    }
    room.add(2, vec![tally(0, Cell::Total, visit())], vec![]);
    assert_eq!(room.rows(asked(&[], None)), [(vec![], vec![2, 2, 6])]);
}

#[test]
fn batches_are_remembered_for_a_bounded_time() {
    let room = room();
    room.add(1, vec![], vec![]);
    room.clock.step(SignedDuration::from_secs(BATCH_SECONDS_MAX + 1));
    room.add(2, vec![], vec![]);
    let count = rusqlite::Connection::open(room.directory.path().join("statistics.db"))
        .unwrap()
        .query_row("select count(*) from batches", [], |row| row.get::<_, i64>(0))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn visit_over_midnight_counts_on_both_days_but_once_in_the_range() {
    let room = room();
    let goes_on =
        Sums { visitors: 1, visitors_hour: 1, visits_hour: 1, carried: 1, views: 1, ..Sums::default() };
    room.add(1, vec![tally(23, Cell::Total, visit()), tally(24, Cell::Total, goes_on)], vec![]);
    assert_eq!(room.rows(asked(&[], None)), [(vec![], vec![2, 1, 4])]);
    let by_day = room.rows(asked(&[Axis::Time(Bucket::Day)], None));
    assert_eq!(
        by_day,
        [(vec!["2026-03-02".to_owned()], vec![1, 1, 3]), (vec!["2026-03-03".to_owned()], vec![1, 1, 1])]
    );
    let second = Asked {
        range: Range::Days { first: LocalDay(DAY.0 + 1), last: LocalDay(DAY.0 + 1) },
        ..asked(&[], None)
    };
    assert_eq!(room.rows(second), [(vec![], vec![1, 1, 1])]);
}

#[test]
fn hours_count_who_was_active_in_them() {
    let room = room();
    let goes_on = Sums { visitors_hour: 1, visits_hour: 1, views: 1, ..Sums::default() };
    room.add(1, vec![tally(9, Cell::Total, visit()), tally(10, Cell::Total, goes_on)], vec![]);
    assert_eq!(
        room.rows(asked(&[Axis::Time(Bucket::Hour)], None)),
        [
            (vec!["2026-03-02 09:00:00".to_owned()], vec![1, 1, 3]),
            (vec!["2026-03-02 10:00:00".to_owned()], vec![1, 1, 1])
        ]
    );
    let hours = Range::Hours { first: Hour(MIDNIGHT + 10), last: Hour(MIDNIGHT + 12) };
    assert_eq!(room.rows(Asked { range: hours, ..asked(&[], None) }), [(vec![], vec![1, 1, 1])]);
}

/// Two came at eight and again at ten, with a third; one came at eleven.
#[test]
fn part_of_a_day_has_the_visitors_of_its_fullest_hour_at_least() {
    let room = room();
    let page = Cell::One(Dimension::Page, Value::Word("/".into()));
    let mut tallies = Vec::new();
    for cell in [Cell::Total, page] {
        let again = Sums { visitors_hour: 2, visits_hour: 2, views: 2, ..Sums::default() };
        tallies.push(tally(8, cell.clone(), times(visit(), 2)));
        tallies.push(tally(10, cell.clone(), again));
        tallies.push(tally(10, cell.clone(), visit()));
        tallies.push(tally(11, cell.clone(), visit()));
        tallies.push(tally(24 + 9, cell, times(visit(), 4)));
    }
    room.add(1, tallies, vec![]);
    let of = |first: i32, last: i32, axes: &[Axis]| -> Vec<i64> {
        let range = Range::Hours { first: Hour(MIDNIGHT + first), last: Hour(MIDNIGHT + last) };
        room.rows(Asked { range, ..asked(axes, None) }).into_iter().map(|(_, figures)| figures[0]).collect()
    };
    for by in [&[][..], &[Axis::Of(Dimension::Page)]] {
        assert_eq!(of(9, 12, by), [3], "three at ten");
        assert_eq!(of(10, 12, by), [4], "three at ten, and one who is new at eleven");
        assert_eq!(of(9, 40, by), [7], "with four of the next day");
        assert_eq!(of(9, 40, &[by, &[Axis::Time(Bucket::Day)]].concat()), [3, 4]);
        assert_eq!(of(9, 40, &[by, &[Axis::Time(Bucket::Hour)]].concat()), [3, 1, 4]);
        assert_eq!(of(0, 12, by), [4], "from midnight everybody counts once");
    }
}

#[test]
fn tokens_are_read_by_their_names_and_others_are_other() {
    let room = room();
    let page = |token| Cell::One(Dimension::Page, Value::Token(token));
    let name = |token| Name { site: "shop".into(), dimension: Dimension::Page, token, name: "/cart".into() };
    room.add(
        1,
        vec![
            tally(1, page(u64::MAX), times(visit(), 2)),
            tally(2, page(7), visit()),
            tally(3, page(8), visit()),
            tally(3, page(9), visit()),
        ],
        vec![name(u64::MAX), name(7)],
    );
    let pages = [Axis::Of(Dimension::Page)];
    assert_eq!(
        room.rows(asked(&pages, None)),
        [(vec!["/cart".to_owned()], vec![3, 3, 9]), (vec![OTHER.to_owned()], vec![2, 2, 6])]
    );
    let cart: (Dimension, &[&str]) = (Dimension::Page, &["/cart"]);
    assert_eq!(room.rows(asked(&[], Some(cart.clone()))), [(vec![], vec![3, 3, 9])]);
    assert_eq!(room.rows(asked(&pages, Some(cart))), [(vec!["/cart".to_owned()], vec![3, 3, 9])]);
}

#[test]
fn word_of_digits_is_no_token() {
    let room = room();
    let source = |value| Cell::One(Dimension::Source, value);
    let name = Name { site: "shop".into(), dimension: Dimension::Source, token: 123, name: "named".into() };
    room.add(
        1,
        vec![tally(1, source(word("123")), times(visit(), 2)), tally(1, source(Value::Token(123)), visit())],
        vec![name],
    );
    assert_eq!(
        room.rows(asked(&[Axis::Of(Dimension::Source)], None)),
        [(vec!["123".to_owned()], vec![2, 2, 6]), (vec!["named".to_owned()], vec![1, 1, 3])]
    );
    assert_eq!(room.rows(asked(&[], Some((Dimension::Source, &["123"])))), [(vec![], vec![2, 2, 6])]);
}

fn devices(room: &Room) {
    let device = |value| Cell::One(Dimension::Device, word(value));
    let country = |value| Cell::One(Dimension::Country, word(value));
    let both = |c, d| Cell::Pair(Dimension::Country, word(c), Dimension::Device, word(d));
    room.add(
        1,
        vec![
            tally(1, Cell::Total, times(visit(), 60)),
            tally(1, country("NO"), times(visit(), 40)),
            tally(1, country("SE"), times(visit(), 20)),
            tally(1, device("Mobile"), times(visit(), 29)),
            tally(1, device("Desktop"), times(visit(), 31)),
            tally(0, both("NO", "Mobile"), times(visit(), 10)),
            tally(0, both("NO", "Desktop"), times(visit(), 30)),
            tally(0, both("SE", "Mobile"), times(visit(), 19)),
            tally(0, both("SE", "Desktop"), visit()),
        ],
        vec![],
    );
}

#[test]
fn filter_and_breakdown_are_answered_by_pairs_in_either_order() {
    let room = room();
    devices(&room);
    let by_device = asked(&[Axis::Of(Dimension::Device)], Some((Dimension::Country, &["NO"])));
    assert_eq!(
        room.rows(by_device),
        [(vec!["Desktop".to_owned()], vec![30, 30, 90]), (vec!["Mobile".to_owned()], vec![10, 10, 30])]
    );
    let by_country = asked(&[Axis::Of(Dimension::Country)], Some((Dimension::Device, &["Mobile"])));
    assert_eq!(
        room.rows(by_country),
        [(vec!["SE".to_owned()], vec![19, 19, 57]), (vec!["NO".to_owned()], vec![10, 10, 30])]
    );
}

#[test]
fn pair_that_leaves_few_of_its_value_is_folded() {
    let room = room();
    devices(&room);
    let by_device = asked(&[Axis::Of(Dimension::Device)], Some((Dimension::Country, &["NO"])));
    assert_eq!(
        room.rows(Asked { k: 5, ..by_device }),
        [(vec![OTHER.to_owned()], vec![30, 30, 90]), (vec!["Mobile".to_owned()], vec![10, 10, 30])]
    );
}

#[test]
fn filter_by_time_comes_from_the_cells_of_the_filter() {
    let room = room();
    devices(&room);
    let axes = [Axis::Time(Bucket::Hour)];
    let by_hour = asked(&axes, Some((Dimension::Country, &["NO", "SE"])));
    assert_eq!(room.rows(by_hour), [(vec!["2026-03-02 01:00:00".to_owned()], vec![60, 60, 180])]);
}

#[test]
fn question_no_cell_can_answer_names_what_is_missing() {
    let pair = [Axis::Of(Dimension::Device), Axis::Time(Bucket::Hour)];
    let refused = |asked| Question::new(asked).unwrap_err();
    let error = refused(asked(&pair, Some((Dimension::Country, &["NO"]))));
    assert_eq!(error, QuestionError::PairByHour("visit:device".into(), "visit:country".into()));
    let two = [Axis::Of(Dimension::Device), Axis::Of(Dimension::Os)];
    assert_eq!(
        refused(asked(&two, None)),
        QuestionError::TwoDimensions("visit:device".into(), "visit:os".into())
    );
}

#[test]
fn bounce_rate_and_duration_are_of_the_visits_in_the_row() {
    let room = room();
    let bounce = Sums { bounces: 1, views: 1, events: 1, seconds: 0, ..visit() };
    room.add(1, vec![tally(1, Cell::Total, visit()), tally(1, Cell::Total, times(bounce, 2))], vec![]);
    let metrics = vec![Metric::BounceRate, Metric::VisitDuration, Metric::ViewsPerVisit, Metric::Events];
    assert_eq!(room.rows(Asked { metrics, ..asked(&[], None) }), [(vec![], vec![67, 20, 167, 6])]);
}

#[test]
fn other_sites_and_days_are_left_out() {
    let room = room();
    let elsewhere = Tally { site: "other".into(), ..tally(1, Cell::Total, visit()) };
    room.add(1, vec![elsewhere, tally(72, Cell::Total, visit()), tally(-30, Cell::Total, visit())], vec![]);
    assert_eq!(room.rows(asked(&[], None)), [(vec![], vec![0, 0, 0])]);
    assert_eq!(run(room.store.first_day("shop")).unwrap(), Some(LocalDay(DAY.0 - 1)));
    assert_eq!(run(room.store.first_day("nobody")).unwrap(), None);
}

/// A clock that an hour passes on whenever somebody looks.
struct Running(AtomicI64);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.fetch_add(3600, Ordering::Relaxed)).unwrap()
    }
}

#[test]
fn question_that_takes_too_long_is_given_up() {
    let room = room();
    let cells = (0..20_000).map(|n| tally(1, Cell::One(Dimension::Page, Value::Token(n)), visit())).collect();
    room.add(1, cells, vec![]);
    let settings = Settings { path: room.directory.path().to_owned() };
    let slow = Embedded::open(&settings, Arc::new(Running(AtomicI64::new(0)))).unwrap();
    let question = Question::new(asked(&[Axis::Of(Dimension::Page)], None)).unwrap();
    let error = run(slow.answer(&question)).unwrap_err();
    assert!(matches!(error, StoreError::Timeout { .. }), "{error}");
    assert!(error.is_transient());
}

#[test]
fn views_for_people_fold_small_values() {
    let room = room();
    devices(&room);
    let small = tally(2, Cell::One(Dimension::Country, word("DK")), visit());
    room.add(2, vec![small, tally(2, Cell::One(Dimension::Page, Value::Token(3)), visit())], vec![]);
    let file = rusqlite::Connection::open(room.directory.path().join("statistics.db")).unwrap();
    let values: Vec<String> = file
        .prepare("select value from days_by_value where dimension = 'visit:country' order by visitors desc")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(values, ["NO", OTHER], "one Dane alone is not shown: the fewest others join");
    let days: (String, i64) =
        file.query_row("select day, visitors from days", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(days, ("2026-03-02".to_owned(), 60));
}

mod age;
mod choices;
mod every_question;
mod figures;
mod midnight;
mod pack;
