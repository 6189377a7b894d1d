//! A page on its way: the origin's body → decoded → in UTF-8 where it must be → rewritten → encoded, frame by frame, with
//! the visitor's pull as the only drive, but for what is read ahead ([`PageBody::read_ahead`]). What the rewriter decides is
//! encoded where it lies. When any step fails, what was decided before it is given, the body ends in an error and the page
//! is cut: it never passes raw.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body::{Body as HttpBody, Frame};

use super::body::{Body, BodyError};
use super::encode::{Decoder, EncodeError, Encoder};
use super::reader::{ReadError, Reader};
use super::rewrite::HeldCounts;
use crate::policy::markup::Named;

/// What is told of a page on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// It asks: its banner was put in, in the language of this index. At most once, before the visitor has it.
    Asks(usize),
    /// It is over; its tags named these hosts as far as it was read. Once.
    Over(Outcome, &'a [Named]),
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed whole, with this many tags held.
    Whole {
        /// Tags left inert.
        held: u32,
        /// Tags too long to wait for, decided on attribute by attribute.
        long: u32,
    },
    /// It was cut: the origin broke off, a coding was broken, or its markup cannot be read.
    Cut,
    /// The visitor went away first.
    Left,
}

/// What becomes of a body in which there is not a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// It is a page like any other.
    IsPage,
    /// Nothing is put in.
    Stays,
}

/// A page's body. `tell` hears of it while it passes.
pub struct PageBody<F: FnMut(Told<'_>) + Unpin> {
    origin: Body,
    /// What was received and not yet taken in.
    received: Bytes,
    decoder: Decoder,
    /// May the decoder give more of what it has taken in?
    has_more: bool,
    reader: Reader,
    /// Has any of the page been read?
    has_begun: bool,
    nothing: Nothing,
    /// Why nothing more comes, once what was decided before is given.
    failure: Option<BodyError>,
    /// Gone when the page has ended.
    encoder: Option<Encoder>,
    /// Was it told that the page asks?
    has_asked: bool,
    /// What was made before it was asked for.
    ahead: VecDeque<Result<Bytes, BodyError>>,
    tell: F,
}

