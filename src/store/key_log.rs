//! The log of keys: what became of each key of a day or month, chained by hashes. It holds no key.
//!
//! Each row holds the hash of the row before it of the same site, so that a changed, removed or inserted row is found
//! by [`KeyLog::verify`], and a cut-off end by anyone who noted a later head. A row is a [`KeyEvent`] with its time:
//! the moment it is written, at most half a second after the key was drawn or wiped.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};

use super::file::Kind;
use super::{Settings, StoreError};
use crate::counting::key_log::{KeyEvent, KeyFate};

/// Most rows of one site in an answer: a year of days and months.
const ENTRIES_MAX: i64 = 1600;
/// Most keys whose end is written down by the process after.
const OPEN_MAX: i64 = 65_536;
/// Stands before every hashed row, so that no other hash of this program can be one.
const CONTEXT: &[u8] = b"consentry key log 1";

const KEYS: Kind = Kind { file: "keys.db", schema: &[include_str!("sql/keys_schema.sql")] };

/// The log of keys in `keys.db`.
pub struct KeyLog(Mutex<Connection>);

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1 over all sites.
    pub place: i64,
    /// When it was written down, to the second.
    pub time: Timestamp,
    /// The site's name.
    pub site: String,
    /// What the key was for: `day` or `month`.
    pub kind: String,
    /// Its day or month.
    pub period: String,
    /// What became of it: `born`, `rekeyed`, `destroyed` or `lost`.
    pub fate: String,
    /// The hash of the key.
    pub commitment: [u8; 32],
    /// The hash of the site's row before this one; zeros in its first.
    pub previous: [u8; 32],
    /// The hash of all of the above but the place.
    pub hash: [u8; 32],
}

/// What a check of the whole log found to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows there are.
    pub entries: u64,
    /// Each site with the hash of its last row, by name.
    pub heads: Vec<(String, [u8; 32])>,
}

