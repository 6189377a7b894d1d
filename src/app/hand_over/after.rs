//! The process that starts: finds the one before and takes everything over.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use zeroize::Zeroizing;

use super::super::AppError;
use super::place;
use super::wire::{PROTOCOL, Wire, Word};
use crate::counting::{SiteIndex, handover};
use crate::server::Inherited;
use crate::server::count::Hits;

/// The process before.
pub(in super::super) struct Predecessor {
    wire: Wire,
    visitors: Vec<Inherited>,
    operators: Vec<Inherited>,
}

/// Finds the process that runs with this store; where there is none, or it does not answer, this one is the first.
pub(in super::super) fn find(directory: &Path) -> Option<Predecessor> {
    let stream = match UnixStream::connect(place(directory)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return None;
        }
        Err(error) => {
            tracing::warn!(%error, "the process before, if there is one, cannot be reached");
            return None;
        }
    };
    greet(stream).unwrap_or_else(|error| {
        tracing::warn!(%error, "the process before does not hand over");
        None
    })
}

fn greet(stream: UnixStream) -> io::Result<Option<Predecessor>> {
    let Some(wire) = Wire::over(stream)? else { return Err(io::Error::other("it belongs to another user")) };
    wire.say(Word::Hello, &[PROTOCOL, &handover::format()].concat())?;
    let (mut visitors, mut operators) = (Vec::new(), Vec::new());
    loop {
        let said = wire.hear()?;
        let sockets = match said.word {
            Word::Visitors => &mut visitors,
            Word::Operators => &mut operators,
            Word::Ready => return Ok(Some(Predecessor { wire, visitors, operators })),
            _ => return Err(io::Error::other("it speaks another protocol")),
        };
        let address = std::str::from_utf8(&said.body).ok().and_then(|text| text.parse().ok());
        if let (Some(configured), Some(socket)) = (address, said.socket) {
            sockets.push(Inherited { configured, socket });
        }
    }
}

impl Predecessor {
    /// Its sockets for visitors.
    pub(in super::super) fn take_visitors(&mut self) -> Vec<Inherited> {
        std::mem::take(&mut self.visitors)
    }

    /// Its sockets for operators.
    pub(in super::super) fn take_operators(&mut self) -> Vec<Inherited> {
        std::mem::take(&mut self.operators)
    }

    /// What it knows; `None` where it cannot give it. From now on it counts nothing until [`commit`](Self::commit), or
    /// until this is dropped.
    pub(in super::super) fn take_state(&self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        self.wire.say(Word::Take, b"")?;
        let said = self.wire.hear()?;
        match said.word {
            Word::State => Ok(Some(said.body)),
            Word::Nothing => {
                let why = String::from_utf8_lossy(&said.body).into_owned();
                tracing::warn!(why, "the process before hands nothing over; a new key is drawn");
                Ok(None)
            }
            _ => Err(io::Error::other("it gave something else than what it knows")),
        }
    }

    /// From here on this process serves. Its last hits are counted here, on a thread of their own.
    pub(in super::super) fn commit(self, hits: Hits, sites: Vec<Arc<str>>) -> Result<LastHits, AppError> {
        self.wire
            .say(Word::Commit, b"")
            .and_then(|()| self.wire.expect(Word::Yours))
            .and_then(|_| self.wire.be_patient())
            .map_err(AppError::HandOver)?;
        let heard = self.wire.copy().map_err(AppError::HandOver)?;
        let thread = std::thread::Builder::new()
            .name("last-hits".into())
            .spawn(move || hear(&heard, &hits, &sites))
            .map_err(AppError::Thread)?;
        Ok(LastHits { wire: self.wire, thread })
    }
}

/// The thread that takes in the last hits of the process before.
pub(in super::super) struct LastHits {
    wire: Wire,
    thread: JoinHandle<()>,
}

impl LastHits {
    /// Waits for no further hit: this process ends itself.
    pub(in super::super) fn stop(self) {
        self.wire.hang_up();
        super::super::join(self.thread, "last-hits");
    }
}

fn hear(wire: &Wire, hits: &Hits, sites: &[Arc<str>]) {
    let index = |name: &str| {
        let at = sites.iter().position(|site| **site == *name)?;
        u16::try_from(at).ok().map(SiteIndex)
    };
    loop {
        match wire.hear() {
            Ok(said) if said.word == Word::Hit => match handover::unpack_hit(&said.body, index) {
                Ok(Some(hit)) => hits.hand_in(hit),
                Ok(None) => tracing::debug!("a last hit was of a site that is no longer there"),
                Err(error) => tracing::warn!(%error, "a last hit of the process before was lost"),
            },
            Ok(said) if said.word == Word::End => return tracing::info!("the process before has ended"),
            Ok(said) => return tracing::warn!(word = ?said.word, "the process before said something else"),
            Err(error) => return tracing::warn!(%error, "the process before ended early"),
        }
    }
}
