//! One hour's sums, packed: the figures that nearly every sum has take one line of a processor's cache. Where they stand
//! is known without a look at them, so that the lines of many sums can be waited for together.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::super::axis::Key;
use super::super::tally::Sums;
use super::few::{COUNTS, Few, Lanes, More};
use super::fold;

/// One hour's sums.
#[derive(Default)]
pub(super) struct Sheet {
    index: HashTable<Place>,
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
    /// Behind the counts the place of the rest, or [`NOTHING`]: small, as they are, and nothing is ever added to it.
    counts: Lanes,
}

/// Where the sums of a key stand. The key is in two halves: so a place takes 12 bytes.
struct Place {
    key: [u32; 2],
    at: u32,
}

const NOTHING: i32 = -1;

impl Row {
    fn new(key: Key) -> Self {
        let mut counts = Lanes::default();
        counts[COUNTS] = NOTHING;
        Self { key, engaged_ms: 0, counts }
    }

    /// The place of the rest.
    fn more(&self) -> Option<usize> {
        usize::try_from(self.counts[COUNTS]).ok()
    }
}

impl Sheet {
    /// How many sums there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.spilled.len()
    }

    /// Where the sums of a key stand, or will.
    pub(super) fn place(&mut self, key: Key) -> u32 {
        let Self { index, rows, .. } = self;
        let number = key.number();
        let halves = [low(number), low(number >> 32)];
        let again = |place: &Place| fold(u64::from(place.key[0]) | u64::from(place.key[1]) << 32);
        match index.entry(fold(number), |place| place.key == halves, again) {
            Entry::Occupied(place) => place.get().at,
            Entry::Vacant(vacant) => {
                let at = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                vacant.insert(Place { key: halves, at });
                rows.push(Row::new(key));
                at
            }
        }
    }

    /// Looks at the sums at a place, and at nothing else.
    pub(super) fn touch(&self, at: u32) -> i32 {
        self.rows[at as usize].counts[COUNTS]
    }

    /// Adds to the sums at a place.
    #[inline]
    pub(super) fn add(&mut self, at: u32, few: &Few) {
        let row = &mut self.rows[at as usize];
        let mut together = row.counts;
        for (sum, count) in together.iter_mut().zip(&few.counts) {
            *sum += count;
        }
        if !Few::is_small(&together) {
            let key = row.key;
            self.widen(key, few);
            return;
        }
        row.counts = together;
        row.engaged_ms = row.engaged_ms.saturating_add(few.engaged_ms);
        if few.more != More::default() {
            self.add_more(at as usize, few.more);
        }
    }

    // By itself, as the next: so what nearly every addition does is short.
    #[cold]
    #[inline(never)]
    fn widen(&mut self, key: Key, few: &Few) {
        self.spill(key, few.sums());
    }

    /// Adds sums for which a row has no room.
    pub(super) fn spill(&mut self, key: Key, sums: Sums) {
        self.spilled.push((key, sums));
    }

    #[inline(never)]
    fn add_more(&mut self, at: usize, more: More) {
        let row = &mut self.rows[at];
        let place = row.more().unwrap_or_else(|| {
            row.counts[COUNTS] = i32::try_from(self.more.len()).unwrap_or(NOTHING);
            self.more.push(More::default());
            self.more.len() - 1
        });
        for (sum, value) in self.more[place].iter_mut().zip(more) {
            *sum = sum.saturating_add(value);
        }
    }

    /// The key and the sums at a place; none where there are no more. What had no room stands beside
    /// ([`spilled`](Self::spilled)).
    pub(super) fn row(&self, at: usize) -> Option<(Key, Few)> {
        let row = self.rows.get(at)?;
        let more = row.more().and_then(|place| self.more.get(place)).copied().unwrap_or_default();
        let mut counts = row.counts;
        counts[COUNTS] = 0;
        Some((row.key, Few { counts, engaged_ms: row.engaged_ms, more }))
    }

    /// The key at a place.
    pub(super) fn key(&self, at: usize) -> Option<Key> {
        self.rows.get(at).map(|row| row.key)
    }

    /// What rows had no room for: more of keys that have rows, or of others.
    pub(super) fn spilled(&self, at: usize) -> Option<(Key, Sums)> {
        self.spilled.get(at).copied()
    }

    /// The sums of all rows. With what is [`spilled_rows`](Self::spilled_rows) a key may come more than once.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Key, Few)> {
        (0..self.rows.len()).filter_map(|at| self.row(at))
    }

    /// What had no room.
    pub(super) fn spilled_rows(&self) -> impl Iterator<Item = (Key, Sums)> {
        self.spilled.iter().copied()
    }

    /// Is there room for sums already?
    pub(super) fn has_room(&self) -> bool {
        self.rows.capacity() != 0
    }

    /// Leaves nothing but the room.
    pub(super) fn clear(&mut self) {
        self.index.clear();
        self.rows.clear();
        self.more.clear();
        self.spilled.clear();
    }
}

/// The lower half.
#[allow(clippy::cast_possible_truncation)] // That is what it is for.
const fn low(number: u64) -> u32 {
    number as u32
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
            let sums = Sums { views, revenue: views, seconds: 2, ..Sums::default() };
            let at = sheet.place(key);
            match Few::of(&sums) {
                Some(few) => sheet.add(at, &few),
                None => sheet.spill(key, sums),
            }
        }
        let mut sum = Sums::default();
        sheet.rows().for_each(|(_, few)| sum += &few.sums());
        sheet.spilled_rows().for_each(|(_, sums)| sum += &sums);
        assert_eq!((sum.views, sum.revenue, sum.seconds), (2 * large + 10, 2 * large + 10, 10));
        assert_eq!(size_of::<Row>(), 64);
    }
}
