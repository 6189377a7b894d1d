//! A file line by line: slices of shared chunks, so that reading a line copies and allocates nothing; and a running digest
//! of all that was read, by which a file is known again.
//!
//! The digest outlives the file. Of a long one it is a hash of the content: nobody who lacks the file can try the hundreds of
//! addresses in it. A short one may have one line, and who can guess all of it but the address would find the address by trying
//! each. So of the content of a short file it has [`FEW_BYTES`] only, which one address in 65 536 fits, and beside them a hash
//! of how long its lines are.

use std::io::Read;

use bytes::Bytes;
use memchr::memchr;

use super::keys::HEAD_BYTES;
use crate::store::imports::{FEW_BYTES, Hash};

/// Longest line. Unit: bytes. Servers cap a request's head at 8 to 32 KiB.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// Read at once. Unit: bytes. A hit that waits to be put in order keeps its chunk alive, so chunks are small.
const CHUNK_BYTES: usize = 64 * 1024;

/// What comes next in the file.
pub(super) enum Next {
    /// A line, without its end.
    Line(Bytes),
    /// A line that is too long. It is passed over.
    TooLong,
    /// What stands behind the last line's end: a line that may not be all there. It counts as read after
    /// [`Lines::take_rest`] only.
    Rest(Bytes),
    /// There is no more.
    End,
    /// The file cannot be read further.
    Broken(std::io::Error),
}

/// The lines of a source.
pub(super) struct Lines<R> {
    source: R,
    chunk: Bytes,
    /// Where the next line begins in the chunk.
    at: usize,
    /// How much of the chunk is hashed.
    hashed: usize,
    hasher: blake3::Hasher,
    /// Of the lengths of lines, as long as what was read is short.
    lengths: blake3::Hasher,
    position: u64,
    has_ended: bool,
    broken: Option<std::io::Error>,
}

impl<R: Read> Lines<R> {
    /// From the beginning of the source.
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            chunk: Bytes::new(),
            at: 0,
            hashed: 0,
            hasher: blake3::Hasher::new(),
            lengths: blake3::Hasher::new(),
            position: 0,
            has_ended: false,
            broken: None,
        }
    }

    /// The first bytes of the source, before any line is taken: as many as are asked for, if it has so many.
    pub(super) fn head(&mut self, bytes: usize) -> Bytes {
        while self.chunk.len() < bytes && !self.has_ended {
            self.fill();
        }
        self.chunk.slice(..bytes.min(self.chunk.len()))
    }

    /// Bytes up to the end of the last line that was taken; a last line without an end counts as if it had one.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// The digest of these bytes.
    pub(super) fn digest(&mut self) -> Hash {
        self.hash();
        let content = *self.hasher.finalize().as_bytes();
        if !self.is_short() {
            return content;
        }
        let mut digest = *self.lengths.finalize().as_bytes();
        digest[..FEW_BYTES].copy_from_slice(&content[..FEW_BYTES]);
        digest
    }

    /// Is there so little of it that it could be guessed?
    const fn is_short(&self) -> bool {
        self.position < HEAD_BYTES as u64
    }

    fn measure(&mut self, length: usize) {
        if self.is_short() {
            self.lengths.update(&length.to_le_bytes());
        }
    }

    /// Takes the next line.
    pub(super) fn next(&mut self) -> Next {
        loop {
            let rest = &self.chunk[self.at..];
            if let Some(length) = memchr(b'\n', rest) {
                let from = self.take(length + 1);
                if length > LINE_BYTES_MAX {
                    return Next::TooLong;
                }
                self.measure(length);
                return Next::Line(self.chunk.slice(from..from + length));
            }
            if rest.len() > LINE_BYTES_MAX {
                return self.pass_over();
            }
            if self.has_ended {
                return self.end();
            }
            self.fill();
        }
    }

    /// Takes what [`Next::Rest`] gave.
    pub(super) fn take_rest(&mut self) {
        let rest = self.chunk.len() - self.at;
        self.take(rest);
        self.hash();
        self.hasher.update(b"\n");
        self.position += 1;
        self.measure(rest);
    }

    fn end(&mut self) -> Next {
        if let Some(error) = self.broken.take() {
            return Next::Broken(error);
        }
        match self.chunk.slice(self.at..) {
            rest if rest.is_empty() => Next::End,
            rest => Next::Rest(rest),
        }
    }

    /// Passes over a line that is too long, chunk by chunk.
    fn pass_over(&mut self) -> Next {
        loop {
            let rest = &self.chunk[self.at..];
            if let Some(length) = memchr(b'\n', rest) {
                self.take(length + 1);
                return Next::TooLong;
            }
            let all = rest.len();
            self.take(all);
            if self.has_ended {
                return match self.broken.take() {
                    Some(error) => Next::Broken(error),
                    None => Next::TooLong,
                };
            }
            self.fill();
        }
    }

    /// Moves on by so many bytes; returns where they began.
    const fn take(&mut self, bytes: usize) -> usize {
        let from = self.at;
        self.at += bytes;
        self.position += bytes as u64;
        from
    }

    fn hash(&mut self) {
        self.hasher.update(&self.chunk[self.hashed..self.at]);
        self.hashed = self.at;
    }

    /// Reads a chunk more, behind what was not taken yet.
    fn fill(&mut self) {
        self.hash();
        let mut bytes = Vec::with_capacity(self.chunk.len() - self.at + CHUNK_BYTES);
        bytes.extend_from_slice(&self.chunk[self.at..]);
        match self.source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut bytes) {
            Ok(0) => self.has_ended = true,
            Ok(_) => {}
            Err(error) => {
                self.has_ended = true;
                self.broken = Some(error);
            }
        }
        self.chunk = Bytes::from(bytes);
        (self.at, self.hashed) = (0, 0);
    }
}

