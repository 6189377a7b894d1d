//! Two answers that are set with equal weight (rule R12): neither in capitals or with signs that the other lacks.

/// Signs that stand in any sentence and draw no eye.
const PLAIN: [char; 6] = [',', '.', '\'', '’', '-', '‑'];

/// What the second of two answers has and the first lacks, or the other way round; nothing when they weigh the same.
pub(super) fn difference(one: &str, other: &str) -> Option<String> {
    if is_loud(one) != is_loud(other) {
        return Some("one is in capitals".to_owned());
    }
    if begins_large(one) != begins_large(other) {
        return Some("one begins with a capital".to_owned());
    }
    let lacks =
        |text: &str, beside: &str| text.chars().find(|sign| is_sign(*sign) && !beside.contains(*sign));
    let sign = lacks(one, other).or_else(|| lacks(other, one))?;
    Some(format!("one has \"{sign}\""))
}

/// Is a word all in capitals? OK is always written so.
fn is_loud(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphabetic())
        .any(|word| word != "OK" && word.chars().count() > 1 && word.chars().all(char::is_uppercase))
}

fn begins_large(text: &str) -> bool {
    text.chars().find(|letter| letter.is_alphabetic()).is_some_and(char::is_uppercase)
}

fn is_sign(letter: char) -> bool {
    !letter.is_alphanumeric() && !letter.is_whitespace() && !PLAIN.contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_capitals_and_signs_in_one_answer_alone_are_unequal() {
        for (no, yes) in [
            ("no, thanks", "YES, THAT IS FINE"),
            ("no", "YES"),
            ("nei takk", "JA, GREIT"),
            ("No", "yes"),
            ("No, thanks", "✓ Yes, that's fine"),
            ("No, thanks", "Yes, fine 👍"),
            ("No, thanks", "Yes →"),
            ("No :(", "Yes :)"),
            ("No, thanks…", "Yes, thanks"),
        ] {
            assert!(difference(no, yes).is_some(), "{no} | {yes}");
            assert!(difference(yes, no).is_some(), "{yes} | {no}");
        }
        for (no, yes) in [
            ("No, thanks", "Yes, that's fine"),
            ("Nei takk", "OK"),
            ("Non, merci", "Oui, d’accord"),
            ("NO", "YES"),
            ("No (all)", "Yes (all)"),
        ] {
            assert_eq!(difference(no, yes), None, "{no} | {yes}");
        }
    }
}
