//! One body type for every message: what passes through, what we wrote, and what was rewritten on the way.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use super::link::Link;
use super::pool::Pool;

/// Most of an unwanted body that is read so that its connection can be used again. Unit: bytes. A page of a shop is under
/// 200 KiB; to read more costs more than a new connection.
const DISCARDED_BYTES_MAX: usize = 1 << 20;

/// The body of a request or an answer. Streams; reads no further than it is asked to.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes; `None` once they were given.
    Full(Option<Bytes>),
    /// What a visitor sends.
    Incoming(Incoming),
    /// What an origin sends.
    Origin(Box<FromOrigin>),
    /// What was made on the way.
    Stream(Stream),
}

/// A body that ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The visitor went away, or sent what is no body.
    #[error("the visitor's body broke off")]
    Visitor(#[source] hyper::Error),
    /// The origin went away, or sent what is no body.
    #[error("the origin's body broke off")]
    Origin(#[source] hyper::Error),
    /// The origin sent nothing for too long.
    #[error("the origin was silent for {limit_ms} ms within a body")]
    Idle {
        /// The setting that was reached. Unit: milliseconds.
        limit_ms: u128,
    },
    /// A page could not be rewritten further, so it is cut (never passed raw).
    #[error("the page could not be rewritten further")]
    Rewrite(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A body made on the way, behind one pointer.
pub struct Stream {
    body: Pin<Box<dyn HttpBody<Data = Bytes, Error = BodyError>>>,
    failure: Option<BodyError>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

/// An origin's body together with the connection it comes from. At its clean end the connection goes back to its
/// pool; dropped before, the connection is closed, for what is left on it belongs to nobody.
pub struct FromOrigin {
    incoming: Incoming,
    link: Option<Link>,
    pool: Rc<Pool>,
    idle_timeout: Duration,
    failure: Option<BodyError>,
}

impl fmt::Debug for FromOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromOrigin")
    }
}

impl Body {
    /// A body of these bytes.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::Empty } else { Self::Full(Some(bytes)) }
    }

    /// A visitor's body.
    pub fn incoming(incoming: Incoming) -> Self {
        if incoming.is_end_stream() { Self::Empty } else { Self::Incoming(incoming) }
    }

    /// A body made on the way.
    pub fn stream(body: impl HttpBody<Data = Bytes, Error = BodyError> + 'static) -> Self {
        Self::Stream(Stream { body: Box::pin(body), failure: None })
    }

    /// Reads to the end what nobody wants, aside from the request that it was for, so that the connection can be used
    /// again. A body that is too long, breaks off or stops costs its connection. Runs within a `LocalSet`.
    pub fn discard(self) {
        let Self::Origin(mut from_origin) = self else { return };
        tokio::task::spawn_local(async move {
            let mut bytes = 0;
            while bytes <= DISCARDED_BYTES_MAX {
                let frame = std::future::poll_fn(|cx| from_origin.poll_frame(cx)).await;
                let Some(Ok(frame)) = frame else { return };
                bytes += frame.data_ref().map_or(0, Bytes::len);
            }
        });
    }

    pub(super) fn from_origin(
        incoming: Incoming,
        link: Link,
        pool: Rc<Pool>,
        idle_timeout: Duration,
    ) -> Self {
        if incoming.is_end_stream() {
            pool.put(link);
            return Self::Empty;
        }
        Self::Origin(Box::new(FromOrigin { incoming, link: Some(link), pool, idle_timeout, failure: None }))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::full(bytes)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::full(text)
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::full(text)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Incoming(incoming) => Pin::new(incoming).poll_frame(cx).map_err(BodyError::Visitor),
            Self::Origin(from_origin) => {
                if let Some(failure) = from_origin.failure.take() {
                    return Poll::Ready(Some(Err(failure)));
                }
                let next = from_origin.poll_frame(cx);
                fail_last(next, &mut from_origin.failure, cx)
            }
            Self::Stream(stream) => {
                if let Some(failure) = stream.failure.take() {
                    return Poll::Ready(Some(Err(failure)));
                }
                let next = stream.body.as_mut().poll_frame(cx);
                fail_last(next, &mut stream.failure, cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_none(),
            Self::Incoming(incoming) => incoming.is_end_stream(),
            Self::Origin(from_origin) => {
                from_origin.failure.is_none() && from_origin.incoming.is_end_stream()
            }
            Self::Stream(stream) => stream.failure.is_none() && stream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Incoming(incoming) => incoming.size_hint(),
            Self::Origin(from_origin) => from_origin.incoming.size_hint(),
            Self::Stream(stream) => stream.body.size_hint(),
        }
    }
}

/// Has a failure wait for the next question. hyper drops what it has not sent yet when a body fails, and sends it when a
/// body has nothing for the moment: so the head and what came before the failure reach the visitor.
fn fail_last(
    next: Poll<Option<Result<Frame<Bytes>, BodyError>>>,
    failure: &mut Option<BodyError>,
    cx: &Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
    let Poll::Ready(Some(Err(error))) = next else { return next };
    *failure = Some(error);
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl FromOrigin {
    /// The next frame, moving the origin's connection from within the visitor's task: one task a request, no
    /// waking of another.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if self.link.is_none() && self.incoming.is_end_stream() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(next) = Pin::new(&mut self.incoming).poll_frame(cx) {
                return Poll::Ready(self.hand_on(next));
            }
            // Nothing can come any more once the connection has ended and its last word was read.
            let Some(link) = &mut self.link else { return Poll::Ready(None) };
            if link.poll_drive(cx).is_ready() {
                self.link = None;
                continue;
            }
            if let Poll::Ready(next) = Pin::new(&mut self.incoming).poll_frame(cx) {
                return Poll::Ready(self.hand_on(next));
            }
            ready!(link.patience.poll(cx));
            self.link = None;
            return Poll::Ready(Some(Err(BodyError::Idle { limit_ms: self.idle_timeout.as_millis() })));
        }
    }

    fn hand_on(
        &mut self,
        next: Option<Result<Frame<Bytes>, hyper::Error>>,
    ) -> Option<Result<Frame<Bytes>, BodyError>> {
        match next {
            Some(Ok(frame)) => {
                if self.incoming.is_end_stream() {
                    self.give_back();
                } else if let Some(link) = &mut self.link {
                    link.patience.extend(self.idle_timeout);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.link = None;
                Some(Err(BodyError::Origin(error)))
            }
            None => {
                self.give_back();
                None
            }
        }
    }

    fn give_back(&mut self) {
        if let Some(link) = self.link.take() {
            self.pool.put(link);
        }
    }
}

impl Drop for FromOrigin {
    fn drop(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }
}
