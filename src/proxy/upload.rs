//! A request's body on its way to the origin, watched so that a silent visitor and a silent origin can be told
//! apart.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::body::{Body, BodyError};

/// What the origin's connection reads a request's body from.
#[derive(Debug)]
pub(super) struct Upload {
    body: Body,
    progress: Option<Rc<Progress>>,
}

/// How far a request's body has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    has_moved: Cell<bool>,
    state: Cell<State>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// The origin has not taken what it was given.
    #[default]
    OriginsTurn,
    /// The visitor has not sent more.
    VisitorsTurn,
    /// All is given.
    Done,
}

impl Upload {
    /// Watches `body`; nothing is kept for an empty one.
    pub(super) fn new(body: Body) -> (Self, Option<Rc<Progress>>) {
        let progress = if body.is_end_stream() { None } else { Some(Rc::new(Progress::default())) };
        (Self { body, progress: progress.clone() }, progress)
    }

    /// The body again, when none of it was taken.
    pub(super) fn into_body(self) -> Body {
        self.body
    }
}

impl Progress {
    /// Whether anything moved since this was last asked.
    pub(super) fn take_moved(&self) -> bool {
        self.has_moved.take()
    }

    /// Whose turn it is.
    pub(super) fn state(&self) -> State {
        self.state.get()
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Some(progress) = &this.progress {
            progress.has_moved.set(progress.has_moved.get() || polled.is_ready());
            progress.state.set(match &polled {
                Poll::Pending => State::VisitorsTurn,
                Poll::Ready(None) => State::Done,
                Poll::Ready(Some(_)) if this.body.is_end_stream() => State::Done,
                Poll::Ready(Some(_)) => State::OriginsTurn,
            });
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
