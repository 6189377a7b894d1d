//! Tags that nothing here acts on, known without reading them as tags.

use super::TAG_BYTES_MAX;
use super::near::{self, CLOSE, EQUALS, OTHER, SLASH, SPACE, is_space, skip};
use super::tag::{ATTRIBUTES_MAX, Name};
use crate::policy::markup::{self, LinkReading};

/// The places of the attributes that matter on every element.
const ODD: [u64; 16] = places(&[&markup::ANYWHERE]);

/// The places of the names that anything here acts on.
const KNOWN: [u64; 16] = places(&[
    &markup::CARRIERS,
    &super::doubt::SOURCES,
    &super::doubt::POINTS,
    &super::start::NAMES,
    &super::insert::NAMES,
]);

/// The places of the names whose end tags anything here acts on where nothing is open that has two readings.
const ENDING: [u64; 16] = places(&[&super::insert::NAMES, &[b"template"]]);

/// The places, by [`place`], of these names.
const fn places(lists: &[&[&[u8]]]) -> [u64; 16] {
    let mut places = [0; 16];
    let mut list = 0;
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            let name = lists[list][index];
            let (word, bit) = place(name.len(), name[0], name[name.len() - 1]);
            places[word] |= 1 << bit;
            index += 1;
        }
        list += 1;
    }
    places
}

/// A bit for the length, the first and the last letter of a name, in whatever case. The factors keep what pages are full
/// of (`small`, `option`, `form`, `del`) apart from what is known.
const fn place(length: usize, first: u8, last: u8) -> (usize, u8) {
    let mixed = (first & 31).wrapping_mul(11).wrapping_add((last & 31) * 3);
    (length & 15, mixed & 63)
}

/// How [`plain_end`] takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Images {
    /// One with a path of the page's own host is a plain tag. Nor is anything open that has two readings.
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
    let name_end = near::name_end(buf, from, SPACE | SLASH | CLOSE);
    let name = buf.get(from..name_end)?;
    let (word, bit) = place(name.len(), *name.first()?, *name.last()?);
    if !name[0].is_ascii_alphabetic() {
        return None;
    }
    let has_one_reading = images == Images::OwnArePlain;
    let is_image = has_one_reading && name.eq_ignore_ascii_case(b"img");
    let known = if is_end && has_one_reading { &ENDING } else { &KNOWN };
    if !is_image && name.len() <= Name::BYTES_MAX && known[word] & 1 << bit != 0 {
        return None;
    }
    attributes_end(buf, start, name_end, |name, value| !is_image || markup::is_own_image(name, value))
}

/// The same of a tag in the head: one that only states something, or links within the site, or an end tag. No `<base>` may
/// be known, and nothing be open that has two readings.
#[inline]
pub(super) fn statement_end(buf: &[u8], start: usize) -> Option<usize> {
    if buf.get(start + 1) == Some(&b'/') {
        return plain_end(buf, start, Images::OwnArePlain);
    }
    let name_end = start + 5;
    if !buf.get(name_end).is_some_and(|byte| is_space(*byte)) {
        return None;
    }
    let name = &buf[start + 1..name_end];
    if name.eq_ignore_ascii_case(b"meta") {
        return attributes_end(buf, start, name_end, markup::is_statement);
    }
    if !name.eq_ignore_ascii_case(b"link") {
        return None;
    }
    let mut link = LinkReading::default();
    let end = attributes_end(buf, start, name_end, |name, value| {
        link.take(name, value);
        true
    });
    end.filter(|_| link.is_plain())
}

/// Where the tag ends whose name ends at `at`, if its attributes are written as most are and each is plain.
#[inline]
fn attributes_end(
    buf: &[u8],
    start: usize,
    mut at: usize,
    mut is_plain: impl FnMut(&[u8], &[u8]) -> bool,
) -> Option<usize> {
    for _ in 0..=ATTRIBUTES_MAX {
        at = skip(buf, at, OTHER | EQUALS | CLOSE);
        if *buf.get(at)? == b'>' {
            return (at - start < TAG_BYTES_MAX).then_some(at + 1);
        }
        let first = at;
        at = near::name_end(buf, at + 1, SPACE | SLASH | CLOSE | EQUALS);
        let name = &buf[first..at];
        let (word, bit) = place(name.len(), buf[first], buf[at - 1]);
        if ODD[word] & 1 << bit != 0 {
            return None;
        }
        let mut value: &[u8] = b"";
        match buf.get(at)? {
            b'>' | b'/' => {}
            b'=' => {
                let quote @ (b'"' | b'\'') = buf.get(at + 1)? else { return None };
                value = &buf[at + 2..];
                value = &value[..near::find(*quote, value)?];
                at += 3 + value.len();
            }
            _ => {
                at = skip(buf, at, OTHER | EQUALS | SLASH | CLOSE);
                if *buf.get(at)? == b'=' {
                    return None;
                }
            }
        }
        if !is_plain(name, value) {
            return None;
        }
    }
    None
}
