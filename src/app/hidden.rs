//! Keeps the process's memory to itself: no core dump is written of it, and no process of the same user can read it.
//!
//! Root can still attach a debugger; for a core dump root calls `gcore`.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Hides this process's memory. Where the system refuses, that is told and the program goes on: what is kept is no
/// less private for it.
pub fn hide() {
    let no_dump = Rlimit { current: Some(0), maximum: Some(0) };
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .and_then(|()| setrlimit(Resource::Core, no_dump));
    if let Err(error) = hidden {
        tracing::warn!(%error, "core dumps cannot be switched off");
    }
}
