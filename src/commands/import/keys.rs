//! The keys of an import: drawn from the file itself.
//!
//! An import that was interrupted goes over what it counted before, in memory, to know again which visits were open and
//! which names are out. For the sums to fit together the tokens of names must be the same, and no key may lie on the disk
//! meanwhile. So keys are derived from the first 64 KiB of the file: who has these has some hundred of its addresses
//! and user agents themselves, and when the file is gone nobody can make the keys again. A shorter file has keys
//! drawn at random: it is counted in one go.

use std::sync::{Mutex, PoisonError};

use crate::clock::Entropy;

/// What keys are derived from: the first bytes of a file. Unit: bytes. At least 300 lines, with more unknown in them than
/// a key has bits.
pub(super) const HEAD_BYTES: usize = 64 * 1024;

/// Sets these keys apart from everything else that is derived by BLAKE3.
const CONTEXT: &str = "consentry 2026-11 keys of an import, from the head of its file";

/// Bytes that only who has the file can draw again.
pub(super) struct FromFile(Mutex<blake3::OutputReader>);

impl FromFile {
    /// For a file with this head, counted for this site from this position on. `None`: it is too short.
    pub(super) fn new(head: &[u8], site: &str, base: u64) -> Option<Self> {
        let head = head.get(..HEAD_BYTES)?;
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(head).update(&base.to_le_bytes()).update(site.as_bytes());
        Some(Self(Mutex::new(hasher.finalize_xof())))
    }
}

impl Entropy for FromFile {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_gives_the_same_keys_and_another_gives_others() {
        let draw = |head: &[u8], site: &str, base| {
            let mut bytes = [0; 32];
            FromFile::new(head, site, base).unwrap().fill(&mut bytes);
            bytes
        };
        let head = vec![b'a'; HEAD_BYTES];
        assert_eq!(draw(&head, "shop", 0), draw(&head, "shop", 0));
        assert_ne!(draw(&head, "shop", 0), draw(&head, "other", 0));
        assert_ne!(draw(&head, "shop", 0), draw(&head, "shop", 1));
        assert_ne!(draw(&head, "shop", 0), draw(&vec![b'b'; HEAD_BYTES], "shop", 0));
        assert!(FromFile::new(&head[1..], "shop", 0).is_none());
    }
}
