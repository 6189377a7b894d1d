//! [`EventStore`] on one SQLite file, for small shops, the demo and tests: nothing to install.
//!
//! One thread writes, two read; async workers never wait for the disk. Sums are added by upsert, and
//! a batch and the note that it was counted are one transaction, so a batch counts once whatever happens between.

mod age;
pub(super) mod day;
mod pack;
pub(super) mod packed;
mod read;
mod write;

use std::sync::Arc;

use rusqlite::Connection;

use self::pack::Step;
use super::desk::Desk;
use super::file::Kind;
use super::question::{Question, Rows};
use super::{Aged, Batch, BoxFuture, EventStore, Retention, Settings, StoreError};
use crate::clock::Clock;
use crate::counting::tally::LocalDay;

/// Connections that answer questions at the same time.
const READERS: usize = 2;
/// Longest time a question may take. Unit: milliseconds.
pub const QUESTION_MS_MAX: i64 = 10_000;
/// Pages that the writer keeps in memory. Unit: KiB. A batch of half a second touches few.
const CACHE_KIB: i64 = 4 * 1024;
/// The same in an import, whose batches touch a day's pages. Unit: KiB.
const IMPORT_CACHE_KIB: i64 = 64 * 1024;
/// How long a batch is remembered, so that it is not counted twice. Unit: seconds; 90 days, longer than a spool
/// waits for a store that is away.
pub const BATCH_SECONDS_MAX: i64 = 90 * 24 * 3600;

/// The file of the embedded statistics.
pub(super) const STATISTICS: Kind = Kind {
    file: "statistics.db",
    schema: &[
        include_str!("sql/statistics_schema.sql"),
        include_str!("sql/statistics_schema_2.sql"),
        include_str!("sql/statistics_schema_3.sql"),
        include_str!("sql/statistics_schema_4.sql"),
        include_str!("sql/statistics_schema_5.sql"),
        include_str!("sql/statistics_schema_6.sql"),
        include_str!("sql/statistics_schema_7.sql"),
    ],
};

/// Statistics in `statistics.db`.
pub struct Embedded {
    /// Closed before the writer: SQLite takes the journal away with the last connection, if that one may write.
    readers: Desk,
    writer: Desk,
    clock: Arc<dyn Clock>,
    retention: Retention,
}

impl Embedded {
    /// Opens the file, and makes it where it is missing.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::with_cache(settings, clock, CACHE_KIB)
    }

    /// The same for who writes months at once, and ends then: pages that are written again and again stay in memory.
    pub fn open_to_import(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::with_cache(settings, clock, IMPORT_CACHE_KIB)
    }

    fn with_cache(settings: &Settings, clock: Arc<dyn Clock>, cache_kib: i64) -> Result<Self, StoreError> {
        let directory = &settings.path;
        let mut connection = STATISTICS.open(directory)?;
        write::know_dimensions(&mut connection).map_err(error)?;
        write::tune(&connection, cache_kib).map_err(error)?;
        let readers =
            (0..READERS).map(|_| STATISTICS.open_to_read(directory)).collect::<Result<Vec<_>, _>>()?;
        let start = |name: &str, connections: Vec<Connection>| {
            Desk::start(name, connections)
                .map_err(|source| StoreError::File { path: directory.join(STATISTICS.file), source })
        };
        Ok(Self {
            readers: start("statistics-read", readers)?,
            writer: start("statistics-write", vec![connection])?,
            clock,
            retention: Retention::default(),
        })
    }

    /// The same, keeping what is kept for so long.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }
}

impl EventStore for Embedded {
    fn insert_shared(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<(), StoreError>> {
        let now = self.clock.now();
        Box::pin(self.writer.run(move |connection| write::insert(connection, &batch, now).map_err(error)))
    }

    fn answer<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Rows, StoreError>> {
        let question = question.clone();
        self.read(move |connection| read::answer(connection, &question))
    }

    fn first_day<'a>(&'a self, site: &'a str) -> BoxFuture<'a, Result<Option<LocalDay>, StoreError>> {
        let site = site.to_owned();
        self.read(move |connection| read::first_day(connection, &site).map_err(error))
    }

    fn age(&self) -> BoxFuture<'_, Result<Aged, StoreError>> {
        Box::pin(self.let_age())
    }
}

impl Embedded {
    /// Day by day, so that batches are added in between.
    async fn let_age(&self) -> Result<Aged, StoreError> {
        let limits = age::Limits::at(self.clock.now(), self.retention);
        let mut aged = Aged::default();
        while self.change(move |connection| age::fold(connection, limits)).await? {
            aged.folded_days += 1;
        }
        while self.change(move |connection| age::forget(connection, limits)).await? {
            aged.forgotten_days += 1;
        }
        aged.packed_days = self.pack(limits).await?;
        while self.change(age::shrink).await? {}
        if let Err(error) = self.writer.run(|connection| STATISTICS.settle(connection)).await {
            tracing::warn!(%error, "the newest figures stand in the journal of the statistics");
        }
        Ok(aged)
    }

    async fn pack(&self, limits: age::Limits) -> Result<u64, StoreError> {
        let (mut after, mut packed_days) = (None, 0);
        loop {
            match self.writer.run(move |connection| pack::step(connection, limits, after)).await? {
                Step::Packed(two) => after = Some(two),
                Step::Day => (after, packed_days) = (None, packed_days + 1),
                Step::Nothing => return Ok(packed_days),
            }
        }
    }

    async fn change(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<bool> + Send + 'static,
    ) -> Result<bool, StoreError> {
        self.writer.run(move |connection| job(connection).map_err(error)).await
    }

    /// Reads on a thread of its own, within [`QUESTION_MS_MAX`].
    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let clock = Arc::clone(&self.clock);
        Box::pin(self.readers.run(move |connection| {
            limit_time(connection, clock).map_err(error)?;
            job(connection)
        }))
    }
}

/// Stops what runs on `connection` when [`QUESTION_MS_MAX`] have passed.
fn limit_time(connection: &mut Connection, clock: Arc<dyn Clock>) -> rusqlite::Result<()> {
    /// Steps of SQLite's machine between two looks at the clock: some ten microseconds.
    const STEPS: i32 = 4096;
    let until = clock.now().as_millisecond().saturating_add(QUESTION_MS_MAX);
    connection.progress_handler(STEPS, Some(move || clock.now().as_millisecond() > until))
}

/// What SQLite says, in the words of this room.
fn error(source: rusqlite::Error) -> StoreError {
    if source.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
        return StoreError::Timeout { limit_ms: QUESTION_MS_MAX };
    }
    STATISTICS.error(source)
}

#[cfg(test)]
mod tests;
