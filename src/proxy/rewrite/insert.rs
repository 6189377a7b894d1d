//! What a page gets from us, and where it belongs: head, banner, foot, placeholders.

use std::mem::take;

use bytes::Bytes;

use super::edits::{Edits, Rank};
use super::language::find_language;
use super::near::is_space;
use super::parts::{Insertions, Localized, Part};
use super::placeholder::Filling;
use super::redrawn::AwaitedSigns;

/// Tags that have a place in the frame of a page.
pub(super) const NAMES: [&[u8]; 6] = [b"html", b"head", b"body", b"frameset", b"plaintext", b"br"];

/// The frame of one page: what was put in already, and in which language.
#[derive(Debug)]
pub(super) struct Frame {
    insertions: Insertions,
    language: Option<usize>,
    body: Body,
    listener: Listener,
    pub(super) signs: AwaitedSigns,
    /// What the next `<meta>` must not come before.
    early: Bytes,
    /// What [`Part::Origin`] becomes.
    origin: Bytes,
    has_head: bool,
    has_banner: bool,
    has_foot: bool,
}

/// What is known of the page's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// Only what belongs in a head was seen.
    Unseen,
    /// There is content; a `<frameset>` counts no more.
    Content,
    /// The page is a frameset and has none.
    Frameset,
}

/// The script that sends what is pressed in a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listener {
    /// There is no placeholder yet.
    Unneeded,
    Needed,
    Done,
}

impl Frame {
    pub(super) fn new(mut insertions: Insertions) -> Self {
        // Where a part is put in is not known here, nor what a <base> of that page says.
        let (body, origin) = if insertions.is_part {
            (Body::Content, insertions.origin.clone())
        } else {
            (Body::Unseen, Bytes::new())
        };
        Self {
            signs: AwaitedSigns::new(take(&mut insertions.keep)),
            insertions,
            language: None,
            body,
            listener: Listener::Unneeded,
            early: Bytes::new(),
            origin,
            has_head: false,
            has_banner: false,
            has_foot: false,
        }
    }

    /// Nothing is put in.
    pub(super) fn leave(&mut self) {
        self.insertions = Insertions::none();
        self.signs.ignore();
    }

    /// The page's encoding, which is to stand before everything that is put in.
    pub(super) fn declare(&mut self, charset: &str) {
        let head = [&b"<meta charset=\""[..], charset.as_bytes(), b"\">", &self.insertions.head].concat();
        self.insertions.head = Bytes::from(head);
    }

    /// Text between tags, from `at` on.
    pub(super) fn text(&mut self, text: &[u8], at: usize, edits: &mut Edits) {
        if self.body != Body::Unseen {
            return;
        }
        if let Some(offset) = text.iter().position(|byte| !is_space(*byte)) {
            self.head(at + offset, edits);
            self.body = Body::Content;
        }
    }

    /// Does a start tag that is none of [`NAMES`] change nothing any more?
    pub(super) fn is_settled(&self) -> bool {
        self.body != Body::Unseen
    }

    /// Is the head begun, and nothing waits for the next tag in it?
    pub(super) fn is_begun(&self) -> bool {
        self.has_head && self.early.is_empty() && !self.signs.is_due()
    }

    /// Do the attributes of this tag matter?
    #[inline]
    pub(super) fn wants_attributes(&self, name: &[u8]) -> bool {
        // Every tag comes by here: the first letter tells nearly all of them.
        match name.first() {
            Some(b'h') => name == b"html" && self.language.is_none() && !self.has_banner,
            Some(b'm') => name == b"meta" && self.body == Body::Unseen,
            Some(b'l' | b'b') => {
                self.body == Body::Unseen && matches!(name, b"link" | b"body") && self.signs.are_awaited()
            }
            Some(b's') => name == b"script" && self.signs.are_awaited(),
            _ => false,
        }
    }

