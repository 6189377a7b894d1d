//! Scripts that were looked into and are no tracker's: the same bytes need no second look.
//!
//! The origin's validator says that they are the same (RFC 9110 section 8.8). A table without locks that forgets: what
//! is not in it is looked into again.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::{HeaderMap, header};

use super::visit::Visit;

/// Places in the table, 8 bytes each: a shop has some dozens of scripts.
const PLACES: usize = 1024;

/// What tells a script from every other one of the same origin.
const MARKS: [header::HeaderName; 4] =
    [header::ETAG, header::LAST_MODIFIED, header::CONTENT_LENGTH, header::CONTENT_ENCODING];

/// The table of one site under one policy.
pub struct KnownScripts(Box<[AtomicU64]>);

/// One script: its address and its validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Default for KnownScripts {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl KnownScripts {
    /// Was this script looked into?
    pub(super) fn has(&self, key: Key) -> bool {
        self.place(key).load(Relaxed) == key.0
    }

    /// This script is no tracker's.
    pub(super) fn add(&self, key: Key) {
        self.place(key).store(key.0, Relaxed);
    }

    fn place(&self, key: Key) -> &AtomicU64 {
        let number = usize::try_from(key.0 % PLACES as u64).unwrap_or_default();
        &self.0[number]
    }
}

impl Key {
    /// The key of an answer; `None` when its origin does not say which bytes they are: neither `ETag`, nor both time
    /// and length.
    pub(super) fn of(visit: &Visit, headers: &HeaderMap) -> Option<Self> {
        let is_timed =
            headers.contains_key(header::LAST_MODIFIED) && headers.contains_key(header::CONTENT_LENGTH);
        if !headers.contains_key(header::ETAG) && !is_timed {
            return None;
        }
        let marks = MARKS.iter().map(|name| headers.get(name).map_or(&b""[..], |value| value.as_bytes()));
        let address = [visit.host.authority().as_bytes(), visit.target().as_str().as_bytes()];
        let mut hasher = blake3::Hasher::new();
        for part in address.into_iter().chain(marks) {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        // Nought marks a free place.
        Some(Self(u64::from_le_bytes(bytes).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_added_is_known() {
        let known = KnownScripts::default();
        let (one, in_its_place) = (Key(7), Key(7 + PLACES as u64));
        assert!(!known.has(one));
        known.add(one);
        assert!(known.has(one) && !known.has(in_its_place));
        known.add(in_its_place);
        assert!(!known.has(one) && known.has(in_its_place));
    }
}
