//! Adding batches.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use super::super::Batch;
use super::super::dimension::number;
use super::BATCH_SECONDS_MAX;
use crate::counting::tally::{Cell, Dimension, Name, Tally, Value};

/// Writes down what the numbers of dimensions stand for, for people who read the file.
pub(super) fn know_dimensions(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for dimension in Dimension::ALL {
        transaction.execute(
            include_str!("../sql/insert_dimension.sql"),
            named_params! { ":id": number(dimension), ":name": dimension.name() },
        )?;
    }
    transaction.commit()
}

/// Adds the batch, unless it was added before.
pub(super) fn insert(connection: &mut Connection, batch: &Batch, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_new = transaction
        .prepare_cached(include_str!("../sql/insert_batch.sql"))?
        .execute(named_params! { ":id": batch.id.to_bytes().as_slice(), ":applied_at": now.as_second() })?
        == 1;
    if is_new {
        let mut sites = Sites::default();
        for tally in &batch.tallies {
            add(&transaction, sites.number(&transaction, &tally.site)?, tally)?;
        }
        for name in &batch.names {
            reveal(&transaction, sites.number(&transaction, &name.site)?, name)?;
        }
        transaction
            .prepare_cached(include_str!("../sql/forget_batches.sql"))?
            .execute(named_params! { ":before": now.as_second().saturating_sub(BATCH_SECONDS_MAX) })?;
    }
    transaction.commit()
}

/// The numbers of the sites in one batch.
#[derive(Default)]
struct Sites<'a>(HashMap<&'a str, i64>);

impl<'a> Sites<'a> {
    fn number(&mut self, transaction: &Transaction<'_>, name: &'a str) -> rusqlite::Result<i64> {
        if let Some(number) = self.0.get(name) {
            return Ok(*number);
        }
        let site = named_params! { ":name": name };
        transaction.prepare_cached(include_str!("../sql/insert_site.sql"))?.execute(site)?;
        let number =
            transaction.prepare_cached(include_str!("../sql/site.sql"))?.query_row(site, |row| row.get(0))?;
        self.0.insert(name, number);
        Ok(number)
    }
}

/// A value as it stands in a column: a word is text, a token the integer of the same bits.
struct Column<'a>(&'a Value);

impl ToSql for Column<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Word(word) => ToSqlOutput::Borrowed(ValueRef::Text(word.as_bytes())),
            Value::Token(token) => ToSqlOutput::from(token.cast_signed()),
        })
    }
}

fn add(transaction: &Transaction<'_>, site: i64, tally: &Tally) -> rusqlite::Result<()> {
    let (sums, day, hour) = (&tally.sums, tally.day.0, tally.hour.0);
    match &tally.cell {
        Cell::Total => {
            transaction.prepare_cached(include_str!("../sql/add_total.sql"))?.execute(named_params! {
                ":site": site, ":day": day, ":hour": hour,
                ":visitors": sums.visitors, ":visitors_hour": sums.visitors_hour,
                ":visits": sums.visits, ":visits_hour": sums.visits_hour, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
            })
        }
        Cell::One(dimension, value) => {
            transaction.prepare_cached(include_str!("../sql/add_cell.sql"))?.execute(named_params! {
                ":site": site, ":dimension": number(*dimension), ":day": day, ":hour": hour,
                ":value": Column(value),
                ":visitors": sums.visitors, ":visitors_hour": sums.visitors_hour,
                ":visits": sums.visits, ":visits_hour": sums.visits_hour, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
            })
        }
        Cell::Pair(first, first_value, second, second_value) => {
            transaction.prepare_cached(include_str!("../sql/add_pair.sql"))?.execute(named_params! {
                ":site": site, ":first": number(*first), ":second": number(*second), ":day": day,
                ":first_value": Column(first_value), ":second_value": Column(second_value),
                ":visitors": sums.visitors, ":visits": sums.visits, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
            })
        }
    }
    .map(|_| ())
}

fn reveal(transaction: &Transaction<'_>, site: i64, name: &Name) -> rusqlite::Result<()> {
    transaction.prepare_cached(include_str!("../sql/insert_name.sql"))?.execute(named_params! {
        ":site": site,
        ":dimension": number(name.dimension),
        ":token": name.token.cast_signed(),
        ":name": &*name.name,
    })?;
    Ok(())
}
