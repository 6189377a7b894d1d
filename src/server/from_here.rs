//! Does a request come from the site's own pages, and from which? What others send must neither choose, object nor be
//! counted for a visitor.
//!
//! Browsers say where a request comes from (W3C Fetch Metadata section 2.3, and `Origin` on every POST: Fetch Standard
//! section 3.2); old ones say no more than which page they come from. A client that says nothing is no browser, and acts for
//! nobody else.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use super::visit::Visit;
use crate::banner::safe_return;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const HTTPS: &[u8] = b"https://";
const HTTP: &[u8] = b"http://";

/// From a page under the very host that is asked.
pub(super) fn is_same_origin(visit: &Visit, headers: &HeaderMap) -> bool {
    comes_from(visit, headers, &[b"same-origin"], |origin| is_this_host(visit, origin))
}

/// From a page under any host of the site.
pub(super) fn is_same_site(visit: &Visit, headers: &HeaderMap) -> bool {
    comes_from(visit, headers, &[b"same-origin", b"same-site"], |origin| {
        is_this_host(visit, origin) || host(origin).is_some_and(|host| visit.site.has_named_host(&host))
    })
}

/// The page under the host that is asked which a browser says it came from.
pub(super) fn referring_path(referrer: Option<&HeaderValue>, authority: &str) -> Option<String> {
    let uri = referrer?.to_str().ok()?.parse::<Uri>().ok()?;
    let is_here = uri.authority().is_some_and(|its| its.as_str().eq_ignore_ascii_case(authority));
    let whole = uri.path_and_query().filter(|_| is_here)?.as_str();
    // A query may be longer than is come back to.
    safe_return(whole).or_else(|| safe_return(uri.path())).map(str::to_owned)
}

/// Is the request's place one of `places`, as far as it says, and every origin of it one of ours?
///
/// Of a page that sends no referrer the origin is `null` in forms and beacons (Fetch Standard, "append a request `Origin`
/// header"); so it is in a sandbox, but of that browsers say that it is another site. What says nothing else is of the
/// scheme that is known here: a page that came by http may have been written by anybody on the way.
fn comes_from(
    visit: &Visit,
    headers: &HeaderMap,
    places: &[&[u8]],
    is_own: impl Fn(&HeaderValue) -> bool,
) -> bool {
    let is_place = |site: &HeaderValue| places.contains(&site.as_bytes());
    let (sites, origins) = (headers.get_all(FETCH_SITE), headers.get_all(header::ORIGIN));
    let is_said = sites.iter().any(is_place);
    let is_ours = |origin: &HeaderValue| match origin.as_bytes() {
        b"null" => is_said,
        bytes => is_own(origin) && (is_said || !visit.client.is_https || !bytes.starts_with(HTTP)),
    };
    if sites.iter().next().is_none() && origins.iter().next().is_none() {
        return headers.get_all(header::REFERER).iter().filter_map(origin_of).all(|origin| is_ours(&origin));
    }
    sites.iter().all(|site| is_place(site) || site == "none") && origins.iter().all(is_ours)
}

/// Where the page of a `Referer` stands; `None` where it names no host.
fn origin_of(referrer: &HeaderValue) -> Option<HeaderValue> {
    let rest = authority(referrer)?;
    let scheme = referrer.len() - rest.len();
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    HeaderValue::from_bytes(&referrer.as_bytes()[..scheme + length]).ok()
}

/// The host that was asked, where both leave out the port that the scheme has anyway.
fn is_this_host(visit: &Visit, origin: &HeaderValue) -> bool {
    let port: &[u8] = if origin.as_bytes().starts_with(HTTP) { b":80" } else { b":443" };
    let without = |authority: &[u8]| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
    authority(origin)
        .is_some_and(|authority| without(authority) == without(visit.host.authority().as_bytes()))
}

fn authority(origin: &HeaderValue) -> Option<&[u8]> {
    let origin = origin.as_bytes();
    origin.strip_prefix(HTTPS).or_else(|| origin.strip_prefix(HTTP))
}

/// The host of an `Origin`: lower case, no port.
fn host(origin: &HeaderValue) -> Option<String> {
    let authority = std::str::from_utf8(authority(origin)?).ok()?.parse::<http::uri::Authority>().ok()?;
    Some(authority.host().to_ascii_lowercase())
}
