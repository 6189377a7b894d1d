//! What of an answer stands when the shop changes, and what visitors are told of it.

use serde_json::json;

use crate::asking::{is_asked, told};
use crate::pages::SHOP;
use crate::receipts::records;
use crate::support::{Origin, RULES, Visitor, settings, start};

/// A tracker of the shop's own, as it stands in the settings.
const COUNTER: &str = r#"
[[site.tracker]]
id = "counter"
name = "Counter"
category = "statistics"
provider = { name = "Counter Ltd", country = "IE", privacy = "https://counter.example/privacy" }
purpose = { en = "Counts visits.", nb = "Teller besøk." }
hosts = ["counter.example"]
source = "https://counter.example/docs"
"#;
const SAID_NO: &str = "You said no on";
const BY_SIGNAL: &str = "Your browser has said no for you, by the signal Global Privacy Control.";
const CHANGED: &str = "What we ask about has changed since you answered, so we ask again.";

/// Recital 42 of the GDPR: whoever agrees knows who answers for the data.
#[test]
fn r35_no_other_controller_takes_an_answer_over() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let (mut yes, mut film) = (Visitor::of(gateway.visitors), Visitor::of(gateway.visitors));
    yes.choose("choice=all&return=/");
    film.choose("choice=some&tracker=youtube&return=/");
    let before = settings(&gateway.directory, origin.address, RULES);
    let written_otherwise =
        before.replace("Dekk og Felg AS", " DEKK og  Felg AS").replace("Storgata 1", "Storgata 2");
    gateway.reload(&written_otherwise);
    assert!(!is_asked(&yes.open("/")) && !is_asked(&film.open("/")), "it is the same one");

    gateway.reload(&before.replace("Dekk og Felg AS", "Data Brokers Ltd"));
    assert!(is_asked(&yes.open("/")));
    assert_eq!(told(&origin), "necessary");
    assert!(is_asked(&film.open("/")));
    let centre = film.open("/_consentry/consent");
    assert!(!centre.text().contains(" checked"), "the film is held, too");
}

/// What stands, as a page tells it in English.
fn said(visitor: &mut Visitor, page: &str) -> String {
    let page = visitor.get(page, &[("accept-language", "en")]).text();
    let start = page.find("class=\"said\"").expect("a sentence");
    let sentence = page[start..].split_once('>').expect("an element").1;
    sentence.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn r35_who_said_yes_is_not_told_of_a_no_when_the_offer_has_changed() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let (mut yes, mut no) = (Visitor::of(gateway.visitors), Visitor::of(gateway.visitors));
    yes.choose("choice=some&category=statistics&return=/");
    no.choose("choice=none&return=/");
    gateway.reload(&settings(&gateway.directory, origin.address, &format!("{RULES}{COUNTER}")));
    for page in ["/_consentry/consent", "/_consentry/my-data"] {
        assert_eq!(said(&mut yes, page), CHANGED);
        assert!(said(&mut no, page).starts_with(SAID_NO), "{page}");
    }
    assert!(said(&mut no, "/_consentry/consent").ends_with(CHANGED));
}

/// What was granted is kept in the browser, although nothing stands of it since the offer is another.
#[test]
fn r32_a_yes_that_is_not_given_anew_is_taken_back() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let said = |first: &str, then: &str| {
        let mut visitor = Visitor::of(gateway.visitors);
        gateway.reload(&settings(&gateway.directory, origin.address, RULES));
        visitor.choose(first);
        gateway.reload(&settings(&gateway.directory, origin.address, &format!("{RULES}{COUNTER}")));
        let answer = visitor.post(then, &[("accept", "application/json")]);
        let is_taken_back = answer.json()["takes_back"] == true;
        assert_eq!(answer.header("clear-site-data").is_some(), is_taken_back, "{first}, then {then}");
        is_taken_back
    };
    let counted = "choice=some&category=statistics&return=/";
    for less in ["choice=none&return=/", "choice=some&category=preferences&return=/"] {
        assert!(said(counted, less), "{less}");
    }
    for (first, then) in [
        (counted, counted),
        (counted, "choice=all&return=/"),
        (counted, ALWAYS_YOUTUBE),
        ("choice=none&return=/", "choice=none&return=/"),
        ("choice=none&return=/", "choice=some&category=preferences&return=/"),
    ] {
        assert!(!said(first, then), "{first}, then {then}");
    }
}

