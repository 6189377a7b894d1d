//! A day's pairs of two dimensions, wherever they stand: in rows as they came, and packed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

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
        Some((of(&self.firsts, pair.first)?, of(&self.seconds, pair.second)?))
    }

    /// In the order of their values, as rows would be.
    pub(in super::super) fn sort_by_value(&mut self) {
        let (firsts, seconds) = (ranks(&self.firsts), ranks(&self.seconds));
        let rank = |ranks: &[usize], at| of(ranks, at).copied();
        self.list.sort_unstable_by_key(|pair| (rank(&firsts, pair.first), rank(&seconds, pair.second)));
    }
}

fn of<T>(list: &[T], at: u32) -> Option<&T> {
    list.get(usize::try_from(at).ok()?)
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
    let mut firsts = Places::of(list(connection, two, two.first)?);
    let mut seconds = Places::of(list(connection, two, two.second)?);
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
        let (first, second) = row.values()?;
        let sums = row.sums()?;
        pairs.push(Pair {
            first: firsts.place(stored(first)?),
            second: seconds.place(stored(second)?),
            sums,
        });
        Ok(())
    })?;
    let mut pairs = merge(pairs);
    let first_places = firsts.settle(pairs.iter().map(|pair| pair.first));
    let second_places = seconds.settle(pairs.iter().map(|pair| pair.second));
    for pair in &mut pairs {
        pair.first = of(&first_places, pair.first).copied().unwrap_or_default();
        pair.second = of(&second_places, pair.second).copied().unwrap_or_default();
    }
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    Ok(Pairs { firsts: firsts.list, seconds: seconds.list, list: pairs })
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
        of(&self.list, place).is_some()
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

/// The values that packed pairs of a day name; none where it has none.
pub(super) fn list(connection: &Connection, two: Two, dimension: i64) -> Result<Vec<Stored>, StoreError> {
    let of_day = named_params! { ":day": two.day, ":site": two.site, ":dimension": dimension };
    let mut statement = connection.prepare_cached(include_str!("../sql/packed_values.sql")).map_err(error)?;
    let bytes: Option<Vec<u8>> = statement.query_row(of_day, |row| row.get(0)).optional().map_err(error)?;
    bytes.map_or(Ok(Vec::new()), |bytes| decode_values(&bytes).ok_or_else(broken))
}

/// Hands on the packed pairs of a day, part by part.
pub(super) fn each_part(
    connection: &Connection,
    two: Two,
    mut hand_on: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(include_str!("../sql/packed_pairs.sql")).map_err(error)?;
    let mut rows = statement.query(&parameters(&two)[..]).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        hand_on(row.get_ref(0).map_err(error)?.as_blob().map_err(|_| broken())?)?;
    }
    Ok(())
}

/// Hands on the rows of a day.
pub(super) fn each_row(
    connection: &Connection,
    two: Two,
    mut hand_on: impl FnMut(PairRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(include_str!("../sql/pairs_of_day.sql")).map_err(error)?;
    let mut rows = statement.query(&parameters(&two)[..]).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        hand_on(PairRow(row))?;
    }
    Ok(())
}

/// How statements call them.
pub(super) fn parameters(two: &Two) -> [(&'static str, &dyn ToSql); 4] {
    [(":site", &two.site), (":day", &two.day), (":first", &two.first), (":second", &two.second)]
}

/// A row of `pairs_of_day`.
pub(super) struct PairRow<'a>(&'a Row<'a>);

impl PairRow<'_> {
    /// Both values.
    pub(super) fn values(&self) -> Result<(ValueRef<'_>, ValueRef<'_>), StoreError> {
        Ok((self.0.get_ref(0).map_err(error)?, self.0.get_ref(1).map_err(error)?))
    }

    /// The sums.
    pub(super) fn sums(&self) -> Result<DaySums, StoreError> {
        let mut sums = [0; DAY_SUMS];
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = self.0.get(2 + at).map_err(error)?;
        }
        Ok(sums)
    }
}

/// The value in a column.
fn stored(value: ValueRef<'_>) -> Result<Stored, StoreError> {
    match value {
        ValueRef::Integer(token) => Ok(Stored::Token(token)),
        ValueRef::Text(text) => {
            let word = std::str::from_utf8(text).map_err(|_| not_a_value())?;
            Ok(Stored::Word(word.into()))
        }
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
    StoreError::Corrupt { file: STATISTICS.file, what: "packed pairs of a day" }
}