    /// An attribute of `<meta>`: a policy in one may be against what we put in later, which therefore stands before it.
    pub(super) fn meta(&mut self, name: &[u8], value: &[u8]) {
        const POLICY: &[u8] = b"content-security-policy";
        if name.eq_ignore_ascii_case(b"http-equiv") && value.trim_ascii().eq_ignore_ascii_case(POLICY) {
            self.early = take(&mut self.insertions.idle);
            // What few pages need does not stand before.
            self.insertions.embeds.clear();
            self.signs.ignore();
        }
    }

    /// An attribute of `<html>`: the page says its language, or that it is AMP. Into an AMP page nothing is put: its
    /// rules allow no script but the runtime's, and a cache elsewhere may serve it.
    pub(super) fn attribute(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"lang") && self.language.is_none() {
            let offered = self.insertions.languages.iter().map(|localized| localized.language.as_str());
            self.language = find_language(&offered, &String::from_utf8_lossy(value));
        }
        if is_amp(name) {
            self.leave();
        }
    }

    /// A `<base>`: addresses without a host may lead elsewhere.
    pub(super) fn base(&mut self) {
        self.origin = self.insertions.origin.clone();
    }

    /// How a script that is put in begins; empty when none may be.
    pub(super) const fn script(&self) -> &Bytes {
        &self.insertions.script
    }

    /// What belongs before a start tag, which is at `start`.
    pub(super) fn before_tag(&mut self, name: &[u8], start: usize, edits: &mut Edits) {
        match name {
            b"html" | b"head" => {}
            b"body" => self.head(start, edits),
            b"meta" if !self.early.is_empty() => {
                self.head(start, edits);
                edits.insert(start, Rank::Frame, take(&mut self.early));
            }
            b"plaintext" => {
                self.head(start, edits);
                self.close(start, edits);
            }
            b"frameset" => {
                self.head(start, edits);
                if self.body == Body::Unseen {
                    self.body = Body::Frameset;
                }
            }
            _ if self.body != Body::Unseen => {}
            _ => {
                self.head(start, edits);
                if !is_in_head(name) {
                    self.body = Body::Content;
                }
            }
        }
        if self.has_head {
            self.signs.put_due(start, edits);
        }
    }

    /// What belongs behind a start tag, which ends at `end`.
    pub(super) fn after_tag(&mut self, name: &[u8], end: usize, edits: &mut Edits) {
        match name {
            b"head" => self.head(end, edits),
            b"body" => {
                self.banner(end, edits);
                if self.body == Body::Unseen {
                    self.body = Body::Content;
                }
            }
            _ => {}
        }
    }

    /// An end tag that starts at `start`.
    #[inline]
    pub(super) fn end_tag(&mut self, name: &[u8], start: usize, edits: &mut Edits) {
        match name {
            b"head" | b"br" => self.head(start, edits),
            b"body" | b"html" => self.close(start, edits),
            _ => {}
        }
    }

    /// Is anything still to be put in at the end?
    pub(super) fn is_open(&self) -> bool {
        if self.insertions.is_part {
            return false;
        }
        let misses_head = !self.has_head && !self.insertions.head.is_empty();
        let has_parts = self.body == Body::Frameset || (self.has_banner && self.has_foot);
        misses_head || (!has_parts && self.localized().is_some())
    }

    /// The end of the page, or of its body.
    pub(super) fn close(&mut self, at: usize, edits: &mut Edits) {
        self.head(at, edits);
        self.banner(at, edits);
        if !self.has_foot && self.body != Body::Frameset {
            self.has_foot = true;
            if self.listener == Listener::Needed {
                self.listen(at, edits);
            }
            if let Some(localized) = self.localized() {
                self.put(&localized.foot, at, edits);
            }
            if self.localized().is_some() && !self.insertions.tail.is_empty() {
                edits.insert(at, Rank::Frame, self.insertions.tail.clone());
            }
        }
    }

    /// A script that starts at `at` is held, or stood in for.
    pub(super) fn before_stand_in(&mut self, at: usize, edits: &mut Edits) {
        if !self.insertions.idle.is_empty() {
            edits.insert(at, Rank::Frame, take(&mut self.insertions.idle));
        }
    }

    /// The document that stands in for a held embed; none where nothing is put into the page.
    pub(super) fn placeholder(&self) -> Option<&[Part]> {
        self.localized().map(|localized| &*localized.placeholder).filter(|parts| !parts.is_empty())
    }

    /// What only this page knows of its placeholders.
    pub(super) fn filling(&self) -> Filling<'_> {
        let Insertions { return_path, embed_style, .. } = &self.insertions;
        Filling { return_path, origin: &self.origin, style: embed_style }
    }

    /// A held embed at `at` gets a placeholder, in it or, as `frame`, before it. One that a browser may not read needs nothing
    /// else.
    pub(super) fn before_embed(&mut self, frame: Bytes, at: usize, is_aside: bool, edits: &mut Edits) {
        if !frame.is_empty() {
            edits.insert(at, Rank::Frame, frame);
        }
        match self.listener {
            Listener::Unneeded if is_aside => {}
            Listener::Unneeded if self.has_foot => self.listen(at, edits),
            Listener::Unneeded => self.listener = Listener::Needed,
            Listener::Needed | Listener::Done => {}
        }
    }

    fn listen(&mut self, at: usize, edits: &mut Edits) {
        self.listener = Listener::Done;
        if !self.insertions.embeds.is_empty() {
            edits.insert(at, Rank::Frame, take(&mut self.insertions.embeds));
        }
    }

    fn head(&mut self, at: usize, edits: &mut Edits) {
        if !self.has_head {
            self.has_head = true;
            edits.insert(at, Rank::Frame, self.insertions.head.clone());
        }
    }

    fn banner(&mut self, at: usize, edits: &mut Edits) {
        if self.has_banner || self.body == Body::Frameset {
            return;
        }
        self.has_banner = true;
        if let Some(localized) = self.localized() {
            self.put(&localized.banner, at, edits);
        }
    }

    /// The language of the banner that was put in, as an index.
    pub(super) fn asks_in(&self) -> Option<usize> {
        (self.has_banner && !self.localized()?.banner.is_empty()).then(|| self.chosen())
    }

    fn chosen(&self) -> usize {
        self.language.unwrap_or(self.insertions.preferred)
    }

    fn localized(&self) -> Option<&Localized> {
        self.insertions.languages.get(self.chosen())
    }

    /// Puts parts in that know of no tracker, without putting them together first.
    fn put(&self, parts: &[Part], at: usize, edits: &mut Edits) {
        for part in parts {
            match part {
                Part::Text(text) => edits.insert(at, Rank::Frame, text.clone()),
                Part::ReturnPath => edits.insert(at, Rank::Frame, self.insertions.return_path.clone()),
                Part::Origin if self.origin.is_empty() => false,
                Part::Origin => edits.insert(at, Rank::Frame, self.origin.clone()),
                Part::TrackerId | Part::TrackerName | Part::Provider | Part::Style => false,
            };
        }
    }
}

/// Is this an element that does not end the head (HTML 13.2.6.4.4)?
pub(super) const fn is_in_head(name: &[u8]) -> bool {
    matches!(
        name,
        b"base"
            | b"basefont"
            | b"bgsound"
            | b"link"
            | b"meta"
            | b"noframes"
            | b"noscript"
            | b"script"
            | b"style"
            | b"template"
            | b"title"
    )
}

/// Does this attribute of `<html>` say that the page is AMP, an advertisement or a letter in it? The sign may be followed
/// by one that asks for a coloured form.
fn is_amp(name: &[u8]) -> bool {
    const SIGN: &[u8] = "\u{26A1}".as_bytes();
    ["amp", "amp4ads", "amp4email"].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || name.starts_with(SIGN)
}
