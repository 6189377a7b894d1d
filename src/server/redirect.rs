//! Redirects of what a page loads: `/pixel.gif` on the shop that leads to a tracker.
//!
//! The fence keeps browsers from following them, too (CSP Level 3 section 4.1.2); this holds where there is no fence, and
//! spares the page the error. A visitor who follows a link goes where it leads, and a frame's way is the fence's to
//! judge: payments lead frames to banks that nobody can list.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::cache;
use super::navigation::{DEST, MODE, Purpose};
use super::site::Mode;
use super::visit::Visit;
use crate::policy::Page;
use crate::policy::consent::Consent;
use crate::proxy::Body;
use crate::proxy::headers::Host;
use crate::telemetry::Metrics;

/// What speaks of the body that is left out.
const OF_THE_BODY: [HeaderName; 6] = [
    header::LOCATION,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::ETAG,
    header::LAST_MODIFIED,
];

/// What of a request matters when it is redirected: shared slices of its head.
pub(super) struct Part {
    dest: Option<HeaderValue>,
    referrer: Option<HeaderValue>,
}

impl Part {
    /// Of a request for a part of a page; `None` when somebody goes to a page, or a frame to its document.
    pub(super) fn of(visit: &Visit, purpose: Purpose, headers: &HeaderMap) -> Option<Self> {
        (visit.site.mode == Mode::Enforce && is_part(purpose, headers)).then(|| Self {
            dest: headers.get(DEST).cloned(),
            referrer: headers.get(header::REFERER).cloned(),
        })
    }

    /// The path of the page that asks, as far as the browser says: rules with paths are about pages.
    fn page_path(&self, visit: &Visit) -> Option<String> {
        let uri: http::Uri = self.referrer.as_ref()?.to_str().ok()?.parse().ok()?;
        let host = Host::parse(uri.authority()?.as_str().as_bytes())?;
        (host.name() == visit.host.name()).then(|| uri.path().to_owned())
    }

    /// Puts an empty answer in the place of a redirect to a held host; all else passes.
    pub(super) fn hold(
        &self,
        visit: &Visit,
        mut answer: Response<Body>,
        metrics: &Metrics,
    ) -> Response<Body> {
        let Some(location) = location(&answer) else { return answer };
        let path = self.page_path(visit);
        let page = Page { host: visit.host.name(), path: path.as_deref().unwrap_or(visit.page().path) };
        let is_open =
            |consent: &Consent| visit.site.policy.address_is_open(consent, page, location.as_bytes());
        if is_open(&Consent::none()) {
            return answer;
        }
        if is_open(&visit.consent) {
            cache::for_this_view(answer.headers_mut());
            return answer;
        }
        metrics.redirects_held.increment();
        let (mut head, body) = answer.into_parts();
        body.discard();
        for name in &OF_THE_BODY {
            head.headers.remove(name);
        }
        head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A script or a style sheet without content is one that was loaded; to the rest there is nothing to say.
        head.status = match self.kind() {
            Some(kind) => {
                head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                StatusCode::OK
            }
            None => StatusCode::NO_CONTENT,
        };
        Response::from_parts(head, Body::Empty)
    }

    fn kind(&self) -> Option<&'static str> {
        match self.dest.as_ref()?.as_bytes() {
            b"script" | b"worker" | b"sharedworker" => Some("text/javascript"),
            b"style" => Some("text/css"),
            _ => None,
        }
    }
}

/// Does a page ask, and not somebody who goes somewhere? A page that is fetched ahead was not asked for by anybody yet. A link
/// to a download goes, though it is for no document: no script can say so. Clients that say nothing of it ask for a part as
/// far as they accept what pages are made of, or name the page.
fn is_part(purpose: Purpose, headers: &HeaderMap) -> bool {
    if purpose.is_document() {
        return purpose == Purpose::PageAhead;
    }
    if headers.contains_key(DEST) {
        return headers.get(MODE).is_none_or(|mode| mode != "navigate");
    }
    let accepts =
        |kind: &[u8]| headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(kind));
    headers.contains_key(header::REFERER) || accepts(b"image/") || accepts(b"text/css")
}

/// Where the answer leads, when browsers would go there (Fetch Standard section 2.2.3, redirect status).
fn location(answer: &Response<Body>) -> Option<HeaderValue> {
    let is_followed = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ]
    .contains(&answer.status());
    answer.headers().get(header::LOCATION).filter(|_| is_followed).cloned()
}
