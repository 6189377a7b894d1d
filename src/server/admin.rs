//! The listener for operators and analysts: dashboard, questions, metrics, health.

use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tower::{Service, service_fn};

use super::body_limit;
use super::catch_panic::catch_panic;
use super::inventory::{self, Inventory};
use super::keys;
use super::limits::Limits;
use super::listen::HeadTooLarge;
use super::refusal::Refusal;
use super::{rescue, stats};
use crate::banner::assets;
use crate::clock::Clock;
use crate::counting::Vault;
use crate::counting::place::WatchedPlaces;
use crate::proxy::Body;
use crate::store::key_log::KeyLog;
use crate::store::ledger::Ledger;
use crate::store::spool::{Depth, Spool};
use crate::store::tokens::{Access, Tokens};
use crate::store::{EventStore, StoreError};
use crate::telemetry::Metrics;

/// Everything the listener answers from.
pub struct Admin {
    /// Where figures are.
    pub store: Arc<dyn EventStore>,
    /// What the store does not have yet.
    pub spool: Arc<Spool>,
    /// Where receipts are.
    pub ledger: Arc<Ledger>,
    /// What was seen.
    pub inventory: Inventory,
    /// What became of keys.
    pub key_log: KeyLog,
    /// Where keys stand.
    pub vault: Arc<Vault>,
    /// The place table.
    pub places: Arc<WatchedPlaces>,
    /// Who may ask.
    pub tokens: Tokens,
    /// How often.
    pub limits: Limits,
    /// About what.
    pub sites: Vec<stats::Site>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The figures of the process.
    pub metrics: Arc<Metrics>,
}

