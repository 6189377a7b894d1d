//! What is opened and is no page: it passes as it came, and a copy of it that the browser has is confirmed.
//!
//! Its conditions went no further than here ([`guard::before`]), and the answer is whole: so they are answered here, and no
//! parts are promised. The origin's own tag says enough where nothing of the answer depends on the consent. What has a
//! fence has a tag of ours, of the fence too: what a browser renders is under the fence of the copy, for Chromium takes no
//! `Content-…` field of a 304.

use http::{HeaderMap, StatusCode, header, response};

use super::{Ask, has_browser};
use crate::server::guard;
use crate::server::validator;
use crate::server::visit::Visit;

/// Is that what the browser has?
pub(super) fn is_known(visit: &Visit, ask: &Ask, head: &mut response::Parts) -> bool {
    head.headers.remove(header::ACCEPT_RANGES);
    if guard::has_fence(visit, &head.headers) {
        let address = [visit.host.authority().as_bytes(), visit.target().as_str().as_bytes()];
        let tag = visit.site.validator.tag(head, &[b"file", address[0], address[1]]);
        return has_browser(ask, tag, &mut head.headers) && !visit.is_sent();
    }
    head.status == StatusCode::OK && !visit.is_sent() && is_origins(ask, &head.headers)
}

/// By the origin's tag; without one that is named, by its date (RFC 9110 section 13.2.2). A later date is no other than
/// the same: an older file may have come in its place.
fn is_origins(ask: &Ask, headers: &HeaderMap) -> bool {
    if !ask.known.is_empty() {
        return headers.get(header::ETAG).is_some_and(|tag| validator::is_named(tag, &ask.known));
    }
    ask.since.is_some() && ask.since.as_ref() == headers.get(header::LAST_MODIFIED)
}
