//! Where an address is, as far as a place table tells: country, region and city, nothing finer.
//!
//! The table is an operator's own MMDB file, MaxMind's layout (`country.iso_code`, `subdivisions[0].iso_code`,
//! `city.names.en`) or the flat one with `country_code` and `city`. It is read into memory; a lookup writes nothing and logs nothing.

mod check;
mod watch;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use maxminddb::{MaxMindDbError, Reader, path};
pub use watch::WatchedPlaces;

/// Finds places.
pub trait Places: Send + Sync {
    /// Where this address is; [`Place::UNKNOWN`] when the table does not say, or cannot be read there.
    fn place(&self, address: IpAddr) -> Place;
}

/// Knows no place.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPlaces;

impl Places for NoPlaces {
    fn place(&self, _address: IpAddr) -> Place {
        Place::UNKNOWN
    }
}

/// The longest name of a city, in bytes.
const CITY_BYTES_MAX: usize = 100;

/// A country and a part of it, in the codes of ISO 3166, and a city, by its English name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Place {
    country: Option<[u8; 2]>,
    part: Option<([u8; 3], u8)>,
    city: Option<Box<str>>,
}

impl Place {
    /// Nowhere we know.
    pub const UNKNOWN: Self = Self { country: None, part: None, city: None };

    /// The place with these codes: `NO` and `03`. What is no code, two letters or one to three letters and digits,
    /// is unknown; so is a part without its country.
    pub fn new(country: Option<&str>, part: Option<&str>) -> Self {
        let country = country.and_then(|code| <[u8; 2]>::try_from(code.as_bytes()).ok());
        let country = country.filter(|code| code.iter().all(u8::is_ascii_uppercase));
        let part = part.filter(|code| country.is_some() && (1..=3).contains(&code.len())).and_then(|code| {
            let mut bytes = [0; 3];
            bytes[..code.len()].copy_from_slice(code.as_bytes());
            let is_code = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_code.then_some((bytes, u8::try_from(code.len()).ok()?))
        });
        Self { country, part, city: None }
    }

    /// The same place, in this city. An empty name, an endless one, and one without a country are unknown.
    #[must_use]
    pub fn in_city(mut self, name: Option<&str>) -> Self {
        let name = name.map(str::trim).filter(|name| !name.is_empty() && name.len() <= CITY_BYTES_MAX);
        self.city = name.filter(|_| self.country.is_some()).map(Into::into);
        self
    }

    /// The country's code, such as `NO`.
    pub fn country(&self) -> Option<&str> {
        self.country.as_ref().and_then(|code| std::str::from_utf8(code).ok())
    }

    /// The city's English name.
    pub fn city(&self) -> Option<&str> {
        self.city.as_deref()
    }

    /// The code of the part of the country, such as `NO-03`.
    pub fn region(&self) -> Option<String> {
        let (code, length) = self.part.as_ref()?;
        let part = std::str::from_utf8(&code[..usize::from(*length)]).ok()?;
        Some(format!("{}-{part}", self.country()?))
    }
}

/// Why a place table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// Not there, or not ours to read.
    #[error("places.database {path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not an MMDB file, or a damaged one.
    #[error("places.database {path} is not a usable MMDB file; fetch it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: MaxMindDbError,
    },
}

/// Identifies a version of a file.
type Stamp = (Option<SystemTime>, u64);

/// A place table read from a file, and read again when the file is replaced.
pub struct PlacesFile {
    path: PathBuf,
    table: RwLock<Table>,
}

struct Table {
    reader: Reader<Vec<u8>>,
    stamp: Stamp,
}

impl PlacesFile {
    /// Reads the table.
    pub fn open(path: &Path) -> Result<Self, PlacesError> {
        let stamp = stamp(path)?;
        let table = Table { reader: read(path)?, stamp };
        Ok(Self { path: path.to_owned(), table: RwLock::new(table) })
    }

    /// Reads the table again if the file has changed since; true if it had. Call it now and then, not per hit: it
    /// asks the file system. A file that cannot be read is an error, once; the table that was read before stays.
    pub fn refresh(&self) -> Result<bool, PlacesError> {
        let stamp = stamp(&self.path)?;
        if self.table.read().unwrap_or_else(PoisonError::into_inner).stamp == stamp {
            return Ok(false);
        }
        let read = read(&self.path);
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.stamp = stamp;
        table.reader = read?;
        Ok(true)
    }
}

impl std::fmt::Debug for PlacesFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlacesFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Places for PlacesFile {
    fn place(&self, address: IpAddr) -> Place {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        // A fault in the table was found when it was opened, and is told; a visitor without a place is counted without
        // one.
        let Ok(found) = table.reader.lookup(address.to_canonical()) else { return Place::UNKNOWN };
        let nested = found.decode_path::<&str>(&path!["country", "iso_code"]).ok().flatten();
        if nested.is_none() {
            let flat = found.decode_path::<&str>(&path!["country_code"]).ok().flatten();
            let city = found.decode_path::<&str>(&path!["city"]).ok().flatten();
            return Place::new(flat, None).in_city(city);
        }
        let part = found.decode_path::<&str>(&path!["subdivisions", 0, "iso_code"]).ok().flatten();
        let city = found.decode_path::<&str>(&path!["city", "names", "en"]).ok().flatten();
        Place::new(nested, part).in_city(city)
    }
}

