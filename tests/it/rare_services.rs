//! A payment that few shops have works without a word in the settings: on the first page that names it, and from the page
//! after a report on where only a script knows of it.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};

use consentry::clock::SteppedClock;

use crate::faults::{before, rude};
use crate::inventory::{csp_report, send};
use crate::support::origin::html_page;
use crate::support::{Gateway, Origin, RULES, Visitor, noon, settings, start, start_in, start_with};

/// What the shop's page names, and what that script goes on to load.
const SCRIPT: &str = "web.squarecdn.com";
const NEXT: &str = "pci-connect.squareup.com";
/// Another payment, which nothing names.
const OTHER: &str = "d.ratepay.com";

const CHECKOUT: &str = "<!doctype html><title>Kasse</title><body><h1>Kasse</h1>\
    <script src=\"https://web.squarecdn.com/v1/square.js\"></script>";
const PLAIN: &str = "<!doctype html><title>Kasse</title><body><h1>Handlekurven er tom</h1>";

/// Which of the three the fence of that page lets through.
fn open(visitor: &mut Visitor, path: &str) -> Vec<&'static str> {
    let answer = visitor.open(path);
    let fences = answer.headers_named("content-security-policy");
    assert_eq!(fences.len(), 1);
    [SCRIPT, NEXT, OTHER]
        .into_iter()
        .filter(|host| fences[0].split(' ').any(|source| source == *host))
        .collect()
}

/// Visitors in every state that has a fence.
fn visitors(gateway: &Gateway) -> Vec<Visitor> {
    let answers = ["none", "some&category=preferences", "some&category=statistics&category=marketing"];
    let answered = answers.map(|answer| {
        let mut visitor = Visitor::of(gateway.visitors);
        assert_eq!(visitor.post(&format!("choice={answer}&return=/"), &[]).status, 303);
        visitor
    });
    [Visitor::of(gateway.visitors)].into_iter().chain(answered).collect()
}

#[test]
fn the_first_page_that_names_a_payment_has_all_of_it_in_its_own_fence_whatever_was_answered() {
    for state in 0..4 {
        let origin = Origin::page(CHECKOUT);
        let gateway = start(&origin);
        let mut visitor = visitors(&gateway).swap_remove(state);
        for _ in ["first", "second"] {
            assert_eq!(open(&mut visitor, "/kasse"), [SCRIPT, NEXT], "state {state}");
        }
    }
}

#[test]
fn a_page_of_a_shop_that_names_no_such_payment_has_none() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for mut visitor in visitors(&gateway) {
        assert_eq!(open(&mut visitor, "/kasse"), [""; 0]);
    }
}

#[test]
fn what_the_operator_names_is_open_on_every_page() {
    let origin = Origin::page(PLAIN);
    let rules = RULES.replacen("mode = \"enforce\"", "mode = \"enforce\"\nuses = [\"square\"]", 1);
    let gateway = start_with(&origin, &rules);
    for mut visitor in visitors(&gateway) {
        assert_eq!(open(&mut visitor, "/"), [SCRIPT, NEXT]);
    }
}

/// The page is known by then, and sent on as it comes.
#[test]
fn a_page_that_comes_to_name_a_payment_after_many_views_is_followed_by_pages_that_have_it() {
    let views = Arc::new(AtomicUsize::new(0));
    let seen = views.clone();
    let origin =
        Origin::answering(move |_| html_page(if seen.fetch_add(1, Relaxed) < 20 { PLAIN } else { CHECKOUT }));
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    while views.load(Relaxed) < 20 {
        assert_eq!(open(&mut visitor, "/kasse"), [""; 0]);
    }
    open(&mut visitor, "/kasse");
    assert_eq!(open(&mut visitor, "/kasse"), [SCRIPT, NEXT]);
}

#[test]
fn a_report_of_one_host_opens_every_host_of_its_payment_for_everybody_and_a_strangers_opens_nothing() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for (stranger, directive) in [("evil.example", "script-src-elem"), ("squarecdn.com.example", "frame-src")]
    {
        let report = csp_report(directive, &format!("https://{stranger}/x.js"), "/kasse");
        assert_eq!(send(&gateway, "application/csp-report", &[], report).status, 204);
        let fence = Visitor::of(gateway.visitors).open("/kasse");
        assert!(!fence.header("content-security-policy").expect("a fence").contains(stranger));
    }
    for mut visitor in visitors(&gateway) {
        assert_eq!(open(&mut visitor, "/kasse"), [""; 0]);
    }
    let report = csp_report("script-src-elem", "https://web.squarecdn.com/v1/square.js", "/kasse");
    assert_eq!(send(&gateway, "application/csp-report", &[], report).status, 204);
    for mut visitor in visitors(&gateway) {
        assert_eq!(open(&mut visitor, "/kasse"), [SCRIPT, NEXT]);
    }
}

#[test]
fn what_was_opened_stays_open_after_a_reload_and_after_a_restart() {
    for is_reported in [false, true] {
        let origin =
            Origin::answering(|asked| html_page(if asked.target == "/kasse" { CHECKOUT } else { PLAIN }));
        let directory = tempfile::tempdir().expect("a directory");
        let text = settings(&directory, origin.address, RULES);
        let clock = Arc::new(SteppedClock::at(noon()));
        let gateway = start_in(directory, &text, clock.clone());
        if is_reported {
            let report = csp_report("script-src-elem", "https://web.squarecdn.com/v1/square.js", "/");
            assert_eq!(send(&gateway, "application/csp-report", &[], report).status, 204);
        } else {
            Visitor::of(gateway.visitors).open("/kasse");
        }
        gateway.reload(&text);
        assert_eq!(open(&mut Visitor::of(gateway.visitors), "/"), [SCRIPT, NEXT]);
        let gateway = start_in(gateway.stop(), &text, clock);
        assert_eq!(open(&mut Visitor::of(gateway.visitors), "/"), [SCRIPT, NEXT]);
    }
}

/// An origin that sends the head of its page and then works on: the visitor has that before the rest is there.
#[test]
fn a_new_page_that_comes_bit_by_bit_is_not_waited_for_to_its_end() {
    let (go, gone) = mpsc::channel::<()>();
    let (address, thread) = rude(1, move |stream| {
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
        let begin =
            [head, &chunk("<!doctype html><title>Dekk</title><body><h1>Dekk</h1><p>Vi leter")].concat();
        stream.write_all(begin.as_bytes()).expect("the gateway listens");
        gone.recv().expect("the visitor has the beginning");
        let rest = [&chunk(&CHECKOUT[CHECKOUT.find("<script").expect("a script")..]), "0\r\n\r\n"].concat();
        stream.write_all(rest.as_bytes()).expect("the gateway listens");
    });
    let gateway = before(address);
    let mut visitor = std::net::TcpStream::connect(gateway.visitors).expect("a connection");
    let request = "GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    visitor.write_all(request.as_bytes()).expect("the gateway listens");
    let mut page = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&page).contains("<h1>Dekk</h1>") {
        let length = visitor.read(&mut piece).expect("the page begins");
        assert!(length > 0, "it ended before it began");
        page.extend_from_slice(&piece[..length]);
    }
    go.send(()).expect("the origin waits");
    visitor.read_to_end(&mut page).expect("the rest");
    assert!(String::from_utf8_lossy(&page).contains("square.js"));
    drop(gateway);
    thread.join().expect("it ends");
}
