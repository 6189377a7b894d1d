//! `consentry stats`: the program itself, asked on the command line.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::pages::PLAIN;
use crate::support::{Origin, Program, Visitor};

/// A gateway that has counted three views of two visitors, and has ended.
fn counted() -> std::sync::Arc<tempfile::TempDir> {
    let origin = Origin::page(PLAIN);
    let program = Program::start(origin.address);
    let mut first = Visitor::of(program.visitors);
    first.referrer = Some("https://www.google.com/".into());
    first.open("/");
    first.open("/dekk");
    let mut second = Visitor::of(program.visitors);
    second.agent = second.agent.replace("Chrome/140", "Chrome/139");
    second.open("/dekk");
    let directory = program.directory.clone();
    program.stop();
    directory
}

fn stats(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    command.arg("stats").arg("--config").arg(directory.join("consentry.toml"));
    command.args(arguments).output().expect("it runs")
}

fn printed(directory: &Path, arguments: &[&str]) -> String {
    let output = stats(directory, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = stats(directory, arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_question_is_answered_as_a_table_as_json_and_as_csv() {
    let directory = counted();
    let asked = ["--metrics", "visitors,pageviews", "--by", "event:page", "--period", "all"];
    let table = printed(directory.path(), &asked);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "event:page  visitors  pageviews",
            "/dekk              2          2",
            "/                  1          1"
        ]
    );
    assert!(lines.last().unwrap().starts_with("next: look into one row"), "{table}");
    let csv = printed(directory.path(), &[&asked[..], &["--format", "csv"]].concat());
    assert_eq!(csv, "event:page,visitors,pageviews\r\n/dekk,2,2\r\n/,1,1\n");
    let answer: Value =
        serde_json::from_str(&printed(directory.path(), &[&asked[..], &["--format", "json"]].concat()))
            .expect("JSON");
    assert_eq!(answer["results"][0], json!({"metrics": [2, 2], "dimensions": ["/dekk"]}));
    assert_eq!(answer["meta"]["sampling"], "none");
    assert_eq!(answer["meta"]["made_from"], json!({"cells": "cells_hour", "dimensions": ["event:page"]}));
}

#[test]
fn filters_order_and_limit_are_those_of_the_api() {
    let directory = counted();
    let google = ["--by", "event:page", "--period", "all", "--filter", "visit:source=Google"];
    let asked =
        [&google[..], &["--metrics", "visitors", "--order", "event:page:asc", "--limit", "1"]].concat();
    let table = printed(directory.path(), &asked);
    assert_eq!(table.lines().nth(1), Some("/                  1"));
    assert!(table.ends_with("next: 1 of 2 rows are shown; --limit 2 shows all\n"), "{table}");
    let shown =
        printed(directory.path(), &["--metrics", "banners_shown,choices,consent_rate", "--period", "all"]);
    // Nobody has answered yet, so there is no rate.
    assert!(
        shown.contains("banners_shown  choices  consent_rate\n            2        0             –\n"),
        "{shown}"
    );
    let dropped =
        printed(directory.path(), &["--metrics", "events", "--by", "robot:name", "--period", "all"]);
    assert!(dropped.contains("next: nothing was counted in this time"), "{dropped}");
}

#[test]
fn what_is_wrong_is_told_with_the_names_that_are_right() {
    let directory = counted();
    let told = refused(directory.path(), &["--metrics", "clicks"]);
    assert!(told.contains("Unknown metric \"clicks\". Metrics are: visitors, visits"), "{told}");
    assert!(refused(directory.path(), &["--by", "visit:shoe"]).contains("Dimensions are: time:hour"));
    assert!(refused(directory.path(), &["--period", "soon"]).contains("Ranges are:"));
    assert!(refused(directory.path(), &["--filter", "Google"]).contains("--filter visit:source=Google"));
    assert!(refused(directory.path(), &["--site", "shoes"]).contains("one of: shop"));
    let cross = ["--by", "visit:city", "--filter", "visit:language=nb"];
    assert!(refused(directory.path(), &cross).contains("[[site.cross]]"));
    std::fs::remove_file(directory.path().join("statistics.db")).expect("removed");
    let output = stats(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing has been counted yet"));
}
