//! The composition root: a config becomes a running program; here it is started, reloaded and drained.
//!
//! Threads: the workers (visitors), one for operators and analysts, one that counts, one that delivers batches to the
//! store, one that takes down what is seen. Stopping goes the way of the data: no new requests, then the last hits are counted, then the last batch is
//! delivered.

mod counting;
mod delivery;
mod inventory;
pub(crate) mod keys;
mod sites;
mod upkeep;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use crate::banner::TextsError;
use crate::clock::{Clock, Entropy};
use crate::config::Config;
use crate::counting::Counter;
use crate::counting::place::WatchedPlaces;
use crate::policy::catalog::CatalogError;
use crate::proxy::Unreachable;
use crate::proxy::forwarded::Hop;
use crate::server::admin::Admin;
use crate::server::count::Hits;
use crate::server::inventory::Inventory;
use crate::server::limits::Limits;
use crate::server::sightings::Sightings;
use crate::server::site::Sites;
use crate::server::worker::{Shared, Worker};
use crate::server::{Door, ListenError, Serving, admin, serve, stack};
use crate::store::embedded::Embedded;
use crate::store::ledger::Ledger;
use crate::store::spool::{BYTES_MAX as SPOOL_BYTES_MAX, Spool};
use crate::store::tokens::Tokens;
use crate::store::{EventStore, StoreError};
use crate::telemetry::Metrics;

