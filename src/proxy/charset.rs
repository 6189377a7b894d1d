//! The encoding of a page's text, and UTF-8 from the few in which bytes that look like markup need not be markup.
//!
//! The rewriter reads bytes as ASCII with anything above it. That is right for every encoding browsers know but UTF-16
//! and ISO-2022-JP (in the others a byte below 0x40 is always itself), so these are turned into UTF-8 before it, and the
//! page then begins with the byte order mark of UTF-8: it wins over the header and over what the page says of itself
//! (HTML Standard section 13.2.3.2). UTF-7 no browser reads. A page in an encoding that browsers replace as a whole
//! (`hz-gb-2312`, `iso-2022-kr` and kin) shows a single sign for it and loads nothing.

mod prescan;

use encoding_rs::{CoderResult, Decoder, Encoding, ISO_2022_JP, UTF_16BE, UTF_16LE};
use http::HeaderValue;

pub(super) use prescan::{START_BYTES, declared};

/// Longest byte order mark. Unit: bytes.
const MARK_BYTES: usize = 3;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Size of the pieces in which turned text is handed on. Unit: bytes.
const STEP_BYTES: usize = 4096;

/// What shifts a text of ISO-2022-JP between its character sets, as far as it tells it from colours on a terminal.
const SHIFTS: [&[u8]; 2] = [b"\x1B$", b"\x1B("];

/// Why a page ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CharsetError {
    /// Nothing says the encoding, and beyond the page's start something looks like ISO-2022-JP: a browser may guess that
    /// it is.
    #[error("the page does not say its encoding, and may be read as ISO-2022-JP")]
    Guessed,
}

/// The encoding that the lines of a `Content-Type` name (RFC 9110 section 8.3.2; of several values the last counts, and of
/// several in one the first). `None` when they name none that browsers know: then the page itself says it, or nobody does.
/// And: is it plain? Browsers may read another one out of several lines or values, of two `charset`, of quotes.
pub fn of_content_types<'a>(
    lines: impl Iterator<Item = &'a HeaderValue>,
) -> (Option<&'static Encoding>, bool) {
    let is_name = |part: &&[u8]| part.eq_ignore_ascii_case(b"charset");
    let is_odd = |byte: &u8| matches!(byte, b'"' | b'\\');
    let (mut said, mut values, mut is_plain) = (None, 0, true);
    for value in lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')) {
        values += 1;
        said = of_content_type(value).or(said);
        is_plain &= !value.iter().any(is_odd) && value.windows(7).filter(is_name).count() < 2;
    }
    (said, is_plain && values < 2)
}

/// The encoding that one value of a `Content-Type` names.
pub fn of_content_type(value: &[u8]) -> Option<&'static Encoding> {
    let charset = value.split(|byte| *byte == b';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_at(memchr::memchr(b'=', parameter)?);
        name.trim_ascii().eq_ignore_ascii_case(b"charset").then(|| value[1..].trim_ascii())
    })?;
    let quoted = charset.strip_prefix(b"\"");
    let label = quoted.map_or(charset, |rest| rest.split(|byte| *byte == b'"').next().unwrap_or(rest));
    Encoding::for_label(label)
}

/// Is a page in this encoding turned into UTF-8?
pub fn is_turned(encoding: &'static Encoding) -> bool {
    [UTF_16LE, UTF_16BE, ISO_2022_JP].contains(&encoding)
}

/// Hands a page on as it is, or turned into UTF-8. What is no text of its encoding becomes U+FFFD.
#[derive(Debug)]
pub struct ToUtf8 {
    said: Option<&'static Encoding>,
    state: State,
}

enum State {
    /// Not enough is there to tell.
    Start(Vec<u8>),
    AsItIs,
    /// As it is, as long as no browser could guess otherwise. The last byte was the first of a shift, or not.
    Watched {
        is_escaped: bool,
    },
    Turned(Box<Decoder>),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(_) => f.write_str("Start"),
            Self::AsItIs => f.write_str("AsItIs"),
            Self::Watched { .. } => f.write_str("Watched"),
            Self::Turned(decoder) => write!(f, "Turned({})", decoder.encoding().name()),
        }
    }
}

impl ToUtf8 {
    /// For a page whose `Content-Type` says this encoding, or none.
    pub const fn new(said: Option<&'static Encoding>) -> Self {
        Self { said, state: State::Start(Vec::new()) }
    }

    /// Takes the next piece; what it becomes goes to `sink`.
    pub fn push<E: From<CharsetError>>(
        &mut self,
        piece: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(piece, false, sink)
    }

    /// Ends the page. A character that is cut off becomes U+FFFD.
    pub fn end<E: From<CharsetError>>(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(&[], true, sink)
    }

    fn take<E: From<CharsetError>>(
        &mut self,
        piece: &[u8],
        is_last: bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let State::Start(kept) = &mut self.state else { return self.hand_on(piece, is_last, sink) };
        let wanted = if self.said.is_some() { MARK_BYTES } else { START_BYTES };
        if !is_last && kept.len() + piece.len() < wanted {
            kept.extend_from_slice(piece);
            return Ok(());
        }
        let kept = std::mem::take(kept);
        if kept.is_empty() {
            return self.begin(piece, is_last, sink);
        }
        self.begin(&[kept.as_slice(), piece].concat(), is_last, sink)
    }

    fn begin<E: From<CharsetError>>(
        &mut self,
        start: &[u8],
        is_last: bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let marked = Encoding::for_bom(start);
        let declared = || if self.said.is_none() { declared(start) } else { self.said };
        let encoding = marked.map(|(encoding, _)| encoding).or_else(declared);
        let looked_at = &start[..start.len().min(START_BYTES)];
        let encoding = encoding.or_else(|| has_shift(looked_at).then_some(ISO_2022_JP));
        self.state = match encoding {
            Some(encoding) if is_turned(encoding) => {
                sink(MARK)?;
                State::Turned(Box::new(encoding.new_decoder_without_bom_handling()))
            }
            Some(_) => State::AsItIs,
            None => State::Watched { is_escaped: false },
        };
        let mark_bytes =
            marked.filter(|_| matches!(self.state, State::Turned(_))).map_or(0, |(_, bytes)| bytes);
        self.hand_on(&start[mark_bytes..], is_last, sink)
    }

    fn hand_on<E: From<CharsetError>>(
        &mut self,
        piece: &[u8],
        is_last: bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match &mut self.state {
            State::Turned(decoder) => turn(decoder, piece, is_last, sink),
            _ if piece.is_empty() => Ok(()),
            State::Watched { is_escaped } => {
                if (*is_escaped && matches!(piece[0], b'$' | b'(')) || has_shift(piece) {
                    return Err(CharsetError::Guessed.into());
                }
                *is_escaped = piece.ends_with(b"\x1B");
                sink(piece)
            }
            State::AsItIs | State::Start(_) => sink(piece),
        }
    }
}

fn has_shift(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\x1B', text).any(|at| SHIFTS.iter().any(|shift| text[at..].starts_with(shift)))
}

fn turn<E>(
    decoder: &mut Decoder,
    mut piece: &[u8],
    is_last: bool,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = [0; STEP_BYTES];
    loop {
        let (result, read, written, _) = decoder.decode_to_utf8(piece, &mut buffer, is_last);
        piece = &piece[read..];
        if written > 0 {
            sink(&buffer[..written])?;
        }
        if result == CoderResult::InputEmpty {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
