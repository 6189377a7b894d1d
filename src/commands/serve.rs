//! `consentry run`: serves until SIGTERM or SIGINT, or until a second start has taken over, then drains. SIGHUP reads the config again.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, failed, load};
use crate::app::{self, Running};
use crate::clock::{SystemClock, SystemEntropy};
use crate::{config, telemetry};

/// Serves with this config.
pub(super) fn run(path: &Path) -> Result<(), Failure> {
    let loaded = load(path)?;
    telemetry::start_log();
    app::hidden::hide();
    let running =
        app::start(loaded.config, Arc::new(SystemClock), Arc::new(SystemEntropy)).map_err(failed)?;
    until_told(&running, Some(path))?;
    running.stop();
    tracing::info!("stopped");
    Ok(())
}

/// Waits for SIGTERM, SIGINT, or another process that takes over; on SIGHUP the config at `path` is read again.
pub(super) fn until_told(running: &Running, path: Option<&Path>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
        loop {
            tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                () = running.given() => return Ok(()),
                _ = hang_up.recv() => reload(running, path),
            }
        }
    })
}

/// A config with problems changes nothing: the gateway goes on with the old one and says what is wrong.
fn reload(running: &Running, path: Option<&Path>) {
    let Some(path) = path else { return };
    match config::load(path) {
        Err(report) => tracing::error!("the config was not reloaded:\n{report}"),
        Ok(loaded) => match running.reload(&loaded.config) {
            Ok(()) => tracing::info!("the config was reloaded"),
            Err(error) => tracing::error!(%error, "the config was not reloaded"),
        },
    }
}
