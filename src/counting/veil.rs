//! The veil: what can single somebody out is written as a token, until enough visitors of one day had it.
//!
//! Words of closed lists (countries, devices, browsers and their versions, systems, channels, known sources, answers,
//! statuses, the operator's goals) are written as they are. Page paths, unknown sources, referrers, campaign tags,
//! regions, cities, names of events and values of their properties are free text: each becomes a token, eight bytes
//! of BLAKE3 keyed with a key of the month that lives in memory. When the k-th visitor of a day had the text, its name
//! is written beside the token, once; what fewer had stays opaque, and nobody can open it once the month's key is gone.
//! What everybody may read anyhow (a page that the shop lets any cache keep) is readable at once.
//!
//! **Without marks** (`WithoutConsent::Views`) nobody can tell one person's reloads from several persons, so four
//! views stand for one visitor: never fewer than k views, and with k above 1 never fewer than 4 k.

use std::collections::HashSet;
use std::sync::Arc;

use hashbrown::HashMap;

use super::cells::Folding;
use super::key_log::{KeyFate, KeyName};
use super::secret::{Secret, Vault};
use super::tally::{Name, Value};
use crate::clock::Entropy;
use late::Late;
pub(super) use text::{FreeText, Kind};

/// The most different pages of one day, the most values of all its properties together, and the most words; further
/// ones are counted as [`OTHER_WORD`].
pub(super) const VALUES_MAX: usize = 50_000;
/// The most different texts of any other kind in one day.
const TEXTS_MAX: usize = 20_000;
/// The most names remembered as written in a month; beyond it a name may be written again on another day.
const REVEALED_MAX: usize = 200_000;
/// What one visitor of the day is worth on the way to a name; a view by nobody in particular is worth one.
const POINTS_PER_VISITOR: u32 = 4;

/// The word for what is too much to tell apart.
const OTHER_WORD: &str = "(other)";
/// The word for what is not known.
const UNKNOWN_WORD: &str = "(unknown)";
/// The name of the event that a page view is.
pub(super) const PAGEVIEW_WORD: &str = super::pairs::PAGEVIEW;

/// A value, as a place in the day's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ValueId(u32);

impl ValueId {
    /// "(other)", in every list.
    pub(super) const OTHER: Self = Self(0);
    /// "(unknown)", in every list.
    pub(super) const UNKNOWN: Self = Self(1);
    /// "pageview", in every list.
    pub(super) const PAGEVIEW: Self = Self(2);
    /// No value at all: what has it stands in no cell of the dimension.
    pub(super) const ABSENT: Self = Self(0xff_ffff);

    /// The number; below 2^24, which a cell's number relies on: a day has at most [`VALUES_MAX`] pages, as many
    /// words and values of properties, ten other kinds of [`TEXTS_MAX`], and what was adopted from the day before.
    pub(super) const fn number(self) -> u32 {
        self.0
    }

    /// The id of that number.
    pub(super) const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// One site's month: the key of its tokens, and which names are out.
pub(super) struct Veil {
    month: i32,
    secret: Secret,
    revealed: HashSet<u64, Folding>,
}

impl Veil {
    /// A new key for `month`, which is any number that differs from month to month.
    pub(super) fn draw(
        site: &Arc<str>,
        month: i32,
        fate: KeyFate,
        vault: &Arc<Vault>,
        entropy: &dyn Entropy,
    ) -> Self {
        let secret = vault.draw(KeyName::of_month(site, month), fate, entropy);
        Self { month, secret, revealed: HashSet::default() }
    }

    /// The month it was drawn for.
    pub(super) const fn month(&self) -> i32 {
        self.month
    }

    /// The secret itself, for leaving it to the next process.
    pub(super) fn into_secret(self) -> Secret {
        self.secret
    }

