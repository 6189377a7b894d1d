//! Looking at the beginning of a body without changing it: the raw frames wait while a copy is decoded, then all go on
//! byte for byte. What cannot be decoded passes too, and is looked at as it is: a browser that does not know one of its
//! codings takes none of them off.

use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::body::{Body, BodyError};
use super::encode::{Decoder, Stop};

/// Most coded bytes that wait, beside the frame that reaches it and what a coding holds back by itself
/// ([`Decoder::held_back_bytes_max`]). 8 KiB of text are in the first 8 KiB and a header of every honest body.
const CODED_BYTES_MAX: usize = 16 << 10;

/// Coded bytes decoded at once: little more is unpacked than is looked at.
const STEP_BYTES: usize = 1024;

/// How much of a body browsers look at to tell what it is (MIME Sniffing Standard section 5.2). Unit: bytes.
pub const SNIFFED_BYTES_MAX: usize = 1445;

/// What an HTML page without a type begins with, in any case and after white space (MIME Sniffing Standard section 7.1).
/// What must follow by the standard is not asked for, because Chromium does not.
const HTML_STARTS: [&[u8]; 17] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
    b"<!--",
];

/// Do browsers take what begins so for HTML when nothing says what it is?
pub fn is_html(begin: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    let start = begin.iter().position(|byte| !is_space(byte)).unwrap_or(begin.len());
    let begin = &begin[start..];
    HTML_STARTS
        .iter()
        .any(|html| begin.get(..html.len()).is_some_and(|start| start.eq_ignore_ascii_case(html)))
}

/// A body that was looked at.
#[derive(Debug)]
pub struct Peeked {
    /// Its decoded beginning.
    pub begin: Bytes,
    /// It broke off before all that was wanted was there.
    pub is_broken: bool,
    /// The body, whole.
    pub body: Body,
}

/// Reads on until `plain_bytes_max` decoded bytes are known, the body ends or too much waits.
///
/// It waits for what the origin has not sent yet, as long as the origin's idle limit lets it: use it on what a browser
/// needs whole before it does anything, such as a script.
pub async fn peek(body: Body, decoder: Decoder, plain_bytes_max: usize) -> Peeked {
    peek_until(body, decoder, plain_bytes_max, pending()).await
}

/// As [`peek`], but no longer than `end`: what came until then is the beginning.
pub async fn peek_until(
    mut body: Body,
    decoder: Decoder,
    plain_bytes_max: usize,
    end: impl Future<Output = ()>,
) -> Peeked {
    let mut end = pin!(end);
    let mut beginning =
        Beginning { decoder, plain: Bytes::new(), bytes_max: plain_bytes_max, is_over: false };
    let mut waiting = Waiting { frames: VecDeque::new(), failure: None };
    let mut left = CODED_BYTES_MAX + beginning.decoder.held_back_bytes_max();
    while left > 0 && !beginning.is_over {
        let next = poll_fn(|cx| match Pin::new(&mut body).poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(frame),
            Poll::Pending => end.as_mut().poll(cx).map(|()| None),
        });
        match next.await {
            Some(Ok(frame)) => {
                match frame.data_ref() {
                    Some(data) => {
                        left = left.saturating_sub(data.len());
                        beginning.add(data);
                    }
                    None => beginning.is_over = true,
                }
                waiting.frames.push_back(frame);
            }
            Some(Err(error)) => {
                waiting.failure = Some(error);
                break;
            }
            None => break,
        }
    }
    Peeked { begin: beginning.plain, is_broken: waiting.failure.is_some(), body: waiting.before(body) }
}

/// What is known of a body's text.
struct Beginning {
    decoder: Decoder,
    plain: Bytes,
    bytes_max: usize,
    /// Nothing more is to be learnt.
    is_over: bool,
}

