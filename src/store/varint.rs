//! Numbers in as few bytes as they need (LEB128), and a reader that trusts no length it is told.

use std::sync::Arc;

/// Seven bits a byte, lowest first; the eighth says that more follow.
pub(super) fn put_number(body: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        body.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    body.push(number.to_le_bytes()[0]);
}

/// The sign becomes the lowest bit, so that small numbers of both signs are short.
pub(super) fn put_signed(body: &mut Vec<u8>, number: i64) {
    put_number(body, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// How many there are.
pub(super) fn put_count(body: &mut Vec<u8>, count: usize) {
    put_number(body, count as u64);
}

/// Bytes that are read from the front. What is not there, or is no such thing, is `None`.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A token takes its eight bytes: it is as good as random.
    pub(super) fn token(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// So many bytes of text.
    pub(super) fn text_of(&mut self, length: u64) -> Option<Arc<str>> {
        let (text, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Arc::from)
    }

    /// How many follow, each of a byte at least: never more than bytes are left, whatever stands there.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    /// A list never takes more room than the bytes that are left, whatever count stands before it.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_out_as_they_went_in(number in any::<u64>(), signed in any::<i64>()) {
            let mut body = Vec::new();
            put_number(&mut body, number);
            put_signed(&mut body, signed);
            let mut reader = Reader(&body);
            prop_assert_eq!((reader.number(), reader.signed(), reader.byte()), (Some(number), Some(signed), None));
        }
    }

    #[test]
    fn small_numbers_of_both_signs_take_a_byte() {
        for number in -64..64 {
            let mut body = Vec::new();
            put_signed(&mut body, number);
            assert_eq!(body.len(), 1, "{number}");
        }
    }
}
