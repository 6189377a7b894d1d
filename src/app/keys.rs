//! The keys that consents are sealed and receipts signed with: files of 32 bytes that only the program's account can
//! read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::clock::Entropy;
use crate::config::SealKeys;
use crate::policy::seal::{Seal, SealKey};
use crate::store::ledger::signed::{PublicKey, SigningKey};

/// The file of the key that receipts are signed with, in the directory of the store.
const RECEIPT_KEY: &str = "receipt.key";

/// What can be wrong with a key's file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or made.
    #[error("the key {path} cannot be read or made: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no key.
    #[error("{path} is no key: a key is {} bytes long", SealKey::BYTES)]
    Length {
        /// Which one.
        path: PathBuf,
    },
    /// Others can read it.
    #[error("{path} can be read by other accounts (mode {mode:o}); run: chmod 600 {path}")]
    Open {
        /// Which one.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// The seal of one site. The key in use is made when its file is not there. Keys are not kept beyond the seals made of
/// them, so they are read anew for each site.
pub(super) fn seal(settings: &SealKeys, site: &str, entropy: &dyn Entropy) -> Result<Seal, KeyError> {
    make_if_missing(&settings.key, entropy)?;
    let previous = settings.previous_keys.iter().map(|path| read(path).map(SealKey::new));
    let previous = previous.collect::<Result<_, _>>()?;
    Ok(Seal::new(site, SealKey::new(read(&settings.key)?), previous))
}

/// The key that receipts are signed with; made when its file is not there.
pub(super) fn receipt_key(directory: &Path, entropy: &dyn Entropy) -> Result<SigningKey, KeyError> {
    let path = directory.join(RECEIPT_KEY);
    make_if_missing(&path, entropy)?;
    Ok(SigningKey::from_seed(&Zeroizing::new(read(&path)?)))
}

/// What receipts of this store are checked with; `None` where none was made yet.
pub(crate) fn public_receipt_key(directory: &Path) -> Result<Option<PublicKey>, KeyError> {
    let path = directory.join(RECEIPT_KEY);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(SigningKey::from_seed(&Zeroizing::new(read(&path)?)).public()))
}

/// What is wrong with the keys that are there. None is made, and one that only the user that serves may read is passed over.
pub(crate) fn faults(settings: &SealKeys, directory: &Path) -> Vec<KeyError> {
    let receipts = directory.join(RECEIPT_KEY);
    let keys = [&settings.key, &receipts].into_iter().chain(&settings.previous_keys);
    let read_by_us = |fault: &KeyError| !matches!(fault, KeyError::File { .. });
    keys.filter_map(|path| read(path).err()).filter(read_by_us).collect()
}

/// Writes a new key beside its place and links it there, so that another gateway that starts at the same moment finds
/// either no key or a whole one, and the first to link wins.
fn make_if_missing(path: &Path, entropy: &dyn Entropy) -> Result<(), KeyError> {
    if path.exists() {
        return Ok(());
    }
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let (mut key, mut name) = ([0; SealKey::BYTES], [0; 8]);
    entropy.fill(&mut key);
    entropy.fill(&mut name);
    let draft = path.with_extension(format!("{:016x}", u64::from_le_bytes(name)));
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(file)?;
    out.write_all(&key).and_then(|()| out.sync_all()).map_err(file)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(file)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(file(error)),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<[u8; SealKey::BYTES], KeyError> {
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let mut opened = File::open(path).map_err(file)?;
    let mode = opened.metadata().map_err(file)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Open { path: path.to_owned(), mode });
    }
    let mut bytes = [0; SealKey::BYTES];
    let mut rest = [0; 1];
    let is_whole = opened.read_exact(&mut bytes).is_ok() && matches!(opened.read(&mut rest), Ok(0));
    if is_whole { Ok(bytes) } else { Err(KeyError::Length { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn settings(directory: &Path) -> SealKeys {
        SealKeys { key: directory.join("consent.key"), previous_keys: Vec::new() }
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        seal(&settings, "shop", &SystemEntropy).unwrap();
        let first = std::fs::read(&settings.key).unwrap();
        seal(&settings, "shop", &SystemEntropy).unwrap();
        assert_eq!(std::fs::read(&settings.key).unwrap(), first);
        assert_eq!(std::fs::metadata(&settings.key).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        std::fs::write(&settings.key, [7; SealKey::BYTES]).unwrap();
        std::fs::set_permissions(&settings.key, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(seal(&settings, "shop", &SystemEntropy), Err(KeyError::Open { mode: 0o644, .. })));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        for length in [0, SealKey::BYTES - 1, SealKey::BYTES + 1] {
            std::fs::write(&settings.key, vec![7; length]).unwrap();
            std::fs::set_permissions(&settings.key, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(
                matches!(seal(&settings, "shop", &SystemEntropy), Err(KeyError::Length { .. })),
                "{length}"
            );
        }
    }
}
