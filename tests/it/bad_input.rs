//! Answers that no honest shop sends: the page is cut, or held and fenced; it never passes raw, it is counted, and it
//! takes no more memory than a page may.

use std::io::Write as _;

use bytes::Bytes;
use http::{Request, Response};

use crate::faults::{before, rude};
use crate::pages::PLAIN;
use crate::support::{Answer, Gateway, Origin, Program, client, get, start};

/// A host that is held before a choice.
const HELD: &str = "www.googletagmanager.com";

/// What one page at a time may add to the largest size of the process. Unit: KiB. The worst is Brotli, of which a few
/// bytes become 16 MiB at once (`DECODED_BYTES_PER_PIECE_MAX`), in a buffer that doubles as it grows.
const GROWTH_KIB_MAX: u64 = 80 << 10;

/// What a bomb unpacks to. Unit: bytes.
const BOMB_BYTES: usize = 64 << 20;

/// An origin that answers with these bytes as a page in this coding.
fn serving(coding: &'static str, body: Vec<u8>) -> Origin {
    let body = Bytes::from(body);
    Origin::answering(move |_| {
        let response = Response::builder().header("content-type", "text/html; charset=utf-8");
        let response = if coding.is_empty() { response } else { response.header("content-encoding", coding) };
        response.body(body.clone()).expect("a response")
    })
}

fn open(address: std::net::SocketAddr) -> Result<Answer, String> {
    let request = Request::get("/").header("host", "shop.example").header("accept", "text/html");
    client::try_request(address, request.body(Bytes::new()).expect("a request"))
}

/// All that a visitor got to see of a page, cut or not, head and all.
fn passed(gateway: &Gateway) -> String {
    let request = "GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    client::raw(gateway.visitors, request.as_bytes())
}

fn assert_counted_as_cut(gateway: &Gateway, count: usize) {
    let metrics = get(gateway.admin, "/metrics", &[]).text();
    assert!(metrics.contains(&format!("proxy_pages_cut_total {count}\n")), "{metrics}");
}

/// The page is cut: what stands before the trouble passed under its fence, nothing after it did.
fn assert_cut(name: &str, coding: &'static str, body: Vec<u8>) {
    let origin = serving(coding, body);
    let gateway = start(&origin);
    assert!(open(gateway.visitors).is_err(), "{name}: it must not look whole");
    let passed = passed(&gateway);
    let (head, page) = passed.split_once("\r\n\r\n").expect(name);
    assert!(head.contains("content-security-policy: "), "{name}: {head}");
    assert!(!page.contains(HELD), "{name}: {page}");
    assert_counted_as_cut(&gateway, 2);
}

/// The page passes whole, and what is held in it is inert.
fn assert_held(name: &str, body: Vec<u8>) {
    let origin = serving("", body);
    let gateway = start(&origin);
    let answer = open(gateway.visitors).expect(name);
    let page = String::from_utf8_lossy(&answer.body);
    assert!(answer.header("content-security-policy").is_some(), "{name}");
    assert!(page.contains("data-consentry-src"), "{name}");
    let raw = page.replace("data-consentry-src", "").contains(&format!(" src=//{HELD}"));
    assert!(!raw, "{name}: a tag passed raw");
    assert_counted_as_cut(&gateway, 0);
}

fn held() -> String {
    format!("<script src=//{HELD}/gtm.js></script>")
}

#[test]
fn tags_and_attributes_without_an_end_cut_the_page() {
    let long = "x".repeat(2 << 20);
    let table = [
        ("a tag of many attributes", format!("<p>a<script src=//{HELD}/ {}", "a ".repeat(1 << 20))),
        ("a tag of attributes that ends", format!("<p>a<p {}>{}", "a=1 ".repeat(1 << 18), held())),
        ("markup of megabytes in one reading", format!("<svg><title><p title=\"<p {long}\">{}", held())),
    ];
    for (name, page) in table {
        assert_cut(name, "", page.into_bytes());
    }
}

