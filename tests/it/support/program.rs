//! The program itself, as an operator runs it: `consentry run`, with everything it logs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::{RULES, settings};

/// A running process; it is ended when this is dropped.
pub struct Program {
    child: Child,
    pub visitors: SocketAddr,
    pub admin: SocketAddr,
    log: Option<JoinHandle<String>>,
    pub directory: Arc<TempDir>,
}

impl Program {
    /// Starts the program before `origin`, and waits until it serves. It logs all it can.
    pub fn start(origin: SocketAddr) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = settings(&directory, origin, RULES);
        Self::start_in(Arc::new(directory), &settings)
    }

    /// Starts the program with these settings, and waits until it serves.
    pub fn start_in(directory: Arc<TempDir>, settings: &str) -> Self {
        Self::start_under(&[], directory, settings)
    }

    /// The same under other commands, which start it with less than it could have.
    pub fn start_under(commands: &[&str], directory: Arc<TempDir>, settings: &str) -> Self {
        let words = [commands, &[env!("CARGO_BIN_EXE_consentry")]].concat();
        let config = directory.path().join("consentry.toml");
        std::fs::write(&config, settings).expect("written");
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(["run", "--config"])
            .arg(&config)
            .env("RUST_LOG", "trace")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut log = String::new();
        let line = loop {
            let begin = log.len();
            assert!(stderr.read_line(&mut log).expect("a line") > 0, "it ended early:\n{log}");
            if log[begin..].contains("visitors=[") {
                break log[begin..].to_owned();
            }
        };
        let address = |after: &str, until: &[char]| {
            let (_, rest) = line.split_once(after).expect("it says where it listens");
            rest.split(until).next().expect("an address").parse().expect("an address")
        };
        let (visitors, admin) = (address("visitors=[", &[']']), address("admin=", &[' ', '\n']));
        let log = std::thread::spawn(move || {
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        Self { child, visitors, admin, log: Some(log), directory }
    }

    /// Waits until it ends by itself, and gives everything it logged.
    pub fn wait(mut self) -> String {
        assert!(self.child.wait().expect("it ends").success());
        self.log.take().expect("it is read").join().expect("it reads")
    }

    /// Asks the statistics. `question` is the JSON body without `site_id`.
    pub fn ask(&self, token: &str, question: &serde_json::Value) -> serde_json::Value {
        super::ask(self.admin, token, question).json()
    }

    /// Its number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does, and gives what it kept.
    pub fn kill(mut self) -> Arc<TempDir> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.directory.clone()
    }

    /// Sends SIGTERM, waits for a clean end, and gives everything it logged.
    pub fn stop(self) -> String {
        self.tell("-TERM");
        self.wait()
    }

    /// Puts these settings in the place of those it was started with, and has it read them: SIGHUP.
    pub fn reread(&self, settings: &str) {
        std::fs::write(self.directory.path().join("consentry.toml"), settings).expect("written");
        self.tell("-HUP");
    }

    fn tell(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(told.expect("it runs").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
