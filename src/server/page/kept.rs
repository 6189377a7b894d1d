//! Pages that come by a service worker of the shop, which may keep them and answer with them for as long as it likes.
//!
//! Each has a script of ours that looks whether it is still the page for the answer that stands (`js/kept.js`).
//!
//! Some the worker fetches ahead. Such a fetch does not say that it wants a page, and looks like that of any script but for its `Referer`, which is the
//! worker's own script (W3C Referrer Policy section 8.3). What is kept so is shown as a page, without asking here again. So it
//! is made as one, in the state of the cookie that came along, and is not counted. Nothing is put into what does not begin like
//! a whole document: a worker fetches parts of pages, too. A navigation that a worker passes on says that it is one
//! ([`Purpose::of`]). What it keeps is taken away when an answer changes (`js/forget.js`).
//!
//! A worker whose script has a `Referrer-Policy` that
//! leaves no path of it (`no-referrer`, `origin`, `strict-origin`) is not known.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};

use super::{Ask, decoder, fragment};
use crate::banner::assets::KEPT;
use crate::policy::cookies::CONSENT_COOKIE;
use crate::proxy::Body;
use crate::proxy::peek::{SNIFFED_BYTES_MAX, peek};
use crate::server::from_here;
use crate::server::navigation::{self, Purpose};
use crate::server::visit::Visit;

/// Says that a browser asks for a page while it starts the worker that may answer (Service Workers, section 4.6.5.1).
const PRELOAD: HeaderName = HeaderName::from_static("service-worker-navigation-preload");
/// Where the script gets what the answer that came along allows.
const MADE_TOKEN: &str = "$M";

/// Does a service worker that is open ask for something that it may answer with later?
pub(super) fn is_asked(visit: &Visit, purpose: Purpose, method: &Method, headers: &HeaderMap) -> bool {
    if *method != Method::GET || !fragment::is_fetched(purpose, headers) {
        return false;
    }
    let referrer = from_here::referring_path(headers.get(header::REFERER), visit.host.authority());
    let script = referrer.as_deref().and_then(|script| script.split('?').next());
    script.is_some_and(|script| visit.site.policy.may_keep_pages(&visit.consent, script))
}

/// Has a whole document that a worker fetches made as a page which is fetched ahead. Its beginning is waited for.
pub(super) async fn as_page(ask: &mut Ask, answer: Response<Body>) -> Response<Body> {
    if !ask.is_kept || !fragment::is_one(ask, &answer) {
        return answer;
    }
    let Ok(decoder) = decoder(answer.headers()) else { return answer };
    let (head, body) = answer.into_parts();
    let peeked = peek(body, decoder, SNIFFED_BYTES_MAX).await;
    if begins_like_document(&peeked.begin) {
        ask.purpose = Purpose::PageAhead;
    }
    Response::from_parts(head, peeked.body)
}

/// What of the answer's cookie allows something, where a worker may keep the page: read as the script in the page reads it.
/// `None` also where it could not stand in a script.
pub(super) fn made_for(is_kept: bool, headers: &HeaderMap) -> Option<String> {
    if !is_kept && !headers.contains_key(PRELOAD) && !navigation::is_passed_on(headers) {
        return None;
    }
    let lines: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    let cookies = String::from_utf8(lines.join(&b"; "[..])).ok()?;
    let name = [CONSENT_COOKIE, "="].concat();
    let Some(value) = cookies.split(name.as_str()).nth(1) else { return Some(String::new()) };
    let parts = value.split(';').next().unwrap_or_default().split('.').skip(2).take(2);
    let made = parts.collect::<Vec<_>>().join(",");
    made.bytes().all(|byte| byte.is_ascii_alphanumeric() || b",:~-_".contains(&byte)).then_some(made)
}

/// The script of such a page.
pub(super) fn check(made: &str) -> String {
    KEPT.replace(MADE_TOKEN, made)
}

/// Is the first that is neither space nor a comment a doctype, or the start of `<html>`?
fn begins_like_document(begin: &[u8]) -> bool {
    let mut rest = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start();
    while rest.starts_with(b"<!--") {
        let Some(end) = memchr::memmem::find(rest, b"-->") else { return false };
        rest = rest[end + 3..].trim_ascii_start();
    }
    let starts = |text: &[u8]| rest.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    starts(b"<!doctype")
        || (starts(b"<html") && rest.get(5).is_some_and(|next| next.is_ascii_whitespace() || *next == b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_is_made_for_is_read_from_the_cookie() {
        let made = |cookies: &[&'static str]| {
            let cookie = |line: &&'static str| (header::COOKIE, HeaderValue::from_static(line));
            made_for(true, &cookies.iter().map(cookie).collect())
        };
        assert_eq!(made(&[]).as_deref(), Some(""));
        assert_eq!(made(&["a=1", "consentry=2.20543..OFFER.1"]).as_deref(), Some(",OFFER"));
        assert_eq!(
            made(&["consentry=2.20543.sm.youtube:1f0c~vimeo:93aa.a81c; b=.x.y.z"]).as_deref(),
            Some("sm,youtube:1f0c~vimeo:93aa")
        );
        assert_eq!(made(&["consentry=2"]).as_deref(), Some(""));
        assert_eq!(made(&["consentry=2.1.</script>.x"]), None);
        assert_eq!(made_for(false, &HeaderMap::new()), None);
        let passed = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty"), ("accept", "text/html")];
        let passed =
            passed.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        assert_eq!(made_for(false, &passed.into_iter().collect()).as_deref(), Some(""));
    }

    #[test]
    fn a_document_is_known_by_how_it_begins() {
        for (begin, expected) in [
            ("<!doctype html><p>", true),
            ("\u{feff}\n <!-- a > b --><!---->\n<!DOCTYPE HTML>", true),
            ("<HTML lang=nb>", true),
            ("<html>", true),
            ("<htmlx>", false),
            ("<html", false),
            ("<!-- <!doctype html>", false),
            ("<!-- a --><main>", false),
            ("<div><!doctype html>", false),
            ("{\"html\":\"<html>\"}", false),
            ("", false),
        ] {
            assert_eq!(begins_like_document(begin.as_bytes()), expected, "{begin}");
        }
    }
}
