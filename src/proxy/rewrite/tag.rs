//! The inside of a tag, as the tokenizer of HTML 13.2.5 reads it from its name to its `>`.

use std::ops::Range;

use super::TAG_BYTES_MAX;
use crate::policy::markup::{self, Span};

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

const SPACE: u8 = 1;
const SLASH: u8 = 2;
const CLOSE: u8 = 4;
const EQUALS: u8 = 8;
const OTHER: u8 = 16;

/// The class of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'/' => SLASH,
            b'>' => CLOSE,
            b'=' => EQUALS,
            _ if is_space(byte) => SPACE,
            _ => OTHER,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

/// The first byte from `at` on that is of one of these classes.
#[inline]
fn skip(buf: &[u8], at: usize, stops: u8) -> usize {
    let rest = buf.get(at..).unwrap_or_default();
    rest.iter().position(|byte| CLASSES[*byte as usize] & stops != 0).map_or(buf.len(), |offset| at + offset)
}

/// White space within a tag; a carriage return counts, the input stream turns it into a line feed.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0C')
}

impl Scan {
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

    /// Moves every position `by` bytes to the front.
    pub(super) fn rebase(&mut self, by: usize) {
        self.start -= by;
        self.at -= by;
        self.name_end -= by;
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
                State::Quoted(quote) => {
                    memchr::memchr(quote, buf.get(at..)?).map_or(buf.len(), |length| at + length)
                }
                _ => skip(buf, at, state.stops()),
            };
            let Some(&byte) = buf.get(at) else { break };
            if byte == b'>' && !matches!(state, State::Quoted(_)) {
                self.is_self_closing = state == State::Before && buf[at - 1] == b'/';
                self.close(at, state);
                return Some(at + 1);
            }
            state = self.next(state, byte, at);
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
        self.spans.truncate(ATTRIBUTES_MAX);
        self.spans.push(Span { name: at, name_end: at, value: at, value_end: at });
        State::AttributeName
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

/// The places, by [`place`], of the attributes that matter on every element.
const ODD: [u64; 16] = {
    let mut odd = [0; 16];
    let mut index = 0;
    while index < markup::ANYWHERE.len() {
        let name = markup::ANYWHERE[index].as_bytes();
        let (word, bit) = place(name.len(), name[0], name[name.len() - 1]);
        odd[word] |= 1 << bit;
        index += 1;
    }
    odd
};

/// The places, by [`place`], of the names that anything here acts on.
const KNOWN: [u64; 16] = {
    const LISTS: [&[&[u8]]; 5] = [
        &markup::CARRIERS,
        &super::doubt::SOURCES,
        &super::doubt::POINTS,
        &super::walker::NAMES,
        &super::insert::NAMES,
    ];
    let mut known = [0; 16];
    let mut list = 0;
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            let name = LISTS[list][index];
            let (word, bit) = place(name.len(), name[0], name[name.len() - 1]);
            known[word] |= 1 << bit;
            index += 1;
        }
        list += 1;
    }
    known
};

/// A bit for the length, the first and the last letter of a name, in whatever case. The factors keep what pages are full
/// of (`small`, `option`, `form`, `del`) apart from what is known.
const fn place(length: usize, first: u8, last: u8) -> (usize, u8) {
    let mixed = (first & 31).wrapping_mul(11).wrapping_add((last & 31) * 3);
    (length & 15, mixed & 63)
}

/// How [`plain_end`] takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Images {
    /// One with a path of the page's own host is a plain tag.
    OwnArePlain,
    /// Each is looked at: relative addresses may lead elsewhere.
    AreRead,
}

/// A tag that nothing here acts on.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) name: Range<usize>,
    /// First byte after it.
    pub(super) end: usize,
}

/// The tag whose `<` is at `start`, when it is surely a whole one that nothing here acts on: most tags of
/// a page, and its pictures on its own host, unless a `<base>` may lead them elsewhere. `None` says nothing; then it
/// is to be read as any tag.
#[inline]
pub(super) fn plain_end(buf: &[u8], start: usize, images: Images) -> Option<Plain> {
    let is_end = buf.get(start + 1) == Some(&b'/');
    let from = start + 1 + usize::from(is_end);
    let mut at = skip(buf, from, SPACE | SLASH | CLOSE);
    let name_end = at;
    let name = buf.get(from..name_end)?;
    let (word, bit) = place(name.len(), *name.first()?, *name.last()?);
    if !name[0].is_ascii_alphabetic() {
        return None;
    }
    let is_image = images == Images::OwnArePlain && name.eq_ignore_ascii_case(b"img");
    if !is_image && name.len() <= Name::BYTES_MAX && KNOWN[word] & 1 << bit != 0 {
        return None;
    }
    for _ in 0..=ATTRIBUTES_MAX {
        at = skip(buf, at, OTHER | EQUALS | CLOSE);
        if *buf.get(at)? == b'>' {
            return (at - start < TAG_BYTES_MAX).then_some(Plain { name: from..name_end, end: at + 1 });
        }
        let first = at;
        at = skip(buf, at + 1, SPACE | SLASH | CLOSE | EQUALS);
        let (word, bit) = place(at - first, buf[first], buf[at - 1]);
        if ODD[word] & 1 << bit != 0 {
            return None;
        }
        match buf.get(at)? {
            b'>' | b'/' => {}
            b'=' => match buf.get(at + 1)? {
                quote @ (b'"' | b'\'') => {
                    let value = &buf[at + 2..];
                    let length = memchr::memchr(*quote, value)?;
                    if is_image && !markup::is_own_image(&buf[first..at], &value[..length]) {
                        return None;
                    }
                    at += 3 + length;
                }
                _ => return None,
            },
            _ => {
                at = skip(buf, at, OTHER | EQUALS | SLASH | CLOSE);
                if *buf.get(at)? == b'=' {
                    return None;
                }
            }
        }
    }
    None
}

/// A tag name in lower case. Names longer than any we act on read as empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    bytes: [u8; Name::BYTES_MAX],
    length: usize,
}

impl Name {
    const BYTES_MAX: usize = 16;

    pub(super) fn of(written: &[u8]) -> Self {
        let mut bytes = [0; Self::BYTES_MAX];
        let Some(lower) = bytes.get_mut(..written.len()) else { return Self { bytes, length: 0 } };
        for (to, from) in lower.iter_mut().zip(written) {
            *to = from.to_ascii_lowercase();
        }
        Self { bytes, length: written.len() }
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
}
