//! The settings file as written: which keys there are, and how a value of one type is read from one of them.
//!
//! The document is walked by hand, not by `serde`, which stops at the first fault. Every reader here notes what
//! is wrong where it stands and answers `None`, so that the walk goes on and finds the rest.

mod keys;

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use keys::KEYS;
use keys::{broken_rule, known_keys, title};

use super::report::{Notes, Problem, Weight, nearest};

/// Longest text of a setting, in characters. The longest of use is a tracker's purpose, a few sentences.
pub const TEXT_CHARS_MAX: usize = 1000;

/// Most entries of a list. The longest of use are the networks of a content delivery service, some dozens.
pub const LIST_ENTRIES_MAX: usize = 500;

/// Why a text is no value of its kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong with it, without naming the key.
    pub(super) reason: String,
    /// What stands beside the carets; may be empty.
    pub(super) hint: String,
    /// What to write instead.
    pub(super) remedy: String,
}

impl Fault {
    pub(super) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: String::new(), remedy: remedy.into() }
    }

    /// `"written"` is none of the words there are; `listing` stands before these.
    pub(super) fn unknown(noun: &str, written: &str, listing: &str, known: &[&str]) -> Self {
        let near = nearest(written, known.iter().copied());
        let hint = near.map(|near| format!("did you mean \"{near}\"?")).unwrap_or_default();
        let reason = format!("unknown {noun} \"{written}\"");
        Self { reason, hint, remedy: format!("{listing}: {}", known.join(", ")) }
    }

    pub(super) fn at(self, at: Range<usize>) -> Problem {
        Problem::error(at, self.reason).hint(self.hint).remedy(self.remedy)
    }
}

/// An entry of a list that has texts and tables.
pub(super) enum Entry<'d> {
    Text(Spanned<&'d str>),
    Table(Table<'d>),
}

/// One table of the document. A table that is not written reads as one without keys.
#[derive(Clone)]
pub(super) struct Table<'d> {
    notes: &'d Notes<'d>,
    name: &'static str,
    entries: Option<&'d DeTable<'d>>,
    at: Range<usize>,
}

impl<'d> Table<'d> {
    /// The whole document.
    pub(super) fn root(entries: &'d DeTable<'d>, notes: &'d Notes<'d>) -> Self {
        let table = Self { notes, name: "", entries: Some(entries), at: 0..0 };
        table.check_keys();
        table
    }

