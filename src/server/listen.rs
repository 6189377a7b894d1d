//! Doors and workers: each worker is a thread with a runtime, listeners and a service of its own. The kernel
//! spreads connections over the workers (`SO_REUSEPORT`); they share a count of open connections and the word to
//! stop.

mod heads;
mod sockets;
mod watched;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use self::heads::END_BYTES;
use self::sockets::{Socket, last_accepts};
use self::watched::Watched;
use super::Settings;
use super::patient::Patient;
use crate::counting::wipe_stack;
use crate::proxy::Body;

pub(super) use self::heads::HeadTooLarge;
pub use self::sockets::{Bound, Inherited, Shared, bind};

/// Least head hyper can be told to hold. Unit: bytes.
const HEAD_BYTES_MIN: usize = 8192;

/// How long a connection that has not asked for anything yet may still do so when the door closes: who has just
/// connected is about to ask, and would see the end of the connection as a failure.
const FIRST_REQUEST_WAIT: Duration = Duration::from_secs(1);

/// Pause after the process or the system had no more room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often a worker wipes what requests left on its stack. The next ones write over it, where any come.
const WIPE_EVERY: Duration = Duration::from_secs(10);

/// Where to listen, and with how many workers.
#[derive(Debug)]
pub struct Door {
    /// Addresses; a port of 0 becomes a free one, the same for all workers.
    pub addresses: Vec<SocketAddr>,
    /// Threads.
    pub workers: usize,
    /// Sockets that listen already: those of the process before, which nobody who knocks notices.
    pub inherited: Vec<Inherited>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address cannot be taken.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A worker cannot be started.
    #[error("a worker could not be started")]
    Worker(#[source] io::Error),
}

/// A door that is open. Dropping it closes it without waiting.
#[derive(Debug)]
pub struct Serving {
    addresses: Vec<SocketAddr>,
    shared: Shared,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
}

impl Serving {
    /// The addresses listened on, with their real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Closes the door: no further connection, and each open one ends after the request it is at. Returns at once.
    pub fn shutdown(&self) {
        self.shared.close();
        self.stop.send_replace(true);
    }

    /// What it listens with, to be handed to another process.
    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// Waits until all workers have ended. Blocks; call [`shutdown`](Self::shutdown) first.
    pub fn join(mut self) {
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::error!("a worker panicked");
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Opens a door that was bound and serves what comes in. Returns once every worker listens.
///
/// `make(worker)` is called on each worker's thread, inside its runtime; what it returns is called
/// with the peer's address for each connection and gives the service for all requests on it. Neither service nor
/// future need be `Send`. Requests hyper cannot read are answered by it (400, 414) and never get here. One whose head is
/// longer than is read comes with the mark `HeadTooLarge`: it is not whole, and is to be refused.
pub fn serve<M, C, S>(bound: Bound, settings: &Settings, make: M) -> Result<Serving, ListenError>
where
    M: Fn(usize) -> C + Clone + Send + 'static,
    C: Fn(SocketAddr) -> S + 'static,
    S: tower::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
{
    let (stop, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(settings.connections_max.min(Semaphore::MAX_PERMITS)));
    let (started, starts) = mpsc::channel();
    let Bound { workers: sockets, addresses, shared } = bound;
    let mut serving = Serving { addresses, shared, stop, workers: Vec::new() };
    for (number, sockets) in sockets.into_iter().enumerate() {
        let worker = Worker {
            stopped: stopped.clone(),
            room: Arc::clone(&room),
            http: http_settings(settings),
            head_bytes_max: head_bytes_max(settings),
            drain_timeout: settings.drain_timeout,
        };
        let (make, started) = (make.clone(), started.clone());
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || run(worker, sockets, move || make(number), &started))
            .map_err(ListenError::Worker)?;
        serving.workers.push(thread);
    }
    drop(started);
    for _ in 0..serving.workers.len() {
        let gone = || ListenError::Worker(io::Error::other("it ended before it listened"));
        starts.recv().map_err(|_| gone())??;
    }
    Ok(serving)
}

fn http_settings(settings: &Settings) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_buf_size(head_bytes_max(settings) + END_BYTES);
    http
}

fn head_bytes_max(settings: &Settings) -> usize {
    settings.head_bytes_max.max(HEAD_BYTES_MIN)
}

/// What one worker was told.
struct Worker {
    stopped: watch::Receiver<bool>,
    room: Arc<Semaphore>,
    http: http1::Builder,
    head_bytes_max: usize,
    drain_timeout: Duration,
}

/// A worker's thread, from its runtime to its last connection.
fn run<C, S>(
    worker: Worker,
    sockets: Vec<Socket>,
    make: impl FnOnce() -> C,
    started: &mpsc::Sender<Result<(), ListenError>>,
) where
    C: Fn(SocketAddr) -> S + 'static,
    S: tower::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
{
    let runtime = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
        Ok(runtime) => runtime,
        Err(error) => return report(started, Err(ListenError::Worker(error))),
    };
    runtime.block_on(async {
        let factory = make();
        match sockets.into_iter().map(Socket::open).collect::<Result<Vec<_>, _>>() {
            Ok(listeners) => {
                report(started, Ok(()));
                worker.serve(listeners, factory).await;
            }
            Err(error) => report(started, Err(error)),
        }
    });
}

