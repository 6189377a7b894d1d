//! The inside of a tag, as the tokenizer of HTML 13.2.5 reads it from its name to its `>`.

use std::ops::Range;

use super::near::{CLOSE, EQUALS, OTHER, SLASH, SPACE, find, lower, name_end, skip};
use crate::policy::markup::Span;

/// Most attributes in one tag. Real pages stay under 40; a tag with more is not rewritten.
pub const ATTRIBUTES_MAX: usize = 256;

/// A tag that is being read. It goes on where it stopped, so a tag in many pieces costs no more than a whole one.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where its `<` stands.
    pub(super) start: usize,
    /// First byte after the name; valid once the name has ended.
    pub(super) name_end: usize,
    /// Complete attributes, and at the end of a cut tag the last one as far as it was seen.
    pub(super) spans: Vec<Span>,
    /// Is it an end tag?
    pub(super) is_end: bool,
    /// Does it end in `/>`?
    pub(super) is_self_closing: bool,
    at: usize,
    state: State,
}

/// An attribute that may go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// As far as it is read.
    pub(super) span: Span,
    /// Is its name read?
    pub(super) is_named: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Name,
    Before,
    AttributeName,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

impl State {
    /// The classes of bytes that end this state; every other byte belongs to it.
    #[inline]
    const fn stops(self) -> u8 {
        match self {
            Self::Name => SPACE | SLASH | CLOSE,
            Self::AttributeName => SPACE | SLASH | CLOSE | EQUALS,
            Self::Unquoted => SPACE | CLOSE,
            Self::Before => OTHER | EQUALS | CLOSE,
            Self::AfterName | Self::BeforeValue => OTHER | EQUALS | SLASH | CLOSE,
            Self::Quoted(_) => 0,
        }
    }
}

/// The attribute whose name begins at `name`, when it is a whole one as nearly all are: with its value in quotes, right
/// behind an `=`. `None` says nothing.
#[inline]
fn usual(buf: &[u8], name: usize) -> Option<Span> {
    let name_end = name_end(buf, name + 1, SPACE | SLASH | CLOSE | EQUALS);
    let value = name_end + 2;
    let [b'=', quote @ (b'"' | b'\'')] = buf.get(name_end..value)? else { return None };
    let length = find(*quote, &buf[value..])?;
    Some(Span { name, name_end, value, value_end: value + length })
}

impl Scan {
    /// One that takes what most tags have without growing.
    pub(super) fn with_room() -> Self {
        Self { spans: Vec::with_capacity(16), ..Self::default() }
    }

    /// Starts over at a `<` that a letter follows, or a `</`.
    pub(super) fn begin(&mut self, start: usize, is_end: bool) {
        self.start = start;
        self.at = start + 1 + usize::from(is_end);
        self.name_end = self.at;
        self.is_end = is_end;
        self.is_self_closing = false;
        self.state = State::Name;
        self.spans.clear();
    }

    /// First byte of the name.
    pub(super) const fn name_start(&self) -> usize {
        self.start + 1 + self.is_end as usize
    }

    /// Are there more than [`ATTRIBUTES_MAX`]? Then not all are in `spans`.
    pub(super) fn is_overfull(&self) -> bool {
        self.spans.len() > ATTRIBUTES_MAX
    }

    /// Is the name read? Of a cut tag it may be part of a longer one.
    pub(super) fn is_named(&self) -> bool {
        self.state != State::Name
    }

    /// Takes what is read of the last attribute, which may go on.
    pub(super) fn take_open(&mut self, until: usize) -> Option<Open> {
        if matches!(self.state, State::Name | State::Before) {
            return None;
        }
        let span = self.spans.pop()?;
        Some(match self.state {
            State::AttributeName => Open { span: Span { name_end: until, ..span }, is_named: false },
            State::Quoted(_) | State::Unquoted => {
                Open { span: Span { value_end: until, ..span }, is_named: true }
            }
            _ => Open { span, is_named: true },
        })
    }

    /// Moves every position `by` bytes to the front; those of a long tag may lie before it.
    pub(super) fn rebase(&mut self, by: usize) {
        self.start = self.start.saturating_sub(by);
        self.at -= by;
        self.name_end = self.name_end.saturating_sub(by);
        for span in &mut self.spans {
            span.name -= by;
            span.name_end -= by;
            span.value -= by;
            span.value_end -= by;
        }
    }

    /// Reads on; the position after `>` when the tag is complete.
    pub(super) fn run(&mut self, buf: &[u8]) -> Option<usize> {
        let mut at = self.at;
        let mut state = self.state;
        loop {
            at = match state {
                State::Quoted(quote) => find(quote, buf.get(at..)?).map_or(buf.len(), |length| at + length),
                State::Name | State::AttributeName => name_end(buf, at, state.stops()),
                _ => skip(buf, at, state.stops()),
            };
            let Some(&byte) = buf.get(at) else { break };
            if byte == b'>' && !matches!(state, State::Quoted(_)) {
                self.is_self_closing = state == State::Before && buf[at - 1] == b'/';
                self.close(at, state);
                return Some(at + 1);
            }
            if state == State::Before
                && let Some(span) = usual(buf, at)
            {
                self.push(span);
                at = span.value_end;
            } else {
                state = self.next(state, byte, at);
            }
            at += 1;
        }
        self.at = at;
        self.state = state;
        None
    }

