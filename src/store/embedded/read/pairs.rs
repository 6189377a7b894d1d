//! The values of one dimension where another has a wanted one: rows and packed pairs, day by day.
//!
//! SQLite finds the day's rows and bytes; what is wanted of them, and what adds up to what, is decided here, once for both
//! kinds. Only one bucket's sums are held.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Params, named_params};

use super::super::super::StoreError;
use super::super::super::question::range::month_of;
use super::super::super::question::reading::{self, ROWS_MAX};
use super::super::super::question::{Bucket, Figures, Filter, Question, Row};
use super::super::day::{Two, broken, each_part, each_row, list, not_a_value};
use super::super::error;
use super::super::packed::{Block, DaySums, Stored};
use crate::counting::tally::{Dimension, LocalDay};

/// The values of `by` where `filtered` has a wanted value. Nothing is wanted without a filter.
pub(super) fn answer(
    connection: &Connection,
    question: &Question,
    (filtered, filter): (&Dimension, Option<&Filter>),
    by: &Dimension,
    bucket: Option<Bucket>,
) -> Result<Vec<Row>, StoreError> {
    let site = one(connection, include_str!("../../sql/site.sql"), &question.asked().site)?;
    let number =
        |dimension: &Dimension| one(connection, include_str!("../../sql/dimension.sql"), &dimension.name());
    let (Some(site), Some(filtered_by), Some(told_by)) = (site, number(filtered)?, number(by)?) else {
        return Ok(Vec::new());
    };
    let filtered_side = if filtered < by { Side::First } else { Side::Second };
    let (first, second) = match filtered_side {
        Side::First => (filtered_by, told_by),
        Side::Second => (told_by, filtered_by),
    };
    let wanted = Wanted::of(connection, site, filtered_by, filter)?;
    let mut sums = Sums::new(connection, site, told_by, bucket);
    for day in days(connection, site, question)? {
        let figures = sums.begin(day, question)?;
        let two = Two { site, day: day.0, first, second };
        each_row(connection, two, |row| {
            let (value, beside) = filtered_side.split(row.values()?);
            if wanted.has(beside)? { figures.add(value, &row.sums()?) } else { Ok(()) }
        })?;
        packed(connection, two, filtered_side, &wanted, figures)?;
    }
    sums.end()
}

/// Which of two dimensions is filtered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

impl Side {
    /// What is told, and what is filtered.
    fn split<T>(self, (first, second): (T, T)) -> (T, T) {
        match self {
            Self::First => (second, first),
            Self::Second => (first, second),
        }
    }
}

fn one<T: FromSql>(connection: &Connection, sql: &str, name: &str) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    statement.query_row(named_params! { ":name": name }, |row| row.get(0)).optional().map_err(error)
}

fn all<T: FromSql>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let rows = statement.query_map(parameters, |row| row.get(0)).map_err(error)?;
    rows.collect::<Result<_, _>>().map_err(error)
}

/// The days of the question that have figures, in their order.
fn days(connection: &Connection, site: i64, question: &Question) -> Result<Vec<LocalDay>, StoreError> {
    let span = question.span();
    let range = named_params! {
        ":site": site,
        ":first_day": span.first_day.0,
        ":last_day": span.last_day.0,
    };
    let days = all(connection, include_str!("../../sql/days_of_site.sql"), range)?;
    Ok(days.into_iter().map(LocalDay).collect())
}

/// The values that a filter names: words, and tokens of that name.
struct Wanted<'a> {
    words: HashSet<&'a str>,
    tokens: HashSet<i64>,
}

impl<'a> Wanted<'a> {
    fn of(
        connection: &Connection,
        site: i64,
        dimension: i64,
        filter: Option<&'a Filter>,
    ) -> Result<Self, StoreError> {
        let words: HashSet<&str> =
            filter.into_iter().flat_map(|filter| &filter.values).map(|value| &**value).collect();
        let mut tokens = HashSet::new();
        for name in &words {
            let named = named_params! { ":site": site, ":dimension": dimension, ":name": name };
            tokens.extend(all::<i64>(connection, include_str!("../../sql/tokens_of_name.sql"), named)?);
        }
        Ok(Self { words, tokens })
    }

