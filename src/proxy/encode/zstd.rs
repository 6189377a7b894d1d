//! Zstandard (RFC 8878), one block at a time, so that no piece unpacks unseen.

use std::io::Read as _;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::EncodeError;

/// Largest window a content coding may ask for (RFC 9659): 8 MiB.
const WINDOW_BYTES_MAX: u64 = 8 << 20;

/// No block is larger (RFC 8878, section 3.1.1.2).
const BLOCK_BYTES_MAX: usize = 128 << 10;

/// A frame's header, a block's header and a block of content that is not compressed.
pub(super) const HELD_BACK_BYTES_MAX: usize = 18 + 3 + BLOCK_BYTES_MAX;

const MAGIC: u32 = 0xFD2F_B528;

/// Frames without content; the last half byte is free.
const SKIPPABLE: u32 = 0x184D_2A50;

/// A stream of frames.
#[derive(Default)]
pub(super) struct Zstd {
    /// Bytes that make no whole header or block yet: at most 128 KiB and a piece.
    pending: Vec<u8>,
    decoder: FrameDecoder,
    state: State,
    has_checksum: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Skip(usize),
    Blocks,
    /// The last block was read; what it became is given out.
    Over,
}

impl Zstd {
    /// Takes in all of `piece` unless something is still to be given out, and gives some of it. A frame has ended when
    /// there is nothing left of it.
    pub(super) fn step(
        &mut self,
        piece: &mut &[u8],
        has_ended: &mut bool,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut pending = std::mem::take(&mut self.pending);
        let mut filled = self.decoder.read(out).map_err(|error| corrupt(&error))?;
        if filled == 0 {
            pending.extend_from_slice(std::mem::take(piece));
            let mut rest = pending.as_slice();
            while filled == 0 && self.part(&mut rest)? {
                filled = self.decoder.read(out).map_err(|error| corrupt(&error))?;
            }
            let done = pending.len() - rest.len();
            pending.drain(..done);
        }
        self.pending = pending;
        *has_ended = self.state == State::Between && self.pending.is_empty();
        Ok(filled)
    }

    /// Does one thing if there are bytes enough for it. Nothing is to be given out.
    fn part(&mut self, rest: &mut &[u8]) -> Result<bool, EncodeError> {
        match self.state {
            State::Between => self.begin(rest),
            State::Skip(0) => {
                self.state = State::Between;
                Ok(true)
            }
            State::Skip(left) => {
                let length = left.min(rest.len());
                *rest = &rest[length..];
                self.state = State::Skip(left - length);
                Ok(length > 0)
            }
            State::Blocks => self.block(rest),
            State::Over => self.check(),
        }
    }

    fn begin(&mut self, rest: &mut &[u8]) -> Result<bool, EncodeError> {
        let Some(magic) = word(rest, 0) else { return Ok(false) };
        if magic & !0xF == SKIPPABLE {
            let Some(length) = word(rest, 4) else { return Ok(false) };
            *rest = &rest[8..];
            self.state = State::Skip(length as usize);
            return Ok(true);
        }
        if magic != MAGIC {
            return Err(corrupt(&"it is no Zstandard frame"));
        }
        let Some(descriptor) = rest.get(4).copied() else { return Ok(false) };
        if rest.len() < header_bytes(descriptor) {
            return Ok(false);
        }
        self.decoder.set_max_window_size(WINDOW_BYTES_MAX);
        self.decoder.reset(&mut *rest).map_err(|error| corrupt(&error))?;
        self.has_checksum = descriptor & 0b100 != 0;
        self.state = State::Blocks;
        Ok(true)
    }

    fn block(&mut self, rest: &mut &[u8]) -> Result<bool, EncodeError> {
        let &[low, middle, high, ..] = *rest else { return Ok(false) };
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let is_last = header & 1 != 0;
        let is_run = (header >> 1) & 0b11 == 1;
        let content = if is_run { 1 } else { (header >> 3) as usize };
        let checksum = if is_last && self.has_checksum { 4 } else { 0 };
        if content > BLOCK_BYTES_MAX {
            return Err(corrupt(&"a block is too large"));
        }
        if rest.len() < 3 + content + checksum {
            return Ok(false);
        }
        self.decoder
            .decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| corrupt(&error))?;
        if is_last {
            self.state = State::Over;
        }
        Ok(true)
    }

    fn check(&mut self) -> Result<bool, EncodeError> {
        let (stated, computed) =
            (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        if self.has_checksum && stated != computed {
            return Err(corrupt(&"its checksum is wrong"));
        }
        self.state = State::Between;
        Ok(true)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes)
}

/// Length of the magic number and a frame header with this descriptor (RFC 8878, section 3.1.1.1).
fn header_bytes(descriptor: u8) -> usize {
    let is_single = descriptor & 0b10_0000 != 0;
    let content_size = match descriptor >> 6 {
        0 => usize::from(is_single),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 0b11)];
    4 + 1 + usize::from(!is_single) + dictionary + content_size
}

fn corrupt(reason: &dyn std::fmt::Display) -> EncodeError {
    EncodeError::Corrupt { coding: "zstd", reason: reason.to_string() }
}
