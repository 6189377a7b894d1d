//! The values of one dimension where another has a wanted one: rows and packed pairs, day by day.

use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::super::question::{Bucket, Figures, Filter, Question, Row};
use super::super::day::{Two, at, broken, each_part, each_row, list};
use super::super::packed::Block;
use super::sums::{Day, OfBucket, Sums, Wanted, days, dimension, of, site};
use crate::counting::tally::Dimension;

/// The values of `by` where `filtered` has a wanted value. Nothing is wanted without a filter.
pub(super) fn answer(
    connection: &Connection,
    question: &Question,
    (filtered, filter): (&Dimension, Option<&Filter>),
    by: &Dimension,
    bucket: Option<Bucket>,
) -> Result<Vec<Row>, StoreError> {
    let found = (site(connection, question)?, dimension(connection, filtered)?, dimension(connection, by)?);
    let (Some(site), Some(filtered_by), Some(told_by)) = found else { return Ok(Vec::new()) };
    let filtered_side = if filtered < by { Side::First } else { Side::Second };
    let (first, second) = match filtered_side {
        Side::First => (filtered_by, told_by),
        Side::Second => (told_by, filtered_by),
    };
    let wanted = Wanted::of(connection, site, filtered_by, filter)?;
    let mut sums = Sums::new(connection, site, told_by, bucket);
    for Day { day, .. } in days(connection, site, question)? {
        let figures = sums.begin(day, question)?;
        let two = Two { site, day: day.0, first, second };
        each_row(connection, two, |row| {
            let (value, beside) = filtered_side.split((row.value(0)?, row.value(1)?));
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
                let is_wanted: Vec<bool> = list(connection, two.one(filtered))?
                    .iter()
                    .map(|value| wanted.has_stored(value))
                    .collect();
                none.insert((list(connection, two.one(by))?, is_wanted))
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
