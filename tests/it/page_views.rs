//! What is counted, and what the analyst is told.

use std::io::Write as _;
use std::process::Command;

use serde_json::json;

use crate::pages::{PLAIN, SHOP};
use crate::support::{Gateway, Origin, RULES, Visitor, get, start, start_with};

const FIGURES: &[&str] =
    &["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"];

fn totals(gateway: &Gateway, token: &str, expected: &serde_json::Value) {
    let question = json!({"metrics": FIGURES, "date_range": "day"});
    gateway.ask_until(token, &question, &json!([{"metrics": expected, "dimensions": []}]));
}

fn by(gateway: &Gateway, token: &str, dimension: &str, expected: &serde_json::Value) {
    let question = json!({"metrics": ["visitors"], "date_range": "day", "dimensions": [dimension]});
    gateway.ask_until(token, &question, expected);
}

#[test]
fn a_walk_is_counted_exactly() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let mut first = Visitor::of(gateway.visitors);
    first.referrer = Some("https://www.google.com/".into());
    for path in ["/", "/dekk", "/kasse"] {
        first.open(path);
        gateway.clock.step(jiff::SignedDuration::from_secs(30));
    }
    let mut second = Visitor::of(gateway.visitors);
    second.agent = second.agent.replace("Chrome/140", "Chrome/139");
    second.open("/dekk");
    totals(&gateway, &token, &json!([2, 2, 4, 2.0, 50, 30]));
    by(
        &gateway,
        &token,
        "event:page",
        &json!([
            {"metrics": [2], "dimensions": ["/dekk"]},
            {"metrics": [1], "dimensions": ["/"]},
            {"metrics": [1], "dimensions": ["/kasse"]},
        ]),
    );
    by(
        &gateway,
        &token,
        "visit:entry_page",
        &json!([
            {"metrics": [1], "dimensions": ["/"]},
            {"metrics": [1], "dimensions": ["/dekk"]},
        ]),
    );
    by(
        &gateway,
        &token,
        "visit:exit_page",
        &json!([
            {"metrics": [1], "dimensions": ["/dekk"]},
            {"metrics": [1], "dimensions": ["/kasse"]},
        ]),
    );
    by(
        &gateway,
        &token,
        "visit:source",
        &json!([
            {"metrics": [1], "dimensions": ["Direct / None"]},
            {"metrics": [1], "dimensions": ["Google"]},
        ]),
    );
    by(&gateway, &token, "visit:browser", &json!([{"metrics": [2], "dimensions": ["Chrome"]}]));
    by(&gateway, &token, "visit:device", &json!([{"metrics": [2], "dimensions": ["Desktop"]}]));
    by(&gateway, &token, "time:day", &json!([{"metrics": [2], "dimensions": ["2026-03-10"]}]));
    by(&gateway, &token, "time:hour", &json!([{"metrics": [2], "dimensions": ["2026-03-10 12:00:00"]}]));
    let filtered = json!({"metrics": ["visits"], "date_range": "day", "dimensions": ["visit:entry_page"],
        "filters": [["is", "visit:source", ["Google"]]]});
    gateway.ask_until(&token, &filtered, &json!([{"metrics": [1], "dimensions": ["/"]}]));
}

#[test]
fn the_reload_after_a_grant_is_not_a_second_page_view() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/");
    visitor.choose("choice=all&return=/");
    visitor.open("/dekk");
    let mut other = Visitor::of(gateway.visitors);
    other.agent = other.agent.replace("Chrome/140", "Chrome/138");
    other.open("/");
    other.post("choice=all", &[("accept", "application/json")]);
    other.open("/");
    other.open("/kasse");
    totals(&gateway, &token, &json!([2, 2, 4, 2.0, 0, 0]));
    let answers = json!({"metrics": ["events"], "date_range": "day", "dimensions": ["event:choice"]});
    gateway.ask_until(
        &token,
        &answers,
        &json!([
            {"metrics": [2], "dimensions": ["accepted"]},
            {"metrics": [2], "dimensions": ["shown"]},
        ]),
    );
}

#[test]
fn what_nobody_looked_at_is_not_counted() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let agent = ("user-agent", crate::support::browser::CHROME);
    get(gateway.visitors, "/ahead", &[agent, ("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")]);
    get(gateway.visitors, "/frame", &[agent, ("sec-fetch-dest", "iframe")]);
    get(gateway.visitors, "/fetched", &[agent, ("sec-fetch-dest", "empty")]);
    get(
        gateway.visitors,
        "/robot",
        &[("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)"), ("accept", "text/html")],
    );
    Visitor::of(gateway.visitors).open("/seen");
    totals(&gateway, &token, &json!([1, 1, 1, 1.0, 100, 0]));
}

/// Over TLS every Chrome of some years says how it fetches, and every browser which languages it speaks.
#[test]
fn what_calls_itself_chrome_and_says_nothing_else_is_a_robot() {
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, RULES)
        .replace("languages =", "trusted_proxies = [\"127.0.0.0/8\"]\nlanguages =");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let token = gateway.token();
    let look = |path: &str, more: &[(&str, &str)]| {
        let chrome = ("user-agent", crate::support::browser::CHROME);
        let headers = [&[chrome, ("accept", "text/html"), ("x-forwarded-proto", "https")], more].concat();
        get(gateway.visitors, path, &headers);
    };
    look("/bare", &[]);
    look("/fetching", &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]);
    look("/speaking", &[("accept-language", "nb")]);
    // Without TLS no browser says how it fetches.
    get(
        gateway.visitors,
        "/plain",
        &[("user-agent", crate::support::browser::CHROME), ("accept", "text/html")],
    );
    by(
        &gateway,
        &token,
        "event:page",
        &json!([
            {"metrics": [1], "dimensions": ["/fetching"]},
            {"metrics": [1], "dimensions": ["/plain"]},
            {"metrics": [1], "dimensions": ["/speaking"]},
        ]),
    );
    let robots = json!({"metrics": ["events"], "date_range": "day", "dimensions": ["robot:name"]});
    gateway.ask_until(&token, &robots, &json!([{"metrics": [1], "dimensions": ["Not what it says"]}]));
}

