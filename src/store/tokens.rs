//! Keys of analysts: made here, shown once, kept as hashes only.
//!
//! Every check asks the file: one look-up by key in a page that SQLite has in memory, some microseconds. So a token
//! made by another process is honoured at once.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::file::Kind;
use super::{Settings, StoreError};
use crate::clock::Entropy;

/// What every token begins with, so that one that leaked is recognised.
pub const PREFIX: &str = "cst_";
/// Longest name of a token. Unit: bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Hexadecimal digits of a token, after [`PREFIX`].
const DIGITS: usize = 64;

const TOKENS: Kind =
    Kind { file: "tokens.db", schema: include_str!("sql/tokens_schema.sql"), upgrades: &[], version: 1 };

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The token's name.
    pub name: String,
    /// The only site it opens; `None` means all.
    pub site: Option<String>,
}

impl Access {
    /// May figures of `site` be read with it?
    pub fn opens(&self, site: &str) -> bool {
        self.site.as_deref().is_none_or(|only| only == site)
    }
}

/// The tokens in `tokens.db`.
pub struct Tokens(Mutex<Connection>);

impl Tokens {
    /// Opens the file, and makes it where it is missing.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        TOKENS.open(&settings.path).map(|connection| Self(Mutex::new(connection)))
    }

    /// Makes a token for one site, or for all, and returns it: the only time it can be read.
    pub fn make(
        &self,
        name: &str,
        site: Option<&str>,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        if name.len() > NAME_BYTES_MAX {
            return Err(StoreError::TooLong { what: "the name of a token", limit: NAME_BYTES_MAX });
        }
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        let token = format!("{PREFIX}{}", blake3::Hash::from_bytes(secret).to_hex());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .execute(
                include_str!("sql/token_new.sql"),
                named_params! {
                    ":hash": hash(&token).as_slice(),
                    ":name": name,
                    ":site": site,
                    ":created_at": now.as_second(),
                },
            )
            .map_err(|source| TOKENS.error(source))?;
        Ok(token)
    }

    /// What `token` opens; `None` where there is no such token.
    pub fn check(&self, token: &str) -> Result<Option<Access>, StoreError> {
        if token.len() != PREFIX.len() + DIGITS || !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached(include_str!("sql/token_check.sql"))
            .and_then(|mut statement| {
                statement
                    .query_row(named_params! { ":hash": hash(token).as_slice() }, |row| {
                        Ok(Access { name: row.get("name")?, site: row.get("site")? })
                    })
                    .optional()
            })
            .map_err(|source| TOKENS.error(source))
    }
}

/// A token is 256 random bits, so a plain hash of it cannot be guessed backwards.
fn hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn tokens(directory: &tempfile::TempDir) -> Tokens {
        Tokens::open(&Settings { path: directory.path().to_owned() }).unwrap()
    }

    #[test]
    fn token_made_elsewhere_is_honoured_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (gateway, command) = (tokens(&directory), tokens(&directory));
        let token = command.make("till", Some("shop"), &SystemEntropy, Timestamp::UNIX_EPOCH).unwrap();
        let access = gateway.check(&token).unwrap().unwrap();
        assert_eq!(access, Access { name: "till".to_owned(), site: Some("shop".to_owned()) });
        assert!(access.opens("shop") && !access.opens("other"));
    }

    #[test]
    fn wrong_and_malformed_tokens_open_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = tokens(&directory);
        let token = tokens.make("all", None, &SystemEntropy, Timestamp::UNIX_EPOCH).unwrap();
        for wrong in ["", "cst_", &token[1..], &token.to_uppercase(), &format!("cst_{}", "0".repeat(64))] {
            assert_eq!(tokens.check(wrong).unwrap(), None, "{wrong}");
        }
        assert!(tokens.check(&token).unwrap().unwrap().opens("any"));
    }

    #[test]
    fn token_is_in_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = tokens(&directory);
        let token = tokens.make("all", None, &SystemEntropy, Timestamp::UNIX_EPOCH).unwrap();
        drop(tokens);
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let is_in = memchr::memmem::find(&bytes, &token.as_bytes()[PREFIX.len()..]).is_some();
            assert!(!is_in);
        }
    }
}
