//! Receipts: append-only, hash-chained, flushed to the disk before anybody is told.
//!
//! A receipt names no one; only the visitor holds its number. Each holds the hash of the one before it, so that a
//! changed, removed or inserted receipt is found by [`Receipts::verify`], and a cut-off end by anyone who noted a
//! later head. All that wait together share one flush: a thread takes what is queued into one transaction.

mod chain;
mod read;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, named_params};
use tokio::sync::{mpsc, oneshot};

pub use chain::{Entry, Hash, Receipt};
pub use read::{Receipts, Verified, VerifyError};

use super::desk::Desk;
use super::file::Kind;
use super::{Settings, StoreError};
use crate::policy::consent::ReceiptNumber;

/// Most receipts that wait to be written; a further one waits in its own request.
const QUEUE_MAX: usize = 1024;
/// Most receipts in one transaction.
const GROUP_MAX: usize = 256;

const LEDGER: Kind = Kind { file: "ledger.db", schema: &[include_str!("sql/ledger_schema.sql")] };

type Reply = oneshot::Sender<Result<Receipt, StoreError>>;

/// The ledger of a running gateway, in `ledger.db`. Other processes may read the file meanwhile ([`Receipts`]).
pub struct Ledger {
    queue: Option<mpsc::Sender<(Entry, Reply)>>,
    writer: Option<JoinHandle<()>>,
    reader: Desk,
}

impl Ledger {
    /// Opens the ledger, and makes it where it is missing.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        let connection = LEDGER.open(&settings.path)?;
        let file = |source| StoreError::File { path: settings.path.join(LEDGER.file), source };
        let reader = Desk::start("ledger-read", vec![LEDGER.open_to_read(&settings.path)?]).map_err(file)?;
        let (queue, entries) = mpsc::channel(QUEUE_MAX);
        let writer = thread::Builder::new()
            .name("ledger-write".to_owned())
            .spawn(move || write(connection, entries))
            .map_err(file)?;
        Ok(Self { queue: Some(queue), writer: Some(writer), reader })
    }

    /// Adds a receipt. `Ok` means it survives power loss.
    pub async fn append(&self, entry: Entry) -> Result<Receipt, StoreError> {
        entry.check()?;
        let (reply, replied) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send((entry, reply)).await.map_err(|_| StoreError::Closed)?;
        replied.await.map_err(|_| StoreError::Closed)?
    }

    /// The receipts of one number, oldest first: a grant, and what became of it. None where nobody has that number.
    pub async fn get(&self, id: ReceiptNumber) -> Result<Vec<Receipt>, StoreError> {
        self.reader.run(move |connection| read::get(connection, id)).await
    }

    /// The hash of the last receipt: who notes it can tell later whether the end was cut off.
    pub async fn head(&self) -> Result<Hash, StoreError> {
        self.reader.run(|connection| Ok(head(connection)?.1)).await
    }
}

impl Drop for Ledger {
    /// Waits until what was queued is written.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _panic_was_reported_by_the_thread = writer.join();
        }
    }
}

fn write(mut connection: Connection, mut entries: mpsc::Receiver<(Entry, Reply)>) {
    while let Some(first) = entries.blocking_recv() {
        let mut group = vec![first];
        while let Some(next) = (group.len() < GROUP_MAX).then(|| entries.try_recv().ok()).flatten() {
            group.push(next);
        }
        let (entries, replies): (Vec<Entry>, Vec<Reply>) = group.into_iter().unzip();
        match append(&mut connection, entries) {
            Ok(receipts) => {
                for (reply, receipt) in replies.into_iter().zip(receipts) {
                    let _visitor_went_away = reply.send(Ok(receipt));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for reply in replies {
                    let _visitor_went_away = reply.send(Err(StoreError::Group(Arc::clone(&error))));
                }
            }
        }
    }
}

/// Adds all, or none.
fn append(connection: &mut Connection, entries: Vec<Entry>) -> Result<Vec<Receipt>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let (mut place, mut previous) = head(&transaction)?;
    let mut receipts = Vec::with_capacity(entries.len());
    for entry in entries {
        place += 1;
        let receipt = Receipt::after(previous, entry);
        previous = receipt.hash;
        put(&transaction, place, &receipt)?;
        receipts.push(receipt);
    }
    transaction.commit().map_err(error)?;
    Ok(receipts)
}

fn put(connection: &Connection, place: i64, receipt: &Receipt) -> Result<(), StoreError> {
    connection
        .prepare_cached(include_str!("sql/ledger_append.sql"))
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":place": place,
                ":id": receipt.id.0.as_slice(),
                ":time": receipt.time.as_second(),
                ":site": receipt.site,
                ":action": receipt.action,
                ":granted": list(&receipt.granted),
                ":refused": list(&receipt.refused),
                ":texts": receipt.texts.0.as_slice(),
                ":previous": receipt.previous.0.as_slice(),
                ":hash": receipt.hash.0.as_slice(),
            })
        })
        .map(|_| ())
        .map_err(error)
}

/// Names as one text, a line each: [`Entry::check`] refuses names with a line break.
fn list(names: &[String]) -> String {
    names.join("\n")
}

/// Place and hash of the last receipt; before the first, 0 and [`Hash::NONE`].
fn head(connection: &Connection) -> Result<(i64, Hash), StoreError> {
    use rusqlite::OptionalExtension;
    let head = connection
        .prepare_cached(include_str!("sql/ledger_head.sql"))
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get("place")?, Hash(row.get("hash")?)))).optional()
        })
        .map_err(error)?;
    Ok(head.unwrap_or((0, Hash::NONE)))
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
