//! What browsers and caches may keep, and how a copy is confirmed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use bytes::Bytes;
use http::Response;
use serde_json::json;

use crate::faults::{before, rude};
use crate::pages::{PLAIN, SHOP};
use crate::support::client::raw;
use crate::support::origin::html_page;
use crate::support::{Gateway, Origin, RULES, Visitor, get, start, start_with};

/// An origin whose page has these fields, and `v1` as its tag unless the address names another.
pub fn tagged(fields: &'static [(&'static str, &'static str)]) -> Origin {
    Origin::answering(move |asked| {
        let mut page = html_page(SHOP);
        let tag = asked.target.split_once("tag=").map_or("v1", |(_, tag)| tag);
        let headers = page.headers_mut();
        headers.insert("etag", format!("\"{tag}\"").parse().expect("a value"));
        headers.insert("cache-control", "public, max-age=600".parse().expect("a value"));
        for (name, value) in fields {
            headers.insert(http::HeaderName::from_static(name), value.parse().expect("a value"));
        }
        page
    })
}

const PAGE: (&str, &str) = ("sec-fetch-dest", "document");

fn tag_of(answer: &crate::support::Answer) -> String {
    let tag = answer.header("etag").expect("a tag");
    let digits = tag.strip_prefix("W/\"").and_then(|rest| rest.strip_suffix('"')).expect("a weak tag");
    assert!(digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{tag}");
    tag.to_owned()
}

#[test]
fn a_page_the_browser_has_is_confirmed_by_our_own_tag() {
    let origin = tagged(&[("set-cookie", "PHPSESSID=1")]);
    let gateway = start(&origin);
    let first = get(gateway.visitors, "/", &[PAGE]);
    let tag = tag_of(&first);
    for known in [tag.clone(), format!("\"x\", {tag} ,\"y\""), tag["W/".len()..].to_owned()] {
        let again = get(gateway.visitors, "/", &[PAGE, ("if-none-match", &known)]);
        assert_eq!(again.status, 304, "{known}");
        assert!(again.body.is_empty());
        assert_eq!(tag_of(&again), tag);
        for name in ["cache-control", "content-security-policy", "permissions-policy", "set-cookie"] {
            assert_eq!(again.headers.get(name), first.headers.get(name), "{name}");
        }
        assert_eq!(again.headers_named("vary"), first.headers_named("vary"));
        assert_eq!(again.header("content-type"), None);
    }
    let metrics = get(gateway.admin, "/metrics", &[]).text();
    assert!(metrics.contains("server_pages_confirmed_total 3\n"), "{metrics}");
}

#[test]
fn no_tag_tells_the_origin_who_comes_back() {
    let origin = tagged(&[]);
    let gateway = start(&origin);
    let tag = tag_of(&get(gateway.visitors, "/", &[PAGE]));
    for known in ["\"v1\"", tag.as_str(), "*"] {
        let date = ("if-modified-since", "Tue, 10 Mar 2026 11:00:00 GMT");
        let more = [("if-range", "\"v1\""), ("range", "bytes=0-9"), ("if-match", "\"v1\"")];
        let answer =
            get(gateway.visitors, "/", &[PAGE, ("if-none-match", known), date, more[0], more[1], more[2]]);
        assert_eq!(answer.status == 304, known == tag, "{known}");
        for name in ["if-none-match", "if-modified-since", "if-range", "range", "if-match"] {
            assert!(!origin.last().headers.contains_key(name), "{name} reached the origin");
        }
    }
}

#[test]
fn a_page_of_another_consent_or_form_is_never_confirmed() {
    let origin = tagged(&[]);
    let gateway = start(&origin);
    let mut tags = std::collections::BTreeSet::new();
    for choice in [
        None,
        Some("choice=none"),
        Some("choice=some&category=statistics"),
        Some("choice=some&category=marketing"),
        Some("choice=some&tracker=youtube"),
        Some("choice=some&tracker=vimeo"),
        Some("choice=all"),
    ] {
        let mut visitor = Visitor::of(gateway.visitors);
        if let Some(choice) = choice {
            visitor.post(choice, &[]);
        }
        let forms: [(&str, &[(&str, &str)]); 7] = [
            ("/", &[PAGE]),
            ("/?a=1", &[PAGE]),
            ("/?tag=v2", &[PAGE]),
            ("/", &[PAGE, ("accept-language", "en")]),
            ("/", &[PAGE, ("accept-encoding", "gzip")]),
            ("/", &[PAGE, ("accept-encoding", "br")]),
            ("/", &[("sec-fetch-dest", "iframe")]),
        ];
        for (path, headers) in forms {
            let every: Vec<String> = tags.iter().cloned().collect();
            let every = every.join(", ");
            let known = [headers, &[("if-none-match", every.as_str())]].concat();
            let answer = visitor.get(path, &known);
            assert_eq!(answer.status, 200, "{choice:?} {path} {headers:?}");
            assert!(tags.insert(tag_of(&answer)), "{choice:?} {path} {headers:?}");
        }
    }
}

#[test]
fn other_rules_give_other_tags_and_the_same_key_the_same() {
    let origin = tagged(&[]);
    let tag = |gateway: &Gateway| tag_of(&get(gateway.visitors, "/", &[PAGE]));
    let directory = tempfile::tempdir().expect("a directory");
    let start_here = |rules: &str, directory: tempfile::TempDir| {
        let text = crate::support::settings(&directory, origin.address, rules);
        let clock = consentry::clock::SteppedClock::at(crate::support::noon());
        crate::support::start_in(directory, &text, std::sync::Arc::new(clock))
    };
    let first = start_here(RULES, directory);
    let before = tag(&first);
    let again = start_here(RULES, first.stop());
    assert_eq!(tag(&again), before, "a restart changes no page");
    let rule = "[[site.allow]]\nhost = \"cdn.example\"\ncategory = \"necessary\"\nwhy = \"pictures\"\n";
    let other = start_here(&format!("{RULES}{rule}"), again.stop());
    assert_ne!(tag(&other), before);
    assert_ne!(tag(&start_with(&origin, RULES)), before, "another key");
}

#[test]
fn a_confirmed_page_is_counted_once() {
    let origin = tagged(&[]);
    let gateway = start(&origin);
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.jar.insert("PHPSESSID".into(), "1".into());
    let agent = ("user-agent", crate::support::browser::CHROME);
    let tag = tag_of(&visitor.get("/", &[PAGE, agent]));
    for _ in 0..2 {
        assert_eq!(visitor.get("/", &[PAGE, agent, ("if-none-match", &tag)]).status, 304);
    }
    visitor.get("/file.html", &[PAGE, agent, ("if-none-match", &tag), ("sec-purpose", "prefetch")]);
    let question = json!({"metrics": ["visitors", "pageviews"], "date_range": "day"});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1, 3], "dimensions": []}]));
}

