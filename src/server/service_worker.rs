//! Service workers nobody vouched for are taken out of the browser.
//!
//! A service worker outlives its page. It answers in the place of the origin, with pages kept from another state of
//! consent or from before there was a gateway, and it sends requests when nobody is looking. So its script is passed on
//! when the operator vouches for it (`service_worker = "/sw.js"` in `[[site.allow]]`), under a fence as every worker's,
//! and else while nothing is held.
//!
//! One that may stay gets pages that are made for the answer that stands, whether it fetches them ahead or passes on that
//! somebody goes there, and what it kept for another answer is deleted ([`super::page`]). What it makes by itself no fence
//! reaches.
//!
//! Refusing with an error would not do: browsers keep a worker whose update fails. What is answered instead is a worker
//! of two lines that takes the place of the one before and removes itself (Service Workers, sections 4.1.4 and 3.2.8).
//! Browsers ask for the script soon after a navigation, past their own caches, so a worker that was installed before the
//! gateway came leaves then (seen in Chromium 156: within seconds, when the old one is idle). The page of that
//! navigation it may still answer itself: nobody outside the browser can keep it from that. What it stored (Cache API)
//! stays, and nothing reads it any more.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};

use super::site::Mode;
use super::visit::Visit;
use crate::proxy::Body;

/// Says that a service worker's script is asked for (Service Workers, "Handle Fetch", section on the header).
const SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// Lets a script take the place of one that serves more than its own folder; without it the update fails.
const ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// A worker that takes over and leaves. It handles no request, so all of them pass it by.
const FAREWELL: &str = "addEventListener('install', () => skipWaiting());\n\
    addEventListener('activate', event => event.waitUntil(registration.unregister()));\n";

/// Does this head ask for the script of a service worker?
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    headers.get(SERVICE_WORKER).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"script"))
        || headers.get(DEST).is_some_and(|dest| dest.as_bytes() == b"serviceworker")
}

/// Is a service worker asked for that may not be installed?
pub(super) fn is_refused(visit: &Visit, method: &Method, headers: &HeaderMap) -> bool {
    visit.site.mode == Mode::Enforce
        && *method == Method::GET
        && is_asked_for(headers)
        && !visit.site.policy.service_worker_is_open(&visit.consent, visit.page().path)
}

/// The worker that is answered instead.
pub(super) fn farewell() -> Response<Body> {
    let mut answer = Response::new(Body::from(FAREWELL));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ALLOWED, HeaderValue::from_static("/"));
    answer
}
