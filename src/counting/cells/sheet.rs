//! One hour's sums, packed: the figures that nearly every sum has take one line of a processor's cache.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::super::axis::Key;
use super::super::tally::Sums;
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
    seconds: i64,
    counts: [i32; 10],
    /// The place of the rest, or [`NOTHING`].
    more: u32,
}

/// Revenue, orders, attention, scroll, scrolls.
type More = [i64; 5];

const NOTHING: u32 = u32::MAX;

impl Sheet {
    /// How many sums there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.spilled.len()
    }

    /// Adds to the sums of a key.
    pub(super) fn add(&mut self, key: Key, sums: &Sums) {
        let Some(counts) = counts(sums) else {
            self.spilled.push((key, *sums));
            return;
        };
        let Self { index, rows, .. } = self;
        let hash = |at: u32| fold(rows[at as usize].key.number());
        let entry = index.entry(fold(key.number()), |at| rows[*at as usize].key == key, |at| hash(*at));
        let at = match entry {
            Entry::Occupied(at) => *at.get() as usize,
            Entry::Vacant(vacant) => {
                vacant.insert(u32::try_from(rows.len()).unwrap_or(u32::MAX));
                rows.push(Row { key, seconds: sums.seconds, counts, more: NOTHING });
                self.add_more(self.rows.len() - 1, sums);
                return;
            }
        };
        let row = &mut rows[at];
        let mut together = row.counts;
        let is_over = together.iter_mut().zip(&counts).any(|(sum, count)| {
            let (added, is_over) = sum.overflowing_add(*count);
            *sum = added;
            is_over
        });
        if is_over {
            self.spilled.push((key, *sums));
            return;
        }
        row.counts = together;
        row.seconds += sums.seconds;
        self.add_more(at, sums);
    }

    fn add_more(&mut self, at: usize, sums: &Sums) {
        let more: More = [sums.revenue, sums.orders, sums.engaged_ms, sums.scroll, sums.scrolls];
        if more == [0; 5] {
            return;
        }
        let row = &mut self.rows[at];
        if row.more == NOTHING {
            row.more = u32::try_from(self.more.len()).unwrap_or(NOTHING);
            self.more.push([0; 5]);
        }
        for (sum, value) in self.more[row.more as usize].iter_mut().zip(more) {
            *sum = sum.saturating_add(value);
        }
    }

    /// All sums; a key may come more than once.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Key, Sums)> {
        let rows = self.rows.iter().map(|row| (row.key, self.sums(row)));
        rows.chain(self.spilled.iter().copied())
    }

    fn sums(&self, row: &Row) -> Sums {
        let more = self.more.get(row.more as usize).copied().unwrap_or_default();
        let [revenue, orders, engaged_ms, scroll, scrolls] = more;
        let counts = row.counts.map(i64::from);
        let [visitors, visitors_hour, visits, visits_hour, carried, views, events, bounces, entries, exits] =
            counts;
        let seconds = row.seconds;
        Sums {
            visitors,
            visitors_hour,
            visits,
            visits_hour,
            carried,
            views,
            events,
            bounces,
            seconds,
            entries,
            exits,
            revenue,
            orders,
            engaged_ms,
            scroll,
            scrolls,
        }
    }

    /// Leaves nothing but the room.
    pub(super) fn clear(&mut self) {
        self.index.clear();
        self.rows.clear();
        self.more.clear();
        self.spilled.clear();
    }
}

/// The figures of a row's first part, where each fits.
fn counts(sums: &Sums) -> Option<[i32; 10]> {
    let wide = [
        sums.visitors,
        sums.visitors_hour,
        sums.visits,
        sums.visits_hour,
        sums.carried,
        sums.views,
        sums.events,
        sums.bounces,
        sums.entries,
        sums.exits,
    ];
    let mut counts = [0; 10];
    for (count, wide) in counts.iter_mut().zip(wide) {
        *count = i32::try_from(wide).ok()?;
    }
    Some(counts)
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
            sheet.add(key, &Sums { views, revenue: views, seconds: 2, ..Sums::default() });
        }
        let mut sum = Sums::default();
        sheet.rows().for_each(|(_, sums)| sum += &sums);
        assert_eq!((sum.views, sum.revenue, sum.seconds), (2 * large + 10, 2 * large + 10, 10));
        assert_eq!(size_of::<Row>(), 64);
    }
}
