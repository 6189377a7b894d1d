//! Packing: a day that is over gives its rows of pairs for a few bytes each, and has its sums by value added up.
//!
//! A step is a transaction of its own and takes two dimensions of a day of a site, so that a batch waits for one step at
//! most, and whatever happens between, no sum is lost or doubled. What comes late to a day stands in rows again, is read
//! beside what is packed, and is packed into it by the next round. What is said of choices stays as it is: it is little,
//! and read by people. Rows of hours stay, too: sums by value stand beside them, so that a question about months reads a
//! day of a dimension at once.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, named_params};

use super::super::StoreError;
use super::super::dimension::{from_number, number};
use super::age::Limits;
use super::day::{self, One, Pairs, Two, of_two};
use super::error;
use super::packed::{PAIRS_MAX, Stored, encode, encode_values};
use crate::counting::pairs::is_of_choice;
use crate::counting::tally::Dimension;

/// Steps of a journey that fewer visitors took are one for people who read the file, as in its views.
const VISITORS_MIN: i64 = 5;
/// What is neither a page nor a token: all other steps.
const OTHERS: &str = "(other)";

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Packed pairs of two dimensions.
    Packed(Two),
    /// Found all pairs of a day packed.
    Day,
    /// There is nothing to do.
    Nothing,
}

/// Packs what comes after the two dimensions of the step before, or begins with a day.
pub(super) fn step(
    connection: &mut Connection,
    limits: Limits,
    after: Option<Two>,
) -> Result<Step, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let begun = match after {
        Some(two) => Some(two),
        None => day_to_pack(&transaction, limits).map_err(error)?,
    };
    let Some(begun) = begun else { return Ok(Step::Nothing) };
    let step = if let Some(two) = next(&transaction, begun).map_err(error)? {
        pack(&transaction, two)?;
        Step::Packed(two)
    } else {
        add_up(&transaction, begun)?;
        Step::Day
    };
    transaction.commit().map_err(error)?;
    Ok(step)
}

/// A day that is to be packed, before its first two dimensions.
fn day_to_pack(connection: &Connection, limits: Limits) -> rusqlite::Result<Option<Two>> {
    let sql = include_str!("../sql/day_to_pack.sql");
    let before = named_params! { ":before": limits.pack };
    let day = |row: &Row<'_>| Ok(start(row.get(0)?, row.get(1)?));
    connection.prepare_cached(sql)?.query_row(before, day).optional()
}

const fn start(site: i64, day: i32) -> Two {
    Two { site, day, first: i64::MIN, second: i64::MIN }
}

/// The next two dimensions that have rows on the day: after these, else from the beginning, for what came meanwhile.
fn next(connection: &Connection, after: Two) -> rusqlite::Result<Option<Two>> {
    match next_after(connection, after)? {
        None if after.first != i64::MIN => next_after(connection, start(after.site, after.day)),
        found => Ok(found),
    }
}

