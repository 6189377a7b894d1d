//! Walks through a page from tag to tag, and knows at each byte what it is: text, tag, comment, raw text, script.

use bytes::Bytes;
use memchr::memchr;

use super::doubt::{Doubt, Split};
use super::edits::{Edits, Rank};
use super::hidden::{Hidden, first_end, first_markup};
use super::insert::Frame;
use super::judge::{Judge, Place};
use super::long::Long;
use super::near::find;
use super::pass::Passing;
use super::placeholder::Shows;
use super::raw::{self, Escape};
use super::signs;
use super::tag::{Name, Scan};
use super::template::Templates;
use super::{INLINE_BYTES_MAX, JOINED_BYTES, Outlet, RewriteError, TAG_BYTES_MAX};
use crate::policy::markup::{self, Code, Redrawn, SIGN_BYTES_MAX};

/// What the byte at the walker's position belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Text,
    Tag,
    /// A tag that is too long to wait for its end.
    Long(Long),
    Comment {
        opener: usize,
    },
    /// `<!`, `<?` and `</` that begin nothing known: up to the next `>`.
    Bogus,
    Cdata,
    Raw(&'static [u8]),
    Script(Escape),
    /// A script whose tag waits for its text.
    Inline {
        text: usize,
        escape: Escape,
    },
    Plain,
}

/// Did a step get anywhere?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    On,
    Waits,
}

/// The state of one page.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) at: usize,
    pub(super) state: State,
    pub(super) scan: Scan,
    pub(super) doubt: Doubt,
    pub(super) templates: Templates,
    hidden: Hidden,
    pub(super) edits: Edits,
    pub(super) judge: Judge,
    pub(super) frame: Frame,
    pub(super) passing: Passing,
}

impl Walker {
    pub(super) fn new(judge: Judge, frame: Frame) -> Self {
        Self {
            at: 0,
            state: State::Text,
            scan: Scan::with_room(),
            doubt: Doubt::default(),
            templates: Templates::default(),
            hidden: Hidden::default(),
            edits: Edits::with_room(),
            judge,
            frame,
            passing: Passing::new(),
        }
    }

    /// Decides what can be decided of `buf`, writes it, and returns how many bytes are done with.
    pub(super) fn walk(
        &mut self,
        buf: &[u8],
        is_last: bool,
        out: &mut dyn Outlet,
    ) -> Result<usize, RewriteError> {
        let step = self.steps(buf, is_last)?;
        let mut end = self.settled().min(self.hidden.settled()).min(buf.len());
        if is_last && step.is_ok() {
            let is_cut_tag = matches!(self.state, State::Tag | State::Long(_));
            end = self.hidden.cut().unwrap_or(if is_cut_tag { self.settled() } else { buf.len() });
            self.edits.cut(end);
            self.finish(buf, end);
            if self.hidden.cut().is_none() && self.is_harmless_rest(buf) {
                end = buf.len();
                (self.at, self.state) = (end, State::Text);
            }
        }
        self.edits.write(buf, end, out);
        self.rebase(end);
        step.map(|_| end)
    }

    /// Is it a tag that ends nowhere, and harmless whatever follows? To browsers it is nothing (HTML 13.2.5.8); who reads what
    /// is no page, only called so, misses it: `{"name": "a <b"}`.
    fn is_harmless_rest(&mut self, buf: &[u8]) -> bool {
        if self.state != State::Tag {
            return false;
        }
        self.scan.give_up(buf.len());
        let name = Name::of(buf, self.scan.name_start()..self.scan.name_end);
        self.judge.grants_everything()
            || markup::is_harmless(&self.judge.tag(name.as_bytes(), buf, &self.scan))
    }

    /// Decides on a whole document that is part of another: what belongs into it. A tag that is cut off at its end
    /// counts in no reading.
    pub(super) fn decided(mut self, buf: &[u8]) -> (Result<Edits, RewriteError>, Judge) {
        let walked = self.steps(buf, true).and_then(|step| step);
        (walked.map(|_| self.edits), self.judge)
    }

