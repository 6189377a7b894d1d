//! What one worker thread has: the sites of the moment, a pool of connections per origin, and what all workers share.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::watch;

use super::count::Hits;
use super::sightings::Sightings;
use super::site::{Site, Sites};
use super::sitemap::PublicPaths;
use crate::banner::Banner;
use crate::clock::{Clock, Entropy};
use crate::proxy::Origin;
use crate::store::ledger::Ledger;
use crate::store::ledger::signed::SigningKey;
use crate::telemetry::Metrics;

/// What all workers share.
pub struct Shared {
    /// The figures of the process.
    pub metrics: Arc<Metrics>,
    /// Where hits are handed in.
    pub hits: Hits,
    /// Where names that were seen are handed in.
    pub sightings: Sightings,
    /// The pages that the shops list for everybody.
    pub public_paths: Arc<PublicPaths>,
    /// Where grants are recorded.
    pub ledger: Arc<Ledger>,
    /// What receipts are signed with that visitors take along.
    pub receipt_key: SigningKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// One worker thread.
pub struct Worker {
    /// What all workers share.
    pub shared: Arc<Shared>,
    sites: RefCell<watch::Receiver<Arc<Sites>>>,
    current: RefCell<Rc<Current>>,
}

/// The sites of the moment, with this worker's connections to their origins.
pub struct Current {
    sites: Arc<Sites>,
    origins: Vec<Option<Origin>>,
}

impl Current {
    fn new(sites: Arc<Sites>) -> Self {
        let origins = sites.iter().map(|site| {
            Origin::new(&site.origin)
                .inspect_err(|error| tracing::error!(site = &*site.name, %error, "the origin cannot be used"))
                .ok()
        });
        Self { origins: origins.collect(), sites }
    }

    /// The site that answers for a host, and the way to its origin.
    pub fn of_host(&self, host: &str) -> Option<(&Arc<Site>, &Origin)> {
        let (number, site) = self.sites.of_host(host)?;
        Some((site, self.origins[number].as_ref()?))
    }
}

impl Current {
    /// A banner that can speak when no site was found.
    pub fn any_banner(&self) -> Option<&Banner> {
        self.sites.iter().next().map(|site| &site.banner)
    }
}

impl Worker {
    /// A worker that follows `sites`.
    pub fn new(shared: Arc<Shared>, mut sites: watch::Receiver<Arc<Sites>>) -> Self {
        let current = Rc::new(Current::new(sites.borrow_and_update().clone()));
        Self { shared, sites: RefCell::new(sites), current: RefCell::new(current) }
    }

    /// The sites of this moment: a request keeps what it got here until its end.
    pub fn current(&self) -> Rc<Current> {
        let mut sites = self.sites.borrow_mut();
        // An error means that nobody can replace the sites any more: they stay as they are.
        if sites.has_changed().unwrap_or(false) {
            *self.current.borrow_mut() = Rc::new(Current::new(sites.borrow_and_update().clone()));
        }
        self.current.borrow().clone()
    }
}
