//! One content coding taken off, piece by piece.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};

use super::zstd::Zstd;
use super::{EncodeError, STEP_BYTES};

/// Receives what one stage gives out.
pub(super) type Output<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), EncodeError>;

/// The state of one coding.
#[derive(Debug)]
pub(super) struct Stage {
    coding: Coding,
    has_begun: bool,
    has_ended: bool,
}

enum Coding {
    Gzip(Box<Decompress>),
    /// RFC 9110 says zlib, some origins send raw DEFLATE: the first two bytes tell.
    Deflate(Vec<u8>, Option<Box<Decompress>>),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Zstd(Box<Zstd>),
}

impl std::fmt::Debug for Coding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Coding {
    const fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Deflate(..) => "deflate",
            Self::Brotli(_) => "br",
            Self::Zstd(_) => "zstd",
        }
    }
}

impl Stage {
    pub(super) fn named(name: &str) -> Option<Self> {
        let coding = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Coding::Gzip(new_gzip()),
            "deflate" => Coding::Deflate(Vec::new(), None),
            "br" => {
                let alloc = StandardAlloc::default;
                let mut state = BrotliState::new(alloc(), alloc(), alloc());
                // RFC 7932 ends at 16 MiB; the larger windows of a private extension are not for the web.
                state.large_window = false;
                Coding::Brotli(Box::new(state))
            }
            "zstd" => Coding::Zstd(Box::default()),
            _ => return None,
        };
        Some(Self { coding, has_begun: false, has_ended: false })
    }

    pub(super) fn is_read_by_block(&self) -> bool {
        matches!(self.coding, Coding::Zstd(_))
    }

    /// Takes a piece. What follows the end of the stream is dropped, as browsers do.
    pub(super) fn decode(&mut self, piece: &[u8], output: Output<'_>) -> Result<(), EncodeError> {
        self.has_begun |= !piece.is_empty();
        match &mut self.coding {
            Coding::Gzip(inflate) => gzip(inflate, piece, &mut self.has_ended, output),
            Coding::Deflate(begin, inflate) => {
                let mut piece = piece;
                let joined;
                if inflate.is_none() {
                    begin.extend_from_slice(piece);
                    let [first, second, ..] = begin.as_slice() else { return Ok(()) };
                    let is_zlib =
                        first & 0x0F == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0;
                    *inflate = Some(Box::new(Decompress::new(is_zlib)));
                    joined = std::mem::take(begin);
                    piece = &joined;
                }
                match inflate {
                    Some(inflate) if !self.has_ended => {
                        self.has_ended = flate(inflate, &mut piece, "deflate", output)?;
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
            Coding::Brotli(state) if !self.has_ended => {
                self.has_ended = brotli(state, piece, output)?;
                Ok(())
            }
            Coding::Brotli(_) => Ok(()),
            Coding::Zstd(zstd) => {
                self.has_ended = zstd.decode(piece, output)?;
                Ok(())
            }
        }
    }

    pub(super) fn end(&self) -> Result<(), EncodeError> {
        if self.has_begun && !self.has_ended {
            return Err(EncodeError::Truncated(self.coding.name()));
        }
        Ok(())
    }
}

fn corrupt(coding: &'static str, reason: &dyn std::fmt::Display) -> EncodeError {
    EncodeError::Corrupt { coding, reason: reason.to_string() }
}

fn new_gzip() -> Box<Decompress> {
    Box::new(Decompress::new_gzip(15))
}

/// One member after the other (RFC 1952, section 2.2).
fn gzip(
    inflate: &mut Box<Decompress>,
    mut piece: &[u8],
    has_ended: &mut bool,
    output: Output<'_>,
) -> Result<(), EncodeError> {
    while !piece.is_empty() {
        if *has_ended {
            if piece[0] != 0x1F {
                return Ok(());
            }
            *inflate = new_gzip();
        }
        *has_ended = flate(inflate, &mut piece, "gzip", output)?;
        if !*has_ended {
            return Ok(());
        }
    }
    Ok(())
}

/// Says if the stream has ended; `piece` is then what follows it.
fn flate(
    inflate: &mut Decompress,
    piece: &mut &[u8],
    coding: &'static str,
    output: Output<'_>,
) -> Result<bool, EncodeError> {
    let mut buffer = vec![0; STEP_BYTES];
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(piece, &mut buffer, FlushDecompress::None)
            .map_err(|error| corrupt(coding, &error))?;
        // Both differences are bounded by the lengths of `piece` and `buffer`.
        let read = usize::try_from(inflate.total_in() - read).unwrap_or(piece.len());
        let written = usize::try_from(inflate.total_out() - written).unwrap_or(buffer.len());
        *piece = &piece[read..];
        if written > 0 {
            output(&buffer[..written])?;
        }
        if status == Status::StreamEnd {
            return Ok(true);
        }
        if written < buffer.len() && (piece.is_empty() || read == 0) {
            return if piece.is_empty() { Ok(false) } else { Err(corrupt(coding, &"it does not go on")) };
        }
    }
}

fn brotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    piece: &[u8],
    output: Output<'_>,
) -> Result<bool, EncodeError> {
    let mut buffer = vec![0; STEP_BYTES];
    let (mut available_in, mut offset_in, mut total_out) = (piece.len(), 0, 0);
    loop {
        let (mut available_out, mut offset_out) = (buffer.len(), 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut offset_in,
            piece,
            &mut available_out,
            &mut offset_out,
            &mut buffer,
            &mut total_out,
            state,
        );
        if offset_out > 0 {
            output(&buffer[..offset_out])?;
        }
        match result {
            BrotliResult::ResultSuccess => return Ok(true),
            BrotliResult::NeedsMoreInput => return Ok(false),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return Err(corrupt("br", &"it is no Brotli stream")),
        }
    }
}
