//! The statistics in a file, a site and day at a time, as the sums they were made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement, named_params};

use super::super::embedded::STATISTICS;
use super::super::embedded::day::{Two, pairs};
use super::super::embedded::packed::{DaySums, decode};
use super::super::{Settings, StoreError};
use super::{Counts, Kind, PART_ROWS};
use crate::counting::tally::{Cell, Dimension, Hour, LocalDay, Name, SUMS, Sums, Tally, Value};

/// The first version of the file that has every sum.
const VERSION_MIN: i32 = 2;
/// The first version in which pairs can be packed.
const VERSION_OF_PACKED: i32 = 5;

/// A file, in one state from the first look to the last, however much is written to it meanwhile.
pub(super) struct Source {
    connection: Connection,
}

impl Source {
    /// Opens it for reading only.
    pub(super) fn open(settings: &Settings) -> Result<Self, StoreError> {
        let connection = STATISTICS.open_to_read(&settings.path)?;
        let found: i32 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(error)?;
        if found < VERSION_MIN {
            return Err(corrupt(
                "tables of an earlier version, which a gateway brings on when it starts on them",
            ));
        }
        if found < VERSION_OF_PACKED {
            connection.execute_batch(include_str!("../sql/copy_earlier.sql")).map_err(error)?;
        }
        connection.execute_batch("begin").map_err(error)?;
        Ok(Self { connection })
    }

    /// Every site with its days, in order.
    pub(super) fn days(&self) -> Result<Vec<(Arc<str>, LocalDay)>, StoreError> {
        let mut statement = self.prepare(include_str!("../sql/copy_days.sql"))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, LocalDay(row.get(1)?)))).map_err(error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }

    /// Hands on all sums of a day, in parts that are the same each time.
    pub(super) fn day(
        &self,
        site: &Arc<str>,
        day: LocalDay,
        hand_on: impl FnMut(Vec<Tally>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut parts = Parts { waiting: Vec::new(), hand_on };
        for (kind, sql) in [
            (Kind::Totals, include_str!("../sql/copy_totals.sql")),
            (Kind::Values, include_str!("../sql/copy_cells.sql")),
        ] {
            let mut statement = self.prepare(sql)?;
            let of_day = named_params! { ":site": &**site, ":day": day.0 };
            let mut rows = statement.query(of_day).map_err(error)?;
            while let Some(row) = rows.next().map_err(error)? {
                let (hour, cell, sums) = if kind == Kind::Totals {
                    (row.get(0).map_err(error)?, Cell::Total, of_hour(row, 1)?)
                } else {
                    let cell = Cell::One(dimension(row, 0)?, value(row, 2)?);
                    (row.get(1).map_err(error)?, cell, of_hour(row, 3)?)
                };
                parts.add(Tally { site: site.clone(), hour: Hour(hour), day, cell, sums })?;
            }
        }
        self.pairs(site, day, &mut parts)?;
        parts.end()
    }

    /// Hands on the pairs of a day in the order that rows have, however many of them are packed: a part is the same before
    /// and after. What came to nothing is nowhere.
    fn pairs<F: FnMut(Vec<Tally>) -> Result<(), StoreError>>(
        &self,
        site: &Arc<str>,
        day: LocalDay,
        parts: &mut Parts<Tally, F>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(include_str!("../sql/copy_two.sql"))?;
        let mut rows = statement.query(named_params! { ":site": &**site, ":day": day.0 }).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            let number = |column: usize| row.get(column).map_err(error);
            let two = Two { site: number(0)?, day: day.0, first: number(1)?, second: number(2)? };
            let (first, second) = (dimension(row, 3)?, dimension(row, 4)?);
            let mut pairs = pairs(&self.connection, two)?;
            pairs.sort_by_value();
            for pair in &pairs.list {
                let (one, other) = pairs.values(pair).ok_or_else(|| corrupt("packed pairs of a day"))?;
                let cell = Cell::Pair(first.clone(), one.value(), second.clone(), other.value());
                // A pair of a day has no hour; a store asks for none.
                let hour = Hour(day.0.saturating_mul(24));
                parts.add(Tally { site: site.clone(), hour, day, cell, sums: sums_of_day(&pair.sums) })?;
            }
        }
        Ok(())
    }

    /// Hands on all names of a site, in parts that are the same each time.
    pub(super) fn names(
        &self,
        site: &Arc<str>,
        hand_on: impl FnMut(Vec<Name>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut parts = Parts { waiting: Vec::new(), hand_on };
        let mut statement = self.prepare(include_str!("../sql/copy_names.sql"))?;
        let mut rows = statement.query(named_params! { ":site": &**site }).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            let token: i64 = row.get(1).map_err(error)?;
            parts.add(Name {
                site: site.clone(),
                dimension: dimension(row, 0)?,
                token: token.cast_unsigned(),
                name: row.get(2).map_err(error)?,
            })?;
        }
        parts.end()
    }

    /// What the days of a site add up to.
    pub(super) fn sums(&self, site: &str) -> Result<BTreeMap<(LocalDay, Kind), Counts>, StoreError> {
        let mut statement = self.prepare(include_str!("../sql/copy_sums.sql"))?;
        let mut rows = statement.query(named_params! { ":site": site }).map_err(error)?;
        let mut days = BTreeMap::new();
        while let Some(row) = rows.next().map_err(error)? {
            let kind = row.get(0).map_err(error)?;
            let kind = Kind::from_number(kind).ok_or_else(|| corrupt("a kind of cell"))?;
            days.insert((LocalDay(row.get(1).map_err(error)?), kind), list(row, 2)?);
        }
        self.add_packed(site, &mut days)?;
        Ok(days)
    }

    fn add_packed(
        &self,
        site: &str,
        days: &mut BTreeMap<(LocalDay, Kind), Counts>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(include_str!("../sql/copy_packed.sql"))?;
        let mut rows = statement.query(named_params! { ":site": site }).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            let part = row.get_ref(1).map_err(error)?.as_blob().map_err(|_| corrupt("packed pairs"))?;
            let day = LocalDay(row.get(0).map_err(error)?);
            let counts = days.entry((day, Kind::Pairs)).or_default();
            for pair in decode(part).ok_or_else(|| corrupt("packed pairs"))? {
                let sums = sums_of_day(&pair.sums);
                let more = [sums.visitors, sums.visits + sums.carried, sums.views, sums.events];
                counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
            }
        }
        Ok(())
    }

    fn prepare(&self, sql: &str) -> Result<Statement<'_>, StoreError> {
        self.connection.prepare(sql).map_err(error)
    }
}