#[test]
fn without_consent_the_operator_may_count_nothing() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(
        &origin,
        &RULES.replace("[site.statistics]", "[site.statistics]\nwithout_consent = \"off\""),
    );
    let token = gateway.token();
    let mut silent = Visitor::of(gateway.visitors);
    silent.open("/");
    let mut open = Visitor::of(gateway.visitors);
    open.agent = open.agent.replace("Chrome/140", "Chrome/137");
    open.choose("choice=some&category=statistics&return=/");
    open.open("/dekk");
    let question = json!({"metrics": ["visitors"], "date_range": "day"});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1], "dimensions": []}]));
}

#[test]
fn small_rows_are_folded_and_nothing_is_lost() {
    let origin = Origin::page(PLAIN);
    let rules = RULES.replace("text = 1, answer = 1", "text = 3, answer = 3");
    let gateway = start_with(&origin, &rules);
    let token = gateway.token();
    for number in 0..6 {
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.agent = visitor.agent.replace("Chrome/140", &format!("Chrome/{}", 100 + number));
        visitor.open("/dekk");
        visitor.open(&format!("/ordre/{}", if number < 3 { "sommer" } else { "vinter" }));
        if number == 0 {
            visitor.open("/tilbakestill/hemmelig-lenke");
        }
    }
    let question = json!({"metrics": ["pageviews"], "date_range": "day"});
    gateway.ask_until(&token, &question, &json!([{"metrics": [13], "dimensions": []}]));
    let question = json!({"metrics": ["pageviews"], "date_range": "day", "dimensions": ["event:page"]});
    let answer = gateway.ask(&token, &question);
    let text = answer.text();
    assert!(!text.contains("hemmelig"), "{text}");
    let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let sum: u64 = body["results"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["metrics"][0].as_u64().expect("a sum"))
        .sum();
    assert_eq!(sum, 13, "{text}");
}

#[test]
fn figures_are_written_before_the_program_ends() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    Visitor::of(gateway.visitors).open("/");
    let clock = gateway.clock.clone();
    let directory = gateway.stop();
    let text = crate::support::settings(&directory, origin.address, RULES);
    let gateway = crate::support::start_in(directory, &text, clock);
    let question = json!({"metrics": ["pageviews"], "date_range": "day"});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1], "dimensions": []}]));
}

#[test]
fn an_import_gives_the_figures_of_the_same_visits_live() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("consentry.toml");
    std::fs::write(&config, crate::support::settings(&gateway.directory, origin.address, RULES))
        .expect("written");
    let file = directory.path().join("visits.jsonl");
    let mut lines = std::fs::File::create(&file).expect("a file");
    for (second, path) in [(0, "/"), (20, "/dekk?utm_source=avis"), (50, "/kasse")] {
        let line = json!({"t": format!("2026-03-10T08:00:{second:02}Z"), "ip": "192.0.2.7", "ua": crate::support::browser::CHROME,
            "path": path, "referrer": "https://www.bing.com/", "type": "pageview"});
        writeln!(lines, "{line}").expect("written");
    }
    drop(lines);
    let import = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args(["import", "--site", "shop", "--format", "jsonl", "--config"])
        .arg(&config)
        .arg(&file)
        .output()
        .expect("it runs");
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    totals(&gateway, &token, &json!([1, 1, 3, 3.0, 0, 50]));
    by(&gateway, &token, "visit:source", &json!([{"metrics": [1], "dimensions": ["Bing"]}]));
}

#[test]
fn questions_need_a_token_and_bad_ones_get_a_sentence() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let good = json!({"metrics": ["visitors"], "date_range": "7d"});
    assert_eq!(gateway.ask("cst_wrong", &good).status, 401);
    for bad in [
        json!({"metrics": ["visitors"]}),
        json!({"metrics": ["happiness"], "date_range": "7d"}),
        json!({"metrics": ["visitors"], "date_range": "7d", "dimensions": ["visit:shoe_size"]}),
        json!({"metrics": [], "date_range": "7d"}),
        json!({"metrics": ["visitors"], "date_range": "7d", "colour": "red"}),
    ] {
        let answer = gateway.ask(&token, &bad);
        assert_eq!(answer.status, 400, "{bad}");
        let said: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(said["error"].as_str().is_some_and(|sentence| sentence.len() > 15), "{said}");
    }
}

#[test]
fn a_token_made_on_the_command_line_is_honoured_at_once() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("consentry.toml");
    std::fs::write(&config, crate::support::settings(&gateway.directory, origin.address, RULES))
        .expect("written");
    let made = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args(["token", "new", "--name", "test", "--config"])
        .arg(&config)
        .output()
        .expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = String::from_utf8(made.stdout).expect("text");
    assert_eq!(gateway.ask(token.trim(), &json!({"metrics": ["visitors"], "date_range": "7d"})).status, 200);
}
