//! Heads of answers and requests: what a consent does to them, whatever their type and status.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::faults::{before, rude};
use crate::pages::PLAIN;
use crate::support::client::raw;
use crate::support::{Origin, RULES, Visitor, get, start, start_with};

const HELD: &str = "https://www.google-analytics.com";

/// Fields that lead to a held host, or that wait for a consent.
const FIELDS: [(&str, &str); 11] = [
    ("link", "<https://www.google-analytics.com>; rel=preconnect"),
    ("refresh", "0; url=https://www.google-analytics.com/"),
    ("report-to", r#"{"group":"a","max_age":1,"endpoints":[{"url":"https://www.google-analytics.com/r"}]}"#),
    ("nel", r#"{"report_to":"a","max_age":1}"#),
    ("reporting-endpoints", "a=\"https://www.google-analytics.com/r\""),
    ("content-security-policy-report-only", "report-uri https://www.google-analytics.com/r"),
    ("accept-ch", "Sec-CH-UA-Model"),
    ("critical-ch", "Sec-CH-UA-Model"),
    ("speculation-rules", "\"/rules.json\""),
    ("observe-browsing-topics", "?1"),
    ("attribution-reporting-register-source", "{}"),
];

/// Fields that pass whatever the consent is.
const OPEN: [(&str, &str); 8] = [
    ("link", "</a.css>;rel=preload ;as=style,<https://www.google-analytics.com>; rel=\"next\""),
    ("link", "<https://js.stripe.com/v3/>; rel=preload; as=script"),
    ("clear-site-data", "\"cache\""),
    ("supports-loading-mode", "credentialed-prerender"),
    ("content-language", "nb"),
    ("x-frame-options", "DENY"),
    ("sourcemap", "/a.map"),
    ("timing-allow-origin", "*"),
];

fn answering(fields: &'static [(&'static str, &'static str)]) -> Origin {
    Origin::answering(move |asked| {
        let mut parts = asked.target.trim_start_matches('/').split('.');
        let status: StatusCode = parts.next().and_then(|status| status.parse().ok()).unwrap_or_default();
        let mut response = Response::builder().status(status);
        for kind in parts.map(|kind| kind.replace('-', "/")) {
            response = response.header("content-type", kind);
        }
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        response.body(Bytes::new()).expect("a response")
    })
}

fn with_consent(gateway: &crate::support::Gateway, choice: &str) -> Visitor {
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.post(choice, &[]);
    visitor
}

#[test]
fn fields_that_lead_to_held_hosts_pass_in_no_answer_of_any_type_or_status() {
    let origin = answering(&FIELDS);
    let gateway = start(&origin);
    for (path, dest) in [
        ("/200.text-html", "document"),
        ("/200.text-html", "iframe"),
        ("/200.text-html", "empty"),
        ("/404.text-html", "document"),
        ("/500.application-json", "empty"),
        ("/200.image-png", "image"),
        ("/200.text-javascript", "worker"),
        ("/200.application-pdf", "document"),
        ("/200", "document"),
        ("/302", "document"),
        ("/204", "empty"),
        ("/304", "image"),
        ("/206.video-mp4", "video"),
    ] {
        let answer = get(gateway.visitors, path, &[("sec-fetch-dest", dest)]);
        for (name, _) in FIELDS {
            assert_eq!(answer.header(name), None, "{name} of {path} as {dest}");
        }
    }
    let metrics = get(gateway.admin, "/metrics", &[]).text();
    assert!(metrics.contains("policy_fields_held_total 143\n"), "{metrics}");
}

#[test]
fn open_fields_pass_byte_for_byte_and_in_order() {
    let origin = answering(&OPEN);
    let gateway = start(&origin);
    for (path, dest) in [("/200.text-html", "document"), ("/200.image-png", "image"), ("/404", "empty")] {
        let answer = get(gateway.visitors, path, &[("sec-fetch-dest", dest)]);
        assert_eq!(answer.headers_named("link"), [OPEN[0].1, OPEN[1].1], "{path}");
        for (name, value) in &OPEN[2..] {
            assert_eq!(answer.header(name), Some(*value), "{name} of {path}");
        }
    }
}

#[test]
fn a_page_of_a_consent_has_the_fields_of_that_consent() {
    let origin = answering(&FIELDS);
    let gateway = start(&origin);
    let mut some = with_consent(&gateway, "choice=some&category=statistics");
    let page = some.open("/200.text-html");
    for (name, value) in FIELDS {
        let is_open = !["speculation-rules", "observe-browsing-topics"].contains(&name)
            && !name.starts_with("attribution");
        assert_eq!(page.header(name), is_open.then_some(value), "{name}");
    }
    let mut all = with_consent(&gateway, "choice=all");
    let page = all.open("/200.text-html");
    for (name, value) in FIELDS {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
}

/// A picture may be kept by a cache for many: what it carries must be right for every visitor.
#[test]
fn what_caches_keep_for_many_is_the_same_for_every_visitor() {
    let origin = answering(&FIELDS[..9]);
    let gateway = start(&origin);
    let head = |choice: Option<&str>| {
        let mut visitor =
            choice.map_or_else(|| Visitor::of(gateway.visitors), |choice| with_consent(&gateway, choice));
        let mut headers = visitor.get("/200.image-svg+xml", &[("sec-fetch-dest", "image")]).headers;
        headers.remove("date");
        headers
    };
    let nobody = head(None);
    assert_eq!(nobody, head(Some("choice=some&category=statistics")));
    assert_eq!(nobody, head(Some("choice=all")));
    assert!(nobody.contains_key("content-security-policy") && !nobody.contains_key("link"));
}

#[test]
fn advertising_on_the_shops_own_host_works_after_marketing_and_is_for_that_visitor_only() {
    let origin = answering(&[
        ("attribution-reporting-register-source", "{}"),
        ("cache-control", "public, max-age=60"),
    ]);
    let gateway = start(&origin);
    for (choice, expected) in [("choice=none", None), ("choice=some&category=marketing", Some("{}"))] {
        let mut visitor = with_consent(&gateway, choice);
        let answer = visitor.get("/200.image-gif", &[("sec-fetch-dest", "image")]);
        assert_eq!(answer.header("attribution-reporting-register-source"), expected);
        assert_eq!(answer.header("cache-control"), Some("max-age=60, private"));
    }
}

#[test]
fn our_permissions_policy_comes_last_and_is_not_undone() {
    let origin = Origin::answering(|asked| {
        let policy = if asked.target == "/old" {
            "geolocation 'self'; browsing-topics 'self'"
        } else {
            "camera=(), browsing-topics=*, ch-ua-model=(self \"https://www.google-analytics.com\")"
        };
        let mut page = crate::support::origin::html_page(PLAIN);
        page.headers_mut().insert("permissions-policy", policy.parse().expect("a value"));
        page
    });
    let gateway = start(&origin);
    let lines = Visitor::of(gateway.visitors).open("/");
    let lines = lines.headers_named("permissions-policy");
    assert!(lines[0].starts_with("camera=(), "), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.contains("browsing-topics=()")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.contains("ch-ua-model=()")), "{lines:?}");
    let old = Visitor::of(gateway.visitors).open("/old");
    let old = old.headers_named("permissions-policy");
    assert!(old.len() == 1 && old[0].contains("browsing-topics=()"), "{old:?}");
    let marketing = with_consent(&gateway, "choice=some&category=marketing").open("/");
    assert_eq!(marketing.headers_named("permissions-policy")[1..], ["ch-ua-model=(self)"]);
}

const COOKIES: [(&str, &str); 6] = [
    ("set-cookie", "PHPSESSID=a1b2; path=/;HttpOnly;  SameSite=Lax"),
    ("set-cookie", "_ga=GA1.1.1.1; Max-Age=63072000"),
    ("set-cookie", "cart=\"x y\"; Path=/"),
    ("set-cookie", "nobody_knows=1"),
    ("set-cookie", "_fbp=; Max-Age=0"),
    ("set-cookie", "consentry=forged"),
];

#[test]
fn held_cookies_pass_in_no_answer_of_any_type_or_status() {
    let origin = answering(&COOKIES);
    let gateway = start(&origin);
    let kept = [COOKIES[0].1, COOKIES[2].1, COOKIES[4].1];
    for path in [
        "/200.text-html",
        "/200.image-png",
        "/200.application-json",
        "/200",
        "/204",
        "/206.video-mp4",
        "/301",
        "/302.text-html",
        "/304",
        "/401.text-html",
        "/404.text-plain",
        "/500.text-html",
        "/503",
    ] {
        for dest in ["image", "empty"] {
            let answer = get(gateway.visitors, path, &[("sec-fetch-dest", dest)]);
            assert_eq!(answer.headers_named("set-cookie"), kept, "{path} as {dest}");
        }
        let head = http::Request::head(path).header("host", "shop.example").body(Bytes::new());
        let answer = crate::support::request(gateway.visitors, head.expect("a request"));
        assert_eq!(answer.headers_named("set-cookie"), kept, "HEAD {path}");
    }
    let page = get(gateway.visitors, "/200.text-html", &[("sec-fetch-dest", "document")]);
    assert_eq!(page.headers_named("set-cookie"), kept);
}

#[test]
fn held_cookies_reach_the_origin_with_no_request() {
    let origin = answering(&[]);
    let gateway = start(&origin);
    let sent = "PHPSESSID=a; _ga=1; cart=\"x y\"; nobody_knows=1";
    for (method, dest) in
        [("GET", "image"), ("HEAD", "document"), ("POST", "empty"), ("OPTIONS", "empty"), ("DELETE", "empty")]
    {
        let request = http::Request::builder().method(method).uri("/200.image-png");
        let request = request.header("host", "shop.example").header("sec-fetch-dest", dest);
        let request = request.header("cookie", sent).body(Bytes::new()).expect("a request");
        crate::support::request(gateway.visitors, request);
        assert_eq!(origin.last().header("cookie"), "PHPSESSID=a; cart=\"x y\"", "{method}");
    }
}

/// Reads a head, answers, and says what the head was.
fn once(answer: &'static [u8]) -> (std::net::SocketAddr, std::sync::mpsc::Receiver<String>) {
    let (tell, told) = std::sync::mpsc::channel();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut asked = Vec::new();
        let mut piece = [0; 4096];
        while !asked.ends_with(b"\r\n\r\n") {
            let bytes = stream.read(&mut piece).expect("a request");
            asked.extend_from_slice(&piece[..bytes]);
            if bytes == 0 {
                break;
            }
        }
        stream.write_all(answer).expect("sent");
        let _ = tell.send(String::from_utf8_lossy(&asked).into_owned());
    });
    (address, told)
}

