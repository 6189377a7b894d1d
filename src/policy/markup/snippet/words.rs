//! The words of a script, read as a JavaScript tokenizer would, roughly: strings, templates, comments and regular
//! expressions are passed over.

use std::ops::Range;

use super::declared::Declared;
use super::known::Known;

/// A name with what is known of it; empty where a value has none.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) text: &'a [u8],
    pub(super) known: Known,
}

/// A name or keyword of the script, or a name given as text: `submit` of `form['submit']`.
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    pub(super) known: Known,
    /// Of a property, what the chain of names before it begins with.
    pub(super) root: Option<Name<'a>>,
    /// What stands before, and is no space.
    before: Option<u8>,
    /// What follows, without spaces.
    after: &'a [u8],
    depth: usize,
}

/// A word, a text or a sign of the script.
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a [u8],
    /// Where it begins.
    start: usize,
    /// What stands before, and is no space.
    pub(super) before: Option<u8>,
}

/// What stands at a place of the script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Text,
    Sign,
}

/// Cuts a script into pieces.
struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    /// The last byte before that is no space.
    before: Option<u8>,
}

/// Reads the words of a script.
pub(super) struct Words<'a> {
    pieces: Pieces<'a>,
    /// What the value begins with that is read now, for each bracket that is open.
    roots: Vec<Name<'a>>,
    declared: Declared<'a>,
    has_comments: bool,
}

impl Name<'_> {
    const NONE: Self = Self { text: b"", known: Known::NOTHING };
}

impl<'a> Word<'a> {
    /// The key of an object that is written out: it names nothing.
    pub(super) fn is_key(&self) -> bool {
        self.root.is_none() && self.after.starts_with(b":") && matches!(self.before, Some(b'{' | b','))
    }

    pub(super) fn is_called(&self) -> bool {
        self.after.starts_with(b"(") || self.after.starts_with(b"?.(") || self.after.starts_with(b"`")
    }

    /// The text it is called with first, when that is written out.
    pub(super) fn argument(&self) -> Option<&'a [u8]> {
        self.after.strip_prefix(b"(").and_then(literal)
    }

    /// The text it is called with, when that is written out and nothing else is given.
    pub(super) fn only_argument(&self) -> Option<&'a [u8]> {
        let given = self.after.strip_prefix(b"(")?.trim_ascii_start();
        let text = literal(given)?;
        let is_all =
            given.get(text.len() + 2..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b")"));
        is_all.then_some(text)
    }

    /// What is assigned to it, if anything is.
    pub(super) fn assigned(&self) -> Option<&'a [u8]> {
        let signs = self.after.iter().take_while(|byte| b"=+-*|&?".contains(byte)).count();
        let (signs, value) = self.after.split_at(signs);
        let is_set = match signs {
            b"" => false,
            b"++" | b"--" => true,
            b"=" => !value.starts_with(b">"),
            _ => signs.ends_with(b"=") && !signs.starts_with(b"="),
        };
        is_set.then(|| value.trim_ascii_start())
    }
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut roots = Vec::with_capacity(8);
        roots.push(Name::NONE);
        let declared = Declared::with_room();
        Self { pieces: Pieces::new(text), roots, declared, has_comments: false }
    }

    pub(super) fn next_word(&mut self) -> Option<Word<'a>> {
        loop {
            let piece = self.pieces.next_piece(|_| self.has_comments = true)?;
            let after = self.pieces.rest().trim_ascii_start();
            let known = if piece.kind == Kind::Word { Known::of(piece.text) } else { Known::NOTHING };
            let word = self.word(&piece, known, after);
            self.open_and_close(&piece);
            self.declared.see(&piece, known, after, self.roots.len() - 1);
            if word.is_some() {
                return word;
            }
        }
    }

    /// Has what follows `word` read as if the chain began with it: `shop` of `window.shop.cart`.
    pub(super) fn begin_with(&mut self, word: &Word<'a>) {
        self.roots[word.depth] = Name { text: word.text, known: word.known };
    }

    /// Is this name the script's own, as far as it was read?
    pub(super) fn declares(&self, name: &[u8]) -> bool {
        self.declared.has(name)
    }

    /// Did comments stand in what was read?
    pub(super) const fn has_comments(&self) -> bool {
        self.has_comments
    }

    fn word(&mut self, piece: &Piece<'a>, known: Known, after: &'a [u8]) -> Option<Word<'a>> {
        let (before, depth) = (piece.before, self.roots.len() - 1);
        match piece.kind {
            Kind::Sign => None,
            Kind::Text => {
                let text = self.key(piece)?;
                let (root, after) = (Some(self.roots[depth - 1]), &self.pieces.rest()[1..]);
                let after = after.trim_ascii_start();
                Some(Word { text, known: Known::of(text), root, before, after, depth: depth - 1 })
            }
            Kind::Word => {
                let is_spread = || self.pieces.text[..piece.start].ends_with(b"...");
                let is_property = before == Some(b'.') && !is_spread();
                let root = is_property.then(|| self.roots[depth]);
                if !is_property {
                    let name = Name { text: piece.text, known };
                    self.roots[depth] = if known.is(Known::KEYWORD) { Name::NONE } else { name };
                }
                Some(Word { text: piece.text, known, root, before, after, depth })
            }
        }
    }

    fn open_and_close(&mut self, piece: &Piece<'a>) {
        let first = piece.text[0];
        let begins_value = matches!(first, b'(' | b'[' | b'{' | b'"' | b'\'' | b'`' | b'/');
        if begins_value && !piece.before.is_some_and(ends_value) {
            let depth = self.roots.len() - 1;
            self.roots[depth] = Name::NONE;
        }
        match first {
            b'(' | b'[' | b'{' => self.roots.push(Name::NONE),
            b')' | b']' | b'}' if self.roots.len() > 1 => self.roots.truncate(self.roots.len() - 1),
            _ => {}
        }
    }

    /// The name in a text that stands alone in the brackets behind a value.
    fn key(&self, piece: &Piece<'a>) -> Option<&'a [u8]> {
        let name = piece.text.get(1..piece.text.len() - 1)?;
        let behind = self.pieces.text[..piece.start].strip_suffix(b"[")?;
        let is_alone =
            self.pieces.rest().starts_with(b"]") && behind.last().is_some_and(|byte| ends_value(*byte));
        (is_alone && self.roots.len() > 1 && name_length(name) == name.len()).then_some(name)
    }
}

