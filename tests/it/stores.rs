//! One list of promises over every store: the embedded one, and a real ClickHouse.

pub mod input;
pub mod questions;

use std::sync::Arc;

use consentry::clock::SteppedClock;
use consentry::counting::tally::{Cell, Dimension, Sums, Tally, Value};
use consentry::store::Retention;
use consentry::store::clickhouse::{ClickHouse, Settings as Server};
use consentry::store::disclosure::{Answer, disclose};
use consentry::store::embedded::Embedded;
use consentry::store::question::{Bucket, Metric, Number, Question};
use consentry::store::{Batch, BatchId, EventStore, Settings, StoreError};
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::support::clickhouse::shared;
use crate::support::noon;

/// Runs to its end.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// A store and its kind.
type Named = (&'static str, Box<dyn EventStore>);

/// An empty store of each kind.
fn every_store() -> (TempDir, [Named; 2]) {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = Settings { path: directory.path().to_owned() };
    let clock = Arc::new(SteppedClock::at(noon()));
    let (server, database) = shared();
    let stores: [Named; 2] = [
        ("embedded", Box::new(Embedded::open(&settings, clock).expect("a file"))),
        ("clickhouse", Box::new(ClickHouse::open(&server.settings(&database)).expect("settings"))),
    ];
    (directory, stores)
}

fn batch(sequence: u64, tallies: Vec<Tally>) -> Batch {
    Batch { id: BatchId { boot: 7, sequence }, tallies, names: Vec::new() }
}

fn views(views: i64) -> Tally {
    Tally {
        site: "shop".into(),
        hour: input::HOUR,
        day: input::DAY,
        cell: Cell::One(Dimension::Page, Value::Word("/".into())),
        sums: Sums { views, events: views, ..Sums::default() },
    }
}

fn answer(store: &dyn EventStore, question: &Question) -> Answer {
    disclose(question, run(store.answer(question)).unwrap_or_else(|error| panic!("{error}\n{question:?}")))
}

#[test]
fn every_store_gives_the_same_answer_to_every_question() {
    let (_directory, stores) = every_store();
    for batch in input::batches() {
        for (_, store) in &stores {
            run(store.insert(&batch)).expect("it is stored");
        }
    }
    let [(_, embedded), (_, clickhouse)] = &stores;
    let questions = questions::all();
    assert!(questions.len() > 500, "only {} questions", questions.len());
    let mut shown = 0;
    for question in &questions {
        let expected = answer(&**embedded, question);
        shown += expected.rows.len();
        assert_eq!(answer(&**clickhouse, question), expected, "{question:#?}");
    }
    assert!(shown > 5 * questions.len(), "{shown} rows of {} questions", questions.len());
    for site in ["shop", "other", "nobody"] {
        let first = run(embedded.first_day(site)).expect("a day");
        assert_eq!(run(clickhouse.first_day(site)).expect("a day"), first, "{site}");
    }
}

/// Of a day on which few did anything but look, and of its hours.
#[test]
fn what_few_did_is_withheld_by_every_store_where_it_is_no_total() {
    let (_directory, stores) = every_store();
    let size = Dimension::Property("size".into());
    let withheld = [
        Dimension::Goal,
        Dimension::Funnel,
        size,
        Dimension::FirstWeek,
        Dimension::Choice,
        Dimension::ChoiceLayer,
    ];
    for (name, store) in &stores {
        run(store.insert(&input::few())).expect("it is stored");
        for cut in [None, Some(Bucket::Hour), Some(Bucket::Day)] {
            let of = |dimension: &Dimension| answer(&**store, &questions::of_day_by(dimension.clone(), cut));
            for dimension in &withheld {
                let answer = of(dimension);
                assert_eq!((answer.rows, answer.meta.withheld), (vec![], 1), "{name}, {dimension:?}");
            }
            for (dimension, value) in [(Dimension::Source, "Direct"), (Dimension::Page, "/")] {
                let values: Vec<_> = of(&dimension).rows.into_iter().map(|row| row.value).collect();
                assert_eq!(values, [Some(Arc::from(value))], "{name}");
            }
            let question = questions::of_day_by(Dimension::Status, cut);
            let statuses = answer(&**store, &question);
            let told = |metric| statuses.number(&question, &statuses.rows[0], metric);
            assert_eq!(
                (told(Metric::Visitors), told(Metric::Events)),
                (None, Some(Number::Whole(3))),
                "{name}"
            );
        }
    }
}

/// What a view of the file says, a row a line.
fn file_says(directory: &TempDir, select: &str) -> String {
    let file = rusqlite::Connection::open(directory.path().join("statistics.db")).expect("a file");
    let mut statement = file.prepare(select).expect("a view");
    let columns = statement.column_count();
    let text = |value| match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    let row = |row: &rusqlite::Row<'_>| {
        let values: rusqlite::Result<Vec<String>> = (0..columns).map(|at| row.get(at).map(text)).collect();
        values.map(|values| values.join("\t"))
    };
    let rows = statement.query_map([], row).expect("rows");
    rows.collect::<Result<Vec<_>, _>>().expect("rows").join("\n")
}

