//! Sums in the making: what was counted since the last drain, by hour and key.
//!
//! Inside the room a value is a small id and a place for sums is one number ([`Key`]), so that counting allocates
//! nothing; facets are taken apart, and words and tokens come back, when the sums are drained.

mod few;
mod sheet;

use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::mem::take;
use std::sync::Arc;

pub(super) use self::few::{Count, Few};
use self::sheet::Sheet;
use super::axis::{Axis, Key, Plan};
use super::facets::Facets;
use super::pack::pack;
use super::tally::{Cell, Hour, LocalDay, Sums, Tally};
use super::veil::{ValueId, Values};

/// The most sums that may wait for a drain, of one site. At 64 bytes each, and 15 to 30 in the index, that is some 45 MB; beyond it hits are
/// dropped whole, so that the figures that are written stay in step with each other.
pub(super) const SUMS_MAX: usize = 500_000;
/// The most hours that one day's visits can have been active in: three days of at most 27 hours, with room to spare.
const SLOTS_MAX: usize = 250;

/// Where a moment falls: its hour, its local day, and the hour in which that day began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The hour.
    pub(super) hour: Hour,
    /// The site-local day.
    pub(super) day: LocalDay,
    /// The first hour of that day: where its pairs stand.
    pub(super) day_hour: Hour,
}

impl Slot {
    /// The hour as a bit of its day. A local day touches at most 27 hours.
    pub(super) fn bit(self) -> u32 {
        let at = self.hour.0.saturating_sub(self.day_hour.0);
        1_u32.checked_shl(u32::try_from(at).unwrap_or(0)).unwrap_or(1 << 31)
    }

    const fn of_day(self) -> Self {
        Self { hour: self.day_hour, ..self }
    }
}

/// The slots that the visits of one day were active in, each with a small id; and the first one of its day.
#[derive(Default)]
pub(super) struct Slots(Vec<(Slot, u8)>);

impl Slots {
    /// The id of a slot. Beyond the limit, which only a clock that runs wild can reach, the last one stands for all.
    pub(super) fn id(&mut self, slot: Slot) -> u8 {
        if let Some(at) = self.0.iter().rposition(|(known, _)| *known == slot) {
            return u8::try_from(at).unwrap_or(u8::MAX);
        }
        let of_day = if slot == slot.of_day() { None } else { Some(self.id(slot.of_day())) };
        let next = u8::try_from(self.0.len().min(SLOTS_MAX - 1)).unwrap_or(u8::MAX);
        if self.0.len() < SLOTS_MAX {
            self.0.push((slot, of_day.unwrap_or(next)));
        }
        next
    }

    /// The slot of an id of this list.
    pub(super) fn get(&self, id: u8) -> Slot {
        let known = self.0.get(usize::from(id)).map(|(slot, _)| *slot);
        known.unwrap_or(Slot { hour: Hour(0), day: LocalDay(0), day_hour: Hour(0) })
    }

    /// The id of the first slot of that slot's day.
    pub(super) fn of_day(&self, id: u8) -> u8 {
        self.0.get(usize::from(id)).map_or(id, |(_, of_day)| *of_day)
    }
}

/// What ids stand for on one day.
pub(super) struct Meaning<'a> {
    pub(super) site: &'a Arc<str>,
    pub(super) slots: &'a Slots,
    pub(super) plan: &'a Plan,
    pub(super) facets: &'a Facets,
    pub(super) values: &'a Values,
}

/// The sums since the last drain.
#[derive(Default)]
pub(super) struct Cells {
    /// By the id of their slot.
    sheets: Vec<Sheet>,
    /// Empty ones with room, of hours that are over.
    spare: Vec<Sheet>,
    /// What is about to be added. Sums lie all over the memory, and to reach one takes longer than to add to it: so the
    /// places of several are looked for together, and the processor waits for them together.
    line: Vec<(u8, Key, Few)>,
    /// How many sums there are in all sheets.
    waiting: usize,
}

/// The most sheets that are kept for their room: those of an hour and of a day.
const SPARE_MAX: usize = 2;

/// Additions that stand in line.
const LINE: usize = 64;

