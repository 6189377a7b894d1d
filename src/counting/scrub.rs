//! What of a URL may be counted: a path without the parts that are about one person.
//!
//! Path segments that are an e-mail address, a number of a person, a card, an account, a telephone or an order, a
//! UUID or a random token are written as `:email`, `:number` … The veil stands behind this: what is missed here is
//! still opaque until enough visitors had it. So the rules are made to keep what shops write in their paths: article
//! numbers below seven digits, sizes, slugs with a number in them, dates.

mod number;
mod shape;

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// The longest path that is told apart, in bytes; the rest is cut off and marked with "…".
pub(super) const PATH_BYTES_MAX: usize = 512;
/// The longest segment that is a name; longer ones are tokens.
const SEGMENT_BYTES_MAX: usize = 128;
/// A number of this many digits alone in a segment is about an order or a person.
const NUMBER_DIGITS_MIN: usize = 7;
/// How often a text may be encoded.
const DECODINGS_MAX: usize = 5;
/// A segment with fewer digits than this needs no closer look.
const PLAIN_DIGITS_MAX: usize = 5;
/// The shortest run of letters and digits that can be a token.
const TOKEN_CHARS_MIN: usize = 16;

/// The path of a page as it is counted. The query is not part of it.
pub(super) fn page(path: &str) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain) {
        return Cow::Borrowed(if path.is_empty() { "/" } else { path });
    }
    let mut scrubbed = String::with_capacity(path.len().min(PATH_BYTES_MAX));
    push(&mut scrubbed, path);
    Cow::Owned(scrubbed)
}

/// The same of a page that what stands behind `#` names, too. No query of either is part of it.
pub(super) fn page_with_fragment(path: &str, fragment: &str) -> String {
    let mut scrubbed = page(path).into_owned();
    scrubbed.push('#');
    push(&mut scrubbed, route(fragment));
    scrubbed
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
fn push(scrubbed: &mut String, path: &str) {
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
}

/// A free text of a query, such as a campaign's source: as it is, or what it is about.
pub(super) fn text(text: &str) -> &str {
    if is_plain(text) { text } else { kind(text).unwrap_or(text) }
}

/// Too short and simple to be about anybody? Answers for nearly all segments without a closer look.
fn is_plain(segment: &str) -> bool {
    segment.len() < TOKEN_CHARS_MIN
        && segment.bytes().all(|byte| byte.is_ascii() && !matches!(byte, b'@' | b'%' | b';' | b'='))
        && segment.bytes().filter(u8::is_ascii_digit).count() < PLAIN_DIGITS_MAX
}

/// What a segment is, when it is about one person or one errand.
fn kind(segment: &str) -> Option<&'static str> {
    let mut text = Cow::Borrowed(segment);
    // Links are encoded again each time they are wrapped into another one.
    for _ in 0..DECODINGS_MAX {
        let next = decoded(&text).into_owned();
        if next == *text {
            break;
        }
        text = Cow::Owned(next);
    }
    if !text.is_ascii() {
        text = Cow::Owned(text.chars().map(plain_digit).collect());
    }
    // What was encoded may hold what divides a path.
    let parts = || text.split(['/', '\\', ';', '?', '&', '#', '|', ',']).map(str::trim);
    let found = parts().find_map(|part| {
        let value = part.split_once('=').map_or(part, |(_, value)| value);
        shape::kind(part).or_else(|| number::kind(part)).or_else(|| number::kind(value))
    });
    let is_long = segment.len() > SEGMENT_BYTES_MAX;
    found.or_else(|| (is_long || parts().any(shape::is_token)).then_some(":token"))
}

/// The digits of other scripts that people are given numbers in: Arabic, Persian and full width.
fn plain_digit(c: char) -> char {
    const ZEROS: [char; 3] = ['\u{660}', '\u{6f0}', '\u{ff10}'];
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
    fn fragments_are_scrubbed_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/fragments.tsv");
        for row in table.lines().filter(|row| row.starts_with('/')) {
            let (address, expected) = row.split_once('\t').unwrap();
            let (path, fragment) = address.split_once('#').unwrap();
            assert_eq!(page_with_fragment(path, fragment), expected, "{row}");
        }
    }

    #[test]
    fn endless_paths_are_cut() {
        let path = "/æ".repeat(10_000);
        for cut in
            [page(&path).into_owned(), page_with_fragment(&path, &path), page_with_fragment("/", &path)]
        {
            assert!(cut.len() <= PATH_BYTES_MAX + '…'.len_utf8() && cut.ends_with('…'));
        }
    }

    /// An e-mail address, an eleven-digit number, a UUID or a token.
    fn planted() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{1,9}[.]?[a-z]{1,9}@[a-z]{1,9}[.](no|com)",
            "[0-9]{11}",
            "[0-2][1-9]0[1-9][0-9]{2}[- ][0-9]{5}",
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "([0-9][a-f]){2}[0-9a-f]{28}([0-9][a-f]){2}",
            "eyJ[A-Za-z0-9_-]{20,40}[.][A-Za-z0-9_-]{20,60}[.][A-Za-z0-9_-]{20,60}",
        ]
    }

    proptest! {
        #[test]
        fn addresses_never_pass(name in "[a-z]{1,12}", host in "[a-z]{1,12}", at in "@|%40|%2540", before in "[a-z=-]{0,9}") {
            let path = format!("/u/{before}{name}{at}{host}.no/x");
            prop_assert_eq!(page(&path), "/u/:email/x");
        }

        #[test]
        fn what_is_about_one_person_never_passes(
            planted in planted(), encodings in 0_usize..4, before in "[a-z]{0,8}[-=_]", after in "[-_][a-z]{0,8}", at in 0_usize..3,
        ) {
            let mut text = planted.clone();
            for _ in 0..encodings {
                text = text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
            }
            let mut segments = ["dekk".to_owned(), "vinter".to_owned(), "x".to_owned()];
            segments[at] = format!("{before}{text}{after}");
            let path = format!("/{}", segments.join("/"));
            for scrubbed in [page(&path).into_owned(), page_with_fragment("/", &path)] {
                prop_assert!(!scrubbed.contains(&planted) && !scrubbed.contains(&text), "{}", scrubbed);
            }
        }

        #[test]
        fn what_was_scrubbed_stays_as_it_is(
            planted in planted(), before in "[a-z0-9/;=%-]{0,40}", after in "[a-z0-9/;=%.-]{0,40}",
        ) {
            let scrubbed = page(&format!("/{before}{planted}{after}")).into_owned();
            prop_assert_eq!(page(&scrubbed), scrubbed.as_str());
        }

        #[test]
        fn no_path_makes_it_panic_or_grow(path in ".{0,2000}") {
            prop_assert!(page(&path).len() <= PATH_BYTES_MAX + '…'.len_utf8());
            prop_assert!(page_with_fragment(&path, &path).len() <= PATH_BYTES_MAX + '…'.len_utf8());
        }
    }
}
