//! Asks the policy about tags and makes the held ones inert.

use std::sync::Arc;

use bytes::Bytes;

use super::edits::{Edits, Rank};
use super::insert::{Embed, Frame, css_length};
use super::tag::{Images, Name, Scan, is_space};
use super::{RewriteError, TAG_BYTES_MAX};
use crate::policy::catalog::TrackerId;
use crate::policy::consent::{Consent, TrackerSet};
use crate::policy::markup::{self, Held, Tag, Verdict};
use crate::policy::{Page, Policy};

/// Most `<base>` a page may have before relative addresses cannot be read any more.
const BASES_MAX: usize = 8;

/// Longest nesting of `srcdoc` in `srcdoc` that is read; deeper is held.
const SRCDOC_DEPTH_MAX: usize = 2;

/// Bytes read for the tags of one `srcdoc`, again and again where they overlap; with more it is held.
const SRCDOC_WORK_BYTES_MAX: usize = 1 << 20;

/// What was held in one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCounts {
    /// Tags made inert, embeds included.
    pub tags: u32,
    /// Embeds with a placeholder before them.
    pub placeholders: u32,
    /// Inline scripts of which only the first [`super::INLINE_BYTES_MAX`] bytes were read.
    pub long_scripts: u32,
    /// Whose tags they were, as far as known.
    pub trackers: TrackerSet,
}

/// The decisions of one page.
#[derive(Debug)]
pub(super) struct Judge {
    policy: Arc<Policy>,
    consent: Consent,
    host: String,
    path: String,
    bases: Vec<Vec<u8>>,
    pub(super) counts: HeldCounts,
}

impl Judge {
    pub(super) fn new(policy: Arc<Policy>, consent: Consent, host: String, path: String) -> Self {
        Self { policy, consent, host, path, bases: Vec::new(), counts: HeldCounts::default() }
    }

