//! Answering questions.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Params, named_params};

use super::super::StoreError;
use super::super::disclosure::UNKNOWN;
use super::super::question::{Bucket, Figures, Filter, Question, Row, Rows, Selected, Source, When};
use super::error;
use crate::counting::tally::{Dimension, Hour, LocalDay};

/// Most rows of one answer before folding: some 50 MiB.
pub(super) const ROWS_MAX: usize = 200_000;

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
    let rows = match question.source() {
        Source::Totals => totals(&snapshot, question)?,
        Source::Cells(dimension) => {
            let told = if question.breakdown().is_some() { Told::Apart } else { Told::Together };
            values(&snapshot, question, dimension, told, question.asked().filter.as_ref())?
        }
        Source::Pairs { by, .. } => {
            let mut rows = pairs(&snapshot, question)?;
            leave(&mut rows, &values(&snapshot, question, by, Told::Apart, None)?);
            rows
        }
    };
    let selected = match &question.asked().filter {
        Some(filter) => selected(&snapshot, question, filter)?,
        None => HashMap::new(),
    };
    Ok(Rows { rows, selected })
}

/// What the filter selects from each bucket, and leaves out.
fn selected(
    connection: &Connection,
    question: &Question,
    filter: &Filter,
) -> Result<HashMap<Option<When>, Selected>, StoreError> {
    let mut selected: HashMap<Option<When>, Selected> = HashMap::new();
    for row in totals(connection, question)? {
        selected.entry(row.when).or_default().outside_visitors = row.figures.visitors;
    }
    for row in values(connection, question, &filter.dimension, Told::Together, Some(filter))? {
        let bucket = selected.entry(row.when).or_default();
        bucket.outside_visitors -= row.figures.visitors;
        bucket.inside = row.figures;
    }
    Ok(selected)
}

/// Notes on each row of a pair how many visitors had its value without the filter's.
fn leave(rows: &mut [Row], all: &[Row]) {
    let all: HashMap<(Option<When>, Option<&str>), i64> =
        all.iter().map(|row| ((row.when, row.value.as_deref()), row.figures.visitors)).collect();
    for row in rows {
        let visitors = all.get(&(row.when, row.value.as_deref())).copied().unwrap_or(0);
        row.left_of_value = visitors - row.figures.visitors;
    }
}

fn totals(connection: &Connection, question: &Question) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        include_str!("../sql/totals.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":grain": grain(question),
            ":edge": span.edge.map(|hour| hour.0),
            ":first_day": span.first_day.0,
            ":last_day": span.last_day.0,
            ":first_hour": span.first_hour.0,
            ":last_hour": span.last_hour.0,
            ":limit": limit(),
        },
    )
}

/// How the values of a dimension become rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// A row for each.
    Apart,
    /// One row for all.
    Together,
}

fn values(
    connection: &Connection,
    question: &Question,
    dimension: &Dimension,
    told: Told,
    filter: Option<&Filter>,
) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        include_str!("../sql/values.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":dimension": dimension.name(),
            ":grain": grain(question),
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

fn pairs(connection: &Connection, question: &Question) -> Result<Vec<Row>, StoreError> {
    let Source::Pairs { filter, by } = question.source() else { return Ok(Vec::new()) };
    let span = question.span();
    let (first, second) = (filter.min(by), filter.max(by));
    rows(
        connection,
        include_str!("../sql/pairs.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":dimension": by.name(),
            ":filtered": filter.name(),
            ":first": first.name(),
            ":second": second.name(),
            ":is_first": by == first,
            ":grain": grain(question),
            ":wanted": wanted(question.asked().filter.as_ref())?,
            ":first_day": span.first_day.0,
            ":last_day": span.last_day.0,
            ":limit": limit(),
        },
    )
}

fn rows(connection: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let rows: Vec<Row> = statement.query_map(parameters, row).and_then(Iterator::collect).map_err(error)?;
    if rows.len() > ROWS_MAX {
        return Err(StoreError::TooManyRows { rows_max: ROWS_MAX });
    }
    Ok(rows)
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let day = row.get::<_, Option<i32>>("day")?.map(LocalDay);
    let hour = row.get::<_, Option<i32>>("hour")?.map(Hour);
    let value: Option<Arc<str>> = row.get("value")?;
    Ok(Row {
        when: day.map(|day| hour.map_or(When::Day(day), |hour| When::Hour(hour, day))),
        value: value.map(|value| if value.is_empty() { Arc::from(UNKNOWN) } else { value }),
        values: row.get::<_, i64>("cells")?.unsigned_abs(),
        figures: Figures {
            visitors: row.get("visitors")?,
            visits: row.get("visits")?,
            begun: row.get("begun")?,
            views: row.get("views")?,
            events: row.get("events")?,
            bounces: row.get("bounces")?,
            seconds: row.get("seconds")?,
            entries: row.get("entries")?,
        },
        left_of_value: 0,
    })
}

/// How time is cut, as the statements call it.
fn grain(question: &Question) -> i64 {
    match question.bucket() {
        None => 0,
        Some(Bucket::Day) => 1,
        Some(Bucket::Hour) => 2,
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
