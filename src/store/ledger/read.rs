//! Reading receipts, one by one, and finding what was changed.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::super::{Settings, StoreError};
use super::{Hash, LEDGER, Receipt, error, head};
use crate::policy::consent::ReceiptNumber;

/// Most receipts that one number can have in an answer: a grant and its changes.
const RECEIPTS_MAX: i64 = 100;

/// The ledger as another process reads it, also while a gateway runs.
pub struct Receipts(Connection);

/// What a check of the whole chain found to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many receipts there are.
    pub receipts: u64,
    /// The hash of the last.
    pub head: Hash,
}

/// Why a ledger cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A receipt is not as it was written, or is missing.
    #[error("receipt {place} is broken: {what}")]
    Broken {
        /// The first broken one, counted from 1.
        place: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No receipt has the hash that was noted as the last one.
    #[error("no receipt has the hash {head}: the end was cut off, or the ledger is another")]
    CutOff {
        /// The hash that was noted.
        head: Hash,
    },
    /// The file could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Receipts {
    /// Opens the ledger for reading. It must exist.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        LEDGER.open_to_read(&settings.path).map(Self)
    }

    /// The receipts of one number, oldest first.
    pub fn get(&self, id: ReceiptNumber) -> Result<Vec<Receipt>, StoreError> {
        get(&self.0, id)
    }

    /// The hash of the last receipt.
    pub fn head(&self) -> Result<Hash, StoreError> {
        Ok(head(&self.0)?.1)
    }

    /// Hands over every receipt, oldest first; the first error of `each` ends it.
    pub fn export<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Receipt) -> Result<(), E>,
    ) -> Result<(), E> {
        self.walk(|_, receipt| each(receipt?))
    }

    /// Checks every receipt against the one before it. With `noted`, a hash that was the head once, one of them must
    /// have it.
    pub fn verify(&self, noted: Option<Hash>) -> Result<Verified, VerifyError> {
        let mut verified = Verified { receipts: 0, head: Hash::NONE };
        let mut is_found = noted.is_none_or(|noted| noted == Hash::NONE);
        let mut expected = 1;
        self.walk(|place, receipt| {
            let broken = |what| VerifyError::Broken { place: expected, what };
            if place != expected {
                return Err(broken("it is missing"));
            }
            let receipt = receipt.map_err(|_| broken("it cannot be read"))?;
            if receipt.previous != verified.head {
                return Err(broken("it does not follow the one before it"));
            }
            if receipt.computed() != receipt.hash {
                return Err(broken("its content is not what its hash says"));
            }
            expected += 1;
            is_found |= noted == Some(receipt.hash);
            verified = Verified { receipts: verified.receipts + 1, head: receipt.hash };
            Ok(())
        })?;
        match noted {
            Some(head) if !is_found => Err(VerifyError::CutOff { head }),
            _ => Ok(verified),
        }
    }

    fn walk<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(i64, Result<Receipt, StoreError>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.0.prepare(include_str!("../sql/ledger_all.sql")).map_err(error)?;
        let mut rows = statement.query([]).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            each(row.get("place").map_err(error)?, receipt(row))?;
        }
        Ok(())
    }
}

/// The receipts of one number, oldest first.
pub(super) fn get(connection: &Connection, id: ReceiptNumber) -> Result<Vec<Receipt>, StoreError> {
    let mut statement = connection.prepare_cached(include_str!("../sql/ledger_get.sql")).map_err(error)?;
    let mut rows =
        statement.query(named_params! { ":id": id.0.as_slice(), ":limit": RECEIPTS_MAX }).map_err(error)?;
    let mut receipts = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        receipts.push(receipt(row)?);
    }
    Ok(receipts)
}

fn receipt(row: &Row<'_>) -> Result<Receipt, StoreError> {
    let seconds: i64 = row.get("time").map_err(error)?;
    let time = Timestamp::from_second(seconds)
        .map_err(|_| StoreError::Corrupt { file: LEDGER.file, what: "a time outside the calendar" })?;
    fields(row, time).map_err(error)
}

fn fields(row: &Row<'_>, time: Timestamp) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        id: ReceiptNumber(row.get("id")?),
        time,
        site: row.get("site")?,
        action: row.get("action")?,
        granted: names(row.get_ref("granted")?.as_str()?),
        refused: names(row.get_ref("refused")?.as_str()?),
        texts: Hash(row.get("texts")?),
        previous: Hash(row.get("previous")?),
        hash: Hash(row.get("hash")?),
    })
}

fn names(list: &str) -> Vec<String> {
    list.split('\n').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
