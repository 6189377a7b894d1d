//! What follows from a tag that was read: what is put in, what is held, and how the page is read on.

use bytes::Bytes;

use super::RewriteError;
use super::placeholder::{self, Shows};
use super::raw::Escape;
use super::walker::{State, Walker};
use crate::policy::markup::{Code, Verdict};

/// Tags after which the walker reads on in another way, or knows more.
pub(super) const NAMES: [&[u8]; 10] = [
    b"title",
    b"textarea",
    b"style",
    b"xmp",
    b"iframe",
    b"noembed",
    b"noframes",
    b"script",
    b"base",
    b"template",
];

/// How many of [`NAMES`], from the front, have text that is raw up to their end tag.
const RAW: usize = 7;

impl Walker {
    pub(super) fn start_tag(&mut self, buf: &[u8], word: &[u8], end: usize) -> Result<(), RewriteError> {
        let is_foreign = self.doubt.is_foreign();
        let is_doubtful = self.doubt.is_raised();
        let is_inert = self.templates.is_inert() && !is_doubtful;
        if !self.is_aside() {
            if self.frame.wants_attributes(word) {
                self.attributes(buf, word);
            }
            self.frame.before_tag(word, self.scan.start, &mut self.edits);
            self.frame.after_tag(word, end, &mut self.edits);
        }
        self.doubt.start(word, self.scan.is_self_closing);
        match word {
            b"base" if !is_inert => {
                self.frame.base();
                self.judge.base(buf, &self.scan, self.doubt.is_watchful())?;
            }
            b"template" => self.templates.start(buf, &self.scan),
            _ => {}
        }
        let judged = if is_inert { Ok(Verdict::Keep) } else { self.judge.verdict(word, buf, &self.scan) };
        // Looked at where it stands: it is large, and nearly every tag is kept.
        let verdict = judged.as_ref().map_err(|error| *error)?;
        self.carry_out(verdict, buf, word);
        if word == b"script" && !(is_doubtful && self.doubt.is_open()) {
            self.judge.stand_in(verdict, &Code::NONE, self.scan.start, &mut self.frame, &mut self.edits);
        }
        // Within SVG a script with a `src` is an inline one.
        let waits = match word {
            b"script" if *verdict != Verdict::Keep || is_inert => false,
            b"script" if is_doubtful => self.judge.is_active(word, buf, &self.scan),
            b"script" => self.judge.is_decided_by_text(word, buf, &self.scan) || self.may_be_sign(word, buf),
            _ => false,
        };
        self.follow(word, is_foreign);
        if waits && self.state == State::Script(Escape::None) {
            self.state = State::Inline { text: end, escape: Escape::None };
        }
        Ok(())
    }

    /// May the text of this script be a sign, where nothing is held and no text is read otherwise?
    fn may_be_sign(&self, name: &[u8], buf: &[u8]) -> bool {
        self.judge.grants_everything()
            && self.frame.signs.are_awaited()
            && self.judge.is_inline_code(name, buf, &self.scan)
    }

    /// Makes a held tag inert. A frame shows its placeholder; what else is an embed gets one before it.
    fn carry_out(&mut self, verdict: &Verdict, buf: &[u8], word: &[u8]) {
        let mut shows = Shows::Nothing;
        if let Verdict::Placeholder(id, _) = *verdict
            && let Some(parts) = self.frame.placeholder()
        {
            let tracker = self.judge.policy.catalog().tracker(id);
            let tag = self.judge.tag(word, buf, &self.scan);
            let attributes = placeholder::attributes(parts, self.frame.filling(), tracker, &tag);
            let before = match word {
                b"iframe" => Bytes::new(),
                _ => Bytes::from(placeholder::frame(&attributes, tracker, &tag)),
            };
            if word == b"iframe" {
                shows = Shows::Document(attributes);
            }
            self.frame.before_embed(before, self.scan.start, self.is_aside(), &mut self.edits);
        }
        self.judge.carry_out(verdict, &shows, buf, &self.scan, &mut self.edits);
    }

    /// Goes on behind a start tag as its element is read. `is_foreign`: is it within SVG?
    pub(super) fn follow(&mut self, word: &[u8], is_foreign: bool) {
        self.state = match word {
            b"script" if is_foreign && self.scan.is_self_closing => State::Text,
            b"script" => State::Script(Escape::None),
            _ if is_foreign => State::Text,
            b"plaintext" => State::Plain,
            word => raw_name(word).map_or(State::Text, State::Raw),
        };
    }

    /// An end tag was read, or the beginning of a long one.
    #[inline]
    pub(super) fn end_tag(&mut self, word: &[u8]) {
        self.doubt.end(word);
        if word == b"template" {
            self.templates.end();
        }
        if !self.is_aside() {
            self.frame.end_tag(word, self.scan.start, &mut self.edits);
        }
    }

    pub(super) fn attributes(&mut self, buf: &[u8], word: &[u8]) {
        for span in &self.scan.spans {
            let (name, value) = (&buf[span.name..span.name_end], &buf[span.value..span.value_end]);
            match word {
                b"meta" => self.frame.meta(name, value),
                b"html" => self.frame.attribute(name, value),
                _ => {}
            }
            self.frame.signs.look_at(word, name, value);
        }
    }
}

/// The name itself, if it is of an element whose content is text up to its end tag.
pub(super) fn raw_name(name: &[u8]) -> Option<&'static [u8]> {
    NAMES[..RAW].iter().copied().find(|known| *known == name)
}
