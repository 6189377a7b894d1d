//! From one process to the next without a lost request or a doubled visitor.
//!
//! A process that runs listens on a socket in its store's directory, for its own user alone. Another that is started
//! with the same settings finds it there, and they speak:
//!
//! ```text
//! after   hello: what I can read            before  here are the sockets I listen on
//! after   give me what you know             before  (writes its sums) keys, visits, who was seen
//! after   I have it and can start           before  it is yours (stops accepting)
//!         (serves)                          before  hits of requests that were still open … end
//! ```
//!
//! Until *it is yours* is said the process before goes on serving, and if the other falls it goes on counting, too. What
//! is known travels from memory to memory. Where the two do not understand each other, or there is nobody, a new key
//! is drawn, and answers about the day say so.

mod after;
mod before;
mod wire;

pub(super) use after::{LastHits, Predecessor, find};
pub(super) use before::{Order, Successors};
pub(super) use wire::{Wire, Word};

use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;

use self::before::{Holdings, listen};
use super::AppError;
use crate::clock::Clock;
use crate::config::Config;
use crate::counting::Counter;
use crate::server::{Bound, Door, ListenError, Serving, bind};
use crate::store::StoreError;
use crate::store::key_log::KeyLog;

/// Where a process can be found by the next.
fn place(directory: &Path) -> PathBuf {
    directory.join("hand-over.sock")
}

/// What is listened with.
pub(super) struct Doors {
    pub(super) visitors: Bound,
    pub(super) operators: Bound,
}

/// Binds what is not inherited from the process before.
pub(super) fn bind_doors(
    config: &Config,
    mut before: Option<&mut Predecessor>,
) -> Result<Doors, ListenError> {
    let inherited = before.as_mut().map(|before| before.take_visitors()).unwrap_or_default();
    let addresses = config.server.http.clone();
    let visitors = bind(Door { addresses, workers: config.server.workers, inherited })?;
    let inherited = before.map(Predecessor::take_operators).unwrap_or_default();
    let operators = bind(Door { addresses: vec![config.server.admin], workers: 1, inherited })?;
    Ok(Doors { visitors, operators })
}

/// Takes over what the process before knows. One that goes away meanwhile has fallen, and this one is the first.
pub(super) fn take_over(
    before: Option<Predecessor>,
    counter: &mut Counter,
) -> Result<Option<Predecessor>, AppError> {
    let Some(before) = before else { return Ok(None) };
    match before.take_state() {
        Ok(None) => {}
        Ok(Some(state)) => {
            counter.take_over(&state).map_err(|error| AppError::HandOver(std::io::Error::other(error)))?;
        }
        Err(error) => {
            tracing::warn!(%error, "the process before went away; a new key is drawn");
            return Ok(None);
        }
    }
    Ok(Some(before))
}

/// Lets a later process take over. Where that cannot be, a restart begins a new key.
pub(super) fn await_successors(
    config: &Config,
    visitors: &Serving,
    operators: &Serving,
    counting: SyncSender<Order>,
) -> Option<Successors> {
    let holdings = Holdings { visitors: visitors.shared(), operators: operators.shared(), counting };
    let listening = listen(&config.store.path, holdings);
    if let Err(error) = &listening {
        tracing::warn!(%error, "no other process can take over; a restart begins a new key");
    }
    listening.ok()
}

/// Keys of which the log knows no end were held by a process that fell, unless one hands over now.
pub(super) fn close_lost(log: &KeyLog, clock: &dyn Clock, is_handed_over: bool) -> Result<(), StoreError> {
    if is_handed_over {
        return Ok(());
    }
    let lost = log.close_lost(clock.now())?;
    if lost > 0 {
        tracing::warn!(keys = lost, "the process before ended without a word; its keys are gone");
    }
    Ok(())
}
