//! A place table that may be missing: until it is there, every place is unknown, and the operator can see why.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use super::{Place, Places, PlacesError, PlacesFile};

/// The operator's place table: read when it appears, read again when it changes.
pub struct WatchedPlaces {
    path: Option<PathBuf>,
    table: RwLock<Option<PlacesFile>>,
    problem: Mutex<Option<String>>,
}

impl WatchedPlaces {
    /// Watches the file at `path`; without a path, every place is unknown and nothing is wrong.
    pub fn open(path: Option<&Path>) -> Self {
        let places =
            Self { path: path.map(Path::to_owned), table: RwLock::default(), problem: Mutex::default() };
        places.refresh();
        places
    }

    /// Looks whether the file is new. Asks the file system, so call it now and then, not per hit. What is wrong is
    /// logged once, and stays to be read in [`problem`](Self::problem); the table read before stays in use.
    pub fn refresh(&self) {
        let Some(path) = &self.path else { return };
        match self.read(path) {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!(path = %path.display(), "the place table was read");
                *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            Err(error) => self.note(&error),
        }
    }

    /// What is wrong with the file, if anything is.
    pub fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn read(&self, path: &Path) -> Result<bool, PlacesError> {
        if let Some(table) = &*self.table.read().unwrap_or_else(PoisonError::into_inner) {
            return table.refresh();
        }
        let opened = PlacesFile::open(path)?;
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        Ok(true)
    }

    fn note(&self, error: &PlacesError) {
        let text = error.to_string();
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        if problem.as_deref() != Some(&text) {
            tracing::warn!(%error, "places are unknown, or as they were read before");
            *problem = Some(text);
        }
    }
}

impl Places for WatchedPlaces {
    fn place(&self, address: IpAddr) -> Place {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.as_ref().map_or(Place::UNKNOWN, |table| table.place(address))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Record, mmdb};
    use super::*;

    #[test]
    fn a_missing_table_is_a_problem_that_is_told_and_not_the_end() {
        let places = WatchedPlaces::open(Some(Path::new("/nowhere/places.mmdb")));
        assert!(places.problem().is_some_and(|problem| problem.contains("/nowhere/places.mmdb")));
        assert_eq!(places.place("192.0.2.1".parse().unwrap()), Place::UNKNOWN);
    }

    #[test]
    fn a_damaged_table_is_told_and_the_one_read_before_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("places.mmdb");
        let code = Record::map([("iso_code", Record::text("NO"))]);
        let whole = mmdb(&[("192.0.2.0/24", Record::map([("country", code)]))]);
        std::fs::write(&path, &whole).unwrap();
        let places = WatchedPlaces::open(Some(&path));
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        places.refresh();
        assert!(places.problem().is_some_and(|problem| problem.contains("fetch it again")));
        assert_eq!(places.place("192.0.2.1".parse().unwrap()).country(), Some("NO"));
        std::fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
        places.refresh();
        assert_eq!(places.problem(), None);
    }

    #[test]
    fn without_a_table_nothing_is_wrong() {
        assert_eq!(WatchedPlaces::open(None).problem(), None);
    }
}