#[test]
fn cookies_of_a_web_socket_are_filtered_both_ways() {
    let (address, told) = once(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
          Set-Cookie: PHPSESSID=1\r\nSet-Cookie: _ga=1\r\nLink: <https://www.google-analytics.com>; rel=preconnect\r\n\r\n",
    );
    let gateway = before(address);
    let answer = raw(
        gateway.visitors,
        b"GET /live HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Cookie: PHPSESSID=1; _ga=1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("set-cookie: PHPSESSID=1\r\n"), "{answer}");
    assert!(!answer.contains("_ga") && !answer.contains(HELD), "{answer}");
    let asked = told.recv().expect("the origin is asked");
    assert!(asked.contains("cookie: PHPSESSID=1\r\n"), "{asked}");
}

#[test]
fn early_hints_never_reach_the_visitor() {
    let (address, _told) = once(
        b"HTTP/1.1 103 Early Hints\r\nLink: <https://www.google-analytics.com>; rel=preconnect\r\n\r\n\
          HTTP/1.1 102 Processing\r\nSet-Cookie: _ga=1\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = before(address);
    let answer = raw(
        gateway.visitors,
        b"GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    assert!(!answer.contains("103") && !answer.contains(HELD) && !answer.contains("_ga"), "{answer}");
}

#[test]
fn no_cookie_passes_in_a_trailer() {
    let (address, told) = once(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\
          Trailer: set-cookie, link, x-sum\r\n\r\n\
          2\r\nok\r\n0\r\nSet-Cookie: _ga=1\r\nLink: <https://www.google-analytics.com>; rel=preconnect\r\nX-Sum: 1\r\n\r\n",
    );
    let gateway = before(address);
    let answer = raw(
        gateway.visitors,
        b"POST / HTTP/1.1\r\nHost: shop.example\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\
          Trailer: cookie, consentry-consent\r\nConnection: close\r\n\r\n\
          2\r\nhi\r\n0\r\nCookie: _ga=1\r\nConsentry-Consent: marketing\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\r\n2\r\nok\r\n0\r\n"), "{answer}");
    for held in ["_ga", HELD, "x-sum", "X-Sum"] {
        assert!(!answer.contains(held), "{held} in {answer}");
    }
    let asked = told.recv().expect("the origin is asked");
    assert!(asked.contains("2\r\nhi\r\n0\r\n"), "{asked}");
    assert!(!asked.contains("_ga") && !asked.contains("marketing"), "{asked}");
}

#[test]
fn neither_observe_nor_off_drops_anything() {
    for mode in ["observe", "off"] {
        let origin = Origin::answering(|_| {
            let mut response = crate::support::origin::html_page(PLAIN);
            for (name, value) in FIELDS.iter().chain(&COOKIES) {
                let name = http::HeaderName::from_static(name);
                response.headers_mut().append(name, value.parse().expect("a value"));
            }
            response.headers_mut().insert("etag", "\"1\"".parse().expect("a value"));
            response
        });
        let gateway = start_with(&origin, &RULES.replace("enforce", mode));
        let navigation = [("sec-fetch-dest", "document"), ("if-none-match", "\"0\"")];
        let answer = get(gateway.visitors, "/", &navigation);
        for (name, value) in FIELDS {
            assert!(answer.headers_named(name).contains(&value), "{name} in {mode}");
        }
        assert_eq!(answer.headers_named("set-cookie").len(), COOKIES.len(), "{mode}");
        let tag = if mode == "observe" { "W/\"1\"" } else { "\"1\"" };
        assert_eq!(answer.header("etag"), Some(tag), "{mode}");
        assert_eq!(answer.header("cache-control"), None, "{mode}");
        assert_eq!(origin.last().header("if-none-match"), "\"0\"", "{mode}");
    }
}

/// An origin may only say how its answers are framed; what it says in heads of its own has no bearing on that.
#[test]
fn a_head_of_nothing_but_nonsense_passes_without_trouble() {
    let (address, thread) = rude(1, |stream| {
        let mut head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n".to_vec();
        for name in ["Link", "Report-To", "NEL", "Permissions-Policy", "Set-Cookie", "Cache-Control"] {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(
                b": \"<;,=\\{[(\xff\xfe<https://www.google-analytics.com>; rel=preload\r\n",
            );
        }
        head.extend_from_slice(b"\r\n");
        let _ = stream.write_all(&head);
    });
    let gateway = before(address);
    let answer = raw(
        gateway.visitors,
        b"GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (head, _) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(!head.contains(HELD), "{head}");
    thread.join().expect("it ends");
}