    fn token(&self, text: FreeText<'_>) -> u64 {
        let [.., kind] = text.kind.number().min(Kind::FIRST_PROPERTY).to_be_bytes();
        if text.key.is_empty() {
            return self.secret.hash_of_kind(kind, text.text.as_bytes());
        }
        // A key is an identifier, so the space ends it.
        self.secret.hash_of_kind(kind, format!("{} {}", text.key, text.text).as_bytes())
    }
}

pub(super) struct Entry {
    value: Value,
    text: Option<(Kind, Arc<str>)>,
    /// What is still missing until the name is written; 0 when it is, or will never be.
    missing: u32,
}

/// The values one site met in one day. Ids are good for this list only.
pub(super) struct Values {
    entries: Vec<Entry>,
    words: HashMap<Arc<str>, ValueId>,
    /// By the number of their kind.
    texts: Vec<HashMap<Arc<str>, ValueId>>,
    /// Values of properties, of all keys together.
    of_properties: usize,
    adopted: std::collections::HashMap<u64, ValueId, Folding>,
    earned: Vec<ValueId>,
    folded: u64,
    late: Late,
    is_short: bool,
}

impl Values {
    /// An empty list.
    pub(super) fn new() -> Self {
        let mut values = Self {
            entries: Vec::new(),
            words: HashMap::new(),
            texts: Vec::new(),
            of_properties: 0,
            adopted: std::collections::HashMap::default(),
            earned: Vec::new(),
            folded: 0,
            late: Late::default(),
            is_short: false,
        };
        values.word(OTHER_WORD);
        values.word(UNKNOWN_WORD);
        values.word(PAGEVIEW_WORD);
        values
    }

    /// The value of an id of this list.
    pub(super) fn value(&self, id: ValueId) -> Value {
        let entry = self.entries.get(id.0 as usize).or_else(|| self.entries.first());
        entry.map_or(Value::Token(0), |entry| entry.value.clone())
    }

    /// The id of a word of a closed list.
    pub(super) fn word(&mut self, word: &str) -> ValueId {
        if let Some(id) = self.words.get(word) {
            return *id;
        }
        if self.words.len() >= VALUES_MAX {
            self.folded += 1;
            return ValueId::OTHER;
        }
        let word: Arc<str> = word.into();
        let id = self.push(Entry { value: Value::Word(Arc::clone(&word)), text: None, missing: 0 });
        self.words.insert(word, id);
        id
    }

    /// The id of a text.
    pub(super) fn text(&mut self, veil: &Veil, text: FreeText<'_>) -> ValueId {
        let number = text.kind.number();
        if self.texts.len() <= number {
            self.texts.resize_with(number + 1, HashMap::new);
        }
        if let Some(id) = self.texts[number].get(text.text) {
            return *id;
        }
        let token = veil.token(text);
        if !self.has_place(text, token) {
            self.folded += 1;
            return ValueId::OTHER;
        }
        if matches!(text.kind, Kind::Property(_)) {
            self.of_properties += 1;
        }
        let shared: Arc<str> = text.text.into();
        let is_out = veil.revealed.contains(&token);
        let missing = if text.k <= 1 || is_out { 0 } else { text.k.saturating_mul(POINTS_PER_VISITOR) };
        let entry =
            Entry { value: Value::Token(token), text: Some((text.kind, Arc::clone(&shared))), missing };
        let id = self.push(entry);
        if text.k <= 1 && !is_out {
            self.earned.push(id);
        }
        self.texts[number].insert(shared, id);
        id
    }

    fn has_place(&mut self, text: FreeText<'_>, token: u64) -> bool {
        let of_kind = self.texts.get(text.kind.number()).map_or(0, HashMap::len);
        let (known, places) = match text.kind {
            Kind::Page => (of_kind, VALUES_MAX),
            Kind::Property(_) => (self.of_properties, VALUES_MAX),
            _ => (of_kind, TEXTS_MAX),
        };
        if known < places && !Late::has_begun(known, places) {
            return true;
        }
        self.is_short = true;
        known < places && self.late.is_second(token, text.from)
    }

    /// Did places of some kind become so few that it matters from where a text comes?
    pub(super) const fn is_short(&self) -> bool {
        self.is_short
    }

