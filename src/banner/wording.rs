//! What an operator may change in the texts: the question, its answers, and what the buttons and links beside them are called.
//! Words are seen, the question is about cookies, a no says no and a yes says yes, both of one weight, no label reads like
//! either, and nobody is urged (rules R10, R12, R14, R15 and R31). All else is told in the program's own words (`fixed`).

mod answers;
mod emphasis;
mod fixed;
mod heading;
mod labels;
mod letters;
mod naming;
mod phrases;

use std::collections::BTreeMap;

pub use fixed::is_open;
pub use letters::is_unseen;
pub use naming::{refused_name, refused_purpose, refused_why};

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

/// Longest question, and longest answer. Unit: characters. The longest of ours have 33 and 31.
const HEADING_CHARS_MAX: usize = 80;
const ANSWER_CHARS_MAX: usize = 40;

/// Texts without which a visitor finds no answer, or not the way back to it, with the rule that asks for each.
const NEEDED: [(&str, &str); 3] =
    [("banner.choose", "R10: "), ("banner.standing", "R31: "), ("banner.heading", "R15: ")];

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
    if text != built_in
        && let Some(refused) = fixed::rewritten(name)
    {
        return Some(refused);
    }
    let rule = rule(name);
    if !letters::is_seen(text) {
        return Some(unseen(name, rule));
    }
    if let Some(refused) = letters::refused(language, name, rule, text) {
        return Some(refused);
    }
    if let Some(hole) = hole(text).filter(|_| text != built_in) {
        let reason = format!("nothing fills in {{{hole}}} in the text {name}");
        return Some(Refused::new(reason, "this text has no word in braces"));
    }
    if text.contains(['!', '\u{ff01}', '\u{a1}']) {
        let reason = format!("R14: the text {name} has an exclamation mark");
        return Some(Refused::new(reason, "say it without: nobody is to be urged"));
    }
    if let Some(pressing) = pressing(language, text) {
        let reason = format!("R14: the text {name} presses the visitor: \"{pressing}\"");
        let remedy = "say what happens, not what is wonderful, and let no and yes weigh the same";
        return Some(Refused::new(reason, remedy));
    }
    if text == built_in {
        return None;
    }
    let texts = self::built_in(language);
    too_long(name, text)
        .or_else(|| labels::refused(language, name, text))
        .or_else(|| heading::refused(language, name, text, &texts))
        .or_else(|| answers::refused(language, name, text, &texts))
}

/// What is wrong with the length of a question or an answer: no and yes have to stay on the screen below it.
fn too_long(name: &str, text: &str) -> Option<Refused> {
    let chars_max = match name {
        heading::HEADING => HEADING_CHARS_MAX,
        _ if is_answer(name) => ANSWER_CHARS_MAX,
        _ => return None,
    };
    if text.chars().count() <= chars_max {
        return None;
    }
    let reason = format!("{}the text {name} has more than {chars_max} characters", rule(name));
    Some(Refused::new(reason, "a few words are enough"))
}

/// The name of the rule that asks for a text, as reasons begin with it; empty where none does.
fn rule(name: &str) -> &'static str {
    if is_answer(name) {
        return "R10: ";
    }
    NEEDED.iter().find(|(needed, _)| *needed == name).map_or("", |(_, rule)| rule)
}

fn is_answer(name: &str) -> bool {
    ANSWERS.iter().flatten().any(|answer| *answer == name)
}

fn unseen(name: &str, rule: &str) -> Refused {
    let remedy = match rule {
        "" => "write something, or leave the key out",
        "R10: " => "an answer that says nothing cannot be given; write it, or leave the key out",
        _ => "a visitor must be told; write it, or leave the key out",
    };
    Refused::new(format!("{rule}the text {name} has no letter that is seen"), remedy)
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
        let lengths = [refusing, agreeing].map(|text| text.chars().count());
        let (short, long) = (lengths[0].min(lengths[1]), lengths[0].max(lengths[1]));
        if long > short * LENGTH_RATIO_MAX {
            let reason = format!("R12: \"{refusing}\" and \"{agreeing}\" are not equal");
            let remedy =
                format!("no and yes are one button twice: neither may be {LENGTH_RATIO_MAX} times as long");
            found.push((at, Refused::new(reason, remedy)));
        } else if let Some(difference) = emphasis::difference(refusing, agreeing) {
            let reason = format!("R12: \"{refusing}\" and \"{agreeing}\" are not equal: {difference}");
            found.push((at, Refused::new(reason, "no and yes are one button twice: write both alike")));
        }
    }
    found
}

