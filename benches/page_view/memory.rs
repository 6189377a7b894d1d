//! What a million open visits take in memory.

use std::time::Instant;

use super::stream::{Pace, Stream, counter};

const VISITS: u32 = 1_000_000;
/// Views between two drains: a gateway drains each half second, so that is ten thousand views a second.
const VIEWS_PER_DRAIN: usize = 5_000;
/// Hits are made in parts, so that they take no memory themselves.
const PAGE: f64 = 4096.0;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Opens a million visits of three pages and prints what the process grew by. Linux only: elsewhere nothing is printed.
pub(crate) fn report() {
    let stream = Stream::new();
    let hits = stream.hits(VISITS, Pace::HalfAnHour);
    let views = hits.len();
    let mut counter = counter();
    let Some(before) = resident() else { return };
    let began = Instant::now();
    // The hits are kept until the end, so that what they give back is not mistaken for room.
    for (number, hit) in hits.iter().enumerate() {
        counter.count(super::stream::again(hit));
        if number % VIEWS_PER_DRAIN == VIEWS_PER_DRAIN - 1 {
            super::drain(&mut counter);
        }
    }
    super::drain(&mut counter);
    let took = began.elapsed().as_secs_f64();
    let Some(after) = resident() else { return };
    println!(
        "page_view/open_visits   {VISITS} visits of {} views take {:.0} MiB ({:.0} bytes each); {:.0} views a second",
        views / VISITS as usize,
        (after - before) / MEBIBYTE,
        (after - before) / f64::from(VISITS),
        f64::from(u32::try_from(views).unwrap_or(u32::MAX)) / took,
    );
    drop(hits);
}

/// Bytes of this process in memory.
fn resident() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}