fn stamp(path: &Path) -> Result<Stamp, PlacesError> {
    let unreadable = |source| PlacesError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    Ok((metadata.modified().ok(), metadata.len()))
}

fn read(path: &Path) -> Result<Reader<Vec<u8>>, PlacesError> {
    let unreadable = |source| PlacesError::Unreadable { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let damaged = |source| PlacesError::Damaged { path: path.to_owned(), source };
    check::check(&bytes).and_then(|()| Reader::from_source(bytes)).map_err(damaged)
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use super::sample::{Record, mmdb};
    use super::*;

    fn file(records: &[(&str, Record)]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("places.mmdb");
        std::fs::write(&path, mmdb(records)).unwrap();
        (directory, path)
    }

    fn nested(country: &str, part: &str) -> Record {
        let code = |code: &str| Record::map([("iso_code", Record::text(code))]);
        let city =
            Record::map([("names", Record::map([("de", Record::text("X")), ("en", Record::text("Oslo"))]))]);
        let parts = Record::List(vec![code(part)]);
        Record::map([("country", code(country)), ("subdivisions", parts), ("city", city)])
    }

    fn place(places: &PlacesFile, address: &str) -> (Option<String>, Option<String>) {
        let place = places.place(address.parse().unwrap());
        (place.country().map(Into::into), place.region())
    }

    fn found(country: &str, region: Option<&str>) -> (Option<String>, Option<String>) {
        (Some(country.into()), region.map(Into::into))
    }

    #[test]
    fn nested_layout_gives_country_and_region() {
        let (_directory, path) =
            file(&[("192.0.2.0/24", nested("NO", "03")), ("2001:db8::/32", nested("SE", "AB"))]);
        let places = PlacesFile::open(&path).unwrap();
        assert_eq!(place(&places, "192.0.2.77"), found("NO", Some("NO-03")));
        assert_eq!(place(&places, "::ffff:192.0.2.77"), found("NO", Some("NO-03")));
        assert_eq!(place(&places, "2001:db8:1::1"), found("SE", Some("SE-AB")));
        assert_eq!(place(&places, "198.51.100.1"), (None, None));
    }

    #[test]
    fn flat_layout_gives_the_country() {
        let record = Record::map([("country_code", Record::text("DK"))]);
        let (_directory, path) = file(&[("198.51.100.0/25", record)]);
        let places = PlacesFile::open(&path).unwrap();
        assert_eq!(place(&places, "198.51.100.1"), found("DK", None));
        assert_eq!(place(&places, "198.51.100.200"), (None, None));
    }

    #[test]
    fn records_that_make_no_sense_are_unknown() {
        let records = [
            ("192.0.2.0/25", Record::text("NO")),
            ("192.0.2.128/25", Record::map([("country", Record::List(vec![]))])),
            ("198.51.100.0/24", nested("Norway", "03")),
        ];
        let (_directory, path) = file(&records);
        let places = PlacesFile::open(&path).unwrap();
        for address in ["192.0.2.1", "192.0.2.129", "198.51.100.1"] {
            assert_eq!(place(&places, address), (None, None), "{address}");
        }
    }

    #[test]
    fn missing_and_damaged_files_are_errors_with_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("places.mmdb");
        let missing = PlacesFile::open(&path).unwrap_err();
        assert!(
            matches!(missing, PlacesError::Unreadable { .. }) && missing.to_string().contains("places.mmdb")
        );
        std::fs::write(&path, b"this is no table").unwrap();
        assert!(matches!(PlacesFile::open(&path), Err(PlacesError::Damaged { .. })));
    }

    #[test]
    fn replaced_file_is_read_again_and_a_bad_one_is_told_once() {
        let (_directory, path) = file(&[("192.0.2.0/24", nested("NO", "03"))]);
        let places = PlacesFile::open(&path).unwrap();
        assert!(!places.refresh().unwrap());
        std::fs::write(
            &path,
            mmdb(&[("192.0.2.0/24", nested("SE", "AB")), ("203.0.113.0/24", nested("DK", "84"))]),
        )
        .unwrap();
        assert!(places.refresh().unwrap());
        assert_eq!(place(&places, "192.0.2.1"), found("SE", Some("SE-AB")));
        std::fs::write(&path, b"gone").unwrap();
        assert!(places.refresh().is_err());
        assert!(!places.refresh().unwrap());
        assert_eq!(place(&places, "192.0.2.1"), found("SE", Some("SE-AB")), "the old table stays");
    }
}
