//! The program itself, as an operator runs it: `consentry run`, with everything it logs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::{RULES, settings};

/// A running process; it is ended when this is dropped.
pub struct Program {
    child: Child,
    pub visitors: SocketAddr,
    log: Option<JoinHandle<String>>,
    pub directory: TempDir,
}

impl Program {
    /// Starts the program before `origin`, and waits until it serves. It logs all it can.
    pub fn start(origin: SocketAddr) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let config = directory.path().join("consentry.toml");
        std::fs::write(&config, settings(&directory, origin, RULES)).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_consentry"))
            .args(["run", "--config"])
            .arg(&config)
            .env("RUST_LOG", "trace")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut log = String::new();
        let visitors = loop {
            let begin = log.len();
            assert!(stderr.read_line(&mut log).expect("a line") > 0, "it ended early:\n{log}");
            if let Some((_, rest)) = log[begin..].split_once("visitors=[") {
                break rest.split(']').next().expect("an address").parse().expect("an address");
            }
        };
        let log = std::thread::spawn(move || {
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        Self { child, visitors, log: Some(log), directory }
    }

    /// Its number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does, and gives what it kept.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        std::mem::replace(&mut self.directory, tempfile::tempdir().expect("a directory"))
    }

    /// Sends SIGTERM, waits for a clean end, and gives everything it logged.
    pub fn stop(mut self) -> String {
        let told =
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("it runs");
        assert!(told.success());
        assert!(self.child.wait().expect("it ends").success());
        self.log.take().expect("it is read").join().expect("it reads")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
