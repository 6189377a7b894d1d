//! Moving up: a file's statistics on a real ClickHouse, each row once, whatever happens on the way.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use consentry::clock::SteppedClock;
use consentry::counting::tally::{Cell, Dimension, Tally, Value};
use consentry::store::clickhouse::ClickHouse;
use consentry::store::disclosure::disclose;
use consentry::store::embedded::Embedded;
use consentry::store::{Batch, BatchId, EventStore, Settings};
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::pages::PLAIN;
use crate::stores::{input, questions, run};
use crate::support::between::{Between, Fate};
use crate::support::clickhouse::{Server, shared};
use crate::support::{Gateway, Origin, RULES, Visitor, noon, settings, start_in};

/// A file, and a database of its own that nobody has made yet.
struct Move {
    directory: TempDir,
    config: PathBuf,
    server: &'static Server,
    database: String,
}

impl Move {
    /// With these batches in the file.
    fn of(batches: &[Batch]) -> Self {
        let (server, database) = shared();
        let directory = tempfile::tempdir().expect("a directory");
        let config = directory.path().join("consentry.toml");
        let this = Self { directory, config, server, database };
        this.name(&server.url, 1200);
        this.add(batches);
        this
    }

    /// Names the server in the config.
    fn name(&self, url: &str, months: u32) {
        let server = format!(
            "[store.clickhouse]\nurl = \"{url}\"\ndatabase = \"{}\"\nanswer_timeout_seconds = 4\n\
             hours_days = 36500\nmonths = {months}\n[[site]]",
            self.database
        );
        let origin = "127.0.0.1:9".parse().expect("an address");
        let text = settings(&self.directory, origin, RULES).replacen("[[site]]", &server, 1);
        std::fs::write(&self.config, text).expect("written");
    }

    fn embedded(&self) -> Embedded {
        let settings = Settings { path: self.directory.path().to_owned() };
        Embedded::open(&settings, Arc::new(SteppedClock::at(noon()))).expect("a file")
    }

    fn add(&self, batches: &[Batch]) {
        let file = self.embedded();
        for batch in batches {
            run(file.insert(batch)).expect("it is stored");
        }
    }

    /// Packs all days of the file.
    fn pack(&self) {
        let settings = Settings { path: self.directory.path().to_owned() };
        let clock = SteppedClock::at(noon() + SignedDuration::from_hours(24 * 30));
        let file = Embedded::open(&settings, Arc::new(clock)).expect("a file");
        assert!(run(file.age()).expect("a round").packed_days > 0);
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        command.args(["store", "copy", "--from", "embedded", "--to", "clickhouse", "--config"]);
        command.arg(&self.config);
        command
    }

    fn copy(&self) -> Output {
        self.command().output().expect("it runs")
    }

    /// Copies and expects success; gives what was printed and what was said.
    fn copied(&self) -> (String, String) {
        let output = self.copy();
        let (told, said) = texts(&output);
        assert!(output.status.success(), "{told}\n{said}");
        (told, said)
    }

    /// Copies and expects an end with this exit code; gives what was printed and said.
    fn refused(&self, code: i32) -> String {
        let output = self.copy();
        let (told, said) = texts(&output);
        assert_eq!(output.status.code(), Some(code), "{told}\n{said}");
        told + &said
    }

    fn assert_every_answer_is_the_same(&self) {
        let file = self.embedded();
        let server = ClickHouse::open(&self.server.settings(&self.database)).expect("settings");
        for question in questions::all() {
            let answer = |store: &dyn EventStore| {
                disclose(&question, run(store.answer(&question)).expect("an answer"))
            };
            assert_eq!(answer(&server), answer(&file), "{question:#?}");
        }
    }

    /// All sums of every table on the server.
    fn stored(&self) -> Vec<String> {
        TABLES.map(|table| self.server.ask(&format!("select {SUMS} from {}.{table}", self.database))).to_vec()
    }

    /// The same of the file.
    fn kept(&self) -> Vec<String> {
        let file = rusqlite::Connection::open(self.directory.path().join("statistics.db")).expect("a file");
        let sums = |table: &str| {
            file.query_row(&format!("select {SUMS} from {table}"), [], |row| {
                let sums: Result<Vec<Option<i64>>, _> =
                    (0..SUMS.split(',').count()).map(|at| row.get(at)).collect();
                // No row has no sum.
                Ok(sums?.iter().map(|sum| sum.unwrap_or(0).to_string()).collect::<Vec<_>>().join("\t"))
            })
            .expect("sums")
        };
        TABLES.map(sums).to_vec()
    }
}

