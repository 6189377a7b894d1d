//! Asks the policy about tags and makes the held ones inert.

use std::sync::Arc;

use bytes::Bytes;

use super::RewriteError;
use super::edits::{Edits, Rank};
use super::insert::Frame;
use super::near::is_space;
use super::placeholder::{IN_THE_WAY, Shows};
use super::plain::Images;
use super::srcdoc::Nesting;
use super::tag::Scan;
use crate::policy::consent::{Consent, TrackerSet};
use crate::policy::markup::{self, Attribute, Code, Held, Hosts, Span, Tag, Verdict};
use crate::policy::{Page, Policy};

/// Most `<base>` a page may have before relative addresses cannot be read any more.
const BASES_MAX: usize = 8;

/// Bytes of one page that are read again: documents in frames, and what is markup in one of two readings, again and
/// again where it overlaps. More is no page but a trap.
const WORK_BYTES_MAX: usize = 16 << 20;

/// Most stand-ins before one script. Snippets of more trackers are seldom written as one.
const STAND_INS_MAX: usize = 8;

/// What was held in one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCounts {
    /// Tags made inert, embeds included.
    pub tags: u32,
    /// Embeds with a placeholder.
    pub placeholders: u32,
    /// Inline scripts of which only the first [`super::INLINE_BYTES_MAX`] bytes were read.
    pub long_scripts: u32,
    /// Tags longer than [`super::TAG_BYTES_MAX`], decided on attribute by attribute.
    pub long_tags: u32,
    /// Whose tags they were, as far as known.
    pub trackers: TrackerSet,
}

/// The decisions of one page.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) policy: Arc<Policy>,
    pub(super) consent: Consent,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) bases: Vec<Vec<u8>>,
    pub(super) nesting: Nesting,
    pub(super) hosts: Hosts,
    /// Whose names answer already.
    pub(super) stood_in: TrackerSet,
    /// Of [`WORK_BYTES_MAX`].
    pub(super) work: usize,
    pub(super) counts: HeldCounts,
    /// Is nothing held, whatever its host or mark?
    grants_everything: bool,
    /// Are there speculation rules in the page that went as they are?
    has_rules: bool,
}

impl Judge {
    pub(super) fn new(policy: Arc<Policy>, consent: Consent, host: String, path: String) -> Self {
        Self {
            grants_everything: policy.holds_nothing(&consent),
            policy,
            consent,
            host,
            path,
            bases: Vec::new(),
            nesting: Nesting::default(),
            hosts: Hosts::ignored(),
            stood_in: TrackerSet::NONE,
            work: 0,
            counts: HeldCounts::default(),
            has_rules: false,
        }
    }

