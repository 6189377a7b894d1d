//! What visitors are asked to agree to, in substance: when it changes, they are asked again (rule R35).
//!
//! Substance is what a yes depends on: who answers for the data (a consent is informed only where the controller is known:
//! GDPR recital 42), who receives it and where they are seated, who else may read it, what it is used for (the category),
//! how long it is kept, rounded up to months. Not substance: wording, names that people know a product by, and the technical
//! rules by which the program recognises it, such as one more host of the same provider.
//!
//! An offer is three short hashes, one a category, so that a change in one asks again about that one alone. They are
//! compared only after a seal was opened: nobody can choose them.

use std::fmt::Write as _;

use super::{Access, Tracker};
use crate::policy::consent::{Category, CategorySet};
use crate::policy::{Allow, Allowed};

/// Days of a month, as lifetimes are rounded.
const MONTH_DAYS: u32 = 30;

/// The substance of what is offered, a category each of [`Category::ASKED`]. 24 bits: a change is missed once in
/// 16 million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Offer([u32; 3]);

impl Offer {
    /// The length of its text. Unit: characters.
    pub const DIGITS: usize = 18;
    /// What an answer to no question was about.
    pub const NONE: Self = Self([0; 3]);

    /// The offer of a site that uses these trackers, beside what its operator vouches for. Their order makes no
    /// difference.
    pub(super) fn of<'a>(
        used: impl Iterator<Item = &'a Tracker>,
        controller: &Controller,
        allow: &[Allow],
    ) -> Self {
        let mut lines: Vec<(CategorySet, String)> = used.map(|one| (asked(one), substance(one))).collect();
        lines.extend(allow.iter().map(|rule| (CategorySet::NECESSARY.with(rule.category), vouched(rule))));
        lines.sort_unstable_by(|one, other| one.1.cmp(&other.1));
        Self(Category::ASKED.map(|category| {
            let mut hasher = controller.hasher();
            for (_, line) in lines.iter().filter(|(categories, _)| categories.contains(category)) {
                hasher.update(line.as_bytes()).update(b"\n");
            }
            short(&hasher.finalize()) & 0xff_ffff
        }))
    }

    /// The same, where the gateway itself keeps nothing once statistics were agreed to: who agreed to that has not agreed to
    /// the cookie of returns, should it come.
    #[must_use]
    pub(super) fn without_returns(self) -> Self {
        let mut parts = self.0;
        for (part, category) in parts.iter_mut().zip(Category::ASKED) {
            if category == Category::Statistics {
                let line = format!("{part:06x}\tno returns");
                *part = short(&blake3::hash(line.as_bytes())) & 0xff_ffff;
            }
        }
        Self(parts)
    }

    /// What an answer about these categories alone was about. It is nothing where they are none, and no offer looks so.
    #[must_use]
    pub fn of_settled(&self, settled: CategorySet) -> Self {
        let mut parts = self.0;
        for (part, category) in parts.iter_mut().zip(Category::ASKED) {
            *part = if settled.contains(category) { *part } else { 0 };
        }
        Self(parts)
    }

    /// The categories in which this offer is what `other` was.
    pub fn unchanged(&self, other: &Self) -> CategorySet {
        let pairs = Category::ASKED.into_iter().zip(self.0.iter().zip(&other.0));
        pairs.filter(|(_, (now, then))| now == then).map(|(category, _)| category).collect()
    }

    /// Reads what [`Display`](std::fmt::Display) wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != Self::DIGITS || !text.bytes().all(is_hex) {
            return None;
        }
        let part = |at: usize| u32::from_str_radix(&text[at..at + 6], 16).ok();
        Some(Self([part(0)?, part(6)?, part(12)?]))
    }
}

impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| write!(f, "{part:06x}"))
    }
}

/// The name of who answers for the data, as far as another one is somebody else: white space and case are not.
#[derive(Debug, Default)]
pub(super) struct Controller(String);

impl Controller {
    pub(super) fn named(name: &str) -> Self {
        let words: Vec<&str> = name.split_whitespace().collect();
        Self(words.join(" ").to_lowercase())
    }

    /// What every substance begins with.
    fn hasher(&self) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.as_bytes()).update(b"\n");
        hasher
    }
}

/// How much of a hash a [stamp](super::Catalog::stamp) has.
pub const STAMP_BITS: u32 = 36;

/// Name and substance of one tracker in one number, for an answer that named it alone.
pub(super) fn stamp(tracker: &Tracker, controller: &Controller) -> u64 {
    let hash = controller.hasher().update(substance(tracker).as_bytes()).finalize();
    let bytes = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(bytes) & ((1 << STAMP_BITS) - 1)
}

