//! The encoding a page declares in its own text. Browsers look for it in the first 1024 bytes (HTML Standard section
//! 13.2.3.2), and what is put first in `<head>` would push it beyond: so it is said again before that.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How much of a page is looked through. Unit: bytes.
pub(in crate::proxy) const START_BYTES: usize = 1024;

/// What the start of a page declares, as browsers find it: by a `<meta>`, else by an XML declaration. A name that no
/// browser knows is as good as none.
pub(in crate::proxy) fn declared(start: &[u8]) -> Option<&'static Encoding> {
    let start = &start[..start.len().min(START_BYTES)];
    if start.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    if start.starts_with(b"\0<\0?\0x") {
        return Some(UTF_16BE);
    }
    by_meta(start).or_else(|| by_xml(start))
}

/// A text that can be read as ASCII is not in UTF-16, whatever it says.
fn known(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    match encoding {
        _ if encoding == UTF_16LE || encoding == UTF_16BE => Some(UTF_8),
        _ if encoding == X_USER_DEFINED => Some(WINDOWS_1252),
        _ => Some(encoding),
    }
}

fn by_meta(start: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'<', &start[at..]) {
        at += offset;
        let tag = &start[at..];
        let is_meta = tag.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
            && tag.get(5).is_some_and(|next| *next == b'/' || is_space(*next));
        if tag.starts_with(b"<!--") {
            at += 2 + memchr::memmem::find(&tag[2..], b"-->")? + 3;
        } else if is_meta {
            let mut attributes = Attributes { start, at: at + 5 };
            let found = of_meta(&mut attributes);
            // A tag that is not whole says nothing, and nothing follows it.
            attributes.start.get(attributes.at)?;
            if found.is_some() {
                return found;
            }
            at = attributes.at;
        } else if is_tag(tag) {
            let name_end = tag.iter().position(|byte| is_space(*byte) || *byte == b'>')?;
            let mut attributes = Attributes { start, at: at + name_end };
            while attributes.next().is_some() {}
            at = attributes.at;
        } else if matches!(tag.get(1), Some(b'!' | b'/' | b'?')) {
            at += memchr::memchr(b'>', tag)? + 1;
        } else {
            at += 1;
        }
    }
    None
}

fn is_tag(tag: &[u8]) -> bool {
    let name = tag.get(1..).unwrap_or_default();
    name.strip_prefix(b"/").unwrap_or(name).first().is_some_and(u8::is_ascii_alphabetic)
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')
}

fn of_meta(attributes: &mut Attributes<'_>) -> Option<&'static Encoding> {
    let (mut is_pragma, mut needs_pragma, mut found) = (false, false, None);
    let mut seen: [bool; 3] = [false; 3];
    for (name, value) in attributes {
        let names: [&[u8]; 3] = [b"http-equiv", b"content", b"charset"];
        let Some(index) = names.iter().position(|known| name.eq_ignore_ascii_case(known)) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        match index {
            0 => is_pragma = value.eq_ignore_ascii_case(b"content-type"),
            1 if found.is_none() => {
                let label = in_content(value);
                (found, needs_pragma) = (label.and_then(known), label.is_some());
            }
            2 => (found, needs_pragma) = (known(value), false),
            _ => {}
        }
    }
    found.filter(|_| is_pragma || !needs_pragma)
}

/// The label in `text/html; charset=…` (HTML 4.2.5.4).
fn in_content(content: &[u8]) -> Option<&[u8]> {
    let lower = content.to_ascii_lowercase();
    let mut at = 0;
    loop {
        at += memchr::memmem::find(&lower[at..], b"charset")? + b"charset".len();
        let rest = content[at..].trim_ascii_start();
        let Some(value) = rest.strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        if let Some((quote @ (b'"' | b'\''), inner)) = value.split_first() {
            return memchr::memchr(*quote, inner).map(|end| &inner[..end]);
        }
        let end = value.iter().position(|byte| is_space(*byte) || *byte == b';');
        return Some(&value[..end.unwrap_or(value.len())]);
    }
}

/// Goes through the attributes of a tag; ends at its `>`, and where the looked-through start ends.
struct Attributes<'a> {
    start: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(|byte| is_space(byte) || byte == b'/');
        if *self.start.get(self.at)? == b'>' {
            return None;
        }
        let from = self.at;
        self.at += 1;
        self.skip(|byte| !is_space(byte) && !matches!(byte, b'/' | b'>' | b'='));
        let name = &self.start[from..self.at];
        self.skip(is_space);
        if *self.start.get(self.at)? != b'=' {
            return Some((name, b""));
        }
        self.at += 1;
        self.skip(is_space);
        let quote = *self.start.get(self.at)?;
        if matches!(quote, b'"' | b'\'') {
            self.at += 1;
            let value = self.at;
            self.skip(|byte| byte != quote);
            let found = (name, &self.start[value..self.at]);
            self.start.get(self.at)?;
            self.at += 1;
            return Some(found);
        }
        let value = self.at;
        self.skip(|byte| !is_space(byte) && byte != b'>');
        Some((name, &self.start[value..self.at]))
    }
}