    fn has(&self, value: ValueRef<'_>) -> Result<bool, StoreError> {
        match value {
            ValueRef::Integer(token) => Ok(self.tokens.contains(&token)),
            ValueRef::Text(text) => {
                let word = std::str::from_utf8(text).map_err(|_| not_a_value())?;
                Ok(self.words.contains(word))
            }
            _ => Err(not_a_value()),
        }
    }

    fn has_stored(&self, value: &Stored) -> bool {
        match value {
            Stored::Token(token) => self.tokens.contains(token),
            Stored::Word(word) => self.words.contains(&**word),
        }
    }
}

/// Adds what is wanted of a day's packed pairs.
fn packed(
    connection: &Connection,
    two: Two,
    side: Side,
    wanted: &Wanted<'_>,
    figures: &mut OfBucket,
) -> Result<(), StoreError> {
    let mut lists = None;
    let mut sums: Vec<Option<Figures>> = Vec::new();
    let is_first = figures.is_first;
    each_part(connection, two, |part| {
        let (values, is_wanted) = match &mut lists {
            Some(lists) => lists,
            none => {
                let (by, filtered) = side.split((two.first, two.second));
                let is_wanted: Vec<bool> =
                    list(connection, two, filtered)?.iter().map(|value| wanted.has_stored(value)).collect();
                none.insert((list(connection, two, by)?, is_wanted))
            }
        };
        sums.resize(values.len(), None);
        let block = Block::open(part).ok_or_else(broken)?;
        let is_wanted = |place: u32| at(is_wanted, place).copied().unwrap_or(false);
        if side == Side::First && !block.firsts().any(is_wanted) {
            return Ok(());
        }
        let mut columns = None;
        for (pair, places) in block.places().enumerate() {
            let (by, filtered) = side.split(places);
            if is_wanted(filtered) {
                let columns = match &mut columns {
                    Some(columns) => columns,
                    none => none.insert(block.sums().ok_or_else(broken)?),
                };
                let sum = usize::try_from(by).ok().and_then(|by| sums.get_mut(by)).ok_or_else(broken)?;
                *sum.get_or_insert_default() += of(&columns.at(pair), is_first);
            }
        }
        Ok(())
    })?;
    let (values, _) = lists.unwrap_or_default();
    for (value, sum) in values.into_iter().zip(sums) {
        if let Some(sum) = sum {
            figures.add_stored(value, sum);
        }
    }
    Ok(())
}

fn at<T>(list: &[T], place: u32) -> Option<&T> {
    list.get(usize::try_from(place).ok()?)
}

/// A pair's sums in an answer; visits that went on into the day count on the first one of a bucket.
fn of(sums: &DaySums, is_first: bool) -> Figures {
    let [visitors, visits, carried, views, events, bounces, seconds, entries, exits, rest @ ..] = *sums;
    let [revenue, orders, engaged_ms, scroll, scrolls] = rest;
    Figures {
        visitors,
        visits: if is_first { visits + carried } else { visits },
        begun: visits,
        views,
        events,
        bounces,
        seconds,
        entries,
        exits,
        revenue,
        orders,
        engaged_ms,
        scroll,
        scrolls,
    }
}

/// The sums of one bucket, by value.
#[derive(Default)]
struct OfBucket {
    is_first: bool,
    tokens: HashMap<i64, Figures>,
    words: HashMap<Arc<str>, Figures>,
}

