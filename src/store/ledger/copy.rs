//! Reading the ledger block by block, for a copy of it elsewhere.

use rusqlite::{OptionalExtension as _, named_params};

use super::super::StoreError;
use super::chain::{Hash, Link};
use super::read::{Receipts, head, link};
use super::{LEDGER, error};

/// Longest text of names in one block: a record of erasure has 70 KB, a receipt hardly ever one. Unit: bytes.
const BLOCK_BYTES_MAX: usize = 4 << 20;

/// Places of the chain that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The hash of the ledger's first receipt: no other ledger has it, and erasing leaves it.
    pub ledger: Hash,
    /// The place of the first link.
    pub first: i64,
    /// At least one, in order.
    pub links: Vec<Link>,
}

/// What a record in a block took out of places before the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The place of the record.
    pub by: i64,
    /// What it names.
    pub places: Vec<i64>,
}

impl Block {
    /// The place of the last link.
    pub fn last(&self) -> i64 {
        self.first - 1 + i64::try_from(self.links.len()).unwrap_or(i64::MAX)
    }

    /// What a copy that ends before this block has to forget.
    pub fn erased(&self) -> Result<Vec<Erased>, StoreError> {
        let mut erased = Vec::new();
        for (by, link) in (self.first..).zip(&self.links) {
            let Link::Whole(record) = link else { continue };
            if record.id.is_some() {
                continue;
            }
            let mut places = Vec::new();
            for name in &record.granted {
                let place = name.split(' ').next().and_then(|place| place.parse::<i64>().ok());
                let what = "a record of erasure that names no place";
                let place = place.ok_or(StoreError::Corrupt { file: LEDGER.file, what })?;
                if place < self.first {
                    places.push(place);
                }
            }
            if !places.is_empty() {
                erased.push(Erased { by, places });
            }
        }
        Ok(erased)
    }
}

impl Receipts {
    /// The place of the last receipt; 0 before the first.
    pub fn last(&self) -> Result<i64, StoreError> {
        Ok(head(&self.0)?.0)
    }

    /// The hash at a place; `None` where nothing is.
    pub fn hash_at(&self, place: i64) -> Result<Option<Hash>, StoreError> {
        self.0
            .prepare_cached(include_str!("../sql/ledger_hash.sql"))
            .and_then(|mut statement| {
                statement
                    .query_row(named_params! { ":place": place }, |row| Ok(Hash(row.get("hash")?)))
                    .optional()
            })
            .map_err(error)
    }

    /// What follows `after`: at most `limit` places, fewer where they are long; `None` at the end.
    pub fn block(&self, after: i64, limit: usize) -> Result<Option<Block>, StoreError> {
        let Some(ledger) = self.hash_at(1)? else { return Ok(None) };
        let mut statement = self.0.prepare_cached(include_str!("../sql/ledger_after.sql")).map_err(error)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(named_params! { ":after": after, ":limit": limit }).map_err(error)?;
        let (mut links, mut bytes, mut next) = (Vec::new(), 0, after);
        while bytes < BLOCK_BYTES_MAX {
            let Some(row) = rows.next().map_err(error)? else { break };
            next += 1;
            if row.get::<_, i64>("place").map_err(error)? != next {
                return Err(StoreError::Corrupt { file: LEDGER.file, what: "a place without a receipt" });
            }
            let link = link(row)?;
            if let Link::Whole(receipt) = &link {
                bytes += receipt.granted.iter().chain(&receipt.refused).map(String::len).sum::<usize>();
            }
            links.push(link);
        }
        Ok((!links.is_empty()).then_some(Block { ledger, first: after + 1, links }))
    }
}
