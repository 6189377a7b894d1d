//! `POST PREFIX/event`: what page scripts and the shop's own servers tell, in the form of Plausible's events API. Its
//! clients work when pointed at `PREFIX/event` or `PREFIX/api/event`.
//!
//! Anybody can send such a body. What is believed of it is what it says of a page of this site; who the visitor is comes
//! from the request itself: a server that speaks for its visitors stands in `trusted_proxies` and sends their
//! `X-Forwarded-For` and `User-Agent`. What is taken is handed to the counter, which scrubs it; what is not counted is
//! told in `X-Plausible-Dropped`, and its reason is counted.

mod read;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::asking;
use super::body_limit;
use super::count::{self, Look};
use super::from_here;
use super::practice::CountedBy;
use super::refusal::Refusal;
use super::visit::Visit;
use super::worker::Shared;
use crate::counting::{HitKind, NotCounted, Notice};
use crate::policy::consent::Consent;
use crate::proxy::Body;
pub(super) use read::EventErrors;
use read::{Happened, Page, Told};

/// Longest body. Unit: bytes. Browsers send no more when a page is left (Fetch Standard section 4.6, keepalive). A longer
/// one is refused with 413 (RFC 9110 section 15.5.14).
const EVENT_BYTES_MAX: usize = 64 * 1024;

const TYPES: &str = "application/json, text/plain";

/// How many of the events of a request were not counted: each has one.
const DROPPED: HeaderName = HeaderName::from_static("x-plausible-dropped");

/// Takes an event.
pub(super) async fn take(
    shared: &Shared,
    visit: &Visit,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    let look = Look::of_event(visit.target(), request.headers());
    let shown = asking::shown(visit, request.headers());
    if !from_here::is_same_site(visit, request.headers()) {
        drop_it(shared, visit, look, NotCounted::CrossSite);
        return Err(Refusal::CrossSite);
    }
    if !is_json(request.headers()) {
        return Err(Refusal::MediaType(TYPES));
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let body = body_limit::read(request.into_body(), EVENT_BYTES_MAX).await?;
    let told = match read::event(&body) {
        Ok(told) => told,
        Err(errors) => {
            drop_it(shared, visit, look, NotCounted::UnreadableEvent);
            return Err(Refusal::Event(errors));
        }
    };
    let is_counted = hand_in(shared, visit, look, &shown, told);
    Ok(taken(is_counted, origin))
}

/// Hands the event in; says whether it is counted as what it is.
fn hand_in(shared: &Shared, visit: &Visit, look: Look, shown: &Consent, told: Told) -> bool {
    let is_here = told.page.host.as_deref().is_none_or(|host| {
        host.eq_ignore_ascii_case(visit.host.name()) || visit.site.has_named_host(&host.to_ascii_lowercase())
    });
    if !is_here {
        drop_it(shared, visit, look, NotCounted::OtherHost);
        return false;
    }
    let kind = match told.happened {
        // The request of a page that was fetched ahead was not counted.
        Happened::View { is_ahead: false, .. } if visit.site.practice.counted_by == CountedBy::Gateway => {
            drop_it(shared, visit, look, NotCounted::CountedByGateway);
            return false;
        }
        Happened::View { notice, properties, .. } => HitKind::View {
            status: StatusCode::OK.as_u16(),
            is_public: is_public(shared, visit, &told.page),
            asked: asked(visit, shown, &look, notice.as_deref()),
            properties,
        },
        Happened::Event { name, is_interactive, properties, revenue } => {
            HitKind::Event { name, interactive: is_interactive, properties, revenue }
        }
        Happened::Engagement { engaged_ms, scroll } => HitKind::Engagement { engaged_ms, scroll },
    };
    let Page { target, fragment, .. } = told.page;
    let is_of_robot = look.is_of_robot();
    let look = Look { target, fragment, referrer: told.referrer, ..look };
    shared.hits.hand_in(look.hit(shared, visit, kind));
    // The counter decides the same, and counts why.
    count::may_count(visit) && !is_of_robot
}

/// The question that stood in the page: the one whose notice it named; where it named none of today's, the one in the
/// visitor's language.
fn asked(visit: &Visit, shown: &Consent, look: &Look, notice: Option<&str>) -> Option<Arc<Notice>> {
    let banner = &visit.site.banner;
    let named = notice.and_then(|notice| banner.language_of_notice(notice));
    let language = named.unwrap_or_else(|| look.language(visit));
    count::is_asked(visit, shown).then(|| Arc::clone(banner.counted(language)))
}

/// Is the page there for everybody? Nobody says so of what a browser alone knows of it.
fn is_public(shared: &Shared, visit: &Visit, page: &Page) -> bool {
    page.fragment.is_none() && shared.public_paths.contains(visit.site.index, page.target.path())
}

fn drop_it(shared: &Shared, visit: &Visit, look: Look, reason: NotCounted) {
    shared.hits.hand_in(look.hit(shared, visit, HitKind::Dropped { reason }));
}

/// JSON, as itself or as the plain text that browsers may send anywhere without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(|kind| {
        let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        essence.eq_ignore_ascii_case(b"application/json") || essence.eq_ignore_ascii_case(b"text/plain")
    })
}

/// The answer that clients of the events API wait for. A page under another host of the site may read it.
fn taken(is_counted: bool, origin: Option<HeaderValue>) -> Response<Body> {
    let mut answer = Response::new(Body::from("ok"));
    *answer.status_mut() = StatusCode::ACCEPTED;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !is_counted {
        headers.insert(DROPPED, HeaderValue::from_static("1"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    answer
}
