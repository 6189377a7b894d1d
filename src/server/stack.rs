//! The layers, outermost first, and the routing table.
//!
//! ```text
//! Observe ─ Rescue ─ LoadShed ─ ConcurrencyLimit ─ CatchPanic ─ check ─ ClientAddr ─ ReadConsent ─ Route
//!    ├ reserved prefix → choice │ event │ objection │ receipts │ report │ privacy
//!    └ all else        → OwnPath ─ Guard ─ Origin ─ Count ─ Guard ─ Rewrite │ OwnPath
//! ```
//!
//! Observe, Rescue and `CatchPanic` are plain async functions around the rest: a layer that only looks at what passes
//! needs no type of its own. The time limit until the response head stands in the one place that waits,
//! `proxy::Origin`.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

use super::catch_panic::catch_panic;
use super::listen::HeadTooLarge;
use super::observe::observe;
use super::refusal::Refusal;
use super::rescue::{Asker, rescue};
use super::site::Mode;
use super::visit::Visit;
use super::worker::Worker;
use super::{asking, beacon, choice, event, objection, page, privacy, receipts, report};
use crate::proxy::forwarded::Hop;
use crate::proxy::{Body, headers};

/// The whole stack for the requests of one connection.
pub fn visitors(
    worker: Rc<Worker>,
    room: Arc<Semaphore>,
    hop: Rc<Hop>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static {
    let inner = {
        let worker = worker.clone();
        // Boxed here, once: the layers outside would otherwise each move the whole state of a request.
        service_fn(move |request| Box::pin(catch_panic(route(worker.clone(), hop.clone(), request))))
    };
    let limited = ServiceBuilder::new()
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(room))
        .service(inner);
    let layers = Rc::new((limited, worker));
    service_fn(move |request: Request<Incoming>| {
        let layers = layers.clone();
        async move {
            let (limited, worker) = &*layers;
            let metrics = &worker.shared.metrics;
            let answer = async {
                let asker = Asker::of(&request);
                match limited.clone().oneshot(request).await {
                    Ok(answer) => answer,
                    Err(error) => rescue(metrics, worker.current().any_banner(), &asker, error),
                }
            };
            Ok(observe(metrics, answer).await)
        }
    })
}

/// Who answers: a reserved path is ours, all else is the shop's.
async fn route(
    worker: Rc<Worker>,
    hop: Rc<Hop>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    if request.extensions().get::<HeadTooLarge>().is_some() {
        return Err(Refusal::HeadTooLarge);
    }
    let host = headers::check(&mut request)?;
    let current = worker.current();
    let (site, origin) = current.of_host(host.name()).ok_or(Refusal::UnknownHost)?;
    let client = hop.client(request.headers(), &site.trusted);
    let visit = Visit::of(&worker.shared, site.clone(), host, client, &request);
    match visit.reserved_path() {
        Some("/choice") => choice::choose(&worker.shared, &visit, request).await,
        Some("/my-data") => receipts::my_data(&worker.shared, &visit, &request).await,
        Some("/receipt.json") => receipts::download(&worker.shared, &visit, &request).await,
        Some("/my-data.json") => receipts::everything(&worker.shared, &visit, &request).await,
        Some("/receipt-key.json") => receipts::key(&worker.shared, &visit, &request),
        Some("/erase") => receipts::erase(&worker.shared, &visit, request).await,
        Some("/event" | "/api/event") => event::take(&worker.shared, &visit, request).await,
        Some("/objection") => objection::take(&visit, request).await,
        Some("/beacon.js") => beacon::script(&request),
        Some("/report") => report::take(&worker.shared, &visit, request).await,
        Some("/witness.js") => report::witness(&visit, &request),
        Some("/consent") => privacy::preferences(&worker.shared, &visit, &request).await,
        Some(path) => privacy::answer(&visit, path, &request),
        None if visit.site.mode == Mode::Enforce && visit.page().path == asking::GPC_STATEMENT => {
            privacy::read_only(&visit, &request, "application/json", asking::gpc_statement())
        }
        None => page::pass(&worker.shared, &visit, &hop, origin, request).await,
    }
}
