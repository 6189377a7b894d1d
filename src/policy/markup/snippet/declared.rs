//! The names that are a script's own, gathered while its pieces are read.

use hashbrown::HashSet;

use super::SHORT_NAME;
use super::known::Known;
use super::words::{Kind, Piece};

/// The names that are the script's own: its parameters, what it declares in brackets, and short names that it declares or
/// sets anywhere. Longer ones outside brackets are there for other scripts.
pub(super) struct Declared<'a> {
    found: HashSet<&'a [u8]>,
    /// Every name so far that may turn out to be a parameter.
    names: Vec<&'a [u8]>,
    /// For each bracket that is open, how many names there were before it, and: do parameters stand in it?
    opened: Vec<(usize, bool)>,
    /// How many brackets stand around the declaration that is read.
    declaring: Option<usize>,
    /// What the word before says of the next.
    says: Says,
}

/// What a word says of the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// It is declared: `var`, `let`, `const`.
    Declared,
    /// It is declared, and what stands in brackets next: `function`, `catch`.
    Head,
}

impl<'a> Declared<'a> {
    /// With room for what most snippets declare.
    pub(super) fn with_room() -> Self {
        Self {
            found: HashSet::with_capacity(28),
            names: Vec::with_capacity(32),
            opened: Vec::with_capacity(8),
            declaring: None,
            says: Says::Nothing,
        }
    }

    /// The next piece, with what follows it, and how many brackets are open behind it.
    pub(super) fn see(&mut self, piece: &Piece<'a>, known: Known, rest: &[u8], depth: usize) {
        match (piece.kind, piece.text) {
            // `function*`
            (_, b"*") => return,
            (Kind::Word, b"var" | b"let" | b"const") => {
                self.declaring = Some(depth);
                self.says = Says::Declared;
                return;
            }
            (Kind::Word, b"function" | b"catch") if piece.before != Some(b'.') => {
                self.says = Says::Head;
                return;
            }
            (Kind::Word, name) => {
                if !known.is(Known::KEYWORD) {
                    self.name(name, piece.before, rest, depth);
                }
                if self.says == Says::Head {
                    return;
                }
            }
            (Kind::Sign, b";") => self.declaring = self.declaring.filter(|at| *at < depth),
            (Kind::Sign, b"(" | b"[" | b"{") => {
                self.opened.push((self.names.len(), piece.text == b"(" && self.says == Says::Head));
            }
            (Kind::Sign, b")" | b"]" | b"}") => {
                self.declaring = self.declaring.filter(|at| *at <= depth);
                let (first, is_head) = self.opened.pop().unwrap_or((self.names.len(), false));
                if is_head || (piece.text == b")" && rest.starts_with(b"=>")) {
                    self.found.extend(self.names.drain(first..));
                }
            }
            _ => {}
        }
        self.says = Says::Nothing;
    }

    /// Is this name one of them, as far as the script was read?
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.found.contains(name)
    }

    fn name(&mut self, name: &'a [u8], before: Option<u8>, rest: &[u8], depth: usize) {
        let is_listed = before == Some(b',') && self.declaring == Some(depth);
        let is_declared = is_listed || self.says != Says::Nothing;
        let is_set = before != Some(b'.') && rest.starts_with(b"=") && !rest.starts_with(b"==");
        let (is_within, is_short) = (depth > 0, name.len() <= SHORT_NAME);
        if (is_declared && (is_within || is_short)) || rest.starts_with(b"=>") || (is_set && is_short) {
            self.found.insert(name);
        }
        self.names.push(name);
    }
}
