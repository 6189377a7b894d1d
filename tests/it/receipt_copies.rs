//! Receipts on a ClickHouse: every record of the ledger is there once, whatever happens on the way, and what is erased in
//! the ledger is erased there.

use std::sync::Arc;

use consentry::clock::SteppedClock;
use consentry::policy::consent::ReceiptNumber;
use consentry::store::clickhouse::ClickHouse;
use consentry::store::ledger::{Entry, Hash, Ledger, Link, Receipts};
use consentry::store::{EventStore as _, Settings, StoreError};
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::pages::PLAIN;
use crate::store_faults::{self, gateway, text, until};
use crate::stores::run;
use crate::support::between::{Between, Fate};
use crate::support::clickhouse::{Server, shared};
use crate::support::{Gateway, Origin, Program, Visitor, get, noon, start_in};

/// Records of a ledger that is older than its copy: two whole blocks and a part of one.
const OLD_RECORDS: u32 = 2500;
/// Connections that choose at the same time when the program is killed.
const CHOOSERS: usize = 20;
/// Choices of each of them.
const CHOICES: usize = 20;

/// The ledger, a line each, as [`copied`] has it.
fn kept(directory: &TempDir) -> Vec<String> {
    let receipts = Receipts::open(&Settings { path: directory.path().into() }).expect("a ledger");
    let mut lines = Vec::new();
    receipts
        .export(|link| {
            let line = match link {
                Link::Erased { previous, hash, by } => format!("{by}||0||||||||{previous}|{hash}"),
                Link::Whole(receipt) => format!(
                    "0|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
                    receipt.id.map(|id| id.to_string()).unwrap_or_default(),
                    receipt.time.as_second(),
                    receipt.site,
                    receipt.action,
                    receipt.layer,
                    receipt.language,
                    receipt.granted.join(","),
                    receipt.refused.join(","),
                    receipt.texts,
                    receipt.previous,
                    receipt.hash
                ),
            };
            lines.push(format!("{}|{line}", lines.len() + 1));
            Ok::<_, StoreError>(())
        })
        .expect("a ledger");
    lines
}

/// Every row that the server has of all ledgers, merged or not.
fn copied(server: &Server, database: &str) -> Vec<String> {
    // The table may not be there yet.
    let rows = server.try_ask(&format!(
        "select arrayStringConcat([toString(place), toString(erased_by), id, toString(toUnixTimestamp(time)), site, \
         action, layer, language, arrayStringConcat(granted, ','), arrayStringConcat(refused, ','), texts, previous, \
         hash], '|') from {database}.receipts order by ledger, place"
    ));
    rows.unwrap_or_default().lines().map(str::to_owned).collect()
}

fn assert_copied(server: &Server, database: &str, directory: &TempDir, records: usize) {
    until(&format!("{records} records of {}", copied(server, database).len()), || {
        copied(server, database).len() >= records
    });
    assert_eq!(kept(directory).len(), records);
    until("the copy is the ledger", || copied(server, database) == kept(directory));
}

fn choose(gateway: &Gateway, visitors: u32) {
    for _ in 0..visitors {
        Visitor::of(gateway.visitors).choose("choice=some&category=statistics&return=/&layer=banner");
    }
}

/// Do so many wait, by what the gateway says?
fn not_copied(gateway: &Gateway, records: u32) -> bool {
    let figures = get(gateway.admin, "/metrics", &[]).text();
    figures.contains(&format!("store_receipts_not_copied {records}\n"))
}

