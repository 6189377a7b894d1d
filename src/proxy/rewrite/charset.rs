//! The encoding a page declares in its own text. Browsers look for it in the first 1024 bytes (HTML Standard section
//! 13.2.3.2), and what we put first in `<head>` would push it beyond: so it is said again before that.

/// How much of a page is looked through. Unit: bytes.
pub(super) const START_BYTES: usize = 1024;

/// Longest name of an encoding; the Encoding Standard's longest label is shorter.
const NAME_BYTES_MAX: usize = 32;

/// The name that follows the first `charset=` inside a `<meta` of the page's start. A name a browser does not know is
/// as good as none, so nothing is checked but that it is a plain word.
pub(super) fn declared(start: &[u8]) -> Option<&[u8]> {
    let start = &start[..start.len().min(START_BYTES)];
    let lower = start.to_ascii_lowercase();
    for meta in memchr::memmem::find_iter(&lower, b"<meta") {
        let tag =
            meta..lower[meta..].iter().position(|byte| *byte == b'>').map_or(lower.len(), |end| meta + end);
        let Some(found) = memchr::memmem::find(&lower[tag.clone()], b"charset") else { continue };
        let value = tag.start + found + b"charset".len();
        let skipped =
            lower[value..tag.end].iter().take_while(|byte| b" \t\r\n\x0c='\"".contains(byte)).count();
        let name = &start[value + skipped..tag.end];
        let length =
            name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)).count();
        if (1..=NAME_BYTES_MAX).contains(&length) {
            return Some(&name[..length]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read() {
        assert_eq!(declared(b"<!doctype html><META CharSet=\"ISO-8859-1\">"), Some(&b"ISO-8859-1"[..]));
        let old = b"<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>";
        assert_eq!(declared(old), Some(&b"windows-1252"[..]));
        assert_eq!(declared(b"<meta name=viewport content=x><meta charset = utf-8 >"), Some(&b"utf-8"[..]));
    }

    #[test]
    fn what_is_no_declaration_is_none() {
        for page in [&b"<p>charset=utf-8"[..], b"<meta charset=>", b"<meta charset='<script>'>", b""] {
            assert_eq!(declared(page), None, "{page:?}");
        }
        let late = [vec![b' '; START_BYTES], b"<meta charset=utf-8>".to_vec()].concat();
        assert_eq!(declared(&late), None);
    }

    proptest! {
        #[test]
        fn no_page_panics(page in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = declared(&page);
        }
    }
}
