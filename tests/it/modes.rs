//! The three modes of a site: what each does to requests, answers and pages, and that a reload switches them.

use bytes::Bytes;
use http::Request;

use crate::pages::SHOP;
use crate::support::origin::html_page;
use crate::support::{Gateway, Origin, Visitor, client, get, rules_of_mode, settings, start_with};

const WITNESS: &str = "<script async src=\"/_consentry/witness.js\"></script>";

/// A shop that sets cookies and has trackers in its pages.
fn shop() -> Origin {
    Origin::answering(|_| {
        let mut answer = html_page(SHOP);
        for line in ["_ga=GA1.1.2.3; Path=/", "PHPSESSID=abc; HttpOnly"] {
            answer.headers_mut().append("set-cookie", line.parse().expect("a value"));
        }
        answer
    })
}

fn visitor(gateway: &Gateway) -> Visitor {
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.jar.insert("_fbp".into(), "fb.1.2.3".into());
    visitor.jar.insert("cart".into(), "7".into());
    visitor
}

#[test]
fn observe_passes_everything_and_puts_only_the_witness_behind_the_page() {
    let origin = shop();
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    let answer = visitor(&gateway).open("/");
    assert_eq!(answer.text(), format!("{SHOP}{WITNESS}"));
    assert_eq!(answer.headers_named("set-cookie"), ["_ga=GA1.1.2.3; Path=/", "PHPSESSID=abc; HttpOnly"]);
    let cookies = origin.last().header("cookie").to_owned();
    assert!(cookies.contains("_fbp=fb.1.2.3") && cookies.contains("cart=7"), "{cookies}");
    assert!(
        answer.header("content-security-policy-report-only").is_some_and(|fence| fence.contains("'self'"))
    );
    assert_eq!(answer.header("content-security-policy"), None);
    assert_eq!(answer.header("permissions-policy"), None);
}

#[test]
fn observe_leaves_caching_to_the_shop_and_what_it_must_not_change_alone() {
    let origin = Origin::answering(|asked| {
        let mut answer = html_page(SHOP);
        let (name, value) = match asked.target.as_str() {
            "/kept" => ("cache-control", "public, max-age=60"),
            "/final" => ("cache-control", "no-transform"),
            "/coded" => ("content-encoding", "dcb"),
            "/xml" => ("content-type", "application/xhtml+xml"),
            _ => ("content-type", "text/html; charset=UTF-16LE"),
        };
        answer.headers_mut().insert(name, value.parse().expect("a value"));
        answer.headers_mut().insert("etag", "\"1\"".parse().expect("a value"));
        answer
    });
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    let mut visitor = visitor(&gateway);
    let kept = visitor.open("/kept");
    assert_eq!(kept.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(kept.header("etag"), Some("W/\"1\""), "one line was added to it");
    for path in ["/final", "/coded"] {
        let answer = visitor.open(path);
        assert_eq!(answer.text(), SHOP, "{path}");
        assert_eq!(answer.header("etag"), Some("\"1\""), "{path}");
    }
    for path in ["/xml", "/wide"] {
        assert_eq!(visitor.open(path).text(), SHOP, "{path}");
    }
}

#[test]
fn observe_asks_nobody_and_adds_nothing_within_frames_and_to_what_is_no_page() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    for dest in ["iframe", "empty"] {
        let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", dest), ("accept", "text/html")]);
        assert_eq!(answer.text(), SHOP, "{dest}");
    }
}

#[test]
fn a_page_that_cannot_be_read_passes_whole_in_observe() {
    let endless: &'static str = Box::leak(format!("<p>{}", "<a ".repeat(100_000)).into_boxed_str());
    let origin = Origin::page(endless);
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    assert_eq!(visitor(&gateway).open("/").text(), format!("{endless}{WITNESS}"));
}

