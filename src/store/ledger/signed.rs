//! A receipt that its holder can carry away: a document and a signature that anybody can check.
//!
//! The signature is Ed25519 (RFC 8032) over the document as canonical JSON (RFC 8785): keys sorted, no white space.
//! Documents hold texts, whole numbers, lists and objects with ASCII keys only, for which `serde_json` writes that form.

mod unique;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::error::Category;
use serde_json::{Value, json};

use self::unique::Unique;

/// Longest file that is read. Unit: bytes.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// The only algorithm.
const ALGORITHM: &str = "Ed25519";
/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Signs receipts. It cannot be copied, printed or read back.
pub struct SigningKey(Ed25519KeyPair);

/// Who can check a signature: everybody who has this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Why a file is no receipt of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is no such file.
    #[error("this is no signed receipt: {0}")]
    Form(&'static str),
    /// An object in it has a name twice: two readers could see two receipts.
    #[error("this is no signed receipt: {0}; no object may have a name twice (RFC 7493 section 2.3)")]
    Twice(String),
    /// It was changed, or signed with another key than it says.
    #[error("the signature does not fit the document: it was changed after it was signed")]
    Broken,
    /// Somebody else signed it.
    #[error("it was signed with the key {found}, not with {expected}")]
    Stranger {
        /// The key in the file.
        found: PublicKey,
        /// The key that is trusted.
        expected: PublicKey,
    },
}

impl SigningKey {
    /// The key made of 32 unpredictable bytes (RFC 8032 section 5.1.5).
    #[allow(clippy::missing_panics_doc, reason = "every seed of 32 bytes is taken")]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes"))
    }

    /// The key that signatures are checked with.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(key)
    }

    /// The document with its signature, as a file.
    pub fn sign(&self, document: &Value) -> Value {
        let signature = self.0.sign(document.to_string().as_bytes());
        json!({
            "document": document,
            "signature": {
                "algorithm": ALGORITHM,
                "covers": "document, as canonical JSON (RFC 8785)",
                "public_key": self.public().to_string(),
                "value": hex(signature.as_ref()),
            },
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl PublicKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        unhex(text).and_then(|bytes| bytes.try_into().ok()).map(Self)
    }
}

impl std::fmt::Display for PublicKey {
    /// 64 hexadecimal digits, lower case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Checks a file; returns its document and the key that signed it. Without `trusted` that key is the file's own word. A mark
/// of byte order that an editor put first is no part of the text (RFC 8259 section 8.1).
pub fn verify(file: &[u8], trusted: Option<PublicKey>) -> Result<(Value, PublicKey), SignatureError> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let Unique(file) = serde_json::from_slice(file).map_err(|error| match error.classify() {
        Category::Data => SignatureError::Twice(error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => SignatureError::Form("it is not JSON"),
    })?;
    let document = file.get("document").ok_or(SignatureError::Form("it has no \"document\""))?;
    let text = |name| file["signature"][name].as_str().unwrap_or_default();
    if text("algorithm") != ALGORITHM {
        return Err(SignatureError::Form("its signature is not Ed25519"));
    }
    let key =
        PublicKey::from_hex(text("public_key")).ok_or(SignatureError::Form("it names no public key"))?;
    let value = unhex(text("value")).ok_or(SignatureError::Form("its signature is not hexadecimal"))?;
    if let Some(expected) = trusted.filter(|trusted| *trusted != key) {
        return Err(SignatureError::Stranger { found: key, expected });
    }
    UnparsedPublicKey::new(&ED25519, &key.0)
        .verify(document.to_string().as_bytes(), &value)
        .map_err(|_| SignatureError::Broken)?;
    Ok((document.clone(), key))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from_digit(digit.into(), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn document() -> Value {
        json!({ "b": ["å", 1], "a": { "time": "2026-03-02T12:00:00Z" } })
    }

    #[test]
    fn signed_receipt_is_believed_and_shows_its_document() {
        let file = key(1).sign(&document()).to_string();
        let public = key(1).public();
        assert_eq!(verify(file.as_bytes(), Some(public)), Ok((document(), public)));
        assert_eq!(verify(file.as_bytes(), None), Ok((document(), public)));
    }

    #[test]
    fn a_receipt_that_an_editor_saved_with_a_byte_order_mark_is_the_same() {
        let file = key(1).sign(&document()).to_string();
        let public = key(1).public();
        assert_eq!(verify(format!("\u{feff}{file}").as_bytes(), None), Ok((document(), public)));
        for other in
            [format!("\u{feff}\u{feff}{file}"), format!(" \u{feff}{file}"), format!("{file}\u{feff}")]
        {
            assert_eq!(verify(other.as_bytes(), None), Err(SignatureError::Form("it is not JSON")));
        }
    }

    #[test]
    fn any_changed_letter_of_the_document_is_found() {
        let file = key(1).sign(&document());
        for changed in [json!({ "b": ["å", 2], "a": {} }), json!({}), json!("x")] {
            let mut other = file.clone();
            other["document"] = changed;
            assert_eq!(verify(other.to_string().as_bytes(), None), Err(SignatureError::Broken));
        }
    }

    #[test]
    fn receipt_of_another_signer_is_refused() {
        let file = key(2).sign(&document()).to_string();
        let refused = verify(file.as_bytes(), Some(key(1).public())).unwrap_err();
        assert_eq!(refused, SignatureError::Stranger { found: key(2).public(), expected: key(1).public() });
        let mut dressed = key(2).sign(&document());
        dressed["signature"]["public_key"] = key(1).public().to_string().into();
        assert_eq!(
            verify(dressed.to_string().as_bytes(), Some(key(1).public())),
            Err(SignatureError::Broken)
        );
    }

    #[test]
    fn white_space_and_order_of_a_file_do_not_matter() {
        let file = serde_json::to_string_pretty(&key(1).sign(&document())).unwrap();
        assert!(verify(file.as_bytes(), None).is_ok());
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_wherever_it_stands() {
        let file = key(1).sign(&document()).to_string();
        for (once, twice) in [
            (r#""time":"#, r#""time":"1999-01-01T00:00:00Z","time":"#),
            (r#""time":"#, r#""t\u0069me":"1999-01-01T00:00:00Z","time":"#),
            (r#""document":"#, r#""document":{},"document":"#),
            (r#""algorithm":"#, r#""algorithm":"Ed25519","algorithm":"#),
            (r#""å",1"#, r#""å",{"x":1,"x":1}"#),
        ] {
            let changed = file.replacen(once, twice, 1);
            assert_ne!(changed, file, "{once}");
            let refused = verify(changed.as_bytes(), None).unwrap_err();
            assert!(matches!(refused, SignatureError::Twice(_)), "{changed}: {refused}");
            assert!(refused.to_string().contains("stands twice at line 1 column "), "{refused}");
        }
    }

    #[test]
    fn what_is_no_receipt_says_why() {
        for (file, reason) in [
            ("", "it is not JSON"),
            ("{}", "it has no \"document\""),
            (r#"{"document":1}"#, "its signature is not Ed25519"),
            (
                r#"{"document":1,"signature":{"algorithm":"Ed25519","public_key":"zz"}}"#,
                "it names no public key",
            ),
        ] {
            assert_eq!(verify(file.as_bytes(), None), Err(SignatureError::Form(reason)), "{file}");
        }
    }

    #[test]
    fn keys_are_those_of_the_standard() {
        // RFC 8032 section 7.1, test 1.
        let seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = SigningKey::from_seed(&seed.try_into().unwrap());
        assert_eq!(
            key.public().to_string(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(format!("{key:?}"), "SigningKey");
    }
}
