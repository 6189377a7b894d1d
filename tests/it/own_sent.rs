//! What scripts of a page send to the shop's own host: a tracker's hit that only its body gives away, and all else.

use bytes::Bytes;
use http::{Request, Response};

use crate::own_paths::{ACME, assert_nothing, coded};
use crate::support::{Answer, Gateway, Origin, RULES, Visitor, request, start_with};

/// Sends as `fetch()` and beacons do.
fn tell(gateway: &Gateway, target: &str, kind: &str, cookie: &str, body: &[u8]) -> Answer {
    let asked = Request::post(target).header("host", "shop.example").header("sec-fetch-dest", "empty");
    let asked = asked.header("content-type", kind).header("cookie", cookie);
    request(gateway.visitors, asked.body(Bytes::copy_from_slice(body)).expect("a request"))
}

#[test]
fn what_only_its_body_gives_away_never_reaches_the_origin() {
    let origin = Origin::answering(|_| Response::new(Bytes::from_static(b"taken")));
    let gateway = start_with(&origin, &format!("{RULES}{ACME}"));
    let hit = br#"{"acme_key":"A-1","n":"view","u":"https://shop.example/"}"#;
    let packed = coded("gzip", hit);
    for (kind, body) in [("application/json", hit.as_slice()), ("text/plain", hit), ("text/plain", &packed)] {
        assert_nothing(&tell(&gateway, "/api/event", kind, "", body));
    }
    let long = [hit.as_slice(), &vec![b' '; 200_000]].concat();
    assert_nothing(&tell(&gateway, "/api/event", "text/plain", "", &long));
    assert_eq!(origin.asked().len(), 0);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let count = origin.asked().len();
    assert_eq!(tell(&gateway, "/api/event", "text/plain", &visitor.cookies(), &long).text(), "taken");
    assert_eq!(origin.asked().len(), count + 1);
    assert_eq!(origin.asked()[count].body, long, "what was looked at goes on byte for byte");
}

#[test]
fn what_the_shops_scripts_send_passes_byte_for_byte() {
    let origin = Origin::answering(|_| Response::new(Bytes::from_static(b"taken")));
    let gateway = start_with(&origin, &format!("{RULES}{ACME}"));
    let hit = br#"{"acme_key":"A-1","n":"view","u":"https://shop.example/"}"#;
    let late = [vec![b' '; 5000].as_slice(), hit].concat();
    let rows: [(&str, &str, &[u8]); 7] = [
        ("/api/event", "application/json", br#"{"acme_key":"A-1"}"#),
        ("/api/events", "application/json", hit),
        ("/api/event", "multipart/form-data; boundary=x", hit),
        ("/api/event", "text/plain", &late),
        ("/api/event", "text/plain", b""),
        ("/api/event", "application/octet-stream", &[0x1F, 0x8B, 8, 0, 1, 2, 3]),
        ("/cart/add", "application/json", br#"{"id":7}"#),
    ];
    for (number, (target, kind, body)) in rows.into_iter().enumerate() {
        assert_eq!(tell(&gateway, target, kind, "", body).text(), "taken", "{target} {kind}");
        assert_eq!(origin.asked()[number].body, body, "{target} {kind}");
    }
}

#[test]
fn a_form_that_a_visitor_sends_is_not_looked_into() {
    let origin = Origin::answering(|_| Response::new(Bytes::from_static(b"taken")));
    let gateway = start_with(&origin, &format!("{RULES}{ACME}"));
    let form = Request::post("/event").header("host", "shop.example").header("sec-fetch-dest", "document");
    let form = form.header("sec-fetch-mode", "navigate").header("content-type", "text/plain");
    let body = Bytes::from_static(br#"{"acme_key":"A-1","u":1}"#);
    assert_eq!(request(gateway.visitors, form.body(body).expect("a request")).text(), "taken");
}

/// A webhook of the tracker's own server to the shop's, or a browser that does not say what a request is for.
#[test]
fn what_another_server_sends_is_not_looked_into() {
    let origin = Origin::answering(|_| Response::new(Bytes::from_static(b"taken")));
    let gateway = start_with(&origin, &format!("{RULES}{ACME}"));
    let body = Bytes::from_static(br#"{"acme_key":"A-1","u":1}"#);
    let hook =
        || Request::post("/event").header("host", "shop.example").header("content-type", "application/json");
    let told = request(gateway.visitors, hook().body(body.clone()).expect("a request"));
    assert_eq!(told.text(), "taken");
    let old_browser = hook().header("origin", "https://shop.example").body(body).expect("a request");
    assert_nothing(&request(gateway.visitors, old_browser));
}
