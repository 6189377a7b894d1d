//! Hands hits to the counter: never waits, and counts what did not fit.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::PathAndQuery};

use super::navigation::{Purpose, Word};
use super::practice::CountedBy;
use super::site::{Mode, Site};
use super::visit::Visit;
use super::worker::Shared;
use super::{cache, weeks};
use crate::clock::Clock;
use crate::counting::agent::is_robot;
use crate::counting::{Hit, HitKind, Said, Standing, WithoutConsent};
use crate::policy::consent::{Category, Consent};
use crate::telemetry::Metrics;

/// W3C Fetch Metadata Request Headers section 2.2.
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// Most hits that wait for the counter. At 500 000 hits a second it is 130 ms of them, at a shop's pace hours.
pub const HITS_WAITING_MAX: usize = 65_536;

/// Where hits are handed in.
#[derive(Clone)]
pub struct Hits {
    sender: SyncSender<Box<Hit>>,
    metrics: Arc<Metrics>,
}

impl Hits {
    /// The two ends of the queue. It holds hits by address: its places stay as they were long after they were read, and
    /// what they point to is wiped.
    pub fn queue(metrics: Arc<Metrics>) -> (Self, Receiver<Box<Hit>>) {
        let (sender, receiver) = sync_channel(HITS_WAITING_MAX);
        (Self { sender, metrics }, receiver)
    }

    /// Hands a hit in, or drops and counts it when the queue is full.
    pub fn hand_in(&self, hit: Hit) {
        match self.sender.try_send(Box::new(hit)) {
            Ok(()) => self.metrics.hits.increment(),
            Err(_) => self.metrics.hits_dropped.increment(),
        }
    }
}

/// What a hit needs of the request, kept while the origin works: shared slices of the head, nothing copied.
pub struct Look {
    /// The `User-Agent`.
    pub user_agent: Option<HeaderValue>,
    /// The `Host`.
    pub host: Option<HeaderValue>,
    /// The path and query.
    pub target: PathAndQuery,
    /// What stands behind `#`, where a script tells its pages apart by it.
    pub(super) fragment: Option<Arc<str>>,
    /// The `Referer`.
    pub referrer: Option<HeaderValue>,
    /// The `Accept-Language`.
    pub accept_language: Option<HeaderValue>,
    /// Has it `Sec-Fetch-Mode`? `None` where nobody says that a browser sends it: it is neither a navigation nor from a page.
    pub(super) has_fetch: Option<bool>,
    /// Did the request prove who sends it? Then its answer is for nobody else.
    pub is_authorized: bool,
}

impl Look {
    /// What to keep of a request; `None` when it is no navigation.
    pub fn at(method: &Method, purpose: Purpose, target: &PathAndQuery, headers: &HeaderMap) -> Option<Self> {
        (*method == Method::GET && purpose == Purpose::Page && Word::of(headers).is_said())
            .then(|| Self { has_fetch: Some(headers.contains_key(FETCH_MODE)), ..Self::of(target, headers) })
    }

    /// What to keep of any request.
    pub(super) fn of(target: &PathAndQuery, headers: &HeaderMap) -> Self {
        Self {
            user_agent: headers.get(header::USER_AGENT).cloned(),
            host: headers.get(header::HOST).cloned(),
            target: target.clone(),
            fragment: None,
            referrer: headers.get(header::REFERER).cloned(),
            accept_language: headers.get(header::ACCEPT_LANGUAGE).cloned(),
            has_fetch: None,
            is_authorized: headers.contains_key(header::AUTHORIZATION),
        }
    }

    /// What to keep of what a page's script tells, or a server, or an app: only a page says its origin (Fetch Standard
    /// section 3.2).
    pub(super) fn of_event(target: &PathAndQuery, headers: &HeaderMap) -> Self {
        let mut look = Self::of(target, headers);
        if headers.contains_key(header::ORIGIN) {
            look.has_fetch = Some(headers.contains_key(FETCH_MODE));
        } else {
            look.user_agent = look.user_agent.map(of_app);
        }
        look
    }

