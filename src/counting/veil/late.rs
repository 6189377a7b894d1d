//! The last places of a day, which nobody can fill alone.
//!
//! A robot in a browser's clothes walks every filter of a shop, and each combination is a page. Of the places for texts of a
//! kind four fifths go to whoever asks first; each of the rest goes to a text that is asked for from two addresses: another
//! user agent costs a robot nothing. Where no marks are made, to one that is asked for twice.

use super::super::mark::Mark;

/// Texts remembered that one address asked for; each further one takes the place of one before.
const ASKED_MAX: usize = 1 << 14;

/// From where texts were asked for first that have no place yet.
#[derive(Default)]
pub(super) struct Late(Vec<Option<(u64, Option<Mark>)>>);

impl Late {
    /// Are the places left those for texts that are asked for from two addresses?
    pub(super) const fn has_begun(known: usize, places: usize) -> bool {
        known >= places / 5 * 4
    }

    /// Was the text of this token asked for from somewhere else before?
    pub(super) fn is_second(&mut self, token: u64, from: Option<Mark>) -> bool {
        if self.0.is_empty() {
            self.0.resize(ASKED_MAX, None);
        }
        let [low, high, ..] = token.to_le_bytes();
        let slot = &mut self.0[usize::from(u16::from_le_bytes([low, high])) % ASKED_MAX];
        match *slot {
            Some((known, first)) if known == token => from.is_none() || first != from,
            _ => {
                *slot = Some((token, from));
                false
            }
        }
    }
}
