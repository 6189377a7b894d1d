//! What counting costs, on one core.
//!
//! - `hit_to_cells`: page views a second from the hit to the drained sums, drained every 50 000 hits, as when a log is
//!   imported or a crowd comes.
//! - `one_by_one`: the same, drained so often that every view of a visit is written by itself: what a shop's day costs.
//! - `hand_in`: what the request path pays to make a hit and hand it in.
//! - At last a million visits of three pages are opened, and what they take in memory is printed.
//!
//! The stream is in the order of time: visits of three pages, among 300 of which some are seen much more than others;
//! 20 user agents, 8 ways to come, four of them with campaign tags; addresses of which half fall in the same /16;
//! places from a table of 60 regions and 240 cities; three languages.

#![allow(missing_docs)] // criterion's macros make public functions
#![allow(clippy::print_stdout)] // what a million visits take is told to who runs it

mod memory;
mod stream;

use std::hint::black_box;
use std::sync::mpsc::sync_channel;

use consentry::counting::{Counter, Hit};
use criterion::{BatchSize, Criterion, Throughput, criterion_group};

use stream::{Pace, Stream, counter};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Visits of the stream.
const VISITS: u32 = 60_000;
/// Hits that are handed in before the queue is emptied.
const HANDED_IN: usize = 10_000;

/// As the counting thread drains.
fn drain(counter: &mut Counter) {
    counter.drain_in_parts(|part| {
        black_box(part);
    });
}

fn count(mut counter: Counter, hits: Vec<Hit>, per_drain: usize) -> Counter {
    for (number, hit) in hits.into_iter().enumerate() {
        counter.count(hit);
        if number % per_drain == per_drain - 1 {
            drain(&mut counter);
        }
    }
    drain(&mut counter);
    counter
}

fn hit_to_cells(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("page_view");
    let stream = Stream::new();
    group.throughput(Throughput::Elements(stream.hits(VISITS, Pace::Day).len() as u64));
    group.sample_size(10);
    group.bench_function("hit_to_cells", |bencher| {
        bencher.iter_batched(
            || (counter(), stream.hits(VISITS, Pace::Day)),
            |(counter, hits)| count(counter, hits, 50_000),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("one_by_one", |bencher| {
        bencher.iter_batched(
            || (counter(), stream.hits(VISITS, Pace::Crowd)),
            |(counter, hits)| count(counter, hits, 2_000),
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(HANDED_IN as u64));
    group.bench_function("hand_in", |bencher| {
        let (sender, receiver) = sync_channel(HANDED_IN);
        let looks: Vec<Hit> = stream.hits(VISITS, Pace::Day).into_iter().take(HANDED_IN).collect();
        bencher.iter_batched(
            || while receiver.try_recv().is_ok() {},
            |()| {
                for look in &looks {
                    // A hit is made of shared slices of the request head.
                    black_box(sender.try_send(stream::again(look)).is_ok());
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, hit_to_cells);

fn main() {
    benches();
    if !std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        memory::report();
    }
    Criterion::default().configure_from_args().final_summary();
}