#[test]
fn without_a_validator_of_the_origin_there_is_none_of_ours() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    assert_eq!(get(gateway.visitors, "/", &[PAGE]).header("etag"), None);
    let errors = Origin::answering(|_| {
        let mut page = html_page(PLAIN);
        *page.status_mut() = http::StatusCode::NOT_FOUND;
        page.headers_mut().insert("etag", "\"v1\"".parse().expect("a value"));
        page
    });
    let gateway = start(&errors);
    assert_eq!(get(gateway.visitors, "/", &[PAGE]).header("etag"), None);
}

#[test]
fn a_date_is_a_validator_of_the_origin_and_becomes_a_tag() {
    let origin = Origin::answering(|_| {
        let mut page = html_page(SHOP);
        let date = "Tue, 10 Mar 2026 11:00:00 GMT".parse().expect("a value");
        page.headers_mut().insert("last-modified", date);
        page
    });
    let gateway = start(&origin);
    let first = get(gateway.visitors, "/", &[PAGE]);
    assert_eq!(first.header("last-modified"), None);
    let tag = tag_of(&first);
    assert_eq!(get(gateway.visitors, "/", &[PAGE, ("if-none-match", &tag)]).status, 304);
}

#[test]
fn an_origin_that_confirms_or_cuts_what_it_was_not_asked_about_is_not_believed() {
    let (address, thread) = rude(1, |stream| {
        let _ = stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
    });
    let gateway = before(address);
    assert_eq!(get(gateway.visitors, "/", &[PAGE, ("if-none-match", "\"v1\"")]).status, 502);
    thread.join().expect("it ends");
    let origin = Origin::answering(|_| {
        let mut page = html_page(SHOP);
        *page.status_mut() = http::StatusCode::PARTIAL_CONTENT;
        page.headers_mut().insert("content-range", "bytes 0-99/100".parse().expect("a value"));
        page
    });
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/", &[PAGE]);
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (200, None));
    assert!(answer.text().contains("consentry-banner"));
}

