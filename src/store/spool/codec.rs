//! A batch as bytes, and back.
//!
//! Tallies repeat a few words and mostly hold small numbers, and a spool must hold a day of them: a table of words
//! and variable-length numbers take about 15 bytes a tally, JSON about 120. The first byte is the version; batches of
//! version 1, which knew fewer sums and no properties, are still read.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::dimension::{PROPERTY, from_number, number};
use super::super::varint::{Reader, put_count, put_number, put_signed};
use crate::counting::tally::{Cell, Dimension, Hour, LocalDay, Name, SUMS, Sums, Tally, Value};

const VERSION: u8 = 2;
/// The sums that version 1 wrote, all of them whatever they were.
const SUMS_OF_VERSION_1: u64 = (1 << 11) - 1;

/// What a batch holds, beside its id.
pub(super) type Content = (Vec<Tally>, Vec<Name>);

/// A batch on its way into the spool: what was drained, part by part, in a few bytes each.
#[derive(Default)]
pub struct Body {
    texts: Texts,
    tallies: Items,
    names: Items,
}

/// So many, written one behind the other.
#[derive(Default)]
struct Items {
    count: usize,
    bytes: Vec<u8>,
}

impl Body {
    /// These tallies and names.
    pub fn of(tallies: &[Tally], names: &[Name]) -> Self {
        let mut body = Self::default();
        body.add(tallies, names);
        body
    }

    /// Puts more behind what is there.
    pub fn add(&mut self, tallies: &[Tally], names: &[Name]) {
        let Self { texts, tallies: Items { count, bytes }, .. } = self;
        *count += tallies.len();
        for tally in tallies {
            put_number(bytes, texts.number(&tally.site));
            put_signed(bytes, tally.hour.0.into());
            put_signed(bytes, tally.day.0.into());
            put_cell(bytes, texts, &tally.cell);
            put_sums(bytes, &tally.sums);
        }
        let Self { texts, names: Items { count, bytes }, .. } = self;
        *count += names.len();
        for name in names {
            put_number(bytes, texts.number(&name.site));
            put_dimension(bytes, texts, &name.dimension);
            bytes.extend_from_slice(&name.token.to_le_bytes());
            put_number(bytes, texts.number(&name.name));
        }
    }

    /// How many tallies it holds.
    pub const fn tallies(&self) -> usize {
        self.tallies.count
    }

    /// Does it hold nothing?
    pub const fn is_empty(&self) -> bool {
        self.tallies.count == 0 && self.names.count == 0
    }

    /// As it stands in the spool.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.reserve(self.tallies.bytes.len() + self.names.bytes.len());
        put_count(&mut bytes, self.texts.list.len());
        for text in &self.texts.list {
            put_count(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
        }
        for items in [&self.tallies, &self.names] {
            put_count(&mut bytes, items.count);
            bytes.extend_from_slice(&items.bytes);
        }
        bytes
    }
}

/// What the bytes hold; `None` where they are not what [`Body::bytes`] writes.
pub(super) fn decode(bytes: &[u8]) -> Option<Content> {
    let mut reader = Reader(bytes);
    let sums = match reader.byte()? {
        1 => Some(SUMS_OF_VERSION_1),
        VERSION => None,
        _ => return None,
    };
    let texts = reader.list(Reader::text)?;
    let tallies = reader.list(|reader| reader.tally(&texts, sums))?;
    let names = reader.list(|reader| reader.name(&texts))?;
    reader.0.is_empty().then_some((tallies, names))
}

#[derive(Default)]
struct Texts {
    list: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u64>,
}

impl Texts {
    fn number(&mut self, text: &Arc<str>) -> u64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let next = self.numbers.len() as u64;
        self.list.push(Arc::clone(text));
        self.numbers.insert(Arc::clone(text), next);
        next
    }
}

/// The number of the dimension; of a property its key as well.
fn put_dimension(body: &mut Vec<u8>, texts: &mut Texts, dimension: &Dimension) {
    body.push(number(dimension));
    if let Dimension::Property(key) = dimension {
        put_number(body, texts.number(key));
    }
}

