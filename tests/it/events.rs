//! What page scripts and servers tell, who may tell it, and whose wish not to be counted is heeded.

use std::sync::Arc;

use bytes::Bytes;
use consentry::clock::SteppedClock;
use http::Request;
use serde_json::{Value, json};

use crate::pages::PLAIN;
use crate::support::browser::CHROME;
use crate::support::{
    Answer, Gateway, Origin, RULES, Visitor, get, noon, request, settings, start, start_in, start_with,
};

/// The rules of the test site with more lines under `[site.statistics]`.
pub fn rules_with(lines: &str) -> String {
    RULES.replace("[site.statistics]", &format!("[site.statistics]\n{lines}"))
}

const SCRIPT: &str = "count = \"script\"";

/// What a browser sends from a page of the shop.
const FROM_PAGE: [(&str, &str); 4] = [
    ("origin", "http://shop.example"),
    ("sec-fetch-site", "same-origin"),
    ("content-type", "text/plain;charset=UTF-8"),
    ("user-agent", CHROME),
];

/// Sends a body to a reserved path with these headers.
pub fn post(gateway: &Gateway, path: &str, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Answer {
    let mut builder = Request::post(format!("/_consentry{path}")).header("host", "shop.example");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    request(gateway.visitors, builder.body(body.into()).expect("a request"))
}

/// Sends an event as a page's script does.
pub fn tell(gateway: &Gateway, event: &Value) -> Answer {
    post(gateway, "/event", event.to_string(), &FROM_PAGE)
}

/// Is this an answer to an event that was taken, and how many events of it were not counted?
fn dropped(answer: &Answer) -> usize {
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (202, "ok"));
    answer.header("x-plausible-dropped").map_or(0, |count| count.parse().expect("a number"))
}

fn purchase() -> Value {
    json!({"n": "Purchase", "u": "http://shop.example/takk", "d": "shop.example", "r": null})
}

fn pageview(path: &str) -> Value {
    json!({"n": "pageview", "u": format!("http://shop.example{path}"), "d": "shop.example"})
}

/// Waits until these are the figures of today: visitors, page views, events.
fn figures(gateway: &Gateway, token: &str, expected: [u32; 3]) {
    let question = json!({"metrics": ["visitors", "pageviews", "events"], "date_range": "day"});
    gateway.ask_until(token, &question, &json!([{"metrics": expected, "dimensions": []}]));
}

#[test]
fn an_event_is_counted_in_the_visit_of_its_page() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    Visitor::of(gateway.visitors).open("/");
    assert_eq!(dropped(&tell(&gateway, &purchase())), 0);
    assert_eq!(dropped(&post(&gateway, "/api/event", purchase().to_string(), &FROM_PAGE)), 0);
    figures(&gateway, &token, [1, 1, 3]);
    let bounces = json!({"metrics": ["bounce_rate"], "date_range": "day"});
    gateway.ask_until(&token, &bounces, &json!([{"metrics": [0], "dimensions": []}]));
    assert!(origin.asked().iter().all(|asked| asked.target == "/"), "the origin hears of no event");
}

#[test]
fn page_views_are_counted_by_the_gateway_or_by_the_script_and_never_by_both() {
    let origin = Origin::page(PLAIN);
    for (rules, views) in [(RULES.to_owned(), 1), (rules_with(SCRIPT), 2)] {
        let gateway = start_with(&origin, &rules);
        let token = gateway.token();
        Visitor::of(gateway.visitors).open("/");
        let answers = ["/", "/dekk"].map(|path| dropped(&tell(&gateway, &pageview(path))));
        assert_eq!(answers, if views == 1 { [1, 1] } else { [0, 0] });
        figures(&gateway, &token, [1, views, views]);
    }
}

/// The pages of today with their views.
fn pages(gateway: &Gateway, token: &str, expected: &[(&str, u32)]) {
    let question = json!({"metrics": ["pageviews"], "dimensions": ["event:page"], "date_range": "day",
        "order_by": [["event:page", "asc"]]});
    let rows: Vec<Value> =
        expected.iter().map(|(page, views)| json!({"metrics": [views], "dimensions": [page]})).collect();
    gateway.ask_until(token, &question, &json!(rows));
}

/// The robots of today, by name, with their hits.
fn robots(gateway: &Gateway, token: &str, expected: &[(&str, u32)]) {
    let question = json!({"metrics": ["events"], "dimensions": ["robot:name"], "date_range": "day",
        "order_by": [["robot:name", "asc"]]});
    let rows: Vec<Value> =
        expected.iter().map(|(name, hits)| json!({"metrics": [hits], "dimensions": [name]})).collect();
    gateway.ask_until(token, &question, &json!(rows));
}

