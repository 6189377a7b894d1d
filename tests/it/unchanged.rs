//! An answer that says what stands already: nothing is recorded, counted, stored or loaded again for it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use crate::pages::PLAIN;
use crate::receipts::records;
use crate::support::{Gateway, Origin, Program, RULES, Visitor, settings, start};

const JSON: (&str, &str) = ("accept", "application/json");

fn actions(gateway: &Gateway) -> Vec<String> {
    records(gateway).into_iter().map(|receipt| receipt.action).collect()
}

/// What the figures have of answers, once they have all of these.
fn counted(gateway: &Gateway, rows: &[(u32, &str)]) {
    let question = json!({"metrics": ["choices"], "date_range": "day", "dimensions": ["event:choice"],
        "filters": [["is", "event:choice", ["accepted", "partial", "refused", "withdrawn"]]]});
    let rows: Vec<_> =
        rows.iter().map(|(times, name)| json!({"metrics": [times], "dimensions": [name]})).collect();
    gateway.ask_until(&gateway.token(), &question, &json!(rows));
}

#[test]
fn what_stands_already_is_told_and_not_recorded_or_counted() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let first = visitor.post("choice=all&layer=script", &[JSON]).json();
    assert!(first.get("unchanged").is_none(), "{first}");
    let sealed = visitor.jar["consentry"].clone();
    // As many days later, too: what is not asked about is not prolonged.
    for _ in 0..3 {
        gateway.clock.step(SignedDuration::from_hours(30));
        for form in [
            "choice=all&layer=script",
            "choice=some&category=preferences&category=statistics&category=marketing",
        ] {
            let answer = visitor.post(form, &[JSON]);
            let cookies = answer.headers_named("set-cookie");
            assert!(!cookies.iter().any(|line| line.starts_with("consentry=")), "{cookies:?}");
            let told = answer.json();
            assert_eq!((told["unchanged"].as_bool(), &told["granted"]), (Some(true), &first["granted"]));
            assert_eq!(told["receipt"], first["receipt"]);
        }
        assert_eq!(visitor.post("choice=all&return=/dekk", &[]).header("location"), Some("/dekk"));
    }
    assert_eq!(visitor.jar["consentry"], sealed);
    assert_eq!(actions(&gateway), ["granted"]);
    gateway.clock.set(crate::support::noon());
    visitor.choose("choice=some&category=statistics&return=/");
    assert_eq!(actions(&gateway), ["granted", "changed"], "less is another answer");
    counted(&gateway, &[(1, "accepted"), (1, "partial")]);
}

#[test]
fn a_no_is_counted_once_however_often_it_is_said() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=none&layer=banner&return=/");
    let sealed = visitor.jar["consentry"].clone();
    for form in ["choice=none&layer=script", "choice=some&layer=page", "choice=none&layer=banner&notice=0"] {
        let told = visitor.post(form, &[JSON]).json();
        assert_eq!((&told["unchanged"], &told["granted"]), (&json!(true), &json!([])), "{form}");
    }
    let erased = visitor.post_to("/_consentry/erase", "choice=none", &[JSON]).json();
    assert_eq!(erased["unchanged"], true, "there is nothing to erase");
    assert_eq!(visitor.jar["consentry"], sealed);
    visitor.choose("choice=all&return=/");
    visitor.choose("choice=none&return=/");
    visitor.choose("choice=none&return=/");
    assert_eq!(actions(&gateway), ["granted", "withdrawn"]);
    counted(&gateway, &[(1, "accepted"), (1, "refused"), (1, "withdrawn")]);
}

#[test]
fn who_has_nothing_to_erase_and_was_not_asked_has_not_answered() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    assert_eq!(visitor.post_to("/_consentry/erase", "choice=none&return=/", &[]).status, 303);
    assert!(visitor.jar.is_empty() && visitor.open("/").text().contains("id=\"consentry-banner\""));
    visitor.choose("choice=all&return=/");
    counted(&gateway, &[(1, "accepted")]);
}

