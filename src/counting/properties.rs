//! Which properties of events are told apart: those that the operator declares, and those that k visitors of one day
//! brought.
//!
//! The key of a property is written readable, in figures and in the store, and it comes from whoever sends an event. So
//! it is held back like any other text of one visitor's, and junk cannot take the places of what the operator asks for.
//! A key that waits is a hash under the key of the day, beside the marks of who brought it; both are forgotten with the
//! day. A key that was admitted stays, over midnight and in the next process, until its place is needed.

use std::collections::HashMap;
use std::sync::Arc;

use super::cells::Folding;
use super::mark::{DayKey, Mark};
use super::pack::pack;
use super::scrub;
use super::tally::LocalDay;

/// The most properties of a site that are told apart, those that are declared among them.
pub(crate) const PROPERTY_KEYS_MAX: usize = 64;
/// The longest key of a property, in bytes.
const PROPERTY_KEY_BYTES_MAX: usize = 64;
/// The most keys that wait; beyond it the one that fewest have brought, and of those the oldest, is forgotten.
const WAITING_MAX: usize = 1024;
/// The most keys that wait because one visitor brought them first.
const WAITING_OF_ONE_MAX: u8 = 8;

/// Is it a name that a developer gave, and not a text?
pub(crate) fn is_key(key: &str) -> bool {
    let is_first = key.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    is_first && key.len() <= PROPERTY_KEY_BYTES_MAX && key.bytes().all(is_rest) && scrub::text(key) == key
}

/// The keys that a site admitted, and those that wait.
#[derive(Default)]
pub(super) struct Properties {
    admitted: Vec<Admitted>,
    waiting: HashMap<u64, Waiting, Folding>,
    /// How many of those that wait each visitor brought first.
    firsts: HashMap<Mark, u8>,
    /// How many have begun to wait.
    begun: u32,
}

struct Admitted {
    key: Arc<str>,
    /// The latest day on which somebody brought it.
    used: LocalDay,
}

struct Waiting {
    /// Who brought it, each once, the first first.
    marks: Vec<Mark>,
    /// The how manieth it was to begin.
    number: u32,
}

/// A key as it comes with an event.
pub(super) struct Brought<'a> {
    pub(super) key: &'a str,
    /// By whom; by nobody in particular where no mark is made. Then nobody can tell one visitor from k.
    pub(super) by: Option<Mark>,
    pub(super) on: LocalDay,
    pub(super) under: &'a DayKey,
}

impl Properties {
    /// Is a property of this key told apart? If not yet, it is one visitor nearer to it. With a k of 1 nothing waits.
    pub(super) fn admits(&mut self, brought: &Brought<'_>, declared: &[Arc<str>], k: u32) -> bool {
        if declared.iter().any(|key| **key == *brought.key) {
            return true;
        }
        if let Some(known) = self.admitted.iter_mut().find(|known| *known.key == *brought.key) {
            known.used = brought.on;
            return true;
        }
        if k <= 1 {
            return self.admit(brought, declared.len());
        }
        let Some(mark) = brought.by else { return false };
        let hash = brought.under.hash(brought.key.as_bytes());
        if !self.has_enough(hash, mark, usize::try_from(k).unwrap_or(usize::MAX)) {
            return false;
        }
        let is_admitted = self.admit(brought, declared.len());
        if is_admitted {
            self.forget(hash);
        }
        is_admitted
    }

    /// The day is over, and with it what its key made.
    pub(super) fn close_day(&mut self) {
        self.waiting.clear();
        self.firsts.clear();
    }

    /// Has the visitor, with those before, made it `k`?
    fn has_enough(&mut self, hash: u64, mark: Mark, k: usize) -> bool {
        if let Some(waiting) = self.waiting.get_mut(&hash) {
            if waiting.marks.len() < k && !waiting.marks.contains(&mark) {
                waiting.marks.push(mark);
            }
            return waiting.marks.len() >= k;
        }
        if self.firsts.get(&mark).is_some_and(|many| *many >= WAITING_OF_ONE_MAX) {
            return false;
        }
        if self.waiting.len() >= WAITING_MAX {
            let least = self.waiting.iter().min_by_key(|(_, other)| (other.marks.len(), other.number));
            if let Some(least) = least.map(|(hash, _)| *hash) {
                self.forget(least);
            }
        }
        *self.firsts.entry(mark).or_default() += 1;
        self.waiting.insert(hash, Waiting { marks: vec![mark], number: self.begun });
        self.begun = self.begun.wrapping_add(1);
        false
    }

    fn forget(&mut self, hash: u64) {
        let Some(waiting) = self.waiting.remove(&hash) else { return };
        let Some(first) = waiting.marks.first() else { return };
        if let Some(many) = self.firsts.get_mut(first) {
            *many = many.saturating_sub(1);
            if *many == 0 {
                self.firsts.remove(first);
            }
        }
    }

    /// Gives it a place; where all are taken, that of the key which nobody has brought for longest, and not today.
    fn admit(&mut self, brought: &Brought<'_>, declared: usize) -> bool {
        if self.admitted.len().saturating_add(declared) >= PROPERTY_KEYS_MAX {
            let places = self.admitted.iter().enumerate();
            let idle =
                places.filter(|(_, known)| known.used != brought.on).min_by_key(|(_, known)| known.used);
            let Some((at, _)) = idle else { return false };
            self.admitted.swap_remove(at);
        }
        self.admitted.push(Admitted { key: brought.key.into(), used: brought.on });
        true
    }
}

pack!(Properties { admitted, waiting, firsts, begun });
pack!(Admitted { key, used });
pack!(Waiting { marks, number });

#[cfg(test)]
mod tests;