impl<'a> Pieces<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, before: None }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// The next piece; each comment before it is told.
    fn next_piece(&mut self, mut comment: impl FnMut(Range<usize>)) -> Option<Piece<'a>> {
        loop {
            let rest = self.rest();
            let (kind, length) = match *rest {
                [] => return None,
                [byte, ..] if is_name(byte) => (Kind::Word, name_length(rest)),
                [byte, ..] if byte.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                [b'"' | b'\'' | b'`', ..] => (Kind::Text, string_length(rest)),
                [b'/' | b'<', ..] => match comment_length(rest) {
                    Some(length) => {
                        comment(self.at..self.at + length);
                        self.at += length;
                        continue;
                    }
                    None if rest[0] == b'/' && !self.before.is_some_and(ends_value) => {
                        (Kind::Sign, pattern_length(rest))
                    }
                    None => (Kind::Sign, 1),
                },
                _ => (Kind::Sign, 1),
            };
            let (start, before) = (self.at, self.before);
            self.at += length;
            self.before = Some(rest[length - 1]);
            return Some(Piece { kind, text: &rest[..length], start, before });
        }
    }
}

/// The text with a space in the place of each comment.
pub(in crate::policy::markup) fn without_comments(text: &[u8]) -> Vec<u8> {
    let (mut pieces, mut code, mut next) = (Pieces::new(text), Vec::with_capacity(text.len()), 0);
    let mut leave_out = |comment: Range<usize>| {
        code.extend_from_slice(&text[next..comment.start]);
        code.push(b' ');
        next = comment.end;
    };
    while pieces.next_piece(&mut leave_out).is_some() {}
    code.extend_from_slice(&text[next..]);
    code
}

/// Does a value end with this byte? What follows then goes on with it.
pub(super) const fn ends_value(byte: u8) -> bool {
    is_name(byte) || matches!(byte, b')' | b']' | b'"' | b'\'' | b'`')
}

/// The text between the quotes with which this begins.
pub(super) fn literal(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    let is_quoted = matches!(text, [b'"' | b'\'' | b'`', ..]);
    is_quoted
        .then(|| text[..string_length(text)].get(1..))
        .flatten()
        .map(|text| &text[..text.len().saturating_sub(1)])
}

/// Which bytes stand in names.
const IS_NAME: [bool; 256] = {
    let mut is_name = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        is_name[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
        byte += 1;
    }
    is_name[u8::MAX as usize] = true;
    is_name
};

const fn is_name(byte: u8) -> bool {
    IS_NAME[byte as usize]
}

pub(in crate::policy::markup) fn name_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_name(*byte)).unwrap_or(text.len())
}

/// The length of the comment with which this begins, if it does.
fn comment_length(text: &[u8]) -> Option<usize> {
    match *text {
        [b'/', b'/', ..] | [b'<', b'!', b'-', b'-', ..] => {
            Some(memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len()))
        }
        [b'/', b'*', ..] => Some(memchr::memmem::find(text, b"*/").map_or(text.len(), |end| end + 2)),
        // What is left of XML: the code within is code.
        _ if text.starts_with(b"<![CDATA[") => Some(9),
        _ => None,
    }
}

/// A string or template with its quotes; what is not closed ends with the text.
fn string_length(text: &[u8]) -> usize {
    let quote = text[0];
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match *byte {
            b'\\' => at += 1,
            b'\n' if quote != b'`' => return at,
            found if found == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// A regular expression between its slashes, with its flags.
fn pattern_length(text: &[u8]) -> usize {
    let (mut at, mut is_class) = (1, false);
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => is_class = true,
            b']' => is_class = false,
            b'\n' => return at,
            b'/' if !is_class => return at + 1 + name_length(&text[at + 1..]),
            _ => {}
        }
        at += 1;
    }
    text.len()
}
