//! Form bodies of the reserved paths: `application/x-www-form-urlencoded`, bounded, decoded once.

use std::borrow::Cow;

use http::{HeaderMap, header};

/// Their media type.
pub(super) const TYPE: &str = "application/x-www-form-urlencoded";

/// Longest request body accepted on a reserved path.
///
/// Unit: bytes. A choice that names every tracker of the catalogue is below it. A longer body is refused with 413
/// (RFC 9110 section 15.5.14).
pub(super) const BODY_BYTES_MAX: usize = 16 * 1024;

/// Most fields in one form.
const FIELDS_MAX: usize = 600;

/// What can be wrong with a form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum FormError {
    /// An escape is no escape, or the text is not UTF-8.
    #[error("the form is not readable as application/x-www-form-urlencoded")]
    Malformed,
    /// More fields than any form of ours has.
    #[error("the form has more than {FIELDS_MAX} fields")]
    TooManyFields,
}

/// Does the head say that a form follows?
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(TYPE.as_bytes())
    })
}

/// A name and its value.
pub(super) type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields of a form, in order (URL Standard section 5.1). Stricter than the standard: a broken escape or text that
/// is not UTF-8 is refused rather than guessed at.
pub(super) fn fields(body: &[u8]) -> Result<Vec<Field<'_>>, FormError> {
    let mut fields = Vec::new();
    for field in body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(FormError::TooManyFields);
        }
        let cut = memchr::memchr(b'=', field).unwrap_or(field.len());
        let value = field.get(cut + 1..).unwrap_or_default();
        fields.push((decode(&field[..cut])?, decode(value)?));
    }
    Ok(fields)
}

fn decode(text: &[u8]) -> Result<Cow<'_, str>, FormError> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| FormError::Malformed);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => match (bytes.next().copied().and_then(hex), bytes.next().copied().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(FormError::Malformed),
            },
            other => *other,
        });
    }
    String::from_utf8(plain).map(Cow::Owned).map_err(|_| FormError::Malformed)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_decoded_in_order() {
        let read =
            fields(b"choice=some&category=statistics&return=%2Fdekk%3Fsort%3Dpris+ned&empty=&bare").unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        let expected = [
            ("choice", "some"),
            ("category", "statistics"),
            ("return", "/dekk?sort=pris ned"),
            ("empty", ""),
            ("bare", ""),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn broken_escapes_are_refused() {
        for body in ["a=%", "a=%2", "a=%zz", "a=%ff", "%g0=1"] {
            assert_eq!(fields(body.as_bytes()), Err(FormError::Malformed), "{body}");
        }
    }

    #[test]
    fn a_flood_of_fields_is_refused() {
        assert_eq!(fields("a&".repeat(FIELDS_MAX + 1).as_bytes()), Err(FormError::TooManyFields));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = fields(&body);
        }

        #[test]
        fn what_is_encoded_is_read_back(value in "\\PC{0,40}") {
            let encoded = value.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
            let body = format!("a={encoded}");
            let read = fields(body.as_bytes()).unwrap();
            prop_assert_eq!(read[0].1.as_ref(), value.as_str());
        }
    }
}
