//! The records of one day: visits, open and over, each after the one before of the same visitor.
//!
//! They stand in pieces of a fixed size, so that growing moves nothing, and are found by their mark through a table
//! of places. One record takes 104 bytes, 5 to 10 in the table, and 16 for each thing it did after the first.

use std::collections::HashSet;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::super::cells::Folding;
use super::super::mark::Mark;
use super::super::pack::{Pack, Packed, Reader, Unreadable};
use super::{RecordKind, Visit};

/// The place of no record.
pub(in super::super) const NO_VISIT: u32 = u32::MAX;
/// The most records of one visitor: visits of a day lie half an hour apart, and three days at most are looked at.
const CHAIN_MAX: usize = 200;
/// Records in a piece.
const PIECE: usize = 4096;

/// The records of a day.
#[derive(Default)]
pub(in super::super) struct Visits {
    pieces: Vec<Vec<Visit>>,
    /// Of each mark its latest record.
    latest: HashTable<u32>,
}

impl Visits {
    /// How many records there are.
    pub(in super::super) fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    /// The record at a place.
    pub(in super::super) fn get(&self, at: u32) -> Option<&Visit> {
        let at = at as usize;
        self.pieces.get(at / PIECE)?.get(at % PIECE)
    }

    /// The same, to be changed.
    pub(in super::super) fn get_mut(&mut self, at: u32) -> Option<&mut Visit> {
        let at = at as usize;
        self.pieces.get_mut(at / PIECE)?.get_mut(at % PIECE)
    }

    /// The latest record of a mark.
    pub(in super::super) fn latest(&self, mark: Mark) -> Option<u32> {
        let is_it = |at: &u32| self.get(*at).is_some_and(|visit| visit.mark == mark);
        self.latest.find(hash(mark), is_it).copied()
    }

    /// The latest visit of a mark, whether or not it goes on.
    pub(in super::super) fn latest_visit(&self, mark: Mark) -> Option<u32> {
        let is_visit = |at: &u32| self.get(*at).is_some_and(|record| record.kind == RecordKind::Visit);
        self.chain(self.latest(mark)?).find(is_visit)
    }

    /// Puts a record down, as the latest of its mark.
    pub(in super::super) fn push(&mut self, visit: Visit) -> u32 {
        let (mark, at) = (visit.mark, self.place());
        self.put(visit);
        let pieces = &self.pieces;
        let record = |at: u32| &pieces[at as usize / PIECE][at as usize % PIECE];
        match self.latest.find_mut(hash(mark), |at| record(*at).mark == mark) {
            Some(latest) => *latest = at,
            None => {
                self.latest.insert_unique(hash(mark), at, |at| hash(record(*at).mark));
            }
        }
        at
    }

    /// Puts a record down before the latest of its mark.
    pub(in super::super) fn push_before(&mut self, visit: Visit) -> u32 {
        let Some(latest) = self.latest(visit.mark) else { return self.push(visit) };
        let at = self.place();
        let before = self.get(latest).map_or(NO_VISIT, |latest| latest.before);
        self.put(Visit { before, ..visit });
        if let Some(latest) = self.get_mut(latest) {
            latest.before = at;
        }
        at
    }

    fn place(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(NO_VISIT)
    }

    fn put(&mut self, visit: Visit) {
        if self.pieces.last().is_none_or(|last| last.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(last) = self.pieces.last_mut() {
            last.push(visit);
        }
    }

    /// A record and those before it, the latest first.
    pub(in super::super) fn chain(&self, at: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(at), |at| self.get(*at).map(|visit| visit.before))
            .take_while(|at| *at != NO_VISIT)
            .take(CHAIN_MAX)
    }

    /// The marks whose visit goes on at `at`.
    pub(in super::super) fn open(&self, at: i32) -> impl Iterator<Item = Mark> {
        let visits = self.pieces.iter().flatten();
        visits.filter(move |visit| visit.goes_on(at)).map(|visit| visit.mark)
    }

    /// Only the visits that go on at `at`, each with the records before it; the others are forgotten.
    pub(in super::super) fn only_open(&self, at: i32) -> Self {
        let mut open = Self::default();
        let marks: Vec<Mark> = self.open(at).collect();
        for mark in marks {
            let Some(latest) = self.latest_visit(mark) else { continue };
            open.adopt(self.chain(latest).filter_map(|at| self.get(at)).cloned().collect());
        }
        open
    }

    /// Puts down the records of one visitor, the latest first.
    pub(in super::super) fn adopt(&mut self, chain: Vec<Visit>) -> u32 {
        let mut before = NO_VISIT;
        for visit in chain.into_iter().rev() {
            before = self.push(Visit { before, ..visit });
        }
        before
    }
}

/// The records in their order; which is the latest of a mark follows from it.
impl Pack for Visits {
    fn pack(&self, out: &mut Packed) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        for visit in self.pieces.iter().flatten() {
            visit.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let mut visits = Self::default();
        let count = u32::unpack(from)?;
        for _ in 0..count {
            visits.put(Visit::unpack(from)?);
        }
        let before: HashSet<u32> = visits.pieces.iter().flatten().map(|visit| visit.before).collect();
        let Self { pieces, latest } = &mut visits;
        let mark = |at: u32| pieces[at as usize / PIECE][at as usize % PIECE].mark;
        for at in (0..count).filter(|at| !before.contains(at)) {
            latest.insert_unique(hash(mark(at)), at, |at| hash(mark(*at)));
        }
        Ok(visits)
    }

    fn describe(out: &mut String) {
        out.push_str("visits*");
        Visit::describe(out);
    }
}

fn hash(mark: Mark) -> u64 {
    Folding::default().hash_one(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_of_a_visit_stays_small() {
        assert!(size_of::<Visit>() <= 104, "{}", size_of::<Visit>());
    }
}