impl Attributes<'_> {
    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        let rest = &self.start[self.at..];
        self.at += rest.iter().position(|byte| !is_skipped(*byte)).unwrap_or(rest.len());
    }
}

/// `<?xml version="1.0" encoding="…"?>` at the very start.
fn by_xml(start: &[u8]) -> Option<&'static Encoding> {
    let declaration = start.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..memchr::memchr(b'>', declaration)?];
    let rest = &declaration[memchr::memmem::find(declaration, b"encoding")? + b"encoding".len()..];
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, inner) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    known(&inner[..memchr::memchr(*quote, inner)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};
    use proptest::prelude::*;

    #[test]
    fn declarations_are_found_where_browsers_find_them() {
        let table: [(&[u8], &Encoding); 12] = [
            (b"<!doctype html><META CharSet=\"ISO-8859-1\">", WINDOWS_1252),
            (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>", WINDOWS_1252),
            (b"<meta content='text/html; charset = \"sjis\"' http-equiv='content-type'>", SHIFT_JIS),
            (b"<meta name=viewport content=x><meta charset = utf-8 >", UTF_8),
            (b"<!-- <meta charset=utf-8> --><meta/charset=euc-jp>", EUC_JP),
            (b"<!--><meta charset=euc-jp>", EUC_JP),
            (b"<p title='<meta charset=utf-8>'><meta charset=euc-jp>", EUC_JP),
            (b"<meta charset=none><meta charset=iso-2022-jp>", ISO_2022_JP),
            (b"<meta charset=utf-16le>", UTF_8),
            (b"<?xml version='1.0' encoding='iso-2022-jp'?><html>", ISO_2022_JP),
            (b"<?xml version='1.0' encoding='iso-2022-jp'?><meta charset=utf-8>", UTF_8),
            (b"<\0?\0x\0m\0l\0", UTF_16LE),
        ];
        for (page, wanted) in table {
            assert_eq!(declared(page), Some(wanted), "{}", String::from_utf8_lossy(page));
        }
    }

    #[test]
    fn what_is_no_declaration_is_none() {
        let table: [&[u8]; 10] = [
            b"<p>charset=utf-8",
            b"<meta charset=>",
            b"<meta charset='<script>'>",
            b"<meta charset=utf-7>",
            b"<meta content='text/html; charset=utf-8'>",
            b"<meta http-equiv=refresh content='charset=utf-8'>",
            b"<metacharset=utf-8>",
            b"<!-- <meta charset=utf-8>",
            b"<meta charset=utf-8",
            b"",
        ];
        for page in table {
            assert_eq!(declared(page), None, "{}", String::from_utf8_lossy(page));
        }
        let late = [vec![b' '; START_BYTES], b"<meta charset=utf-8>".to_vec()].concat();
        assert_eq!(declared(&late), None);
    }

    proptest! {
        #[test]
        fn no_start_is_too_odd_to_be_read(page in "(<meta|<!--|-->|charset|content|=|'|\"|/|>| |<\\?xml|encoding|utf-8|\\PC){0,40}") {
            let _ = declared(page.as_bytes());
        }
    }
}
