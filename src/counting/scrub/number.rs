//! Numbers about one person or one errand, in the forms that Norwegians write them.

use super::errand::{ERRAND_DIGITS_MIN, PREFIX_LETTERS_MAX};
use super::{NUMBER_DIGITS_MIN, Shown, span};

/// The longest ending of a file's name.
const ENDING_CHARS_MAX: usize = 5;
/// The longest number of an article: a GTIN-14.
const ARTICLE_DIGITS_MAX: usize = 14;

/// What a number in this text is.
pub(super) fn kind(text: &str, shown: Shown) -> Option<&'static str> {
    // No number of these is shorter, and most texts have none.
    if digits_of(text) < ERRAND_DIGITS_MIN {
        return None;
    }
    let stem = without_ending(text);
    if span::is_time(stem) || span::is_prices(stem) || (shown == Shown::ToEverybody && is_article(stem)) {
        return None;
    }
    whole(stem).or_else(|| grouped(text)).or_else(|| within(text)).or_else(|| after_letters(stem))
}

/// How many digits a text has.
pub(super) fn digits_of(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The runs of digits in a text.
pub(super) fn groups(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect()
}

/// The numbers in a text, from their first to their last digit, with where they begin: "412 34 567" is one.
pub(super) fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(|c: char| !is_of_number(c)).filter_map(move |piece| {
        let start = at;
        at += piece.len();
        let first = piece.find(|c: char| c.is_ascii_digit())?;
        Some((start + first, piece.trim_matches(|c: char| !c.is_ascii_digit())))
    })
}

/// Digits, and what people put between them.
fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '+' | '(' | ')' | '_' | ':')
}

/// The number of an article, perhaps with a few letters before, which is no card's.
fn is_article(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_long = digits.len() >= 13;
    text.len() - digits.len() <= PREFIX_LETTERS_MAX
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (NUMBER_DIGITS_MIN..=ARTICLE_DIGITS_MAX).contains(&digits.len())
        && digits.len() != 11
        && !(is_long && is_luhn(digits) && !is_gtin(digits))
}

/// A file's name without its ending: "10002345.pdf".
fn without_ending(text: &str) -> &str {
    let is_ending = |ending: &str| {
        ending.len() <= ENDING_CHARS_MAX && ending.starts_with(|first: char| first.is_ascii_alphabetic())
    };
    text.rsplit_once('.').filter(|(_, ending)| is_ending(ending)).map_or(text, |(stem, _)| stem)
}

/// A few letters and a long number: "SO10002345", as shops number orders.
fn after_letters(text: &str) -> Option<&'static str> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = text.len() - digits.len();
    let is_number = digits.len() >= NUMBER_DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && (1..=PREFIX_LETTERS_MAX).contains(&letters)).then_some(":number")
}

/// A text that is a number as a whole, perhaps in groups.
fn whole(text: &str) -> Option<&'static str> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !text.chars().all(is_of_number) || digits.len() < NUMBER_DIGITS_MIN || span::is_size(text) {
        return None;
    }
    if is_national_id(&digits) {
        return Some(":national_id");
    }
    if let Some(kind) = grouped(text) {
        return Some(kind);
    }
    if is_luhn(&digits) && (13..=19).contains(&digits.len()) {
        return Some(":card");
    }
    let is_abroad = text.starts_with('+') || text.starts_with("00");
    // A Norwegian number has eight digits and begins with 2 to 9.
    let is_norwegian = digits.len() == 8 && !digits.starts_with(['0', '1']);
    if (is_abroad && (8..=17).contains(&digits.len())) || is_norwegian {
        return Some(":phone");
    }
    Some(":number")
}

/// Groups of digits that follow each other as in an identity number (6 + 5), an account (4.2.5) or a mobile telephone.
fn grouped(text: &str) -> Option<&'static str> {
    let all = groups(text);
    (0..all.len()).find_map(|at| far_apart(&all[at..])).or_else(|| {
        runs(text).filter(|(_, run)| digits_of(run) >= 8).find_map(|(_, run)| {
            let groups = groups(run);
            let is_identity = (0..groups.len()).any(|at| is_identity(&groups[at..]));
            if is_identity {
                return Some(":national_id");
            }
            (is_mobile(&groups) && !span::are_sizes(&groups)).then_some(":phone")
        })
    })
}

/// Groups so long that whatever stands between them makes them nothing else.
fn far_apart(groups: &[&str]) -> Option<&'static str> {
    let begins = |expected: &[usize]| {
        groups.len() >= expected.len()
            && groups.iter().zip(expected).all(|(group, length)| group.len() == *length)
    };
    if begins(&[6, 5]) && is_birthday(groups[0]) {
        return Some(":national_id");
    }
    if begins(&[4, 2, 5]) {
        return Some(":account");
    }
    (begins(&[4, 4, 4, 4]) && is_luhn(&groups[..4].concat())).then_some(":card")
}