#[test]
fn receipts_of_choices_are_copied_once_and_nothing_waits() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = gateway(&origin, &server.url, &database);
    choose(&gateway, 3);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/&layer=page");
    visitor.choose("choice=none&return=/&layer=page");
    assert_copied(server, &database, &gateway.directory, 5);
    until("nothing waits", || not_copied(&gateway, 0));
    let figures = get(gateway.admin, "/metrics", &[]).text();
    assert!(figures.contains("store_receipts_copied_total 5\n"), "{figures}");
    let days =
        server.ask(&format!("select day, action, layer, receipts from {database}.receipts_day order by all"));
    assert_eq!(
        days,
        "2026-03-10\tgranted\tbanner\t3\n2026-03-10\tgranted\tpage\t1\n2026-03-10\twithdrawn\tpage\t1"
    );
    // Another gateway has a ledger of its own, and both have every place.
    let other = store_faults::gateway(&origin, &server.url, &database);
    choose(&other, 2);
    let ledgers = format!("select count(), max(place) from {database}.receipts group by ledger order by 1");
    until("both are there", || server.ask(&ledgers) == "2\t2\n5\t5");
}

#[test]
fn what_is_erased_or_expired_in_the_ledger_is_erased_in_its_copy() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = gateway(&origin, &server.url, &database);
    choose(&gateway, 2);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    assert_copied(server, &database, &gateway.directory, 3);
    visitor.post_to("/_consentry/erase", "choice=none&return=/_consentry/my-data&layer=page", &[]);
    assert_copied(server, &database, &gateway.directory, 4);
    let whole = format!(
        "select count() from {database}.receipts where id != '' or texts not in ('', repeat('0', 64))"
    );
    assert_eq!(server.ask(&whole), "2");
    // Four years later the rest is not needed any more.
    let directory = gateway.stop();
    // A date four years on is in doubt where an earlier one is known.
    std::fs::remove_file(directory.path().join("upkeep.day")).expect("the day of the round before");
    let settings = text(&directory, &origin, &server.url, &database);
    let later = noon() + SignedDuration::from_hours(24 * 365 * 4);
    let gateway = start_in(directory, &settings, Arc::new(SteppedClock::at(later)));
    assert_copied(server, &database, &gateway.directory, 5);
    assert_eq!(server.ask(&whole), "0");
    choose(&gateway, 1);
    assert_copied(server, &database, &gateway.directory, 6);
}

#[test]
fn every_receipt_is_copied_once_after_every_fault_of_the_wire() {
    let (server, _) = shared();
    let origin = Origin::page(PLAIN);
    for fate in [Fate::Refuse, Fate::Hang, Fate::LoseReply, Fate::Busy] {
        let database = format!("receipts_{fate:?}").to_lowercase();
        let between = Between::before(server.address());
        let gateway = gateway(&origin, &format!("http://{}", between.address), &database);
        choose(&gateway, 2);
        assert_copied(server, &database, &gateway.directory, 2);
        between.set(fate);
        // Every visitor is answered at once.
        choose(&gateway, 2);
        until(&format!("an insert meets {fate:?}"), || between.met() >= 2);
        if fate == Fate::LoseReply {
            until("the server has them", || copied(server, &database).len() == 4);
        } else {
            until("they wait", || not_copied(&gateway, 2));
            assert_eq!(copied(server, &database).len(), 2);
        }
        choose(&gateway, 2);
        between.set(Fate::Pass);
        assert_copied(server, &database, &gateway.directory, 6);
    }
}

#[test]
fn a_server_that_comes_back_gets_the_receipts_of_the_time_without_it() {
    let data = tempfile::tempdir().expect("a directory");
    let origin = Origin::page(PLAIN);
    let server = Server::start(data.path(), 0);
    let port = server.port();
    let gateway = gateway(&origin, &server.url, "kept");
    choose(&gateway, 2);
    assert_copied(&server, "kept", &gateway.directory, 2);
    let data = server.kill();
    choose(&gateway, 3);
    until("they wait", || not_copied(&gateway, 3));
    let server = Server::start(&data, port);
    assert_copied(&server, "kept", &gateway.directory, 5);
}

