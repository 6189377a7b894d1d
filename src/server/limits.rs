//! How many questions a token may ask in a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Most tokens counted at once; a gateway has a handful. Beyond it the counts start anew, which lets questions through
/// rather than refuse them.
const TOKENS_MAX: usize = 4096;

/// Counts per token and minute.
pub struct Limits {
    per_minute: u32,
    counts: Mutex<HashMap<[u8; 16], Count>>,
}

struct Count {
    minute: i64,
    asked: u32,
}

impl Limits {
    /// At most `per_minute` questions a minute with one token.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, counts: Mutex::default() }
    }

    /// The limit.
    pub const fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Counts one question with `token`; is it within the limit? The token itself is not kept.
    pub fn admit(&self, token: &str, now: Timestamp) -> bool {
        let minute = now.as_second().div_euclid(60);
        let hash = blake3::hash(token.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hash.as_bytes()[..16]);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= TOKENS_MAX && !counts.contains_key(&key) {
            counts.clear();
        }
        let count = counts.entry(key).or_insert(Count { minute, asked: 0 });
        if count.minute != minute {
            *count = Count { minute, asked: 0 };
        }
        count.asked = count.asked.saturating_add(1);
        count.asked <= self.per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_ask_so_often_a_minute_and_again_in_the_next() {
        let limits = Limits::new(2);
        let now = Timestamp::UNIX_EPOCH;
        assert!(limits.admit("a", now) && limits.admit("a", now));
        assert!(!limits.admit("a", now));
        assert!(limits.admit("b", now), "another token has a count of its own");
        assert!(limits.admit("a", now + jiff::SignedDuration::from_mins(1)));
    }
}
