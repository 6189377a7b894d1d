//! Reloads that a grant causes: the page is loaded once more, and is not to be counted once more.

use std::collections::HashMap;

use super::mark::Mark;
use super::pack::pack;
use super::veil::ValueId;

/// How long after the answer the page may be loaded again without being counted, in milliseconds.
pub(super) const RELOAD_WITHIN_MS: i64 = 30 * 1000;
/// The most reloads that are waited for; beyond it a reload is counted as a view.
const RELOADS_MAX: usize = 10_000;

/// Whose reload it is: a visitor's, or, where no mark is made, anybody's.
pub(super) type Whose = Option<Mark>;

/// The reloads that are waited for.
#[derive(Default)]
pub(super) struct Reloads {
    waiting: HashMap<(Whose, ValueId), i64>,
}

impl Reloads {
    /// Waits for a reload of `page`.
    pub(super) fn expect(&mut self, whose: Whose, page: ValueId, at: i64) {
        if self.waiting.len() < RELOADS_MAX {
            self.waiting.insert((whose, page), at + RELOAD_WITHIN_MS);
        }
    }

    /// Is this view such a reload? Then it is no longer waited for.
    pub(super) fn take(&mut self, whose: Whose, page: ValueId, at: i64) -> bool {
        !self.waiting.is_empty() && self.waiting.remove(&(whose, page)).is_some_and(|until| at <= until)
    }

    /// Forgets what did not come.
    pub(super) fn forget(&mut self, now: i64) {
        self.waiting.retain(|_, until| now <= *until);
    }

    /// Forgets everything: pages and marks of a day mean nothing on the next.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

pack!(Reloads { waiting });
