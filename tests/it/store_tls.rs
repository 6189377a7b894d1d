//! A ClickHouse behind TLS, with a certificate that no public authority has signed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use consentry::store::clickhouse::{ClickHouse, Settings};
use consentry::store::{EventStore as _, StoreError};

use crate::pages::PLAIN;
use crate::store_faults::{assert_stored, text, told_at, until};
use crate::stores::{input, run};
use crate::support::clickhouse::Server;
use crate::support::{Origin, Program, Visitor};

/// Runs `openssl` with these words.
fn openssl(words: &str, directory: &Path) {
    let done = Command::new("openssl").args(words.split(' ')).current_dir(directory).output();
    let done = done.expect("openssl runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// An authority that nobody knows: `NAME.pem` and `NAME.key`.
fn authority(directory: &Path, name: &str) -> PathBuf {
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(&format!("{made} -subj /CN={name} -keyout {name}.key -out {name}.pem"), directory);
    directory.join(format!("{name}.pem"))
}

/// A server whose certificate is for `127.0.0.1`, signed by the authority `ours`.
fn secure_server(directory: &Path) -> Server {
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -CA ours.pem -CAkey ours.key";
    let names = "-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1";
    openssl(&format!("{made} -subj /CN=clickhouse {names} -keyout server.key -out server.pem"), directory);
    let file = |name: &str| directory.join(name).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    Server::start_with(&directory.join("data"), 0, &["--certificate", &certificate, "--key", &key])
}

#[test]
fn a_server_is_reached_over_tls_with_its_authority_and_not_with_another() {
    let directory = Arc::new(tempfile::tempdir().expect("a directory"));
    let ours = authority(directory.path(), "ours");
    let other = authority(directory.path(), "other");
    let server = secure_server(directory.path());
    let url = server.secure_url.clone().expect("it speaks https");
    let origin = Origin::page(PLAIN);
    let with = |authorities: &Path| {
        let file = format!("[store.clickhouse]\nauthorities = \"{}\"\n", authorities.display());
        text(&directory, &origin, &url, "kept").replacen("[store.clickhouse]\n", &file, 1)
    };
    let open = |program: &Program, pages: std::ops::Range<u32>| {
        let mut visitor = Visitor::of(program.visitors);
        for page in pages {
            assert_eq!(visitor.open(&format!("/{page}")).status, 200);
        }
    };
    let program = Program::start_in(directory.clone(), &with(&other));
    open(&program, 0..10);
    until("it is told", || told_at(program.admin)["degraded"].to_string().contains("is not trusted"));
    let told = told_at(program.admin)["degraded"].to_string();
    assert!(told.contains(&url) && told.contains("name the file of its authority"), "{told}");
    let log = program.stop();
    assert!(log.contains("is not trusted: no known authority has signed it"), "{log}");
    let program = Program::start_in(directory.clone(), &with(&ours));
    open(&program, 10..20);
    assert_stored(&server, "kept", 20);
    until("nothing waits", || told_at(program.admin)["pending_batches"] == 0);
    program.stop();
}

#[test]
fn a_certificate_for_another_name_is_told_with_both_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let ours = authority(directory.path(), "ours");
    let server = secure_server(directory.path());
    let url = server.secure_url.clone().expect("it speaks https").replace("127.0.0.1", "localhost");
    let settings = Settings { urls: vec![url], authorities: Some(ours), ..server.settings("kept") };
    let store = ClickHouse::open(&settings).expect("settings");
    let error = run(store.insert(&input::devices())).expect_err("it is not who it should be");
    assert!(matches!(error, StoreError::Untrusted { .. }) && !error.is_transient(), "{error}");
    let told = error.to_string();
    assert!(told.contains("localhost") && told.contains("127.0.0.1"), "{told}");
}
