//! A visitor's no to being counted, and the cookie that tells who comes back.

use std::sync::Arc;

use consentry::clock::SteppedClock;
use http::StatusCode;
use serde_json::json;

use crate::events::{post, rules_with, tell};
use crate::pages::PLAIN;
use crate::support::browser::CHROME;
use crate::support::{
    Answer, Gateway, Origin, RULES, Visitor, get, noon, settings, start, start_in, start_with,
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn views(gateway: &Gateway, token: &str, expected: u32) {
    // A view of somebody else is counted after all that came before it.
    let mut other = Visitor::of(gateway.visitors);
    other.agent = CHROME.replace("Chrome/140", "Chrome/139");
    other.open("/");
    let question = json!({"metrics": ["pageviews"], "date_range": "day"});
    gateway.ask_until(token, &question, &json!([{"metrics": [expected + 1], "dimensions": []}]));
}

fn object(gateway: &Gateway, visitor: &mut Visitor, form: &str) -> Answer {
    let cookies = visitor.cookies();
    let headers = [FORM, ("origin", "http://shop.example"), ("cookie", cookies.as_str())];
    let answer = post(gateway, "/objection", form.to_owned(), &headers);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    for line in answer.headers_named("set-cookie") {
        let cookie = cookie::Cookie::parse(line.to_owned()).expect("a cookie");
        if cookie.max_age().is_some_and(|age| age.is_zero() || age.is_negative()) {
            visitor.jar.remove(cookie.name());
        } else {
            visitor.jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
    }
    answer
}

#[test]
fn who_objects_is_not_counted_until_the_objection_is_taken_back() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules_with("beacon = [\"engagement\"]"));
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    let answer = object(&gateway, &mut visitor, "object=yes&return=/_consentry/my-data");
    assert_eq!(answer.header("location"), Some("/_consentry/my-data"));
    assert_eq!(
        answer.headers_named("set-cookie"),
        ["consentry_objection=1; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"]
    );
    let page = visitor.open("/");
    assert!(!page.text().contains("beacon.js"));
    assert_eq!(origin.last().header("cookie"), "", "the origin does not hear of it");
    assert!(
        visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text().contains("You have objected")
    );
    let headers =
        [("cookie", "consentry_objection=1"), ("content-type", "text/plain"), ("user-agent", CHROME)];
    let event = json!({"n": "Purchase", "u": "/takk"}).to_string();
    assert_eq!(post(&gateway, "/event", event, &headers).header("x-plausible-dropped"), Some("1"));
    views(&gateway, &token, 0);
    object(&gateway, &mut visitor, "object=no");
    assert!(visitor.jar.is_empty());
    assert!(visitor.open("/").text().contains("beacon.js"));
    views(&gateway, &token, 2);
}

#[test]
fn nobody_else_objects_for_a_visitor() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for headers in [
        &[FORM, ("origin", "https://evil.example")][..],
        &[FORM, ("sec-fetch-site", "cross-site")],
        &[FORM, ("sec-fetch-site", "same-site")],
    ] {
        let answer = post(&gateway, "/objection", "object=yes", headers);
        assert_eq!(
            (answer.status.as_u16(), answer.headers_named("set-cookie").len()),
            (403, 0),
            "{headers:?}"
        );
    }
    assert_eq!(post(&gateway, "/objection", "object=perhaps", &[FORM]).status, 400);
    assert_eq!(post(&gateway, "/objection", "object=yes&return=//evil.example", &[FORM]).status, 400);
    assert_eq!(post(&gateway, "/objection", "object=yes", &[("content-type", "text/plain")]).status, 415);
    assert_eq!(get(gateway.visitors, "/_consentry/objection", &[]).status, 405);
}

#[test]
fn the_browsers_signal_is_an_objection_where_the_operator_says_so() {
    let signal = ("sec-gpc", "1");
    let page = [("user-agent", CHROME), ("accept", "text/html"), ("sec-fetch-dest", "document")];
    for (setting, expected) in [("object", 1), ("count", 2)] {
        let origin = Origin::page(PLAIN);
        let gateway = start_with(&origin, &rules_with(&format!("gpc = \"{setting}\"")));
        let token = gateway.token();
        get(gateway.visitors, "/", &[page.as_slice(), &[signal]].concat());
        get(gateway.visitors, "/", &[page.as_slice(), &[("sec-gpc", "0")]].concat());
        views(&gateway, &token, expected);
        let told =
            get(gateway.visitors, "/_consentry/statistics", &[signal, ("accept-language", "en")]).text();
        assert_eq!(told.contains("nothing you do is counted"), setting == "object", "{told}");
    }
}

#[test]
fn the_page_about_counting_speaks_the_visitors_language() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let page = |language| get(gateway.visitors, "/_consentry/statistics", &[("accept-language", language)]);
    assert!(page("nb").text().contains("Slik teller vi"));
    assert!(page("en").text().contains("How visits are counted"));
    assert!(page("en").header("content-security-policy").is_some_and(|policy| policy.contains("'none'")));
}

const STATISTICS: &str = "choice=some&category=statistics&return=/";

/// The cookie of returning visitors that an answer sets.
fn weeks(answer: &Answer) -> Option<String> {
    let lines = answer.headers_named("set-cookie");
    lines.iter().find(|line| line.starts_with("consentry_weeks=")).map(|line| (*line).to_owned())
}

