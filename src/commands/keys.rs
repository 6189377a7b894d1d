//! `consentry keys verify`: is the log of keys as it was written? Works with or without a running gateway.

use std::path::Path;

use super::{Failure, failed, load, print};
use crate::store::key_log::KeyLog;

/// Checks the chain of every site.
pub(super) fn verify(config: &Path) -> Result<(), Failure> {
    let config = load(config)?.config;
    let verified = KeyLog::open_to_read(&config.store).map_err(failed)?.verify().map_err(failed)?;
    print(&format!("{} rows, each as it was written", verified.entries));
    for (site, head) in &verified.heads {
        print(&format!("head of {site}: {}", blake3::Hash::from_bytes(*head).to_hex()));
    }
    Ok(())
}
