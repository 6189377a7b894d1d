//! Trackers on the shop's own hosts: their requests end here until they are granted, their scripts define stand-ins and
//! nothing else, and a link reaches the origin without what marks the visitor.
//!
//! Only where the site enforces. A navigation is never stopped: a person may open any page of the shop.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};

use super::body_limit;
use super::cache;
use super::known_scripts::Key;
use super::navigation::{Purpose, Word};
use super::page::decoder;
use super::site::Mode;
use super::visit::Visit;
use crate::banner::assets::IDLE;
use crate::policy::catalog::{Sent, Tracker, TrackerId};
use crate::policy::markup::stand_in_call;
use crate::policy::own_path::SIGNED_BYTES_MAX;
use crate::proxy::Body;
use crate::proxy::headers::Host;
use crate::proxy::peek::{Peeked, peek};
use crate::telemetry::Metrics;

/// Most of a held request's body that is read, so that its connection can be used again. Unit: bytes. A page that
/// closes may send 64 KiB (Fetch Standard, "HTTP-network-or-cache fetch"); whoever sends more loses
/// the connection.
const BODY_BYTES_MAX: usize = 64 << 10;

/// How much of a script that starts as a tracker's is searched for the address of our events. Unit: decoded bytes.
/// Plausible's from npm has 6 KiB, and what a shop's script tells it stands behind it.
const TOLD_BYTES_MAX: usize = 16 << 10;

const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

/// Request fields that hold the address of the page a request comes from; the second is htmx's.
const PAGE_ADDRESSES: [HeaderName; 2] = [header::REFERER, HeaderName::from_static("hx-current-url")];

/// What of an answer is not true of the script in its place.
const OF_THE_SCRIPT: [HeaderName; 8] = [
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::ETAG,
    header::LAST_MODIFIED,
    header::ACCEPT_RANGES,
    header::EXPIRES,
    HeaderName::from_static("sourcemap"),
    HeaderName::from_static("x-sourcemap"),
];

/// What a request is to the trackers of the shop's own hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A held tracker's: it ends here.
    Held(Reply),
    /// A granted tracker's script: a copy of it must not outlive the grant.
    Granted,
    /// What may be a script, of a name that says nothing: its text may.
    Script(Run),
    /// Anything else.
    Other,
}

/// What a held request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A script that has this tracker's names answer, and does nothing.
    Script(TrackerId),
    /// 204.
    Nothing,
}

/// Will the browser run the answer?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// It says so.
    Said,
    /// It does not say, or it fetches ahead: it may.
    Perhaps,
    /// It will not.
    Never,
}

impl Run {
    /// Reads Fetch Metadata (W3C Fetch Metadata Request Headers section 2.1). A service worker's script is left to the
    /// rules for those: an empty one would be installed and stay.
    fn of(headers: &HeaderMap) -> Self {
        match headers.get(DEST).map(HeaderValue::as_bytes) {
            Some(b"script" | b"worker" | b"sharedworker" | b"audioworklet" | b"paintworklet") => Self::Said,
            Some(b"empty") if headers.contains_key(PURPOSE) => Self::Perhaps,
            Some(_) => Self::Never,
            None => Self::Perhaps,
        }
    }
}

impl Asked {
    /// Looks at a request before the origin does.
    pub(super) fn of<B>(visit: &Visit, purpose: Purpose, request: &Request<B>) -> Self {
        let headers = request.headers();
        if visit.site.mode != Mode::Enforce || (purpose.is_page() && Word::of(headers).is_said()) {
            return Self::Other;
        }
        let (policy, target, run) = (&visit.site.policy, visit.target(), Run::of(headers));
        let sent = Sent {
            path: target.path(),
            query: target.query().unwrap_or_default(),
            is_script: run != Run::Never,
        };
        let is_module = is_module(headers);
        match policy.own_request(&visit.consent, "", visit.host.name(), sent) {
            // A name alone may be the library's, as npm has it; what the operator named is a tracker's.
            Some(own) if own.is_script && is_module && target.query().is_none() && !own.tracker.is_sites => {
                Self::Other
            }
            Some(own) if own.is_held && (run == Run::Said || (own.is_script && run == Run::Perhaps)) => {
                Self::Held(Reply::Script(own.tracker.id))
            }
            Some(own) if own.is_held => Self::Held(Reply::Nothing),
            Some(_) if run != Run::Never => Self::Granted,
            None if run == Run::Never || is_module || !policy.has_signatures() => Self::Other,
            None if policy.vouches_for_own(&visit.consent, visit.host.name(), target.path()) => Self::Other,
            None => Self::Script(run),
            Some(_) => Self::Other,
        }
    }
}