const ALWAYS_YOUTUBE: &str = "choice=some&layer=embed&tracker=youtube&return=/";

/// "Always allow" before anything was answered: nobody was asked about more than the film.
#[test]
fn a_yes_to_one_film_answers_no_other_question() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/");
    visitor.choose(ALWAYS_YOUTUBE);
    let page = visitor.open("/");
    assert!(is_asked(&page) && page.text().contains(" src=\"https://www.youtube.com/embed/abc\""));
    assert_eq!(told(&origin), "necessary");
    let stands = said(&mut visitor, "/_consentry/consent");
    assert!(stands.ends_with("It covers YouTube."), "{stands}");

    let again = visitor.post(ALWAYS_YOUTUBE, &[("accept", "application/json")]).json();
    assert_eq!(again["unchanged"], true);
    assert_eq!(
        (&again["granted"], &again["refused"], &again["trackers"]),
        (&json!([]), &json!([]), &json!(["youtube"]))
    );
    let [receipt] = records(&gateway).try_into().expect("one record");
    assert_eq!((receipt.granted, receipt.refused), (vec!["youtube".to_owned()], Vec::new()));

    visitor.choose("choice=some&category=statistics&tracker=youtube&layer=page&return=/");
    assert!(!is_asked(&visitor.open("/")));
    assert_eq!(records(&gateway).last().expect("a record").refused, ["preferences", "marketing"]);
    visitor.choose(ALWAYS_YOUTUBE);
    assert!(!is_asked(&visitor.open("/")), "where an answer stands it goes on standing");
}

#[test]
fn a_film_is_counted_as_what_it_is_and_the_question_as_ignored_until_it_is_answered() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let token = gateway.token();
    let figures = ["banners_shown", "banners_ignored", "choices"];
    let whole = json!({"metrics": figures, "date_range": "day"});
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/");
    visitor.choose(ALWAYS_YOUTUBE);
    gateway.ask_until(&token, &whole, &json!([{"metrics": [1, 1, 1], "dimensions": []}]));
    let by =
        |dimension: &str| json!({"metrics": ["choices"], "date_range": "day", "dimensions": [dimension]});
    gateway.ask_until(
        &token,
        &by("choice:layer"),
        &json!([
            {"metrics": [1], "dimensions": ["embed"]}, {"metrics": [0], "dimensions": ["banner"]}
        ]),
    );
    let category = gateway.ask(&token, &by("choice:statistics")).json();
    assert_eq!(category["results"], json!([]), "nobody refused it");
    visitor.choose("choice=none&layer=banner&return=/");
    gateway.ask_until(&token, &whole, &json!([{"metrics": [1, 0, 2], "dimensions": []}]));
}

#[test]
fn r35_a_yes_to_one_film_does_not_answer_what_is_asked_again() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&category=preferences&return=/");
    gateway.reload(&settings(&gateway.directory, origin.address, &format!("{RULES}{COUNTER}")));
    visitor.choose(ALWAYS_YOUTUBE);
    assert!(is_asked(&visitor.open("/")));
    assert_eq!(told(&origin), "necessary, preferences");
    assert!(said(&mut visitor, "/_consentry/consent").ends_with(CHANGED));
    let records = records(&gateway);
    let last = records.last().expect("a record");
    assert_eq!(
        (&last.granted[..], &last.refused[..]),
        (&["preferences".to_owned(), "youtube".into()][..], &["marketing".to_owned()][..])
    );
}

#[test]
fn p5_who_switches_the_signal_on_after_a_yes_is_told_what_stands() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let signal = ("sec-gpc", "1");
    let mut visitor = Visitor::of(gateway.visitors);
    let told = |visitor: &mut Visitor, headers: &[(&str, &str)]| {
        let headers = [&[("accept-language", "en")], headers].concat();
        visitor.get("/_consentry/consent", &headers).text()
    };
    visitor.choose("choice=all&return=/");
    let page = told(&mut visitor, &[signal]);
    assert!(page.contains("You said yes on") && page.contains(BY_SIGNAL), "{page}");
    assert!(!told(&mut visitor, &[]).contains(BY_SIGNAL));
    visitor.post("choice=all&return=/", &[signal]);
    assert!(!told(&mut visitor, &[signal]).contains(BY_SIGNAL), "that yes was said over it");
    visitor.choose("choice=none&return=/");
    assert!(!told(&mut visitor, &[signal]).contains(BY_SIGNAL), "both say no");
}
