//! What was seen in traffic: names and days, and how often. No value, address, path or visitor can be in it.
//!
//! Everything is bounded: names a site, reports a site, days a name is kept for. The file belongs to one thread, which
//! opens it, adds to it and reads it; when something goes wrong the [`Inventory`] is dropped and opened anew, so
//! what it holds in memory is never more than what stands in the file.

mod names;
mod reports;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, named_params};

use super::file::Kind;
use super::{Settings, StoreError};
use crate::policy::advice::{Name, Thing};
use names::Names;
use reports::Reports;

/// Most names kept of one site, whatever they name.
pub const NAMES_MAX: usize = 2000;
/// Most of them that only browsers told of: anybody can make a browser's request up.
pub const BROWSER_NAMES_MAX: usize = 1500;
/// Most rows of reports kept of one site.
pub const REPORTS_MAX: usize = 1000;
/// Most pages told apart for one directive and blocked host.
pub const PAGES_MAX: usize = 8;
/// How long a name is kept after it was last seen, and a report after its day.
pub const DAYS_KEPT: i64 = 400;
/// What names and reports beyond the limits are called.
pub const OTHER: &str = "(other)";
/// Most rows read into memory when the file is opened; a hundred sites fill less.
const ROWS_MAX: i64 = 2_000_000;

/// The file of the inventory.
const INVENTORY: Kind = Kind {
    file: "inventory.db",
    schema: include_str!("sql/inventory_schema.sql"),
    upgrades: &[],
    version: 1,
};

/// How a thing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// A tag of a page names it.
    Tag,
    /// A browser sent it with a request.
    Cookie,
    /// The shop's server set it.
    SetCookie,
    /// A browser reported that the fence stopped it.
    Report,
    /// The witness found it in a browser.
    Witness,
    /// A browser asked for it as a service worker.
    Worker,
}

impl Via {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Tag, Self::Cookie, Self::SetCookie, Self::Report, Self::Witness, Self::Worker];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Cookie => "cookie",
            Self::SetCookie => "set-cookie",
            Self::Report => "report",
            Self::Witness => "witness",
            Self::Worker => "worker",
        }
    }

    /// The way of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.name() == name)
    }

    /// Did the shop's own server say it? All else is told by browsers, and anybody can make that up.
    pub const fn is_shops(self) -> bool {
        matches!(self, Self::Tag | Self::SetCookie)
    }
}

/// Sightings of one name.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The site's name.
    pub site: Arc<str>,
    /// The day, in the site's time zone.
    pub day: Date,
    /// What was seen.
    pub thing: Thing,
    /// Its name.
    pub name: Name,
    /// How.
    pub via: Via,
    /// How often.
    pub seen: u64,
}

/// Reports about one blocked host.
#[derive(Clone, Debug)]
pub struct Report {
    /// The site's name.
    pub site: Arc<str>,
    /// The day, in the site's time zone.
    pub day: Date,
    /// The directive of the fence that stopped it.
    pub directive: &'static str,
    /// The host, or what else was stopped.
    pub blocked: Name,
    /// Stands for the page.
    pub page: PageToken,
    /// How often.
    pub times: u64,
}

/// Stands for the path of a page: tells two pages apart and names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageToken(pub [u8; 4]);

impl std::fmt::Display for PageToken {
    /// Eight hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// A name that was seen, as an operator reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenThing {
    /// What it is.
    pub thing: Thing,
    /// Its name, or [`OTHER`].
    pub name: String,
    /// The ways it was seen by.
    pub via: Vec<Via>,
    /// The first day, `YYYY-MM-DD`.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// How often, all ways together.
    pub seen: u64,
}

/// Reports about one directive and blocked host, as an operator reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenReport {
    /// The directive, or [`OTHER`].
    pub directive: String,
    /// What was stopped, or [`OTHER`].
    pub blocked: String,
    /// On how many pages; beyond [`PAGES_MAX`] there is one more for all others.
    pub pages: u64,
    /// The first day, `YYYY-MM-DD`.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// How often.
    pub times: u64,
}

/// What was seen on one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The names, by thing and name.
    pub things: Vec<SeenThing>,
    /// The reports, most frequent first.
    pub reports: Vec<SeenReport>,
}

/// The inventory in `inventory.db`. After an error it must be dropped and opened anew.
pub struct Inventory {
    connection: Connection,
    names: HashMap<Arc<str>, Names>,
    reports: HashMap<Arc<str>, Reports>,
    tidied: Option<Date>,
}

