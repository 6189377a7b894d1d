//! The words of a script, read as a JavaScript tokenizer would, roughly: strings, templates, comments and regular
//! expressions are passed over.

use std::collections::HashSet;
use std::ops::Range;

/// A name or keyword of the script, or a name given as text: `submit` of `form['submit']`.
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    /// Of a property, what the chain of names before it begins with; empty where that is no name.
    pub(super) root: Option<&'a [u8]>,
    /// What stands before, and is no space.
    before: Option<u8>,
    /// What follows, without spaces.
    after: &'a [u8],
    depth: usize,
}

/// What stands at a place of the script.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Space,
    Comment,
    Word,
    Text,
    Other,
}

/// Reads the words of a script.
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    /// The last byte before that is no space.
    before: Option<u8>,
    /// What the value begins with that is read now, for each bracket that is open; empty where that is no name.
    roots: Vec<&'a [u8]>,
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

    /// What is assigned to it, if anything is.
    pub(super) fn assigned(&self) -> Option<&'a [u8]> {
        let signs = self.after.iter().take_while(|byte| b"=+-*|&?".contains(byte)).count();
        let (signs, value) = self.after.split_at(signs);
        let is_set = match signs {
            b"++" | b"--" => true,
            b"=" => !value.starts_with(b">"),
            _ => signs.ends_with(b"=") && !signs.starts_with(b"="),
        };
        is_set.then(|| value.trim_ascii_start())
    }
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, before: None, roots: vec![b""] }
    }

    pub(super) fn next_word(&mut self) -> Option<Word<'a>> {
        loop {
            let before = self.before;
            let (piece, range) = self.next_piece()?;
            let depth = self.roots.len() - 1;
            if piece == Piece::Text
                && let Some(text) = self.key(&range)
            {
                let (root, after) = (Some(self.roots[depth - 1]), &self.text[range.end + 1..]);
                return Some(Word { text, root, before, after: after.trim_ascii_start(), depth: depth - 1 });
            }
            if piece == Piece::Word {
                let text = &self.text[range.clone()];
                let is_property = before == Some(b'.') && !self.text[..range.start].ends_with(b"...");
                let root = is_property.then(|| self.roots[depth]);
                if !is_property {
                    self.roots[depth] = if is_keyword(text) { b"" } else { text };
                }
                let after = self.text[self.at..].trim_ascii_start();
                return Some(Word { text, root, before, after, depth });
            }
        }
    }

    /// Has what follows `word` read as if the chain began with it: `shop` of `window.shop.cart`.
    pub(super) fn begin_with(&mut self, word: &Word<'a>) {
        self.roots[word.depth] = word.text;
    }

    /// The name in a text that stands alone in the brackets behind a value.
    fn key(&self, range: &Range<usize>) -> Option<&'a [u8]> {
        let name = self.text.get(range.start + 1..range.end - 1)?;
        let behind = self.text[..range.start].strip_suffix(b"[")?;
        let is_alone =
            self.text[range.end..].starts_with(b"]") && behind.last().is_some_and(|b| ends_value(*b));
        (is_alone && self.roots.len() > 1 && name_length(name) == name.len()).then_some(name)
    }

    fn next_piece(&mut self) -> Option<(Piece, Range<usize>)> {
        let start = self.at;
        let rest = &self.text[start..];
        let is_value_next = !self.before.is_some_and(ends_value);
        let (piece, length) = match *rest {
            [] => return None,
            [byte, ..] if byte.is_ascii_whitespace() => (Piece::Space, 1),
            [b'/', b'/', ..] | [b'<', b'!', b'-', b'-', ..] => (Piece::Comment, line_length(rest)),
            // What is left of XML: the code within is code.
            _ if rest.starts_with(b"<![CDATA[") => (Piece::Comment, 9),
            [b'/', b'*', ..] => {
                (Piece::Comment, memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2))
            }
            [b'"' | b'\'' | b'`', ..] => (Piece::Text, string_length(rest)),
            [b'/', ..] if is_value_next => (Piece::Other, pattern_length(rest)),
            [byte, ..] if is_name(byte) => (Piece::Word, name_length(rest)),
            _ => (Piece::Other, 1),
        };
        self.at += length;
        if !matches!(piece, Piece::Space | Piece::Comment) {
            if is_value_next && matches!(rest[0], b'(' | b'[' | b'{' | b'"' | b'\'' | b'`' | b'/') {
                let depth = self.roots.len() - 1;
                self.roots[depth] = b"";
            }
            match rest[0] {
                b'(' | b'[' | b'{' => self.roots.push(b""),
                b')' | b']' | b'}' if self.roots.len() > 1 => self.roots.truncate(self.roots.len() - 1),
                _ => {}
            }
            self.before = self.text.get(self.at - 1).copied();
        }
        Some((piece, start..self.at))
    }
}