#[test]
fn values_and_names_without_an_end_pass_and_hide_nothing() {
    let long = "x".repeat(2 << 20);
    let table = [
        ("an attribute of megabytes", format!("<p>a<img alt=\"{long}\" src=//{HELD}/>{}", held())),
        ("an address of megabytes", format!("<p>a<img src=\"//{HELD}/{long}\">{}", held())),
        ("a name of megabytes", format!("<p>a<{long} title=a>{}", held())),
        ("a picture of megabytes", format!("<p>a<img src=\"data:image/png;base64,{long}\" alt=b>{}", held())),
    ];
    for (name, page) in table {
        assert_held(name, page.into_bytes());
    }
}

#[test]
fn thousands_of_nested_elements_hide_nothing() {
    for element in ["div", "b", "table", "svg", "template", "object", "select", "math", "noscript"] {
        let open = format!("<{element}>").repeat(20_000);
        let close = format!("</{element}>").repeat(20_000);
        assert_held(element, format!("<!doctype html>{open}{close}{}", held()).into_bytes());
    }
}

#[test]
fn zeros_and_broken_letters_hide_nothing() {
    let tag = held();
    let table: [(&str, Vec<u8>); 5] = [
        ("zeros between tags", [b"<p>\0\0\0", tag.as_bytes(), b"\0"].concat()),
        ("zeros in a tag", [b"<p \0=\0 a=\"\0\">\0", tag.as_bytes()].concat()),
        (
            "letters that begin and do not end",
            [b"<p title=\xC3>\xE2\x82", tag.as_bytes(), b"\xF0\x9F"].concat(),
        ),
        (
            "letters too long, and none at all",
            [b"<p>\xC0\xBC\xF8\x88\x80\x80\x80\xFF\xFE", tag.as_bytes()].concat(),
        ),
        ("halves of a pair", [b"<p>\xED\xA0\x80\xED\xB0\x80", tag.as_bytes()].concat()),
    ];
    for (name, page) in table {
        assert_held(name, page);
    }
}

#[test]
fn codings_that_break_cut_the_page() {
    let page = format!("<!doctype html><p>a</p>{}", held()).repeat(200);
    let whole = gzip(page.as_bytes());
    let mut turned = whole.clone();
    let middle = turned.len() / 2;
    turned[middle] ^= 0xFF;
    let table = [
        ("truncated", "gzip", whole[..whole.len() - 12].to_vec()),
        ("turned", "gzip", turned),
        ("no such coding", "br", whole.clone()),
        ("another coding", "zstd", whole.clone()),
        ("stacked, and only once", "gzip, gzip", whole),
        ("not coded at all", "gzip", page.into_bytes()),
    ];
    for (name, coding, body) in table {
        let origin = serving(coding, body);
        let gateway = start(&origin);
        assert!(open(gateway.visitors).is_err(), "{name}: it must not look whole");
        assert!(!passed(&gateway).contains(&format!("<script src=//{HELD}")), "{name}: a tag passed raw");
        assert_counted_as_cut(&gateway, 2);
    }
}

#[test]
fn a_page_in_what_is_no_coding_is_read_as_it_is() {
    let page = format!("<!doctype html><p>a</p>{}", held());
    for coding in ["none", "utf-8", "8bit", "aws-chunked", "foo", "identity, foo"] {
        let origin = serving(coding, page.clone().into_bytes());
        let gateway = start(&origin);
        let answer = open(gateway.visitors).expect(coding);
        let text = answer.text();
        assert!(text.contains(&format!("data-consentry-src=//{HELD}")), "{coding}");
        assert!(!text.contains(&format!("<script src=//{HELD}")), "{coding}: a tag passed raw");
        assert_eq!(answer.header("content-encoding"), None, "{coding}");
    }
}

#[test]
fn more_codings_than_are_taken_off_are_a_502() {
    let mut body = format!("<!doctype html><p>a</p>{}", held()).into_bytes();
    for _ in 0..4 {
        body = gzip(&body);
    }
    let origin = serving("gzip, gzip, gzip, gzip", body);
    let gateway = start(&origin);
    assert_eq!(open(gateway.visitors).expect("an answer").status, 502);
}

/// An origin that answers twice with a head of these lines and this body, and closes.
fn answering_raw(head: &'static str, body: String) -> (Gateway, std::thread::JoinHandle<()>) {
    let (address, thread) = rude(2, move |stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body.as_bytes());
    });
    (before(address), thread)
}