#[test]
fn views_for_people_withhold_what_few_did_in_every_store() {
    let (directory, embedded, _) = file();
    let (server, database) = shared();
    let clickhouse = ClickHouse::open(&server.settings(&database)).expect("settings");
    for batch in [input::few(), input::devices()] {
        run(embedded.insert(&batch)).expect("it is stored");
        run(clickhouse.insert(&batch)).expect("it is stored");
    }
    let countries = "NO\t40\nSE\t15\n(other)\t5";
    let views = [
        (
            "select value, visitors from DB.days_by_value where dimension = 'visit:country' order by visitors desc",
            countries,
        ),
        (
            "select dimension, value, visitors from DB.days_by_value where dimension != 'visit:country' and dimension != 'visit:device' order by dimension",
            "event:page\t/\t12\nvisit:source\tDirect\t12",
        ),
        ("select step from DB.funnels_day", ""),
        ("select page, next_page, visitors from DB.journeys_day", "/\t/kurv\t7"),
        ("select choices from DB.choices_day", ""),
        ("select status, answers from DB.statuses_day", "404\t3"),
    ];
    for (select, expected) in views {
        assert_eq!(file_says(&directory, &select.replace("DB.", "")), expected, "the file: {select}");
        assert_eq!(server.ask(&select.replace("DB", &database)), expected, "the server: {select}");
    }
}

#[test]
fn what_views_fold_of_choices_takes_the_smallest_along_in_every_store() {
    let (directory, embedded, _) = file();
    let (server, database) = shared();
    let clickhouse = ClickHouse::open(&server.settings(&database)).expect("settings");
    let choice = |name: &str, times| Tally {
        cell: Cell::One(Dimension::Choice, Value::Word(name.into())),
        sums: Sums { events: times, ..Sums::default() },
        ..views(0)
    };
    let batch = batch(1, vec![choice("accepted", 22), choice("refused", 30), choice("partial", 2)]);
    run(embedded.insert(&batch)).expect("it is stored");
    run(clickhouse.insert(&batch)).expect("it is stored");
    let told = |column: &str| format!("select {column}, choices from DB.choices_day order by choices");
    let expected = "(other)\t24\nrefused\t30";
    assert_eq!(file_says(&directory, &told("value").replace("DB.", "")), expected);
    assert_eq!(server.ask(&told("choice").replace("DB", &database)), expected);
}

/// A file of its own with a clock, so that its days pass.
fn file() -> (TempDir, Embedded, Arc<SteppedClock>) {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = Settings { path: directory.path().to_owned() };
    let clock = Arc::new(SteppedClock::at(noon()));
    (directory, Embedded::open(&settings, clock.clone()).expect("a file"), clock)
}

