//! `[site.texts]`: what an operator wrote anew, a table a language, laid out as `config/texts/<language>.toml` is.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::file::{Fault, Table};
use super::super::report::{Problem, nearest};
use super::value;
use crate::banner::{
    Refused, Wording, built_in_texts, is_open_text, is_unseen, refused_text, unequal_answers,
};

/// The texts of each language that were written anew, without those that are refused.
pub(super) fn texts(site: &Table<'_>, languages: &[String]) -> BTreeMap<String, Wording> {
    const REMEDY: &str = "write a line such as [site.texts.nb.banner] and texts below it";
    let mut all = BTreeMap::new();
    let Some(value) = site.free("texts") else { return all };
    let DeValue::Table(tables) = value.get_ref() else {
        site.wrong_type("texts", value, "a table", REMEDY);
        return all;
    };
    for (name, value) in tables {
        let language: &str = name.get_ref();
        if !languages.iter().any(|known| known == language) {
            let reason = format!("texts in \"{}\", which the site does not speak", language.escape_debug());
            let remedy = format!("languages of this site are: {}", languages.join(", "));
            site.notes().add(Problem::error(name.span(), reason).remedy(remedy));
            continue;
        }
        let DeValue::Table(table) = value.get_ref() else {
            site.wrong_type(language, value, "a table", REMEDY);
            continue;
        };
        all.insert(
            language.to_owned(),
            Reading { site, language, built_in: built_in_texts(language) }.read(table),
        );
    }
    all
}

/// One language in the reading.
struct Reading<'a> {
    site: &'a Table<'a>,
    language: &'a str,
    built_in: Wording,
}

impl Reading<'_> {
    fn read(&self, table: &DeTable<'_>) -> Wording {
        let mut wording = Wording::new();
        let mut places = BTreeMap::new();
        for (name, value) in table {
            let group: &str = name.get_ref();
            let DeValue::Table(texts) = value.get_ref() else {
                self.take(group.to_owned(), name, value, &mut wording);
                places.insert(group.to_owned(), value.span());
                continue;
            };
            for (key, value) in texts {
                let full = format!("{group}.{}", key.get_ref());
                places.insert(full.clone(), value.span());
                self.take(full, key, value, &mut wording);
            }
        }
        for (name, refused) in unequal_answers(self.language, &wording) {
            let at = places.get(name).cloned().unwrap_or_default();
            self.site.notes().add(problem(at, refused));
        }
        wording
    }

    fn take(
        &self,
        name: String,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        wording: &mut Wording,
    ) {
        let Some(built_in) = self.built_in.get(&name) else {
            return self.unknown(&name, key);
        };
        let DeValue::String(text) = value.get_ref() else {
            return self.site.wrong_type(&name, value, "a text", "write one text in quotes");
        };
        if text.chars().any(char::is_control) {
            let reason = format!("the text {name} has a control character");
            let problem = Problem::error(value.span(), reason).remedy("write it on one line, without tabs");
            return self.site.notes().add(problem);
        }
        if text.chars().count() > super::super::file::TEXT_CHARS_MAX {
            let remedy = format!("a text has at most {} characters", super::super::file::TEXT_CHARS_MAX);
            let problem = Problem::error(value.span(), format!("the text {name} is too long")).remedy(remedy);
            return self.site.notes().add(problem);
        }
        match refused_text(self.language, &name, built_in, text) {
            Some(refused) => self.site.notes().add(problem(value.span(), refused)),
            None if text == built_in => {}
            None => drop(wording.insert(name, text.as_ref().to_owned())),
        }
    }

    /// No text of this name: says which can be written beside it.
    fn unknown(&self, name: &str, key: &Spanned<std::borrow::Cow<'_, str>>) {
        let open = || self.built_in.keys().map(String::as_str).filter(|known| is_open_text(known));
        let near = nearest(name, open());
        let group = name.split_once('.').map_or("", |(group, _)| group);
        let parts = || open().filter_map(|known| known.split_once('.'));
        let beside: Vec<&str> = parts().filter(|(of, _)| *of == group).map(|(_, key)| key).collect();
        let remedy = if beside.is_empty() {
            let mut groups: Vec<&str> = parts().map(|(of, _)| of).collect();
            groups.dedup();
            format!("tables with texts that can be written anew are: {}", groups.join(", "))
        } else {
            format!("texts of {group} that can be written anew are: {}", beside.join(", "))
        };
        let hint = near.map(|near| format!("did you mean \"{near}\"?")).unwrap_or_default();
        let reason = format!("unknown text \"{}\"", name.escape_debug());
        self.site.notes().add(Problem::error(key.span(), reason).hint(hint).remedy(remedy));
    }
}

fn problem(at: std::ops::Range<usize>, Refused { reason, remedy }: Refused) -> Problem {
    Problem::error(at, reason).remedy(remedy)
}

/// A name or an address that visitors read: something stands there, and it is read in the order in which it is written.
pub(super) fn shown(text: &str) -> Result<String, Fault> {
    let text = value::filled(text)?;
    let Some(letter) = text.chars().find(|letter| letter.is_control() || is_unseen(*letter)) else {
        return Ok(text);
    };
    let reason = format!("U+{:04X} stands there, which nobody sees", u32::from(letter));
    Err(Fault::new(reason, "leave it out: it hides what is written, or turns the order it is read in"))
}
