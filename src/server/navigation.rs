//! What a request is for: a page a person looks at, a page in a frame, or something else.
//!
//! Fetch Metadata says it (W3C Fetch Metadata Request Headers section 2); browsers without it, and plain clients, are
//! known by what they accept.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::service_worker;

pub(super) const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
pub(super) const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const UPGRADE: HeaderName = header::UPGRADE_INSECURE_REQUESTS;
/// What scripts send along that fetch a part of a page and put it in: jQuery and others, htmx, Turbo, pjax, Unpoly. A
/// browser that goes to a page cannot send these.
const FRAGMENT: [HeaderName; 5] = [
    HeaderName::from_static("x-requested-with"),
    HeaderName::from_static("hx-request"),
    HeaderName::from_static("turbo-frame"),
    HeaderName::from_static("x-pjax"),
    HeaderName::from_static("x-up-version"),
];
/// Names by which browsers have said that they fetch ahead.
const AHEAD: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// What the answer to a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A document at the top of a tab: gets the banner and is counted.
    Page,
    /// A document fetched ahead, which nobody has looked at yet: gets the banner, is not counted. One that a service worker
    /// fetches is told by its answer ([`super::page`]), not here.
    PageAhead,
    /// A document in a frame: its tags are held, nothing is shown in it.
    Frame,
    /// A worker's script: gets a fence, because it does not inherit the page's.
    Worker,
    /// Anything else.
    Other,
}

impl Purpose {
    /// Reads the purpose from a request's head.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        let dest = headers.get(DEST).map(http::HeaderValue::as_bytes);
        match dest {
            Some(b"document") => Self::page(method, headers),
            Some(b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe") => Self::Frame,
            Some(b"worker" | b"sharedworker" | b"serviceworker") => Self::Worker,
            Some(_) if is_passed_on(headers) => Self::page(method, headers),
            None if service_worker::is_asked_for(headers) => Self::Worker,
            None if goes_to_page(method, headers) && !is_fragment(headers) => Self::page(method, headers),
            _ => Self::Other,
        }
    }

    /// May the answer be a document that a browser renders?
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Page | Self::PageAhead | Self::Frame)
    }

    /// Does the gateway make the answer its own, so that it is asked for whole and the origin's validators are not the
    /// browser's? So it is where the request itself says what it is for.
    pub(super) fn is_own(self, headers: &HeaderMap) -> bool {
        self == Self::Worker || (self.is_document() && Word::of(headers).is_said())
    }

    /// Is the answer shown at the top of a tab?
    pub const fn is_page(self) -> bool {
        matches!(self, Self::Page | Self::PageAhead)
    }

    fn page(method: &Method, headers: &HeaderMap) -> Self {
        let ahead = AHEAD.iter().any(|name| {
            headers.get(name).is_some_and(|value| {
                value.as_bytes().starts_with(b"prefetch") || value.as_bytes().starts_with(b"prerender")
            })
        });
        match *method {
            _ if ahead => Self::PageAhead,
            Method::GET | Method::HEAD | Method::POST => Self::Page,
            _ => Self::Other,
        }
    }
}

/// What says that a request is for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The browser's, by Fetch Metadata.
    Browser,
    /// HTML is named among what is accepted: what answers has to look like a page.
    Accept,
    /// None. Plain clients that accept anything are shown pages too, but nobody has navigated there: such a view is not
    /// counted, and its conditions are left alone.
    None,
}

impl Word {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.contains_key(DEST) {
            true => Self::Browser,
            false if names_html(headers) => Self::Accept,
            false => Self::None,
        }
    }

    /// Does the request itself say that it wants a document?
    pub(super) fn is_said(self) -> bool {
        self != Self::None
    }
}

fn names_html(headers: &HeaderMap) -> bool {
    let names = |accept: &HeaderValue| memchr::memmem::find(accept.as_bytes(), b"html").is_some();
    headers.get(header::ACCEPT).is_some_and(names)
}

fn is_fragment(headers: &HeaderMap) -> bool {
    FRAGMENT.iter().any(|name| headers.contains_key(name))
}

/// Does a service worker pass on that somebody goes to a page? Of what for, Chromium then says no more than that it is no script's
/// own request: none can be of that mode (Fetch Standard section 5.4). A link to a download is, but names no HTML. Firefox does not
/// say that much, nor does any browser where a worker makes a request of its own of it: what browsers ask for with a page alone
/// is left (Upgrade Insecure Requests section 3.2.1). A frame that a worker passes on looks the same, and is taken for a page.
pub(super) fn is_passed_on(headers: &HeaderMap) -> bool {
    let is = |name: &HeaderName, word: &str| headers.get(name).is_some_and(|value| value == word);
    is(&DEST, "empty") && (is(&MODE, "navigate") || is(&UPGRADE, "1")) && names_html(headers)
}

/// Browsers that go to a page name HTML, each of them, and send forms. A client that names nothing or everything may be
/// shown a page, as long as it reads one; what has a referrer or an origin is a script's request. Who tells a shop of a
/// payment posts what is no form, or names no HTML, and is to get the shop's very answer.
fn goes_to_page(method: &Method, headers: &HeaderMap) -> bool {
    if *method == Method::POST {
        return names_html(headers) && headers.get(header::CONTENT_TYPE).is_none_or(is_form);
    }
    let is_any = headers.get(header::ACCEPT).is_none_or(|accept| accept.as_bytes().starts_with(b"*/*"));
    let is_scripts = [header::REFERER, header::ORIGIN].iter().any(|name| headers.contains_key(name));
    names_html(headers) || (is_any && !is_scripts)
}

