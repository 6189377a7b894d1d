//! A day's pairs of two dimensions, wherever they stand: in rows as they came, and packed; and its sums by value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::super::StoreError;
use super::packed::{DAY_SUMS, DaySums, Pair, Stored, decode, decode_values, merge};
use super::{STATISTICS, error};

/// Which pairs: a site's, of two dimensions, on a day. All but the day by their numbers in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Two {
    pub(in super::super) site: i64,
    pub(in super::super) day: i32,
    pub(in super::super) first: i64,
    pub(in super::super) second: i64,
}

/// Which sums by value: a site's, of a dimension, on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct One {
    pub(super) site: i64,
    pub(super) day: i32,
    pub(super) dimension: i64,
}

impl Two {
    /// One of its dimensions.
    pub(super) const fn one(self, dimension: i64) -> One {
        One { site: self.site, day: self.day, dimension }
    }
}

/// Pairs, and the lists in which their places are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Pairs {
    pub(in super::super) firsts: Vec<Stored>,
    pub(in super::super) seconds: Vec<Stored>,
    /// In the order of their places, each once, and none that came to nothing.
    pub(in super::super) list: Vec<Pair>,
}

impl Pairs {
    /// The values of one of them.
    pub(in super::super) fn values(&self, pair: &Pair) -> Option<(&Stored, &Stored)> {
        Some((at(&self.firsts, pair.first)?, at(&self.seconds, pair.second)?))
    }

    /// In the order of their values, as rows would be.
    pub(in super::super) fn sort_by_value(&mut self) {
        let (firsts, seconds) = (ranks(&self.firsts), ranks(&self.seconds));
        let rank = |ranks: &[usize], place| at(ranks, place).copied();
        self.list.sort_unstable_by_key(|pair| (rank(&firsts, pair.first), rank(&seconds, pair.second)));
    }
}

/// What stands at a place of a list.
pub(super) fn at<T>(list: &[T], place: u32) -> Option<&T> {
    list.get(usize::try_from(place).ok()?)
}

/// Where each would stand if the list were sorted.
fn ranks(list: &[Stored]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_unstable_by_key(|at| list.get(*at));
    let mut ranks = vec![0; list.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = rank;
    }
    ranks
}

/// All pairs of a day, rows and packed ones added up. Lists begin with the values that they had.
pub(in super::super) fn pairs(connection: &Connection, two: Two) -> Result<Pairs, StoreError> {
    let mut firsts = Places::of(list(connection, two.one(two.first))?);
    let mut seconds = Places::of(list(connection, two.one(two.second))?);
    let mut pairs = Vec::new();
    each_part(connection, two, |part| {
        let part = decode(part).ok_or_else(broken)?;
        let is_known = |pair: &Pair| firsts.has(pair.first) && seconds.has(pair.second);
        if !part.iter().all(is_known) {
            return Err(broken());
        }
        pairs.extend(part);
        Ok(())
    })?;
    each_row(connection, two, |row| {
        pairs.push(Pair {
            first: firsts.place(stored(row.value(0)?)?),
            second: seconds.place(stored(row.value(1)?)?),
            sums: row.sums()?,
        });
        Ok(())
    })?;
    let mut pairs = merge(pairs);
    let first_places = firsts.settle(pairs.iter().map(|pair| pair.first));
    let second_places = seconds.settle(pairs.iter().map(|pair| pair.second));
    for pair in &mut pairs {
        pair.first = at(&first_places, pair.first).copied().unwrap_or_default();
        pair.second = at(&second_places, pair.second).copied().unwrap_or_default();
    }
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    Ok(Pairs { firsts: firsts.list, seconds: seconds.list, list: pairs })
}

/// A day's sums by the values of a dimension, from its rows: as pairs with the first place of no list.
pub(super) fn cells(connection: &Connection, one: One) -> Result<(Vec<Stored>, Vec<Pair>), StoreError> {
    let mut values = Places::of(list(connection, one)?);
    let mut cells = Vec::new();
    each_cell(connection, one, |row| {
        cells.push(Pair { first: values.place(stored(row.value(0)?)?), second: 0, sums: row.sums()? });
        Ok(())
    })?;
    let mut cells = merge(cells);
    let places = values.settle(cells.iter().map(|cell| cell.first));
    for cell in &mut cells {
        cell.first = at(&places, cell.first).copied().unwrap_or_default();
    }
    cells.sort_unstable_by_key(|cell| cell.first);
    Ok((values.list, cells))
}

/// A list of values, and where each stands in it.
struct Places {
    list: Vec<Stored>,
    /// How many of them were there before.
    known: usize,
    of_value: HashMap<Stored, u32>,
}

impl Places {
    fn of(list: Vec<Stored>) -> Self {
        let of_value = list.iter().cloned().zip(0..).collect();
        Self { known: list.len(), list, of_value }
    }

    fn has(&self, place: u32) -> bool {
        at(&self.list, place).is_some()
    }

