//! What becomes of keys: for each, its commitment, when it was born and when it was destroyed.
//!
//! A commitment is a hash of the key. It tells nothing about the key, but who holds the key can prove that it is the
//! one; so a log of commitments shows that a day had one key, and when that key was wiped. The log itself stands in
//! `store::key_log`; here are the words for it.

use std::sync::Arc;

/// Separates a commitment from every other hash of a key.
const CONTEXT: &str = "consentry 2026 commitment to a key";

/// The hash of a key: BLAKE3 in its mode for deriving keys, so that no mark or token can ever equal it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// The commitment to this key.
    pub fn to(key: &[u8; 32]) -> Self {
        Self(blake3::derive_key(CONTEXT, key))
    }
}

impl std::fmt::Display for Commitment {
    /// 64 hexadecimal digits, lower case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a key was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Marks of a day.
    Day,
    /// Tokens of a month.
    Month,
}

impl KeyKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// Which key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// The site's name.
    pub site: Arc<str>,
    /// What it is for.
    pub kind: KeyKind,
    /// The site-local day as days since 1970-01-01, or the month as year times 12 plus month (1 to 12).
    pub period: i32,
}

impl KeyName {
    /// The key of a day.
    pub fn of_day(site: &Arc<str>, day: i32) -> Self {
        Self { site: Arc::clone(site), kind: KeyKind::Day, period: day }
    }

    /// The key of a month.
    pub fn of_month(site: &Arc<str>, month: i32) -> Self {
        Self { site: Arc::clone(site), kind: KeyKind::Month, period: month }
    }

    /// The day as `2026-03-10`, the month as `2026-03`.
    pub fn period_name(&self) -> String {
        match self.kind {
            KeyKind::Day => jiff::civil::date(1970, 1, 1)
                .checked_add(jiff::Span::new().days(self.period))
                .map_or_else(|_| self.period.to_string(), |date| date.to_string()),
            KeyKind::Month => {
                let (year, month) = ((self.period - 1).div_euclid(12), (self.period - 1).rem_euclid(12) + 1);
                format!("{year:04}-{month:02}")
            }
        }
    }
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFate {
    /// It was drawn at the beginning of its day or month.
    Born,
    /// It was drawn later, because no process before handed its key over or because the clock was set back: who came
    /// before counts as another visitor. The log says so of every key that is not the first of its day or month.
    Rekeyed,
    /// Its bytes were wiped.
    Destroyed,
    /// The process that held it ended without a word, so its memory is gone; said by the next process.
    Lost,
}

impl KeyFate {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Born => "born",
            Self::Rekeyed => "rekeyed",
            Self::Destroyed => "destroyed",
            Self::Lost => "lost",
        }
    }

    /// Has the key no further fate?
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Destroyed | Self::Lost)
    }
}

/// Something that became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// Which key.
    pub key: KeyName,
    /// The hash of it.
    pub commitment: Commitment,
    /// What became of it.
    pub fate: KeyFate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_named_as_people_write_them() {
        let site: Arc<str> = "shop".into();
        for (name, written) in [
            (KeyName::of_day(&site, 0), "1970-01-01"),
            (KeyName::of_day(&site, 20_522), "2026-03-10"),
            (KeyName::of_month(&site, 2026 * 12 + 1), "2026-01"),
            (KeyName::of_month(&site, 2026 * 12 + 12), "2026-12"),
        ] {
            assert_eq!(name.period_name(), written);
        }
    }

    #[test]
    fn commitment_is_no_plain_hash_of_the_key() {
        let key = [7; 32];
        assert_ne!(Commitment::to(&key).0, *blake3::hash(&key).as_bytes());
        assert_ne!(Commitment::to(&key).0, *blake3::keyed_hash(&key, b"").as_bytes());
        assert_eq!(Commitment::to(&key).to_string().len(), 64);
    }
}
