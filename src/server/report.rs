//! `POST PREFIX/report`: what browsers say the fence stopped, and in the mode `observe` what the witness found; and
//! the witness itself.
//!
//! Anybody can send such a body, so nothing is decided by it: it is counted, bounded, and told apart from what the
//! shop's own server said. Of a report only the directive, the host and a token of the page are kept.

mod read;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::body_limit;
use super::refusal::Refusal;
use super::site::Mode;
use super::visit::Visit;
use super::worker::Shared;
use crate::banner::assets;
use crate::policy::advice::{Name, Thing};
use crate::policy::cookies::is_ours;
use crate::policy::fence::seen::{FRAMES, Sight};
use crate::proxy::Body;
use crate::store::inventory::Via;
pub(super) use read::ReportError;
use read::{Blocked, Form, Violation, Witnessed};

/// Longest body of a report. Unit: bytes. Twenty reports with long addresses fit. A longer body is refused with 413
/// (RFC 9110 section 15.5.14).
const REPORT_BYTES_MAX: usize = 16 * 1024;

/// The media types that are taken.
const FORMS: [(&str, Form); 3] = [
    ("application/csp-report", Form::Single),
    ("application/reports+json", Form::List),
    ("application/json", Form::Witness),
];
const TYPES: &str = "application/csp-report, application/reports+json";

/// Takes a report.
pub(super) async fn take(
    shared: &Shared,
    visit: &Visit,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    if !is_from_here(visit, request.headers()) {
        return Err(Refusal::CrossSite);
    }
    let form = form(request.headers()).ok_or(Refusal::MediaType(TYPES))?;
    let body = body_limit::read(request.into_body(), REPORT_BYTES_MAX).await?;
    let body = serde_json::from_slice(&body).map_err(|_| ReportError::Syntax)?;
    if form == Form::Witness {
        note_witness(shared, visit, &read::witnessed(&body)?);
    } else {
        let (violations, passed_over) = read::violations(form, &body)?;
        shared.metrics.reports_dropped.add(passed_over as u64);
        note_violations(shared, visit, &violations);
    }
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}

/// The script that looks around in the browser; empty unless the site is in the mode `observe`, so that a page that was
/// kept from then asks for nothing that is not there.
pub(super) fn witness<B>(visit: &Visit, request: &Request<B>) -> Result<Response<Body>, Refusal> {
    let is_head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return Err(Refusal::Method("GET, HEAD")),
    };
    let script = if visit.site.mode == Mode::Observe { assets::WITNESS } else { "" };
    let mut answer = Response::new(if is_head { Body::Empty } else { Body::from(script.to_owned()) });
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

/// Browsers say where a report comes from (Fetch Metadata). Those that do not may still say an origin; it is `null`
/// for pages that hide their address, and missing in others.
fn is_from_here(visit: &Visit, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site.as_bytes() == b"same-origin";
    }
    headers.get(header::ORIGIN).is_none_or(|origin| {
        let origin = origin.as_bytes();
        let authority = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
        let is_ours = |authority: &[u8]| authority.eq_ignore_ascii_case(visit.host.authority().as_bytes());
        origin == b"null" || authority.is_some_and(is_ours)
    })
}

fn form(headers: &HeaderMap) -> Option<Form> {
    let kind = headers.get(header::CONTENT_TYPE)?;
    let essence = kind.as_bytes().split(|byte| *byte == b';').next()?.trim_ascii();
    FORMS.into_iter().find(|(name, _)| essence.eq_ignore_ascii_case(name.as_bytes())).map(|(_, form)| form)
}

fn note_violations(shared: &Shared, visit: &Visit, violations: &[Violation<'_>]) {
    let site = &visit.site;
    if site.mode == Mode::Off {
        return;
    }
    let second = shared.clock.now().as_second();
    for violation in violations {
        if !shared.sightings.admit(site.index, second) {
            continue;
        }
        let blocked = match violation.blocked {
            Blocked::Word(word) => Name::folded(word.as_bytes()),
            Blocked::Host(host) => {
                note_host(shared, visit, Via::Report, host);
                if violation.directive == FRAMES {
                    site.learn(&[(&without_port(host).to_ascii_lowercase(), Sight::Frame)]);
                }
                site.policy.name(Thing::Host, host.as_bytes())
            }
        };
        shared.sightings.report(site.index, violation.directive, blocked, violation.page);
    }
}

fn note_witness(shared: &Shared, visit: &Visit, found: &Witnessed<'_>) {
    let site = &visit.site;
    if site.mode != Mode::Observe || !shared.sightings.admit(site.index, shared.clock.now().as_second()) {
        return;
    }
    for name in found.cookies.iter().filter(|name| !is_ours(name.as_bytes())) {
        shared.sightings.see(site, Thing::Cookie, Via::Witness, name.as_bytes());
    }
    for name in &found.storage {
        shared.sightings.see(site, Thing::Storage, Via::Witness, name.as_bytes());
    }
    for host in &found.hosts {
        note_host(shared, visit, Via::Witness, host);
    }
}

fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or_default()
}

/// The page's own host is nothing that was found.
fn note_host(shared: &Shared, visit: &Visit, via: Via, host: &str) {
    let bare = without_port(host);
    if bare.eq_ignore_ascii_case(visit.host.name()) {
        return;
    }
    let is_new = shared.sightings.see(&visit.site, Thing::Host, via, host.as_bytes());
    if via != Via::Report {
        return;
    }
    let bare = bare.to_ascii_lowercase();
    // What a flood pushed out of the fence is reported again.
    if is_new || visit.site.policy.is_rare(&bare) {
        visit.site.learn(&[(&bare, Sight::Report)]);
    }
}
