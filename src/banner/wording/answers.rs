//! What an answer says: a refusal says no and not yes, an agreement yes and not no (rules R10 and R12).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::phrases::{taken, words};
use super::{ANSWERS, Refused};

/// The button that leads to the single switches.
const CHOOSE: &str = "banner.choose";
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
    /// It is what the answer begins with.
    is_first: bool,
}

/// What is wrong with a text when it is an answer, or leads to one.
pub(super) fn refused(language: &str, name: &str, text: &str) -> Option<Refused> {
    let meant = match ANSWERS.iter().find(|pair| pair.contains(&name)) {
        Some([no, _]) if *no == name => Says::No,
        Some(_) => Says::Yes,
        None if name == CHOOSE => return choosing(language, text),
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
        return None;
    }
    let list = lists.get(language).map_or(&[][..], |words| match meant {
        Says::No => &words.no,
        Says::Yes => &words.yes,
    });
    let list: Vec<_> = list.iter().take(WORDS_TOLD).map(|word| format!("\"{word}\"")).collect();
    let remedy = format!("it needs a word of \"{language}\" in config/answers.toml: {} …", list.join(", "));
    Some(Refused::new(format!("{rule}: the text {name} does not say {word}"), remedy))
}

/// The way to the single switches is no answer, and does not begin like one.
fn choosing(language: &str, text: &str) -> Option<Refused> {
    let said = said(&lists(), language, text).into_iter().find(|said| said.is_first)?;
    let reason = format!("R10: the text {CHOOSE} begins like an answer: \"{}\"", said.words);
    Some(Refused::new(reason, "it opens the single switches and answers nothing; say that"))
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
            is_first: at == 0,
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
                    assert_eq!(refused(language, name, &texts[name]), None, "{language}");
                    assert!(
                        refused(language, name, &texts[opposite]).is_some(),
                        "{language} {name}: swapped"
                    );
                }
            }
            assert_eq!(refused(language, CHOOSE, &texts[CHOOSE]), None, "{language}");
            assert!(refused(language, CHOOSE, &texts["banner.refuse"]).is_some(), "{language}");
        }
        assert_eq!(lists.len(), LANGUAGES.len());
    }

    #[test]
    fn r10_a_refusal_says_no_and_nothing_else() {
        for (language, text) in [
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
            let told = refused(language, "banner.refuse", text).map(|refused| refused.reason);
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
            assert_eq!(refused(language, "banner.refuse", text), None, "{language}: {text}");
        }
    }

    #[test]
    fn r12_an_agreement_says_yes_and_nothing_else() {
        for (language, text) in [
            ("en", "No, thanks"),
            ("en", "Settings"),
            ("en", "Accept only necessary"),
            ("nb", "Nei takk"),
            ("nb", "Lukk"),
        ] {
            let told = refused(language, "consent.accept_all", text).map(|refused| refused.reason);
            assert!(
                told.as_ref().is_some_and(|told| told.starts_with("R12: ")),
                "{language} {text}: {told:?}"
            );
        }
        for (language, text) in [("en", "OK"), ("nb", "Godta"), ("da", "Tillad alle"), ("pl", "Zgadzam się")]
        {
            assert_eq!(refused(language, "consent.accept_all", text), None, "{language}: {text}");
        }
    }
}
