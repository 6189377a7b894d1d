//! Adding batches: one insert under the batch's token.

use std::sync::Arc;

use clickhouse::{Client, Row};
use serde::Serialize;

use super::super::{Batch, StoreError};
use super::link::Link;
use crate::counting::tally::{Cell, Name, Sums, Tally, Value};

/// Rows of one block. A batch of the spool has fewer, so it is one block, and its token stands for all of it.
const BLOCK_ROWS_MAX: &str = "16777216";

/// What `kind` says.
const TOTAL: i8 = 1;
const CELL: i8 = 2;
const PAIR: i8 = 3;
const NAME: i8 = 4;

/// A row of the table `tallies`.
#[derive(Row, Serialize)]
struct Line<'a> {
    kind: i8,
    site: &'a str,
    day: u16,
    hour: u32,
    dimension: &'a str,
    token: u64,
    word: &'a str,
    second: &'a str,
    second_token: u64,
    second_word: &'a str,
    visitors: i64,
    visitors_hour: i64,
    visits: i64,
    visits_hour: i64,
    carried: i64,
    views: i64,
    events: i64,
    bounces: i64,
    seconds: i64,
    entries: i64,
    exits: i64,
    revenue: i64,
    orders: i64,
    engaged_ms: i64,
    scroll: i64,
    scrolls: i64,
}

/// Adds the batch. A server that has it under its token adds nothing; tables that have it not, as when the server fell
/// between two of them, are added to.
pub(super) async fn insert(link: &Link, batch: Arc<Batch>) -> Result<(), StoreError> {
    if batch.tallies.is_empty() && batch.names.is_empty() {
        return Ok(());
    }
    link.prepare().await?;
    let outcome = link.within(|client| send(client, batch.clone())).await;
    if outcome.as_ref().is_err_and(|error| !error.is_transient()) {
        link.doubt().await;
    }
    outcome
}

/// What an insert needs in order to be one block that is added once under its token.
pub(super) fn settings(token: String) -> [(&'static str, String); 8] {
    [
        ("insert_deduplication_token", token),
        ("insert_deduplicate", "1".to_owned()),
        ("deduplicate_blocks_in_dependent_materialized_views", "1".to_owned()),
        ("async_insert", "0".to_owned()),
        ("distributed_foreground_insert", "1".to_owned()),
        ("max_insert_block_size", BLOCK_ROWS_MAX.to_owned()),
        ("input_format_parallel_parsing", "0".to_owned()),
        ("max_partitions_per_insert_block", "0".to_owned()),
    ]
}

async fn send(client: Client, batch: Arc<Batch>) -> Result<(), clickhouse::error::Error> {
    let mut insert = client.insert::<Line<'_>>("tallies").await?;
    for (name, value) in settings(batch.id.to_string()) {
        insert = insert.with_setting(name, value);
    }
    for tally in &batch.tallies {
        match &tally.cell {
            Cell::Total => insert.write(&line(tally, TOTAL)).await?,
            Cell::One(dimension, value) => {
                let name = dimension.name();
                let (token, word) = columns(value);
                insert.write(&Line { dimension: &name, token, word, ..line(tally, CELL) }).await?;
            }
            Cell::Pair(first, first_value, second, second_value) => {
                let (first, second) = (first.name(), second.name());
                let (token, word) = columns(first_value);
                let (second_token, second_word) = columns(second_value);
                let pair = Line {
                    dimension: &first,
                    token,
                    word,
                    second: &second,
                    second_token,
                    second_word,
                    ..line(tally, PAIR)
                };
                insert.write(&pair).await?;
            }
        }
    }
    for name in &batch.names {
        let dimension = name.dimension.name();
        insert.write(&revealed(name, &dimension)).await?;
    }
    insert.end().await
}

/// A value as it stands in two columns: a word has the token 0. A token is 0 once in 2⁶⁴.
fn columns(value: &Value) -> (u64, &str) {
    match value {
        Value::Word(word) => (0, word),
        Value::Token(token) => (*token, ""),
    }
}

/// A row without a value.
fn line(tally: &Tally, kind: i8) -> Line<'_> {
    let sums: &Sums = &tally.sums;
    Line {
        kind,
        site: &tally.site,
        day: u16::try_from(tally.day.0).unwrap_or(0),
        hour: u32::try_from(i64::from(tally.hour.0) * 3600).unwrap_or(0),
        dimension: "",
        token: 0,
        word: "",
        second: "",
        second_token: 0,
        second_word: "",
        visitors: sums.visitors,
        visitors_hour: sums.visitors_hour,
        visits: sums.visits,
        visits_hour: sums.visits_hour,
        carried: sums.carried,
        views: sums.views,
        events: sums.events,
        bounces: sums.bounces,
        seconds: sums.seconds,
        entries: sums.entries,
        exits: sums.exits,
        revenue: sums.revenue,
        orders: sums.orders,
        engaged_ms: sums.engaged_ms,
        scroll: sums.scroll,
        scrolls: sums.scrolls,
    }
}

fn revealed<'a>(name: &'a Name, dimension: &'a str) -> Line<'a> {
    Line {
        kind: NAME,
        site: &name.site,
        day: 0,
        hour: 0,
        dimension,
        token: name.token,
        word: &name.name,
        second: "",
        second_token: 0,
        second_word: "",
        visitors: 0,
        visitors_hour: 0,
        visits: 0,
        visits_hour: 0,
        carried: 0,
        views: 0,
        events: 0,
        bounces: 0,
        seconds: 0,
        entries: 0,
        exits: 0,
        revenue: 0,
        orders: 0,
        engaged_ms: 0,
        scroll: 0,
        scrolls: 0,
    }
}