impl Beginning {
    fn add(&mut self, coded: &Bytes) {
        if self.decoder.is_identity() && self.plain.is_empty() {
            self.plain = coded.slice(..coded.len().min(self.bytes_max));
        } else {
            let mut plain = Vec::from(std::mem::take(&mut self.plain));
            let bytes_max = self.bytes_max;
            let mut sink = |decoded: &[u8]| {
                plain.extend_from_slice(&decoded[..decoded.len().min(bytes_max - plain.len())]);
                if plain.len() < bytes_max { Ok(()) } else { Err(Stop) }
            };
            // An error is the end of what can be read: broken, or as much as is wanted.
            self.is_over = coded.chunks(STEP_BYTES).any(|step| self.decoder.decode(step, &mut sink).is_err());
            self.plain = plain.into();
            if self.is_over && self.plain.is_empty() {
                self.plain = coded.slice(..coded.len().min(bytes_max));
            }
        }
        self.is_over |= self.plain.len() >= self.bytes_max;
    }
}

/// What was read and not yet handed on.
struct Waiting {
    frames: VecDeque<Frame<Bytes>>,
    failure: Option<BodyError>,
}

impl Waiting {
    fn before(mut self, rest: Body) -> Body {
        if self.frames.is_empty() && self.failure.is_none() {
            return rest;
        }
        if let ([only], None, true) = (self.frames.make_contiguous(), &self.failure, rest.is_end_stream())
            && let Some(data) = only.data_ref()
        {
            return Body::full(data.clone());
        }
        Body::stream(Resumed { waiting: self, rest })
    }

    fn bytes(&self) -> u64 {
        self.frames.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum()
    }
}

/// A body whose beginning was read ahead.
struct Resumed {
    waiting: Waiting,
    rest: Body,
}

