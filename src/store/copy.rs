//! Moving up: the statistics of a file go to a server, a site and day at a time, each row once.
//!
//! ```text
//! statistics.db ─ read: a day in parts ─ Batch ─ the server's own insert
//!                                          └─ record: noted before it is sent, and when it has arrived
//! ```
//!
//! A part is a batch whose id is the hash of what is in it. What was interrupted makes the same batch again, and a server
//! counts an id once; what has arrived is not sent again, however long ago that was. A part that was sent and then
//! changed in the file cannot be told from what is there: that day is left, and told.

mod read;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use tokio::runtime::{Builder, Runtime};

use self::read::Source;
use self::record::{Known, Place, Record};
use super::clickhouse::{self, ClickHouse};
use super::embedded::STATISTICS;
use super::question::range::date_of;
use super::spool::retry_after;
use super::{Batch, BatchId, EventStore as _, Settings, StoreError};
use crate::clock::SystemEntropy;
use crate::counting::tally::{Cell, LocalDay, Name, Tally, Value};

/// Rows of a part; some 10 MB in memory.
const PART_ROWS: usize = 50_000;
/// How often a part is tried again that the server could not take for a while: about ten seconds.
const TRIES_MAX: u32 = 4;

/// Visitors, visits, page views and events.
pub type Counts = [i64; 4];

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A site.
    Totals,
    /// A value of one dimension.
    Values,
    /// Two values of two dimensions.
    Pairs,
}

impl Kind {
    /// As statements call it.
    pub(super) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Totals),
            1 => Some(Self::Values),
            2 => Some(Self::Pairs),
            _ => None,
        }
    }
}

/// What became of a day, or of a site's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Rows of the file.
    pub rows: usize,
    /// Those of them that were sent now.
    pub new: usize,
    /// It was sent before and is another one in the file now: what followed was not sent.
    pub is_changed: bool,
}

/// A day that does not add up to the same in both stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The site.
    pub site: Arc<str>,
    /// Its day.
    pub day: LocalDay,
    /// Which rows.
    pub kind: Kind,
    /// What they add up to in the file.
    pub here: Counts,
    /// What they add up to on the server.
    pub there: Counts,
    /// Nothing is missing on the server, and this is the site's last day in the file: gateways may have gone on there.
    pub is_gone_on: bool,
}

/// A file, and the server that its statistics go to.
pub struct Copy {
    source: Source,
    server: ClickHouse,
    record: Record,
    runtime: Runtime,
    days: Vec<(Arc<str>, LocalDay)>,
    expired: usize,
}

/// Where the statistics are that are copied.
pub fn file(settings: &Settings) -> PathBuf {
    settings.path.join(STATISTICS.file)
}

impl Copy {
    /// Opens the file, and sees that the server is there; makes its tables where they are missing.
    pub fn open(
        settings: &Settings,
        server: &clickhouse::Settings,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let source = Source::open(settings)?;
        let all = source.days()?;
        let count = all.len();
        let today = now.to_zoned(TimeZone::UTC).date();
        let months = i32::try_from(server.retention.months).unwrap_or(i32::MAX);
        let days: Vec<_> = all.into_iter().filter(|(_, day)| is_kept(*day, months, today)).collect();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| StoreError::File { path: "a thread".into(), source })?;
        let to = ClickHouse::open(server)?;
        let made_at = runtime.block_on(to.made_at())?;
        let record = Record::open(settings, format!("{} of {made_at}", server.database))?;
        Ok(Self { source, server: to, record, runtime, expired: count - days.len(), days })
    }

    /// The days that are copied, by site.
    pub fn days(&self) -> &[(Arc<str>, LocalDay)] {
        &self.days
    }

    /// How many days are so old that the server would not keep them.
    pub const fn expired(&self) -> usize {
        self.expired
    }

    /// The sites that have such days.
    pub fn sites(&self) -> BTreeSet<Arc<str>> {
        self.days.iter().map(|(site, _)| site.clone()).collect()
    }

    /// Sends what is not there yet of a day.
    pub fn day(&self, site: &Arc<str>, day: LocalDay) -> Result<Sent, StoreError> {
        let what = named(day);
        let mut sent = Sent::default();
        let mut part = 0;
        self.source.day(site, day, |tallies| {
            sent.rows += tallies.len();
            if sent.is_changed {
                return Ok(());
            }
            let batch = Batch { id: id_of_tallies(&tallies), tallies, names: Vec::new() };
            let place = Place { site, what: &what, part };
            part += 1;
            match self.record.known(place, batch.id)? {
                Known::Same { is_there: true } => return Ok(()),
                Known::Other => {
                    sent.is_changed = true;
                    return Ok(());
                }
                Known::Same { is_there: false } | Known::Nothing => {}
            }
            self.send(place, &batch)?;
            sent.new += batch.tallies.len();
            Ok(())
        })?;
        Ok(sent)
    }

    /// Sends what is not there yet of a site's names. A name that comes twice is the same name.
    pub fn names(&self, site: &Arc<str>) -> Result<Sent, StoreError> {
        let mut sent = Sent::default();
        let mut part = 0;
        self.source.names(site, |names| {
            sent.rows += names.len();
            let batch = Batch { id: id_of_names(&names), tallies: Vec::new(), names };
            let place = Place { site, what: "names", part };
            part += 1;
            if self.record.known(place, batch.id)? != (Known::Same { is_there: true }) {
                self.send(place, &batch)?;
                sent.new += batch.names.len();
            }
            Ok(())
        })?;
        Ok(sent)
    }

    fn send(&self, place: Place<'_>, batch: &Batch) -> Result<(), StoreError> {
        self.record.note(place, batch.id, false)?;
        self.runtime.block_on(self.insert(batch))?;
        self.record.note(place, batch.id, true)
    }

    async fn insert(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut failures = 0;
        loop {
            match self.server.insert(batch).await {
                Err(error) if error.is_transient() && failures < TRIES_MAX => {
                    failures += 1;
                    tokio::time::sleep(retry_after(failures, &SystemEntropy).max(Duration::from_millis(1)))
                        .await;
                }
                done => return done,
            }
        }
    }

    /// The days of the copy that do not add up to the same in both stores.
    pub fn differences(&self) -> Result<Vec<Difference>, StoreError> {
        let mut differences = Vec::new();
        for site in self.sites() {
            let here = self.source.sums(&site)?;
            let there = by_day(self.runtime.block_on(self.server.sums(&site))?);
            let days = self.days.iter().filter(|(of, _)| *of == site).map(|(_, day)| *day);
            let last = days.clone().max();
            for (day, kind) in
                days.flat_map(|day| [Kind::Totals, Kind::Values, Kind::Pairs].map(|k| (day, k)))
            {
                let of = |store: &BTreeMap<_, Counts>| store.get(&(day, kind)).copied().unwrap_or_default();
                let (here, there) = (of(&here), of(&there));
                if here != there {
                    let is_more = here.iter().zip(there).all(|(here, there)| there >= *here);
                    let is_gone_on = is_more && Some(day) == last;
                    differences.push(Difference { site: site.clone(), day, kind, here, there, is_gone_on });
                }
            }
        }
        Ok(differences)
    }
}

