//! What is done once a day: receipts that nobody needs any more are erased, the ledger's journal is brought into its file, old
//! figures get coarser and go, and the ledger's head is written to the log, where a later cut of the ledger can be seen. What
//! destroys waits while the date is in doubt ([`Date`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::AppError;
use super::date::{Date, day_of};
use super::rounds::{self, Stopped, Thread};
use crate::clock::{Clock, monotonic};
use crate::store::ledger::{Erase, Ledger};
use crate::store::{Aged, EventStore};
use crate::telemetry::Metrics;

/// How often the date is looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);
const DAY: i64 = 86_400;

/// What the upkeep works with.
pub(super) struct Line {
    pub(super) ledger: Arc<Ledger>,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    /// Where the last day is kept that was believed.
    pub(super) directory: PathBuf,
    /// How long receipts are kept. Unit: days.
    pub(super) receipts_days: u32,
}

/// Starts it; the first round is made at once, and one that was begun is finished.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    rounds::start("upkeep", move |stopped| run(line, stopped))
}

async fn run(line: Line, mut stopped: Stopped) {
    let mut days = Days { date: Date::of(&line.directory), told: None, done: None };
    loop {
        days.look(&line, line.clock.now(), monotonic()).await;
        if tokio::time::timeout(LOOK_EVERY, &mut stopped).await.is_ok() {
            return;
        }
    }
}

/// Which day it is, as far as it is believed, and for which the round was made.
struct Days {
    date: Date,
    /// The day of which the log has its head.
    told: Option<i64>,
    done: Option<i64>,
}

impl Days {
    /// Makes the round of a new day.
    async fn look(&mut self, line: &Line, now: Timestamp, steady: Instant) {
        let today = Some(day_of(now));
        let is_believed = self.date.is_believed(now, steady);
        line.metrics.date_in_doubt.set((!is_believed).into());
        if self.told != today {
            self.told = today;
            tell_head(line).await;
            if !is_believed {
                let last_round = self.date.last().map(tracing::field::display);
                tracing::warn!(%now, last_round, "the date is in doubt: nothing old is erased before it has stood for a day");
            }
        }
        if !is_believed || self.done == today {
            return;
        }
        round(line, now).await;
        self.done = today;
        if let Err(error) = self.date.believe(now) {
            tracing::error!(%error, "the day of the last round cannot be kept");
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
    settle(line).await;
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
}

/// Who copies the files of a gateway that runs has the ledger up to that night, even in `ledger.db` alone.
async fn settle(line: &Line) {
    if let Err(error) = line.ledger.settle().await {
        tracing::warn!(%error, "the newest receipts stand in the journal of the ledger");
    }
}

async fn tell_head(line: &Line) {
    match line.ledger.head().await {
        Ok(head) => tracing::info!(%head, "head of the ledger"),
        Err(error) => tracing::error!(%error, "the ledger cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SteppedClock;
    use crate::policy::consent::ReceiptNumber;
    use crate::store::ledger::{Entry, Hash, Receipts};
    use crate::store::{EventStore, Settings, embedded::Embedded};

    #[tokio::test]
    async fn a_clock_that_jumps_ahead_erases_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { path: directory.path().to_owned() };
        let start: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let clock = Arc::new(SteppedClock::at(start));
        let store: Arc<dyn EventStore> = Arc::new(Embedded::open(&settings, clock.clone()).unwrap());
        let line = Line {
            ledger: Arc::new(Ledger::open(&settings).unwrap()),
            store,
            clock: clock.clone(),
            metrics: Arc::default(),
            directory: directory.path().to_owned(),
            receipts_days: 900,
        };
        let entry = Entry {
            id: ReceiptNumber([1; 16]),
            time: start,
            site: "shop".into(),
            action: "granted".into(),
            layer: "banner".into(),
            language: "nb".into(),
            granted: vec!["statistics".into()],
            refused: Vec::new(),
            texts: Hash([9; 32]),
        };
        line.ledger.append(entry).await.unwrap();
        let erased = || Receipts::open(&settings).unwrap().verify(None).unwrap().erased;
        let mut days = Days { date: Date::of(directory.path()), told: None, done: None };
        let mut steady = monotonic();
        days.look(&line, clock.now(), steady).await;
        assert_eq!((erased(), line.metrics.date_in_doubt.get()), (0, 0));
        clock.step(SignedDuration::from_hours(24 * 365 * 11));
        days.look(&line, clock.now(), steady).await;
        assert_eq!((erased(), line.metrics.date_in_doubt.get()), (0, 1));
        let mut restarted = Days { date: Date::of(directory.path()), told: None, done: None };
        restarted.look(&line, clock.now(), steady).await;
        assert_eq!(erased(), 0, "a restart forgets no doubt");
        clock.step(SignedDuration::from_hours(24));
        steady += Duration::from_hours(24);
        days.look(&line, clock.now(), steady).await;
        assert_eq!((erased(), line.metrics.date_in_doubt.get()), (1, 0), "the date has stood");
    }
}
