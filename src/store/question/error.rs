//! Why a question cannot be answered, in the words of Plausible's API where it has some.

use std::borrow::Cow;

use super::{DAYS_MAX, FILTER_VALUE_BYTES_MAX, FILTER_VALUES_MAX, LIMIT_MAX, OFFSET_MAX};

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
    #[error("rows can be told apart by one stretch of time, not by two")]
    TwoBuckets,
    /// Two dimensions in which rows are to be told apart.
    #[error("rows can be told apart by {0} or by {1}; ask by one of them and filter by a value of the other")]
    TwoDimensions(Cow<'static, str>, Cow<'static, str>),
    /// A pair that is not counted, but can be.
    #[error(
        "no cells hold {0} together with {1}; add [[site.cross]] dimensions = [\"{0}\", \"{1}\"] to count them"
    )]
    Cross(Cow<'static, str>, Cow<'static, str>),
    /// A pair that nothing can have.
    #[error("no cells hold {0} together with {1}, and none can: nothing that is counted has both")]
    NoPair(Cow<'static, str>, Cow<'static, str>),
    /// Page views, filtered as events, by something else.
    #[error(
        "no cells hold the page views among events together with {0}: take \"pageview\" out of the filter by event:name, and ask for pageviews by {0}"
    )]
    PageviewsAsEvents(Cow<'static, str>),
    /// A dimension that is counted beside another one only.
    #[error("event:next_page is kept for each page: filter by event:page")]
    NextPageAlone,
    /// A metric needs a goal.
    #[error("Metric `{0}` can only be queried with event:goal filters or dimensions.")]
    NeedsGoal(&'static str),
    /// A metric needs a page.
    #[error("Metric `{0}` can only be queried with event:page filters or dimensions.")]
    NeedsPage(&'static str),
    /// The exit rate is one of exit pages.
    #[error("Metric `exit_rate` requires a `visit:exit_page` dimension without further dimensions.")]
    NeedsExitPage,
    /// The exit rate among those who did something.
    #[error("Metric `exit_rate` cannot be queried when filtering on event dimensions.")]
    ExitRateOfEvents,
    /// A metric of visits by what happened in them.
    #[error("Session metric(s) `{0}` cannot be queried along with event dimensions")]
    VisitsByEvents(&'static str),
    /// A metric of rows.
    #[error("Metric `{0}` needs a dimension: it is the share of a row in the whole")]
    NeedsDimension(&'static str),
    /// Choices are counted of the site, and by what is said of them.
    #[error(
        "Metric `{0}` can only be queried for the whole site, or by and for event:choice and choice: dimensions"
    )]
    AnswersOfPart(&'static str),
    /// A rate of choices that two things are said of.
    #[error("Metric `{0}` can be queried by one choice: dimension or for one, not for both at once")]
    RateOfTwo(&'static str),
    /// A share of all visits.
    #[error(
        "Metric `{0}` is a share of all visits and can only be queried for the whole site: without filters, by time or not"
    )]
    ShareOfPart(&'static str),
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