/// Why a log cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A row is not as it was written, or is missing before this one.
    #[error("row {place} of the key log is broken: {what}")]
    Broken {
        /// The first broken one, counted from 1.
        place: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyLog {
    /// Opens the log, and makes it where it is missing.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        KEYS.open(&settings.path).map(|connection| Self(Mutex::new(connection)))
    }

    /// Opens the log for reading. It must exist.
    pub fn open_to_read(settings: &Settings) -> Result<Self, StoreError> {
        KEYS.open_to_read(&settings.path).map(|connection| Self(Mutex::new(connection)))
    }

    /// Writes down what became of keys: all of it, or nothing.
    pub fn append(&self, events: &[KeyEvent], now: Timestamp) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        for event in events {
            put(&transaction, &Entry::of(event, now)).map_err(error)?;
        }
        transaction.commit().map_err(error)
    }

    /// Writes down as lost every key of which no end is known: the process that held them is gone. Returns how many
    /// they were. Not to be called while another process counts.
    pub fn close_lost(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut connection = self.lock();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        let lost = open_keys(&transaction, now).map_err(error)?;
        for entry in &lost {
            put(&transaction, entry).map_err(error)?;
        }
        transaction.commit().map_err(error)?;
        Ok(lost.len())
    }

    /// The rows of a site, newest first, a year of them at most.
    pub fn of(&self, site: &str) -> Result<Vec<Entry>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(include_str!("sql/keys_of_site.sql")).map_err(error)?;
        let mut rows =
            statement.query(named_params! { ":site": site, ":limit": ENTRIES_MAX }).map_err(error)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            entries.push(entry(row)?);
        }
        Ok(entries)
    }

    /// When the key of one of these days was drawn anew, because no process handed it over; the latest time.
    pub fn rekeyed_at(&self, site: &str, first: Date, last: Date) -> Result<Option<Timestamp>, StoreError> {
        let days = named_params! { ":site": site, ":first": first.to_string(), ":last": last.to_string() };
        let seconds: Option<i64> = self
            .lock()
            .prepare_cached(include_str!("sql/keys_rekeyed.sql"))
            .and_then(|mut statement| statement.query_row(days, |row| row.get("time")))
            .map_err(error)?;
        seconds.map(time).transpose()
    }

    /// Checks every row against the one before it of its site.
    pub fn verify(&self) -> Result<Verified, VerifyError> {
        let connection = self.lock();
        let mut statement = connection.prepare(include_str!("sql/keys_all.sql")).map_err(error)?;
        let mut rows = statement.query([]).map_err(error)?;
        let mut heads: HashMap<String, [u8; 32]> = HashMap::new();
        let mut entries = 0;
        while let Some(row) = rows.next().map_err(error)? {
            let place: i64 = row.get("place").map_err(error)?;
            let broken = |what| VerifyError::Broken { place, what };
            let entry = entry(row).map_err(|_| broken("it cannot be read"))?;
            if entry.previous != heads.get(&entry.site).copied().unwrap_or_default() {
                return Err(broken("it does not follow the one before it of its site"));
            }
            if entry.computed() != entry.hash {
                return Err(broken("its content is not what its hash says"));
            }
            heads.insert(entry.site, entry.hash);
            entries += 1;
        }
        let mut heads: Vec<_> = heads.into_iter().collect();
        heads.sort();
        Ok(Verified { entries, heads })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The row that says this, without its place in the chain.
    fn of(event: &KeyEvent, now: Timestamp) -> Self {
        Self {
            place: 0,
            time: Timestamp::from_second(now.as_second()).unwrap_or(now),
            site: event.key.site.to_string(),
            kind: event.key.kind.name().to_owned(),
            period: event.key.period_name(),
            fate: event.fate.name().to_owned(),
            commitment: event.commitment.0,
            previous: [0; 32],
            hash: [0; 32],
        }
    }

    /// The hash this row must have: BLAKE3 over a context, then every field, each text with its length before it
    /// (little-endian, eight bytes), so that no two rows have the same bytes.
    pub fn computed(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(CONTEXT).update(&self.previous).update(&self.commitment);
        hasher.update(&self.time.as_second().to_le_bytes());
        for text in [&self.site, &self.kind, &self.period, &self.fate] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// Puts a row behind the last one of its site. A key that is not the first of its time was drawn anew, whatever its
/// process knew: a clock that was set back leads to a day again, and so does a start after it.
fn put(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let previous = connection
        .prepare_cached(include_str!("sql/keys_head.sql"))?
        .query_row(named_params! { ":site": entry.site }, |row| row.get("hash"))
        .optional()?;
    let mut entry = Entry { previous: previous.unwrap_or_default(), ..entry.clone() };
    if entry.fate == KeyFate::Born.name() && had_a_key(connection, &entry)? {
        KeyFate::Rekeyed.name().clone_into(&mut entry.fate);
    }
    entry.hash = entry.computed();
    connection.prepare_cached(include_str!("sql/keys_append.sql"))?.execute(named_params! {
        ":time": entry.time.as_second(),
        ":site": entry.site,
        ":kind": entry.kind,
        ":period": entry.period,
        ":fate": entry.fate,
        ":commitment": entry.commitment.as_slice(),
        ":previous": entry.previous.as_slice(),
        ":hash": entry.hash.as_slice(),
    })?;
    Ok(())
}

/// Did this day or month of the site have a key before?
fn had_a_key(connection: &Connection, entry: &Entry) -> rusqlite::Result<bool> {
    let period = named_params! { ":site": entry.site, ":kind": entry.kind, ":period": entry.period };
    connection.prepare_cached(include_str!("sql/keys_had.sql"))?.exists(period)
}

/// A row for each key without an end, which says that it was lost.
fn open_keys(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<Entry>> {
    let time = Timestamp::from_second(now.as_second()).unwrap_or(now);
    connection
        .prepare_cached(include_str!("sql/keys_open.sql"))?
        .query_map(named_params! { ":limit": OPEN_MAX }, |row| {
            Ok(Entry {
                place: 0,
                time,
                site: row.get("site")?,
                kind: row.get("kind")?,
                period: row.get("period")?,
                fate: KeyFate::Lost.name().to_owned(),
                commitment: row.get("commitment")?,
                previous: [0; 32],
                hash: [0; 32],
            })
        })?
        .collect()
}

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let time = time(row.get("time").map_err(error)?)?;
    let fields = || {
        Ok(Entry {
            place: row.get("place")?,
            time,
            site: row.get("site")?,
            kind: row.get("kind")?,
            period: row.get("period")?,
            fate: row.get("fate")?,
            commitment: row.get("commitment")?,
            previous: row.get("previous")?,
            hash: row.get("hash")?,
        })
    };
    fields().map_err(error)
}

fn time(seconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(seconds)
        .map_err(|_| StoreError::Corrupt { file: KEYS.file, what: "a time outside the calendar" })
}

fn error(source: rusqlite::Error) -> StoreError {
    KEYS.error(source)
}

#[cfg(test)]
mod tests;
