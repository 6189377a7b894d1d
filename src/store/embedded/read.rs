//! Answering questions.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Params, named_params};

use super::super::StoreError;
use super::super::disclosure::UNKNOWN;
use super::super::question::{
    Beside, Bucket, Figures, Filter, Metric, Question, Row, Rows, Selected, Source, When,
};
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
    let buckets = grain(question);
    let mut rows = match question.source() {
        Source::Totals => totals(&snapshot, question, buckets)?,
        Source::Cells(dimension) => {
            let told = if question.breakdown().is_some() { Told::Apart } else { Told::Together };
            values(&snapshot, question, dimension, told, question.asked().filter.as_ref(), buckets)?
        }
        Source::Pairs { filter, by } => {
            let mut rows = pairs(&snapshot, question, filter, by)?;
            leave(&mut rows, &values(&snapshot, question, by, Told::Apart, None, buckets)?);
            rows
        }
    };
    let selected = match &question.asked().filter {
        Some(filter) => selected(&snapshot, question, filter)?,
        None => HashMap::new(),
    };
    let mut visitors = 0;
    if question.wants(&[Metric::ConversionRate, Metric::GroupConversionRate]) {
        visitors = everybody(&snapshot, question, WHOLE)?.values().sum();
        stand_beside_groups(&mut rows, question, &everybody(&snapshot, question, buckets)?);
    }
    if question.wants(&[Metric::ExitRate]) {
        stand_beside_pages(&mut rows, &page_views(&snapshot, question)?);
    }
    if question.wants(&[Metric::ConsentRate]) {
        stand_beside_choices(
            &mut rows,
            &values(&snapshot, question, &Dimension::Choice, Told::Apart, None, buckets)?,
        );
    }
    Ok(Rows { rows, selected, visitors })
}

/// The visitors of each bucket under the question's filter, without one by goal or property.
fn everybody(
    connection: &Connection,
    question: &Question,
    buckets: i64,
) -> Result<HashMap<Option<When>, i64>, StoreError> {
    let filter = question.asked().filter.as_ref().filter(|_| !question.filters_what_was_done());
    let rows = match filter {
        Some(filter) => {
            values(connection, question, &filter.dimension, Told::Together, Some(filter), buckets)?
        }
        None => totals(connection, question, buckets)?,
    };
    Ok(rows.into_iter().map(|row| (row.when, row.figures.visitors)).collect())
}

/// Notes on each row the visitors of its group. Rows of goals, and of no value, are all of one group: their bucket.
fn stand_beside_groups(rows: &mut [Row], question: &Question, everybody: &HashMap<Option<When>, i64>) {
    let is_told_by_value = question.filters_what_was_done()
        && question.breakdown().is_some_and(|by| !matches!(by, Dimension::Goal | Dimension::Property(_)));
    for row in rows {
        row.beside.visitors = if is_told_by_value {
            row.left_of_value + row.figures.visitors
        } else {
            everybody.get(&row.when).copied().unwrap_or(0)
        };
    }
}

/// The page views of each page, under the question's filter.
fn page_views(connection: &Connection, question: &Question) -> Result<Vec<Row>, StoreError> {
    match &question.asked().filter {
        Some(filter) if filter.dimension != Dimension::ExitPage => {
            pairs(connection, question, &filter.dimension, &Dimension::Page)
        }
        _ => values(connection, question, &Dimension::Page, Told::Apart, None, WHOLE),
    }
}

fn stand_beside_pages(rows: &mut [Row], pages: &[Row]) {
    let views: HashMap<Option<&str>, i64> =
        pages.iter().map(|row| (row.value.as_deref(), row.figures.views)).collect();
    for row in rows {
        // What nobody can read among exit pages is not what nobody can read among pages.
        row.beside.page_views = row.value.as_deref().map(|page| views.get(&Some(page)).copied().unwrap_or(0));
    }
}

