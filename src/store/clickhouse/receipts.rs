//! Copies of receipts: blocks in the order of the ledger, each one insert under a token; the server's own last place says
//! how far they are.
//!
//! What a record of erasure names goes from the copies before the record comes: a server that has the record has nothing
//! left of what it names.

use std::sync::Arc;

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};

use super::super::StoreError;
use super::super::ledger::{Block, Erased, Hash, Link as Place};
use super::DATABASE;
use super::engine::Engine;
use super::link::Link;
use super::write::settings;

/// Copies of receipts on a server.
pub struct ReceiptCopies {
    pub(super) link: Arc<Link>,
    pub(super) engine: Arc<Engine>,
}

/// The last place that the server has.
#[derive(Row, Deserialize)]
struct Last {
    place: u64,
    hash: String,
}

/// A row of the table `receipts`.
#[derive(Row, Serialize)]
struct Line {
    ledger: String,
    place: u64,
    erased_by: u64,
    id: String,
    time: u32,
    site: String,
    action: String,
    layer: String,
    language: String,
    granted: Vec<String>,
    refused: Vec<String>,
    texts: String,
    previous: String,
    hash: String,
}

impl ReceiptCopies {
    /// Place and hash of the last receipt that is there of that ledger; `None` where none is.
    pub async fn last(&self, ledger: Hash) -> Result<Option<(i64, Hash)>, StoreError> {
        let link = self.link.clone();
        self.engine.run(async move { doubting(&link, last(&link, ledger)).await }).await
    }

    /// Adds the block. The same block twice adds nothing.
    pub async fn add(&self, block: Block) -> Result<(), StoreError> {
        let (link, block) = (self.link.clone(), Arc::new(block));
        self.engine.run(async move { doubting(&link, add(&link, block)).await }).await
    }
}

/// After an error that does not pass by itself, the tables are looked at again.
async fn doubting<T>(
    link: &Link,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let outcome = work.await;
    if outcome.as_ref().is_err_and(|error| !error.is_transient()) {
        link.doubt().await;
    }
    outcome
}

async fn last(link: &Link, ledger: Hash) -> Result<Option<(i64, Hash)>, StoreError> {
    link.prepare().await?;
    let sql = include_str!("../sql/clickhouse/receipts_copied.sql");
    let ledger = ledger.to_string();
    let last: Last = link.within(|client| client.query(sql).param("ledger", &ledger).fetch_one()).await?;
    if last.place == 0 {
        return Ok(None);
    }
    let corrupt = || StoreError::Corrupt { file: DATABASE, what: "a receipt without place or hash" };
    let place = i64::try_from(last.place).map_err(|_| corrupt())?;
    Ok(Some((place, Hash::from_hex(&last.hash).ok_or_else(corrupt)?)))
}

async fn add(link: &Link, block: Arc<Block>) -> Result<(), StoreError> {
    link.prepare().await?;
    for erased in block.erased()? {
        erase(link, block.ledger, &erased).await?;
    }
    link.within(|client| send(client, block.clone())).await
}

async fn erase(link: &Link, ledger: Hash, erased: &Erased) -> Result<(), StoreError> {
    let places: Vec<String> = erased.places.iter().map(ToString::to_string).collect();
    let statements = link.layout().fill(include_str!("../sql/clickhouse/receipts_erase.sql"));
    for statement in statements {
        let statement = statement
            .replace("$ledger", &ledger.to_string())
            .replace("$places", &places.join(", "))
            .replace("$by", &erased.by.to_string());
        link.at_any(|client| client.query_raw(&statement).execute()).await?;
    }
    Ok(())
}

async fn send(client: Client, block: Arc<Block>) -> Result<(), clickhouse::error::Error> {
    let token = format!("receipts-{}-{}-{}", block.ledger, block.first, block.links.len());
    let mut insert = client.insert::<Line>("receipts").await?;
    for (name, value) in settings(token) {
        insert = insert.with_setting(name, value);
    }
    for (place, link) in (block.first..).zip(&block.links) {
        insert.write(&line(block.ledger, place, link)).await?;
    }
    insert.end().await
}

fn line(ledger: Hash, place: i64, link: &Place) -> Line {
    let number = |place: i64| u64::try_from(place).unwrap_or(0);
    let empty = Line {
        ledger: ledger.to_string(),
        place: number(place),
        erased_by: 0,
        id: String::new(),
        time: 0,
        site: String::new(),
        action: String::new(),
        layer: String::new(),
        language: String::new(),
        granted: Vec::new(),
        refused: Vec::new(),
        texts: String::new(),
        previous: String::new(),
        hash: String::new(),
    };
    match link {
        Place::Erased { previous, hash, by } => {
            Line { erased_by: number(*by), previous: previous.to_string(), hash: hash.to_string(), ..empty }
        }
        Place::Whole(receipt) => Line {
            id: receipt.id.map(|id| id.to_string()).unwrap_or_default(),
            time: u32::try_from(receipt.time.as_second()).unwrap_or(0),
            site: receipt.site.clone(),
            action: receipt.action.clone(),
            layer: receipt.layer.clone(),
            language: receipt.language.clone(),
            granted: receipt.granted.clone(),
            refused: receipt.refused.clone(),
            texts: receipt.texts.to_string(),
            previous: receipt.previous.to_string(),
            hash: receipt.hash.to_string(),
            ..empty
        },
    }
}
