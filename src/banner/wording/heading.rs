//! The question (rule R15): whoever answers it with yes or no says so of cookies, and of nothing else. A list of what must not
//! be asked would never be whole, so there is one of the words that may be.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::phrases::{taken, words};
use super::{Refused, Wording};

/// The question that both answers are given to.
pub(super) const HEADING: &str = "banner.heading";

/// The words of one language in `config/heading.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    /// What cookies are called.
    cookies: Vec<String>,
    /// What else it may be asked with, beside the words of the program's own question.
    also: Vec<String>,
}

/// What is wrong with a text when it is the question.
pub(super) fn refused(language: &str, name: &str, text: &str, built_in: &Wording) -> Option<Refused> {
    if name != HEADING {
        return None;
    }
    let lists = lists();
    let list = lists.get(language);
    let (cookies, also) = list.map_or((&[][..], &[][..]), |list| (&list.cookies, &list.also));
    let (text, own) = (words(text), words(built_in.get(HEADING).map_or("", String::as_str)));
    if !(0..text.len()).any(|at| stands(cookies, &text[at..]) > 0) {
        let list: Vec<_> = cookies.iter().map(|word| format!("\"{word}\"")).collect();
        let remedy = format!("it needs a word of \"{language}\" in config/heading.toml: {}", list.join(", "));
        return Some(Refused::new(format!("R15: the text {HEADING} does not ask about cookies"), remedy));
    }
    let mut at = 0;
    while at < text.len() {
        let known = stands(cookies, &text[at..]).max(stands(also, &text[at..]));
        let known = known.max(usize::from(own.contains(&text[at])));
        if known == 0 {
            let reason = format!("R15: the text {HEADING} may ask something else: \"{}\"", text[at]);
            let remedy =
                "the question has the words of config/heading.toml and of the program's own, no others";
            return Some(Refused::new(reason, remedy));
        }
        at += known;
    }
    None
}

/// How many words the longest wording takes that a text begins with; 0 when there is none.
fn stands(wordings: &[String], text: &[String]) -> usize {
    wordings.iter().filter_map(|wording| taken(wording, text)).max().unwrap_or(0)
}

fn lists() -> BTreeMap<String, Words> {
    toml::from_str(include_str!("../../../config/heading.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::pressing;
    use super::*;
    use crate::banner::{LANGUAGES, built_in_texts};

    fn told(language: &str, text: &str) -> Option<String> {
        refused(language, HEADING, text, &built_in_texts(language)).map(|refused| refused.reason)
    }

    #[test]
    fn r15_every_question_of_ours_is_one_about_cookies() {
        for language in LANGUAGES {
            assert_eq!(told(language, &built_in_texts(language)[HEADING]), None, "{language}");
        }
        assert_eq!(lists().len(), LANGUAGES.len());
    }

    #[test]
    fn r15_no_word_of_a_question_says_no_or_presses() {
        let answers: toml::Table = toml::from_str(include_str!("../../../config/answers.toml")).unwrap();
        for (language, list) in lists() {
            for word in list.cookies.iter().chain(&list.also) {
                assert!(!word.contains(['*', '#']), "{language}: an ending of \"{word}\" may say without");
                let mut no = answers[&language]["no"].as_array().unwrap().iter().filter_map(|no| no.as_str());
                assert!(!no.any(|no| taken(no, &words(word)).is_some()), "{language}: {word}");
                assert_eq!(pressing(&language, word), None, "{language}: {word}");
            }
        }
    }

    #[test]
    fn r15_a_question_that_is_turned_round_or_another_one_is_refused() {
        for (language, text) in [
            ("en", "Do you want to stop using cookies?"),
            ("en", "Shall we stop all tracking?"),
            ("en", "May we switch off tracking?"),
            ("en", "Are you over 18?"),
            ("en", "Confirm your age to enter"),
            ("en", "Continue to the shop?"),
            ("en", "Shall we remember your cart?"),
            ("en", "May we use cookies to keep your order safe?"),
            ("en", "We need your cookies"),
            ("en", "Is it wrong if we use cookies?"),
            ("en", "May we use no cookies?"),
            ("en", "May we use only our cookies?"),
            ("en", "May we use cookies for statistics?"),
            ("en", "Cookieless?"),
            ("en", "Cookies: do you mind?"),
            ("en", ""),
            ("nb", "Skal vi slutte å bruke informasjonskapsler?"),
            ("nb", "Kan vi la være å bruke cookies?"),
            ("nb", "Kan vi bruke cookies mot svindel?"),
            ("nb", "Er du over 18?"),
            ("nn", "Kan vi slutte med informasjonskapslar?"),
            ("sv", "Får vi stänga av kakor?"),
            ("da", "Må vi slå cookies fra?"),
            ("de", "Dürfen wir Cookies abschalten?"),
            ("de", "Dürfen wir keine Cookies verwenden?"),
            ("nl", "Mogen we cookies uitzetten?"),
            ("fr", "Pouvons-nous bloquer les cookies ?"),
            ("es", "¿Podemos dejar de usar cookies?"),
            ("it", "Possiamo non usare i cookie?"),
            ("pl", "Czy możemy nie używać plików cookie?"),
            ("fi", "Saammeko käyttää tätä sivustoa evästeittä?"),
            ("et", "Kas tohime küpsisteta?"),
            ("hu", "Sütik nélkül?"),
            ("se", "Beassat go heaitit diehtočoahkuid?"),
            ("ga", "An féidir linn fianáin a stopadh?"),
        ] {
            let told = told(language, text).unwrap_or_default();
            assert!(told.starts_with("R15: "), "{language} {text}: {told}");
        }
    }

    #[test]
    fn r15_a_plain_question_in_other_words_is_taken() {
        for (language, text) in [
            ("en", "Cookies?"),
            ("en", "Can this site use cookies?"),
            ("en", "Is it OK if we set cookies here?"),
            ("nb", "Er det greit at vi bruker cookies i butikken?"),
            ("nn", "Får vi lagre informasjonskapslar?"),
            ("se", "Cookies?"),
            ("sv", "Är det okej att vi använder cookies?"),
            ("da", "Er det okay, hvis vi bruger cookies på hjemmesiden?"),
            ("de", "Ist es in Ordnung, wenn wir Cookies verwenden?"),
            ("fr", "Est-ce que nous pouvons utiliser des cookies sur ce site ?"),
            ("es", "¿Está bien si usamos cookies en esta tienda?"),
            ("el", "ΜΠΟΡΟΥΜΕ ΝΑ ΧΡΗΣΙΜΟΠΟΙΗΣΟΥΜΕ COOKIES;"),
            ("fi", "Voimmeko tallentaa evästeitä?"),
            ("hu", "Használhatunk cookie-kat?"),
        ] {
            assert_eq!(told(language, text), None, "{language}: {text}");
        }
    }
}
