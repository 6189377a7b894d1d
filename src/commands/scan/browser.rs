//! The Chromium of this machine, started for one look at one page: with a profile of its own, spoken to through two
//! pipes, ended with everything it wrote.

use std::fs::DirBuilder;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::clock::{Entropy as _, SystemEntropy};

/// Names it goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What keeps it to the one page it is told to open.
const ARGUMENTS: [&str; 12] = [
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-features=AimEnabled,AimServerEligibilityEnabled,AimServerRequestOnStartupEnabled,\
     AutofillServerCommunication,OptimizationHints,PreconnectFromKeyedService,PreconnectToSearch",
    "about:blank",
];

/// Chromium listens on descriptor 3 and answers on 4. A shell puts the two pipes there and then becomes Chromium.
const SHELL: &str = r#"exec 3<&0 4>&1 </dev/null >/dev/null; exec "$@""#;

/// Longest message. Unit: bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
/// Messages read ahead.
const MESSAGES_MAX: usize = 256;
/// Longest wait until it has ended by itself.
const END_WAIT: Duration = Duration::from_secs(5);
/// Time between two tries to remove its directory, while its last processes end, and how many there are.
const REMOVE_WAIT: Duration = Duration::from_millis(50);
const REMOVE_TRIES: usize = 40;

/// The first Chromium on the `PATH`.
pub(super) fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| program(Path::new(name)))
}

/// The program of this name: a bare one is looked for on the `PATH`.
fn program(name: &Path) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| {
        file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    if name.components().count() > 1 {
        return Some(name.to_owned()).filter(is_program);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(is_program)
}

/// A running Chromium. Dropped, it is ended and its directory removed.
pub(super) struct Browser {
    child: Child,
    directory: Directory,
    /// Where it is told what to do, a message at a time, each with a NUL behind it; gone when it is to end.
    pub commands: Option<ChildStdin>,
    /// What it says; ends when it does.
    pub messages: Receiver<Vec<u8>>,
}

impl Browser {
    /// Starts the program with these arguments beside the usual ones.
    pub(super) fn start(name: &Path, further: &[String]) -> Result<Self, String> {
        let program = program(name).ok_or_else(|| format!("{}: there is no such program", name.display()))?;
        let directory = Directory::new()?;
        let failed =
            |error: &dyn std::fmt::Display| format!("{} was not started: {error}", program.display());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SHELL, "sh"]).arg(&program).args(further);
        command.arg(format!("--user-data-dir={}", directory.0.display()));
        // Chromium's own sandbox cannot be had by root.
        if std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0) {
            command.arg("--no-sandbox");
        }
        command.args(ARGUMENTS).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let (Some(commands), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"it has no pipes"));
        };
        let (sender, messages) = sync_channel(MESSAGES_MAX);
        let reader = std::thread::Builder::new().name("chromium".into()).spawn(move || listen(said, &sender));
        reader.map_err(|error| failed(&error))?;
        Ok(Self { child, directory, commands: Some(commands), messages })
    }
}

impl Drop for Browser {
    /// Without its pipe it ends by itself; what does not is killed.
    fn drop(&mut self) {
        self.commands = None;
        let end = Instant::now() + END_WAIT;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if self.messages.recv_timeout(left).is_err() {
                break;
            }
        }
        // It may have ended already: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.directory.remove();
    }
}

/// Cuts what it says into messages, until it ends or nobody listens.
fn listen(mut said: ChildStdout, sender: &SyncSender<Vec<u8>>) {
    let (mut buffer, mut message) = (vec![0; 64 << 10], Vec::new());
    loop {
        let read = match said.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let mut pieces = buffer[..read].split(|byte| *byte == 0).peekable();
        while let Some(piece) = pieces.next() {
            if message.len() + piece.len() > MESSAGE_BYTES_MAX {
                return;
            }
            message.extend_from_slice(piece);
            if pieces.peek().is_some() && sender.send(std::mem::take(&mut message)).is_err() {
                return;
            }
        }
    }
}

/// A directory that nobody else can read.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self, String> {
        let mut name = [0; 8];
        SystemEntropy.fill(&mut name);
        let path = std::env::temp_dir().join(format!("consentry-scan-{:016x}", u64::from_le_bytes(name)));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// The last of Chromium's processes may still write for a moment.
    fn remove(&self) {
        for _ in 0..REMOVE_TRIES {
            if std::fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(REMOVE_WAIT);
        }
        super::super::say(&format!("warning: {} was not removed", self.0.display()));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A program that is no Chromium: it runs what stands in `script`, with the two pipes in their places.
    fn pretender(script: &str) -> (PathBuf, Directory) {
        let directory = Directory::new().unwrap();
        let path = directory.0.join("pretender");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        (path, directory)
    }

    #[test]
    fn it_is_spoken_to_through_two_pipes_and_leaves_nothing() {
        let (program, kept) = pretender(
            "printf 'hello\\000wor' >&4; printf 'ld\\000' >&4; for last; do :; done; printf '%s\\000' \"$last\" >&4; cat <&3 >&4",
        );
        let mut browser = Browser::start(&program, &["--further".into()]).unwrap();
        let directory = browser.directory.0.clone();
        for expected in ["hello", "world", "about:blank"] {
            assert_eq!(browser.messages.recv().unwrap(), expected.as_bytes());
        }
        browser.commands.as_mut().unwrap().write_all(b"echo\0").unwrap();
        assert_eq!(browser.messages.recv().unwrap(), b"echo");
        assert!(directory.is_dir());
        let process = browser.child.id();
        drop(browser);
        assert!(!directory.exists());
        assert!(!Path::new(&format!("/proc/{process}")).exists());
        kept.remove();
    }

    #[test]
    fn a_message_without_end_is_the_end() {
        let (program, kept) = pretender("exec cat /dev/urandom | tr -d '\\000' >&4");
        let browser = Browser::start(&program, &[]).unwrap();
        assert!(browser.messages.recv().is_err());
        drop(browser);
        kept.remove();
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        for name in ["/nowhere/chromium", "no-such-chromium", "/etc/passwd"] {
            let problem = Browser::start(Path::new(name), &[]).err();
            assert_eq!(problem, Some(format!("{name}: there is no such program")));
        }
    }
}
