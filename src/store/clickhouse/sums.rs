//! What a copy asks of the server: which tables these are, and what a site's days add up to.

use clickhouse::Row;
use serde::Deserialize;

use super::super::StoreError;
use super::super::copy::{Counts, Kind};
use super::link::Link;
use super::{DATABASE, LocalDay};

#[derive(Row, Deserialize)]
struct Made {
    made_at: u32,
    rows: u64,
}

#[derive(Row, Deserialize)]
struct Line {
    kind: u8,
    day_number: i32,
    people: i64,
    active: i64,
    seen: i64,
    happened: i64,
}

/// When the tables were made, in seconds since 1970; tables that were made anew are others.
pub(super) async fn made_at(link: &Link) -> Result<u32, StoreError> {
    link.prepare().await?;
    let sql = include_str!("../sql/clickhouse/made.sql");
    let made: Made = link.within(|client| client.query(sql).fetch_one()).await?;
    if made.rows == 0 {
        return Err(StoreError::Corrupt { file: DATABASE, what: "no row in the table schema" });
    }
    Ok(made.made_at)
}

/// What the days of a site add up to.
pub(super) async fn of_days(link: &Link, site: &str) -> Result<Vec<(LocalDay, Kind, Counts)>, StoreError> {
    link.prepare().await?;
    let sql = include_str!("../sql/clickhouse/sums.sql");
    let lines: Vec<Line> = link.within(|client| client.query(sql).param("site", site).fetch_all()).await?;
    let unknown = StoreError::Corrupt { file: DATABASE, what: "a kind of cell" };
    let day = |line: Line| {
        let counts = [line.people, line.active, line.seen, line.happened];
        Some((LocalDay(line.day_number), Kind::from_number(line.kind)?, counts))
    };
    lines.into_iter().map(day).collect::<Option<_>>().ok_or(unknown)
}