impl Cells {
    /// How many sums wait, but for those in line.
    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    /// Adds to the sums of a slot.
    pub(super) fn add(&mut self, slot: u8, key: Key, few: &Few) {
        self.line.push((slot, key, *few));
        if self.line.len() >= LINE {
            self.add_line();
        }
    }

    fn add_line(&mut self) {
        let mut places = [0; LINE];
        for ((slot, key, _), place) in self.line.iter().zip(&mut places) {
            *place = sheet(&mut self.sheets, &mut self.spare, *slot).place(*key);
        }
        // Nothing is done with what is seen, so that all of it comes at once.
        let touched =
            self.line.iter().zip(places).map(|((slot, ..), at)| self.sheets[usize::from(*slot)].touch(at));
        black_box(touched.fold(0, |all, one| all ^ one));
        for ((slot, _, few), place) in self.line.iter().zip(places) {
            self.sheets[usize::from(*slot)].add(place, few);
        }
        self.line.clear();
        self.count();
    }

    fn count(&mut self) {
        self.waiting = self.sheets.iter().map(Sheet::len).sum();
    }

    /// Adds sums of any size.
    pub(super) fn add_wide(&mut self, slot: u8, key: Key, sums: &Sums) {
        match Few::of(sums) {
            Some(few) => self.add(slot, key, &few),
            None => sheet(&mut self.sheets, &mut self.spare, slot).spill(key, *sums),
        }
    }

    /// Takes all facets apart: what waits now are the cells that are written, and what they came from.
    pub(super) fn settle(&mut self, meaning: &Meaning<'_>) {
        self.add_line();
        for slot in 0..u8::try_from(self.sheets.len()).unwrap_or(u8::MAX) {
            self.take_apart(slot, meaning);
        }
        self.add_line();
    }

    /// Tells all that waits and is settled, as it is written, and leaves nothing; cells whose sums came to nothing are
    /// left out.
    pub(super) fn drain(&mut self, meaning: &Meaning<'_>, mut hand_on: impl FnMut(Tally)) {
        for (slot, cells) in (0_u8..).zip(&mut self.sheets) {
            let slot = meaning.slots.get(slot);
            let mut tell = |key, sums: Sums| {
                if let Some(cell) = cell(key, meaning) {
                    let site = Arc::clone(meaning.site);
                    hand_on(Tally { site, hour: slot.hour, day: slot.day, cell, sums });
                }
            };
            // Of most sums it is seen here, before they are made wide, that they are no cell's.
            cells
                .rows()
                .filter(|(key, few)| key.is_cell() && !few.is_zero())
                .for_each(|(key, few)| tell(key, few.sums()));
            cells
                .spilled_rows()
                .filter(|(key, sums)| key.is_cell() && !sums.is_zero())
                .for_each(|(key, sums)| tell(key, sums));
            // An hour that is over gets nothing any more: its room goes to the next.
            if cells.len() != 0 {
                cells.clear();
            } else if self.spare.len() < SPARE_MAX && cells.has_room() {
                self.spare.push(take(cells));
            } else {
                *cells = Sheet::default();
            }
        }
        self.count();
    }

    /// Takes the facets of a slot apart. What comes of them are cells, so it does not matter that these come into the
    /// list that is gone through.
    fn take_apart(&mut self, slot: u8, meaning: &Meaning<'_>) {
        let of_slot = usize::from(slot);
        let mut at = 0;
        while let Some(key) = self.sheets[of_slot].key(at) {
            if !key.is_cell()
                && let Some((key, few)) = self.sheets[of_slot].row(at)
            {
                let of_day = few.of_day();
                take_apart(key, slot, meaning, |slot, key, is_day| {
                    self.add(slot, key, if is_day { &of_day } else { &few });
                });
            }
            at += 1;
        }
        let mut at = 0;
        while let Some((key, sums)) = self.sheets[of_slot].spilled(at) {
            if !key.is_cell() {
                let of_day = Sums { visits_hour: 0, visitors_hour: 0, ..sums };
                take_apart(key, slot, meaning, |slot, key, is_day| {
                    self.add_wide(slot, key, if is_day { &of_day } else { &sums });
                });
            }
            at += 1;
        }
    }
}

