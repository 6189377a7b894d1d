//! [`EventStore`] on ClickHouse, for shops that have one: a server, or a cluster.
//!
//! Gateways insert into one table that keeps nothing; materialised views feed tables of sums, which the server adds up
//! when it merges parts. A batch goes in as one insert under its own token, and a server counts a token once in each
//! table, so a batch whose answer was lost is simply sent again. Questions are asked in plain SQL over the same cells
//! that the embedded store has, and answered by the same code.
//!
//! Nothing is asked of the server before the first batch or question: a gateway starts, and serves, while it is away.

mod engine;
mod fault;
mod link;
mod read;
mod receipts;
pub mod schema;
mod sums;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::engine::Engine;
pub use self::fault::Fault;
use self::link::Link;
pub use self::receipts::ReceiptCopies;
use super::Retention;
use super::copy::{Counts, Kind};
use super::question::{Question, Rows};
use super::{Batch, BoxFuture, EventStore, StoreError};
use crate::counting::tally::LocalDay;

/// Batches gather for so long between two inserts: a figure is there in half of the five seconds it may take.
const REST: Duration = Duration::from_millis(1_500);

/// How errors call what is kept there.
pub(super) const DATABASE: &str = "the ClickHouse database";

/// Where the server is, and how long what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its HTTP addresses, at least one, without a path. The first that answers is used: all must lead to the same
    /// data, or to servers of the same cluster.
    pub urls: Vec<String>,
    /// The database; created when missing.
    pub database: String,
    /// Who inserts and asks.
    pub user: String,
    /// A file whose first line is the password; none without it.
    pub password_file: Option<PathBuf>,
    /// A PEM file of certificate authorities that an `https` address may be signed by, beside the public ones.
    pub authorities: Option<PathBuf>,
    /// The cluster's name in the server's settings; `None` for one server.
    pub cluster: Option<String>,
    /// Longest wait for a connection. Default 5 s.
    pub connect_timeout: Duration,
    /// Longest wait for an answer to a batch or question. Default 30 s.
    pub answer_timeout: Duration,
    /// How long what is kept.
    pub retention: Retention,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            urls: vec!["http://127.0.0.1:8123".to_owned()],
            database: "consentry".to_owned(),
            user: "default".to_owned(),
            password_file: None,
            authorities: None,
            cluster: None,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
            retention: Retention::default(),
        }
    }
}

/// Statistics on a ClickHouse server or cluster.
pub struct ClickHouse {
    link: Arc<Link>,
    engine: Arc<Engine>,
}

impl ClickHouse {
    /// Makes ready to ask; fails where the settings can never work, not where the server is away.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        Ok(Self { link: Arc::new(Link::new(settings)?), engine: Arc::new(Engine::start()?) })
    }

    /// Makes or brings on the tables; what the first batch or question does otherwise.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        let link = self.link.clone();
        self.engine.run(async move { link.prepare().await }).await
    }

    /// When the tables were made, in seconds since 1970; makes them where they are missing.
    pub(super) async fn made_at(&self) -> Result<u32, StoreError> {
        let link = self.link.clone();
        self.engine.run(async move { sums::made_at(&link).await }).await
    }

    /// What the days of a site add up to, by kind of cell.
    pub(super) async fn sums(&self, site: &str) -> Result<Vec<(LocalDay, Kind, Counts)>, StoreError> {
        let (link, site) = (self.link.clone(), site.to_owned());
        self.engine.run(async move { sums::of_days(&link, &site).await }).await
    }
}

impl EventStore for ClickHouse {
    fn insert_shared(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<(), StoreError>> {
        let link = self.link.clone();
        Box::pin(self.engine.run(async move { write::insert(&link, batch).await }))
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn receipt_copies(&self) -> Option<ReceiptCopies> {
        Some(ReceiptCopies { link: self.link.clone(), engine: self.engine.clone() })
    }

    fn answer<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Rows, StoreError>> {
        let (link, question) = (self.link.clone(), Arc::new(question.clone()));
        Box::pin(self.engine.run(async move { read::answer(&link, question).await }))
    }

    fn first_day<'a>(&'a self, site: &'a str) -> BoxFuture<'a, Result<Option<LocalDay>, StoreError>> {
        let (link, site) = (self.link.clone(), site.to_owned());
        Box::pin(self.engine.run(async move { read::first_day(&link, &site).await }))
    }
}
