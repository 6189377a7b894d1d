//! Bad days of a ClickHouse: killed, hung, refused, cut off, busy, slow, read-only, full, changed. Whatever happens, pages
//! are served, and the figures come out exact when it is over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use consentry::clock::SteppedClock;
use serde_json::json;
use tempfile::TempDir;

use crate::pages::PLAIN;
use crate::support::between::{Between, Fate};
use crate::support::clickhouse::{Server, shared};
use crate::support::{Gateway, Origin, Program, RULES, Visitor, get, noon, settings, start_in};

/// Longest wait for figures to be right again. Waits between tries double, and tests share a machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// Settings of a gateway whose statistics are in `database` at `url`.
pub fn text(directory: &TempDir, origin: &Origin, url: &str, database: &str) -> String {
    let server = format!(
        "[store.clickhouse]\nurl = \"{url}\"\ndatabase = \"{database}\"\nanswer_timeout_seconds = 4\n\
         hours_days = 36500\nmonths = 1200\n[[site]]"
    );
    settings(directory, origin.address, RULES)
        .replace("kind = \"embedded\"", "kind = \"clickhouse\"")
        .replacen("[[site]]", &server, 1)
}

pub fn gateway(origin: &Origin, url: &str, database: &str) -> Gateway {
    let directory = tempfile::tempdir().expect("a directory");
    let text = text(&directory, origin, url, database);
    start_in(directory, &text, Arc::new(SteppedClock::at(noon())))
}

/// So many pages, each served.
pub fn open(gateway: &Gateway, pages: std::ops::Range<u32>) {
    let mut visitor = Visitor::of(gateway.visitors);
    for page in pages {
        assert_eq!(visitor.open(&format!("/{page}")).status, 200);
    }
}

/// Between two looks; tests share a machine with the servers they wait for.
fn pause() {
    std::thread::park_timeout(Duration::from_millis(100));
}

pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        pause();
    }
}

/// Page views that the server has, by totals, by pages and by pairs of pages and countries.
fn stored(server: &Server, database: &str) -> [String; 3] {
    // The tables may not be there yet.
    let of =
        |what: &str| server.try_ask(&format!("select sum(views) from {database}.{what}")).unwrap_or_default();
    [
        of("totals_hour"),
        of("cells_hour where dimension = 'event:page'"),
        of("pairs_day where first = 'event:page' and second = 'visit:country'"),
    ]
}

pub fn assert_stored(server: &Server, database: &str, views: u32) {
    let expected = [views.to_string(), views.to_string(), views.to_string()];
    let begun = Instant::now();
    while stored(server, database) != expected && begun.elapsed() < PATIENCE {
        pause();
    }
    assert_eq!(stored(server, database), expected);
}

fn ready(gateway: &Gateway) -> serde_json::Value {
    told_at(gateway.admin)
}

pub fn told_at(admin: SocketAddr) -> serde_json::Value {
    get(admin, "/readyz", &[]).json()
}

#[test]
fn figures_are_exact_after_every_fault_of_the_wire() {
    let (server, _) = shared();
    let origin = Origin::page(PLAIN);
    for fate in [Fate::Refuse, Fate::Hang, Fate::LoseReply, Fate::Busy, Fate::Trickle] {
        let database = format!("wire_{fate:?}").to_lowercase();
        let between = Between::before(server.address());
        let gateway = gateway(&origin, &format!("http://{}", between.address), &database);
        open(&gateway, 0..20);
        assert_stored(server, &database, 20);
        between.set(fate);
        open(&gateway, 20..40);
        // The same batch meets it twice, and waits for others meanwhile.
        until(&format!("an insert meets {fate:?}"), || {
            between.met() >= if fate == Fate::Trickle { 1 } else { 2 }
        });
        open(&gateway, 40..60);
        if fate != Fate::Trickle {
            let told = ready(&gateway);
            assert_eq!(told["status"], "degraded", "{told}");
            assert!(
                told["degraded"][0].as_str().expect("a sentence").contains("wait in the spool"),
                "{told}"
            );
        }
        between.set(Fate::Pass);
        assert_stored(server, &database, 60);
        until("nothing waits", || ready(&gateway)["pending_batches"] == 0);
        assert_eq!(ready(&gateway)["lost_tallies"], 0);
    }
}

