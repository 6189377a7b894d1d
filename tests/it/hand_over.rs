//! A second start takes over: no request fails, no view is lost or doubled, no visitor is another one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::origin::html_page;
use crate::support::{Answer, Origin, Program, RULES, client, settings, token};

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";
/// Clients that ask at once.
const CLIENTS: u8 = 4;
/// Requests before, while and after the second start, each of all clients together at least.
const REQUESTS: u64 = 200;

/// A time zone in which it is noon, so that no day ends while a test runs.
pub(crate) fn zone() -> String {
    let east = 12 - i32::from(jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).hour());
    // Names of this kind count westwards.
    format!("Etc/GMT{:+}", -east).replace("GMT+0", "GMT")
}

/// A directory and settings in which the test names its visitors by `X-Forwarded-For`.
fn place(origin: SocketAddr) -> (Arc<TempDir>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin, RULES)
        .replace("Europe/Oslo", &zone())
        .replace("languages =", "trusted_proxies = [\"127.0.0.1/32\"]\nlanguages =");
    (Arc::new(directory), text)
}

fn view(address: SocketAddr, visitor: u8, path: &str) -> Result<Answer, String> {
    let request = http::Request::get(path)
        .header("host", "shop.example")
        .header("user-agent", AGENT)
        .header("accept", "text/html")
        .header("x-forwarded-for", format!("198.51.100.{visitor}"))
        .body(bytes::Bytes::new())
        .expect("a request");
    client::try_request(address, request)
}

/// Visitors, visits and page views of today, and what is said about them.
fn figures(program: &Program, token: &str) -> (Value, Value) {
    let question = json!({"metrics": ["visitors", "visits", "pageviews"], "date_range": "day"});
    let answer = program.ask(token, &question);
    (answer["results"][0]["metrics"].clone(), answer["meta"]["rekeyed_at"].clone())
}

/// Visits of today by the page they entered on.
fn entries(program: &Program, token: &str) -> Value {
    let question = json!({"metrics": ["visits"], "date_range": "day", "dimensions": ["visit:entry_page"]});
    program.ask(token, &question)["results"].clone()
}

/// What became of keys, newest first.
fn fates(program: &Program, token: &str) -> Vec<String> {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", &*authorization)];
    let keys = client::get(program.admin, "/api/keys?site=shop", &headers).json();
    let rows = keys["log"].as_array().expect("a list").iter();
    rows.map(|row| row["fate"].as_str().expect("a word").to_owned()).collect()
}

/// Asks until the figures are these, at most ten seconds; gives what is said about them.
fn expect(program: &Program, token: &str, expected: &Value) -> Value {
    let begun = Instant::now();
    loop {
        let (found, rekeyed) = figures(program, token);
        if found == *expected {
            return rekeyed;
        }
        assert!(begun.elapsed().as_secs() < 10, "expected {expected}, got {found}");
        std::thread::yield_now();
    }
}

/// Clients that ask for pages, one connection a request, until they are told to end.
struct Load {
    asked: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<Vec<String>>>,
}

impl Load {
    fn on(address: SocketAddr) -> Self {
        let (asked, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let client = |visitor: u8| {
            let (asked, is_over) = (asked.clone(), is_over.clone());
            std::thread::spawn(move || {
                let mut failures = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let answer = view(address, visitor, &format!("/side-{visitor}"));
                    asked.fetch_add(1, Ordering::Relaxed);
                    match answer {
                        Ok(answer) if answer.status == 200 => {}
                        Ok(answer) => failures.push(answer.status.to_string()),
                        Err(error) => failures.push(error),
                    }
                }
                failures
            })
        };
        let threads = (0..CLIENTS).map(client).collect();
        Self { asked, is_over, threads }
    }

    /// Waits until so many more requests were answered.
    fn wait(&self, more: u64) {
        let until = self.asked.load(Ordering::Relaxed) + more;
        while self.asked.load(Ordering::Relaxed) < until {
            std::thread::yield_now();
        }
    }

    /// How many requests there were, and which failed.
    fn end(self) -> (u64, Vec<String>) {
        self.is_over.store(true, Ordering::Relaxed);
        let failures = self.threads.into_iter().flat_map(|thread| thread.join().expect("a client"));
        let failures = failures.collect();
        (self.asked.load(Ordering::Relaxed), failures)
    }
}

