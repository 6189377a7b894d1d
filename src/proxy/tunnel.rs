//! What passes after a change of protocol: bytes both ways, until one side ends or both are silent.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};

/// Joins the two sides once both have changed their protocol, and keeps them joined.
pub(super) async fn join(visitor: OnUpgrade, origin: OnUpgrade, idle_timeout: Duration) {
    // One after the other is enough: each is told by a task of its own.
    let (visitor, origin) = match (visitor.await, origin.await) {
        (Ok(visitor), Ok(origin)) => (visitor, origin),
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!(%error, "a change of protocol was not completed");
            return;
        }
    };
    let has_moved = Rc::new(Cell::new(false));
    let mut visitor = Watched { inner: TokioIo::new(visitor), has_moved: Rc::clone(&has_moved) };
    let mut origin = Watched { inner: TokioIo::new(origin), has_moved: Rc::clone(&has_moved) };
    let mut copying = std::pin::pin!(copy_bidirectional(&mut visitor, &mut origin));
    loop {
        match tokio::time::timeout(idle_timeout, copying.as_mut()).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a tunnel broke");
                return;
            }
            Err(_) if has_moved.take() => {}
            Err(_) => {
                tracing::debug!("a tunnel was silent for too long");
                return;
            }
        }
    }
}

/// One side of a tunnel, which notes that bytes moved.
struct Watched<T> {
    inner: T,
    has_moved: Rc<Cell<bool>>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buffer);
        if polled.is_ready() {
            this.has_moved.set(true);
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write(cx, bytes);
        if polled.is_ready() {
            this.has_moved.set(true);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
