//! What marks a visitor in a link: the origin hears of it with consent only.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use crate::own_paths::{ACME, start};
use crate::pages::PLAIN;
use crate::support::origin::{Asked, html_page};
use crate::support::{Origin, RULES, Visitor, start_with};

#[test]
fn link_decoration_reaches_the_origin_with_consent_only() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let target = "/dekk?b=%C3%A5+1&acid=secret&&a=;acx_1=2;%61cid=3&gclidlike=4";
    visitor.referrer = Some("http://shop.example/?acid=9&side=2".into());
    visitor.open(target);
    assert_eq!(origin.last().target, "/dekk?b=%C3%A5+1&&a=&gclidlike=4");
    assert_eq!(origin.last().header("referer"), "http://shop.example/?side=2");
    visitor.referrer = Some("https://www.google.com/?acid=9".into());
    visitor.open("/?acid=1");
    assert_eq!(origin.last().target, "/");
    assert_eq!(
        origin.last().header("referer"),
        "https://www.google.com/?acid=9",
        "another site's address is its own"
    );
    let answer = visitor.choose("choice=some&category=statistics&return=/?acid=1");
    assert_eq!(answer.header("location"), Some("/?acid=1"));
    assert_eq!(origin.last().target, "/?acid=1");
    visitor.open(target);
    assert_eq!(origin.last().target, target);
}

#[test]
fn what_the_shop_signs_is_kept_and_redirects_are_the_shops() {
    let origin = Origin::answering(|asked: &Asked| {
        if asked.target.starts_with("/go") {
            let answer = Response::builder().status(StatusCode::FOUND).header("location", "/next?acid=1&b=2");
            return answer.body(Bytes::new()).expect("a response");
        }
        html_page(PLAIN)
    });
    let rule = "[[site.allow]]\nparameter = \"acid\"\ncategory = \"necessary\"\nwhy = \"signed\"\npaths = [\"/tilbud\"]\n";
    let gateway = start_with(&origin, &format!("{RULES}{ACME}{rule}"));
    let mut visitor = Visitor::of(gateway.visitors);
    assert_eq!(visitor.open("/go?acid=1").header("location"), Some("/next?acid=1&b=2"));
    assert_eq!(origin.last().target, "/go");
    visitor.open("/tilbud?acid=1&sig=2&acx_a=3");
    assert_eq!(origin.last().target, "/tilbud?acid=1&sig=2");
}

#[test]
fn what_is_counted_is_what_the_visitor_asked_for() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    Visitor::of(gateway.visitors).open("/?utm_source=avisen");
    assert_eq!(origin.last().target, "/");
    let question = json!({"metrics": ["visitors"], "date_range": "day", "dimensions": ["visit:source"]});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1], "dimensions": ["avisen"]}]));
}
