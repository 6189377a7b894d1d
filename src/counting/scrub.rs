//! What of a URL may be counted: a path without the parts that are about one person.
//!
//! Path segments that are an e-mail address, a number of a person, a card, an account, a telephone or an order, an address
//! of the network, a UUID or a random token are written as `:email`, `:number` … The veil stands behind this: what is
//! missed here is still opaque until enough visitors had it. So the rules are made to keep what shops write in their
//! paths: article numbers below seven digits, and longer ones of pages that are there for everybody; sizes, slugs with a
//! number in them, dates, years and prices. What is kept and what is not is told in docs/statistics-privacy.md.

mod errand;
mod network;
mod number;
mod shape;
mod span;
mod written;

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

pub use written::{counted_pattern, written};

/// The longest path that is told apart, in bytes; the rest is cut off and marked with "…".
pub(super) const PATH_BYTES_MAX: usize = 512;
/// The longest segment that is a name, in characters as people read them; longer ones are tokens.
const SEGMENT_CHARS_MAX: usize = 128;
/// A number of this many digits alone in a segment is about an order or a person.
const NUMBER_DIGITS_MIN: usize = 7;
/// How often a text may be encoded.
const DECODINGS_MAX: usize = 5;
/// A segment with fewer digits than this needs no closer look.
const PLAIN_DIGITS_MAX: usize = 5;
/// The shortest run of letters and digits that can be a token.
const TOKEN_CHARS_MIN: usize = 16;
/// What divides a path or a query, also where it was encoded.
const DIVIDERS: [char; 8] = ['/', '\\', ';', '?', '&', '#', '|', ','];

/// Whom the shop says that a page is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It does not say.
    Unsaid,
    /// Everybody: any cache may keep it, or a sitemap lists it.
    ToEverybody,
}

/// The path of a page as it is counted. The query is not part of it.
pub(super) fn page(path: &str) -> Cow<'_, str> {
    counted(path, Shown::Unsaid)
}

/// The same of a page that the shop has for everybody: a number alone in a segment is an article's, however long,
/// unless a word before it says otherwise. All else is taken out as of any page.
pub(super) fn public_page(path: &str) -> Cow<'_, str> {
    counted(path, Shown::ToEverybody)
}

/// The same of a page that what stands behind `#` names, too. No query of either is part of it.
pub(super) fn page_with_fragment(path: &str, fragment: &str) -> String {
    let mut scrubbed = page(path).into_owned();
    scrubbed.push('#');
    push(&mut scrubbed, route(fragment), Shown::Unsaid);
    scrubbed
}

fn counted(path: &str, shown: Shown) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let is_short = path.len() <= PATH_BYTES_MAX;
    if is_short && !path.bytes().any(written::is_encoded) && path.split('/').all(is_plain) {
        return Cow::Borrowed(if path.is_empty() { "/" } else { path });
    }
    let mut scrubbed = String::with_capacity(path.len().min(PATH_BYTES_MAX));
    push(&mut scrubbed, path, shown);
    Cow::Owned(scrubbed)
}

/// What of a fragment names a page: all before its query. `name=value` is one also where no `?` stands before it, such
/// as what a sign-in comes back with (`access_token=…`, RFC 6749 section 4.2.2).
fn route(fragment: &str) -> &str {
    let ends = fragment.find(['?', '&', '=']).unwrap_or(fragment.len());
    let (route, query) = fragment.split_at(ends);
    if !query.starts_with('=') {
        return route;
    }
    &route[..route.rfind(['/', '#', ';']).map_or(0, |divider| divider + 1)]
}

/// Puts a path's segments behind what there is, without what is about one person.
fn push(scrubbed: &mut String, path: &str, shown: Shown) {
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            scrubbed.push('/');
        }
        let segment = segment.split(';').next().unwrap_or(segment);
        let kind = if is_plain(segment) { None } else { kind(segment, scrubbed, shown) };
        scrubbed.push_str(&kind.map_or_else(|| written(segment), Cow::Borrowed));
        if scrubbed.len() > PATH_BYTES_MAX {
            scrubbed.truncate(scrubbed.floor_char_boundary(PATH_BYTES_MAX));
            scrubbed.push('…');
            break;
        }
    }
}