/// The first name in braces. Only texts of the program's own have any.
fn hole(text: &str) -> Option<&str> {
    text.split('{').skip(1).find_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// The first wording of `config/pressure.toml` that a text has, in its language or in English.
fn pressing(language: &str, text: &str) -> Option<String> {
    let lists: BTreeMap<String, Vec<String>> =
        toml::from_str(include_str!("../../config/pressure.toml")).ok()?;
    let text = phrases::words(text);
    let of_language = lists.get(language).into_iter().chain(lists.get("en")).flatten();
    phrases::first_in(of_language, &text).map(str::to_owned)
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
                let text = format!("X, {}.", wording.replace('#', "10"));
                assert!(pressing(&language, &text).is_some(), "{language}: {wording}");
            }
        }
    }

    #[test]
    fn r14_worse_offers_and_prices_for_a_no_are_refused() {
        for (language, text) in [
            ("en", "No, I like worse deals"),
            ("en", "No, I pay full price"),
            ("en", "Yes, 10% off"),
            ("en", "No, without discount"),
            ("nb", "Nei, dårligere tilbud"),
            ("nb", "Nei, jeg betaler full pris"),
            ("nn", "Nei, dårlegare tilbod"),
            ("sv", "Nej, sämre erbjudanden"),
            ("da", "Nej, ingen rabat"),
            ("de", "Nein, ich zahle den vollen Preis"),
            ("nb", "No, I like worse deals"),
        ] {
            let told = refused(language, "banner.refuse", "", text).map(|refused| refused.reason);
            assert!(
                told.as_ref().is_some_and(|told| told.starts_with("R14: ")),
                "{language} {text}: {told:?}"
            );
        }
        assert_eq!(pressing("en", "Switch on what you agree to. Everything else is off."), None);
    }

    #[test]
    fn r14_fear_and_what_a_no_would_cost_are_refused() {
        for (language, text) in [
            ("en", "Nobody is tracked."),
            ("en", "You cannot check out without them."),
            ("en", "Prices go up if you refuse."),
            ("en", "Say no only if you have something to hide."),
            ("nb", "Ingen blir sporet."),
            ("nb", "Du kan ikke betale uten dem."),
            ("nb", "Prisene går opp hvis du sier nei."),
            ("sv", "Säg nej bara om du har något att dölja."),
            ("de", "Sie können ohne sie nicht bestellen."),
            ("fr", "Les prix augmentent si vous refusez."),
            ("fi", "Sano ei vain, jos sinulla on jotain salattavaa."),
            ("nn", "You cannot check out without them."),
        ] {
            let told = refused_name(language, &format!("Shop AS: {text}"));
            let told = told.map(|refused| refused.reason).unwrap_or_default();
            assert!(told.starts_with("R14: "), "{language} {text}: {told}");
        }
    }

    #[test]
    fn r10_r15_the_question_and_its_answers_are_short() {
        for (name, text, rule) in [
            ("banner.refuse", format!("No{}", ", no".repeat(12)), "R10: "),
            ("banner.heading", "Cookies? ".repeat(12), "R15: "),
        ] {
            let told = refused("en", name, "", &text).map(|refused| refused.reason).unwrap_or_default();
            assert!(told.starts_with(rule) && told.contains("more than"), "{name}: {told}");
        }
    }

    #[test]
    fn r15_no_text_that_is_open_has_anything_to_fill_in() {
        for language in LANGUAGES {
            for (name, text) in built_in(language).iter().filter(|(name, _)| is_open(name)) {
                assert_eq!(hole(text), None, "{language}: {name}");
            }
        }
    }
}