/// The same words of the visitor's, but to another question, or without a proof that is still held.
#[test]
fn the_same_answer_counts_where_the_question_the_notice_or_the_proof_is_another() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let english = visitor.asked("/", "nb");
    visitor.post(&format!("choice=all&layer=banner&notice={english}"), &[]);
    let old = visitor.jar["consentry"].clone();
    let centre = |visitor: &mut Visitor, language| {
        let notice = visitor.asked("/_consentry/consent", language);
        visitor.post(&format!("choice=all&layer=page&notice={notice}"), &[]);
    };
    centre(&mut visitor, "en");
    assert_eq!(actions(&gateway), ["granted"]);
    centre(&mut visitor, "nb");
    centre(&mut visitor, "nb");
    assert_eq!(actions(&gateway), ["granted", "changed"], "it was read in another language");
    visitor.post("choice=all&layer=script", &[("sec-gpc", "1"), JSON]);
    visitor.post("choice=all&layer=script", &[("sec-gpc", "1"), JSON]);
    assert_eq!(actions(&gateway)[2..], ["changed-over-gpc"], "now it stands against the browser's no");

    let film = "[[site.tracker]]\nid = \"film\"\nname = \"Film\"\ncategory = \"marketing\"\n\
        provider = { name = \"Film\", country = \"IE\", privacy = \"https://film.example/\" }\n\
        purpose = { en = \"Shows films.\", nb = \"Viser filmer.\" }\nsource = \"https://film.example/docs\"\n";
    gateway.reload(&settings(&gateway.directory, origin.address, &format!("{RULES}{film}")));
    visitor.choose("choice=some&category=preferences&category=statistics&return=/");
    assert_eq!(actions(&gateway)[3..], ["changed"], "what still stood is the answer to a new question");

    visitor.choose("choice=all&return=/");
    visitor.post_to("/_consentry/erase", "choice=none&return=/", &[]);
    visitor.jar.insert("consentry".into(), old);
    gateway.reload(&settings(&gateway.directory, origin.address, RULES));
    visitor.choose("choice=all&return=/");
    assert_eq!(actions(&gateway), ["erased", "changed"], "the erased proves nothing");
}

/// A profile that was restored from before the withdrawal.
#[test]
fn a_yes_after_a_withdrawal_counts_though_an_old_cookie_says_that_it_stands() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let old = visitor.jar["consentry"].clone();
    visitor.choose("choice=none&return=/");
    visitor.jar.insert("consentry".into(), old);
    visitor.choose("choice=all&return=/");
    assert_eq!(actions(&gateway), ["granted", "withdrawn", "changed"]);
}

/// Without a script the browser goes back to the page, which was counted when it was shown.
#[test]
fn the_page_that_a_form_without_news_leads_back_to_is_no_new_view() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/dekk");
    for _ in 0..3 {
        visitor.choose("choice=none&return=/dekk");
    }
    visitor.open("/kasse");
    let question = json!({"metrics": ["pageviews"], "date_range": "day"});
    gateway.ask_until(&gateway.token(), &question, &json!([{"metrics": [2], "dimensions": []}]));
}

#[test]
fn a_withdrawal_that_cannot_be_recorded_ends_the_consent_and_logs_the_cause() {
    let origin = Origin::page(PLAIN);
    let program = Program::start(origin.address);
    let mut visitor = Visitor::of(program.visitors);
    visitor.choose("choice=all&return=/");
    let directory = Arc::clone(&program.directory);
    let ledger = rusqlite::Connection::open(directory.path().join("ledger.db")).expect("a ledger");
    ledger.execute_batch("begin immediate").expect("the only writer");
    assert_eq!(visitor.post("choice=none&return=/", &[JSON]).json()["granted"], json!([]));
    ledger.execute_batch("rollback").expect("it is free again");
    let log = program.stop();
    let line = log.lines().find(|line| line.contains("a withdrawal could not be recorded"));
    assert!(line.is_some_and(|line| line.contains("database is locked")), "{line:?}");
}
