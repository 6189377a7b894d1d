//! Rewrites a page while it passes: held tags become inert, and banner, guard and placeholders are put in.
//!
//! The page is pushed in pieces of any size and comes out as far as it is decided; how it was cut never changes
//! what comes out. Nothing of the page is taken away or written over: things are only put in, so that a page
//! without trackers is what the shop wrote, and what we put in. When the page cannot be read (see [`RewriteError`])
//! it ends there: it is never passed on unread. The fence in the response's head holds either way.
//!
//! The bytes are read as ASCII with anything above it, which is right for every charset browsers accept but UTF-16
//! and ISO-2022-JP; those must be turned into UTF-8 before.

mod doubt;
mod edits;
mod hidden;
mod insert;
mod judge;
mod language;
mod long;
mod near;
mod outlet;
mod parts;
mod pass;
mod placeholder;
mod plain;
mod raw;
mod redrawn;
mod signs;
mod srcdoc;
mod start;
mod tag;
mod template;
mod walker;

use std::sync::Arc;

use bytes::{Buf, BytesMut};

pub use judge::HeldCounts;
pub use language::find_language;
pub use outlet::{Nowhere, Outlet};
pub use parts::{Insertions, Keep, Localized, Part};
pub use tag::ATTRIBUTES_MAX;

use super::charset::{START_BYTES, declared};
use crate::policy::Policy;
use crate::policy::consent::Consent;
use crate::policy::markup::{Hosts, Named};
use insert::Frame;
use judge::Judge;
use walker::Walker;

/// Longest tag that is waited for. Unit: bytes. A longer one is decided on attribute by attribute while it passes: pictures
/// as `data:` addresses, the state of a page in a field, outlines of icons.
pub const TAG_BYTES_MAX: usize = 16 << 10;

/// Longest part of an inline script that is read before its tag is sent. Unit: bytes. Snippets of trackers are under
/// 4 KiB; longer scripts are the shop's own work, and what they ask for the fence still decides.
pub const INLINE_BYTES_MAX: usize = 8 << 10;

/// How much of a new piece is joined first with what waits. Unit: bytes.
const JOINED_BYTES: usize = 128;

/// Room for what waits between two pieces: seldom is it more. Unit: bytes.
const WAITING_BYTES: usize = 1 << 10;

/// Longest byte order mark. Unit: bytes.
const BOM_BYTES: usize = 3;

/// Why a page ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The page begins with the byte order mark of UTF-16. Nothing was written yet.
    #[error("the page is UTF-16; it must be turned into UTF-8 before it is rewritten")]
    Utf16,
    /// A tag does not end within [`TAG_BYTES_MAX`], and in another reading of the page there may be tags in it.
    #[error("a tag with markup in it is longer than {TAG_BYTES_MAX} bytes")]
    TagTooLong,
    /// A tag has more than [`ATTRIBUTES_MAX`] attributes.
    #[error("a tag has more than {ATTRIBUTES_MAX} attributes")]
    TooManyAttributes,
    /// The page has so many readings that examining them all would take too long.
    #[error("the markup is too tangled to be read in bounded time")]
    Tangled,
}

/// One page on its way.
#[derive(Debug)]
pub struct Rewriter {
    walker: Walker,
    tail: BytesMut,
    /// How much must be there before the page is begun. Unit: bytes.
    start_bytes: usize,
    has_begun: bool,
    /// Is nothing put into what begins with text?
    leaves_text: bool,
    failed: Option<RewriteError>,
}

impl Rewriter {
    /// A rewriter for the page at `path` (without query) of `host` (lower case, no port), for a visitor with this
    /// `consent`.
    pub fn new(
        policy: Arc<Policy>,
        consent: Consent,
        host: impl Into<String>,
        path: impl Into<String>,
        insertions: Insertions,
    ) -> Self {
        let judge = Judge::new(policy, consent, host.into(), path.into());
        let walker = Walker::new(judge, Frame::new(insertions));
        Self {
            walker,
            tail: BytesMut::new(),
            start_bytes: BOM_BYTES,
            has_begun: false,
            leaves_text: false,
            failed: None,
        }
    }

    /// The same for a page whose `Content-Type` does not say its encoding: what the page's start says of it is said
    /// again before everything that is put in.
    #[must_use]
    pub fn of_unsaid_encoding(self) -> Self {
        Self { start_bytes: START_BYTES, ..self }
    }