#[test]
fn a_page_is_told_apart_by_its_fragment_in_hash_mode_and_in_no_other() {
    let gateway = start_with(&Origin::page(PLAIN), &rules_with(SCRIPT));
    let token = gateway.token();
    let url = "http://shop.example/hash#/one/ola@example.no?kunde=4711";
    for mode in [json!({"h": 1}), json!({"hashMode": true}), json!({"h": 0}), json!({})] {
        let mut view = mode;
        (view["n"], view["u"]) = ("pageview".into(), url.into());
        assert_eq!(dropped(&tell(&gateway, &view)), 0);
    }
    tell(&gateway, &json!({"n": "pageview", "u": "https://shop.example/#/one", "h": 1}));
    pages(&gateway, &token, &[("/#/one", 1), ("/hash", 2), ("/hash#/one/:email", 2)]);
    let one =
        json!({"metrics": ["visitors"], "date_range": "day", "filters": [["is", "event:page", ["/#/one"]]]});
    gateway.ask_until(&token, &one, &json!([{"metrics": [1], "dimensions": []}]));
}

#[test]
fn a_page_view_is_told_apart_by_its_properties_too() {
    let gateway =
        start_with(&Origin::page(PLAIN), &rules_with("count = \"script\"\nproperties = [\"author\"]"));
    let token = gateway.token();
    for author in ["kari", "kari", "per"] {
        let mut view = pageview("/raad");
        view["p"] = json!({"author": author});
        assert_eq!(dropped(&tell(&gateway, &view)), 0);
    }
    assert_eq!(dropped(&tell(&gateway, &pageview("/raad"))), 0);
    figures(&gateway, &token, [1, 4, 4]);
    let question =
        json!({"metrics": ["pageviews"], "dimensions": ["event:props:author"], "date_range": "day"});
    let rows = json!([{"metrics": [2], "dimensions": ["kari"]}, {"metrics": [1], "dimensions": ["per"]}]);
    gateway.ask_until(&token, &question, &rows);
}

#[test]
fn what_another_site_sends_is_not_taken() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let json = ("content-type", "application/json");
    for headers in [
        &[json, ("origin", "https://evil.example")][..],
        &[json, ("origin", "null")],
        &[json, ("sec-fetch-site", "cross-site")],
        &[json, ("origin", "http://shop.example"), ("sec-fetch-site", "cross-site")],
        &[json, ("origin", "http://shop.example.evil.example"), ("sec-fetch-site", "same-site")],
    ] {
        let answer = post(&gateway, "/event", purchase().to_string(), headers);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[test]
fn a_page_under_another_host_of_the_site_may_tell_and_read_the_answer() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let origin = "http://127.0.0.1:8080";
    let told = [("origin", origin), ("sec-fetch-site", "same-site")];
    let headers = [&FROM_PAGE[2..], &told].concat();
    let answer = post(&gateway, "/event", purchase().to_string(), &headers);
    assert_eq!(dropped(&answer), 0);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
}

#[test]
fn bodies_that_cannot_be_read_are_refused_with_every_fault() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let send = |body: String| post(&gateway, "/event", body, &FROM_PAGE);
    for (body, keys) in [
        ("{\"n\":".to_owned(), &["request"][..]),
        ("n=a&u=b".to_owned(), &["request"]),
        (json!({}).to_string(), &["name", "url"]),
        (json!({"n": "a", "u": "/", "p": {"k": "v".repeat(2001)}}).to_string(), &["props"]),
    ] {
        let answer = send(body);
        assert_eq!(answer.status, 400, "{keys:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let told: Vec<&String> = told["errors"].as_object().expect("errors by key").keys().collect();
        assert_eq!(told, keys);
    }
    let long = json!({"n": "a", "u": "/", "p": {"k": "v".repeat(70_000)}});
    assert_eq!(send(long.to_string()).status, 413);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(post(&gateway, "/event", purchase().to_string(), &form).status, 415);
    assert_eq!(get(gateway.visitors, "/_consentry/event", &[]).status, 405);
}

#[test]
fn a_page_of_another_site_is_not_counted_here() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules_with(SCRIPT));
    let token = gateway.token();
    for url in ["https://evil.example/", "https://shop.example.evil.example/dekk", "https://example/"] {
        assert_eq!(dropped(&tell(&gateway, &json!({"n": "pageview", "u": url}))), 1, "{url}");
    }
    for url in ["https://shop.example/", "http://127.0.0.1:8080/dekk", "/kasse"] {
        assert_eq!(dropped(&tell(&gateway, &json!({"n": "pageview", "u": url}))), 0, "{url}");
    }
    figures(&gateway, &token, [1, 3, 3]);
}

