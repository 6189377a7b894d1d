//! Pages that browsers fetch ahead: counted when they are shown, and not when they are asked for.

use serde_json::{Value, json};

use crate::caching::tagged;
use crate::events::{rules_with, tell};
use crate::pages::PLAIN;
use crate::support::browser::CHROME;
use crate::support::{Answer, Gateway, Origin, Visitor, get, start, start_with};

const PAGE: (&str, &str) = ("sec-fetch-dest", "document");
const AGENT: (&str, &str) = ("user-agent", CHROME);
/// What Chromium says of a page that it fetches for a link, and of one that it makes whole.
const AHEAD: [&str; 2] = ["prefetch", "prefetch;prerender"];

fn fetched(gateway: &Gateway, purpose: &str) -> Answer {
    get(gateway.visitors, "/dekk", &[PAGE, AGENT, ("sec-purpose", purpose)])
}

/// What the page's script sends when it is shown.
fn shown(path: &str) -> Value {
    json!({"name": "pageview", "ahead": true, "url": format!("http://shop.example{path}"), "referrer": "http://shop.example/"})
}

fn tells(answer: &Answer) -> bool {
    answer.text().contains("ahead:!0")
}

fn views(gateway: &Gateway, token: &str, expected: &Value) {
    let question = json!({"metrics": ["pageviews"], "date_range": "day", "dimensions": ["event:page"]});
    gateway.ask_until(token, &question, expected);
}

#[test]
fn a_page_fetched_ahead_is_counted_once_it_is_shown() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    Visitor::of(gateway.visitors).open("/");
    for purpose in AHEAD {
        assert!(tells(&fetched(&gateway, purpose)), "{purpose}");
    }
    assert_eq!(tell(&gateway, &shown("/dekk")).header("x-plausible-dropped"), None);
    let seen = ["/", "/dekk"].map(|page| json!({"metrics": [1], "dimensions": [page]}));
    views(&gateway, &token, &json!(seen));
}

#[test]
fn a_page_that_is_asked_for_tells_of_no_view() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    assert!(!tells(&Visitor::of(gateway.visitors).open("/dekk")));
    let frame = [("sec-fetch-dest", "iframe"), AGENT, ("sec-purpose", "prefetch")];
    assert!(!tells(&get(gateway.visitors, "/dekk", &frame)));
}

#[test]
fn a_copy_fetched_ahead_is_not_taken_for_the_page_that_is_asked_for() {
    let origin = tagged(&[]);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let ahead = visitor.get("/dekk", &[PAGE, AGENT, ("sec-purpose", "prefetch")]);
    let tag = ahead.header("etag").expect("a tag").to_owned();
    let page = visitor.get("/dekk", &[PAGE, AGENT, ("if-none-match", &tag)]);
    assert!(tells(&ahead) && page.status == 200 && !tells(&page));
}

#[test]
fn where_nobody_is_counted_no_page_tells_of_its_view() {
    let origin = Origin::page(PLAIN);
    for lines in ["count = \"script\"", "without_consent = \"off\""] {
        let gateway = start_with(&origin, &rules_with(lines));
        assert!(!tells(&fetched(&gateway, AHEAD[0])), "{lines}");
    }
    let gateway = start(&origin);
    let objects = [PAGE, AGENT, ("sec-purpose", "prefetch"), ("cookie", "consentry_objection=1")];
    assert!(tells(&fetched(&gateway, AHEAD[0])) && !tells(&get(gateway.visitors, "/dekk", &objects)));
}
