//! Taking the content out of receipts without breaking the chain.
//!
//! An erased receipt keeps its place, its hash and that of the one before it; everything else is overwritten. A
//! record at the end of the chain names each of them by place and hash, so whoever checks the ledger can tell an
//! erasure that was asked for from a hole that somebody made.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use super::super::StoreError;
use super::chain::{Hash, Receipt};
use super::read::head;
use super::write::put;
use super::{error, whole_second};
use crate::policy::consent::ReceiptNumber;

/// Most receipts that one record of erasure names.
const ERASED_MAX: i64 = 1000;

/// What is to be erased.
#[derive(Clone, Copy, Debug)]
pub enum Erase {
    /// What one visitor holds the number of, because they asked (GDPR art. 17).
    Number(ReceiptNumber),
    /// What was made before that moment, because nobody needs it any more (GDPR art. 5(1)(e)).
    Before(Timestamp),
}

impl Erase {
    /// The word in the record.
    const fn action(self) -> &'static str {
        match self {
            Self::Number(_) => "erased",
            Self::Before(_) => "expired",
        }
    }
}

/// Erases, in as many transactions as it takes; returns how many receipts.
pub(super) fn erase(connection: &mut Connection, what: Erase, now: Timestamp) -> Result<u64, StoreError> {
    let mut erased = 0;
    loop {
        let places = erase_some(connection, what, now)?;
        if places == 0 {
            break;
        }
        erased += places;
    }
    if erased > 0 {
        // The journal still has the old pages until it is written back and cut off.
        connection.pragma_update(None, "wal_checkpoint", "truncate").map_err(error)?;
    }
    Ok(erased)
}

fn erase_some(connection: &mut Connection, what: Erase, now: Timestamp) -> Result<u64, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let places = places(&transaction, what).map_err(error)?;
    if places.is_empty() {
        return Ok(0);
    }
    let (last, previous) = head(&transaction)?;
    let record = Receipt {
        id: None,
        time: whole_second(now),
        site: String::new(),
        action: what.action().to_owned(),
        layer: String::new(),
        language: String::new(),
        granted: places.iter().map(|(place, hash)| named(*place, *hash)).collect(),
        refused: Vec::new(),
        texts: Hash::NONE,
        previous,
        hash: Hash::NONE,
    };
    put(&transaction, last + 1, &record.hashed())?;
    for (place, _) in &places {
        transaction
            .prepare_cached(include_str!("../sql/ledger_erase.sql"))
            .and_then(|mut statement| statement.execute(named_params! { ":place": place, ":by": last + 1 }))
            .map_err(error)?;
    }
    transaction.commit().map_err(error)?;
    Ok(places.len() as u64)
}

/// How a record names what it erased.
pub(super) fn named(place: i64, hash: Hash) -> String {
    format!("{place} {hash}")
}

fn places(transaction: &Transaction<'_>, what: Erase) -> rusqlite::Result<Vec<(i64, Hash)>> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get("place")?, Hash(row.get("hash")?)));
    match what {
        Erase::Number(id) => transaction
            .prepare_cached(include_str!("../sql/ledger_of_number.sql"))?
            .query_map(named_params! { ":id": id.0.as_slice(), ":limit": ERASED_MAX }, row)?
            .collect(),
        Erase::Before(before) => transaction
            .prepare_cached(include_str!("../sql/ledger_of_age.sql"))?
            .query_map(named_params! { ":before": before.as_second(), ":limit": ERASED_MAX }, row)?
            .collect(),
    }
}
