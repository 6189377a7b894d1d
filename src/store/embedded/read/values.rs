//! The values of a dimension in whole days: as they were added up where a day is packed, else from its rows.

use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::super::question::reading::Told;
use super::super::super::question::{Bucket, Filter, Question, Row};
use super::super::day::{One, at, broken, each_cell, each_part_of_cells, list};
use super::super::packed::{Block, Stored};
use super::sums::{Day, OfBucket, Sums, Wanted, days, dimension, of, site};
use crate::counting::tally::Dimension;

/// The values, or the wanted ones; apart, or all together.
pub(super) fn answer(
    connection: &Connection,
    question: &Question,
    (by, told): (&Dimension, Told),
    filter: Option<&Filter>,
    bucket: Option<Bucket>,
) -> Result<Vec<Row>, StoreError> {
    let (Some(site), Some(dimension)) = (site(connection, question)?, dimension(connection, by)?) else {
        return Ok(Vec::new());
    };
    let wanted = match filter {
        Some(_) => Some(Wanted::of(connection, site, dimension, filter)?),
        None => None,
    };
    let mut sums = Sums::new(connection, site, dimension, bucket);
    for Day { day, is_packed } in days(connection, site, question)? {
        let figures = sums.begin(day, question)?;
        let one = One { site, day: day.0, dimension };
        if is_packed {
            packed(connection, one, told, wanted.as_ref(), figures)?;
        } else {
            rows(connection, one, told, wanted.as_ref(), figures)?;
        }
    }
    sums.end()
}

fn rows(
    connection: &Connection,
    one: One,
    told: Told,
    wanted: Option<&Wanted<'_>>,
    figures: &mut OfBucket,
) -> Result<(), StoreError> {
    each_cell(connection, one, |row| {
        let value = row.value(0)?;
        if let Some(wanted) = wanted
            && !wanted.has(value)?
        {
            return Ok(());
        }
        match told {
            Told::Apart => figures.add(value, &row.sums()?),
            Told::Together => {
                figures.add_whole(&row.sums()?);
                Ok(())
            }
        }
    })
}

fn packed(
    connection: &Connection,
    one: One,
    told: Told,
    wanted: Option<&Wanted<'_>>,
    figures: &mut OfBucket,
) -> Result<(), StoreError> {
    let mut values: Option<Vec<Stored>> = None;
    each_part_of_cells(connection, one, |part| {
        let values = match &mut values {
            Some(values) => values,
            none => none.insert(list(connection, one)?),
        };
        let block = Block::open(part).ok_or_else(broken)?;
        let columns = block.sums().ok_or_else(broken)?;
        for (cell, (place, _)) in block.places().enumerate() {
            let value = at(values, place).ok_or_else(broken)?;
            if wanted.is_some_and(|wanted| !wanted.has_stored(value)) {
                continue;
            }
            match told {
                Told::Apart => figures.add_stored(value.clone(), of(&columns.at(cell), figures.is_first)),
                Told::Together => figures.add_whole(&columns.at(cell)),
            }
        }
        Ok(())
    })
}
