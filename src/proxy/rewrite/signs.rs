//! Looks ahead, many bytes at once, for *signs*: what the walker must not pass over unread.
//!
//! A sign is the start of a tag whose name anything here acts on, of a comment, or the name of an attribute that may
//! ask a host for something on an element that has no sign of its own. Everything else changes nothing on a page
//! without `<base>`, once the page has a body and while it has one reading: such tags are kept whatever they say, and
//! text is text. So the walker may go straight to the next sign, if it still knows there where it is.
//!
//! # Why that is safe
//!
//! Let the walker be in text, and let no sign begin before the `>` at `g`. Comments, raw text and scripts begin with
//! a sign, so up to `g` the walker would have been in text, in a tag, in a quoted value of one, or in one of the odd
//! things that end with the next `>`. A `>` leads from each of them to text, but for the quoted value. That value's
//! opening quote would be the last quote of its kind before `g`, and it would stand right after `=` and white space.
//! If neither the last `"` nor the last `'` before `g` does, the walker is in text after `g`. If one does, nothing is
//! known, and the walker goes on from tag to tag.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x16};
use memchr::memrchr;

use super::TAG_BYTES_MAX;
use super::tag::is_space;
use crate::policy::markup;

/// Less than this is walked. Unit: bytes.
const AHEAD_BYTES_MIN: usize = 160;

/// How tags, end tags and comments begin that are signs, after their `<`, in lower case. The quick look sees only these
/// groups, and of each letter only the lower half: they are put together so that it takes few of the tags that pages
/// are full of for signs.
const STARTS: [&[&[u8; 3]]; 8] = [
    &[b"!--", b"app", b"fon", b"ima", b"xmp"],
    &[b"/bo", b"/ht", b"mat", b"obj"],
    &[b"fei", b"fil", b"sty"],
    &[b"cur", b"ifr", b"met", b"par", b"pat", b"scr", b"sel", b"set", b"svg"],
    &[b"mpa", b"tem", b"tex", b"tre"],
    &[b"/te", b"htm", b"noe", b"nof"],
    &[b"bod", b"lin", b"nos", b"rad", b"tit", b"use"],
    &[b"ani", b"bas", b"fra", b"pla"],
];

/// The name of an attribute that is a sign.
struct Word {
    name: &'static [u8],
    /// Which of its letters is the first of the four that the quick look sees.
    seen_at: usize,
}

/// The attributes that load on elements whose names are no signs, and those that matter on every element.
const WORDS: [Word; 8] = [
    Word { name: b"src", seen_at: 0 },
    Word { name: b"srcset", seen_at: 0 },
    Word { name: b"lowsrc", seen_at: 3 },
    Word { name: b"attributionsrc", seen_at: 11 },
    Word { name: b"poster", seen_at: 1 },
    Word { name: b"ping", seen_at: 0 },
    Word { name: b"background", seen_at: 1 },
    Word { name: b"data-consentry", seen_at: 7 },
];

/// What the quick look takes for one of [`WORDS`]: four bytes, each one of these.
const GLIMPSES: [[&[u8]; 4]; 5] = [
    [b"s", b"r", b"c", b"s=/> \t\n\r\x0C"],
    [b"o", b"s", b"t", b"e"],
    [b"p", b"i", b"n", b"g"],
    [b"a", b"c", b"k", b"g"],
    [b"n", b"s", b"e", b"n"],
];

/// For the lower half of a byte a bit for each group in which such a byte may stand at one place.
type Nibbles = [u8; 16];

/// The first, second and third letter of [`STARTS`].
const START_NIBBLES: [Nibbles; 3] = {
    let mut nibbles = [[0; 16]; 3];
    let mut group = 0;
    while group < STARTS.len() {
        let mut index = 0;
        while index < STARTS[group].len() {
            let mut place = 0;
            while place < 3 {
                nibbles[place][(STARTS[group][index][place] & 15) as usize] |= 1 << group;
                place += 1;
            }
            index += 1;
        }
        group += 1;
    }
    nibbles
};

