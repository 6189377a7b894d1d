//! A page on its way: the origin's body → decoded → in UTF-8 where it must be → rewritten → encoded, frame by frame, with
//! the visitor's pull as the only drive. When any step fails, the body ends in an error and the page is cut: it never passes raw.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};

use super::body::{Body, BodyError};
use super::encode::{Decoder, EncodeError, Encoder, Stop};
use super::reader::{ReadError, Reader};

/// Most coded bytes decoded at once, so that one step of a compression bomb stays a small one.
const CODED_BYTES_MAX: usize = 1024;

/// What became of a page, told once at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed whole, with this many tags held.
    Whole {
        /// Tags left inert.
        held: u32,
    },
    /// It was cut: the origin broke off, a coding was broken, or a tag had no end.
    Cut,
    /// The visitor went away first.
    Left,
}

/// A page's body. `tell` hears once what became of it, and which hosts its tags named as far as it was read.
pub struct PageBody<F: FnMut(Outcome, &[Box<str>]) + Unpin> {
    origin: Body,
    /// What was received and not yet taken in.
    received: Bytes,
    decoder: Decoder,
    reader: Reader,
    /// Gone when the page has ended.
    encoder: Option<Encoder>,
    tell: F,
}

impl<F: FnMut(Outcome, &[Box<str>]) + Unpin> PageBody<F> {
    /// Takes `origin`'s body through `reader`.
    pub fn new(origin: Body, decoder: Decoder, reader: Reader, encoder: Encoder, tell: F) -> Self {
        Self { origin, received: Bytes::new(), decoder, reader, encoder: Some(encoder), tell }
    }

    /// Takes in what was received, or a small piece of it when it is coded, and gives what the visitor gets for it.
    fn take_in(&mut self) -> Result<BytesMut, BodyError> {
        let mut page = BytesMut::with_capacity(self.received.len() + PAGE_ROOM);
        if self.decoder.is_identity() {
            let plain = std::mem::take(&mut self.received);
            self.reader.push(&plain, &mut page).map_err(cut)?;
        } else {
            let piece = self.received.split_to(self.received.len().min(CODED_BYTES_MAX));
            let (reader, mut failed) = (&mut self.reader, None);
            let decoded = self.decoder.decode(&piece, &mut |plain| {
                reader.push(plain, &mut page).map_err(|error| {
                    failed = Some(error);
                    Stop
                })
            });
            if let Some(error) = failed {
                return Err(cut(error));
            }
            decoded.map_err(cut)?;
        }
        self.encoded(page)
    }

    /// The origin's body is over, and so are its coding, the page and our coding.
    fn finish(&mut self) -> Result<BytesMut, BodyError> {
        self.decoder.end().map_err(cut)?;
        let mut page = BytesMut::with_capacity(PAGE_ROOM);
        self.reader.end(&mut page).map_err(cut)?;
        let mut last = self.encoded(page)?;
        if let Some(encoder) = self.encoder.take() {
            encoder.end(&mut last).map_err(cut)?;
        }
        (self.tell)(Outcome::Whole { held: self.reader.held() }, self.reader.hosts());
        Ok(last)
    }

    fn encoded(&mut self, page: BytesMut) -> Result<BytesMut, BodyError> {
        match &mut self.encoder {
            Some(encoder) if !page.is_empty() => {
                let mut coded = BytesMut::with_capacity(page.len() / 2);
                encoder.encode(&page, &mut coded).map_err(cut)?;
                Ok(coded)
            }
            _ => Ok(page),
        }
    }

    fn fail(&mut self, error: BodyError) -> BodyError {
        self.encoder = None;
        (self.tell)(Outcome::Cut, self.reader.hosts());
        error
    }
}

/// Room for what is inserted into a page.
const PAGE_ROOM: usize = 8 * 1024;

fn cut(error: impl Into<PageError>) -> BodyError {
    BodyError::Rewrite(Box::new(error.into()))
}

/// Why a page is cut.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Coding(#[from] EncodeError),
    #[error(transparent)]
    Text(#[from] ReadError),
}

impl<F: FnMut(Outcome, &[Box<str>]) + Unpin> HttpBody for PageBody<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        while this.encoder.is_some() {
            let made = if this.received.is_empty() {
                match ready!(Pin::new(&mut this.origin).poll_frame(context)) {
                    // Trailers speak of the origin's bytes, not of ours.
                    Some(Ok(frame)) => {
                        this.received = frame.into_data().unwrap_or_default();
                        continue;
                    }
                    Some(Err(error)) => Err(error),
                    None => this.finish(),
                }
            } else {
                this.take_in()
            };
            match made {
                Ok(page) if page.is_empty() => {}
                Ok(page) => return Poll::Ready(Some(Ok(Frame::data(page.freeze())))),
                Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none()
    }
}

impl<F: FnMut(Outcome, &[Box<str>]) + Unpin> Drop for PageBody<F> {
    fn drop(&mut self) {
        if self.encoder.is_some() {
            (self.tell)(Outcome::Left, self.reader.hosts());
        }
    }
}
