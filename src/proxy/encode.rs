//! Content codings, pushed: from the origin's bytes to plain ones, and from plain ones to what the visitor accepts.
//!
//! A [`Decoder`] gives what it was given in bounded steps, each when it is asked for, and ends a stream that grows beyond
//! all reason: a bomb takes no more memory than any other body. An
//! [`Encoder`] gives out everything it got after each piece, so that a page that streams stays streaming.

mod negotiate;
mod stage;
mod zstd;

use brotli::CompressorWriter;
use bytes::BytesMut;
use flate2::{Compress, Compression, FlushCompress, Status};

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

/// Level of gzip towards visitors: pages are made anew for each, so speed counts.
const GZIP_LEVEL: u32 = 4;

/// Quality and window (log 2) of Brotli towards visitors, for the same reason. The window is 256 KiB.
const BROTLI_QUALITY: u32 = 4;
const BROTLI_WINDOW: u32 = 18;

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

/// Puts a body into a content coding.
pub struct Encoder(Kind);

enum Kind {
    Identity,
    Gzip(Box<Compress>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Kind::Identity => "Encoder(identity)",
            Kind::Gzip(_) => "Encoder(gzip)",
            Kind::Brotli(_) => "Encoder(br)",
        })
    }
}

impl Encoder {
    /// An encoder for one body.
    pub fn new(coding: Coding) -> Self {
        Self::with_quality(coding, BROTLI_QUALITY)
    }

    /// The same with another quality of Brotli, 0 to 11: of 38 KB of ours 4 makes 6.2 KB in 0.8 ms, 5 makes 5.8 in 2, and 11
    /// makes 5.3 in 38.
    pub fn with_quality(coding: Coding, quality: u32) -> Self {
        Self(match coding {
            Coding::Identity => Kind::Identity,
            Coding::Gzip => Kind::Gzip(Box::new(Compress::new_gzip(Compression::new(GZIP_LEVEL), 15))),
            Coding::Brotli => {
                let writer = CompressorWriter::new(Vec::new(), STEP_BYTES, quality, BROTLI_WINDOW);
                Kind::Brotli(Box::new(writer))
            }
        })
    }

    /// Adds the next piece, encoded so far that the visitor can read all of it.
    pub fn encode(&mut self, piece: &[u8], out: &mut BytesMut) -> Result<(), EncodeError> {
        if piece.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Kind::Identity => out.extend_from_slice(piece),
            Kind::Gzip(compress) => deflate(compress, piece, FlushCompress::Sync, out)?,
            Kind::Brotli(writer) => {
                use std::io::Write;
                writer
                    .write_all(piece)
                    .and_then(|()| writer.flush())
                    .map_err(|error| failed("br", &error))?;
                out.extend_from_slice(writer.get_ref());
                writer.get_mut().clear();
            }
        }
        Ok(())
    }

    /// Ends the body.
    pub fn end(self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self.0 {
            Kind::Identity => {}
            Kind::Gzip(mut compress) => deflate(&mut compress, &[], FlushCompress::Finish, out)?,
            Kind::Brotli(writer) => out.extend_from_slice(&writer.into_inner()),
        }
        Ok(())
    }
}

fn failed(coding: &'static str, error: &dyn std::error::Error) -> EncodeError {
    EncodeError::Encoder { coding, reason: error.to_string() }
}

fn deflate(
    compress: &mut Compress,
    mut input: &[u8],
    flush: FlushCompress,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let mut buffer = [0; 4096];
    loop {
        let (read, written) = (compress.total_in(), compress.total_out());
        let status = compress.compress(input, &mut buffer, flush).map_err(|error| failed("gzip", &error))?;
        // Both differences are bounded by the lengths of `input` and `buffer`.
        let read = usize::try_from(compress.total_in() - read).unwrap_or(input.len());
        let written = usize::try_from(compress.total_out() - written).unwrap_or(buffer.len());
        input = &input[read..];
        out.extend_from_slice(&buffer[..written]);
        if status == Status::StreamEnd || (input.is_empty() && written < buffer.len()) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