/// May what is asked for be imported as a module (Fetch Standard section 2.2.5: scripts of pages are fetched with the mode
/// `no-cors`, modules with `cors`)? Without what it exports its importer would not even start. A classic script with
/// `crossorigin` looks the same; what either sends is held all the same.
fn is_module(headers: &HeaderMap) -> bool {
    Run::of(headers) == Run::Said && headers.get(MODE).is_some_and(|mode| mode == "cors")
}

/// Answers a held tracker's request in the origin's place, so that the page that made it goes on.
pub(super) async fn answer(
    visit: &Visit,
    reply: Reply,
    request: Request<Body>,
    metrics: &Metrics,
) -> Response<Body> {
    metrics.requests_held.increment();
    let (head, body) = request.into_parts();
    body_limit::discard(body, BODY_BYTES_MAX).await;
    let mut answer = Response::new(Body::Empty);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    allow_own_origins(visit, &head.headers, headers);
    match reply {
        Reply::Script(tracker) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
            *answer.body_mut() = stand_ins(visit.site.policy.catalog().tracker(tracker));
        }
        Reply::Nothing => *answer.status_mut() = StatusCode::NO_CONTENT,
    }
    answer
}

/// What is run in the place of a held script: stand-ins for the names that page scripts call this tracker by. Empty where
/// there is none. A page may have read nothing of ours before, and in a worker nobody waits for names.
fn stand_ins(tracker: &Tracker) -> Body {
    let Some(call) = stand_in_call(&tracker.globals) else { return Body::Empty };
    Body::full(format!("if(globalThis.document){{const consentry=self.consentry??{{}};{IDLE};{call}}}"))
}

/// A page on another of the shop's hosts may read that there is nothing, or its script would fail on what it did not
/// do (Fetch Standard section 3.3).
fn allow_own_origins(visit: &Visit, asked: &HeaderMap, headers: &mut HeaderMap) {
    let Some(origin) = asked.get(header::ORIGIN) else { return };
    let host = origin.to_str().ok().and_then(|text| text.split_once("://"));
    let Some(host) = host.and_then(|(_, authority)| Host::parse(authority.as_bytes())) else { return };
    let is_own = host.name() == visit.host.name() || visit.site.policy.is_own(host.name());
    if !is_own || host == visit.host {
        return;
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    for (wish, grant) in [
        (header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_ALLOW_METHODS),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, header::ACCESS_CONTROL_ALLOW_HEADERS),
    ] {
        if let Some(value) = asked.get(wish) {
            headers.insert(grant, value.clone());
        }
    }
}

/// Takes out of target and page addresses what marks the visitor. The visitor's own address bar keeps it, and what is
/// counted was read before.
pub(super) fn undecorate<B>(visit: &Visit, request: &mut Request<B>, metrics: &Metrics) {
    if visit.site.mode != Mode::Enforce {
        return;
    }
    let (policy, consent) = (&visit.site.policy, &visit.consent);
    let target = visit.target();
    let left = policy.undecorated(consent, target.path(), target.as_str().as_bytes());
    // A target without some of its parameters is a target.
    let left = left.and_then(|left| PathAndQuery::from_maybe_shared(left).ok());
    let mut is_changed = left.is_some();
    if let Some(left) = left {
        *request.uri_mut() = Uri::from(left);
    }
    for name in PAGE_ADDRESSES {
        let Some(address) = request.headers().get(&name) else { continue };
        let Some(path) = own_path(visit, address.as_bytes()) else { continue };
        let left = policy.undecorated(consent, path, address.as_bytes());
        if let Some(left) = left.and_then(|left| HeaderValue::from_maybe_shared(left).ok()) {
            request.headers_mut().insert(name, left);
            is_changed = true;
        }
    }
    if is_changed {
        metrics.links_undecorated.increment();
    }
}