impl HttpBody for Resumed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(frame) = self.waiting.frames.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(failure) = self.waiting.failure.take() {
            // What failed has nothing more to give.
            self.rest = Body::Empty;
            return Poll::Ready(Some(Err(failure)));
        }
        Pin::new(&mut self.rest).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.frames.is_empty() && self.waiting.failure.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (waiting, rest) = (self.waiting.bytes(), self.rest.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(waiting + rest.lower());
        if let Some(upper) = rest.upper().filter(|_| self.waiting.failure.is_none()) {
            hint.set_upper(waiting + upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write as _;
    use std::rc::Rc;

    use http_body_util::BodyExt as _;
    use proptest::prelude::*;

    use super::*;

    const BYTES_MAX: usize = 4096;

    /// An origin's body in these pieces; `read` counts the bytes that were asked for.
    struct Pieces {
        left: VecDeque<Bytes>,
        read: Rc<Cell<usize>>,
        breaks: bool,
    }

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            let Some(piece) = self.left.pop_front() else {
                let broken = self.breaks.then_some(Err(BodyError::Idle { limit_ms: 1 }));
                self.breaks = false;
                return Poll::Ready(broken);
            };
            self.read.set(self.read.get() + piece.len());
            Poll::Ready(Some(Ok(Frame::data(piece))))
        }
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    fn pieces(bytes: &[u8], piece_bytes: usize) -> (Body, Rc<Cell<usize>>) {
        let read = Rc::new(Cell::new(0));
        let pieces = bytes.chunks(piece_bytes).map(Bytes::copy_from_slice).collect();
        (Body::stream(Pieces { left: pieces, read: read.clone(), breaks: false }), read)
    }

    fn coded(coding: &str, plain: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        match coding {
            "gzip" => {
                let mut encoder = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::fast());
                encoder.write_all(plain).and_then(|()| encoder.try_finish()).unwrap();
            }
            "deflate" => {
                let mut encoder = flate2::write::ZlibEncoder::new(&mut bytes, flate2::Compression::fast());
                encoder.write_all(plain).and_then(|()| encoder.try_finish()).unwrap();
            }
            "br" => {
                let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 4, 18);
                encoder.write_all(plain).unwrap();
            }
            "zstd" => {
                bytes = ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest);
            }
            _ => bytes.extend_from_slice(plain),
        }
        bytes
    }

    fn script(length: usize) -> Vec<u8> {
        (0..)
            .flat_map(|line| format!("let a{line}={};\n", line * 7919 % 1013).into_bytes())
            .take(length)
            .collect()
    }

    fn seen(coding: &str, body: Body) -> (Bytes, Vec<u8>) {
        run(async {
            let Peeked { begin, body, is_broken } =
                peek(body, Decoder::new(coding).unwrap(), BYTES_MAX).await;
            assert!(!is_broken);
            (begin, body.collect().await.unwrap().to_bytes().to_vec())
        })
    }

    #[test]
    fn the_beginning_is_read_in_every_coding_and_the_body_is_the_same() {
        for coding in ["", "gzip", "deflate", "br", "zstd"] {
            for (length, piece_bytes) in [(0, 9), (100, 7), (4096, 4096), (50_000, 1000), (400_000, 65_536)] {
                let plain = script(length);
                let bytes = coded(coding, &plain);
                let (begin, whole) = seen(coding, pieces(&bytes, piece_bytes).0);
                assert_eq!(begin, plain[..length.min(BYTES_MAX)], "{coding} {length}");
                assert!(whole == bytes, "{coding} {length} was changed");
            }
        }
    }

    #[test]
    fn html_is_known_by_its_start() {
        for begin in ["<!DOCTYPE HTML>", "\r\n\t \x0C<html>", "<P>", "<!-- x", "<a href=x>", "<ScRiPt "] {
            assert!(is_html(begin.as_bytes()), "{begin}");
        }
        for begin in
            ["", " ", "<", "< p>", "<?xml version", "<svg>", "text <p>", "{}", "\u{FEFF}<p>", "\x0B<p>"]
        {
            assert!(!is_html(begin.as_bytes()), "{begin}");
        }
    }

    #[test]
    fn no_more_is_read_than_is_wanted() {
        let (body, read) = pieces(&script(100_000), 1000);
        let peeked = run(peek(body, Decoder::new("").unwrap(), BYTES_MAX));
        assert_eq!((peeked.begin.len(), read.get()), (BYTES_MAX, 5000));
    }

    #[test]
    fn what_gives_no_text_waits_only_so_long() {
        // A gzip header with a name that does not end: RFC 1952 section 2.3.
        let mut bytes = vec![0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3];
        bytes.resize(1 << 20, b'x');
        let (body, read) = pieces(&bytes, 1000);
        let Peeked { begin, body, .. } = run(peek(body, Decoder::new("gzip").unwrap(), BYTES_MAX));
        assert!(begin.is_empty() && read.get() <= CODED_BYTES_MAX + 1000, "{}", read.get());
        assert!(run(body.collect()).unwrap().to_bytes() == bytes);
    }

    #[test]
    fn what_is_not_what_it_says_passes_as_it_is() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let bytes = script(10_000);
            let (_, whole) = seen(coding, pieces(&bytes, 512).0);
            assert!(whole == bytes, "{coding}");
        }
    }

    #[test]
    fn a_body_that_breaks_off_breaks_off_where_it_did() {
        let read = Rc::new(Cell::new(0));
        let pieces = VecDeque::from([Bytes::from_static(b"let a"), Bytes::from_static(b"=1")]);
        let body = Body::stream(Pieces { left: pieces, read, breaks: true });
        run(async {
            let Peeked { begin, mut body, is_broken } =
                peek(body, Decoder::new("").unwrap(), BYTES_MAX).await;
            assert_eq!((&begin[..], is_broken), (&b"let a=1"[..], true));
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "let a");
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "=1");
            assert!(matches!(body.frame().await, Some(Err(BodyError::Idle { .. }))));
            assert!(body.frame().await.is_none());
        });
    }

    #[test]
    fn the_length_that_is_known_stays_known() {
        run(async {
            let peeked = peek(Body::full(script(9000)), Decoder::new("").unwrap(), BYTES_MAX).await;
            assert_eq!(peeked.body.size_hint().exact(), Some(9000));
        });
    }

    proptest! {
        #[test]
        fn chunking_changes_neither_what_is_seen_nor_what_passes(
            length in 0..9000_usize,
            piece_bytes in 1..3000_usize,
            coding in prop::sample::select(vec!["", "gzip", "br", "zstd"]),
        ) {
            let plain = script(length);
            let bytes = coded(coding, &plain);
            let (begin, whole) = seen(coding, pieces(&bytes, piece_bytes).0);
            prop_assert_eq!(begin, &plain[..length.min(BYTES_MAX)]);
            prop_assert!(whole == bytes);
        }
    }
}
