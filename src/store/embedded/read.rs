//! Answering questions.

mod pairs;
mod sums;
mod values;

use rusqlite::{Connection, Params, named_params};

use super::super::StoreError;
use super::super::question::reading::{self, ROWS_MAX, Reading, Told};
use super::super::question::{Bucket, Figures, Filter, Question, Range, Row, Rows};
use super::error;
use crate::counting::tally::{Dimension, LocalDay};

/// The first day of a site that has figures.
pub(super) fn first_day(connection: &Connection, site: &str) -> rusqlite::Result<Option<LocalDay>> {
    connection
        .prepare_cached(include_str!("../sql/first_day.sql"))?
        .query_row(named_params! { ":name": site }, |row| row.get::<_, Option<i32>>(0))
        .map(|day| day.map(LocalDay))
}

/// Answers from one state of the file, however many statements that takes.
pub(super) fn answer(connection: &mut Connection, question: &Question) -> Result<Rows, StoreError> {
    let snapshot = connection.transaction().map_err(error)?;
    reading::rows(question, |reading| match reading {
        Reading::Totals { bucket } => totals(&snapshot, question, *bucket),
        Reading::Values { dimension, told, of, bucket } if is_of_days(question, *bucket) => {
            let filter = of.filter(question);
            values::answer(&snapshot, question, (dimension, *told), filter.as_deref(), *bucket)
        }
        Reading::Values { dimension, told, of, bucket } => {
            hours(&snapshot, question, dimension, *told, of.filter(question).as_deref(), *bucket)
        }
        Reading::Pairs { filter, of, by, bucket } => {
            pairs::answer(&snapshot, question, (filter, of.filter(question).as_deref()), by, *bucket)
        }
    })
}

/// Are whole days asked for?
fn is_of_days(question: &Question, bucket: Option<Bucket>) -> bool {
    bucket != Some(Bucket::Hour) && matches!(question.asked().range, Range::Days { .. })
}

fn totals(
    connection: &Connection,
    question: &Question,
    bucket: Option<Bucket>,
) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        bucket,
        include_str!("../sql/totals.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":grain": grain(bucket),
            ":edge": span.edge.map(|hour| hour.0),
            ":first_day": span.first_day.0,
            ":last_day": span.last_day.0,
            ":first_hour": span.first_hour.0,
            ":last_hour": span.last_hour.0,
            ":limit": limit(),
        },
    )
}

/// The same by the hour, or of a part of a day: hours are in rows only.
fn hours(
    connection: &Connection,
    question: &Question,
    dimension: &Dimension,
    told: Told,
    filter: Option<&Filter>,
    bucket: Option<Bucket>,
) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        bucket,
        include_str!("../sql/values.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":dimension": dimension.name(),
            ":grain": grain(bucket),
            ":is_by_value": told == Told::Apart,
            ":is_filtered": filter.is_some(),
            ":wanted": wanted(filter)?,
            ":edge": span.edge.map(|hour| hour.0),
            ":first_day": span.first_day.0,
            ":last_day": span.last_day.0,
            ":first_hour": span.first_hour.0,
            ":last_hour": span.last_hour.0,
            ":limit": limit(),
        },
    )
}

fn rows(
    connection: &Connection,
    bucket: Option<Bucket>,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let rows: Vec<Row> =
        statement.query_map(parameters, |one| row(one, bucket)).and_then(Iterator::collect).map_err(error)?;
    if rows.len() > ROWS_MAX {
        return Err(StoreError::TooManyRows { rows_max: ROWS_MAX });
    }
    Ok(rows)
}

fn row(row: &rusqlite::Row<'_>, bucket: Option<Bucket>) -> rusqlite::Result<Row> {
    let figures = Figures {
        visitors: row.get("visitors")?,
        visits: row.get("visits")?,
        begun: row.get("begun")?,
        views: row.get("views")?,
        events: row.get("events")?,
        bounces: row.get("bounces")?,
        seconds: row.get("seconds")?,
        entries: row.get("entries")?,
        exits: row.get("exits")?,
        revenue: row.get("revenue")?,
        orders: row.get("orders")?,
        engaged_ms: row.get("engaged_ms")?,
        scroll: row.get("scroll")?,
        scrolls: row.get("scrolls")?,
    };
    let at = (row.get("day")?, row.get("hour")?);
    Ok(reading::row(bucket, at, row.get("value")?, row.get::<_, i64>("cells")?.unsigned_abs(), figures))
}

/// How time is cut, as the statements call it.
fn grain(bucket: Option<Bucket>) -> i64 {
    match bucket {
        None => 0,
        Some(Bucket::Day) => 1,
        Some(Bucket::Hour) => 2,
        Some(Bucket::Week) => 3,
        Some(Bucket::Month) => 4,
    }
}

/// One row more than is allowed shows that there are too many.
fn limit() -> i64 {
    i64::try_from(ROWS_MAX).unwrap_or(i64::MAX).saturating_add(1)
}

/// The filter's values as a JSON list: a list is one parameter.
fn wanted(filter: Option<&Filter>) -> Result<String, StoreError> {
    let values: Vec<&str> =
        filter.into_iter().flat_map(|filter| &filter.values).map(|value| &**value).collect();
    serde_json::to_string(&values)
        .map_err(|_| StoreError::Corrupt { file: super::STATISTICS.file, what: "a filter's value" })
}
