//! What a consent does to heads: which cookies reach the origin and the browser, what the origin is told, which fields
//! the browser gets, and the fence. For every type and status: an image, an error and a redirect have heads, too.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::cache;
use super::count::is_html;
use super::navigation::Purpose;
use super::site::Mode;
use super::visit::Visit;
use crate::policy::consent::{CategorySet, Consent};
use crate::policy::cookies::{self, Kept};
use crate::policy::fence::seen::Sight;
use crate::policy::markup::Named;
use crate::policy::{Unknown, fence, field};
use crate::proxy::Body;
use crate::proxy::headers::CONSENT;
use crate::telemetry::Metrics;

const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;
const CSP_REPORT_ONLY: HeaderName = header::CONTENT_SECURITY_POLICY_REPORT_ONLY;
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What a browser may already hold of a page, asked about in a request. A page kept from another consent state must not
/// be shown again, so a document is always asked for whole.
const CONDITIONS: [HeaderName; 6] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::IF_UNMODIFIED_SINCE,
];

/// How many fields a request gains on its way: room is made for them once.
const FIELDS_ADDED: usize = 8;

/// How a browser could use an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It renders or runs it now, for this visitor.
    Here,
    /// It could render it from a cache, and a cache may keep it for many.
    Later,
    /// It could run a worker of it from a cache, and a cache may keep it for many.
    LaterAsWorker,
    /// It is a part of something.
    Part,
}

/// Before the origin: held cookies are taken out, the consent is told, and a document is asked for whole.
pub(super) fn before(visit: &Visit, purpose: Purpose, headers: &mut HeaderMap, metrics: &Metrics) {
    headers.reserve(FIELDS_ADDED);
    headers.insert(CONSENT, visit.site.told(&visit.consent));
    if headers.contains_key(header::COOKIE) {
        filter_request_cookies(visit, headers, metrics);
    }
    if visit.site.mode == Mode::Enforce && purpose.is_own(headers) {
        for condition in &CONDITIONS {
            headers.remove(condition);
        }
    }
}

/// What removes the cookies of held trackers from the browser of somebody who opens a page.
pub(super) fn leftovers(visit: &Visit, purpose: Purpose, headers: &HeaderMap) -> Vec<HeaderValue> {
    if visit.site.mode != Mode::Enforce || purpose != Purpose::Page {
        return Vec::new();
    }
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    visit.site.policy.leftovers(&visit.consent, visit.page(), visit.scheme(), lines)
}

/// After the origin: held cookies and fields are dropped; what a browser renders as a document, or runs as a worker,
/// gets its fence.
pub(super) fn after(visit: &Visit, purpose: Purpose, answer: &mut Response<Body>, metrics: &Metrics) {
    let using = Use::of(purpose, answer.status(), answer.headers());
    let headers = answer.headers_mut();
    match visit.site.mode {
        Mode::Enforce => enforce(visit, using, headers, metrics),
        Mode::Observe if matches!(using, Use::Here | Use::Later) => {
            raise_fence(visit, &visit.consent, headers);
        }
        Mode::Observe | Mode::Off => {}
    }
}

/// What is for many is judged as if nobody had agreed to anything, so that every visitor may have it; what depends on the
/// consent is for one.
fn enforce(visit: &Visit, using: Use, headers: &mut HeaderMap, metrics: &Metrics) {
    let has_held_cookies =
        headers.contains_key(header::SET_COOKIE) && filter_set_cookies(visit, headers, metrics);
    let is_for_one = using == Use::Here || has_held_cookies || field::advertises(headers);
    let consent = if is_for_one { visit.consent } else { Consent::none() };
    let policy = &visit.site.policy;
    let dropped = policy.filter_fields(&consent, visit.page(), headers);
    metrics.fields_held.add(u64::try_from(dropped).unwrap_or(u64::MAX));
    match using {
        Use::Here | Use::Later => raise_fence(visit, &consent, headers),
        // The short one: nearly always the script is no worker, and then nobody reads it.
        Use::LaterAsWorker if policy.settings().unknown_hosts == Unknown::Hold => {
            headers.append(CSP, fence::closed());
        }
        Use::LaterAsWorker | Use::Part => {}
    }
    if using == Use::Here {
        cache::for_this_view(headers);
    } else if is_for_one {
        cache::for_one_visitor(headers);
    }
}

impl Use {
    /// HTML counts whoever asks for it: a browser could show what a script fetched, from its cache. Without a type
    /// browsers guess, so that counts where a document is asked for.
    fn of(purpose: Purpose, status: StatusCode, headers: &HeaderMap) -> Self {
        if purpose == Purpose::Worker || is_html(headers) {
            return Self::Here;
        }
        if !is_typed(headers) {
            let is_led_away = status.is_redirection() && headers.contains_key(header::LOCATION);
            return match purpose.is_document() {
                _ if is_led_away || has_no_body(status) => Self::Part,
                true => Self::Here,
                false => Self::Later,
            };
        }
        let has = |word: &str| {
            let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
            let is_word = |bytes: &[u8]| bytes.eq_ignore_ascii_case(word.as_bytes());
            lines.any(|line| line.as_bytes().windows(word.len()).any(is_word))
        };
        // `text/xsl` is one, too: browsers show what stands in it.
        let is_xml = has("xml") || has("xsl");
        match purpose.is_document() {
            true if is_xml => Self::Here,
            true if has("pdf") => Self::Later,
            false if is_xml => Self::Later,
            _ if has("javascript") || has("ecmascript") => Self::LaterAsWorker,
            _ => Self::Part,
        }
    }
}