fn short(hash: &blake3::Hash) -> u32 {
    let bytes = hash.as_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The categories whose yes lets it work.
fn asked(tracker: &Tracker) -> CategorySet {
    tracker.serves.iter().copied().chain([tracker.category]).collect()
}

fn substance(tracker: &Tracker) -> String {
    // Whether it is handled for the site alone may not have been said: the same reads it.
    let access = tracker.access.unwrap_or(Access::Provider).name();
    let days = tracker.cookies.iter().map(|cookie| cookie.days).max().unwrap_or(0);
    let provider = &tracker.provider;
    let mut line = format!("{}\t{}", tracker.name_id, tracker.category.name());
    // Writing into a text cannot fail.
    for served in &tracker.serves {
        let _ = write!(line, "+{}", served.name());
    }
    let months = days.div_ceil(MONTH_DAYS);
    let _ = write!(line, "\t{}\t{}\t{access}\t{months}", provider.name, provider.country);
    line
}

fn vouched(rule: &Allow) -> String {
    let (kind, what) = match &rule.what {
        Allowed::Host(what) => ("host", what),
        Allowed::Cookie(what) => ("cookie", what),
        Allowed::Parameter(what) => ("parameter", what),
        Allowed::ServiceWorker(what) => ("service worker", what),
        Allowed::Frames => return format!("frames\t{}", rule.category.name()),
    };
    format!("{kind} {what}\t{}", rule.category.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::{Catalog, TrackerEntry};

    const ALL_BUT_MARKETING: CategorySet =
        CategorySet::NECESSARY.with(Category::Preferences).with(Category::Statistics);

    fn entry(id: &str, category: &str) -> TrackerEntry {
        let text = format!(
            "[[tracker]]\nid = \"{id}\"\nname = \"Name\"\ncategory = \"{category}\"\nsource = \"a test\"\n\
             purpose = {{ en = \"Shows films.\" }}\nhosts = [\"{id}.example\"]\n\
             cookies = [{{ name = \"_{id}\", days = 30 }}]\n\
             provider = {{ name = \"Tube\", country = \"IE\", privacy = \"https://tube.example/\" }}\n"
        );
        Catalog::parse(&text).unwrap().remove(0)
    }

    fn offer(entries: Vec<TrackerEntry>) -> Offer {
        *Catalog::new(entries).unwrap().offer()
    }

    fn before() -> Vec<TrackerEntry> {
        vec![entry("count", "statistics"), entry("film", "marketing")]
    }

    /// What stays of an answer to [`before`] when this was done to the film.
    fn unchanged(change: impl Fn(&mut TrackerEntry)) -> CategorySet {
        let mut entries = before();
        change(&mut entries[1]);
        offer(entries).unchanged(&offer(before()))
    }

    #[test]
    fn r35_who_receives_where_why_and_how_long_is_substance() {
        let added = [before(), vec![entry("more", "marketing")]].concat();
        assert_eq!(offer(added).unchanged(&offer(before())), ALL_BUT_MARKETING);
        assert_eq!(unchanged(|film| film.provider.name = "Other".into()), ALL_BUT_MARKETING);
        assert_eq!(unchanged(|film| film.provider.country = "US".into()), ALL_BUT_MARKETING);
        assert_eq!(unchanged(|film| film.access = Some(Access::Partners)), ALL_BUT_MARKETING);
        assert_eq!(unchanged(|film| film.access = Some(Access::Site)), ALL_BUT_MARKETING);
        assert_eq!(unchanged(|film| film.cookies[0].days = 31), ALL_BUT_MARKETING);
        let moved = unchanged(|film| film.category = "statistics".into());
        assert_eq!(moved, CategorySet::NECESSARY.with(Category::Preferences));
    }

    #[test]
    fn r35_words_and_the_way_it_is_recognised_are_not() {
        assert_eq!(unchanged(|film| film.name = "Films".into()), CategorySet::ALL);
        assert_eq!(unchanged(|film| film.access = Some(Access::Provider)), CategorySet::ALL);
        assert_eq!(
            unchanged(|film| drop(film.purpose.insert("en".into(), "Films.".into()))),
            CategorySet::ALL
        );
        assert_eq!(unchanged(|film| film.provider.privacy = "https://a.example/".into()), CategorySet::ALL);
        assert_eq!(unchanged(|film| film.hosts.clear()), CategorySet::ALL);
        assert_eq!(unchanged(|film| film.cookies[0].days = 29), CategorySet::ALL);
        assert_eq!(unchanged(|film| film.source = "elsewhere".into()), CategorySet::ALL);
        let turned = before().into_iter().rev().collect();
        assert_eq!(offer(turned), offer(before()));
    }

    /// Recital 42 of the GDPR: whoever agrees knows who answers for the data.
    #[test]
    fn r35_who_answers_for_the_data_is_substance_of_every_answer() {
        let by = |name| Catalog::new(before()).unwrap().asked_by(name, &[], &[]);
        let shop = by("Dekk & Felg AS");
        let unchanged = |name| by(name).offer().unchanged(shop.offer());
        assert_eq!(unchanged("Data Brokers Ltd"), CategorySet::NECESSARY);
        assert_eq!(
            unchanged(" DEKK  & Felg\tas "),
            CategorySet::ALL,
            "it is written otherwise, and the same"
        );
        let film = |catalog: &Catalog| catalog.stamp(catalog.named("film").unwrap().id);
        assert_ne!(film(&by("Data Brokers Ltd")), film(&shop), "nor does a yes to one tracker go over");
        assert_eq!(film(&by("dekk & felg as")), film(&shop));
    }

    #[test]
    fn what_an_operator_vouches_for_belongs_to_the_offer() {
        let catalog = || Catalog::new(before()).unwrap();
        let rule = |category| Allow {
            what: Allowed::Host("ads.example".into()),
            category,
            why: "it is needed".into(),
            paths: Vec::new(),
        };
        let with = |category| *catalog().asked_by("", &[rule(category)], &[]).offer();
        assert_eq!(with(Category::Marketing).unchanged(&offer(before())), ALL_BUT_MARKETING);
        assert_eq!(with(Category::Necessary), offer(before()));
    }

    #[test]
    fn its_text_is_read_back_and_nothing_else_is() {
        let offer = offer(before());
        assert_eq!(Offer::from_hex(&offer.to_string()), Some(offer));
        for text in ["", "0", "00000000000000000A", "+0000000000000000a", "00000000000000000aa"] {
            assert_eq!(Offer::from_hex(text), None, "{text}");
        }
    }
}
