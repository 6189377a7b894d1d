//! Links and buttons that are no answer (rules R10 and R31): each is short and does not read like one.

use super::answers::begins_like;
use super::phrases::words;
use super::{Refused, Wording, rule};

/// Longest text of a link or button. Unit: characters. The longest of ours has 31.
const CONTROL_CHARS_MAX: usize = 40;
/// Longest word of any text. Unit: characters.
const WORD_CHARS_MAX: usize = 60;
/// Two words that begin with so many of the same letters are of one family. Unit: characters.
const STEM_CHARS: usize = 5;

/// The button that leads to the single switches.
const CHOOSE: &str = "banner.choose";
/// The link that leads back to the choice, on every page.
const STANDING: &str = "banner.standing";

/// Links and buttons that answer nothing by themselves.
const CONTROLS: [&str; 4] = [CHOOSE, "banner.details", "banner.privacy", STANDING];

/// What the standing link may be called in every language.
const STANDING_WORDS: [&str; 4] = ["cookie", "consent", "privacy", "gdpr"];
/// The texts of a language whose words it may be called by.
const STANDING_LIKE: [&str; 4] = [STANDING, "banner.privacy", "consent.title", "my_data.change"];

/// What is wrong with the length of a text, or of a word in it.
pub(super) fn too_long(name: &str, text: &str) -> Option<Refused> {
    let rule = rule(name);
    if text.split_whitespace().any(|word| word.chars().count() > WORD_CHARS_MAX) {
        let reason = format!("{rule}the text {name} has a word of more than {WORD_CHARS_MAX} letters");
        return Some(Refused::new(reason, "it would push what stands beside it off the screen"));
    }
    let is_control = CONTROLS.contains(&name) || super::is_answer(name);
    if is_control && text.chars().count() > CONTROL_CHARS_MAX {
        let reason = format!("{rule}the text {name} has more than {CONTROL_CHARS_MAX} characters");
        return Some(Refused::new(reason, "it is a link or a button; a few words are enough"));
    }
    None
}

/// What is wrong with a link or button that is no answer.
pub(super) fn refused(language: &str, name: &str, text: &str, built_in: &Wording) -> Option<Refused> {
    if !CONTROLS.contains(&name) {
        return None;
    }
    if let Some(said) = begins_like(language, text) {
        let reason = format!("R10: the text {name} begins like an answer: \"{said}\"");
        let remedy = match name {
            CHOOSE => "it opens the single switches and answers nothing; say that",
            _ => "it is not the button that gives this answer; say what it does",
        };
        return Some(Refused::new(reason, remedy));
    }
    if name == STANDING && !leads_back(text, built_in) {
        let reason = format!("R31: the text {name} does not say what it leads to: \"{text}\"");
        let own = built_in.get(STANDING).map_or("Cookies", String::as_str);
        let remedy =
            format!("whoever wants to take an answer back looks for \"{own}\", cookies or privacy; name one");
        return Some(Refused::new(reason, remedy));
    }
    None
}

/// Does the standing link name what is chosen there?
fn leads_back(text: &str, built_in: &Wording) -> bool {
    let stem = |word: &String| word.chars().take(STEM_CHARS).collect::<String>();
    let is_telling = |word: &String| word.chars().count() >= STEM_CHARS;
    let like = STANDING_LIKE.iter().filter_map(|name| built_in.get(*name)).flat_map(|text| words(text));
    let stems: Vec<String> = like.filter(is_telling).map(|word| stem(&word)).collect();
    words(text)
        .iter()
        .any(|word| STANDING_WORDS.iter().any(|known| word.starts_with(known)) || stems.contains(&stem(word)))
}

#[cfg(test)]
mod tests {
    use super::super::{built_in, refused as refused_text};

    fn told(language: &str, name: &str, text: &str) -> Option<String> {
        let texts = built_in(language);
        refused_text(language, name, &texts[name], text).map(|refused| refused.reason)
    }

    #[test]
    fn r10_no_control_but_the_answers_reads_like_an_answer() {
        for (language, name, text) in [
            ("en", "banner.details", "Accept all"),
            ("en", "banner.privacy", "No, thanks"),
            ("en", "banner.standing", "Accept all cookies"),
            ("nb", "banner.details", "Avvis alle"),
            ("nb", "banner.privacy", "Reject all"),
            ("de", "banner.details", "Alles akzeptieren, ja"),
            ("de", "banner.details", "Ja, alle"),
        ] {
            let told = told(language, name, text);
            let is_told = told.as_ref().is_some_and(|told| told.starts_with("R10: "));
            assert_eq!(is_told, text != "Alles akzeptieren, ja", "{language} {name} {text}: {told:?}");
        }
        for (name, text) in [("banner.details", "Details"), ("banner.privacy", "Privacy policy")] {
            assert_eq!(told("en", name, text), None, "{name}: {text}");
        }
    }

    #[test]
    fn r31_the_standing_link_names_what_it_leads_to() {
        for (language, text) in [("en", "Sitemap"), ("en", "More"), ("nb", "Kontakt"), ("de", "Impressum")] {
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

    #[test]
    fn controls_are_short_and_so_is_every_word() {
        let long = "x".repeat(300);
        for (name, text, rule) in [
            ("banner.standing", format!("Cookies {}", "and more ".repeat(6)), "R31: "),
            ("banner.refuse", format!("No{}", ", no".repeat(12)), "R10: "),
            ("banner.details", "Details ".repeat(6), "the text "),
            ("banner.heading", format!("Cookies {long}"), "R15: "),
            ("banner.privacy", long.clone(), "the text "),
        ] {
            let told = told("en", name, &text).unwrap_or_default();
            assert!(told.starts_with(rule) && told.contains("more than"), "{name}: {told}");
        }
    }
}