    /// The same for what nobody said is a page: nothing is put into what does not begin with markup. Servers call much
    /// `text/html` that is none: an answer to a machine, JSON.
    #[must_use]
    pub fn of_unsaid_purpose(self) -> Self {
        Self { leaves_text: true, ..self }
    }

    /// The same, and it takes down what other hosts the page's tags name, held or open, granted or not.
    #[must_use]
    pub fn noting_hosts(mut self) -> Self {
        self.walker.judge.hosts = Hosts::noted();
        self
    }

    /// Takes the next piece and hands on to `out` what is decided. After an error nothing more comes out.
    pub fn push(&mut self, chunk: &[u8], out: &mut dyn Outlet) -> Result<(), RewriteError> {
        self.take(chunk, false, out)
    }

    /// Ends the page. A tag that was cut off is left out, as browsers do.
    pub fn end(&mut self, out: &mut dyn Outlet) -> Result<(), RewriteError> {
        self.take(&[], true, out)
    }

    /// What was held so far.
    pub const fn held(&self) -> HeldCounts {
        self.walker.judge.counts
    }

    /// The language of the banner that was put in, as an index in [`Insertions::languages`]; none before, and where there
    /// is no banner.
    pub fn asks_in(&self) -> Option<usize> {
        self.walker.frame.asks_in()
    }

    /// The hosts that were taken down so far; none unless [`Rewriter::noting_hosts`].
    pub fn hosts(&self) -> &[Named] {
        self.walker.judge.hosts.named()
    }

    fn take(&mut self, chunk: &[u8], is_last: bool, out: &mut dyn Outlet) -> Result<(), RewriteError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.walk(chunk, is_last, out);
        self.failed = result.err();
        result
    }

    /// `chunk` is empty when it is the last.
    fn walk(&mut self, chunk: &[u8], is_last: bool, out: &mut dyn Outlet) -> Result<(), RewriteError> {
        let mut rest = chunk;
        if !self.has_begun {
            if self.tail.len() + rest.len() < self.start_bytes && !is_last {
                self.tail.extend_from_slice(rest);
                return Ok(());
            }
            if !self.tail.is_empty() {
                self.tail.extend_from_slice(std::mem::take(&mut rest));
            }
            let start = if self.tail.is_empty() { rest } else { &self.tail };
            let mark = begin(&mut self.walker.frame, start, self.start_bytes == START_BYTES)?;
            if self.leaves_text && !begins_with_markup(start) {
                self.walker.frame.leave();
            }
            self.has_begun = true;
            out.put(&start[..mark]);
            if self.tail.is_empty() {
                rest = &rest[mark..];
            } else {
                self.tail.advance(mark);
            }
        }
        // What waits is joined with as little of what follows as decides it.
        let mut joined = JOINED_BYTES;
        while !self.tail.is_empty() {
            let waiting = self.tail.len();
            let (more, after) = rest.split_at(joined.min(rest.len()));
            self.tail.extend_from_slice(more);
            let done = self.walker.walk_over(waiting, &self.tail, is_last, out)?;
            if is_last {
                self.tail.clear();
                return Ok(());
            }
            if done >= waiting {
                // The rest of what was joined is still in the piece.
                rest = &rest[done - waiting..];
                self.tail.clear();
                break;
            }
            self.tail.advance(done);
            rest = after;
            if rest.is_empty() {
                return Ok(());
            }
            joined *= 2;
        }
        if rest.is_empty() && !is_last {
            return Ok(());
        }
        let done = self.walker.walk(rest, is_last, out)?;
        let waiting = &rest[done..];
        if !waiting.is_empty() {
            self.tail.reserve((waiting.len() + JOINED_BYTES).max(WAITING_BYTES));
            self.tail.extend_from_slice(waiting);
        }
        Ok(())
    }
}

/// Looks at the start of a page, which says its encoding when the response does not. Returns how long its byte order
/// mark is.
fn begin(frame: &mut Frame, start: &[u8], is_unsaid: bool) -> Result<usize, RewriteError> {
    match start {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => return Err(RewriteError::Utf16),
        // A mark wins over whatever else is said.
        [0xEF, 0xBB, 0xBF, ..] => return Ok(BOM_BYTES),
        _ => {}
    }
    if is_unsaid && let Some(encoding) = declared(start) {
        frame.declare(encoding.name());
    }
    Ok(0)
}

/// Is there nothing but space before the first tag, as far as this shows? A byte order mark is not looked behind.
pub(super) fn begins_with_markup(start: &[u8]) -> bool {
    matches!(start.trim_ascii_start(), [] | [b'<' | 0xEF, ..])
}

#[cfg(test)]
mod tests;
