//! Frames that scripts make: pages listen for their refusal once a browser reported one, and ask what stands in for each.

use std::sync::Arc;

use consentry::clock::SteppedClock;

use crate::inventory::{csp_report, send};
use crate::support::{Gateway, Origin, RULES, Visitor, get, noon, settings, start, start_in};

const LISTENS: &str = "securitypolicyviolation";

fn report(gateway: &Gateway, directive: &str, blocked: &str) {
    let report = csp_report(directive, blocked, "/dekk");
    assert_eq!(send(gateway, "application/csp-report", &[], report).status, 204);
}

fn listens(gateway: &Gateway) -> bool {
    get(gateway.visitors, "/dekk", &[]).text().contains(LISTENS)
}

#[test]
fn only_pages_of_a_site_where_an_embed_was_refused_listen() {
    let origin = Origin::page("<html><head></head><body>Dekk</body></html>");
    let gateway = start(&origin);
    for (directive, blocked) in [
        // Theirs are frames, too.
        ("img-src", "https://www.facebook.com/tr"),
        ("script-src-elem", "https://www.youtube.com/iframe_api"),
        ("frame-src", "https://unknown.example/frame"),
        ("frame-src", "https://td.doubleclick.net/td"),
    ] {
        report(&gateway, directive, blocked);
        assert!(!listens(&gateway), "{blocked}");
    }
    report(&gateway, "frame-src", "https://www.youtube.com/embed/x");
    assert!(listens(&gateway));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.post("choice=all", &[]);
    assert!(!visitor.get("/dekk", &[]).text().contains(LISTENS), "nothing is refused after a yes");
}

#[test]
fn that_frames_were_refused_is_known_after_a_reload_and_after_a_restart() {
    let origin = Origin::page("<html><head></head><body>Dekk</body></html>");
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin.address, RULES);
    let clock = Arc::new(SteppedClock::at(noon()));
    let gateway = start_in(directory, &text, clock.clone());
    report(&gateway, "frame-src", "https://www.youtube.com/embed/x");
    assert!(listens(&gateway));
    gateway.reload(&text);
    assert!(listens(&gateway), "after a reload");
    let gateway = start_in(gateway.stop(), &text, clock);
    assert!(listens(&gateway), "after a restart");
}

fn asked(visitor: &mut Visitor, query: &str) -> String {
    let answer = visitor.get(&format!("/_consentry/choice.js?{query}"), &[]);
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
    answer.text()
}

#[test]
fn what_stands_in_for_an_address_is_told_in_the_pages_language_and_leads_back_to_it() {
    let origin = Origin::page("Dekk");
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let film = "frame=https%3A%2F%2Fwww.youtube.com%2Fembed%2Fx&return=%2Fdekk%3Fside%3D2";
    let told = asked(&mut visitor, &format!("{film}&lang=en-GB"));
    for part in [
        "export default \"\\u003ciframe",
        "data-consentry-held=youtube",
        "value=youtube",
        "/dekk?side=2",
        "Always&#32;allow&#32;YouTube",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(asked(&mut visitor, &format!("{film}&lang=nb")).contains("lang=&#34;nb&#34;"));
    let elsewhere = asked(&mut visitor, "frame=https://www.youtube.com/embed/x&return=//evil.example");
    assert!(!elsewhere.contains("evil"), "{elsewhere}");
    visitor.post("choice=some&layer=embed&tracker=youtube", &[]);
    assert_eq!(asked(&mut visitor, film), "export default \"\"", "it is agreed to");
}

#[test]
fn nothing_stands_in_for_what_is_no_embed() {
    let origin = Origin::page("Dekk");
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    for query in [
        "frame=",
        "frame=/kasse",
        "frame=https%3A%2F%2Funknown.example%2F",
        "frame=https%3A%2F%2Fjs.stripe.com%2Fv3",
        "frame=javascript%3Aalert(1)",
        "frame=%22%3E%3C%2Fscript%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "frame=%",
        "frame=%FF&lang=%00&return=%0d%0a",
    ] {
        assert_eq!(asked(&mut visitor, query), "export default \"\"", "{query}");
    }
}
