//! Finds a byte that is mostly near: the end of a value, the next tag.

/// As far as this is looked word by word. Unit: bytes. Most values are shorter, and to call for more costs more than them.
const NEAR_BYTES: usize = 16;

/// Bytes of a word.
const WORD_BYTES: usize = 8;

/// Where the first `byte` is.
#[inline]
pub(super) fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 0xFF;
    let mut at = 0;
    while at < NEAR_BYTES
        && let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk)
    {
        // The lowest byte that is zero gets its highest bit set, and none below it does.
        let other = u64::from_le_bytes(*word) ^ (u64::from(byte) * EACH);
        let equal = other.wrapping_sub(EACH) & !other & (0x80 * EACH);
        if equal != 0 {
            return Some(at + equal.trailing_zeros() as usize / 8);
        }
        at += WORD_BYTES;
    }
    memchr::memchr(byte, bytes.get(at..)?).map(|offset| at + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_a_byte_is_found_wherever_it_stands(
            bytes in prop::collection::vec(prop::sample::select(vec![b'"', b'#', b'!', 0xA2, 0, 0xFF]), 0..40),
            byte in prop::sample::select(vec![b'"', 0, 0xFF]),
            filler in 0..40_usize,
        ) {
            let text = [vec![b'.'; filler], bytes].concat();
            prop_assert_eq!(find(byte, &text), text.iter().position(|other| *other == byte));
        }
    }
}
