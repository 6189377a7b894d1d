//! The thread that copies receipts to a ClickHouse server, where there is one. It reads the ledger through a connection
//! of its own: no visitor waits for it, and while the server is away the ledger has everything.

use std::sync::Arc;
use std::time::Duration;

use super::AppError;
use super::rounds::{self, Stopped, Thread};
use crate::clock::Entropy;
use crate::store::StoreError;
use crate::store::clickhouse::ReceiptCopies;
use crate::store::ledger::Receipts;
use crate::store::spool::retry_after;
use crate::telemetry::Metrics;

/// How often the ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Most places in one insert.
const BLOCK_MAX: usize = 1000;

/// What the thread works with.
pub(super) struct Line {
    pub(super) receipts: Receipts,
    pub(super) copies: ReceiptCopies,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) metrics: Arc<Metrics>,
}

/// Starts it; what an earlier run did not copy goes first. It ends at once: the server knows how far it is, and the next
/// start goes on there.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    rounds::start("copying", move |stopped| run(line, stopped))
}

async fn run(line: Line, mut stopped: Stopped) {
    let mut progress = Progress::default();
    let mut failures = 0;
    loop {
        let round = tokio::select! {
            round = copy(&line, &mut progress) => round,
            _ = &mut stopped => return,
        };
        line.metrics.receipts_copy_failing.set(round.is_err().into());
        let wait = match round {
            Ok(()) => {
                failures = 0;
                LOOK_EVERY
            }
            Err(error) => {
                tell(&error);
                failures += 1;
                retry_after(failures, &*line.entropy)
            }
        };
        note_waiting(&line, &progress);
        if tokio::time::timeout(wait, &mut stopped).await.is_ok() {
            return;
        }
    }
}

/// What is known of the copies.
#[derive(Default)]
struct Progress {
    /// The last place that the server has; `None` until it has said so.
    copied: Option<i64>,
    /// The last place that it was known to have.
    seen: i64,
    /// An insert without an answer: the place before it, and how many places it had. It is sent again as it was, so that
    /// the server knows its token.
    in_doubt: Option<(i64, usize)>,
}

/// Copies all that is not there yet.
async fn copy(line: &Line, progress: &mut Progress) -> Result<(), StoreError> {
    loop {
        let copied = match progress.copied {
            Some(copied) => copied,
            None => ask(line).await?,
        };
        (progress.copied, progress.seen) = (Some(copied), copied);
        let limit = match progress.in_doubt {
            Some((after, places)) if after == copied => places,
            _ => BLOCK_MAX,
        };
        let Some(block) = line.receipts.block(copied, limit)? else { return Ok(()) };
        let last = block.last();
        (progress.copied, progress.in_doubt) = (None, Some((copied, block.links.len())));
        line.copies.add(block).await?;
        (progress.copied, progress.in_doubt) = (Some(last), None);
        line.metrics.receipts_copied.add(last.abs_diff(copied));
        note_waiting(line, progress);
    }
}

/// The last place that the server has; it must be one of this ledger.
async fn ask(line: &Line) -> Result<i64, StoreError> {
    let Some(ledger) = line.receipts.hash_at(1)? else { return Ok(0) };
    let Some((place, hash)) = line.copies.last(ledger).await? else { return Ok(0) };
    if line.receipts.hash_at(place)? == Some(hash) {
        Ok(place)
    } else {
        let what = "receipts that this ledger has not: it is an older copy, or its end was cut off";
        Err(StoreError::Corrupt { file: "the ClickHouse database", what })
    }
}

fn note_waiting(line: &Line, progress: &Progress) {
    match line.receipts.last() {
        Ok(last) => {
            let copied = progress.copied.unwrap_or(progress.seen);
            line.metrics.receipts_not_copied.set(last.abs_diff(copied));
        }
        Err(error) => tell(&error),
    }
}

fn tell(error: &StoreError) {
    if error.is_transient() {
        tracing::warn!(%error, "receipts were not copied; they are tried again");
    } else {
        tracing::error!(%error, "no receipt can be copied until somebody acts; the ledger has them all");
    }
}
