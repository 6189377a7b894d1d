//! One page, one name: how a path is written, and what a pattern of the settings says of pages as they are counted.

use std::borrow::Cow;

use super::{PATH_BYTES_MAX, page, page_with_fragment, public_page};

/// A path as browsers send it and as pages are counted, however somebody wrote it: what is not ASCII, a space and quotes are
/// percent-encoded (URL standard, section 1.3), with upper-case digits (RFC 3986 section 6.2.2.1). The sign that ends a page
/// which was cut stays as it is.
pub fn written(path: &str) -> Cow<'_, str> {
    let is_lower = |three: &[u8]| is_encoding(three) && three[1..].iter().any(u8::is_ascii_lowercase);
    if !path.bytes().any(is_encoded) && !path.as_bytes().windows(3).any(is_lower) {
        return Cow::Borrowed(path);
    }
    let (whole, cut) = match path.strip_suffix('…') {
        Some(whole) if path.len() > PATH_BYTES_MAX => (whole, "…"),
        _ => (path, ""),
    };
    let mut text = String::with_capacity(path.len() * 2);
    let mut digits = 0;
    for (at, byte) in whole.bytes().enumerate() {
        if whole.as_bytes().get(at..at + 3).is_some_and(is_encoding) {
            digits = 3;
        }
        if is_encoded(byte) {
            let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
            text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        } else {
            text.push(char::from(if digits > 0 { byte.to_ascii_uppercase() } else { byte }));
        }
        digits = usize::saturating_sub(digits, 1);
    }
    Cow::Owned(text + cut)
}

/// Does a browser encode this byte in a path as well as behind `#`?
pub(super) const fn is_encoded(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'"' | b'<' | b'>' | b'`')
}

fn is_encoding(three: &[u8]) -> bool {
    matches!(three, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// What a pattern is of pages as they are counted: itself, unless no counted page can fit it, because what it says is
/// scrubbed from them. `*` stands for any text; a segment with one is left as it is.
pub fn counted_pattern(pattern: &str) -> Cow<'_, str> {
    let open = |segment| if str::contains(segment, '*') { "*" } else { segment };
    let plain = pattern.split('/').map(open).collect::<Vec<_>>().join("/");
    let counted = match plain.split_once('#') {
        Some((path, fragment)) => Cow::Owned(page_with_fragment(path, fragment)),
        None if public_page(&plain) == plain => return Cow::Borrowed(pattern),
        None => page(&plain),
    };
    if counted == plain {
        return Cow::Borrowed(pattern);
    }
    let asked = |(asked, counted)| if str::contains(asked, '*') { asked } else { counted };
    Cow::Owned(pattern.split('/').zip(counted.split('/')).map(asked).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_written_in_one_way() {
        for (path, expected) in [
            ("/dekk", "/dekk"),
            ("/fullført/1", "/fullf%C3%B8rt/1"),
            ("/fullf%c3%b8rt/1", "/fullf%C3%B8rt/1"),
            ("/fullf%C3%B8rt/1", "/fullf%C3%B8rt/1"),
            ("/min side/\"a\"", "/min%20side/%22a%22"),
            ("/50%/%zz/%2", "/50%/%zz/%2"),
            ("/%%c3abc%aa", "/%%C3abc%AA"),
            ("/hash#/kjøp", "/hash#/kj%C3%B8p"),
        ] {
            assert_eq!(written(path), expected, "{path}");
        }
    }

    #[test]
    fn what_never_is_counted_as_it_stands_is_told() {
        for (pattern, expected) in [
            ("/takk*", "/takk*"),
            ("/ordre/*/ok", "/ordre/*/ok"),
            ("/ordre/:number/ok", "/ordre/:number/ok"),
            ("/ordre/12345678/ok", "/ordre/:number/ok"),
            ("/ordre/12345678/ok*", "/ordre/:number/ok*"),
            ("/u/ola@example.no", "/u/:email"),
            // Where the page is there for everybody, the number of an article stays.
            ("/produkt/10002345", "/produkt/10002345"),
            ("/kasse#/takk*", "/kasse#/takk*"),
            ("/kasse#/ordre/12345678", "/kasse#/ordre/:number"),
            ("/kurv;v=1/x", "/kurv/x"),
        ] {
            assert_eq!(counted_pattern(pattern), expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn pages_are_written_as_patterns_are(path in "(/[a-zæøåÆé %\"]{0,12}|/%[0-9a-fA-F]{1,3}){1,5}") {
            let page = page(&path).into_owned();
            prop_assert_eq!(written(&page), page.as_str());
            let written = written(&path);
            prop_assert_eq!(super::super::page(&written), page.as_str());
        }

        #[test]
        fn a_page_that_was_cut_is_found_by_its_name(length in 100_usize..600) {
            let page = page(&"/ø".repeat(length)).into_owned();
            prop_assert_eq!(written(&page), page.as_str());
        }
    }
}
