//! `consentry run`: serves until SIGTERM or SIGINT, or until a second start has taken over, then drains. SIGHUP reads the config again.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, failed, load};
use crate::app::{self, Running};
use crate::clock::{SystemClock, SystemEntropy};
use crate::{config, telemetry};

/// Serves with this config.
pub(super) fn run(path: &Path) -> Result<(), Failure> {
    let loaded = load(path)?;
    telemetry::start_log();
    app::hidden::hide();
    let signals = Signals::listen()?;
    let running =
        app::start(loaded.config, Arc::new(SystemClock), Arc::new(SystemEntropy)).map_err(failed)?;
    signals.until_told(&running, Some(path));
    running.stop();
    tracing::info!("stopped");
    Ok(())
}

/// What an operator says to the process. It is listened for before anything is served: a signal that came earlier would
/// end the process without its last batch.
pub(super) struct Signals {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let of = |kind| {
            let _inside = runtime.enter();
            signal(kind).map_err(failed)
        };
        let (terminate, interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
        let hang_up = of(SignalKind::hangup())?;
        Ok(Self { runtime, terminate, interrupt, hang_up })
    }

    /// Waits for SIGTERM, SIGINT, or another process that takes over; on SIGHUP the config at `path` is read again.
    pub(super) fn until_told(self, running: &Running, path: Option<&Path>) {
        let Self { runtime, mut terminate, mut interrupt, mut hang_up } = self;
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => return,
                    _ = interrupt.recv() => return,
                    () = running.given() => return,
                    _ = hang_up.recv() => reload(running, path),
                }
            }
        });
    }
}

/// A config with problems changes nothing: the gateway goes on with the old one and says what is wrong.
fn reload(running: &Running, path: Option<&Path>) {
    let Some(path) = path else { return };
    match config::load(path) {
        Err(report) => {
            running.note_reload(false);
            tracing::error!("the config was not reloaded:\n{report}");
        }
        Ok(loaded) => match running.reload(&loaded.config) {
            Ok(()) => tracing::info!("the config was reloaded"),
            Err(error) => tracing::error!(%error, "the config was not reloaded"),
        },
    }
}
