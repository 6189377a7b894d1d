//! The way of an import's sums to the store, on a thread of its own: a batch is noted before it is sent and after it has
//! arrived.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use super::super::{Failure, failed};
use super::keys::HEAD_BYTES;
use super::lines::digest_of;
use crate::clock::{Entropy as _, SystemEntropy};
use crate::counting::Drained;
use crate::counting::tally::{Cell, Tally};
use crate::store::imports::{Counted, Hash, Import, Imports};
use crate::store::spool::retry_after;
use crate::store::{Batch, BatchId, EventStore};

/// How often a batch is tried again that the store could not take for a while: about ten minutes.
const TRIES_MAX: u32 = 15;

/// Batches that wait for the store, beside the one on its way.
pub(super) const WAITING_MAX: usize = 1;

/// Sums, and up to where in the file they reach.
pub(super) struct Parcel {
    pub(super) counted: Counted,
    pub(super) drained: Vec<Drained>,
}

/// What an import does with its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// They come into the statistics.
    Add,
    /// They go out of the statistics again.
    TakeBack,
    /// They are told, and go nowhere.
    Tell,
}

/// Hands parcels to the store.
pub(super) struct Writer {
    pub(super) imports: Imports,
    /// The file, if it is known.
    pub(super) import: Option<Import>,
    pub(super) site: String,
    pub(super) head: Vec<u8>,
    pub(super) rules: Hash,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) aim: Aim,
    /// Where the memory of a batch goes back to.
    pub(super) room: SyncSender<Vec<Tally>>,
}

impl Writer {
    /// Writes every parcel; when it ends with an error, the rest is not written.
    pub(super) fn run(mut self, parcels: &Receiver<Parcel>) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        while let Ok(parcel) = parcels.recv() {
            self.write(parcel, &runtime)?;
        }
        Ok(())
    }

    fn write(&mut self, parcel: Parcel, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
        let Parcel { counted, drained } = parcel;
        let Import { id, next, .. } = match &self.import {
            Some(import) => import.clone(),
            None => self.begin(counted.cut.position)?,
        };
        self.imports.pending(id, counted.cut).map_err(failed)?;
        let mut batch = joined(next, drained);
        batch.tallies.sort_unstable_by(in_store_order);
        if !batch.tallies.is_empty() || !batch.names.is_empty() {
            let batch = Arc::new(batch);
            runtime.block_on(self.insert(&batch))?;
            self.give_back(batch);
        }
        let after = BatchId { sequence: next.sequence + 1, ..next };
        match self.aim {
            Aim::TakeBack => self.imports.undone(id, counted.cut.position, after.sequence),
            Aim::Add | Aim::Tell => {
                self.imports.counted(id, &counted, self.head_to(counted.cut.position), after.sequence)
            }
        }
        .map_err(failed)?;
        if let Some(import) = &mut self.import {
            import.next = after;
            if self.aim == Aim::TakeBack && counted.cut.position >= import.counted {
                self.imports.forget(id).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, position: u64) -> Result<Import, Failure> {
        let mut boot = [0; 8];
        SystemEntropy.fill(&mut boot);
        let (head, nothing) = (self.head_to(position), digest_of(b""));
        let begun = self.imports.begin(&self.site, head, nothing, self.rules, u64::from_be_bytes(boot));
        let import = begun.map_err(failed)?;
        self.import = Some(import.clone());
        Ok(import)
    }

    /// As much of the head as was counted, and its digest: what the file is known by from now on. Nothing is kept of a shorter
    /// head, so that of a short file two digests cannot be held against each other.
    fn head_to(&self, position: u64) -> (u64, Hash) {
        let bytes = usize::try_from(position).unwrap_or(HEAD_BYTES).min(self.head.len());
        (bytes as u64, digest_of(&self.head[..bytes]))
    }

    /// Another program, a gateway that serves, may write at the same time: then one waits for the other.
    async fn insert(&self, batch: &Arc<Batch>) -> Result<(), Failure> {
        let mut failures = 0;
        loop {
            match self.store.insert_shared(Arc::clone(batch)).await {
                Err(error) if error.is_transient() && failures < TRIES_MAX => {
                    failures += 1;
                    tokio::time::sleep(retry_after(failures, &SystemEntropy)).await;
                }
                done => return done.map_err(|error| told(&error)),
            }
        }
    }
}

impl Writer {
    /// The next sums come into the same memory: a hundred megabytes of fresh pages take longer than to fill them.
    fn give_back(&self, batch: Arc<Batch>) {
        // The store has let go of it, or is about to; then its memory is freed as any.
        if let Some(batch) = Arc::into_inner(batch) {
            let mut tallies = batch.tallies;
            tallies.clear();
            let _taken_or_freed = self.room.try_send(tallies);
        }
    }
}

/// All of it in one batch. Most is in the first part, which has room already: that is a day, and little comes after it.
fn joined(id: BatchId, drained: Vec<Drained>) -> Batch {
    let rest: usize = drained.iter().skip(1).map(|part| part.tallies.len()).sum();
    let mut drained = drained.into_iter();
    let Drained { tallies, names } = drained.next().unwrap_or_default();
    let mut batch = Batch { id, tallies, names };
    batch.tallies.reserve_exact(rest);
    for mut part in drained {
        batch.tallies.append(&mut part.tallies);
        batch.names.append(&mut part.names);
    }
    batch
}

/// The order in which a store keeps its rows: by what they are broken down by, then by day and hour, then by value. Many
/// rows that come in this order meet pages that are in memory already.
fn in_store_order(a: &Tally, b: &Tally) -> Ordering {
    let place = |tally: &Tally| (tally.day, tally.hour);
    match (&a.cell, &b.cell) {
        (Cell::One(a_dimension, a_value), Cell::One(b_dimension, b_value)) => {
            (a_dimension, place(a), a_value).cmp(&(b_dimension, place(b), b_value))
        }
        (
            Cell::Pair(a_first, a_value, a_second, a_other),
            Cell::Pair(b_first, b_value, b_second, b_other),
        ) => (a_first, a_second, place(a), a_value, a_other).cmp(&(
            b_first,
            b_second,
            place(b),
            b_value,
            b_other,
        )),
        (a_cell, b_cell) => kind(a_cell).cmp(&kind(b_cell)).then_with(|| place(a).cmp(&place(b))),
    }
}

const fn kind(cell: &Cell) -> u8 {
    match cell {
        Cell::Total => 0,
        Cell::One(..) => 1,
        Cell::Pair(..) => 2,
    }
}

/// The error with its cause, which says whether the disk is full.
fn told(error: &crate::store::StoreError) -> Failure {
    match std::error::Error::source(error) {
        Some(cause) => failed(format!("{error}: {cause}")),
        None => failed(error),
    }
}
