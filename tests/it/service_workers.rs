//! Service workers: which are installed, and what becomes of the others.

use bytes::Bytes;
use http::Response;
use serde_json::json;

use crate::pages::SHOP;
use crate::support::origin::html_page;
use crate::support::{Origin, RULES, Visitor, get, start, start_with};

fn worker() -> Origin {
    Origin::answering(|_| {
        Response::builder()
            .header("content-type", "application/javascript")
            .header("cache-control", "max-age=600")
            .header("etag", "\"1\"")
            .body(Bytes::from_static(b"addEventListener('fetch', keep)"))
            .expect("a response")
    })
}

const ASKED: [&[(&str, &str)]; 3] = [
    &[("service-worker", "script"), ("sec-fetch-dest", "serviceworker")],
    &[("sec-fetch-dest", "serviceworker")],
    &[("service-worker", "script"), ("accept", "*/*")],
];

const VOUCHED: &str =
    "[[site.allow]]\nservice_worker = \"/sw.js\"\ncategory = \"necessary\"\nwhy = \"offline\"\n";

#[test]
fn a_worker_nobody_vouched_for_is_answered_with_one_that_leaves() {
    let origin = worker();
    let gateway = start(&origin);
    for headers in ASKED {
        let answer = get(gateway.visitors, "/sw.js", headers);
        assert_eq!(answer.status, 200, "an update that fails would leave the old one");
        assert!(
            answer.text().contains("registration.unregister()") && answer.text().contains("skipWaiting()")
        );
        assert!(!answer.text().contains("fetch"), "it takes no request");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("service-worker-allowed"), Some("/"));
    }
    assert!(origin.asked().is_empty(), "the origin is not asked");
    assert!(get(gateway.admin, "/metrics", &[]).text().contains("policy_workers_refused_total 3\n"));
    let mut some = Visitor::of(gateway.visitors);
    some.post("choice=some&category=statistics&category=marketing", &[]);
    assert!(some.get("/sw.js", ASKED[0]).text().contains("unregister"));
}

#[test]
fn a_worker_comes_when_everything_is_granted_and_leaves_when_it_is_not() {
    let origin = worker();
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.post("choice=all", &[]);
    assert_eq!(visitor.get("/sw.js", ASKED[0]).text(), "addEventListener('fetch', keep)");
    visitor.post("choice=none", &[]);
    assert!(visitor.get("/sw.js", ASKED[0]).text().contains("unregister"));
}

#[test]
fn a_worker_the_operator_vouches_for_is_installed_behind_a_fence() {
    let origin = worker();
    let gateway = start_with(&origin, &format!("{RULES}{VOUCHED}"));
    for headers in ASKED {
        let answer = get(gateway.visitors, "/sw.js?v=2", headers);
        assert_eq!(answer.text(), "addEventListener('fetch', keep)");
        let fence = answer.header("content-security-policy").expect("a fence");
        assert!(fence.contains("*.stripe.com") && !fence.contains("google-analytics.com"), "{fence}");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    }
    assert!(get(gateway.visitors, "/other/sw.js", ASKED[0]).text().contains("unregister"));
}

#[test]
fn the_fence_of_a_worker_is_that_of_the_consent_and_is_confirmed_for_it_only() {
    let origin = worker();
    let gateway = start(&origin);
    let dest = ("sec-fetch-dest", "worker");
    let mut visitor = Visitor::of(gateway.visitors);
    let first = visitor.get("/w.js", &[dest]);
    let tag = first.header("etag").expect("a tag").to_owned();
    assert_ne!(tag, "\"1\"");
    let again = visitor.get("/w.js", &[dest, ("if-none-match", &tag)]);
    assert_eq!(again.status, 304);
    assert_eq!(origin.last().header("if-none-match"), "");
    visitor.post("choice=some&category=statistics", &[]);
    let after = visitor.get("/w.js", &[dest, ("if-none-match", &tag)]);
    assert_eq!(after.status, 200);
    assert!(
        after.header("content-security-policy").is_some_and(|fence| fence.contains("google-analytics.com"))
    );
}

