//! What a process still knows when a day has closed: its memory, its files and its log are searched for what was
//! planted, and for the keys and marks of that day.
//!
//! The process is this test binary, started again: it runs a gateway whose clock is stepped and whose keys the test can
//! compute. Everything else is as in the program.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use consentry::app;
use consentry::clock::{Entropy, SteppedClock};
use consentry::counting::key_log::Commitment;
use serde_json::json;
use tempfile::TempDir;

use crate::privacy::every_file;
use crate::support::origin::html_page;
use crate::support::{self, Origin, Program, client, wait};

/// Tells a process of this binary to be the gateway; its value is the file with the settings.
const SETTINGS: &str = "CONSENTRY_TEST_SETTINGS";
/// The test that then runs.
const GATEWAY: &str = "memory::gateway_that_is_looked_into";

/// Draws what the test can compute.
struct Known(AtomicU64);

fn draw(number: u64, bytes: &mut [u8]) {
    blake3::Hasher::new_derive_key("keys of a test").update(&number.to_le_bytes()).finalize_xof().fill(bytes);
}

impl Entropy for Known {
    fn fill(&self, bytes: &mut [u8]) {
        draw(self.0.fetch_add(1, Ordering::Relaxed), bytes);
    }
}

#[test]
fn gateway_that_is_looked_into() {
    let Some(settings) = std::env::var_os(SETTINGS) else { return };
    consentry::telemetry::start_log();
    let text = std::fs::read_to_string(settings).expect("settings");
    let loaded = consentry::config::parse(&text, "test.toml").unwrap_or_else(|report| panic!("{report}"));
    let clock = Arc::new(SteppedClock::at(support::noon()));
    let entropy = Arc::new(Known(AtomicU64::new(0)));
    let running = app::start(loaded.config, clock.clone(), entropy).expect("it starts");
    eprintln!("serving {} {}", running.visitors()[0], running.admin());
    for line in std::io::stdin().lines() {
        clock.set(line.expect("a line").parse().expect("a time"));
    }
    running.stop();
}

/// A process whose memory can be read.
struct Process {
    child: Child,
    orders: Option<ChildStdin>,
    visitors: SocketAddr,
    admin: SocketAddr,
    log: JoinHandle<String>,
    token: String,
    directory: TempDir,
}

impl Process {
    fn start(origin: SocketAddr) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let rules = "[site.consent]\nmode = \"enforce\"\n[site.statistics]\nk = { city = 20, region = 10, text = 5, answer = 5 }\n";
        let text = support::settings(&directory, origin, rules)
            .replace("languages =", "trusted_proxies = [\"127.0.0.1/32\"]\nlanguages =");
        let config = directory.path().join("test.toml");
        std::fs::write(&config, text).expect("written");
        let token = support::token(&directory);
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args([GATEWAY, "--exact", "--nocapture", "--test-threads=1"])
            .env(SETTINGS, &config)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut log = String::new();
        let (visitors, admin) = loop {
            let begin = log.len();
            assert!(stderr.read_line(&mut log).expect("a line") > 0, "it ended early:\n{log}");
            if let Some((_, addresses)) = log[begin..].split_once("serving 127") {
                let (visitors, admin) = addresses.trim().split_once(' ').expect("two addresses");
                let address = |text: &str| text.parse().expect("an address");
                break (address(&format!("127{visitors}")), address(admin));
            }
        };
        let log = std::thread::spawn(move || {
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        let orders = child.stdin.take();
        Self { child, orders, visitors, admin, log, token, directory }
    }

    fn set_clock(&mut self, time: &str) {
        let orders = self.orders.as_mut().expect("it runs");
        writeln!(orders, "{time}").expect("it listens");
    }

    /// What became of keys of a day, newest first: period, fate, commitment.
    fn day_keys(&self) -> Vec<(String, String, String)> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", &*authorization)];
        let keys = client::get(self.admin, "/api/keys?site=shop", &headers).json();
        let text = |row: &serde_json::Value, key: &str| row[key].as_str().expect("text").to_owned();
        let rows = keys["log"].as_array().expect("a list").iter().filter(|row| row["kind"] == "day");
        rows.map(|row| (text(row, "period"), text(row, "fate"), text(row, "commitment"))).collect()
    }

    /// Waits until the log of keys says this of the key of a day.
    fn wait_for_key(&self, period: &str, fate: &str) -> String {
        let begun = Instant::now();
        loop {
            let keys = self.day_keys();
            if let Some((.., commitment)) = keys.iter().find(|key| key.0 == period && key.1 == fate) {
                return commitment.clone();
            }
            assert!(begun.elapsed().as_secs() < 10, "no key of {period} was {fate}: {keys:?}");
            std::thread::yield_now();
        }
    }

