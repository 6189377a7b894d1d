//! One content coding taken off, piece by piece.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};

use super::zstd::Zstd;
use super::{EncodeError, STEP_BYTES};

/// The state of one coding.
#[derive(Debug)]
pub(super) struct Stage {
    coding: Coding,
    /// What the stage before gave, and from where on it is not taken in yet.
    given: Vec<u8>,
    taken: usize,
    has_begun: bool,
    has_ended: bool,
}

enum Coding {
    Gzip(Box<Decompress>),
    /// RFC 9110 says zlib, some origins send raw DEFLATE: the first two bytes tell.
    Deflate(Deflate),
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
            Self::Deflate(_) => "deflate",
            Self::Brotli(_) => "br",
            Self::Zstd(_) => "zstd",
        }
    }
}

impl Stage {
    pub(super) fn named(name: &str) -> Option<Self> {
        let coding = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Coding::Gzip(new_gzip()),
            "deflate" => Coding::Deflate(Deflate::Unknown(None)),
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
        Some(Self { coding, given: Vec::new(), taken: 0, has_begun: false, has_ended: false })
    }

    pub(super) fn is_read_by_block(&self) -> bool {
        matches!(self.coding, Coding::Zstd(_))
    }

    /// Takes in some of `piece` and says how much of `out` it filled: nothing when it needs more. What follows the end of
    /// the stream is dropped, as browsers do.
    pub(super) fn step(&mut self, piece: &mut &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        self.has_begun |= !piece.is_empty();
        let is_over = self.has_ended;
        match &mut self.coding {
            Coding::Gzip(inflate) => gzip(inflate, piece, &mut self.has_ended, out),
            Coding::Deflate(_) | Coding::Brotli(_) if is_over => {
                *piece = &[];
                Ok(0)
            }
            Coding::Deflate(deflate) => deflate.step(piece, &mut self.has_ended, out),
            Coding::Brotli(state) => brotli(state, piece, &mut self.has_ended, out),
            Coding::Zstd(zstd) => zstd.step(piece, &mut self.has_ended, out),
        }
    }

    /// The same with what the stage before gave.
    pub(super) fn step_given(&mut self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let given = std::mem::take(&mut self.given);
        let mut rest = given.get(self.taken..).unwrap_or_default();
        let filled = self.step(&mut rest, out);
        self.taken = given.len() - rest.len();
        self.given = given;
        filled
    }

    /// What the stage before gives; everything before was taken in.
    pub(super) fn give(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, EncodeError>,
    ) -> Result<usize, EncodeError> {
        self.given.resize(STEP_BYTES, 0);
        self.taken = 0;
        let filled = fill(&mut self.given)?;
        self.given.truncate(filled);
        Ok(filled)
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

/// A stream of DEFLATE, in zlib or raw.
enum Deflate {
    /// Its first byte, when it came.
    Unknown(Option<u8>),
    Known(Box<Decompress>),
}

impl Deflate {
    fn step(
        &mut self,
        piece: &mut &[u8],
        has_ended: &mut bool,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut filled = 0;
        if let Self::Unknown(first) = self {
            let missing = usize::from(first.is_none());
            let Some(second) = piece.get(missing).copied() else {
                *first = first.or(piece.first().copied());
                *piece = &[];
                return Ok(0);
            };
            let (begun, first) = (first.is_some(), first.unwrap_or(piece[0]));
            let is_zlib = first & 0x0F == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0;
            let mut inflate = Box::new(Decompress::new(is_zlib));
            if begun {
                filled = flate(&mut inflate, &mut &[first][..], "deflate", has_ended, out)?;
            }
            *self = Self::Known(inflate);
        }
        match self {
            Self::Known(inflate) if !*has_ended => {
                Ok(filled + flate(inflate, piece, "deflate", has_ended, &mut out[filled..])?)
            }
            _ => Ok(filled),
        }
    }
}

/// One member after the other (RFC 1952, section 2.2).
fn gzip(
    inflate: &mut Box<Decompress>,
    piece: &mut &[u8],
    has_ended: &mut bool,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    loop {
        if *has_ended {
            if piece.first() != Some(&0x1F) {
                *piece = &[];
                return Ok(0);
            }
            *inflate = new_gzip();
            *has_ended = false;
        }
        let filled = flate(inflate, piece, "gzip", has_ended, out)?;
        if filled > 0 || !*has_ended {
            return Ok(filled);
        }
    }
}

fn flate(
    inflate: &mut Decompress,
    piece: &mut &[u8],
    coding: &'static str,
    has_ended: &mut bool,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let result = inflate.decompress(piece, out, FlushDecompress::None);
        // Both differences are bounded by the lengths of `piece` and `out`.
        let read = usize::try_from(inflate.total_in() - read).unwrap_or(piece.len());
        let written = usize::try_from(inflate.total_out() - written).unwrap_or(out.len());
        *piece = &piece[read..];
        let status = match result {
            Ok(status) => status,
            // What came before the fault is given; the next step ends in the same error.
            Err(_) if written > 0 => return Ok(written),
            Err(error) => return Err(corrupt(coding, &error)),
        };
        *has_ended = status == Status::StreamEnd;
        if written > 0 || *has_ended || piece.is_empty() {
            return Ok(written);
        }
        if read == 0 {
            return Err(corrupt(coding, &"it does not go on"));
        }
    }
}

fn brotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    piece: &mut &[u8],
    has_ended: &mut bool,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    let (mut available_in, mut offset_in) = (piece.len(), 0);
    let (mut available_out, mut offset_out, mut total_out) = (out.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut available_in,
        &mut offset_in,
        piece,
        &mut available_out,
        &mut offset_out,
        out,
        &mut total_out,
        state,
    );
    *piece = &piece[offset_in..];
    match result {
        BrotliResult::ResultSuccess => *has_ended = true,
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        // As in `flate`.
        BrotliResult::ResultFailure if offset_out > 0 => {}
        BrotliResult::ResultFailure => return Err(corrupt("br", &"it is no Brotli stream")),
    }
    Ok(offset_out)
}