#[inline]
fn sheet<'s>(sheets: &'s mut Vec<Sheet>, spare: &mut Vec<Sheet>, slot: u8) -> &'s mut Sheet {
    let at = usize::from(slot);
    if sheets.len() <= at {
        sheets.resize_with(at + 1, || spare.pop().unwrap_or_default());
    }
    &mut sheets[at]
}

/// Tells `add` the cells of a facet's dimensions: slot and key, and whether the figures of an hour are to be left out.
fn take_apart(key: Key, slot: u8, meaning: &Meaning<'_>, mut add: impl FnMut(u8, Key, bool)) {
    let ((a, x), (b, y)) = (key.first(), key.second());
    let value = |axis, id, member| meaning.facets.value(axis, id, member);
    if key.is_pair() {
        for (one, other) in meaning.plan.members(a, b) {
            let pair = (Member::of(a, *one, value(a, x, *one)), Member::of(b, *other, value(b, y, *other)));
            if let Some(key) = Member::pair(pair.0, pair.1) {
                add(slot, key, false);
            }
        }
        return;
    }
    let members = a.members().len();
    for member in (0_u8..).take(members) {
        if let Some(key) = Member::of(a, member, value(a, x, member)).one() {
            add(slot, key, false);
        }
    }
    let day = meaning.slots.of_day(slot);
    for (one, other) in meaning.plan.members(a, a) {
        let pair = (Member::of(a, *one, value(a, x, *one)), Member::of(a, *other, value(a, x, *other)));
        if let Some(key) = Member::pair(pair.0, pair.1) {
            add(day, key, true);
        }
    }
}

/// A value in one of the dimensions of an axis.
#[derive(Clone, Copy)]
pub(super) struct Member {
    axis: Axis,
    value: ValueId,
}

impl Member {
    /// The member of a facet; of a dimension's axis, its value.
    pub(super) fn of(axis: Axis, member: u8, value: ValueId) -> Self {
        let axis = axis.members().get(usize::from(member)).copied().unwrap_or(axis);
        Self { axis, value }
    }

    /// The cell of the value alone; none where the visit has no such value at all.
    pub(super) fn one(self) -> Option<Key> {
        (self.value != ValueId::ABSENT).then(|| Key::one(self.axis, self.value.number()))
    }

    /// The cell of two values; none where a visit lacks one: a tag that is unknown stands in no pair.
    pub(super) fn pair(a: Self, b: Self) -> Option<Key> {
        let stands =
            |one: Self| one.value != ValueId::ABSENT && !(one.axis.is_tag() && one.value == ValueId::UNKNOWN);
        (stands(a) && stands(b)).then(|| Key::pair((a.axis, a.value.number()), (b.axis, b.value.number())))
    }
}

/// The cell as it is written; none of what a visit has no value of.
fn cell(key: Key, meaning: &Meaning<'_>) -> Option<Cell> {
    let one = |(axis, id)| {
        let id = Some(ValueId::from_number(id)).filter(|id| *id != ValueId::ABSENT)?;
        Some((meaning.plan.dimension(axis)?, meaning.values.value(id)))
    };
    if key == Key::TOTAL {
        return Some(Cell::Total);
    }
    let (a, x) = one(key.first())?;
    if !key.is_pair() {
        return Some(Cell::One(a, x));
    }
    let (b, y) = one(key.second())?;
    Some(if a < b { Cell::Pair(a, x, b, y) } else { Cell::Pair(b, y, a, x) })
}

/// Hashes a number that nobody outside can choose: a multiplication, folded.
pub(super) fn fold(number: u64) -> u64 {
    let product = u128::from(number ^ 0x2545_f491_4f6c_dd1d) * 0x9e37_79b9_7f4a_7c15;
    let [low, high] = [product & u128::from(u64::MAX), product >> 64];
    u64::try_from(low ^ high).unwrap_or_default()
}

/// Hashes what is a number already. Not for texts that a visitor can choose.
pub(super) type Folding = BuildHasherDefault<Fold>;

/// See [`Folding`].
#[derive(Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = fold(self.0 ^ number);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pack!(Slot { hour, day, day_hour });
pack!(Slots(0));
