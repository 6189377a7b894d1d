//! The thread that delivers: batches from the spool to the store, until the store has each of them for good.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::AppError;
use crate::store::EventStore;
use crate::store::StoreError;
use crate::store::spool::{Spool, deliver, retry_after};
use crate::telemetry::Metrics;

/// Longest sleep when nothing waits: the counting thread wakes this one.
const IDLE: Duration = Duration::from_hours(1);

/// Wakes the delivery thread.
#[derive(Clone)]
pub(super) struct Caller(SyncSender<()>);

impl Caller {
    /// There is something to deliver. One waiting call is enough, so a full queue is no loss.
    pub(super) fn call(&self) {
        let _ = self.0.try_send(());
    }
}

/// The running thread.
pub(super) struct Thread {
    caller: Caller,
    thread: JoinHandle<()>,
}

/// Starts delivering; what an earlier run left in the spool goes first.
pub(super) fn start(
    spool: Arc<Spool>,
    store: Arc<dyn EventStore>,
    metrics: Arc<Metrics>,
) -> Result<Thread, AppError> {
    let (sender, calls) = sync_channel(1);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError::Thread)?;
    let thread = std::thread::Builder::new()
        .name("delivery".into())
        .spawn(move || run(&calls, &spool, &*store, &metrics, &runtime))
        .map_err(AppError::Thread)?;
    Ok(Thread { caller: Caller(sender), thread })
}

impl Thread {
    /// A way to wake the thread.
    pub(super) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Waits until all is delivered, or until the store fails: then the rest stays in the spool for the next start.
    pub(super) fn join(self) {
        drop(self.caller);
        super::join(self.thread, "delivery");
    }
}

fn run(
    calls: &Receiver<()>,
    spool: &Spool,
    store: &dyn EventStore,
    metrics: &Metrics,
    runtime: &tokio::runtime::Runtime,
) {
    let mut failures = 0;
    loop {
        let delivered = runtime.block_on(deliver(spool, store));
        note(metrics, spool, &delivered);
        failures = if delivered.is_err() { failures + 1 } else { 0 };
        let wait = if failures == 0 { IDLE } else { retry_after(failures) };
        match calls.recv_timeout(wait) {
            // While the store fails, new batches do not shorten the wait: they join the queue.
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let last = runtime.block_on(deliver(spool, store));
                return note(metrics, spool, &last);
            }
        }
    }
}

fn note(metrics: &Metrics, spool: &Spool, delivered: &Result<u64, StoreError>) {
    match delivered {
        Ok(batches) => metrics.batches_stored.add(*batches),
        Err(error) => {
            metrics.batches_failed.increment();
            tracing::warn!(%error, "a batch was not stored; it stays in the spool");
        }
    }
    if let Ok(depth) = spool.depth() {
        metrics.batches_pending.set(depth.batches);
        metrics.spool_bytes.set(depth.bytes);
    }
}
