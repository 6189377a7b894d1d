//! Receipts: append-only, hash-chained, flushed to the disk before anybody is told.
//!
//! A receipt names no one; only the visitor holds its number. Each holds the hash of the one before it, so that a
//! changed, removed or inserted receipt is found by [`Receipts::verify`], and a cut-off end by anyone who noted a
//! later head. All that wait together share one flush: a thread takes what is queued into one transaction.
//!
//! A receipt can be erased ([`erase`]): its content goes, its hash stays, and a record further on in the chain says
//! that it was erased. What was shown to visitors is kept as [notices](Ledger::keep_notice).

mod back_up;
mod chain;
mod copy;
mod erase;
mod read;
pub mod signed;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

pub use chain::{Entry, Hash, Link, Receipt};
pub use copy::{Block, Erased};
pub use erase::Erase;
pub use read::{Receipts, Verified, VerifyError};

use self::write::{Job, Reply, Writer};
use super::desk::Desk;
use super::file::Kind;
use super::{Settings, StoreError};
use crate::policy::consent::ReceiptNumber;

const LEDGER: Kind = Kind {
    file: "ledger.db",
    schema: &[
        include_str!("sql/ledger_schema.sql"),
        include_str!("sql/ledger_schema_2.sql"),
        include_str!("sql/ledger_schema_3.sql"),
    ],
};

/// The ledger of a running gateway, in `ledger.db`. Other processes may read the file meanwhile ([`Receipts`]).
pub struct Ledger {
    /// Closed before the writer: SQLite takes the journal away with the last connection, if that one may write.
    reader: Desk,
    writer: Writer,
}

impl Ledger {
    /// Opens the ledger, and makes it where it is missing.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        let connection = LEDGER.open(&settings.path)?;
        // What is erased is overwritten in the file, too.
        connection.pragma_update(None, "secure_delete", "on").map_err(error)?;
        let file = |source| StoreError::File { path: settings.path.join(LEDGER.file), source };
        let reader = Desk::start("ledger-read", vec![LEDGER.open_to_read(&settings.path)?]).map_err(file)?;
        Ok(Self { reader, writer: Writer::start(connection).map_err(file)? })
    }

    /// Adds a receipt. `Ok` means it survives power loss.
    pub async fn append(&self, entry: Entry) -> Result<Receipt, StoreError> {
        entry.check()?;
        self.ask(|reply| Job::Append(entry, reply)).await
    }

    /// Erases receipts; returns how many. `Ok` means that their content is no longer in the file.
    pub async fn erase(&self, what: Erase, now: Timestamp) -> Result<u64, StoreError> {
        self.ask(|reply| Job::Erase(what, now, reply)).await
    }

    /// Keeps what visitors are shown from now on, so that receipts can call it by its hash. It does not wait: the
    /// notice is written before every receipt that is added after this call.
    pub fn keep_notice(&self, content: Arc<str>) -> Result<Hash, StoreError> {
        let hash = Hash::of(&content);
        self.writer.try_send(Job::Keep(content))?;
        Ok(hash)
    }

    /// Brings what stands in the journal into `ledger.db`, so that a copy of that file alone has it.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.ask(Job::Settle).await
    }

    /// The receipts of one number, oldest first: a grant, and what became of it. None where nobody has that number.
    pub async fn get(&self, id: ReceiptNumber) -> Result<Vec<Receipt>, StoreError> {
        self.reader.run(move |connection| read::get(connection, id)).await
    }

    /// The notice of that hash.
    pub async fn notice(&self, hash: Hash) -> Result<Option<String>, StoreError> {
        self.reader.run(move |connection| read::notice(connection, hash)).await
    }

    /// The hash of the last receipt: who notes it can tell later whether the end was cut off.
    pub async fn head(&self) -> Result<Hash, StoreError> {
        self.reader.run(|connection| Ok(read::head(connection)?.1)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, replied) = oneshot::channel();
        self.writer.send(job(reply)).await?;
        replied.await.map_err(|_| StoreError::Closed)?
    }
}

fn error(source: rusqlite::Error) -> StoreError {
    LEDGER.error(source)
}

/// A moment without its fraction of a second: a receipt is dated, not timed.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests;
