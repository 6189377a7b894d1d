//! Documents within the page: the `srcdoc` of a frame is rewritten like any page, and only what is held in it is.
//!
//! The frame's own fence is that of the page around it, but no policy covers what a browser only looks up or connects
//! to. The shop's attribute stays in the tag under another name; the rewritten text goes before it.

use std::sync::Arc;

use bytes::Bytes;

use super::hidden::CANDIDATE_BYTES_MAX;
use super::insert::Frame;
use super::judge::Judge;
use super::parts::Insertions;
use super::tag::Scan;
use super::walker::Walker;
use super::{RewriteError, TAG_BYTES_MAX};
use crate::policy::catalog::TrackerId;
use crate::policy::markup::{self, Held, Verdict};

/// Deepest nesting of `srcdoc` in `srcdoc` that is read; deeper is held.
const DEPTH_MAX: usize = 4;

/// What a document needs of the one around it.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    /// How many of the known bases are of the document around.
    pub(super) bases: usize,
    /// The first embed that is held here.
    pub(super) embed: Option<TrackerId>,
}

impl Judge {
    /// What becomes of an `<iframe>` whose address is not held, because of what its `srcdoc` says.
    #[cold]
    pub(super) fn srcdoc(&mut self, bytes: &[u8], scan: &Scan) -> Result<Verdict, RewriteError> {
        let name = |index: usize| &bytes[scan.spans[index].name..scan.spans[index].name_end];
        let is = |index: usize, wanted: &[u8]| name(index).eq_ignore_ascii_case(wanted);
        let attributes: Vec<usize> = (0..scan.spans.len()).filter(|index| is(*index, b"srcdoc")).collect();
        let Some(first) = attributes.first().map(|index| scan.spans[*index]) else {
            return Ok(Verdict::Keep);
        };
        if (0..scan.spans.len()).any(|index| is(index, b"data-consentry")) {
            return Ok(Verdict::Keep);
        }
        let value = &bytes[first.value..first.value_end];
        let is_cut =
            first.value_end - scan.start >= CANDIDATE_BYTES_MAX && bytes.get(first.value_end).is_none();
        let text = markup::decode(value);
        if !is_cut && memchr::memchr(b'<', &text).is_none() {
            return Ok(Verdict::Keep);
        }
        let whole = |tracker| Held { tracker, attributes, is_retyped: false, srcdoc: None };
        self.spend(text.len())?;
        if is_cut || self.nesting.depth == DEPTH_MAX {
            return Ok(Verdict::Hold(whole(None)));
        }
        let (edits, inner) = Walker::new(self.within(), Frame::new(Insertions::none())).decided(&text);
        self.take_back(inner.hosts, inner.work);
        let tracker = inner.counts.trackers.iter().next();
        let Ok(edits) = edits else { return Ok(Verdict::Hold(whole(tracker))) };
        if inner.counts.tags == 0 {
            return Ok(Verdict::Keep);
        }
        if let Some(embed) = inner.nesting.embed {
            return Ok(Verdict::Placeholder(embed, whole(Some(embed))));
        }
        let srcdoc = markup::unquoted(value, edits.each(), TAG_BYTES_MAX).map(Bytes::from);
        Ok(Verdict::Hold(Held { srcdoc, ..whole(tracker) }))
    }

    /// The same judge for a document within this one.
    fn within(&mut self) -> Self {
        let (policy, host, path) = (Arc::clone(&self.policy), self.host.clone(), self.path.clone());
        let mut inner = Self::new(policy, self.consent, host, path);
        inner.bases.clone_from(&self.bases);
        inner.nesting = Nesting { depth: self.nesting.depth + 1, bases: self.bases.len(), embed: None };
        inner.hosts = std::mem::take(&mut self.hosts);
        inner.work = self.work;
        inner
    }
}
