//! Opening a SQLite file: durable, private to its owner, and never one of a later version.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// Longest wait for another connection's lock, in this process or another.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A file of this room: its name, and the statements that make it.
pub(super) struct Kind {
    /// Name within [`super::Settings::path`]; also how errors call it.
    pub(super) file: &'static str,
    /// Statements by version: the first make version 1 and set `user_version` to it, each further one brings a file of
    /// the version before to its own. A file of any earlier version keeps what it holds.
    pub(super) schema: &'static [&'static str],
}

impl Kind {
    /// Wraps what SQLite says with the name of the file.
    pub(super) fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { file: self.file, source }
    }

    /// The version this program writes.
    fn version(&self) -> i32 {
        i32::try_from(self.schema.len()).unwrap_or(i32::MAX)
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
        if found > self.version() {
            return Err(StoreError::Newer { file: self.file, found, known: self.version() });
        }
        for step in self.schema.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.execute_batch(step).map_err(|source| self.error(source))?;
        }
        transaction.commit().map_err(|source| self.error(source))
    }

    /// Brings what stands in the journal into the file and cuts the journal off, so that the file alone holds all of it.
    /// Waits for those who read or write meanwhile, but not for ever.
    pub(super) fn settle(&self, connection: &Connection) -> Result<(), StoreError> {
        let is_held = connection
            .pragma_update_and_check(None, "wal_checkpoint", "truncate", |row| row.get::<_, bool>("busy"))
            .map_err(|source| self.error(source))?;
        if is_held { Err(StoreError::Held { file: self.file }) } else { Ok(()) }
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
        if found > self.version() {
            return Err(StoreError::Newer { file: self.file, found, known: self.version() });
        }
        Ok(connection)
    }
}

fn tune(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(LOCK_WAIT)?;
    // Only a file that is made now heeds it: what is deleted later can be given back bit by bit.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
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

    const FIRST: &str = "create table t (a integer); pragma user_version = 1;";
    const SECOND: &str = "alter table t add column b integer not null default 1; pragma user_version = 2;";
    const KIND: Kind = Kind { file: "test.db", schema: &[FIRST] };

    #[test]
    fn file_of_a_later_version_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        KIND.open(directory.path()).unwrap().pragma_update(None, "user_version", 7).unwrap();
        let error = KIND.open(directory.path()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 7, known: 1, .. }), "{error}");
    }

    #[test]
    fn file_of_an_earlier_version_is_brought_on_and_keeps_what_it_holds() {
        let directory = tempfile::tempdir().unwrap();
        KIND.open(directory.path()).unwrap().execute("insert into t (a) values (7)", []).unwrap();
        let later = Kind { schema: &[FIRST, SECOND], ..KIND };
        for _ in 0..2 {
            let kept = later.open(directory.path()).unwrap();
            let row = kept.query_row("select a, b from t", [], |row| Ok((row.get(0)?, row.get(1)?)));
            assert_eq!(row, Ok((7, 1)));
        }
    }

    #[test]
    fn settled_file_holds_all_of_it_and_one_that_is_read_is_said_to_be_held() {
        let directory = tempfile::tempdir().unwrap();
        let writer = KIND.open(directory.path()).unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        let add = |writer: &Connection| writer.execute("insert into t (a) values (7)", []).unwrap();
        let alone = || {
            let copy = tempfile::tempdir().unwrap();
            fs::copy(directory.path().join("test.db"), copy.path().join("test.db")).unwrap();
            let copy = KIND.open_to_read(copy.path()).unwrap();
            copy.query_row("select count(*) from t", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        add(&writer);
        KIND.settle(&writer).unwrap();
        assert_eq!(alone(), 1);
        let mut reader = KIND.open_to_read(directory.path()).unwrap();
        let reading = reader.transaction().unwrap();
        reading.query_row("select count(*) from t", [], |_| Ok(())).unwrap();
        add(&writer);
        let error = KIND.settle(&writer).unwrap_err();
        assert!(matches!(error, StoreError::Held { file: "test.db" }) && error.is_transient(), "{error}");
        drop(reading);
        KIND.settle(&writer).unwrap();
        assert_eq!(alone(), 2);
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
