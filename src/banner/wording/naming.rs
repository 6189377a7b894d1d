//! What names and purposes may not say: what is asked about is not called necessary (rule R05), and nothing added
//! to the name of who asks presses the visitor (rule R14).

use std::collections::BTreeMap;

use super::{Refused, answers, phrases, pressing};

/// The language whose words count everywhere.
const EVERYWHERE: &str = "en";

/// Signs behind which something is added to a name.
const ASIDE: [char; 10] = ['(', '[', '{', ':', ';', '?', '!', '|', '–', '—'];

/// What is wrong with what a tracker is said to be for, in a category that is asked about.
pub fn refused_purpose(language: &str, text: &str) -> Option<Refused> {
    refused(&format!("the purpose in \"{language}\""), language, text)
}

/// What is wrong with what the operator vouches for is said to be for, in a category that is asked about. Nobody says in
/// which language that is, so the words of each of the site's count.
pub fn refused_why(languages: &[String], text: &str) -> Option<Refused> {
    let languages = languages.iter().map(String::as_str).chain([EVERYWHERE]);
    languages.into_iter().find_map(|language| refused("why", language, text))
}

fn refused(what: &str, language: &str, text: &str) -> Option<Refused> {
    if let Some(word) = necessary(language, text) {
        let reason = format!("R05: {what} calls it necessary: \"{word}\"");
        return Some(Refused::new(reason, "visitors are asked about it, so it is not; say what it does"));
    }
    let told = if text.contains('!') { "an exclamation mark".to_owned() } else { pressing(language, text)? };
    let reason = format!("R14: {what} presses the visitor: \"{told}\"");
    Some(Refused::new(reason, "say what it does, not what is wonderful"))
}

/// What is wrong with the name of who asks, where a reader of this language sees it in the question.
///
/// Only what stands behind a bracket or another such sign is read: "Discount AS" is a name, "Shop (recommended)" a call.
pub fn refused_name(language: &str, name: &str) -> Option<Refused> {
    let aside = name.find(ASIDE).or_else(|| name.find(" - "))?;
    let told = pressing(language, &name[aside..]).or_else(|| answers::call(language, &name[aside..]))?;
    let reason = format!("R14: the name presses the visitor: \"{told}\"");
    Some(Refused::new(reason, "write the name as it is registered, and nothing behind it"))
}

/// The first wording of `config/necessary.toml` that a text has, in its language or in English.
fn necessary(language: &str, text: &str) -> Option<String> {
    let lists = lists();
    let text = phrases::words(text);
    let of_language = lists.get(language).into_iter().chain(lists.get(EVERYWHERE)).flatten();
    phrases::first_in(of_language, &text).map(str::to_owned)
}

fn lists() -> BTreeMap<String, Vec<String>> {
    toml::from_str(include_str!("../../../config/necessary.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::banner::{LANGUAGES, built_in_texts};

    #[test]
    fn r05_every_language_knows_what_necessary_is_called() {
        for language in LANGUAGES {
            let texts = built_in_texts(language);
            for name in ["necessary.name", "necessary.listed"] {
                let listed = lists().get(language).cloned().unwrap_or_default();
                let text = phrases::words(&texts[name]);
                assert!(phrases::first_in(&listed, &text).is_some(), "{language}: {}", texts[name]);
            }
        }
        assert_eq!(lists().len(), LANGUAGES.len());
    }

    #[test]
    fn r05_what_is_asked_about_is_not_called_necessary() {
        for (language, text) in [
            ("en", "Necessary"),
            ("en", "security"),
            ("en", "Needed so that the shop works."),
            ("en", "What you ask for needs them."),
            ("nb", "Nødvendig markedsføring"),
            ("nb", "Essential"),
            ("de", "was erforderlich ist"),
        ] {
            let told = refused_purpose(language, text).map(|refused| refused.reason).unwrap_or_default();
            assert!(told.starts_with("R05: "), "{language} {text}: {told}");
        }
        assert_eq!(refused_purpose("en", "Advertising"), None);
    }

    #[test]
    fn r14_nothing_behind_the_name_of_who_asks_presses_anybody() {
        for (language, name) in [
            ("en", "Shop (recommended: accept)"),
            ("en", "Shop: please accept"),
            ("en", "Shop (accept)"),
            ("nb", "Butikken AS: godta alle"),
            ("nb", "Butikken AS (you agree)"),
            ("en", "Shop - are you sure"),
            ("nb", "Butikken AS – anbefalt"),
            ("nb", "Shop [10% off]"),
        ] {
            let told = refused_name(language, name).map(|refused| refused.reason).unwrap_or_default();
            assert!(told.starts_with("R14: "), "{language} {name}: {told}");
        }
        for name in [
            "Discount Dekk AS",
            "Optimal & Sønner, Oslo",
            "Acme (Norge) AS",
            "Acme (NO)",
            "Acme (OK)",
            "Yahoo!",
            "A-Å: Felg",
        ] {
            assert_eq!(refused_name("nb", name), None, "{name}");
        }
    }

    #[test]
    fn r05_why_is_read_in_each_language_of_the_site() {
        let told = |languages: &[&str], text: &str| {
            let languages: Vec<String> = languages.iter().map(|&language| language.into()).collect();
            refused_why(&languages, text).map(|refused| refused.reason)
        };
        assert_eq!(told(&["en"], "nødvendig for siden"), None);
        assert_eq!(
            told(&["en", "nb"], "nødvendig for siden").as_deref(),
            Some("R05: why calls it necessary: \"nødvendig*\"")
        );
        for languages in [&[][..], &["nb"]] {
            assert!(told(languages, "required by law").is_some_and(|told| told.starts_with("R05: ")));
            assert!(
                told(languages, "You cannot pay without it.").is_some_and(|told| told.starts_with("R14: "))
            );
        }
        assert_eq!(told(&["nb", "en"], "shows adverts"), None);
    }

    #[test]
    fn r14_what_a_tracker_is_for_presses_nobody() {
        for text in ["Necessary to use the shop.", "Gives you the best experience.", "Say yes!"] {
            assert!(refused_purpose("en", text).is_some(), "{text}");
        }
        assert_eq!(refused_purpose("en", "Counts page views."), None);
    }
}
