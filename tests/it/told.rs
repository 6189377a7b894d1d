//! What the program tells: of settings that it cannot take, and where nobody reads it to its end.

use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::support::{Origin, Program, RULES, get, settings, wait};

/// The end of a pipe of which nobody holds the other.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn settings_that_are_refused_while_it_runs_are_told_until_they_are_mended() {
    let origin = Origin::page("<p>");
    let directory = Arc::new(tempfile::tempdir().expect("a directory"));
    let good = settings(&directory, origin.address, RULES);
    let program = Program::start_in(directory.clone(), &good);
    let asked = |path: &str| get(program.admin, path, &[]).text();
    assert!(asked("/metrics").contains("app_settings_refused 0\n"));
    let started = asked("/metrics")
        .lines()
        .find_map(|line| line.strip_prefix("process_start_time_seconds ")?.parse().ok());
    assert!(started.is_some_and(|seconds: u64| seconds > 1_700_000_000), "{started:?}");
    program.reread(&good.replace("\"enforce\"", "\"enforced\""));
    wait("it is told", 30, || asked("/readyz").contains("the settings on disk were refused"));
    assert!(asked("/metrics").contains("app_settings_refused 1\n"));
    assert_eq!(get(program.admin, "/readyz", &[]).status, 200, "those before are in force");
    assert_eq!(get(program.visitors, "/", &[]).status, 200);
    program.reread(&good);
    wait("it is mended", 30, || asked("/metrics").contains("app_settings_refused 0\n"));
    assert!(!asked("/readyz").contains("refused"));
    program.stop();
}

#[test]
fn a_command_ends_as_it_went_when_nobody_reads_what_it_tells() {
    let directory = tempfile::tempdir().expect("a directory");
    let wrong = directory.path().join("wrong.toml");
    std::fs::write(&wrong, "[listen").expect("written");
    let told = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        command.args(arguments).stdout(unread()).stderr(unread()).status().expect("it runs").code()
    };
    assert_eq!(told(&["schema"]), Some(0));
    assert_eq!(told(&["check", "--config", wrong.to_str().expect("a path")]), Some(2));
}