#[test]
fn a_head_has_the_fields_of_a_get_and_no_false_length() {
    let origin = tagged(&[("accept-ranges", "bytes")]);
    let gateway = start(&origin);
    let ask = |method: &str, more: &str| {
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nConnection: close\r\n{more}\r\n"
        );
        let answer = raw(gateway.visitors, request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        // How the body is framed is a matter of the body, and of this hop.
        let is_compared =
            |line: &&str| !line.starts_with("date: ") && !line.starts_with("transfer-encoding: ");
        let lines = head.lines().filter(is_compared).map(str::to_owned);
        (lines.collect::<Vec<_>>(), body.to_owned())
    };
    let (get, page) = ask("GET", "");
    let (head, body) = ask("HEAD", "");
    assert!(!page.is_empty() && body.is_empty(), "{body}");
    assert_eq!(get, head);
    assert!(!head.iter().any(|line| line.starts_with("content-length")), "{head:?}");
    assert!(!head.iter().any(|line| line.starts_with("accept-ranges")), "{head:?}");
    let tag = head.iter().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    for method in ["GET", "HEAD"] {
        let (lines, body) = ask(method, &format!("If-None-Match: {tag}\r\n"));
        assert_eq!(lines[0], "HTTP/1.1 304 Not Modified");
        assert!(body.is_empty(), "{body}");
        for name in ["content-length", "content-type", "transfer-encoding", "content-encoding"] {
            assert!(!lines.iter().any(|line| line.starts_with(name)), "{lines:?}");
        }
    }
}

#[test]
fn a_connection_goes_on_after_a_page_was_confirmed() {
    let origin = tagged(&[]);
    let gateway = start(&origin);
    let tag = tag_of(&get(gateway.visitors, "/", &[PAGE]));
    let mut stream = TcpStream::connect(gateway.visitors).expect("a connection");
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    for _ in 0..3 {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: shop.example\r\nSec-Fetch-Dest: document\r\nIf-None-Match: {tag}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        assert_eq!(line, "HTTP/1.1 304 Not Modified\r\n");
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).expect("a line");
        }
    }
}

