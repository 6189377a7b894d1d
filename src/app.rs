//! The composition root: a config becomes a running program; here it is started, reloaded and drained.
//!
//! Threads: the workers (visitors), one for operators and analysts, one that counts, one that delivers batches to the
//! store, one that copies receipts to a server, one that takes down what is seen, one that reads the shops' sitemaps.
//! Stopping goes the way of the data: no new requests, then the last hits are counted, then the last batch is
//! delivered.

mod copying;
mod counting;
mod date;
mod delivery;
mod hand_over;
pub mod hidden;
mod inventory;
pub(crate) mod keys;
mod rounds;
mod sitemaps;
pub(crate) mod sites;
mod upkeep;

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use tokio::sync::{Semaphore, watch};

use self::hand_over::{LastHits, Successors};
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
use crate::server::sitemap::PublicPaths;
use crate::server::worker::{Shared, Worker};
use crate::server::{Bound, ListenError, Serving, admin, serve, stack};
use crate::store::key_log::KeyLog;
use crate::store::ledger::signed::SigningKey;
use crate::store::ledger::{Ledger, Receipts};
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
    /// The process before went away at the moment at which it was to hand over, or goes on.
    #[error("the process before did not hand over: {0}")]
    HandOver(#[source] std::io::Error),
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
    successors: Option<Successors>,
    threads: Threads,
}

/// The threads behind the doors.
struct Threads {
    counting: counting::Thread,
    last_hits: Option<LastHits>,
    delivery: delivery::Thread,
    inventory: inventory::Thread,
    upkeep: rounds::Thread,
    copying: Option<rounds::Thread>,
    sitemaps: sitemaps::Thread,
}

/// What is kept, opened. It is made before a process that runs is told to hand over: whatever can fail fails here.
struct Opened {
    ledger: Arc<Ledger>,
    store: Arc<dyn EventStore>,
    spool: Arc<Spool>,
    places: Arc<WatchedPlaces>,
    key_log: KeyLog,
    shown_key_log: KeyLog,
    tokens: Tokens,
    receipt_key: SigningKey,
}

impl Opened {
    fn of(config: &Config, clock: &Arc<dyn Clock>, entropy: &dyn Entropy) -> Result<Self, AppError> {
        Ok(Self {
            ledger: Arc::new(Ledger::open(&config.store)?),
            store: config.statistics.open(&config.store, clock.clone())?,
            spool: Arc::new(Spool::open(&config.store, SPOOL_BYTES_MAX, clock.clone(), entropy)?),
            places: Arc::new(WatchedPlaces::open(config.places.as_deref())),
            key_log: KeyLog::open(&config.store)?,
            // Not to read only: it is the last to close the file, and takes the journal away if it may write.
            shown_key_log: KeyLog::open(&config.store)?,
            tokens: Tokens::open(&config.store)?,
            receipt_key: keys::receipt_key(&config.store.path, entropy)?,
        })
    }

    /// What is delivered, and where to.
    fn delivered(&self, entropy: &Arc<dyn Entropy>, metrics: &Arc<Metrics>) -> delivery::Line {
        delivery::Line {
            spool: self.spool.clone(),
            store: self.store.clone(),
            entropy: entropy.clone(),
            metrics: metrics.clone(),
        }
    }
}

/// Starts everything. When this returns, requests are served.
pub fn start(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Running, AppError> {
    let metrics = Arc::new(Metrics::default());
    make_directory(&config.store.path)?;
    let mut before = hand_over::find(&config.store.path);
    let doors = hand_over::bind_doors(&config, before.as_mut())?;
    let (sites, followed) = watch::channel(Arc::new(sites::make(&config, &*entropy)?));
    let kept = Opened::of(&config, &clock, &*entropy)?;
    sites::recall(&config.store, &followed.borrow());
    keep_notices(&kept.ledger, &followed.borrow())?;
    let mut counter = Counter::new(sites::counted(&config), kept.places.clone(), entropy.clone());
    let before = hand_over::take_over(before, &mut counter)?;
    hand_over::close_lost(&kept.key_log, &*clock, before.is_some())?;

    let delivery = delivery::start(kept.delivered(&entropy, &metrics))?;
    let copying = start_copying(&config, &*kept.store, &entropy, &metrics)?;
    let (hits, waiting) = Hits::queue(metrics.clone());
    let last_hits = before.map(|before| before.commit(hits.clone(), counter.site_names())).transpose()?;
    let (orders, ordered) = sync_channel(1);
    let vault = counter.vault().clone();
    let counting = counting::start(counting::Line {
        counter,
        key_log: kept.key_log,
        waiting,
        orders: ordered,
        spool: kept.spool.clone(),
        places: kept.places.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        delivery: delivery.caller(),
    })?;
    let (sightings, inventory) = start_inventory(&config, &*entropy, &clock, &metrics)?;
    let public_paths = Arc::new(PublicPaths::new(config.sites.len()));
    let sitemaps = sitemaps::start(followed.clone(), public_paths.clone(), metrics.clone())?;
    let upkeep = start_upkeep(&config, kept.ledger.clone(), kept.store.clone(), &clock, &metrics)?;
    let desk = Admin {
        store: kept.store,
        spool: kept.spool,
        ledger: kept.ledger.clone(),
        inventory: Inventory { sightings: sightings.clone(), sites: followed.clone() },
        key_log: kept.shown_key_log,
        vault,
        places: kept.places,
        tokens: kept.tokens,
        clock: clock.clone(),
        metrics: metrics.clone(),
        limits: Limits::new(config.requests_per_minute),
        sites: sites::analysed(&config),
    };
    let (ledger, receipt_key) = (kept.ledger, kept.receipt_key);
    let shared =
        Arc::new(Shared { metrics, hits, sightings, public_paths, ledger, receipt_key, clock, entropy });
    let visitors = open_door(&config, doors.visitors, shared.clone(), followed)?;
    let admin = open_desk(&config, doors.operators, desk)?;
    let successors = hand_over::await_successors(&config, &visitors, &admin, orders);
    shared.metrics.started_seconds.set(seconds(&*shared.clock));
    shared.metrics.settings_read_seconds.set(seconds(&*shared.clock));
    tracing::info!(visitors = ?visitors.addresses(), admin = %admin.addresses()[0], sites = config.sites.len(), "serving");
    let threads = Threads { counting, last_hits, delivery, inventory, upkeep, copying, sitemaps };
    Ok(Running { config, visitors, admin, sites, shared, successors, threads })
}

/// Unit: seconds since 1970.
fn seconds(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.now().as_second()).unwrap_or(0)
}

