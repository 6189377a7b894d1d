//! One receipt, and how it is chained to the one before it.

use jiff::Timestamp;

use super::super::StoreError;
use super::whole_second;
use crate::policy::consent::ReceiptNumber;

/// Most names among what is granted, and among what is refused.
const NAMES_MAX: usize = 1024;
/// Longest name, site or action. Unit: bytes.
const NAME_BYTES_MAX: usize = 256;
/// Stands before every hashed receipt, so that no other hash of this program can be one.
const CONTEXT: &[u8] = b"consentry receipt 1";

/// A BLAKE3 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first receipt.
    pub const NONE: Self = Self([0; 32]);

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }
}

impl std::fmt::Display for Hash {
    /// 64 hexadecimal digits, lower case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a receipt is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: ReceiptNumber,
    /// When the choice was made; kept to the second.
    pub time: Timestamp,
    /// The site's name.
    pub site: String,
    /// What was done, as one word.
    pub action: String,
    /// Categories and trackers that stand granted.
    pub granted: Vec<String>,
    /// Categories and trackers that do not.
    pub refused: Vec<String>,
    /// The hash of the texts that were shown.
    pub texts: Hash,
}

/// A receipt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, which only the visitor holds.
    pub id: ReceiptNumber,
    /// When the choice was made, to the second.
    pub time: Timestamp,
    /// The site's name.
    pub site: String,
    /// What was done, as one word.
    pub action: String,
    /// Categories and trackers that stand granted.
    pub granted: Vec<String>,
    /// Categories and trackers that do not.
    pub refused: Vec<String>,
    /// The hash of the texts that were shown.
    pub texts: Hash,
    /// The hash of the receipt before it; [`Hash::NONE`] in the first.
    pub previous: Hash,
    /// The hash of all of the above.
    pub hash: Hash,
}

impl Entry {
    /// Refuses what is longer than is kept, and names that cannot be told apart once written.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let names = [&self.site, &self.action].into_iter().chain(&self.granted).chain(&self.refused);
        for name in names {
            if name.len() > NAME_BYTES_MAX {
                return Err(StoreError::TooLong { what: "a name in a receipt", limit: NAME_BYTES_MAX });
            }
            if name.is_empty() || name.contains('\n') {
                return Err(StoreError::Unfit {
                    what: "an empty name, or one with a line break, in a receipt",
                });
            }
        }
        if self.granted.len() > NAMES_MAX || self.refused.len() > NAMES_MAX {
            return Err(StoreError::TooLong { what: "the list of names in a receipt", limit: NAMES_MAX });
        }
        Ok(())
    }
}

impl Receipt {
    /// The receipt that follows the one with hash `previous`.
    pub(super) fn after(previous: Hash, entry: Entry) -> Self {
        let Entry { id, time, site, action, granted, refused, texts } = entry;
        let time = whole_second(time);
        let mut receipt =
            Self { id, time, site, action, granted, refused, texts, previous, hash: Hash::NONE };
        receipt.hash = receipt.computed();
        receipt
    }

    /// The hash this receipt must have: BLAKE3 over a context, then every field, each text with its length before it
    /// (little-endian, eight bytes), so that no two receipts have the same bytes.
    pub(super) fn computed(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(CONTEXT).update(&self.previous.0).update(&self.id.0);
        hasher.update(&self.time.as_second().to_le_bytes());
        text(&mut hasher, &self.site);
        text(&mut hasher, &self.action);
        for names in [&self.granted, &self.refused] {
            hasher.update(&(names.len() as u64).to_le_bytes());
            for name in names {
                text(&mut hasher, name);
            }
        }
        hasher.update(&self.texts.0);
        Hash(*hasher.finalize().as_bytes())
    }
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
}
