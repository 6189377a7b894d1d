//! One hour's sums, packed: the figures that nearly every sum has take one line of a processor's cache.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::super::axis::Key;
use super::super::tally::Sums;
use super::few::{COUNTS, Few, More};
use super::fold;

/// One hour's sums.
#[derive(Default)]
pub(super) struct Sheet {
    index: HashTable<u32>,
    rows: Vec<Row>,
    more: Vec<More>,
    /// What a row had no room for.
    spilled: Vec<(Key, Sums)>,
}

/// Sums, but for those that few cells have.
#[repr(align(64))]
struct Row {
    key: Key,
    engaged_ms: i64,
    counts: [i32; COUNTS],
    /// The place of the rest, or [`NOTHING`].
    more: u32,
}

const NOTHING: u32 = u32::MAX;

impl Sheet {
    /// How many sums there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.spilled.len()
    }

    /// Adds sums of any size to those of a key.
    pub(super) fn add_wide(&mut self, key: Key, sums: &Sums) {
        match Few::of(sums) {
            Some(few) => {
                let at = self.place(key);
                self.add(at, &few);
            }
            None => self.spilled.push((key, *sums)),
        }
    }

    /// Where the sums of a key stand, or will.
    pub(super) fn place(&mut self, key: Key) -> u32 {
        let Self { index, rows, .. } = self;
        let hash = |at: u32| fold(rows[at as usize].key.number());
        match index.entry(fold(key.number()), |at| rows[*at as usize].key == key, |at| hash(*at)) {
            Entry::Occupied(at) => *at.get(),
            Entry::Vacant(vacant) => {
                let at = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                vacant.insert(at);
                rows.push(Row { key, engaged_ms: 0, counts: [0; COUNTS], more: NOTHING });
                at
            }
        }
    }

    /// Adds to the sums at a place.
    pub(super) fn add(&mut self, at: u32, few: &Few) {
        let row = &mut self.rows[at as usize];
        let mut together = row.counts;
        for (sum, count) in together.iter_mut().zip(&few.counts) {
            *sum += count;
        }
        if !Few::is_small(&together) {
            self.spilled.push((row.key, few.sums()));
            return;
        }
        row.counts = together;
        row.engaged_ms = row.engaged_ms.saturating_add(few.engaged_ms);
        if few.more != More::default() {
            self.add_more(at as usize, few.more);
        }
    }

    fn add_more(&mut self, at: usize, more: More) {
        let row = &mut self.rows[at];
        if row.more == NOTHING {
            row.more = u32::try_from(self.more.len()).unwrap_or(NOTHING);
            self.more.push(More::default());
        }
        for (sum, value) in self.more[row.more as usize].iter_mut().zip(more) {
            *sum = sum.saturating_add(value);
        }
    }

    /// The key and the sums at a place; none where there are no more. What had no room stands beside
    /// ([`spilled`](Self::spilled)).
    pub(super) fn row(&self, at: usize) -> Option<(Key, Few)> {
        let row = self.rows.get(at)?;
        let more = self.more.get(row.more as usize).copied().unwrap_or_default();
        Some((row.key, Few { counts: row.counts, engaged_ms: row.engaged_ms, more }))
    }

    /// The key at a place.
    pub(super) fn key(&self, at: usize) -> Option<Key> {
        self.rows.get(at).map(|row| row.key)
    }

    /// What rows had no room for: more of keys that have rows, or of others.
    pub(super) fn spilled(&self, at: usize) -> Option<(Key, Sums)> {
        self.spilled.get(at).copied()
    }

    /// All sums; a key may come more than once.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Key, Sums)> {
        let rows = (0..self.rows.len()).filter_map(|at| self.row(at)).map(|(key, few)| (key, few.sums()));
        rows.chain(self.spilled.iter().copied())
    }

    /// Leaves nothing but the room; and not even that where it was not needed since the last time: an hour that is over
    /// gets nothing any more.
    pub(super) fn clear(&mut self) {
        if self.len() == 0 {
            *self = Self::default();
            return;
        }
        self.index.clear();
        self.rows.clear();
        self.more.clear();
        self.spilled.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::axis::Axis;
    use super::*;

    #[test]
    fn sums_that_a_row_has_no_room_for_are_not_lost() {
        let mut sheet = Sheet::default();
        let key = Key::one(Axis::PAGE, 1);
        let large = i64::from(i32::MAX);
        for views in [1, large, large + 7, -3, 5] {
            sheet.add_wide(key, &Sums { views, revenue: views, seconds: 2, ..Sums::default() });
        }
        let mut sum = Sums::default();
        sheet.rows().for_each(|(_, sums)| sum += &sums);
        assert_eq!((sum.views, sum.revenue, sum.seconds), (2 * large + 10, 2 * large + 10, 10));
        assert_eq!(size_of::<Row>(), 64);
    }
}
