//! A thread that does something in rounds until it is told to stop.

use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::AppError;

/// What a round waits for beside its own time: ready once the thread is to end.
pub(super) type Stopped = oneshot::Receiver<()>;

/// The running thread.
pub(super) struct Thread {
    name: &'static str,
    handle: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// Starts it; `run` makes its first round at once, and ends when it is told to.
pub(super) fn start<F>(
    name: &'static str,
    run: impl FnOnce(Stopped) -> F + Send + 'static,
) -> Result<Thread, AppError>
where
    F: Future<Output = ()>,
{
    let (stop, stopped) = oneshot::channel();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(AppError::Thread)?;
    let handle = std::thread::Builder::new()
        .name(name.into())
        .spawn(move || runtime.block_on(run(stopped)))
        .map_err(AppError::Thread)?;
    Ok(Thread { name, handle, stop })
}

impl Thread {
    /// Tells it to stop, and waits for its end.
    pub(super) fn join(self) {
        drop(self.stop);
        super::join(self.handle, self.name);
    }
}
