//! Pages in every encoding that browsers read, and in the codings that carry them.

use bytes::Bytes;
use encoding_rs::{EUC_KR, Encoding, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};
use http::{Request, Response};

use crate::support::{Answer, Origin, Visitor, client, start};

/// A page with a tracker in it; `{}` stands for text of the encoding.
const PAGE: &str = "<!doctype html><html lang=nb><head><title>{}</title></head><body><p>{}</p>\
    <script src=https://www.googletagmanager.com/gtag/js></script>\
    <iframe width=560 height=315 src=https://www.youtube.com/embed/1></iframe></body></html>";

fn opened(kind: &'static str, page: Vec<u8>) -> Result<Answer, String> {
    let page = Bytes::from(page);
    let origin = Origin::answering(move |_| {
        Response::builder().header("content-type", kind).body(page.clone()).expect("a response")
    });
    let gateway = start(&origin);
    let request = Request::get("/").header("host", "shop.example").header("accept", "text/html");
    client::try_request(gateway.visitors, request.body(Bytes::new()).expect("a request"))
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// The page is held, asks, and says in its own letters what it says.
fn assert_rewritten(page: &str, text: &str) {
    assert!(page.contains("id=\"consentry-banner\""), "{page}");
    assert!(page.contains(&format!("<title>{text}</title>")), "{page}");
    assert!(page.contains("data-consentry-src=https://www.googletagmanager.com"), "{page}");
    assert!(!page.contains(" src=https://www.google"), "{page}");
}

#[test]
fn pages_in_utf_16_and_iso_2022_jp_arrive_in_utf_8() {
    let page = PAGE.replace("{}", "\u{3053}\u{3093}");
    let marked = format!("\u{FEFF}{page}");
    let (shifted, _, _) = ISO_2022_JP.encode(&page);
    let declared = format!("<meta charset=iso-2022-jp>{page}");
    let (declared, _, _) = ISO_2022_JP.encode(&declared);
    let table = [
        ("text/html; charset=utf-16le", utf16(&page, u16::to_le_bytes), true),
        ("text/html; charset=\"UTF-16BE\"", utf16(&page, u16::to_be_bytes), true),
        ("text/html", utf16(&marked, u16::to_le_bytes), false),
        ("text/html; charset=utf-8", utf16(&marked, u16::to_be_bytes), false),
        ("text/html; charset=iso-2022-jp", shifted.into_owned(), true),
        ("text/html", declared.into_owned(), false),
    ];
    for (kind, body, is_said) in table {
        let answer = opened(kind, body).expect("a whole page");
        assert!(answer.body.starts_with(b"\xEF\xBB\xBF"), "{kind}");
        assert_rewritten(&answer.text(), "\u{3053}\u{3093}");
        let wanted = if is_said { "text/html; charset=utf-8" } else { kind };
        assert_eq!(answer.header("content-type"), Some(wanted), "{kind}");
    }
}

#[test]
fn pages_in_other_encodings_pass_in_their_own_bytes() {
    let table: [(&'static Encoding, &str, &str); 5] = [
        (WINDOWS_1252, "text/html; charset=windows-1252", "Bl\u{e5}b\u{e6}r \u{20ac}"),
        (SHIFT_JIS, "text/html; charset=shift_jis", "\u{8868}\u{30bd}\u{80fd}"),
        (GBK, "text/html; charset=gbk", "\u{4e2d}\u{6587}\u{8bd5}"),
        (EUC_KR, "text/html; charset=euc-kr", "\u{d55c}\u{ad6d}"),
        (UTF_8, "text/html; charset=UTF-8", "\u{1f43b}"),
    ];
    for (encoding, kind, text) in table {
        let (page, _, is_broken) = encoding.encode(PAGE);
        assert!(!is_broken);
        let (coded, _, _) = encoding.encode(text);
        let page =
            [page.split_at(page.iter().position(|byte| *byte == b'{').unwrap()).0, &coded, b"</title>"]
                .concat();
        let rest = PAGE.split_once("</title>").unwrap().1.replace("{}", "");
        let page = [page, rest.into_bytes()].concat();
        let answer = opened(kind, page).expect("a whole page");
        assert_eq!(answer.header("content-type"), Some(kind));
        let (read, _, _) = encoding.decode(&answer.body);
        assert_rewritten(&read, text);
        // What was put in is the same letters in each of them, Norwegian ones too.
        assert!(read.contains("Sp&#248;r") || read.contains("&#248;"), "{read}");
        let start = memchr::memmem::find(&answer.body, b"<title>").expect("a title") + 7;
        assert!(answer.body[start..].starts_with(&coded), "its bytes are untouched");
    }
}

#[test]
fn a_page_that_is_cut_within_a_character_ends_in_a_replacement() {
    let mut page = utf16("<!doctype html><p>a", u16::to_le_bytes);
    page.pop();
    let answer = opened("text/html; charset=utf-16le", page).expect("a whole page");
    assert!(answer.text().contains("<p>\u{FFFD}"), "{}", answer.text());
    let lone = [utf16("<!doctype html><p>", u16::to_le_bytes), vec![0x00, 0xDC, b'<', 0]].concat();
    let answer = opened("text/html; charset=utf-16le", lone).expect("a whole page");
    assert!(answer.text().contains("<p>\u{FFFD}<"), "{}", answer.text());
}

#[test]
fn a_wrong_label_is_fenced_and_nothing_held_is_in_it() {
    let page = PAGE.replace("{}", "x");
    // UTF-8 that is said to be UTF-16 is no markup, for the browser neither.
    let answer = opened("text/html; charset=utf-16", page.clone().into_bytes()).expect("a whole page");
    assert!(!answer.text().contains("googletagmanager"));
    assert!(answer.header("content-security-policy").is_some());
    // UTF-16 without a mark that is said to be UTF-8 has a zero after every letter: no markup either.
    let answer = opened("text/html; charset=utf-8", utf16(&page, u16::to_le_bytes)).expect("a whole page");
    assert!(!answer.text().contains("googletagmanager"));
    assert!(answer.header("content-security-policy").is_some());
    // Labels that no browser knows count for nothing.
    for kind in ["text/html; charset=utf-7", "text/html; charset=none"] {
        let answer = opened(kind, page.clone().into_bytes()).expect("a whole page");
        assert_rewritten(&answer.text(), "x");
    }
}

#[test]
fn a_page_that_may_be_guessed_to_shift_is_cut() {
    let page = [vec![b' '; 2000], b"<p>\x1B$B<script src=//www.googletagmanager.com>".to_vec()].concat();
    assert!(opened("text/html", page).is_err());
}

#[test]
fn a_page_in_xml_passes_as_it_is_under_its_fence() {
    let page = "<html xmlns='http://www.w3.org/1999/xhtml'><body><br/><img src='https://www.facebook.com/tr'/></body></html>";
    for kind in ["application/xhtml+xml", "text/xsl", "text/XSL; charset=utf-8", "application/xslt+xml"] {
        let answer = opened(kind, page.into()).expect("a whole page");
        assert_eq!(answer.text(), page);
        assert!(answer.header("content-security-policy").is_some(), "{kind}");
    }
}

#[test]
fn the_banner_reads_the_same_in_every_encoding() {
    let origin = Origin::page(
        "<!doctype html><html lang=nb><body><iframe src=https://www.youtube.com/embed/1></iframe></body></html>",
    );
    let gateway = start(&origin);
    let answer = Visitor::of(gateway.visitors).open("/");
    assert!(answer.body.is_ascii(), "{}", answer.text());
}
