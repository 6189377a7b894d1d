//! A real gateway before a real origin, over real sockets, with a clock that is stepped by hand.

pub mod between;
pub mod browser;
pub mod clickhouse;
pub mod client;
pub mod origin;
mod program;

use std::net::SocketAddr;
use std::sync::Arc;

use consentry::app::{self, Running};
use consentry::clock::{SteppedClock, SystemEntropy};
use consentry::config;
use jiff::Timestamp;
use tempfile::TempDir;

pub use browser::Visitor;
pub use client::{Answer, get, request};
pub use origin::Origin;
pub use program::Program;

/// A gateway that runs in this process on ports of its own.
pub struct Gateway {
    running: Option<Running>,
    pub visitors: SocketAddr,
    pub admin: SocketAddr,
    pub clock: Arc<SteppedClock>,
    pub directory: TempDir,
}

/// Noon in Oslo of an ordinary day.
pub fn noon() -> Timestamp {
    "2026-03-10T11:00:00Z".parse().expect("a time")
}

/// The rules of the test site, unless a test says otherwise.
pub const RULES: &str = r#"
[site.consent]
mode = "enforce"
[site.statistics]
sitemap = false
k = { city = 1, region = 1, text = 1, answer = 1 }
"#;

/// The rules of the test site in another mode.
pub fn rules_of_mode(mode: &str) -> String {
    RULES.replace("\"enforce\"", &format!("\"{mode}\""))
}

/// Starts a gateway before `origin`, with `rules` as the rest of its `[[site]]`.
pub fn start_with(origin: &Origin, rules: &str) -> Gateway {
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin.address, rules);
    start_in(directory, &text, Arc::new(SteppedClock::at(noon())))
}

/// Starts a gateway before `origin` with the usual rules.
pub fn start(origin: &Origin) -> Gateway {
    start_with(origin, RULES)
}

/// The settings of a gateway before `origin`.
pub fn settings(directory: &TempDir, origin: SocketAddr, rules: &str) -> String {
    format!(
        r#"
[listen]
http = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
[store]
kind = "embedded"
path = "{}"
[[site]]
name = "shop"
hosts = ["shop.example", "127.0.0.1"]
origin = "http://{origin}"
time_zone = "Europe/Oslo"
languages = ["nb", "en"]
[site.controller]
name = "Dekk og Felg AS"
address = "Storgata 1, 0155 Oslo"
email = "personvern@shop.example"
privacy_url = "/personvern"
complaint_url = "https://www.datatilsynet.no/"
{rules}
"#,
        directory.path().display()
    )
}

/// Starts a gateway with these settings.
pub fn start_in(directory: TempDir, text: &str, clock: Arc<SteppedClock>) -> Gateway {
    let loaded = config::parse(text, "test.toml").unwrap_or_else(|report| panic!("{report}"));
    let running =
        app::start(loaded.config, clock.clone(), Arc::new(SystemEntropy)).expect("the gateway starts");
    Gateway {
        visitors: running.visitors()[0],
        admin: running.admin(),
        running: Some(running),
        clock,
        directory,
    }
}

/// A token for every site of the gateway that keeps its things here.
pub fn token(directory: &TempDir) -> String {
    consentry::store::tokens::Tokens::open(&consentry::store::Settings { path: directory.path().into() })
        .and_then(|tokens| tokens.make("test", None, &SystemEntropy, noon()))
        .expect("a token")
}

/// Asks the statistics at `admin`. `question` is the JSON body without `site_id`.
pub fn ask(admin: SocketAddr, token: &str, question: &serde_json::Value) -> Answer {
    let mut body = question.clone();
    body["site_id"] = "shop".into();
    let request = http::Request::post("/api/v2/query")
        .header("host", "127.0.0.1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(bytes::Bytes::from(body.to_string()))
        .expect("a request");
    client::request(admin, request)
}

impl Gateway {
    /// A token for every site of this gateway.
    pub fn token(&self) -> String {
        token(&self.directory)
    }

    /// Asks the statistics. `question` is the JSON body without `site_id`.
    pub fn ask(&self, token: &str, question: &serde_json::Value) -> Answer {
        ask(self.admin, token, question)
    }

    /// Asks until the rows are `expected`, at most ten seconds of real time.
    pub fn ask_until(&self, token: &str, question: &serde_json::Value, expected: &serde_json::Value) {
        let begun = std::time::Instant::now();
        loop {
            let answer = self.ask(token, question);
            let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
            if body["results"] == *expected {
                return;
            }
            assert!(begun.elapsed().as_secs() < 10, "asked {question}\nexpected {expected}\ngot {body}");
            std::thread::yield_now();
        }
    }

    /// Takes new settings, as SIGHUP does.
    pub fn reload(&self, text: &str) {
        let loaded = config::parse(text, "test.toml").unwrap_or_else(|report| panic!("{report}"));
        self.running.as_ref().expect("it runs").reload(&loaded.config).expect("the settings are taken");
    }

    /// What was seen on the test site.
    pub fn found(&self, token: &str) -> serde_json::Value {
        let authorization = format!("Bearer {token}");
        let answer =
            client::get(self.admin, "/api/inventory?site=shop", &[("authorization", &authorization)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    /// Ends the gateway as SIGTERM does and waits until all is written; the directory stays.
    pub fn stop(mut self) -> TempDir {
        self.running.take().expect("it runs").stop();
        std::mem::replace(&mut self.directory, tempfile::tempdir().expect("a directory"))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

/// Looks again until `is_so`, at most so many seconds of real time.
pub fn wait(what: &str, seconds_max: u64, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed().as_secs() < seconds_max, "{what}");
        std::thread::yield_now();
    }
}
