//! The consent as it travels: a short text with a keyed hash, in the cookie [`CONSENT_COOKIE`].
//!
//! ```text
//! 2.20543.sm.youtube:1f0c~vimeo:93aa.a81c…18 digits….0f3a…32 digits….9c41…32 digits…
//! │ │     │  │                       │               │               └ first half of the keyed BLAKE3 hash of all before
//! │ │     │  │                       │               │                 the last dot
//! │ │     │  │                       │               └ number of the receipt; empty for a refusal
//! │ │     │  │                       └ what was offered, in substance: `Offer`; zeros for what was not asked
//! │ │     │  └ single trackers: by their stable names, each with its substance, or as [`singles`] has them
//! │ │     └ categories granted: p(references) s(tatistics) m(arketing)
//! │ └ day of the answer, days since 1970-01-01
//! └ version
//! ```
//!
//! What was offered is in it, so that a visitor is asked again when it has changed in substance, and about nothing else:
//! categories and single trackers that are offered as they were keep their answer (rule R35). A category that the site asks
//! about no more grants nothing, whatever letters are there, and is no reason to ask.
//!
//! Nothing in it tells two visitors apart who refuse on the same day. The key is bound to the site's name, so the
//! cookie of one site opens on no other. What does not open in every detail reads as [`Consent::none`].
//!
//! [`CONSENT_COOKIE`]: super::cookies::CONSENT_COOKIE

mod singles;

use zeroize::{Zeroize, Zeroizing};

use super::catalog::{Catalog, Offer};
use super::consent::{Category, CategorySet, Choice, Consent, Day, ReceiptNumber};

/// The version this program writes and reads.
const VERSION: &str = "2";
/// Longest sealed text. Unit: bytes. Browsers keep 4096 for name, value and attributes (RFC 6265 section 6.1).
const SEALED_BYTES_MAX: usize = 3500;
/// Most older keys that still open.
const PREVIOUS_KEYS_MAX: usize = 4;
/// What the keys are for, so that the same key file could serve other ends without meeting this one.
const PURPOSE: &str = "consentry 1 sealed consent of site ";
/// The hash as text: 16 bytes, RFC 2104 section 5 asks for at least half of a hash.
const MAC_DIGITS: usize = 32;
/// The categories by the letters that stand for them, in the order in which they are written.
const LETTERS: [(u8, Category); 3] =
    [(b'p', Category::Preferences), (b's', Category::Statistics), (b'm', Category::Marketing)];

/// A secret that makes consents authentic. It cannot be copied or printed, and is overwritten when dropped.
pub struct SealKey([u8; 32]);

impl SealKey {
    /// The length of a key. Unit: bytes.
    pub const BYTES: usize = 32;

    /// A key of these bytes, which must be unpredictable ([`crate::clock::Entropy`]).
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }
}

impl Drop for SealKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

/// Seals and opens the consents of one site.
pub struct Seal {
    /// One per key, the current one first; bound to the site.
    keys: Vec<Zeroizing<[u8; 32]>>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Seals with `current`, opens with that and the `previous` ones, of which the first four count. `site` is the
    /// site's name in the settings.
    pub fn new(site: &str, current: SealKey, previous: Vec<SealKey>) -> Self {
        let keys = std::iter::once(current).chain(previous.into_iter().take(PREVIOUS_KEYS_MAX));
        let bound = keys.map(|key| {
            let mut hasher = blake3::Hasher::new_keyed(&key.0);
            hasher.update(PURPOSE.as_bytes()).update(site.as_bytes());
            Zeroizing::new(*hasher.finalize().as_bytes())
        });
        Self { keys: bound.collect() }
    }

    /// A key for another end, made of the current one. `purpose` keeps the ends apart; it is a constant of the program.
    pub fn derived(&self, purpose: &'static str) -> Zeroizing<[u8; 32]> {
        let key = self.keys.first().map_or(&[0; 32], |key| &**key);
        Zeroizing::new(blake3::derive_key(purpose, key))
    }

