//! The thread that all connections to the server live on.
//!
//! A connection belongs to the runtime that opened it. Batches and questions come from different threads, each with a
//! runtime that sleeps at times; on one that never does, both can share connections and no answer waits for a sleeper.

use std::io;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::super::StoreError;

/// A runtime on a thread of its own.
pub(super) struct Engine {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    pub(super) fn start() -> Result<Self, StoreError> {
        let failed = |source: io::Error| StoreError::File { path: "a thread".into(), source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("clickhouse".into()).spawn(move || {
            // An error is the sender's end, which means the same.
            let _ = runtime.block_on(stopped);
        });
        Ok(Self { handle, stop: Some(stop), thread: Some(thread.map_err(failed)?) })
    }

    /// Does `work` on the thread. Work whose caller went away is still done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.handle.spawn(work).await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panic_was_reported_by_the_thread = thread.join();
        }
    }
}