/// A free text of a query, such as a campaign's source: as it is, or what it is about.
pub(super) fn text(text: &str) -> &str {
    if is_plain(text) { text } else { kind(text, "", Shown::Unsaid).unwrap_or(text) }
}

/// Too short and simple to be about anybody? Answers for nearly all segments without a closer look.
fn is_plain(segment: &str) -> bool {
    segment.len() < TOKEN_CHARS_MIN
        && segment.bytes().all(|byte| byte.is_ascii() && !matches!(byte, b'@' | b'%' | b';' | b'=' | b':'))
        && segment.bytes().filter(u8::is_ascii_digit).count() < PLAIN_DIGITS_MAX
}

/// What a segment is, when it is about one person or one errand. `before` is the path up to it, as it is counted: what was
/// scrubbed is so a second time.
fn kind(segment: &str, before: &str, shown: Shown) -> Option<&'static str> {
    let text = legible(segment);
    let parts = || text.split(DIVIDERS).map(str::trim);
    let found = parts().find_map(|part| {
        let value = part.split_once('=').map_or(part, |(_, value)| value);
        let numbers = || number::kind(part, shown).or_else(|| number::kind(value, shown));
        shape::kind(part).or_else(|| network::kind(part)).or_else(numbers)
    });
    let has_number = || number::digits_of(&text) >= errand::ERRAND_DIGITS_MIN;
    let is_token = || text.chars().count() > SEGMENT_CHARS_MAX || parts().any(shape::is_token);
    let errand = |before: &str| {
        let has_plate = errand::has_plate(&text, before);
        if has_plate { Some(":plate") } else { errand::kind(&text, before) }
    };
    found
        .or_else(|| if has_number() { errand(&decoded(before)) } else { None })
        .or_else(|| is_token().then_some(":token"))
}

/// A text as it is read, with the digits, spaces and hyphens that all people have.
fn legible(segment: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(segment);
    // Links are encoded again each time they are wrapped into another one.
    for _ in 0..DECODINGS_MAX {
        text = match decoded(&text) {
            Cow::Owned(next) if next != *text => Cow::Owned(next),
            _ => break,
        };
    }
    if text.is_ascii() { text } else { Cow::Owned(text.chars().map(plain).collect()) }
}

/// The digits of other scripts that people are given numbers in: Arabic, Persian and full width; what programs for texts
/// make of a space or a hyphen; and what stands for a dot in hosts (UTS 46 section 2.3).
fn plain(c: char) -> char {
    const ZEROS: [char; 3] = ['\u{660}', '\u{6f0}', '\u{ff10}'];
    match c {
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => return ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => return '-',
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => return '.',
        _ => {}
    }
    let digit =
        ZEROS.iter().map(|zero| u32::from(c).wrapping_sub(u32::from(*zero))).find(|digit| *digit < 10);
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

/// Percent-decoding; what is not an encoded byte stays. Bytes that are no UTF-8 are Windows-1252, which old programs wrote.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        // "%u0040" is what old scripts write.
        let (skipped, digits) = match after.strip_prefix(b"u00") {
            Some(digits) => (5, digits),
            None => (2, after),
        };
        let encoded = digits.get(..2).filter(|_| *byte == b'%').and_then(|digits| {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
        });
        bytes.push(encoded.unwrap_or(*byte));
        rest = if encoded.is_some() { &after[skipped..] } else { after };
    }
    let text = String::from_utf8(bytes);
    Cow::Owned(
        text.unwrap_or_else(|bytes| {
            WINDOWS_1252.decode_without_bom_handling(bytes.as_bytes()).0.into_owned()
        }),
    )
}

/// Percent-decoding of a query's value, in which `+` is a space.
pub(super) fn decoded_value(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return decoded(text);
    }
    Cow::Owned(decoded(&text.replace('+', " ")).into_owned())
}

#[cfg(test)]
mod tests;
