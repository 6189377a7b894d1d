//! Pages without a tracker in them: the visitor gets what the shop wrote, byte for byte, and what was put in.

use std::panic::catch_unwind;
use std::sync::{Arc, LazyLock};

use bytes::{Bytes, BytesMut};
use consentry::policy::catalog::Catalog;
use consentry::policy::consent::Consent;
use consentry::policy::{Policy, Settings, Unknown};
use consentry::proxy::charset::{CharsetError, ToUtf8, of_content_type};
use consentry::proxy::rewrite::{Insertions, Keep, Localized, Part, Rewriter};
use encoding_rs::WINDOWS_1252;

use crate::fuzz::targets::Dice;

/// Of each theme a file. A line that begins with `=== ` gives the name of the page that follows.
const FILES: [(&str, &str); 7] = [
    ("shops", include_str!("../data/pages/shops.txt")),
    ("checkout", include_str!("../data/pages/checkout.txt")),
    ("text", include_str!("../data/pages/text.txt")),
    ("scripts", include_str!("../data/pages/scripts.txt")),
    ("foreign", include_str!("../data/pages/foreign.txt")),
    ("old", include_str!("../data/pages/old.txt")),
    ("broken", include_str!("../data/pages/broken.txt")),
];

/// Fewest pages that the promise is tried on.
const PAGES_MIN: usize = 200;

/// Pages made by writing some of them one after the other.
const JOINED: usize = 300;

/// The sizes of the pieces in which a page arrives; the last is all of it.
const PIECES: [usize; 7] = [1, 2, 3, 7, 64, 1024, usize::MAX];

/// What is put in, in the order in which it may come. No page has any of it.
const PUT_IN: [&str; 3] =
    ["<style>put in first</style>", "<div>put in: a question</div>", "<a>put in last</a>"];

/// What is put in once where a page says that its scripts draw it anew.
const KEEP: &str = "<script>put in to keep it</script>";
/// What is put in once where a page says that its scripts pass on what they store.
const AREAS: &str = "<script>put in to let events pass</script>";

/// What ends at the end of a page whatever of these the shop left open, so that what is put in last stands behind it.
const ENDS: [&str; 8] = ["-->", ">", "]]>", "</title>", "</style>", "</textarea>", "</noscript>", "</xmp>"];

/// Where it is in doubt how a browser reads a page, a script that may go on behind its end tag is held: behind the first
/// of these, which leaves that doubt, the others would be.
const NOT_JOINED: [&str; 4] = [
    "scripts: script in a select",
    "scripts: script in a comment in a script",
    "scripts: double escaped and left open inside",
    "scripts: an open comment in a script that ends",
];

/// Where the built-in catalogue and nothing else is known.
fn policy() -> Arc<Policy> {
    static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let entries = Catalog::built_in().expect("the built-in catalogue");
        let settings = Settings {
            hosts: vec!["shop.example".into()],
            prefix: "/_consentry".into(),
            unknown_cookies: Unknown::Hold,
            unknown_hosts: Unknown::Hold,
            allow: Vec::new(),
        };
        Arc::new(Policy::new(settings, Arc::new(Catalog::new(entries).expect("they hold together"))))
    });
    POLICY.clone()
}

fn insertions() -> Insertions {
    let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
    let localized = Localized {
        language: "nb".into(),
        banner: vec![text(PUT_IN[1])],
        foot: vec![text(PUT_IN[2])],
        placeholder: vec![text("&lt;div&gt;put&#32;in&#32;instead")],
    };
    Insertions {
        head: Bytes::from_static(PUT_IN[0].as_bytes()),
        languages: Arc::from([localized]),
        preferred: 0,
        return_path: Bytes::from_static(b"/"),
        origin: Bytes::from_static(b"https://shop.example"),
        script: Bytes::from_static(b"<script>"),
        idle: Bytes::new(),
        embeds: Bytes::new(),
        embed_style: Bytes::new(),
        keep: Keep {
            hydrated: Bytes::from_static(KEEP.as_bytes()),
            swapped: Bytes::from_static(KEEP.as_bytes()),
            areas: Bytes::from_static(AREAS.as_bytes()),
        },
        tail: Bytes::new(),
        is_part: false,
    }
}

/// Every page, with a name that says where it stands.
fn pages() -> Vec<(String, &'static str)> {
    let mut pages = Vec::new();
    for (file, text) in FILES {
        let mut rest = text.strip_prefix("=== ").expect("a name comes first");
        while !rest.is_empty() {
            let (name, after) = rest.split_once('\n').expect("a page follows its name");
            let end = after.find("\n=== ").map_or(after.len(), |at| at + 1);
            pages.push((format!("{file}: {name}"), &after[..end]));
            rest = after[end..].strip_prefix("=== ").unwrap_or_default();
        }
    }
    pages
}

/// What a visitor without a choice gets of a page that arrives in pieces of this size.
fn rewritten(name: &str, page: &[u8], piece: usize, insertions: Insertions) -> Vec<u8> {
    let mut rewriter = Rewriter::new(policy(), Consent::none(), "shop.example", "/", insertions);
    let mut out = BytesMut::new();
    let pushed = page.chunks(piece).try_for_each(|piece| rewriter.push(piece, &mut out));
    if let Err(error) = pushed.and_then(|()| rewriter.end(&mut out)) {
        panic!("{name}, in pieces of {piece}: {error}");
    }
    let text = String::from_utf8_lossy(&out);
    assert_eq!(rewriter.held().tags, 0, "{name}, in pieces of {piece}: a tag is held\n{text}");
    out.to_vec()
}

