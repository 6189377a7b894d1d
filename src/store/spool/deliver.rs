//! Moving what waits to the store, and when to try again.

use std::sync::Arc;
use std::time::Duration;

use super::super::{EventStore, StoreError};
use super::Spool;
use crate::clock::Entropy;

/// Most batches that one call of [`deliver`] moves.
const ROUND_MAX: u64 = 10_000;
/// First wait after a failure; it doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_mins(1);

/// Moves all that waits to the store, oldest first, and returns how many batches that were. A batch that the store can
/// never take is set aside. Any other failure ends it; [`retry_after`] says when to try again, and what was not confirmed
/// is sent again under its id.
pub async fn deliver(spool: &Spool, store: &dyn EventStore) -> Result<u64, StoreError> {
    spool.give_up_outdated()?;
    for delivered in 0..ROUND_MAX {
        spool.join()?;
        let Some(batch) = spool.next()? else { return Ok(delivered) };
        let id = batch.id;
        match store.insert_shared(Arc::new(batch)).await {
            Ok(()) => spool.remove(id)?,
            Err(error) if error.is_of_batch() => {
                tracing::error!(%error, batch = %id, "the store cannot take a batch; it was set aside");
                spool.set_aside(id)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(ROUND_MAX)
}

/// How long to wait before [`deliver`] is tried again after so many failures in a row: 1 s, then twice as long each
/// time, at most a minute; shortened by up to a half at random, so that gateways do not come back all at once.
pub fn retry_after(failures: u32, entropy: &dyn Entropy) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = RETRY_MIN.saturating_mul(1 << doublings).min(RETRY_MAX);
    let mut drawn = [0];
    entropy.fill(&mut drawn);
    longest.saturating_sub(longest / 512 * u32::from(drawn[0]))
}
