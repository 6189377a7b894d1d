//! Wordings from a list, found in a text as words and in whatever case.

/// A text in small letters, word by word.
///
/// What only looks like another letter is taken for it, and Greek goes without its accents, which capitals do not have.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().flat_map(char::to_lowercase).map(folded).collect()).collect()
}

/// The letter a reader sees.
fn folded(letter: char) -> char {
    match letter {
        'ı' => 'i',
        'ſ' => 's',
        'ĸ' => 'k',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        other => other,
    }
}

/// How many words of `text`, from its first, a wording takes; nothing when another stands there. A `*` at the end of a word
/// takes every ending, a `#` any number.
pub(super) fn taken(wording: &str, text: &[String]) -> Option<usize> {
    let mut words = 0;
    let pieces = wording.split(|c: char| !c.is_alphanumeric() && !matches!(c, '*' | '#'));
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let said = text.get(words)?;
        let fits = match (piece, piece.strip_suffix('*')) {
            ("#", _) => said.bytes().all(|byte| byte.is_ascii_digit()),
            (_, Some(start)) => said.starts_with(&self::words(start).concat()),
            (whole, None) => *said == self::words(whole).concat(),
        };
        if !fits {
            return None;
        }
        words += 1;
    }
    (words > 0).then_some(words)
}

/// The first of the wordings that stands anywhere in the text.
pub(super) fn first_in<'a>(
    wordings: impl IntoIterator<Item = &'a String>,
    text: &[String],
) -> Option<&'a str> {
    let stands = |wording: &&String| (0..text.len()).any(|at| taken(wording, &text[at..]).is_some());
    wordings.into_iter().find(stands).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_are_found_as_words_endings_and_numbers() {
        for (wording, text, is_there) in [
            ("value your privacy", "We VALUE  your privacy", true),
            ("value your privacy", "We valued your privacy settings", false),
            ("don't accept", "I don’t accept", true),
            ("reject*", "Rejecting all", true),
            ("ok", "Oklahoma", false),
            ("# off", "Yes, 10% off", true),
            ("# off", "Switch off", false),
            ("όχι", "ΟΧΙ", true),
            ("miss out", "mıss out", true),
        ] {
            assert_eq!(
                first_in([&wording.to_owned()], &words(text)).is_some(),
                is_there,
                "{wording}: {text}"
            );
        }
    }
}