    /// Does who sent it say to be a robot?
    pub(super) fn is_of_robot(&self) -> bool {
        is_robot(self.user_agent.as_ref().map_or(&[], HeaderValue::as_bytes))
    }

    /// The language for a page that does not say its own.
    pub(super) fn language(&self, visit: &Visit) -> usize {
        let accepted = self.accept_language.as_ref().and_then(|value| value.to_str().ok());
        visit.site.banner.language(None, accepted)
    }

    /// The hit of a visitor that something happened to.
    pub(super) fn hit(self, shared: &Shared, visit: &Visit, kind: HitKind) -> Hit {
        let at = shared.clock.now();
        let is_bare =
            visit.client.is_https && self.has_fetch == Some(false) && self.accept_language.is_none();
        Hit {
            site: visit.site.index,
            at,
            address: visit.client.address,
            user_agent: self.user_agent,
            host: self.host,
            target: self.target,
            fragment: self.fragment,
            referrer: self.referrer,
            accept_language: self.accept_language,
            consent: standing(&visit.consent),
            weeks: weeks::told(visit, at),
            objects: visit.objects(),
            is_bare,
            kind,
        }
    }
}

/// The user agent of an app. Those of Android say by default only what they fetch with, `okhttp/4.12.0`, which is a robot's
/// where it opens pages; an app that tells what happened in it is none, and is read as Android would write it.
fn of_app(user_agent: HeaderValue) -> HeaderValue {
    let Some(text) = user_agent.to_str().ok().filter(|text| text.contains("okhttp/")) else {
        return user_agent;
    };
    let system = if text.starts_with("okhttp/") { " (Linux; U; Android; Mobile)" } else { "" };
    let written = text.replace("okhttp/", "Dalvik/") + system;
    HeaderValue::from_str(&written).unwrap_or(user_agent)
}

/// What a visitor had answered, as the counter is told.
pub(super) fn standing(consent: &Consent) -> Standing {
    if consent.is_open() {
        return Standing::Unanswered;
    }
    Standing::Answered { granted: consent.categories(), asked: consent.settled() }
}

/// Does a page put the question to this visitor?
pub(super) fn is_asked(visit: &Visit, shown: &Consent) -> bool {
    visit.site.mode == Mode::Enforce && shown.is_asked()
}

/// May what this visitor does be counted?
pub(super) fn may_count(visit: &Visit) -> bool {
    let is_allowed = visit.site.practice.without_consent != WithoutConsent::Off || visit.has_statistics();
    is_allowed && !visit.objects()
}

/// The view of a page that asks. It waits until the page says in which language it does, and is handed in without a
/// question when the page is over and has asked nobody.
pub(super) struct Waiting {
    hits: Hits,
    clock: Arc<dyn Clock>,
    site: Arc<Site>,
    hit: Option<Hit>,
}

impl Waiting {
    /// Has this view wait.
    pub(super) fn new(shared: &Shared, visit: &Visit, hit: Hit) -> Self {
        let (hits, clock) = (shared.hits.clone(), Arc::clone(&shared.clock));
        Self { hits, clock, site: Arc::clone(&visit.site), hit: Some(hit) }
    }

    /// The page asks in the language of this index.
    pub(super) fn asks(&mut self, language: usize) {
        let Some(mut hit) = self.hit.take() else { return };
        hit.at = self.clock.now();
        if let HitKind::View { asked, .. } = &mut hit.kind {
            *asked = Some(Arc::clone(self.site.banner.counted(language)));
        }
        self.hits.hand_in(hit);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(hit) = self.hit.take() {
            self.hits.hand_in(hit);
        }
    }
}

/// What an answer says of each category that is asked about.
pub(super) fn said(visit: &Visit, after: &Consent) -> [Said; 3] {
    let catalog = visit.site.policy.catalog();
    Category::ASKED.map(|category| {
        if after.categories().contains(category) {
            Said::Granted
        } else if after.trackers().iter().any(|tracker| catalog.tracker(tracker).category == category) {
            Said::Partial
        } else if visit.consent.categories().contains(category) {
            Said::Withdrawn
        } else if after.settled().contains(category) {
            Said::Refused
        } else {
            Said::Nothing
        }
    })
}

