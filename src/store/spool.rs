//! Batches on disk that the store has not confirmed yet.
//!
//! A batch is in `spool.db`, flushed, before it is first sent, and stays there until the store has it for good; it is
//! sent again byte for byte under the same id, and a store counts an id once. So a crash at any moment neither loses
//! nor doubles a sum. The spool has a size limit: when it is reached, the two smallest batches that were never sent
//! become one (their sums added, so nothing is lost), again and again; merging the smallest keeps the work small,
//! and the order of sums does not matter. Only when nothing can be merged is a batch refused, and then counted as lost.
//!
//! These calls wait for the disk: they belong on the thread that counts, never on one that serves visitors.

mod codec;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, named_params};

use super::file::Kind;
use super::{Batch, BatchId, EventStore, Settings, StoreError};
use crate::clock::{Clock, Entropy};
use crate::counting::tally::{Cell, Hour, LocalDay, Name, Sums, Tally};

/// Default size limit. Unit: bytes. A shop with ten million page views a month writes about 100 MB a day unmerged.
pub const BYTES_MAX: u64 = 256 << 20;
/// Largest batch that merging makes. Unit: bytes.
const MERGED_BYTES_MAX: i64 = 8 << 20;
/// Most batches that one call of [`deliver`] moves.
const ROUND_MAX: u64 = 10_000;
/// First wait after a failure; it doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_mins(1);

const SPOOL: Kind = Kind { file: "spool.db", schema: &[include_str!("sql/spool_schema.sql")] };

/// Durable, bounded batches in `spool.db`.
pub struct Spool {
    connection: Mutex<Connection>,
    boot: u64,
    sequence: AtomicU64,
    bytes_max: u64,
    clock: Arc<dyn Clock>,
}

/// How full a spool is, and what became of what did not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Batches that wait.
    pub batches: u64,
    /// Their size. Unit: bytes.
    pub bytes: u64,
    /// The age of the oldest. Unit: seconds; 0 where none waits.
    pub oldest_seconds: u64,
    /// Batches that were merged into another. Nothing of them is lost.
    pub merged_batches: u64,
    /// Batches that were refused because nothing more could be merged.
    pub lost_batches: u64,
    /// Tallies in them.
    pub lost_tallies: u64,
    /// Batches that cannot be read; they are kept for a person to look at.
    pub set_aside_batches: u64,
}

