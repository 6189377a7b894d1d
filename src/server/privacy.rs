//! The pages under the reserved prefix: preference centre, declaration, how visits are counted, and what *my data* is made
//! of; and the script that chooses when
//! a page of the shop calls `consentry.choose`.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use serde_json::Value;

use super::practice::Gpc;
use super::refusal::Refusal;
use super::visit::Visit;
use super::worker::Shared;
use super::{asking, change, from_here, made_frames};
use crate::banner::{
    CookieClass, Counted, Kept, Signal, assets, forget_script, frames_script, is_no_page, now_script,
    return_from_query,
};
use crate::policy::catalog::name_matches;
use crate::policy::cookies::{CONSENT_COOKIE, OBJECTION_COOKIE, WEEKS_COOKIE};
use crate::policy::{Allow, Allowed};
use crate::proxy::Body;
use crate::proxy::encode::{Coding, EncodeError, Encoder};
use crate::proxy::rewrite::Outlet;
use crate::store::ledger::Receipt;

/// The type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";
/// The type of scripts.
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Quality of Brotli for what is whole before it is sent.
const QUALITY: u32 = 5;

/// Most cookies listed on *my data*: more than the 50 a browser is asked to keep per site (RFC 6265 section 6.1).
const COOKIES_LISTED_MAX: usize = 200;

/// Answers a reserved path that only reads.
pub(super) fn answer<B>(visit: &Visit, path: &str, request: &Request<B>) -> Result<Response<Body>, Refusal> {
    let banner = &visit.site.banner;
    let language = visit.language(request.headers());
    let back = way_back(visit, request.headers());
    let (kind, body) = match path {
        "/cookies" => (HTML, banner.cookies_page(language, back.as_deref())),
        "/cookies.json" => ("application/json", banner.cookies_json().to_string()),
        // One address for all: a page's own policy that lets the one through has to say no more for the others.
        "/choice.js" => (SCRIPT, script(visit, request.headers(), request.uri().query())),
        "/statistics" => (HTML, banner.statistics_page(language, counted(visit), back.as_deref())),
        _ => return Err(Refusal::NotFound),
    };
    read_only(visit, request, kind, body)
}

/// Where a form leads that was to lead back there: what stands below the prefix and is no page would only say that the browser
/// came in a wrong way.
pub(super) fn landing(visit: &Visit, back: String) -> String {
    let prefix = visit.site.policy.settings().prefix.as_str();
    if is_no_page(&back, prefix) { "/".to_owned() } else { back }
}

/// Where a page below the prefix leads back to: where its address says, else to the page of the shop that led there. So it does
/// from a link that the shop wrote itself, which knows no way back. Of ours each says it in its address.
fn way_back(visit: &Visit, headers: &HeaderMap) -> Option<String> {
    return_from_query(visit.target().query()).or_else(|| {
        let led = from_here::referring_path(headers.get(header::REFERER), visit.host.authority())?;
        (!visit.site.banner.is_ours(&led)).then_some(led)
    })
}

/// The preference centre. That the browser says no is told to who has not answered over it.
pub(super) async fn preferences<B>(
    shared: &Shared,
    visit: &Visit,
    request: &Request<B>,
) -> Result<Response<Body>, Refusal> {
    let signal = match asking::signal(request.headers()) {
        Signal::Refuses if change::stands_over_signal(shared, visit).await => Signal::None,
        signal => signal,
    };
    let language = visit.language(request.headers());
    let back = way_back(visit, request.headers());
    let page = visit.site.banner.consent_page(language, &visit.consent, signal, back.as_deref());
    read_only(visit, request, HTML, page)
}

/// What pages fetch when they need it.
fn script(visit: &Visit, headers: &HeaderMap, query: Option<&str>) -> String {
    // What follows a word tells one answer from the next, for the browser.
    let asks = |word: &str| query.is_some_and(|query| query.starts_with(word));
    if asks("frames") || asks("embeds") {
        return frames_script(asks("embeds"));
    }
    if asks("frame=") {
        return made_frames::placeholder(visit, headers, query.unwrap_or_default());
    }
    if !["forget", "now", "new"].into_iter().any(asks) {
        return assets::CHOICE_FILE.to_owned();
    }
    let (policy, consent) = (&visit.site.policy, &visit.consent);
    let held: Vec<&str> = policy.held_storage(consent).collect();
    let kept = Kept { names: &policy.kept_storage(consent), held: &held };
    if asks("forget") { forget_script(&kept) } else { now_script(&kept, consent, asks("now")) }
}

