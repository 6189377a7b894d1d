//! A day's pairs of two dimensions as bytes, and back.
//!
//! A row of a table takes some 50 bytes for a pair, most of them for the same key again and for sums that say the same of
//! each other. Here a day's values of a dimension stand in one list ([`encode_values`]), a pair names two places in such
//! lists, and the pairs stand in the order of these places, so that only steps are written. Sums stand column by column
//! (`column`): most columns hold one number, or what differs from another column. No time, no files: bytes to pairs.
//!
//! What cannot be read is `None`. Bytes of a later form begin with another number.

mod column;

use std::sync::Arc;

use self::column::Column;
use super::super::varint::{Reader, put_count, put_number};
use crate::counting::tally::{SUMS, Value};

/// Sums of a pair: all but `visitors_hour` and `visits_hour`, in the order of `Sums::list`.
pub(in super::super) const DAY_SUMS: usize = SUMS - 2;
/// Most pairs that are written together: some 60 KB, and 2 MB where they are read.
pub(super) const PAIRS_MAX: usize = 16_384;
/// The form of the bytes, their first one.
const FORM: u8 = 1;

/// The sums of a pair.
pub(in super::super) type DaySums = [i64; DAY_SUMS];

/// A value as a row has it, in the order in which SQLite sorts values: tokens first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum Stored {
    /// The bits of a token.
    Token(i64),
    /// Readable by everybody.
    Word(Arc<str>),
}

impl Stored {
    /// As counting knows it.
    pub(in super::super) fn value(&self) -> Value {
        match self {
            Self::Token(token) => Value::Token(token.cast_unsigned()),
            Self::Word(word) => Value::Word(word.clone()),
        }
    }
}

/// A pair, its values by their places in the lists of their dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Pair {
    pub(in super::super) first: u32,
    pub(in super::super) second: u32,
    pub(in super::super) sums: DaySums,
}

/// The bytes of at most [`PAIRS_MAX`] pairs, which stand in the order of their places, no two of the same.
pub(super) fn encode(pairs: &[Pair]) -> Vec<u8> {
    let mut body = Vec::with_capacity(8 * pairs.len());
    body.push(FORM);
    let runs = || pairs.chunk_by(|one, next| one.first == next.first);
    put_count(&mut body, runs().count());
    let mut before = 0;
    for run in runs() {
        let first = run.first().map_or(0, |pair| pair.first);
        put_number(&mut body, u64::from(first.wrapping_sub(before)));
        put_count(&mut body, run.len());
        before = first;
    }
    for run in runs() {
        let mut before = 0;
        for pair in run {
            put_number(&mut body, u64::from(pair.second.wrapping_sub(before)));
            before = pair.second;
        }
    }
    let columns: Vec<Vec<i64>> =
        (0..DAY_SUMS).map(|at| pairs.iter().map(|pair| pair.sums[at]).collect()).collect();
    for (values, beside) in columns.iter().zip(BESIDE) {
        column::put(&mut body, values, beside.and_then(|other| columns.get(other)).map(Vec::as_slice));
    }
    body
}

/// The column before it that a sum mostly equals: visits are as many as visitors, events as page views.
const BESIDE: [Option<usize>; DAY_SUMS] = {
    const VISITORS: Option<usize> = Some(0);
    const VISITS: Option<usize> = Some(1);
    const VIEWS: Option<usize> = Some(3);
    [None, VISITORS, None, VISITS, VIEWS, VISITS, None, VISITS, VISITS, None, None, None, None, VISITS]
};

/// Pairs of which the places are read, and the sums not yet.
pub(super) struct Block<'a> {
    /// The places of first values, and how many pairs there are up to the last of each.
    runs: Vec<(u32, usize)>,
    seconds: Vec<u32>,
    rest: Reader<'a>,
}