impl OfBucket {
    fn add(&mut self, value: ValueRef<'_>, sums: &DaySums) -> Result<(), StoreError> {
        let figures = of(sums, self.is_first);
        match value {
            ValueRef::Integer(token) => *self.tokens.entry(token).or_default() += figures,
            ValueRef::Text(text) => {
                let word = std::str::from_utf8(text).map_err(|_| not_a_value())?;
                match self.words.get_mut(word) {
                    Some(sum) => *sum += figures,
                    None => {
                        self.words.insert(word.into(), figures);
                    }
                }
            }
            _ => return Err(not_a_value()),
        }
        Ok(())
    }

    fn add_stored(&mut self, value: Stored, figures: Figures) {
        match value {
            Stored::Token(token) => *self.tokens.entry(token).or_default() += figures,
            Stored::Word(word) => *self.words.entry(word).or_default() += figures,
        }
    }
}

/// Sums by bucket and readable value.
struct Sums<'a> {
    connection: &'a Connection,
    site: i64,
    dimension: i64,
    bucket: Option<Bucket>,
    names: HashMap<i64, Option<Arc<str>>>,
    /// Where the bucket begins that is added to.
    begins: Option<LocalDay>,
    current: OfBucket,
    rows: Vec<Row>,
}

impl<'a> Sums<'a> {
    fn new(connection: &'a Connection, site: i64, dimension: i64, bucket: Option<Bucket>) -> Self {
        Self {
            connection,
            site,
            dimension,
            bucket,
            names: HashMap::new(),
            begins: None,
            current: OfBucket::default(),
            rows: Vec::new(),
        }
    }

    /// Where a day's sums are added. Days come in their order.
    fn begin(&mut self, day: LocalDay, question: &Question) -> Result<&mut OfBucket, StoreError> {
        let first_day = question.span().first_day;
        let begins = match self.bucket {
            None | Some(Bucket::Hour) => None,
            Some(Bucket::Day) => Some(day),
            Some(Bucket::Week) => Some(LocalDay(day.0 - (day.0 + 3) % 7).max(first_day)),
            Some(Bucket::Month) => month_of(day),
        };
        if begins != self.begins {
            self.close()?;
            self.begins = begins;
        }
        self.current.is_first = day == begins.unwrap_or(first_day).max(first_day);
        Ok(&mut self.current)
    }

    fn end(mut self) -> Result<Vec<Row>, StoreError> {
        self.close()?;
        Ok(self.rows)
    }

    /// Makes rows of a bucket: one for each name, and one for all values without.
    fn close(&mut self) -> Result<(), StoreError> {
        let OfBucket { tokens, words, .. } = std::mem::take(&mut self.current);
        let mut by_name: HashMap<Option<Arc<str>>, (u64, Figures)> = HashMap::new();
        let mut add = |name: Option<Arc<str>>, figures: Figures| {
            let (values, sum) = by_name.entry(name).or_default();
            *values += u64::from(!figures.is_empty());
            *sum += figures;
        };
        for (token, figures) in tokens {
            add(self.name(token)?, figures);
        }
        for (word, figures) in words {
            add(Some(word), figures);
        }
        let at = (self.begins.map(|day| day.0), None);
        let row = |(value, (values, figures))| reading::row(self.bucket, at, value, values, figures);
        self.rows.extend(by_name.into_iter().map(row));
        if self.rows.len() > ROWS_MAX {
            return Err(StoreError::TooManyRows { rows_max: ROWS_MAX });
        }
        Ok(())
    }

    /// What a token stands for, if anybody may know.
    fn name(&mut self, token: i64) -> Result<Option<Arc<str>>, StoreError> {
        if let Some(name) = self.names.get(&token) {
            return Ok(name.clone());
        }
        let mut statement =
            self.connection.prepare_cached(include_str!("../../sql/name_of_token.sql")).map_err(error)?;
        let of = named_params! { ":site": self.site, ":dimension": self.dimension, ":token": token };
        let name: Option<Arc<str>> = statement.query_row(of, |row| row.get(0)).optional().map_err(error)?;
        self.names.insert(token, name.clone());
        Ok(name)
    }
}
