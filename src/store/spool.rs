//! Batches on disk that the store has not confirmed yet.
//!
//! A batch is in `spool.db`, flushed, before it is first sent, and stays there until the store has it for good; it is
//! sent again byte for byte under the same id, and a store counts an id once. So a crash at any moment neither loses
//! nor doubles a sum. The spool has a size limit: when it is reached, the two smallest batches that were never sent
//! become one (their sums added, so nothing is lost), again and again; merging the smallest keeps the work small,
//! and the order of sums does not matter. Only when nothing can be merged is a batch refused, and then counted as lost.
//! It has an age limit, too: what nobody could be given for [`DAYS_MAX`], or was sent [`DOUBT_DAYS_MAX`] ago without an
//! answer, so that a store may have forgotten that it has it, is counted as lost. Sums may come out short, never over.
//!
//! Batches that wait and were never sent are joined before they are sent: after a day without the store some large
//! batches go out, not two for each second of it.
//!
//! These calls wait for the disk: they belong on the thread that counts, never on one that serves visitors.

mod codec;
mod deliver;
mod joining;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, named_params};

pub use self::codec::Body;
pub use self::deliver::{deliver, retry_after};
use super::file::Kind;
use super::{Batch, BatchId, Settings, StoreError};
use crate::clock::{Clock, Entropy};
use crate::counting::tally::{Cell, Hour, LocalDay, Sums, Tally};

/// Default size limit. Unit: bytes. A shop with ten million page views a month writes about 100 MB a day unmerged.
pub const BYTES_MAX: u64 = 256 << 20;
/// Largest batch that merging makes. Unit: bytes.
const MERGED_BYTES_MAX: i64 = 8 << 20;
/// Longest time a batch waits. Unit: days. Stores remember batches for longer.
pub const DAYS_MAX: i64 = 60;
/// Longest time a batch is sent again. Unit: days. A cluster remembers for as long which batches it has.
pub const DOUBT_DAYS_MAX: i64 = 29;
const DAY_SECONDS: i64 = 24 * 3600;

const SPOOL: Kind = Kind {
    file: "spool.db",
    schema: &[include_str!("sql/spool_schema.sql"), include_str!("sql/spool_schema_2.sql")],
};

/// Durable, bounded batches in `spool.db`.
pub struct Spool {
    connection: Mutex<Connection>,
    boot: u64,
    sequence: AtomicU64,
    bytes_max: u64,
    clock: Arc<dyn Clock>,
    /// Why the store did not take what it was last given.
    trouble: Mutex<Option<String>>,
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
    /// Batches that were refused because nothing more could be merged, or given up because they were too old.
    pub lost_batches: u64,
    /// Tallies in them.
    pub lost_tallies: u64,
    /// Batches that cannot be read, or that the store cannot take; they are kept for a person to look at.
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
            trouble: Mutex::new(None),
        })
    }

    /// Keeps a batch, and gives it its id. `Ok` means it survives power loss; [`StoreError::SpoolFull`], that it is
    /// lost and counted as such.
    pub fn append(&self, batch: &Body) -> Result<BatchId, StoreError> {
        let id = self.next_id();
        let body = batch.bytes();
        let mut connection = self.lock();
        let transaction = begin(&mut connection)?;
        let has_room = self.make_room(&transaction, body.len())?;
        if has_room {
            put(&transaction, None, id, self.clock.now().as_second(), &body).map_err(error)?;
        } else {
            count(&transaction, "lost_batches", 1).map_err(error)?;
            count(&transaction, "lost_tallies", batch.tallies()).map_err(error)?;
        }
        transaction.commit().map_err(error)?;
        if has_room { Ok(id) } else { Err(StoreError::SpoolFull { limit_bytes: self.bytes_max }) }
    }

    /// The oldest batch, which from now on stays as it is. One that cannot be read is set aside and passed over.
    pub fn next(&self) -> Result<Option<Batch>, StoreError> {
        let now = self.clock.now().as_second();
        let mut connection = self.lock();
        loop {
            let transaction = begin(&mut connection)?;
            let Some(waiting) = first(&transaction).map_err(error)? else { return Ok(None) };
            let content = codec::decode(&waiting.body);
            if content.is_some() {
                let sent = named_params! { ":place": waiting.place, ":now": now };
                transaction.execute(include_str!("sql/spool_sent.sql"), sent).map_err(error)?;
            } else {
                set_aside(&transaction, waiting.place)?;
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

    /// Keeps a batch that the store cannot take for a person to look at; others pass it.
    pub fn set_aside(&self, id: BatchId) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = begin(&mut connection)?;
        let batch = named_params! { ":boot": id.boot.cast_signed(), ":sequence": id.sequence.cast_signed() };
        transaction.execute(include_str!("sql/spool_set_aside_by_id.sql"), batch).map_err(error)?;
        count(&transaction, "set_aside_batches", 1).map_err(error)?;
        transaction.commit().map_err(error)
    }

    /// Why the store did not take what it was last given; `None` where it did.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what became of the last delivery.
    pub fn note(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
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
                set_aside(transaction, waiting.place)?;
            }
            return Ok(true);
        };
        let (tallies, names) = added(first, second);
        let body = Body::of(&tallies, &names).bytes();
        let (place, appended_at) = (one.place.min(other.place), one.appended_at.min(other.appended_at));
        remove(transaction, one.id)
            .and_then(|()| remove(transaction, other.id))
            .and_then(|()| put(transaction, Some(place), self.next_id(), appended_at, &body))
            .and_then(|()| count(transaction, "merged_batches", 1))
            .map_err(error)?;
        Ok(true)
    }
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

/// Keeps a batch that cannot be read for a person to look at.
fn set_aside(connection: &Connection, place: i64) -> Result<(), StoreError> {
    connection
        .execute(include_str!("sql/spool_set_aside.sql"), named_params! { ":place": place })
        .and_then(|_| count(connection, "set_aside_batches", 1))
        .map_err(error)
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

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        place: row.get("place")?,
        id: id(row)?,
        appended_at: row.get("appended_at")?,
        body: row.get("body")?,
    })
}

fn first(connection: &Connection) -> rusqlite::Result<Option<Waiting>> {
    use rusqlite::OptionalExtension;
    connection.prepare_cached(include_str!("sql/spool_next.sql"))?.query_row([], waiting).optional()
}

fn smallest(connection: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    connection
        .prepare_cached(include_str!("sql/spool_smallest.sql"))?
        .query_map(named_params! { ":bytes_max": MERGED_BYTES_MAX / 2 }, waiting)?
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
