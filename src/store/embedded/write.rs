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
            named_params! { ":id": number(&dimension), ":name": dimension.name() },
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
        let mut numbers = Numbers { transaction: &transaction, sites: HashMap::new(), keys: HashMap::new() };
        for tally in &batch.tallies {
            add(&mut numbers, tally)?;
        }
        for name in &batch.names {
            reveal(&mut numbers, name)?;
        }
        transaction
            .prepare_cached(include_str!("../sql/forget_batches.sql"))?
            .execute(named_params! { ":before": now.as_second().saturating_sub(BATCH_SECONDS_MAX) })?;
    }
    transaction.commit()
}

/// The numbers of the sites and properties in one batch.
struct Numbers<'a> {
    transaction: &'a Transaction<'a>,
    sites: HashMap<&'a str, i64>,
    keys: HashMap<&'a str, i64>,
}

impl<'a> Numbers<'a> {
    fn site(&mut self, name: &'a str) -> rusqlite::Result<i64> {
        if let Some(number) = self.sites.get(name) {
            return Ok(*number);
        }
        let site = named_params! { ":name": name };
        self.transaction.prepare_cached(include_str!("../sql/insert_site.sql"))?.execute(site)?;
        let mut statement = self.transaction.prepare_cached(include_str!("../sql/site.sql"))?;
        let number = statement.query_row(site, |row| row.get(0))?;
        self.sites.insert(name, number);
        Ok(number)
    }

    fn dimension(&mut self, dimension: &'a Dimension) -> rusqlite::Result<i64> {
        let Dimension::Property(key) = dimension else { return Ok(number(dimension).into()) };
        if let Some(number) = self.keys.get(&**key) {
            return Ok(*number);
        }
        let name = dimension.name();
        let property = named_params! { ":name": name };
        self.transaction.prepare_cached(include_str!("../sql/insert_property.sql"))?.execute(property)?;
        let mut statement = self.transaction.prepare_cached(include_str!("../sql/dimension.sql"))?;
        let number = statement.query_row(property, |row| row.get(0))?;
        self.keys.insert(key, number);
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

fn add<'a>(numbers: &mut Numbers<'a>, tally: &'a Tally) -> rusqlite::Result<()> {
    let (transaction, site) = (numbers.transaction, numbers.site(&tally.site)?);
    let (sums, day, hour) = (&tally.sums, tally.day.0, tally.hour.0);
    match &tally.cell {
        Cell::Total => {
            transaction.prepare_cached(include_str!("../sql/add_total.sql"))?.execute(named_params! {
                ":site": site, ":day": day, ":hour": hour,
                ":visitors": sums.visitors, ":visitors_hour": sums.visitors_hour,
                ":visits": sums.visits, ":visits_hour": sums.visits_hour, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
                ":revenue": sums.revenue, ":orders": sums.orders, ":engaged_ms": sums.engaged_ms,
                ":scroll": sums.scroll, ":scrolls": sums.scrolls,
            })
        }
        Cell::One(dimension, value) => {
            let dimension = numbers.dimension(dimension)?;
            transaction.prepare_cached(include_str!("../sql/add_cell.sql"))?.execute(named_params! {
                ":site": site, ":dimension": dimension, ":day": day, ":hour": hour,
                ":value": Column(value),
                ":visitors": sums.visitors, ":visitors_hour": sums.visitors_hour,
                ":visits": sums.visits, ":visits_hour": sums.visits_hour, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
                ":revenue": sums.revenue, ":orders": sums.orders, ":engaged_ms": sums.engaged_ms,
                ":scroll": sums.scroll, ":scrolls": sums.scrolls,
            })
        }
        Cell::Pair(first, first_value, second, second_value) => {
            let (first, second) = (numbers.dimension(first)?, numbers.dimension(second)?);
            transaction.prepare_cached(include_str!("../sql/add_pair.sql"))?.execute(named_params! {
                ":site": site, ":first": first, ":second": second, ":day": day,
                ":first_value": Column(first_value), ":second_value": Column(second_value),
                ":visitors": sums.visitors, ":visits": sums.visits, ":carried": sums.carried,
                ":views": sums.views, ":events": sums.events, ":bounces": sums.bounces,
                ":seconds": sums.seconds, ":entries": sums.entries, ":exits": sums.exits,
                ":revenue": sums.revenue, ":orders": sums.orders, ":engaged_ms": sums.engaged_ms,
                ":scroll": sums.scroll, ":scrolls": sums.scrolls,
            })
        }
    }
    .map(|_| ())
}

fn reveal<'a>(numbers: &mut Numbers<'a>, name: &'a Name) -> rusqlite::Result<()> {
    let (site, dimension) = (numbers.site(&name.site)?, numbers.dimension(&name.dimension)?);
    numbers.transaction.prepare_cached(include_str!("../sql/insert_name.sql"))?.execute(named_params! {
        ":site": site,
        ":dimension": dimension,
        ":token": name.token.cast_signed(),
        ":name": &*name.name,
    })?;
    Ok(())
}
