//! The words of a script, read as a JavaScript tokenizer would, roughly: strings, templates, comments and regular
//! expressions are passed over.

use std::ops::Range;

use super::LOOKUPS;

/// A name or keyword of the script.
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    /// How many brackets of any kind are open around it.
    pub(super) depth: i32,
    /// May a statement outside brackets, or a further part of one, begin with it?
    pub(super) is_first: bool,
    /// Does a statement within brackets begin with it? Arguments and values do not count.
    pub(super) is_statement: bool,
}

/// What stands at a place of the script.
enum Piece {
    Space,
    Comment,
    Word,
    Other,
}

/// Reads the words of a script.
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    depth: i32,
    /// What stands before: nothing, or the last byte that is no space.
    before: Option<u8>,
    /// Is that the end of an arrow, behind which a function has its body?
    is_arrow: bool,
    /// Has a line ended since?
    is_new_line: bool,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, before: None, is_arrow: false, is_new_line: false }
    }

    pub(super) fn next_word(&mut self) -> Option<Word<'a>> {
        loop {
            let (before, is_arrow, is_new_line) = (self.before, self.is_arrow, self.is_new_line);
            let (piece, range) = self.next_piece()?;
            if matches!(piece, Piece::Word) {
                return Some(Word {
                    text: &self.text[range],
                    depth: self.depth,
                    is_first: is_new_line || matches!(before, None | Some(b';' | b'}' | b'{' | b',')),
                    is_statement: is_arrow
                        || matches!(before, None | Some(b';' | b'}' | b'{' | b')'))
                        || (is_new_line && before.is_some_and(is_name)),
                });
            }
        }
    }

    /// What stands behind the last word, without spaces.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text[self.at..].trim_ascii_start()
    }

    fn next_piece(&mut self) -> Option<(Piece, Range<usize>)> {
        let start = self.at;
        let rest = &self.text[start..];
        let (piece, length) = match *rest {
            [] => return None,
            [byte, ..] if byte.is_ascii_whitespace() => {
                self.is_new_line |= matches!(byte, b'\n' | b'\r');
                (Piece::Space, 1)
            }
            [b'/', b'/', ..] | [b'<', b'!', b'-', b'-', ..] => (Piece::Comment, line_length(rest)),
            [b'/', b'*', ..] => {
                (Piece::Comment, memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2))
            }
            [b'"' | b'\'' | b'`', ..] => (Piece::Other, string_length(rest)),
            [b'/', ..] if self.may_be_pattern() => (Piece::Other, pattern_length(rest)),
            [byte, ..] if is_name(byte) => (Piece::Word, name_length(rest)),
            [byte, ..] => {
                self.depth += match byte {
                    b'(' | b'[' | b'{' => 1,
                    b')' | b']' | b'}' => -1,
                    _ => 0,
                };
                (Piece::Other, 1)
            }
        };
        self.at += length;
        if matches!(piece, Piece::Word | Piece::Other) {
            self.is_arrow = self.before == Some(b'=') && rest[0] == b'>';
            self.before = self.text.get(self.at - 1).copied();
            self.is_new_line = false;
        }
        Some((piece, start..self.at))
    }

    /// May a slash here begin a regular expression? After a value it divides.
    fn may_be_pattern(&self) -> bool {
        self.before.is_none_or(|byte| !is_name(byte) && !matches!(byte, b')' | b']' | b'"' | b'\'' | b'`'))
    }
}

/// The text with a space in the place of each comment.
pub(in crate::policy::markup) fn without_comments(text: &[u8]) -> Vec<u8> {
    let (mut words, mut code) = (Words::new(text), Vec::with_capacity(text.len()));
    while let Some((piece, range)) = words.next_piece() {
        match piece {
            Piece::Comment => code.push(b' '),
            _ => code.extend_from_slice(&text[range]),
        }
    }
    code
}

