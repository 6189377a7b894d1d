//! The rules of ARCHITECTURE.md and STYLE.md that a machine can read: arrows between rooms, budgets, calls that have
//! one home, words that have none. Every exception stands here with its reason.

mod scan;

use std::fmt::Write;

use consentry::policy::catalog::Catalog;

use scan::{Source, functions, imports, sources};

/// The rooms, from the one that knows nothing of the others to the one that knows all.
const ORDER: [&str; 12] = [
    "clock",
    "telemetry",
    "policy",
    "counting",
    "store",
    "proxy",
    "banner",
    "server",
    "config",
    "app",
    "commands",
    "main",
];

/// Rooms that may know fewer than those to their left.
const NARROWER: [(&str, &[&str]); 3] = [
    ("policy", &["clock", "telemetry"]),
    ("counting", &["clock", "telemetry", "policy"]),
    ("proxy", &["clock", "telemetry", "policy"]),
];

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;

/// Files over the budget, with the reason. Empty is best.
const LONG_FILES: [(&str, &str); 0] = [];
/// Functions over the budget: file, name, reason. Empty is best.
const LONG_FUNCTIONS: [(&str, &str, &str); 0] = [];

/// Names that say nothing about what a file is for.
const EMPTY_NAMES: [&str; 9] =
    ["utils", "util", "common", "helpers", "helper", "types", "models", "prelude", "misc"];

/// A call that has one home: the call, where it may stand, and why there.
struct Home {
    call: &'static str,
    at: &'static [(&'static str, &'static str)],
}

/// Calls that the program makes in one place only, so that a test can put another in its stead.
const HOMES: [Home; 8] = [
    Home { call: "SystemTime::now", at: &[("src/clock.rs", "it is the clock")] },
    Home { call: "Timestamp::now", at: &[("src/clock.rs", "it is the clock")] },
    Home { call: "Zoned::now", at: &[] },
    Home {
        call: "Instant::now",
        at: &[
            ("src/clock.rs", "it is the clock"),
            ("src/proxy/", "timers of connections, on the runtime's own clock; no decision depends on them"),
            ("src/server/", "timers of connections and durations in metrics; no decision depends on them"),
            ("src/commands/", "progress shown to a person"),
        ],
    },
    Home { call: "getrandom", at: &[("src/clock.rs", "it is the entropy")] },
    Home {
        call: "StatusCode",
        at: &[
            ("src/server/", "the room that answers"),
            (
                "src/proxy/origin.rs",
                "101 from an origin turns the connection into a tunnel, RFC 9110 section 15.2.2",
            ),
            ("src/commands/demo/", "the demo's shop is an origin itself"),
        ],
    },
    Home { call: "static mut", at: &[] },
    Home { call: "unsafe", at: &[] },
];

/// What finished code never has, tests aside.
const UNFINISHED: [&str; 6] =
    [".unwrap()", ".unwrap_err()", "todo!", "unimplemented!", "dbg!", "unreachable_unchecked"];

/// What a test never has: time is stepped, not slept, and a failure is neither skipped nor wanted.
const UNTESTED: [&str; 4] = ["thread::sleep", "time::sleep", "#[ignore", "should_panic"];

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} found:\n{}", faults.len(), faults.join("\n"));
}

fn is_at(source: &Source, place: &str) -> bool {
    source.path == place || (place.ends_with('/') && source.path.starts_with(place))
}

/// Every line of the program's own code (tests left out) that has `needle` as a word of its own.
fn lines_with<'a>(code: &'a str, needle: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let starts_in_word = is_word(needle.chars().next());
    let ends_in_word = is_word(needle.chars().next_back());
    code.lines().enumerate().filter(move |(_, line)| {
        line.match_indices(needle).any(|(at, _)| {
            let (before, after) = (line[..at].chars().next_back(), line[at + needle.len()..].chars().next());
            !(starts_in_word && is_word(before) || ends_in_word && is_word(after))
        })
    })
}