const TABLES: [&str; 3] = ["totals_hour", "cells_hour", "pairs_day"];
/// Every sum that all three tables have.
const SUMS: &str = "sum(visitors), sum(visits), sum(carried), sum(views), sum(events), sum(bounces), sum(seconds), \
                    sum(entries), sum(exits), sum(revenue), sum(orders), sum(engaged_ms), sum(scroll), sum(scrolls)";

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (text(&output.stdout), text(&output.stderr))
}

/// A batch that counts what another counts, under another name.
fn again(batch: &Batch) -> Batch {
    Batch { id: BatchId { boot: 99, ..batch.id }, ..batch.clone() }
}

#[test]
fn every_answer_is_the_same_after_a_copy_and_a_second_one_changes_nothing() {
    let moved = Move::of(&input::batches());
    let (told, said) = moved.copied();
    assert!(told.contains("40 days of 2 sites") && told.contains("add up to the same"), "{told}");
    assert!(said.contains("shop 2026-03-02: ") && said.contains("12 of 40 days"), "{said}");
    moved.assert_every_answer_is_the_same();
    let before = (moved.stored(), moved.kept());
    assert_eq!(before.0, before.1);
    let (told, said) = moved.copied();
    assert!(told.contains(" 0 of them sent now"), "{told}");
    assert_eq!(said.matches("is there").count(), 40, "{said}");
    assert_eq!((moved.stored(), moved.kept()), before);
}

#[test]
fn a_copy_of_packed_days_is_that_of_their_rows() {
    let (rows, packed) = (Move::of(&input::batches()), Move::of(&input::batches()));
    rows.copied();
    packed.pack();
    let (told, _) = packed.copied();
    assert!(told.contains("40 days of 2 sites") && told.contains("add up to the same"), "{told}");
    packed.assert_every_answer_is_the_same();
    assert_eq!(packed.stored(), rows.stored());
    // What was sent before its day was packed is known again afterwards.
    rows.pack();
    let (told, _) = rows.copied();
    assert!(told.contains(" 0 of them sent now") && told.contains("add up to the same"), "{told}");
    assert_eq!(packed.stored(), rows.stored());
}

#[test]
fn a_copy_that_was_killed_goes_on_and_doubles_nothing() {
    let moved = Move::of(&input::batches());
    let between = Between::before(moved.server.address());
    moved.name(&format!("http://{}", between.address), 1200);
    for until in [3, 17] {
        between.set(Fate::Pass);
        let met = between.met();
        let mut child =
            moved.command().stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        for _ in 0..until {
            assert!(said.read_line(&mut line).expect("a line") > 0, "it ended early:\n{line}");
        }
        // The server has what it gets from now on, but nobody hears of it.
        between.set(Fate::LoseReply);
        while between.met() == met {
            std::thread::yield_now();
        }
        child.kill().expect("it runs");
        said.read_to_string(&mut line).expect("text");
        assert!(!child.wait().expect("it ends").success());
    }
    between.set(Fate::Pass);
    let (told, said) = moved.copied();
    assert!(told.contains("add up to the same"), "{told}\n{said}");
    assert_eq!(moved.stored(), moved.kept());
}

#[test]
fn what_went_to_a_server_that_lost_its_tables_goes_there_again() {
    let moved = Move::of(&[input::devices()]);
    moved.copied();
    let before = moved.stored();
    // The tables are told apart by the second in which they were made.
    let made = moved.server.ask(&format!("select min(applied_at) from {}.schema", moved.database));
    while moved.server.ask("select toDateTime(now(), 'UTC')") == made {
        std::thread::yield_now();
    }
    moved.server.ask(&format!("drop database {} sync", moved.database));
    moved.copied();
    assert_eq!(moved.stored(), before);
}

#[test]
fn what_differs_is_listed_and_what_was_counted_on_the_last_day_since_is_no_fault() {
    let moved = Move::of(&input::batches());
    moved.copied();
    let server = ClickHouse::open(&moved.server.settings(&moved.database)).expect("settings");
    let of_day = |place: i32, views| {
        let mut batch = again(&input::devices());
        batch.id.sequence = 100 + u64::try_from(place + 10).expect("small");
        batch.tallies.truncate(1);
        let tally = &mut batch.tallies[0];
        (tally.day.0, tally.hour.0) = (tally.day.0 + place, tally.hour.0 + 24 * place);
        tally.sums.views = views;
        batch
    };
    run(server.insert(&of_day(14, 60))).expect("it is stored");
    let (told, _) = moved.copied();
    assert!(told.contains("more of the last day") && told.contains("2026-03-16  totals"), "{told}");
    run(server.insert(&of_day(0, 60))).expect("it is stored");
    let told = moved.refused(1);
    assert!(
        told.contains("shop  2026-03-02  totals  ") && told.contains("1 sum of a day not the same"),
        "{told}"
    );
}