/// Notes on each bucket how many choices were made in it. One with choices and without visits is a row, too.
fn stand_beside_choices(rows: &mut Vec<Row>, choices: &[Row]) {
    for choice in choices {
        let place = rows.iter().position(|row| row.when == choice.when).unwrap_or_else(|| {
            rows.push(Row { when: choice.when, value: None, ..Row::default() });
            rows.len() - 1
        });
        let beside = &mut rows[place].beside;
        beside.choices += choice.figures.events;
        if matches!(choice.value.as_deref(), Some("accepted" | "partial")) {
            beside.granted += choice.figures.events;
        }
    }
}

/// What the filter selects from each bucket, and leaves out.
fn selected(
    connection: &Connection,
    question: &Question,
    filter: &Filter,
) -> Result<HashMap<Option<When>, Selected>, StoreError> {
    let mut selected: HashMap<Option<When>, Selected> = HashMap::new();
    for row in totals(connection, question, grain(question))? {
        selected.entry(row.when).or_default().outside_visitors = row.figures.visitors;
    }
    let inside =
        values(connection, question, &filter.dimension, Told::Together, Some(filter), grain(question))?;
    for row in inside {
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

fn totals(connection: &Connection, question: &Question, buckets: i64) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        buckets,
        include_str!("../sql/totals.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":grain": buckets,
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
    buckets: i64,
) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    rows(
        connection,
        buckets,
        include_str!("../sql/values.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":dimension": dimension.name(),
            ":grain": buckets,
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

/// The values of `by` where `filter` has a wanted value.
fn pairs(
    connection: &Connection,
    question: &Question,
    filter: &Dimension,
    by: &Dimension,
) -> Result<Vec<Row>, StoreError> {
    let span = question.span();
    let (first, second) = (filter.min(by), filter.max(by));
    let buckets = grain(question);
    rows(
        connection,
        buckets,
        include_str!("../sql/pairs.sql"),
        named_params! {
            ":site": &*question.asked().site,
            ":dimension": by.name(),
            ":filtered": filter.name(),
            ":first": first.name(),
            ":second": second.name(),
            ":is_first": by == first,
            ":grain": buckets,
            ":wanted": wanted(question.asked().filter.as_ref())?,
            ":first_day": span.first_day.0,
            ":last_day": span.last_day.0,
            ":limit": limit(),
        },
    )
}

fn rows(
    connection: &Connection,
    buckets: i64,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let rows: Vec<Row> = statement
        .query_map(parameters, |one| row(one, buckets))
        .and_then(Iterator::collect)
        .map_err(error)?;
    if rows.len() > ROWS_MAX {
        return Err(StoreError::TooManyRows { rows_max: ROWS_MAX });
    }
    Ok(rows)
}

fn row(row: &rusqlite::Row<'_>, buckets: i64) -> rusqlite::Result<Row> {
    let day = row.get::<_, Option<i32>>("day")?.map(LocalDay);
    let hour = row.get::<_, Option<i32>>("hour")?.map(Hour);
    let value: Option<Arc<str>> = row.get("value")?;
    Ok(Row {
        when: day.map(|day| match (hour, buckets) {
            (Some(hour), _) => When::Hour(hour, day),
            (None, WEEKS) => When::Week(day),
            (None, MONTHS) => When::Month(day),
            (None, _) => When::Day(day),
        }),
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
            exits: row.get("exits")?,
            revenue: row.get("revenue")?,
            orders: row.get("orders")?,
            engaged_ms: row.get("engaged_ms")?,
            scroll: row.get("scroll")?,
            scrolls: row.get("scrolls")?,
        },
        left_of_value: 0,
        beside: Beside::default(),
    })
}

/// How time is cut, as the statements call it: not at all, or by one of [`Bucket`].
const WHOLE: i64 = 0;
const DAYS: i64 = 1;
const HOURS: i64 = 2;
const WEEKS: i64 = 3;
const MONTHS: i64 = 4;

fn grain(question: &Question) -> i64 {
    match question.bucket() {
        None => WHOLE,
        Some(Bucket::Day) => DAYS,
        Some(Bucket::Hour) => HOURS,
        Some(Bucket::Week) => WEEKS,
        Some(Bucket::Month) => MONTHS,
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
