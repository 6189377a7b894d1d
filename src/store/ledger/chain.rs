//! One receipt, and how it is chained to the one before it.

use jiff::Timestamp;

use super::super::StoreError;
use super::whole_second;
use crate::policy::consent::ReceiptNumber;

/// Most names among what is granted, and among what is refused.
const NAMES_MAX: usize = 1024;
/// Longest name, site, action, layer or language. Unit: bytes.
const NAME_BYTES_MAX: usize = 256;

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

    /// The hash of a notice's text.
    pub fn of(text: &str) -> Self {
        Self(*blake3::hash(text.as_bytes()).as_bytes())
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
    /// What was done, as one word: granted, changed, withdrawn.
    pub action: String,
    /// Where the choice was made, as one word: banner, page, script.
    pub layer: String,
    /// The language it was asked in.
    pub language: String,
    /// Categories and trackers that stand granted.
    pub granted: Vec<String>,
    /// Categories and trackers that do not.
    pub refused: Vec<String>,
    /// The hash of the notice that was shown; the notice itself is kept beside the receipts.
    pub texts: Hash,
}

/// What a receipt says, and how it hangs together with the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, which only the visitor holds; `None` in a record of what was erased.
    pub id: Option<ReceiptNumber>,
    /// When the choice was made, to the second.
    pub time: Timestamp,
    /// The site's name.
    pub site: String,
    /// What was done, as one word.
    pub action: String,
    /// Where, as one word.
    pub layer: String,
    /// In which language.
    pub language: String,
    /// Categories and trackers that stand granted; in a record of erasure, what was erased.
    pub granted: Vec<String>,
    /// Categories and trackers that do not.
    pub refused: Vec<String>,
    /// The hash of the notice that was shown.
    pub texts: Hash,
    /// The hash of the receipt before it; [`Hash::NONE`] in the first.
    pub previous: Hash,
    /// The hash of all of the above.
    pub hash: Hash,
}

/// A place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are whole, and they are read one by one")]
pub enum Link {
    /// A receipt, or a record of what was erased.
    Whole(Receipt),
    /// A receipt whose content is gone. Its hash stays, so that the chain can be followed.
    Erased {
        /// The hash of the receipt before it.
        previous: Hash,
        /// The hash it had.
        hash: Hash,
        /// The place of the record that says so.
        by: i64,
    },
}

impl Entry {
    /// Refuses what is longer than is kept, and names that cannot be told apart once written.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let words = [&self.site, &self.action, &self.layer, &self.language];
        for name in words.into_iter().chain(&self.granted).chain(&self.refused) {
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
        let Entry { id, time, site, action, layer, language, granted, refused, texts } = entry;
        Self {
            id: Some(id),
            time: whole_second(time),
            site,
            action,
            layer,
            language,
            granted,
            refused,
            texts,
            previous,
            hash: Hash::NONE,
        }
        .hashed()
    }

    /// With the hash that its content has.
    pub(super) fn hashed(self) -> Self {
        let hash = self.computed(Form::Second);
        Self { hash, ..self }
    }

    /// The hash this receipt must have: BLAKE3 over a context, then every field, each text with its length before it
    /// (little-endian, eight bytes), so that no two receipts have the same bytes.
    pub(super) fn computed(&self, form: Form) -> Hash {
        let mut hasher = blake3::Hasher::new();
        let number = self.id.map_or([0; 16], |id| id.0);
        hasher.update(form.context()).update(&self.previous.0).update(&number);
        hasher.update(&self.time.as_second().to_le_bytes());
        text(&mut hasher, &self.site);
        text(&mut hasher, &self.action);
        if form == Form::Second {
            text(&mut hasher, &self.layer);
            text(&mut hasher, &self.language);
        }
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

/// Which fields a receipt has. The number stands beside each in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Without layer and language.
    First = 1,
    /// What is written now.
    Second = 2,
}

impl Form {
    /// The form of that number.
    pub(super) const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::First),
            2 => Some(Self::Second),
            _ => None,
        }
    }

    /// Has the receipt no field that this form does not hash?
    pub(super) fn fits(self, receipt: &Receipt) -> bool {
        self == Self::Second || (receipt.layer.is_empty() && receipt.language.is_empty())
    }

    /// Stands before every hashed receipt, so that no other hash of this program can be one.
    const fn context(self) -> &'static [u8] {
        match self {
            Self::First => b"consentry receipt 1",
            Self::Second => b"consentry receipt 2",
        }
    }
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
}