#[test]
fn a_day_that_changed_after_it_was_copied_is_left_and_told() {
    let moved = Move::of(&[input::devices()]);
    moved.copied();
    let before = moved.stored();
    moved.add(&[again(&input::devices())]);
    let told = moved.refused(1);
    assert!(told.contains("changed in the file since it was copied"), "{told}");
    assert!(told.contains("2026-03-02  totals  120 / 60"), "{told}");
    assert_eq!(moved.stored(), before);
}

#[test]
fn days_that_the_server_would_not_keep_are_left_out_and_told() {
    let moved = Move::of(&[input::devices()]);
    moved.name(&moved.server.url, 1);
    let (told, said) = moved.copied();
    assert!(told.contains("0 days of 0 sites: 0 rows"), "{told}");
    assert!(said.contains("1 day left out: the server keeps 1 month only"), "{said}");
}

#[test]
fn what_is_missing_is_told_with_the_way_on() {
    let moved = Move::of(&[input::devices()]);
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    moved.name(&format!("http://{nobody}"), 1200);
    let told = moved.refused(1);
    assert!(told.contains("does not answer") && told.contains("run the same command again"), "{told}");
    std::fs::remove_file(moved.directory.path().join("statistics.db")).expect("it is there");
    assert!(moved.refused(1).contains("there is no file"), "{told}");
    let text = std::fs::read_to_string(&moved.config).expect("text");
    let (before, rest) = text.split_once("[store.clickhouse]").expect("it is there");
    let (_, after) = rest.split_once("[[site]]").expect("it is there");
    std::fs::write(&moved.config, format!("{before}[[site]]{after}")).expect("written");
    assert!(moved.refused(2).contains("[store.clickhouse]"));
}

#[test]
fn a_day_of_many_rows_goes_in_parts_and_a_part_is_never_sent_twice() {
    let mut many = input::devices();
    let visit = &many.tallies[1];
    let page = |number: u64| Tally {
        cell: Cell::One(Dimension::Page, Value::Token(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        ..visit.clone()
    };
    many.tallies = (1..=110_000).map(page).collect();
    let moved = Move::of(&[many]);
    let (told, _) = moved.copied();
    assert!(told.contains("110000 rows, 110000 of them"), "{told}");
    assert_eq!(moved.stored(), moved.kept());
    // What is noted is lost, as when the directory was put back from a copy: the server knows the parts.
    std::fs::remove_file(moved.directory.path().join("copies.db")).expect("it is there");
    let (told, _) = moved.copied();
    assert!(told.contains("110000 rows, 110000 of them"), "{told}");
    assert_eq!(moved.stored(), moved.kept());
    assert_eq!(
        moved.server.ask(&format!("select uniqExact(value) from {}.cells_hour", moved.database)),
        "110000"
    );
}

/// So many pages, each served.
fn open(gateway: &Gateway, pages: u32) {
    let mut visitor = Visitor::of(gateway.visitors);
    for page in 0..pages {
        assert_eq!(visitor.open(&format!("/{page}")).status, 200);
    }
}

#[test]
fn a_shop_that_moves_up_keeps_its_figures_and_goes_on_counting() {
    let origin = Origin::page(PLAIN);
    let mut moved = Move::of(&[]);
    let directory = std::mem::replace(&mut moved.directory, tempfile::tempdir().expect("a directory"));
    let clock = Arc::new(SteppedClock::at(noon()));
    let in_file = std::fs::read_to_string(&moved.config)
        .expect("text")
        .replace("127.0.0.1:9\"", &format!("{}\"", origin.address));
    let gateway = start_in(directory, &in_file, clock.clone());
    open(&gateway, 10);
    let directory = gateway.stop();
    let gateway = start_in(directory, &in_file.replace("\"embedded\"", "\"clickhouse\""), clock);
    open(&gateway, 5);
    let views = || {
        let sql = format!("select sum(views) from {}.totals_hour", moved.database);
        // The tables may not be there yet.
        moved.server.try_ask(&sql).unwrap_or_default()
    };
    let begun = Instant::now();
    while views() != "5" {
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", views());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let output = moved.copy();
    let (told, said) = texts(&output);
    assert!(output.status.success(), "{told}\n{said}");
    assert!(told.contains("more of the last day") && told.contains("10 / 15"), "{told}");
    assert_eq!(views(), "15");
    drop(gateway);
}
