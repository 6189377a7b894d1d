//! Which reports of a site are kept when there are more than there is room for: first the oldest day gives way, then
//! all others are counted as one row of their day.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, Transaction, named_params};

use super::{OTHER, PAGES_MAX, REPORTS_MAX, Report, column, run};

/// The rows of one site that are kept.
#[derive(Default)]
pub(super) struct Reports {
    rows: HashSet<Key>,
    /// Pages by directive and what was blocked.
    pages: HashMap<(String, String), HashSet<String>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    day: String,
    directive: String,
    blocked: String,
    page: String,
}

impl Key {
    fn others(day: String) -> Self {
        Self { day, directive: OTHER.into(), blocked: OTHER.into(), page: OTHER.into() }
    }
}

impl Reports {
    /// Takes down a row of the file.
    pub(super) fn know(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        self.note(Key {
            day: row.get("day")?,
            directive: row.get("directive")?,
            blocked: row.get("blocked")?,
            page: row.get("page")?,
        });
        Ok(())
    }

    /// Adds reports to the file.
    pub(super) fn add(&mut self, transaction: &Transaction<'_>, report: &Report) -> rusqlite::Result<()> {
        let mut key = Key {
            day: report.day.to_string(),
            directive: report.directive.to_owned(),
            blocked: report.blocked.as_str().to_owned(),
            page: report.page.to_string(),
        };
        let pages = self.pages.get(&(key.directive.clone(), key.blocked.clone()));
        if pages.is_some_and(|pages| pages.len() >= PAGES_MAX && !pages.contains(&key.page)) {
            key.page = OTHER.into();
        }
        if !self.rows.contains(&key) && self.rows.len() >= REPORTS_MAX {
            self.make_room(transaction, &report.site, &key.day)?;
        }
        if !self.rows.contains(&key) && self.rows.len() >= REPORTS_MAX {
            key = Key::others(key.day);
        }
        let row = named_params! {
            ":site": &*report.site,
            ":day": key.day,
            ":directive": key.directive,
            ":blocked": key.blocked,
            ":page": key.page,
            ":times": column(report.times),
        };
        run(transaction, include_str!("../sql/inventory_add_report.sql"), row)?;
        self.note(key);
        Ok(())
    }

    /// Forgets the first day, unless it is the one that needs the room.
    fn make_room(&mut self, transaction: &Transaction<'_>, site: &str, day: &str) -> rusqlite::Result<()> {
        let first = self.rows.iter().map(|row| row.day.clone()).min().filter(|first| first.as_str() < day);
        let Some(first) = first else { return Ok(()) };
        let before = named_params! { ":site": site, ":before": day };
        run(transaction, include_str!("../sql/inventory_forget_first_reports.sql"), before)?;
        self.rows.retain(|row| row.day != first);
        let rows = std::mem::take(&mut self.rows);
        self.pages.clear();
        for row in rows {
            self.note(row);
        }
        Ok(())
    }

    fn note(&mut self, key: Key) {
        let pages = self.pages.entry((key.directive.clone(), key.blocked.clone())).or_default();
        if key.page != OTHER {
            pages.insert(key.page.clone());
        }
        self.rows.insert(key);
    }
}
