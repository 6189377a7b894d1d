//! What is done once a day: receipts that nobody needs any more are erased, old figures get coarser and go, and the
//! ledger's head is written to the log, where a later cut of the ledger can be seen.

use std::sync::Arc;
use std::time::Duration;

use super::AppError;
use super::rounds::{self, Stopped, Thread};
use crate::clock::Clock;
use crate::store::ledger::{Erase, Ledger};
use crate::store::{Aged, EventStore};
use jiff::{SignedDuration, Timestamp};

/// How often the date is looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);
const DAY: i64 = 86_400;

/// What the upkeep works with.
pub(super) struct Line {
    pub(super) ledger: Arc<Ledger>,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) clock: Arc<dyn Clock>,
    /// How long receipts are kept. Unit: days.
    pub(super) receipts_days: u32,
}

/// Starts it; the first round is made at once, and one that was begun is finished.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    rounds::start("upkeep", move |stopped| run(line, stopped))
}

async fn run(line: Line, mut stopped: Stopped) {
    let mut done = None;
    loop {
        let now = line.clock.now();
        let day = now.as_second().div_euclid(DAY);
        if done != Some(day) {
            round(&line, now).await;
            done = Some(day);
        }
        if tokio::time::timeout(LOOK_EVERY, &mut stopped).await.is_ok() {
            return;
        }
    }
}

async fn round(line: &Line, now: Timestamp) {
    let kept = SignedDuration::from_secs(i64::from(line.receipts_days) * DAY);
    if let Ok(before) = now.checked_sub(kept) {
        match line.ledger.erase(Erase::Before(before), now).await {
            Ok(0) => {}
            Ok(receipts) => tracing::info!(receipts, "receipts that are no longer needed were erased"),
            Err(error) => tracing::error!(%error, "receipts that are no longer needed could not be erased"),
        }
    }
    match line.store.age().await {
        Ok(Aged { folded_days: 0, forgotten_days: 0, packed_days: 0 }) => {}
        Ok(Aged { folded_days, forgotten_days, packed_days }) => {
            tracing::info!(
                folded_days,
                forgotten_days,
                packed_days,
                "old figures were folded and packed, and those past their time went"
            );
        }
        Err(error) => tracing::error!(%error, "old figures could not be folded"),
    }
    match line.ledger.head().await {
        Ok(head) => tracing::info!(%head, "head of the ledger"),
        Err(error) => tracing::error!(%error, "the ledger cannot be read"),
    }
}
