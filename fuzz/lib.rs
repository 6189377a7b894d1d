//! What is fuzzed stands with the tests, which try the same over the seeds: `tests/it/fuzz/targets.rs`.

#[path = "../tests/it/fuzz/targets.rs"]
pub mod targets;
