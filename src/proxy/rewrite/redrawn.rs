//! What keeps the question and the standing link in a page that its scripts draw anew: put in before the first sign of it.
//!
//! A page without a sign gets no byte of it. See [`crate::policy::markup::Redrawn`] for the signs, `js/keep.js` for what it does.

use std::mem::take;

use bytes::Bytes;

use super::edits::{Edits, Rank};
use super::parts::Keep;
use crate::policy::markup::{Redrawn, is_swapped};

/// The signs of one page, until the first was seen.
#[derive(Debug)]
pub(super) struct AwaitedSigns {
    keep: Keep,
    /// What the tag that is read told.
    due: Option<Redrawn>,
}

impl AwaitedSigns {
    pub(super) const fn new(keep: Keep) -> Self {
        Self { keep, due: None }
    }

    /// Would one change anything?
    pub(super) const fn are_awaited(&self) -> bool {
        !self.keep.hydrated.is_empty()
    }

    /// Did a tag tell, and is nothing put in yet?
    pub(super) const fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// None changes anything any more.
    pub(super) fn ignore(&mut self) {
        self.keep = Keep::default();
    }

    /// An attribute of a tag that is read for signs.
    pub(super) fn look_at(&mut self, element: &[u8], name: &[u8], value: &[u8]) {
        if self.due.is_none() && self.are_awaited() && is_swapped(element, name, value) {
            self.due = Some(Redrawn::Swapped);
        }
    }

    /// The head is in the page: what a tag told of has its place at `at`.
    pub(super) fn put_due(&mut self, at: usize, edits: &mut Edits) {
        if let Some(how) = self.due.take() {
            self.put(how, at, edits);
        }
    }

    /// There is a sign at `at`.
    pub(super) fn put(&mut self, how: Redrawn, at: usize, edits: &mut Edits) {
        let Keep { hydrated, swapped } = take(&mut self.keep);
        let script: Bytes = match how {
            Redrawn::Hydrated => hydrated,
            Redrawn::Swapped => swapped,
        };
        if !script.is_empty() {
            edits.insert(at, Rank::Frame, script);
        }
    }
}
