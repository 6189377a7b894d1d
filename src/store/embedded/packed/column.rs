//! One sum of many pairs, as bytes: nothing where all are 0; else what most are and where others stand; else each.
//!
//! All are divided by what divides all: revenue is mostly whole crowns, the time on a page whole seconds.

use super::super::super::varint::{Reader, put_count, put_number, put_signed};

/// How a column is written.
const ZERO: u8 = 0;
const FEW: u8 = 1;
const EACH: u8 = 2;
/// Beside the form: what is written is the difference to another column.
const BESIDE: u8 = 4;
/// What most can be: numbers below this one. Sums of few visits are mostly 0 or 1.
const MOST_MAX: usize = 8;

/// The sums of pairs.
pub(super) enum Column {
    /// All the same.
    Same(i64),
    /// One for each.
    Each(Vec<i64>),
}

/// Writes the column in the shortest way. `beside` is another one that it may be much like.
pub(super) fn put(body: &mut Vec<u8>, values: &[i64], beside: Option<&[i64]>) {
    let mut shortest = written(values, 0);
    if let Some(beside) = beside {
        let differences: Vec<i64> =
            values.iter().zip(beside).map(|(value, other)| value.wrapping_sub(*other)).collect();
        let other = written(&differences, BESIDE);
        if other.len() < shortest.len() {
            shortest = other;
        }
    }
    body.extend_from_slice(&shortest);
}

fn written(values: &[i64], flag: u8) -> Vec<u8> {
    let divisor = values.iter().fold(0, |divisor, value| divisor_of(divisor, value.unsigned_abs()));
    if divisor == 0 {
        return vec![ZERO | flag];
    }
    // 2^63 is no divisor of this type, and nobody's sum.
    let divisor = i64::try_from(divisor).unwrap_or(1);
    let begin = |form: u8| {
        let mut body = vec![form | flag];
        put_number(&mut body, divisor.unsigned_abs());
        body
    };
    let divided = || values.iter().map(|value| value / divisor);
    let most = most(divided());
    let mut few = begin(FEW);
    put_signed(&mut few, most);
    let others = || divided().enumerate().filter(|(_, value)| *value != most);
    put_count(&mut few, others().count());
    let mut before = 0;
    for (place, value) in others() {
        put_count(&mut few, place - before);
        put_signed(&mut few, value);
        before = place;
    }
    let mut each = begin(EACH);
    divided().for_each(|value| put_signed(&mut each, value));
    if few.len() <= each.len() { few } else { each }
}

/// The greatest number that divides both; 0 divides nothing and is divided by all.
fn divisor_of(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The small number that is there most often.
fn most(values: impl Iterator<Item = i64>) -> i64 {
    let mut counts = [0_usize; MOST_MAX];
    for value in values {
        if let Some(count) = usize::try_from(value).ok().and_then(|value| counts.get_mut(value)) {
            *count += 1;
        }
    }
    let most = (0..).zip(counts).max_by_key(|(_, count)| *count);
    most.map_or(0, |(value, _)| value)
}

impl Column {
    /// Reads the sums of `count` pairs.
    pub(super) fn read(reader: &mut Reader<'_>, count: usize, beside: Option<&Self>) -> Option<Self> {
        let form = reader.byte()?;
        let column = match form & !BESIDE {
            ZERO => Self::Same(0),
            FEW => Self::read_few(reader, count)?,
            EACH => {
                let divisor = read_divisor(reader)?;
                let one = |_| reader.signed().map(|value| value.wrapping_mul(divisor));
                Self::Each((0..count).map(one).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        if form & BESIDE == 0 { Some(column) } else { Some(column.plus(beside?)) }
    }

    fn read_few(reader: &mut Reader<'_>, count: usize) -> Option<Self> {
        let divisor = read_divisor(reader)?;
        let most = reader.signed()?.wrapping_mul(divisor);
        let others = reader.count()?;
        if others == 0 {
            return Some(Self::Same(most));
        }
        let mut values = vec![most; count];
        let mut place = 0_usize;
        for _ in 0..others {
            place = place.checked_add(usize::try_from(reader.number()?).ok()?)?;
            *values.get_mut(place)? = reader.signed()?.wrapping_mul(divisor);
        }
        Some(Self::Each(values))
    }

    fn plus(self, beside: &Self) -> Self {
        match (self, beside) {
            (Self::Same(one), Self::Same(other)) => Self::Same(one.wrapping_add(*other)),
            (Self::Same(one), Self::Each(others)) => {
                Self::Each(others.iter().map(|other| other.wrapping_add(one)).collect())
            }
            (Self::Each(mut values), beside) => {
                for (place, value) in values.iter_mut().enumerate() {
                    *value = value.wrapping_add(beside.at(place));
                }
                Self::Each(values)
            }
        }
    }

    pub(super) fn at(&self, pair: usize) -> i64 {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values.get(pair).copied().unwrap_or(0),
        }
    }
}

fn read_divisor(reader: &mut Reader<'_>) -> Option<i64> {
    i64::try_from(reader.number()?).ok()
}
