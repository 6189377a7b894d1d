//! What an operator may change in the texts, and what a visitor must still be told: the same holes, an answer of each
//! kind, both about as long, and nobody urged (rules R10, R12, R14 and R15).

use std::collections::{BTreeMap, BTreeSet};

use super::texts::flat;

/// Texts an operator wrote anew in one language: the name of each, such as `banner.heading`, and what it says.
pub type Wording = BTreeMap<String, String>;

/// The answers that must be equal, a pair a layer: no, then yes.
const ANSWERS: [[&str; 2]; 3] = [
    ["banner.refuse", "banner.accept"],
    ["banner.refuse_all", "banner.accept_all"],
    ["consent.refuse_all", "consent.accept_all"],
];

/// Of two answers the longer may be this many times as long as the shorter.
const LENGTH_RATIO_MAX: usize = 2;

/// Texts that the program reads and people do not.
const NOT_WORDS: [&str; 3] = ["language", "direction", "date"];

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong, with the name of the rule where there is one.
    pub reason: String,
    /// What to write instead.
    pub remedy: String,
}

impl Refused {
    fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}

/// The texts of a language that can be written anew, by name; nothing for a language there are no texts in.
pub fn built_in(language: &str) -> Wording {
    let mut texts = flat(language);
    texts.retain(|name, _| !NOT_WORDS.contains(&name.as_str()));
    texts
}

/// What is wrong with one text in a language, beside what stands there without it.
pub fn refused(language: &str, name: &str, built_in: &str, text: &str) -> Option<Refused> {
    if text.trim().is_empty() {
        return Some(empty(name));
    }
    let (given, needed) = (holes(text), holes(built_in));
    if let Some(lost) = needed.difference(&given).next() {
        let rule = if name == "banner.lead" { "R15: " } else { "" };
        let reason = format!("{rule}the text {name} has lost {{{lost}}}");
        let list: Vec<String> = needed.iter().map(|hole| format!("{{{hole}}}")).collect();
        return Some(Refused::new(
            reason,
            format!("it is filled in by the program; it needs {}", list.join(", ")),
        ));
    }
    if let Some(added) = given.difference(&needed).next() {
        let reason = format!("nothing fills in {{{added}}} in the text {name}");
        let list: Vec<String> = needed.iter().map(|hole| format!("{{{hole}}}")).collect();
        let remedy = match list.as_slice() {
            [] => "this text has no word in braces".to_owned(),
            list => format!("what can stand in it: {}", list.join(", ")),
        };
        return Some(Refused::new(reason, remedy));
    }
    if text.contains(['!', '\u{ff01}', '\u{a1}']) {
        let reason = format!("R14: the text {name} has an exclamation mark");
        return Some(Refused::new(reason, "say it without: nobody is to be urged"));
    }
    let pressing = pressing(language, text)?;
    let reason = format!("R14: the text {name} presses the visitor: \"{pressing}\"");
    Some(Refused::new(reason, "say what happens, not what is wonderful, and let no and yes weigh the same"))
}

fn empty(name: &str) -> Refused {
    let rule = if ANSWERS.iter().flatten().any(|answer| *answer == name) { "R10: " } else { "" };
    let remedy = match rule {
        "" => "write something, or leave the key out",
        _ => "an answer that says nothing cannot be given; write it, or leave the key out",
    };
    Refused::new(format!("{rule}the text {name} is empty"), remedy)
}

/// What is wrong with the answers of one language when these texts are written anew: the name of one of them, and why.
pub fn unequal(language: &str, wording: &Wording) -> Vec<(&'static str, Refused)> {
    let built_in = built_in(language);
    let said = |name: &str| wording.get(name).or(built_in.get(name)).map_or("", |text| text.trim());
    let mut found = Vec::new();
    for [no, yes] in ANSWERS {
        // What was written is what is told of; with both, the second.
        let Some(at) = [yes, no].into_iter().find(|name| wording.contains_key(*name)) else { continue };
        let (refusing, agreeing) = (said(no), said(yes));
        if refusing.is_empty() || agreeing.is_empty() {
            continue;
        }
        let lengths = [refusing, agreeing].map(|text| text.chars().count());
        let (short, long) = (lengths[0].min(lengths[1]), lengths[0].max(lengths[1]));
        if refusing.to_lowercase() == agreeing.to_lowercase() {
            let reason = format!("R12: {no} and {yes} say the same: \"{agreeing}\"");
            found.push((at, Refused::new(reason, "write what each of them does")));
        } else if long > short * LENGTH_RATIO_MAX {
            let reason = format!("R12: \"{refusing}\" and \"{agreeing}\" are not equal");
            let remedy =
                format!("no and yes are one button twice: neither may be {LENGTH_RATIO_MAX} times as long");
            found.push((at, Refused::new(reason, remedy)));
        }
    }
    found
}

/// The names in braces.
fn holes(text: &str) -> BTreeSet<&str> {
    let pieces = text.split('{').skip(1);
    pieces.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The first wording of `config/pressure.toml` that a text has, in its language or in English.
fn pressing(language: &str, text: &str) -> Option<String> {
    let lists: BTreeMap<String, Vec<String>> =
        toml::from_str(include_str!("../../config/pressure.toml")).ok()?;
    let text = words(text);
    let of_language = lists.get(language).into_iter().chain(lists.get("en")).flatten();
    of_language.into_iter().find(|wording| text.contains(&words(wording))).cloned()
}

/// A text in lower case, its words between single blanks, and a blank at each end.
fn words(text: &str) -> String {
    let mut out = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        out.extend(word.chars().flat_map(char::to_lowercase));
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::LANGUAGES;

    #[test]
    fn r14_no_text_of_ours_presses_anybody() {
        for language in LANGUAGES {
            for (name, text) in built_in(language) {
                assert_eq!(refused(language, &name, &text, &text), None, "{language}");
            }
            assert_eq!(unequal(language, &built_in(language)), [], "{language}");
        }
    }

    #[test]
    fn r14_every_language_has_a_list_of_what_presses() {
        let lists: BTreeMap<String, Vec<String>> =
            toml::from_str(include_str!("../../config/pressure.toml")).unwrap();
        for language in LANGUAGES {
            assert!(lists.get(language).is_some_and(|list| list.len() >= 4), "{language}");
        }
        for (language, list) in lists {
            for wording in list {
                assert!(pressing(&language, &format!("X, {wording}.")).is_some(), "{language}: {wording}");
            }
        }
    }

    #[test]
    fn r14_words_press_as_words_only() {
        assert!(pressing("en", "We VALUE  your privacy").is_some());
        assert_eq!(pressing("en", "We valued your privacy settings"), None);
    }
}
