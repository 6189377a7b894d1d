//! Pages that break: what was read before the fault reaches the visitor, under its fence, and the connection is cut.

use std::io::Write as _;
use std::net::SocketAddr;

use crate::faults::rude;
use crate::support::{Gateway, client, noon, rules_of_mode, settings, start_in};

const START: &str = "<!doctype html><html lang=nb><body><p>Dekk</p>";
const HELD: &str = "<script src=https://www.googletagmanager.com/gtag/js></script>";

fn gzip(plain: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(plain.as_bytes()).expect("it can be coded");
    encoder.finish().expect("it can be coded")
}

fn before(origin: SocketAddr, mode: &str) -> Gateway {
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin, &rules_of_mode(mode));
    start_in(directory, &text, std::sync::Arc::new(consentry::clock::SteppedClock::at(noon())))
}

/// All that a visitor gets to see of an answer of this head and body, after which the origin closes.
fn passed(mode: &str, head: &'static str, body: Vec<u8>) -> String {
    let (address, thread) = rude(1, move |stream| {
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes());
        let _ = stream.write_all(&body);
    });
    let gateway = before(address, mode);
    let request = "GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\n\r\n";
    let passed = client::raw(gateway.visitors, request.as_bytes());
    drop(gateway);
    thread.join().expect("it ends");
    passed
}

fn broken() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let page = format!("{START}{HELD}<p>slutt");
    let coded = gzip(&page);
    let mut wrong = coded.clone();
    let crc = wrong.len() - 8;
    wrong[crc] ^= 0xFF;
    vec![
        ("a length too large", "Content-Type: text/html\r\nContent-Length: 8000", page.clone().into_bytes()),
        (
            "a chunk that does not come",
            "Content-Type: text/html\r\nTransfer-Encoding: chunked",
            format!("{:x}\r\n{page}\r\n", page.len()).into_bytes(),
        ),
        (
            "a coding that is cut",
            "Content-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close",
            coded[..coded.len() - 9].to_vec(),
        ),
        ("a wrong sum", "Content-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close", wrong),
    ]
}

#[test]
fn a_short_page_that_breaks_arrives_as_far_as_it_was_read() {
    for (name, head, body) in broken() {
        let passed = passed("enforce", head, body);
        assert!(passed.starts_with("HTTP/1.1 200 OK"), "{name}: {passed:?}");
        assert!(passed.contains("content-security-policy: "), "{name}: {passed:?}");
        assert!(passed.contains("<p>Dekk</p>"), "{name}: {passed:?}");
        assert!(passed.contains("data-consentry-src=https://www.google"), "{name}: {passed:?}");
        assert!(!passed.contains(" src=https://www.google"), "{name}: {passed:?}");
        assert!(!passed.contains("\r\n0\r\n\r\n"), "{name}: it must not look whole");
    }
}

#[test]
fn a_short_page_that_breaks_arrives_in_observe_as_without_us() {
    for (name, head, body) in broken() {
        let passed = passed("observe", head, body);
        assert!(passed.starts_with("HTTP/1.1 200 OK"), "{name}: {passed:?}");
        assert!(passed.contains(&format!("{START}<script src=https://www.google")), "{name}: {passed:?}");
        assert!(!passed.contains("\r\n0\r\n\r\n"), "{name}: it must not look whole");
    }
}

#[test]
fn what_stands_before_a_tag_that_cannot_be_read_arrives() {
    let page = format!("{START}<p {}>{HELD}", "a=1 ".repeat(6000));
    let head = "Content-Type: text/html\r\nConnection: close";
    let enforced = passed("enforce", head, page.clone().into_bytes());
    assert!(enforced.contains("<p>Dekk</p>") && !enforced.contains("googletagmanager"), "{enforced:?}");
    let observed = passed("observe", head, page.clone().into_bytes());
    assert!(observed.contains("googletagmanager"), "{observed:?}");
}

#[test]
fn what_is_no_page_and_breaks_arrives_as_far_as_it_came() {
    for mode in ["enforce", "observe", "off"] {
        let passed =
            passed(mode, "Content-Type: image/gif\r\nContent-Length: 80", b"GIF89a, and no more".to_vec());
        assert!(passed.ends_with("\r\n\r\nGIF89a, and no more"), "{mode}: {passed:?}");
    }
}