fn start_upkeep(
    config: &Config,
    ledger: Arc<Ledger>,
    store: Arc<dyn EventStore>,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> Result<rounds::Thread, AppError> {
    let (clock, metrics) = (clock.clone(), metrics.clone());
    let (directory, receipts_days) = (config.store.path.clone(), config.receipts_days);
    upkeep::start(upkeep::Line { ledger, store, clock, metrics, directory, receipts_days })
}

fn make_directory(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|source| StoreError::File { path: path.to_owned(), source })
}

/// Keeps what visitors are shown, before the first of them can agree to it.
fn keep_notices(ledger: &Ledger, sites: &Sites) -> Result<(), StoreError> {
    for banner in sites.iter().map(|site| &site.banner) {
        for language in 0..banner.languages() {
            ledger.keep_notice(banner.notice(language))?;
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

/// Copies receipts, where there is a place for them.
fn start_copying(
    config: &Config,
    store: &dyn EventStore,
    entropy: &Arc<dyn Entropy>,
    metrics: &Arc<Metrics>,
) -> Result<Option<rounds::Thread>, AppError> {
    let Some(copies) = store.receipt_copies() else { return Ok(None) };
    let receipts = Receipts::open(&config.store)?;
    let (entropy, metrics) = (entropy.clone(), metrics.clone());
    copying::start(copying::Line { receipts, copies, entropy, metrics }).map(Some)
}

fn open_door(
    config: &Config,
    bound: Bound,
    shared: Arc<Shared>,
    sites: watch::Receiver<Arc<Sites>>,
) -> Result<Serving, ListenError> {
    let room = Arc::new(Semaphore::new(config.server.requests_max.min(Semaphore::MAX_PERMITS)));
    serve(bound, &config.server, move |_| {
        let worker = Rc::new(Worker::new(shared.clone(), sites.clone()));
        let room = room.clone();
        move |peer: SocketAddr| {
            stack::visitors(worker.clone(), room.clone(), Rc::new(Hop::new(peer.ip(), false)))
        }
    })
}

fn open_desk(config: &Config, bound: Bound, desk: Admin) -> Result<Serving, ListenError> {
    let desk = Arc::new(desk);
    serve(bound, &config.server, move |_| {
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
        let taken = self.take(config);
        self.note_reload(taken.is_ok());
        taken
    }

    /// Notes for operators whether the settings that were read last are in force.
    pub fn note_reload(&self, is_taken: bool) {
        let Shared { metrics, clock, .. } = &*self.shared;
        metrics.settings_refused.set(u64::from(!is_taken));
        if is_taken {
            metrics.settings_read_seconds.set(seconds(&**clock));
        }
    }

    fn take(&self, config: &Config) -> Result<(), AppError> {
        sites::check_reload(&self.config, config)?;
        let sites = sites::make(config, &*self.shared.entropy)?;
        sites::follow(&self.sites.borrow(), &sites);
        keep_notices(&self.shared.ledger, &sites)?;
        self.sites.send_replace(Arc::new(sites));
        Ok(())
    }

    /// Ready once another process has taken over: this one is to be stopped then.
    pub async fn given(&self) {
        let Some(successors) = &self.successors else { return std::future::pending().await };
        if successors.given().wait_for(|is_given| *is_given).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Closes the door, lets open requests finish, and writes everything that was counted. Blocks.
    pub fn stop(self) {
        if let Some(successors) = self.successors {
            successors.stop();
        }
        let Threads { counting, last_hits, delivery, inventory, upkeep, copying, sitemaps } = self.threads;
        self.visitors.shutdown();
        self.visitors.join();
        drop(self.sites);
        sitemaps.join();
        if let Some(last_hits) = last_hits {
            last_hits.stop();
        }
        // Every sender of hits is gone with the workers and this one; the counter then ends by itself.
        upkeep.join();
        if let Some(copying) = copying {
            copying.join();
        }
        drop(self.shared);
        counting.join();
        delivery.join();
        self.admin.shutdown();
        self.admin.join();
        // The operators' listener was the last that could hand in or ask.
        inventory.join();
    }
}

/// Waits for a thread; one that panicked is said so.
fn join(thread: JoinHandle<()>, name: &str) {
    if thread.join().is_err() {
        tracing::error!(thread = name, "a thread ended in a bug of ours");
    }
}
