//! What an answer says: a refusal says no and not yes, an agreement yes and not no (rules R10 and R12), and neither says
//! anything of whoever gives it (rule R14).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;

use super::phrases::{first_in, taken, words};
use super::{ANSWERS, Refused, Wording};

/// Most words of a list that a remedy names.
const WORDS_TOLD: usize = 4;
/// The language whose words count against an answer in every language.
const EVERYWHERE: &str = "en";

/// The words of one language in `config/answers.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    no: Vec<String>,
    yes: Vec<String>,
    /// What else an answer may be written with.
    also: Vec<String>,
}

/// Which way a wording points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    No,
    Yes,
}

impl Says {
    const fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
        }
    }

    /// A refusal that is none takes the way to say no (R10); the other is no longer its equal (R12).
    const fn rule(self) -> &'static str {
        match self {
            Self::No => "R10",
            Self::Yes => "R12",
        }
    }
}

/// A wording that was found in an answer.
struct Said {
    says: Says,
    /// The words as they stand, in small letters.
    words: String,
    /// It is of the answer's own language.
    is_own: bool,
    /// Which words of the text they are.
    place: Range<usize>,
}

/// What is wrong with a text when it is an answer.
pub(super) fn refused(language: &str, name: &str, text: &str, built_in: &Wording) -> Option<Refused> {
    let meant = match ANSWERS.iter().find(|pair| pair.contains(&name)) {
        Some([no, _]) if *no == name => Says::No,
        Some(_) => Says::Yes,
        None => return None,
    };
    let (rule, word) = (meant.rule(), meant.word());
    let lists = lists();
    let said = said(&lists, language, text);
    if let Some(opposite) = said.iter().find(|said| said.says != meant) {
        let reason = format!("{rule}: the text {name} says {}: \"{}\"", opposite.says.word(), opposite.words);
        return Some(Refused::new(reason, format!("this button says {word}; write only that")));
    }
    if said.iter().any(|said| said.is_own) {
        let added = added(&lists, language, text, &said, built_in)?;
        let reason = format!("R14: the text {name} says more than {word}: \"{added}\"");
        let remedy =
            "an answer has the words of config/answers.toml and of the program's own answers, no others";
        return Some(Refused::new(reason, remedy));
    }
    let list = lists.get(language).map_or(&[][..], |words| match meant {
        Says::No => &words.no,
        Says::Yes => &words.yes,
    });
    let list: Vec<_> = list.iter().take(WORDS_TOLD).map(|word| format!("\"{word}\"")).collect();
    let remedy = format!("it needs a word of \"{language}\" in config/answers.toml: {} …", list.join(", "));
    Some(Refused::new(format!("{rule}: the text {name} does not say {word}"), remedy))
}

/// A verb by which an answer is given, or a wording of several words, that a text has anywhere: short words such as "no" are in
/// many names.
pub(super) fn call(language: &str, text: &str) -> Option<String> {
    let (lists, text) = (lists(), words(text));
    let lists = [language, EVERYWHERE].into_iter().filter_map(|language| lists.get(language));
    let mut calls =
        lists.flat_map(|list| list.yes.iter().chain(&list.no)).filter(|it| it.contains(['*', ' ']));
    calls.find(|it| first_in([*it], &text).is_some()).cloned()
}

/// The first word of an answer that is neither of a wording found in it nor among those that any answer may have.
fn added(
    lists: &BTreeMap<String, Words>,
    language: &str,
    text: &str,
    said: &[Said],
    built_in: &Wording,
) -> Option<String> {
    let own = ANSWERS.iter().flatten().filter_map(|name| built_in.get(*name));
    let own: BTreeSet<String> = own.flat_map(|text| words(text)).collect();
    let also = [language, EVERYWHERE].into_iter().filter_map(|language| lists.get(language));
    let also: Vec<&String> = also.flat_map(|words| &words.also).collect();
    let text = words(text);
    let is_known = |at: usize| {
        said.iter().any(|said| said.place.contains(&at))
            || own.contains(&text[at])
            || also.iter().any(|wording| {
                // A wording of several words may stand around this one.
                (0..=at).any(|start| taken(wording, &text[start..]).is_some_and(|count| at < start + count))
            })
    };
    (0..text.len()).find(|at| !is_known(*at)).map(|at| text[at].clone())
}

fn lists() -> BTreeMap<String, Words> {
    toml::from_str(include_str!("../../../config/answers.toml")).unwrap_or_default()
}

