//! The one place where an error becomes an answer.

use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower::BoxError;

use super::from_here;
use super::refusal::{METHODS, Refusal};
use crate::banner::{Banner, Trouble};
use crate::proxy::Body;
use crate::proxy::headers::BadRequest;
use crate::telemetry::Metrics;

/// Who asked, as far as an error's form depends on it.
pub(super) struct Asker {
    method: Method,
    uri: Uri,
    wants_json: bool,
    accept_language: Option<HeaderValue>,
    host: Option<HeaderValue>,
    referrer: Option<HeaderValue>,
}

impl Asker {
    /// Reads the form of an answer from a request's head.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            wants_json: headers
                .get(header::ACCEPT)
                .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json")),
            accept_language: headers.get(header::ACCEPT_LANGUAGE).cloned(),
            host: headers.get(header::HOST).cloned(),
            referrer: headers.get(header::REFERER).cloned(),
        }
    }

    /// The language of the page that led here, or the visitor's, among those of the site.
    fn language(&self, banner: &Banner) -> usize {
        let accepted = self.accept_language.as_ref().and_then(|value| value.to_str().ok());
        match self.uri.path_and_query() {
            Some(target) => banner.language_for(target, accepted),
            None => banner.language(None, accepted),
        }
    }

    /// The page of the same host that led here, as far as the browser says.
    fn back(&self) -> Option<String> {
        let host = || self.host.as_ref()?.to_str().ok();
        let authority = self.uri.authority().map(Authority::as_str).or_else(host)?;
        from_here::referring_path(self.referrer.as_ref(), authority)
    }
}

/// Makes an answer of what kept a request from its own.
///
/// `banner` speaks the page: that of any site will do, for it names no site that was not found.
pub(super) fn rescue(
    metrics: &Metrics,
    banner: Option<&Banner>,
    asker: &Asker,
    error: BoxError,
) -> Response<Body> {
    let refusal = match error.downcast::<Refusal>() {
        Ok(refusal) => *refusal,
        // The only other layer that refuses is the one that sheds load.
        Err(_) => Refusal::Overloaded,
    };
    note(metrics, &refusal);
    refusal.log(&asker.method);
    if matches!(refusal, Refusal::Request(BadRequest::LastHop)) {
        return last_hop();
    }
    answer(banner, asker, &refusal)
}

/// The answer a refusal becomes: JSON for scripts, a page for people.
fn answer(banner: Option<&Banner>, asker: &Asker, refusal: &Refusal) -> Response<Body> {
    let status = refusal.status();
    let (kind, body) = match banner {
        _ if matches!(refusal, Refusal::Event(_)) => ("application/json", json(refusal)),
        Some(banner) if asker.wants_json => ("application/json", told(refusal, banner, asker)),
        None if asker.wants_json => ("application/json", json(refusal)),
        None => ("text/plain; charset=utf-8", refusal.to_string()),
        Some(banner) => {
            let (language, back) = (asker.language(banner), asker.back());
            ("text/html; charset=utf-8", banner.error_page(language, trouble(refusal), back.as_deref()))
        }
    };
    let mut answer = Response::new(if asker.method == Method::HEAD { Body::Empty } else { Body::from(body) });
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(refusal.header());
    answer
}

/// What a visitor is told has happened.
fn trouble(refusal: &Refusal) -> Trouble {
    match refusal {
        Refusal::NotFound | Refusal::UnknownHost => Trouble::NotFound,
        Refusal::Method(_) | Refusal::Robot | Refusal::Request(BadRequest::Connect | BadRequest::Trace) => {
            Trouble::NotAllowed
        }
        Refusal::HeadTooLarge => Trouble::CookiesFull,
        Refusal::CrossSite => Trouble::CrossSite,
        Refusal::Choice(_) | Refusal::Outdated => Trouble::Answer,
        Refusal::BodyTooLarge => Trouble::TooLarge,
        Refusal::TooManyTrackers => Trouble::TooManyTrackers,
        Refusal::MediaType(_) => Trouble::WrongType,
        Refusal::Origin(error) if error.is_timeout() => Trouble::OriginSlow,
        Refusal::Origin(error) if !error.is_visitors() => Trouble::OriginAway,
        Refusal::Unasked => Trouble::OriginAway,
        Refusal::Overloaded
        | Refusal::TooMany { .. }
        | Refusal::NotRecorded(_)
        | Refusal::Receipts(_)
        | Refusal::Store(_) => Trouble::Busy,
        Refusal::Bug => Trouble::Broken,
        _ => Trouble::BadRequest,
    }
}

/// A refusal as scripts read it: `{"error": SENTENCE, "code": WORD}`; that of an event as its clients do.
pub(super) fn json(refusal: &Refusal) -> String {
    if let Refusal::Event(errors) = refusal {
        return errors.json();
    }
    serde_json::json!({ "error": refusal.to_string(), "code": refusal.code() }).to_string()
}

/// The same with a sentence for the visitor, in their language: a page's script may show it.
fn told(refusal: &Refusal, banner: &Banner, asker: &Asker) -> String {
    let message = banner.error_text(asker.language(banner), trouble(refusal));
    serde_json::json!({ "error": refusal.to_string(), "code": refusal.code(), "message": message })
        .to_string()
}

fn note(metrics: &Metrics, refusal: &Refusal) {
    match refusal {
        Refusal::Request(_) | Refusal::HeadTooLarge | Refusal::UnknownHost => {
            metrics.requests_malformed.increment();
        }
        Refusal::Overloaded => metrics.requests_shed.increment(),
        Refusal::Unasked => metrics.origin_failures.increment(),
        Refusal::Origin(error) if !error.is_visitors() => metrics.origin_failures.increment(),
        Refusal::NotRecorded(_) => metrics.choices_failed.increment(),
        Refusal::Bug => metrics.panics.increment(),
        _ => {}
    }
}

/// The answer to an `OPTIONS` that may go no further (RFC 9110 section 7.6.2).
fn last_hop() -> Response<Body> {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::OK;
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
    answer
}
