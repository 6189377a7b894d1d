//! Sums in the making: what was counted since the last drain, by cell.
//!
//! Inside the room a cell is one number and a value is a small id, so that counting a page view allocates nothing;
//! the words and tokens come back when the sums are drained.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::pack::pack;
use super::tally::{Cell, Dimension, Hour, LocalDay, Sums, Tally, Value};
use super::veil::{ValueId, Values};

/// The most cells that may wait for a drain, of one site. At 104 bytes each that is some 100 MB; beyond it hits are
/// dropped whole, so that the figures that are written stay in step with each other.
pub(super) const CELLS_MAX: usize = 1_000_000;

/// Bits of a value's id within a cell's number.
const VALUE_BITS: u32 = 28;
const KIND_SHIFT: u32 = 56;
/// The first number that stands for a pair.
const FIRST_PAIR: u64 = 16;
const DIMENSIONS: u64 = Dimension::ALL.len() as u64;

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

/// A cell as one number: what it is broken down by in the upper byte, the values' ids below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CellId(u64);

impl CellId {
    /// The whole site.
    pub(super) const TOTAL: Self = Self(0);

    /// One value of one dimension.
    pub(super) fn one(dimension: Dimension, value: ValueId) -> Self {
        Self((1 + dimension as u64) << KIND_SHIFT | u64::from(value.number()))
    }

    /// Two values of two dimensions, in the order of [`Dimension::ALL`].
    pub(super) fn pair(a: (Dimension, ValueId), b: (Dimension, ValueId)) -> Self {
        let kind = FIRST_PAIR + a.0 as u64 * DIMENSIONS + b.0 as u64;
        Self(kind << KIND_SHIFT | u64::from(a.1.number()) << VALUE_BITS | u64::from(b.1.number()))
    }

    /// The cell as it is written.
    fn written(self, values: &Values) -> Option<Cell> {
        let dimension =
            |number: u64| usize::try_from(number).ok().and_then(|at| Dimension::ALL.get(at).copied());
        let value = |shift: u32| -> Value {
            let number = self.0 >> shift & ((1 << VALUE_BITS) - 1);
            values.value(ValueId::from_number(u32::try_from(number).unwrap_or(u32::MAX)))
        };
        match self.0 >> KIND_SHIFT {
            0 => Some(Cell::Total),
            kind if kind < FIRST_PAIR => Some(Cell::One(dimension(kind - 1)?, value(0))),
            kind => {
                let (a, b) = ((kind - FIRST_PAIR) / DIMENSIONS, (kind - FIRST_PAIR) % DIMENSIONS);
                Some(Cell::Pair(dimension(a)?, value(VALUE_BITS), dimension(b)?, value(0)))
            }
        }
    }
}

/// Everything counted in one hour of one day, and, in a day's first hour, the day's pairs.
struct Span {
    hour: Hour,
    day: LocalDay,
    sums: HashMap<CellId, Sums, Folding>,
}

/// The sums since the last drain.
#[derive(Default)]
pub(super) struct Cells {
    spans: Vec<Span>,
}

impl Cells {
    /// How many cells wait.
    pub(super) fn len(&self) -> usize {
        self.spans.iter().map(|span| span.sums.len()).sum()
    }

    /// Adds to a cell of an hour.
    pub(super) fn add(&mut self, hour: Hour, day: LocalDay, cell: CellId, sums: &Sums) {
        let known = self.spans.iter().rposition(|span| span.hour == hour && span.day == day);
        let at = known.unwrap_or_else(|| {
            self.spans.push(Span { hour, day, sums: HashMap::default() });
            self.spans.len() - 1
        });
        *self.spans[at].sums.entry(cell).or_default() += sums;
    }

    /// Takes all that waits, as it is written, and leaves nothing; cells whose sums came to nothing are left out.
    pub(super) fn drain_into(&mut self, site: &Arc<str>, values: &Values, tallies: &mut Vec<Tally>) {
        for span in self.spans.drain(..) {
            for (id, sums) in span.sums {
                if sums.is_zero() {
                    continue;
                }
                if let Some(cell) = id.written(values) {
                    tallies.push(Tally {
                        site: Arc::clone(site),
                        hour: span.hour,
                        day: span.day,
                        cell,
                        sums,
                    });
                }
            }
        }
    }
}

/// Hashes what is a number already: a multiplication, folded. Not for texts that a visitor can choose.
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

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [low, high] = [product & u128::from(u64::MAX), product >> 64];
        self.0 = u64::try_from(low ^ high).unwrap_or_default();
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pack!(Slot { hour, day, day_hour });