/// Why the program cannot start, or cannot take a new config.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An address cannot be listened on.
    #[error("{error}: {}", source_of(error))]
    Listen {
        /// Why.
        #[from]
        error: ListenError,
    },
    /// What is kept cannot be opened.
    #[error("{error}: {}", source_of(error))]
    Store {
        /// Why.
        #[from]
        error: StoreError,
    },
    /// The seal's key cannot be read or made.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// The catalogue is wrong.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// An origin can never be reached as its settings are.
    #[error(transparent)]
    Origin(#[from] Unreachable),
    /// A language has no texts.
    #[error(transparent)]
    Texts(#[from] TextsError),
    /// A thread cannot be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
    /// What a reload cannot change.
    #[error("{0} cannot be changed while the program runs; restart it")]
    NeedsRestart(&'static str),
}

fn source_of(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(String::new, ToString::to_string)
}

/// A running program. Dropping it without [`stop`](Self::stop) abandons what is not yet written.
pub struct Running {
    config: Config,
    visitors: Serving,
    admin: Serving,
    sites: watch::Sender<Arc<Sites>>,
    shared: Arc<Shared>,
    counting: counting::Thread,
    delivery: delivery::Thread,
    inventory: inventory::Thread,
    upkeep: upkeep::Thread,
}

/// Starts everything. When this returns, requests are served.
pub fn start(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Running, AppError> {
    let metrics = Arc::new(Metrics::default());
    let directory = &config.store.path;
    std::fs::create_dir_all(directory)
        .map_err(|source| StoreError::File { path: directory.clone(), source })?;
    let (sites, followed) = watch::channel(Arc::new(sites::make(&config, &*entropy)?));
    let ledger = Arc::new(Ledger::open(&config.store)?);
    keep_notices(&ledger, &followed.borrow(), clock.now())?;
    let store: Arc<dyn EventStore> = Arc::new(Embedded::open(&config.store, clock.clone())?);
    let spool = Arc::new(Spool::open(&config.store, SPOOL_BYTES_MAX, clock.clone(), &*entropy)?);
    let places = Arc::new(WatchedPlaces::open(config.places.as_deref()));
    let counter = Counter::new(sites::counted(&config), places.clone(), entropy.clone());

    let delivery = delivery::start(spool.clone(), store.clone(), metrics.clone())?;
    let (hits, waiting) = Hits::queue(metrics.clone());
    let counting = counting::start(counting::Line {
        counter,
        waiting,
        spool: spool.clone(),
        places: places.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        delivery: delivery.caller(),
    })?;
    let (sightings, inventory) = start_inventory(&config, &*entropy, &clock, &metrics)?;
    let shared = Arc::new(Shared {
        metrics: metrics.clone(),
        hits,
        sightings: sightings.clone(),
        ledger: ledger.clone(),
        receipt_key: keys::receipt_key(directory, &*entropy)?,
        clock: clock.clone(),
        entropy,
    });
    let upkeep = upkeep::start(upkeep::Line {
        ledger: ledger.clone(),
        clock: clock.clone(),
        receipts_days: config.receipts_days,
    })?;
    let visitors = open_door(&config, shared.clone(), followed.clone())?;
    let desk = Admin {
        store,
        spool,
        ledger,
        inventory: Inventory { sightings, sites: followed },
        places,
        tokens: Tokens::open(&config.store)?,
        clock,
        metrics,
        limits: Limits::new(config.requests_per_minute),
        sites: sites::analysed(&config),
    };
    let admin = open_desk(&config, desk)?;
    let shown = visitors.addresses();
    tracing::info!(visitors = ?shown, admin = %admin.addresses()[0], sites = config.sites.len(), "serving");
    Ok(Running { config, visitors, admin, sites, shared, counting, delivery, inventory, upkeep })
}

/// Keeps what visitors are shown, before the first of them can agree to it.
fn keep_notices(ledger: &Ledger, sites: &Sites, now: Timestamp) -> Result<(), StoreError> {
    for banner in sites.iter().map(|site| &site.banner) {
        for language in 0..banner.languages() {
            ledger.keep_notice(banner.notice(language), now)?;
        }
    }
    Ok(())
}

fn start_inventory(
    config: &Config,
    entropy: &dyn Entropy,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> Result<(Sightings, inventory::Thread), AppError> {
    let (sightings, waiting, table) = Sightings::queue(config.sites.len(), entropy, metrics.clone());
    let sites = config.sites.iter().map(|site| (site.name.clone(), site.counting.time_zone.clone()));
    let thread = inventory::start(inventory::Line {
        waiting,
        table,
        settings: config.store.clone(),
        sites: sites.collect(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    })?;
    Ok((sightings, thread))
}

fn open_door(
    config: &Config,
    shared: Arc<Shared>,
    sites: watch::Receiver<Arc<Sites>>,
) -> Result<Serving, ListenError> {
    let door = Door { addresses: config.server.http.clone(), workers: config.server.workers };
    let room = Arc::new(Semaphore::new(config.server.requests_max.min(Semaphore::MAX_PERMITS)));
    serve(&door, &config.server, move |_| {
        let worker = Rc::new(Worker::new(shared.clone(), sites.clone()));
        let room = room.clone();
        move |peer: SocketAddr| {
            stack::visitors(worker.clone(), room.clone(), Rc::new(Hop::new(peer.ip(), false)))
        }
    })
}

fn open_desk(config: &Config, desk: Admin) -> Result<Serving, ListenError> {
    let door = Door { addresses: vec![config.server.admin], workers: 1 };
    let desk = Arc::new(desk);
    serve(&door, &config.server, move |_| {
        let desk = desk.clone();
        move |_: SocketAddr| admin::service(desk.clone())
    })
}

impl Running {
    /// Addresses for visitors, with their real ports.
    pub fn visitors(&self) -> &[SocketAddr] {
        self.visitors.addresses()
    }

    /// Address for operators and analysts.
    pub fn admin(&self) -> SocketAddr {
        self.admin.addresses()[0]
    }

    /// Takes a new config for requests from now on. What is listened on, stored and counted stays as it is: a config
    /// that changes those is refused whole.
    pub fn reload(&self, config: &Config) -> Result<(), AppError> {
        sites::check_reload(&self.config, config)?;
        let sites = sites::make(config, &*self.shared.entropy)?;
        keep_notices(&self.shared.ledger, &sites, self.shared.clock.now())?;
        self.sites.send_replace(Arc::new(sites));
        Ok(())
    }

    /// Closes the door, lets open requests finish, and writes everything that was counted. Blocks.
    pub fn stop(self) {
        self.visitors.shutdown();
        self.visitors.join();
        // Every sender of hits is gone with the workers and this one; the counter then ends by itself.
        self.upkeep.join();
        drop(self.shared);
        self.counting.join();
        self.delivery.join();
        self.admin.shutdown();
        self.admin.join();
        // The operators' listener was the last that could hand in or ask.
        self.inventory.join();
    }
}

/// Waits for a thread; one that panicked is said so.
fn join(thread: JoinHandle<()>, name: &str) {
    if thread.join().is_err() {
        tracing::error!(thread = name, "a thread ended in a bug of ours");
    }
}
