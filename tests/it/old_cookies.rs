//! Cookies of trackers that are in the browser already: a page takes them out again.

use crate::pages::PLAIN;
use crate::support::{Answer, Gateway, Origin, Visitor, get, rules_of_mode, start, start_with};

const OLD: &str = "_ga=GA1.1.2.3; _fbp=fb.1.2.3; PHPSESSID=abc; nobody_knows=1";

fn opened(gateway: &Gateway, cookies: &str, headers: &[(&str, &str)]) -> Answer {
    let own = [("cookie", cookies), ("accept", "text/html")];
    get(gateway.visitors, "/dekk", &[&own, headers].concat())
}

fn removed(answer: &Answer, name: &str) -> bool {
    let start = format!("{name}=; Max-Age=0; Path=/");
    answer.headers_named("set-cookie").iter().any(|line| line.starts_with(&start))
}

#[test]
fn a_page_expires_the_cookies_of_known_trackers_that_are_not_granted() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let answer = opened(&gateway, OLD, &[]);
    let lines = answer.headers_named("set-cookie");
    for name in ["_ga", "_fbp"] {
        assert!(lines.contains(&format!("{name}=; Max-Age=0; Path=/").as_str()), "{lines:?}");
        assert!(
            lines.contains(&format!("{name}=; Max-Age=0; Path=/; Domain=shop.example").as_str()),
            "{lines:?}"
        );
    }
    assert!(!removed(&answer, "PHPSESSID") && !removed(&answer, "nobody_knows"), "{lines:?}");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
}

#[test]
fn a_page_leaves_what_is_granted_and_says_nothing_where_nothing_is_left() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics");
    let consent: Vec<String> = visitor.jar.iter().map(|(name, value)| format!("; {name}={value}")).collect();
    let consent = consent.concat();
    let answer = opened(&gateway, &format!("{OLD}{consent}"), &[]);
    assert!(removed(&answer, "_fbp") && !removed(&answer, "_ga"), "{:?}", answer.headers_named("set-cookie"));
    assert!(opened(&gateway, "PHPSESSID=abc", &[]).headers_named("set-cookie").is_empty());
}

#[test]
fn what_is_no_page_of_a_visitor_expires_nothing() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for headers in [
        &[("sec-fetch-dest", "empty")][..],
        &[("sec-fetch-dest", "iframe")],
        &[("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")],
    ] {
        assert!(!removed(&opened(&gateway, OLD, headers), "_ga"), "{headers:?}");
    }
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    assert!(!removed(&opened(&gateway, OLD, &[]), "_ga"));
}

#[test]
fn the_lines_of_a_page_are_bounded() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let many = (0..150).map(|number| format!("_ga_{number}=1")).collect::<Vec<_>>().join("; ");
    assert_eq!(opened(&gateway, &many, &[]).headers_named("set-cookie").len(), 32);
}