fn report(started: &mpsc::Sender<Result<(), ListenError>>, start: Result<(), ListenError>) {
    if started.send(start).is_err() {
        tracing::debug!("nobody waits for this worker any more");
    }
}

impl Worker {
    /// Accepts until told to stop, then drains.
    async fn serve<C, S>(self, listeners: Vec<TcpListener>, factory: C)
    where
        C: Fn(SocketAddr) -> S + 'static,
        S: tower::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
    {
        let mut connections = JoinSet::new();
        // The connections hear of the end from their own worker, once its listeners are closed.
        let (close, has_closed) = watch::channel(false);
        let is_closing = Rc::new(Cell::new(false));
        let mut turn = 0;
        let mut stopped = self.stopped.clone();
        let mut stopping = pin!(is_told(&mut stopped));
        let mut wiping = tokio::time::interval(WIPE_EVERY);
        loop {
            tokio::select! {
                biased;
                () = &mut stopping => break,
                Some(ended) = connections.join_next(), if !connections.is_empty() => note(ended),
                accepted = self.accept(&listeners, &mut turn) => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn_local(self.converse(stream, factory(peer), has_closed.clone(), is_closing.clone()));
                    }
                    Err(error) => pause_after(&error).await,
                },
                _ = wiping.tick() => wipe_stack(),
            }
        }
        for (stream, peer) in listeners.into_iter().flat_map(last_accepts) {
            connections.spawn_local(self.converse(
                stream,
                factory(peer),
                has_closed.clone(),
                is_closing.clone(),
            ));
        }
        is_closing.set(true);
        close.send_replace(true);
        let drained = async {
            while let Some(ended) = connections.join_next().await {
                note(ended);
            }
        };
        if tokio::time::timeout(self.drain_timeout, drained).await.is_err() {
            tracing::warn!(connections = connections.len(), "connections were cut at the end of the drain");
        }
    }

    /// The next connection, once there is room for one. Several workers may see the same last room: each then
    /// holds one connection more, unread, until there is room.
    async fn accept(
        &self,
        listeners: &[TcpListener],
        turn: &mut usize,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        drop(self.room.acquire().await.map_err(io::Error::other)?);
        poll_fn(|cx| poll_accept(listeners, turn, cx)).await
    }

    /// One connection, from its first request to its last.
    fn converse<S>(
        &self,
        stream: TcpStream,
        service: S,
        mut has_closed: watch::Receiver<bool>,
        is_closing: Rc<Cell<bool>>,
    ) -> impl Future<Output = ()> + 'static
    where
        S: tower::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
    {
        let (http, room, bytes_max) = (self.http.clone(), Arc::clone(&self.room), self.head_bytes_max);
        let early_permit = Arc::clone(&room).try_acquire_owned().ok();
        async move {
            let _permit = match early_permit {
                Some(permit) => Some(permit),
                None => room.acquire_owned().await.ok(),
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection ended before it began");
                return;
            }
            let has_asked = Rc::new(Cell::new(false));
            let asks = has_asked.clone();
            let (heads, stream) = Watched::new(Patient::new(stream), bytes_max);
            let service = hyper::service::service_fn(move |mut request| {
                asks.set(true);
                heads.ended(&mut request);
                service.clone().oneshot(request)
            });
            let connection = http.serve_connection(TokioIo::new(stream), service);
            let mut connection = pin!(connection.with_upgrades());
            let mut told = pin!(is_told(&mut has_closed));
            let mut listens = false;
            // The word wakes this task whenever it is given, so it is listened for once and not at each wake.
            let ended = poll_fn(|cx| {
                if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Some(ended));
                }
                if listens && !is_closing.get() {
                    return Poll::Pending;
                }
                listens = true;
                told.as_mut().poll(cx).map(|()| None)
            })
            .await;
            let ended = match ended {
                None => first_request(connection.as_mut(), &has_asked).await,
                ended => ended,
            };
            let ended = if let Some(ended) = ended {
                ended
            } else {
                connection.as_mut().graceful_shutdown();
                connection.await
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

/// Waits for what a visitor who has just connected asks for; how the connection ended, if it did before.
async fn first_request<F: Future>(mut connection: Pin<&mut F>, has_asked: &Cell<bool>) -> Option<F::Output> {
    let first = poll_fn(|cx| match connection.as_mut().poll(cx) {
        Poll::Pending if has_asked.get() => Poll::Ready(None),
        ended => ended.map(Some),
    });
    tokio::time::timeout(FIRST_REQUEST_WAIT, first).await.ok().flatten()
}

/// Ready once the word was given, or nobody can give it any more.
async fn is_told(word: &mut watch::Receiver<bool>) {
    if word.wait_for(|is_said| *is_said).await.is_err() {
        tracing::debug!("the word to stop can no longer be given, which is the same");
    }
}

/// The listeners in turn, so that none starves another.
fn poll_accept(
    listeners: &[TcpListener],
    turn: &mut usize,
    cx: &mut Context<'_>,
) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
    for _ in 0..listeners.len() {
        *turn = (*turn + 1) % listeners.len();
        if let Poll::Ready(accepted) = listeners[*turn].poll_accept(cx) {
            return Poll::Ready(accepted);
        }
    }
    Poll::Pending
}

/// A connection that was gone before it was accepted is nothing; having no room left is worth a pause.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        return;
    }
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection's task panicked");
    }
}

#[cfg(test)]
mod tests;
