//! Character references in attribute values: those that can spell an address.

use std::borrow::Cow;

/// References that stand for an ASCII character, as HTML 13.5 names them. `true`: also read without `;`.
const NAMED: [(&str, u8, bool); 57] = [
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
        let reference = if *byte == b'&' { numeric(tail).or_else(|| named(tail)) } else { None };
        if let Some((character, length)) = reference {
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &tail[length..];
        } else {
            decoded.push(*byte);
            rest = tail;
        }
    }
    Cow::Owned(decoded)
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