/// The digest by which a file with this head is known.
pub(super) fn digest_of(head: &[u8]) -> Hash {
    if head.len() >= HEAD_BYTES {
        return *blake3::hash(head).as_bytes();
    }
    let mut lines = Lines::new(head);
    loop {
        match lines.next() {
            Next::Line(_) | Next::TooLong => {}
            Next::Rest(_) => lines.take_rest(),
            // Memory does not break.
            Next::End | Next::Broken(_) => return lines.digest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(bytes);
        let mut read = Vec::new();
        loop {
            match lines.next() {
                Next::Line(line) => read.push(String::from_utf8_lossy(&line).into_owned()),
                Next::TooLong => read.push("(too long)".to_owned()),
                Next::Rest(rest) => {
                    read.push(format!("rest {}", String::from_utf8_lossy(&rest)));
                    lines.take_rest();
                    return read;
                }
                Next::End | Next::Broken(_) => return read,
            }
        }
    }

    #[test]
    fn lines_come_one_by_one_and_a_long_one_hides_no_other() {
        assert_eq!(read(b"a\n\nb\n"), ["a", "", "b"]);
        assert_eq!(read(b"a\nb"), ["a", "rest b"]);
        let mut long = b"a\n".to_vec();
        long.extend(std::iter::repeat_n(b'x', 10_000_000));
        long.extend(b"\nb\n");
        assert_eq!(read(&long), ["a", "(too long)", "b"]);
        assert_eq!(read(&vec![b'x'; 300_000]), ["(too long)"]);
    }

    #[test]
    fn lines_across_chunks_are_whole() {
        let line = "y".repeat(1000);
        let text = format!("{line}\n").repeat(300);
        let read = read(text.as_bytes());
        assert_eq!(read.len(), 300);
        assert!(read.iter().all(|read| *read == line));
    }

    #[test]
    fn digest_and_position_are_those_of_what_was_taken() {
        let mut lines = Lines::new(&b"one\ntwo\nthree"[..]);
        lines.next();
        assert_eq!((lines.position(), lines.digest()), (4, digest_of(b"one\n")));
        lines.next();
        lines.next();
        assert_eq!((lines.position(), lines.digest()), (8, digest_of(b"one\ntwo\n")));
        lines.take_rest();
        let all = digest_of(b"one\ntwo\nthree\n");
        assert_eq!((lines.position(), lines.digest()), (14, all), "as if the last line had an end");
        assert_eq!(digest_of(b"one\ntwo\nthree"), all);
    }

    #[test]
    fn digest_of_a_long_file_is_a_hash_of_all_of_it() {
        let text = "x".repeat(HEAD_BYTES - 1) + "\n";
        let mut lines = Lines::new(text.as_bytes());
        lines.next();
        assert_eq!(lines.digest(), *blake3::hash(text.as_bytes()).as_bytes());
        assert_eq!(lines.digest(), digest_of(text.as_bytes()));
    }

    /// A plain hash of a log of one line would give its address to whoever tries all.
    #[test]
    fn digest_of_a_short_file_fits_many_addresses() {
        let line = |a: u32, b: u32| {
            format!("10.{}.{}.{} - - [10/Mar/2026:13:55:36 +0100]\n", 100 + a, 100 + b / 100, 100 + b % 100)
        };
        let sought = digest_of(line(7, 77).as_bytes());
        let fits = |(a, b): &(u32, u32)| digest_of(line(*a, *b).as_bytes()) == sought;
        let tried = (0..156).flat_map(|a| (0..2000).map(move |b| (a, b)));
        assert!(tried.filter(fits).take(2).count() > 1, "one address alone fits");
        assert_ne!(digest_of(b"one\ntwo\n")[FEW_BYTES..], digest_of(b"one\nthree\n")[FEW_BYTES..]);
    }
}
