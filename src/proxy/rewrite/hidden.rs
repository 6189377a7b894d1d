//! Examines what may be markup in one reading of the page and text in another (see [`super::doubt`]).
//!
//! Every `<` with a letter after it is read as a tag on its own, wherever it stands. What is put into a held one
//! has no quotes and no angle brackets, so it cannot change how the bytes around it are read.

use std::collections::VecDeque;

use memchr::memchr;

use super::edits::Edits;
use super::judge::{Judge, Place};
use super::placeholder::Shows;
use super::raw::text_end;
use super::tag::{Name, Scan};
use super::{INLINE_BYTES_MAX, RewriteError};
use crate::policy::markup::Verdict;

/// A candidate is read up to here; what it has until then decides.
pub(super) const CANDIDATE_BYTES_MAX: usize = 4096;

/// Regions still to be examined.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    regions: VecDeque<(usize, usize)>,
    cut: Option<usize>,
    scan: Scan,
}

/// Is there anything in the region that some reading could take for markup? Looks one byte past its end.
pub(super) fn first_markup(buf: &[u8], from: usize, to: usize) -> Option<usize> {
    first(buf, from, to, |rest| {
        rest.first().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'))
    })
}

/// Is there anything in the region that could end a `<noscript>`? Looks two bytes past its end.
pub(super) fn first_end(buf: &[u8], from: usize, to: usize) -> Option<usize> {
    first(buf, from, to, |rest| matches!(rest, [b'/', b'n' | b'N', ..]))
}

/// The first `<` of the region that is of interest by what follows it.
fn first(buf: &[u8], from: usize, to: usize, is_start: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let mut places = memchr::memchr_iter(b'<', &buf[from..to]).map(|offset| from + offset);
    places.find(|at| is_start(&buf[at + 1..]))
}

impl Hidden {
    /// Notes a region.
    pub(super) fn push(&mut self, from: usize, to: usize) {
        match self.regions.back_mut() {
            Some((_, end)) if *end == from => *end = to,
            _ => self.regions.push_back((from, to)),
        }
    }

    /// Is there nothing to examine?
    pub(super) fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// Where a candidate begins that the end of the page cut off: nothing from there on may be sent, for what follows
    /// could complete it.
    pub(super) fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// Where the first byte stands that is not examined yet.
    pub(super) fn settled(&self) -> usize {
        self.regions.front().map_or(usize::MAX, |(from, _)| *from)
    }

    /// Moves every position `by` bytes to the front.
    pub(super) fn rebase(&mut self, by: usize) {
        for (from, to) in &mut self.regions {
            *from -= by;
            *to -= by;
        }
    }

    /// Examines what can be examined; nothing behind a cut.
    pub(super) fn examine(
        &mut self,
        buf: &[u8],
        is_last: bool,
        judge: &mut Judge,
        edits: &mut Edits,
    ) -> Result<(), RewriteError> {
        if self.cut.is_some() {
            self.regions.clear();
        }
        while let Some((from, to)) = self.regions.pop_front() {
            let Some(offset) = memchr(b'<', &buf[from..to]) else { continue };
            let start = from + offset;
            match buf.get(start + 1) {
                None if !is_last => {
                    self.regions.push_front((start, to));
                    return Ok(());
                }
                Some(byte) if byte.is_ascii_alphabetic() => {
                    match self.candidate(buf, start, is_last, judge, edits)? {
                        Outcome::Decided => {}
                        Outcome::Waits => {
                            self.regions.push_front((start, to));
                            return Ok(());
                        }
                        Outcome::Cut => {
                            self.regions.clear();
                            self.cut = Some(start);
                            return Ok(());
                        }
                    }
                }
                _ => {}
            }
            if start + 1 < to {
                self.regions.push_front((start + 1, to));
            }
        }
        Ok(())
    }

    fn candidate(
        &mut self,
        buf: &[u8],
        start: usize,
        is_last: bool,
        judge: &mut Judge,
        edits: &mut Edits,
    ) -> Result<Outcome, RewriteError> {
        let scan = &mut self.scan;
        let limit = start + CANDIDATE_BYTES_MAX;
        scan.begin(start, false);
        let seen = &buf[..buf.len().min(limit)];
        let end = match scan.run(seen) {
            Some(end) => end,
            None if buf.len() >= limit => {
                scan.give_up(limit);
                limit
            }
            None if is_last => return Ok(Outcome::Cut),
            None => return Ok(Outcome::Waits),
        };
        let name = Name::of(buf, scan.name_start()..scan.name_end);
        let word = name.as_bytes();
        let mut verdict = judge.verdict(word, seen, scan)?;
        let mut read_to = end;
        if verdict == Verdict::Keep && judge.is_active(word, buf, scan) {
            let text_limit = end + INLINE_BYTES_MAX;
            let text = &buf[..buf.len().min(text_limit)];
            let mut at = end;
            let is_whole = is_last || buf.len() >= text_limit;
            let text_end = match text_end(text, &mut at, b"script", is_whole) {
                Some(found) => found,
                None if is_whole => text.len(),
                None => return Ok(Outcome::Waits),
            };
            read_to = text_end;
            verdict = judge.inline(buf, scan, &judge.policy.code(&buf[end..text_end]), Place::Doubtful);
        }
        judge.spend(read_to - start)?;
        if word == b"base" {
            judge.base(buf, scan, true)?;
        }
        judge.carry_out(&verdict, &Shows::Nothing, buf, scan, edits);
        Ok(Outcome::Decided)
    }
}

enum Outcome {
    Decided,
    Waits,
    Cut,
}