#[test]
fn a_server_speaks_for_its_visitors_when_it_is_trusted_and_for_itself_otherwise() {
    let origin = Origin::page(PLAIN);
    for (trusted, visitors) in [("[\"127.0.0.0/8\"]", 2), ("[]", 1)] {
        let directory = tempfile::tempdir().expect("a directory");
        let text = settings(&directory, origin.address, &rules_with(SCRIPT));
        let text = text.replace("languages =", &format!("trusted_proxies = {trusted}\nlanguages ="));
        let gateway = start_in(directory, &text, Arc::new(SteppedClock::at(noon())));
        let token = gateway.token();
        for address in ["192.0.2.7", "192.0.2.8"] {
            let headers =
                [("x-forwarded-for", address), ("user-agent", CHROME), ("content-type", "application/json")];
            let answer = post(&gateway, "/api/event", pageview("/app").to_string(), &headers);
            assert_eq!(dropped(&answer), 0);
        }
        figures(&gateway, &token, [visitors, 2, 2]);
    }
}

#[test]
fn a_filter_of_two_goals_gives_no_visitors_where_one_can_have_reached_both() {
    let goals = "[[site.goal]]\nname = \"Purchase\"\n[[site.goal]]\nname = \"Signup\"";
    let gateway = start_with(&Origin::page(PLAIN), &format!("{RULES}{goals}"));
    let token = gateway.token();
    for name in ["Purchase", "Signup"] {
        assert_eq!(dropped(&tell(&gateway, &json!({"n": name, "u": "/takk"}))), 0);
    }
    let asked = |by: Value| {
        json!({"metrics": ["visitors", "conversion_rate", "events"], "date_range": "day", "dimensions": by,
            "filters": [["is", "event:goal", ["Purchase", "Signup"]]]})
    };
    let each = ["Purchase", "Signup"].map(|name| json!({"metrics": [1, 100.0, 1], "dimensions": [name]}));
    gateway.ask_until(&token, &asked(json!(["event:goal"])), &json!(each));
    let both: Value = serde_json::from_slice(&gateway.ask(&token, &asked(json!([]))).body).expect("JSON");
    assert_eq!(both["results"], json!([{"metrics": [null, null, 2], "dimensions": []}]));
    for metric in ["visitors", "conversion_rate"] {
        assert_eq!(both["meta"]["metric_warnings"][metric]["code"], "not_distinct");
    }
}

/// Nobody knows how many people thirty purchases without a mark were.
#[test]
fn goals_that_nobody_in_particular_reached_are_of_few_until_enough_have_agreed() {
    let rules = rules_with("without_consent = \"views\"").replace("answer = 1", "answer = 5");
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &format!("{rules}[[site.goal]]\nname = \"Purchase\""));
    let token = gateway.token();
    (0..30).for_each(|_| assert_eq!(dropped(&tell(&gateway, &purchase())), 0));
    figures(&gateway, &token, [0, 0, 30]);
    let by_goal = json!({"metrics": ["events"], "date_range": "day", "dimensions": ["event:goal"]});
    let told: Value = serde_json::from_slice(&gateway.ask(&token, &by_goal).body).expect("JSON");
    assert_eq!((&told["results"], &told["meta"]["withheld_rows"]), (&json!([]), &json!(1)));
    let of_goal = json!({"metrics": ["events"], "date_range": "day",
        "filters": [["is", "event:goal", ["Purchase"]]]});
    gateway.ask_until(&token, &of_goal, &json!([{"metrics": [null], "dimensions": []}]));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let cookies = visitor.cookies();
    for version in 100..105 {
        let agent = CHROME.replace("Chrome/140", &format!("Chrome/{version}"));
        let headers = [("content-type", "text/plain"), ("user-agent", &agent), ("cookie", &cookies)];
        assert_eq!(dropped(&post(&gateway, "/event", purchase().to_string(), &headers)), 0);
    }
    gateway.ask_until(&token, &by_goal, &json!([{"metrics": [35], "dimensions": ["Purchase"]}]));
    gateway.ask_until(&token, &of_goal, &json!([{"metrics": [35], "dimensions": []}]));
}

#[test]
fn robots_are_not_counted_by_their_events() {
    let gateway = start_with(&Origin::page(PLAIN), &rules_with(SCRIPT));
    let token = gateway.token();
    let json = ("content-type", "application/json");
    for body in [pageview("/robot"), purchase()] {
        let robot = ("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)");
        assert_eq!(dropped(&post(&gateway, "/event", body.to_string(), &[json, robot])), 1);
    }
    assert_eq!(dropped(&post(&gateway, "/event", purchase().to_string(), &[json])), 1);
    tell(&gateway, &pageview("/"));
    robots(&gateway, &token, &[("Googlebot", 2), ("No user agent", 1)]);
    figures(&gateway, &token, [1, 1, 1]);
}

