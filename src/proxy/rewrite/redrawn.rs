//! What keeps the question and the standing link in a page that its scripts draw anew, and what lets its scripts pass on what they
//! store by events: each put in before the first sign of it.
//!
//! A page without a sign gets no byte of it. See [`crate::policy::markup::Redrawn`] and [`passes_stores_on`] for the signs,
//! `js/keep.js` and `js/areas.js` for what they do.

use std::mem::take;

use bytes::Bytes;

use super::edits::{Edits, Rank};
use super::parts::Keep;
use crate::policy::markup::{Redrawn, is_swapped, passes_stores_on};

/// The signs of one page, each until it was seen.
#[derive(Debug)]
pub(super) struct AwaitedSigns {
    keep: Keep,
    /// What the tag that is read told.
    due: Option<Redrawn>,
    passes_stores_on: bool,
}

impl AwaitedSigns {
    pub(super) const fn new(keep: Keep) -> Self {
        Self { keep, due: None, passes_stores_on: false }
    }

    /// Would one change anything?
    pub(super) const fn are_awaited(&self) -> bool {
        !self.keep.hydrated.is_empty() || !self.keep.areas.is_empty()
    }

    /// Did a tag tell, and is nothing put in yet?
    pub(super) const fn is_due(&self) -> bool {
        self.due.is_some() || self.passes_stores_on
    }

    /// None changes anything any more.
    pub(super) fn ignore(&mut self) {
        self.keep = Keep::default();
    }

    /// An attribute of a tag that is read for signs.
    pub(super) fn look_at(&mut self, element: &[u8], name: &[u8], value: &[u8]) {
        if self.due.is_none() && !self.keep.hydrated.is_empty() && is_swapped(element, name, value) {
            self.due = Some(Redrawn::Swapped);
        }
        self.passes_stores_on |= !self.keep.areas.is_empty() && passes_stores_on(element, name, value);
    }

    /// The head is in the page: what a tag told of has its place at `at`.
    pub(super) fn put_due(&mut self, at: usize, edits: &mut Edits) {
        if let Some(how) = self.due.take() {
            self.put(how, at, edits);
        }
        if take(&mut self.passes_stores_on) {
            edits.insert(at, Rank::Frame, take(&mut self.keep.areas));
        }
    }

    /// There is a sign at `at`.
    pub(super) fn put(&mut self, how: Redrawn, at: usize, edits: &mut Edits) {
        let (hydrated, swapped) = (take(&mut self.keep.hydrated), take(&mut self.keep.swapped));
        let script: Bytes = match how {
            Redrawn::Hydrated => hydrated,
            Redrawn::Swapped => swapped,
        };
        if !script.is_empty() {
            edits.insert(at, Rank::Frame, script);
        }
    }
}
