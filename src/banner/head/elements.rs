//! The two elements first in `<head>`, those that follow where they are needed, and what they need to get past a page's own
//! policy.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use ring::digest::{SHA256, digest};

use super::super::assets::{AREAS, EMBED_CSS, KEEP_HYDRATED, KEEP_SWAPPED};
use crate::policy::fence::admit::Ways;
use crate::policy::markup::in_value;
use crate::proxy::rewrite::Keep;

const SCRIPT: &str = "<script";
const STYLE: &str = "<style";

/// The first thing in `<head>`: `<script>…</script>`, and `<style>…</style>` where something is to be styled.
#[derive(Clone, Debug)]
pub struct Head {
    html: Bytes,
    script: Range<usize>,
    style: Range<usize>,
    more: More,
    /// The hashes of script and style, once somebody asked.
    hashes: OnceLock<[String; 2]>,
}

/// What a page under this head may need later on.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// May the script ask for `PREFIX/choice.js`?
    pub(super) asks_for_file: bool,
    /// The code of stand-ins for held scripts; empty where there are none, and where the head itself has it.
    pub(super) idle: &'static str,
    /// The script at the foot of a page with a placeholder; empty where there is none, and where the head itself has it.
    pub(super) embed: &'static str,
    /// The same where [`Self::made`] may fetch it.
    pub(super) embeds: &'static str,
    /// The script that listens to refused frames; empty where no embed is held, and where no other may run.
    pub(super) made: &'static str,
    /// Does the guard stand in for the page's stores?
    pub(super) guards_stores: bool,
    /// The style of placeholders, where there may be one.
    pub(super) embed_style: Option<Arc<EmbedStyle>>,
}

/// The style of the documents that stand in for embeds, made ready once a site. It has the theme in it: what the page around a
/// frame sets does not reach into it.
#[derive(Debug)]
pub(in crate::banner) struct EmbedStyle {
    css: String,
    /// The rest of the element behind `<style`, as a value without quotes.
    rest: String,
    hash: OnceLock<String>,
}

impl EmbedStyle {
    pub(in crate::banner) fn new(theme: &str) -> Self {
        let css = if theme.is_empty() { unthemed(EMBED_CSS) } else { [theme, EMBED_CSS].concat() };
        let rest = in_value(&[">", &css, "</style>"].concat());
        Self { css, rest, hash: OnceLock::new() }
    }

    /// The element as a value without quotes, with a nonce if there is one.
    pub(in crate::banner) fn in_value(&self, nonce: Option<&str>) -> Bytes {
        let nonce = nonce.map(nonce_attribute).unwrap_or_default();
        Bytes::from([&in_value(STYLE), &in_value(&nonce), &*self.rest].concat())
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| hash_source(self.css.as_bytes()))
    }
}

impl Head {
    pub(super) fn new(script: &str, style: &str, more: More) -> Self {
        let mut html = [SCRIPT, ">", script, "</script>"].concat();
        let start = SCRIPT.len() + 1;
        let script = start..start + script.len();
        let mut at = html.len();
        if !style.is_empty() {
            html.extend([STYLE, ">", style, "</style>"]);
            at += STYLE.len() + 1;
        }
        let style = at..at + style.len();
        Self { html: Bytes::from(html), script, style, more, hashes: OnceLock::new() }
    }

    /// May its script ask for `PREFIX/choice.js`?
    pub const fn asks_for_file(&self) -> bool {
        self.more.asks_for_file
    }

    /// The script before the first held one, with a nonce if there is one: stand-ins are made by it. May be empty.
    pub fn idle(&self, nonce: Option<&str>) -> Bytes {
        element(SCRIPT, nonce, self.more.idle, "</script>")
    }

