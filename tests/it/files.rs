//! What is opened and is no page, such as a feed, a sitemap or a price list: it passes in the coding it came in, and a copy
//! that the browser has is confirmed.

use std::io::Write as _;

use bytes::Bytes;
use http::Response;

use crate::pages::SHOP;
use crate::support::origin::{Asked, html_page};
use crate::support::{Answer, Origin, Visitor, get, request, rules_of_mode, start, start_with};

const PAGE: (&str, &str) = ("sec-fetch-dest", "document");
const FEED_READER: (&str, &str) = ("accept", "application/rss+xml, text/html, */*;q=0.9");
const CODINGS: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");
const DATE: &str = "Tue, 10 Mar 2026 11:00:00 GMT";

fn gzip(plain: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain.as_bytes()).expect("in memory");
    encoder.finish().expect("in memory")
}

fn type_of(target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    match path.rsplit(['.', '/']).next().unwrap_or_default() {
        "xml" | "feed" => "application/xml",
        "json" | "api" => "application/json",
        "csv" | "CSV" => "text/csv",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "guess" => "",
        _ => "text/html",
    }
}

/// The text of what stands at an address.
fn text_of(kind: &str) -> String {
    if kind == "text/html" { SHOP.to_owned() } else { "vare,pris\n".repeat(2000) }
}

/// An origin as Apache is with `mod_deflate`: what may come in gzip does, with a tag of its own.
fn coding() -> Origin {
    Origin::answering(|asked| {
        let kind = type_of(&asked.target);
        let text = text_of(kind);
        let is_coded = asked.header("accept-encoding").contains("gzip");
        let mut answer = Response::builder().header("vary", "Accept-Encoding").header("last-modified", DATE);
        if !kind.is_empty() {
            answer = answer.header("content-type", kind);
        }
        let (name, value, tag) = if is_coded {
            ("content-encoding", "gzip", "\"v1-gzip\"")
        } else {
            ("accept-ranges", "bytes", "\"v1\"")
        };
        let answer = answer.header(name, value).header("etag", tag);
        answer.body(Bytes::from(if is_coded { gzip(&text) } else { text.into_bytes() })).expect("a response")
    })
}

fn is_gzip(answer: &Answer, text: &str) -> bool {
    answer.header("content-encoding") == Some("gzip") && answer.body == gzip(text)
}

#[test]
fn what_is_no_page_by_its_name_passes_in_the_coding_it_came_in() {
    for mode in ["enforce", "observe"] {
        let origin = coding();
        let gateway = start_with(&origin, &rules_of_mode(mode));
        for path in ["/sitemap.xml", "/varer.json?side=2", "/Priser.CSV"] {
            for opened in [PAGE, FEED_READER, ("sec-fetch-dest", "iframe")] {
                let answer = get(gateway.visitors, path, &[opened, CODINGS]);
                let text = text_of(type_of(path));
                assert!(is_gzip(&answer, &text), "{mode} {path} {opened:?}");
                assert_eq!(answer.header("content-length"), Some(&*gzip(&text).len().to_string()));
                assert!(answer.headers_named("vary").contains(&"Accept-Encoding"), "{path}");
                assert_eq!(origin.last().header("accept-encoding"), "gzip, deflate, br, zstd");
            }
        }
    }
}

#[test]
fn what_was_no_page_before_passes_in_the_coding_it_came_in() {
    let origin = coding();
    let gateway = start(&origin);
    for path in ["/feed", "/varer/api", "/guess"] {
        let first = get(gateway.visitors, path, &[PAGE, CODINGS]);
        assert_eq!(first.header("content-encoding"), None, "nothing is known of {path}");
        for _ in 0..3 {
            let again = get(gateway.visitors, path, &[PAGE, CODINGS]);
            assert!(is_gzip(&again, &text_of("text/csv")), "{path}");
        }
    }
    // Another address, of which nothing is known.
    get(gateway.visitors, "/feed?side=2", &[PAGE, CODINGS]);
    assert_eq!(origin.last().header("accept-encoding"), "identity");
}

#[test]
fn a_page_is_asked_for_plain_and_one_that_is_called_like_a_file_is_read() {
    let origin = Origin::answering(|asked: &Asked| {
        let mut page = html_page(SHOP);
        if asked.header("accept-encoding").contains("gzip") {
            *page.body_mut() = Bytes::from(gzip(SHOP));
            page.headers_mut().insert("content-encoding", "gzip".parse().expect("a value"));
        }
        page
    });
    let gateway = start(&origin);
    for _ in 0..3 {
        let page = get(gateway.visitors, "/", &[PAGE, ("accept-encoding", "gzip;q=0.5, br")]);
        assert_eq!(origin.last().header("accept-encoding"), "identity");
        assert_eq!(page.header("content-encoding"), Some("br"));
    }
    let page = Visitor::of(gateway.visitors).get("/kart.xml", &[PAGE, ("accept-encoding", "gzip")]);
    assert_eq!(
        (origin.last().header("accept-encoding"), page.header("content-encoding")),
        ("gzip", Some("gzip"))
    );
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&page.body[..]), &mut text)
        .expect("gzip");
    assert!(text.contains("consentry-banner") && !text.contains(" src=\"https://www.googletagmanager.com"));
}

