//! What asks and is no browser: those who tell a shop of payments and parcels, apps, and other shops' systems.

use bytes::Bytes;
use http::{Request, Response};

use crate::support::{Answer, Gateway, Origin, request, rules_of_mode, start_with};

/// Says what it is told to say, as PHP does: all of it is `text/html`.
fn saying() -> Origin {
    Origin::answering(|asked| {
        let said = asked.header("x-say").to_owned();
        let html = Response::builder().header("content-type", "text/html; charset=UTF-8");
        html.body(Bytes::from(said)).expect("a response")
    })
}

fn sent(gateway: &Gateway, method: &str, said: &str, headers: &[(&str, &str)]) -> Answer {
    let mut builder =
        Request::builder().method(method).uri("/").header("host", "shop.example").header("x-say", said);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    request(gateway.visitors, builder.body(Bytes::from_static(b"x=1")).expect("a request"))
}

const ANY: (&str, &str) = ("accept", "*/*");
const JAVA: (&str, &str) = ("accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml");

#[test]
fn a_machine_gets_what_the_shop_says_letter_by_letter() {
    for mode in ["enforce", "observe"] {
        let origin = saying();
        let gateway = start_with(&origin, &rules_of_mode(mode));
        for (method, said, headers) in [
            ("POST", "[accepted]", &[ANY][..]),
            ("POST", "[accepted]", &[]),
            ("POST", "[accepted]", &[JSON]),
            ("POST", "[accepted]", &[JAVA, JSON]),
            ("POST", "[accepted]", &[JAVA, FORM]),
            ("POST", "<EPAYMENT>1|2</EPAYMENT>", &[ANY, FORM]),
            ("GET", "OK", &[ANY]),
            ("GET", "OK123", &[]),
            ("GET", "{\"ok\":true}", &[("user-agent", "okhttp/4.12")]),
            ("GET", "{\"ok\":true}", &[JAVA]),
            ("GET", "<li>1</li>", &[ANY, ("referer", "http://shop.example/dekk")]),
            ("GET", "google-site-verification: google1.html", &[HTML]),
        ] {
            let answer = sent(&gateway, method, said, headers);
            assert_eq!(answer.text(), said, "{mode}, {method} with {headers:?}");
        }
    }
}

#[test]
fn who_goes_to_a_page_is_asked_there() {
    let origin = saying();
    let gateway = start_with(&origin, &rules_of_mode("enforce"));
    for (method, said, headers) in [
        ("GET", "<p>Dekk", &[HTML][..]),
        ("GET", "<p>Dekk", &[ANY]),
        ("GET", "<p>Dekk", &[]),
        ("POST", "<p>Dekk", &[HTML, FORM]),
        ("POST", "<p>Dekk", &[HTML, ("content-type", "multipart/form-data; boundary=x")]),
        // A browser that says where it goes is believed, whatever the page begins with.
        ("GET", "Notice: undefined index <p>Dekk", &[HTML, ("sec-fetch-dest", "document")]),
    ] {
        let page = sent(&gateway, method, said, headers).text();
        assert!(page.contains("id=\"consentry-banner\""), "{method} with {headers:?}: {page}");
    }
}