    /// Everybody may read this value.
    pub(super) fn is_public(&mut self, id: ValueId) {
        self.earn(id, u32::MAX);
    }

    /// The text of an id, where it is one.
    pub(super) fn text_of(&self, id: ValueId) -> Option<(Kind, &str)> {
        self.entries.get(id.0 as usize)?.text.as_ref().map(|(kind, text)| (*kind, &**text))
    }

    /// A visitor who did not have this value today had it now (or, with a negative number, one is taken back).
    pub(super) fn had_by_visitors(&mut self, id: ValueId, visitors: i64) {
        let visitors = u32::try_from(visitors).unwrap_or(0);
        self.earn(id, visitors.saturating_mul(POINTS_PER_VISITOR));
    }

    /// Nobody in particular viewed this value.
    pub(super) fn had_by_view(&mut self, id: ValueId) {
        self.earn(id, 1);
    }

    fn earn(&mut self, id: ValueId, points: u32) {
        let Some(entry) = self.entries.get_mut(id.0 as usize) else { return };
        if entry.missing == 0 {
            return;
        }
        entry.missing = entry.missing.saturating_sub(points);
        if entry.missing == 0 {
            self.earned.push(id);
        }
    }

    /// The id, in this list, of a value of the day before; the same text has one id, unless the month's key changed
    /// between them: then the old token stays a value of its own, so that what was written under it can be moved.
    /// `renewed` gives the text's kind, key and k of today; nothing where today has no such kind.
    pub(super) fn adopt<'a>(
        &mut self,
        veil: &Veil,
        older: &Self,
        id: ValueId,
        renewed: impl Fn(Kind) -> Option<(Kind, &'a str, u32)>,
    ) -> ValueId {
        if id == ValueId::ABSENT {
            return id;
        }
        let Some(entry) = older.entries.get(id.0 as usize) else { return ValueId::OTHER };
        let token = match &entry.value {
            Value::Word(word) => return self.word(word),
            Value::Token(token) => *token,
        };
        if let Some((kind, text)) = &entry.text
            && let Some((kind, key, k)) = renewed(*kind)
        {
            let id = self.text(veil, FreeText { kind, key, text, k, from: None });
            if self.value(id) == entry.value {
                return id;
            }
        }
        if let Some(id) = self.adopted.get(&token) {
            return *id;
        }
        let id = self.push(Entry { value: Value::Token(token), text: None, missing: 0 });
        self.adopted.insert(token, id);
        id
    }

    /// Takes the names that were earned since the last time.
    pub(super) fn take_names(
        &mut self,
        veil: &mut Veil,
        (site, properties): (&Arc<str>, &[Arc<str>]),
        names: &mut Vec<Name>,
    ) {
        for id in self.earned.drain(..) {
            let Some(Entry { value: Value::Token(token), text: Some((kind, text)), .. }) =
                self.entries.get(id.0 as usize)
            else {
                continue;
            };
            if veil.revealed.len() < REVEALED_MAX {
                veil.revealed.insert(*token);
            }
            for dimension in kind.dimensions(properties) {
                let (site, name) = (Arc::clone(site), Arc::clone(text));
                names.push(Name { site, dimension, token: *token, name });
            }
        }
    }

    /// Something was left out, or folded into "(other)", because there was too much of it.
    pub(super) fn fold_one(&mut self) {
        self.folded += 1;
    }

    /// The id of a text that was met today.
    pub(super) fn known(&self, kind: Kind, text: &str) -> Option<ValueId> {
        self.texts.get(kind.number())?.get(text).copied()
    }

    /// How many times a value was folded into "(other)", since the last time.
    pub(super) fn take_folded(&mut self) -> u64 {
        std::mem::take(&mut self.folded)
    }

    fn push(&mut self, entry: Entry) -> ValueId {
        let id = ValueId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(entry);
        id
    }
}

mod late;
mod packed;
mod text;

#[cfg(test)]
mod tests;
