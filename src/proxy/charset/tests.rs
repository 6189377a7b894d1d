use encoding_rs::{REPLACEMENT, SHIFT_JIS, UTF_8, WINDOWS_1252};
use proptest::prelude::*;

use super::*;

fn turned<'a>(
    said: Option<&'static Encoding>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, CharsetError> {
    let mut reader = ToUtf8::new(said);
    let mut out = Vec::new();
    let mut sink = |bytes: &[u8]| {
        assert!(!bytes.is_empty());
        out.extend_from_slice(bytes);
        Ok(())
    };
    for piece in pieces {
        reader.push(piece, &mut sink)?;
    }
    reader.end(&mut sink)?;
    Ok(out)
}

fn utf16(text: &str, is_little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn marked(text: &str) -> Vec<u8> {
    [MARK, text.as_bytes()].concat()
}

#[test]
fn a_content_type_says_an_encoding_or_none() {
    let table: [(&[u8], Option<&Encoding>); 11] = [
        (b"text/html; charset=utf-8", Some(UTF_8)),
        (b"text/html;CHARSET=\"UTF-16le\" ; x=y", Some(UTF_16LE)),
        (b"text/html; charset=utf-16", Some(UTF_16LE)),
        (b"text/html; charset=UTF-16BE", Some(UTF_16BE)),
        (b"text/html; x=y; charset = iso-2022-jp", Some(ISO_2022_JP)),
        (b"text/html; charset=latin1", Some(WINDOWS_1252)),
        (b"text/html; charset=utf-8; charset=utf-16", Some(UTF_8)),
        // Browsers do not read UTF-7, and show one sign in place of what is replaced as a whole.
        (b"text/html; charset=utf-7", None),
        (b"text/html; charset=iso-2022-kr", Some(REPLACEMENT)),
        (b"text/html; charset=", None),
        (b"charset=utf-8", None),
    ];
    for (value, wanted) in table {
        assert_eq!(of_content_type(value), wanted, "{}", String::from_utf8_lossy(value));
    }
    assert!(!is_turned(REPLACEMENT) && !is_turned(SHIFT_JIS));
}

#[test]
fn where_browsers_may_read_another_encoding_a_content_type_is_not_plain() {
    let table: [(&[&'static str], Option<&Encoding>, bool); 9] = [
        (&["text/html; charset=utf-8"], Some(UTF_8), true),
        (&["text/html"], None, true),
        (&[], None, true),
        (&["text/html; charset=\"utf-8\""], Some(UTF_8), false),
        (&["text/html; charset=\"utf-\\16le\""], None, false),
        (&["text/html; charset=utf-8", "text/html; charset=utf-16le"], Some(UTF_16LE), false),
        (&["text/html, text/html; charset=utf-16le"], Some(UTF_16LE), false),
        (&["text/html; x=\"; charset=utf-8; \"; charset=utf-16le"], Some(UTF_8), false),
        (&["text/html; charset=; charset=utf-16le"], None, false),
    ];
    for (lines, said, is_plain) in table {
        let values: Vec<_> = lines.iter().map(|line| HeaderValue::from_static(line)).collect();
        assert_eq!(of_content_types(values.iter()), (said, is_plain), "{lines:?}");
    }
}

#[test]
fn utf_16_is_turned_by_its_mark_or_its_label() {
    let page = "<p>Bl\u{e5} \u{1F43B}</p>";
    for is_little in [true, false] {
        let plain = utf16(page, is_little);
        let label = if is_little { UTF_16LE } else { UTF_16BE };
        assert_eq!(turned(Some(label), [plain.as_slice()]), Ok(marked(page)));
        let with_mark = utf16(&format!("\u{FEFF}{page}"), is_little);
        for said in [None, Some(UTF_8), Some(UTF_16LE), Some(UTF_16BE)] {
            assert_eq!(turned(said, [with_mark.as_slice()]), Ok(marked(page)), "the mark wins over {said:?}");
        }
        let declared = utf16("<?xml version='1.0'?><p>", is_little);
        assert_eq!(turned(None, [declared.as_slice()]), Ok(marked("<?xml version='1.0'?><p>")));
    }
}

#[test]
fn what_is_no_text_of_its_encoding_is_replaced() {
    let table: [(&'static Encoding, &[u8], &str); 5] = [
        (UTF_16LE, b"a\0b", "a\u{FFFD}"),
        (UTF_16BE, b"\0a\xD8\x00", "a\u{FFFD}"),
        (UTF_16LE, b"\x00\xDCa\0", "\u{FFFD}a"),
        (ISO_2022_JP, b"\x1B$B$", "\u{FFFD}"),
        (ISO_2022_JP, b"\xFFa", "\u{FFFD}a"),
    ];
    for (label, bytes, wanted) in table {
        assert_eq!(turned(Some(label), [bytes]), Ok(marked(wanted)), "{bytes:?}");
    }
}

#[test]
fn a_shifting_text_is_turned_wherever_a_browser_would_believe_it() {
    let text = b"\x1B$B<a<!\x1B(B<p>";
    let plain = "\u{7d17}\u{7d75}<p>";
    let read = turned(Some(ISO_2022_JP), [text.as_slice()]).unwrap();
    assert!(String::from_utf8_lossy(&read).ends_with("<p>") && !read.contains(&b'!'), "{read:?} {plain}");
    let declared = [b"<meta charset=iso-2022-jp>".as_slice(), text].concat();
    assert!(turned(None, [declared.as_slice()]).unwrap().starts_with(b"\xEF\xBB\xBF<meta"));
    assert!(turned(None, [text.as_slice()]).unwrap().starts_with(MARK), "a browser may guess it");
    let late = [vec![b' '; START_BYTES], text.to_vec()].concat();
    assert_eq!(turned(None, late.chunks(START_BYTES + 1)), Err(CharsetError::Guessed));
    for said in [UTF_8, WINDOWS_1252] {
        assert_eq!(turned(Some(said), [text.as_slice()]), Ok(text.to_vec()), "it is what the header says");
    }
}

proptest! {
    #[test]
    fn every_other_text_passes_byte_for_byte(
        page in prop::collection::vec(any::<u8>().prop_filter("no shift", |byte| *byte != 0x1B), 0..2000),
        said in prop::sample::select(vec![None, Some(UTF_8), Some(WINDOWS_1252), Some(SHIFT_JIS), Some(REPLACEMENT)]),
        cut in 1_usize..1500,
    ) {
        prop_assume!(Encoding::for_bom(&page).is_none_or(|(encoding, _)| encoding == UTF_8));
        prop_assert_eq!(turned(said, page.chunks(cut)), Ok(page.clone()));
    }

    #[test]
    fn how_it_is_cut_changes_nothing(
        page in prop::collection::vec(prop::sample::select(b"\xFE\xFF\0<a>\xD8\xDC\x1B$B(J\xEF\xBB\xBF".as_slice()), 0..60),
        said in prop::sample::select(vec![None, Some(UTF_16LE), Some(UTF_16BE), Some(ISO_2022_JP), Some(UTF_8)]),
        cut in 1_usize..10,
    ) {
        let whole = turned(said, [page.as_slice()]);
        prop_assert_eq!(&whole, &turned(said, page.chunks(cut)));
        if let Some(encoding) = said.filter(|said| is_turned(said) && Encoding::for_bom(&page).is_none()) {
            let (text, _) = encoding.decode_without_bom_handling(&page);
            prop_assert_eq!(whole, Ok(marked(&text)));
        }
    }
}
