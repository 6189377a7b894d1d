//! Questions with hard limits, and which cells can answer them.
//!
//! [`Asked`] is what an analyst wants; [`Question::new`] refuses what no cell can answer and says which cells are
//! missing. An [`EventStore`](super::EventStore) answers a question with [`Rows`], which [`super::disclosure`] then
//! makes fit to be shown.

mod error;
pub mod metric;
pub mod range;
pub mod reading;
mod several;
mod source;
mod sums;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use error::QuestionError;
pub use metric::{Measured, Metric, Number, Whole};
pub use range::{Range, Span, When};
pub use source::Source;
pub use sums::{Answers, Beside, Figures, Granted};

use crate::counting::pairs::is_of_choice;
use crate::counting::tally::Dimension;

/// Most rows in one answer, as in Plausible's API.
pub const LIMIT_MAX: usize = 10_000;
/// Most rows that can be skipped.
pub const OFFSET_MAX: usize = 1_000_000;
/// Most values a filter may name.
pub const FILTER_VALUES_MAX: usize = 100;
/// Longest value a filter may name. Unit: bytes.
pub const FILTER_VALUE_BYTES_MAX: usize = 4096;
/// Longest range. Unit: days, as in Plausible's API.
pub const DAYS_MAX: i32 = 5_000;

/// How time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// `time:hour`
    Hour,
    /// `time:day`, in the site's time zone.
    Day,
    /// `time:week`, from Monday on (ISO 8601); the first one from the range's beginning on.
    Week,
    /// `time:month`
    Month,
}

impl Bucket {
    /// Every one, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The name in questions and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "time:hour",
            Self::Day => "time:day",
            Self::Week => "time:week",
            Self::Month => "time:month",
        }
    }
}

/// What rows are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// A stretch of time.
    Time(Bucket),
    /// A value.
    Of(Dimension),
}

impl Axis {
    /// The name in questions and answers.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Time(bucket) => Cow::Borrowed(bucket.name()),
            Self::Of(dimension) => dimension.name(),
        }
    }

    /// The axis of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.name() == name);
        bucket.map(Self::Time).or_else(|| Dimension::from_name(name).map(Self::Of))
    }
}

/// Only what has one of these values in this dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The dimension.
    pub dimension: Dimension,
    /// The values, as they are shown: one to [`FILTER_VALUES_MAX`].
    pub values: Vec<Arc<str>>,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A figure.
    Metric(Metric),
    /// A label.
    Axis(Axis),
}

/// Which way rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// What an analyst wants to know.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The site's name.
    pub site: Arc<str>,
    /// Its days begin at midnight here.
    pub time_zone: TimeZone,
    /// The figures wanted, in this order; at least one, none twice.
    pub metrics: Vec<Metric>,
    /// What rows are told apart by, in the order of their labels: at most one dimension and one bucket.
    pub axes: Vec<Axis>,
    /// At most one filter.
    pub filter: Option<Filter>,
    /// The time asked about.
    pub range: Range,
    /// How rows are sorted; empty means by time, then by the first metric, largest first.
    pub order: Vec<(Key, Direction)>,
    /// Most rows wanted: 1 to [`LIMIT_MAX`].
    pub limit: usize,
    /// Rows to skip.
    pub offset: usize,
    /// Rows with fewer visitors are folded; 1 switches folding off.
    pub k: u32,
    /// Pairs of dimensions that are counted for this site beside the usual ones.
    pub crosses: Vec<(Dimension, Dimension)>,
}

/// A question that some cells can answer, with its limits checked.
#[derive(Clone, Debug)]
pub struct Question {
    asked: Asked,
    source: Source,
    span: Span,
}

impl Question {
    /// Checks what is asked, and finds the cells that answer it.
    pub fn new(asked: Asked) -> Result<Self, QuestionError> {
        check_lists(&asked)?;
        check_filter(asked.filter.as_ref())?;
        let span = Span::of(&asked.range, &asked.time_zone).ok_or(QuestionError::Range)?;
        let source = Source::of(&asked)?;
        source::check_metrics(&asked)?;
        Ok(Self { asked: Asked { order: order(&asked), ..asked }, source, span })
    }

    /// What was asked; `order` is never empty here.
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Which cells answer.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The days and hours of the range.
    pub const fn span(&self) -> &Span {
        &self.span
    }

    /// The stretch of time rows are told apart by.
    pub fn bucket(&self) -> Option<Bucket> {
        bucket(&self.asked.axes)
    }

    /// The dimension rows are told apart by.
    pub fn breakdown(&self) -> Option<&Dimension> {
        breakdown(&self.asked.axes)
    }

    /// Is this what rows are told apart or filtered by?
    pub fn is_about(&self, dimension: &Dimension) -> bool {
        is_about(&self.asked, dimension)
    }

    /// Is it about the site as a whole, by nothing but time?
    pub fn is_plain(&self) -> bool {
        self.source == Source::Totals
    }

    /// Is it about choices?
    pub fn is_about_choices(&self) -> bool {
        is_about_any(&self.asked, is_of_choice)
    }

    /// Is it about something in which nobody is counted: robots, what was dropped, choices?
    pub fn is_about_nobody(&self) -> bool {
        is_about_any(&self.asked, |dimension| {
            matches!(dimension, Dimension::Robot | Dimension::Dropped) || is_of_choice(dimension)
        })
    }

    /// How many people some sums stem from: their visitors, or, of choices, those who were asked or answered.
    pub fn people(&self) -> fn(&Figures) -> i64 {
        if self.is_about_choices() { Figures::choosers } else { |figures| figures.visitors }
    }

