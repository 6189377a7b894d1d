//! Tokens of many gateways in one ClickHouse: how many inserts may stand between a batch and its second sending.

use consentry::counting::tally::{Cell, Dimension, Sums, Tally, Value};
use consentry::store::clickhouse::ClickHouse;
use consentry::store::{Batch, BatchId, EventStore as _};

use crate::pages::PLAIN;
use crate::store_faults::{assert_stored, gateway, open, until};
use crate::stores::{input, run};
use crate::support::Origin;
use crate::support::between::{Between, Fate};
use crate::support::clickhouse::{Server, shared};

/// Tables that batches of these tests reach.
const TABLES: [&str; 3] = ["totals_hour", "cells_hour", "pairs_day"];

/// A view in each kind of cell.
fn batch(boot: u64, sequence: u64) -> Batch {
    let page = (Dimension::Page, Value::Word("/".into()));
    let country = (Dimension::Country, Value::Word("NO".into()));
    let cells = [
        Cell::Total,
        Cell::One(page.0.clone(), page.1.clone()),
        Cell::Pair(page.0, page.1, country.0, country.1),
    ];
    let tally = |cell| Tally {
        site: "shop".into(),
        hour: input::HOUR,
        day: input::DAY,
        cell,
        sums: Sums { views: 1, events: 1, ..Sums::default() },
    };
    Batch {
        id: BatchId { boot, sequence },
        tallies: cells.into_iter().map(tally).collect(),
        names: Vec::new(),
    }
}

/// Page views that each of [`TABLES`] has.
fn views(server: &Server, database: &str) -> [u32; 3] {
    let of = |table| server.ask(&format!("select sum(views) from {database}.{table}"));
    TABLES.map(|table| of(table).parse().expect("a number"))
}

#[test]
fn a_batch_in_doubt_counts_once_after_a_thousand_batches_of_other_gateways() {
    let (server, database) = shared();
    let store = ClickHouse::open(&server.settings(&database)).expect("settings");
    let doubtful = batch(1, 0);
    run(store.insert(&doubtful)).expect("it is stored");
    run(async {
        for sequence in 0..250 {
            for gateway in 2..6 {
                store.insert(&batch(gateway, sequence)).await.expect("it is stored");
            }
        }
    });
    run(store.insert(&doubtful)).expect("it is known");
    assert_eq!(views(server, &database), [1_001; 3]);
}

#[test]
fn a_token_is_known_up_to_the_window_and_forgotten_past_it() {
    const WINDOW: u64 = 20;
    let (server, database) = shared();
    let store = ClickHouse::open(&server.settings(&database)).expect("settings");
    run(store.prepare()).expect("tables");
    for table in TABLES {
        let made = server.ask(&format!("show create table {database}.{table}"));
        assert!(made.contains("non_replicated_deduplication_window = 100000"), "{made}");
        // The same rule with a window that a test can fill.
        let window = format!("non_replicated_deduplication_window = {WINDOW}");
        server.ask(&format!("alter table {database}.{table} modify setting {window}"));
    }
    let send = |boot, sequence| run(store.insert(&batch(boot, sequence))).expect("it is taken");
    send(1, 0);
    for sequence in 1..WINDOW {
        send(2 + sequence % 3, sequence);
    }
    send(1, 0);
    assert_eq!(views(server, &database), [20; 3], "it is the last that is known");
    send(5, 0);
    send(1, 0);
    assert_eq!(views(server, &database), [22; 3], "it was forgotten, and counts again");
}

#[test]
fn a_gateway_whose_answer_was_lost_counts_once_though_others_went_on_meanwhile() {
    let (server, database) = shared();
    let origin = Origin::page(PLAIN);
    let between = Between::before(server.address());
    let one = gateway(&origin, &format!("http://{}", between.address), &database);
    let other = gateway(&origin, &server.url, &database);
    open(&one, 0..10);
    assert_stored(server, &database, 10);
    between.set(Fate::LoseReply);
    open(&one, 10..20);
    until("an answer is lost", || between.met() >= 1);
    open(&other, 20..30);
    let store = ClickHouse::open(&server.settings(&database)).expect("settings");
    run(async {
        for sequence in 0..200 {
            store.insert(&batch(9, sequence)).await.expect("it is stored");
        }
    });
    open(&one, 30..40);
    between.set(Fate::Pass);
    assert_stored(server, &database, 240);
}
