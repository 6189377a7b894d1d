//! Where text that is no markup ends: scripts, raw text, comments (HTML 13.2.5.2 to 13.2.5.72).
//!
//! Each function gets the buffer and a position that it moves as far as it is sure; asked again with more bytes it
//! goes on from there. At the end of the document nothing more can come, and what is open stays open.

use memchr::{memchr, memchr2};

use super::near::is_space;

/// How deep a script's text is in `<!--` and `<script`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    None,
    Escaped,
    Double,
}

/// How a text compares to a word that ends in white space, `/` or `>`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    TooShort,
}

fn match_word(text: &[u8], start: &[u8], name: &[u8]) -> Match {
    let word = start.iter().chain(name);
    for (index, wanted) in word.enumerate() {
        match text.get(index) {
            None => return Match::TooShort,
            Some(byte) if byte.eq_ignore_ascii_case(wanted) => {}
            Some(_) => return Match::No,
        }
    }
    match text.get(start.len() + name.len()) {
        None => Match::TooShort,
        Some(byte) if is_space(*byte) || matches!(byte, b'/' | b'>') => Match::Yes,
        Some(_) => Match::No,
    }
}

/// The `<` of the end tag that ends the text of `name`.
pub(super) fn text_end(buf: &[u8], at: &mut usize, name: &[u8], is_last: bool) -> Option<usize> {
    while let Some(offset) = memchr(b'<', &buf[*at..]) {
        *at += offset;
        match match_word(&buf[*at..], b"</", name) {
            Match::Yes => return Some(*at),
            Match::TooShort if !is_last => return None,
            _ => *at += 1,
        }
    }
    *at = buf.len();
    None
}

/// The `<` of the `</script` that ends a script's text.
pub(super) fn script_end(buf: &[u8], at: &mut usize, escape: &mut Escape, is_last: bool) -> Option<usize> {
    loop {
        let offset = match escape {
            Escape::None => memchr(b'<', &buf[*at..]),
            _ => memchr2(b'<', b'>', &buf[*at..]),
        };
        let Some(offset) = offset else {
            // Two dashes before a `>` that has not come yet must still be seen then.
            let kept = if *escape == Escape::None || is_last { 0 } else { 2 };
            *at = buf.len().saturating_sub(kept).max(*at);
            return None;
        };
        let found = *at + offset;
        let text = &buf[found..];
        if text[0] == b'>' {
            if buf[*at..found].ends_with(b"--") {
                *escape = Escape::None;
            }
            *at = found + 1;
            continue;
        }
        let end = match_word(text, b"</", b"script");
        let is_comment = text.starts_with(b"<!--");
        let may_be_comment = b"<!--".starts_with(text);
        let begin = match_word(text, b"<", b"script");
        *at = found;
        match escape {
            _ if !is_last && (end == Match::TooShort || begin == Match::TooShort || may_be_comment) => {
                return None;
            }
            Escape::None | Escape::Escaped if end == Match::Yes => return Some(found),
            Escape::None if is_comment => {
                *escape = Escape::Escaped;
                *at = found + 2;
            }
            Escape::Escaped if begin == Match::Yes => {
                *escape = Escape::Double;
                *at = found + 1;
            }
            Escape::Double if end == Match::Yes => {
                *escape = Escape::Escaped;
                *at = found + 1;
            }
            _ => *at = found + 1,
        }
    }
}

/// The position after a comment's end. `opener` counts the bytes at `at` that are still the dashes of `<!--`: they
/// may be the dashes of `<!-->`, but not those of `--!>`.
pub(super) fn comment_end(buf: &[u8], at: &mut usize, opener: &mut usize, is_last: bool) -> Option<usize> {
    let mut from = *at;
    while let Some(offset) = memchr(b'>', &buf[from..]) {
        let found = from + offset;
        let text = &buf[*at..found];
        if text.ends_with(b"--") || buf[(*at + *opener).min(found)..found].ends_with(b"--!") {
            return Some(found + 1);
        }
        from = found + 1;
    }
    let kept = if is_last { 0 } else { 3 };
    let next = buf.len().saturating_sub(kept).max(*at);
    *opener = opener.saturating_sub(next - *at);
    *at = next;
    None
}

/// The position after `]]>`.
pub(super) fn cdata_end(buf: &[u8], at: &mut usize, is_last: bool) -> Option<usize> {
    let mut from = *at;
    while let Some(offset) = memchr(b'>', &buf[from..]) {
        let found = from + offset;
        if buf[*at..found].ends_with(b"]]") {
            return Some(found + 1);
        }
        from = found + 1;
    }
    let kept = if is_last { 0 } else { 2 };
    *at = buf.len().saturating_sub(kept).max(*at);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_ends_where_browsers_end_it() {
        let table = [
            ("a</script>", Some(1)),
            ("a</SCRIPT\n>", Some(1)),
            ("a</scriptx></script/", Some(11)),
            ("<!--</script>", Some(4)),
            ("<!--<script></script></script>", Some(21)),
            ("<!--<script>--></script>", Some(15)),
            ("<!--><script></script></script>", Some(13)),
            ("<!--<scripty></script></script>", Some(13)),
            ("<!--<script>", None),
            ("</script", None),
        ];
        for (text, wanted) in table {
            let (mut at, mut escape) = (0, Escape::None);
            assert_eq!(script_end(text.as_bytes(), &mut at, &mut escape, true), wanted, "{text}");
        }
    }

    #[test]
    fn comment_ends_where_browsers_end_it() {
        let table = [
            ("<!-->a", Some(5)),
            ("<!--->a", Some(6)),
            ("<!---->a", Some(7)),
            ("<!--!>-->", Some(9)),
            ("<!---!>-->", Some(10)),
            ("<!----!>a", Some(8)),
            ("<!-- > - > -- > -->", Some(19)),
            ("<!-- a", None),
        ];
        for (text, wanted) in table {
            let (mut at, mut opener) = (2, 2);
            assert_eq!(comment_end(text.as_bytes(), &mut at, &mut opener, true), wanted, "{text}");
        }
    }
}