#[test]
fn every_arrow_between_rooms_points_left() {
    let place = |room: &str| ORDER.iter().position(|other| *other == room);
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is_program() && source.path != "src/lib.rs") {
        let room = source.room();
        let Some(own) = place(room) else {
            faults.push(format!("{}: room \"{room}\" is not in the order of ARCHITECTURE.md", source.path));
            continue;
        };
        for (line, used) in imports(source) {
            let narrower = NARROWER.iter().find(|(name, _)| *name == room);
            let is_left = match (place(&used), narrower) {
                (Some(_), Some((_, known))) => used == room || known.contains(&used.as_str()),
                (Some(other), None) => other <= own,
                (None, _) => room == "main",
            };
            if !is_left {
                faults.push(format!("{}:{line}: {room} may not use {used}", source.path));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn no_file_and_no_function_is_over_its_budget() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX && !LONG_FILES.iter().any(|(path, _)| *path == source.path) {
            faults.push(format!("{}: {lines} lines, {FILE_LINES_MAX} at most", source.path));
        }
        for (line, name, length) in functions(&source.code) {
            let is_allowed =
                LONG_FUNCTIONS.iter().any(|(path, allowed, _)| *path == source.path && *allowed == name);
            if length > FUNCTION_LINES_MAX && !is_allowed {
                faults.push(format!(
                    "{}:{line}: {name} has {length} lines, {FUNCTION_LINES_MAX} at most",
                    source.path
                ));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn every_call_with_a_home_stands_there_only() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is_program()) {
        for home in HOMES.iter().filter(|home| !home.at.iter().any(|(place, _)| is_at(source, place))) {
            for (line, _) in lines_with(source.program(), home.call) {
                let homes: Vec<&str> = home.at.iter().map(|(place, _)| *place).collect();
                faults.push(format!("{}:{}: {} belongs in {homes:?} only", source.path, line + 1, home.call));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn program_is_finished() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is_program()) {
        for needle in UNFINISHED {
            let found = lines_with(source.program(), needle);
            faults.extend(found.map(|(line, _)| format!("{}:{}: {needle}", source.path, line + 1)));
        }
        for (at, _) in source.program().match_indices(".expect(") {
            // A literal, or a constant that is one.
            let reason = source.program()[at + ".expect(".len()..].trim_start();
            if !reason.starts_with(|c: char| c == '"' || c.is_ascii_uppercase()) {
                let line = source.program()[..at].matches('\n').count() + 1;
                faults.push(format!("{}:{line}: expect without its reason as a literal", source.path));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn no_test_sleeps_is_skipped_or_wants_a_panic() {
    let mut faults = Vec::new();
    for source in sources() {
        let first = source.code[..source.tests_at].matches('\n').count() + 1;
        for needle in UNTESTED {
            let found = lines_with(&source.code[source.tests_at..], needle);
            faults.extend(found.map(|(line, _)| format!("{}:{}: {needle}", source.path, first + line)));
        }
    }
    assert_none(&faults);
}

#[test]
fn sql_stands_in_files_of_its_own() {
    let is_sql = |text: &str| {
        let text = text.trim_start().to_ascii_lowercase();
        let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
        begins(&[
            "insert into ",
            "insert or ",
            "delete from ",
            "create table ",
            "create index ",
            "create unique ",
        ]) || begins(&["create view ", "create trigger ", "drop table ", "alter table ", "pragma "])
            || (begins(&["select ", "with "]) && text.contains(" from "))
            || (begins(&["update "]) && text.contains(" set "))
    };
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is_program()) {
        for (at, text) in source.literals.iter().filter(|(at, text)| *at < source.tests_at && is_sql(text)) {
            let line = source.code[..*at].matches('\n').count() + 1;
            let start: String = text.trim_start().chars().take(40).collect();
            faults.push(format!("{}:{line}: \"{start}…\" belongs in src/store/sql", source.path));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_file_says_by_its_name_what_it_is_for() {
    let mut faults = Vec::new();
    for source in sources() {
        let empty = source.path.split(['/', '.']).find(|part| EMPTY_NAMES.contains(part));
        faults.extend(empty.map(|part| format!("{}: \"{part}\" says nothing", source.path)));
        if source.is_program() && !source.text.starts_with("//!") {
            faults.push(format!("{}: does not say in its first line what it is for", source.path));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_tracker_is_explained_in_two_languages_and_sourced() {
    let trackers = Catalog::built_in().expect("the built-in catalogue is one");
    assert!(!trackers.is_empty());
    let mut faults = Vec::new();
    for tracker in &trackers {
        for language in ["nb", "en"] {
            if tracker.purpose.get(language).is_none_or(|text| text.trim().is_empty()) {
                faults.push(format!("tracker {}: no purpose in {language}", tracker.id));
            }
        }
        if !tracker.source.starts_with("https://") {
            faults.push(format!("tracker {}: no source", tracker.id));
        }
    }
    let mut ids: Vec<&str> = trackers.iter().map(|tracker| tracker.id.as_str()).collect();
    ids.sort_unstable();
    faults.extend(
        ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("tracker {} twice", pair[0])),
    );
    assert_none(&faults);
    Catalog::new(trackers).expect("the built-in entries hold together");
}

#[test]
fn every_setting_is_in_the_example() {
    let example = include_str!("../../config/example.toml");
    let mut missing = String::new();
    for (table, keys) in consentry::config::file::KEYS {
        for key in keys {
            let path = if table.is_empty() { (*key).to_owned() } else { format!("{table}.{key}") };
            let is_shown = lines_with(example, key).any(|(_, line)| !line.starts_with('#'));
            if !is_shown {
                let _ = writeln!(missing, "{path}");
            }
        }
    }
    assert!(missing.is_empty(), "config/example.toml lacks:\n{missing}");
}