/// The four bytes of [`GLIMPSES`].
const WORD_NIBBLES: [Nibbles; 4] = {
    let mut nibbles = [[0; 16]; 4];
    let mut group = 0;
    while group < GLIMPSES.len() {
        let mut place = 0;
        while place < 4 {
            let bytes = GLIMPSES[group][place];
            let mut index = 0;
            while index < bytes.len() {
                nibbles[place][(bytes[index] & 15) as usize] |= 1 << group;
                index += 1;
            }
            place += 1;
        }
        group += 1;
    }
    nibbles
};

/// For the first two letters of [`STARTS`] a bit for each third, of their lower five bits; it knows no case.
const START_BITS: [[u32; 32]; 32] = {
    let mut bits = [[0; 32]; 32];
    let mut group = 0;
    while group < STARTS.len() {
        let mut index = 0;
        while index < STARTS[group].len() {
            let [first, second, third] = *STARTS[group][index];
            bits[(first & 31) as usize][(second & 31) as usize] |= 1 << (third & 31);
            index += 1;
        }
        group += 1;
    }
    bits
};

/// Where the walker may go on from, and what it knows of what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calm {
    /// It is in text here, and nothing before changes anything.
    pub(super) end: usize,
    /// Up to here it is to walk, for there is a sign or nothing is known.
    pub(super) walked_to: usize,
}

/// Where to go on, in text at `from`, on a page of which the promise at the top of this file holds.
pub(super) fn calm_end(level: Level, buf: &[u8], from: usize) -> Calm {
    // No tag that is passed over may be longer than one that is waited for.
    let seen = &buf[..buf.len().min(from + TAG_BYTES_MAX)];
    if seen.len() - from < AHEAD_BYTES_MIN {
        return Calm { end: from, walked_to: seen.len() };
    }
    let sign = dispatch!(level, simd => next(simd, seen, from));
    let walked_to = sign + 1;
    let Some(close) = memrchr(b'>', &seen[from..sign]) else { return Calm { end: from, walked_to } };
    let calm = &seen[from..from + close];
    let is_open = [b'"', b'\''].into_iter().any(|quote| may_be_open(calm, quote));
    Calm { end: if is_open { from } else { from + close + 1 }, walked_to }
}

/// May the last of these quotes have opened a value?
fn may_be_open(calm: &[u8], quote: u8) -> bool {
    let Some(last) = memrchr(quote, calm) else { return false };
    calm[..last].iter().rev().find(|byte| !is_space(**byte)) == Some(&b'=')
}

/// Is there no sign in these bytes?
pub(super) fn is_calm(bytes: &[u8]) -> bool {
    (0..bytes.len()).all(|at| !is_sign(bytes, at))
}