impl<'a> Block<'a> {
    /// Reads the places.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != FORM {
            return None;
        }
        let (mut first, mut end) = (0, 0_usize);
        let runs = reader.list(|reader| {
            first = place_after(first, reader)?;
            end = end.checked_add(usize::try_from(reader.number()?).ok()?)?;
            Some((first, end))
        })?;
        // Each has a byte of its own yet to come.
        if end > reader.0.len() || end > PAIRS_MAX {
            return None;
        }
        let mut seconds = Vec::with_capacity(end);
        for (_, end) in &runs {
            let mut second = 0;
            while seconds.len() < *end {
                second = place_after(second, &mut reader)?;
                seconds.push(second);
            }
        }
        Some(Self { runs, seconds, rest: reader })
    }

    /// The places of each pair: of its first value and of its second one.
    pub(super) fn places(&self) -> impl Iterator<Item = (u32, u32)> {
        let begins = std::iter::once(0).chain(self.runs.iter().map(|(_, end)| *end));
        let runs = self.runs.iter().zip(begins);
        runs.flat_map(|((first, end), begin)| {
            self.seconds.get(begin..*end).unwrap_or_default().iter().map(|second| (*first, *second))
        })
    }

    /// The places of first values.
    pub(super) fn firsts(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().map(|(first, _)| *first)
    }

    /// Reads the sums.
    pub(super) fn sums(&self) -> Option<Columns> {
        let mut reader = Reader(self.rest.0);
        let mut columns: Vec<Column> = Vec::with_capacity(DAY_SUMS);
        for beside in BESIDE {
            let beside = beside.and_then(|other| columns.get(other));
            columns.push(Column::read(&mut reader, self.seconds.len(), beside)?);
        }
        reader.0.is_empty().then_some(Columns(columns))
    }
}

fn place_after(before: u32, reader: &mut Reader<'_>) -> Option<u32> {
    before.checked_add(u32::try_from(reader.number()?).ok()?)
}

/// The sums of pairs, in the order of [`Block::places`].
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// The sums of one pair.
    pub(super) fn at(&self, pair: usize) -> DaySums {
        let mut sums = [0; DAY_SUMS];
        for (sum, column) in sums.iter_mut().zip(&self.0) {
            *sum = column.at(pair);
        }
        sums
    }
}

/// All pairs in the bytes.
pub(in super::super) fn decode(bytes: &[u8]) -> Option<Vec<Pair>> {
    let block = Block::open(bytes)?;
    let columns = block.sums()?;
    let pair = |(at, (first, second))| Pair { first, second, sums: columns.at(at) };
    Some(block.places().enumerate().map(pair).collect())
}

/// Puts pairs in the order of their places, those of the same two values as one with both sums, and leaves out what came
/// to nothing.
pub(super) fn merge(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    pairs.dedup_by(|next, kept| {
        let is_same = (next.first, next.second) == (kept.first, kept.second);
        if is_same {
            for (sum, more) in kept.sums.iter_mut().zip(next.sums) {
                *sum = sum.wrapping_add(more);
            }
        }
        is_same
    });
    pairs.retain(|pair| pair.sums != [0; DAY_SUMS]);
    pairs
}

/// The bytes of a list of values.
pub(super) fn encode_values(values: &[Stored]) -> Vec<u8> {
    let mut body = vec![FORM];
    put_count(&mut body, values.len());
    for value in values {
        match value {
            Stored::Token(token) => {
                put_number(&mut body, 0);
                body.extend_from_slice(&token.to_le_bytes());
            }
            Stored::Word(word) => {
                put_count(&mut body, word.len() + 1);
                body.extend_from_slice(word.as_bytes());
            }
        }
    }
    body
}

/// The values in the bytes.
pub(super) fn decode_values(bytes: &[u8]) -> Option<Vec<Stored>> {
    let mut reader = Reader(bytes);
    if reader.byte()? != FORM {
        return None;
    }
    let values = reader.list(|reader| {
        Some(match reader.number()?.checked_sub(1) {
            None => Stored::Token(reader.token()?.cast_signed()),
            Some(length) => Stored::Word(reader.text_of(length)?),
        })
    })?;
    reader.0.is_empty().then_some(values)
}

#[cfg(test)]
mod tests;
