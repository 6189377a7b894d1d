//! What holds for every page, also for those nobody would write.

use std::cell::RefCell;

use proptest::prelude::*;

use super::oracle::{Scripting, is_snippet};
use super::*;

/// Pieces that are troublesome alone, next to each other, and within each other.
const PIECES: [&str; 114] = [
    "<",
    ">",
    "/",
    "\"",
    "'",
    "=",
    " ",
    "\n",
    "&",
    "-",
    "!",
    "--",
    "-->",
    "--!>",
    "<!--",
    "<!-->",
    "<!--->",
    "<![CDATA[",
    "]]>",
    "<!doctype html>",
    "<html lang=nb>",
    "<head>",
    "</head>",
    "<body class='a'>",
    "</body>",
    "</html>",
    "<?x",
    "</",
    "<!",
    "<script>",
    "<script",
    "</script>",
    "</script",
    "<script src=",
    "<script type=text/plain ",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "</xmp>",
    "<iframe",
    "<iframe src='https://ads.example/x'",
    "</iframe>",
    "<noscript>",
    "</noscript>",
    "<noembed>",
    "</noembed>",
    "<plaintext>",
    "<svg>",
    "</svg>",
    "<svg/>",
    "<math/>",
    "<math>",
    "</math>",
    "<desc>",
    "</desc>",
    "<foreignObject>",
    "</foreignObject>",
    "<mi>",
    "</mi>",
    "<select>",
    "</select>",
    "<option>",
    "<template>",
    "</template>",
    "<p><template shadowrootmode=open>",
    "<iframe srcdoc=\"",
    "<iframe srcdoc='",
    "<iframe srcdoc='<img src=//ads.example/>'>",
    "&lt;script src=//ads.example/>",
    "&lt;img src=/own&#62;",
    "&lt;script&gt;adspixel(3)&lt;/script&gt",
    "&#60;template>",
    "&quot;",
    "&#x20",
    "<video poster=//ads.example/ src=/own>",
    "<frameset>",
    "<table>",
    "<tr>",
    "<td>",
    "<caption>",
    "<colgroup>",
    "<col>",
    "<input>",
    "</table>",
    "<button>",
    "<annotation-xml encoding=text/html>",
    "<font color=red>",
    "<image href=//ads.example/>",
    "<use href=//ads.example/>",
    "<object data=//ads.example/>",
    "<embed src=//film.example>",
    "<frame src=//ads.example>",
    "<link rel=preconnect href=//ads.example>",
    " ping='/a //ads.example'",
    "<a",
    "<p title=\"",
    "<p title='",
    "<img src=//ads.example/a>",
    "<img src=/own>",
    " src=https://ads.example/b.js ",
    " src=\"//ads.example/\"",
    " srcset='/a, //ads.example/ 2x'",
    "<script src=//ads.example/c.js></script>",
    "<script>adspixel(1)</script>",
    "adspixel(2)",
    "<iframe src=//film.example/ width=5>",
    "<IMG SRC='HTTPS://ADS.EXAMPLE'>",
    "<link rel=preload href=//ads.example/>",
    " data-consentry=marketing ",
    "text",
];

fn any_piece() -> impl Strategy<Value = String> {
    proptest::sample::select(PIECES.as_slice()).prop_map(str::to_owned)
}

pub(super) fn any_page() -> impl Strategy<Value = String> {
    proptest::collection::vec(any_piece(), 0..25).prop_map(|pieces| pieces.concat())
}

/// Text that names no tracker at all.
fn any_clean_page() -> impl Strategy<Value = String> {
    any_page().prop_map(|page| {
        let page = page.replace("ads.example", "pay.example").replace("film.example", "pay.example");
        page.replace("ADS.EXAMPLE", "PAY.EXAMPLE")
            .replace("adspixel", "cart")
            .replace("data-consentry", "data-c")
    })
}

pub(super) fn cut<'a>(page: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(page.len() + 1)).collect();
    at.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for end in at.into_iter().chain([page.len()]) {
        pieces.push(&page[start..end]);
        start = end;
    }
    pieces
}

/// What `lol_html` finds alive in a page: tags whose address leads to the held host, scripts that run its snippet.
fn alive(page: &[u8]) -> Vec<String> {
    use lol_html::{HtmlRewriter, Settings, element, text};
    let found = RefCell::new(Vec::new());
    let is_code = RefCell::new(false);
    let script = RefCell::new(String::new());
    {
        let tags = element!("script, iframe, img, link", |tag| {
            let name = tag.tag_name();
            let kind = tag.get_attribute("type").map(|kind| kind.trim().to_ascii_lowercase());
            let runs = kind.as_deref().is_none_or(|kind| matches!(kind, "" | "text/javascript" | "module"));
            let addresses = match name.as_str() {
                "link" => &["href"][..],
                "img" => &["src", "srcset"],
                _ => &["src"],
            };
            for attribute in addresses {
                let value = tag.get_attribute(attribute).unwrap_or_default().to_ascii_lowercase();
                let is_loaded = match name.as_str() {
                    "script" => runs,
                    "link" => tag.get_attribute("rel").is_some_and(|rel| rel == "preload"),
                    _ => true,
                };
                if leads_out(attribute, &value) && is_loaded {
                    found.borrow_mut().push(format!("{name} {attribute}={value}"));
                }
            }
            *is_code.borrow_mut() = name == "script" && runs && !tag.has_attribute("src");
            script.borrow_mut().clear();
            Ok(())
        });
        let texts = text!("script", |chunk| {
            script.borrow_mut().push_str(chunk.as_str());
            if chunk.last_in_text_node() && *is_code.borrow() && is_snippet(&script.borrow()) {
                found.borrow_mut().push(script.borrow().clone());
            }
            Ok(())
        });
        let settings = Settings::new()
            .with_strict(false)
            .append_element_content_handler(tags)
            .append_element_content_handler(texts);
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        rewriter.write(page).unwrap();
        rewriter.end().unwrap();
    }
    found.into_inner()
}

