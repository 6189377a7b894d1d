//! What becomes of old figures: hours become one row of their day, and days go. Pairs are packed in [`super::pack`].
//!
//! Each step is a transaction of its own and takes a day of a site: whatever happens between, no sum is lost or doubled,
//! and a batch waits for one day at most.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, named_params};

use crate::store::Retention;

/// How much longer names stay than what they name: a month of tokens, and one of doubt. Unit: days.
const NAME_DAYS: i64 = 62;

/// Days of UTC after a site-local one until its pairs are packed: it has ended wherever the site is, and so have nearly
/// all visits that began in it.
const PACK_DAYS: i64 = 1;

/// Free pages that stay in the file, for the next hours.
const SPARE_PAGES: i64 = 1024;

/// The UTC day of a moment, in days since 1970.
pub(super) fn utc_day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

/// Days since 1970 before which something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Hours of days before are folded.
    fold: i64,
    /// Days before go.
    forget: i64,
    /// Pairs of days before are packed.
    pub(super) pack: i64,
}

impl Limits {
    pub(super) fn at(now: Timestamp, kept: Retention) -> Self {
        let days = utc_day(now);
        let forget = kept.first(now).map_or(i64::MIN, |first| utc_day(first.timestamp()));
        Self { fold: days - i64::from(kept.hours_days), forget, pack: days - PACK_DAYS }
    }
}

/// Folds the hours of one day. `false`: there is none.
pub(super) fn fold(connection: &mut Connection, limits: Limits) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: Option<(i64, i64, i64)> = transaction
        .query_row(include_str!("../sql/day_to_fold.sql"), named_params! { ":before": limits.fold }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((site, day, hour)) = found else { return Ok(false) };
    let steps = [
        include_str!("../sql/fold_totals.sql"),
        include_str!("../sql/folded_totals.sql"),
        include_str!("../sql/fold_cells.sql"),
        include_str!("../sql/folded_cells.sql"),
    ];
    for step in steps {
        transaction.execute(step, named_params! { ":site": site, ":day": day, ":hour": hour })?;
    }
    let done = include_str!("../sql/folded_day.sql");
    transaction.execute(done, named_params! { ":site": site, ":day": day })?;
    transaction.commit()?;
    Ok(true)
}

/// Takes one day away that is past its time, and names that nothing has any more. `false`: there is none.
pub(super) fn forget(connection: &mut Connection, limits: Limits) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: Option<(i64, i64)> = transaction
        .query_row(
            include_str!("../sql/day_to_forget.sql"),
            named_params! { ":before": limits.forget },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((site, day)) = found else {
        let before = limits.forget.saturating_sub(NAME_DAYS);
        transaction.execute(include_str!("../sql/forget_names.sql"), named_params! { ":before": before })?;
        transaction.commit()?;
        return Ok(false);
    };
    let steps = [
        include_str!("../sql/forget_totals.sql"),
        include_str!("../sql/forget_cells.sql"),
        include_str!("../sql/forget_pairs.sql"),
        include_str!("../sql/forget_packed_pairs.sql"),
        include_str!("../sql/forget_packed_cells.sql"),
        include_str!("../sql/forget_packed_values.sql"),
        include_str!("../sql/forget_journeys.sql"),
        include_str!("../sql/forget_day.sql"),
    ];
    for step in steps {
        transaction.execute(step, named_params! { ":site": site, ":day": day })?;
    }
    transaction.commit()?;
    Ok(true)
}

/// Gives some room back that the file does not need. `false`: it has none to give, or was made by an earlier version, which
/// kept its room.
pub(super) fn shrink(connection: &mut Connection) -> rusqlite::Result<bool> {
    let free = |connection: &Connection| {
        connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0))
    };
    let before = free(connection)?;
    if before <= SPARE_PAGES {
        return Ok(false);
    }
    connection.execute_batch(include_str!("../sql/statistics_shrink.sql"))?;
    Ok(free(connection)? < before)
}
