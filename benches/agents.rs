//! How well agents and robots are told, and what it costs.
//!
//! With `CONSENTRY_VECTORS=DIR` the figures are those of `ua-isbot-fixtures.jsonl` (user agents that are robots or
//! not) and `ua-vectors-uap.jsonl` (user agents with the browser and system that uap-core expects), without it those
//! of the rows in `tests/data/counting`.

use std::hint::black_box;
use std::path::Path;

use consentry::counting::agent::{Agents, Told, families};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::Value;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// A user agent, and whether it is a robot's.
type Judged = (String, bool);

fn jsonl(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

fn ua(row: &Value) -> String {
    row["ua"].as_str().unwrap_or_default().to_owned()
}

fn own_rows() -> Vec<Judged> {
    let robots = include_str!("../tests/data/counting/robots.tsv");
    let agents = include_str!("../tests/data/counting/agents.tsv");
    let rows = |text: &'static str| text.lines().filter(|row| !row.starts_with('#') && row.contains('\t'));
    let told = rows(robots).filter_map(|row| row.split_once('\t'));
    let told = told.map(|(kind, text)| (text.to_owned(), kind == "robot"));
    let browsers =
        rows(agents).filter(|row| !row.starts_with("robot")).filter_map(|row| row.rsplit_once('\t'));
    told.chain(browsers.map(|(_, text)| (text.to_owned(), false))).collect()
}

#[allow(clippy::print_stdout)]
fn share(what: &str, part: usize, of: usize) {
    let tenths = (part * 10_000).checked_div(of).unwrap_or(0);
    println!("{what}: {part} of {of} = {}.{:02} %", tenths / 100, tenths % 100);
}

fn robots(rows: &[Judged]) {
    let mut agents = Agents::new();
    let mut told = |is_robot: bool| {
        let rows: Vec<&Judged> = rows.iter().filter(|(_, robot)| *robot == is_robot).collect();
        let count =
            rows.iter().filter(|(ua, _)| matches!(agents.read(ua.as_bytes()), Told::Robot(_))).count();
        (count, rows.len())
    };
    let (found, all) = told(true);
    share("robots that are told", found, all);
    let (alarms, all) = told(false);
    share("browsers that are taken for robots", alarms, all);
}

fn accuracy(rows: &[Value]) {
    for (at, key) in ["browser", "os"].into_iter().enumerate() {
        let expected = rows.iter().filter_map(|row| Some((ua(row), row[key]["family"].as_str()?)));
        let mut all = 0;
        let right = expected
            .inspect(|_| all += 1)
            .filter(|(ua, family)| families(ua.as_bytes())[at].as_deref().unwrap_or("Other") == *family)
            .count();
        share(&format!("{key} as uap-core expects"), right, all);
    }
}

fn agents(criterion: &mut Criterion) {
    match std::env::var_os("CONSENTRY_VECTORS") {
        Some(folder) => {
            let folder = Path::new(&folder);
            let rows = jsonl(&folder.join("ua-isbot-fixtures.jsonl"));
            let rows: Vec<Judged> = rows.iter().map(|row| (ua(row), row["bot"] == true)).collect();
            robots(&rows);
            accuracy(&jsonl(&folder.join("ua-vectors-uap.jsonl")));
        }
        None => robots(&own_rows()),
    }
    let mut known = Agents::new();
    criterion.bench_function("agent seen before", |bench| {
        bench.iter(|| black_box(known.read(black_box(CHROME.as_bytes()))) == Told::Robot(""));
    });
    let mut number = 0_u64;
    criterion.bench_function("agent never seen", |bench| {
        bench.iter(|| {
            number += 1;
            let text = format!("{CHROME} Edg/142.0.{number}");
            black_box(known.read(text.as_bytes())) == Told::Robot("")
        });
    });
}

criterion_group!(benches, agents);
criterion_main!(benches);