    /// The scripts for pages that tell of what their scripts do: that keep ours where they are drawn anew, and let events pass
    /// stores on. With a nonce if there is one; none where no other may run.
    pub fn keep(&self, nonce: Option<&str>) -> Keep {
        if !self.more.asks_for_file {
            return Keep::default();
        }
        let areas = if self.more.guards_stores { AREAS } else { "" };
        let [hydrated, swapped, areas] =
            [KEEP_HYDRATED, KEEP_SWAPPED, areas].map(|code| element(SCRIPT, nonce, code, "</script>"));
        Keep { hydrated, swapped, areas }
    }

    /// The script at the foot of a page with a placeholder; may be empty.
    pub fn embed(&self, nonce: Option<&str>) -> Bytes {
        element(SCRIPT, nonce, self.more.embed, "</script>")
    }

    /// The script at the foot of a page with a placeholder that has [`Self::made`]; may be empty.
    pub fn embeds(&self, nonce: Option<&str>) -> Bytes {
        element(SCRIPT, nonce, self.more.embeds, "</script>")
    }

    /// The script that goes behind the head where frames that scripts make were refused; may be empty.
    pub fn made(&self, nonce: Option<&str>) -> Bytes {
        element(SCRIPT, nonce, self.more.made, "</script>")
    }

    /// The style of placeholders, as [`crate::proxy::rewrite::Insertions::embed_style`] wants it.
    pub fn embed_style(&self, nonce: Option<&str>) -> Bytes {
        self.more.embed_style.as_ref().map(|style| style.in_value(nonce)).unwrap_or_default()
    }

    /// As it goes into a page whose policy has nothing against it.
    pub fn html(&self) -> Bytes {
        self.html.clone()
    }

    /// As it goes into a page past its policies.
    pub fn html_for(&self, ways: &Ways) -> Bytes {
        let (script, style) = (ways.script.nonce(), ways.style.nonce());
        if script.or(style).is_none() { self.html() } else { self.with(script, style) }
    }

    /// With nonces, where there are any.
    fn with(&self, script: Option<&str>, style: Option<&str>) -> Bytes {
        let mut html = Vec::with_capacity(self.html.len() + 128);
        let mut element = |start: &str, nonce: Option<&str>, rest: &[u8]| {
            html.extend_from_slice(start.as_bytes());
            if let Some(nonce) = nonce {
                html.extend_from_slice(nonce_attribute(nonce).as_bytes());
            }
            html.extend_from_slice(rest);
        };
        let end = self.script.end + "</script>".len();
        element(SCRIPT, script, &self.html[SCRIPT.len()..end]);
        if !self.style.is_empty() {
            element(STYLE, style, &self.html[end + STYLE.len()..]);
        }
        Bytes::from(html)
    }

    /// `'sha256-…'`, the source that lets the script through (CSP Level 3 section 2.3.1). Made at the first call.
    pub fn script_hash(&self) -> &str {
        &self.hashes()[0]
    }

    /// The same for the style; empty when there is none.
    pub fn style_hash(&self) -> &str {
        &self.hashes()[1]
    }

    /// The same for the style of placeholders; empty when there can be none.
    pub fn embed_style_hash(&self) -> &str {
        self.more.embed_style.as_ref().map_or("", |style| style.hash())
    }

    fn hashes(&self) -> &[String; 2] {
        self.hashes.get_or_init(|| {
            let styled = |css: &[u8]| if css.is_empty() { String::new() } else { hash_source(css) };
            let (script, style) = (&self.html[self.script.clone()], &self.html[self.style.clone()]);
            [hash_source(script), styled(style)]
        })
    }
}

/// A style in which nothing is left to a theme: `var(--consentry-ink,CanvasText)` is `CanvasText`.
fn unthemed(css: &str) -> String {
    let mut pieces = css.split("var(");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (value, rest) = piece.split_once(')').unwrap_or((piece, ""));
        plain.extend([value.split_once(',').map_or(value, |(_, value)| value), rest]);
    }
    plain
}

