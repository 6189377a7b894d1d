//! A yes to everything is a yes to what visitors are told of: where the operator wrote down what the site uses, whatever else
//! there is stays held.

use bytes::Bytes;
use http::Response;

use crate::support::origin::html_page;
use crate::support::{Gateway, Origin, RULES, Visitor, start, start_with};

const PAGE: &str = "<!doctype html><html lang=nb><head><title>Dekk</title>\
    <script async src=\"https://www.googletagmanager.com/gtag/js?id=G-1\"></script>\
    <script async src=\"https://analytics.tiktok.com/i18n/pixel/events.js\"></script>\
    <img src=\"https://unheard-of.example/p.gif\" alt=\"\"></head><body><h1>Dekk</h1></body></html>";
const LINES: [&str; 4] = ["_ga=1; Path=/", "_ttp=2; Path=/", "unheard_of=3; Path=/", "PHPSESSID=4; Path=/"];

fn shop() -> Origin {
    Origin::answering(|_| {
        let mut answer: Response<Bytes> = html_page(PAGE);
        for line in LINES {
            answer.headers_mut().append("set-cookie", line.parse().expect("a value"));
        }
        answer
    })
}

fn rules(more: &str) -> String {
    RULES.replace("mode = \"enforce\"", &format!("mode = \"enforce\"\n{more}"))
}

/// Somebody who said yes to everything, with a browser that was here before the gateway.
fn agreed(gateway: &Gateway) -> Visitor {
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    for line in LINES {
        let (name, value) = line.split_once('=').expect("a name");
        visitor.jar.insert(name.into(), value.split(';').next().unwrap_or_default().into());
    }
    visitor
}

fn sent(origin: &Origin) -> Vec<String> {
    let mut names: Vec<String> = origin.last().header("cookie").split("; ").map(Into::into).collect();
    names.sort();
    names
}

#[test]
fn a_yes_to_everything_is_none_to_what_nobody_was_told_of() {
    let origin = shop();
    let gateway = start_with(&origin, &rules("uses = [\"google-analytics\", \"google-tag\"]"));
    let mut visitor = agreed(&gateway);
    let answer = visitor.open("/");
    assert_eq!(sent(&origin), ["PHPSESSID=4", "_ga=1"]);
    let set = answer.headers_named("set-cookie");
    assert!(set.contains(&LINES[0]) && set.contains(&LINES[3]), "{set:?}");
    assert!(!set.contains(&LINES[1]) && !set.contains(&LINES[2]), "{set:?}");
    let fence = answer.header("content-security-policy").expect("a fence");
    assert!(fence.contains("google-analytics.com") && !fence.contains("tiktok"), "{fence}");
    let denied = answer.header("permissions-policy").expect("nobody was asked about marketing");
    assert!(denied.contains("browsing-topics=()"), "{denied}");
    let page = answer.text();
    assert_eq!(page.matches("data-consentry-held=").count(), 2, "{page}");
    assert!(
        page.contains("<script async src=\"https://www.googletagmanager.com/gtag/js?id=G-1\">"),
        "{page}"
    );
}

#[test]
fn where_all_that_is_known_is_used_it_leaves_the_page_as_the_shop_wrote_it() {
    let origin = shop();
    let gateway = start(&origin);
    let mut visitor = agreed(&gateway);
    let answer = visitor.open("/");
    assert_eq!(sent(&origin), ["PHPSESSID=4", "_ga=1", "_ttp=2", "unheard_of=3"]);
    let set = answer.headers_named("set-cookie");
    assert!(LINES.iter().all(|line| set.contains(line)), "{set:?}");
    assert_eq!(answer.header("content-security-policy"), None);
    assert!(!answer.text().contains("data-consentry-held"));
}

#[test]
fn what_nobody_knows_passes_where_the_operator_lets_it() {
    let origin = shop();
    let gateway = start_with(
        &origin,
        &rules("uses = [\"google-analytics\"]\nunknown_cookies = \"pass\"\nunknown_hosts = \"pass\""),
    );
    let mut visitor = agreed(&gateway);
    let answer = visitor.open("/");
    assert_eq!(sent(&origin), ["PHPSESSID=4", "_ga=1", "unheard_of=3"]);
    assert_eq!(answer.header("content-security-policy"), None);
    assert!(!answer.headers_named("set-cookie").contains(&LINES[1]), "its tracker is known, and not used");
}
