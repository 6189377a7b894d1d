//! What scripts of a page send to the shop's own host: a tracker's hit that only its body gives away ends here. Clients from
//! npm that a shop has packed into its script send so, to whatever path the shop leads on to the tracker.
//!
//! Only the beginning is looked at, while it waits; all else goes on byte for byte. Forms that a visitor sends and files that
//! are uploaded are not looked at.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};

use super::navigation::Purpose;
use super::own_path::{self, Reply};
use super::site::Mode;
use super::visit::Visit;
use crate::policy::catalog::Sent;
use crate::policy::own_path::SENT_BYTES_MAX;
use crate::proxy::Body;
use crate::proxy::encode::{Decoder, Stop};
use crate::proxy::peek::{Peeked, peek_until};
use crate::telemetry::Metrics;

/// Longest wait for that beginning. A hit is a packet or two; what is slower goes on, judged by what came.
const WAIT: Duration = Duration::from_secs(10);

/// What gzip begins with (RFC 1952 section 2.3.1). Clients send it with and without `Content-Encoding`.
const GZIP: [u8; 2] = [0x1F, 0x8B];

const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Gives the request back, or the answer to a held tracker's.
pub(super) async fn look(
    visit: &Visit,
    purpose: Purpose,
    request: Request<Body>,
    metrics: &Metrics,
) -> Result<Request<Body>, Response<Body>> {
    let target = visit.target();
    let sent = Sent { path: target.path(), query: target.query().unwrap_or_default(), is_script: false };
    let policy = &visit.site.policy;
    let is_doubted = visit.site.mode == Mode::Enforce
        && is_told(purpose, &request)
        && policy.doubts_sent(&visit.consent, visit.host.name(), sent);
    let Some(plain) = is_doubted.then(|| Decoder::new("").ok()).flatten() else { return Ok(request) };
    let (head, body) = request.into_parts();
    let end = tokio::time::sleep(WAIT);
    let Peeked { begin, body, .. } = peek_until(body, plain, SENT_BYTES_MAX, end).await;
    let request = Request::from_parts(head, body);
    let is_held = |text: &[u8]| policy.holds_sent(&visit.consent, sent, text);
    if is_held(&begin) || (begin.starts_with(&GZIP) && is_held(&unpacked(&begin))) {
        return Err(own_path::answer(visit, Reply::Nothing, request, metrics).await);
    }
    Ok(request)
}

/// Is this a message of a page's script (Fetch Standard section 2.2.5: `fetch()`, XHR and beacons have no destination)? A
/// browser that does not say so yet names the origin of what it posts; what another server sends has neither.
fn is_told(purpose: Purpose, request: &Request<Body>) -> bool {
    let headers = request.headers();
    let is_old_browsers = || !purpose.is_document() && headers.contains_key(header::ORIGIN);
    let is_scripts = headers.get(DEST).map_or_else(is_old_browsers, |dest| dest == "empty");
    request.method() == Method::POST && is_scripts && !is_multipart(headers)
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.and_then(|kind| kind.get(..10)).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"))
}

/// The text in a beginning that is packed with gzip, as far as it can be read.
fn unpacked(begin: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let Ok(mut decoder) = Decoder::new("gzip") else { return plain };
    let mut sink = |piece: &[u8]| {
        plain.extend_from_slice(&piece[..piece.len().min(SENT_BYTES_MAX - plain.len())]);
        if plain.len() < SENT_BYTES_MAX { Ok(()) } else { Err(Stop) }
    };
    // An error is the end of what can be read: broken, or as much as is looked at.
    let _ = decoder.decode(begin, &mut sink);
    plain
}
