//! A page in the mode `observe`: it passes as the shop wrote it, its hosts are noted, and the witness stands behind it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::rewritten::{make_changed, noting};
use super::{Ask, decoder, of_nothing};
use crate::policy::consent::{Choice, Consent};
use crate::proxy::Body;
use crate::proxy::encode::{Coding, Encoder};
use crate::proxy::page::{Outcome, PageBody, Told};
use crate::proxy::reader::{Onlooker, Reader};
use crate::proxy::rewrite::{Insertions, Rewriter};
use crate::server::beacon;
use crate::server::visit::Visit;
use crate::server::worker::Shared;

/// What confirms that a copy is of this version.
const VALIDATORS: [HeaderName; 2] = [header::ETAG, header::LAST_MODIFIED];

/// Passes a page on, looking at it. What may not be changed, or cannot be read, is left alone.
pub(super) fn look_on(shared: &Shared, visit: &Visit, ask: &Ask, answer: Response<Body>) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let decoder = decoder(&head.headers).ok().filter(|_| may_be_changed(&head.headers));
    let Some(decoder) = decoder else { return Response::from_parts(head, body) };
    let accepted = ask.accept_encoding.as_ref().and_then(|value| value.to_str().ok());
    let coding = accepted.map_or(Coding::Identity, Coding::negotiate);
    let is_witnessed = ask.purpose.is_page() && ask.word.is_said() && is_plain_html(&head.headers);
    // What is added is the same for everybody and always: the shop's validators still tell one version from another.
    let validators = VALIDATORS.map(|name| head.headers.get(&name).map(|value| (name, weak(value))));
    make_changed(&mut head, coding);
    head.headers.extend(validators.into_iter().flatten());
    let policy = &visit.site.policy;
    let everything = Consent::from_choice(&Choice::All, visit.today, None, policy.catalog());
    let (host, path) = (visit.host.name(), visit.page().path);
    let rewriter = Rewriter::new(policy.clone(), everything, host, path, Insertions::none()).noting_hosts();
    let tail = if is_witnessed { tail(visit) } else { Bytes::new() };
    let reader = Reader::Looks(Onlooker::new(rewriter, tail));
    let (metrics, note) = (shared.metrics.clone(), noting(shared, visit));
    let tell = move |told: Told<'_>| {
        let Told::Over(outcome, hosts) = told else { return };
        note(hosts);
        if outcome == Outcome::Cut {
            metrics.pages_cut.increment();
        }
    };
    let nothing = of_nothing(ask, head.status, &head.headers);
    let page = PageBody::new(body, decoder, reader, Encoder::new(coding), tell).of_nothing(nothing);
    Response::from_parts(head, Body::stream(page))
}

/// A strong tag promises the same bytes (RFC 9110 section 8.8.1), and these are not quite.
fn weak(value: &HeaderValue) -> HeaderValue {
    if !value.as_bytes().starts_with(b"\"") {
        return value.clone();
    }
    HeaderValue::from_bytes(&[b"W/", value.as_bytes()].concat()).unwrap_or_else(|_| value.clone())
}

/// The witness, and the beacon where there is one. The tags stand behind the page's end, where browsers still read it (HTML 13.2.6.4.19): so no page has to be
/// understood for it, and the page before it stays as it is.
fn tail(visit: &Visit) -> Bytes {
    let prefix = &visit.site.policy.settings().prefix;
    let witness = format!("<script async src=\"{prefix}/witness.js\"></script>");
    Bytes::from([witness.as_bytes(), &beacon::tag(visit, None)].concat())
}

/// May a gateway change these bytes (RFC 9111 section 5.2.2.6)?
fn may_be_changed(headers: &HeaderMap) -> bool {
    let forbids = |value: &HeaderValue| memchr::memmem::find(value.as_bytes(), b"no-transform").is_some();
    !headers.get_all(header::CACHE_CONTROL).iter().any(forbids)
}

/// XML ends with its root element, and in UTF-16 the tag would be other letters.
fn is_plain_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes).to_ascii_lowercase();
    kind.starts_with(b"text/html") && memchr::memmem::find(&kind, b"utf-16").is_none()
}