    /// The state after a byte at which its predecessor stops.
    #[inline]
    fn next(&mut self, state: State, byte: u8, at: usize) -> State {
        match state {
            State::Name => {
                self.name_end = at;
                State::Before
            }
            State::Before => self.open(at),
            State::AttributeName => match byte {
                b'=' => self.end_name(at, State::BeforeValue),
                b'/' => self.end_name(at, State::Before),
                _ => self.end_name(at, State::AfterName),
            },
            State::AfterName => match byte {
                b'=' => State::BeforeValue,
                b'/' => State::Before,
                _ => self.open(at),
            },
            State::BeforeValue => match byte {
                b'"' | b'\'' => self.begin_value(at + 1, State::Quoted(byte)),
                _ => self.begin_value(at, State::Unquoted),
            },
            State::Unquoted | State::Quoted(_) => self.end_value(at),
        }
    }

    /// Ends what is open as if the tag ended at `at`, for a tag too long to wait for.
    pub(super) fn give_up(&mut self, at: usize) {
        self.close(at, self.state);
    }

    fn close(&mut self, at: usize, state: State) {
        match state {
            State::Name => self.name_end = at,
            State::AttributeName => {
                self.end_name(at, state);
            }
            State::Unquoted | State::Quoted(_) => {
                self.end_value(at);
            }
            _ => {}
        }
    }

    fn open(&mut self, at: usize) -> State {
        self.push(Span { name: at, name_end: at, value: at, value_end: at });
        State::AttributeName
    }

    fn push(&mut self, span: Span) {
        self.spans.truncate(ATTRIBUTES_MAX);
        self.spans.push(span);
    }

    fn end_name(&mut self, at: usize, next: State) -> State {
        if let Some(span) = self.spans.last_mut() {
            (span.name_end, span.value, span.value_end) = (at, at, at);
        }
        next
    }

    fn begin_value(&mut self, at: usize, next: State) -> State {
        if let Some(span) = self.spans.last_mut() {
            (span.value, span.value_end) = (at, at);
        }
        next
    }

    fn end_value(&mut self, at: usize) -> State {
        if let Some(span) = self.spans.last_mut() {
            span.value_end = at;
        }
        State::Before
    }
}

/// A tag name in lower case. Names longer than any we act on read as empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    bytes: [u8; Name::BYTES_MAX],
    length: usize,
}

impl Name {
    pub(super) const BYTES_MAX: usize = 16;

    /// The name that stands at `written`. It is taken out of as many bytes as a word has, or the longest name, where
    /// there are.
    pub(super) fn of(buf: &[u8], written: Range<usize>) -> Self {
        let length = written.len();
        let mut bytes = [0; Self::BYTES_MAX];
        if !(1..=Self::BYTES_MAX).contains(&length) {
            return Self { bytes, length: 0 };
        }
        if let (1..=8, Some(chunk)) = (length, buf[written.start..].first_chunk()) {
            let name = lower(u64::from_le_bytes(*chunk) & (u64::MAX >> (64 - 8 * length)));
            bytes[..8].copy_from_slice(&name.to_le_bytes());
            return Self { bytes, length };
        }
        bytes[..length].copy_from_slice(&buf[written]);
        bytes.make_ascii_lowercase();
        Self { bytes, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The attributes as `name=value`, with `/` at the end of a tag that closes itself.
    fn read(tag: &str) -> Option<String> {
        let mut scan = Scan::default();
        scan.begin(0, false);
        assert_eq!(scan.run(tag.as_bytes())?, tag.len(), "{tag}");
        let pair = |s: &Span| format!("[{}={}]", &tag[s.name..s.name_end], &tag[s.value..s.value_end]);
        let pairs: String = scan.spans.iter().map(pair).collect();
        Some(pairs + if scan.is_self_closing { "/" } else { "" })
    }

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        let table = [
            ("<a>", ""),
            ("<a/>", "/"),
            ("<a / >", ""),
            ("<a b=c/>", "[b=c/]"),
            ("<a b='c'/>", "[b=c]/"),
            ("<a b/>", "[b=]/"),
            ("<a b=\"c>d\"e>", "[b=c>d][e=]"),
            ("<a =b=c>", "[=b=c]"),
            ("<a b = c d>", "[b=c][d=]"),
            ("<a/b/c=d>", "[b=][c=d]"),
            ("<a b=>", "[b=]"),
            ("<a b\"c='>'>", "[b\"c=>]"),
            ("<a\nb\t=\r'c'\x0Cd>", "[b=c][d=]"),
        ];
        for (tag, wanted) in table {
            assert_eq!(read(tag).as_deref(), Some(wanted), "{tag}");
        }
        assert_eq!(read("<a b='>"), None);
    }

    #[test]
    fn names_end_and_are_read_alike_wherever_they_stand() {
        for byte in 0..=u8::MAX {
            let tag = [b"<Data-", [byte, b'Z'].as_slice(), b" x=y>, and what is behind"].concat();
            for end in [8, 16, tag.len()] {
                let buf = &tag[..end];
                assert_eq!(Name::of(buf, 1..8).as_bytes(), tag[1..8].to_ascii_lowercase(), "{byte}, {end}");
                for stops in [SPACE | SLASH | CLOSE, SPACE | SLASH | CLOSE | EQUALS] {
                    assert_eq!(name_end(buf, 1, stops), skip(buf, 1, stops), "{byte}, {end}");
                }
            }
        }
    }
}
