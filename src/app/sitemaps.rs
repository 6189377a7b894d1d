//! The thread that reads what the shops list for everybody: at the start, when the sites change, and each day.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::LocalSet;

use super::AppError;
use crate::proxy::Origin;
use crate::server::site::Sites;
use crate::server::sitemap::{self, PublicPaths};
use crate::telemetry::Metrics;

/// Time between two readings.
const DAY: Duration = Duration::from_hours(24);
/// The same when something could not be read: the shop's server may have been on its way.
const RETRY: Duration = Duration::from_mins(10);

/// The running thread.
pub(super) struct Thread(JoinHandle<()>);

/// Starts reading. It ends when nobody can replace the sites any more.
pub(super) fn start(
    sites: watch::Receiver<Arc<Sites>>,
    public: Arc<PublicPaths>,
    metrics: Arc<Metrics>,
) -> Result<Thread, AppError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError::Thread)?;
    let thread = std::thread::Builder::new().name("sitemaps".into()).spawn(move || {
        LocalSet::new().block_on(&runtime, run(sites, &public, &metrics));
    });
    thread.map(Thread).map_err(AppError::Thread)
}

impl Thread {
    /// Waits for the end, which comes when the sender of the sites is gone.
    pub(super) fn join(self) {
        super::join(self.0, "sitemaps");
    }
}

async fn run(mut sites: watch::Receiver<Arc<Sites>>, public: &PublicPaths, metrics: &Metrics) {
    loop {
        let current = sites.borrow_and_update().clone();
        let round = async {
            let is_whole = read_all(&current, public, metrics).await;
            tokio::time::sleep(if is_whole { DAY } else { RETRY }).await;
        };
        tokio::select! {
            () = round => {}
            changed = sites.changed() => if changed.is_err() { return },
        }
    }
}

/// Reads the sitemaps of every site that wants it; says whether all could be read.
async fn read_all(sites: &Sites, public: &PublicPaths, metrics: &Metrics) -> bool {
    let mut is_whole = true;
    for site in sites.iter().filter(|site| site.practice.reads_sitemap) {
        // One that cannot be used has been told of by the workers.
        let Ok(origin) = Origin::new(&site.origin) else { continue };
        match sitemap::read(site, &origin, public).await {
            Ok(paths) => tracing::debug!(site = &*site.name, paths, "the shop's sitemaps were read"),
            Err(error) => {
                is_whole = false;
                metrics.sitemaps_failed.increment();
                tracing::debug!(site = &*site.name, %error, "the shop's sitemaps could not be read in full");
            }
        }
    }
    is_whole
}
