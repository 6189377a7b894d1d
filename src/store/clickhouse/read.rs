//! Answering questions: every reading a statement, all of one question at the same time.

use std::collections::HashMap;
use std::sync::Arc;

use clickhouse::Row;
use clickhouse::query::Query;
use serde::Deserialize;
use tokio::task::JoinSet;

use super::super::StoreError;
use super::super::question::reading::{self, ROWS_MAX, Reading, Told};
use super::super::question::{self, Bucket, Figures, Filter, Question, Rows};
use super::link::Link;
use crate::counting::tally::LocalDay;

/// Longest time the server may spend on one statement. Unit: seconds, as in the embedded store.
const STATEMENT_SECONDS_MAX: &str = "10";
/// No hour of the statistics begins then: stands for "none".
const NO_HOUR: u32 = u32::MAX;

/// One row of a reading.
#[derive(Row, Deserialize)]
struct Line {
    day_number: i32,
    hour_number: i32,
    name: String,
    is_unreadable: u8,
    cells: u64,
    visitors: i64,
    visits: i64,
    begun: i64,
    views: i64,
    events: i64,
    bounces: i64,
    seconds: i64,
    entries: i64,
    exits: i64,
    revenue: i64,
    orders: i64,
    engaged_ms: i64,
    scroll: i64,
    scrolls: i64,
}

#[derive(Row, Deserialize)]
struct FirstDay {
    first_day: i32,
    rows: u64,
}

/// The first day of a site that has figures.
pub(super) async fn first_day(link: &Link, site: &str) -> Result<Option<LocalDay>, StoreError> {
    link.prepare().await?;
    let sql = include_str!("../sql/clickhouse/first_day.sql");
    let first: FirstDay = link.within(|client| client.query(sql).param("site", site).fetch_one()).await?;
    Ok((first.rows > 0).then_some(LocalDay(first.first_day)))
}

/// Answers. The statements see the tables one after another: a batch that comes in between may be in one of them only.
pub(super) async fn answer(link: &Arc<Link>, question: Arc<Question>) -> Result<Rows, StoreError> {
    link.prepare().await?;
    let mut asked = JoinSet::new();
    for reading in reading::needed(&question) {
        let (link, question) = (link.clone(), question.clone());
        asked.spawn(async move {
            let rows = read(&link, &question, &reading).await?;
            Ok::<_, StoreError>((reading, rows))
        });
    }
    let mut read = HashMap::new();
    while let Some(done) = asked.join_next().await {
        let (reading, rows) = done.map_err(|_| StoreError::Closed)??;
        read.insert(reading, rows);
    }
    reading::rows(&question, |reading| Ok(read.get(reading).cloned().unwrap_or_default()))
}

async fn read(link: &Link, question: &Question, reading: &Reading) -> Result<Vec<question::Row>, StoreError> {
    let (sql, bucket) = match reading {
        Reading::Totals { bucket } => (include_str!("../sql/clickhouse/totals.sql"), *bucket),
        Reading::Values { bucket, .. } => (include_str!("../sql/clickhouse/values.sql"), *bucket),
        Reading::Pairs { bucket, .. } => (include_str!("../sql/clickhouse/pairs.sql"), *bucket),
    };
    let lines: Vec<Line> = link
        .within(|client| {
            let query = client.query(sql).with_setting("max_execution_time", STATEMENT_SECONDS_MAX);
            of_reading(of_span(query, question, bucket), question, reading).fetch_all()
        })
        .await?;
    if lines.len() > ROWS_MAX {
        return Err(StoreError::TooManyRows { rows_max: ROWS_MAX });
    }
    Ok(lines.into_iter().map(|line| row(line, bucket)).collect())
}

/// The parameters that every statement has.
fn of_span(query: Query, question: &Question, bucket: Option<Bucket>) -> Query {
    let span = question.span();
    let second = |hour: i32| (i64::from(hour) * 3600).clamp(0, i64::from(NO_HOUR) - 1);
    query
        .param("site", &*question.asked().site)
        .param("grain", grain(bucket))
        .param("edge", span.edge.map_or(i64::from(NO_HOUR), |hour| second(hour.0)))
        .param("first_day", day(span.first_day))
        .param("last_day", day(span.last_day))
        .param("first_hour", second(span.first_hour.0))
        .param("last_hour", second(span.last_hour.0))
        .param("limit", ROWS_MAX.saturating_add(1))
}

/// Days of the server begin in 1970 and end in 2149.
fn day(day: LocalDay) -> u16 {
    u16::try_from(day.0.max(0)).unwrap_or(u16::MAX)
}

fn of_reading(query: Query, question: &Question, reading: &Reading) -> Query {
    match reading {
        Reading::Totals { .. } => query,
        Reading::Values { dimension, told, of, .. } => {
            let filter = of.filter(question);
            query
                .param("dimension", dimension.name())
                .param("is_by_value", u8::from(*told == Told::Apart))
                .param("told_by", if *told == Told::Apart { "value" } else { "site" })
                .param("is_filtered", u8::from(filter.is_some()))
                .param("wanted", wanted(filter.as_deref()))
        }
        Reading::Pairs { filter, of, by, .. } => {
            let (first, second) = (filter.min(by), filter.max(by));
            let (told_by, filtered_by) =
                if by == first { ("first_value", "second_value") } else { ("second_value", "first_value") };
            let wanted_of = of.filter(question);
            query
                .param("dimension", by.name())
                .param("filtered", filter.name())
                .param("first", first.name())
                .param("second", second.name())
                .param("told_by", told_by)
                .param("filtered_by", filtered_by)
                .param("wanted", wanted(wanted_of.as_deref()))
        }
    }
}

fn wanted(filter: Option<&Filter>) -> Vec<&str> {
    filter.into_iter().flat_map(|filter| &filter.values).map(|value| &**value).collect()
}

fn row(line: Line, bucket: Option<Bucket>) -> question::Row {
    let figures = Figures {
        visitors: line.visitors,
        visits: line.visits,
        begun: line.begun,
        views: line.views,
        events: line.events,
        bounces: line.bounces,
        seconds: line.seconds,
        entries: line.entries,
        exits: line.exits,
        revenue: line.revenue,
        orders: line.orders,
        engaged_ms: line.engaged_ms,
        scroll: line.scroll,
        scrolls: line.scrolls,
    };
    let day = bucket.map(|_| line.day_number);
    let hour = (bucket == Some(Bucket::Hour)).then_some(line.hour_number);
    let value = (line.is_unreadable == 0).then(|| Arc::from(line.name));
    reading::row(bucket, (day, hour), value, line.cells, figures)
}

/// How time is cut, as the statements call it.
fn grain(bucket: Option<Bucket>) -> u8 {
    match bucket {
        None => 0,
        Some(Bucket::Day) => 1,
        Some(Bucket::Hour) => 2,
        Some(Bucket::Week) => 3,
        Some(Bucket::Month) => 4,
    }
}
