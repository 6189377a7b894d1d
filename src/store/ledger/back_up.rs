//! A copy of the ledger in one file, made while the gateway goes on.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, named_params};

use super::super::StoreError;
use super::error;
use super::read::Receipts;

impl Receipts {
    /// Writes the ledger as it is at this moment into a new file of its owner alone, flushed to the disk, and opens that. A
    /// file that is there already is left alone; one that could not be finished is taken away.
    pub fn back_up(&self, file: &Path) -> Result<Self, StoreError> {
        let told = |source| StoreError::File { path: file.to_owned(), source };
        // SQLite gives names such as ":memory:" a meaning of its own; a whole path has none.
        let path = std::path::absolute(file).map_err(told)?;
        let Some(name) = path.to_str() else {
            return Err(told(std::io::Error::other("the name is not UTF-8")));
        };
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(told)?;
        self.fill(&path, name).inspect_err(|_| {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "an unfinished copy of the ledger could not be removed");
            }
        })
    }

    fn fill(&self, path: &Path, name: &str) -> Result<Self, StoreError> {
        let told = |source| StoreError::File { path: path.to_owned(), source };
        self.0
            .execute(include_str!("../sql/ledger_back_up.sql"), named_params! { ":file": name })
            .map_err(error)?;
        OpenOptions::new().write(true).open(path).and_then(|file| file.sync_all()).map_err(told)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(path, flags).map(Self).map_err(error)
    }
}