    /// The cookie value that carries `consent`. It is empty when nothing was answered, and the empty text opens as
    /// no consent. Single trackers beyond what a cookie can hold are left out: that is less consent, never more. Whoever
    /// tells somebody what was granted asks [`Seal::holds`] first.
    pub fn seal(&self, consent: &Consent, catalog: &Catalog) -> String {
        let (Some(Day(day)), Some(key)) = (consent.answered(), self.keys.first()) else {
            return String::new();
        };
        let mut text = format!("{VERSION}.{day}.");
        let granted = LETTERS.iter().filter(|(_, category)| consent.categories().contains(*category));
        text.extend(granted.map(|(letter, _)| char::from(*letter)));
        text.push('.');
        let receipt = consent.receipt().map(|number| number.to_string()).unwrap_or_default();
        text.push_str(&singles::write(consent, catalog).0);
        let offer = catalog.offer().of_settled(consent.settled());
        text.extend([".", &offer.to_string(), ".", &receipt]);
        let mac = Hex(mac(key, &text));
        format!("{text}.{mac}")
    }

    /// Is there room in a cookie for all of it? [`singles::COUNT_MIN`] single trackers beside whole categories have room.
    pub fn holds(consent: &Consent, catalog: &Catalog) -> bool {
        singles::write(consent, catalog).1
    }

    /// The consent that `text` carries on the day `today`, when it was sealed here, at most `days` days ago and
    /// not later than tomorrow (gateways' clocks may differ); else [`Consent::none`]. Of an answer to another offer than
    /// the catalogue's stays what applies to this one ([`Consent::outdated`]).
    pub fn open(&self, text: &str, today: Day, days: u32, catalog: &Catalog) -> Consent {
        self.authentic(text)
            .and_then(|body| read(body, catalog))
            .filter(|consent| consent.answered().is_some_and(|day| stands(day, today, days)))
            .unwrap_or(Consent::none())
    }

    /// What stands before the hash, when the hash is that of one of the keys.
    fn authentic<'a>(&self, text: &'a str) -> Option<&'a str> {
        if text.len() > SEALED_BYTES_MAX {
            return None;
        }
        let (body, digits) = text.rsplit_once('.')?;
        let claimed = widened(from_hex(digits)?);
        // Comparing two of blake3's hashes takes the same time wherever they differ.
        self.keys.iter().any(|key| widened(mac(key, body)) == claimed).then_some(body)
    }
}

fn mac(key: &[u8; 32], body: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::keyed_hash(key, body.as_bytes()).as_bytes()[..16]);
    half
}

fn widened(half: [u8; 16]) -> blake3::Hash {
    let mut whole = [0; 32];
    whole[..16].copy_from_slice(&half);
    blake3::Hash::from_bytes(whole)
}

/// Shown as lower-case hexadecimal.
struct Hex([u8; 16]);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Sixteen bytes of lower-case hexadecimal, and nothing else.
fn from_hex(digits: &str) -> Option<[u8; 16]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if digits.len() != MAC_DIGITS {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

/// Reads what [`Seal::seal`] wrote before the hash.
fn read(body: &str, catalog: &Catalog) -> Option<Consent> {
    let mut fields = body.split('.');
    let mut field = || fields.next();
    if field()? != VERSION {
        return None;
    }
    let day = Day(field()?.parse().ok()?);
    let mut letters = field()?.bytes().peekable();
    let mut categories = CategorySet::NECESSARY;
    for (letter, category) in LETTERS {
        if letters.next_if_eq(&letter).is_some() {
            categories = categories.with(category);
        }
    }
    let trackers = singles::read(field()?, catalog);
    let offer = Offer::from_hex(field()?)?;
    let receipt = match field()? {
        "" => None,
        digits => Some(ReceiptNumber(from_hex(digits)?)),
    };
    if letters.next().is_some() || field().is_some() {
        return None;
    }
    // What the site has nothing in any more is no question, and none that has changed.
    let unchanged = catalog.offer().unchanged(&offer).and(catalog.asked());
    let categories = categories.and(unchanged);
    let consent = Consent::from_choice(&Choice::Some { categories, trackers }, day, receipt, catalog);
    Some(match offer {
        // No question is open where nothing is asked.
        _ if !catalog.asks() => consent.said_under(receipt),
        Offer::NONE => consent.alone(receipt),
        _ if unchanged == catalog.asked() => consent.said_under(receipt),
        _ => consent.outdated(unchanged, receipt),
    })
}

/// Does an answer of `day` stand on `today`?
fn stands(day: Day, today: Day, days: u32) -> bool {
    day.0 <= today.0.saturating_add(1) && day.0.saturating_add(days) >= today.0
}

#[cfg(test)]
mod tests;
