//! Passes over text and tags that change nothing: many at once where [`super::signs`] sees none of interest, else one
//! after the other.

use fearless_simd::Level;
use memchr::memchr;

use super::near::find;
use super::plain::{Images, plain_end, statement_end};
use super::signs::calm_end;
use super::walker::Walker;
use super::{Outlet, RewriteError};

/// What the walker does about tags that change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// It passes over them.
    Passes,
    /// It reads each: what comes out must be the same.
    #[cfg(test)]
    Reads,
}

/// How far the walker has looked ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    pub(super) pace: Pace,
    /// What the processor can do at once.
    level: Level,
    /// Up to here nothing is passed over at once.
    walked_to: usize,
    /// The first text from here on is left to what follows.
    enough: usize,
}

impl Passing {
    pub(super) fn new() -> Self {
        Self { pace: Pace::Passes, level: Level::new(), walked_to: 0, enough: usize::MAX }
    }

    /// Moves every position `by` bytes to the front.
    pub(super) const fn rebase(&mut self, by: usize) {
        self.walked_to = self.walked_to.saturating_sub(by);
    }
}

impl Walker {
    /// Walks over the `waiting` bytes that `buf` begins with, and as little of what follows as decides them: that is still
    /// in the next piece, and passed over there with all that it goes on in.
    pub(super) fn walk_over(
        &mut self,
        waiting: usize,
        buf: &[u8],
        is_last: bool,
        out: &mut dyn Outlet,
    ) -> Result<usize, RewriteError> {
        self.passing.enough = if is_last { usize::MAX } else { waiting };
        let done = self.walk(buf, is_last, out);
        self.passing.enough = usize::MAX;
        done
    }

    /// Is all done that was to be walked over?
    pub(super) const fn has_enough(&self) -> bool {
        self.at >= self.passing.enough
    }

    /// Does a tag without a sign change nothing here?
    pub(super) fn is_calm(&self) -> bool {
        self.frame.is_settled() && !self.doubt.is_watchful() && self.judge.images() == Images::OwnArePlain
    }

    /// Passes over text and tags that change nothing, and finds the next tag that may. In doubt that is one that no
    /// reading could find another in.
    pub(super) fn pass(&mut self, buf: &[u8]) -> usize {
        let is_watched = self.doubt.is_watchful();
        if self.passing.pace != Pace::Passes || self.doubt.awaits_column() {
            return self.next_tag(buf);
        }
        if !self.frame.is_settled() {
            return self.pass_head(buf);
        }
        let images = if is_watched { Images::AreRead } else { self.judge.images() };
        loop {
            if images == Images::OwnArePlain && self.at >= self.passing.walked_to {
                let calm = calm_end(self.passing.level, buf, self.at);
                (self.at, self.passing.walked_to) = (calm.end, calm.walked_to);
                if calm.is_rest && find(b'>', &buf[self.at..]).is_none() {
                    return self.next_tag(buf); // No whole tag is left.
                }
            }
            let start = self.next_tag(buf);
            if start + 1 == self.passing.walked_to {
                return start; // It is the sign.
            }
            let Some(end) = plain_end(buf, start, images) else { return start };
            let is_surely = || self.doubt.is_indifferent() && memchr(b'<', &buf[start + 1..end]).is_none();
            if is_watched && !is_surely() {
                return start;
            }
            self.at = end;
            if self.has_enough() {
                return end;
            }
        }
    }

    /// Passes over what a head states, once what belongs first in it is there.
    fn pass_head(&mut self, buf: &[u8]) -> usize {
        loop {
            let start = self.next_tag(buf);
            if !self.frame.is_begun()
                || self.doubt.is_watchful()
                || self.judge.images() != Images::OwnArePlain
            {
                return start;
            }
            let Some(end) = statement_end(buf, start) else { return start };
            self.at = end;
            if self.has_enough() {
                return end;
            }
        }
    }
}
