//! Sums as they are added: the figures that nearly every cell has in a few bytes, ready to be added to many cells.

use std::ops::{AddAssign, Index, IndexMut};

use super::super::tally::Sums;

/// A figure that is small: of one visit, and in one cell between two drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Count {
    Visitors,
    VisitorsHour,
    Visits,
    VisitsHour,
    Carried,
    Views,
    Events,
    Bounces,
    Entries,
    Exits,
    Seconds,
}

/// How many [`Count`]s there are.
pub(super) const COUNTS: usize = 11;

/// The counts, and one number more, so that a processor adds them four at a time. In a [`Few`] that number is 0.
pub(super) type Lanes = [i32; COUNTS + 1];

/// Either way; two of these can be added up without a look at the result.
const COUNT_MAX: i32 = 1 << 30;

/// The figures that few cells have: revenue, orders, scroll, scrolls.
pub(super) type More = [i64; 4];

/// See [`Sums`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Few {
    pub(super) counts: Lanes,
    pub(in super::super) engaged_ms: i64,
    pub(super) more: More,
}

impl Index<Count> for Few {
    type Output = i32;

    fn index(&self, count: Count) -> &i32 {
        &self.counts[count as usize]
    }
}

impl IndexMut<Count> for Few {
    fn index_mut(&mut self, count: Count) -> &mut i32 {
        &mut self.counts[count as usize]
    }
}

impl Few {
    /// Nothing, but for these counts.
    pub(in super::super) fn with<const N: usize>(counts: [(Count, i32); N]) -> Self {
        let mut few = Self::default();
        for (count, value) in counts {
            few[count] = value;
        }
        few
    }

    /// Is there nothing to add?
    pub(in super::super) fn is_zero(&self) -> bool {
        // No branch for each: this is asked of every sum that is drained.
        let counts = self.counts.iter().fold(0, |all, count| all | *count);
        let more = self.more.iter().fold(self.engaged_ms, |all, sum| all | *sum);
        counts == 0 && more == 0
    }

    /// The same without the figures of an hour.
    pub(in super::super) fn of_day(mut self) -> Self {
        self[Count::VisitorsHour] = 0;
        self[Count::VisitsHour] = 0;
        self
    }

    /// Notes revenue, and how many orders it was of.
    pub(in super::super) fn earn(&mut self, thousandths: i64, orders: u32) {
        let [revenue, known, ..] = &mut self.more;
        *revenue = revenue.saturating_add(thousandths);
        *known += i64::from(orders);
    }

    /// Notes how deep somebody scrolled.
    pub(in super::super) fn scrolled(&mut self, percent: u8) {
        let [.., scroll, scrolls] = &mut self.more;
        *scroll = i64::from(percent);
        *scrolls = 1;
    }

    /// What takes it back.
    pub(in super::super) fn negated(&self) -> Self {
        let mut negated = *self;
        negated.counts.iter_mut().for_each(|count| *count = -*count);
        negated.engaged_ms = -negated.engaged_ms;
        negated.more.iter_mut().for_each(|sum| *sum = sum.saturating_neg());
        negated
    }

    /// Are all counts so small that two such can be added up?
    pub(super) fn is_small(counts: &Lanes) -> bool {
        // No branch for each: this is asked at every addition.
        let beyond = counts.iter().fold(0, |beyond, count| beyond | count.wrapping_add(COUNT_MAX));
        beyond >= 0
    }

    /// The sums.
    pub(super) fn sums(&self) -> Sums {
        let [revenue, orders, scroll, scrolls] = self.more;
        let count = |count: Count| i64::from(self[count]);
        Sums {
            visitors: count(Count::Visitors),
            visitors_hour: count(Count::VisitorsHour),
            visits: count(Count::Visits),
            visits_hour: count(Count::VisitsHour),
            carried: count(Count::Carried),
            views: count(Count::Views),
            events: count(Count::Events),
            bounces: count(Count::Bounces),
            seconds: count(Count::Seconds),
            entries: count(Count::Entries),
            exits: count(Count::Exits),
            revenue,
            orders,
            engaged_ms: self.engaged_ms,
            scroll,
            scrolls,
        }
    }

    /// These sums, where each count is small.
    pub(super) fn of(sums: &Sums) -> Option<Self> {
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
            sums.seconds,
        ];
        let mut counts = Lanes::default();
        for (count, wide) in counts.iter_mut().zip(wide) {
            *count = i32::try_from(wide).ok()?;
        }
        let more = [sums.revenue, sums.orders, sums.scroll, sums.scrolls];
        Self::is_small(&counts).then_some(Self { counts, engaged_ms: sums.engaged_ms, more })
    }
}

impl AddAssign<&Self> for Few {
    /// Of figures of one visit, which are small.
    fn add_assign(&mut self, other: &Self) {
        for (sum, count) in self.counts.iter_mut().zip(other.counts) {
            *sum += count;
        }
        self.engaged_ms += other.engaged_ms;
        for (sum, value) in self.more.iter_mut().zip(other.more) {
            *sum = sum.saturating_add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tally::SUMS;
    use super::*;

    #[test]
    fn few_figures_give_their_sums_back() {
        let mut list = [0; SUMS];
        (1..).zip(&mut list).for_each(|(number, sum)| *sum = number);
        let sums = Sums::of(list);
        assert_eq!(Few::of(&sums).unwrap().sums(), sums);
        let mut back = Few::of(&sums).unwrap();
        back += &back.negated();
        assert!(back.is_zero());
    }

    #[test]
    fn what_two_counts_could_not_hold_is_not_small() {
        let is_small = |count: i32| {
            Few::is_small(&{
                let mut counts = Lanes::default();
                counts[3] = count;
                counts
            })
        };
        assert!(is_small(COUNT_MAX - 1) && is_small(-COUNT_MAX));
        assert!(!is_small(COUNT_MAX) && !is_small(-COUNT_MAX - 1) && !is_small(i32::MIN));
    }
}