/// Does the head say a type that browsers believe? Else they look at the bytes, and may find HTML there (MIME Sniffing
/// section 5.1: no type, one that is none, or one that says it is unknown). Of several each must be one.
pub(super) fn is_typed(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CONTENT_TYPE).iter();
    let mut types = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).peekable();
    types.peek().is_some() && types.all(is_type)
}

fn is_type(text: &[u8]) -> bool {
    let essence = text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_unknown = [&b"unknown/unknown"[..], b"application/unknown", b"*/*"]
        .iter()
        .any(|unknown| essence.eq_ignore_ascii_case(unknown));
    let is_token = |part: &[u8]| !part.is_empty() && part.iter().all(|byte| is_token_byte(*byte));
    let mut parts = essence.splitn(2, |byte| *byte == b'/');
    !is_unknown && parts.next().is_some_and(is_token) && parts.next().is_some_and(is_token)
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Statuses of answers that never have a body (RFC 9110 sections 6.4.1 and 15.3.6).
pub(super) fn has_no_body(status: StatusCode) -> bool {
    status.is_informational()
        || [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
}

/// The consent cookie is ours and never goes further, in any mode; what is held stays behind when consent is enforced.
fn filter_request_cookies(visit: &Visit, headers: &mut HeaderMap, metrics: &Metrics) {
    let policy = &visit.site.policy;
    let decide = |line: &HeaderValue| match visit.site.mode {
        Mode::Enforce => policy.request_cookies(&visit.consent, visit.page(), line.as_bytes()),
        Mode::Observe | Mode::Off => cookies::all_but_ours(line.as_bytes()),
    };
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

/// Drops the held lines; the others pass byte for byte and in order. Says whether a line could be held under another
/// consent: then the answer is for nobody else.
fn filter_set_cookies(visit: &Visit, headers: &mut HeaderMap, metrics: &Metrics) -> bool {
    let is_open = |consent: &Consent, line: &HeaderValue| {
        visit.site.policy.response_cookie(consent, visit.page(), line.as_bytes())
    };
    if headers.get_all(header::SET_COOKIE).iter().all(|line| is_open(&Consent::none(), line)) {
        return false;
    }
    let all: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in all {
        if is_open(&visit.consent, &line) {
            headers.append(header::SET_COOKIE, line);
        } else {
            metrics.cookies_held.increment();
        }
    }
    true
}

/// Does this head fence a page in?
pub(super) fn has_fence(visit: &Visit, headers: &HeaderMap) -> bool {
    headers.get_all(CSP).iter().any(|value| visit.site.policy.is_fence(value.as_bytes()))
}

/// Lets in what is necessary in few shops, where this very page names it: its head was made before it was read.
pub(super) fn widen_fence(visit: &Visit, named: &[Named], headers: &mut HeaderMap) {
    let policy = &visit.site.policy;
    let hosts = named.iter().map(|named| &*named.host).filter(|host| policy.is_rare(host));
    let sights: Vec<_> = hosts.map(|host| (host, Sight::Tag(CategorySet::NECESSARY))).collect();
    if sights.is_empty() {
        return;
    }
    visit.site.learn(&sights);
    let fence = visit.site.fences.of_page(policy, &visit.consent, visit.page());
    let (Some(wider), header::Entry::Occupied(mut lines)) =
        (&fence.content_security_policy, headers.entry(CSP))
    else {
        return;
    };
    for line in lines.iter_mut().filter(|line| policy.is_fence(line.as_bytes())) {
        *line = wider.clone();
    }
}

/// Adds the fence beside whatever policy the shop sends itself: several policies only ever tighten each other (CSP
/// Level 3 section 8.1), and of the members of a Permissions-Policy the last counts, which closes.
fn raise_fence(visit: &Visit, consent: &Consent, headers: &mut HeaderMap) {
    let name = match visit.site.mode {
        Mode::Enforce => CSP,
        Mode::Observe => CSP_REPORT_ONLY,
        Mode::Off => return,
    };
    let fence = visit.site.fences.of_page(&visit.site.policy, consent, visit.page());
    if let Some(policy) = &fence.content_security_policy {
        headers.append(name, policy.clone());
    }
    if visit.site.mode == Mode::Enforce
        && let Some(policy) = &fence.permissions_policy
    {
        headers.append(PERMISSIONS_POLICY, policy.clone());
    }
}
