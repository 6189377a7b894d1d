//! Every metric by every dimension under every filter of one value: answered, or refused for the reason that holds.

use super::*;
use crate::counting::pairs::{can_be_crossed, is_of_choice, is_of_visit, is_paired};

/// What becomes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answered,
    /// No cells yet: the cross to add is named.
    Cross,
    /// Nothing that is counted has both.
    NoPair,
    NextPageAlone,
    NeedsGoal,
    NeedsPage,
    NeedsExitPage,
    ExitRateOfEvents,
    VisitsByEvents,
    NeedsDimension,
    AnswersOfPart,
    RateOfTwo,
    ShareOfPart,
}

fn kind(outcome: Result<Question, QuestionError>) -> Kind {
    match outcome {
        Ok(_) => Kind::Answered,
        Err(QuestionError::Cross(..)) => Kind::Cross,
        Err(QuestionError::NoPair(..)) => Kind::NoPair,
        Err(QuestionError::NextPageAlone) => Kind::NextPageAlone,
        Err(QuestionError::NeedsGoal(_)) => Kind::NeedsGoal,
        Err(QuestionError::NeedsPage(_)) => Kind::NeedsPage,
        Err(QuestionError::NeedsExitPage) => Kind::NeedsExitPage,
        Err(QuestionError::ExitRateOfEvents) => Kind::ExitRateOfEvents,
        Err(QuestionError::VisitsByEvents(_)) => Kind::VisitsByEvents,
        Err(QuestionError::NeedsDimension(_)) => Kind::NeedsDimension,
        Err(QuestionError::AnswersOfPart(_)) => Kind::AnswersOfPart,
        Err(QuestionError::RateOfTwo(_)) => Kind::RateOfTwo,
        Err(QuestionError::ShareOfPart(_)) => Kind::ShareOfPart,
        Err(other) => panic!("{other}"),
    }
}

/// What has to become of two dimensions, whatever is asked of them.
fn cells(by: Option<&Dimension>, filter: Option<&Dimension>) -> Kind {
    match (by, filter) {
        (Some(by), Some(filter)) if by != filter => match () {
            () if is_paired(by, filter, &[]) => Kind::Answered,
            () if can_be_crossed(by, filter) => Kind::Cross,
            () => Kind::NoPair,
        },
        (Some(Dimension::NextPage), _) | (_, Some(Dimension::NextPage)) => Kind::NextPageAlone,
        _ => Kind::Answered,
    }
}

/// What has to become of a metric where there are cells.
fn metric_kind(metric: Metric, by: Option<&Dimension>, filter: Option<&Dimension>) -> Kind {
    let about: Vec<&Dimension> = by.into_iter().chain(filter).collect();
    let unless = |is_met: bool, kind: Kind| if is_met { Kind::Answered } else { kind };
    match metric {
        Metric::Visitors | Metric::Visits | Metric::Pageviews | Metric::ViewsPerVisit | Metric::Events => {
            Kind::Answered
        }
        Metric::Percentage => unless(by.is_some(), Kind::NeedsDimension),
        Metric::BounceRate | Metric::VisitDuration => {
            let is_known = |one: &&Dimension| is_of_visit(one) || **one == Dimension::Page;
            unless(about.iter().all(is_known), Kind::VisitsByEvents)
        }
        Metric::TimeOnPage | Metric::ScrollDepth => {
            unless(about.contains(&&Dimension::Page), Kind::NeedsPage)
        }
        Metric::ConversionRate
        | Metric::GroupConversionRate
        | Metric::TotalRevenue
        | Metric::AverageRevenue => unless(about.contains(&&Dimension::Goal), Kind::NeedsGoal),
        Metric::ExitRate if by != Some(&Dimension::ExitPage) => Kind::NeedsExitPage,
        Metric::ExitRate => match filter {
            None | Some(Dimension::ExitPage) => Kind::Answered,
            Some(filter) if !is_of_visit(filter) => Kind::ExitRateOfEvents,
            // Views of the page must be counted under the same filter.
            Some(filter) => cells(Some(&Dimension::Page), Some(filter)),
        },
        _ if !about.iter().all(|one| is_of_choice(one)) => Kind::AnswersOfPart,
        Metric::ConsentShare(_) => unless(about.is_empty(), Kind::ShareOfPart),
        Metric::ConsentRate(_) => unless(about.len() < 2, Kind::RateOfTwo),
        Metric::BannersShown | Metric::BannersIgnored | Metric::Choices => Kind::Answered,
    }
}

fn dimensions() -> Vec<Option<Dimension>> {
    let known = Dimension::ALL.into_iter().chain([Dimension::Property("size".into())]);
    std::iter::once(None).chain(known.map(Some)).collect()
}

fn about(metric: Metric, by: Option<&Dimension>, filter: Option<&Dimension>) -> Asked {
    let axes: Vec<Axis> = by.cloned().map(Axis::Of).into_iter().collect();
    let filter = filter.map(|dimension| (dimension.clone(), &["x"][..]));
    Asked { metrics: vec![metric], ..asked(&axes, filter) }
}

#[test]
fn every_metric_by_every_dimension_under_every_filter_is_answered_or_refused_for_its_reason() {
    for by in &dimensions() {
        for filter in &dimensions() {
            let (by, filter) = (by.as_ref(), filter.as_ref());
            for metric in Metric::ALL {
                let expected = match cells(by, filter) {
                    Kind::Answered => metric_kind(metric, by, filter),
                    missing => missing,
                };
                let found = kind(Question::new(about(metric, by, filter)));
                assert_eq!(found, expected, "{} by {by:?} under {filter:?}", metric.name());
            }
        }
    }
}

#[test]
fn cross_that_is_named_by_a_refusal_is_the_one_that_is_missing() {
    for by in dimensions().into_iter().flatten() {
        for filter in dimensions().into_iter().flatten() {
            let question = about(Metric::Visitors, Some(&by), Some(&filter));
            let Err(error @ QuestionError::Cross(..)) = Question::new(question.clone()) else { continue };
            let line = format!("[[site.cross]] dimensions = [\"{}\", \"{}\"]", by.name(), filter.name());
            assert!(error.to_string().contains(&line), "{error}");
            let crosses = vec![(by.clone(), filter.clone())];
            assert!(Question::new(Asked { crosses, ..question }).is_ok(), "{error}");
        }
    }
}

#[test]
fn every_question_that_is_not_refused_is_answered_by_the_store() {
    let room = room();
    for by in &dimensions() {
        for filter in &dimensions() {
            let metrics: Vec<Metric> = Metric::ALL
                .into_iter()
                .filter(|metric| Question::new(about(*metric, by.as_ref(), filter.as_ref())).is_ok())
                .collect();
            if let Some(first) = metrics.first() {
                let question = about(*first, by.as_ref(), filter.as_ref());
                room.rows(Asked { metrics, ..question });
            }
        }
    }
}