#[test]
fn an_app_of_android_is_counted_by_its_events_and_what_fetches_pages_with_the_same_is_a_robot() {
    let gateway = start_with(&Origin::page(PLAIN), RULES);
    let token = gateway.token();
    let json = ("content-type", "application/json");
    let agents = ["okhttp/4.12.0", "MyShop/5 (Linux; Android 13; Pixel) okhttp/4.12.0"];
    for agent in agents {
        let app = [json, ("user-agent", agent)];
        assert_eq!(dropped(&post(&gateway, "/event", purchase().to_string(), &app)), 0);
        // A page says its origin, and no page is shown by it.
        let page = [json, ("user-agent", agent), ("origin", "http://shop.example")];
        assert_eq!(dropped(&post(&gateway, "/event", purchase().to_string(), &page)), 1);
    }
    let bot = [json, ("user-agent", "Googlebot/2.1 okhttp/4.12.0")];
    assert_eq!(dropped(&post(&gateway, "/event", purchase().to_string(), &bot)), 1);
    figures(&gateway, &token, [2, 0, 2]);
}

#[test]
fn who_says_to_be_a_browser_on_a_page_and_asks_like_none_is_counted_as_a_robot() {
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin.address, &rules_with(SCRIPT))
        .replace("languages =", "trusted_proxies = [\"127.0.0.0/8\"]\nlanguages =");
    let gateway = start_in(directory, &text, Arc::new(SteppedClock::at(noon())));
    let token = gateway.token();
    let send = |address: &str, path: &str, more: &[(&str, &str)]| {
        let https = [
            ("content-type", "text/plain"),
            ("user-agent", CHROME),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-for", address),
        ];
        let answer = post(&gateway, "/event", pageview(path).to_string(), &[&https, more].concat());
        assert_eq!(dropped(&answer), 0, "nobody is told what is taken for a robot");
    };
    let page = ("origin", "https://shop.example");
    send("192.0.2.7", "/spoofed", &[page]);
    send("192.0.2.8", "/fetching", &[page, ("sec-fetch-mode", "no-cors")]);
    send("192.0.2.9", "/speaking", &[page, ("accept-language", "nb")]);
    // A server speaks for its visitor.
    send("192.0.2.10", "/server", &[]);
    robots(&gateway, &token, &[("Not what it says", 1)]);
    pages(&gateway, &token, &[("/fetching", 1), ("/server", 1), ("/speaking", 1)]);
    figures(&gateway, &token, [3, 3, 3]);
}

#[test]
fn without_consent_nothing_is_counted_where_the_operator_says_so() {
    let rules = rules_with("without_consent = \"off\"\ncount = \"script\"");
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules);
    let token = gateway.token();
    assert_eq!(dropped(&tell(&gateway, &pageview("/"))), 1);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let cookies = visitor.cookies();
    let headers = [FROM_PAGE.as_slice(), &[("cookie", cookies.as_str())]].concat();
    assert_eq!(dropped(&post(&gateway, "/event", pageview("/dekk").to_string(), &headers)), 0);
    figures(&gateway, &token, [1, 1, 1]);
}

#[test]
fn a_navigation_that_failed_is_no_page_view_and_told_by_its_status() {
    let origin = Origin::answering(|asked| {
        let mut answer = crate::support::origin::html_page(PLAIN);
        *answer.status_mut() = if asked.target == "/borte" { 404 } else { 200 }.try_into().expect("a status");
        answer
    });
    for rules in [RULES.to_owned(), rules_with(SCRIPT)] {
        let gateway = start_with(&origin, &rules);
        let token = gateway.token();
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.open("/borte");
        get(gateway.visitors, "/borte", &[("user-agent", CHROME), ("sec-fetch-dest", "image")]);
        let question = json!({"metrics": ["events"], "date_range": "day", "dimensions": ["event:status"],
            "filters": [["is", "event:status", ["404"]]]});
        gateway.ask_until(&token, &question, &json!([{"metrics": [1], "dimensions": ["404"]}]));
        let views = json!({"metrics": ["pageviews"], "date_range": "day"});
        gateway.ask_until(&token, &views, &json!([{"metrics": [0], "dimensions": []}]));
    }
}

#[test]
fn what_was_dropped_is_told_by_reason() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    tell(&gateway, &pageview("/"));
    tell(&gateway, &json!({"n": "a", "u": "https://evil.example/"}));
    post(&gateway, "/event", "{", &FROM_PAGE);
    post(&gateway, "/event", purchase().to_string(), &[("origin", "https://evil.example")]);
    let question = json!({"metrics": ["events"], "date_range": "day", "dimensions": ["dropped:reason"],
        "order_by": [["dropped:reason", "asc"]]});
    let expected = ["counted_by_gateway", "cross_site", "other_host", "unreadable_event"]
        .map(|reason| json!({"metrics": [1], "dimensions": [reason]}));
    gateway.ask_until(&token, &question, &json!(expected));
}
