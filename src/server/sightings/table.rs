//! Counts of names that anybody may add to and nobody waits for: open addressing over atomics, of fixed size.
//!
//! A slot is claimed by the first to see a name. Two who claim at once may take two slots for it; both are announced
//! and add up to the same sum. Counts may be off by a few when the table is cleared while they are added to.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

/// Names that are counted at once, a power of two. A name seen in two ways, or on two sites, is two. 512 KiB in all.
pub(super) const SLOTS: usize = 32_768;

/// Slots looked at for one name before it is given up.
const PROBES_MAX: usize = 16;

/// A fixed number of names with their counts.
pub struct Table {
    slots: Box<[Slot]>,
}

#[derive(Default)]
struct Slot {
    /// Which name; 0 when it is free.
    print: AtomicU64,
    count: AtomicU32,
    /// Has the name been told to the thread that adds up?
    is_told: AtomicBool,
}

/// A claimed slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    slot: usize,
    print: u64,
}

/// What became of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It is counted under a name that was told.
    Known,
    /// It is counted; the name must be told, and [`Table::untold`] called when it could not be.
    Tell(Claim),
    /// There was no slot for it.
    Full,
}

impl Default for Table {
    fn default() -> Self {
        Self { slots: std::iter::repeat_with(Slot::default).take(SLOTS).collect() }
    }
}

impl Table {
    /// Counts one sighting of the name with this fingerprint, which is not 0.
    pub(super) fn count(&self, print: u64) -> Counted {
        // The low bits are as good as any of a hash.
        let start = usize::try_from(print & (SLOTS as u64 - 1)).unwrap_or(0);
        for probe in 0..PROBES_MAX {
            let index = (start + probe) % SLOTS;
            let slot = &self.slots[index];
            // Read first: a slot that is taken is not written to.
            let claimed = match slot.print.load(Relaxed) {
                0 => slot.print.compare_exchange(0, print, Relaxed, Relaxed),
                taken => Err(taken),
            };
            if claimed.is_err_and(|taken| taken != print) {
                continue;
            }
            slot.count.fetch_add(1, Relaxed);
            let was_told = claimed.is_err() && slot.is_told.load(Relaxed);
            if was_told || (slot.is_told.swap(true, Relaxed) && claimed.is_err()) {
                return Counted::Known;
            }
            return Counted::Tell(Claim { slot: index, print });
        }
        Counted::Full
    }

    /// The name of this slot could not be told: the next sighting tries again.
    pub(super) fn untold(&self, claim: Claim) {
        self.slots[claim.slot].is_told.store(false, Relaxed);
    }

    /// Takes the count of a name out; 0 when its slot is another's by now.
    pub fn take(&self, claim: Claim) -> u64 {
        let slot = &self.slots[claim.slot];
        if slot.print.load(Relaxed) == claim.print { slot.count.swap(0, Relaxed).into() } else { 0 }
    }

    /// How many slots are taken.
    pub fn taken(&self) -> usize {
        self.slots.iter().filter(|slot| slot.print.load(Relaxed) != 0).count()
    }

    /// Frees every slot, and says how many sightings were lost with them.
    pub fn clear(&self) -> u64 {
        let mut lost = 0;
        for slot in &self.slots {
            slot.print.store(0, Relaxed);
            slot.is_told.store(false, Relaxed);
            lost += u64::from(slot.count.swap(0, Relaxed));
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(table: &Table, print: u64) -> Claim {
        match table.count(print) {
            Counted::Tell(claim) => claim,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_told_once_and_counted_always() {
        let table = Table::default();
        let first = claim(&table, 7);
        assert_eq!(table.count(7), Counted::Known);
        assert_eq!(table.take(first), 2);
        assert_eq!(table.take(first), 0);
        assert_eq!(table.count(7), Counted::Known);
        assert_eq!(table.take(first), 1);
    }

    #[test]
    fn a_name_that_could_not_be_told_is_told_with_the_next_sighting() {
        let table = Table::default();
        table.untold(claim(&table, 7));
        assert_eq!(table.take(claim(&table, 7)), 2);
    }

    #[test]
    fn names_that_meet_in_one_place_are_counted_apart_until_there_is_no_room() {
        let table = Table::default();
        let prints: Vec<u64> = (0..PROBES_MAX as u64).map(|n| 5 + n * SLOTS as u64).collect();
        let claims: Vec<Claim> = prints.iter().map(|print| claim(&table, *print)).collect();
        assert_eq!(table.count(5 + 1000 * SLOTS as u64), Counted::Full);
        assert!(claims.iter().all(|claim| table.take(*claim) == 1));
        assert_eq!(table.taken(), PROBES_MAX);
    }

    #[test]
    fn a_cleared_table_has_room_and_an_old_claim_takes_nothing() {
        let table = Table::default();
        let old = claim(&table, 7);
        assert_eq!(table.clear(), 1);
        claim(&table, 7 + SLOTS as u64);
        assert_eq!(table.take(old), 0);
        assert_eq!(table.taken(), 1);
    }

    #[test]
    fn many_threads_lose_no_count() {
        const EACH: u64 = 10_000;
        let table = Table::default();
        let claims = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..EACH {
                        if let Counted::Tell(claim) = table.count(1 + round % 10) {
                            claims.lock().unwrap().push(claim);
                        }
                    }
                });
            }
        });
        let sum: u64 = claims.into_inner().unwrap().into_iter().map(|claim| table.take(claim)).sum();
        assert_eq!(sum, 4 * EACH);
    }
}
