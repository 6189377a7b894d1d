//! What a request is for: a page a person looks at, a page in a frame, or something else.
//!
//! Fetch Metadata says it (W3C Fetch Metadata Request Headers section 2); browsers without it, and plain clients, are
//! known by what they accept.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::service_worker;

const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
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
    /// A document fetched ahead, which nobody has looked at yet: gets the banner, is not counted.
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
            None if service_worker::is_asked_for(headers) => Self::Worker,
            None if accepts_html(headers) && !is_fragment(headers) => Self::page(method, headers),
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
        self == Self::Worker || (self.is_document() && is_said(headers))
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

/// Does the request itself say that it wants a document? Plain clients that accept anything are shown pages too, but
/// nobody has navigated there: such a view is not counted, and its conditions are left alone.
pub(super) fn is_said(headers: &HeaderMap) -> bool {
    let names_html = |accept: &HeaderValue| memchr::memmem::find(accept.as_bytes(), b"html").is_some();
    headers.contains_key(DEST) || headers.get(header::ACCEPT).is_some_and(names_html)
}

fn is_fragment(headers: &HeaderMap) -> bool {
    FRAGMENT.iter().any(|name| headers.contains_key(name))
}

/// A client that names HTML, or that names nothing or everything, may be shown a page.
fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_none_or(|accept| {
        let accept = accept.as_bytes();
        memchr::memmem::find(accept, b"html").is_some() || accept.starts_with(b"*/*")
    })
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
}
