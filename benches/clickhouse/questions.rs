//! Twelve questions that a shop asks of a month, and how long they take.

use std::time::Instant;

use consentry::counting::tally::{Dimension, LocalDay};
use consentry::store::EventStore;
use consentry::store::disclosure::disclose;
use consentry::store::question::{Asked, Axis, Bucket, Filter, Metric, Question, Range};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::traffic;

/// How often each is asked.
pub(crate) const TIMES: usize = 9;
pub(crate) const NAMES: [&str; 12] = [
    "totals",
    "by day",
    "by hour of a day",
    "sources",
    "pages",
    "entry pages",
    "exit pages",
    "countries",
    "devices",
    "pages of a source",
    "sources of a page",
    "countries of a browser",
];

/// The questions of [`NAMES`].
pub(crate) fn questions() -> [Question; 12] {
    use Dimension::{Browser, Country, Device, EntryPage, ExitPage, Page, Source};
    let local = TimeZone::get("Europe/Oslo").expect("a time zone of the bundle");
    let first = consentry::store::question::range::local_day(
        Timestamp::from_second(traffic::START).expect("this century"),
        &local,
    );
    let month = Range::Days { first, last: LocalDay(first.0 + 29) };
    let day = Range::Days { first: LocalDay(first.0 + 29), last: LocalDay(first.0 + 29) };
    let visits =
        [Metric::Visitors, Metric::Visits, Metric::Pageviews, Metric::BounceRate, Metric::VisitDuration];
    let ask = |metrics: &[Metric], axis: Option<Axis>, filter: Option<(Dimension, &str)>, range: Range| {
        Question::new(Asked {
            site: "shop".into(),
            time_zone: local.clone(),
            metrics: metrics.to_vec(),
            axes: axis.into_iter().collect(),
            filter: filter.map(|(dimension, value)| Filter { dimension, values: vec![value.into()] }),
            range,
            order: Vec::new(),
            limit: 100,
            offset: 0,
            k: 5,
            crosses: Vec::new(),
        })
        .expect("a question")
    };
    let by = |dimension| Some(Axis::Of(dimension));
    let events = &visits[..3];
    [
        ask(&visits, None, None, month),
        ask(events, Some(Axis::Time(Bucket::Day)), None, month),
        ask(events, Some(Axis::Time(Bucket::Hour)), None, day),
        ask(&visits, by(Source), None, month),
        ask(events, by(Page), None, month),
        ask(&visits, by(EntryPage), None, month),
        ask(&visits, by(ExitPage), None, month),
        ask(&visits, by(Country), None, month),
        ask(&visits, by(Device), None, month),
        ask(events, by(Page), Some((Source, "Google")), month),
        ask(&visits, by(Source), Some((Page, "/dekk/sommerdekk/produkt-1")), month),
        ask(&visits, by(Country), Some((Browser, "Firefox")), month),
    ]
}

/// The median of [`TIMES`] calls. Unit: milliseconds.
pub(crate) fn median(mut call: impl FnMut()) -> f64 {
    let mut taken: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            call();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    taken[TIMES / 2]
}

/// How long an answer takes. Unit: milliseconds.
pub(crate) fn ask(runtime: &tokio::runtime::Runtime, store: &dyn EventStore, question: &Question) -> f64 {
    median(|| {
        let rows = runtime.block_on(store.answer(question)).expect("an answer");
        assert!(!disclose(question, rows).rows.is_empty(), "{question:?}");
    })
}
