//! The thread that writes: receipts in groups, everything else one by one.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, named_params};
use tokio::sync::{mpsc, oneshot};

use super::super::StoreError;
use super::chain::{Entry, Form, Hash, Receipt};
use super::erase::{Erase, erase};
use super::read::head;
use super::{LEDGER, error};

/// Most receipts that wait to be written; a further one waits in its own request.
const QUEUE_MAX: usize = 1024;
/// Most receipts in one transaction.
const GROUP_MAX: usize = 256;
/// Longest notice. Unit: bytes; one that declares every tracker we know has some 600 KB.
const NOTICE_BYTES_MAX: usize = 8 << 20;

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Something to write, and who waits for it.
pub(super) enum Job {
    /// One more receipt.
    Append(Entry, Reply<Receipt>),
    /// Receipts whose content is to go.
    Erase(Erase, Timestamp, Reply<u64>),
    /// What visitors are shown from now on.
    Keep(Arc<str>),
    /// All of it is to stand in the file itself.
    Settle(Reply<()>),
}

/// The running thread, and the queue before it.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts it.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let thread =
            thread::Builder::new().name("ledger-write".to_owned()).spawn(move || work(connection, jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands a job in; waits for room.
    pub(super) async fn send(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(job).await.map_err(|_| StoreError::Closed)
    }

    /// Hands a job in where there is room.
    pub(super) fn try_send(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(job).map_err(|_| StoreError::Busy)
    }
}

impl Drop for Writer {
    /// Waits until what was queued is written and the file is closed.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _panic_was_reported_by_the_thread = thread.join();
        }
    }
}

/// Writes until nobody can ask any more. Then all of it stands in the file, for whoever copies that alone.
fn work(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut next = None;
    while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
        match job {
            Job::Append(entry, reply) => {
                let mut group = vec![(entry, reply)];
                while group.len() < GROUP_MAX {
                    match jobs.try_recv() {
                        Ok(Job::Append(entry, reply)) => group.push((entry, reply)),
                        other => {
                            next = other.ok();
                            break;
                        }
                    }
                }
                append_group(&mut connection, group);
            }
            Job::Erase(what, now, reply) => answer(reply, erase(&mut connection, what, now)),
            Job::Keep(content) => {
                if let Err(error) = keep(&connection, &content) {
                    tracing::error!(%error, "what visitors are shown was not kept beside their receipts");
                }
            }
            Job::Settle(reply) => answer(reply, LEDGER.settle(&connection)),
        }
    }
    if let Err(error) = LEDGER.settle(&connection) {
        tracing::warn!(%error, "the newest receipts stand in ledger.db-wal: a copy needs both files");
    }
}

fn answer<T>(reply: Reply<T>, outcome: Result<T, StoreError>) {
    let _who_asked_went_away = reply.send(outcome);
}

fn append_group(connection: &mut Connection, group: Vec<(Entry, Reply<Receipt>)>) {
    let (entries, replies): (Vec<Entry>, Vec<_>) = group.into_iter().unzip();
    match append(connection, entries) {
        Ok(receipts) => {
            for (reply, receipt) in replies.into_iter().zip(receipts) {
                answer(reply, Ok(receipt));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for reply in replies {
                answer(reply, Err(StoreError::Group(Arc::clone(&error))));
            }
        }
    }
}

/// Adds all, or none.
pub(super) fn append(connection: &mut Connection, entries: Vec<Entry>) -> Result<Vec<Receipt>, StoreError> {
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

/// Writes one receipt at its place.
pub(super) fn put(connection: &Connection, place: i64, receipt: &Receipt) -> Result<(), StoreError> {
    connection
        .prepare_cached(include_str!("../sql/ledger_append.sql"))
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":place": place,
                ":form": Form::Second as i64,
                ":id": receipt.id.as_ref().map_or(&[][..], |id| &id.0),
                ":time": receipt.time.as_second(),
                ":site": receipt.site,
                ":action": receipt.action,
                ":layer": receipt.layer,
                ":language": receipt.language,
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

fn keep(connection: &Connection, content: &str) -> Result<(), StoreError> {
    if content.len() > NOTICE_BYTES_MAX {
        return Err(StoreError::TooLong { what: "a notice", limit: NOTICE_BYTES_MAX });
    }
    let hash = Hash::of(content);
    connection
        .execute(
            include_str!("../sql/ledger_keep_notice.sql"),
            named_params! { ":hash": hash.0.as_slice(), ":content": content },
        )
        .map(|_| ())
        .map_err(error)
}