impl Spool {
    /// Opens the spool, and makes it where it is missing. What waits in it keeps its ids.
    pub fn open(
        settings: &Settings,
        bytes_max: u64,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> Result<Self, StoreError> {
        let mut boot = [0; 8];
        entropy.fill(&mut boot);
        Ok(Self {
            connection: Mutex::new(SPOOL.open(&settings.path)?),
            boot: u64::from_be_bytes(boot),
            sequence: AtomicU64::new(1),
            bytes_max,
            clock,
        })
    }

    /// Keeps a batch, and gives it its id. `Ok` means it survives power loss; [`StoreError::SpoolFull`], that it is
    /// lost and counted as such.
    pub fn append(&self, tallies: &[Tally], names: &[Name]) -> Result<BatchId, StoreError> {
        let id = self.next_id();
        let body = codec::encode(tallies, names);
        let mut connection = self.lock();
        let transaction = begin(&mut connection)?;
        let has_room = self.make_room(&transaction, body.len())?;
        if has_room {
            put(&transaction, None, id, self.clock.now().as_second(), &body).map_err(error)?;
        } else {
            count(&transaction, "lost_batches", 1).map_err(error)?;
            count(&transaction, "lost_tallies", tallies.len()).map_err(error)?;
        }
        transaction.commit().map_err(error)?;
        if has_room { Ok(id) } else { Err(StoreError::SpoolFull { limit_bytes: self.bytes_max }) }
    }

    /// The oldest batch, which from now on stays as it is. One that cannot be read is set aside and passed over.
    pub fn next(&self) -> Result<Option<Batch>, StoreError> {
        let mut connection = self.lock();
        loop {
            let transaction = begin(&mut connection)?;
            let Some(waiting) = first(&transaction).map_err(error)? else { return Ok(None) };
            let place = named_params! { ":place": waiting.place };
            let content = codec::decode(&waiting.body);
            let statement = match content {
                Some(_) => include_str!("sql/spool_sent.sql"),
                None => include_str!("sql/spool_set_aside.sql"),
            };
            transaction.execute(statement, place).map_err(error)?;
            if content.is_none() {
                count(&transaction, "set_aside_batches", 1).map_err(error)?;
            }
            transaction.commit().map_err(error)?;
            if let Some((tallies, names)) = content {
                return Ok(Some(Batch { id: waiting.id, tallies, names }));
            }
        }
    }

    /// Forgets a batch that the store has for good.
    pub fn remove(&self, id: BatchId) -> Result<(), StoreError> {
        let connection = self.lock();
        remove(&connection, id).map_err(error)
    }

    /// How full the spool is.
    pub fn depth(&self) -> Result<Depth, StoreError> {
        let now = self.clock.now().as_second();
        let connection = self.lock();
        depth(&connection, now).map_err(error)
    }

    fn next_id(&self) -> BatchId {
        BatchId { boot: self.boot, sequence: self.sequence.fetch_add(1, Ordering::Relaxed) }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Merges until `bytes` more fit; `false` where nothing can be merged any more.
    fn make_room(&self, transaction: &Transaction<'_>, bytes: usize) -> Result<bool, StoreError> {
        loop {
            let used = depth(transaction, 0).map_err(error)?.bytes;
            if used.saturating_add(bytes as u64) <= self.bytes_max {
                return Ok(true);
            }
            if bytes as u64 > self.bytes_max || !self.merge(transaction)? {
                return Ok(false);
            }
        }
    }

    /// Merges two batches. Neither was ever sent, so the store can know neither id, and the two get a new one.
    fn merge(&self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
        let pair = smallest(transaction).map_err(error)?;
        let [one, other] = &pair[..] else { return Ok(false) };
        let (Some(first), Some(second)) = (codec::decode(&one.body), codec::decode(&other.body)) else {
            for waiting in pair.iter().filter(|waiting| codec::decode(&waiting.body).is_none()) {
                let place = named_params! { ":place": waiting.place };
                transaction.execute(include_str!("sql/spool_set_aside.sql"), place).map_err(error)?;
                count(transaction, "set_aside_batches", 1).map_err(error)?;
            }
            return Ok(true);
        };
        let (tallies, names) = added(first, second);
        let body = codec::encode(&tallies, &names);
        let (place, appended_at) = (one.place.min(other.place), one.appended_at.min(other.appended_at));
        remove(transaction, one.id)
            .and_then(|()| remove(transaction, other.id))
            .and_then(|()| put(transaction, Some(place), self.next_id(), appended_at, &body))
            .and_then(|()| count(transaction, "merged_batches", 1))
            .map_err(error)?;
        Ok(true)
    }
}

/// Moves all that waits to the store, oldest first, and returns how many batches that were. The first failure ends
/// it; [`retry_after`] says when to try again, and what was not confirmed is sent again under its id.
pub async fn deliver(spool: &Spool, store: &dyn EventStore) -> Result<u64, StoreError> {
    for delivered in 0..ROUND_MAX {
        let Some(batch) = spool.next()? else { return Ok(delivered) };
        store.insert(&batch).await?;
        spool.remove(batch.id)?;
    }
    Ok(ROUND_MAX)
}

/// How long to wait before [`deliver`] is tried again after so many failures in a row: 1 s, then twice as long each
/// time, at most a minute.
pub fn retry_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    RETRY_MIN.saturating_mul(1 << doublings).min(RETRY_MAX)
}

/// Two batches as one: the sums of equal cells are added.
fn added(one: codec::Content, other: codec::Content) -> codec::Content {
    let mut sums: HashMap<(Arc<str>, Hour, LocalDay, Cell), Sums> = HashMap::new();
    for tally in one.0.into_iter().chain(other.0) {
        *sums.entry((tally.site, tally.hour, tally.day, tally.cell)).or_default() += &tally.sums;
    }
    let tallies = sums
        .into_iter()
        .filter(|(_, sums)| *sums != Sums::default())
        .map(|((site, hour, day, cell), sums)| Tally { site, hour, day, cell, sums })
        .collect();
    let mut names = one.1;
    names.extend(other.1);
    (tallies, names)
}

fn error(source: rusqlite::Error) -> StoreError {
    SPOOL.error(source)
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)
}

