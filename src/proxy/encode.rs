//! Content codings, pushed: from the origin's bytes to plain ones, and from plain ones to what the visitor accepts.
//!
//! A [`Decoder`] gives what it was given in bounded steps, each when it is asked for, and ends a stream that grows beyond
//! all reason: a bomb takes no more memory than any other body. An
//! [`Encoder`] gives out everything it got after each piece, so that a page that streams stays streaming.

mod encoder;
mod negotiate;
mod stage;
mod zstd;

pub use encoder::Encoder;
use stage::Stage;

/// Most codings that may be stacked in one `Content-Encoding`.
pub const CODINGS_MAX: usize = 3;

/// Most plain bytes one piece may become, [`STEP_BYTES`] at a time: what is bounded here is time, not memory. A piece read
/// from a socket is at most some 64 KiB; honest pages become ten times larger, a bomb many thousand times.
pub const DECODED_BYTES_PER_PIECE_MAX: usize = 16 << 20;

/// Most that one step of decoding gives. Unit: bytes.
pub const STEP_BYTES: usize = 16 << 10;

/// Codings that cannot be read without a dictionary from before (RFC 9842 sections 4 and 5).
const OF_DICTIONARIES: [&str; 2] = ["dcb", "dcz"];

/// What can be wrong with encoded bytes.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A coding nobody here can read.
    #[error("the content coding \"{0}\" is not known")]
    Unknown(String),
    /// More than [`CODINGS_MAX`] codings.
    #[error("more than {CODINGS_MAX} content codings are stacked")]
    TooDeep,
    /// The bytes are not what the coding says.
    #[error("the {coding} body is corrupt: {reason}")]
    Corrupt {
        /// The coding.
        coding: &'static str,
        /// What its library says.
        reason: String,
    },
    /// The body ended before its coding did.
    #[error("the {0} body ends too early")]
    Truncated(&'static str),
    /// One piece became more than [`DECODED_BYTES_PER_PIECE_MAX`].
    #[error("the body unpacks to more than {DECODED_BYTES_PER_PIECE_MAX} bytes at once")]
    Bomb,
    /// The receiver wants no more.
    #[error("the receiver of the decoded bytes stopped")]
    Stopped,
    /// The library that encodes failed.
    #[error("the body cannot be encoded as {coding}: {reason}")]
    Encoder {
        /// The coding.
        coding: &'static str,
        /// What its library says.
        reason: String,
    },
}

/// What a sink answers when it wants no more; why is its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// Receives decoded bytes.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Stop>;

/// Takes a body out of its content codings.
#[derive(Debug)]
pub struct Decoder {
    /// The coding that was applied last comes first.
    stages: Vec<Stage>,
    /// What the last step gave.
    plain: Vec<u8>,
    /// What the present piece may still become.
    left: usize,
}

impl Decoder {
    /// A decoder for the value of `Content-Encoding` (RFC 9110, section 8.4): `gzip`, `x-gzip`, `deflate`, `br`,
    /// `zstd`, or a list of them in the order in which they were applied. Any other word, such as `none` or `utf-8`, is
    /// none, as in browsers, which show what it stands on; but for those that need a dictionary, which these may read.
    pub fn new(content_encoding: &str) -> Result<Self, EncodeError> {
        let mut stages = Vec::new();
        for name in content_encoding.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if OF_DICTIONARIES.iter().any(|coding| name.eq_ignore_ascii_case(coding)) {
                return Err(EncodeError::Unknown(name.to_owned()));
            }
            let Some(stage) = Stage::named(name) else { continue };
            if stages.len() == CODINGS_MAX {
                return Err(EncodeError::TooDeep);
            }
            stages.insert(0, stage);
        }
        Ok(Self { stages, plain: Vec::new(), left: DECODED_BYTES_PER_PIECE_MAX })
    }

    /// Is there nothing to decode?
    pub fn is_identity(&self) -> bool {
        self.stages.is_empty()
    }

    /// Most coded bytes that it may take in before it gives out any of what they say: Zstandard is read by the block.
    pub fn held_back_bytes_max(&self) -> usize {
        if self.stages.iter().any(Stage::is_read_by_block) { zstd::HELD_BACK_BYTES_MAX } else { 0 }
    }

    /// Takes in some of `piece` and gives at most [`STEP_BYTES`] of what it becomes. When it gives nothing, all of the
    /// piece is taken in. Where there is nothing to decode that is for the caller to see.
    pub fn step(&mut self, piece: &mut &[u8]) -> Result<&[u8], EncodeError> {
        self.plain.resize(STEP_BYTES, 0);
        let filled = fill(&mut self.stages, piece, &mut self.plain)?;
        self.left = match filled {
            0 => DECODED_BYTES_PER_PIECE_MAX,
            filled => self.left.checked_sub(filled).ok_or(EncodeError::Bomb)?,
        };
        Ok(&self.plain[..filled])
    }

    /// Takes the next piece of the body; what it becomes goes to `sink`, step by step.
    pub fn decode(&mut self, piece: &[u8], sink: Sink<'_>) -> Result<(), EncodeError> {
        let mut rest = piece;
        if self.is_identity() {
            return sink(rest).map_err(|Stop| EncodeError::Stopped);
        }
        loop {
            let plain = self.step(&mut rest)?;
            if plain.is_empty() {
                return Ok(());
            }
            sink(plain).map_err(|Stop| EncodeError::Stopped)?;
        }
    }

    /// Ends the body: every coding must have ended too. A body without a single byte is empty, not truncated.
    pub fn end(&self) -> Result<(), EncodeError> {
        self.stages.iter().try_for_each(Stage::end)
    }
}

/// Fills `out` with what the last stage gives, each asking the one before it.
fn fill(stages: &mut [Stage], piece: &mut &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    let Some((last, before)) = stages.split_last_mut() else { return Ok(0) };
    if before.is_empty() {
        return last.step(piece, out);
    }
    loop {
        let filled = last.step_given(out)?;
        if filled > 0 || last.give(|given| fill(before, piece, given))? == 0 {
            return Ok(filled);
        }
    }
}

/// Of the codings in an `Accept-Encoding` those that a [`Decoder`] takes off, each as it is written there; `None` when there
/// is none.
pub fn read_of(accept_encoding: &str) -> Option<String> {
    negotiate::read_of(accept_encoding)
}

/// What a visitor gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Plain.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// The best coding that `Accept-Encoding` allows (RFC 9110, section 12.5.3): the highest weight, and of equal
    /// ones Brotli before gzip before plain. Without a usable one the body stays plain.
    pub fn negotiate(accept_encoding: &str) -> Self {
        negotiate::best(accept_encoding)
    }

    /// The value for `Content-Encoding`; `None` when the header is to be left out.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

#[cfg(test)]
mod tests;