/// The types that browsers give what a form sends (HTML 4.10.21.5).
fn is_form(kind: &HeaderValue) -> bool {
    const TYPES: [&[u8]; 3] = [b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain"];
    let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    TYPES.iter().any(|one| essence.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(method: &Method, headers: &[(&'static str, &'static str)]) -> Purpose {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        Purpose::of(method, &map)
    }

    #[test]
    fn fetch_metadata_decides_where_it_is_sent() {
        let html = ("accept", "text/html");
        assert_eq!(purpose(&Method::GET, &[("sec-fetch-dest", "document"), html]), Purpose::Page);
        assert_eq!(purpose(&Method::GET, &[("sec-fetch-dest", "iframe"), html]), Purpose::Frame);
        assert_eq!(purpose(&Method::GET, &[("sec-fetch-dest", "empty"), html]), Purpose::Other);
        assert_eq!(purpose(&Method::GET, &[("sec-fetch-dest", "serviceworker")]), Purpose::Worker);
    }

    #[test]
    fn a_navigation_that_a_service_worker_passes_on_is_one() {
        let (empty, navigate) = (("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate"));
        let html = ("accept", "text/html,application/xhtml+xml");
        assert_eq!(purpose(&Method::GET, &[empty, navigate, html]), Purpose::Page);
        assert_eq!(purpose(&Method::POST, &[empty, navigate, html]), Purpose::Page);
        let ahead = ("sec-purpose", "prefetch");
        assert_eq!(purpose(&Method::GET, &[empty, navigate, html, ahead]), Purpose::PageAhead);
        assert_eq!(purpose(&Method::GET, &[empty, navigate]), Purpose::Other, "a link to a download");
        // Firefox 153, and what `fetch(new Request(event.request, {}))` sends.
        let (own, page) = (("sec-fetch-mode", "same-origin"), ("upgrade-insecure-requests", "1"));
        assert_eq!(purpose(&Method::GET, &[empty, own, html, page]), Purpose::Page);
        assert_eq!(purpose(&Method::GET, &[empty, own, page]), Purpose::Other, "a link to a download");
        assert_eq!(purpose(&Method::GET, &[empty, own, html]), Purpose::Other, "a script's own request");
        let cors = ("sec-fetch-mode", "cors");
        assert_eq!(purpose(&Method::GET, &[empty, cors, html]), Purpose::Other, "a script's own request");
    }

    #[test]
    fn a_page_fetched_ahead_is_not_a_page_view() {
        let ahead = [("sec-fetch-dest", "document"), ("sec-purpose", "prefetch;prerender")];
        assert_eq!(purpose(&Method::GET, &ahead), Purpose::PageAhead);
        assert_eq!(
            purpose(&Method::GET, &[("accept", "text/html"), ("purpose", "prefetch")]),
            Purpose::PageAhead
        );
    }

    #[test]
    fn clients_without_fetch_metadata_are_known_by_what_they_accept() {
        assert_eq!(purpose(&Method::GET, &[("accept", "text/html,*/*;q=0.8")]), Purpose::Page);
        assert_eq!(purpose(&Method::GET, &[]), Purpose::Page);
        assert_eq!(purpose(&Method::GET, &[("accept", "image/avif,image/*")]), Purpose::Other);
        for name in ["x-requested-with", "hx-request", "turbo-frame", "x-pjax", "x-up-version"] {
            assert_eq!(
                purpose(&Method::GET, &[("accept", "text/html"), (name, "1")]),
                Purpose::Other,
                "{name}"
            );
        }
        assert_eq!(purpose(&Method::GET, &[("service-worker", "script")]), Purpose::Worker);
    }

    #[test]
    fn who_tells_of_a_payment_and_what_a_script_fetches_are_shown_no_page() {
        let (any, java) =
            (("accept", "*/*"), ("accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"));
        let (json, form) =
            (("content-type", "application/json"), ("content-type", "application/x-www-form-urlencoded"));
        for (method, headers, is_page) in [
            (Method::POST, &[any][..], false),
            (Method::POST, &[][..], false),
            (Method::POST, &[any, form][..], false),
            (Method::POST, &[json][..], false),
            (Method::POST, &[java, json][..], false),
            (Method::POST, &[("accept", "text/html"), form][..], true),
            (
                Method::POST,
                &[("accept", "text/html"), ("content-type", "Multipart/Form-Data; boundary=x")][..],
                true,
            ),
            (Method::GET, &[any][..], true),
            (Method::GET, &[any, ("referer", "http://shop.example/")][..], false),
            (Method::GET, &[any, ("origin", "http://shop.example")][..], false),
            (Method::GET, &[("accept", "text/html"), ("referer", "http://shop.example/")][..], true),
        ] {
            let wanted = if is_page { Purpose::Page } else { Purpose::Other };
            assert_eq!(purpose(&method, headers), wanted, "{method} {headers:?}");
        }
    }
}
