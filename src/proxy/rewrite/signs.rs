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
use super::near::is_space;
use crate::policy::markup;

/// Less than this is walked. Unit: bytes.
const AHEAD_BYTES_MIN: usize = 80;

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
    Word { name: b"poster", seen_at: 0 },
    Word { name: b"ping", seen_at: 0 },
    Word { name: b"background", seen_at: 2 },
    Word { name: b"data-consentry", seen_at: 3 },
];

/// What the quick look looks for, in lower case: how tags, end tags and comments begin that are signs, and a part of each of
/// [`WORDS`]. It sees only these groups, and of each byte but `<` only the lower half: they are put together so that it
/// takes few of the tags and words that pages are full of for signs.
const GLIMPSES: [&[&[u8; 4]]; 8] = [
    &[b"</bo", b"</ht", b"<mat", b"<obj", b"<bod", b"<rad"],
    &[b"<fei", b"<cur", b"<ifr", b"<par", b"<pat", b"<scr", b"<sel", b"<set", b"<svg", b"<pla"],
    &[b"<sty", b"<htm", b"<nof", b"<nos", b"<ani", b"<bas"],
    &[
        b"<fon", b"<ima", b"<fil", b"<met", b"<mpa", b"<tem", b"<tex", b"<tre", b"<noe", b"<lin", b"<tit",
        b"<use", b"<fra",
    ],
    &[b"<!--", b"<app", b"<xmp", b"</te"],
    &[b"ping"],
    &[b"post", b"a-co"],
    &[b"ckgr", b"srcs", b"src=", b"src/", b"src>", b"src ", b"src\t", b"src\n", b"src\r", b"src\x0C"],
];

/// A bit for each group whose glimpses begin with `<`.
const OPENING: u8 = 0b0001_1111;

/// For each place in a glimpse, and for what the lower half of a byte may be, a bit for each group with such a byte there.
const NIBBLES: [[u8; 16]; 4] = {
    let mut nibbles = [[0; 16]; 4];
    let mut group = 0;
    while group < GLIMPSES.len() {
        let mut index = 0;
        while index < GLIMPSES[group].len() {
            let mut place = 0;
            while place < 4 {
                nibbles[place][(GLIMPSES[group][index][place] & 15) as usize] |= 1 << group;
                place += 1;
            }
            index += 1;
        }
        group += 1;
    }
    // A byte that is no `<` begins no tag.
    let mut half = 0;
    while half < 16 {
        nibbles[0][half] &= !OPENING;
        half += 1;
    }
    nibbles
};

/// As the first of [`NIBBLES`], by more of a byte: its lower six bits tell `<` from every letter.
const FIRST: [u8; 64] = {
    let mut first = [0; 64];
    let mut group = 0;
    while group < GLIMPSES.len() {
        let mut index = 0;
        while index < GLIMPSES[group].len() {
            let byte = GLIMPSES[group][index][0];
            first[(byte & 63) as usize] |= 1 << group;
            first[(byte.to_ascii_uppercase() & 63) as usize] |= 1 << group;
            index += 1;
        }
        group += 1;
    }
    first
};

