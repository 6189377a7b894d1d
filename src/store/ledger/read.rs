//! Reading receipts, one by one, and finding what was changed.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::super::{Settings, StoreError};
use super::chain::{Form, Link};
use super::erase::named;
use super::{Hash, LEDGER, Receipt, error};
use crate::policy::consent::ReceiptNumber;

/// Most receipts that one number can have in an answer: a grant and its changes.
const RECEIPTS_MAX: i64 = 100;

/// The ledger as another process reads it, also while a gateway runs.
pub struct Receipts(pub(super) Connection);

/// What a check of the whole chain found to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many places the chain has.
    pub receipts: u64,
    /// How many of them were erased.
    pub erased: u64,
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
    /// The file itself is not as SQLite left it: an index, say, does not have what the receipts have.
    #[error("the file is damaged: {what}")]
    Damaged {
        /// What SQLite said of it.
        what: String,
    },
    /// A notice that was shown to visitors is not the one that its receipts name.
    #[error("the notice {hash} is not as it was shown")]
    Notice {
        /// The hash it is kept under.
        hash: Hash,
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

    /// The notice of that hash.
    pub fn notice(&self, hash: Hash) -> Result<Option<String>, StoreError> {
        notice(&self.0, hash)
    }

    /// The hash of the last receipt.
    pub fn head(&self) -> Result<Hash, StoreError> {
        Ok(head(&self.0)?.1)
    }

    /// Hands over every place of the chain, oldest first; the first error of `each` ends it.
    pub fn export<E: From<StoreError>>(&self, mut each: impl FnMut(Link) -> Result<(), E>) -> Result<(), E> {
        self.walk(|kept| each(kept.link?))
    }

    /// Checks every receipt against the one before it, every erasure against the record of it, every notice against its
    /// hash, and the file. With `noted`, a
    /// hash that was the head once, one of them must have it.
    pub fn verify(&self, noted: Option<Hash>) -> Result<Verified, VerifyError> {
        let mut check = Check::new(noted);
        self.walk(|kept| check.take(kept))?;
        self.verify_notices()?;
        self.verify_file()?;
        check.end()
    }

    fn verify_notices(&self) -> Result<(), VerifyError> {
        let mut statement = self.0.prepare(include_str!("../sql/ledger_notices.sql")).map_err(error)?;
        let mut rows = statement.query([]).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            let hash = Hash(row.get("hash").map_err(error)?);
            let content: String = row.get("content").map_err(error)?;
            if Hash::of(&content) != hash {
                return Err(VerifyError::Notice { hash });
            }
        }
        Ok(())
    }

    /// What no receipt is hashed over: indexes, by which receipts are found, and the order of the pages.
    fn verify_file(&self) -> Result<(), VerifyError> {
        let said: String =
            self.0.pragma_query_value(None, "integrity_check", |row| row.get(0)).map_err(error)?;
        if said == "ok" { Ok(()) } else { Err(VerifyError::Damaged { what: said }) }
    }

    fn walk<E: From<StoreError>>(&self, mut each: impl FnMut(Kept) -> Result<(), E>) -> Result<(), E> {
        let mut statement = self.0.prepare(include_str!("../sql/ledger_all.sql")).map_err(error)?;
        let mut rows = statement.query([]).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            let form: i64 = row.get("form").map_err(error)?;
            each(Kept {
                place: row.get("place").map_err(error)?,
                form: Form::from_number(form),
                is_bare: row.get("is_bare").map_err(error)?,
                link: link(row),
            })?;
        }
        Ok(())
    }
}

/// One place of the chain as it stands in the file.
struct Kept {
    place: i64,
    form: Option<Form>,
    /// Has it no content at all?
    is_bare: bool,
    link: Result<Link, StoreError>,
}

/// A check of the chain, place by place.
struct Check {
    noted: Option<Hash>,
    is_found: bool,
    verified: Verified,
    /// What was erased and is not accounted for yet: place and hash, by the place of the record.
    erased: HashMap<i64, Vec<String>>,
}

impl Check {
    fn new(noted: Option<Hash>) -> Self {
        Self {
            noted,
            is_found: noted.is_none_or(|noted| noted == Hash::NONE),
            verified: Verified { receipts: 0, erased: 0, head: Hash::NONE },
            erased: HashMap::new(),
        }
    }