    fn page(&self) -> Page<'_> {
        Page { host: &self.host, path: &self.path }
    }

    fn tag<'a>(&'a self, name: &'a [u8], bytes: &'a [u8], scan: &'a Scan) -> Tag<'a> {
        Tag { name, bytes, spans: &scan.spans, bases: &self.bases }
    }

    /// Do relative addresses lead to the page's own host?
    pub(super) fn images(&self) -> Images {
        if self.bases.is_empty() { Images::OwnArePlain } else { Images::AreRead }
    }

    /// Then nothing is held, whatever its host or mark.
    fn grants_everything(&self) -> bool {
        self.policy.holds_nothing(&self.consent)
    }

    /// What becomes of the tag just read.
    pub(super) fn verdict(&self, name: Name, bytes: &[u8], scan: &Scan) -> Verdict {
        if self.grants_everything() {
            return Verdict::Keep;
        }
        self.verdict_at(name, bytes, scan, 0)
    }

    fn verdict_at(&self, name: Name, bytes: &[u8], scan: &Scan, depth: usize) -> Verdict {
        let tag = self.tag(name.as_bytes(), bytes, scan);
        let verdict = self.policy.tag(&self.consent, self.page(), &tag);
        if verdict != Verdict::Keep || name.as_bytes() != b"iframe" || tag.value("data-consentry").is_some() {
            return verdict;
        }
        let is_srcdoc = |index: &usize| {
            let attribute = scan.spans[*index];
            bytes[attribute.name..attribute.name_end].eq_ignore_ascii_case(b"srcdoc")
        };
        let attributes: Vec<usize> = (0..scan.spans.len()).filter(is_srcdoc).collect();
        for index in &attributes {
            let attribute = scan.spans[*index];
            let text = markup::decode(&bytes[attribute.value..attribute.value_end]);
            let inner = self.document(&text, depth + 1);
            if let Verdict::Hold(held) | Verdict::Placeholder(_, held) = inner {
                return Verdict::Hold(Held { tracker: held.tracker, attributes, is_retyped: false });
            }
        }
        Verdict::Keep
    }

    /// The verdict on the first tag or snippet in this document that would be held.
    fn document(&self, text: &[u8], depth: usize) -> Verdict {
        let held = |tracker| Verdict::Hold(Held { tracker, attributes: Vec::new(), is_retyped: false });
        if depth > SRCDOC_DEPTH_MAX {
            return held(None);
        }
        let mut scan = Scan::default();
        let (mut at, mut work) = (0, 0);
        while let Some(offset) = memchr::memchr(b'<', &text[at..]) {
            let start = at + offset;
            at = start + 1;
            if !text.get(at).is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            scan.begin(start, false);
            // Tags within tags are read too, as far as that is not endless.
            let end = scan.run(text);
            work += end.unwrap_or(text.len()) - start;
            if work > SRCDOC_WORK_BYTES_MAX {
                return held(None);
            }
            if end.is_none() {
                continue;
            }
            let name = Name::of(&text[scan.name_start()..scan.name_end]);
            let verdict = self.verdict_at(name, text, &scan, depth);
            if verdict != Verdict::Keep {
                return verdict;
            }
        }
        match self.policy.needle(&self.consent, text) {
            Some(tracker) => held(Some(tracker.id)),
            None => Verdict::Keep,
        }
    }

    /// Is the text of this `<script>` code that must be looked at?
    pub(super) fn is_inline_code(&self, name: Name, bytes: &[u8], scan: &Scan) -> bool {
        !self.grants_everything() && markup::is_inline_code(&self.tag(name.as_bytes(), bytes, scan))
    }

    /// Is this a script that runs, with an address or without? Where readings differ, an address that another
    /// reading needs disarmed would leave the text to run.
    pub(super) fn is_code(&self, name: Name, bytes: &[u8], scan: &Scan) -> bool {
        !self.grants_everything() && markup::is_code(&self.tag(name.as_bytes(), bytes, scan))
    }

    /// What becomes of a script with this text. Where readings differ, a comment or CDATA section that is open at
    /// the end may have swallowed the end tag: then not all of the script was read, and it is held.
    pub(super) fn inline(&self, bytes: &[u8], scan: &Scan, text: &[u8], is_doubtful: bool) -> Verdict {
        let tag = self.tag(b"script", bytes, scan);
        if is_doubtful && is_open(text) && tag.value("data-consentry").is_none() {
            return Verdict::Hold(Held { tracker: None, attributes: Vec::new(), is_retyped: true });
        }
        self.policy.inline_script(&self.consent, &tag, text)
    }

    /// Takes down what `<base href>` says. The first one counts; where it is in doubt which is first, all do.
    pub(super) fn base(&mut self, bytes: &[u8], scan: &Scan, is_doubtful: bool) -> Result<(), RewriteError> {
        let tag = self.tag(b"base", bytes, scan);
        let Some(href) = tag.value("href") else { return Ok(()) };
        let href = href.into_owned();
        if self.bases.is_empty() || is_doubtful {
            if self.bases.len() == BASES_MAX {
                return Err(RewriteError::Tangled);
            }
            self.bases.push(href);
        }
        Ok(())
    }

    /// Carries out a verdict: `true` when a placeholder belongs before the tag.
    pub(super) fn carry_out(
        &mut self,
        verdict: &Verdict,
        bytes: &[u8],
        scan: &Scan,
        edits: &mut Edits,
    ) -> bool {
        let (held, is_embed) = match verdict {
            Verdict::Keep => return false,
            Verdict::Hold(held) => (held, false),
            Verdict::Placeholder(_, held) => (held, true),
        };
        let mut is_new =
            edits.insert(scan.name_end, Rank::Tag, self.mark(held, is_embed, bytes.get(scan.name_end)));
        for index in &held.attributes {
            let prefix = Bytes::from_static(b"data-consentry-");
            is_new |= edits.insert(scan.spans[*index].name, Rank::Tag, prefix);
        }
        if is_new {
            self.counts.tags += 1;
            self.counts.placeholders += u32::from(is_embed);
            if let Some(tracker) = held.tracker {
                self.counts.trackers.insert(tracker);
            }
        }
        is_embed
    }

    /// What stands right after the name of a held tag: before every other attribute, because the first one of a
    /// name counts.
    fn mark(&self, held: &Held, is_embed: bool, next: Option<&u8>) -> Bytes {
        let mut mark = String::new();
        if held.is_retyped {
            mark.push_str(" type=text/plain");
        }
        if is_embed {
            mark.push_str(" hidden");
        }
        mark.push_str(" data-consentry-held=");
        mark.push_str(held.tracker.map_or("unknown", |id| &self.policy.catalog().tracker(id).name_id));
        if !next.is_some_and(|byte| is_space(*byte) || *byte == b'>') {
            mark.push(' ');
        }
        Bytes::from(mark)
    }

    /// The placeholder of a held embed.
    pub(super) fn placeholder(&self, id: TrackerId, bytes: &[u8], scan: &Scan, frame: &Frame) -> Bytes {
        let tag = self.tag(b"iframe", bytes, scan);
        let length = |name: &str| css_length(tag.value(name).as_deref());
        let tracker = self.policy.catalog().tracker(id);
        frame.placeholder(&Embed { tracker, width: length("width"), height: length("height") })
    }
}

/// Does the text end within a comment or a CDATA section?
fn is_open(text: &[u8]) -> bool {
    let find = |text: &[u8], end: &[u8]| memchr::memmem::find(text, end);
    let mut rest = text;
    while let Some(start) = find(rest, b"<!") {
        rest = &rest[start..];
        let end: &[u8] = if rest.starts_with(b"<!--") { b"-->" } else { b"]]>" };
        let Some(length) = find(rest, end) else { return true };
        rest = &rest[length..];
    }
    false
}

/// Refuses a tag that is too long or has too many attributes.
pub(super) fn check_size(scan: &Scan, end: usize) -> Result<(), RewriteError> {
    if end - scan.start > TAG_BYTES_MAX {
        return Err(RewriteError::TagTooLong);
    }
    if scan.is_overfull() {
        return Err(RewriteError::TooManyAttributes);
    }
    Ok(())
}