impl<F: FnMut(Told<'_>) + Unpin> PageBody<F> {
    /// Takes `origin`'s body through `reader`.
    pub fn new(origin: Body, decoder: Decoder, reader: Reader, encoder: Encoder, tell: F) -> Self {
        Self {
            origin,
            received: Bytes::new(),
            decoder,
            has_more: false,
            reader,
            has_begun: false,
            nothing: Nothing::IsPage,
            failure: None,
            encoder: Some(encoder),
            has_asked: false,
            ahead: VecDeque::new(),
            tell,
        }
    }

    /// Says what becomes of a body without a byte; else it is a page.
    #[must_use]
    pub fn of_nothing(mut self, nothing: Nothing) -> Self {
        self.nothing = nothing;
        self
    }

    /// Makes what it can of the page before the visitor asks for it: to its end, until there are `bytes_max` and what the last
    /// piece adds, or until `wait_max` is over.
    pub async fn read_ahead(&mut self, bytes_max: usize, wait_max: Duration) {
        let mut bytes = 0;
        let reading = poll_fn(|context| {
            while bytes < bytes_max
                && let Some(made) = ready!(self.make(context))
            {
                bytes += made.as_ref().map_or(0, Bytes::len);
                self.ahead.push_back(made);
            }
            Poll::Ready(())
        });
        // What there is by then is given first, and the rest as it comes.
        let _is_whole = tokio::time::timeout(wait_max, reading).await;
    }

    /// The hosts that its tags named, as far as it was read.
    pub fn hosts(&self) -> &[Named] {
        self.reader.hosts()
    }

    /// Takes in what was received, one step of it when it is coded, and gives what the visitor gets for it.
    fn take_in(&mut self) -> Result<Bytes, BodyError> {
        let read = self.read();
        self.settle(read)
    }

    fn read(&mut self) -> Result<(), PageError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        if self.decoder.is_identity() {
            let plain = std::mem::take(&mut self.received);
            encoder.make_room(plain.len() + PAGE_ROOM);
            self.has_begun |= !plain.is_empty();
            return Ok(self.reader.push(&plain, encoder)?);
        }
        let mut rest = &self.received[..];
        let plain = self.decoder.step(&mut rest)?;
        let done = self.received.len() - rest.len();
        self.has_more = !plain.is_empty();
        if self.has_more {
            self.has_begun = true;
            encoder.make_room(plain.len() + PAGE_ROOM);
            self.reader.push(plain, encoder)?;
        }
        self.received.advance(done);
        Ok(())
    }

    /// The origin's body is over, and so are its coding, the page and our coding.
    fn finish(&mut self) -> Result<Bytes, BodyError> {
        if let Err(error) = self.read_end() {
            return self.settle(Err(error));
        }
        self.tell_if_asked();
        let last = self.encoder.take().map_or(Ok(Bytes::new()), Encoder::end).map_err(cut)?;
        let HeldCounts { tags, long_tags, .. } = self.reader.held();
        (self.tell)(Told::Over(Outcome::Whole { held: tags, long: long_tags }, self.reader.hosts()));
        Ok(last)
    }

    fn read_end(&mut self) -> Result<(), PageError> {
        self.decoder.end()?;
        if self.nothing == Nothing::Stays && !self.has_begun {
            return Ok(());
        }
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        Ok(self.reader.end(encoder)?)
    }

    /// Gives what was decided. When the page could not be read further, the failure comes after it.
    fn settle(&mut self, read: Result<(), PageError>) -> Result<Bytes, BodyError> {
        if let Err(error) = read {
            if let PageError::Coding(_) = error {
                self.end_early();
            }
            self.failure = Some(cut(error));
        }
        self.encoded()
    }

    /// The origin broke off: what came of the page, then the failure.
    fn break_off(&mut self, error: BodyError) -> Result<Bytes, BodyError> {
        self.end_early();
        self.failure = Some(error);
        self.encoded()
    }

    /// No more of the page can come, so what waits for more of it is decided on. That it cannot be read further then is
    /// nothing new: the page is cut either way.
    fn end_early(&mut self) {
        if self.has_begun
            && let Some(encoder) = &mut self.encoder
            && self.reader.end(encoder).is_err()
        {
            self.has_more = false;
        }
    }

    fn encoded(&mut self) -> Result<Bytes, BodyError> {
        self.tell_if_asked();
        self.encoder.as_mut().map_or(Ok(Bytes::new()), Encoder::flush).map_err(cut)
    }

    fn tell_if_asked(&mut self) {
        if !self.has_asked
            && let Some(language) = self.reader.asks_in()
        {
            self.has_asked = true;
            (self.tell)(Told::Asks(language));
        }
    }

    /// The next piece for the visitor.
    fn make(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        while self.encoder.is_some() {
            let made = if let Some(failure) = self.failure.take() {
                Err(failure)
            } else if self.received.is_empty() && !self.has_more {
                match ready!(Pin::new(&mut self.origin).poll_frame(context)) {
                    // Trailers speak of the origin's bytes, not of ours.
                    Some(Ok(frame)) => {
                        self.received = frame.into_data().unwrap_or_default();
                        continue;
                    }
                    Some(Err(error)) => self.break_off(error),
                    None => self.finish(),
                }
            } else {
                self.take_in()
            };
            match made {
                Ok(page) if page.is_empty() => {}
                Ok(page) => return Poll::Ready(Some(Ok(page))),
                Err(error) => return Poll::Ready(Some(Err(self.fail(error)))),
            }
        }
        Poll::Ready(None)
    }

    fn fail(&mut self, error: BodyError) -> BodyError {
        self.encoder = None;
        (self.tell)(Told::Over(Outcome::Cut, self.reader.hosts()));
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

impl<F: FnMut(Told<'_>) + Unpin> HttpBody for PageBody<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let made = match self.ahead.pop_front() {
            Some(made) => Some(made),
            None => ready!(self.make(context)),
        };
        Poll::Ready(made.map(|made| made.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none() && self.ahead.is_empty()
    }
}

impl<F: FnMut(Told<'_>) + Unpin> Drop for PageBody<F> {
    fn drop(&mut self) {
        if self.encoder.is_some() {
            (self.tell)(Told::Over(Outcome::Left, self.reader.hosts()));
        }
    }
}

#[cfg(test)]
mod tests;