/// A whole element; nothing when there is nothing in it.
fn element(start: &str, nonce: Option<&str>, text: &str, end: &str) -> Bytes {
    if text.is_empty() {
        return Bytes::new();
    }
    let nonce = nonce.map(nonce_attribute).unwrap_or_default();
    Bytes::from([start, &nonce, ">", text, end].concat())
}

/// ` nonce="…"`. A nonce is letters, digits and a few signs; whoever found it made sure of that.
pub(in crate::banner) fn nonce_attribute(nonce: &str) -> String {
    format!(" nonce=\"{nonce}\"")
}

/// `'sha256-…'` of a script or a style (CSP Level 3 section 2.3.1).
pub(in crate::banner) fn hash_source(text: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut source = String::from("'sha256-");
    for bytes in digest(&SHA256, text).as_ref().chunks(3) {
        let word =
            bytes.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            source.push(if place <= bytes.len() { char::from(digit) } else { '=' });
        }
    }
    source.push('\'');
    source
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HELD, making, of};
    use super::super::{Making, Others, Shown};
    use super::*;
    use crate::banner::tests::catalog;
    use crate::policy::consent::{CategorySet, Consent};

    #[test]
    fn nonces_and_hashes_are_those_of_the_two_elements() {
        let head = Head::new("a()", "b{}", More::default());
        assert_eq!(head.html(), "<script>a()</script><style>b{}</style>");
        let nonced = head.with(Some("x+/="), None);
        assert_eq!(nonced, "<script nonce=\"x+/=\">a()</script><style>b{}</style>");
        assert_eq!(
            head.with(Some("s"), Some("t")),
            "<script nonce=\"s\">a()</script><style nonce=\"t\">b{}</style>"
        );
        assert_eq!(
            Head::new("a()", "", More::default()).with(Some("s"), Some("t")),
            "<script nonce=\"s\">a()</script>"
        );
        // printf 'a()' | openssl dgst -sha256 -binary | base64
        assert_eq!(head.script_hash(), "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='");
        assert_eq!(head.style_hash(), "'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans='");
        assert_eq!(Head::new("a()", "", More::default()).style_hash(), "");
    }

    #[test]
    fn the_style_of_placeholders_is_ready_where_an_embed_may_be_held() {
        let embed_style = Some(Arc::new(EmbedStyle::new(":root{--consentry-ink:#000000}")));
        let ready = Head::new("a()", "b{}", More { embed_style, ..More::default() });
        let style = ready.embed_style(Some("n"));
        let css = [":root{--consentry-ink:#000000}", EMBED_CSS].concat();
        let element = ["<style nonce=\"n\">", &css, "</style>"].concat();
        assert_eq!(crate::policy::markup::decode(&style), element.as_bytes());
        assert_eq!(ready.embed_style_hash(), hash_source(css.as_bytes()));
        let plain = EmbedStyle::new("").css;
        assert!(
            plain.contains("color:CanvasText;font:16px/1.5 sans-serif") && !plain.contains("--"),
            "{plain}"
        );
        let other = Head::new("a()", "b{}", More::default());
        assert_eq!((other.embed_style(None).len(), other.embed_style_hash()), (0, ""));
    }
    #[test]
    fn only_a_page_that_asks_listens_to_placeholders() {
        let catalog = catalog();
        let listens = ".onsubmit=";
        for (consent, shown, wanted) in [
            (Consent::none(), Shown::AsPage, true),
            (Consent::none(), Shown::InFrame, false),
            (of(CategorySet::NECESSARY), Shown::AsPage, false),
        ] {
            let making = Making { shown, ..making(&catalog, &consent) };
            let told = |others| {
                let head = making.head(HELD, others);
                [head.html(), head.embed(None)].map(|html| String::from_utf8_lossy(&html).contains(listens))
            };
            assert_eq!(told(Others::MayRun), [false, wanted], "{consent:?}");
            assert_eq!(told(Others::MayNot), [wanted, false], "{consent:?}");
        }
    }
}