/// The names of functions and values that the text declares in brackets, elements of the page aside.
pub(super) fn helpers(text: &[u8]) -> Vec<&[u8]> {
    let (mut words, mut found) = (Words::new(text), Vec::new());
    while let Some(word) = words.next_word() {
        if !matches!(word.text, b"function" | b"var" | b"let" | b"const") {
            continue;
        }
        let rest = words.rest();
        let (name, value) = rest.split_at(name_length(rest));
        let is_element = value.trim_ascii_start().strip_prefix(b"=").is_some_and(|value| {
            let value = value.trim_ascii_start();
            let (first, rest) = value.split_at(name_length(value));
            Chain::of(first, rest).looks_up
        });
        if !is_element {
            found.push(name);
        }
    }
    found
}

/// A value and what is asked of it: `window.shop.cart.add(1).then = `.
pub(super) struct Chain<'a> {
    /// Its first name, without the browser's own before it: `shop`.
    pub(super) root: &'a [u8],
    /// Does `window` or another of its names stand before?
    pub(super) is_of_window: bool,
    /// How many names follow the root.
    pub(super) names: usize,
    /// The last name.
    pub(super) last: &'a [u8],
    /// How many calls there are in it.
    pub(super) calls: usize,
    /// Is the last name called?
    pub(super) is_called: bool,
    /// Is an element of the page looked up on the way?
    pub(super) looks_up: bool,
    after: &'a [u8],
}

impl<'a> Chain<'a> {
    /// The chain that begins with the name `first`; `after` follows that.
    pub(super) fn of(first: &'a [u8], after: &'a [u8]) -> Self {
        let after = after.trim_ascii_start();
        let mut chain = Chain {
            root: first,
            is_of_window: false,
            names: 0,
            last: first,
            calls: 0,
            is_called: false,
            looks_up: false,
            after,
        };
        loop {
            match *chain.after {
                [b'.', ref after @ ..] | [b'?', b'.', ref after @ ..] => {
                    let after = after.trim_ascii_start();
                    let (name, after) = after.split_at(name_length(after));
                    let after = after.trim_ascii_start();
                    if chain.names == 0 && !chain.is_called && is_window(chain.root) {
                        (chain.root, chain.is_of_window) = (name, true);
                    } else {
                        chain.names += 1;
                    }
                    (chain.last, chain.is_called, chain.after) = (name, false, after);
                }
                [bracket @ (b'(' | b'['), ..] => {
                    chain.is_called = bracket == b'(';
                    chain.calls += usize::from(chain.is_called);
                    chain.looks_up |= chain.is_called && LOOKUPS.contains(&chain.last);
                    chain.after = behind_brackets(chain.after).trim_ascii_start();
                }
                _ => return chain,
            }
        }
    }

    /// What is assigned to it, if anything is.
    pub(super) fn assigned(&self) -> Option<&'a [u8]> {
        let value = match *self.after {
            [b'=', b'=' | b'>', ..] => return None,
            [b'=', ref value @ ..] | [b'+', b'=', ref value @ ..] => value,
            _ => return None,
        };
        Some(value.trim_ascii_start())
    }
}

/// What follows the brackets with which the text begins.
fn behind_brackets(text: &[u8]) -> &[u8] {
    let mut words = Words::new(text);
    while words.next_piece().is_some() {
        if words.depth <= 0 {
            return &text[words.at..];
        }
    }
    &[]
}

fn is_window(name: &[u8]) -> bool {
    matches!(name, b"window" | b"self" | b"top" | b"parent" | b"globalThis")
}

/// Words that begin a statement, or stand in one, and are no name.
pub(super) fn is_keyword(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 28] = [
        b"if",
        b"else",
        b"for",
        b"while",
        b"do",
        b"try",
        b"catch",
        b"finally",
        b"new",
        b"return",
        b"typeof",
        b"void",
        b"delete",
        b"switch",
        b"throw",
        b"async",
        b"function",
        b"class",
        b"var",
        b"let",
        b"const",
        b"case",
        b"default",
        b"break",
        b"continue",
        b"await",
        b"yield",
        b"super",
    ];
    WORDS.contains(&word)
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

pub(in crate::policy::markup) fn name_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_name(*byte)).unwrap_or(text.len())
}

fn line_length(text: &[u8]) -> usize {
    memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len())
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

/// A regular expression between its slashes.
fn pattern_length(text: &[u8]) -> usize {
    let (mut at, mut is_class) = (1, false);
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => is_class = true,
            b']' => is_class = false,
            b'\n' => return at,
            b'/' if !is_class => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}
