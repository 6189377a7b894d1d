//! Heads that are longer than is read, or have more lines: they are cut at the limit, and the visitor is told so in their own
//! language, where hyper would answer 431 with an empty body.
//!
//! The usual cause is a browser that keeps very many cookies of the shop. What is beyond the limit is read and thrown away, so
//! that a head takes no more memory than the limit; the service then gets the request as far as it was read, with the mark
//! [`HeadTooLarge`], and must answer nothing but that. Nothing after such a head is read as a request. A request line beyond
//! the limit is left to hyper, and so is a head that follows a request with a body on the same connection: only hyper knows
//! where that body ends.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use http::{Request, header};
use hyper::body::{Body as _, Incoming};
use tokio::io::{AsyncRead, ReadBuf};

/// Room that hyper needs beyond the limit for the end of a head that was cut. Unit: bytes.
pub(super) const END_BYTES: usize = 16;
/// Lines of a head before the empty one: the request line, and as many fields as hyper takes.
const LINES_MAX: usize = 101;
/// Most that is read of a head before it is answered without its end: beyond 180 cookies of 4 KiB, which is what browsers keep.
/// Unit: bytes.
const THROWN_AWAY_MAX: usize = 1 << 20;
/// What is thrown away at once. Unit: bytes.
const PIECE_BYTES: usize = 4096;

/// The head of this request was longer than is read, and is not whole.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct HeadTooLarge;

/// Watches the heads of one connection as they are read. Its two sides, socket and service, are on one thread; the lock is
/// there because hyper may give the socket of an upgrade away.
pub(super) struct Heads {
    bytes_max: usize,
    watch: Mutex<Watch>,
}

#[derive(Debug, Default)]
struct Watch {
    stage: Stage,
    /// Bytes of this head.
    bytes: usize,
    /// Lines of this head.
    lines: usize,
    line: Line,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// A head comes.
    #[default]
    Head,
    /// What comes is no head, or nobody knows where the next begins.
    Rest,
    /// The rest of a head is thrown away; then these bytes end it.
    Cut(&'static [u8]),
    /// The head was cut and is over: nothing further is read.
    Over,
}

/// What there is of the line at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Nothing,
    /// Only the first half of its end.
    OnlyReturn,
    /// Something, and the first half of its end.
    Returned,
    Something,
}

impl Heads {
    /// Watches for heads of more than `bytes_max`.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, watch: Mutex::default() }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears that hyper has read a head, and marks the request when that was cut.
    pub(super) fn ended(&self, request: &mut Request<Incoming>) {
        let mut watch = self.watch();
        if watch.stage == Stage::Over {
            request.extensions_mut().insert(HeadTooLarge);
            return;
        }
        let is_followed_by_a_head =
            request.body().is_end_stream() && !request.headers().contains_key(header::UPGRADE);
        let stage = if is_followed_by_a_head { Stage::Head } else { Stage::Rest };
        *watch = Watch { stage, ..Watch::default() };
    }

    /// Reads for hyper.
    pub(super) fn poll_read<S: AsyncRead + Unpin>(
        &self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut watch = self.watch();
        if matches!(watch.stage, Stage::Head | Stage::Rest) {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut *stream).poll_read(cx, buffer))?;
            let Some(kept) = watch.cut(&buffer.filled()[before..], self.bytes_max) else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before + kept);
            if kept > 0 {
                return Poll::Ready(Ok(()));
            }
        }
        watch.throw_away(stream, cx, buffer)
    }
}

impl Watch {
    /// How much of a piece is kept when a head goes beyond a limit in it.
    fn cut(&mut self, piece: &[u8], bytes_max: usize) -> Option<usize> {
        let mut at = 0;
        while self.stage == Stage::Head && at < piece.len() {
            let rest = &piece[at..];
            let is_field = self.line == Line::Nothing && !matches!(rest[0], b'\r' | b'\n');
            let room = if is_field && self.lines == LINES_MAX { 0 } else { bytes_max - self.bytes };
            let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            if line <= room {
                self.take(&rest[..line]);
                at += line;
            } else if self.lines == 0 {
                self.stage = Stage::Rest;
            } else {
                self.take(&rest[..room]);
                // A line that was cut becomes a field whatever there is of it.
                self.stage = Stage::Cut(match self.line {
                    Line::Nothing => b"\r\n",
                    Line::OnlyReturn => b"\n",
                    Line::Returned => b"\n\r\n",
                    Line::Something => b":\r\n\r\n",
                });
                self.skip(&rest[room..]);
                return Some(at + room);
            }
        }
        None
    }

    /// Takes note of at most one line.
    fn take(&mut self, piece: &[u8]) {
        self.bytes += piece.len();
        let (text, is_ended) = match piece {
            [text @ .., b'\n'] => (text, true),
            text => (text, false),
        };
        let last = text.last();
        self.line = match (self.line, last) {
            (line, None) => line,
            (Line::Nothing, Some(b'\r')) if text.len() == 1 => Line::OnlyReturn,
            (_, Some(b'\r')) => Line::Returned,
            (_, Some(_)) => Line::Something,
        };
        if !is_ended {
            return;
        }
        let is_empty = matches!(self.line, Line::Nothing | Line::OnlyReturn);
        self.line = Line::Nothing;
        if !is_empty {
            self.lines += 1;
        } else if self.lines > 0 {
            // An empty line before the request line is none of the head.
            self.is_over();
        }
    }

