//! The consent as it travels: a short text with a keyed hash, in the cookie [`CONSENT_COOKIE`].
//!
//! ```text
//! 1.20543.sm.youtube~vimeo.0f3a…32 digits….9c41…32 digits…
//! │ │     │  │             │               └ first half of the keyed BLAKE3 hash of all before the last dot
//! │ │     │  │             └ number of the receipt; empty for a refusal
//! │ │     │  └ single trackers by their stable names
//! │ │     └ categories granted: p(references) s(tatistics) m(arketing)
//! │ └ day of the answer, days since 1970-01-01
//! └ version
//! ```
//!
//! Nothing in it tells two visitors apart who refuse on the same day. The key is bound to the site's name, so the
//! cookie of one site opens on no other. What does not open in every detail reads as [`Consent::none`].
//!
//! [`CONSENT_COOKIE`]: super::cookies::CONSENT_COOKIE

use zeroize::{Zeroize, Zeroizing};

use super::catalog::Catalog;
use super::consent::{Category, CategorySet, Choice, Consent, Day, ReceiptNumber, TrackerSet};

/// The version this program writes and reads.
const VERSION: &str = "1";
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
    /// no consent. Single trackers beyond what a cookie can hold are left out: that is less consent, never more.
    pub fn seal(&self, consent: &Consent, catalog: &Catalog) -> String {
        let (Some(Day(day)), Some(key)) = (consent.answered(), self.keys.first()) else {
            return String::new();
        };
        let mut text = format!("{VERSION}.{day}.");
        let granted = LETTERS.iter().filter(|(_, category)| consent.categories().contains(*category));
        text.extend(granted.map(|(letter, _)| char::from(*letter)));
        text.push('.');
        let receipt = consent.receipt().map(|number| number.to_string()).unwrap_or_default();
        let space = SEALED_BYTES_MAX - MAC_DIGITS - receipt.len() - 2;
        let mut separator = "";
        for tracker in catalog.trackers().filter(|tracker| consent.trackers().contains(tracker.id)) {
            if text.len() + separator.len() + tracker.name_id.len() > space {
                break;
            }
            text.extend([separator, &tracker.name_id]);
            separator = "~";
        }
        text.extend([".", &receipt]);
        let mac = Hex(mac(key, &text));
        format!("{text}.{mac}")
    }

    /// The consent that `text` carries on the day `today`, when it was sealed here, at most `days` days ago and
    /// not later than tomorrow (gateways' clocks may differ); else [`Consent::none`]. Trackers the catalogue does
    /// not know any more are left out.
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
    let mut trackers = TrackerSet::NONE;
    for tracker in field()?.split('~').filter_map(|name| catalog.named(name)) {
        trackers.insert(tracker.id);
    }
    let receipt = match field()? {
        "" => None,
        digits => Some(ReceiptNumber(from_hex(digits)?)),
    };
    if letters.next().is_some() || field().is_some() {
        return None;
    }
    Some(Consent::from_choice(&Choice::Some { categories, trackers }, day, receipt, catalog))
}

