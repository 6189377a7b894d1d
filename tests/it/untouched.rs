//! Where nothing may be put in: what is no page that somebody looks at.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use http::Response;

use crate::faults::{before, rude};
use crate::pages::SHOP;
use crate::support::{Origin, get, request, start};

/// An origin that answers everything with the shop's page under this status, type and disposition.
fn answering(status: u16, kind: &'static str, disposition: Option<&'static str>) -> Origin {
    Origin::answering(move |asked| {
        let is_part = asked.headers.contains_key("range");
        let mut response = Response::builder().status(if is_part { 206 } else { status });
        if !kind.is_empty() {
            response = response.header("content-type", kind);
        }
        if let Some(disposition) = disposition {
            response = response.header("content-disposition", disposition);
        }
        let has_body = ![204, 205, 304].contains(&status);
        response
            .body(if has_body { Bytes::from_static(SHOP.as_bytes()) } else { Bytes::new() })
            .expect("a response")
    })
}

#[test]
fn what_a_script_puts_into_a_page_gets_nothing_put_in() {
    let origin = answering(200, "text/html; charset=utf-8", None);
    let gateway = start(&origin);
    let html = ("accept", "text/html, */*; q=0.01");
    for headers in [
        &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), html][..],
        &[("sec-fetch-dest", "empty"), ("hx-request", "true"), html],
        &[html, ("x-requested-with", "XMLHttpRequest")],
        &[html, ("hx-request", "true"), ("hx-boosted", "true")],
        &[("accept", "text/html, application/xhtml+xml"), ("turbo-frame", "cart")],
        &[
            ("accept", "text/vnd.turbo-stream.html, text/html, application/xhtml+xml"),
            ("turbo-frame", "cart"),
        ],
        &[html, ("x-pjax", "true")],
        &[html, ("x-up-version", "3.8")],
        &[("accept", "application/json")],
    ] {
        let answer = get(gateway.visitors, "/", headers);
        let text = answer.text();
        assert!(text.contains("data-consentry-src=\"https://www.google"), "{headers:?}: {text}");
        for ours in ["consentry-banner", "consentry-open", "self.consentry", "<style"] {
            assert!(!text.contains(ours), "{headers:?}, {ours}: {text}");
        }
        assert!(answer.header("content-security-policy").is_some(), "under the fence: {headers:?}");
    }
    for dest in ["image", "style"] {
        let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", dest)]);
        assert_eq!(answer.text(), SHOP, "{dest}");
        assert!(answer.header("content-security-policy").is_some(), "under the fence: {dest}");
    }
}

#[test]
fn a_frame_is_read_but_nobody_is_asked_in_it() {
    let origin = answering(200, "text/html", None);
    let gateway = start(&origin);
    for dest in ["iframe", "frame", "embed", "object", "fencedframe"] {
        let page = get(gateway.visitors, "/", &[("sec-fetch-dest", dest)]).text();
        assert!(!page.contains("consentry-banner") && !page.contains("consentry-open"), "{dest}: {page}");
        assert!(!page.contains(" src=\"https://www.googletagmanager.com"), "{dest}: {page}");
    }
}

#[test]
fn a_download_passes_byte_for_byte() {
    for disposition in ["attachment", "ATTACHMENT; filename=\"ordre.html\""] {
        let origin = answering(200, "text/html", Some(disposition));
        let gateway = start(&origin);
        let answer = get(gateway.visitors, "/ordre.html", &[("sec-fetch-dest", "document")]);
        assert_eq!(answer.text(), SHOP);
        assert_eq!(answer.header("content-disposition"), Some(disposition));
        assert_eq!(answer.header("content-length"), Some(SHOP.len().to_string().as_str()));
        assert!(answer.header("content-security-policy").is_some());
    }
    let origin = answering(200, "text/html", Some("inline; filename=attachment"));
    let gateway = start(&origin);
    let shown = get(gateway.visitors, "/", &[("sec-fetch-dest", "document")]);
    assert!(shown.text().contains("consentry-banner"), "what is shown is read");
}

#[test]
fn feeds_and_other_documents_pass_byte_for_byte_under_the_fence() {
    for kind in [
        "application/rss+xml",
        "application/atom+xml; charset=utf-8",
        "application/xml",
        "text/xml",
        "Image/SVG+XML",
        "application/pdf",
    ] {
        let origin = answering(200, kind, None);
        let gateway = start(&origin);
        for dest in ["document", "object"] {
            let answer = get(gateway.visitors, "/feed", &[("sec-fetch-dest", dest)]);
            assert_eq!(answer.text(), SHOP, "{kind}");
            let fence = answer.header("content-security-policy").expect("a fence");
            assert!(!fence.contains("google-analytics.com"), "{kind}: {fence}");
        }
    }
}