#[test]
fn a_second_start_takes_over_without_a_lost_request_or_a_doubled_visitor() {
    let origin = Origin::page("<!doctype html><title>Dekk</title>");
    let (directory, settings) = place(origin.address);
    let mut running = Program::start_in(directory.clone(), &settings);
    let token = token(&directory);
    let (visitors, admin) = (running.visitors, running.admin);
    let load = Load::on(visitors);
    load.wait(REQUESTS);
    for _ in 0..3 {
        let next = Program::start_in(directory.clone(), &settings);
        assert_eq!((next.visitors, next.admin), (visitors, admin), "it has the same sockets");
        load.wait(REQUESTS);
        let log = std::mem::replace(&mut running, next).wait();
        assert!(log.contains("another process has taken over"), "{log}");
        load.wait(REQUESTS);
    }
    let (asked, failures) = load.end();
    assert!(failures.is_empty(), "{} of {asked} requests failed: {failures:?}", failures.len());
    let rekeyed = expect(&running, &token, &json!([CLIENTS, CLIENTS, asked]));
    assert!(rekeyed.is_null(), "nothing was lost, and nobody was counted under another key: {rekeyed}");
    assert_eq!(fates(&running, &token), ["rekeyed", "rekeyed"], "one key of a day and one of a month, ever");
    running.stop();
}

#[test]
fn a_visit_without_a_page_goes_on_in_the_process_after() {
    let origin = Origin::page("<!doctype html><title>Dekk</title>");
    let (directory, settings) = place(origin.address);
    let before = Program::start_in(directory.clone(), &settings);
    let token = token(&directory);
    let event = http::Request::post("/_consentry/event")
        .header("host", "shop.example")
        .header("user-agent", AGENT)
        .header("content-type", "application/json")
        .header("x-forwarded-for", "198.51.100.1")
        .body(bytes::Bytes::from_static(b"{\"n\": \"Purchase\", \"u\": \"/takk\"}"))
        .expect("a request");
    assert_eq!(client::try_request(before.visitors, event).expect("an answer").status, 202);
    expect(&before, &token, &json!([1, 1, 0]));
    assert_eq!(entries(&before, &token), json!([]), "it has no page yet");
    let after = Program::start_in(directory, &settings);
    before.wait();
    view(after.visitors, 1, "/dekk").expect("an answer");
    expect(&after, &token, &json!([1, 1, 1]));
    assert_eq!(entries(&after, &token), json!([{"metrics": [1], "dimensions": ["/dekk"]}]));
    after.stop();
}

#[test]
fn what_is_still_open_in_the_process_before_is_counted_in_the_one_after() {
    let (release, released) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let (tell, released) = (Mutex::new(tell), Mutex::new(released));
    let origin = Origin::answering(move |asked| {
        if asked.target == "/treg" {
            tell.lock().expect("one asks").send(()).expect("the test listens");
            released.lock().expect("one asks").recv().expect("the test answers");
        }
        html_page("<!doctype html><title>Dekk</title>")
    });
    let (directory, settings) = place(origin.address);
    let before = Program::start_in(directory.clone(), &settings);
    let token = token(&directory);
    let address = before.visitors;
    assert_eq!(view(address, 1, "/").expect("an answer").status, 200);
    let slow = std::thread::spawn(move || view(address, 1, "/treg"));
    told.recv().expect("the origin is asked");
    let after = Program::start_in(directory, &settings);
    release.send(()).expect("the origin waits");
    assert_eq!(slow.join().expect("a client").expect("an answer").status, 200);
    before.wait();
    expect(&after, &token, &json!([1, 1, 2]));
    after.stop();
}

#[test]
fn a_fall_draws_a_new_key_and_says_so() {
    let origin = Origin::page("<!doctype html><title>Dekk</title>");
    let (directory, settings) = place(origin.address);
    let before = Program::start_in(directory.clone(), &settings);
    let token = token(&directory);
    view(before.visitors, 1, "/").expect("an answer");
    let first = expect(&before, &token, &json!([1, 1, 1]));
    before.kill();
    let after = Program::start_in(directory, &settings);
    view(after.visitors, 1, "/").expect("an answer");
    let second = expect(&after, &token, &json!([2, 2, 2]));
    assert!(first.is_null() && second.is_string(), "{first} {second}");
    assert_eq!(fates(&after, &token), ["rekeyed", "rekeyed", "lost", "lost", "rekeyed", "rekeyed"]);
    let log = after.stop();
    assert!(log.contains("the process before ended without a word"), "{log}");
}
