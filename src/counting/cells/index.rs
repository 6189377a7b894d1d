//! Where the sums of a key stand: a table of hashes and places, in one line of a processor's cache for each look.
//!
//! A slot holds half of a hash and a place. So nearly every look finds what it looks for where it looks first, whoever
//! is not the one is known without a look at its key, and a table that grows asks for no key at all.

use super::fold;
use crate::counting::axis::Key;

/// Slots of the smallest table.
const SLOTS_MIN: usize = 64;
/// A slot with nothing in it.
const EMPTY: u64 = 0;

/// Finds places, which are numbers from 0 up, by keys.
#[derive(Default)]
pub(super) struct Index {
    /// As many as a power of two, at most half of them taken.
    slots: Vec<u64>,
    taken: usize,
}

/// What a key is looked up by: the upper half of its hash, in the upper half of a slot.
#[derive(Clone, Copy, Default)]
pub(super) struct Tag(u64);

impl Tag {
    /// The tag of a key.
    pub(super) fn of(key: Key) -> Self {
        Self(fold(key.number()) & !PLACE)
    }
}

/// The bits of a slot that hold its place, counted from 1.
const PLACE: u64 = 0xffff_ffff;

impl Index {
    /// What stands where a key is looked for first. The processor fetches many of these at once, where none waits for
    /// another.
    pub(super) fn first(&self, tag: Tag) -> u64 {
        self.slots.get(self.home(tag)).copied().unwrap_or(EMPTY)
    }

    /// The place in a slot, if it is one with this tag.
    pub(super) fn place(slot: u64, tag: Tag) -> Option<u32> {
        let is_it = slot != EMPTY && slot & !PLACE == tag.0;
        is_it.then(|| u32::try_from(slot & PLACE).unwrap_or(0).wrapping_sub(1))
    }

    /// The place with this tag that fits, if there is one.
    pub(super) fn find(&self, tag: Tag, fits: impl Fn(u32) -> bool) -> Option<u32> {
        let slots = self.slots[self.home(tag).min(self.slots.len())..].iter().chain(&self.slots);
        let taken = slots.take_while(|slot| **slot != EMPTY);
        taken.filter_map(|slot| Self::place(*slot, tag)).find(|place| fits(*place))
    }

    /// Puts a place down that is not there yet.
    pub(super) fn insert(&mut self, tag: Tag, place: u32) {
        if self.taken * 2 >= self.slots.len() {
            self.grow();
        }
        self.put(tag.0 | (u64::from(place) + 1));
        self.taken += 1;
    }

    /// Leaves nothing but the room.
    pub(super) fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.taken = 0;
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![EMPTY; (old.len() * 2).max(SLOTS_MIN)];
        old.into_iter().filter(|slot| *slot != EMPTY).for_each(|slot| self.put(slot));
    }

    /// Puts a slot into the first free place from its home on. There is one: half of them are free.
    fn put(&mut self, slot: u64) {
        let home = self.home(Tag(slot & !PLACE));
        let (before, after) = self.slots.split_at_mut(home);
        if let Some(free) = after.iter_mut().chain(before).find(|slot| **slot == EMPTY) {
            *free = slot;
        }
    }

    /// Where a tag is looked for first: the table's size times the tag, as a fraction.
    fn home(&self, Tag(tag): Tag) -> usize {
        let home = (u128::from(tag) * self.slots.len() as u128) >> 64;
        usize::try_from(home).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_however_many_there_are() {
        let mut index = Index::default();
        let tag = |place: u32| Tag(fold(u64::from(place)) & !PLACE);
        for round in 0..2 {
            for place in 0..5_000 {
                assert_eq!(index.find(tag(place), |_| true), None, "{round}");
                index.insert(tag(place), place);
            }
            assert!((0..5_000).all(|place| index.find(tag(place), |_| true) == Some(place)));
            index.clear();
        }
    }

    #[test]
    fn places_with_one_tag_are_told_apart_at_both_ends_of_the_table() {
        for tag in [Tag(0), Tag(!PLACE)] {
            let mut index = Index::default();
            assert_eq!(Index::place(index.first(tag), tag), None);
            index.insert(tag, 0);
            assert_eq!(Index::place(index.first(tag), tag), Some(0));
            (1..40).for_each(|place| index.insert(tag, place));
            assert!((0..40).all(|place| index.find(tag, |found| found == place) == Some(place)));
            assert_eq!(index.find(tag, |_| false), None);
        }
    }
}