fn by_day(sums: Vec<(LocalDay, Kind, Counts)>) -> BTreeMap<(LocalDay, Kind), Counts> {
    sums.into_iter().map(|(day, kind, counts)| ((day, kind), counts)).collect()
}

/// A day as people write it.
pub fn named(day: LocalDay) -> String {
    date_of(day).map_or_else(|| format!("day {}", day.0), |date| date.to_string())
}

/// Does a server that keeps rows for so many months keep this day tomorrow, too?
fn is_kept(day: LocalDay, months: i32, today: Date) -> bool {
    let end = date_of(day).and_then(|day| day.checked_add(Span::new().try_months(months).ok()?).ok());
    // What ends after the calendar does is kept.
    end.is_none_or(|end| today.tomorrow().is_ok_and(|tomorrow| end > tomorrow))
}

/// Rows as bytes, to be hashed. They must stay the same in each version of this program: a copy that one begins,
/// another may end.
struct Content(blake3::Hasher);

impl Content {
    fn new(kind: &str, site: &str) -> Self {
        let mut content = Self(blake3::Hasher::new());
        content.text(kind);
        content.text(site);
        content
    }

    fn text(&mut self, text: &str) {
        self.number(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.update(&number.to_le_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Word(word) => self.text(word),
            Value::Token(token) => {
                self.number(-1);
                self.number(token.cast_signed());
            }
        }
    }

    fn id(self) -> BatchId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        let whole = u128::from_be_bytes(bytes);
        let half = |whole: u128| u64::try_from(whole & u128::from(u64::MAX)).unwrap_or_default();
        BatchId { boot: half(whole >> 64), sequence: half(whole) }
    }
}

fn id_of_tallies(tallies: &[Tally]) -> BatchId {
    let mut content = Content::new("copied tallies", tallies.first().map_or("", |tally| &tally.site));
    for tally in tallies {
        content.number(tally.day.0.into());
        content.number(tally.hour.0.into());
        match &tally.cell {
            Cell::Total => content.number(0),
            Cell::One(dimension, value) => {
                content.number(1);
                content.text(&dimension.name());
                content.value(value);
            }
            Cell::Pair(first, first_value, second, second_value) => {
                content.number(2);
                for (dimension, value) in [(first, first_value), (second, second_value)] {
                    content.text(&dimension.name());
                    content.value(value);
                }
            }
        }
        tally.sums.list().into_iter().for_each(|sum| content.number(sum));
    }
    content.id()
}

fn id_of_names(names: &[Name]) -> BatchId {
    let mut content = Content::new("copied names", names.first().map_or("", |name| &name.site));
    for name in names {
        content.text(&name.dimension.name());
        content.number(name.token.cast_signed());
        content.text(&name.name);
    }
    content.id()
}
