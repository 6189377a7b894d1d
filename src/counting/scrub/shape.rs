//! Texts about one person by their shape: addresses, identifiers, accounts, tokens.

use super::{TOKEN_CHARS_MIN, number};

/// The length of the numbers of vehicles and parcels.
const SERIAL_CHARS: std::ops::RangeInclusive<usize> = 17..=20;
/// The fewest digits in a row of a parcel's.
const PARCEL_DIGITS_MIN: usize = 9;
/// The most letters in a row of a vehicle's; words are longer.
const VEHICLE_LETTERS_MAX: usize = 9;

/// What divides an address, in any width.
const AT_SIGNS: [char; 3] = ['@', '＠', '﹫'];
/// What a name before it may have beside letters and digits, and does not divide a path or a query.
const SIGNS: [char; 15] = ['.', '_', '-', '+', '!', '$', '%', '\'', '*', '^', '`', '{', '}', '~', '"'];
/// Hosts of mail alone.
const MAIL_HOSTS: [&str; 6] = ["gmail.", "googlemail.", "hotmail.", "protonmail.", "ymail.", "gmx."];
/// Endings of files that could be those of a host.
const FILES: [&str; 10] = ["html", "htm", "php", "asp", "aspx", "pdf", "jpg", "jpeg", "png", "webp"];

/// What a text is, by its shape.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    if is_email(text) {
        return Some(":email");
    }
    if is_session(text) {
        return Some(":token");
    }
    if has_uuid(text) {
        return Some(":uuid");
    }
    is_iban(text).then_some(":iban")
}

/// Names that old servers write before the identifier of a session, in paths.
const SESSIONS: [&str; 8] =
    ["phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "session", "sid", "osid"];

/// "PHPSESSID=abc123".
fn is_session(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, value)| {
        !value.is_empty() && SESSIONS.iter().any(|session| name.eq_ignore_ascii_case(session))
    })
}

/// Somebody at somewhere with a dot in it, anywhere in the text.
fn is_email(text: &str) -> bool {
    let is_one = |(at, _): (usize, &str)| {
        let host = host(text[at..].trim_start_matches(AT_SIGNS));
        ends_in_name(&text[..at]) && host.trim_matches('.').contains('.')
    };
    text.match_indices(AT_SIGNS).any(is_one) || is_rewritten(text)
}

/// An address whose `@` was written as `=40` (RFC 2045 section 6.7) or as `=`, as lists do in the address that mail comes
/// back to: "ola.nordmann=example.no". So that "ref=example.no" is none, the second needs a dot or `+` in the name,
/// or a host that has nothing but mail.
fn is_rewritten(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        if !ends_in_name(before) {
            return false;
        }
        let name = before.rsplit(|c: char| !(c.is_alphanumeric() || SIGNS.contains(&c))).next().unwrap_or("");
        let host = host(after);
        let is_mail = MAIL_HOSTS.iter().any(|mail| host.starts_with(mail))
            || name.trim_matches('.').contains(['.', '+']);
        after.strip_prefix("40").is_some_and(|after| is_domain(self::host(after)))
            || (is_mail && is_domain(host))
    })
}

/// Does a name stand before the `@`? It may end in signs that a name may have (RFC 5322 section 3.2.3), in a quote, or in
/// what nobody sees.
fn ends_in_name(before: &str) -> bool {
    let is_sign = |c: char| SIGNS.contains(&c) || c.is_control();
    before.trim_end_matches(is_sign).ends_with(char::is_alphanumeric)
}

/// What a host's name can be of a text, from its beginning.
fn host(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).next().unwrap_or("")
}

/// A host's name, and not a file's. Words may follow after a hyphen.
fn is_domain(host: &str) -> bool {
    host.trim_end_matches(['.', '-']).rsplit_once('.').is_some_and(|(name, last)| {
        let ending = last.split('-').next().unwrap_or("");
        !name.is_empty()
            && ending.chars().count() > 1
            && (ending.chars().all(char::is_alphabetic) || last.starts_with("xn--"))
            && !FILES.iter().any(|file| ending.eq_ignore_ascii_case(file))
    })
}

/// A UUID anywhere in the text.
fn has_uuid(text: &str) -> bool {
    text.as_bytes().windows(36).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
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

/// A text nobody would write by hand: hexadecimal, or letters and digits in quick turns.
pub(super) fn is_token(text: &str) -> bool {
    // A signed token (RFC 7519): three parts, the first of which is an object's beginning in base64.
    if text.contains("eyJ") && text.matches('.').count() >= 2 {
        return true;
    }
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        if run.len() < TOKEN_CHARS_MIN {
            return false;
        }
        let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
        let (digits, capitals) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
        let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit()) && (4..run.len()).contains(&digits);
        let turns = run.as_bytes().windows(2).filter(|pair| is_turn(pair[0], pair[1])).count();
        // Words have a capital at most at every fourth letter.
        let is_mixed = capitals * 10 > run.len() * 3 && count(u8::is_ascii_lowercase) > 3;
        is_hex || is_mixed || turns * 4 >= run.len() || is_serial(run)
    })
}

/// The number of a vehicle or of a parcel.
fn is_serial(run: &str) -> bool {
    let is_of_one_case = !(run.bytes().any(|byte| byte.is_ascii_lowercase())
        && run.bytes().any(|byte| byte.is_ascii_uppercase()));
    let longest = |is: fn(&u8) -> bool| run.as_bytes().split(|byte| !is(byte)).map(<[u8]>::len).max();
    let (letters, digits) = (longest(u8::is_ascii_alphabetic), longest(u8::is_ascii_digit));
    // The article number on a box, behind a word: "dekk3528701234564".
    let is_article = number::is_article_behind_letters(run);
    if !SERIAL_CHARS.contains(&run.len()) || !is_of_one_case || letters < Some(1) || is_article {
        return false;
    }
    digits >= Some(PARCEL_DIGITS_MIN) || (is_vehicle(run) && letters <= Some(VEHICLE_LETTERS_MAX))
}

/// ISO 3779: 17 letters and digits, without I, O and Q, the last four of which are digits.
fn is_vehicle(run: &str) -> bool {
    run.len() == 17
        && !run.bytes().any(|byte| matches!(byte.to_ascii_uppercase(), b'I' | b'O' | b'Q'))
        && run.bytes().rev().take(4).all(|byte| byte.is_ascii_digit())
        && run.bytes().filter(u8::is_ascii_digit).count() > 4
}

/// From letter to digit or back, or from small letter to capital; a capital begins a word, so it is none.
fn is_turn(from: u8, to: u8) -> bool {
    from.is_ascii_digit() != to.is_ascii_digit() || (from.is_ascii_lowercase() && to.is_ascii_uppercase())
}
