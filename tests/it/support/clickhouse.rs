//! A real ClickHouse for tests, as `tests/clickhouse/serve` starts it: one that all tests share, each with a database of
//! its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use consentry::store::clickhouse::{Retention, Settings};
/// Hours and rows of tests are years old and stay.
pub const FOR_EVER: Retention = Retention { hours_days: 36_500, months: 1_200 };

/// A running server. It ends with this, or with the process of the tests.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Starts one that keeps its data in `directory`, with further arguments for `serve`; port 0 takes a free one.
    pub fn start_with(directory: &Path, port: u16, arguments: &[&str]) -> Self {
        let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clickhouse/serve");
        let mut child = Command::new(serve)
            .args(["--with-parent", "--port", &port.to_string(), "--path"])
            .arg(directory)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/clickhouse/serve runs");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = loop {
            let line = said.next().expect("it says when it is ready").expect("text");
            if let Some(url) = line.strip_prefix("ready ") {
                break url.to_owned();
            }
        };
        // It may go on talking; what it says then is for nobody.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, url }
    }

    fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().expect("an address")
    }

    /// Asks it something, and gives the text of its answer.
    pub fn ask(&self, sql: &str) -> String {
        ask(self.address(), sql)
    }

    /// Settings for a database on it.
    pub fn settings(&self, database: &str) -> Settings {
        Settings {
            urls: vec![self.url.clone()],
            database: database.to_owned(),
            retention: FOR_EVER,
            ..Settings::default()
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: SocketAddr, sql: &str) -> String {
    let request = http::Request::post("/")
        .header("host", address.to_string())
        .body(bytes::Bytes::from(sql.to_owned()))
        .expect("a request");
    let answer = super::client::request(address, request);
    let text = answer.text();
    assert_eq!(answer.status, 200, "{sql}\n{text}");
    text.trim_end().to_owned()
}

/// The server that tests share, and the name of a database nobody else has.
pub fn shared() -> (&'static Server, String) {
    static SHARED: OnceLock<Server> = OnceLock::new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = SHARED.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory").keep();
        Server::start_with(&directory, 0, &["--throw-away"])
    });
    (server, format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed)))
}
