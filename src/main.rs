//! The command line: arguments → command → exit code.

use std::process::ExitCode;

use clap::Parser as _;
use consentry::commands::{Arguments, run};

/// A request is a few dozen small allocations: measured beside the system's allocator with `benches/proxy/run.sh`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Arguments::parse())
}
