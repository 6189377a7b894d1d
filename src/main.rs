//! The command line: arguments → command → exit code.

use std::process::ExitCode;

use clap::Parser as _;
use consentry::commands::{Arguments, run};
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// A request is a few dozen small allocations: measured beside the system's allocator with `benches/proxy/run.sh`. What
/// is freed is wiped, so that no address, header or mark outlives its use in a buffer that nobody owns any more.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    run(Arguments::parse())
}
