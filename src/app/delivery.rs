//! The thread that delivers: batches from the spool to the store, until the store has each of them for good.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::AppError;
use crate::clock::Entropy;
use crate::store::EventStore;
use crate::store::StoreError;
use crate::store::spool::{Spool, deliver, retry_after};
use crate::telemetry::Metrics;

/// Longest sleep when nothing waits: the counting thread wakes this one.
const IDLE: Duration = Duration::from_hours(1);
/// The counting thread calls at most once in this time.
const STEP: Duration = Duration::from_millis(500);

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

/// What the thread works with.
pub(super) struct Line {
    pub(super) spool: Arc<Spool>,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) metrics: Arc<Metrics>,
}

/// Starts delivering; what an earlier run left in the spool goes first.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    let (sender, calls) = sync_channel(1);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError::Thread)?;
    let thread = std::thread::Builder::new()
        .name("delivery".into())
        .spawn(move || run(&line, &calls, &runtime))
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

fn run(line: &Line, calls: &Receiver<()>, runtime: &tokio::runtime::Runtime) {
    let mut failures = 0;
    loop {
        let delivered = runtime.block_on(deliver(&line.spool, &*line.store));
        note(line, &delivered);
        failures = if delivered.is_err() { failures + 1 } else { 0 };
        let rested = match failures {
            0 => match rest(calls, line.store.rest()) {
                Rested::Quiet => wait(calls, IDLE),
                called_or_end => called_or_end,
            },
            failures => rest(calls, retry_after(failures, &*line.entropy)),
        };
        if rested == Rested::End {
            let last = runtime.block_on(deliver(&line.spool, &*line.store));
            return note(line, &last);
        }
    }
}

/// What came in a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rested {
    /// Nothing.
    Quiet,
    /// A call: there is something to deliver.
    Called,
    /// The program's end.
    End,
}

/// Waits until something comes, `longest` at most.
fn wait(calls: &Receiver<()>, longest: Duration) -> Rested {
    match calls.recv_timeout(longest) {
        Ok(()) => Rested::Called,
        Err(RecvTimeoutError::Timeout) => Rested::Quiet,
        Err(RecvTimeoutError::Disconnected) => Rested::End,
    }
}

/// Waits for about `time`, whoever calls: what is new joins what waits. Calls come at most once in [`STEP`], so each step
/// takes about as long. The program's end ends it.
fn rest(calls: &Receiver<()>, time: Duration) -> Rested {
    let steps = time.as_millis().div_ceil(STEP.as_millis());
    let mut rested = Rested::Quiet;
    for _ in 0..steps {
        match wait(calls, STEP) {
            Rested::Quiet => {}
            Rested::Called => rested = Rested::Called,
            Rested::End => return Rested::End,
        }
    }
    rested
}

fn note(line: &Line, delivered: &Result<u64, StoreError>) {
    let metrics = &line.metrics;
    match delivered {
        Ok(batches) => metrics.batches_stored.add(*batches),
        Err(error) => {
            metrics.batches_failed.increment();
            if error.is_transient() {
                tracing::warn!(%error, "a batch was not stored; it stays in the spool");
            } else {
                tracing::error!(%error, "no batch can be stored until somebody acts; they stay in the spool");
            }
        }
    }
    metrics.store_failing.set(delivered.is_err().into());
    line.spool.note(delivered.as_ref().err().map(ToString::to_string));
    if let Ok(depth) = line.spool.depth() {
        metrics.batches_pending.set(depth.batches);
        metrics.spool_bytes.set(depth.bytes);
        metrics.spool_oldest_seconds.set(depth.oldest_seconds);
        metrics.batches_merged.set(depth.merged_batches);
        metrics.batches_lost.set(depth.lost_batches);
        metrics.batches_set_aside.set(depth.set_aside_batches);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_during_a_rest_is_not_forgotten() {
        let (caller, calls) = sync_channel(1);
        caller.send(()).unwrap();
        assert!(rest(&calls, STEP) == Rested::Called);
        assert!(rest(&calls, Duration::ZERO) == Rested::Quiet);
        drop(caller);
        assert!(rest(&calls, Duration::from_mins(1)) == Rested::End);
    }
}