/// Is there something that `lol_html` reads otherwise than browsers? Behind a tag that ends where a value should stand it reads
/// on as if no text were raw; what is in a template is markup to it, and an `svg` that closes itself stays open.
fn is_misread(page: &str) -> bool {
    page.split('=').skip(1).any(|rest| rest.trim_start().starts_with('>'))
        || ["<template", "<svg/", "<math/"].iter().any(|odd| page.contains(odd))
}

/// Does one of the addresses in `value` name a host by itself?
fn leads_out(attribute: &str, value: &str) -> bool {
    let is_candidates = attribute == "srcset";
    value.trim().split(|c: char| is_candidates && (c == ',' || c.is_whitespace())).any(|part| {
        let rest = part.strip_prefix("https:").unwrap_or(part);
        rest.starts_with("//ads.example") || rest.starts_with("//film.example")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn chunking_never_changes_the_page(page in any_page(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let whole = rewritten(Consent::none(), insertions(), [page.as_bytes()]);
        let pieces = rewritten(Consent::none(), insertions(), cut(page.as_bytes(), &cuts));
        prop_assert_eq!(String::from_utf8_lossy(&whole.0), String::from_utf8_lossy(&pieces.0));
        prop_assert_eq!(whole.1, pieces.1);
        let bytes = rewritten(Consent::none(), insertions(), page.as_bytes().chunks(1));
        prop_assert_eq!(String::from_utf8_lossy(&whole.0), String::from_utf8_lossy(&bytes.0));
    }

    #[test]
    fn nothing_held_is_alive_in_the_tree_of_what_comes_out(page in any_page()) {
        for insertions in [insertions(), no_insertions()] {
            let (out, _) = rewritten(Consent::none(), insertions, [page.as_bytes()]);
            let out = String::from_utf8_lossy(&out);
            for scripting in [Scripting::On, Scripting::Off] {
                let alive = oracle::alive(&out, scripting);
                prop_assert!(alive.is_empty(), "{:?} with scripts {:?} in {}", alive, scripting, out);
            }
        }
    }

    #[test]
    fn no_held_tag_is_alive_in_what_comes_out(page in any_page()) {
        prop_assume!(!is_misread(&page));
        let (out, _) = rewritten(Consent::none(), insertions(), [page.as_bytes()]);
        let alive = alive(&out);
        prop_assert!(alive.is_empty(), "{:?} in {}", alive, String::from_utf8_lossy(&out));
    }

    #[test]
    fn what_comes_out_needs_no_second_pass(page in any_page()) {
        let (once, _) = rewritten(Consent::none(), no_insertions(), [page.as_bytes()]);
        let (_, again) = rewritten(Consent::none(), no_insertions(), [once.as_slice()]);
        // A cut end, marks and placeholders are read in another way the second time.
        let is_same = |odd: &str| !page.contains(odd);
        if ["<![CDATA[", "<!--", "data-consentry", "film.example", "srcdoc"].into_iter().all(is_same) {
            prop_assert_eq!(again.map(|counts| counts.tags), Ok(0));
        }
    }

    #[test]
    fn a_page_without_trackers_passes_byte_for_byte(page in any_clean_page()) {
        let (out, result) = rewritten(Consent::none(), no_insertions(), [page.as_bytes()]);
        // Broken pieces may still make up an address that cannot be read.
        prop_assume!(result.is_ok_and(|counts| counts.tags == 0));
        // Only a tag that was cut off at the end may be missing.
        prop_assert!(page.as_bytes().starts_with(&out));
        prop_assert!(out.len() == page.len() || page.as_bytes()[out.len()] == b'<');
        let (framed, _) = rewritten(Consent::none(), insertions(), [page.as_bytes()]);
        let framed = String::from_utf8(framed).unwrap();
        let bare = framed.replacen("<style>h</style>", "", 1).replacen("<b>hei/a</b>", "", 1).replacen("<b>hi/a</b>", "", 1).replacen("<i>foot</i>", "", 1);
        prop_assert!(bare.as_bytes().starts_with(&out), "{} {}", bare, String::from_utf8_lossy(&out));
    }

    #[test]
    fn any_bytes_are_survived(page in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, result) = rewritten(Consent::none(), insertions(), page.chunks(7));
        prop_assert!(matches!(result, Ok(_) | Err(RewriteError::Utf16)));
    }
}
