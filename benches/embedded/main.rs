//! What a page view takes in the embedded store, with rounds of upkeep each night, and how long twelve questions take.
//!
//!     cargo bench --bench embedded                 1 million views
//!     VIEWS=10000000 cargo bench --bench embedded
//!     NIGHTS=0 cargo bench --bench embedded        without rounds: nothing is packed
//!
//! The month and the questions are those of the bench `clickhouse`, which asks both stores.

#![allow(missing_docs)]
#![allow(clippy::print_stdout)] // the figures are told to who runs it

#[path = "../clickhouse/questions.rs"]
mod questions;
#[path = "../clickhouse/traffic.rs"]
#[allow(dead_code, reason = "columns of Plausible's tables")]
mod traffic;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use consentry::clock::SteppedClock;
use consentry::store::embedded::Embedded;
use consentry::store::{Batch, BatchId, EventStore, Settings};
use jiff::{SignedDuration, Timestamp};
use questions::{NAMES, ask, questions};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of upkeep are made at the first hour of UTC: in Oslo two hours after midnight.
const ROUND: SignedDuration = SignedDuration::from_hours(2);

fn from_environment(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Month {
    runtime: Runtime,
    clock: Arc<SteppedClock>,
    store: Embedded,
    has_nights: bool,
    in_rounds: Duration,
}

impl Month {
    fn new(directory: &Path) -> Self {
        let start = Timestamp::from_second(traffic::START).expect("this century");
        let clock = Arc::new(SteppedClock::at(start + ROUND));
        let settings = Settings { path: directory.to_owned() };
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
            store: Embedded::open(&settings, clock.clone()).expect("a file"),
            clock,
            has_nights: from_environment("NIGHTS", 1) == 1,
            in_rounds: Duration::ZERO,
        }
    }

    /// Counts and writes the views of all days, and says how many there were.
    fn fill(&mut self, views_a_day: u32) -> usize {
        let mut counter = traffic::counter();
        let (mut count, mut sequence) = (0, 0);
        for day in 0..traffic::DAYS {
            let views = traffic::day(day, views_a_day);
            count += views.len();
            traffic::count(&mut counter, day, &views, |drained| {
                let id = BatchId { boot: 1, sequence };
                let batch = Batch { id, tallies: drained.tallies, names: drained.names };
                self.runtime.block_on(self.store.insert(&batch)).expect("it is stored");
                sequence += 1;
            });
            self.night();
        }
        let totals = self.runtime.block_on(self.store.answer(&questions()[0])).expect("an answer");
        assert_eq!(usize::try_from(totals.rows[0].figures.views), Ok(count), "a view was not counted");
        count
    }

    /// A day on, with its round.
    fn night(&mut self) {
        self.clock.step(SignedDuration::from_hours(24));
        if self.has_nights {
            let begun = Instant::now();
            self.runtime.block_on(self.store.age()).expect("a round");
            self.in_rounds += begun.elapsed();
        }
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let views_a_day = from_environment("VIEWS", 1_000_000) / traffic::DAYS;
    let directory = tempfile::tempdir().expect("a directory");
    let begun = Instant::now();
    let mut month = Month::new(directory.path());
    let views = month.fill(views_a_day);
    println!(
        "{views} page views over {} days, written in {:.0} s, {:.0} s of it in rounds",
        traffic::DAYS,
        begun.elapsed().as_secs_f64(),
        month.in_rounds.as_secs_f64()
    );
    let told = |when: &str| {
        let bytes = std::fs::metadata(directory.path().join("statistics.db")).map_or(0, |file| file.len());
        #[allow(clippy::cast_precision_loss, reason = "figures for people")]
        let (each, all) = (bytes as f64 / views as f64, bytes as f64 / 1e6);
        println!("{when:>24}: {each:6.2} bytes a page view, {all:.0} MB");
    };
    told("the next night");
    month.night();
    month.night();
    told("two nights later");
    println!("{:>24} {:>12}", "median ms", "embedded");
    for (name, question) in NAMES.iter().zip(questions()) {
        println!("{name:>24} {:>12.1}", ask(&month.runtime, &month.store, &question));
    }
}