#[test]
fn packing_days_changes_no_answer_whatever_comes_late() {
    let (_packed_directory, packed, clock) = file();
    let (_rows_directory, rows, _) = file();
    let pass = |days: i64| {
        clock.step(SignedDuration::from_hours(24 * days));
        run(packed.age()).expect("a round").packed_days
    };
    let questions = questions::all();
    let answers = |store: &Embedded| -> Vec<Answer> {
        questions.iter().map(|question| answer(store, question)).collect()
    };
    let assert_same = |expected: &[Answer], when: &str| {
        for ((question, expected), found) in questions.iter().zip(expected).zip(answers(&packed)) {
            assert_eq!(found, *expected, "{when}: {question:#?}");
        }
    };
    let batches = input::batches();
    let (late, first) = batches.split_last().expect("batches");
    for batch in first {
        run(packed.insert(batch)).expect("it is stored");
        run(rows.insert(batch)).expect("it is stored");
    }
    let expected = answers(&rows);
    assert!(pass(1) > 0, "nothing was packed");
    assert_same(&expected, "with some days packed");
    run(packed.insert(late)).expect("it is stored");
    run(rows.insert(late)).expect("it is stored");
    let expected = answers(&rows);
    assert_same(&expected, "after a late batch");
    assert!(pass(0) > 0, "nothing was packed again");
    assert_same(&expected, "with the late batch packed");
    assert!(pass(20) > 0, "all days were packed before");
    assert_same(&expected, "with all days packed");
}

#[test]
fn a_batch_sent_again_counts_once_in_every_store_and_alone() {
    let (_directory, stores) = every_store();
    for (name, store) in &stores {
        for sequence in [1, 1, 2, 1, 2] {
            run(store.insert(&batch(sequence, vec![views(5)]))).expect("it is stored");
        }
        let all = answer(&**store, &questions::views_of_pages());
        assert_eq!(all.rows[0].figures.map(|figures| figures.views), Some(10), "{name}");
    }
}

#[test]
fn an_empty_store_answers_with_nothing() {
    let (_directory, stores) = every_store();
    for (name, store) in &stores {
        assert_eq!(answer(&**store, &questions::views_of_pages()).rows, [], "{name}");
        assert_eq!(run(store.first_day("shop")).expect("an answer"), None, "{name}");
    }
}

fn refused(settings: &Server) -> StoreError {
    let store = ClickHouse::open(settings).expect("settings");
    run(store.insert(&batch(1, vec![views(1)]))).expect_err("it is refused")
}

#[test]
fn tables_of_a_later_version_are_left_alone() {
    let (server, database) = shared();
    let settings = server.settings(&database);
    run(ClickHouse::open(&settings).expect("settings").prepare()).expect("tables");
    server.ask(&format!("insert into {database}.schema (version) values (99)"));
    let error = refused(&settings);
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(!error.is_transient());
    assert_eq!(server.ask(&format!("select count() from {database}.cells_hour")), "0");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let (server, database) = shared();
    server.ask(&format!("create database {database}"));
    server.ask(&format!("create table {database}.orders (id UInt32) engine = MergeTree order by id"));
    let error = refused(&server.settings(&database));
    assert!(error.to_string().contains("holds orders, which is not this program's"), "{error}");
    assert_eq!(server.ask(&format!("select count() from system.tables where database = '{database}'")), "1");
}

#[test]
fn a_table_that_was_changed_by_hand_is_told_and_nothing_wrong_is_stored() {
    let (server, database) = shared();
    let settings = server.settings(&database);
    let store = ClickHouse::open(&settings).expect("settings");
    run(store.insert(&batch(1, vec![views(1)]))).expect("it is stored");
    server.ask(&format!("drop table {database}.tallies"));
    server.ask(&format!("create table {database}.tallies (kind String, site UInt8) engine = Null"));
    let error = refused(&settings);
    assert!(matches!(error, StoreError::Refused { .. }) && !error.is_transient(), "{error}");
    assert_eq!(server.ask(&format!("select sum(views) from {database}.cells_hour")), "1");
}

#[test]
fn what_is_kept_how_long_follows_the_settings() {
    let (server, database) = shared();
    let mut settings = server.settings(&database);
    settings.retention = Retention { hours_days: 90, months: 25 };
    run(ClickHouse::open(&settings).expect("settings").prepare()).expect("tables");
    let expires = |table: &str| server.ask(&format!("show create table {database}.{table}"));
    assert!(expires("cells_hour").contains("toIntervalDay(90)"), "{}", expires("cells_hour"));
    settings.retention = Retention { hours_days: 30, months: 13 };
    run(ClickHouse::open(&settings).expect("settings").prepare()).expect("tables");
    for table in ["totals_hour", "cells_hour"] {
        let told = expires(table);
        assert!(told.contains("toIntervalDay(30)") && told.contains("toIntervalMonth(13)"), "{told}");
    }
    assert!(expires("pairs_day").contains("toIntervalMonth(13)"));
}