impl Inventory {
    /// Opens the file, and makes it where it is missing.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        let connection = INVENTORY.open(&settings.path)?;
        let mut inventory = Self { connection, names: HashMap::new(), reports: HashMap::new(), tidied: None };
        inventory.load().map_err(error)?;
        Ok(inventory)
    }

    /// Adds what was seen, all or nothing. On the first call of a day (`today`, UTC), what is too old is forgotten.
    pub fn add(&mut self, sightings: &[Sighting], reports: &[Report], today: Date) -> Result<(), StoreError> {
        self.tidy(today).map_err(error)?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        for sighting in sightings {
            let names = self.names.entry(sighting.site.clone()).or_default();
            names.add(&transaction, sighting).map_err(error)?;
        }
        for report in reports {
            let known = self.reports.entry(report.site.clone()).or_default();
            known.add(&transaction, report).map_err(error)?;
        }
        transaction.commit().map_err(error)
    }

    /// What was seen on a site.
    pub fn of(&self, site: &str) -> Result<Found, StoreError> {
        self.read(site).map_err(error)
    }

    fn read(&self, site: &str) -> rusqlite::Result<Found> {
        let mut found = Found::default();
        let of_site = named_params! { ":site": site, ":limit": ROWS_MAX };
        let mut statement = self.connection.prepare_cached(include_str!("sql/inventory_things.sql"))?;
        for thing in statement.query_map(of_site, seen_thing)? {
            found.things.extend(thing?);
        }
        let mut statement = self.connection.prepare_cached(include_str!("sql/inventory_reports.sql"))?;
        for report in statement.query_map(of_site, seen_report)? {
            found.reports.push(report?);
        }
        Ok(found)
    }

    fn tidy(&mut self, today: Date) -> rusqlite::Result<()> {
        if self.tidied == Some(today) {
            return Ok(());
        }
        let before = today.saturating_sub(DAYS_KEPT.days()).to_string();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = named_params! { ":before": before };
        transaction.execute(include_str!("sql/inventory_forget_things.sql"), before)?;
        transaction.execute(include_str!("sql/inventory_forget_reports.sql"), before)?;
        transaction.commit()?;
        self.tidied = Some(today);
        self.load()
    }

    /// Reads what is known into memory.
    fn load(&mut self) -> rusqlite::Result<()> {
        self.names.clear();
        self.reports.clear();
        let limit = named_params! { ":limit": ROWS_MAX };
        let mut statement = self.connection.prepare(include_str!("sql/inventory_known.sql"))?;
        let mut rows = statement.query(limit)?;
        while let Some(row) = rows.next()? {
            let site: String = row.get("site")?;
            self.names.entry(site.into()).or_default().know(row)?;
        }
        let mut statement = self.connection.prepare(include_str!("sql/inventory_known_reports.sql"))?;
        let mut rows = statement.query(limit)?;
        while let Some(row) = rows.next()? {
            let site: String = row.get("site")?;
            self.reports.entry(site.into()).or_default().know(row)?;
        }
        Ok(())
    }
}

/// A row that a later version of this program wrote may name a thing nobody here knows; it is passed over.
fn seen_thing(row: &Row<'_>) -> rusqlite::Result<Option<SeenThing>> {
    let Some(thing) = Thing::from_name(row.get_ref("thing")?.as_str()?) else { return Ok(None) };
    let mut via: Vec<Via> = row.get_ref("via")?.as_str()?.split(' ').filter_map(Via::from_name).collect();
    via.sort_unstable();
    Ok(Some(SeenThing {
        thing,
        name: row.get("name")?,
        via,
        first_day: row.get("first_day")?,
        last_day: row.get("last_day")?,
        seen: row.get::<_, i64>("seen")?.unsigned_abs(),
    }))
}

fn seen_report(row: &Row<'_>) -> rusqlite::Result<SeenReport> {
    Ok(SeenReport {
        directive: row.get("directive")?,
        blocked: row.get("blocked")?,
        pages: row.get::<_, i64>("pages")?.unsigned_abs(),
        first_day: row.get("first_day")?,
        last_day: row.get("last_day")?,
        times: row.get::<_, i64>("times")?.unsigned_abs(),
    })
}

/// A count as a column holds it.
fn column(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Runs one statement of this file.
fn run(
    transaction: &Transaction<'_>,
    sql: &str,
    given: &[(&str, &dyn rusqlite::ToSql)],
) -> rusqlite::Result<()> {
    transaction.prepare_cached(sql)?.execute(given).map(|_| ())
}

fn error(source: rusqlite::Error) -> StoreError {
    INVENTORY.error(source)
}

#[cfg(test)]
mod tests;
