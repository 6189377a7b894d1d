//! The veil: what can single somebody out is written as a token, until enough visitors of one day had it.
//!
//! Words of closed lists (countries, devices, browsers, systems, known sources, answers) are written as they are.
//! Page paths, unknown referrers and regions are free text: each becomes a token, eight bytes of BLAKE3 keyed with a
//! key of the month that lives in memory. When the k-th visitor of a day had the text, its name is written beside
//! the token, once; what fewer had stays opaque, and nobody can open it once the month's key is gone.
//!
//! **Without marks** (`WithoutConsent::Views`) nobody can tell one person's reloads from several persons, so four
//! views stand for one visitor: never fewer than k views, and with k above 1 never fewer than 4 k.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::cells::Folding;
use super::key_log::{KeyFate, KeyName};
use super::pack::pack;
use super::secret::{Secret, Vault};
use super::tally::{Dimension, Name, Value};
use crate::clock::Entropy;

/// The most different texts of one kind in one day, and the most words; further ones are counted as [`OTHER_WORD`].
pub(super) const VALUES_MAX: usize = 50_000;
/// The most names remembered as written in a month; beyond it a name may be written again on another day.
const REVEALED_MAX: usize = 200_000;
/// What one visitor of the day is worth on the way to a name; a view by nobody in particular is worth one.
const POINTS_PER_VISITOR: u32 = 4;

/// The word for what is too much to tell apart.
const OTHER_WORD: &str = "(other)";
/// The word for what is not known.
const NOT_SET_WORD: &str = "(not set)";

/// A value, as a place in the day's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ValueId(u32);

impl ValueId {
    /// "(other)", in every list.
    pub(super) const OTHER: Self = Self(0);
    /// "(not set)", in every list.
    pub(super) const NOT_SET: Self = Self(1);

    /// The number; below 2^28, which a cell's number relies on: a day has at most four kinds of
    /// [`VALUES_MAX`] values and what was adopted from the day before.
    pub(super) const fn number(self) -> u32 {
        self.0
    }

    /// The id of that number.
    pub(super) const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// The kinds of free text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Page paths, whether seen, entered on or left from.
    Page,
    /// Referrers and campaign sources that stand in no list.
    Source,
    /// Parts of a country.
    Region,
}

impl Kind {
    const COUNT: usize = 3;

    /// The dimensions in which such a text stands.
    const fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Page => &[Dimension::Page, Dimension::EntryPage, Dimension::ExitPage],
            Self::Source => &[Dimension::Source],
            Self::Region => &[Dimension::Region],
        }
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

    /// Its key, for leaving it to the next process.
    pub(super) fn into_secret(self) -> Secret {
        self.secret
    }

    fn token(&self, kind: Kind, text: &str) -> u64 {
        self.secret.hash_of_kind(kind as u8, text.as_bytes())
    }
}

struct Entry {
    value: Value,
    text: Option<(Kind, Arc<str>)>,
    /// What is still missing until the name is written; 0 when it is, or will never be.
    missing: u32,
}

/// The values one site met in one day. Ids are good for this list only.
pub(super) struct Values {
    entries: Vec<Entry>,
    words: HashMap<Arc<str>, ValueId>,
    texts: [HashMap<Arc<str>, ValueId>; Kind::COUNT],
    adopted: HashMap<u64, ValueId, Folding>,
    earned: Vec<ValueId>,
    folded: u64,
}