    fn page(&self) -> Page<'_> {
        Page { host: &self.host, path: &self.path }
    }

    pub(super) fn tag<'a>(&'a self, name: &'a [u8], bytes: &'a [u8], scan: &'a Scan) -> Tag<'a> {
        Tag { name, bytes, spans: &scan.spans, bases: &self.bases }
    }

    /// Do relative addresses lead to the page's own host?
    pub(super) fn images(&self) -> Images {
        if self.bases.is_empty() { Images::OwnArePlain } else { Images::AreRead }
    }

    /// Then nothing is held, whatever its host or mark.
    pub(super) const fn grants_everything(&self) -> bool {
        self.grants_everything
    }

    /// What becomes of the tag just read. Without an attribute none asks for anything.
    pub(super) fn verdict(
        &mut self,
        name: &[u8],
        bytes: &[u8],
        scan: &Scan,
    ) -> Result<Verdict, RewriteError> {
        if scan.spans.is_empty() {
            return Ok(Verdict::Keep);
        }
        if self.grants_everything() {
            if self.hosts.is_noting() {
                self.asked(name, bytes, scan);
            }
            return Ok(Verdict::Keep);
        }
        if name == b"base" && self.has_rules {
            return Ok(self.base_behind_rules(bytes, scan));
        }
        if name == b"iframe" {
            let verdict = self.asked(name, bytes, scan);
            return if verdict == Verdict::Keep { self.srcdoc(bytes, scan) } else { Ok(verdict) };
        }
        Ok(self.asked(name, bytes, scan))
    }

    fn asked(&mut self, name: &[u8], bytes: &[u8], scan: &Scan) -> Verdict {
        let tag = Tag { name, bytes, spans: &scan.spans, bases: &self.bases };
        let page = Page { host: &self.host, path: &self.path };
        self.policy.tag_noting(&self.consent, page, &tag, &mut self.hosts)
    }

    /// What becomes of some attributes of a tag that is too long to be read as one.
    pub(super) fn part(&mut self, name: &[u8], bytes: &[u8], spans: &[Span]) -> Held {
        let tag = Tag { name, bytes, spans, bases: &self.bases };
        let page = Page { host: &self.host, path: &self.path };
        match self.policy.part_of_tag(&self.consent, page, &tag, &mut self.hosts) {
            Verdict::Keep => Held::default(),
            Verdict::Hold(held) | Verdict::Placeholder(_, held) => held,
        }
    }

    /// Counts bytes that are read again.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), RewriteError> {
        self.work += bytes;
        if self.work > WORK_BYTES_MAX { Err(RewriteError::Tangled) } else { Ok(()) }
    }

    /// Goes on with what a judge of a document within this one took along.
    pub(super) fn take_back(&mut self, hosts: Hosts, work: usize) {
        (self.hosts, self.work) = (hosts, work);
    }

    /// Does the text of this `<script>` decide what becomes of it?
    pub(super) fn is_decided_by_text(&self, name: &[u8], bytes: &[u8], scan: &Scan) -> bool {
        !self.grants_everything() && markup::is_decided_by_text(&self.tag(name, bytes, scan))
    }

    /// Is this code without an address?
    pub(super) fn is_inline_code(&self, name: &[u8], bytes: &[u8], scan: &Scan) -> bool {
        let tag = self.tag(name, bytes, scan);
        markup::is_code(&tag) && markup::is_decided_by_text(&tag)
    }

    /// Is this a script that does anything, with an address or without? Where readings differ, an address that another
    /// reading needs disarmed would leave the text to run.
    pub(super) fn is_active(&self, name: &[u8], bytes: &[u8], scan: &Scan) -> bool {
        let tag = self.tag(name, bytes, scan);
        !self.grants_everything() && (markup::is_code(&tag) || markup::is_rules(&tag))
    }

    /// What becomes of a script with this text.
    pub(super) fn inline(&mut self, bytes: &[u8], scan: &Scan, code: &Code<'_>, place: Place) -> Verdict {
        if self.grants_everything() {
            return Verdict::Keep;
        }
        let tag = Tag { name: b"script", bytes, spans: &scan.spans, bases: &self.bases };
        let verdict = self.policy.inline_script(&self.consent, self.page(), &tag, code);
        if let Verdict::Hold(Held { tracker: Some(owner), .. }) = &verdict {
            self.policy.note_owner(*owner, &mut self.hosts);
        }
        self.has_rules |= verdict == Verdict::Keep && markup::is_rules(&tag);
        if verdict == Verdict::Keep && place.may_go_on(code.text) && tag.value("data-consentry").is_none() {
            return Verdict::Hold(Held { is_retyped: true, ..Held::default() });
        }
        verdict
    }

    /// Takes down what `<base href>` says. The first one counts; where it is in doubt which is first, all do. In a
    /// document within another, what that one said may hold beside it.
    pub(super) fn base(&mut self, bytes: &[u8], scan: &Scan, is_doubtful: bool) -> Result<(), RewriteError> {
        let tag = self.tag(b"base", bytes, scan);
        let Some(href) = tag.value("href") else { return Ok(()) };
        let href = href.into_owned();
        if self.bases.len() == self.nesting.bases || is_doubtful {
            if self.bases.len() == BASES_MAX {
                return Err(RewriteError::Tangled);
            }
            self.bases.push(href);
        }
        Ok(())
    }

    /// Speculation rules were judged by where addresses lead there. Browsers read them again when a `<base>` comes behind
    /// them, so one that leads to a held host leads nowhere.
    fn base_behind_rules(&self, bytes: &[u8], scan: &Scan) -> Verdict {
        let tag = self.tag(b"base", bytes, scan);
        let is_away = |attribute: &Attribute<'_>| {
            attribute.is("href")
                && !self.policy.address_is_open(&self.consent, self.page(), &attribute.text())
        };
        let away = tag.attributes().enumerate().filter(|(_, attribute)| is_away(attribute));
        match away.map(|(index, _)| index).collect::<Vec<_>>() {
            none if none.is_empty() => Verdict::Keep,
            attributes => Verdict::Hold(Held { attributes, ..Held::default() }),
        }
    }

    /// Carries out a verdict; an embed that it holds shows this.
    pub(super) fn carry_out(
        &mut self,
        verdict: &Verdict,
        shows: &Shows,
        bytes: &[u8],
        scan: &Scan,
        edits: &mut Edits,
    ) {
        let (held, embed) = match verdict {
            Verdict::Keep => return,
            Verdict::Hold(held) => (held, None),
            Verdict::Placeholder(_, held) => (held, Some(shows)),
        };
        let mut is_new =
            edits.insert(scan.name_end, Rank::Tag, self.mark(held, embed, bytes.get(scan.name_end)));
        is_new |= disarm(held.attributes.iter().map(|index| &scan.spans[*index]), edits);
        if let Some(Shows::Document(_)) = embed {
            let name = |span: &Span| bytes[span.name..span.name_end].to_ascii_lowercase();
            is_new |= disarm(scan.spans.iter().filter(|span| IN_THE_WAY.contains(&&*name(span))), edits);
        }
        if is_new {
            self.counts.tags += 1;
            self.counts.placeholders += u32::from(embed.is_some());
            if let Some(tracker) = held.tracker {
                self.counts.trackers.insert(tracker);
            }
            if embed.is_some() {
                self.nesting.embed = self.nesting.embed.or(held.tracker);
            }
        }
    }

    /// What stands right after the name of a held tag: before every other attribute, because the first one of a
    /// name counts.
    pub(super) fn mark(&self, held: &Held, embed: Option<&Shows>, next: Option<&u8>) -> Bytes {
        let owner = held.tracker.map_or("unknown", |id| &self.policy.catalog().tracker(id).name_id);
        let srcdoc = held.srcdoc.as_deref();
        let needs_space = !next.is_some_and(|byte| is_space(*byte) || *byte == b'>');
        let parts: [&[u8]; 7] = [
            if held.is_retyped { b" type=text/plain" } else { b"" },
            match embed {
                // A style of the shop's may show what is hidden, and a policy refuse the other.
                Some(Shows::Nothing) => b" hidden style=display:none!important",
                Some(Shows::Document(attributes)) => attributes.as_bytes(),
                None => b"",
            },
            b" data-consentry-held=",
            owner.as_bytes(),
            if srcdoc.is_some() { b" srcdoc=" } else { b"" },
            srcdoc.unwrap_or_default(),
            if needs_space { b" " } else { b"" },
        ];
        Bytes::from(parts.concat())
    }

    /// Puts harmless stand-ins before a script that starts at `at`, once a page for each tracker it has to do with: the one
    /// it is held for, and those whose snippets are in its text, held or not. Page code that calls them goes on.
    pub(super) fn stand_in(
        &mut self,
        verdict: &Verdict,
        code: &Code<'_>,
        at: usize,
        frame: &mut Frame,
        edits: &mut Edits,
    ) {
        if frame.script().is_empty() || self.grants_everything() {
            return;
        }
        let mut held = None;
        if let Verdict::Hold(verdict) = verdict {
            held = verdict.tracker;
            frame.before_stand_in(at, edits);
        }
        let mut next = held.filter(|id| !self.stood_in.contains(*id));
        for _ in 0..STAND_INS_MAX {
            let is_missing = |id| !self.stood_in.contains(id);
            let in_text = || self.policy.needle_to_stand_in(&self.consent, code, is_missing);
            let Some(id) = next.take().or_else(in_text) else { return };
            self.stood_in.insert(id);
            if let Some(names) = self.policy.stand_in(id) {
                frame.before_stand_in(at, edits);
                edits.insert(at, Rank::Frame, frame.script().clone());
                edits.insert(at, Rank::Frame, names.clone());
            }
        }
    }
}