/// A batch as it stands in the file.
struct Waiting {
    place: i64,
    id: BatchId,
    appended_at: i64,
    body: Vec<u8>,
}

fn id(row: &Row<'_>) -> rusqlite::Result<BatchId> {
    Ok(BatchId {
        boot: row.get::<_, i64>("boot")?.cast_unsigned(),
        sequence: row.get::<_, i64>("sequence")?.cast_unsigned(),
    })
}

fn first(connection: &Connection) -> rusqlite::Result<Option<Waiting>> {
    use rusqlite::OptionalExtension;
    connection
        .prepare_cached(include_str!("sql/spool_next.sql"))?
        .query_row([], |row| {
            Ok(Waiting { place: row.get("place")?, id: id(row)?, appended_at: 0, body: row.get("body")? })
        })
        .optional()
}

fn smallest(connection: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    connection
        .prepare_cached(include_str!("sql/spool_smallest.sql"))?
        .query_map(named_params! { ":bytes_max": MERGED_BYTES_MAX / 2 }, |row| {
            Ok(Waiting {
                place: row.get("place")?,
                id: id(row)?,
                appended_at: row.get("appended_at")?,
                body: row.get("body")?,
            })
        })?
        .collect()
}

fn put(
    connection: &Connection,
    place: Option<i64>,
    id: BatchId,
    appended_at: i64,
    body: &[u8],
) -> rusqlite::Result<()> {
    connection.prepare_cached(include_str!("sql/spool_append.sql"))?.execute(named_params! {
        ":place": place,
        ":boot": id.boot.cast_signed(),
        ":sequence": id.sequence.cast_signed(),
        ":appended_at": appended_at,
        ":body": body,
    })?;
    Ok(())
}

fn remove(connection: &Connection, id: BatchId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(include_str!("sql/spool_remove.sql"))?
        .execute(named_params! { ":boot": id.boot.cast_signed(), ":sequence": id.sequence.cast_signed() })?;
    Ok(())
}

fn count(connection: &Connection, what: &str, more: usize) -> rusqlite::Result<()> {
    connection
        .prepare_cached(include_str!("sql/spool_count.sql"))?
        .execute(named_params! { ":what": what, ":count": i64::try_from(more).unwrap_or(i64::MAX) })?;
    Ok(())
}

fn depth(connection: &Connection, now: i64) -> rusqlite::Result<Depth> {
    let mut depth = connection.prepare_cached(include_str!("sql/spool_depth.sql"))?.query_row([], |row| {
        let oldest_at: Option<i64> = row.get("oldest_at")?;
        Ok(Depth {
            batches: row.get::<_, i64>("batches")?.unsigned_abs(),
            bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
            oldest_seconds: oldest_at.map_or(0, |at| now.saturating_sub(at).max(0).unsigned_abs()),
            ..Depth::default()
        })
    })?;
    let mut statement = connection.prepare_cached(include_str!("sql/spool_counts.sql"))?;
    let mut counts = statement.query([])?;
    while let Some(row) = counts.next()? {
        let count = row.get::<_, i64>("count")?.unsigned_abs();
        match row.get_ref("what")?.as_str()? {
            "merged_batches" => depth.merged_batches = count,
            "lost_batches" => depth.lost_batches = count,
            "lost_tallies" => depth.lost_tallies = count,
            "set_aside_batches" => depth.set_aside_batches = count,
            _ => {}
        }
    }
    Ok(depth)
}

#[cfg(test)]
mod tests;