    /// The empty line was read.
    fn is_over(&mut self) {
        if self.stage == Stage::Head {
            self.stage = Stage::Rest;
        } else {
            self.bytes = THROWN_AWAY_MAX;
        }
    }

    /// Takes note of what is thrown away.
    fn skip(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.bytes < THROWN_AWAY_MAX {
            let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            self.take(&rest[..line]);
            rest = &rest[line..];
        }
    }

    /// Reads to the end of a head that was cut, and ends it; after that reads without an end.
    fn throw_away<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.stage {
                Stage::Cut(end) if self.bytes >= THROWN_AWAY_MAX => {
                    buffer.put_slice(end);
                    *self = Self { stage: Stage::Over, ..Self::default() };
                    return Poll::Ready(Ok(()));
                }
                // The answer closes the connection; hyper must not take the visitor for gone before that.
                Stage::Over if self.bytes >= THROWN_AWAY_MAX => return Poll::Pending,
                _ => {}
            }
            let mut bytes = [0; PIECE_BYTES];
            let mut piece = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut piece))?;
            match (piece.filled(), self.stage) {
                ([], _) => return Poll::Ready(Ok(())),
                (piece, Stage::Over) => self.bytes += piece.len(),
                (piece, _) => self.skip(piece),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 200;

    /// What hyper gets of these pieces, and whether the head was cut.
    fn read(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let heads = Heads::new(LIMIT);
        let mut got = Vec::new();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for (index, piece) in pieces.iter().enumerate() {
            let is_last = index + 1 == pieces.len();
            let mut stream = Pieces(piece, is_last);
            loop {
                let mut bytes = [0; 512];
                let mut buffer = ReadBuf::new(&mut bytes);
                match heads.poll_read(&mut stream, &mut cx, &mut buffer) {
                    Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                        got.extend_from_slice(buffer.filled());
                    }
                    _ => break,
                }
            }
        }
        let is_cut = heads.watch().stage == Stage::Over;
        (got, is_cut)
    }

    /// A stream of one piece, which then ends or waits.
    struct Pieces<'a>(&'a [u8], bool);

    impl AsyncRead for Pieces<'_> {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let this = self.get_mut();
            if this.0.is_empty() && !this.1 {
                return Poll::Pending;
            }
            let (now, later) = this.0.split_at(this.0.len().min(buffer.remaining()));
            buffer.put_slice(now);
            this.0 = later;
            Poll::Ready(Ok(()))
        }
    }

    /// A head in pieces of that size, read whole.
    fn in_pieces(head: &[u8], size: usize) -> (Vec<u8>, bool) {
        read(&head.chunks(size).collect::<Vec<_>>())
    }

    #[test]
    fn a_head_within_the_limits_passes_as_it_is() {
        let fields = "a: b\r\n".repeat(30);
        let head = format!("\r\nGET / HTTP/1.1\r\n{}\r\n{}", &fields[..120], "body\n".repeat(300));
        for size in [1, 7, 100, 4096] {
            assert_eq!(in_pieces(head.as_bytes(), size), (head.clone().into_bytes(), false), "{size}");
        }
    }

    #[test]
    fn a_head_beyond_the_limit_ends_there_as_a_head() {
        for field in ["cookie: ".to_owned() + &"x".repeat(900), "y".repeat(900), "a: b\r\n".repeat(90)] {
            let head = format!("GET / HTTP/1.1\r\nhost: a\r\n{field}\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
            for size in [1, 7, 100, 4096] {
                let (got, is_cut) = in_pieces(head.as_bytes(), size);
                assert!(is_cut && got.len() <= LIMIT + END_BYTES, "{size}: {}", got.len());
                let text = String::from_utf8(got).unwrap();
                assert!(
                    text.ends_with("\r\n\r\n") && text.matches("\r\n\r\n").count() == 1,
                    "{size}: {text:?}"
                );
                assert!(!text.contains("smuggled"), "{size}: {text}");
            }
        }
    }

    #[test]
    fn a_request_line_beyond_the_limit_is_left_to_hyper() {
        let head = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(900));
        assert_eq!(in_pieces(head.as_bytes(), 100), (head.into_bytes(), false));
    }

    proptest! {
        #[test]
        fn how_a_head_is_cut_into_pieces_never_matters(text in "GET / HTTP/1.1\r\n([a-c:\r\n ]{0,30}\r?\n){0,12}\r\n", size in 1usize..40) {
            let (whole, pieces) = (in_pieces(text.as_bytes(), 4096), in_pieces(text.as_bytes(), size));
            prop_assert_eq!(whole, pieces);
        }
    }
}
