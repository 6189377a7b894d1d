//! What a text is written with: letters that are seen, each in the script of the language.

use super::Refused;

/// Letters that belong to no word of our languages and are not seen, or are read in another order than they stand in.
const UNSEEN: [(char, char); 18] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    // Among them the joiners U+200C and U+200D, which no script here needs.
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Marks that are set above, through or around the letter before them.
const MARKS: [(char, char); 6] = [
    ('\u{300}', '\u{36f}'),
    ('\u{483}', '\u{489}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{fe20}', '\u{fe2f}'),
];

/// The scripts our languages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

impl Script {
    /// The script of a letter; nothing when it is of none of these.
    const fn of(letter: char) -> Option<Self> {
        match letter {
            'A'..='Z' | 'a'..='z' | 'ª' | 'º' | 'À'..='ſ' | 'Ș'..='ț' | 'ẞ' => Some(Self::Latin),
            '\u{370}'..='\u{3ff}' => Some(Self::Greek),
            '\u{400}'..='\u{45f}' => Some(Self::Cyrillic),
            _ => None,
        }
    }

    /// The script of a language, beside Latin, in which names are written everywhere.
    fn own(language: &str) -> Self {
        match language {
            "bg" => Self::Cyrillic,
            "el" => Self::Greek,
            _ => Self::Latin,
        }
    }
}

/// Is there a letter or a digit that a reader sees?
pub(super) fn is_seen(text: &str) -> bool {
    text.chars().any(|letter| letter.is_alphanumeric() && !is_in(&UNSEEN, letter) && !is_in(&MARKS, letter))
}

/// Is this a letter that nobody sees, or one that turns the order in which others are read?
pub fn is_unseen(letter: char) -> bool {
    is_in(&UNSEEN, letter)
}

/// What is wrong with the letters of a text; `rule` is the name of the rule it would hide from, or empty.
pub(super) fn refused(language: &str, name: &str, rule: &str, text: &str) -> Option<Refused> {
    let told = |letter: char| format!("U+{:04X}", u32::from(letter));
    if let Some(letter) = text.chars().find(|letter| is_in(&UNSEEN, *letter)) {
        let reason = format!("{rule}the text {name} has {}, which nobody sees", told(letter));
        return Some(Refused::new(reason, "leave it out: none of our languages is written with it"));
    }
    if let Some(mark) = text.chars().find(|letter| is_in(&MARKS, *letter)) {
        let reason = format!("{rule}the text {name} has {}, a mark by itself", told(mark));
        return Some(Refused::new(
            reason,
            "write the letter and its mark as one character: é, not e and a mark",
        ));
    }
    let own = Script::own(language);
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let mut first = None;
        for letter in word.chars().filter(|letter| letter.is_alphabetic()) {
            let script = Script::of(letter);
            if script.is_none_or(|script| script != own && script != Script::Latin) {
                let reason = format!(
                    "{rule}the text {name} has \"{letter}\" ({}), which is no letter of \"{language}\"",
                    told(letter)
                );
                return Some(Refused::new(
                    reason,
                    "write it in the letters of the language, or in Latin ones",
                ));
            }
            if *first.get_or_insert(script) != script {
                let reason = format!("{rule}the text {name} mixes two scripts in \"{word}\"");
                return Some(Refused::new(reason, "write each word in the letters of one script"));
            }
        }
    }
    None
}

fn is_in(ranges: &[(char, char)], letter: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_nothing_that_is_not_seen_counts_as_a_word() {
        for text in
            ["", " ", "\u{a0}", "\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\u{2060}", ".", "–", "\u{301}"]
        {
            assert!(!is_seen(text), "{}", text.escape_unicode());
        }
        assert!(is_seen("å") && is_seen("1") && is_seen("Не"));
    }

    #[test]
    fn r10_letters_that_are_not_seen_or_turn_the_order_are_refused_by_name() {
        let letters =
            ['\u{ad}', '\u{200b}', '\u{200d}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}'];
        for letter in letters.into_iter().chain(['\u{2800}', '\u{3164}', '\u{336}', '\u{20e0}', '\u{e0041}'])
        {
            let refused = refused("en", "banner.refuse", "R10: ", &format!("No{letter}")).unwrap();
            let name = format!("U+{:04X}", u32::from(letter));
            assert!(
                refused.reason.starts_with("R10: ") && refused.reason.contains(&name),
                "{}",
                refused.reason
            );
        }
    }

    #[test]
    fn r14_a_word_is_of_one_script_and_that_of_its_language() {
        for (language, text) in [
            ("en", "We v\u{430}lue your privacy"),
            ("en", "\u{406} like worse"),
            ("en", "𝐖𝐨𝐫𝐬𝐞"),
            ("en", "Ｎｏ"),
            ("bg", "Нe, благодаря"),
            ("el", "Όxι"),
            ("nb", "Да"),
        ] {
            assert!(refused(language, "banner.lead", "", text).is_some(), "{language}: {text}");
        }
        for (language, text) in
            [("bg", "Не за Google Analytics"), ("el", "Όχι, cookies"), ("se", "Diehtočoahkut ŋ đ ŧ")]
        {
            assert_eq!(refused(language, "banner.lead", "", text), None, "{language}: {text}");
        }
    }
}