#[test]
fn hours_become_a_row_of_their_day_and_old_rows_go() {
    let (server, database) = shared();
    let mut settings = server.settings(&database);
    settings.retention = Retention { hours_days: 1, months: 1_200 };
    let store = ClickHouse::open(&settings).expect("settings");
    let at = |hour: i32, sums| Tally {
        hour: consentry::counting::tally::Hour(input::HOUR.0 + hour),
        sums,
        ..views(0)
    };
    let sums = |n| Sums { visitors: n, visitors_hour: n + 1, visits: n, views: n, ..Sums::default() };
    run(store.insert(&batch(1, vec![at(0, sums(3)), at(1, sums(4)), at(2, sums(5))]))).expect("stored");
    server.ask(&format!("optimize table {database}.cells_hour final"));
    let row = "select count(), sum(visitors), sum(visitors_hour), sum(visits), sum(views)";
    assert_eq!(server.ask(&format!("{row} from {database}.cells_hour")), "1\t12\t12\t12\t12");
    settings.retention = Retention { hours_days: 1, months: 1 };
    run(ClickHouse::open(&settings).expect("settings").prepare()).expect("tables");
    server.ask(&format!("alter table {database}.cells_hour materialize ttl settings mutations_sync = 2"));
    server.ask(&format!("optimize table {database}.cells_hour final"));
    assert_eq!(server.ask(&format!("select count() from {database}.cells_hour")), "0");
}

#[test]
fn a_wrong_password_stays_until_somebody_acts() {
    let (server, database) = shared();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("password");
    std::fs::write(&file, "wrong\n").expect("written");
    let reader =
        Server { user: "reader".to_owned(), password_file: Some(file.clone()), ..server.settings(&database) };
    assert!(!refused(&reader).is_transient());
    // With the right one it may ask, but it may not write.
    std::fs::write(&file, "reader\n").expect("written");
    let error = refused(&reader);
    assert!(matches!(error, StoreError::Refused { .. }) && !error.is_transient(), "{error}");
}

#[test]
fn an_address_where_nobody_is_gives_way_to_the_next() {
    let (server, database) = shared();
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let settings = server.settings(&database);
    let urls = vec![format!("http://{nobody}"), server.url.clone()];
    let store = ClickHouse::open(&Server { urls, ..settings.clone() }).expect("settings");
    run(store.insert(&batch(1, vec![views(2)]))).expect("it is stored");
    let alone = Server { urls: vec![format!("http://{nobody}")], ..settings };
    let error = refused(&alone);
    assert!(error.is_transient() && error.to_string().contains("does not answer"), "{error}");
}

#[test]
fn views_for_people_are_readable_and_show_no_small_cell() {
    let (server, database) = shared();
    let store = ClickHouse::open(&server.settings(&database)).expect("settings");
    run(store.insert(&input::devices())).expect("it is stored");
    let ask = |sql: &str| server.ask(&sql.replace("DB", &database));
    assert_eq!(ask("select site, day, visitors from DB.days"), "shop\t2026-03-02\t60");
    let countries = "select value, visitors from DB.days_by_value where dimension = 'visit:country' order by visitors desc";
    assert_eq!(ask(countries), "NO\t40\nSE\t15\n(other)\t5");
    let pairs = "select value, second_value, visitors from DB.days_by_pair order by 1, 2";
    // One visitor with a desktop is Swedish: no row may show that one, nor what another leaves of its country or device.
    assert_eq!(ask(pairs), "NO\t(other)\t30\nNO\tMobile\t10\nSE\t(other)\t15");
    assert_eq!(ask("select page, next_page, visitors from DB.journeys_day"), "/\t/kurv\t7");
    assert_eq!(ask("select robot, hits from DB.robots_day"), "Googlebot\t1");
}