fn next_after(connection: &Connection, mut two: Two) -> rusqlite::Result<Option<Two>> {
    let mut next = connection.prepare_cached(include_str!("../sql/next_two.sql"))?;
    let mut has_rows = connection.prepare_cached(include_str!("../sql/has_pairs.sql"))?;
    loop {
        let after = named_params! { ":site": two.site, ":first": two.first, ":second": two.second };
        let found = next.query_row(after, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((first, second)) = found else { return Ok(None) };
        two = Two { first, second, ..two };
        if !is_of_choices(first) && has_rows.query_row(&of_two(&two)[..], |row| row.get(0))? {
            return Ok(Some(two));
        }
    }
}

/// The lesser of two dimensions is of choices where both are.
fn is_of_choices(first: i64) -> bool {
    u8::try_from(first).ok().and_then(from_number).is_some_and(|dimension| is_of_choice(&dimension))
}

/// Adds the hours of a day up, by every dimension's values, and notes that the day is packed.
fn add_up(transaction: &Transaction<'_>, of: Two) -> Result<(), StoreError> {
    let day = named_params! { ":site": of.site, ":day": of.day };
    transaction.execute(include_str!("../sql/forget_packed_cells.sql"), day).map_err(error)?;
    for dimension in day::dimensions(transaction)? {
        let (values, cells) = day::cells(transaction, of.one(dimension))?;
        if cells.is_empty() {
            continue;
        }
        put_values(transaction, of.one(dimension), &values).map_err(error)?;
        for (cells, part) in cells.chunks(PAIRS_MAX).zip(0_i64..) {
            let mut put = transaction.prepare_cached(include_str!("../sql/pack_cells.sql")).map_err(error)?;
            put.execute(named_params! {
                ":day": of.day,
                ":site": of.site,
                ":dimension": dimension,
                ":part": part,
                ":cells": encode(cells),
            })
            .map_err(error)?;
        }
    }
    transaction.execute(include_str!("../sql/packed_day.sql"), day).map_err(error)?;
    Ok(())
}

fn put_values(transaction: &Transaction<'_>, one: One, values: &[Stored]) -> rusqlite::Result<()> {
    transaction.prepare_cached(include_str!("../sql/pack_values.sql"))?.execute(named_params! {
        ":day": one.day,
        ":site": one.site,
        ":dimension": one.dimension,
        ":list": encode_values(values),
    })?;
    Ok(())
}

/// Packs rows and what is packed already, and takes the rows away.
fn pack(transaction: &Transaction<'_>, two: Two) -> Result<(), StoreError> {
    let day = day::pairs(transaction, two)?;
    write(transaction, two, &day).map_err(error)
}

fn write(transaction: &Transaction<'_>, two: Two, day: &Pairs) -> rusqlite::Result<()> {
    for (dimension, values) in [(two.first, &day.firsts), (two.second, &day.seconds)] {
        put_values(transaction, two.one(dimension), values)?;
    }
    let mut parts = 0_i64;
    for pairs in day.list.chunks(PAIRS_MAX) {
        transaction.prepare_cached(include_str!("../sql/pack_pairs.sql"))?.execute(named_params! {
            ":day": two.day,
            ":site": two.site,
            ":first": two.first,
            ":second": two.second,
            ":part": parts,
            ":pairs": encode(pairs),
        })?;
        parts += 1;
    }
    transaction.prepare_cached(include_str!("../sql/repacked_pairs.sql"))?.execute(named_params! {
        ":day": two.day,
        ":site": two.site,
        ":first": two.first,
        ":second": two.second,
        ":part": parts,
    })?;
    if (two.first, two.second) == (number(&Dimension::Page).into(), number(&Dimension::NextPage).into()) {
        tell_journeys(transaction, two, day)?;
    }
    let rows = include_str!("../sql/packed_rows.sql");
    transaction.prepare_cached(rows)?.execute(&of_two(&two)[..])?;
    Ok(())
}

/// Writes down for people what they may read of the steps of journeys.
fn tell_journeys(transaction: &Transaction<'_>, two: Two, day: &Pairs) -> rusqlite::Result<()> {
    let forget = include_str!("../sql/forget_journeys.sql");
    transaction.execute(forget, named_params! { ":site": two.site, ":day": two.day })?;
    let mut tell = transaction.prepare_cached(include_str!("../sql/pack_journey.sql"))?;
    let mut tell = |page: &Stored, next_page: &Stored, visitors: i64, visits: i64| {
        tell.execute(named_params! {
            ":day": two.day,
            ":site": two.site,
            ":page": page,
            ":next_page": next_page,
            ":visitors": visitors,
            ":visits": visits,
        })
    };
    let mut others = [0; 2];
    for pair in &day.list {
        let [visitors, visits, ..] = pair.sums;
        match day.values(pair) {
            Some((page, next_page)) if visitors >= VISITORS_MIN => {
                tell(page, next_page, visitors, visits)?;
            }
            _ => others = [others[0] + visitors, others[1] + visits],
        }
    }
    if others != [0; 2] {
        let other = Stored::Word(OTHERS.into());
        tell(&other, &other, others[0], others[1])?;
    }
    Ok(())
}