#[test]
fn two_week_numbers_are_kept_once_statistics_are_agreed_to() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    assert_eq!(weeks(&visitor.open("/")), None);
    visitor.post(STATISTICS, &[]);
    let first = weeks(&visitor.open("/")).expect("the cookie");
    assert_eq!(
        first, "consentry_weeks=2931.2931; Path=/; Max-Age=33868800; HttpOnly; SameSite=Lax",
        "the week of 9 March 2026, for 56 weeks"
    );
    assert_eq!(weeks(&visitor.open("/dekk")), None, "not on every page");
    assert!(!origin.last().header("cookie").contains("weeks"));
    gateway.clock.step(jiff::SignedDuration::from_hours(24 * 21));
    let later = weeks(&visitor.open("/")).expect("the cookie");
    assert!(
        later.starts_with("consentry_weeks=2931.2934; Path=/; Max-Age=32054400;"),
        "its end stays: {later}"
    );
    visitor.get("/bilde.png", &[]);
    let answer = visitor.post("choice=none&return=/", &[]);
    assert!(weeks(&answer).is_some_and(|line| line.starts_with("consentry_weeks=; Path=/; Max-Age=0;")));
    assert!(!visitor.jar.contains_key("consentry_weeks"));
    assert_eq!(weeks(&visitor.open("/")), None);
}

#[test]
fn weeks_that_cannot_be_are_replaced_and_those_without_consent_removed() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.jar.insert("consentry_weeks".into(), "2900.2931".into());
    assert!(
        weeks(&visitor.open("/")).is_some_and(|line| line.contains("Max-Age=0;")),
        "nothing was agreed to"
    );
    visitor.post(STATISTICS, &[]);
    for forged in ["9999.9999", "2931.9999", "1.2", "x", "2931.2930"] {
        visitor.jar.insert("consentry_weeks".into(), forged.into());
        let set = weeks(&visitor.open("/")).expect("the cookie");
        assert!(set.starts_with("consentry_weeks=2931.2931;"), "{forged}: {set}");
    }
}

#[test]
fn the_answer_to_an_event_sets_nothing() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let answer = tell(&gateway, &json!({"n": "Purchase", "u": "/takk"}));
    assert_eq!(answer.headers_named("set-cookie").len(), 0);
}

/// What a request of a browser on one host of the site sets.
fn set_on(gateway: &Gateway, host: &str, request: http::request::Builder, body: &'static str) -> Vec<String> {
    let request = request.header("host", host).header("accept", "text/html").header("user-agent", CHROME);
    let answer = crate::support::request(gateway.visitors, request.body(body.into()).expect("a request"));
    answer.headers_named("set-cookie").into_iter().map(str::to_owned).collect()
}

/// A shop on several hosts is one site in the figures, and the page says that nothing is counted.
#[test]
fn an_objection_and_the_weeks_stand_below_the_domain_as_the_answer_does() {
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let rules = RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\ndomain = \"shop.example\"");
    let text = settings(&directory, origin.address, &rules)
        .replace("\"shop.example\", \"127.0.0.1\"", "\"*.shop.example\", \"other.example\"");
    let gateway = start_in(directory, &text, Arc::new(SteppedClock::at(noon())));
    let post = |path: &str, cookie: &str| {
        http::Request::post(format!("/_consentry{path}")).header(FORM.0, FORM.1).header("cookie", cookie)
    };
    let has = |lines: &[String], line: &str| assert!(lines.iter().any(|it| it == line), "{line}: {lines:?}");
    let of_host = |name: &str| format!("{name}=; Max-Age=0; Path=/");

    let weeks = "consentry_weeks=2931.2931";
    let lines = set_on(&gateway, "www.shop.example", post("/objection", weeks), "object=yes");
    let attributes = "HttpOnly; SameSite=Lax; Domain=shop.example";
    has(&lines, &format!("consentry_objection=1; Path=/; Max-Age=31536000; {attributes}"));
    has(&lines, &of_host("consentry_objection"));
    has(&lines, &format!("consentry_weeks=; Path=/; Max-Age=0; {attributes}"));
    has(&lines, &of_host("consentry_weeks"));
    let lines = set_on(&gateway, "www.shop.example", post("/objection", "a=b"), "object=no");
    has(&lines, &format!("consentry_objection=; Path=/; Max-Age=0; {attributes}"));
    has(&lines, &of_host("consentry_objection"));
    let lines = set_on(&gateway, "other.example", post("/objection", "a=b"), "object=yes");
    assert_eq!(lines, ["consentry_objection=1; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"]);

    let lines = set_on(&gateway, "www.shop.example", post("/choice", "a=b"), "choice=all&return=/");
    let consent = lines.iter().find(|line| line.starts_with("consentry=2.")).expect("a consent");
    let consent = consent.split(';').next().expect("a cookie");
    let page = |more: &str| {
        let page = http::Request::get("/").header("sec-fetch-dest", "document");
        set_on(&gateway, "www.shop.example", page.header("cookie", format!("{consent}{more}")), "")
    };
    let set = format!("consentry_weeks=2931.2931; Path=/; Max-Age=33868800; {attributes}");
    assert_eq!(page(""), [set]);
    // The host's own, of the time before there was a domain.
    has(&page("; consentry_weeks=2930.2930"), &of_host("consentry_weeks"));
}