/// The names that are the script's own: its parameters, what it declares in brackets, and names of at most `short` letters
/// that it declares or sets anywhere. Longer ones outside brackets are there for other scripts.
pub(super) fn declared(text: &[u8], short: usize) -> HashSet<&[u8]> {
    let (mut words, mut found) = (Words::new(text), HashSet::new());
    // Every name so far, and how many there were when a bracket was opened, with: do parameters stand in it?
    let (mut names, mut opened): (Vec<&[u8]>, Vec<(usize, bool)>) = (Vec::new(), Vec::new());
    // How many brackets stand around the declaration that is read.
    let mut declaring: Option<usize> = None;
    // The word that says what comes next is declared.
    let mut says: &[u8] = b"";
    loop {
        let before = words.before;
        let Some((piece, range)) = words.next_piece() else { return found };
        let (word, depth) = (&text[range.clone()], words.roots.len() - 1);
        if matches!(piece, Piece::Space | Piece::Comment) || word == b"*" {
            continue;
        }
        let rest = text[range.end..].trim_ascii_start();
        match (piece, word) {
            (Piece::Word, b"var" | b"let" | b"const" | b"function" | b"catch") => {
                declaring = if matches!(word, b"function" | b"catch") { declaring } else { Some(depth) };
                says = word;
                continue;
            }
            (Piece::Word, _) => {
                let is_listed = before == Some(b',') && declaring == Some(depth);
                let is_declared = (is_listed || !says.is_empty()) && (depth > 0 || word.len() <= short);
                let is_set = before != Some(b'.') && rest.starts_with(b"=") && !rest.starts_with(b"==");
                if is_declared || rest.starts_with(b"=>") || (is_set && word.len() <= short) {
                    found.insert(word);
                }
                names.push(word);
                if says == b"function" {
                    continue;
                }
            }
            (Piece::Other, b";") => declaring = declaring.filter(|at| *at < depth),
            (Piece::Other, b"(" | b"[" | b"{") => {
                opened.push((names.len(), word == b"(" && matches!(says, b"function" | b"catch")));
            }
            (Piece::Other, b")" | b"]" | b"}") => {
                declaring = declaring.filter(|at| *at <= depth);
                let (first, is_head) = opened.pop().unwrap_or((names.len(), false));
                if is_head || (word == b")" && rest.starts_with(b"=>")) {
                    found.extend(names.drain(first..));
                }
            }
            _ => {}
        }
        says = b"";
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

/// Words of the language that are no names.
pub(super) fn is_keyword(word: &[u8]) -> bool {
    const WORDS: [&str; 41] = [
        "if",
        "else",
        "for",
        "while",
        "do",
        "try",
        "catch",
        "finally",
        "new",
        "return",
        "typeof",
        "void",
        "delete",
        "switch",
        "throw",
        "async",
        "function",
        "class",
        "var",
        "let",
        "const",
        "case",
        "default",
        "break",
        "continue",
        "await",
        "yield",
        "super",
        "in",
        "of",
        "instanceof",
        "true",
        "false",
        "null",
        "undefined",
        "arguments",
        "NaN",
        "Infinity",
        "extends",
        "debugger",
        "with",
    ];
    WORDS.iter().any(|keyword| keyword.as_bytes() == word)
}

/// Does a value end with this byte? What follows then goes on with it.
const fn ends_value(byte: u8) -> bool {
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
