//! One connection to an origin. It has no task of its own: whoever holds it moves it, from within the visitor's
//! task, so a request wakes nobody else.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until};

use super::dial::Wire;
use super::upload::{Progress, State, Upload};

/// Largest head of an answer, and largest piece of a body read at once. Unit: bytes.
const ANSWER_BUFFER_BYTES_MAX: usize = 128 * 1024;

/// How long after its last request a connection is still in use.
const FRESH: Duration = Duration::from_secs(1);

/// A connection to an origin, idle or at work for one request.
pub(super) struct Link {
    /// Gives requests to the connection.
    pub(super) sender: http1::SendRequest<Upload>,
    /// How long the origin may still be silent.
    pub(super) patience: Patience,
    /// The body of the request at work.
    pub(super) progress: Option<Rc<Progress>>,
    /// When it was last put into the pool.
    pub(super) idle_since: Instant,
    /// How long it had lain in the pool when it was last taken out.
    pub(super) idle_for: Duration,
    /// How many requests it has carried.
    pub(super) uses: u32,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    has_ended: bool,
}

impl Link {
    /// Speaks HTTP/1.1 on an open wire.
    pub(super) async fn over(wire: Wire) -> hyper::Result<Self> {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(ANSWER_BUFFER_BYTES_MAX)
            .handshake::<_, Upload>(TokioIo::new(wire))
            .await?;
        Ok(Self {
            sender,
            patience: Patience::new(),
            progress: None,
            idle_since: Instant::now(),
            idle_for: Duration::ZERO,
            uses: 0,
            connection: Box::pin(connection.with_upgrades()),
            has_ended: false,
        })
    }

    /// Moves the connection as far as it goes; ready once it has ended.
    pub(super) fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_ended {
            return Poll::Ready(());
        }
        let ended = ready!(self.connection.as_mut().poll(cx));
        self.has_ended = true;
        if let Err(error) = ended {
            tracing::debug!(%error, "connection to the origin ended");
        }
        Poll::Ready(())
    }

    /// Whether another request can be sent now. Reads what the origin may have said meanwhile, such as its goodbye.
    pub(super) fn is_usable(&mut self, cx: &mut Context<'_>) -> bool {
        self.poll_drive(cx).is_pending() && matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())))
    }

    /// Whether it will hardly close at this moment: it has stayed open between requests before, and the last one was
    /// just now. Servers say when they close after an answer, and else keep idle connections for seconds.
    pub(super) fn is_steady(&self) -> bool {
        self.uses > 1 && self.idle_for < FRESH
    }

    /// Whether it is worth keeping: alive, and with no half-sent request on it.
    pub(super) fn is_clean(&self) -> bool {
        let is_sent = self.progress.as_ref().is_none_or(|progress| progress.state() == State::Done);
        is_sent && !self.has_ended && !self.sender.is_closed()
    }

    /// Moves the connection to its end: what is left to do once it was upgraded.
    pub(super) async fn finish(mut self) {
        std::future::poll_fn(|cx| self.poll_drive(cx)).await;
    }
}

/// A deadline that is cheap to put off: the timer behind it is only set anew when it fires early.
pub(super) struct Patience {
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new() -> Self {
        Self { deadline: Instant::now(), timer: None }
    }

    /// From now on, wait at most this long.
    pub(super) fn extend(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
    }

    /// Ready once the deadline has passed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline || timer.is_elapsed() {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}
