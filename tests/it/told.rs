//! What commands tell, where nobody reads it to its end.

use std::process::{Command, Stdio};

/// The end of a pipe of which nobody holds the other.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
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