fn put_cell(body: &mut Vec<u8>, texts: &mut Texts, cell: &Cell) {
    let mut put = |dimension: &Dimension, value: &Value| {
        put_dimension(body, texts, dimension);
        match value {
            Value::Word(word) => {
                body.push(0);
                put_number(body, texts.number(word));
            }
            Value::Token(token) => {
                body.push(1);
                body.extend_from_slice(&token.to_le_bytes());
            }
        }
    };
    match cell {
        Cell::Total => {}
        Cell::One(dimension, value) => put(dimension, value),
        Cell::Pair(first, first_value, second, second_value) => {
            put(first, first_value);
            put(second, second_value);
        }
    }
    body.push(0);
}

/// Which sums are not 0, one bit each, and these in their order. New ones come last.
fn put_sums(body: &mut Vec<u8>, sums: &Sums) {
    let list = sums.list();
    let written = list.iter().rev().fold(0, |mask, sum| mask << 1 | u64::from(*sum != 0));
    put_number(body, written);
    for sum in list.into_iter().filter(|sum| *sum != 0) {
        put_signed(body, sum);
    }
}

impl Reader<'_> {
    fn small(&mut self) -> Option<i32> {
        i32::try_from(self.signed()?).ok()
    }

    fn text(&mut self) -> Option<Arc<str>> {
        let length = self.number()?;
        self.text_of(length)
    }

    fn shared(&mut self, texts: &[Arc<str>]) -> Option<Arc<str>> {
        texts.get(usize::try_from(self.number()?).ok()?).cloned()
    }

    fn dimension(&mut self, texts: &[Arc<str>], number: u8) -> Option<Dimension> {
        if number == PROPERTY {
            return self.shared(texts).map(Dimension::Property);
        }
        from_number(number)
    }

    fn dimension_and_value(&mut self, texts: &[Arc<str>], number: u8) -> Option<(Dimension, Value)> {
        let dimension = self.dimension(texts, number)?;
        let value = match self.byte()? {
            0 => Value::Word(self.shared(texts)?),
            1 => Value::Token(self.token()?),
            _ => return None,
        };
        Some((dimension, value))
    }

    fn cell(&mut self, texts: &[Arc<str>]) -> Option<Cell> {
        let mut places = Vec::with_capacity(2);
        loop {
            match self.byte()? {
                0 => break,
                dimension => places.push(self.dimension_and_value(texts, dimension)?),
            }
            if places.len() > 2 {
                return None;
            }
        }
        let mut places = places.into_iter();
        Some(match (places.next(), places.next()) {
            (None, _) => Cell::Total,
            (Some((dimension, value)), None) => Cell::One(dimension, value),
            (Some((first, first_value)), Some((second, second_value))) => {
                Cell::Pair(first, first_value, second, second_value)
            }
        })
    }

    /// The sums of `written`, or of the bits that stand here; others are 0.
    fn sums(&mut self, written: Option<u64>) -> Option<Sums> {
        let written = match written {
            Some(written) => written,
            None => self.number().filter(|written| *written < 1 << SUMS)?,
        };
        let mut list = [0; SUMS];
        for (at, sum) in list.iter_mut().enumerate() {
            if written >> at & 1 == 1 {
                *sum = self.signed()?;
            }
        }
        Some(Sums::of(list))
    }

    fn tally(&mut self, texts: &[Arc<str>], sums: Option<u64>) -> Option<Tally> {
        Some(Tally {
            site: self.shared(texts)?,
            hour: Hour(self.small()?),
            day: LocalDay(self.small()?),
            cell: self.cell(texts)?,
            sums: self.sums(sums)?,
        })
    }

    fn name(&mut self, texts: &[Arc<str>]) -> Option<Name> {
        Some(Name {
            site: self.shared(texts)?,
            dimension: {
                let number = self.byte()?;
                self.dimension(texts, number)?
            },
            token: self.token()?,
            name: self.shared(texts)?,
        })
    }
}

#[cfg(test)]
mod tests;
