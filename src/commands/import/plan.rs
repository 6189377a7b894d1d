//! What is to be done with a file, by what is known of it: from where on its sums are new, and what is gone over before.

use std::io;
use std::path::Path;

use super::super::{Failure, failed};
use super::source;
use super::write::Aim;
use crate::store::imports::{Cut, Hash, Import};

/// The way through a file.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What stands before is passed over.
    pub(super) base: u64,
    /// From `base` to here is counted in memory only: the store has these sums.
    pub(super) known: u64,
    /// What the content must be up to where it was counted; `None` where that is not known.
    pub(super) content: Option<Hash>,
    /// Where it ends, if not at the end of the file.
    pub(super) until: Option<u64>,
    /// The batch that may or may not have reached the store.
    pub(super) pending: Option<Cut>,
    /// Where the file ended before, in order.
    pub(super) ends: Vec<u64>,
}

impl Plan {
    /// The plan for a file of which this is known.
    pub(super) fn of(import: Option<&Import>, aim: Aim) -> Self {
        let Some(import) = import.filter(|_| aim != Aim::Tell) else { return Self::default() };
        let known = match aim {
            Aim::TakeBack => import.undone.unwrap_or(0),
            Aim::Add | Aim::Tell => import.counted,
        };
        Self {
            base: import.base,
            known,
            content: (aim == Aim::Add).then_some(import.content),
            until: (aim == Aim::TakeBack).then_some(import.counted),
            pending: import.pending,
            ends: import.ends.iter().copied().filter(|end| *end <= import.counted).collect(),
        }
    }
}

/// Why a file cannot be read.
pub(super) fn unopened(path: &Path, error: &io::Error) -> Failure {
    failed(format!("{}: {error}", source::shown(path).display()))
}

/// What is said of a file that is another one than before.
pub(super) fn changed(path: &Path, lines: u64) -> Failure {
    failed(format!(
        "{} begins like a file that was imported, but is another one before its line {}. Nothing was changed. If it \
         replaces that file, take the old one back with --undo first; to count it beside, give --again",
        source::shown(path).display(),
        lines + 1
    ))
}