#[test]
fn what_is_no_page_keeps_the_origins_conditions_ranges_and_validators() {
    let origin = Origin::answering(|asked| {
        let (status, length) = match (asked.header("if-none-match"), asked.header("range")) {
            ("\"v1\"", _) => (304, 0),
            (_, "bytes=0-3") if asked.header("if-range") == "\"v1\"" => (206, 4),
            _ => (200, 8),
        };
        Response::builder()
            .status(status)
            .header("content-type", "image/png")
            .header("etag", "\"v1\"")
            .header("last-modified", "Tue, 10 Mar 2026 11:00:00 GMT")
            .header("accept-ranges", "bytes")
            .header("cache-control", "public, max-age=31536000, immutable")
            .header("cdn-cache-control", "max-age=60")
            .header("expires", "Wed, 10 Mar 2027 11:00:00 GMT")
            .header("vary", "Accept")
            .body(Bytes::from_static(&b"\x89PNG\r\n\x1a\n"[..length]))
            .expect("a response")
    });
    let gateway = start(&origin);
    let image = ("sec-fetch-dest", "image");
    for (headers, status, length) in [
        (&[image][..], 200, 8),
        (&[image, ("if-none-match", "\"v1\"")], 304, 0),
        (&[image, ("range", "bytes=0-3"), ("if-range", "\"v1\"")], 206, 4),
    ] {
        let answer = get(gateway.visitors, "/a.png", headers);
        assert_eq!((answer.status.as_u16(), answer.body.len()), (status, length));
        for (name, value) in [
            ("etag", "\"v1\""),
            ("last-modified", "Tue, 10 Mar 2026 11:00:00 GMT"),
            ("accept-ranges", "bytes"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("cdn-cache-control", "max-age=60"),
            ("expires", "Wed, 10 Mar 2027 11:00:00 GMT"),
            ("vary", "Accept"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {status}");
        }
        for (name, value) in &headers[1..] {
            assert_eq!(origin.last().header(name), *value);
        }
    }
}

const FOR_MANY: [(&str, &str); 6] = [
    ("cdn-cache-control", "max-age=600"),
    ("cloudflare-cdn-cache-control", "max-age=600"),
    ("surrogate-control", "max-age=600"),
    ("x-accel-expires", "600"),
    ("expires", "Wed, 10 Mar 2027 11:00:00 GMT"),
    ("age", "10"),
];

#[test]
fn no_cache_for_many_keeps_a_page() {
    for (control, expected) in [
        ("public, max-age=600, s-maxage=3600", "private, no-cache"),
        ("no-store, max-age=0", "private, no-store"),
        ("must-understand, no-store", "private, no-store"),
    ] {
        let origin = Origin::answering(move |_| {
            let mut page = html_page(SHOP);
            page.headers_mut().insert("cache-control", control.parse().expect("a value"));
            for (name, value) in FOR_MANY {
                page.headers_mut().insert(name, value.parse().expect("a value"));
            }
            page
        });
        let gateway = start(&origin);
        for dest in ["document", "iframe", "empty"] {
            let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", dest)]);
            assert_eq!(answer.header("cache-control"), Some(expected), "{control} as {dest}");
            assert!(answer.headers_named("vary").contains(&"Cookie"));
            for (name, _) in FOR_MANY {
                assert_eq!(answer.header(name), None, "{name} as {dest}");
            }
        }
    }
}

#[test]
fn no_cache_for_many_keeps_a_cookie_that_depends_on_consent() {
    let origin = Origin::answering(|asked| {
        Response::builder()
            .header("content-type", "image/gif")
            .header("cache-control", "public, max-age=600")
            .header("surrogate-control", "max-age=600")
            .header("set-cookie", if asked.target == "/own" { "cart=1" } else { "_ga=1" })
            .body(Bytes::new())
            .expect("a response")
    });
    let gateway = start(&origin);
    for choice in ["choice=none", "choice=all"] {
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.post(choice, &[]);
        let held = visitor.get("/a.gif", &[("sec-fetch-dest", "image")]);
        assert_eq!(held.headers.contains_key("set-cookie"), choice == "choice=all");
        assert_eq!(held.header("cache-control"), Some("max-age=600, private"));
        assert_eq!(held.header("surrogate-control"), None);
        let own = visitor.get("/own", &[("sec-fetch-dest", "image")]);
        assert_eq!(own.header("cache-control"), Some("public, max-age=600"), "that is the shop's affair");
        assert_eq!(own.header("surrogate-control"), Some("max-age=600"));
    }
}

/// A browser has one cache for what a script fetches and for what a navigation shows.
#[test]
fn html_that_a_script_fetched_is_never_shown_as_a_page() {
    let origin = tagged(&[("last-modified", "Tue, 10 Mar 2026 11:00:00 GMT")]);
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", "empty")]);
    assert!(!answer.text().contains("consentry-banner"), "it is no page");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    for name in ["etag", "last-modified"] {
        assert_eq!(answer.header(name), None, "a 304 would bring the origin's Cache-Control");
    }
}

#[test]
fn a_withdrawal_has_the_browser_forget_what_it_would_tell_or_show() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let forgets = |answer: crate::support::Answer| answer.header("clear-site-data").map(str::to_owned);
    assert_eq!(forgets(visitor.post("choice=none", &[])), None);
    assert_eq!(forgets(visitor.post("choice=some&category=statistics&tracker=youtube", &[])), None);
    assert_eq!(forgets(visitor.post("choice=some&category=statistics&category=marketing", &[])), None);
    let forgotten = "\"clientHints\", \"prefetchCache\", \"prerenderCache\"";
    for less in
        ["choice=some&category=statistics&tracker=youtube", "choice=some&category=statistics", "choice=none"]
    {
        assert_eq!(forgets(visitor.post(less, &[])).as_deref(), Some(forgotten), "{less}");
    }
}
