//! The beacon: a small script at the end of the shop's pages, where the operator asked for it. It tells what only a
//! browser knows, to [`super::event`], and stores nothing.
//!
//! It is not in the page of a visitor who objects, nor where nothing may be counted without consent and none was given.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};

use super::practice::{Duty, Practice};
use super::refusal::Refusal;
use super::visit::Visit;
use crate::banner::assets::{BEACON, BEACON_HASH};
use crate::counting::WithoutConsent;
use crate::proxy::Body;

/// What the browser keeps for a year is asked for under the hash of its text.
const KEPT: &str = "public, max-age=31536000, immutable";

/// The tags of one site, made once.
#[derive(Debug)]
pub struct Beacon {
    /// Does all that the operator asked for.
    whole: Tag,
    /// Tells page views only, for visitors of whom no more may be counted.
    views: Tag,
}

/// A start and an end, between which a nonce has room; both empty when there is nothing to do.
#[derive(Debug, Default)]
struct Tag {
    start: &'static str,
    end: String,
}

impl Beacon {
    /// The tags of a site with this prefix and practice.
    pub fn of(prefix: &str, practice: &Practice) -> Self {
        let views: Vec<Duty> = practice.duties.iter().copied().filter(|duty| *duty == Duty::Pages).collect();
        Self { whole: Tag::of(prefix, &practice.duties), views: Tag::of(prefix, &views) }
    }
}

impl Tag {
    fn of(prefix: &str, duties: &[Duty]) -> Self {
        if duties.is_empty() {
            return Self::default();
        }
        let names: Vec<&str> = duties.iter().map(|duty| duty.name()).collect();
        let end =
            format!(" src=\"{prefix}/beacon.js?{BEACON_HASH}\" data-do=\"{}\"></script>", names.join(" "));
        Self { start: "<script defer", end }
    }

    fn html(&self, nonce: Option<&str>) -> Bytes {
        let mut html = String::from(self.start);
        if let Some(nonce) = nonce.filter(|_| !self.start.is_empty()) {
            // Writing to a String cannot fail. A nonce is letters, digits and a few signs; whoever found it made sure.
            let _ = write!(html, " nonce=\"{nonce}\"");
        }
        html.push_str(&self.end);
        Bytes::from(html)
    }
}

/// Has the page of this visitor a beacon?
pub(super) fn is_in_page(visit: &Visit) -> bool {
    !tag_for(visit).start.is_empty()
}

/// The beacon's tag in the page of this visitor; empty when there is none.
pub(super) fn tag(visit: &Visit, nonce: Option<&str>) -> Bytes {
    tag_for(visit).html(nonce)
}

fn tag_for(visit: &Visit) -> &Tag {
    static NONE: Tag = Tag { start: "", end: String::new() };
    let beacon = &visit.site.beacon;
    match visit.site.practice.without_consent {
        _ if visit.objects() => &NONE,
        _ if visit.has_statistics() => &beacon.whole,
        WithoutConsent::Visitors => &beacon.whole,
        WithoutConsent::Views => &beacon.views,
        WithoutConsent::Off => &NONE,
    }
}

/// `PREFIX/beacon.js`: kept for good when it was asked for by the hash of what it is now.
pub(super) fn script<B>(request: &Request<B>) -> Result<Response<Body>, Refusal> {
    let is_head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return Err(Refusal::Method("GET, HEAD")),
    };
    let is_current = request.uri().query() == Some(BEACON_HASH);
    let mut answer = Response::new(if is_head { Body::Empty } else { Body::from(BEACON) });
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(if is_current { KEPT } else { "no-cache" }));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::practice::{CountedBy, Gpc};

    fn beacon(duties: &[Duty]) -> Beacon {
        let practice = Practice {
            counted_by: CountedBy::Script,
            duties: duties.to_vec(),
            gpc: Gpc::Count,
            without_consent: WithoutConsent::Visitors,
            k: 5,
            time_zone: jiff::tz::TimeZone::UTC,
            remembers_returns: true,
            reads_sitemap: false,
        };
        Beacon::of("/_consentry", &practice)
    }

    #[test]
    fn a_tag_says_what_is_to_be_done_and_nothing_is_there_when_nothing_is() {
        assert!(beacon(&[]).whole.html(Some("x")).is_empty());
        let some = beacon(&[Duty::Engagement, Duty::Pages]);
        let expected = format!(
            "<script defer nonce=\"x\" src=\"/_consentry/beacon.js?{BEACON_HASH}\" data-do=\"engagement pages\"></script>"
        );
        assert_eq!(some.whole.html(Some("x")), expected);
        let html = some.views.html(None);
        assert!(html.starts_with(b"<script defer src=") && html.ends_with(b" data-do=\"pages\"></script>"));
        assert!(beacon(&[Duty::Outbound]).views.html(None).is_empty());
    }

    #[test]
    fn every_duty_is_one_that_the_script_knows() {
        for (name, duty) in Duty::ALL {
            assert!(BEACON.contains(&format!("\"{name}\"")), "{name}");
            assert_eq!(duty.name(), name);
        }
    }
}