/// The path in an address of one of the shop's own hosts that has a query; `None` for any other address.
fn own_path<'a>(visit: &Visit, address: &'a [u8]) -> Option<&'a str> {
    let mark = memchr::memchr(b'?', address)?;
    let address = std::str::from_utf8(&address[..mark]).ok()?;
    let (_, address) = address.split_once("://")?;
    let (authority, path) = address.find('/').map_or((address, "/"), |slash| address.split_at(slash));
    let host = Host::parse(authority.as_bytes())?;
    (host.name() == visit.host.name() || visit.site.policy.is_own(host.name())).then_some(path)
}

/// After the origin: in the place of a script whose text is a held tracker's come stand-ins, a granted one's is not kept
/// beyond the grant. All else passes byte for byte.
pub(super) async fn after(
    visit: &Visit,
    asked: Asked,
    mut answer: Response<Body>,
    metrics: &Metrics,
) -> Response<Body> {
    match asked {
        Asked::Script(run) if is_script(run, &answer) => {}
        Asked::Granted => {
            cache::for_this_view(answer.headers_mut());
            return answer;
        }
        _ => return answer,
    }
    let key = Key::of(visit, answer.headers());
    if key.is_some_and(|key| visit.site.scripts.has(key)) {
        return answer;
    }
    let Ok(first) = decoder(answer.headers()) else { return answer };
    let (mut head, body) = answer.into_parts();
    let Peeked { begin, is_broken, mut body } = peek(body, first, SIGNED_BYTES_MAX).await;
    let mut found = visit.site.policy.own_script(&visit.consent, &begin);
    if found.is_some()
        && let Ok(second) = decoder(&head.headers)
    {
        let more = peek(body, second, TOLD_BYTES_MAX).await;
        found = found.filter(|_| !visit.site.policy.tells_us(&more.begin));
        body = more.body;
    }
    let Some(own) = found else {
        if let Some(key) = key.filter(|_| !is_broken) {
            visit.site.scripts.add(key);
        }
        return Response::from_parts(head, body);
    };
    if own.is_held {
        metrics.scripts_held.increment();
        for name in &OF_THE_SCRIPT {
            head.headers.remove(name);
        }
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
        head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Response::from_parts(head, stand_ins(own.tracker));
    }
    // Without a validator no 304 can bring a copy back that was kept under an older consent.
    head.headers.remove(header::ETAG);
    head.headers.remove(header::LAST_MODIFIED);
    cache::for_this_view(&mut head.headers);
    Response::from_parts(head, body)
}

/// Is there a whole script in it that a browser would run? Errors are not run, parts are looked at with the whole.
fn is_script(run: Run, answer: &Response<Body>) -> bool {
    let is_whole = answer.status().is_success()
        && !matches!(
            answer.status(),
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT
        );
    let is_kind = match run {
        // Whatever its type is: browsers run it as HTML, too.
        Run::Said => true,
        Run::Perhaps => is_javascript(answer.headers()),
        Run::Never => false,
    };
    is_whole && is_kind && !http_body::Body::is_end_stream(answer.body())
}

/// One of JavaScript's types, the legacy ones included (MIME Sniffing Standard section 4.6).
fn is_javascript(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return false };
    let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let names: [&[u8]; 4] = [b"javascript", b"ecmascript", b"jscript", b"livescript"];
    let lower = essence.to_ascii_lowercase();
    names.iter().any(|name| memchr::memmem::find(&lower, name).is_some())
}
