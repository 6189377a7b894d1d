//! Character references in attribute values: those that can spell an address.

use std::borrow::Cow;
use std::fmt::Write as _;

/// References that stand for an ASCII character, as HTML 13.5 names them. `true`: also read without `;`.
const NAMED: [(&str, u8, bool); 60] = [
    ("Tab", b'\t', false),
    ("NewLine", b'\n', false),
    ("excl", b'!', false),
    ("quot", b'"', true),
    ("QUOT", b'"', true),
    ("num", b'#', false),
    ("dollar", b'$', false),
    ("percnt", b'%', false),
    ("amp", b'&', true),
    ("AMP", b'&', true),
    ("apos", b'\'', false),
    ("lpar", b'(', false),
    ("rpar", b')', false),
    ("ast", b'*', false),
    ("midast", b'*', false),
    ("plus", b'+', false),
    ("comma", b',', false),
    ("period", b'.', false),
    ("sol", b'/', false),
    ("colon", b':', false),
    ("semi", b';', false),
    ("lt", b'<', true),
    ("LT", b'<', true),
    ("equals", b'=', false),
    ("gt", b'>', true),
    ("GT", b'>', true),
    ("quest", b'?', false),
    ("commat", b'@', false),
    ("lsqb", b'[', false),
    ("lbrack", b'[', false),
    ("bsol", b'\\', false),
    ("rsqb", b']', false),
    ("rbrack", b']', false),
    ("Hat", b'^', false),
    ("lowbar", b'_', false),
    ("UnderBar", b'_', false),
    ("grave", b'`', false),
    ("DiacriticalGrave", b'`', false),
    ("lcub", b'{', false),
    ("lbrace", b'{', false),
    ("verbar", b'|', false),
    ("vert", b'|', false),
    ("VerticalLine", b'|', false),
    ("rcub", b'}', false),
    ("rbrace", b'}', false),
    ("nbsp", b' ', false),
    ("NonBreakingSpace", b' ', false),
    ("ensp", b' ', false),
    ("emsp", b' ', false),
    ("thinsp", b' ', false),
    ("hairsp", b' ', false),
    ("numsp", b' ', false),
    ("puncsp", b' ', false),
    ("MediumSpace", b' ', false),
    ("ThinSpace", b' ', false),
    ("VeryThinSpace", b' ', false),
    ("emsp13", b' ', false),
    // A mark is laid over these, but the character before it is what a document is read by.
    ("nvlt", b'<', false),
    ("nvgt", b'>', false),
    ("bne", b'=', false),
];

/// The longest name in the table, so that a lone `&` costs little.
const NAME_BYTES_MAX: usize = 16;

/// Decodes the references that can matter to an address. A named reference that is not in the table stays as it
/// is written: its `&` then makes a host unreadable, which holds the tag.
pub fn decode(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'&', value) else { return Cow::Borrowed(value) };
    let mut decoded = Vec::with_capacity(value.len());
    decoded.extend_from_slice(&value[..first]);
    let mut rest = &value[first..];
    while let Some((byte, tail)) = rest.split_first() {
        if let Some((character, length)) = reference(rest) {
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[length..];
        } else {
            decoded.push(*byte);
            rest = tail;
        }
    }
    Cow::Owned(decoded)
}

/// A value as it is written, with these texts put in, each at a position in what [`decode`] makes of it, in ascending
/// order: fit to stand without quotes, and without any byte that could mean something else around it. `None` when it
/// becomes longer than `bytes_max`.
///
/// What is written is copied and not decoded: its references may stand for characters that the page's encoding lacks.
pub fn unquoted<'a>(
    value: &[u8],
    insertions: impl Iterator<Item = (usize, &'a [u8])>,
    bytes_max: usize,
) -> Option<Vec<u8>> {
    let mut insertions = insertions.filter(|(_, text)| !text.is_empty()).peekable();
    let mut written = Vec::with_capacity(2 * value.len());
    let (mut rest, mut decoded, mut is_open) = (value, 0, false);
    loop {
        while let Some((_, text)) = insertions.next_if(|(at, _)| *at <= decoded) {
            // Else the reference before could go on into the text.
            written.extend(is_open.then_some(b';'));
            is_open = false;
            for byte in text {
                match byte {
                    b'&' => written.extend_from_slice(b"&amp;"),
                    byte => write_unquoted(*byte, &mut written),
                }
            }
        }
        if written.len() > bytes_max {
            return None;
        }
        let Some((byte, tail)) = rest.split_first() else { return Some(written) };
        if let Some((character, length)) = reference(rest) {
            written.extend_from_slice(&rest[..length]);
            is_open = rest[length - 1] != b';';
            decoded += character.len_utf8();
            rest = &rest[length..];
            continue;
        }
        // Of a line's two ends the browser keeps the second (HTML 13.2.3.5); as references both would stay.
        match byte {
            b'\r' if tail.first() == Some(&b'\n') => {}
            b'\r' => write_unquoted(b'\n', &mut written),
            byte => write_unquoted(*byte, &mut written),
        }
        is_open = false;
        decoded += 1;
        rest = tail;
    }
}

/// A text as a value that can stand without quotes, in letters of every encoding, and without any byte that could mean
/// something else around it: in another reading of the page, or where markup stands within JSON.
pub fn in_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Space and what ends or escapes something.
            '\0'..=' ' | '"' | '\'' | '`' | '\\' | '\x7F'.. => {
                // Writing to a String cannot fail.
                _ = write!(out, "&#{};", u32::from(character));
            }
            plain => out.push(plain),
        }
    }
    out
}

