//! Opening a SQLite file: durable, private to its owner, and never one of a later version.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// Longest wait for another connection's lock, in this process or another.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A file of this room: its name, the statements that make it, and the version they make.
pub(super) struct Kind {
    /// Name within [`super::Settings::path`]; also how errors call it.
    pub(super) file: &'static str,
    /// Makes tables and views in an empty file and sets `user_version` to `version`.
    pub(super) schema: &'static str,
    /// From each earlier version to the next, the first from version 1; each sets `user_version`.
    pub(super) upgrades: &'static [&'static str],
    /// The version of this program.
    pub(super) version: i32,
}

impl Kind {
    /// Wraps what SQLite says with the name of the file.
    pub(super) fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { file: self.file, source }
    }

    /// Opens the file in `directory` for reading and writing, and makes both where they are missing: the directory
    /// with mode 0700, the file with 0600 (SQLite gives its journal the same). Commits are flushed to the disk
    /// (WAL, `synchronous = full`).
    pub(super) fn open(&self, directory: &Path) -> Result<Connection, StoreError> {
        let path = directory.join(self.file);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .and_then(|()| {
                OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)
            })
            .and_then(|_| OpenOptions::new().read(true).open(directory)?.sync_all())
            .map_err(|source| StoreError::File { path: path.clone(), source })?;
        let mut connection = Connection::open(&path).map_err(|source| self.error(source))?;
        self.prepare(&mut connection)?;
        Ok(connection)
    }

    fn prepare(&self, connection: &mut Connection) -> Result<(), StoreError> {
        tune(connection).map_err(|source| self.error(source))?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.error(source))?;
        let found = version(&transaction).map_err(|source| self.error(source))?;
        if found > self.version {
            return Err(StoreError::Newer { file: self.file, found, known: self.version });
        }
        for step in self.steps(found) {
            transaction.execute_batch(step).map_err(|source| self.error(source))?;
        }
        transaction.commit().map_err(|source| self.error(source))
    }

    /// What makes a file of version `found` one of ours.
    fn steps(&self, found: i32) -> &[&'static str] {
        match usize::try_from(found) {
            Ok(0) => std::slice::from_ref(&self.schema),
            Ok(found) => self.upgrades.get(found - 1..).unwrap_or_default(),
            Err(_) => &[],
        }
    }

    /// Opens the file for reading only. It must exist.
    pub(super) fn open_to_read(&self, directory: &Path) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(directory.join(self.file), flags)
            .map_err(|source| self.error(source))?;
        let found = connection
            .busy_timeout(LOCK_WAIT)
            .and_then(|()| version(&connection))
            .map_err(|source| self.error(source))?;
        if found > self.version {
            return Err(StoreError::Newer { file: self.file, found, known: self.version });
        }
        Ok(connection)
    }
}

fn tune(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")
}

fn version(connection: &Connection) -> Result<i32, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const KIND: Kind = Kind {
        file: "test.db",
        schema: "create table t (a integer); pragma user_version = 1;",
        upgrades: &[],
        version: 1,
    };

    #[test]
    fn file_of_a_later_version_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        KIND.open(directory.path()).unwrap().pragma_update(None, "user_version", 7).unwrap();
        let error = KIND.open(directory.path()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 7, known: 1, .. }), "{error}");
    }

    #[test]
    fn file_of_an_earlier_version_is_brought_up_step_by_step() {
        let directory = tempfile::tempdir().unwrap();
        KIND.open(directory.path()).unwrap().execute("insert into t values (1)", []).unwrap();
        let later = Kind {
            schema: "create table t (a integer, b integer, c integer); pragma user_version = 3;",
            upgrades: &[
                "alter table t add column b integer; pragma user_version = 2;",
                "alter table t add column c integer; pragma user_version = 3;",
            ],
            version: 3,
            ..KIND
        };
        for _ in 0..2 {
            let connection = later.open(directory.path()).unwrap();
            let kept: i32 =
                connection.query_row("select a from t where c is null", [], |row| row.get(0)).unwrap();
            assert_eq!((kept, version(&connection).unwrap()), (1, 3));
        }
    }

    #[test]
    fn file_can_be_read_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        drop(KIND.open(directory.path()).unwrap());
        let mode = fs::metadata(directory.path().join("test.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn file_that_is_no_database_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("test.db"), [7; 4096]).unwrap();
        assert!(!KIND.open(directory.path()).unwrap_err().is_transient());
    }
}
