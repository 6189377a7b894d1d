//! Tags that are too long to wait for their end: they pass while they are read, and are decided on attribute by attribute.
//!
//! A picture as a `data:` address, the state of a page in a field or an outline leads nowhere, and may have megabytes. An
//! attribute that leads to a held host gets another name, as in any tag. Where another attribute decides what an element
//! does, and may come later, something that makes it harmless stands first.
//!
//! Decisions are made at fixed distances from the tag's start, so that they are the same however the page is cut.

use bytes::Bytes;

use super::doubt::Split;
use super::edits::Rank;
use super::judge::disarm;
use super::tag::{Name, Open};
use super::walker::{State, Step, Walker};
use super::{RewriteError, TAG_BYTES_MAX};
use crate::policy::markup::{self, Held, Span};

/// How far it is from one decision to the next, and how much of a value is waited for. Unit: bytes.
const STEP_BYTES: usize = 4 << 10;

/// A long tag on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long {
    name: Name,
    /// Can anything in it be held?
    is_judged: bool,
    /// First byte that may still be changed.
    pub(super) settled: usize,
    /// Where it was decided last; behind it the tag is not read yet.
    from: usize,
}

impl Long {
    /// Moves every position `by` bytes to the front.
    pub(super) const fn rebase(&mut self, by: usize) {
        self.settled -= by;
        self.from -= by;
    }
}

impl Walker {
    /// Decides on the beginning of a tag that did not end in time.
    pub(super) fn begin_long(&mut self, buf: &[u8]) -> Result<Step, RewriteError> {
        let until = self.scan.start + TAG_BYTES_MAX;
        self.check_hidden(buf, self.scan.start + 1, until)?;
        self.judge.counts.long_tags += 1;
        let name_start = self.scan.name_start();
        let name_end = if self.scan.is_named() { self.scan.name_end } else { name_start };
        let name = Name::of(buf, name_start..name_end);
        let word = name.as_bytes();
        let is_inert = self.templates.is_inert() && !self.doubt.is_raised();
        let is_judged = !self.scan.is_end && !is_inert && !self.judge.grants_everything();
        if self.scan.is_end {
            self.end_tag(word);
        } else if !self.is_aside() {
            if self.frame.wants_attributes(word) {
                self.attributes(buf, word);
            }
            self.frame.before_tag(word, self.scan.start, &mut self.edits);
        }
        self.check_attributes(is_judged)?;
        let mut long = Long { name, is_judged, settled: until, from: until };
        let is_source = |span: &&Span| buf[span.name..span.name_end].eq_ignore_ascii_case(b"src");
        let source = self.scan.spans.iter().find(is_source).map(|span| span.name);
        let open = self.scan.take_open(until);
        let held = self.decide(buf, &mut long, until, open);
        if is_judged {
            let waits = |at| held.iter().chain(&self.scan.spans).any(|span| span.name == at);
            let has_source = source.is_some_and(|at| !waits(at)) && !self.doubt.is_raised();
            self.make_harmless(buf, name, has_source, held.is_empty());
        }
        self.state = State::Long(long);
        Ok(Step::On)
    }

    /// Reads on in a long tag, up to where it is decided next, or to its end.
    pub(super) fn long(&mut self, buf: &[u8]) -> Result<Step, RewriteError> {
        let State::Long(mut long) = self.state else { return Ok(Step::On) };
        let until = long.from + STEP_BYTES;
        let end = self.scan.run(&buf[..buf.len().min(until)]);
        if end.is_none() && buf.len() < until {
            return Ok(Step::Waits);
        }
        let decided = end.unwrap_or(until);
        self.check_hidden(buf, long.from, decided)?;
        self.check_attributes(long.is_judged)?;
        let open = if end.is_none() { self.scan.take_open(decided) } else { None };
        self.decide(buf, &mut long, decided, open);
        self.state = State::Long(long);
        if end.is_some() {
            self.end_long(long.name, decided);
        }
        Ok(Step::On)
    }

    fn end_long(&mut self, name: Name, end: usize) {
        self.at = end;
        self.state = State::Text;
        if self.scan.is_end {
            return;
        }
        let word = name.as_bytes();
        let is_foreign = self.doubt.is_foreign();
        if !self.is_aside() {
            self.frame.after_tag(word, end, &mut self.edits);
        }
        self.doubt.start(word, self.scan.is_self_closing);
        self.follow(word, is_foreign);
    }

    /// What may be markup in another reading cannot be examined piece by piece.
    fn check_hidden(&self, buf: &[u8], from: usize, to: usize) -> Result<(), RewriteError> {
        let may_hide =
            self.doubt.split_alike() != Split::None && memchr::memchr(b'<', &buf[from..to]).is_some();
        if may_hide { Err(RewriteError::TagTooLong) } else { Ok(()) }
    }

    /// Between two decisions there may be no more attributes than are kept.
    fn check_attributes(&self, is_judged: bool) -> Result<(), RewriteError> {
        if is_judged && self.scan.is_overfull() { Err(RewriteError::TooManyAttributes) } else { Ok(()) }
    }

    /// Decides on the attributes that are complete at `until`, and on one that has been open for long; gives what is held.
    fn decide(&mut self, buf: &[u8], long: &mut Long, until: usize, open: Option<Open>) -> Vec<Span> {
        (long.settled, long.from) = (until, until);
        let mut held = Vec::new();
        if long.is_judged {
            let Held { attributes, tracker, .. } =
                self.judge.part(long.name.as_bytes(), buf, &self.scan.spans);
            held.extend(attributes.iter().map(|index| self.scan.spans[*index]));
            tracker.inspect(|id| self.judge.counts.trackers.insert(*id));
        }
        self.scan.spans.clear();
        if let Some(open) = open {
            let Span { name, name_end, value, value_end } = open.span;
            if until - name < STEP_BYTES {
                self.scan.spans.push(open.span);
                long.settled = name;
            } else if long.is_judged && open.is_named {
                let beginning = buf.get(value..value_end).unwrap_or_default();
                if !markup::leads_nowhere(long.name.as_bytes(), &buf[name..name_end], beginning) {
                    held.push(open.span);
                }
            }
        }
        let is_new = disarm(held.iter(), &mut self.edits);
        self.judge.counts.tags += u32::from(is_new);
        held
    }

    /// Puts first what makes an element harmless of which not all is known.
    fn make_harmless(&mut self, buf: &[u8], name: Name, has_source: bool, is_counted: bool) {
        let text = markup::made_harmless(name.as_bytes(), has_source);
        if text.is_empty() {
            return;
        }
        let mark = self.judge.mark(&Held::default(), None, buf.get(self.scan.name_end));
        let text = Bytes::from([text.as_bytes(), &mark].concat());
        self.edits.insert(self.scan.name_end, Rank::Tag, text);
        self.judge.counts.tags += u32::from(is_counted);
    }
}
