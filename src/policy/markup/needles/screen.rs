//! A quick look that tells most scripts hold no text of the catalogue, before the automaton reads them byte by byte.
//!
//! Every text of at least [`TEXT_BYTES_MIN`] bytes covers, wherever it stands, four bytes that begin at a multiple of
//! [`STEP`]. So it is enough to look at those places, and to compare with the texts that have these four bytes there.

use hashbrown::HashMap;

/// Shorter texts cannot be told this way; with one of them every script is read.
const TEXT_BYTES_MIN: usize = WINDOW + STEP - 1;

/// Bytes that are looked at together, and how far it is from one look to the next.
const WINDOW: usize = 4;
const STEP: usize = 3;

/// Size of the first filter, log 2 of its bits: 8 KiB, which stay in the processor's nearest memory.
const FILTER_BITS: u32 = 16;

/// The groups of four bytes of all texts.
#[derive(Debug)]
pub(super) struct Screen {
    /// Is there any group with this hash?
    filter: Vec<u64>,
    /// The texts in which a group stands, and how far behind their start.
    places: HashMap<u32, Vec<Place>>,
    texts: Vec<Vec<u8>>,
    is_blind: bool,
}

/// A group of one text.
#[derive(Debug)]
struct Place {
    text: usize,
    offset: usize,
}

impl Screen {
    pub(super) fn new(texts: &[Vec<u8>]) -> Self {
        let mut filter = vec![0; 1 << (FILTER_BITS - 6)];
        let mut places: HashMap<u32, Vec<Place>> = HashMap::new();
        for (index, text) in texts.iter().enumerate() {
            for (offset, window) in text.windows(WINDOW).take(STEP).enumerate() {
                let Some(group) = group(window, 0) else { continue };
                let (word, bits) = place(group);
                filter[word] |= bits;
                places.entry(group).or_default().push(Place { text: index, offset });
            }
        }
        let is_blind = texts.iter().any(|text| text.len() < TEXT_BYTES_MIN);
        Self { filter, places, texts: texts.to_vec(), is_blind }
    }

    /// `false`: surely none of the texts is in `script`.
    pub(super) fn may_hold_one(&self, script: &[u8]) -> bool {
        if self.is_blind {
            return true;
        }
        let mut at = 0;
        while let Some(group) = group(script, at) {
            let (word, bits) = place(group);
            if self.filter[word] & bits == bits && self.is_in(script, at, group) {
                return true;
            }
            at += STEP;
        }
        false
    }

    #[cold]
    fn is_in(&self, script: &[u8], at: usize, group: u32) -> bool {
        let is_there = |place: &Place| {
            at.checked_sub(place.offset)
                .is_some_and(|start| script[start..].starts_with(&self.texts[place.text]))
        };
        self.places.get(&group).is_some_and(|places| places.iter().any(is_there))
    }
}

fn group(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + WINDOW)?.try_into().ok().map(u32::from_le_bytes)
}

/// Where the filter knows of a group: two bits of one word, so that hardly any other has both.
const fn place(group: u32) -> (usize, u64) {
    let hash = group.wrapping_mul(0x9E37_79B1);
    let word = hash >> (32 - FILTER_BITS + 6);
    (word as usize, 1 << (hash >> 16 & 63) | 1 << (hash >> 10 & 63))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_quick_look_says_what_a_search_says(
            texts in prop::collection::vec("[ab]{6,9}", 0..5),
            script in "[abc]{0,60}",
        ) {
            let bytes: Vec<Vec<u8>> = texts.iter().map(|text| text.clone().into_bytes()).collect();
            let found = texts.iter().any(|text| script.contains(text.as_str()));
            prop_assert_eq!(Screen::new(&bytes).may_hold_one(script.as_bytes()), found);
        }
    }

    #[test]
    fn where_a_text_is_too_short_every_script_is_read() {
        assert!(Screen::new(&[b"short".to_vec()]).may_hold_one(b"nothing"));
        assert!(!Screen::new(&[b"longer".to_vec()]).may_hold_one(b"nothing"));
    }
}