/// A browser may start a worker from the copy that it has of a script.
#[test]
fn a_script_kept_by_a_cache_has_the_tightest_fence() {
    let origin = worker();
    let gateway = start(&origin);
    for choice in ["choice=none", "choice=all"] {
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.post(choice, &[]);
        let answer = visitor.get("/a.js", &[("sec-fetch-dest", "script")]);
        let fence = answer.header("content-security-policy").expect("a fence");
        assert!(fence.starts_with("worker-src 'self' blob:; default-src 'self' data: blob: "), "{fence}");
        assert!(!fence.contains('.') && !fence.contains("https:"), "{fence}");
        assert_eq!(answer.header("cache-control"), Some("max-age=600"));
        assert_eq!(answer.header("etag"), Some("\"1\""));
    }
}

#[test]
fn where_nothing_is_held_or_unknown_hosts_pass_workers_do() {
    for rules in [
        RULES.replace("enforce", "observe"),
        RULES.replace("enforce", "off"),
        RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\nunknown_hosts = \"pass\""),
    ] {
        let origin = worker();
        let gateway = start_with(&origin, &rules);
        let answer = get(gateway.visitors, "/sw.js", ASKED[0]);
        assert_eq!(answer.text(), "addEventListener('fetch', keep)", "{rules}");
    }
}

/// A shop with a page and a part of one.
fn pages() -> Origin {
    Origin::answering(|asked| match asked.target.as_str() {
        "/part" => html_page("<!-- a part --><main>Dekk</main>"),
        _ => html_page(SHOP),
    })
}

/// What a worker's own fetch says.
const FETCHED: (&str, &str) = ("sec-fetch-dest", "empty");
const BY_WORKER: (&str, &str) = ("referer", "http://shop.example/sw.js?v=2");

#[test]
fn a_page_that_a_vouched_worker_keeps_is_made_for_the_answer_that_stands() {
    let origin = pages();
    let gateway = start_with(&origin, &format!("{RULES}{VOUCHED}"));
    let asks = |page: &str| page.contains("id=consentry-banner") || page.contains("id=\"consentry-banner\"");
    let mut visitor = Visitor::of(gateway.visitors);
    let before = visitor.get("/", &[FETCHED, BY_WORKER]);
    assert!(asks(&before.text()) && before.text().contains("__lookupSetter__"), "{}", before.text());
    assert!(before.text().contains("data-consentry-src=\"https://www.googletagmanager.com"));
    assert_eq!(before.header("cache-control"), Some("private, no-cache"));
    visitor.post("choice=all", &[]);
    let after = visitor.get("/", &[FETCHED, BY_WORKER]).text();
    assert!(!asks(&after) && after.contains("consentry-open"), "{after}");
    assert!(after.contains(" src=\"https://www.googletagmanager.com"));
}

#[test]
fn what_is_no_whole_document_or_no_workers_fetch_gets_nothing_of_ours() {
    let origin = pages();
    let gateway = start_with(&origin, &format!("{RULES}{VOUCHED}"));
    let has_ours = |path: &str, headers: &[(&str, &str)]| {
        get(gateway.visitors, path, headers).text().contains("consentry-open")
    };
    assert!(has_ours("/", &[FETCHED, BY_WORKER]));
    assert!(!has_ours("/part", &[FETCHED, BY_WORKER]));
    for referrer in [
        "http://shop.example/",
        "http://shop.example/other.js",
        "http://shop.example/a/sw.js",
        "http://other.example/sw.js",
    ] {
        assert!(!has_ours("/", &[FETCHED, ("referer", referrer)]), "{referrer}");
    }
    assert!(!has_ours("/", &[FETCHED]));
    assert!(!has_ours("/", &[BY_WORKER, ("sec-fetch-dest", "image")]));
}

#[test]
fn a_page_that_a_worker_keeps_is_not_counted() {
    let origin = pages();
    let gateway = start_with(&origin, &format!("{RULES}{VOUCHED}"));
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.get("/kept", &[FETCHED, BY_WORKER]);
    visitor.open("/seen");
    let question = json!({"metrics": ["pageviews"], "date_range": "day", "dimensions": ["event:page"]});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1], "dimensions": ["/seen"]}]));
}