/// The service of one connection.
pub fn service(
    admin: Arc<Admin>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static {
    service_fn(move |request: Request<Incoming>| {
        let admin = admin.clone();
        async move {
            let method = request.method().clone();
            let outcome = catch_panic(route(&admin, request)).await;
            Ok::<_, Infallible>(outcome.unwrap_or_else(|refusal| refused(&method, &refusal)))
        }
    })
}

async fn route(admin: &Admin, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    if request.extensions().get::<HeadTooLarge>().is_some() {
        return Err(Refusal::HeadTooLarge);
    }
    let path = request.uri().path().to_owned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match path.as_str() {
        "/api/v2/query" if request.method() == Method::POST => query(admin, request).await,
        "/api/v2/query" => Err(Refusal::Method("POST")),
        _ if !is_read => Err(Refusal::Method("GET, HEAD")),
        "/" => Ok(dashboard("text/html; charset=utf-8", assets::DASHBOARD_HTML)),
        "/dashboard.js" => Ok(dashboard("text/javascript; charset=utf-8", assets::DASHBOARD_JS)),
        "/dashboard.css" => Ok(dashboard("text/css; charset=utf-8", assets::DASHBOARD_CSS)),
        "/api/sites" => sites(admin, request.headers()),
        "/api/inventory" => found(admin, &request).await,
        "/api/keys" => key_log(admin, &request),
        "/healthz" => Ok(with_type("text/plain; charset=utf-8", "ok\n")),
        "/readyz" => Ok(ready(admin).await),
        "/metrics" => Ok(with_type("text/plain; version=0.0.4", admin.metrics.expose())),
        _ => Err(Refusal::NotFound),
    }
}

fn refused(method: &Method, refusal: &Refusal) -> Response<Body> {
    refusal.log(method);
    let mut answer = with_type("application/json", rescue::json(refusal));
    *answer.status_mut() = refusal.status();
    answer.headers_mut().extend(refusal.header());
    answer
}

fn with_type(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn dashboard(kind: &'static str, body: &'static str) -> Response<Body> {
    let mut answer = with_type(kind, body);
    let policy = HeaderValue::from_static(assets::DASHBOARD_POLICY);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// Who asks, within the limit of their token.
fn access(admin: &Admin, headers: &HeaderMap) -> Result<Access, Refusal> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    let token = token.ok_or(Refusal::Unauthorized)?;
    let access = admin.tokens.check(token).map_err(Refusal::Store)?.ok_or(Refusal::Unauthorized)?;
    if !admin.limits.admit(token, admin.clock.now()) {
        return Err(Refusal::TooMany { per_minute: admin.limits.per_minute() });
    }
    Ok(access)
}

fn sites(admin: &Admin, headers: &HeaderMap) -> Result<Response<Body>, Refusal> {
    let access = access(admin, headers)?;
    let readable = admin.sites.iter().filter(|site| access.opens(&site.name));
    let list: Vec<_> = readable
        .map(|site| serde_json::json!({ "name": &*site.name, "time_zone": site.time_zone.iana_name() }))
        .collect();
    Ok(with_type("application/json", serde_json::json!({ "sites": list }).to_string()))
}

async fn found(admin: &Admin, request: &Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let access = access(admin, request.headers())?;
    let site = admin.inventory.site_of(request).filter(|site| access.opens(&site.name));
    let site = site.ok_or(Refusal::NoSite)?;
    Ok(match admin.inventory.answer(&site, request).await? {
        inventory::Answer::Json(body) => with_type("application/json", body),
        inventory::Answer::Toml(body) => with_type("application/toml; charset=utf-8", body),
    })
}

fn key_log(admin: &Admin, request: &Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let access = access(admin, request.headers())?;
    let asked = keys::site_of(request).ok_or(Refusal::NoSite)?;
    let site = admin.sites.iter().find(|site| *site.name == asked && access.opens(&site.name));
    let (kind, body) = keys::answer(&admin.key_log, &site.ok_or(Refusal::NoSite)?.name, request.headers())?;
    Ok(with_type(kind, body))
}

/// The part of a question that says whom it is about.
#[derive(serde::Deserialize)]
struct About {
    #[serde(default)]
    site_id: String,
}

async fn query(admin: &Admin, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let access = access(admin, request.headers())?;
    let accept = request.headers().get(header::ACCEPT);
    let wants_csv = accept.is_some_and(|accept| accept.as_bytes().starts_with(b"text/csv"));
    let body = body_limit::read(request.into_body(), stats::BODY_BYTES_MAX).await?;
    // A body that says nothing of a site is refused, with its reason, by the parser.
    let about = serde_json::from_slice(&body).unwrap_or(About { site_id: String::new() });
    let mut site =
        admin.sites.iter().find(|site| *site.name == *about.site_id && access.opens(&site.name)).cloned();
    if let Some(site) = &mut site {
        site.first_day = admin.store.first_day(&site.name).await.map_err(Refusal::Store)?;
    }
    let query = stats::parse(&body, |_| site, admin.clock.now())?;
    let answer = stats::answer(&*admin.store, Some(&admin.key_log), &query).await.map_err(Refusal::Store)?;
    if wants_csv {
        return Ok(with_type("text/csv; charset=utf-8", bytes::Bytes::from(stats::csv(&query, &answer))));
    }
    let body = stats::render(&query, &answer).map_err(|_| Refusal::Bug)?;
    Ok(with_type("application/json", bytes::Bytes::from(body)))
}

/// What does not work as it should, a sentence each.
fn degraded(admin: &Admin, depth: Result<&Depth, &StoreError>) -> Vec<String> {
    let metrics = &admin.metrics;
    let lost = |count: fn(&Depth) -> u64| depth.is_ok_and(|depth| count(depth) > 0);
    let clock = || {
        format!(
            "the clock says {:.0}: nothing old is erased before it has stood for a day",
            admin.clock.now()
        )
    };
    let told = [
        admin.places.problem().map(|problem| format!("places are unknown: {problem}")),
        (metrics.hits_dropped.get() > 0)
            .then(|| "page views were dropped: the counter could not keep up".to_owned()),
        depth.err().map(|error| format!("counts cannot be written: {error}")),
        admin.spool.trouble().map(|trouble| format!("figures wait in the spool: {trouble}")),
        (metrics.receipts_copy_failing.get() > 0)
            .then(|| "receipts are not copied to the server: the log has the reason".to_owned()),
        (metrics.date_in_doubt.get() > 0).then(clock),
        (metrics.settings_refused.get() > 0).then(|| {
            "the settings on disk were refused, those before are in force: the log has the reason".to_owned()
        }),
        (metrics.inventory_failing.get() > 0)
            .then(|| "names that are seen cannot be written: the log has the reason".to_owned()),
        admin
            .vault
            .problem()
            .map(|problem| format!("keys are not locked in memory: {problem}; raise the limit memlock")),
        (metrics.key_log_failing.get() > 0)
            .then(|| "the log of keys cannot be written: the log has the reason".to_owned()),
        lost(|depth| depth.lost_tallies)
            .then(|| "counts were lost: the spool was full, or the store away too long".to_owned()),
        lost(|depth| depth.set_aside_batches)
            .then(|| "batches were set aside in the spool: the log has the reason".to_owned()),
    ];
    told.into_iter().flatten().collect()
}

/// What is pending, degraded or lost. 503 when counts are being lost or choices cannot be recorded.
async fn ready(admin: &Admin) -> Response<Body> {
    let depth = admin.spool.depth();
    let head = admin.ledger.head().await;
    let degraded = degraded(admin, depth.as_ref());
    let depth = depth.unwrap_or_default();
    let broken = head.as_ref().err().map(|error| format!("choices cannot be recorded: {error}"));
    let body = serde_json::json!({
        "status": if broken.is_some() { "failing" } else if degraded.is_empty() { "ready" } else { "degraded" },
        "degraded": degraded,
        "failing": broken,
        "version": env!("CARGO_PKG_VERSION"),
        "settings_read_seconds": admin.metrics.settings_read_seconds.get(),
        "pending_batches": depth.batches,
        "pending_bytes": depth.bytes,
        "pending_seconds": depth.oldest_seconds,
        "merged_batches": depth.merged_batches,
        "set_aside_batches": depth.set_aside_batches,
        "lost_batches": depth.lost_batches,
        "lost_tallies": depth.lost_tallies,
        "lost_page_views": admin.metrics.hits_dropped.get(),
        "ledger_head": head.as_ref().ok().map(ToString::to_string),
    });
    let mut answer = with_type("application/json", body.to_string());
    if broken.is_some() {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    answer
}
