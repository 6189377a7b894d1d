//! Chance that can be repeated: the `SplitMix64` sequence of one seed. For simulations, never for keys.

/// A sequence of numbers.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The sequence of that seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A place in something that long; 0 when it is empty.
    pub(super) fn below(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % length).unwrap_or(0)
    }

    /// A number from `from` to just below `until`.
    pub(super) fn between(&mut self, from: i64, until: i64) -> i64 {
        let span = u64::try_from(until - from).unwrap_or(0).max(1);
        from + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// 0 to 99.
    pub(super) fn percent(&mut self) -> u32 {
        u32::try_from(self.next() % 100).unwrap_or(0)
    }

    /// 0 to 999.
    pub(super) fn one_in_1000(&mut self) -> u32 {
        u32::try_from(self.next() % 1000).unwrap_or(0)
    }

    /// One of them, each as often as its weight says.
    ///
    /// # Panics
    /// When the table is empty: tables are written in this program.
    pub(super) fn of<T: Copy>(&mut self, table: &[(u32, T)]) -> T {
        let total: u64 = table.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = self.next() % total.max(1);
        for (weight, value) in table {
            if left < u64::from(*weight) {
                return *value;
            }
            left -= u64::from(*weight);
        }
        table.last().expect("a table with rows").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_decide_how_often() {
        let mut dice = Dice::new(7);
        let table = [(1, 'a'), (3, 'b'), (0, 'c')];
        let drawn: Vec<_> = (0..4000).map(|_| dice.of(&table)).collect();
        let a = drawn.iter().filter(|letter| **letter == 'a').count();
        assert!((900..1100).contains(&a), "{a}");
        assert!(!drawn.contains(&'c'));
    }

    #[test]
    fn a_number_stays_inside_its_bounds() {
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| (3..9).contains(&dice.between(3, 9))));
        assert_eq!(dice.between(5, 5), 5);
        assert_eq!(dice.below(0), 0);
    }
}
