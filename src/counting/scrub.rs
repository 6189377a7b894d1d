//! What of a URL may be counted: a path without the parts that are about one person.
//!
//! Path segments that are an e-mail address, a number of a person, a card, an account, a telephone or an order, a
//! UUID or a random token are written as `:email`, `:number` … The veil stands behind this: what is missed here is
//! still opaque until enough visitors had it. So the rules are made to keep what shops write in their paths: article
//! numbers below seven digits, sizes, slugs with a number in them, dates.

use std::borrow::Cow;

/// The longest path that is told apart, in bytes; the rest is cut off and marked with "…".
pub(super) const PATH_BYTES_MAX: usize = 512;
/// The longest segment that is a name; longer ones are tokens.
const SEGMENT_BYTES_MAX: usize = 128;
/// A number of this many digits alone in a segment is about an order or a person.
const NUMBER_DIGITS_MIN: usize = 7;
/// The shortest run of letters and digits that can be a token.
const TOKEN_CHARS_MIN: usize = 16;

/// The path of a page as it is counted. The query is not part of it.
pub(super) fn page(path: &str) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain) {
        return Cow::Borrowed(if path.is_empty() { "/" } else { path });
    }
    let mut scrubbed = String::with_capacity(path.len().min(PATH_BYTES_MAX));
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            scrubbed.push('/');
        }
        let segment = segment.split(';').next().unwrap_or(segment);
        scrubbed.push_str(if is_plain(segment) { segment } else { kind(segment).unwrap_or(segment) });
        if scrubbed.len() > PATH_BYTES_MAX {
            scrubbed.truncate(scrubbed.floor_char_boundary(PATH_BYTES_MAX));
            scrubbed.push('…');
            break;
        }
    }
    Cow::Owned(scrubbed)
}

/// A free text of a query, such as a campaign's source: as it is, or what it is about.
pub(super) fn text(text: &str) -> &str {
    if is_plain(text) { text } else { kind(text).unwrap_or(text) }
}

/// Too short and simple to be about anybody? Answers for nearly all segments without a closer look.
fn is_plain(segment: &str) -> bool {
    segment.len() < TOKEN_CHARS_MIN
        && !segment.bytes().any(|byte| matches!(byte, b'@' | b'%' | b';'))
        && segment.bytes().filter(u8::is_ascii_digit).count() < NUMBER_DIGITS_MIN
}

/// What a segment is, when it is about one person or one errand.
fn kind(segment: &str) -> Option<&'static str> {
    // Twice, because links are sometimes encoded twice.
    let once = decoded(segment);
    let text = decoded(&once);
    let text = text.trim();
    if is_email(text) {
        return Some(":email");
    }
    if is_uuid(text) {
        return Some(":uuid");
    }
    if is_iban(text) {
        return Some(":iban");
    }
    if let Some(kind) = number(text) {
        return Some(kind);
    }
    if text.split(|c: char| !c.is_ascii_digit()).any(is_national_id) {
        return Some(":national_id");
    }
    if text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 15 && is_luhn(run)) {
        return Some(":card");
    }
    (segment.len() > SEGMENT_BYTES_MAX || is_token(text)).then_some(":token")
}

/// Percent-decoding; what is not an encoded byte stays.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let encoded = after.get(..2).filter(|_| *byte == b'%').and_then(|digits| {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
        });
        bytes.push(encoded.unwrap_or(*byte));
        rest = if encoded.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Percent-decoding of a query's value, in which `+` is a space.
pub(super) fn decoded_value(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return decoded(text);
    }
    Cow::Owned(decoded(&text.replace('+', " ")).into_owned())
}

/// Somebody at somewhere with a dot in it, anywhere in the text.
fn is_email(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let host = text[at + 1..].split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).next();
        before && host.is_some_and(|host| host.trim_matches('.').contains('.'))
    })
}

fn is_uuid(text: &str) -> bool {
    let text = text.trim_start_matches('{').trim_end_matches('}');
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// ISO 13616: two letters, two check digits, up to 30 letters and digits; mod 97 of the rearranged number is 1.
fn is_iban(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    let [a, b, c, d, rest @ ..] = &plain[..] else { return false };
    let is_shaped = a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
        && c.is_ascii_digit()
        && d.is_ascii_digit()
        && (11..=30).contains(&rest.len())
        && rest.iter().all(u8::is_ascii_alphanumeric);
    let number = rest.iter().chain([a, b, c, d]).fold(0, |sum, byte| {
        let digit = char::from(*byte).to_digit(36).unwrap_or(0);
        (sum * if digit > 9 { 100 } else { 10 } + digit) % 97
    });
    is_shaped && number == 1
}

/// A segment that is a number as a whole, perhaps in groups.
fn number(text: &str) -> Option<&'static str> {
    let is_number =
        text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '+' | '(' | ')'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !is_number || digits.len() < NUMBER_DIGITS_MIN || is_recent_date(text) {
        return None;
    }
    if is_national_id(&digits) {
        return Some(":national_id");
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

/// A day of this century, such as 2026-11-20.
fn is_recent_date(text: &str) -> bool {
    text.len() == 10
        && text.starts_with("20")
        && text.char_indices().all(|(at, c)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() })
}

/// A Norwegian national identity number: eleven digits, the last two of which check the others, mod 11.
fn is_national_id(digits: &str) -> bool {
    const FIRST: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
    const SECOND: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let holds = |weights: &[u32]| weights.iter().zip(&digits).map(|(a, b)| a * b).sum::<u32>() % 11 == 0;
    digits.len() == 11 && holds(&FIRST) && holds(&SECOND)
}

/// The check of card numbers, ISO/IEC 7812.
fn is_luhn(digits: &str) -> bool {
    let sum = digits.bytes().rev().enumerate().fold(0, |sum, (at, byte)| {
        let digit = u32::from(byte - b'0');
        sum + if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
    });
    sum % 10 == 0
}

/// A text nobody would write by hand: hexadecimal, or letters and digits in quick turns.
fn is_token(text: &str) -> bool {
    if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        return true;
    }
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        if run.len() < TOKEN_CHARS_MIN {
            return false;
        }
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit()) && (4..run.len()).contains(&digits);
        let turns = run.as_bytes().windows(2).filter(|pair| is_turn(pair[0], pair[1])).count();
        is_hex || turns * 4 >= run.len()
    })
}

/// From letter to digit or back, or from small letter to capital; a capital begins a word, so it is none.
fn is_turn(from: u8, to: u8) -> bool {
    from.is_ascii_digit() != to.is_ascii_digit() || (from.is_ascii_lowercase() && to.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_scrubbed_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/paths.tsv");
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let (path, expected) = row.split_once('\t').unwrap();
            assert_eq!(page(path), expected, "{row}");
        }
    }

    #[test]
    fn endless_paths_are_cut() {
        let path = "/æ".repeat(10_000);
        let cut = page(&path);
        assert!(cut.len() <= PATH_BYTES_MAX + '…'.len_utf8() && cut.ends_with('…'));
    }

    proptest! {
        #[test]
        fn addresses_never_pass(name in "[a-z]{1,12}", host in "[a-z]{1,12}", at in "@|%40|%2540", before in "[a-z=-]{0,9}") {
            let path = format!("/u/{before}{name}{at}{host}.no/x");
            prop_assert_eq!(page(&path), "/u/:email/x");
        }

        #[test]
        fn no_path_makes_it_panic_or_grow(path in ".{0,2000}") {
            prop_assert!(page(&path).len() <= PATH_BYTES_MAX + '…'.len_utf8());
        }
    }
}