    /// All memory that can be written to: heap, stacks, everything the process made.
    fn memory(&self) -> Vec<(String, Vec<u8>)> {
        let process = format!("/proc/{}", self.child.id());
        let maps = std::fs::read_to_string(format!("{process}/maps")).expect("its maps");
        let mut memory = std::fs::File::open(format!("{process}/mem")).expect("its memory");
        let mut read = Vec::new();
        for line in maps.lines() {
            let (range, rest) = line.split_once(' ').expect("a range");
            let (from, until) = range.split_once('-').expect("two ends");
            let hex = |text| u64::from_str_radix(text, 16).expect("a number");
            if !rest.starts_with("rw") {
                continue;
            }
            let mut bytes = vec![0; usize::try_from(hex(until) - hex(from)).expect("it fits")];
            memory.seek(SeekFrom::Start(hex(from))).expect("an offset");
            // Device memory and holes cannot be read; what cannot be read holds nothing of ours.
            if memory.read_exact(&mut bytes).is_ok() {
                read.push((line.to_owned(), bytes));
            }
        }
        read
    }

    fn end(mut self) -> (String, TempDir) {
        drop(self.orders.take());
        assert!(self.child.wait().expect("it ends").success());
        (self.log.join().expect("it reads"), self.directory)
    }
}

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Plantet/77.1";
const ADDRESS: &str = "198.51.100.77";
const ADDRESS_V6: &str = "2001:db8:a1b2:c3d4:e5f6:1a2b:3c4d:5e6f";
/// Seen by one visitor fewer than a name needs, and by as many.
const FEW: &str = "/sjelden-besokt-xyz";
const ENOUGH: &str = "/ofte-besokt-xyz";

/// Texts that are planted; none of them may be anywhere once the day has closed.
const PLANTED: [&str; 9] = [
    "Plantet",
    ADDRESS,
    ADDRESS_V6,
    "kari.nordmann",
    "hemmelig-token-xyz",
    "01017012345",
    "ordre-7712345",
    "sesjon-planted",
    FEW,
];

fn ask(address: SocketAddr, from: &str, agent: &str, path: &str) {
    let request = http::Request::get(path)
        .header("host", "shop.example")
        .header("user-agent", agent)
        .header("accept", "text/html")
        .header("x-forwarded-for", from)
        .header("cookie", "session=sesjon-planted")
        .header("referer", "https://mail.example/inbox?user=kari.nordmann@example.org")
        .body(bytes::Bytes::new())
        .expect("a request");
    assert_eq!(client::request(address, request).status, 200, "{path}");
}

fn plant(process: &Process) {
    for from in [ADDRESS, ADDRESS_V6] {
        ask(process.visitors, from, AGENT, "/konto/kari.nordmann@example.org?token=hemmelig-token-xyz");
        ask(process.visitors, from, AGENT, "/pasient/01017012345");
        ask(process.visitors, from, AGENT, "/kvittering/ordre-7712345");
    }
    for visitor in 0..4 {
        ask(process.visitors, &format!("198.51.100.{visitor}"), AGENT, FEW);
    }
    for visitor in 0..5 {
        ask(process.visitors, &format!("198.51.100.{visitor}"), AGENT, ENOUGH);
    }
}

/// The key of a commitment.
fn key_of(commitment: &str) -> [u8; 32] {
    let draws = (0..10_000).map(|number| {
        let mut key = [0; 32];
        draw(number, &mut key);
        key
    });
    draws.into_iter().find(|key| Commitment::to(key).to_string() == commitment).expect("a key we drew")
}

/// The mark as docs/statistics-privacy.md says it is made.
fn mark(key: &[u8; 32], address: &str) -> [u8; 8] {
    let mut input = Vec::new();
    match address.parse::<IpAddr>().expect("an address") {
        IpAddr::V4(v4) => {
            input.push(4);
            input.extend(v4.octets());
        }
        IpAddr::V6(v6) => {
            input.push(8);
            input.extend(&v6.octets()[..8]);
        }
    }
    input.extend(u16::try_from(AGENT.len()).expect("short").to_le_bytes());
    input.extend(AGENT.as_bytes());
    *blake3::keyed_hash(key, &input).as_bytes().first_chunk().expect("eight bytes")
}

