//! Where something stands among the bytes of a tag, and what it is there. Eight bytes are looked at together.

/// One in each of eight bytes.
const EACH: u64 = u64::MAX / 0xFF;

/// What a byte may be to a tag: each class is a bit.
pub(super) const SPACE: u8 = 1;
pub(super) const SLASH: u8 = 2;
pub(super) const CLOSE: u8 = 4;
pub(super) const EQUALS: u8 = 8;
pub(super) const OTHER: u8 = 16;

/// The class of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'/' => SLASH,
            b'>' => CLOSE,
            b'=' => EQUALS,
            _ if is_space(byte) => SPACE,
            _ => OTHER,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

/// The first byte from `at` on that is of one of these classes.
#[inline]
pub(super) fn skip(buf: &[u8], at: usize, stops: u8) -> usize {
    let rest = buf.get(at..).unwrap_or_default();
    rest.iter().position(|byte| CLASSES[*byte as usize] & stops != 0).map_or(buf.len(), |offset| at + offset)
}

/// Where a name ends that goes on at `at`: at the first byte that is of one of these classes, of which no letter is.
#[inline]
pub(super) fn name_end(buf: &[u8], mut at: usize, stops: u8) -> usize {
    while let Some(chunk) = buf.get(at..).and_then(<[u8]>::first_chunk) {
        let bytes = u64::from_le_bytes(*chunk);
        // Below `@` stands whatever ends a name; the highest bit says of each byte if it is above.
        let above = bytes | ((bytes & (0x7F * EACH)) + (0x40 * EACH));
        let below = !above & (0x80 * EACH);
        at += below.trailing_zeros() as usize / 8;
        if below != 0 {
            if CLASSES[buf[at] as usize] & stops != 0 {
                return at;
            }
            at += 1;
        }
    }
    skip(buf, at, stops)
}

/// How far is looked before `memchr` is called, which is faster once it runs. Unit: bytes.
const NEAR_BYTES: usize = 24;

/// Where `byte` stands first in `bytes`. Most of what a page's tags are read for is a few bytes away.
#[inline]
pub(super) fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < NEAR_BYTES
        && let Some(chunk) = bytes[at..].first_chunk()
    {
        let apart = u64::from_le_bytes(*chunk) ^ (EACH * u64::from(byte));
        // The lowest of these bits is that of the first byte that is the same.
        let same = apart.wrapping_sub(EACH) & !apart & (0x80 * EACH);
        if same != 0 {
            return Some(at + same.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr::memchr(byte, &bytes[at..]).map(|offset| at + offset)
}

/// White space within a tag; a carriage return counts, the input stream turns it into a line feed.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0C')
}

/// Eight bytes with their capital letters made small.
pub(super) const fn lower(bytes: u64) -> u64 {
    let seven_bits = bytes & (0x7F * EACH);
    // The highest bit of each says if it is `A` or more, and if it is more than `Z`.
    let from_a = seven_bits + (0x80 - b'A' as u64) * EACH;
    let behind_z = seven_bits + (0x7F - b'Z' as u64) * EACH;
    bytes | (from_a & !behind_z & !bytes & (0x80 * EACH)) >> 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_byte_is_found_where_it_stands_first(
            bytes in prop::collection::vec(prop::sample::select(vec![b'<', b'"', b'\'', 0x3D, 0xBC, 0xA2, 0, 0xFF]), 0..80),
            byte in prop::sample::select(vec![b'<', b'"', b'\'']),
        ) {
            prop_assert_eq!(find(byte, &bytes), bytes.iter().position(|is| *is == byte));
        }
    }

    #[test]
    fn a_byte_is_found_however_far_it_stands_and_whatever_stands_before() {
        for other in (0..=u8::MAX).filter(|other| *other != b'<') {
            for before in 0..2 * NEAR_BYTES {
                let mut bytes = vec![other; 2 * NEAR_BYTES];
                bytes[before] = b'<';
                assert_eq!(find(b'<', &bytes), Some(before), "{other}");
                assert_eq!(find(b'<', &bytes[..before]), None, "{other}");
            }
        }
    }
}
