//! The process that runs: waits for a successor and gives it everything.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::watch;
use zeroize::Zeroizing;

use super::place;
use super::wire::{Wire, Word};
use crate::counting::handover;
use crate::server::Shared;

/// What the counting thread is told when another process asks: write all sums, pack what is known, and count nothing
/// until it is decided. A wire means that the other process has it: further hits go over it. None means go on.
pub(in super::super) struct Order {
    pub(in super::super) state: SyncSender<Zeroizing<Vec<u8>>>,
    pub(in super::super) outcome: Receiver<Wire>,
}

/// What a successor gets.
pub(in super::super) struct Holdings {
    pub(in super::super) visitors: Shared,
    pub(in super::super) operators: Shared,
    pub(in super::super) counting: SyncSender<Order>,
}

/// The thread that waits for a successor.
pub(in super::super) struct Successors {
    listener: Arc<UnixListener>,
    path: PathBuf,
    is_over: Arc<AtomicBool>,
    given: watch::Receiver<bool>,
    thread: JoinHandle<()>,
}

/// Waits for a successor at the store's directory. The socket takes the place of the one of the process before.
pub(in super::super) fn listen(directory: &Path, holdings: Holdings) -> io::Result<Successors> {
    let path = place(directory);
    let made = path.with_extension(format!("{}.sock", std::process::id()));
    // Left behind by a process that fell and had the same number.
    let _ = std::fs::remove_file(&made);
    let listener = Arc::new(UnixListener::bind(&made)?);
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&made, &path)?;
    let (tell, given) = watch::channel(false);
    let is_over = Arc::new(AtomicBool::new(false));
    let (heard, told) = (listener.clone(), is_over.clone());
    let thread = std::thread::Builder::new()
        .name("hand-over".into())
        .spawn(move || wait(&heard, &told, &holdings, &tell))?;
    Ok(Successors { listener, path, is_over, given, thread })
}

impl Successors {
    /// Ready once a successor has everything: then this process is to stop.
    pub(in super::super) fn given(&self) -> watch::Receiver<bool> {
        self.given.clone()
    }

    /// Waits for no successor any more.
    pub(in super::super) fn stop(self) {
        self.is_over.store(true, Ordering::Release);
        // Wakes the thread out of its waiting; where it has ended there is nobody to wake.
        let _ = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both);
        if !*self.given.borrow()
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the socket of the hand-over was not removed");
        }
        super::super::join(self.thread, "hand-over");
    }
}

fn wait(listener: &UnixListener, is_over: &AtomicBool, holdings: &Holdings, given: &watch::Sender<bool>) {
    while !is_over.load(Ordering::Acquire) {
        let Ok((stream, _)) = listener.accept() else {
            if !is_over.load(Ordering::Acquire) {
                tracing::error!("no other process can take over any more; a restart begins a new key");
            }
            return;
        };
        match Wire::over(stream).and_then(|wire| wire.map_or(Ok(false), |wire| give(&wire, holdings))) {
            Ok(true) => {
                tracing::info!("another process has taken over");
                given.send_replace(true);
                return;
            }
            Ok(false) => {
                tracing::warn!("a process of another user, or of another kind, asked for what is known");
            }
            Err(error) => tracing::warn!(%error, "the process that was to take over went away; going on"),
        }
    }
}

/// Gives a successor everything; false when it is none.
fn give(wire: &Wire, holdings: &Holdings) -> io::Result<bool> {
    let hello = wire.expect(Word::Hello)?;
    let Some(format) = hello.body.strip_prefix(super::wire::PROTOCOL) else { return Ok(false) };
    for (word, shared) in [(Word::Visitors, &holdings.visitors), (Word::Operators, &holdings.operators)] {
        for inherited in shared.copies()? {
            wire.say_with(word, inherited.configured.to_string().as_bytes(), &inherited.socket)?;
        }
    }
    wire.say(Word::Ready, b"")?;
    wire.expect(Word::Take)?;
    if *format != handover::format() {
        wire.say(Word::Nothing, b"its version counts in another way")?;
        return commit(wire).map(|()| true);
    }
    let (state, packed) = sync_channel(1);
    let (decide, outcome) = sync_channel(1);
    let is_told = holdings.counting.send(Order { state, outcome }).is_ok();
    let Some(packed) = packed.recv().ok().filter(|_| is_told) else {
        wire.say(Word::Nothing, b"its counts could not be written")?;
        return commit(wire).map(|()| true);
    };
    wire.say(Word::State, &packed)?;
    drop(packed);
    commit(wire)?;
    decide.send(wire.copy()?).map_err(|_| io::Error::other("the counting thread has ended"))?;
    Ok(true)
}

/// From here on the successor serves.
fn commit(wire: &Wire) -> io::Result<()> {
    wire.expect(Word::Commit)?;
    wire.say(Word::Yours, b"")
}