/// The answer of an address that only reads, in the best coding the browser takes.
pub(super) fn read_only<B>(
    visit: &Visit,
    request: &Request<B>,
    kind: &'static str,
    body: String,
) -> Result<Response<Body>, Refusal> {
    let is_head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return Err(Refusal::Method("GET, HEAD")),
    };
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let (coding, body) = coded(accepted.map_or(Coding::Identity, Coding::negotiate), body);
    let mut answer = Response::new(if is_head { Body::Empty } else { Body::from(body) });
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.extend(coding.name().map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name))));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Made of ASCII words and a hash; without it the page would be shown without its style.
    if let Ok(policy) = HeaderValue::from_str(visit.site.banner.page_policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}

/// A body in a coding; as it is where the coding fails.
fn coded(coding: Coding, body: String) -> (Coding, Bytes) {
    /// Whoever answers fetches it: it is coded once, as small as can be.
    static CHOICE_FILE: LazyLock<Option<Bytes>> =
        LazyLock::new(|| coded_whole(Coding::Brotli, 11, assets::CHOICE_FILE).ok());
    if coding == Coding::Brotli
        && body == assets::CHOICE_FILE
        && let Some(ready) = &*CHOICE_FILE
    {
        return (coding, ready.clone());
    }
    match coded_whole(coding, QUALITY, &body) {
        Ok(coded) => (coding, coded),
        Err(error) => {
            tracing::error!(%error, "a page of ours could not be encoded");
            (Coding::Identity, Bytes::from(body))
        }
    }
}

fn coded_whole(coding: Coding, quality: u32, body: &str) -> Result<Bytes, EncodeError> {
    let mut encoder = Encoder::with_quality(coding, quality);
    encoder.put(body.as_bytes());
    encoder.end()
}

/// What *my data* is made of, as a page.
pub(super) fn my_data(visit: &Visit, headers: &HeaderMap, receipts: &[Receipt]) -> String {
    let sent = names_sent(headers);
    let language = visit.language(headers);
    let back = way_back(visit, headers);
    let (classed, counted) = (classed(visit, &sent), counted(visit));
    let banner = &visit.site.banner;
    banner.my_data_page(language, &visit.consent, receipts, &classed, counted, back.as_deref())
}

/// The same as a file; `receipt` is the signed one, where there is one.
pub(super) fn my_data_file(visit: &Visit, headers: &HeaderMap, receipt: Option<&Value>) -> String {
    let sent = names_sent(headers);
    let told =
        visit.site.banner.my_data_json(&visit.consent, &classed(visit, &sent), counted(visit), receipt);
    format!("{told:#}\n")
}

/// Names of the cookies this browser sent. Values are not shown: whoever looks over a shoulder could use them.
fn names_sent(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(|pair| pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii())
        .take(COOKIES_LISTED_MAX)
        .map(String::from_utf8_lossy)
        .collect()
}

fn classed<'a>(visit: &'a Visit, names: &'a [Cow<'_, str>]) -> Vec<(&'a str, CookieClass<'a>)> {
    names.iter().map(|name| (name.as_ref(), class(visit, name))).collect()
}

fn class<'a>(visit: &'a Visit, name: &str) -> CookieClass<'a> {
    match name {
        CONSENT_COOKIE => return CookieClass::Answer,
        OBJECTION_COOKIE => return CookieClass::Objection,
        WEEKS_COOKIE => return CookieClass::Weeks,
        _ => {}
    }
    let vouches = |allow: &&Allow| matches!(&allow.what, Allowed::Cookie(rule) if name_matches(rule, name));
    if let Some(allow) = visit.site.policy.settings().allow.iter().find(vouches) {
        return CookieClass::Vouched(allow.category);
    }
    visit.site.policy.catalog().cookie(name).map_or(CookieClass::Unknown, CookieClass::Tracker)
}

/// What the pages say of counting, and how this visitor stands to it.
fn counted(visit: &Visit) -> Counted {
    let practice = &visit.site.practice;
    Counted {
        without_consent: practice.without_consent,
        k: practice.k,
        has_beacon: !practice.duties.is_empty(),
        remembers_returns: practice.remembers_returns,
        heeds_gpc: practice.gpc == Gpc::Object,
        objection: visit.objection,
    }
}