/// Everything that must be gone: its name and its bytes.
fn needles(key: &[u8; 32]) -> Vec<(String, Vec<u8>)> {
    let IpAddr::V6(v6) = ADDRESS_V6.parse().expect("an address") else { unreachable!() };
    let mut needles: Vec<(String, Vec<u8>)> =
        PLANTED.iter().map(|text| ((*text).to_owned(), text.as_bytes().to_vec())).collect();
    needles.push(("the address in bytes".to_owned(), v6.octets().to_vec()));
    needles.push(("the key of the day".to_owned(), key.to_vec()));
    for address in [ADDRESS, ADDRESS_V6] {
        needles.push((format!("the mark of {address}"), mark(key, address).to_vec()));
    }
    needles
}

fn found(memory: &[(String, Vec<u8>)], needles: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, needle) in needles {
        for (place, bytes) in memory {
            for at in memchr::memmem::find_iter(bytes, needle) {
                let around = &bytes[at.saturating_sub(48)..(at + 96).min(bytes.len())];
                found.push(format!("{name} in {place} at {at:x}: {}", around.escape_ascii()));
            }
        }
    }
    found
}

#[test]
fn nothing_of_a_day_that_has_closed_is_in_memory_files_or_log() {
    // Connections to an origin that are kept lie idle for at most 50 s, and their buffers with them.
    let origin = Origin::answering(|_| {
        let mut page = html_page("<!doctype html><title>Dekk</title>");
        page.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
        page
    });
    let mut process = Process::start(origin.address);
    plant(&process);
    let key = key_of(&process.wait_for_key("2026-03-10", "rekeyed"));
    let needles = needles(&key);
    let while_it_lasts = found(&process.memory(), &needles);
    for name in ["the key of the day", "the mark of"] {
        assert!(
            while_it_lasts.iter().any(|found| found.starts_with(name)),
            "a search that finds nothing: {name}"
        );
    }
    process.set_clock("2026-03-10T23:05:00Z");
    process.wait_for_key("2026-03-11", "born");
    process.set_clock("2026-03-10T23:31:30Z");
    assert_eq!(key_of(&process.wait_for_key("2026-03-10", "destroyed")), key);
    drop(origin);
    // What requests left on the stacks of workers is wiped every ten seconds.
    let begun = Instant::now();
    loop {
        let left = found(&process.memory(), &needles);
        if left.is_empty() {
            break;
        }
        let count = left.len();
        assert!(begun.elapsed().as_secs() < 30, "{count} left in memory:\n{}", left.join("\n"));
        std::thread::yield_now();
    }
    let pages = json!({"metrics": ["visitors"], "date_range": ["2026-03-10", "2026-03-10"], "dimensions": ["event:page"]});
    let answer = support::ask(process.admin, &process.token, &pages).text();
    let metrics = client::get(process.admin, "/metrics", &[]).text();
    let (log, directory) = process.end();
    assert!(answer.contains(ENOUGH) && !answer.contains(FEW), "{answer}");
    let mut kept =
        vec![("the log".to_owned(), log.into_bytes()), ("the metrics".to_owned(), metrics.into_bytes())];
    every_file(directory.path(), &mut |path, bytes| kept.push((path.display().to_string(), bytes.to_vec())));
    let left = found(&kept, &needles);
    assert!(left.is_empty(), "left:\n{}", left.join("\n"));
}

#[test]
fn keys_that_cannot_be_locked_are_told_once_and_counting_goes_on() {
    let origin = Origin::page("<!doctype html><title>Dekk</title>");
    let directory = Arc::new(tempfile::tempdir().expect("a directory"));
    let text = support::settings(&directory, origin.address, support::RULES);
    let text = text.replace("Europe/Oslo", &crate::hand_over::zone());
    let token = support::token(&directory);
    // Root may lock what it likes, unless it gives that up.
    let as_root = ["prlimit", "--memlock=0:0", "setpriv", "--bounding-set=-ipc_lock"];
    let commands = if rustix::process::geteuid().is_root() { &as_root[..] } else { &as_root[..2] };
    let program = Program::start_under(commands, directory, &text);
    let ready = client::get(program.admin, "/readyz", &[]).text();
    assert!(ready.contains("keys are not locked in memory"), "{ready}");
    assert_eq!(
        client::get(program.visitors, "/", &[("user-agent", AGENT), ("accept", "text/html")]).status,
        200
    );
    let question = json!({"metrics": ["pageviews"], "date_range": "day"});
    wait("it is counted", 10, || program.ask(&token, &question)["results"][0]["metrics"] == json!([1]));
    let log = program.stop();
    assert_eq!(log.matches("keys cannot be locked in memory").count(), 1, "{log}");
}
