//! Nothing that is stored, logged or exposed points at a visitor.

use std::path::Path;

use crate::pages::SHOP;
use crate::support::{Origin, Visitor, get};

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Plantet/77.1";
/// Planted in a request; none of it may be found afterwards.
const PLANTED: [&str; 6] =
    [AGENT, "Plantet", "198.51.100.77", "ola.nordmann", "hemmelig-token-xyz", "01017012345"];

pub(crate) fn every_file(directory: &Path, seen: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            every_file(&path, seen);
        } else {
            seen(&path, &std::fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn no_address_agent_or_raw_query_is_in_any_file_or_metric() {
    let origin = Origin::page(SHOP);
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, crate::support::RULES)
        .replace("languages =", "trusted_proxies = [\"127.0.0.1/32\"]\nlanguages =");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let headers = [
        ("user-agent", AGENT),
        ("accept", "text/html"),
        ("x-forwarded-for", "198.51.100.77"),
        ("referer", "https://mail.example/inbox?user=ola.nordmann@example.org"),
    ];
    get(
        gateway.visitors,
        "/konto/ola.nordmann@example.org?token=hemmelig-token-xyz&id=01017012345",
        &headers,
    );
    get(gateway.visitors, "/pasient/01017012345", &headers);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.agent = AGENT.into();
    visitor.choose("choice=all&return=/");
    let metrics = get(gateway.admin, "/metrics", &[]).text() + &get(gateway.admin, "/readyz", &[]).text();
    let address = gateway.visitors;
    let directory = gateway.stop();
    for planted in PLANTED {
        assert!(!metrics.contains(planted), "{planted} is in the metrics");
    }
    let mut files = 0;
    every_file(directory.path(), &mut |path, bytes| {
        files += 1;
        for planted in PLANTED {
            assert!(
                memchr::memmem::find(bytes, planted.as_bytes()).is_none(),
                "{planted} is in {}",
                path.display()
            );
        }
    });
    assert!(files >= 3, "statistics, spool and ledger were looked through, in {address}");
}

#[test]
fn no_log_line_identifies_a_visitor() {
    let origin = Origin::page(SHOP);
    let program = crate::support::Program::start(origin.address);
    let headers = [("user-agent", AGENT), ("accept", "text/html"), ("cookie", "session=hemmelig-token-xyz")];
    get(program.visitors, "/konto/ola.nordmann@example.org?id=01017012345", &headers);
    let log = program.stop();
    for planted in PLANTED {
        assert!(!log.contains(planted), "{planted} is in the log:\n{log}");
    }
}