/// Does an answer of `day` stand on `today`?
fn stands(day: Day, today: Day, days: u32) -> bool {
    day.0 <= today.0.saturating_add(1) && day.0.saturating_add(days) >= today.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::samples::built_in;

    const TODAY: Day = Day(20_543);
    const DAYS: u32 = 182;

    fn key(byte: u8) -> SealKey {
        SealKey::new([byte; 32])
    }

    fn seal() -> Seal {
        Seal::new("shop", key(1), Vec::new())
    }

    fn answer(choice: &Choice, day: Day) -> Consent {
        Consent::from_choice(choice, day, Some(ReceiptNumber([7; 16])), &built_in())
    }

    fn open(seal: &Seal, text: &str) -> Consent {
        seal.open(text, TODAY, DAYS, &built_in())
    }

    fn any_consent() -> impl Strategy<Value = Consent> {
        let trackers = prop::collection::vec(0..built_in().trackers().count(), 0..6);
        (0..8_usize, trackers, any::<[u8; 16]>(), 0..=DAYS).prop_map(|(state, indices, number, age)| {
            let mut trackers = TrackerSet::NONE;
            let ids = indices.into_iter().filter_map(crate::policy::catalog::TrackerId::new);
            ids.for_each(|id| trackers.insert(id));
            let choice = Choice::Some { categories: CategorySet::every()[state], trackers };
            Consent::from_choice(&choice, Day(TODAY.0 - age), Some(ReceiptNumber(number)), &built_in())
        })
    }

    #[test]
    fn forged_consent_reads_as_no_consent() {
        let forged = Seal::new("shop", key(2), Vec::new()).seal(&answer(&Choice::All, TODAY), &built_in());
        assert_eq!(open(&seal(), &forged), Consent::none());
    }

    #[test]
    fn consent_of_another_site_reads_as_no_consent() {
        let other = Seal::new("other", key(1), Vec::new()).seal(&answer(&Choice::All, TODAY), &built_in());
        assert_eq!(open(&seal(), &other), Consent::none());
    }

    #[test]
    fn refusals_of_a_day_cannot_be_told_apart() {
        let some = Choice::Some { categories: CategorySet::NECESSARY, trackers: TrackerSet::NONE };
        let first = seal().seal(&answer(&Choice::None, TODAY), &built_in());
        assert_eq!(first, seal().seal(&answer(&some, TODAY), &built_in()));
        assert!(first.starts_with("1.20543....") && first.len() == 11 + MAC_DIGITS, "{first}");
        assert_eq!(open(&seal(), &first).answered(), Some(TODAY));
    }

    #[test]
    fn an_older_key_still_opens_but_does_not_seal() {
        let text = seal().seal(&answer(&Choice::All, TODAY), &built_in());
        let rotated = Seal::new("shop", key(2), vec![key(1)]);
        assert!(open(&rotated, &text).is_grant());
        assert_ne!(rotated.seal(&answer(&Choice::All, TODAY), &built_in()), text);
        let forgotten = Seal::new("shop", key(9), (2..7).chain([1]).map(key).collect());
        assert_eq!(open(&forgotten, &text), Consent::none());
    }

    #[test]
    fn future_and_outdated_consents_read_as_no_consent() {
        for (day, is_standing) in [
            (TODAY.0 + 1, true),
            (TODAY.0 + 2, false),
            (u32::MAX, false),
            (TODAY.0 - DAYS, true),
            (TODAY.0 - DAYS - 1, false),
            (0, false),
        ] {
            let text = seal().seal(&answer(&Choice::All, Day(day)), &built_in());
            assert_eq!(open(&seal(), &text).is_grant(), is_standing, "{day}");
        }
    }

    #[test]
    fn authentic_texts_of_another_form_read_as_no_consent() {
        let seal = seal();
        let sealed = |body: &str| {
            let mac = Hex(mac(&seal.keys[0], body));
            format!("{body}.{mac}")
        };
        assert!(open(&seal, &sealed("1.20543.m..")).is_grant());
        assert!(open(&seal, &sealed("1.20543..gone~youtube.")).is_grant());
        assert_eq!(open(&seal, &sealed("1.20543..gone.")).answered(), Some(TODAY));
        for body in [
            "2.20543.m..",
            "1.20543.m.",
            "1.20543.m...",
            "1.20543.x..",
            "1.20543.mp..",
            "1.20543.mm..",
            "1.99999999999.m..",
            "1.-1.m..",
            "1..m..",
            "1.20543.m..0F",
            "1.20543.m..zz",
            "",
            "1",
        ] {
            assert_eq!(open(&seal, &sealed(body)), Consent::none(), "{body}");
        }
        for text in ["", ".", "....."] {
            assert_eq!(open(&seal, text), Consent::none());
        }
    }

    #[test]
    fn a_consent_too_long_for_a_cookie_is_shortened() {
        let entry = Catalog::built_in().unwrap().into_iter().find(|entry| entry.id == "hotjar").unwrap();
        let entries = (0..512)
            .map(|n| crate::policy::catalog::TrackerEntry { id: format!("tracker-{n}"), ..entry.clone() });
        let catalog = Catalog::new(entries.collect()).unwrap();
        let mut trackers = TrackerSet::NONE;
        catalog.trackers().for_each(|tracker| trackers.insert(tracker.id));
        let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
        let consent = Consent::from_choice(&choice, TODAY, Some(ReceiptNumber([7; 16])), &catalog);
        let text = seal().seal(&consent, &catalog);
        assert!(text.len() <= SEALED_BYTES_MAX);
        let opened = seal().open(&text, TODAY, DAYS, &catalog);
        assert!(opened.trackers().iter().count() > 200);
        assert!(opened.trackers().iter().all(|id| trackers.contains(id)));
    }

    #[test]
    fn a_derived_key_is_the_sites_own_and_of_one_purpose() {
        let derived = |byte, site, purpose| *Seal::new(site, key(byte), Vec::new()).derived(purpose);
        let one = derived(1, "shop", "a");
        assert_eq!(one, derived(1, "shop", "a"));
        for other in [derived(2, "shop", "a"), derived(1, "other", "a"), derived(1, "shop", "b")] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?} {:?}", key(3), seal()), "SealKey Seal");
    }

    #[test]
    fn nothing_answered_seals_to_nothing() {
        assert_eq!(seal().seal(&Consent::none(), &built_in()), "");
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(consent in any_consent()) {
            let text = seal().seal(&consent, &built_in());
            prop_assert_eq!(open(&seal(), &text), consent);
            // RFC 6265 section 4.1.1, cookie-octet.
            let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
            prop_assert!(text.bytes().all(is_octet));
        }

        #[test]
        fn a_changed_text_reads_as_no_consent(
            consent in any_consent(),
            at in any::<prop::sample::Index>(),
            other in "[ -~]",
        ) {
            let text = seal().seal(&consent, &built_in());
            let at = at.index(text.len());
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            if changed != text {
                prop_assert_eq!(open(&seal(), &changed), Consent::none());
            }
            let longer = format!("{}{other}{}", &text[..at], &text[at..]);
            for cut in [&text[..at], &text[at + 1..], longer.as_str()] {
                prop_assert_eq!(open(&seal(), cut), Consent::none());
            }
        }

        #[test]
        fn any_text_is_read_without_trouble(text in ".{0,80}") {
            prop_assert_eq!(open(&seal(), &text), Consent::none());
        }
    }
}
