//! The thread that counts: hits in, a batch each half second out to the spool.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::hand_over::{Order, Wire, Word};
use super::{AppError, delivery};
use crate::clock::{Clock, monotonic};
use crate::counting::handover::pack_hit;
use crate::counting::place::WatchedPlaces;
use crate::counting::{Counter, Hit, Vault, wipe_stack};
use crate::store::StoreError;
use crate::store::key_log::KeyLog;
use crate::store::spool::{Body, Spool};
use crate::telemetry::Metrics;

/// How often sums are written: a crash loses at most this much.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// Hits counted between two looks at the time.
const HITS_AT_ONCE: usize = 1024;

/// Most tallies kept in memory while the spool cannot be written. About 10 MB.
const UNWRITTEN_MAX: usize = 500_000;

/// What the counting thread works with.
pub(super) struct Line {
    pub(super) counter: Counter,
    pub(super) key_log: KeyLog,
    pub(super) waiting: Receiver<Box<Hit>>,
    pub(super) orders: Receiver<Order>,
    pub(super) spool: Arc<Spool>,
    pub(super) places: Arc<WatchedPlaces>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) delivery: delivery::Caller,
}

/// The running thread.
pub(super) struct Thread(JoinHandle<()>);

/// What became of keys lately.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    AsBefore,
    /// One was wiped: what functions that have returned left on the stack is to be wiped, too.
    Wiped,
}

/// Starts counting.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    let thread = std::thread::Builder::new().name("counting".into()).spawn(|| run(line));
    thread.map(Thread).map_err(AppError::Thread)
}

impl Thread {
    /// Waits until the last hit is counted and written. It ends when nobody can hand in hits any more.
    pub(super) fn join(self) {
        super::join(self.0, "counting");
    }
}

fn run(mut line: Line) {
    let mut unwritten = Body::default();
    let mut due = monotonic() + WRITE_EVERY;
    loop {
        match line.waiting.recv_timeout(due.saturating_duration_since(monotonic())) {
            Ok(hit) => count(&mut line, hit, due),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                write(&mut line, &mut unwritten);
                return end(line);
            }
        }
        if let Ok(order) = line.orders.try_recv()
            && let Some(after) = hand_over(&mut line, &mut unwritten, order)
        {
            return forward(line, &after);
        }
        if monotonic() >= due {
            if write(&mut line, &mut unwritten) == Keys::Wiped {
                wipe_stack();
            }
            due = monotonic() + WRITE_EVERY;
        }
    }
}

fn count(line: &mut Line, first: Box<Hit>, due: Instant) {
    line.counter.count(*first);
    while monotonic() < due {
        for _ in 0..HITS_AT_ONCE {
            let Ok(hit) = line.waiting.try_recv() else { return };
            line.counter.count(*hit);
        }
    }
}

/// Gives another process everything that is known; its wire, once it has it. Hits wait in their queue meanwhile. While
/// sums wait that cannot be written, nothing is given: they would be lost.
fn hand_over(line: &mut Line, unwritten: &mut Body, order: Order) -> Option<Wire> {
    write(line, unwritten);
    // Who asked went away when this fails, and then there is no outcome either.
    let is_given = unwritten.is_empty() && order.state.send(line.counter.hand_over()).is_ok();
    drop(order.state);
    if is_given { order.outcome.recv().ok() } else { None }
}

/// Forgets everything and passes on the hits of requests that are still open.
fn forward(line: Line, after: &Wire) {
    let Line { counter, waiting, metrics, .. } = line;
    let sites = counter.site_names();
    counter.leave();
    for hit in waiting {
        let Some(site) = sites.get(usize::from(hit.site.0)) else { continue };
        if let Err(error) = after.say(Word::Hit, &pack_hit(&hit, site)) {
            metrics.hits_dropped.increment();
            tracing::error!(%error, "the last hits were lost: the process that took over went away");
            return;
        }
    }
    if let Err(error) = after.say(Word::End, b"") {
        tracing::warn!(%error, "the process that took over went away");
    }
}

/// Wipes the keys and writes that down.
fn end(line: Line) {
    let Line { counter, key_log, clock, metrics, .. } = line;
    let vault = counter.vault().clone();
    drop(counter);
    wipe_stack();
    write_keys(&vault, &key_log, &*clock, &metrics);
}

/// Writes down what became of keys; what cannot be written waits.
fn write_keys(vault: &Vault, log: &KeyLog, clock: &dyn Clock, metrics: &Metrics) -> Keys {
    let events = vault.take_events();
    if events.is_empty() {
        return Keys::AsBefore;
    }
    let has_end = events.iter().any(|event| event.fate.is_end());
    let result = log.append(&events, clock.now());
    if let Err(error) = &result {
        if metrics.key_log_failing.get() == 0 {
            tracing::error!(%error, "what became of keys cannot be written down; it waits");
        }
        vault.give_back(events);
    }
    metrics.key_log_failing.set(result.is_err().into());
    if has_end { Keys::Wiped } else { Keys::AsBefore }
}

/// Moves the clock of visits and keys, and writes what was summed since the last time. What cannot be written goes with
/// the next batch, up to a limit; what the spool has no room for is lost, and the spool counts it.
fn write(line: &mut Line, unwritten: &mut Body) -> Keys {
    line.places.refresh();
    line.counter.advance(line.clock.now());
    let keys = write_keys(line.counter.vault(), &line.key_log, &*line.clock, &line.metrics);
    line.counter.drain_in_parts(|part| unwritten.add(&part.tallies, &part.names));
    if unwritten.is_empty() {
        return keys;
    }
    match line.spool.append(unwritten) {
        Ok(_) => line.delivery.call(),
        Err(error) => {
            line.metrics.spool_failures.increment();
            tracing::error!(%error, "counts could not be written to the spool");
            if !matches!(error, StoreError::SpoolFull { .. }) && unwritten.tallies() < UNWRITTEN_MAX {
                return keys;
            }
            line.metrics.tallies_lost.add(unwritten.tallies() as u64);
        }
    }
    *unwritten = Body::default();
    keys
}