    /// The place of a value, which is the last one where it is new.
    fn place(&mut self, value: Stored) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        match self.of_value.entry(value) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.list.push(free.key().clone());
                *free.insert(next)
            }
        }
    }

    /// Puts those first, of the new values, that are `used` most, so that steps between places are short, and takes those
    /// away that are not used at all. Gives the place that each has now.
    fn settle(&mut self, used: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut counts = vec![0_usize; self.list.len()];
        for place in used.filter_map(|place| usize::try_from(place).ok()) {
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
        let mut order: Vec<usize> =
            (self.known..self.list.len()).filter(|place| counts[*place] > 0).collect();
        order.sort_by_key(|place| std::cmp::Reverse(counts[*place]));
        let mut places: Vec<u32> = (0..).take(self.list.len()).collect();
        let mut list: Vec<Stored> = self.list.drain(..self.known).collect();
        let mut new: Vec<Option<Stored>> = self.list.drain(..).map(Some).collect();
        for place in order {
            places[place] = u32::try_from(list.len()).unwrap_or(u32::MAX);
            list.extend(new[place - self.known].take());
        }
        self.list = list;
        places
    }
}

/// The values that what is packed of a day names; none where nothing is.
pub(super) fn list(connection: &Connection, one: One) -> Result<Vec<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(include_str!("../sql/packed_values.sql")).map_err(error)?;
    let bytes: Option<Vec<u8>> =
        statement.query_row(&of_one(&one)[..], |row| row.get(0)).optional().map_err(error)?;
    bytes.map_or(Ok(Vec::new()), |bytes| decode_values(&bytes).ok_or_else(broken))
}

/// The numbers of all dimensions.
pub(super) fn dimensions(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare_cached(include_str!("../sql/all_dimensions.sql")).map_err(error)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(error)?;
    rows.collect::<Result<_, _>>().map_err(error)
}

/// Hands on the packed pairs of a day, part by part.
pub(super) fn each_part(
    connection: &Connection,
    two: Two,
    hand_on: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    parts(connection, include_str!("../sql/packed_pairs.sql"), &of_two(&two), hand_on)
}

/// Hands on the packed sums of a day by value, part by part.
pub(super) fn each_part_of_cells(
    connection: &Connection,
    one: One,
    hand_on: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    parts(connection, include_str!("../sql/packed_cells.sql"), &of_one(&one), hand_on)
}

fn parts(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
    mut hand_on: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let mut rows = statement.query(parameters).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        hand_on(row.get_ref(0).map_err(error)?.as_blob().map_err(|_| broken())?)?;
    }
    Ok(())
}

/// Hands on the rows of a day's pairs: of two values each.
pub(super) fn each_row(
    connection: &Connection,
    two: Two,
    hand_on: impl FnMut(SumsRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    rows(connection, include_str!("../sql/pairs_of_day.sql"), &of_two(&two), 2, hand_on)
}

/// Hands on the rows of a day by value and hour: of one value each.
pub(super) fn each_cell(
    connection: &Connection,
    one: One,
    hand_on: impl FnMut(SumsRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    rows(connection, include_str!("../sql/cells_of_day.sql"), &of_one(&one), 1, hand_on)
}

fn rows(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
    values: usize,
    mut hand_on: impl FnMut(SumsRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let mut rows = statement.query(parameters).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        hand_on(SumsRow { row, values })?;
    }
    Ok(())
}

/// How statements call them.
pub(super) fn of_two(two: &Two) -> [(&'static str, &dyn ToSql); 4] {
    [(":site", &two.site), (":day", &two.day), (":first", &two.first), (":second", &two.second)]
}

/// How statements call them.
pub(super) fn of_one(one: &One) -> [(&'static str, &dyn ToSql); 3] {
    [(":site", &one.site), (":day", &one.day), (":dimension", &one.dimension)]
}

/// A row of sums, before which their values stand.
pub(super) struct SumsRow<'a> {
    row: &'a Row<'a>,
    values: usize,
}

impl SumsRow<'_> {
    /// One of the values.
    pub(super) fn value(&self, at: usize) -> Result<ValueRef<'_>, StoreError> {
        self.row.get_ref(at).map_err(error)
    }

    /// The sums.
    pub(super) fn sums(&self) -> Result<DaySums, StoreError> {
        let mut sums = [0; DAY_SUMS];
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = self.row.get(self.values + at).map_err(error)?;
        }
        Ok(sums)
    }
}

/// The word in a column.
pub(super) fn word(text: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(text).map_err(|_| not_a_value())
}

/// The value in a column.
fn stored(value: ValueRef<'_>) -> Result<Stored, StoreError> {
    match value {
        ValueRef::Integer(token) => Ok(Stored::Token(token)),
        ValueRef::Text(text) => Ok(Stored::Word(word(text)?.into())),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Err(not_a_value()),
    }
}

impl ToSql for Stored {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Token(token) => ToSqlOutput::from(*token),
            Self::Word(word) => ToSqlOutput::Borrowed(ValueRef::Text(word.as_bytes())),
        })
    }
}

pub(super) const fn not_a_value() -> StoreError {
    StoreError::Corrupt { file: STATISTICS.file, what: "a value" }
}

/// What was packed cannot be read.
pub(super) const fn broken() -> StoreError {
    StoreError::Corrupt { file: STATISTICS.file, what: "what was packed of a day" }
}
