//! Every kind of question: every dimension, alone and beside every other it is counted with, in every cut of time, with
//! every metric that it can be asked for.

use std::sync::Arc;

use consentry::counting::tally::{Dimension, Hour, LocalDay};
use consentry::store::question::{Asked, Axis, Bucket, Filter, Metric, Question, Range};
use jiff::tz::TimeZone;

use super::input;

const CUTS: [Option<Bucket>; 5] =
    [None, Some(Bucket::Hour), Some(Bucket::Day), Some(Bucket::Week), Some(Bucket::Month)];

/// Views by page, of everything.
pub fn views_of_pages() -> Question {
    let asked = Asked { metrics: vec![Metric::Pageviews], k: 1, ..asked(Some(Dimension::Page), None, None) };
    Question::new(asked).expect("a question")
}

/// Visitors and events of the first day by a dimension, of five at least.
pub fn of_day_by(dimension: Dimension, bucket: Option<Bucket>) -> Question {
    let metrics = vec![Metric::Visitors, Metric::Events];
    let asked = Asked { metrics, range: days(0, 0), ..asked(Some(dimension), None, bucket) };
    Question::new(asked).expect("a question")
}

fn asked(by: Option<Dimension>, filter: Option<Dimension>, bucket: Option<Bucket>) -> Asked {
    let values = ["NO", "/cart", "", "it's", "tab\there", "back\\slash", "a\nb 'c'", "(unknown)", "nothing"];
    let values = values.map(Arc::from).to_vec();
    Asked {
        site: "shop".into(),
        time_zone: TimeZone::get("Europe/Oslo").expect("a time zone"),
        metrics: Vec::new(),
        axes: by.map(Axis::Of).into_iter().chain(bucket.map(Axis::Time)).collect(),
        filter: filter.map(|dimension| Filter { dimension, values }),
        range: days(-3, 12),
        order: Vec::new(),
        limit: 10_000,
        offset: 0,
        k: 5,
        crosses: input::CROSSES.to_vec(),
    }
}

fn days(first: i32, last: i32) -> Range {
    Range::Days { first: LocalDay(input::DAY.0 + first), last: LocalDay(input::DAY.0 + last) }
}

/// With every metric that can be asked for; `None` where there is none.
fn question(asked: Asked) -> Option<Question> {
    let can = |metric: &Metric| Question::new(Asked { metrics: vec![*metric], ..asked.clone() }).is_ok();
    let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(can).collect();
    Question::new(Asked { metrics, ..asked }).ok()
}

/// All questions.
pub fn all() -> Vec<Question> {
    let dimensions = input::dimensions();
    let mut all = Vec::new();
    let each: Vec<Option<Dimension>> =
        std::iter::once(None).chain(dimensions.iter().cloned().map(Some)).collect();
    for (by, cut) in each.iter().flat_map(|by| CUTS.map(|cut| (by, cut))) {
        all.push(asked(by.clone(), None, cut));
    }
    for (place, dimension) in dimensions.iter().enumerate() {
        let cut = CUTS[place % CUTS.len()];
        all.push(asked(None, Some(dimension.clone()), cut));
        all.push(asked(Some(dimension.clone()), Some(dimension.clone()), None));
    }
    for (place, (first, second)) in input::pairs().into_iter().enumerate() {
        let cut = [None, Some(Bucket::Day), Some(Bucket::Week), Some(Bucket::Month)][place % 4];
        all.push(Asked { k: 1, ..asked(Some(first.clone()), Some(second.clone()), cut) });
        all.push(asked(Some(second), Some(first), None));
    }
    for (by, first) in [(None, 0), (Some(Dimension::Page), 7), (Some(Dimension::Country), 24)] {
        for cut in CUTS {
            let hours = Range::Hours { first: Hour(input::HOUR.0 + first), last: Hour(input::HOUR.0 + 40) };
            all.push(Asked { range: hours, k: 1, ..asked(by.clone(), None, cut) });
        }
    }
    for range in [days(0, 0), days(-30, -20), days(-4000, 900)] {
        all.push(Asked { range, ..asked(Some(Dimension::Source), None, None) });
    }
    all.into_iter().filter_map(question).collect()
}
