//! The single trackers of a sealed consent, in one of two forms: `youtube:1f0c~vimeo:93aa`, the stable names with 16 bits
//! of the substance each; and where these are too long for a cookie, `~` and six digits for each: its [stamp], in which name
//! and substance are one.
//!
//! Either is understood under another catalogue: a tracker that is no more what it was is not found again (rule R35).
//!
//! [stamp]: Catalog::stamp

use std::fmt::Write as _;

use super::SEALED_BYTES_MAX;
use crate::policy::catalog::{Catalog, STAMP_BITS};
use crate::policy::consent::{Consent, TrackerSet};

/// Longest text. Unit: bytes. The rest of a consent is shorter than what this leaves.
const BYTES_MAX: usize = SEALED_BYTES_MAX - 128;
/// How many trackers always have room.
pub(super) const COUNT_MIN: usize = (BYTES_MAX - STAMPS.len()) / STAMP_DIGITS;

/// What the second form begins with. No name has it, so a program that knows the first alone finds nobody there.
const STAMPS: &str = "~";
const STAMP_DIGITS: usize = STAMP_BITS as usize / 6;
/// Digits of six bits, all of them cookie-octets (RFC 6265 section 4.1.1).
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What of a stamp stands beside a name.
const SUBSTANCE: u64 = 0xffff;

/// The single trackers of a consent as far as there is room for them; and: is that all?
pub(super) fn write(consent: &Consent, catalog: &Catalog) -> (String, bool) {
    let mut text = String::new();
    for id in consent.trackers().iter() {
        let separator = if text.is_empty() { "" } else { "~" };
        // Writing into a text cannot fail.
        let _ =
            write!(text, "{separator}{}:{:04x}", catalog.tracker(id).name_id, catalog.stamp(id) & SUBSTANCE);
        if text.len() > BYTES_MAX {
            return stamps(consent, catalog);
        }
    }
    (text, true)
}

fn stamps(consent: &Consent, catalog: &Catalog) -> (String, bool) {
    let mut text = STAMPS.to_owned();
    for (count, id) in consent.trackers().iter().enumerate() {
        if count == COUNT_MIN {
            return (text, false);
        }
        let stamp = catalog.stamp(id);
        let digits = (0..STAMP_DIGITS).rev().map(|place| DIGITS[(stamp >> (6 * place) & 63) as usize]);
        text.extend(digits.map(char::from));
    }
    (text, true)
}

/// The single trackers that were agreed to and are what they were then.
pub(super) fn read(text: &str, catalog: &Catalog) -> TrackerSet {
    match text.strip_prefix(STAMPS) {
        Some(stamps) => stamped(stamps, catalog),
        None => named(text, catalog),
    }
}

fn named(names: &str, catalog: &Catalog) -> TrackerSet {
    let mut trackers = TrackerSet::NONE;
    for (name, substance) in names.split('~').filter_map(|one| one.split_once(':')) {
        let Some(tracker) = catalog.named(name) else { continue };
        if u64::from_str_radix(substance, 16) == Ok(catalog.stamp(tracker.id) & SUBSTANCE) {
            trackers.insert(tracker.id);
        }
    }
    trackers
}

fn stamped(digits: &str, catalog: &Catalog) -> TrackerSet {
    let value = |digit: &u8| DIGITS.iter().position(|known| known == digit).map(|value| value as u64);
    let stamp = |digits: &[u8]| digits.iter().try_fold(0, |stamp, digit| Some(stamp << 6 | value(digit)?));
    let mut stamps: Vec<u64> = digits.as_bytes().chunks_exact(STAMP_DIGITS).filter_map(stamp).collect();
    stamps.sort_unstable();
    let is_there = |stamp: u64| stamps.binary_search(&stamp).is_ok();
    catalog.used().map(|tracker| tracker.id).filter(|id| is_there(catalog.stamp(*id))).collect()
}
