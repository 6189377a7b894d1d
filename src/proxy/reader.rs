//! Who reads a page as it passes: the rewriter, or an onlooker that changes nothing.

use bytes::Bytes;

use super::charset::{CharsetError, ToUtf8};
use super::rewrite::{HeldCounts, Nowhere, Outlet, RewriteError, Rewriter, begins_with_markup};
use crate::policy::markup::Named;

/// What a page goes through.
pub enum Reader {
    /// Held tags become inert, and what is put in is put in; in UTF-8 where it must be.
    Rewrites(ToUtf8, Box<Rewriter>),
    /// The page passes as it is.
    Looks(Onlooker),
}

/// Why a page cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Its encoding is in doubt.
    #[error(transparent)]
    Charset(#[from] CharsetError),
    /// Its markup cannot be read in bounded memory.
    #[error(transparent)]
    Markup(#[from] RewriteError),
}

/// Takes down the hosts that a page's tags name, and may add one thing after the page's end; nothing else is changed. A
/// page it cannot read passes, too.
pub struct Onlooker {
    /// Gone when the page cannot be read.
    rewriter: Option<Box<Rewriter>>,
    /// The first bytes of the page, as far as they came.
    start: Vec<u8>,
    /// Does the page begin with markup? Nothing is known while there was only space.
    has_markup: Option<bool>,
    /// What goes after the end.
    tail: Bytes,
}

impl Onlooker {
    /// An onlooker that reads as `rewriter` does; `tail` is ASCII markup, or nothing.
    pub fn new(rewriter: Rewriter, tail: Bytes) -> Self {
        Self { rewriter: Some(Box::new(rewriter)), start: Vec::new(), has_markup: None, tail }
    }

    fn push(&mut self, plain: &[u8], out: &mut dyn Outlet) {
        out.put(plain);
        let missing = MARK_BYTES.saturating_sub(self.start.len()).min(plain.len());
        self.start.extend_from_slice(&plain[..missing]);
        if self.has_markup.is_none() && !plain.trim_ascii_start().is_empty() {
            self.has_markup = Some(begins_with_markup(plain));
        }
        self.read(|rewriter| rewriter.push(plain, &mut Nowhere));
    }

    fn end(&mut self, out: &mut dyn Outlet) {
        self.read(|rewriter| rewriter.end(&mut Nowhere));
        // In UTF-16 these bytes would be other letters; and what begins with text may be a machine's to read.
        if self.has_markup != Some(false) && !matches!(self.start[..], [0xFE, 0xFF] | [0xFF, 0xFE]) {
            out.put(&self.tail);
        }
    }

    fn read(&mut self, step: impl FnOnce(&mut Rewriter) -> Result<(), RewriteError>) {
        let Some(rewriter) = &mut self.rewriter else { return };
        if step(rewriter).is_err() {
            self.rewriter = None;
        }
    }
}

/// Length of the byte order marks of UTF-16. Unit: bytes.
const MARK_BYTES: usize = 2;

impl Reader {
    pub(super) fn push(&mut self, plain: &[u8], out: &mut dyn Outlet) -> Result<(), ReadError> {
        match self {
            Self::Rewrites(charset, rewriter) => {
                charset.push(plain, &mut |text| rewriter.push(text, out).map_err(ReadError::Markup))
            }
            Self::Looks(onlooker) => {
                onlooker.push(plain, out);
                Ok(())
            }
        }
    }

    pub(super) fn end(&mut self, out: &mut dyn Outlet) -> Result<(), ReadError> {
        match self {
            Self::Rewrites(charset, rewriter) => {
                charset.end(&mut |text| rewriter.push(text, out).map_err(ReadError::Markup))?;
                Ok(rewriter.end(out)?)
            }
            Self::Looks(onlooker) => {
                onlooker.end(out);
                Ok(())
            }
        }
    }

    /// What was held so far.
    pub(super) fn held(&self) -> HeldCounts {
        match self {
            Self::Rewrites(_, rewriter) => rewriter.held(),
            Self::Looks(_) => HeldCounts::default(),
        }
    }

    /// The language of the banner that was put in so far.
    pub(super) fn asks_in(&self) -> Option<usize> {
        match self {
            Self::Rewrites(_, rewriter) => rewriter.asks_in(),
            Self::Looks(_) => None,
        }
    }

    /// Hosts that the page's tags named so far.
    pub(super) fn hosts(&self) -> &[Named] {
        match self {
            Self::Rewrites(_, rewriter) => rewriter.hosts(),
            Self::Looks(onlooker) => onlooker.rewriter.as_deref().map_or(&[], Rewriter::hosts),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;
    use crate::policy::consent::Consent;
    use crate::policy::samples::{policy, settings};
    use crate::proxy::rewrite::Insertions;

    const TAIL: &[u8] = b"<script async src=\"/_consentry/witness.js\"></script>";

    fn onlooker() -> Reader {
        static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(policy(settings())));
        let nothing = Insertions::none();
        let rewriter = Rewriter::new(POLICY.clone(), Consent::none(), "shop.example", "/", nothing);
        Reader::Looks(Onlooker::new(rewriter, Bytes::from_static(TAIL)))
    }

    fn passed(page: &[u8], pieces: usize) -> Vec<u8> {
        let (mut reader, mut out) = (onlooker(), BytesMut::new());
        for piece in page.chunks(pieces) {
            reader.push(piece, &mut out).unwrap();
        }
        reader.end(&mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn a_page_that_cannot_be_read_passes_all_the_same() {
        let endless = [b"<p>".as_slice(), b"<a ".repeat(100_000).as_slice()].concat();
        assert_eq!(passed(&endless, 4096), [&endless, TAIL].concat());
    }

    #[test]
    fn a_page_in_utf_16_gets_nothing_added() {
        for page in [&b"\xFE\xFF\0<\0p"[..], b"\xFF\xFE<\0p\0"] {
            assert_eq!(passed(page, 1), page);
        }
    }

    proptest! {
        #[test]
        fn any_page_passes_byte_for_byte_with_the_tail_behind_it_if_it_begins_as_one(
            page in "(<[a-z/!]{1,7}( [a-z]{1,4}=[\"']?[a-z:/.]{0,20}[\"']?)?>?|\\PC{0,20}|<script src=//x.example>){0,20}",
            pieces in 1..50_usize,
        ) {
            let is_page = matches!(page.as_bytes().trim_ascii_start(), [] | [b'<' | 0xEF, ..]);
            let tail = if is_page { TAIL } else { b"" };
            prop_assert_eq!(passed(page.as_bytes(), pieces), [page.as_bytes(), tail].concat());
        }
    }
}