#[test]
fn a_server_that_falls_and_comes_back_has_every_view_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let origin = Origin::page(PLAIN);
    let mut server = Server::start(directory.path(), 0);
    let port = server.port();
    let gateway = gateway(&origin, &server.url, "kept");
    let mut views = 0;
    for _ in 0..2 {
        open(&gateway, views..views + 30);
        // It falls while batches come in.
        let data = server.kill();
        open(&gateway, views + 30..views + 60);
        views += 60;
        until("it is missed", || ready(&gateway)["status"] == "degraded");
        server = Server::start(&data, port);
    }
    assert_stored(&server, "kept", views);
}

#[test]
fn a_server_that_stands_still_holds_nobody_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let origin = Origin::page(PLAIN);
    let server = Server::start(directory.path(), 0);
    let gateway = gateway(&origin, &server.url, "kept");
    open(&gateway, 0..10);
    assert_stored(&server, "kept", 10);
    server.signal("-STOP");
    let begun = Instant::now();
    open(&gateway, 10..60);
    assert!(begun.elapsed() < Duration::from_secs(20), "pages took {:?}", begun.elapsed());
    until("it is missed", || ready(&gateway)["status"] == "degraded");
    server.signal("-CONT");
    assert_stored(&server, "kept", 60);
}

#[test]
fn a_gateway_starts_without_its_server_and_the_figures_come_later() {
    let directory = tempfile::tempdir().expect("a directory");
    let origin = Origin::page(PLAIN);
    let server = Server::start(directory.path(), 0);
    let port = server.port();
    let data = server.kill();
    let gateway = gateway(&origin, &format!("http://127.0.0.1:{port}"), "kept");
    open(&gateway, 0..25);
    let question = json!({"site_id": "shop", "metrics": ["pageviews"], "date_range": "day"});
    let answer = gateway.ask(&gateway.token(), &question);
    assert_eq!(answer.status, 503, "{}", answer.text());
    let server = Server::start(&data, port);
    assert_stored(&server, "kept", 25);
    gateway.ask_until(&gateway.token(), &question, &json!([{"metrics": [25], "dimensions": []}]));
}

#[test]
fn tables_that_take_nothing_are_told_of_and_get_everything_later() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = gateway(&origin, &server.url, &database);
    open(&gateway, 0..10);
    assert_stored(server, &database, 10);
    // A partition of tables is what a batch needs first; a constraint refuses it as a full disk does, in one table only.
    let table = format!("{database}.pairs_day");
    server.ask(&format!("alter table {table} add constraint full check visits_base < 0"));
    open(&gateway, 10..30);
    until("it is told", || ready(&gateway)["degraded"].to_string().contains("refused"));
    open(&gateway, 30..40);
    server.ask(&format!("alter table {table} drop constraint full"));
    // Totals got the batch when pairs did not: now pairs get it, and totals do not get it again.
    assert_stored(server, &database, 40);
    // Somebody changes a table: nothing wrong is stored, and nothing lost.
    server.ask(&format!("rename table {database}.tallies to {database}.elsewhere"));
    open(&gateway, 40..50);
    until("it is told", || ready(&gateway)["degraded"].to_string().contains("tallies"));
    server.ask(&format!("rename table {database}.elsewhere to {database}.tallies"));
    assert_stored(server, &database, 50);
}

#[test]
fn a_gateway_that_is_killed_under_load_loses_a_second_at_most_and_doubles_nothing() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let text = text(&directory, &origin, &server.url, &database);
    let mut program = Program::start_in(Arc::new(directory), &text);
    let views = || stored(server, &database)[0].parse::<u32>().unwrap_or(0);
    let (mut safe, mut sent) = (0, 0);
    for _ in 0..2 {
        let mut visitor = Visitor::of(program.visitors);
        let before = views();
        for page in 0..200 {
            assert_eq!(visitor.open(&format!("/{page}")).status, 200);
        }
        until("they are stored", || views() >= before + 200);
        // The last second: these may be lost, the others may not.
        for page in 0..50 {
            assert_eq!(visitor.open(&format!("/{page}")).status, 200);
        }
        (safe, sent) = (safe + 200, sent + 250);
        program = Program::start_in(program.kill(), &text);
    }
    let mut visitor = Visitor::of(program.visitors);
    assert_eq!(visitor.open("/last").status, 200);
    // SIGTERM: everything that was counted is delivered before the end.
    program.stop();
    assert!((safe + 1..=sent + 1).contains(&views()), "{} of {safe} to {sent}", views());
}

