//! Past visits from files: the figures of live ones, each line once, whatever happens in between.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bytes::Bytes;
use http::Response;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::browser::CHROME;
use crate::support::{Origin, RULES, Visitor, noon, settings, start};

/// A store of its own, and the files that go into it.
struct Desk {
    directory: TempDir,
    config: PathBuf,
}

impl Desk {
    fn new(rules: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let config = directory.path().join("consentry.toml");
        let text = settings(&directory, "127.0.0.1:9".parse().expect("an address"), rules);
        std::fs::write(&config, text).expect("written");
        Self { directory, config }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    fn command(&self, format: &str, file: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        command.args(["import", "--site", "shop", "--format", format, "--config"]);
        command.arg(&self.config).args(more).arg(file);
        command
    }

    fn import(&self, format: &str, file: &Path, more: &[&str]) -> Output {
        self.command(format, file, more).output().expect("it runs")
    }

    /// Imports and expects success; gives what was printed.
    fn imported(&self, format: &str, file: &Path, more: &[&str]) -> String {
        let output = self.import(format, file, more);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn cells(&self) -> BTreeMap<String, Vec<i64>> {
        cells(self.directory.path())
    }
}

/// Everything that is stored, by the readable names of its cells; cells that sum up to nothing are none.
fn cells(directory: &Path) -> BTreeMap<String, Vec<i64>> {
    let database = Connection::open(directory.join("statistics.db")).expect("a store");
    let names = Names::of(&database);
    let mut cells: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for table in ["totals_hour", "cells_hour", "pairs_day"] {
        let mut statement = database.prepare(&format!("select * from {table}")).expect("a table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let (mut key, mut sums, mut dimension) = (table.to_owned(), Vec::new(), 0_i64);
            for (at, column) in columns.iter().enumerate() {
                match (column.as_str(), row.get::<_, Value>(at).expect("a value")) {
                    ("dimension" | "first" | "second", Value::Integer(number)) => {
                        dimension = number;
                        key.extend([" ", &names.dimensions[&number]]);
                    }
                    ("first_value", value) => {
                        key.extend([" ", names.readable(row.get("first").expect("a dimension"), &value)]);
                    }
                    ("value" | "second_value", value) => key.extend([" ", names.readable(dimension, &value)]),
                    ("site" | "day" | "hour", Value::Integer(number)) => {
                        let _ = write!(key, " {column}={number}");
                    }
                    (_, Value::Integer(sum)) => sums.push(sum),
                    (column, value) => panic!("{table}.{column} is {value:?}"),
                }
            }
            let known = cells.entry(key).or_insert_with(|| vec![0; sums.len()]);
            known.iter_mut().zip(sums).for_each(|(known, sum)| *known += sum);
        }
    }
    cells.retain(|_, sums| sums.iter().any(|sum| *sum != 0));
    cells
}

/// What numbers and tokens stand for.
struct Names {
    dimensions: HashMap<i64, String>,
    tokens: HashMap<(i64, i64), String>,
}

impl Names {
    fn of(database: &Connection) -> Self {
        let mut dimensions = database.prepare("select id, name from dimensions").expect("a table");
        let dimensions = dimensions.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let mut tokens = database.prepare("select dimension, token, name from names").expect("a table");
        let tokens = tokens.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).expect("rows");
        Self {
            dimensions: dimensions.collect::<Result<_, _>>().expect("rows"),
            tokens: tokens.collect::<Result<_, _>>().expect("rows"),
        }
    }

    fn readable<'a>(&'a self, dimension: i64, value: &'a Value) -> &'a str {
        match value {
            Value::Text(word) => word,
            Value::Integer(token) => self.tokens.get(&(dimension, *token)).map_or("(other)", String::as_str),
            other => panic!("{other:?} is no value"),
        }
    }
}

fn jsonl(at: Timestamp, ip: &str, path: &str, referrer: Option<&str>, status: u16) -> String {
    let mut line = json!({"t": at.to_string(), "ip": ip, "ua": CHROME, "path": path, "type": "pageview", "status": status});
    if let Some(referrer) = referrer {
        line["referrer"] = referrer.into();
    }
    format!("{line}\n")
}

fn combined(at: Timestamp, ip: &str, path: &str, referrer: Option<&str>, status: u16) -> String {
    let time =
        at.to_zoned(jiff::tz::TimeZone::get("Europe/Oslo").expect("a zone")).strftime("%d/%b/%Y:%H:%M:%S %z");
    format!(
        "{ip} - - [{time}] \"GET {path} HTTP/1.1\" {status} 512 \"{}\" \"{CHROME}\"\n",
        referrer.unwrap_or("-")
    )
}

#[test]
fn both_formats_give_the_cells_of_the_same_visits_live() {
    let origin = Origin::answering(|asked| {
        let status = if asked.target.starts_with("/borte") { 404 } else { 200 };
        let answer = Response::builder().status(status).header("content-type", "text/html");
        answer.body(Bytes::from_static(b"<!doctype html><title>x</title>")).expect("an answer")
    });
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.referrer = Some("https://www.bing.com/".into());
    let (mut lines, mut log) = (String::new(), String::new());
    let walk =
        ["/", "/dekk?utm_source=avis&utm_campaign=host", "/borte", "/kasse", "/dekk", "/takk?x=%C3%B8"];
    for (at, path) in walk.iter().enumerate() {
        let status = if path.starts_with("/borte") { 404 } else { 200 };
        let now = noon() + SignedDuration::from_secs(i64::try_from(at).expect("few") * 700);
        lines += &jsonl(now, "127.0.0.1", path, visitor.referrer.as_deref(), status);
        log += &combined(now, "127.0.0.1", path, visitor.referrer.as_deref(), status);
        log += &combined(now, "127.0.0.1", "/stil.css", visitor.referrer.as_deref(), 200);
        assert_eq!(visitor.open(path).status, status);
        gateway.clock.step(SignedDuration::from_secs(700));
    }
    let live = gateway.stop();
    let mut expected = cells(live.path());
    // No log says who was asked.
    expected.retain(|cell, _| !cell.contains("choice:") && !cell.contains("event:choice"));
    assert!(expected.len() > 100, "{}", expected.len());
    for (format, text) in [("jsonl", lines), ("combined", log)] {
        let desk = Desk::new(RULES);
        desk.imported(format, &desk.file("visits", text), &[]);
        assert_eq!(desk.cells(), expected, "{format}");
    }
}

/// Many lines of many visitors, over some days.
fn many(lines: u32) -> String {
    let mut text = String::new();
    for number in 0..lines {
        let at = noon() - SignedDuration::from_hours(240) + SignedDuration::from_secs(i64::from(number) * 11);
        let visitor = number % 7000 / 3;
        let ip = format!("10.{}.{}.7", visitor / 250, visitor % 250);
        text += &combined(at, &ip, &format!("/dekk/{}", number % 1500), Some("https://www.bing.com/"), 200);
    }
    text
}

#[test]
fn a_file_is_counted_once_and_a_grown_one_by_its_new_lines() {
    let text = many(3000);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let whole = Desk::new(RULES);
    whole.imported("combined", &whole.file("access.log", &text), &[]);
    let desk = Desk::new(RULES);
    let file = desk.file("access.log", lines[..2000].concat());
    desk.imported("combined", &file, &[]);
    let before = desk.cells();
    let moved = desk.file("access.log.1", lines[..2000].concat());
    let said = desk.imported("combined", &moved, &[]);
    assert!(said.contains("nothing new"), "{said}");
    assert_eq!(desk.cells(), before);
    // The last line is still being written.
    let grown = [&lines[..2500].concat(), &lines[2500][..40]].concat();
    let said = desk.imported("combined", &desk.file("access.log", grown), &[]);
    assert!(said.contains(" 500 lines") && said.contains("has no end yet"), "{said}");
    desk.imported("combined", &desk.file("access.log", &text), &[]);
    assert!(desk.imported("combined", &desk.file("access.log", &text), &[]).contains("nothing new"));
    assert_eq!(desk.cells(), whole.cells());
    let changed = text.replacen("/dekk/700 ", "/dekk/x00 ", 1);
    let output = desk.import("combined", &desk.file("access.log", changed), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--again"));
    assert_eq!(desk.cells(), whole.cells());
}

#[test]
fn a_short_file_is_known_again_whether_it_has_grown_or_not() {
    let text = many(60);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let whole = Desk::new(RULES);
    whole.imported("combined", &whole.file("access.log", &text), &[]);
    let desk = Desk::new(RULES);
    for (counted, is_new) in
        [(1, true), (1, false), (2, true), (30, true), (30, false), (60, true), (60, false)]
    {
        let part = lines[..counted].concat();
        let said = desk.imported("combined", &desk.file("access.log", part), &[]);
        assert_eq!(said.contains("nothing new"), !is_new, "{counted}: {said}");
    }
    assert_eq!(desk.cells(), whole.cells());
    let other = desk.file("other.log", lines[0].replace("/dekk", "/felg"));
    assert!(
        !desk.imported("combined", &other, &[]).contains("nothing new"),
        "it is as long, and another one"
    );
}

#[test]
fn an_import_that_was_killed_goes_on_and_its_figures_are_exact() {
    // Names need five visitors: tokens from before and after the kill must be the same.
    let rules = RULES.replace("text = 1, answer = 1", "text = 5, answer = 5");
    let text = many(8_000);
    let whole = Desk::new(&rules);
    whole.imported("combined", &whole.file("access.log", &text), &[]);
    let desk = Desk::new(&rules);
    let file = desk.file("access.log", &text);
    let mut child = desk.command("combined", &file, &["--batch", "400"]).spawn().expect("it runs");
    let begun = std::time::Instant::now();
    let batches = || {
        let store = Connection::open(desk.directory.path().join("statistics.db")).ok()?;
        store.query_row("select count(*) from batches", [], |row| row.get::<_, i64>(0)).ok()
    };
    // With the second in the store, the first is known to be there.
    while batches().unwrap_or(0) < 2 {
        assert!(begun.elapsed().as_secs() < 120 && child.try_wait().expect("a state").is_none());
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ended");
    assert_ne!(desk.cells(), whole.cells(), "it was not ready");
    let told = desk.imported("combined", &file, &["--batch", "3000", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(desk.cells(), whole.cells());
    let number = |pointer| told.pointer(pointer).and_then(serde_json::Value::as_u64).expect("a number");
    let counted = number("/page_views") + number("/of_lines_read_before");
    assert_eq!(number("/counted/pageviews"), counted, "{told:#}");
    assert_eq!(number("/of_lines_read_before"), 1, "a line of each 11 s waits until the next is read");
    assert!(desk.imported("combined", &file, &[]).contains("nothing new"));
}

#[test]
fn what_was_imported_can_be_taken_back() {
    let desk = Desk::new(RULES);
    let (first, second) =
        (desk.file("a.log", many(2000)), desk.file("b.log", many(1500).replace("bing", "google")));
    desk.imported("combined", &first, &[]);
    let before = desk.cells();
    desk.imported("combined", &second, &[]);
    assert_ne!(desk.cells(), before);
    desk.imported("combined", &second, &["--undo"]);
    assert_eq!(desk.cells(), before);
    let output = desk.import("combined", &second, &["--undo"]);
    assert!(!output.status.success());
    desk.imported("combined", &first, &["--again"]);
    assert_ne!(desk.cells(), before);
}

/// Counted in 2004, forgotten by the gateway's round, taken back.
#[test]
fn what_the_gateway_forgot_is_not_taken_back_once_more() {
    let desk = Desk::new(RULES);
    let file = desk.file("a.log", many(50).replace("/2026:", "/2004:"));
    let said = desk.imported("combined", &file, &[]);
    assert!(said.contains("of days kept no longer"), "{said}");
    assert!(!desk.cells().is_empty());
    let store = Connection::open(desk.directory.path().join("statistics.db")).expect("a store");
    store
        .execute_batch("delete from totals_hour; delete from cells_hour; delete from pairs_day")
        .expect("gone");
    desk.imported("combined", &file, &["--undo"]);
    assert_eq!(desk.cells(), BTreeMap::new());
}

#[test]
fn a_dry_run_tells_the_figures_and_writes_nothing() {
    let desk = Desk::new(RULES);
    let file = desk.file("a.log", many(2000));
    let said = desk.imported("combined", &file, &["--dry-run"]);
    assert!(said.contains("would count: 2 000 page views"), "{said}");
    assert!(!desk.directory.path().join("statistics.db").exists());
}

#[test]
fn faulty_lines_are_told_by_number_and_cost_no_good_one() {
    let desk = Desk::new(RULES);
    let good = |second| jsonl(noon() + SignedDuration::from_secs(second), "192.0.2.7", "/dekk", None, 200);
    let mut file = good(0).into_bytes();
    file.extend(std::iter::repeat_n(b'x', 10_000_000));
    file.extend(b"\n\0\0\0\n\xff\xfe\n");
    file.extend(good(5).replace('}', ",\"colour\":\"192.0.2.9\"}").bytes());
    file.extend(good(5).replace("2026", "0000").bytes());
    file.extend(good(5).replace("2026", "9999").bytes());
    file.extend(good(10).bytes());
    file.extend(good(20).trim_end().bytes());
    let output = desk.import("jsonl", &desk.file("a.jsonl", &file), &["--json"]);
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{told}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&said["page_views"], &said["faults"], &said["lines"]),
        (&json!(3), &json!(6), &json!(9)),
        "{said}"
    );
    for line in [
        "line 2: it is longer",
        "line 3: ",
        "line 5: the key \"colour\"",
        "line 6: its time",
        "line 7: its time",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    assert!(!told.contains("192.0.2"), "{told}");
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let desk = Desk::new(RULES);
    let noise: Vec<u8> =
        (0..400_000_u64).map(|number| u8::try_from(number * number % 251).unwrap_or(0)).collect();
    for (format, content) in [("jsonl", noise.clone()), ("combined", noise), ("jsonl", many(50).into_bytes())]
    {
        let output = desk.import(format, &desk.file("a", content), &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("another format"));
    }
    assert!(desk.cells().is_empty());
}

#[test]
fn a_file_cut_off_in_its_compression_goes_on_when_it_is_whole() {
    let text = many(3000);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("packed");
    let packed = encoder.finish().expect("packed");
    let desk = Desk::new(RULES);
    let output = desk.import("combined", &desk.file("a.log.gz", &packed[..packed.len() * 2 / 3]), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("run the same command"));
    desk.imported("combined", &desk.file("a.log.gz", &packed), &[]);
    let whole = Desk::new(RULES);
    whole.imported("combined", &whole.file("a.log", &text), &[]);
    assert_eq!(desk.cells(), whole.cells());
    assert!(
        whole.imported("combined", &whole.file("a.log.gz", &packed), &[]).contains("nothing new"),
        "by content"
    );
}
