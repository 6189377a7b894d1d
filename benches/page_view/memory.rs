//! What a million open visits take in memory.

use std::time::Instant;

use consentry::counting::Counter;

use super::stream::{Pace, Stream, View, counter, plan};

const VISITS: u32 = 1_000_000;
/// Views between two drains: a gateway drains each half second, so that is ten thousand views a second.
const VIEWS_PER_DRAIN: usize = 5_000;
const PAGE: f64 = 4096.0;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Visits that come before, so that what is made once (regular expressions, tables) is not taken for theirs.
const VISITS_BEFORE: u32 = 1_000;

/// Opens a million visits of three pages and prints what the process grew by. Linux only: elsewhere nothing is printed.
///
/// The plan stands until the end and hits are made one by one, so that nothing is given back meanwhile that could be
/// mistaken for room.
pub(crate) fn report() {
    let stream = Stream::new();
    let (first, planned) = (plan(VISITS_BEFORE, Pace::HalfAnHour), plan(VISITS, Pace::HalfAnHour));
    count(&mut counter(), &stream, &first);
    let mut counter = counter();
    let Some(before) = resident() else { return };
    let began = Instant::now();
    count(&mut counter, &stream, &planned);
    let took = began.elapsed().as_secs_f64();
    let Some(after) = resident() else { return };
    println!(
        "page_view/open_visits   {VISITS} visits of {} views take {:.0} MiB ({:.0} bytes each); {:.0} views a second",
        planned.len() / VISITS as usize,
        (after - before) / MEBIBYTE,
        (after - before) / f64::from(VISITS),
        f64::from(u32::try_from(planned.len()).unwrap_or(u32::MAX)) / took,
    );
    drop((counter, planned));
}

fn count(counter: &mut Counter, stream: &Stream, planned: &[View]) {
    for views in planned.chunks(VIEWS_PER_DRAIN) {
        for view in views {
            counter.count(stream.hit(*view));
        }
        super::drain(counter);
    }
}

/// Bytes of this process in memory.
fn resident() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}
