//! A real ClickHouse for tests, as `tests/clickhouse/serve` starts it: one that all tests share, each with a database of
//! its own, and servers of one test's own, to be broken.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use consentry::store::Retention;
use consentry::store::clickhouse::Settings;
/// Hours and rows of tests are years old and stay.
pub const FOR_EVER: Retention = Retention { hours_days: 36_500, months: 1_200 };

/// A running server. It ends with this, or with the process of the tests.
pub struct Server {
    child: Child,
    pub url: String,
    /// The same over TLS, where it was told to.
    pub secure_url: Option<String>,
    directory: PathBuf,
}

impl Server {
    /// Starts one that keeps its data in `directory`; `port` 0 takes a free one.
    pub fn start(directory: &Path, port: u16) -> Self {
        Self::start_with(directory, port, &[])
    }

    /// The same with further arguments for `serve`.
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
        let mut secure_url = None;
        let url = loop {
            let line = said.next().expect("it says when it is ready").expect("text");
            if let Some(url) = line.strip_prefix("secure ") {
                secure_url = Some(url.to_owned());
            }
            if let Some(url) = line.strip_prefix("ready ") {
                break url.to_owned();
            }
        };
        // It may go on talking; what it says then is for nobody.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, url, secure_url, directory: directory.to_owned() }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().expect("an address")
    }

    /// Ends it as a power cut does; it can be started in the same directory, at the same port.
    pub fn kill(mut self) -> PathBuf {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.directory.clone()
    }

    /// Stops its process where it stands, or lets it go on.
    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("it runs");
        assert!(told.success());
    }

    /// Asks it something, and gives the text of its answer.
    pub fn ask(&self, sql: &str) -> String {
        self.try_ask(sql).unwrap_or_else(|reason| panic!("{sql}\n{reason}"))
    }

    /// The same where it may refuse.
    pub fn try_ask(&self, sql: &str) -> Result<String, String> {
        let request = http::Request::post("/")
            .header("host", self.address().to_string())
            .body(bytes::Bytes::from(sql.to_owned()))
            .expect("a request");
        let answer = super::client::try_request(self.address(), request)?;
        let text = answer.text();
        if answer.status == 200 { Ok(text.trim_end().to_owned()) } else { Err(text) }
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