/// The wordings of a text, from its beginning; of those that begin at the same word the longest.
fn said(lists: &BTreeMap<String, Words>, language: &str, text: &str) -> Vec<Said> {
    let text = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let mut longest = (0, None);
        for (of, is_own) in [(language, true), (EVERYWHERE, language == EVERYWHERE)] {
            let Some(lists) = lists.get(of) else { continue };
            for (list, says) in [(&lists.no, Says::No), (&lists.yes, Says::Yes)] {
                let words = list.iter().filter_map(|wording| taken(wording, &text[at..])).max();
                if let Some(words) = words.filter(|words| *words > longest.0) {
                    longest = (words, Some((says, is_own)));
                }
            }
        }
        let (words, which) = longest;
        found.extend(which.map(|(says, is_own)| Said {
            says,
            words: text[at..at + words].join(" "),
            is_own,
            place: at..at + words,
        }));
        at += words.max(1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::{LANGUAGES, built_in_texts};

    #[test]
    fn r10_r12_every_answer_of_ours_says_what_it_does() {
        let lists = lists();
        for language in LANGUAGES {
            assert!(
                lists.get(language).is_some_and(|words| words.no.len() > 4 && words.yes.len() > 4),
                "{language}"
            );
            let texts = built_in_texts(language);
            for [no, yes] in ANSWERS {
                for (name, opposite) in [(no, yes), (yes, no)] {
                    assert_eq!(refused(language, name, &texts[name], &texts), None, "{language}");
                    assert!(
                        refused(language, name, &texts[opposite], &texts).is_some(),
                        "{language} {name}: swapped"
                    );
                }
            }
        }
        assert_eq!(lists.len(), LANGUAGES.len());
    }

    #[test]
    fn r10_a_refusal_says_no_and_nothing_else() {
        for (language, text) in [
            ("en", "Yes, that's OK"),
            ("en", "Yes, that's fine"),
            ("en", "Accept"),
            ("en", "Settings"),
            ("en", "Yes to some"),
            ("en", "No problem"),
            ("en", "I do not reject"),
            ("en", "No, yes"),
            ("en", "Later"),
            ("nb", "Ja, greit"),
            ("nb", "Accept all"),
            ("nb", "Ikke avvis"),
            ("nb", "Innstillinger"),
            ("de", "Nicht ablehnen"),
            ("sv", "Inga problem"),
        ] {
            let told = refused(language, "banner.refuse", text, &built_in_texts(language))
                .map(|refused| refused.reason);
            assert!(
                told.as_ref().is_some_and(|told| told.starts_with("R10: ")),
                "{language} {text}: {told:?}"
            );
        }
        for (language, text) in [
            ("en", "No"),
            ("en", "I don’t accept"),
            ("en", "Only necessary cookies"),
            ("en", "Continue without accepting"),
            ("nb", "Godtar ikke"),
            ("nb", "Kun nødvendige"),
            ("de", "Ich stimme nicht zu"),
            ("fr", "Continuer sans accepter"),
            ("es", "No acepto"),
            ("el", "ΟΧΙ"),
        ] {
            assert_eq!(
                refused(language, "banner.refuse", text, &built_in_texts(language)),
                None,
                "{language}: {text}"
            );
        }
    }

    #[test]
    fn r12_an_agreement_says_yes_and_nothing_else() {
        for (language, text) in [
            ("en", "No thanks"),
            ("en", "No, thanks"),
            ("en", "Settings"),
            ("en", "Accept only necessary"),
            ("nb", "Nei takk"),
            ("nb", "Lukk"),
        ] {
            let told = refused(language, "consent.accept_all", text, &built_in_texts(language))
                .map(|refused| refused.reason);
            assert!(
                told.as_ref().is_some_and(|told| told.starts_with("R12: ")),
                "{language} {text}: {told:?}"
            );
        }
        for (language, text) in [("en", "OK"), ("nb", "Godta"), ("da", "Tillad alle"), ("pl", "Zgadzam się")]
        {
            assert_eq!(
                refused(language, "consent.accept_all", text, &built_in_texts(language)),
                None,
                "{language}: {text}"
            );
        }
    }

    #[test]
    fn r14_an_answer_says_nothing_of_whoever_gives_it() {
        for (language, text) in [
            ("en", "No, I am boring"),
            ("en", "No, break the shop"),
            ("en", "No, limit me"),
            ("en", "No, I dislike good shops"),
            ("en", "No, keep it bad"),
            ("nb", "Nei, jeg er kjedelig"),
            ("de", "Nein, ich bin dumm"),
            ("en", "No, not yet"),
            ("en", "No, we may use all cookies"),
            ("en", "No, ask again"),
            ("en", "No, not all"),
            ("nb", "Nei, ikke ennå"),
            ("nb", "Nei, vi kan bruke cookies"),
            ("de", "Nein, noch nicht"),
            ("fr", "Non, pas encore"),
        ] {
            let told = refused(language, "banner.refuse", text, &built_in_texts(language));
            let told = told.map(|refused| refused.reason).unwrap_or_default();
            assert!(told.starts_with("R14: "), "{language} {text}: {told}");
        }
        for (language, text) in [
            ("en", "No, not now"),
            ("en", "No, only what is necessary"),
            ("nb", "Nei, bare det nødvendige"),
            ("nb", "Nei takk, ikke nå"),
            ("de", "Nein, jetzt nicht"),
            ("ro", "Nu, vă rog"),
            ("fr", "Non, pas maintenant"),
            ("nl", "Nee, nu niet"),
        ] {
            let told = refused(language, "banner.refuse", text, &built_in_texts(language));
            assert_eq!(told, None, "{language}: {text}");
        }
    }
}
