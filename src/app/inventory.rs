//! The thread of the inventory: takes the counts of names out of the table, adds them up and writes them each second,
//! and answers what was seen. It alone owns the file.
//!
//! While the file cannot be written the counts wait in memory, as many names as the table has; that is told once in
//! the log, and in the metrics all the time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::AppError;
use crate::clock::{Clock, monotonic};
use crate::counting::SiteIndex;
use crate::policy::advice::{Name, Thing};
use crate::server::sightings::{CROWD, Claim, News, Table};
use crate::store::inventory::{Found, Inventory, PageToken, Report, Sighting, Via};
use crate::store::{Settings, StoreError};
use crate::telemetry::Metrics;

/// How often counts are taken out and written: a crash loses at most this much.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// How long the file is left alone after it failed.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Most rows that wait while the file cannot be written; further ones are dropped and counted.
const WAITING_MAX: usize = 50_000;

/// What the thread works with.
pub(super) struct Line {
    pub(super) waiting: Receiver<News>,
    pub(super) table: Arc<Table>,
    pub(super) settings: Settings,
    /// Name and time zone of each site, in the order of their index.
    pub(super) sites: Vec<(Arc<str>, TimeZone)>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
}

/// The running thread.
pub(super) struct Thread(JoinHandle<()>);

/// Starts taking down what is seen.
pub(super) fn start(line: Line) -> Result<Thread, AppError> {
    let thread = std::thread::Builder::new().name("inventory".into()).spawn(|| Keeper::new(line).run());
    thread.map(Thread).map_err(AppError::Thread)
}

impl Thread {
    /// Waits until the last sighting is written. It ends when nobody can hand in any more.
    pub(super) fn join(self) {
        super::join(self.0, "inventory");
    }
}

type Seen = (SiteIndex, Thing, Via, Name);
type Reported = (SiteIndex, &'static str, Name, PageToken);

struct Keeper {
    line: Line,
    /// Which name is counted where.
    claims: HashMap<Claim, Seen>,
    /// What is not yet written.
    seen: HashMap<Seen, u64>,
    reported: HashMap<Reported, u64>,
    file: Option<Inventory>,
    is_failing: bool,
    retry_at: Instant,
}

impl Keeper {
    fn new(line: Line) -> Self {
        Self {
            line,
            claims: HashMap::new(),
            seen: HashMap::new(),
            reported: HashMap::new(),
            file: None,
            is_failing: false,
            retry_at: monotonic(),
        }
    }

    fn run(mut self) {
        self.write();
        let mut due = monotonic() + WRITE_EVERY;
        loop {
            match self.line.waiting.recv_timeout(due.saturating_duration_since(monotonic())) {
                Ok(news) => self.hear(news),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.retry_at = monotonic();
                    self.collect();
                    return self.write();
                }
            }
            if monotonic() >= due {
                self.collect();
                self.write();
                due = monotonic() + WRITE_EVERY;
            }
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Seen { claim, site, thing, via, name } => {
                self.claims.insert(claim, (site, thing, via, name));
            }
            News::Reported { site, directive, blocked, page } => {
                let reported = (site, directive, blocked, page);
                if self.reported.len() >= WAITING_MAX && !self.reported.contains_key(&reported) {
                    return self.line.metrics.reports_dropped.increment();
                }
                *self.reported.entry(reported).or_default() += 1;
            }
            News::Asked { site, reply } => {
                self.collect();
                self.write();
                let _asker_went_away = reply.send(self.answer(&site));
            }
        }
    }

    /// Takes the counts out of the table, and clears it when it is crowded: names that are still seen come again.
    fn collect(&mut self) {
        let crowded = self.line.table.taken() > CROWD;
        for (claim, seen) in &self.claims {
            let count = self.line.table.take(*claim);
            if count == 0 {
                continue;
            }
            if self.seen.len() >= WAITING_MAX && !self.seen.contains_key(seen) {
                self.line.metrics.sightings_dropped.add(count);
            } else {
                *self.seen.entry(*seen).or_default() += count;
            }
        }
        if crowded {
            self.line.metrics.sightings_dropped.add(self.line.table.clear());
            self.claims.clear();
        }
    }

    /// Writes what was added up. What cannot be written waits for the next time.
    fn write(&mut self) {
        let is_due = self.file.is_none() || !self.seen.is_empty() || !self.reported.is_empty();
        if !is_due || monotonic() < self.retry_at {
            return;
        }
        let result = self.try_write();
        if let Err(error) = &result {
            self.file = None;
            self.retry_at = monotonic() + RETRY_AFTER;
            self.line.metrics.inventory_failures.increment();
            if !self.is_failing {
                tracing::error!(%error, "names that were seen cannot be written; pages pass");
            }
        } else if self.is_failing {
            tracing::info!("names that were seen are written again");
        }
        self.is_failing = result.is_err();
        self.line.metrics.inventory_failing.set(self.is_failing.into());
    }

    fn try_write(&mut self) -> Result<(), StoreError> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(Inventory::open(&self.line.settings)?),
        };
        let days: Vec<(Arc<str>, Date)> = {
            let now = self.line.clock.now();
            let day = |zone: &TimeZone| now.to_zoned(zone.clone()).date();
            self.line.sites.iter().map(|(name, zone)| (name.clone(), day(zone))).collect()
        };
        let of = |site: SiteIndex| days.get(usize::from(site.0)).cloned();
        let sightings = self.seen.iter().filter_map(|((site, thing, via, name), seen)| {
            let (site, day) = of(*site)?;
            Some(Sighting { site, day, thing: *thing, name: *name, via: *via, seen: *seen })
        });
        let reports = self.reported.iter().filter_map(|((site, directive, blocked, page), times)| {
            let (site, day) = of(*site)?;
            Some(Report { site, day, directive, blocked: *blocked, page: *page, times: *times })
        });
        let (sightings, reports): (Vec<_>, Vec<_>) = (sightings.collect(), reports.collect());
        let today = self.line.clock.now().to_zoned(TimeZone::UTC).date();
        file.add(&sightings, &reports, today)?;
        self.seen.clear();
        self.reported.clear();
        Ok(())
    }

    fn answer(&mut self, site: &str) -> Result<Found, StoreError> {
        self.file.as_ref().ok_or(StoreError::Closed)?.of(site)
    }
}