/// For the first two letters behind a `<` that are signs a bit for each third, of their lower five bits; it knows no case.
const START_BITS: [[u32; 32]; 32] = {
    let mut bits = [[0; 32]; 32];
    let mut group = 0;
    while group < GLIMPSES.len() {
        let mut index = 0;
        while index < GLIMPSES[group].len() {
            if let [b'<', first, second, third] = *GLIMPSES[group][index] {
                bits[(first & 31) as usize][(second & 31) as usize] |= 1 << (third & 31);
            }
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
    /// Is that where the look had to end?
    pub(super) is_rest: bool,
}

/// Where to go on, in text at `from`, on a page of which the promise at the top of this file holds.
pub(super) fn calm_end(level: Level, buf: &[u8], from: usize) -> Calm {
    // No tag that is passed over may be longer than one that is waited for.
    let seen = &buf[..buf.len().min(from + TAG_BYTES_MAX)];
    if seen.len() - from < AHEAD_BYTES_MIN {
        return Calm { end: from, walked_to: seen.len(), is_rest: true };
    }
    let Look { end, is_hit, has_apostrophe } = look(level, seen, from);
    let walked_to = end + 1;
    let Some(close) = memrchr(b'>', &seen[from..end]) else {
        return Calm { end: from, walked_to, is_rest: !is_hit };
    };
    let calm = &seen[from..from + close];
    let is_open = may_be_open(calm, b'"') || (has_apostrophe && may_be_open(calm, b'\''));
    Calm { end: if is_open { from } else { from + close + 1 }, walked_to, is_rest: !is_hit }
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

/// What a look ahead found.
struct Look {
    /// Where it ended.
    end: usize,
    /// Is something there, or was there nothing before the look had to end?
    is_hit: bool,
    /// May a `'` stand before?
    has_apostrophe: bool,
}

/// Looks for the first sign from `from` on.
fn look(level: Level, buf: &[u8], mut from: usize) -> Look {
    let mut has_apostrophe = false;
    loop {
        let look = dispatch!(level, simd => quick_look(simd, buf, from));
        has_apostrophe |= look.has_apostrophe;
        if !look.is_hit || is_sign(buf, look.end) {
            return Look { has_apostrophe, ..look };
        }
        from = look.end + 1;
    }
}

/// What a look needs at hand.
struct Glass<S: Simd> {
    /// [`NIBBLES`].
    tables: [S::u8s; 4],
    /// [`FIRST`], as far as it fits.
    starts: S::u8s,
    openings: S::u8s,
    less_than: S::u8s,
    apostrophe: S::u8s,
    none: S::u8s,
}

#[allow(clippy::inline_always)] // The functions of a SIMD level are only fast within one that is compiled for it.
impl<S: Simd> Glass<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let table = |place: usize| S::u8s::block_splat(u8x16::from_slice(simd, &NIBBLES[place]));
        Self {
            tables: [table(0), table(1), table(2), table(3)],
            starts: S::u8s::from_slice(simd, &FIRST[..S::u8s::LEN]),
            openings: S::u8s::splat(simd, OPENING),
            less_than: S::u8s::splat(simd, b'<'),
            apostrophe: S::u8s::splat(simd, b'\''),
            none: S::u8s::splat(simd, 0),
        }
    }

    /// The groups that have a glimpse at each of the first bytes, and how each differs from a `'`. Three more bytes are looked
    /// at.
    #[inline(always)]
    fn look(&self, simd: S, bytes: &[u8]) -> (S::u8s, S::u8s) {
        // What a lookup makes of more than the half of a byte varies. Those of x86 see that half of ASCII themselves, and
        // what else stands in a page is in no glimpse, so there whatever they make of it is right.
        let half = |bytes: S::u8s| {
            if cfg!(target_arch = "x86_64") { bytes } else { bytes & S::u8s::splat(simd, 15) }
        };
        let byte = |place: usize| S::u8s::from_slice(simd, &bytes[place..place + S::u8s::LEN]);
        let groups = |place: usize| self.tables[place].swizzle_dyn_within_blocks(half(byte(place)));
        let begun = if S::u8s::LEN == FIRST.len() {
            self.starts.swizzle_dyn(byte(0) & S::u8s::splat(simd, 63))
        } else {
            byte(0).simd_eq(self.less_than).select(self.openings, groups(0))
        };
        (begun & groups(1) & groups(2) & groups(3), byte(0) ^ self.apostrophe)
    }

    /// The first place, from `at` on, where a group has a glimpse.
    #[inline(always)]
    fn first(&self, groups: S::u8s, buf: &[u8], at: usize) -> Option<usize> {
        let mut bits = !groups.simd_eq(self.none).to_bitmask() & (u64::MAX >> (64 - S::u8s::LEN));
        while bits != 0 {
            let place = at + bits.trailing_zeros() as usize;
            if !is_own_source(buf, place) && !is_other_tag(buf, place) {
                return Some(place);
            }
            bits &= bits - 1;
        }
        None
    }
}

/// Looks for the first of [`GLIMPSES`], and what looks like one. It calls nothing, so that all it compares with stays where
/// the processor has it at hand; and it looks at two vectors before it asks if anything was there.
#[allow(clippy::inline_always)] // The functions of a SIMD level are only fast within one that is compiled for it.
#[inline(always)]
fn quick_look<S: Simd>(simd: S, buf: &[u8], from: usize) -> Look {
    let glass = Glass::new(simd);
    let width = S::u8s::LEN;
    // The least of differences costs a port of the processor that is free; a comparison would wait for that of the lookups.
    let mut apart = S::u8s::splat(simd, u8::MAX);
    let has_apostrophe = |apart: S::u8s| apart.simd_eq(glass.none).any_true();
    // The last look begins as late as it can.
    let Some(last) = buf.len().checked_sub(width + 3).filter(|last| from <= *last) else {
        return Look { end: from, is_hit: false, has_apostrophe: false };
    };
    let mut at = from;
    while let Some(bytes) = buf.get(at..at + 2 * width + 3) {
        let (groups, some) = glass.look(simd, bytes);
        let (more_groups, more) = glass.look(simd, &bytes[width..]);
        apart = apart.min(some).min(more);
        if !(groups | more_groups).simd_eq(glass.none).all_true() {
            let hit = glass.first(groups, buf, at).or_else(|| glass.first(more_groups, buf, at + width));
            if let Some(end) = hit {
                return Look { end, is_hit: true, has_apostrophe: has_apostrophe(apart) };
            }
        }
        at += 2 * width;
    }
    at = at.min(last);
    while let Some(bytes) = buf.get(at..at + width + 3) {
        let (groups, some) = glass.look(simd, bytes);
        apart = apart.min(some);
        if let Some(end) = glass.first(groups, buf, at) {
            return Look { end, is_hit: true, has_apostrophe: has_apostrophe(apart) };
        }
        if at == last {
            break;
        }
        at = (at + width).min(last);
    }
    Look { end: last + width, is_hit: false, has_apostrophe: has_apostrophe(apart) }
}

/// Is this the `src` of a picture with a path on the page's own host? Most of what the quick look sees on a shop's page
/// is that, so it is told from the eight bytes around it.
#[allow(clippy::inline_always)] // It is asked within a look.
#[inline(always)]
fn is_own_source(buf: &[u8], at: usize) -> bool {
    let around = buf.get(at.wrapping_sub(1)..).and_then(<[u8]>::first_chunk::<8>);
    around.is_some_and(|around| {
        around[1..5] == *b"src="
            && matches!(around[5], b'"' | b'\'')
            && around[6] == b'/'
            && around[7].is_ascii_alphanumeric()
            && !around[0].is_ascii_alphabetic()
    })
}

/// Is this a tag that is no sign, though the quick look sees one in the halves of its letters?
#[allow(clippy::inline_always)] // It is asked within a look.
#[inline(always)]
fn is_other_tag(buf: &[u8], at: usize) -> bool {
    let start = buf.get(at..).and_then(<[u8]>::first_chunk::<4>);
    start.is_some_and(|start| start[0] == b'<' && !is_start(start[1], start[2], start[3]))
}

/// Do these letters behind a `<` begin a sign?
#[inline]
const fn is_start(first: u8, second: u8, third: u8) -> bool {
    START_BITS[(first & 31) as usize][(second & 31) as usize] & 1 << (third & 31) != 0
}

/// Is there a sign at `at`, or a name that reaches over it where the quick look sees it?
#[inline]
fn is_sign(buf: &[u8], at: usize) -> bool {
    match (buf[at] | 0x20, buf.get(at + 1..at + 4)) {
        (b'<', None) => true,
        (b'<', Some(start)) => is_start(start[0], start[1], start[2]),
        // Most are pictures on the page's own host. An `attributionsrc` asks for something wherever it leads.
        (b's', Some([b'r', b'c', b'='])) if is_own(&buf[at + 3..]) && !ends_in_letter(&buf[..at]) => false,
        (letter @ (b's' | b'p' | b'c' | b'a'), _) => {
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