/// Makes attributes inert: they get other names. Says if one was not so yet.
pub(super) fn disarm<'a>(spans: impl Iterator<Item = &'a Span>, edits: &mut Edits) -> bool {
    let prefix = || Bytes::from_static(b"data-consentry-");
    spans.fold(false, |is_new, span| edits.insert(span.name, Rank::Tag, prefix()) | is_new)
}

/// Where a script stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In ordinary content: its text ends with the first end tag.
    Plain,
    /// There are two readings of what is around it, and in one of them it may stand within SVG.
    Doubtful,
    /// Most likely within SVG, where its content is markup.
    Foreign,
}

impl Place {
    /// May the script have more text, in some reading, after the end tag that ends this one? Then not all of it was
    /// read, and it is held: what is open may swallow the end tag, and elements within a script end before it does.
    fn may_go_on(self, text: &[u8]) -> bool {
        const SWALLOWING: [&str; 4] = ["script", "desc", "title", "foreignobject"];
        let is_element = |at: usize| {
            let name = &text[at + 1..];
            let is = |known: &&str| {
                name.get(..known.len()).is_some_and(|name| name.eq_ignore_ascii_case(known.as_bytes()))
            };
            match self {
                Self::Foreign => name.first().is_some_and(u8::is_ascii_alphabetic),
                _ => SWALLOWING.iter().any(is),
            }
        };
        self != Self::Plain && (memchr::memchr_iter(b'<', text).any(is_element) || is_open(text))
    }
}

/// May the text end within a comment, a CDATA section or an end tag? Each that begins must have its end behind it.
fn is_open(text: &[u8]) -> bool {
    let last = |end: &[u8]| memchr::memmem::rfind(text, end);
    let (comment, section, tag) = (last(b"-->"), last(b"]]>"), last(b">"));
    memchr::memchr_iter(b'<', text).any(|at| {
        let rest = &text[at..];
        let end = match rest {
            [_, b'!', b'-', b'-', ..] => comment,
            _ if rest.starts_with(b"<![CDATA[") => section,
            [_, b'/', name @ ..] if name.first().is_some_and(u8::is_ascii_alphabetic) => {
                let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric());
                // What else stands in an end tag may hide its end.
                return end.is_none_or(|end| name[end] != b'>');
            }
            [_, b'!' | b'?' | b'/', ..] => tag,
            _ => return false,
        };
        end.is_none_or(|end| end < at)
    })
}
