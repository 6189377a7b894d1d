use proptest::prelude::*;

use super::super::{doubt, insert, start};
use super::*;

/// Elements that act without a sign of their own: by an attribute that is one, or not once the page has a body.
const ACT_BY_ATTRIBUTES: [&str; 22] = [
    "img",
    "source",
    "video",
    "audio",
    "track",
    "input",
    "bgsound",
    "model",
    "embed",
    "frame",
    "fencedframe",
    "portal",
    "amp-pixel",
    "amp-img",
    "amp-anim",
    "amp-video",
    "amp-audio",
    "amp-iframe",
    "amp-ad",
    "head",
    "br",
    "image",
];

#[test]
fn every_name_that_is_acted_on_is_a_sign() {
    let lists: [&[&[u8]]; 4] = [&markup::CARRIERS, &doubt::SOURCES, &start::NAMES, &insert::NAMES];
    for name in lists.into_iter().flatten() {
        let name = std::str::from_utf8(name).unwrap();
        let is_sign = |tag: String| is_sign(tag.as_bytes(), 0);
        let has_sign = is_sign(format!("<{name} ")) && is_sign(format!("<{}>", name.to_uppercase()));
        assert!(has_sign || ACT_BY_ATTRIBUTES.contains(&name), "{name}");
    }
    for tag in ["<!--", "</body>", "</html>", "</template>", "</BODY"] {
        assert!(is_sign(tag.as_bytes(), 0), "{tag}");
    }
    for tag in ["<li>", "<a href", "<p>x", "</li>", "<div class", "<button", "<strong>", "<section", "<form"]
    {
        assert!(!is_sign(tag.as_bytes(), 0), "{tag}");
    }
}

#[test]
fn every_attribute_that_may_load_is_a_sign_unless_it_plainly_does_not() {
    let table = [
        ("<img src=\"/a\">", true),
        ("<img src='/a' alt=src>", true),
        ("<img src=/a>", false),
        ("<img src=\"//a\">", false),
        ("<img src=\"/\\a\">", false),
        ("<img src=\"/&#47;a\">", false),
        ("<img src = '/a'>", false),
        ("<img SRC>", false),
        ("<img/src=x>", false),
        ("<img a='b'Src=x>", false),
        ("<img srcset='/a'>", false),
        ("<img lowsrc='/a'>", false),
        ("<img attributionsrc>", false),
        ("<img src='/a' attributionsrc='/a'>", false),
        ("<video poster='/a'>", false),
        ("<a PING='/a'>", false),
        ("<table background='/a'>", false),
        ("<p data-consentry=x>", false),
        ("<img data-src='//a' data-srcset='//b' title='no-src posters shopping background-image'>", true),
        ("<p class=shopping>koster srcs</p>", true),
    ];
    for (tag, wanted) in table {
        assert_eq!(is_calm(tag.as_bytes()), wanted, "{tag}");
    }
}

#[test]
fn the_walker_goes_on_where_it_is_surely_in_text() {
    let filler = "<p class=\"a\">it is</p>".repeat(20);
    let end = |tail: &str| {
        let page = format!("{filler}{tail}<svg>{filler}");
        calm_end(Level::new(), page.as_bytes(), 0).end.cast_signed() - filler.len().cast_signed()
    };
    assert_eq!(end(""), 0);
    assert_eq!(end("<p title='a>b'>"), 15);
    assert_eq!(end("text"), 0);
    // Where a quote may be open nothing is passed over.
    let start = -filler.len().cast_signed();
    assert_eq!(end("<p title=\"a>"), start);
    assert_eq!(end("<p title= 'a>"), start);
    assert_eq!(end("say =\"so>"), start);
}

/// The ways in which this processor can look.
fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let others = [best.as_sse4_2().map(Level::Sse4_2), best.as_avx2().map(Level::Avx2)];
    #[cfg(not(target_arch = "x86_64"))]
    let others = [None];
    others.into_iter().flatten().chain([best]).collect()
}

proptest! {
    #[test]
    fn the_quick_look_misses_no_sign(
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(vec!["<", "scr", "SVG", "<!--", "<!-", " src=", "src='/a'", "poster", " ping ", "data-consentry", "data-", "low", "srcset=", "\"", "/bo", "<LiN", "ackground=", " background\n"]).prop_map(str::to_owned),
            "[ -~\n\u{e5}]{0,40}",
        ], 0..40)
    ) {
        let text = pieces.concat();
        let buf = text.as_bytes();
        let wanted = (0..buf.len()).find(|at| is_sign(buf, *at));
        for level in levels() {
            let found = look(level, buf, 0).end;
            prop_assert_eq!(found.min(wanted.unwrap_or(found)), found);
            prop_assert!(wanted.is_none_or(|wanted| wanted >= found));
            if found + 130 < buf.len() {
                prop_assert_eq!(Some(found), wanted);
            }
        }
    }
}
