//! Tags that nothing here acts on, known without reading them as tags.

use super::TAG_BYTES_MAX;
use super::tag::{self, ATTRIBUTES_MAX, CLOSE, EQUALS, Name, OTHER, SLASH, SPACE, skip};
use crate::policy::markup;

/// The places, by [`place`], of the attributes that matter on every element.
const ODD: [u64; 16] = {
    let mut odd = [0; 16];
    let mut index = 0;
    while index < markup::ANYWHERE.len() {
        let name = markup::ANYWHERE[index].as_bytes();
        let (word, bit) = place(name.len(), name[0], name[name.len() - 1]);
        odd[word] |= 1 << bit;
        index += 1;
    }
    odd
};

/// The places, by [`place`], of the names that anything here acts on.
const KNOWN: [u64; 16] = {
    const LISTS: [&[&[u8]]; 5] = [
        &markup::CARRIERS,
        &super::doubt::SOURCES,
        &super::doubt::POINTS,
        &super::start::NAMES,
        &super::insert::NAMES,
    ];
    let mut known = [0; 16];
    let mut list = 0;
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            let name = LISTS[list][index];
            let (word, bit) = place(name.len(), name[0], name[name.len() - 1]);
            known[word] |= 1 << bit;
            index += 1;
        }
        list += 1;
    }
    known
};

/// A bit for the length, the first and the last letter of a name, in whatever case. The factors keep what pages are full
/// of (`small`, `option`, `form`, `del`) apart from what is known.
const fn place(length: usize, first: u8, last: u8) -> (usize, u8) {
    let mixed = (first & 31).wrapping_mul(11).wrapping_add((last & 31) * 3);
    (length & 15, mixed & 63)
}

/// How [`plain_end`] takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Images {
    /// One with a path of the page's own host is a plain tag.
    OwnArePlain,
    /// Each is looked at: relative addresses may lead elsewhere.
    AreRead,
}

/// Where the tag ends whose `<` is at `start`, when it is surely a whole one that nothing here acts on: most tags of
/// a page, and its pictures on its own host, unless a `<base>` may lead them elsewhere. `None` says nothing; then it
/// is to be read as any tag.
#[inline]
pub(super) fn plain_end(buf: &[u8], start: usize, images: Images) -> Option<usize> {
    let is_end = buf.get(start + 1) == Some(&b'/');
    let from = start + 1 + usize::from(is_end);
    let mut at = tag::name_end(buf, from, SPACE | SLASH | CLOSE);
    let name_end = at;
    let name = buf.get(from..name_end)?;
    let (word, bit) = place(name.len(), *name.first()?, *name.last()?);
    if !name[0].is_ascii_alphabetic() {
        return None;
    }
    let is_image = images == Images::OwnArePlain && name.eq_ignore_ascii_case(b"img");
    if !is_image && name.len() <= Name::BYTES_MAX && KNOWN[word] & 1 << bit != 0 {
        return None;
    }
    for _ in 0..=ATTRIBUTES_MAX {
        at = skip(buf, at, OTHER | EQUALS | CLOSE);
        if *buf.get(at)? == b'>' {
            return (at - start < TAG_BYTES_MAX).then_some(at + 1);
        }
        let first = at;
        at = tag::name_end(buf, at + 1, SPACE | SLASH | CLOSE | EQUALS);
        let (word, bit) = place(at - first, buf[first], buf[at - 1]);
        if ODD[word] & 1 << bit != 0 {
            return None;
        }
        match buf.get(at)? {
            b'>' | b'/' => {}
            b'=' => match buf.get(at + 1)? {
                quote @ (b'"' | b'\'') => {
                    let value = &buf[at + 2..];
                    let length = memchr::memchr(*quote, value)?;
                    if is_image && !markup::is_own_image(&buf[first..at], &value[..length]) {
                        return None;
                    }
                    at += 3 + length;
                }
                _ => return None,
            },
            _ => {
                at = skip(buf, at, OTHER | EQUALS | SLASH | CLOSE);
                if *buf.get(at)? == b'=' {
                    return None;
                }
            }
        }
    }
    None
}