fn write_unquoted(byte: u8, out: &mut Vec<u8>) {
    let reference: &[u8] = match byte {
        b'\t' => b"&#9;",
        b'\n' => b"&#10;",
        b'\x0C' => b"&#12;",
        b'\r' => b"&#13;",
        b' ' => b"&#32;",
        b'"' => b"&#34;",
        b'\'' => b"&#39;",
        b'<' => b"&#60;",
        b'>' => b"&#62;",
        _ => return out.push(byte),
    };
    out.extend_from_slice(reference);
}

/// The character that a text starts with as a reference, and the length of that.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    let tail = text.strip_prefix(b"&")?;
    let (character, length) = numeric(tail).or_else(|| named(tail))?;
    Some((character, length + 1))
}

/// `#104;`, `#x68`: what follows a `&`. Out of range and surrogates become U+FFFD (HTML 13.2.5.80).
fn numeric(text: &[u8]) -> Option<(char, usize)> {
    let digits = text.strip_prefix(b"#")?;
    let (digits, radix, start) = match digits.split_first() {
        Some((b'x' | b'X', hex)) => (hex, 16, 2),
        _ => (digits, 10, 1),
    };
    let count = digits.iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    if count == 0 {
        return None;
    }
    let fold = |sum: u32, byte: &u8| {
        char::from(*byte).to_digit(radix).map_or(sum, |digit| sum.saturating_mul(radix).saturating_add(digit))
    };
    let code = digits[..count].iter().fold(0, fold);
    let character = match code {
        0 => '\u{FFFD}',
        // Windows-1252 punctuation is no part of a readable host either way.
        code => char::from_u32(code).unwrap_or('\u{FFFD}'),
    };
    let end = start + count;
    Some((character, end + usize::from(text.get(end) == Some(&b';'))))
}

fn named(text: &[u8]) -> Option<(char, usize)> {
    let length = text.iter().take(NAME_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let name = &text[..length];
    let has_semicolon = text.get(length) == Some(&b';');
    if has_semicolon && let Some((_, byte, _)) = NAMED.iter().find(|(known, _, _)| known.as_bytes() == name) {
        return Some((char::from(*byte), length + 1));
    }
    // Without `;` the old names count, unless more of a word or `=` follows (HTML 13.2.5.73).
    let is_open = !has_semicolon && text.get(length) != Some(&b'=');
    let old = NAMED.iter().find(|(known, _, is_old)| *is_old && known.as_bytes() == name)?;
    is_open.then_some((char::from(old.1), length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn put_in(value: &str, insertions: &[(usize, &str)]) -> String {
        let insertions = insertions.iter().map(|(at, text)| (*at, text.as_bytes()));
        String::from_utf8(unquoted(value.as_bytes(), insertions, 1000).unwrap()).unwrap()
    }

    #[test]
    fn a_text_put_in_is_no_part_of_the_reference_before_it() {
        assert_eq!(put_in("a&#x20bc", &[(1, "data")]), "adata&#x20bc");
        assert_eq!(put_in("&#x20", &[(1, "data")]), "&#x20;data");
        assert_eq!(put_in("&lt b='x'", &[(1, "p")]), "&lt;p&#32;b=&#39;x&#39;");
        assert_eq!(put_in("&eacute;\r\n\r<p>", &[(11, " x")]), "&eacute;&#10;&#10;&#32;x&#60;p&#62;");
        assert_eq!(put_in("", &[(0, "a & b")]), "a&#32;&amp;&#32;b");
        assert_eq!(unquoted(b"long", std::iter::empty(), 3), None);
    }

    proptest! {
        #[test]
        fn a_text_in_a_value_is_that_text_and_ends_nothing(text in "(\\PC|[ \t\n<>&\"'`\\\\=;]|&(amp|lt|#39|nbsp);?){0,20}") {
            let written = in_value(&text);
            prop_assert!(written.is_ascii() && !written.contains(|sign: char| "<>\"'`\\".contains(sign) || sign <= ' '), "{}", written);
            prop_assert_eq!(decode(written.as_bytes()).into_owned(), text.into_bytes());
        }

        #[test]
        fn a_value_without_quotes_means_the_same(
            value in "([a-z;=&<>\"' \n]|&lt|&amp;|&#x[0-9a-f]{2};?|&#3[0-9]|&nvgt;){0,12}",
            at in 0..12_usize,
            text in "[a-f0-9 ;=]{0,4}",
        ) {
            let plain = decode(value.as_bytes()).into_owned();
            // A text is put in between two characters only.
            let at = (0..=at.min(plain.len())).rev().find(|at| std::str::from_utf8(&plain[..*at]).is_ok()).unwrap_or(0);
            let made = unquoted(value.as_bytes(), std::iter::once((at, text.as_bytes())), usize::MAX).unwrap();
            prop_assert!(!made.iter().any(|byte| b"<>\"' \t\r\n\x0C".contains(byte)));
            // What is no reference yet can become one by what is put in: then it is another text that was asked for.
            prop_assume!(!plain[..at].contains(&b'&'));
            let wanted = [&plain[..at], text.as_bytes(), &plain[at..]].concat();
            let wanted = wanted.iter().filter(|byte| **byte != b'\r').copied().collect::<Vec<_>>();
            let read: Vec<u8> = decode(&made).iter().filter(|byte| **byte != b'\r').copied().collect();
            prop_assert_eq!(String::from_utf8_lossy(&read), String::from_utf8_lossy(&wanted));
        }
    }
}