#[test]
fn no_coding_is_asked_for_that_could_not_be_read_here_or_there() {
    let origin = coding();
    let gateway = start(&origin);
    for (accepted, expected) in [
        (Some("gzip, dcb, dcz, sdch, br;q=0.9"), "gzip, br;q=0.9"),
        (Some("GZIP;q=1, identity;q=0"), "GZIP;q=1"),
        (Some("dcz"), "identity"),
        (Some("*"), "identity"),
        (Some(""), "identity"),
        (None, "identity"),
    ] {
        let accepted = accepted.map(|accepted| ("accept-encoding", accepted));
        let headers: Vec<_> = [PAGE].into_iter().chain(accepted).collect();
        get(gateway.visitors, "/sitemap.xml", &headers);
        assert_eq!(origin.last().header("accept-encoding"), expected, "{accepted:?}");
    }
}

#[test]
fn a_file_that_the_browser_has_is_confirmed() {
    let origin = coding();
    let gateway = start(&origin);
    for path in ["/a.csv", "/a.json", "/a.png", "/a.pdf", "/a.xml"] {
        for more in [&[][..], &[CODINGS]] {
            let first = get(gateway.visitors, path, &[&[PAGE], more].concat());
            assert_eq!(first.status, 200, "{path}");
            assert_eq!(first.header("accept-ranges"), None, "no part is given of {path}");
            let tag = first.header("etag").expect("a tag").to_owned();
            let is_ours = ["/a.xml", "/a.pdf"].contains(&path);
            assert_eq!(!tag.starts_with("\"v1"), is_ours, "{path}: what has a fence has our tag, not {tag}");
            for known in [tag.clone(), format!("\"x\", {tag}"), format!("W/{}", tag.trim_start_matches("W/"))]
            {
                let again =
                    get(gateway.visitors, path, &[&[PAGE, ("if-none-match", &*known)], more].concat());
                assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path} {known}");
                assert_eq!(again.header("etag"), Some(&*tag));
                assert!(!origin.last().headers.contains_key("if-none-match"), "it reached the origin");
            }
            for other in ["\"v2\"", "v1", "\"v1-gzi\"", "\"xv1\"", "\"v1-\""] {
                let again = get(gateway.visitors, path, &[&[PAGE, ("if-none-match", other)], more].concat());
                assert_eq!(again.status, 200, "{path} {other}");
            }
        }
    }
}

#[test]
fn a_file_of_the_same_date_is_confirmed_where_no_tag_is_named() {
    let origin = coding();
    let gateway = start(&origin);
    let status = |path: &str, headers: &[(&str, &str)]| {
        get(gateway.visitors, path, &[&[PAGE], headers].concat()).status.as_u16()
    };
    let same = ("if-modified-since", DATE);
    assert_eq!(status("/a.csv", &[same]), 304);
    assert_eq!(
        status("/a.csv", &[same, ("if-none-match", "\"v0\"")]),
        200,
        "the tag counts (RFC 9110, 13.1.3)"
    );
    assert_eq!(status("/a.csv", &[("if-modified-since", "Tue, 10 Mar 2026 11:00:01 GMT")]), 200);
    assert_eq!(status("/a.xml", &[same]), 200, "a date knows nothing of the fence");
    assert_eq!(status("/", &[same]), 200, "nor of a page");
}

#[test]
fn a_feed_is_confirmed_in_one_state_of_consent_only() {
    let origin = coding();
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let before = visitor.get("/feed", &[PAGE]).header("etag").expect("a tag").to_owned();
    visitor.post("choice=all", &[]);
    let after = visitor.get("/feed", &[PAGE, ("if-none-match", &before)]);
    assert_eq!(after.status, 200, "its copy has the fence of before");
    let tag = after.header("etag").expect("a tag").to_owned();
    assert_eq!(visitor.get("/feed", &[PAGE, ("if-none-match", &tag)]).status, 304);
}

#[test]
fn only_what_was_found_is_confirmed() {
    let origin = Origin::answering(|asked| {
        let status: u16 =
            asked.target.trim_start_matches('/').trim_end_matches(".csv").parse().expect("a status");
        let answer =
            Response::builder().status(status).header("content-type", "text/csv").header("etag", "\"v1\"");
        answer.body(Bytes::from_static(b"a,b\n")).expect("a response")
    });
    let gateway = start(&origin);
    for status in [201, 404, 500] {
        let answer = get(gateway.visitors, &format!("/{status}.csv"), &[PAGE, ("if-none-match", "\"v1\"")]);
        assert_eq!((answer.status.as_u16(), &*answer.text()), (status, "a,b\n"));
    }
    let post = http::Request::post("/200.csv").header("host", "shop.example").header(PAGE.0, PAGE.1);
    let post = post.header("if-none-match", "\"v1\"").body(Bytes::new()).expect("a request");
    assert_eq!(request(gateway.visitors, post).status, 200, "what was sent is answered");
}
