//! What went where: noted before a part is sent and after it has arrived, in `copies.db`.

use rusqlite::{Connection, OptionalExtension as _, named_params};

use super::super::file;
use super::super::{BatchId, Settings, StoreError};

const COPIES: file::Kind =
    file::Kind { file: "copies.db", schema: &[include_str!("../sql/copies_schema.sql")] };

/// A part's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) site: &'a str,
    /// `names`, or the date of a day.
    pub(super) what: &'a str,
    pub(super) part: u32,
}

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was never sent.
    Nothing,
    /// It is there, or on its way, as it is now.
    Same {
        /// Has the store confirmed it?
        is_there: bool,
    },
    /// What was sent is not what stands in the file now.
    Other,
}

/// The file, for one destination.
pub(super) struct Record {
    connection: Connection,
    destination: String,
}

impl Record {
    /// Opens the file, and makes it where it is missing.
    pub(super) fn open(settings: &Settings, destination: String) -> Result<Self, StoreError> {
        Ok(Self { connection: COPIES.open(&settings.path)?, destination })
    }

    /// What is known of a part that is this batch now.
    pub(super) fn known(&self, place: Place<'_>, batch: BatchId) -> Result<Known, StoreError> {
        let mut statement =
            self.connection.prepare_cached(include_str!("../sql/copies_get.sql")).map_err(error)?;
        let wanted = named_params! {
            ":destination": self.destination,
            ":site": place.site,
            ":what": place.what,
            ":part": place.part,
        };
        let found: Option<(Vec<u8>, bool)> =
            statement.query_row(wanted, |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(error)?;
        Ok(match found {
            None => Known::Nothing,
            Some((id, is_there)) if id == batch.to_bytes() => Known::Same { is_there },
            Some(_) => Known::Other,
        })
    }

    /// Notes that a part is about to be sent, or is there.
    pub(super) fn note(&self, place: Place<'_>, batch: BatchId, is_there: bool) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached(include_str!("../sql/copies_note.sql")).map_err(error)?;
        let id = batch.to_bytes();
        let row = named_params! {
            ":destination": self.destination,
            ":site": place.site,
            ":what": place.what,
            ":part": place.part,
            ":batch": id.as_slice(),
            ":is_there": is_there,
        };
        statement.execute(row).map(|_| ()).map_err(error)
    }
}

fn error(source: rusqlite::Error) -> StoreError {
    COPIES.error(source)
}