    /// Does the filter say what a visitor did, and not who is compared: a goal or a property?
    pub fn filters_what_was_done(&self) -> bool {
        let filter = self.asked.filter.as_ref();
        filter.is_some_and(|filter| matches!(filter.dimension, Dimension::Goal | Dimension::Property(_)))
    }

    /// Do visitors of its rows lack some? Within a day they are told once, in the hour in which they came first; in the
    /// first hour of the range all that are there are.
    pub fn lacks_visitors(&self) -> bool {
        let is_one_hour = self.span.first_hour == self.span.last_hour;
        self.span.edge.is_some() && !is_one_hour && self.bucket() != Some(Bucket::Hour)
    }

    /// Are names of events asked for where page views are none of them?
    pub fn lacks_pageviews(&self) -> bool {
        matches!(&self.source, Source::Pairs { by: Dimension::EventName, .. })
    }

    /// Is one of these metrics asked for?
    pub fn wants(&self, metrics: &[Metric]) -> bool {
        self.asked.metrics.iter().any(|metric| metrics.contains(metric))
    }
}

fn is_about(asked: &Asked, dimension: &Dimension) -> bool {
    let filtered = asked.filter.as_ref().is_some_and(|filter| filter.dimension == *dimension);
    filtered || breakdown(&asked.axes) == Some(dimension)
}

fn is_about_any(asked: &Asked, is_it: impl Fn(&Dimension) -> bool) -> bool {
    let filtered = asked.filter.as_ref().map(|filter| &filter.dimension);
    filtered.into_iter().chain(breakdown(&asked.axes)).any(is_it)
}

fn bucket(axes: &[Axis]) -> Option<Bucket> {
    axes.iter().find_map(|axis| match axis {
        Axis::Time(bucket) => Some(*bucket),
        Axis::Of(_) => None,
    })
}

fn breakdown(axes: &[Axis]) -> Option<&Dimension> {
    axes.iter().find_map(|axis| match axis {
        Axis::Of(dimension) => Some(dimension),
        Axis::Time(_) => None,
    })
}

fn check_lists(asked: &Asked) -> Result<(), QuestionError> {
    if asked.metrics.is_empty() {
        return Err(QuestionError::NoMetric);
    }
    if let Some(twice) = repeated(&asked.metrics) {
        return Err(QuestionError::Twice(twice.name().into()));
    }
    if let Some(twice) = repeated(&asked.axes) {
        return Err(QuestionError::Twice(twice.name()));
    }
    if asked.axes.iter().filter(|axis| matches!(axis, Axis::Time(_))).count() > 1 {
        return Err(QuestionError::TwoBuckets);
    }
    for (key, _) in &asked.order {
        let (is_asked, name) = match key {
            Key::Metric(metric) => (asked.metrics.contains(metric), metric.name().into()),
            Key::Axis(axis) => (asked.axes.contains(axis), axis.name()),
        };
        if !is_asked {
            return Err(QuestionError::Order(name));
        }
    }
    if asked.limit == 0 || asked.limit > LIMIT_MAX || asked.offset > OFFSET_MAX {
        return Err(QuestionError::Page);
    }
    Ok(())
}

fn repeated<T: PartialEq>(list: &[T]) -> Option<&T> {
    list.iter().enumerate().find_map(|(place, item)| list[..place].contains(item).then_some(item))
}

fn check_filter(filter: Option<&Filter>) -> Result<(), QuestionError> {
    let Some(filter) = filter else { return Ok(()) };
    if filter.values.is_empty()
        || filter.values.len() > FILTER_VALUES_MAX
        || filter.values.iter().any(|value| value.len() > FILTER_VALUE_BYTES_MAX)
    {
        return Err(QuestionError::FilterValues);
    }
    if filter.values.iter().any(|value| &**value == super::disclosure::OTHER) {
        return Err(QuestionError::FilterOther);
    }
    Ok(())
}

/// As Plausible sorts when nothing is said: by time, then by the first metric.
fn order(asked: &Asked) -> Vec<(Key, Direction)> {
    if !asked.order.is_empty() {
        return asked.order.clone();
    }
    let time = bucket(&asked.axes).map(|bucket| (Key::Axis(Axis::Time(bucket)), Direction::Ascending));
    let metric = asked.metrics.first().map(|metric| (Key::Metric(*metric), Direction::Descending));
    time.into_iter().chain(metric).collect()
}

/// What a store answers: not fit to be shown before [`super::disclosure::disclose`] has seen it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// One row per bucket and readable value; all unreadable values of a bucket are one row.
    pub rows: Vec<Row>,
    /// Where there is a filter: what it selects from each bucket, and what it leaves out.
    pub selected: HashMap<Option<When>, Selected>,
    /// Visitors of the whole range, where a metric is divided by them.
    pub whole: Whole,
}

/// What a filter does to one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The sums of what it selects.
    pub inside: Figures,
    /// The people (see [`Question::people`]) of the site whom it leaves out.
    pub outside_people: i64,
}

/// One row as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its bucket; `None` where time is not cut.
    pub when: Option<When>,
    /// Its value; `None` where nobody can read it, or where rows are not told apart by a dimension.
    pub value: Option<Arc<str>>,
    /// How many values were added up in this row.
    pub values: u64,
    /// The sums.
    pub figures: Figures,
    /// For a pair: how many people (see [`Question::people`]) had the row's value but not the filter's.
    pub left_of_value: i64,
    /// For a pair: how many people the filter selects who had not the row's value.
    pub left_of_filter: i64,
    /// What its figures are divided by.
    pub beside: Beside,
}

#[cfg(test)]
mod tests;