#[test]
fn a_day_without_the_server_is_caught_up_with_and_every_view_is_there_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let origin = Origin::page(PLAIN);
    let server = Server::start(directory.path(), 0);
    let gateway = gateway(&origin, &server.url, "kept");
    open(&gateway, 0..10);
    assert_stored(&server, "kept", 10);
    let port = server.port();
    let data = server.kill();
    for hour in 1..=24 {
        gateway.clock.step(jiff::SignedDuration::from_hours(1));
        open(&gateway, 10 * hour..10 * (hour + 1));
    }
    // Batches are made by the second, whatever the clock says: the last one may be the first of the day.
    until("a batch waits", || ready(&gateway)["pending_batches"].as_u64() >= Some(1));
    gateway.clock.step(jiff::SignedDuration::from_hours(1));
    until("it waits for an hour", || ready(&gateway)["pending_seconds"].as_u64() >= Some(3600));
    let server = Server::start(&data, port);
    assert_stored(&server, "kept", 250);
    let days = server.ask("select day, sum(views) from kept.totals_hour group by day order by day");
    assert_eq!(days, "2026-03-10\t120\n2026-03-11\t130");
    until("nothing waits", || ready(&gateway)["pending_batches"] == 0);
    assert_eq!(ready(&gateway)["lost_tallies"], 0);
}

#[test]
fn sigterm_under_load_delivers_every_view() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let text = text(&directory, &origin, &server.url, &database);
    let program = Program::start_in(Arc::new(directory), &text);
    let mut visitor = Visitor::of(program.visitors);
    for page in 0..300 {
        assert_eq!(visitor.open(&format!("/{page}")).status, 200);
    }
    program.stop();
    assert_eq!(stored(server, &database), ["300", "300", "300"]);
}

#[test]
fn a_user_who_may_only_read_is_told_of_and_what_it_could_not_write_comes_under_one_who_may() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let directory = Arc::new(tempfile::tempdir().expect("a directory"));
    let password = directory.path().join("clickhouse.password");
    std::fs::write(&password, "reader\n").expect("written");
    let writes = text(&directory, &origin, &server.url, &database);
    let user = format!("[store.clickhouse]\nuser = \"reader\"\npassword_file = \"{}\"\n", password.display());
    let reads = writes.replacen("[store.clickhouse]\n", &user, 1);
    let open = |program: &Program, pages: std::ops::Range<u32>| {
        let mut visitor = Visitor::of(program.visitors);
        for page in pages {
            assert_eq!(visitor.open(&format!("/{page}")).status, 200);
        }
    };
    let program = Program::start_in(directory.clone(), &writes);
    open(&program, 0..10);
    program.stop();
    assert_stored(server, &database, 10);
    let program = Program::start_in(directory.clone(), &reads);
    open(&program, 10..30);
    until("it is told", || told_at(program.admin)["degraded"].to_string().contains("readonly mode"));
    let told = told_at(program.admin);
    assert_eq!((&told["status"], &told["lost_tallies"]), (&json!("degraded"), &json!(0)), "{told}");
    open(&program, 30..40);
    program.stop();
    assert_eq!(stored(server, &database), ["10", "10", "10"]);
    let program = Program::start_in(directory, &writes);
    assert_stored(server, &database, 40);
    until("nothing waits", || told_at(program.admin)["pending_batches"] == 0);
    program.stop();
}

#[test]
fn a_server_without_room_is_told_of_and_gets_everything_when_there_is_room() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = gateway(&origin, &server.url, &database);
    open(&gateway, 0..10);
    assert_stored(server, &database, 10);
    // The server keeps more free than any disk has: it refuses with the error of a full one, in one table of three.
    let table = format!("{database}.cells_hour");
    let room = "min_free_disk_bytes_to_perform_insert";
    server.ask(&format!("alter table {table} modify setting {room} = {}", 1_u64 << 60));
    open(&gateway, 10..30);
    until("it is told", || ready(&gateway)["degraded"].to_string().contains("Code: 243"));
    open(&gateway, 30..40);
    server.ask(&format!("alter table {table} reset setting {room}"));
    assert_stored(server, &database, 40);
    until("nothing waits", || ready(&gateway)["pending_batches"] == 0);
    assert_eq!(ready(&gateway)["lost_tallies"], 0);
}
