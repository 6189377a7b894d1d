//! The way of everything that is the shop's: guarded, sent on, counted, and rewritten when it is a page.

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::count::{self, Look, is_html};
use super::guard;
use super::let_in::{LetIn, let_in};
use super::navigation::Purpose;
use super::refusal::Refusal;
use super::site::Mode;
use super::visit::Visit;
use super::worker::Shared;
use crate::banner::Shown;
use crate::counting::{Hit, HitKind, Statistics};
use crate::policy::consent::{Category, Consent};
use crate::proxy::encode::{Coding, Decoder, Encoder};
use crate::proxy::forwarded::Hop;
use crate::proxy::page::{Outcome, PageBody};
use crate::proxy::rewrite::{Insertions, Rewriter};
use crate::proxy::{Body, Origin};

/// What a page needs of its request, kept while the origin works.
struct Ask {
    purpose: Purpose,
    is_head: bool,
    accept_encoding: Option<HeaderValue>,
    language: usize,
}

/// Passes a request to the origin and its answer back.
pub(super) async fn pass(
    shared: &Shared,
    visit: &Visit,
    hop: &Hop,
    origin: &Origin,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let headers = request.headers();
    let purpose = Purpose::of(request.method(), headers);
    let look = Look::at(request.method(), purpose, visit.target(), headers);
    let ask = Ask {
        purpose,
        is_head: request.method() == Method::HEAD,
        accept_encoding: headers.get(header::ACCEPT_ENCODING).cloned(),
        language: visit.language(headers),
    };
    guard::before(visit, purpose, request.headers_mut(), &shared.metrics);
    hop.write(request.headers_mut(), &visit.site.trusted);
    let mut answer = origin.send(request.map(Body::incoming)).await?;
    if let Some(look) = look.filter(|_| count::is_page_shown(answer.status(), answer.headers())) {
        shared.hits.hand_in(view(shared, visit, look));
    }
    guard::after(visit, purpose, answer.headers_mut(), &shared.metrics);
    if visit.site.mode == Mode::Enforce && purpose.is_document() && is_whole_page(&answer) {
        return Ok(rewrite(shared, visit, &ask, answer));
    }
    Ok(answer)
}

/// Is this a page that can be rewritten from its first byte?
fn is_whole_page(answer: &Response<Body>) -> bool {
    let without_body = [
        StatusCode::NO_CONTENT,
        StatusCode::NOT_MODIFIED,
        StatusCode::PARTIAL_CONTENT,
        StatusCode::SWITCHING_PROTOCOLS,
    ];
    is_html(answer.headers()) && !without_body.contains(&answer.status())
}

fn view(shared: &Shared, visit: &Visit, look: Look) -> Hit {
    Hit {
        site: visit.site.index,
        at: shared.clock.now(),
        address: visit.client.address,
        user_agent: look.user_agent,
        host: look.host,
        target: look.target,
        referrer: look.referrer,
        statistics: statistics(&visit.consent),
        kind: HitKind::View,
    }
}

/// Did the visitor agree to statistics?
pub(super) fn statistics(consent: &Consent) -> Statistics {
    if consent.categories().contains(Category::Statistics) { Statistics::Granted } else { Statistics::Absent }
}

/// Turns an answer into the page of this consent state.
fn rewrite(shared: &Shared, visit: &Visit, ask: &Ask, answer: Response<Body>) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let Some(decoder) = decoder(&head.headers) else {
        // A coding nobody here knows: the browser that asked for it may read it, under the fence.
        shared.metrics.pages_fenced_only.increment();
        return Response::from_parts(head, body);
    };
    let accepted = ask.accept_encoding.as_ref().and_then(|value| value.to_str().ok());
    let coding = accepted.map_or(Coding::Identity, Coding::negotiate);
    make_own(&mut head.headers, coding);
    let insertions = insertions(visit, ask, &mut head.headers);
    if ask.is_head {
        return Response::from_parts(head, Body::Empty);
    }
    let (host, path) = (visit.host.name(), visit.page().path);
    let mut rewriter = Rewriter::new(visit.site.policy.clone(), visit.consent, host, path, insertions);
    if !says_encoding(&head.headers) {
        rewriter = rewriter.of_unsaid_encoding();
    }
    let metrics = shared.metrics.clone();
    let tell = move |outcome| match outcome {
        Outcome::Whole { held } => {
            metrics.pages_rewritten.increment();
            metrics.tags_held.add(held.into());
        }
        Outcome::Cut => metrics.pages_cut.increment(),
        Outcome::Left => {}
    };
    let page = PageBody::new(body, decoder, rewriter, Encoder::new(coding), tell);
    Response::from_parts(head, Body::stream(page))
}

/// Does `Content-Type` name the encoding of the text (RFC 9110 section 8.3.2)?
fn says_encoding(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| memchr::memmem::find(kind.as_bytes(), b"charset=").is_some())
}

/// The way out of the origin's codings; `None` when one of them is not known.
fn decoder(headers: &HeaderMap) -> Option<Decoder> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(first) = codings.next() else { return Decoder::new("").ok() };
    let mut list = first.to_str().ok()?.to_owned();
    for next in codings {
        list.push(',');
        list.push_str(next.to_str().ok()?);
    }
    Decoder::new(&list).ok()
}

/// What the origin said of its own bytes is not true of ours, and a page of one consent state must not be shown in
/// another: no cache may keep it for somebody else, and the browser asks again each time.
fn make_own(headers: &mut HeaderMap, coding: Coding) {
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
    ] {
        headers.remove(name);
    }
    let is_never_kept = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .any(|value| memchr::memmem::find(value.as_bytes(), b"no-store").is_some());
    if !is_never_kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.remove(header::EXPIRES);
    }
    if let Some(name) = coding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding, Cookie"));
}

fn insertions(visit: &Visit, ask: &Ask, headers: &mut HeaderMap) -> Insertions {
    let shown = if ask.purpose.is_page() { Shown::AsPage } else { Shown::InFrame };
    let LetIn { head, script, languages } = let_in(visit, shown, headers);
    let return_path = visit.site.banner.return_path(visit.target().as_str());
    Insertions { head, script, languages, preferred: ask.language, return_path }
}
