//! What happens to batches while they wait: those never sent are joined, and what waited too long goes.

use rusqlite::{Transaction, named_params};

use super::super::StoreError;
use super::{
    BatchId, Body, DAY_SECONDS, DAYS_MAX, DOUBT_DAYS_MAX, Spool, Waiting, added, begin, codec, count, error,
    put, remove, waiting,
};

/// Most batches joined at a time.
const BATCHES_MAX: i64 = 256;
/// Largest batch that joining makes. Unit: bytes; some 70 000 tallies, and as much memory as they need for a moment.
const BYTES_MAX: usize = 1 << 20;
/// Most batches that one look finds too old.
const OUTDATED_MAX: i64 = 1000;

impl Spool {
    /// Joins the oldest batches that were never sent into one, with a new id. Nothing of them is lost.
    pub(super) fn join(&self) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = begin(&mut connection)?;
        let waiting = oldest(&transaction).map_err(error)?;
        let mut joined = (Vec::new(), Vec::new());
        let (mut bytes, mut parts): (usize, Vec<(BatchId, i64, i64)>) = (0, Vec::new());
        for one in waiting {
            bytes = bytes.saturating_add(one.body.len());
            // One that cannot be read is set aside when its turn comes.
            let Some(content) = codec::decode(&one.body).filter(|_| bytes <= BYTES_MAX) else { break };
            joined.0.extend(content.0);
            joined.1.extend(content.1);
            parts.push((one.id, one.place, one.appended_at));
        }
        let [(_, place, appended_at), _, ..] = parts[..] else { return Ok(()) };
        let (tallies, names) = added(joined, (Vec::new(), Vec::new()));
        let body = Body::of(&tallies, &names).bytes();
        for (id, _, _) in &parts {
            remove(&transaction, *id).map_err(error)?;
        }
        put(&transaction, Some(place), self.next_id(), appended_at, &body).map_err(error)?;
        transaction.commit().map_err(error)
    }

    /// Gives up what waited too long, and counts it as lost.
    pub(super) fn give_up_outdated(&self) -> Result<(), StoreError> {
        let now = self.clock.now().as_second();
        let mut connection = self.lock();
        let transaction = begin(&mut connection)?;
        let outdated = outdated(&transaction, now).map_err(error)?;
        if outdated.is_empty() {
            return Ok(());
        }
        let tallies: usize = outdated
            .iter()
            .filter_map(|one| codec::decode(&one.body))
            .map(|(tallies, _)| tallies.len())
            .sum();
        for one in &outdated {
            remove(&transaction, one.id).map_err(error)?;
        }
        count(&transaction, "lost_batches", outdated.len())
            .and_then(|()| count(&transaction, "lost_tallies", tallies))
            .map_err(error)?;
        transaction.commit().map_err(error)?;
        tracing::error!(
            batches = outdated.len(),
            tallies,
            "counts were given up: the store was away too long"
        );
        Ok(())
    }
}

fn oldest(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Waiting>> {
    transaction
        .prepare_cached(include_str!("../sql/spool_waiting.sql"))?
        .query_map(named_params! { ":limit": BATCHES_MAX }, waiting)?
        .collect()
}

fn outdated(transaction: &Transaction<'_>, now: i64) -> rusqlite::Result<Vec<Waiting>> {
    let bounds = named_params! {
        ":appended_before": now.saturating_sub(DAYS_MAX * DAY_SECONDS),
        ":sent_before": now.saturating_sub(DOUBT_DAYS_MAX * DAY_SECONDS),
        ":limit": OUTDATED_MAX,
    };
    transaction
        .prepare_cached(include_str!("../sql/spool_outdated.sql"))?
        .query_map(bounds, waiting)?
        .collect()
}
