//! Questions with hard limits, and which cells can answer them.
//!
//! [`Asked`] is what an analyst wants; [`Question::new`] refuses what no cell can answer and says which cells are
//! missing. An [`EventStore`](super::EventStore) answers a question with [`Rows`], which [`super::disclosure`] then
//! makes fit to be shown.

pub mod metric;
pub mod range;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use metric::{Base, Figures, Metric, Number};
pub use range::{Range, Span, When};

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
            Self::Time(Bucket::Hour) => Cow::Borrowed("time:hour"),
            Self::Time(Bucket::Day) => Cow::Borrowed("time:day"),
            Self::Of(dimension) => dimension.name(),
        }
    }

    /// The axis of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "time:hour" => Some(Self::Time(Bucket::Hour)),
            "time:day" => Some(Self::Time(Bucket::Day)),
            _ => Dimension::from_name(name).map(Self::Of),
        }
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
}

/// Which cells answer a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The whole site, by the hour.
    Totals,
    /// The values of one dimension, by the hour.
    Cells(Dimension),
    /// The values of `by`, where `filter` has the filter's value; by the day.
    Pairs {
        /// The dimension that is filtered.
        filter: Dimension,
        /// The dimension that rows are told apart by.
        by: Dimension,
    },
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// Nothing is asked for.
    #[error("at least one metric is needed")]
    NoMetric,
    /// A metric or dimension stands twice.
    #[error("{0} is asked for twice")]
    Twice(Cow<'static, str>),
    /// Two stretches of time.
    #[error("rows can be told apart by one of time:hour and time:day, not by both")]
    TwoBuckets,
    /// Two dimensions in which rows are to be told apart.
    #[error(
        "no cells hold {0} by {1} for every value; ask by one of them and filter by a value of the other, \
         or count the cross {0} × {1}"
    )]
    Cross(Cow<'static, str>, Cow<'static, str>),
    /// Hours of a pair.
    #[error("cells of {0} by {1} are kept by the day, not by the hour; ask for time:day or whole days")]
    PairByHour(Cow<'static, str>, Cow<'static, str>),
    /// A filter without, or with too many, or too long values.
    #[error("a filter needs 1 to {FILTER_VALUES_MAX} values of at most {FILTER_VALUE_BYTES_MAX} bytes")]
    FilterValues,
    /// A filter on what was folded.
    #[error("\"(other)\" stands for many values and cannot be filtered by")]
    FilterOther,
    /// The range ends before it begins, is too long, or lies outside the calendar.
    #[error("the range must begin before it ends and have at most {DAYS_MAX} days")]
    Range,
    /// Sorting by something that is not asked for.
    #[error("rows can be sorted by what is asked for only, and {0} is not")]
    Order(Cow<'static, str>),
    /// Too many rows.
    #[error("limit must be 1 to {LIMIT_MAX}, offset at most {OFFSET_MAX}")]
    Page,
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
        let source = source(&asked)?;
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

    /// Is the question about pages, so that only visits that entered there count for the bounce rate?
    pub fn is_about_pages(&self) -> bool {
        self.breakdown() == Some(&Dimension::Page)
            || self.asked.filter.as_ref().is_some_and(|filter| filter.dimension == Dimension::Page)
    }

    /// The metric of a row's sums.
    pub fn number(&self, metric: Metric, figures: &Figures) -> Number {
        metric.of(figures, if self.is_about_pages() { Base::Entries } else { Base::Visits })
    }

    /// Does a row add up several values of the filter, so that a visitor with two of them is in it twice?
    pub fn adds_values(&self) -> bool {
        self.asked
            .filter
            .as_ref()
            .is_some_and(|filter| filter.values.len() > 1 && self.breakdown() != Some(&filter.dimension))
    }
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
        return Err(QuestionError::Twice(twice.name().into()));
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

fn source(asked: &Asked) -> Result<Source, QuestionError> {
    let dimensions: Vec<&Dimension> =
        asked.axes.iter().filter_map(|axis| breakdown(std::slice::from_ref(axis))).collect();
    if let [one, other, ..] = dimensions[..] {
        return Err(QuestionError::Cross(one.name(), other.name()));
    }
    let filter = asked.filter.as_ref().map(|filter| &filter.dimension);
    match (filter, dimensions.first().copied()) {
        (None, None) => Ok(Source::Totals),
        (Some(one), None) | (None, Some(one)) => Ok(Source::Cells(one.clone())),
        (Some(filter), Some(by)) if filter == by => Ok(Source::Cells(by.clone())),
        (Some(filter), Some(by)) => {
            let is_daily =
                bucket(&asked.axes) != Some(Bucket::Hour) && matches!(asked.range, Range::Days { .. });
            if is_daily {
                Ok(Source::Pairs { filter: filter.clone(), by: by.clone() })
            } else {
                Err(QuestionError::PairByHour(by.name(), filter.name()))
            }
        }
    }
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
}

/// What a filter does to one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The sums of what it selects.
    pub inside: Figures,
    /// The visitors of the site whom it leaves out.
    pub outside_visitors: i64,
}

/// One row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its bucket; `None` where time is not cut.
    pub when: Option<When>,
    /// Its value; `None` where nobody can read it, or where rows are not told apart by a dimension.
    pub value: Option<Arc<str>>,
    /// How many values were added up in this row.
    pub values: u64,
    /// The sums.
    pub figures: Figures,
    /// For a pair: how many visitors had the row's value but not the filter's.
    pub left_of_value: i64,
}