    /// Where the table's header stands.
    pub(super) fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Is `key` written?
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Is there a list under `key` without entries?
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        matches!(self.value(key).map(Spanned::get_ref), Some(DeValue::Array(entries)) if entries.is_empty())
    }

    /// Is nothing written in it?
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_none_or(DeTable::is_empty)
    }

    pub(super) fn notes(&self) -> &'d Notes<'d> {
        self.notes
    }

    /// Where the value of `key` stands, or the header when there is none.
    pub(super) fn at_value(&self, key: &str) -> Range<usize> {
        self.value(key).map_or_else(|| self.at(), Spanned::span)
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        debug_assert!(known_keys(self.name).contains(&key), "{key} is not listed under [{}]", self.name);
        self.entries?.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Notes every key that nobody reads.
    fn check_keys(&self) {
        let known = known_keys(self.name);
        for name in self.entries.into_iter().flat_map(DeTable::keys) {
            let key: &str = name.get_ref();
            if known.contains(&key) {
                continue;
            }
            if let Some((rule, says)) = broken_rule(self.name, key) {
                let reason =
                    format!("{rule}: there is no key \"{}\" {}", key.escape_debug(), title(self.name));
                self.notes.add(Problem::error(name.span(), reason).remedy(says));
                continue;
            }
            let elsewhere = KEYS.iter().find(|(_, keys)| keys.contains(&key)).map(|(table, _)| title(table));
            let near = nearest(key, known.iter().copied());
            let hint = match (near, elsewhere) {
                (Some(near), _) => format!("did you mean \"{near}\"?"),
                (None, Some(table)) => format!("it belongs {table}"),
                (None, None) => String::new(),
            };
            let reason = format!("unknown key \"{}\" {}", key.escape_debug(), title(self.name));
            self.notes.add(
                Problem::error(name.span(), reason)
                    .hint(hint)
                    .remedy(format!("keys here are: {}", known.join(", "))),
            );
        }
    }

    /// Notes that `key` must be there, unless a misspelt key stands for it.
    pub(super) fn is_missing(&self, key: &str, remedy: &str) {
        if self.has_misspelt(key) {
            return;
        }
        let problem = match self.name {
            "" => Problem::of_file(Weight::Error, format!("[[{key}]] is missing")),
            name => Problem::error(self.at(), format!("{key} is missing {}", title(name))),
        };
        self.notes.missing(problem.remedy(remedy));
    }

    /// Notes that one of these keys must be there, unless a misspelt key stands for one.
    pub(super) fn is_missing_all(&self, keys: &[&str], remedy: &str) {
        if !keys.iter().any(|key| self.has_misspelt(key)) {
            let reason = format!("neither {} {}", keys.join(" nor "), title(self.name));
            self.notes.missing(Problem::error(self.at(), reason).remedy(remedy));
        }
    }

    fn has_misspelt(&self, key: &str) -> bool {
        let known = known_keys(self.name);
        let mut unknown =
            self.entries.into_iter().flat_map(DeTable::keys).map(|name| name.get_ref().as_ref());
        unknown.any(|name| !known.contains(&name) && nearest(name, known.iter().copied()) == Some(key))
    }

    /// The table under `key`; `name` is its path in [`KEYS`].
    pub(super) fn table(&self, key: &'static str, name: &'static str) -> Self {
        let absent = Self { notes: self.notes, name, entries: None, at: self.at() };
        let Some(value) = self.value(key) else { return absent };
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a table", &format!("write a line [{name}] and its keys below it"));
            return absent;
        };
        let table = Self { entries: Some(entries), at: value.span(), ..absent };
        table.check_keys();
        table
    }

    /// Every table under `key`, in the order of the file; `name` is their path in [`KEYS`].
    pub(super) fn tables(&self, key: &'static str, name: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let remedy = format!("write a line [[{name}]], with two brackets, and its keys below it");
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a list of tables", &remedy);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in entries.iter().take(self.entries_max(key, value, entries.len())) {
            let DeValue::Table(entries) = value.get_ref() else {
                self.wrong_type(key, value, "a table", &remedy);
                continue;
            };
            let table = Self { notes: self.notes, name, entries: Some(entries), at: value.span() };
            table.check_keys();
            tables.push(table);
        }
        tables
    }

    /// Texts under keys that the operator chooses, such as languages.
    pub(super) fn free_texts(&self, key: &'static str) -> Option<Vec<(&'d str, &'d str)>> {
        let value = self.value(key)?;
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a table", &format!("write {key} = {{ en = \"…\", nb = \"…\" }}"));
            return None;
        };
        let texts =
            entries.iter().map(|(name, value)| Some((name.get_ref().as_ref(), self.as_text(key, value)?)));
        texts.collect::<Vec<_>>().into_iter().collect()
    }

    /// The value under `key`, whose keys the operator chooses.
    pub(super) fn free(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.value(key)
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: &'static str) -> Option<Spanned<&'d str>> {
        let value = self.value(key)?;
        self.as_text(key, value).map(|text| Spanned::new(value.span(), text))
    }

    /// The text under `key`, as `parse` understands it.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<Spanned<T>> {
        let text = self.text(key)?;
        match parse(text.get_ref()) {
            Ok(parsed) => Some(Spanned::new(text.span(), parsed)),
            Err(fault) => {
                self.notes.add(fault.at(text.span()));
                None
            }
        }
    }

    /// As [`Self::parsed`]; it is noted when the key is missing.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        remedy: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<Spanned<T>> {
        if self.value(key).is_none() {
            self.is_missing(key, remedy);
        }
        self.parsed(key, parse)
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<Spanned<T>> {
        self.parsed(key, |text| {
            let found = choices.iter().find(|(word, _)| *word == text);
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            found
                .map(|(_, value)| *value)
                .ok_or_else(|| Fault::unknown(key, text, &format!("{key} is one of"), &words))
        })
    }

    /// The list under `key`, each entry as `parse` understands it. Faulty entries are noted and left out.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Spanned<Vec<Spanned<T>>>> {
        let value = self.value(key)?;
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a list of texts", &format!("write {key} = [\"…\"]"));
            return None;
        };
        let mut list = Vec::new();
        for entry in entries.iter().take(self.entries_max(key, value, entries.len())) {
            let Some(text) = self.as_text(key, entry) else { continue };
            match parse(text) {
                Ok(parsed) => list.push(Spanned::new(entry.span(), parsed)),
                Err(fault) => self.notes.add(fault.at(entry.span())),
            }
        }
        Some(Spanned::new(value.span(), list))
    }

    /// The list under `key` whose entries are texts or tables; `name` is the tables' path in [`KEYS`].
    pub(super) fn mixed_list(&self, key: &'static str, name: &'static str) -> Vec<Entry<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a list", &format!("write {key} = [\"…\"]"));
            return Vec::new();
        };
        let mut list = Vec::new();
        for value in entries.iter().take(self.entries_max(key, value, entries.len())) {
            if let DeValue::Table(entries) = value.get_ref() {
                let table = Self { notes: self.notes, name, entries: Some(entries), at: value.span() };
                table.check_keys();
                list.push(Entry::Table(table));
            } else if let Some(text) = self.as_text(key, value) {
                list.push(Entry::Text(Spanned::new(value.span(), text)));
            }
        }
        list
    }

    /// The whole number under `key`; `remedy` says where the bounds come from.
    pub(super) fn whole(
        &self,
        key: &'static str,
        bounds: RangeInclusive<u32>,
        remedy: &str,
    ) -> Option<Spanned<u32>> {
        let value = self.value(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number", remedy);
            return None;
        };
        let parsed = i128::from_str_radix(number.as_str(), number.radix()).ok();
        let number =
            parsed.and_then(|number| u32::try_from(number).ok()).filter(|number| bounds.contains(number));
        if number.is_none() {
            let reason = format!("{key} must be between {} and {}", bounds.start(), bounds.end());
            self.notes.add(Problem::error(value.span(), reason).remedy(remedy));
        }
        number.map(|number| Spanned::new(value.span(), number))
    }

    /// `true` or `false` under `key`.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.wrong_type(key, value, "true or false", &format!("write {key} = true, without quotes"));
            return None;
        };
        Some(*flag)
    }

    pub(super) fn as_text(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Option<&'d str> {
        let DeValue::String(text) = value.get_ref() else {
            let remedy = match value.get_ref() {
                DeValue::Array(_) | DeValue::Table(_) => "write one text in quotes",
                _ => "put it in quotes",
            };
            self.wrong_type(key, value, "a text", remedy);
            return None;
        };
        if text.chars().any(char::is_control) {
            let reason = format!("{key} has a control character");
            self.notes.add(Problem::error(value.span(), reason).remedy("write it on one line, without tabs"));
            return None;
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            let reason = format!("{key} is too long");
            let remedy = format!("a text has at most {TEXT_CHARS_MAX} characters");
            self.notes.add(Problem::error(value.span(), reason).remedy(remedy));
            return None;
        }
        Some(text)
    }

    pub(super) fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, remedy: &str) {
        let reason = format!("{key} must be {wanted}, not {}", type_name(value.get_ref()));
        self.notes.add(Problem::error(value.span(), reason).remedy(remedy));
    }

    /// How many of `length` entries are read.
    fn entries_max(&self, key: &str, value: &Spanned<DeValue<'_>>, length: usize) -> usize {
        if length > LIST_ENTRIES_MAX {
            let reason = format!("{key} has {length} entries; {LIST_ENTRIES_MAX} are the most");
            self.notes.add(Problem::error(value.span(), reason).remedy("write fewer, or wider ones"));
        }
        LIST_ENTRIES_MAX
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
