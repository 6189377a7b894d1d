//! What is kept: sums and receipts, nothing else.

use std::path::PathBuf;

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory of the embedded statistics, the spool, the ledger, the tokens and (by default) the seal's key.
    pub path: PathBuf,
}
