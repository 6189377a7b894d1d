//! Does a request come from the site's own pages? What others send must neither choose, object nor be counted for a
//! visitor.
//!
//! Browsers say where a request comes from (W3C Fetch Metadata section 2.3, and `Origin` on every POST: Fetch Standard
//! section 3.2). A client that says nothing is no browser, and acts for nobody else.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::visit::Visit;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// From a page under the very host that is asked.
pub(super) fn is_same_origin(visit: &Visit, headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let site_is_ours = sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    site_is_ours && headers.get_all(header::ORIGIN).iter().all(|origin| is_this_host(visit, origin))
}

/// From a page under any host of the site.
pub(super) fn is_same_site(visit: &Visit, headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let site_is_ours = sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"same-site" | b"none"));
    let is_own = |origin: &HeaderValue| {
        is_this_host(visit, origin) || host(origin).is_some_and(|host| visit.site.has_named_host(&host))
    };
    site_is_ours && headers.get_all(header::ORIGIN).iter().all(is_own)
}

fn is_this_host(visit: &Visit, origin: &HeaderValue) -> bool {
    authority(origin)
        .is_some_and(|authority| authority.eq_ignore_ascii_case(visit.host.authority().as_bytes()))
}

fn authority(origin: &HeaderValue) -> Option<&[u8]> {
    let origin = origin.as_bytes();
    origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"))
}

/// The host of an `Origin`: lower case, no port.
fn host(origin: &HeaderValue) -> Option<String> {
    let authority = std::str::from_utf8(authority(origin)?).ok()?.parse::<http::uri::Authority>().ok()?;
    Some(authority.host().to_ascii_lowercase())
}
