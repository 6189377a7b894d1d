//! Redirects of the shop's own addresses to held hosts.

use bytes::Bytes;
use http::Response;

use crate::support::{Origin, RULES, Visitor, get, start, start_with};

/// `/302?where` leads there.
fn leading() -> Origin {
    Origin::answering(|asked| {
        let (status, to) = asked.target[1..].split_once('?').expect("an address");
        Response::builder()
            .status(status.parse::<u16>().expect("a status"))
            .header("location", to)
            .header("content-type", "text/html")
            .header("set-cookie", "cart=1")
            .body(Bytes::from_static(b"<a href=/>moved</a>"))
            .expect("a response")
    })
}

const TRACKER: &str = "https://www.google-analytics.com/g/collect";

#[test]
fn a_part_of_a_page_is_not_led_to_a_held_host() {
    let origin = leading();
    let gateway = start(&origin);
    for (dest, status, kind) in [
        ("image", 204, None),
        ("empty", 204, None),
        ("script", 200, Some("text/javascript")),
        ("worker", 200, Some("text/javascript")),
        ("style", 200, Some("text/css")),
    ] {
        for (code, to) in [
            (301, TRACKER),
            (302, "//www.google-analytics.com"),
            (303, "https:\\\\unknown.example"),
            (307, "https://shop.example@connect.facebook.net/x"),
            (308, TRACKER),
        ] {
            let answer = get(gateway.visitors, &format!("/{code}?{to}"), &[("sec-fetch-dest", dest)]);
            assert_eq!(answer.status, status, "{code} to {to} of {dest}");
            assert_eq!(answer.header("location"), None, "{code} to {to} of {dest}");
            assert_eq!(answer.header("content-type"), kind, "{code} to {to} of {dest}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("set-cookie"), Some("cart=1"), "the shop's own cookie stays");
            assert!(answer.body.is_empty());
        }
    }
    assert!(get(gateway.admin, "/metrics", &[]).text().contains("policy_redirects_held_total 25\n"));
}

#[test]
fn who_follows_a_link_goes_where_it_leads() {
    let origin = leading();
    let gateway = start(&origin);
    let path = format!("/302?{TRACKER}");
    for headers in [
        &[("sec-fetch-dest", "document")][..],
        &[("sec-fetch-dest", "iframe")],
        &[("accept", "text/html")],
        &[],
        // A download that is a link to another host, and clients that are no browsers.
        &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate")],
        &[("accept", "application/pdf")],
        &[("accept", "application/octet-stream, */*")],
    ] {
        let answer = get(gateway.visitors, &path, headers);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some(TRACKER)), "{headers:?}");
    }
}

#[test]
fn a_page_that_nobody_asked_for_yet_is_not_fetched_from_a_held_host() {
    let origin = leading();
    let gateway = start(&origin);
    let path = format!("/302?{TRACKER}");
    for headers in [
        &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")][..],
        &[("accept", "text/html"), ("purpose", "prefetch")],
        &[("accept", "image/avif,image/*")],
        &[("accept", "text/css,*/*;q=0.1")],
        &[("accept", "*/*"), ("referer", "http://shop.example/")],
    ] {
        let answer = get(gateway.visitors, &path, headers);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (204, None), "{headers:?}");
    }
}

#[test]
fn redirects_to_open_hosts_pass() {
    let origin = leading();
    let gateway = start(&origin);
    for to in ["/a.js", "a.js", "https://js.stripe.com/v3/", "https://shop.example/a.png", "data:,x"] {
        let answer = get(gateway.visitors, &format!("/302?{to}"), &[("sec-fetch-dest", "script")]);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some(to)));
    }
    let created = get(gateway.visitors, &format!("/201?{TRACKER}"), &[("sec-fetch-dest", "empty")]);
    assert_eq!(created.header("location"), Some(TRACKER), "nobody follows this one");
}

#[test]
fn a_redirect_of_a_consent_is_for_that_visitor_only() {
    let origin = leading();
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.post("choice=some&category=statistics", &[]);
    let answer = visitor.get(&format!("/301?{TRACKER}"), &[("sec-fetch-dest", "image")]);
    assert_eq!(answer.header("location"), Some(TRACKER));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
}

#[test]
fn a_rule_about_pages_holds_for_their_parts() {
    let origin = leading();
    let rules = "[[site.allow]]\nhost = \"bank.example\"\ncategory = \"necessary\"\nwhy = \"pays\"\npaths = [\"/kasse\"]\n";
    let gateway = start_with(&origin, &format!("{RULES}{rules}"));
    for (referrer, status) in [
        ("http://shop.example/kasse/2?x", 302),
        ("http://shop.example/dekk", 204),
        ("https://elsewhere.example/kasse", 204),
        ("kasse", 204),
    ] {
        let headers = [("sec-fetch-dest", "empty"), ("referer", referrer)];
        let answer = get(gateway.visitors, "/302?https://bank.example/pay", &headers);
        assert_eq!(answer.status, status, "{referrer}");
    }
}
