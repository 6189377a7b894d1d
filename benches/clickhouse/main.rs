//! What a page view takes in ClickHouse and in the embedded store, and how long twelve questions take, beside the same
//! views in tables as Plausible has them, on the same server.
//!
//!     cargo bench --bench clickhouse                         1 million views
//!     VIEWS=10000000 EMBEDDED=0 cargo bench --bench clickhouse
//!
//! `KEEP=DIRECTORY` leaves the server's data there, for `tests/clickhouse/serve --path DIRECTORY`, and asks again what an
//! earlier run has left.
//!
//! Thirty days of visits of three pages on average, from ten ways, 36 browsers and 480 cities. The page of rank r among
//! 3 000 is seen 1/r times as often as the first, as measured on servers of the web (Breslau and others, *Web caching and
//! Zipf-like distributions*, 1999, and what they cite: exponents of 0.6 to 1), and each page of a visit is drawn anew: in a
//! shop, where links lead to like pages, fewer pairs of pages occur. A visit goes on from a page two times of three. Ours
//! are counted by the program itself, with all pairs. Sizes are those after all merges. Latencies are medians of [`TIMES`]
//! calls, from the question to the answer's rows; those of Plausible's tables from the statement to the last byte.

#![allow(missing_docs)]
#![allow(clippy::print_stdout)] // the figures are told to who runs it

mod plausible;
mod questions;
mod traffic;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use clickhouse::Client;
use consentry::clock::SystemClock;
use consentry::store::Retention;
use consentry::store::clickhouse::{ClickHouse, Settings as Server};
use consentry::store::embedded::Embedded;
use consentry::store::{Batch, BatchId, EventStore, Settings};
use questions::{NAMES, ask, median, questions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(directory: &std::path::Path) -> Self {
        let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clickhouse/serve");
        let mut child = Command::new(serve)
            .args(["--with-parent", "--memory", "4294967296", "--path"])
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/clickhouse/serve runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let ready =
            lines.map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
        Self { child, url: ready.expect("it says when it is ready") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn from_environment(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Counts and writes the views of all days, hour by hour, and says how many there were.
fn fill(
    runtime: &tokio::runtime::Runtime,
    views_a_day: u32,
    stores: &[Arc<dyn EventStore>],
    client: &Client,
) -> u64 {
    let mut counter = traffic::counter();
    let (mut count, mut sequence) = (0, 0);
    for day in 0..traffic::DAYS {
        let views = traffic::day(day, views_a_day);
        count += views.len() as u64;
        traffic::count(&mut counter, day, &views, |drained| {
            let id = BatchId { boot: 1, sequence };
            let batch = Batch { id, tallies: drained.tallies, names: drained.names };
            for store in stores {
                runtime.block_on(store.insert(&batch)).expect("it is stored");
            }
            sequence += 1;
        });
        runtime.block_on(plausible::write(client, &views)).expect("it is stored");
    }
    for store in stores {
        let totals = runtime.block_on(store.answer(&questions()[0])).expect("an answer");
        assert_eq!(totals.rows[0].figures.views.cast_unsigned(), count, "a view was not counted");
    }
    count
}

fn bytes(runtime: &tokio::runtime::Runtime, client: &Client, database: &str, tables: &[&str]) -> u64 {
    runtime.block_on(async {
        let mut sum = 0;
        for table in tables {
            let merge = format!("optimize table {database}.{table} final");
            client.query(&merge).execute().await.expect("merged");
            let size =
                "select sum(bytes_on_disk) from system.parts where active and database = ? and table = ?";
            sum += client.query(size).bind(database).bind(table).fetch_one::<u64>().await.expect("a size");
        }
        sum
    })
}

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let views_a_day = from_environment("VIEWS", 1_000_000) / traffic::DAYS;
    let with_embedded = from_environment("EMBEDDED", 1) == 1;
    let directory = tempfile::tempdir().expect("a directory");
    let kept = std::env::var_os("KEEP").map(PathBuf::from);
    let running = Running::start(kept.as_deref().unwrap_or(&directory.path().join("server")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server {
        urls: vec![running.url.clone()],
        retention: Retention { hours_days: 36_500, months: 1_200 },
        answer_timeout: std::time::Duration::from_mins(10),
        ..Server::default()
    };
    let ours = Arc::new(ClickHouse::open(&server).expect("settings"));
    let file = Settings { path: directory.path().join("embedded") };
    let embedded = Arc::new(Embedded::open(&file, Arc::new(SystemClock)).expect("a file"));
    let mut stores: Vec<Arc<dyn EventStore>> = vec![ours.clone()];
    if with_embedded {
        stores.push(embedded.clone());
    }
    let client = Client::default().with_url(&running.url);
    let theirs = client.clone().with_database("plausible");
    let note = kept.map(|directory| directory.join("views"));
    let noted = note.as_ref().and_then(|file| std::fs::read_to_string(file).ok()?.parse().ok());
    let views = noted.unwrap_or_else(|| {
        runtime.block_on(plausible::make(&client)).expect("tables");
        let begun = Instant::now();
        let views = fill(&runtime, views_a_day, &stores, &theirs);
        println!("written in {:.0} s", begun.elapsed().as_secs_f64());
        if let Some(file) = &note {
            std::fs::write(file, views.to_string()).expect("written");
        }
        views
    });
    println!("{views} page views over {} days", traffic::DAYS);

    let told = |what: &str, bytes: u64| {
        #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
        let each = bytes as f64 / views as f64;
        println!("{what:>24}: {each:6.2} bytes a page view");
    };
    for (what, tables) in
        [("totals, cells and names", &["totals_hour", "cells_hour", "names"][..]), ("pairs", &["pairs_day"])]
    {
        told(what, bytes(&runtime, &client, "consentry", tables));
    }
    told("Plausible's layout", bytes(&runtime, &client, "plausible", &["events", "sessions"]));
    if with_embedded {
        told("embedded", std::fs::metadata(file.path.join("statistics.db")).map_or(0, |file| file.len()));
    }
    let file = with_embedded.then_some(&*embedded as &dyn EventStore);
    compare(&runtime, &*ours, file, &theirs);
}

/// Asks everything of everybody, and tells how long it took.
fn compare(
    runtime: &tokio::runtime::Runtime,
    ours: &dyn EventStore,
    file: Option<&dyn EventStore>,
    theirs: &Client,
) {
    println!(
        "{:>24} {:>12} {:>12} {:>12} {:>8}",
        "median ms", "ClickHouse", "embedded", "Plausible's", "times"
    );
    for ((name, question), statement) in NAMES.iter().zip(questions()).zip(plausible::questions()) {
        let ours = ask(runtime, ours, &question);
        let file = file.map_or(f64::NAN, |file| ask(runtime, file, &question));
        let theirs = median(|| {
            runtime.block_on(async {
                let mut answer = theirs.query(&statement).fetch_bytes("JSONCompact").expect("a statement");
                answer.collect().await.expect("an answer");
            });
        });
        println!("{name:>24} {ours:>12.1} {file:>12.1} {theirs:>12.1} {:>8.1}", theirs / ours);
    }
}