    fn take(&mut self, kept: Kept) -> Result<(), VerifyError> {
        let place = i64::try_from(self.verified.receipts).unwrap_or(i64::MAX) + 1;
        let broken = |what| VerifyError::Broken { place, what };
        if kept.place != place {
            return Err(broken("it is missing"));
        }
        let (previous, hash) = match kept.link.map_err(|_| broken("it cannot be read"))? {
            Link::Erased { previous, hash, by } => {
                if by <= place {
                    return Err(broken("it was erased, and no later record says so"));
                }
                if !kept.is_bare {
                    return Err(broken("it was erased, and has content again"));
                }
                self.verified.erased += 1;
                self.erased.entry(by).or_default().push(named(place, hash));
                (previous, hash)
            }
            Link::Whole(receipt) => {
                let form = kept.form.ok_or_else(|| broken("it has a form of a later version"))?;
                if !form.fits(&receipt) || receipt.computed(form) != receipt.hash {
                    return Err(broken("its content is not what its hash says"));
                }
                for erased in self.erased.remove(&place).unwrap_or_default() {
                    if receipt.id.is_some() || !receipt.granted.contains(&erased) {
                        return Err(broken("it does not name everything that points to it as erased"));
                    }
                }
                (receipt.previous, receipt.hash)
            }
        };
        if previous != self.verified.head {
            return Err(broken("it does not follow the one before it"));
        }
        self.is_found |= self.noted == Some(hash);
        self.verified.receipts += 1;
        self.verified.head = hash;
        Ok(())
    }

    fn end(self) -> Result<Verified, VerifyError> {
        if let Some(place) = self.erased.keys().min() {
            return Err(VerifyError::Broken {
                place: *place,
                what: "it should say what was erased, and is missing",
            });
        }
        match self.noted {
            Some(head) if !self.is_found => Err(VerifyError::CutOff { head }),
            _ => Ok(self.verified),
        }
    }
}

/// The receipts of one number, oldest first.
pub(super) fn get(connection: &Connection, id: ReceiptNumber) -> Result<Vec<Receipt>, StoreError> {
    let mut statement = connection.prepare_cached(include_str!("../sql/ledger_get.sql")).map_err(error)?;
    let mut rows =
        statement.query(named_params! { ":id": id.0.as_slice(), ":limit": RECEIPTS_MAX }).map_err(error)?;
    let mut receipts = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        if let Link::Whole(receipt) = link(row)? {
            receipts.push(receipt);
        }
    }
    Ok(receipts)
}

/// The notice of that hash.
pub(super) fn notice(connection: &Connection, hash: Hash) -> Result<Option<String>, StoreError> {
    connection
        .prepare_cached(include_str!("../sql/ledger_notice.sql"))
        .and_then(|mut statement| {
            statement
                .query_row(named_params! { ":hash": hash.0.as_slice() }, |row| row.get("content"))
                .optional()
        })
        .map_err(error)
}

/// Place and hash of the last receipt; before the first, 0 and [`Hash::NONE`].
pub(super) fn head(connection: &Connection) -> Result<(i64, Hash), StoreError> {
    let head = connection
        .prepare_cached(include_str!("../sql/ledger_head.sql"))
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get("place")?, Hash(row.get("hash")?)))).optional()
        })
        .map_err(error)?;
    Ok(head.unwrap_or((0, Hash::NONE)))
}

/// One place as it stands in a row.
pub(super) fn link(row: &Row<'_>) -> Result<Link, StoreError> {
    if let Some(by) = row.get("erased_by").map_err(error)? {
        let (previous, hash) = (row.get("previous").map_err(error)?, row.get("hash").map_err(error)?);
        return Ok(Link::Erased { previous: Hash(previous), hash: Hash(hash), by });
    }
    let seconds: i64 = row.get("time").map_err(error)?;
    let time = Timestamp::from_second(seconds)
        .map_err(|_| StoreError::Corrupt { file: LEDGER.file, what: "a time outside the calendar" })?;
    fields(row, time).map(Link::Whole).map_err(error)
}

fn fields(row: &Row<'_>, time: Timestamp) -> rusqlite::Result<Receipt> {
    let has_number = !row.get_ref("id")?.as_blob()?.is_empty();
    Ok(Receipt {
        id: if has_number { Some(ReceiptNumber(row.get("id")?)) } else { None },
        time,
        site: row.get("site")?,
        action: row.get("action")?,
        layer: row.get("layer")?,
        language: row.get("language")?,
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
