//! Sockets that listen: bound here, or inherited from the process before, and lent to the process after.
//!
//! A socket that two processes hold is one queue of connections; whichever accepts, serves. So nothing is refused and
//! nothing is lost while one process takes over from another: the queue never closes.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Door, ListenError};

/// Connections the kernel holds per listener until they are accepted.
const BACKLOG: u32 = 4096;

/// Most waiting connections still taken in when the door closes.
const LAST_ACCEPTS_MAX: usize = BACKLOG as usize;

/// A listening socket of the process before.
#[derive(Debug)]
pub struct Inherited {
    /// The address as the settings had it, where a port of 0 may stand.
    pub configured: SocketAddr,
    /// The socket.
    pub socket: OwnedFd,
}

/// A door that has its addresses and does not yet accept.
#[derive(Debug)]
pub struct Bound {
    pub(super) workers: Vec<Vec<Socket>>,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) shared: Shared,
}

/// A socket on its way to its worker.
#[derive(Debug)]
pub(super) struct Socket {
    configured: SocketAddr,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Bound(TcpSocket),
    Listening(std::net::TcpListener),
}

/// The sockets of an open door, for handing them over. They close with the door.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Vec<Inherited>>>);

impl Shared {
    fn of(workers: &[Vec<Socket>]) -> Result<Self, ListenError> {
        let copy = |socket: &Socket| Ok(Inherited { configured: socket.configured, socket: socket.copy()? });
        let sockets: io::Result<_> = workers.iter().flatten().map(copy).collect();
        Ok(Self(Arc::new(Mutex::new(sockets.map_err(ListenError::Worker)?))))
    }

    /// Copies of the sockets, for another process. None once the door was closed.
    pub fn copies(&self) -> io::Result<Vec<Inherited>> {
        let sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = |inherited: &Inherited| {
            let socket = inherited.socket.try_clone()?;
            Ok(Inherited { configured: inherited.configured, socket })
        };
        sockets.iter().map(copy).collect()
    }

    /// Lets go of the sockets, so that they close when the workers close theirs.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The sockets of each worker, and the addresses with their real ports. What was inherited for an address of the door
/// is used first, all of it: a socket that nobody accepts from would leave its visitors waiting. The rest is bound, one
/// socket a worker and address; an inherited one of another address is closed.
pub fn bind(door: Door) -> Result<Bound, ListenError> {
    let mut workers: Vec<Vec<Socket>> = (0..door.workers.max(1)).map(|_| Vec::new()).collect();
    let mut inherited = door.inherited;
    let mut addresses = Vec::with_capacity(door.addresses.len());
    for configured in door.addresses {
        let error = |source| ListenError::Bind { address: configured, source };
        let ours: Vec<_> = inherited.extract_if(.., |socket| socket.configured == configured).collect();
        let mut address = configured;
        let count = ours.len();
        for (number, inherited) in ours.into_iter().enumerate() {
            let listener = std::net::TcpListener::from(inherited.socket);
            address = listener.local_addr().map_err(error)?;
            listener.set_nonblocking(true).map_err(error)?;
            let worker = number % workers.len();
            workers[worker].push(Socket { configured, kind: Kind::Listening(listener) });
        }
        for worker in workers.iter_mut().skip(count) {
            let bound = bind_one(&mut address).map_err(error)?;
            worker.push(Socket { configured, kind: Kind::Bound(bound) });
        }
        addresses.push(address);
    }
    let shared = Shared::of(&workers)?;
    Ok(Bound { workers, addresses, shared })
}

/// Binds a socket. A port of 0 is replaced by the one given, so that the next worker binds the same.
fn bind_one(address: &mut SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(*address)?;
    *address = socket.local_addr()?;
    Ok(socket)
}

impl Socket {
    /// Listens, on the runtime of its worker.
    pub(super) fn open(self) -> Result<TcpListener, ListenError> {
        let error = |source| ListenError::Bind { address: self.configured, source };
        match self.kind {
            Kind::Bound(socket) => socket.listen(BACKLOG),
            Kind::Listening(listener) => TcpListener::from_std(listener),
        }
        .map_err(error)
    }

    fn copy(&self) -> io::Result<OwnedFd> {
        match &self.kind {
            Kind::Bound(socket) => socket.as_fd().try_clone_to_owned(),
            Kind::Listening(listener) => listener.as_fd().try_clone_to_owned(),
        }
    }
}

/// Connections that the kernel had taken before the door closed.
pub(super) fn last_accepts(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let waiting = std::iter::from_fn(|| listener.accept().ok()).take(LAST_ACCEPTS_MAX);
    let adopt = |(stream, peer): (std::net::TcpStream, _)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    };
    waiting.filter_map(adopt).collect()
}
