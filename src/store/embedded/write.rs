//! Adding batches.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, named_params};

use super::super::Batch;
use super::super::dimension::number;
use super::BATCH_SECONDS_MAX;
use super::age::utc_day;
use crate::counting::tally::{Cell, Dimension, Name, SUMS, Tally, Value};

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

/// Makes the connection that writes fit for many rows: with room for `cache_kib` of pages, and without looking up for
/// each row that its site and its dimensions exist, whose numbers were read or given in the same transaction.
pub(super) fn tune(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    // A negative number is a size, a positive one counts pages.
    connection.pragma_update(None, "cache_size", -cache_kib)
}

/// Adds the batch, unless it was added before.
pub(super) fn insert(connection: &mut Connection, batch: &Batch, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_new = transaction
        .prepare_cached(include_str!("../sql/insert_batch.sql"))?
        .execute(named_params! { ":id": batch.id.to_bytes().as_slice(), ":applied_at": now.as_second() })?
        == 1;
    if is_new {
        let mut numbers = Numbers::of(&transaction);
        let mut adding = Adding::into(&transaction)?;
        let mut days = BTreeSet::new();
        for tally in &batch.tallies {
            let site = numbers.site(&tally.site)?;
            adding.add(&mut numbers, site, tally)?;
            days.insert((tally.day.0, site));
        }
        drop(adding);
        for (day, site) in days {
            let mut keep = transaction.prepare_cached(include_str!("../sql/keep_day.sql"))?;
            keep.execute(named_params! { ":site": site, ":day": day })?;
        }
        for name in &batch.names {
            reveal(&mut numbers, name, now)?;
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
    /// The site asked for last: a batch names few, and long runs of one.
    last: Option<(&'a str, i64)>,
    sites: HashMap<&'a str, i64>,
    keys: HashMap<&'a str, i64>,
}

impl<'a> Numbers<'a> {
    fn of(transaction: &'a Transaction<'a>) -> Self {
        Self { transaction, last: None, sites: HashMap::new(), keys: HashMap::new() }
    }

    fn site(&mut self, name: &'a str) -> rusqlite::Result<i64> {
        if let Some((last, number)) = self.last
            && last == name
        {
            return Ok(number);
        }
        let number = match self.sites.get(name) {
            Some(number) => *number,
            None => self.new_site(name)?,
        };
        self.last = Some((name, number));
        Ok(number)
    }

    fn new_site(&mut self, name: &'a str) -> rusqlite::Result<i64> {
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

const ADD_TOTAL: &str = include_str!("../sql/add_total.sql");
const ADD_CELL: &str = include_str!("../sql/add_cell.sql");
const ADD_PAIR: &str = include_str!("../sql/add_pair.sql");
/// The places of the sums of an hour in [`Sums::list`]: a row of a day has none.
const OF_HOUR: [usize; 2] = [1, 3];

/// The statements that add sums, ready for a whole batch. Their parameters are bound by place: to look twenty names up
/// for each of a million rows takes longer than to write the rows.
struct Adding<'a> {
    total: CachedStatement<'a>,
    cell: CachedStatement<'a>,
    pair: CachedStatement<'a>,
}

impl<'a> Adding<'a> {
    fn into(transaction: &'a Transaction<'a>) -> rusqlite::Result<Self> {
        Ok(Self {
            total: transaction.prepare_cached(ADD_TOTAL)?,
            cell: transaction.prepare_cached(ADD_CELL)?,
            pair: transaction.prepare_cached(ADD_PAIR)?,
        })
    }

    fn add<'t>(&mut self, numbers: &mut Numbers<'t>, site: i64, tally: &'t Tally) -> rusqlite::Result<()> {
        let (day, hour, sums) = (tally.day.0, tally.hour.0, tally.sums.list());
        match &tally.cell {
            Cell::Total => {
                let mut row = Row::of(&mut self.total);
                row.put(site)?;
                row.put(day)?;
                row.put(hour)?;
                row.add(&sums)
            }
            Cell::One(dimension, value) => {
                let mut row = Row::of(&mut self.cell);
                row.put(site)?;
                row.put(numbers.dimension(dimension)?)?;
                row.put(day)?;
                row.put(hour)?;
                row.put(Column(value))?;
                row.add(&sums)
            }
            Cell::Pair(first, first_value, second, second_value) => {
                let mut row = Row::of(&mut self.pair);
                row.put(site)?;
                row.put(numbers.dimension(first)?)?;
                row.put(numbers.dimension(second)?)?;
                row.put(day)?;
                row.put(Column(first_value))?;
                row.put(Column(second_value))?;
                row.add_of_day(&sums)
            }
        }
    }
}

/// One row, whose parameters are bound one after another.
struct Row<'r, 'a> {
    statement: &'r mut CachedStatement<'a>,
    bound: usize,
}

impl<'r, 'a> Row<'r, 'a> {
    const fn of(statement: &'r mut CachedStatement<'a>) -> Self {
        Self { statement, bound: 0 }
    }

    fn put(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.bound += 1;
        self.statement.raw_bind_parameter(self.bound, value)
    }

    fn add(mut self, sums: &[i64; SUMS]) -> rusqlite::Result<()> {
        sums.iter().try_for_each(|sum| self.put(*sum))?;
        self.statement.raw_execute().map(|_| ())
    }

    fn add_of_day(mut self, sums: &[i64; SUMS]) -> rusqlite::Result<()> {
        let of_day = sums.iter().enumerate().filter(|(at, _)| !OF_HOUR.contains(at));
        of_day.map(|(_, sum)| sum).try_for_each(|sum| self.put(*sum))?;
        self.statement.raw_execute().map(|_| ())
    }
}

fn reveal<'a>(numbers: &mut Numbers<'a>, name: &'a Name, now: Timestamp) -> rusqlite::Result<()> {
    let (site, dimension) = (numbers.site(&name.site)?, numbers.dimension(&name.dimension)?);
    numbers.transaction.prepare_cached(include_str!("../sql/insert_name.sql"))?.execute(named_params! {
        ":site": site,
        ":dimension": dimension,
        ":token": name.token.cast_signed(),
        ":name": &*name.name,
        ":since": utc_day(now),
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in `list`, in their order: of a statement's parameters that is the order of their places.
    fn names(statement: &str) -> Vec<&str> {
        let (_, values) = statement.split_once("values (").unwrap();
        values.split_once(')').unwrap().0.split(',').map(|name| name.trim().trim_start_matches(':')).collect()
    }

    #[test]
    fn parameters_are_bound_in_the_order_in_which_the_statements_name_them() {
        let sums = "visitors visitors_hour visits visits_hour carried views events bounces seconds entries exits \
                    revenue orders engaged_ms scroll scrolls";
        let of_hour: Vec<&str> = sums.split_whitespace().collect();
        let mut of_day = of_hour.clone();
        OF_HOUR.iter().rev().for_each(|at| assert!(of_day.remove(*at).ends_with("_hour")));
        for (statement, places, sums) in [
            (ADD_TOTAL, "site day hour", &of_hour),
            (ADD_CELL, "site dimension day hour value", &of_hour),
            (ADD_PAIR, "site first second day first_value second_value", &of_day),
        ] {
            let expected: Vec<&str> = places.split(' ').chain(sums.iter().copied()).collect();
            assert_eq!(names(statement), expected);
        }
    }
}