impl Values {
    /// An empty list.
    pub(super) fn new() -> Self {
        let mut values = Self {
            entries: Vec::new(),
            words: HashMap::new(),
            texts: Default::default(),
            adopted: HashMap::default(),
            earned: Vec::new(),
            folded: 0,
        };
        values.word(OTHER_WORD);
        values.word(NOT_SET_WORD);
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

    /// The id of a text, which `k` visitors must have had before its name is written.
    pub(super) fn text(&mut self, veil: &Veil, kind: Kind, text: &str, k: u32) -> ValueId {
        if let Some(id) = self.texts[kind as usize].get(text) {
            return *id;
        }
        if self.texts[kind as usize].len() >= VALUES_MAX {
            self.folded += 1;
            return ValueId::OTHER;
        }
        let token = veil.token(kind, text);
        let text: Arc<str> = text.into();
        let is_out = veil.revealed.contains(&token);
        let missing = if k <= 1 || is_out { 0 } else { k.saturating_mul(POINTS_PER_VISITOR) };
        let entry = Entry { value: Value::Token(token), text: Some((kind, Arc::clone(&text))), missing };
        let id = self.push(entry);
        if k <= 1 && !is_out {
            self.earned.push(id);
        }
        self.texts[kind as usize].insert(text, id);
        id
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
    pub(super) fn adopt(
        &mut self,
        veil: &Veil,
        older: &Self,
        id: ValueId,
        k: impl Fn(Kind) -> u32,
    ) -> ValueId {
        let Some(entry) = older.entries.get(id.0 as usize) else { return ValueId::OTHER };
        let token = match &entry.value {
            Value::Word(word) => return self.word(word),
            Value::Token(token) => *token,
        };
        if let Some((kind, text)) = &entry.text {
            let id = self.text(veil, *kind, text, k(*kind));
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
    pub(super) fn take_names(&mut self, veil: &mut Veil, site: &Arc<str>, names: &mut Vec<Name>) {
        for id in self.earned.drain(..) {
            let Some(Entry { value: Value::Token(token), text: Some((kind, text)), .. }) =
                self.entries.get(id.0 as usize)
            else {
                continue;
            };
            if veil.revealed.len() < REVEALED_MAX {
                veil.revealed.insert(*token);
            }
            for dimension in kind.dimensions() {
                let (site, name) = (Arc::clone(site), Arc::clone(text));
                names.push(Name { site, dimension: *dimension, token: *token, name });
            }
        }
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

pack!(ValueId(0));
pack!(Kind[Page, Source, Region]);
pack!(Veil { month, secret, revealed });
pack!(Entry { value, text, missing });
pack!(Values { entries, words, texts, adopted, earned, folded });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn drawn(month: i32) -> Veil {
        Veil::draw(&site(), month, KeyFate::Born, &Vault::open(), &SystemEntropy)
    }

    fn site() -> Arc<str> {
        "shop".into()
    }

    fn names(values: &mut Values, veil: &mut Veil) -> Vec<Name> {
        let mut names = Vec::new();
        values.take_names(veil, &site(), &mut names);
        names
    }

    #[test]
    fn text_stays_opaque_until_its_kth_visitor() {
        let mut veil = drawn(1);
        let mut values = Values::new();
        let id = values.text(&veil, Kind::Source, "blog.example", 3);
        assert!(matches!(values.value(id), Value::Token(_)));
        values.had_by_visitors(id, 1);
        values.had_by_visitors(id, 1);
        assert_eq!(names(&mut values, &mut veil), []);
        values.had_by_visitors(id, 1);
        let revealed = names(&mut values, &mut veil);
        assert_eq!(revealed.len(), 1);
        assert_eq!((&*revealed[0].name, revealed[0].dimension), ("blog.example", Dimension::Source));
        assert_eq!(Value::Token(revealed[0].token), values.value(id));
        values.had_by_visitors(id, 9);
        assert_eq!(names(&mut values, &mut veil), [], "once");
    }

    #[test]
    fn views_without_marks_count_a_quarter() {
        let mut veil = drawn(1);
        let mut values = Values::new();
        let id = values.text(&veil, Kind::Source, "blog.example", 2);
        for _ in 0..7 {
            values.had_by_view(id);
        }
        assert_eq!(names(&mut values, &mut veil), []);
        values.had_by_view(id);
        assert_eq!(names(&mut values, &mut veil).len(), 1);
    }

    #[test]
    fn name_of_a_page_is_written_for_every_dimension_it_stands_in() {
        let mut veil = drawn(1);
        let mut values = Values::new();
        values.text(&veil, Kind::Page, "/a", 1);
        let dimensions: Vec<_> = names(&mut values, &mut veil).iter().map(|name| name.dimension).collect();
        assert_eq!(dimensions, [Dimension::Page, Dimension::EntryPage, Dimension::ExitPage]);
    }

    #[test]
    fn token_is_the_same_all_month_and_its_name_is_written_once() {
        let mut veil = drawn(1);
        let mut monday = Values::new();
        let id = monday.text(&veil, Kind::Page, "/a", 1);
        assert_eq!(names(&mut monday, &mut veil).len(), 3);
        let mut tuesday = Values::new();
        let again = tuesday.text(&veil, Kind::Page, "/a", 1);
        assert_eq!(monday.value(id), tuesday.value(again));
        assert_eq!(names(&mut tuesday, &mut veil), []);
        let next_month = drawn(2);
        let mut first = Values::new();
        let other = first.text(&next_month, Kind::Page, "/a", 1);
        assert_ne!(monday.value(id), first.value(other));
    }

    #[test]
    fn adopted_values_keep_their_written_form() {
        let (january, february) = (drawn(1), drawn(2));
        let mut older = Values::new();
        older.word("padding");
        let page = older.text(&january, Kind::Page, "/a", 5);
        let word = older.word("NO");
        let mut newer = Values::new();
        for veil in [&january, &february] {
            for id in [page, word, ValueId::NOT_SET] {
                let adopted = newer.adopt(veil, &older, id, |_| 5);
                assert_eq!(newer.value(adopted), older.value(id));
                assert_eq!(newer.adopt(veil, &older, id, |_| 5), adopted);
            }
        }
    }

    #[test]
    fn too_many_texts_are_folded_and_counted() {
        let veil = drawn(1);
        let mut values = Values::new();
        for number in 0..VALUES_MAX {
            values.text(&veil, Kind::Page, &format!("/{number}"), 5);
        }
        let id = values.text(&veil, Kind::Page, "/one-too-many", 5);
        assert_eq!(values.value(id), Value::Word(OTHER_WORD.into()));
        assert_eq!(values.take_folded(), 1);
    }
}