/// The first sign from `from` on, or where the look ended before the end of `buf`.
#[allow(clippy::inline_always)] // The functions of a SIMD level are only fast within one that is compiled for it.
#[inline(always)]
fn next<S: Simd>(simd: S, buf: &[u8], from: usize) -> usize {
    let table = |nibbles: &Nibbles| S::u8s::block_splat(u8x16::from_slice(simd, nibbles));
    let starts: [S::u8s; 3] = [table(&START_NIBBLES[0]), table(&START_NIBBLES[1]), table(&START_NIBBLES[2])];
    let words: [S::u8s; 4] =
        [table(&WORD_NIBBLES[0]), table(&WORD_NIBBLES[1]), table(&WORD_NIBBLES[2]), table(&WORD_NIBBLES[3])];
    let half = S::u8s::splat(simd, 15);
    let opening = S::u8s::splat(simd, b'<');
    let none = S::u8s::splat(simd, 0);
    let width = S::u8s::LEN;
    let mut at = from;
    while let Some(bytes) = buf.get(at..at + width + 3) {
        let first = S::u8s::from_slice(simd, &bytes[..width]);
        let second = S::u8s::from_slice(simd, &bytes[1..=width]) & half;
        let third = S::u8s::from_slice(simd, &bytes[2..width + 2]) & half;
        let fourth = S::u8s::from_slice(simd, &bytes[3..width + 3]) & half;
        let of_start = starts[0].swizzle_dyn_within_blocks(second)
            & starts[1].swizzle_dyn_within_blocks(third)
            & starts[2].swizzle_dyn_within_blocks(fourth);
        let of_word = words[0].swizzle_dyn_within_blocks(first & half)
            & words[1].swizzle_dyn_within_blocks(second)
            & words[2].swizzle_dyn_within_blocks(third)
            & words[3].swizzle_dyn_within_blocks(fourth);
        let found = first.simd_eq(opening).select(of_start | of_word, of_word);
        let mut bits = !found.simd_eq(none).to_bitmask() & (u64::MAX >> (64 - width));
        while bits != 0 {
            let sign = at + bits.trailing_zeros() as usize;
            if !is_own_source(buf, sign) && is_sign(buf, sign) {
                return sign;
            }
            bits &= bits - 1;
        }
        at += width;
    }
    at
}

/// Is this the `src` of a picture with a path on the page's own host? Most of what the quick look sees on a shop's page
/// is that, so it is told from the eight bytes around it.
#[inline]
fn is_own_source(buf: &[u8], at: usize) -> bool {
    match buf.get(at.wrapping_sub(1)..at.wrapping_add(7)) {
        Some([before, b's', b'r', b'c', b'=', b'"' | b'\'', b'/', first]) => {
            !before.is_ascii_alphabetic() && first.is_ascii_alphanumeric()
        }
        _ => false,
    }
}

/// Is there a sign at `at`, or a name that reaches over it where the quick look sees it?
#[inline]
fn is_sign(buf: &[u8], at: usize) -> bool {
    match (buf[at] | 0x20, buf.get(at + 1..at + 4)) {
        (b'<', None) => true,
        (b'<', Some(start)) => {
            let bits = START_BITS[(start[0] & 31) as usize][(start[1] & 31) as usize];
            bits & 1 << (start[2] & 31) != 0
        }
        // Most are pictures on the page's own host. An `attributionsrc` asks for something wherever it leads.
        (b's', Some([b'r', b'c', b'='])) if is_own(&buf[at + 3..]) && !ends_in_letter(&buf[..at]) => false,
        (letter @ (b's' | b'o' | b'p' | b'a' | b'n'), _) => {
            WORDS.iter().any(|word| word.name[word.seen_at] == letter && is_word(buf, at, word))
        }
        _ => false,
    }
}

fn ends_in_letter(before: &[u8]) -> bool {
    before.last().is_some_and(u8::is_ascii_alphabetic)
}

/// Does what follows the name of an attribute plainly lead to the page's own host?
fn is_own(rest: &[u8]) -> bool {
    match rest {
        [b'=', b'"' | b'\'', value @ ..] => markup::is_own_image(b"src", value),
        _ => false,
    }
}

/// Does `word` stand over `at` as the whole name of an attribute? A `src` that plainly leads to the page's own host
/// is none.
fn is_word(buf: &[u8], at: usize, word: &Word) -> bool {
    let Some(start) = at.checked_sub(word.seen_at) else { return false };
    let end = start + word.name.len();
    let is_end = |byte: &u8| is_space(*byte) || matches!(byte, b'=' | b'/' | b'>');
    let is_whole = buf.get(start..end).is_some_and(|name| name.eq_ignore_ascii_case(word.name))
        && buf.get(end).is_none_or(is_end)
        && start
            .checked_sub(1)
            .is_none_or(|before| is_space(buf[before]) || matches!(buf[before], b'/' | b'"' | b'\''));
    is_whole && !(word.name == b"src" && is_own(&buf[end..]))
}

#[cfg(test)]
mod tests;