/// The page without what was put in, each part of which is there once at most, in its order; what keeps it stands anywhere.
fn without_what_was_put_in(name: &str, mut page: Vec<u8>) -> Vec<u8> {
    for part in [KEEP, AREAS] {
        if let Some(at) = memchr::memmem::find(&page, part.as_bytes()) {
            page.drain(at..at + part.len());
        }
    }
    let mut from = 0;
    for part in PUT_IN {
        if let Some(at) = memchr::memmem::find(&page[from..], part.as_bytes()) {
            from += at;
            page.drain(from..from + part.len());
        }
    }
    let rest = memchr::memmem::find(&page, b"put in");
    assert_eq!(rest, None, "{name}: twice, or out of order\n{}", String::from_utf8_lossy(&page));
    page
}

/// Is this the page, and at most an end for what it left open?
fn is_page(written: &[u8], page: &[u8]) -> bool {
    let rest = written.strip_prefix(page);
    rest.is_some_and(|rest| rest.is_empty() || ENDS.iter().any(|end| rest == end.as_bytes()))
}

fn assert_untouched(name: &str, page: &[u8]) {
    let wanted = String::from_utf8_lossy(page).into_owned();
    let mut first = None;
    for piece in PIECES {
        let bare = rewritten(name, page, piece, Insertions::none());
        let full = rewritten(name, page, piece, insertions());
        let first = first.get_or_insert_with(|| full.clone());
        assert!(*first == full, "{name}, in pieces of {piece}: comes out otherwise");
        for written in [bare, without_what_was_put_in(name, full)] {
            let text = String::from_utf8_lossy(&written);
            assert!(is_page(&written, page), "{name}, in pieces of {piece}\n{wanted}\nbecame\n{text}");
        }
    }
}

/// Tries all pages before it fails, and names every one that is not as it was.
fn assert_all_untouched(pages: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let is_touched =
        |(name, page): &(String, Vec<u8>)| catch_unwind(|| assert_untouched(name, page)).is_err();
    let touched: Vec<String> = pages.into_iter().filter(is_touched).map(|(name, _)| name).collect();
    assert!(touched.is_empty(), "not as the shop wrote them:\n{}", touched.join("\n"));
}

#[test]
fn pages_without_a_tracker_are_as_the_shop_wrote_them() {
    let pages = pages();
    assert!(pages.len() >= PAGES_MIN, "{} pages", pages.len());
    assert_all_untouched(pages.into_iter().map(|(name, page)| (name, page.as_bytes().to_vec())));
}

#[test]
fn every_page_has_a_name_of_its_own() {
    let mut names: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
    names.sort();
    let twice: Vec<&[String]> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn line_ends_marks_and_single_byte_letters_are_as_the_shop_wrote_them() {
    let mut written = Vec::new();
    for (name, page) in pages() {
        written.push((
            format!("{name}, with the line ends of Windows"),
            page.replace('\n', "\r\n").into_bytes(),
        ));
        written.push((format!("{name}, with a mark"), format!("\u{FEFF}{page}").into_bytes()));
        let (coded, _, has_lost) = WINDOWS_1252.encode(page);
        if !has_lost {
            written.push((format!("{name}, in windows-1252"), coded.into_owned()));
        }
    }
    assert_all_untouched(written);
}

#[test]
fn pages_in_utf_16_are_the_same_letters_in_utf_8() {
    for (name, page) in pages() {
        for (kind, bytes) in [
            (&b"text/html; charset=utf-16le"[..], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (b"text/html; charset=utf-16be", u16::to_be_bytes),
        ] {
            let coded: Vec<u8> = page.encode_utf16().flat_map(bytes).collect();
            let mut turner = ToUtf8::new(of_content_type(kind));
            let mut text = Vec::new();
            let mut take = |part: &[u8]| {
                text.extend_from_slice(part);
                Ok::<_, CharsetError>(())
            };
            let pushed = coded.chunks(3).try_for_each(|piece| turner.push(piece, &mut take));
            pushed.and_then(|()| turner.end(&mut take)).expect("it is said what it is");
            assert_eq!(String::from_utf8_lossy(&text), format!("\u{FEFF}{page}"), "{name}");
        }
    }
}

#[test]
fn pages_written_one_after_the_other_are_as_the_shop_wrote_them() {
    // Where one that stays open swallows the next, a text about a tracker may become its script.
    let names_trackers =
        |page: &str| ["google", "facebook", "fbq(", "gtag"].iter().any(|name| page.contains(name));
    let pages: Vec<_> = pages()
        .into_iter()
        .filter(|(name, page)| !names_trackers(page) && !NOT_JOINED.contains(&name.as_str()))
        .collect();
    let mut dice = Dice::of(b"pages");
    let joined = (0..JOINED).map(|_| {
        let chosen: Vec<_> = (0..2 + dice.below(4)).map(|_| &pages[dice.below(pages.len())]).collect();
        let name: Vec<&str> = chosen.iter().map(|(name, _)| name.as_str()).collect();
        let page: String = chosen.iter().map(|(_, page)| *page).collect();
        (name.join(" + "), page.into_bytes())
    });
    assert_all_untouched(joined);
}
