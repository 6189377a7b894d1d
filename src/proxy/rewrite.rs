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
mod placeholder;
mod raw;
mod srcdoc;
mod tag;
mod template;
mod walker;

use std::sync::Arc;

use bytes::BytesMut;

pub use insert::{Insertions, Localized, Part};
pub use judge::HeldCounts;
pub use tag::ATTRIBUTES_MAX;

use super::charset::{START_BYTES, declared};
use crate::policy::Policy;
use crate::policy::consent::Consent;
use crate::policy::markup::Hosts;
use insert::Frame;
use judge::Judge;
use walker::Walker;

/// Longest tag that is waited for. Unit: bytes. Tags with a picture as a `data:` address reach some 30 KiB.
pub const TAG_BYTES_MAX: usize = 64 << 10;

/// Longest part of an inline script that is read before its tag is sent. Unit: bytes. Snippets of trackers are under
/// 4 KiB; longer scripts are the shop's own state, and what they ask for the fence still decides.
pub const INLINE_BYTES_MAX: usize = 64 << 10;

/// Longest byte order mark. Unit: bytes.
const BOM_BYTES: usize = 3;

/// Why a page ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The page begins with the byte order mark of UTF-16. Nothing was written yet.
    #[error("the page is UTF-16; it must be turned into UTF-8 before it is rewritten")]
    Utf16,
    /// A tag does not end within [`TAG_BYTES_MAX`].
    #[error("a tag is longer than {TAG_BYTES_MAX} bytes")]
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
        Self { walker, tail: BytesMut::new(), start_bytes: BOM_BYTES, has_begun: false, failed: None }
    }

    /// The same for a page whose `Content-Type` does not say its encoding: what the page's start says of it is said
    /// again before everything that is put in.
    #[must_use]
    pub fn of_unsaid_encoding(self) -> Self {
        Self { start_bytes: START_BYTES, ..self }
    }

    /// The same, and it takes down what other hosts the page's tags name, held or open, granted or not.
    #[must_use]
    pub fn noting_hosts(mut self) -> Self {
        self.walker.judge.hosts = Hosts::noted();
        self
    }

    /// Takes the next piece and adds to `out` what is decided. After an error nothing more comes out.
    pub fn push(&mut self, chunk: &[u8], out: &mut BytesMut) -> Result<(), RewriteError> {
        self.take(chunk, false, out)
    }

    /// Ends the page. A tag that was cut off is left out, as browsers do.
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), RewriteError> {
        self.take(&[], true, out)
    }

    /// What was held so far.
    pub const fn held(&self) -> HeldCounts {
        self.walker.judge.counts
    }

    /// The hosts that were taken down so far; none unless [`Rewriter::noting_hosts`].
    pub fn hosts(&self) -> &[Box<str>] {
        self.walker.judge.hosts.names()
    }

    fn take(&mut self, chunk: &[u8], is_last: bool, out: &mut BytesMut) -> Result<(), RewriteError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.walk(chunk, is_last, out);
        self.failed = result.err();
        result
    }

    fn walk(&mut self, chunk: &[u8], is_last: bool, out: &mut BytesMut) -> Result<(), RewriteError> {
        if self.tail.is_empty() && self.has_begun {
            let done = self.walker.walk(chunk, is_last, out)?;
            self.tail.extend_from_slice(&chunk[done..]);
            return Ok(());
        }
        self.tail.extend_from_slice(chunk);
        if !self.has_begun {
            if self.tail.len() < self.start_bytes && !is_last {
                return Ok(());
            }
            self.has_begun = true;
            let has_mark = self.tail.starts_with(b"\xEF\xBB\xBF");
            match self.tail.as_ref() {
                [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => return Err(RewriteError::Utf16),
                [0xEF, 0xBB, 0xBF, ..] => out.extend_from_slice(&self.tail.split_to(3)),
                _ => {}
            }
            // A mark wins over whatever else is said.
            if self.start_bytes == START_BYTES
                && !has_mark
                && let Some(encoding) = declared(&self.tail)
            {
                self.walker.frame.declare(encoding.name());
            }
        }
        let done = self.walker.walk(&self.tail, is_last, out)?;
        bytes::Buf::advance(&mut self.tail, done);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