    /// Walks as far as can be decided, and gives the last step. What a reading hides is examined before what follows
    /// is read: a `<base>` counts from where it stands, however the page is cut.
    fn steps(&mut self, buf: &[u8], is_last: bool) -> Result<Result<Step, RewriteError>, RewriteError> {
        let mut step = Ok(Step::On);
        loop {
            if !self.hidden.is_empty() {
                self.hidden.examine(buf, is_last, &mut self.judge, &mut self.edits)?;
            }
            if !self.hidden.is_empty() || !matches!(step, Ok(Step::On)) {
                return Ok(step);
            }
            step = self.step(buf, is_last);
        }
    }

    /// The first byte that may still be changed.
    fn settled(&self) -> usize {
        match self.state {
            State::Tag | State::Inline { .. } => self.scan.start,
            State::Long(long) => long.settled,
            _ => self.at,
        }
    }

    fn rebase(&mut self, by: usize) {
        self.at = self.at.saturating_sub(by);
        self.passing.rebase(by);
        match &mut self.state {
            State::Tag => self.scan.rebase(by),
            State::Long(long) => {
                self.scan.rebase(by);
                long.rebase(by);
            }
            State::Inline { text, .. } => {
                self.scan.rebase(by);
                *text -= by;
            }
            _ => {}
        }
        self.hidden.rebase(by);
    }

    fn step(&mut self, buf: &[u8], is_last: bool) -> Result<Step, RewriteError> {
        match self.state {
            State::Text => self.text(buf, is_last),
            State::Tag => self.tag(buf),
            State::Long(_) => self.long(buf),
            State::Inline { .. } => Ok(self.inline(buf, is_last)),
            _ => Ok(self.skip(buf, is_last)),
        }
    }

    /// Goes on in what is no markup.
    fn skip(&mut self, buf: &[u8], is_last: bool) -> Step {
        let from = self.at;
        let split = self.split();
        match &mut self.state {
            State::Comment { opener } => {
                if let Some(end) = raw::comment_end(buf, &mut self.at, opener, is_last) {
                    (self.at, self.state) = (end, State::Text);
                }
            }
            State::Cdata => {
                if let Some(end) = raw::cdata_end(buf, &mut self.at, is_last) {
                    (self.at, self.state) = (end, State::Text);
                }
            }
            State::Bogus => match memchr(b'>', &buf[from..]) {
                Some(offset) => (self.at, self.state) = (from + offset + 1, State::Text),
                // As much is kept as tells an end tag that another reading may find.
                None => self.at = buf.len().saturating_sub(if is_last { 0 } else { 3 }).max(from),
            },
            State::Raw(name) => {
                if raw::text_end(buf, &mut self.at, name, is_last).is_some() {
                    self.state = State::Text;
                }
            }
            State::Script(escape) => {
                if raw::script_end(buf, &mut self.at, escape, is_last).is_some() {
                    self.state = State::Text;
                }
            }
            State::Plain => self.at = buf.len().saturating_sub(usize::from(!is_last)).max(from),
            State::Text | State::Tag | State::Long(_) | State::Inline { .. } => {}
        }
        self.hide(split, buf, from, self.at);
        if self.state == State::Text { Step::On } else { Step::Waits }
    }

