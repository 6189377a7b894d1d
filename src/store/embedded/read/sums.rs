//! Sums of whole days, bucket by bucket, and whose they are: once for rows and for what is packed.
//!
//! SQLite finds a day's rows and bytes; what is wanted of them, and what adds up to what, is decided here. Only one
//! bucket's sums are held.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, named_params};

use super::super::super::StoreError;
use super::super::super::question::range::month_of;
use super::super::super::question::reading::{self, ROWS_MAX};
use super::super::super::question::{Bucket, Figures, Filter, Question, Row};
use super::super::day::{not_a_value, word};
use super::super::error;
use super::super::packed::{DaySums, Stored};
use crate::counting::tally::{Dimension, LocalDay};

/// The number of a site.
pub(super) fn site(connection: &Connection, question: &Question) -> Result<Option<i64>, StoreError> {
    number(connection, include_str!("../../sql/site.sql"), &question.asked().site)
}

/// The number of a dimension.
pub(super) fn dimension(connection: &Connection, dimension: &Dimension) -> Result<Option<i64>, StoreError> {
    number(connection, include_str!("../../sql/dimension.sql"), &dimension.name())
}

fn number(connection: &Connection, sql: &str, name: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    statement.query_row(named_params! { ":name": name }, |row| row.get(0)).optional().map_err(error)
}

/// A day that has figures.
pub(super) struct Day {
    pub(super) day: LocalDay,
    /// Is all of it packed, and are its values added up?
    pub(super) is_packed: bool,
}

/// The days of the question that have figures, in their order.
pub(super) fn days(connection: &Connection, site: i64, question: &Question) -> Result<Vec<Day>, StoreError> {
    let span = question.span();
    let range = named_params! {
        ":site": site,
        ":first_day": span.first_day.0,
        ":last_day": span.last_day.0,
    };
    let mut statement =
        connection.prepare_cached(include_str!("../../sql/days_of_site.sql")).map_err(error)?;
    let day = |row: &rusqlite::Row<'_>| Ok(Day { day: LocalDay(row.get(0)?), is_packed: row.get(1)? });
    statement.query_map(range, day).and_then(Iterator::collect).map_err(error)
}

/// The values that a filter names: words, and tokens of that name.
pub(super) struct Wanted<'a> {
    words: HashSet<&'a str>,
    tokens: HashSet<i64>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(
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
            let mut statement =
                connection.prepare_cached(include_str!("../../sql/tokens_of_name.sql")).map_err(error)?;
            let found = statement.query_map(named, |row| row.get::<_, i64>(0)).map_err(error)?;
            for token in found {
                tokens.insert(token.map_err(error)?);
            }
        }
        Ok(Self { words, tokens })
    }

    pub(super) fn has(&self, value: ValueRef<'_>) -> Result<bool, StoreError> {
        match value {
            ValueRef::Integer(token) => Ok(self.tokens.contains(&token)),
            ValueRef::Text(text) => Ok(self.words.contains(word(text)?)),
            _ => Err(not_a_value()),
        }
    }

    pub(super) fn has_stored(&self, value: &Stored) -> bool {
        match value {
            Stored::Token(token) => self.tokens.contains(token),
            Stored::Word(word) => self.words.contains(&**word),
        }
    }
}

/// The sums of a day in an answer; visits that went on into the day count on the first one of a bucket.
pub(super) fn of(sums: &DaySums, is_first: bool) -> Figures {
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
pub(super) struct OfBucket {
    pub(super) is_first: bool,
    tokens: HashMap<i64, Figures>,
    words: HashMap<Arc<str>, Figures>,
    /// Of all values together.
    whole: Option<Figures>,
}

impl OfBucket {
    pub(super) fn add(&mut self, value: ValueRef<'_>, sums: &DaySums) -> Result<(), StoreError> {
        let figures = of(sums, self.is_first);
        match value {
            ValueRef::Integer(token) => *self.tokens.entry(token).or_default() += figures,
            ValueRef::Text(text) => {
                let word = word(text)?;
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

    /// Adds to no value in particular.
    pub(super) fn add_whole(&mut self, sums: &DaySums) {
        *self.whole.get_or_insert_default() += of(sums, self.is_first);
    }

    pub(super) fn add_stored(&mut self, value: Stored, figures: Figures) {
        match value {
            Stored::Token(token) => *self.tokens.entry(token).or_default() += figures,
            Stored::Word(word) => *self.words.entry(word).or_default() += figures,
        }
    }
}

/// Sums by bucket and readable value.
pub(super) struct Sums<'a> {
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
    pub(super) fn new(connection: &'a Connection, site: i64, dimension: i64, bucket: Option<Bucket>) -> Self {
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
    pub(super) fn begin(&mut self, day: LocalDay, question: &Question) -> Result<&mut OfBucket, StoreError> {
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

    pub(super) fn end(mut self) -> Result<Vec<Row>, StoreError> {
        self.close()?;
        Ok(self.rows)
    }

    /// Makes rows of a bucket: one for each name, and one for all values without.
    fn close(&mut self) -> Result<(), StoreError> {
        let OfBucket { tokens, words, whole, .. } = std::mem::take(&mut self.current);
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
        if let Some(figures) = whole {
            add(None, figures);
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