/// What the origin's answer to a navigation is counted as, whatever it asks.
pub(super) fn outcome(
    shared: &Shared,
    visit: &Visit,
    look: &Look,
    (status, headers): (StatusCode, &HeaderMap),
) -> Option<HitKind> {
    if status.is_client_error() || status.is_server_error() {
        return Some(HitKind::Failed { status: status.as_u16() });
    }
    // One or the other counts page views, never both.
    if visit.site.practice.counted_by == CountedBy::Script || !is_page_shown(status, headers) {
        return None;
    }
    let is_public = (!look.is_authorized && cache::is_for_everybody(headers))
        || shared.public_paths.contains(visit.site.index, look.target.path());
    Some(HitKind::View { status: status.as_u16(), is_public, asked: None, properties: Box::default() })
}

/// Was a page shown? A page is HTML answered with 2xx that is no download, or 304 for one the browser has. Asked of the
/// origin's answer: what becomes of it here, such as a 304 of our own, is shown as well.
pub fn is_page_shown(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::NOT_MODIFIED || (status.is_success() && is_html(headers) && !is_download(headers))
}

/// Does the answer say that it is to be saved and not shown (RFC 6266 section 4.2)? In doubt it is shown.
pub fn is_download(headers: &HeaderMap) -> bool {
    let Some(disposition) = headers.get(header::CONTENT_DISPOSITION) else { return false };
    let kind = disposition.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"attachment")
}

/// Does the answer say that it is HTML? Of several types, in several lines or in one, browsers take the last one that
/// they know (Fetch Standard section 2.2.2, extract a MIME type), so one is enough. What stands behind the type is no part
/// of it, with `;` before it or without.
pub fn is_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CONTENT_TYPE).iter();
    let mut types = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    types.any(|kind| {
        let kind = kind.trim_ascii_start();
        let essence = kind.split(|byte| b"; \t(".contains(byte)).next().unwrap_or_default();
        essence.eq_ignore_ascii_case(b"text/html") || essence.eq_ignore_ascii_case(b"application/xhtml+xml")
    })
}

/// Does the answer say that it is XML, of whatever kind?
pub(super) fn is_xml(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| memchr::memmem::find(kind.as_bytes(), b"xml").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(kind: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))])
    }

    #[test]
    fn only_pages_that_were_shown_count() {
        assert!(is_page_shown(StatusCode::OK, &headers("text/html; charset=utf-8")));
        assert!(is_page_shown(StatusCode::OK, &headers("TEXT/HTML")));
        assert!(is_page_shown(StatusCode::NOT_MODIFIED, &HeaderMap::new()));
        assert!(!is_page_shown(StatusCode::NOT_FOUND, &headers("text/html")));
        assert!(!is_page_shown(StatusCode::OK, &headers("text/htmlx")));
        assert!(!is_page_shown(StatusCode::OK, &HeaderMap::new()));
    }

    #[test]
    fn html_hides_behind_no_other_type() {
        assert!(is_html(&headers("image/png, text/html")) && is_html(&headers("x;a=b,TEXT/HTML;charset=x")));
        let mut two = headers("image/png");
        two.append(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        assert!(is_html(&two));
        assert!(is_html(&headers("text/html x")) && is_html(&headers(" text/html(x)")));
        assert!(!is_html(&headers("text/htmlx")) && !is_html(&headers("x text/html")));
    }

    #[test]
    fn a_download_is_not_shown() {
        for (disposition, is_shown) in [
            ("attachment", false),
            ("ATTACHMENT ; filename=\"a.html\"", false),
            ("inline", true),
            ("filename=attachment", true),
        ] {
            let mut headers = headers("text/html");
            headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
            assert_eq!(is_page_shown(StatusCode::OK, &headers), is_shown, "{disposition}");
        }
    }
}