#[test]
fn a_gateway_that_is_killed_while_it_copies_goes_on_where_the_server_is() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let directory = Arc::new(tempfile::tempdir().expect("a directory"));
    let settings = text(&directory, &origin, &server.url, &database);
    for _ in 0..3 {
        let program = Program::start_in(directory.clone(), &settings);
        let address = program.visitors;
        let before = copied(server, &database).len();
        let choosers: Vec<_> = (0..CHOOSERS)
            .map(|_| {
                std::thread::spawn(move || {
                    for _ in 0..CHOICES {
                        Visitor::of(address).post("choice=all&return=/", &[]);
                    }
                })
            })
            .collect();
        for chooser in choosers {
            chooser.join().expect("it ends");
        }
        until("it copies", || copied(server, &database).len() > before);
        program.kill();
    }
    let _program = Program::start_in(directory.clone(), &settings);
    assert_copied(server, &database, &directory, 3 * CHOOSERS * CHOICES);
}

#[test]
fn a_ledger_that_is_older_than_its_copy_comes_in_blocks() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = Arc::new(Ledger::open(&Settings { path: directory.path().into() }).expect("a ledger"));
    run(async {
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..OLD_RECORDS {
            let ledger = ledger.clone();
            let entry = Entry {
                id: ReceiptNumber(u128::from(number + 1).to_be_bytes()),
                time: noon(),
                site: "shop".to_owned(),
                action: "granted".to_owned(),
                layer: "banner".to_owned(),
                language: "nb".to_owned(),
                granted: vec!["statistics".to_owned()],
                refused: vec!["marketing".to_owned()],
                texts: Hash::of("what was shown"),
            };
            writers.spawn(async move { ledger.append(entry).await });
        }
        while let Some(written) = writers.join_next().await {
            written.expect("it ends").expect("a receipt");
        }
    });
    drop(ledger);
    let settings = text(&directory, &origin, &server.url, &database);
    let gateway = start_in(directory, &settings, Arc::new(SteppedClock::at(noon())));
    assert_copied(server, &database, &gateway.directory, OLD_RECORDS as usize);
}

#[test]
fn a_block_that_is_sent_again_adds_nothing() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = crate::support::start(&origin);
    choose(&gateway, 3);
    let receipts = Receipts::open(&Settings { path: gateway.directory.path().into() }).expect("a ledger");
    let block = receipts.block(0, 1000).expect("a ledger").expect("a block");
    let store = ClickHouse::open(&server.settings(&database)).expect("settings");
    let copies = store.receipt_copies().expect("a server takes copies");
    assert_eq!(run(copies.last(block.ledger)).expect("an answer"), None);
    for _ in 0..2 {
        run(copies.add(block.clone())).expect("it is taken");
        assert_eq!(copied(server, &database), kept(&gateway.directory));
    }
    let last = run(copies.last(block.ledger)).expect("an answer");
    assert_eq!(last, Some((3, receipts.head().expect("a head"))));
}

#[test]
fn a_ledger_whose_end_was_cut_off_is_not_mixed_with_its_copy() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let gateway = gateway(&origin, &server.url, &database);
    choose(&gateway, 3);
    assert_copied(server, &database, &gateway.directory, 3);
    let before = copied(server, &database);
    let directory = gateway.stop();
    rusqlite::Connection::open(directory.path().join("ledger.db"))
        .and_then(|ledger| ledger.execute("delete from receipts where place > 1", []))
        .expect("a ledger");
    let settings = text(&directory, &origin, &server.url, &database);
    let program = Program::start_in(Arc::new(directory), &settings);
    for _ in 0..4 {
        Visitor::of(program.visitors).choose("choice=all&return=/");
    }
    until("it is told", || {
        get(program.admin, "/metrics", &[]).text().contains("store_receipts_not_copied 5\n")
    });
    let told = get(program.admin, "/readyz", &[]).text();
    assert!(told.contains("receipts are not copied to the server"), "{told}");
    let log = program.stop();
    assert!(log.contains("no receipt can be copied until somebody acts"), "it is not told");
    assert_eq!(copied(server, &database), before);
}
