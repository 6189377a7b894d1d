//! Buttons and links that answer nothing (rules R10 and R31): none of them reads like an answer or like a way past the question,
//! and the one at the foot of each page names what it leads to. A list of what they must not be called would never be whole,
//! so there is one of what they may.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Refused;

/// What they may be called in one language, in `config/labels.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    /// The button to the single switches.
    choose: Vec<String>,
    /// The link to the declaration.
    details: Vec<String>,
    /// The link to the shop's privacy statement.
    privacy: Vec<String>,
    /// The link back to the choice, at the foot of every page.
    standing: Vec<String>,
}

impl Labels {
    /// The labels of a text, and the rule that asks for them; nothing when it is no such button or link.
    fn of(&self, name: &str) -> Option<(&[String], &'static str)> {
        match name {
            "banner.choose" => Some((&self.choose, "R10")),
            "banner.details" => Some((&self.details, "R10")),
            "banner.privacy" => Some((&self.privacy, "R10")),
            "banner.standing" => Some((&self.standing, "R31")),
            _ => None,
        }
    }
}

/// What is wrong with a text as a button or link that answers nothing, when it is not the program's own.
pub(super) fn refused(language: &str, name: &str, text: &str) -> Option<Refused> {
    let labels = lists().remove(language).unwrap_or_default();
    let (labels, rule) = labels.of(name)?;
    if labels.iter().any(|label| label == text) {
        return None;
    }
    let reason = format!("{rule}: the text {name} is none of its labels");
    let labels: Vec<String> = labels.iter().map(|label| format!("\"{label}\"")).collect();
    let remedy = match labels.as_slice() {
        [] => format!("there is none in \"{language}\" but the program's own; leave the key out"),
        labels => format!("write one of config/labels.toml: {}", labels.join(", ")),
    };
    Some(Refused::new(reason, remedy))
}

fn lists() -> BTreeMap<String, Labels> {
    toml::from_str(include_str!("../../../config/labels.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{answers, built_in, refused};
    use super::lists;
    use crate::banner::LANGUAGES;

    /// Longest text of a button or link, so that it stays in one line on a phone. Unit: characters.
    const LABEL_CHARS_MAX: usize = 40;
    const NAMES: [&str; 4] = ["banner.choose", "banner.details", "banner.privacy", "banner.standing"];

    fn told(language: &str, name: &str, text: &str) -> Option<String> {
        let texts = built_in(language);
        refused(language, name, &texts[name], text).map(|refused| refused.reason)
    }

    #[test]
    fn r10_no_label_is_an_answer_and_each_is_short_and_taken() {
        let lists = lists();
        assert_eq!(lists.len(), LANGUAGES.len());
        for language in LANGUAGES {
            let texts = built_in(language);
            for name in NAMES {
                let (labels, _) = lists[language].of(name).unwrap();
                for label in labels.iter().chain([&texts[name]]) {
                    assert_eq!(told(language, name, label), None, "{language}: {label}");
                    assert!(label.chars().count() <= LABEL_CHARS_MAX, "{language}: {label}");
                    for answer in ["banner.refuse", "banner.accept"] {
                        let is_none = answers::refused(language, answer, label, &texts).is_some();
                        assert!(is_none, "{language}: {label} is an answer");
                    }
                }
            }
        }
    }

    #[test]
    fn r10_no_button_or_link_beside_the_answers_reads_like_one_or_like_a_way_past_them() {
        for (language, text) in [
            ("en", "Accept all"),
            ("en", "No thanks"),
            ("en", "No, thanks"),
            ("en", "Only what is needed"),
            ("en", "Skip"),
            ("en", "Close"),
            ("en", "X"),
            ("en", "Continue to the shop"),
            ("en", "Choose nothing"),
            ("en", "SETTINGS"),
            ("nb", "Lukk"),
            ("nb", "Avvis alle"),
            ("nb", "Settings"),
            ("de", "Alles akzeptieren, ja"),
            ("de", "Weiter"),
            ("fr", "Refuser"),
            ("se", "Cookies"),
        ] {
            for name in ["banner.choose", "banner.details", "banner.privacy"] {
                let told = told(language, name, text).unwrap_or_default();
                assert!(told.starts_with("R10: "), "{language} {name} {text}: {told}");
            }
        }
        for (name, text) in [
            ("banner.choose", "Settings"),
            ("banner.details", "Details"),
            ("banner.privacy", "Privacy policy"),
        ] {
            assert_eq!(told("en", name, text), None, "{name}: {text}");
        }
    }

    #[test]
    fn r31_the_standing_link_names_what_it_leads_to() {
        for (language, text) in [
            ("en", "Sitemap"),
            ("en", "More"),
            ("en", "Cookies are the law"),
            ("nb", "Kontakt"),
            ("de", "Impressum"),
        ] {
            let told = told(language, "banner.standing", text).unwrap_or_default();
            assert!(told.starts_with("R31: "), "{language} {text}: {told}");
        }
        for (language, text) in [
            ("en", "Cookie settings"),
            ("en", "Your choices"),
            ("nb", "Personverninnstillinger"),
            ("nb", "Velg cookies"),
            ("de", "Datenschutz-Einstellungen"),
        ] {
            assert_eq!(told(language, "banner.standing", text), None, "{language}: {text}");
        }
    }
}
