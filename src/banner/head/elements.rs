//! The two elements first in `<head>`, those that follow where they are needed, and what they need to get past a page's own
//! policy.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use ring::digest::{SHA256, digest};

use super::super::assets::{EMBED_CSS, KEEP_HYDRATED, KEEP_SWAPPED, SIZES};
use crate::policy::fence::admit::{Way, Ways};
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
    /// The hashes of script, style and embeds' style, once somebody asked.
    hashes: OnceLock<[String; 3]>,
}

/// What a page under this head may need later on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct More {
    /// May the script ask for `PREFIX/choice.js`?
    pub(super) asks_for_file: bool,
    /// The code of stand-ins for held scripts; empty where there are none, and where the head itself has it.
    pub(super) idle: &'static str,
    /// May a held embed be in the page?
    pub(super) has_embeds: bool,
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

    /// The scripts that keep ours in a page that is drawn anew, with a nonce if there is one; none where no other may run.
    pub fn keep(&self, nonce: Option<&str>) -> Keep {
        if !self.more.asks_for_file {
            return Keep::default();
        }
        let [hydrated, swapped] =
            [KEEP_HYDRATED, KEEP_SWAPPED].map(|code| element(SCRIPT, nonce, code, "</script>"));
        Keep { hydrated, swapped }
    }

    /// The style behind the first placeholder; may be empty.
    pub fn embeds(&self, nonce: Option<&str>) -> Bytes {
        element(STYLE, nonce, self.more.embeds(), "</style>")
    }

    /// As it goes into a page whose policy has nothing against it.
    pub fn html(&self) -> Bytes {
        self.html.clone()
    }

    /// As it goes into a page past its policies. Where these refuse style attributes, the script gives placeholders their
    /// size ([`super::super::Banner::sized_by_script`]); one that is let through by its hash does so in any case.
    pub fn html_for(&self, ways: &Ways) -> Bytes {
        let more = match ways.script {
            Way::Free | Way::Nonce(_) if !ways.allow_style_attributes => [";", SIZES].concat(),
            _ => String::new(),
        };
        let (script, style) = (ways.script.nonce(), ways.style.nonce());
        if script.or(style).is_none() && more.is_empty() {
            return self.html();
        }
        self.with(script, style, &more)
    }

    /// With nonces, where there are any, and code at the script's end.
    fn with(&self, script: Option<&str>, style: Option<&str>, more: &str) -> Bytes {
        let mut html = Vec::with_capacity(self.html.len() + more.len() + 128);
        let mut element = |start: &str, nonce: Option<&str>, rest: &[u8]| {
            html.extend_from_slice(start.as_bytes());
            if let Some(nonce) = nonce {
                html.extend_from_slice(nonce_attribute(nonce).as_bytes());
            }
            html.extend_from_slice(rest);
        };
        let (code, end) = (self.script.end, self.script.end + "</script>".len());
        element(SCRIPT, script, &self.html[SCRIPT.len()..code]);
        element(more, None, &self.html[code..end]);
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

    /// The same for the style behind the first placeholder.
    pub fn embeds_hash(&self) -> &str {
        &self.hashes()[2]
    }

    fn hashes(&self) -> &[String; 3] {
        self.hashes.get_or_init(|| {
            let styled = |css: &[u8]| if css.is_empty() { String::new() } else { hash_source(css) };
            let (script, style) = (&self.html[self.script.clone()], &self.html[self.style.clone()]);
            [hash_source(script), styled(style), styled(self.more.embeds().as_bytes())]
        })
    }
}

impl More {
    const fn embeds(&self) -> &'static str {
        if self.has_embeds { EMBED_CSS } else { "" }
    }
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
    use super::*;

    #[test]
    fn nonces_and_hashes_are_those_of_the_two_elements() {
        let head = Head::new("a()", "b{}", More::default());
        assert_eq!(head.html(), "<script>a()</script><style>b{}</style>");
        let nonced = head.with(Some("x+/="), None, "");
        assert_eq!(nonced, "<script nonce=\"x+/=\">a()</script><style>b{}</style>");
        assert_eq!(
            head.with(Some("s"), Some("t"), ";c()"),
            "<script nonce=\"s\">a();c()</script><style nonce=\"t\">b{}</style>"
        );
        assert_eq!(
            Head::new("a()", "", More::default()).with(Some("s"), Some("t"), ""),
            "<script nonce=\"s\">a()</script>"
        );
        // printf 'a()' | openssl dgst -sha256 -binary | base64
        assert_eq!(head.script_hash(), "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='");
        assert_eq!(head.style_hash(), "'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans='");
        assert_eq!(Head::new("a()", "", More::default()).style_hash(), "");
    }

    #[test]
    fn the_style_of_placeholders_is_ready_where_an_embed_may_be_held() {
        let ready = Head::new("a()", "b{}", More { has_embeds: true, ..More::default() });
        let style = ready.embeds(Some("n"));
        assert_eq!(style, [b"<style nonce=\"n\">", EMBED_CSS.as_bytes(), b"</style>"].concat());
        assert_eq!(ready.embeds_hash(), hash_source(EMBED_CSS.as_bytes()));
        let other = Head::new("a()", "b{}", More::default());
        assert_eq!((other.embeds(None).len(), other.embeds_hash()), (0, ""));
    }
}
