//! Numbers about one person or one errand, in the forms that Norwegians write them.

use super::NUMBER_DIGITS_MIN;

/// A number of this many digits after a word such as "ordre" is about an errand.
const ERRAND_DIGITS_MIN: usize = 5;
/// The longest ending of a file's name.
const ENDING_CHARS_MAX: usize = 5;
/// Letters that may stand before the digits of a number.
const PREFIX_LETTERS_MAX: usize = 3;
/// Words that say what the number after them is.
const ERRANDS: [&str; 19] = [
    "ordre",
    "order",
    "ord",
    "ordrenr",
    "ordrenummer",
    "orderid",
    "bestilling",
    "faktura",
    "invoice",
    "kid",
    "kunde",
    "kundenr",
    "customer",
    "konto",
    "account",
    "medlem",
    "member",
    "bruker",
    "user",
];
/// Words that say the same of a telephone.
const TELEPHONES: [&str; 7] = ["tlf", "telefon", "mobil", "tel", "phone", "mob", "sms"];

/// What a number in this text is.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    // No number of these is shorter, and most texts have none.
    if text.bytes().filter(u8::is_ascii_digit).count() < ERRAND_DIGITS_MIN {
        return None;
    }
    let stem = without_ending(text);
    if is_date(stem) {
        return None;
    }
    whole(stem)
        .or_else(|| grouped(text))
        .or_else(|| within(text))
        .or_else(|| after_letters(stem))
        .or_else(|| after_word(stem))
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
    let is_number = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '+' | '(' | ')' | '_' | ':'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !is_number || digits.len() < NUMBER_DIGITS_MIN || is_size(text) {
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

/// Groups of digits that follow each other as in an identity number (6 + 5) or an account (4.2.5).
fn grouped(text: &str) -> Option<&'static str> {
    let groups = groups(text);
    let lengths = |at: usize, expected: &[usize]| {
        groups
            .get(at..at + expected.len())
            .is_some_and(|groups| groups.iter().zip(expected).all(|(group, length)| group.len() == *length))
    };
    (0..groups.len()).find_map(|at| {
        if lengths(at, &[6, 5]) && is_birthday(groups[at]) {
            return Some(":national_id");
        }
        if lengths(at, &[4, 2, 5]) {
            return Some(":account");
        }
        (lengths(at, &[4, 4, 4, 4]) && is_luhn(&groups[at..at + 4].concat())).then_some(":card")
    })
}

/// The runs of digits in a text.
fn groups(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect()
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

/// "ordre-100234", "order id=100234", "tlf-41234567".
fn after_word(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let mut words =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !matches!(*word, "" | "id" | "nr" | "no"));
    let (word, number) = (words.next()?, words.next()?);
    let is_last = words.next().is_none_or(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let digits: usize = lower.bytes().filter(u8::is_ascii_digit).count();
    if !is_last || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if TELEPHONES.contains(&word) && digits >= 8 {
        return Some(":phone");
    }
    (ERRANDS.contains(&word) && digits >= ERRAND_DIGITS_MIN).then_some(":number")
}

/// Sizes of tyres: groups of at most three digits.
fn is_size(text: &str) -> bool {
    let groups = groups(text);
    let is_telephone = [[3, 2, 3].as_slice(), &[2, 2, 2, 2]].iter().any(|form| {
        groups.len() == form.len() && groups.iter().zip(*form).all(|(group, length)| group.len() == *length)
    });
    let is_organisation = groups.len() == 3 && groups.iter().all(|group| group.len() == 3);
    groups.len() > 2
        && groups.iter().all(|group| group.len() <= 3)
        && !is_telephone
        && !is_organisation
        && !text.starts_with(['+', '0'])
}

/// A day of this century, such as 2026-11-29, 29.11.2026 or 20261129.
fn is_date(text: &str) -> bool {
    let groups = groups(text);
    let is_only_digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_'));
    let (year, month, day) = match &groups[..] {
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [day, month, year] if year.len() == 4 => (*year, *month, *day),
        [whole] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        _ => return false,
    };
    let within = |text: &str, highest: u32| {
        text.len() == 2 && text.parse::<u32>().is_ok_and(|number| (1..=highest).contains(&number))
    };
    is_only_digits && year.starts_with("20") && within(month, 12) && within(day, 31)
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
