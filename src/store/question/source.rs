//! Which cells answer a question, and which metrics they can give.

use super::{Asked, Bucket, Dimension, Metric, QuestionError, Range, breakdown, bucket, is_about};
use crate::counting::pairs::{PAGEVIEW, can_be_crossed, is_of_choice, is_of_visit, is_paired};

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

impl Source {
    /// The cells that answer what is asked, if there are any.
    pub(super) fn of(asked: &Asked) -> Result<Self, QuestionError> {
        let dimensions: Vec<&Dimension> =
            asked.axes.iter().filter_map(|axis| breakdown(std::slice::from_ref(axis))).collect();
        if let [one, other, ..] = dimensions[..] {
            return Err(QuestionError::TwoDimensions(one.name(), other.name()));
        }
        let filter = asked.filter.as_ref().map(|filter| &filter.dimension);
        match (filter, dimensions.first().copied()) {
            (None, None) => Ok(Self::Totals),
            (Some(one), None) | (None, Some(one)) => cells(one),
            (Some(filter), Some(by)) if filter == by => cells(by),
            (Some(filter), Some(by)) => pairs(asked, filter, by),
        }
    }
}

fn cells(dimension: &Dimension) -> Result<Source, QuestionError> {
    if *dimension == Dimension::NextPage {
        return Err(QuestionError::NextPageAlone);
    }
    Ok(Source::Cells(dimension.clone()))
}

fn pairs(asked: &Asked, filter: &Dimension, by: &Dimension) -> Result<Source, QuestionError> {
    if !is_paired(filter, by, &asked.crosses) {
        return Err(if can_be_crossed(filter, by) {
            QuestionError::Cross(by.name(), filter.name())
        } else {
            QuestionError::NoPair(by.name(), filter.name())
        });
    }
    if is_by_hour(asked) {
        return Err(QuestionError::PairByHour(by.name(), filter.name()));
    }
    if *filter == Dimension::EventName && names_pageviews(asked) {
        return Err(QuestionError::PageviewsAsEvents(by.name()));
    }
    Ok(Source::Pairs { filter: filter.clone(), by: by.clone() })
}

/// Does the filter name page views? They stand in no pair: cells of the other value have them, but count the visitors
/// of its events, too.
fn names_pageviews(asked: &Asked) -> bool {
    asked.filter.as_ref().is_some_and(|filter| filter.values.iter().any(|value| &**value == PAGEVIEW))
}

/// Does it ask for more than days?
fn is_by_hour(asked: &Asked) -> bool {
    bucket(&asked.axes) == Some(Bucket::Hour) || !matches!(asked.range, Range::Days { .. })
}

/// Can the cells give every metric that is asked for?
pub(super) fn check_metrics(asked: &Asked) -> Result<(), QuestionError> {
    asked.metrics.iter().try_for_each(|metric| check_metric(asked, *metric))
}

fn check_metric(asked: &Asked, metric: Metric) -> Result<(), QuestionError> {
    let needs = |dimension: &Dimension, error: QuestionError| {
        if is_about(asked, dimension) { Ok(()) } else { Err(error) }
    };
    match metric {
        Metric::ConversionRate
        | Metric::GroupConversionRate
        | Metric::TotalRevenue
        | Metric::AverageRevenue => needs(&Dimension::Goal, QuestionError::NeedsGoal(metric.name())),
        Metric::TimeOnPage | Metric::ScrollDepth => {
            needs(&Dimension::Page, QuestionError::NeedsPage(metric.name()))
        }
        Metric::ExitRate => check_exit_rate(asked),
        Metric::BounceRate | Metric::VisitDuration => check_visits(asked, metric),
        Metric::BannersShown
        | Metric::BannersIgnored
        | Metric::Choices
        | Metric::ConsentRate(_)
        | Metric::ConsentShare(_) => check_answers(asked, metric),
        Metric::Percentage if asked.axes.is_empty() => Err(QuestionError::NeedsDimension(metric.name())),
        Metric::Percentage
        | Metric::Visitors
        | Metric::Visits
        | Metric::Pageviews
        | Metric::ViewsPerVisit
        | Metric::Events => Ok(()),
    }
}

/// Choices are counted of the whole site and by what is said of them; a rate of one of their values takes its pair with
/// what was granted, so it cannot be cut by two.
fn check_answers(asked: &Asked, metric: Metric) -> Result<(), QuestionError> {
    let (by, filter) = (breakdown(&asked.axes), asked.filter.as_ref().map(|filter| &filter.dimension));
    if by.into_iter().chain(filter).any(|dimension| !is_of_choice(dimension)) {
        return Err(QuestionError::AnswersOfPart(metric.name()));
    }
    match (metric, by.or(filter)) {
        (Metric::ConsentShare(_), Some(_)) => Err(QuestionError::ShareOfPart(metric.name())),
        (Metric::ConsentRate(_), Some(_)) if by.is_some() && filter.is_some() => {
            Err(QuestionError::RateOfTwo(metric.name()))
        }
        (Metric::ConsentRate(granted), Some(one)) if is_by_hour(asked) => {
            Err(QuestionError::PairByHour(granted.told_by().0.name(), one.name()))
        }
        _ => Ok(()),
    }
}

/// Exits are divided by the page views of the page, so these must be counted under the same filter.
fn check_exit_rate(asked: &Asked) -> Result<(), QuestionError> {
    if breakdown(&asked.axes) != Some(&Dimension::ExitPage) || bucket(&asked.axes).is_some() {
        return Err(QuestionError::NeedsExitPage);
    }
    match asked.filter.as_ref().map(|filter| &filter.dimension) {
        None | Some(Dimension::ExitPage) => Ok(()),
        Some(filter) if !is_of_visit(filter) => Err(QuestionError::ExitRateOfEvents),
        Some(filter) => pairs(asked, filter, &Dimension::Page).map(|_| ()),
    }
}

/// Cells of what happened in visits do not hold how these went; those of pages do, of the visits that entered there.
fn check_visits(asked: &Asked, metric: Metric) -> Result<(), QuestionError> {
    let filtered = asked.filter.as_ref().map(|filter| &filter.dimension);
    let is_event = |dimension: &Dimension| !is_of_visit(dimension) && *dimension != Dimension::Page;
    if breakdown(&asked.axes).into_iter().chain(filtered).any(is_event) {
        return Err(QuestionError::VisitsByEvents(metric.name()));
    }
    Ok(())
}
