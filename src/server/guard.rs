//! What a consent does to heads: which cookies reach the origin and the browser, what the origin is told, and the fence.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::count::is_html;
use super::navigation::{self, Purpose};
use super::site::Mode;
use super::visit::Visit;
use crate::policy::consent::{Choice, Consent};
use crate::policy::cookies::Kept;
use crate::proxy::headers::CONSENT;
use crate::telemetry::Metrics;

const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;
const CSP_REPORT_ONLY: HeaderName = header::CONTENT_SECURITY_POLICY_REPORT_ONLY;
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What a browser may already hold of a page, asked about in a request. A page kept from another consent state must not
/// be shown again, so a document is always asked for whole.
const CONDITIONS: [HeaderName; 5] = [
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::IF_UNMODIFIED_SINCE,
];

/// How many fields a request gains on its way: room is made for them once.
const FIELDS_ADDED: usize = 8;

/// Before the origin: held cookies are taken out, the consent is told, and a document is asked for whole and uncoded.
pub(super) fn before(visit: &Visit, purpose: Purpose, headers: &mut HeaderMap, metrics: &Metrics) {
    headers.reserve(FIELDS_ADDED);
    headers.insert(CONSENT, visit.site.told(&visit.consent));
    if headers.contains_key(header::COOKIE) {
        filter_request_cookies(visit, headers, metrics);
    }
    if visit.site.mode == Mode::Enforce && purpose.is_document() && navigation::is_said(headers) {
        for condition in &CONDITIONS {
            headers.remove(condition);
        }
    }
    if visit.site.mode != Mode::Off && purpose.is_document() && navigation::is_said(headers) {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
}

/// After the origin: held cookies are dropped; what a browser renders as a document, or runs as a worker, gets its
/// fence.
pub(super) fn after(visit: &Visit, purpose: Purpose, headers: &mut HeaderMap, metrics: &Metrics) {
    if headers.contains_key(header::SET_COOKIE) {
        filter_set_cookies(visit, headers, metrics);
    }
    if purpose == Purpose::Worker || may_be_document(headers) {
        raise_fence(visit, headers);
    }
}

/// The consent cookie is ours and never goes further, in any mode; what is held stays behind when consent is enforced.
fn filter_request_cookies(visit: &Visit, headers: &mut HeaderMap, metrics: &Metrics) {
    let policy = &visit.site.policy;
    let everything = Consent::from_choice(&Choice::All, visit.today, None, policy.catalog());
    let consent = if visit.site.mode == Mode::Enforce { &visit.consent } else { &everything };
    let decide = |line: &HeaderValue| policy.request_cookies(consent, visit.page(), line.as_bytes());
    if headers.get_all(header::COOKIE).iter().all(|line| matches!(decide(line), Kept::All)) {
        return;
    }
    metrics.cookies_withheld.increment();
    let mut kept = Vec::new();
    for line in headers.get_all(header::COOKIE) {
        match decide(line) {
            Kept::All => kept.push(line.clone()),
            // Bytes that came out of a header value are fit to go into one.
            Kept::Some(bytes) => kept.extend(HeaderValue::from_bytes(&bytes)),
            Kept::None => {}
        }
    }
    headers.remove(header::COOKIE);
    for line in kept {
        headers.append(header::COOKIE, line);
    }
}

fn filter_set_cookies(visit: &Visit, headers: &mut HeaderMap, metrics: &Metrics) {
    if visit.site.mode != Mode::Enforce {
        return;
    }
    let is_open =
        |line: &HeaderValue| visit.site.policy.response_cookie(&visit.consent, visit.page(), line.as_bytes());
    if headers.get_all(header::SET_COOKIE).iter().all(is_open) {
        return;
    }
    let all: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in all {
        if is_open(&line) {
            headers.append(header::SET_COOKIE, line);
        } else {
            metrics.cookies_held.increment();
        }
    }
}

/// Adds the fence beside whatever policy the shop sends itself: several policies only ever tighten each other (CSP
/// Level 3 section 8.1).
fn raise_fence(visit: &Visit, headers: &mut HeaderMap) {
    let name = match visit.site.mode {
        Mode::Enforce => CSP,
        Mode::Observe => CSP_REPORT_ONLY,
        Mode::Off => return,
    };
    let fence = visit.site.policy.fence(&visit.consent, visit.page());
    if let Some(policy) = &fence.content_security_policy {
        headers.append(name, policy.clone());
    }
    if visit.site.mode == Mode::Enforce
        && let Some(policy) = &fence.permissions_policy
    {
        headers.append(PERMISSIONS_POLICY, policy.clone());
    }
}

/// Could a browser show this as a document that loads things? Without a type it guesses, so that counts.
fn may_be_document(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    is_html(headers) || memchr::memmem::find(kind.as_bytes(), b"xml").is_some()
}