/// Gathers rows until they are a part.
struct Parts<T, F> {
    waiting: Vec<T>,
    hand_on: F,
}

impl<T, F: FnMut(Vec<T>) -> Result<(), StoreError>> Parts<T, F> {
    fn add(&mut self, row: T) -> Result<(), StoreError> {
        self.waiting.push(row);
        if self.waiting.len() < PART_ROWS {
            return Ok(());
        }
        (self.hand_on)(std::mem::take(&mut self.waiting))
    }

    fn end(mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() { Ok(()) } else { (self.hand_on)(self.waiting) }
    }
}

fn list<const N: usize>(row: &Row<'_>, first: usize) -> Result<[i64; N], StoreError> {
    let mut sums = [0; N];
    for (place, sum) in sums.iter_mut().enumerate() {
        *sum = row.get(first + place).map_err(error)?;
    }
    Ok(sums)
}

fn of_hour(row: &Row<'_>, first: usize) -> Result<Sums, StoreError> {
    list(row, first).map(Sums::of)
}

fn sums_of_day(of_day: &DaySums) -> Sums {
    let [visitors, visits, rest @ ..] = *of_day;
    let mut sums = [0; SUMS];
    (sums[0], sums[2]) = (visitors, visits);
    sums[4..].copy_from_slice(&rest);
    Sums::of(sums)
}

fn dimension(row: &Row<'_>, column: usize) -> Result<Dimension, StoreError> {
    let name = row.get_ref(column).map_err(error)?.as_str().map_err(|_| corrupt("a dimension"))?;
    Dimension::from_name(name).ok_or_else(|| corrupt("a dimension that this program does not know"))
}

fn value(row: &Row<'_>, column: usize) -> Result<Value, StoreError> {
    match row.get_ref(column).map_err(error)? {
        ValueRef::Integer(token) => Ok(Value::Token(token.cast_unsigned())),
        ValueRef::Text(text) => {
            let word = std::str::from_utf8(text).map_err(|_| corrupt("a value"))?;
            Ok(Value::Word(word.into()))
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Err(corrupt("a value")),
    }
}

fn error(source: rusqlite::Error) -> StoreError {
    STATISTICS.error(source)
}

const fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt { file: STATISTICS.file, what }
}