#[test]
fn the_witness_speaks_in_observe_only() {
    for (mode, is_there) in [("observe", true), ("enforce", false), ("off", false)] {
        let origin = Origin::page(SHOP);
        let gateway = start_with(&origin, &rules_of_mode(mode));
        let script = get(gateway.visitors, "/_consentry/witness.js", &[]);
        assert_eq!(script.status, 200, "{mode}");
        assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(!script.body.is_empty(), is_there, "{mode}");
        assert_eq!(visitor(&gateway).open("/").text().contains("witness.js"), is_there, "{mode}");
        assert!(origin.asked().len() == 1, "the shop is not asked for it");
    }
}

#[test]
fn off_passes_pages_as_they_are_and_notes_nothing() {
    let origin = shop();
    let gateway = start_with(&origin, &rules_of_mode("off"));
    let answer = visitor(&gateway).open("/");
    assert_eq!(answer.text(), SHOP);
    for name in ["content-security-policy", "content-security-policy-report-only", "permissions-policy"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.headers_named("set-cookie").len(), 2);
    for kind in ["application/csp-report", "application/json"] {
        let body = r#"{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://ads.example/",
            "document-uri":"https://shop.example/"},"storage":["key"]}"#;
        let request = Request::post("/_consentry/report").header("host", "shop.example");
        let request = request.header("content-type", kind).body(Bytes::from(body)).expect("a request");
        assert_eq!(client::request(gateway.visitors, request).status, 204);
    }
    let token = gateway.token();
    assert_eq!(gateway.found(&token)["things"], serde_json::json!([]));
    assert_eq!(gateway.found(&token)["reports"], serde_json::json!([]));
}

/// Nobody is asked there, so nothing waits for an answer.
#[test]
fn what_the_site_uses_holds_no_cookie_where_nothing_is_enforced() {
    for mode in ["observe", "off"] {
        let origin = shop();
        let uses = format!("mode = \"{mode}\"\nuses = [\"google-analytics\"]");
        let rules = rules_of_mode(mode).replace(&format!("mode = \"{mode}\""), &uses);
        let gateway = start_with(&origin, &rules);
        let mut visitor = visitor(&gateway);
        visitor.jar.extend([("unheard_of".into(), "1".into()), ("consentry".into(), "1.2.3".into())]);
        assert_eq!(visitor.open("/").headers_named("set-cookie").len(), 2, "{mode}");
        assert_eq!(origin.last().header("cookie"), "_fbp=fb.1.2.3; cart=7; unheard_of=1", "{mode}");
    }
}

#[test]
fn a_reload_switches_the_mode_of_one_site() {
    let origin = shop();
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    let text = |mode: &str| settings(&gateway.directory, origin.address, &rules_of_mode(mode));
    let page = || visitor(&gateway).open("/").text();
    assert_eq!(page(), format!("{SHOP}{WITNESS}"));
    gateway.reload(&text("enforce"));
    assert!(page().contains("consentry-banner") && !page().contains("witness.js"));
    gateway.reload(&text("off"));
    assert_eq!(page(), SHOP);
    gateway.reload(&text("observe"));
    assert_eq!(page(), format!("{SHOP}{WITNESS}"));
}

#[test]
fn modes_are_each_sites_own() {
    let shop = shop();
    let directory = tempfile::tempdir().expect("a directory");
    let one = settings(&directory, shop.address, &rules_of_mode("observe"));
    let site = &one[one.find("[[site]]").expect("a site")..];
    let other = site
        .replace("\"shop\"", "\"other\"")
        .replace("[\"shop.example\", \"127.0.0.1\"]", "[\"other.example\"]")
        .replace("\"observe\"", "\"off\"");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &format!("{one}{other}"), clock);
    let page = |host: &str| {
        let request = Request::get("/").header("host", host).header("accept", "text/html");
        client::request(gateway.visitors, request.body(Bytes::new()).expect("a request")).text()
    };
    assert!(page("shop.example").contains("witness.js"));
    assert_eq!(page("other.example"), SHOP);
}
