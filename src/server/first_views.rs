//! The first views of an address: a page that is new here is read ahead, so that what it needs is in its own fence.
//!
//! A table without locks that forgets: an address that lost its place is new again. It decides on nothing but when the head
//! of a page is sent.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Places in the table, 8 bytes each: a shop has some thousands of pages.
const PLACES: usize = 4096;
/// How often an address is new: a checkout may be empty when it is seen first. At most 15, the bits of a count.
const VIEWS_MAX: u64 = 4;
/// The bits of a place that count; the others tell addresses apart.
const COUNT: u64 = 0xf;

/// The table of one site.
pub struct FirstViews {
    hasher: RandomState,
    places: Box<[AtomicU64]>,
}

impl Default for FirstViews {
    fn default() -> Self {
        Self { hasher: RandomState::new(), places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl FirstViews {
    /// Is this one of the first views of that address? It counts as one.
    pub(super) fn take(&self, authority: &str, target: &str) -> bool {
        let print = self.hasher.hash_one((authority, target)) & !COUNT;
        let number = usize::try_from((print >> COUNT.count_ones()) % PLACES as u64).unwrap_or_default();
        let next = |then: u64| {
            let views = if then & !COUNT == print { then & COUNT } else { 0 };
            (views < VIEWS_MAX).then_some(print | (views + 1))
        };
        self.places[number].fetch_update(Relaxed, Relaxed, next).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_new_a_few_times_and_the_table_does_not_grow() {
        let views = FirstViews::default();
        let taken = |target: &str| (0..20).filter(|_| views.take("shop.example", target)).count() as u64;
        assert_eq!((taken("/kasse"), taken("/kasse"), taken("/kasse?steg=2")), (VIEWS_MAX, 0, VIEWS_MAX));
        for number in 0..100_000 {
            views.take("shop.example", &format!("/{number}"));
        }
        assert_eq!(taken("/kasse"), VIEWS_MAX, "what others took the place of is new again");
    }
}
