//! The fence of a site that did not say what it uses has space for what its pages load, whatever else is known.

use std::sync::Arc;

use consentry::clock::SteppedClock;

use crate::inventory::{csp_report, send};
use crate::support::origin::html_page;
use crate::support::{Gateway, Origin, RULES, Visitor, noon, settings, start, start_in};

/// Of trackers that few shops have: a fence with all that is known does not reach them.
const NAMED: &str = "cdn.firstpromoter.com";
const REPORTED: &str = "cdn.pepperjam.com";
const NEVER_SEEN: &str = "*.tiendeo.com";
/// Nobody knows them.
const MARKED: &str = "own-ads.example";
const MARKED_NECESSARY: &str = "own-needed.example";

fn shop() -> Origin {
    Origin::answering(|_| {
        html_page(
            "<!doctype html><title>Dekk</title><script src=\"https://cdn.firstpromoter.com/fpr.js\"></script>\
             <script data-consentry=marketing src=\"//own-ads.example/a.js\"></script>\
             <img data-consentry=necessary src=\"//own-needed.example/a.gif\"><p>Dekk",
        )
    })
}

/// A visitor who agreed to marketing, without having seen a page.
fn agreed(gateway: &Gateway) -> Visitor {
    let mut visitor = Visitor::of(gateway.visitors);
    assert_eq!(visitor.post("choice=some&category=marketing&return=/", &[]).status, 303);
    visitor
}

/// Which of the hosts the fence of the next page lets through.
fn open<'a>(visitor: &mut Visitor, hosts: &[&'a str]) -> Vec<&'a str> {
    let answer = visitor.open("/");
    let fence = answer.header("content-security-policy").expect("a fence");
    let takes = |host: &str| {
        let below = host.split_once('.').map_or("", |(_, domain)| domain);
        fence.split(' ').any(|source| {
            let source = source.trim_end_matches(":*");
            source == host || source.strip_prefix("*.") == Some(below)
        })
    };
    hosts.iter().copied().filter(|host| takes(host)).collect()
}

const ALL: [&str; 5] = [NAMED, REPORTED, NEVER_SEEN, MARKED, MARKED_NECESSARY];

#[test]
fn what_a_page_names_works_for_those_who_agree_to_its_category() {
    let origin = shop();
    let gateway = start(&origin);
    let mut undecided = Visitor::of(gateway.visitors);
    assert_eq!(open(&mut undecided, &ALL), [""; 0]);
    assert_eq!(open(&mut agreed(&gateway), &ALL), [NAMED, MARKED]);
    assert_eq!(open(&mut undecided, &ALL), [""; 0]);
    let mut other = Visitor::of(gateway.visitors);
    other.choose("choice=some&category=statistics&return=/");
    assert_eq!(open(&mut other, &ALL), [""; 0]);
}

#[test]
fn what_a_script_loads_works_from_the_page_after_the_report_on() {
    let origin = shop();
    let gateway = start(&origin);
    let mut visitor = agreed(&gateway);
    assert!(!open(&mut visitor, &ALL).contains(&REPORTED));
    let report = csp_report("script-src-elem", "https://cdn.pepperjam.com/x.js", "/");
    assert_eq!(send(&gateway, "application/csp-report", &[], report).status, 204);
    assert_eq!(open(&mut visitor, &ALL), [NAMED, REPORTED, MARKED]);
    assert_eq!(open(&mut Visitor::of(gateway.visitors), &ALL), [""; 0]);
}

#[test]
fn what_was_seen_is_known_after_a_reload_and_after_a_restart() {
    let origin = shop();
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin.address, RULES);
    let clock = Arc::new(SteppedClock::at(noon()));
    let gateway = start_in(directory, &text, clock.clone());
    Visitor::of(gateway.visitors).open("/");
    gateway.reload(&text);
    assert_eq!(open(&mut agreed(&gateway), &ALL), [NAMED, MARKED]);
    // A mark is learned again from the first page: the inventory has names, not what is open.
    let gateway = start_in(gateway.stop(), &text, clock);
    assert_eq!(open(&mut agreed(&gateway), &ALL), [NAMED]);
    assert_eq!(open(&mut agreed(&gateway), &ALL), [NAMED, MARKED]);
}