    /// Text between tags, up to what follows the next `<`.
    fn text(&mut self, buf: &[u8], is_last: bool) -> Result<Step, RewriteError> {
        if !self.has_enough() {
            self.at = self.pass(buf);
        }
        if self.has_enough() {
            return Ok(Step::Waits);
        }
        let start = self.at;
        let rest = &buf[start..];
        let (state, length) = match rest {
            [_, b'a'..=b'z' | b'A'..=b'Z', ..] | [_, b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => (State::Tag, 0),
            [_, b'/', b'>', ..] => (State::Text, 3),
            [_, b'/', _, ..] | [_, b'?', ..] => (State::Bogus, 2),
            [_, b'!', b'-', b'-', ..] => (State::Comment { opener: 2 }, 2),
            [_, b'!', ..] if self.doubt.is_foreign() && rest.starts_with(b"<![CDATA[") => (State::Cdata, 9),
            [_, b'!', ..] if is_last || !self.may_begin(rest) => (State::Bogus, 2),
            [_] | [_, b'/'] if is_last => (State::Text, rest.len()),
            [] | [_] | [_, b'/' | b'!', ..] => return Ok(Step::Waits),
            _ => (State::Text, 1),
        };
        if state == State::Tag {
            return self.begin_tag(buf, start, is_last);
        }
        if state == State::Text && length != 3 {
            self.note_text(buf, start, start + length);
        }
        self.state = state;
        self.at = start + length;
        Ok(Step::On)
    }

    /// Begins a tag. One that what is there cuts off is most likely seen whole when more has come, so it waits, once.
    fn begin_tag(&mut self, buf: &[u8], start: usize, is_last: bool) -> Result<Step, RewriteError> {
        let rest = &buf[start..];
        let may_wait = start > 0 && rest.len() < JOINED_BYTES && !is_last;
        if may_wait && memchr(b'>', rest).is_none() {
            return Ok(Step::Waits);
        }
        self.scan.begin(start, rest[1] == b'/');
        self.state = State::Tag;
        self.tag(buf)
    }

    /// Where the text that begins here ends.
    #[inline]
    pub(super) fn next_tag(&mut self, buf: &[u8]) -> usize {
        let from = self.at;
        if buf.get(from) == Some(&b'<') {
            return from;
        }
        let start = find(b'<', &buf[from..]).map_or(buf.len(), |offset| from + offset);
        self.note_text(buf, from, start);
        start
    }

    fn may_begin(&self, rest: &[u8]) -> bool {
        b"<!--".starts_with(rest) || (self.doubt.is_foreign() && b"<![CDATA[".starts_with(rest))
    }

    /// Is this a place that is no part of the page's frame?
    pub(super) fn is_aside(&self) -> bool {
        self.doubt.is_noscript() || self.templates.is_inert()
    }

    fn note_text(&mut self, buf: &[u8], from: usize, to: usize) {
        if !self.is_aside() {
            self.frame.text(&buf[from..to], from, &mut self.edits);
        }
    }

    /// What may another reading find in what the walker is in?
    fn split(&self) -> Split {
        match self.state {
            State::Comment { .. } | State::Bogus => self.doubt.split_alike(),
            _ => self.doubt.split(),
        }
    }

    /// Notes a region that is no markup in this reading of the page.
    fn hide(&mut self, split: Split, buf: &[u8], from: usize, to: usize) {
        if split != Split::None {
            self.hide_in_doubt(split, buf, from, to);
        }
    }

    #[cold]
    fn hide_in_doubt(&mut self, split: Split, buf: &[u8], from: usize, to: usize) {
        let find = if split == Split::Noscript { first_end } else { first_markup };
        if let Some(first) = find(buf, from, to) {
            self.doubt.last();
            self.hidden.push(first, to);
        }
    }

    fn tag(&mut self, buf: &[u8]) -> Result<Step, RewriteError> {
        let limit = self.scan.start + TAG_BYTES_MAX;
        let Some(end) = self.scan.run(&buf[..buf.len().min(limit)]) else {
            return if buf.len() < limit { Ok(Step::Waits) } else { self.begin_long(buf) };
        };
        if self.scan.is_overfull() {
            if !self.is_calm() || !signs::is_calm(&buf[self.scan.start..end]) {
                return Err(RewriteError::TooManyAttributes);
            }
            (self.at, self.state) = (end, State::Text);
            return Ok(Step::On);
        }
        let name = Name::of(buf, self.scan.name_start()..self.scan.name_end);
        let word = name.as_bytes();
        if self.doubt.is_watchful() {
            self.hide_tag(buf, word, end);
        }
        self.at = end;
        self.state = State::Text;
        if self.scan.is_end {
            self.end_tag(word);
        } else {
            self.start_tag(buf, word, end)?;
        }
        Ok(Step::On)
    }

    /// Notes what another reading may find in a tag.
    fn hide_tag(&mut self, buf: &[u8], word: &[u8], end: usize) {
        // Within SVG a script may end itself; in the other reading its text follows, and is read there.
        if word == b"script" && self.scan.is_self_closing && self.doubt.is_foreign() {
            self.hide(self.doubt.split(), buf, self.scan.start, end);
        } else {
            self.hide(self.doubt.split_alike(), buf, self.scan.start + 1, end);
        }
    }

    /// Waits for the text of an inline script, decides, and goes on as with any script.
    fn inline(&mut self, buf: &[u8], is_last: bool) -> Step {
        let State::Inline { text, mut escape } = self.state else { return Step::On };
        // After a yes to everything a script is read for a sign alone.
        let is_allowed = self.judge.grants_everything();
        let limit = text + if is_allowed { SIGN_BYTES_MAX } else { INLINE_BYTES_MAX };
        let is_whole = is_last || buf.len() >= limit;
        let seen = &buf[..buf.len().min(limit)];
        let found = raw::script_end(seen, &mut self.at, &mut escape, is_last && buf.len() <= limit);
        if found.is_none() && !is_whole {
            self.state = State::Inline { text, escape };
            return Step::Waits;
        }
        self.hide(self.doubt.split(), buf, text, self.at);
        let read = &buf[text..found.unwrap_or(seen.len())];
        let code = if is_allowed { Code::allowed(read) } else { self.judge.policy.code(read) };
        // Where nothing is open that may make a difference, a script ends as any, though doubt may last.
        let place = match self.doubt.is_raised() && self.doubt.is_open() {
            false => Place::Plain,
            true if self.doubt.is_foreign() => Place::Foreign,
            true => Place::Doubtful,
        };
        let verdict = self.judge.inline(buf, &self.scan, &code, place);
        let is_long = found.is_none() && buf.len() >= limit && !is_allowed;
        self.judge.counts.long_scripts += u32::from(is_long);
        self.judge.carry_out(&verdict, &Shows::Nothing, buf, &self.scan, &mut self.edits);
        if place == Place::Plain {
            self.judge.stand_in(&verdict, &code, self.scan.start, &mut self.frame, &mut self.edits);
            if !self.is_aside() && code.is_hydrated() {
                self.frame.signs.put(Redrawn::Hydrated, self.scan.start, &mut self.edits);
            }
        }
        self.state = if found.is_some() { State::Text } else { State::Script(escape) };
        Step::On
    }

    /// Closes what is open and puts in what is missing. In an unfinished script or plain text nothing can be put:
    /// it would be code or text there.
    fn finish(&mut self, buf: &[u8], end: usize) {
        // A `</` at the end is text, and would be a comment with what is put behind it (HTML 13.2.5.7).
        let end = if self.state == State::Text && buf[..end].ends_with(b"</") { end - 2 } else { end };
        let closing: Vec<u8> = match self.state {
            _ if !self.frame.is_open() => return,
            State::Script(_) | State::Inline { .. } | State::Plain | State::Long(_) => return,
            State::Text | State::Tag => Vec::new(),
            State::Comment { .. } => b"-->".to_vec(),
            State::Bogus => b">".to_vec(),
            State::Cdata => b"]]>".to_vec(),
            State::Raw(name) => [b"</".as_slice(), name, b">".as_slice()].concat(),
        };
        self.edits.insert(end, Rank::Frame, Bytes::from(closing));
        self.frame.close(end, &mut self.edits);
    }
}