#[test]
fn a_length_that_is_too_small_ends_the_page_there() {
    let (gateway, thread) = answering_raw("Content-Length: 12", format!("<p>12 bytes.{}", held()));
    let answer = open(gateway.visitors).expect("twelve bytes are a page");
    assert!(answer.text().contains("<p>12 bytes."), "{}", answer.text());
    assert!(!answer.text().contains(HELD), "{}", answer.text());
    assert!(!passed(&gateway).contains(HELD), "the rest is no answer to anybody");
    thread.join().expect("it ends");
}

#[test]
fn lengths_that_are_none_are_a_502() {
    for head in ["Content-Length: 12\r\nContent-Length: 13", "Content-Length: many", "Content-Length: -1"] {
        let (gateway, thread) = answering_raw(head, held());
        for _ in 0..2 {
            let answer = open(gateway.visitors).expect("an answer");
            assert_eq!(answer.status, 502, "{head}");
            assert!(!answer.text().contains(HELD), "{head}");
        }
        thread.join().expect("it ends");
    }
}

#[test]
fn chunks_that_break_cut_the_page_and_are_counted() {
    for body in ["5\r\n<p>ab\r\nzz\r\n", "5\r\n<p>ab\r\n", "fffffffffffffffff\r\n<p>"] {
        let (gateway, thread) = answering_raw("Transfer-Encoding: chunked", format!("{body}{}", held()));
        assert!(open(gateway.visitors).is_err(), "{body}: it must not look whole");
        assert!(!passed(&gateway).contains(HELD), "{body}");
        assert_counted_as_cut(&gateway, 2);
        thread.join().expect("it ends");
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(plain).expect("it can be coded");
    encoder.finish().expect("it can be coded")
}

/// Spaces without end in Brotli.
fn brotli() -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 22);
    encoder.write_all(&vec![b' '; BOMB_BYTES]).expect("it can be coded");
    encoder.into_inner()
}

/// The same in Zstandard: blocks of 128 KiB that say one byte and how often (RFC 8878 section 3.1.1.2).
fn zstd() -> Vec<u8> {
    const BLOCK_BYTES: usize = 128 << 10;
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0, 0x58];
    let blocks = BOMB_BYTES / BLOCK_BYTES;
    for number in 1..=blocks {
        let header = u32::try_from(BLOCK_BYTES << 3 | 1 << 1 | usize::from(number == blocks)).expect("small");
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame
}

/// The largest size that a process has had. Unit: KiB.
fn largest_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line of Linux");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
#[cfg(target_os = "linux")]
fn bombs_and_endless_tags_take_no_memory() {
    let endless = [b"<p>a<a ".as_slice(), &vec![b'a'; BOMB_BYTES]].concat();
    let spaces = gzip(&vec![b' '; BOMB_BYTES]);
    let table = [
        ("gzip", spaces.clone()),
        ("br", brotli()),
        ("zstd", zstd()),
        ("gzip, gzip", gzip(&spaces)),
        ("gzip", gzip(&endless)),
        ("", [PLAIN.as_bytes(), &vec![b'x'; BOMB_BYTES]].concat()),
    ];
    for (number, (coding, body)) in table.into_iter().enumerate() {
        let warm = Origin::answering(move |asked| {
            let is_bomb = asked.target == "/";
            let response = Response::builder().header("content-type", "text/html; charset=utf-8");
            let is_coded = is_bomb && !coding.is_empty();
            let response = if is_coded { response.header("content-encoding", coding) } else { response };
            let page = if is_bomb { Bytes::from(body.clone()) } else { Bytes::from_static(PLAIN.as_bytes()) };
            response.body(page).expect("a response")
        });
        let program = Program::start(warm.address);
        get(program.visitors, "/warm", &[("accept", "text/html")]);
        let before = largest_kib(program.process());
        // Whole or cut: both are an answer here.
        let told = open(program.visitors).map(|answer| answer.body.len());
        let grown = largest_kib(program.process()) - before;
        assert!(grown < GROWTH_KIB_MAX, "{number}, {coding}: {grown} KiB more for {told:?}");
    }
}
