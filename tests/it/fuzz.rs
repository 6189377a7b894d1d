//! A bounded run of the fuzzer's targets: over every seed in `tests/data/fuzz`, and over inputs made of them. The
//! dice always fall the same way, so a failure comes again. The run without an end is in `fuzz/`.

pub mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use targets::{Dice, TARGETS, Target};

/// Inputs made of each seed.
const MADE_OF_EACH: usize = 60;

/// Longest input. Unit: bytes.
const INPUT_BYTES_MAX: usize = 8 << 10;

/// The seeds of a target, each with its name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/tests/data/fuzz/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).expect("a folder of seeds");
    let paths = files.map(|file| file.expect("a file").path());
    let mut seeds: Vec<_> = paths
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("it can be read")))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{folder} is empty");
    seeds
}

/// One change as a fuzzer makes it: bytes turned, cut, doubled, put in, or taken from another seed.
fn changed(mut input: Vec<u8>, other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TROUBLE: [&[u8]; 12] =
        [b"<", b">", b"\"", b"'", b"&", b"\0", b"\xFF", b"-->", b"</script", b";", b",", b"\x1B$B"];
    let at = dice.below(input.len() + 1);
    let until = at + dice.below(input.len() - at + 1);
    match dice.below(6) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        1 => drop(input.drain(at..until)),
        2 => {
            let part = input[at..until].to_vec();
            input.splice(at..at, part);
        }
        3 => drop(input.splice(at..at, TROUBLE[dice.below(TROUBLE.len())].iter().copied())),
        4 => input.truncate(at),
        _ => {
            let from = dice.below(other.len() + 1);
            let part = other[from..from + dice.below(other.len() - from + 1)].iter().copied();
            input.splice(at..until, part);
        }
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn assert_survives(target: Target, name: &str, input: &[u8]) {
    let survived = catch_unwind(AssertUnwindSafe(|| target(input))).is_ok();
    assert!(survived, "{name} fails with {:?}", input.escape_ascii().to_string());
}

fn run(wanted: &str) {
    let (_, target) = TARGETS.into_iter().find(|(name, _)| *name == wanted).expect("a target");
    let seeds = seeds(wanted);
    let mut dice = Dice::of(wanted.as_bytes());
    for (name, seed) in &seeds {
        assert_survives(target, name, seed);
        let mut input = seed.clone();
        for number in 0..MADE_OF_EACH {
            if number % 6 == 0 {
                input.clone_from(seed);
            }
            input = changed(input, &seeds[dice.below(seeds.len())].1, &mut dice);
            assert_survives(target, name, &input);
        }
    }
}

#[test]
fn no_page_near_the_seeds_leaves_anything_alive_or_depends_on_its_cuts() {
    run("rewrite");
}

#[test]
fn no_coding_near_the_seeds_unpacks_beyond_its_bounds() {
    run("coding");
}

#[test]
fn no_encoding_near_the_seeds_depends_on_its_cuts() {
    run("charset");
}

#[test]
fn no_policy_near_the_seeds_loses_a_word() {
    run("fence");
}

#[test]
fn no_cookie_near_the_seeds_needs_a_second_look() {
    run("cookies");
}

#[test]
fn no_field_near_the_seeds_needs_a_second_look() {
    run("fields");
}

#[test]
fn no_catalogue_near_the_seeds_is_read_with_a_panic() {
    run("catalogue");
}

#[test]
fn every_target_has_seeds_and_a_fuzzer() {
    let root = env!("CARGO_MANIFEST_DIR");
    for (target, _) in TARGETS {
        seeds(target);
        let fuzzer = format!("{root}/fuzz/targets/{target}.rs");
        let text = std::fs::read_to_string(&fuzzer).expect("a fuzzer");
        assert!(text.contains(&format!("targets::{target}(input)")), "{fuzzer}");
    }
}
