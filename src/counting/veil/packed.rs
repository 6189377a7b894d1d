//! How a veil and its values are handed over.

use std::sync::Arc;

use super::super::pack::{Pack, Packed, Reader, Unreadable, pack};
use super::super::tally::Value;
use super::late::Late;
use super::{Entry, Kind, ValueId, Values, Veil};

pack!(ValueId(0));
pack!(Veil { month, secret, revealed });
pack!(Entry { value, text, missing });

impl Pack for Kind {
    fn pack(&self, out: &mut Packed) {
        match self {
            Self::Tag(tag) => (100 + tag).pack(out),
            Self::Property(at) => (101_u8 + 4, *at).pack(out),
            Self::Page => 0_u8.pack(out),
            Self::Source => 1_u8.pack(out),
            Self::Referrer => 2_u8.pack(out),
            Self::City => 3_u8.pack(out),
            Self::Region => 4_u8.pack(out),
            Self::EventName => 5_u8.pack(out),
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Ok(match u8::unpack(from)? {
            0 => Self::Page,
            1 => Self::Source,
            2 => Self::Referrer,
            3 => Self::City,
            4 => Self::Region,
            5 => Self::EventName,
            tag @ 100..105 => Self::Tag(tag - 100),
            105 => Self::Property(u8::unpack(from)?),
            _ => return Err(Unreadable),
        })
    }

    fn describe(out: &mut String) {
        out.push_str("text kind 1 ");
    }
}

/// The values in their order; where they are found follows from it.
impl Pack for Values {
    fn pack(&self, out: &mut Packed) {
        self.entries.pack(out);
        self.earned.pack(out);
        self.folded.pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let mut values = Self {
            entries: Vec::unpack(from)?,
            words: hashbrown::HashMap::new(),
            texts: Vec::new(),
            of_properties: 0,
            adopted: std::collections::HashMap::default(),
            earned: Vec::unpack(from)?,
            folded: u64::unpack(from)?,
            late: Late::default(),
            is_short: false,
        };
        for (number, entry) in (0..).zip(&values.entries) {
            let id = ValueId(number);
            match (&entry.value, &entry.text) {
                (Value::Word(word), _) => {
                    values.words.insert(Arc::clone(word), id);
                }
                (Value::Token(token), None) => {
                    values.adopted.insert(*token, id);
                }
                (Value::Token(_), Some((kind, text))) => {
                    let at = kind.number();
                    if values.texts.len() <= at {
                        values.texts.resize_with(at + 1, hashbrown::HashMap::new);
                    }
                    values.of_properties += usize::from(matches!(kind, Kind::Property(_)));
                    values.texts[at].insert(Arc::clone(text), id);
                }
            }
        }
        Ok(values)
    }

    fn describe(out: &mut String) {
        out.push_str("values 1 ");
        Entry::describe(out);
    }
}
