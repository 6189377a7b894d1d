//! What is read: a file, plain or compressed as its name says, or standard input; and how far into it we are.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// Buffer of decoders. Unit: bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// Largest window of a Zstandard frame is the decoder's own limit; of Brotli it is 16 MiB (RFC 7932 section 9.1).
type Opened = Box<dyn Read>;

/// A source of lines.
pub(super) struct Source {
    /// The bytes, decompressed.
    pub(super) bytes: Opened,
    /// How many bytes were read of the file as it lies on the disk.
    pub(super) read: Arc<AtomicU64>,
    /// Its size on the disk; 0 where nobody knows.
    pub(super) size: u64,
}

/// Opens the file; `-` is standard input.
pub(super) fn open(path: &Path) -> io::Result<Source> {
    let read = Arc::new(AtomicU64::new(0));
    if path == Path::new("-") {
        return Ok(Source { bytes: Box::new(counted(io::stdin(), &read)), read, size: 0 });
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name one file of it"));
    }
    let size = if metadata.is_file() { metadata.len() } else { 0 };
    let file = BufReader::with_capacity(BUFFER_BYTES, counted(file, &read));
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let bytes: Opened = match ending {
        "gz" => Box::new(MultiGzDecoder::new(file)),
        "zst" => Box::new(Frames { source: Some(file), frame: None }),
        "br" => Box::new(brotli::Decompressor::new(file, BUFFER_BYTES)),
        _ => Box::new(file),
    };
    Ok(Source { bytes, read, size })
}

/// How the file is called in what is told.
pub(super) fn shown(path: &Path) -> PathBuf {
    if path == Path::new("-") { PathBuf::from("standard input") } else { path.to_owned() }
}

fn counted<R: Read>(source: R, read: &Arc<AtomicU64>) -> Counted<R> {
    Counted { source, read: Arc::clone(read) }
}

/// Counts what is read through it.
struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

type Frame<R> = ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>;

/// A Zstandard file: one frame after another (RFC 8878 section 3).
struct Frames<R: io::BufRead> {
    source: Option<R>,
    frame: Option<Frame<R>>,
}

impl<R: io::BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
            }
            if let Some(frame) = self.frame.take() {
                self.source = Some(frame.into_inner());
            }
            let Some(mut source) = self.source.take() else { return Ok(0) };
            if source.fill_buf()?.is_empty() {
                self.source = Some(source);
                return Ok(0);
            }
            self.frame = Some(Frame::new(source).map_err(io::Error::other)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn unpacked(name: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut all = Vec::new();
        open(&path)?.bytes.read_to_end(&mut all)?;
        Ok(all)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn files_are_unpacked_by_the_ending_of_their_name() {
        let text = "line\n".repeat(50_000);
        let joined = [gzip(text.as_bytes()), gzip(b"more\n")].concat();
        assert_eq!(unpacked("a.gz", &joined).unwrap(), format!("{text}more\n").as_bytes());
        let zstd = |text: &str| {
            ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
        };
        let joined = [zstd(&text), zstd("more\n")].concat();
        assert_eq!(unpacked("a.zst", &joined).unwrap(), format!("{text}more\n").as_bytes());
        let mut br = Vec::new();
        brotli::BrotliCompress(&mut text.as_bytes(), &mut br, &brotli::enc::BrotliEncoderParams::default())
            .unwrap();
        assert_eq!(unpacked("a.br", &br).unwrap(), text.as_bytes());
        assert_eq!(unpacked("a.log", text.as_bytes()).unwrap(), text.as_bytes());
    }

    #[test]
    fn a_file_cut_off_in_its_compression_is_an_error_after_what_is_good() {
        let whole = gzip("line\n".repeat(50_000).as_bytes());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.gz");
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let mut all = Vec::new();
        assert!(open(&path).unwrap().bytes.read_to_end(&mut all).is_err());
        assert!(all.len() > 1000);
    }
}
