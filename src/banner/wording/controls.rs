//! Links and buttons that are no answer, and texts that tell what is so (rules R03, R05, R10, R15 to R17, R31, R41, R43 and
//! R44): a control is short and does not read like an answer, and what is asked about, what stands and what an answer does
//! are told in the program's own words.

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
const CONTROLS: [&str; 10] = [
    CHOOSE,
    "banner.details",
    "banner.privacy",
    STANDING,
    "consent.back",
    "consent.open",
    "my_data.download",
    "my_data.change",
    "my_data.complain",
    "my_data.everything",
];

/// Texts that tell what is asked about, what stands, or what an answer or a button does, with the rule that they would break
/// if they told otherwise.
const FIXED: [(&str, &str); 35] = [
    ("banner.change", "R15"),
    ("banner.who_alone", "R15"),
    ("banner.who_one", "R15"),
    ("banner.who_many", "R15"),
    ("banner.refused", "R17"),
    ("consent.intro", "R17"),
    ("consent.unanswered", "R17"),
    ("consent.by_signal", "R17"),
    ("consent.changed", "R17"),
    ("consent.refused", "R17"),
    ("consent.granted", "R17"),
    ("consent.lasts", "R33"),
    ("consent.always", "R17"),
    ("consent.companies_none", "R15"),
    ("consent.companies_one", "R15"),
    ("consent.companies_many", "R15"),
    ("consent.single", "R17"),
    ("consent.save", "R17"),
    ("cookies.receives", "R16"),
    ("cookies.access_site", "R16"),
    ("cookies.access_provider", "R16"),
    ("cookies.access_partners", "R16"),
    ("cookies.nothing_stored", "R16"),
    ("cookies.unasked", "R16"),
    ("cookies.none", "R16"),
    ("my_data.receipt", "R41"),
    ("my_data.no_receipt", "R41"),
    ("my_data.said_yes", "R41"),
    ("my_data.said_no", "R41"),
    ("my_data.erase_about", "R41"),
    ("my_data.erase", "R41"),
    ("my_data.withdraw_about", "R31"),
    ("my_data.withdraw", "R31"),
    ("my_data.contact", "R43"),
    ("my_data.contact_email", "R43"),
];
/// All the texts of a group, as their names begin: the categories, what waits for a yes, and how visits are counted.
const FIXED_GROUPS: [(&str, &str); 6] = [
    ("necessary.", "R05"),
    ("preferences.", "R15"),
    ("statistics.", "R15"),
    ("marketing.", "R15"),
    ("placeholder.", "R15"),
    ("counting.", "R44"),
];

/// What the standing link may be called in every language.
const STANDING_WORDS: [&str; 4] = ["cookie", "consent", "privacy", "gdpr"];
/// The texts of a language whose words it may be called by.
const STANDING_LIKE: [&str; 4] = [STANDING, "banner.privacy", "consent.title", "my_data.change"];

/// What is wrong with a text as one that tells what is so.
pub(super) fn rewritten(name: &str) -> Option<Refused> {
    let of_group = FIXED_GROUPS.iter().find(|(group, _)| name.starts_with(group));
    let (_, rule) = FIXED.iter().find(|(fixed, _)| *fixed == name).or(of_group)?;
    let reason = format!("{rule}: the text {name} cannot be written anew");
    Some(Refused::new(
        reason,
        "it says what is asked, what stands or what the program does; leave the key out",
    ))
}

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
    use super::{FIXED, FIXED_GROUPS};

    fn told(language: &str, name: &str, text: &str) -> Option<String> {
        let texts = built_in(language);
        refused_text(language, name, &texts[name], text).map(|refused| refused.reason)
    }

    #[test]
    fn r10_no_control_but_the_answers_reads_like_an_answer() {
        for (language, name, text) in [
            ("en", "consent.back", "No to all"),
            ("en", "banner.details", "Accept all"),
            ("en", "banner.privacy", "No, thanks"),
            ("en", "banner.standing", "Accept all cookies"),
            ("nb", "consent.back", "Avvis alle"),
            ("nb", "consent.open", "Reject all"),
            ("de", "banner.details", "Alles akzeptieren, ja"),
            ("de", "banner.details", "Ja, alle"),
        ] {
            let told = told(language, name, text);
            let is_told = told.as_ref().is_some_and(|told| told.starts_with("R10: "));
            assert_eq!(is_told, text != "Alles akzeptieren, ja", "{language} {name} {text}: {told:?}");
        }
        for (name, text) in
            [("consent.open", "All of them"), ("banner.details", "Details"), ("consent.back", "Go back")]
        {
            assert_eq!(told("en", name, text), None, "{name}: {text}");
        }
    }

    #[test]
    fn what_is_so_is_told_in_the_programs_words() {
        for (name, text, rule) in [
            ("consent.unanswered", "You said yes.", "R17: "),
            ("consent.refused", "You said yes on {date}.", "R17: "),
            ("banner.refused", "You will be sorry.", "R17: "),
            ("banner.who_many", "we ({controller}) and {count} friends", "R15: "),
            ("consent.always", "Off", "R17: "),
            ("my_data.withdraw", "Keep everything", "R31: "),
            ("my_data.erase", "Cancel", "R41: "),
            ("consent.intro", "All of these are on by law.", "R17: "),
            ("consent.lasts", "Your answer stands for {days}, then it is yes.", "R33: "),
            ("consent.save", "Cancel", "R17: "),
            ("placeholder.allow", "Close {tracker}", "R15: "),
            ("placeholder.text", "Film by {tracker}.", "R15: "),
            ("marketing.name", "A shop that works", "R15: "),
            ("marketing.listed", "your cart", "R15: "),
            ("marketing.about", "Protects you from fraud.", "R15: "),
            ("necessary.listed", "everything", "R05: "),
            ("my_data.withdraw_about", "Your orders are cancelled.", "R31: "),
            ("my_data.erase_about", "Erasing closes your account.", "R41: "),
            ("my_data.contact_email", "Write to {email}, it costs 50 euro.", "R43: "),
            ("counting.object", "Count me", "R44: "),
            ("counting.object_no_more", "Do not count me", "R44: "),
        ] {
            let told = told("en", name, text).unwrap_or_default();
            assert!(told.starts_with(rule), "{name}: {told}");
        }
    }

    #[test]
    fn docs_name_every_text_that_cannot_be_written_anew() {
        let (rules, texts) = (include_str!("../../../docs/rules.md"), built_in("en"));
        for (name, _) in FIXED {
            assert!(texts.contains_key(name), "there is no text {name}");
            assert!(rules.contains(&format!("`{name}`")), "{name} is not in docs/rules.md");
        }
        for (group, _) in FIXED_GROUPS {
            assert!(texts.keys().any(|name| name.starts_with(group)), "there is no group {group}");
            let table = group.trim_end_matches('.');
            assert!(rules.contains(&format!("`{table}`")), "{table} is not in docs/rules.md");
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
            ("consent.back", "Back ".repeat(12), "the text "),
            ("banner.heading", format!("Cookies {long}"), "R15: "),
            ("cookies.title", long.clone(), "the text "),
        ] {
            let told = told("en", name, &text).unwrap_or_default();
            assert!(told.starts_with(rule) && told.contains("more than"), "{name}: {told}");
        }
    }
}