/// An identity number from the first group on, divided in whatever way: "010190-123-45", "01.01.90 12345". Divided otherwise,
/// its last two digits must be right.
fn is_identity(groups: &[&str]) -> bool {
    let mut ends = 0;
    let taken = groups.iter().take_while(|group| {
        let is_before = ends < 11;
        ends += group.len();
        is_before
    });
    let taken: Vec<&str> = taken.copied().collect();
    let digits = taken.concat();
    let lengths: Vec<usize> = taken.iter().map(|group| group.len()).collect();
    let is_usual = matches!(lengths[..], [6, 5] | [6, 3, 2] | [2, 2, 2, 5] | [2, 2, 2, 3, 2]);
    digits.len() == 11 && is_birthday(&digits) && (is_usual || is_national_id(&digits))
}

/// A Norwegian mobile telephone in its groups: 412 34 567, 41 23 45 67, 47 41234567.
fn is_mobile(groups: &[&str]) -> bool {
    let (is_national, groups) = match groups {
        ["47" | "0047", rest @ ..] => (false, rest),
        groups => (true, groups),
    };
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_usual = matches!(lengths[..], [3, 2, 3] | [2, 2, 2, 2]) || (!is_national && lengths == [8]);
    is_usual && groups[0].starts_with(['4', '9'])
}

/// A number that needs no word beside it to be known.
fn within(text: &str) -> Option<&'static str> {
    for run in groups(text) {
        if is_national_id(run) {
            return Some(":national_id");
        }
        // No article number of a shop has eleven digits: codes of goods have 8, 12, 13 or 14.
        if run.len() == 11 {
            return Some(":number");
        }
        if run.len() >= 15 && is_luhn(run) {
            return Some(":card");
        }
    }
    let after_plus = text.match_indices('+').map(|(at, _)| &text[at + 1..]);
    let mut abroad = after_plus.map(|rest| {
        let number =
            rest.split(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')'))).next();
        number.unwrap_or("").bytes().filter(u8::is_ascii_digit).count()
    });
    if abroad.any(|digits| (10..=15).contains(&digits)) {
        return Some(":phone");
    }
    is_vat_number(text).then_some(":number")
}

/// "NO974760673MVA": an organisation, which may be one person's.
fn is_vat_number(text: &str) -> bool {
    let plain = text.strip_prefix("NO").or_else(|| text.strip_prefix("no")).unwrap_or(text);
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let rest: String = plain.chars().filter(char::is_ascii_alphabetic).collect();
    digits.len() == 9 && (rest.is_empty() || rest.eq_ignore_ascii_case("mva"))
}

/// The first six digits of an identity number. Day + 40 is a D-number's; month + 40, + 65 or + 80 are those of help
/// numbers and of made-up persons.
fn is_birthday(digits: &str) -> bool {
    let number = |at: usize| digits.get(at..at + 2).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let (day, month) = (number(0), number(2));
    let is_month = [0, 40, 65, 80].into_iter().any(|more| (1..=12).contains(&month.wrapping_sub(more)));
    ((1..=31).contains(&day) || (41..=71).contains(&day)) && is_month
}

/// A Norwegian national identity number: eleven digits, the last two of which check the others, mod 11.
fn is_national_id(digits: &str) -> bool {
    const FIRST: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
    const SECOND: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    if digits.len() != 11 {
        return false;
    }
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let holds = |weights: &[u32]| weights.iter().zip(&digits).map(|(a, b)| a * b).sum::<u32>() % 11 == 0;
    holds(&FIRST) && holds(&SECOND)
}

/// The check of card numbers, ISO/IEC 7812.
fn is_luhn(digits: &str) -> bool {
    let sum = digits.bytes().rev().enumerate().fold(0, |sum, (at, byte)| {
        let digit = u32::from(byte - b'0');
        sum + if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
    });
    sum % 10 == 0
}

/// Letters and a number that can be an article's: few letters, or any word before a number whose check is right.
pub(super) fn is_article_behind_letters(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_checked = is_number && digits.len() >= 12 && is_gtin(digits);
    let has_few_letters = text.len() - digits.len() <= PREFIX_LETTERS_MAX;
    (is_checked || has_few_letters) && digits.len() <= ARTICLE_DIGITS_MAX && is_number
}

/// The check of article numbers, GS1 General Specifications section 7.9: the last digit makes the sum, every second one
/// thrice, end in 0.
fn is_gtin(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([1, 3].into_iter().cycle())
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    sum.is_multiple_of(10)
}