#[test]
fn errors_of_interfaces_pass_and_errors_of_pages_are_pages() {
    for status in [400, 401, 403, 404, 422, 500, 503] {
        let origin = answering(status, "text/html", None);
        let gateway = start(&origin);
        for headers in [
            &[("accept", "application/json")][..],
            &[("accept", "*/*")],
            &[],
            &[("sec-fetch-dest", "empty"), ("accept", "*/*")],
        ] {
            let answer = get(gateway.visitors, "/api/cart", headers);
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (status, SHOP), "{headers:?}");
        }
        let page = get(gateway.visitors, "/gone", &[("accept", "text/html")]);
        assert_eq!(page.status, status);
        assert!(page.text().contains("consentry-banner"), "{status}");
    }
}

#[test]
fn an_answer_without_a_body_stays_one() {
    for status in [204, 205] {
        let origin = answering(status, "text/html", None);
        let gateway = start(&origin);
        let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", "document")]);
        assert_eq!((answer.status.as_u16(), answer.body.len()), (status, 0));
    }
    let origin = answering(304, "text/html", None);
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", "empty"), ("if-none-match", "\"1\"")]);
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    let origin = answering(200, "text/html", None);
    let gateway = start(&origin);
    let head = http::Request::head("/").header("host", "shop.example").header("accept", "text/html");
    let answer = request(gateway.visitors, head.body(Bytes::new()).expect("a request"));
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
}

#[test]
fn a_part_passes_where_it_was_asked_for_and_a_document_comes_whole() {
    let origin = answering(200, "text/html", None);
    let gateway = start(&origin);
    let range = ("range", "bytes=0-99");
    for headers in [&[range, ("sec-fetch-dest", "empty")][..], &[range, ("accept", "*/*")]] {
        let answer = get(gateway.visitors, "/", headers);
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (206, SHOP), "{headers:?}");
        assert_eq!(origin.last().header("range"), "bytes=0-99");
    }
    let page = get(gateway.visitors, "/", &[range, ("sec-fetch-dest", "document")]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("consentry-banner"));
    assert_eq!(origin.last().header("range"), "");
}

/// An answer of this status with no byte in it, told by its length or found at the end of its chunks.
fn empty(status: &'static str, is_chunked: bool) -> (std::net::SocketAddr, std::thread::JoinHandle<()>) {
    rude(1, move |stream| {
        let length = if is_chunked { "transfer-encoding: chunked" } else { "content-length: 0" };
        let end = if is_chunked { "0\r\n\r\n" } else { "" };
        let head = "location: /inn\r\ncontent-type: text/html\r\nconnection: close";
        let written = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\n{length}\r\n\r\n{end}");
        written.expect("the gateway reads");
    })
}

#[test]
fn a_redirect_without_a_word_stays_one() {
    for (status, is_chunked) in
        [("302 Found", false), ("301 Moved Permanently", true), ("303 See Other", false), ("308 Gone", true)]
    {
        let (address, thread) = empty(status, is_chunked);
        let gateway = before(address);
        let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", "document")]);
        assert_eq!((answer.header("location"), &*answer.text()), (Some("/inn"), ""), "{status}");
        assert!(answer.header("content-security-policy").is_some(), "under the fence: {status}");
        thread.join().expect("the origin ends");
    }
    let origin = answering(302, "text/html", None);
    let shown = get(start(&origin).visitors, "/", &[("sec-fetch-dest", "document")]).text();
    assert!(shown.contains("consentry-banner"), "without a place to go to it is shown");
}

#[test]
fn nothing_stays_nothing_for_who_did_not_ask_for_a_page() {
    for is_chunked in [false, true] {
        for (headers, is_page) in [
            (&[("accept", "*/*")][..], false),
            (&[], false),
            (&[("accept", "*/*"), ("accept-encoding", "gzip")], false),
            (&[("accept", "text/html")], true),
            (&[("sec-fetch-dest", "document")], true),
        ] {
            let (address, thread) = empty("200 OK", is_chunked);
            let gateway = before(address);
            let answer = get(gateway.visitors, "/wp-cron.php", headers);
            let mut bytes = answer.body.to_vec();
            if answer.header("content-encoding").is_some() {
                bytes.clear();
                flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut bytes).expect("gzip");
            }
            assert_eq!(bytes.is_empty(), !is_page, "{headers:?} {is_chunked}");
            thread.join().expect("the origin ends");
        }
    }
}
