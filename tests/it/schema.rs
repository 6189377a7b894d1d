//! The text of the tables: as it stands in `tests/data/schema`, and as a server takes it.

use std::process::Command;

use consentry::store::clickhouse::ClickHouse;

use crate::stores::run;
use crate::support::clickhouse::shared;

fn schema(arguments: &[&str]) -> String {
    let told = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .arg("schema")
        .args(arguments)
        .output()
        .expect("it runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).expect("text")
}

/// `BLESS=1` writes the files anew, to be read. A version that was released must not change.
fn assert_is_file(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schema").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} is told otherwise:\n{text}");
}

#[test]
fn tables_of_a_server_and_of_a_cluster_are_those_on_file() {
    assert_is_file("server.sql", &schema(&[]));
    let cluster = schema(&["--cluster", "shops", "--database", "figures"]);
    assert_is_file("cluster.sql", &cluster);
    assert_eq!(cluster.matches("on cluster `shops`").count(), 30);
    assert_eq!(cluster.matches("engine = Distributed(`shops`, `figures`, ").count(), 7);
    assert!(!cluster.contains("engine = SummingMergeTree"), "a table is not replicated");
}

/// Also of a shop whose figures are in the file yet: the tables are made before it moves.
#[test]
fn the_servers_own_settings_are_heeded_wherever_the_figures_are() {
    for kind in ["embedded", "clickhouse"] {
        let directory = tempfile::tempdir().expect("a directory");
        let server =
            "[store.clickhouse]\nurl = \"http://127.0.0.1:9\"\ndatabase = \"figures\"\nmonths = 13\n";
        let origin = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        let text = crate::support::settings(&directory, origin, crate::support::RULES)
            .replace("kind = \"embedded\"", &format!("kind = \"{kind}\""));
        let file = directory.path().join("consentry.toml");
        std::fs::write(&file, format!("{text}\n{server}")).expect("written");
        let told = schema(&["--config", file.to_str().expect("a path")]);
        assert!(told.contains("`figures`.pairs_day") && told.contains("interval 13 month"), "{kind}: {told}");
    }
}

#[test]
fn a_server_takes_the_text_and_a_gateway_finds_nothing_to_do() {
    let (server, database) = shared();
    for statement in schema(&["--database", &database]).split(";\n").filter(|part| !part.trim().is_empty()) {
        server.ask(statement);
    }
    let made = || {
        server.ask(&format!(
            "select count(), max(metadata_modification_time) from system.tables where database = '{database}'"
        ))
    };
    let before = made();
    let mut settings = server.settings(&database);
    settings.retention = consentry::store::Retention::default();
    run(ClickHouse::open(&settings).expect("settings").prepare()).expect("they are the tables");
    assert_eq!(made(), before);
    assert_eq!(server.ask(&format!("select count() from {database}.schema")), "1");
}
