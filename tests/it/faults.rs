//! Bad days: an origin that is down, slow or broken, and a store that is not there.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use bytes::Bytes;
use http::Request;

use crate::pages::{PLAIN, SHOP};
use crate::support::{Origin, RULES, Visitor, client, get, settings, start, start_in};

/// An origin that reads a request head and then does what it is told with the connection, a few times.
pub fn rude(
    connections: usize,
    answer: impl Fn(&mut std::net::TcpStream) + Send + 'static,
) -> (std::net::SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let thread = std::thread::spawn(move || {
        for _ in 0..connections {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            answer(&mut stream);
        }
    });
    (address, thread)
}

/// A gateway before that origin.
pub fn before(origin: std::net::SocketAddr) -> crate::support::Gateway {
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin, RULES);
    start_in(
        directory,
        &text,
        std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon())),
    )
}

#[test]
fn an_origin_that_is_down_is_a_502_that_names_nothing_of_the_inside() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let gateway = before(nobody);
    let answer = get(gateway.visitors, "/", &[("accept", "text/html"), ("accept-language", "nb")]);
    assert_eq!(answer.status, 502);
    let page = answer.text();
    assert!(page.contains("<html lang=\"nb\""), "{page}");
    assert!(!page.contains(&nobody.port().to_string()), "{page}");
}

#[test]
fn an_origin_that_speaks_nonsense_is_a_502() {
    let (address, thread) = rude(1, |stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n");
    });
    let gateway = before(address);
    assert_eq!(get(gateway.visitors, "/", &[]).status, 502);
    thread.join().expect("it ends");
}

#[test]
fn an_origin_that_cuts_its_body_cuts_the_page() {
    let (address, thread) = rude(2, |stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(SHOP.as_bytes());
    });
    let gateway = before(address);
    for accept in ["text/html", "image/png"] {
        let request = Request::get("/").header("host", "shop.example").header("accept", accept);
        let answer = client::try_request(gateway.visitors, request.body(Bytes::new()).expect("a request"));
        assert!(answer.is_err(), "a page with its end missing must not look whole: {answer:?}");
    }
    thread.join().expect("it ends");
}

#[test]
fn a_slow_origin_is_a_504() {
    let (address, thread) = rude(1, |stream| {
        // Holds the connection until the gateway gives up and closes it.
        let _ = stream.read(&mut [0; 16]);
    });
    let directory = tempfile::tempdir().expect("a directory");
    let rules = format!("[site.limits]\nhead_timeout_seconds = 1\n{RULES}");
    let text = settings(&directory, address, &rules);
    let gateway = start_in(
        directory,
        &text,
        std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon())),
    );
    assert_eq!(get(gateway.visitors, "/", &[]).status, 504);
    drop(gateway);
    thread.join().expect("it ends");
}

#[test]
fn a_page_with_a_broken_coding_is_cut_and_never_passes_raw() {
    let origin = Origin::answering(|_| {
        let mut response = crate::support::origin::html_page(SHOP);
        response.headers_mut().insert("content-encoding", "gzip".parse().expect("a value"));
        response
    });
    let gateway = start(&origin);
    let request = Request::get("/").header("host", "shop.example").header("accept", "text/html");
    let answer = client::try_request(gateway.visitors, request.body(Bytes::new()).expect("a request"));
    assert!(answer.is_err(), "the page is cut: {answer:?}");
}

#[test]
fn pages_pass_while_statistics_cannot_be_written_and_nothing_is_lost() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let spool = rusqlite::Connection::open(gateway.directory.path().join("spool.db")).expect("a spool");
    spool.execute_batch("begin immediate").expect("the only writer");
    let mut visitor = Visitor::of(gateway.visitors);
    for number in 0..50 {
        assert_eq!(visitor.open(&format!("/{number}")).status, 200);
    }
    let begun = std::time::Instant::now();
    while !get(gateway.admin, "/metrics", &[]).text().contains("store_spool_failures_total 1") {
        assert!(begun.elapsed().as_secs() < 30, "the failure is seen in the metrics");
        std::thread::yield_now();
    }
    assert_eq!(visitor.open("/50").status, 200);
    spool.execute_batch("rollback").expect("the spool is free again");
    let question = serde_json::json!({"metrics": ["pageviews"], "date_range": "day"});
    gateway.ask_until(&token, &question, &serde_json::json!([{"metrics": [51], "dimensions": []}]));
}

#[test]
fn health_and_readiness_answer() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    assert_eq!(get(gateway.admin, "/healthz", &[]).status, 200);
    let ready = get(gateway.admin, "/readyz", &[]);
    assert_eq!(ready.status, 200, "{}", ready.text());
    let ready: serde_json::Value = serde_json::from_slice(&ready.body).expect("JSON");
    assert!(ready["ledger_head"].is_string(), "{ready}");
    Visitor::of(gateway.visitors).open("/");
    let metrics = get(gateway.admin, "/metrics", &[]).text();
    assert!(metrics.contains("proxy_pages_rewritten_total 1\n"), "{metrics}");
}
