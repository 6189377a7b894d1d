//! What is kept: sums and receipts, nothing else.
//!
//! A batch of tallies is first written to the [`spool`], then handed to an [`EventStore`], and leaves the spool when
//! the store has it for good. A [`question::Question`] is answered with [`question::Rows`], and no row reaches an
//! analyst before [`disclosure`] has folded the small ones. Receipts stand in the [`ledger`], keys of analysts in
//! [`tokens`], names seen in traffic in the [`inventory`], what became of keys in the [`key_log`]. No type of this
//! room can hold an address, a user agent, a raw URL, a key or a mark.

pub mod clickhouse;
pub mod copy;
mod desk;
mod dimension;
pub mod disclosure;
pub mod embedded;
mod file;
pub mod imports;
pub mod inventory;
pub mod key_log;
pub mod ledger;
pub mod question;
pub mod spool;
pub mod tokens;
mod varint;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::clock::Clock;
use crate::counting::tally::{LocalDay, Name, Tally};
pub use clickhouse::Fault;
use question::{Question, Rows};

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory of the embedded statistics, the spool, the ledger, the tokens, the inventory and (by default) the
    /// seal's key.
    pub path: PathBuf,
}

/// Where statistics are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// In one file, beside the rest.
    Embedded(Retention),
    /// On a ClickHouse server or cluster.
    ClickHouse(clickhouse::Settings),
}

/// How long what is kept. A server does it by itself, when it merges parts; the file is seen to once a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Hours become one row of their day after so many days, 1 to 36 500. Default 90.
    pub hours_days: u32,
    /// Rows go after so many months, 1 to 1200. Default 25.
    pub months: u32,
}

impl Retention {
    /// The moment so many months ago, in UTC. So long ago that the calendar has none: then nothing is too old.
    fn first(self, now: Timestamp) -> Option<Zoned> {
        now.to_zoned(TimeZone::UTC).checked_sub(Span::new().months(i64::from(self.months))).ok()
    }

    /// The first moment of which figures are sure to be kept: a store goes by days of UTC, a site has days of its own.
    pub fn kept_from(self, now: Timestamp) -> Timestamp {
        let next = |first: Zoned| first.start_of_day().ok()?.checked_add(Span::new().days(1)).ok();
        self.first(now).and_then(next).map_or(Timestamp::MIN, |next| next.timestamp())
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { hours_days: 90, months: 25 }
    }
}

impl Default for Statistics {
    fn default() -> Self {
        Self::Embedded(Retention::default())
    }
}

impl Statistics {
    /// How long what is kept.
    pub const fn retention(&self) -> Retention {
        match self {
            Self::Embedded(kept) => *kept,
            Self::ClickHouse(server) => server.retention,
        }
    }

    /// Opens the store. One on a server is not asked yet: it may be away.
    pub fn open(
        &self,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<dyn EventStore>, StoreError> {
        Ok(match self {
            Self::Embedded(kept) => Arc::new(embedded::Embedded::open(settings, clock)?.keeping(*kept)),
            Self::ClickHouse(server) => Arc::new(clickhouse::ClickHouse::open(server)?),
        })
    }

    /// The same for who writes months at once, and ends then.
    pub fn open_to_import(
        &self,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<dyn EventStore>, StoreError> {
        match self {
            Self::Embedded(_) => Ok(Arc::new(embedded::Embedded::open_to_import(settings, clock)?)),
            Self::ClickHouse(_) => self.open(settings, clock),
        }
    }
}

/// A future behind a pointer: one per batch or question, never one per page view.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The name of a batch: unique among all gateways, and what a store remembers in order to count a batch once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    /// Drawn at random each time a spool is opened.
    pub boot: u64,
    /// Counts the batches of that spool.
    pub sequence: u64,
}

impl BatchId {
    /// The id as bytes, big-endian: boot, then sequence.
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.boot) << 64) | u128::from(self.sequence)).to_be_bytes()
    }
}

impl std::fmt::Display for BatchId {
    /// Sixteen hexadecimal digits of the boot, a hyphen, the sequence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}-{}", self.boot, self.sequence)
    }
}

/// Tallies that are stored together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The sums.
    pub tallies: Vec<Tally>,
    /// Names that tokens have earned.
    pub names: Vec<Name>,
}

/// What age did to figures. A day of two sites counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// Days whose hours became one row.
    pub folded_days: u64,
    /// Days that went.
    pub forgotten_days: u64,
    /// Days whose pairs were packed, or packed again with what came late.
    pub packed_days: u64,
}

/// Where tallies are kept and questions are answered.
pub trait EventStore: Send + Sync {
    /// Adds the tallies to what is stored. `Ok` means durable. Inserting the same `batch.id` twice counts once.
    fn insert_shared(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<(), StoreError>>;
    /// The same, of a copy.
    fn insert<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), StoreError>> {
        self.insert_shared(Arc::new(batch.clone()))
    }
    /// Answers one bounded question. The rows are not fit to be shown before [`disclosure::disclose`] has seen them.
    fn answer<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Rows, StoreError>>;
    /// How long to let batches gather between two inserts. A server pays for each insert, a file hardly does.
    fn rest(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
    /// Done once a day: figures get coarser with age, and go. A server does it by itself.
    fn age(&self) -> BoxFuture<'_, Result<Aged, StoreError>> {
        Box::pin(std::future::ready(Ok(Aged::default())))
    }
    /// Where receipts are copied to: a server is for people who ask in SQL, a file beside the ledger is not.
    fn receipt_copies(&self) -> Option<clickhouse::ReceiptCopies> {
        None
    }
    /// The first day of a site that has figures.
    fn first_day<'a>(&'a self, site: &'a str) -> BoxFuture<'a, Result<Option<LocalDay>, StoreError>>;
}

/// What can go wrong with what is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The question took too long: a shorter range, or a quieter moment, may do.
    #[error("the store did not answer within {limit_ms} ms")]
    Timeout {
        /// The limit. Unit: milliseconds.
        limit_ms: i64,
    },
    /// The answer has more rows than are held in memory: the range or the grouping must be made smaller.
    #[error("the answer has more than {rows_max} rows before folding; ask for a shorter range")]
    TooManyRows {
        /// The limit.
        rows_max: usize,
    },
    /// The file was written by a later version of this program.
    #[error("{file} has schema version {found}, this program knows {known}; start the newer program again")]
    Newer {
        /// The file.
        file: &'static str,
        /// The version found in it.
        found: i32,
        /// The highest version this program knows.
        known: i32,
    },
    /// The database holds tables that this program did not make.
    #[error(
        "database {database} holds {table}, which is not this program's; name another database, or an empty one"
    )]
    Foreign {
        /// The database.
        database: String,
        /// One of its tables.
        table: String,
    },
    /// Nobody answers where the store should be.
    #[error("the store at {url} does not answer: {reason}")]
    Away {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// Somebody answers there, and cannot prove to be the store.
    #[error("the certificate of the store at {url} is not trusted: {reason}")]
    Untrusted {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// The store answers, and will not do it.
    #[error("the store at {url} refused: {sentence}")]
    Refused {
        /// Where.
        url: String,
        /// What it said.
        sentence: String,
        /// What that means for a batch.
        fault: Fault,
    },
    /// SQLite could not do its work.
    #[error("{file} could not be read or written")]
    Sqlite {
        /// The file.
        file: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A file or directory could not be made.
    #[error("{path} could not be made or opened")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What was read is not what was once written.
    #[error("{file} holds something that cannot be read: {what}")]
    Corrupt {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The spool has reached its limit and nothing in it can be merged: the batch was not taken.
    #[error("the spool is full ({limit_bytes} bytes); make the store answer again, or the limit larger")]
    SpoolFull {
        /// The limit. Unit: bytes.
        limit_bytes: u64,
    },
    /// Something given is longer than is kept.
    #[error("{what} is longer than {limit}")]
    TooLong {
        /// What.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Something given cannot be kept as it is.
    #[error("{what} cannot be kept")]
    Unfit {
        /// What.
        what: &'static str,
    },
    /// Too much waits to be written.
    #[error("too much waits to be written; try again")]
    Busy,
    /// The journal of a file cannot be cut off while somebody reads it.
    #[error("{file} is read or written by somebody else for too long: its newest part stands in {file}-wal")]
    Held {
        /// The file.
        file: &'static str,
    },
    /// What was to be written together failed together.
    #[error(transparent)]
    Group(Arc<StoreError>),
    /// The thread that does the work has ended.
    #[error("the store was closed")]
    Closed,
}

impl StoreError {
    /// Is it about what was to be stored? Others may be stored.
    pub fn is_of_batch(&self) -> bool {
        match self {
            Self::Refused { fault, .. } => *fault == Fault::OfBatch,
            _ => false,
        }
    }

    /// May the same call succeed later, without anybody doing anything?
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout { .. }
            | Self::SpoolFull { .. }
            | Self::Busy
            | Self::Held { .. }
            | Self::Away { .. } => true,
            Self::Refused { fault, .. } => *fault == Fault::Passing,
            Self::Sqlite { source, .. } => is_transient(source),
            Self::Group(error) => error.is_transient(),
            Self::File { .. }
            | Self::TooManyRows { .. }
            | Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::Untrusted { .. }
            | Self::Corrupt { .. }
            | Self::TooLong { .. }
            | Self::Unfit { .. }
            | Self::Closed => false,
        }
    }
}

/// A lock, a full disk or a failing one may pass; a broken file or a wrong statement does not.
fn is_transient(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::CannotOpen
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> StoreError {
        let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        StoreError::Sqlite { file: "statistics.db", source }
    }

    #[test]
    fn full_disk_may_pass_but_a_broken_file_does_not() {
        assert!(sqlite(rusqlite::ffi::SQLITE_FULL).is_transient());
        assert!(sqlite(rusqlite::ffi::SQLITE_BUSY).is_transient());
        assert!(!sqlite(rusqlite::ffi::SQLITE_CORRUPT).is_transient());
        assert!(!StoreError::Closed.is_transient());
    }

    #[test]
    fn batch_id_is_written_with_boot_and_sequence() {
        let id = BatchId { boot: 0xab, sequence: 12 };
        assert_eq!(id.to_string(), "00000000000000ab-12");
        assert_eq!(id.to_bytes()[7], 0xab);
        assert_eq!(id.to_bytes()[15], 12);
    }
}
