use super::super::tests::question;
use super::super::{Axis, Bucket};
use super::*;

const GOAL: (Dimension, &str) = (Dimension::Goal, "Purchase");
const PAGE: (Dimension, &str) = (Dimension::Page, "/");

fn number(question: &Question, metric: Metric, figures: Figures, beside: Beside) -> Option<Number> {
    Measured {
        figures: &figures,
        beside: &beside,
        whole: Whole { visitors: 200, filtered: 200, answered: [50; 4] },
    }
    .number(question, metric)
}

#[test]
fn ratios_round_a_half_to_the_even_neighbour() {
    let plain = question(&[], None, 5);
    let bounce_rate = |bounces, visits| {
        let figures = Figures { begun: visits, bounces, ..Figures::default() };
        number(&plain, Metric::BounceRate, figures, Beside::default())
    };
    assert_eq!(bounce_rate(1, 3), Some(Number::Whole(33)));
    assert_eq!(bounce_rate(2, 3), Some(Number::Whole(67)));
    assert_eq!(bounce_rate(1, 8), Some(Number::Whole(12)));
    assert_eq!(bounce_rate(3, 8), Some(Number::Whole(38)));
    let figures = Figures { views: 5, visits: 3, ..Figures::default() };
    let views_per_visit = number(&plain, Metric::ViewsPerVisit, figures, Beside::default());
    assert_eq!(views_per_visit, Some(Number::Hundredths(167)));
}

#[test]
fn figure_of_nothing_is_zero_or_none() {
    let plain = question(&[], Some(GOAL), 5);
    for metric in Metric::ALL {
        let number = number(&plain, metric, Figures { seconds: 9, ..Figures::default() }, Beside::default());
        let expected = match metric {
            Metric::ExitRate | Metric::TimeOnPage | Metric::ScrollDepth | Metric::AverageRevenue => None,
            Metric::TotalRevenue => Some(Number::Money(0)),
            Metric::ViewsPerVisit
            | Metric::ConversionRate
            | Metric::GroupConversionRate
            | Metric::Percentage
            | Metric::ConsentRate(_)
            | Metric::ConsentShare(_) => Some(Number::Hundredths(0)),
            _ => Some(Number::Whole(0)),
        };
        assert_eq!(number, expected, "{metric:?}");
    }
}

/// Of two visits one had begun on the day before; the other has bounced.
#[test]
fn what_became_of_visits_is_told_of_those_that_began() {
    let figures = Figures { visits: 2, begun: 1, bounces: 1, seconds: 60, ..Figures::default() };
    let of = |metric| number(&question(&[], None, 5), metric, figures, Beside::default());
    assert_eq!(of(Metric::BounceRate), Some(Number::Whole(100)));
    assert_eq!(of(Metric::VisitDuration), Some(Number::Whole(60)));
}

#[test]
fn bounces_of_a_page_are_among_those_who_entered_there() {
    let figures = Figures { visits: 10, bounces: 1, entries: 2, ..Figures::default() };
    let rate = |k| number(&question(&[], Some(PAGE), k), Metric::BounceRate, figures, Beside::default());
    assert_eq!(rate(1), Some(Number::Whole(50)));
    assert_eq!(rate(5), None, "two entries are few, whatever the page was seen by");
}

#[test]
fn a_site_s_own_ratios_are_shown_however_few_stand_behind_them() {
    let figures = Figures { begun: 2, bounces: 1, ..Figures::default() };
    let by_day = question(&[Axis::Time(Bucket::Day)], None, 5);
    assert_eq!(number(&by_day, Metric::BounceRate, figures, Beside::default()), Some(Number::Whole(50)));
}

/// 30 of 200 visitors bought, 9 of them among the 40 of a row.
#[test]
fn conversions_are_divided_by_everybody_and_in_a_group_by_the_group() {
    let sources = question(&[Axis::Of(Dimension::Source)], Some(GOAL), 5);
    let figures = Figures { visitors: 9, ..Figures::default() };
    let beside = Beside { visitors: 40, ..Beside::default() };
    let rate = |metric| number(&sources, metric, figures, beside);
    assert_eq!(rate(Metric::ConversionRate), Some(Number::Hundredths(450)));
    assert_eq!(rate(Metric::GroupConversionRate), Some(Number::Hundredths(2250)));
}

/// Of a range that begins within a day the whole can lack more visitors than a row does.
#[test]
fn rate_of_more_visitors_than_there_are_is_not_told() {
    let sources = question(&[Axis::Of(Dimension::Source)], Some(GOAL), 1);
    let rate = |metric, visitors| {
        let beside = Beside { visitors: 40, ..Beside::default() };
        number(&sources, metric, Figures { visitors, ..Figures::default() }, beside)
    };
    for metric in [Metric::ConversionRate, Metric::Percentage] {
        assert_eq!(rate(metric, 200), Some(Number::Hundredths(10_000)));
        assert_eq!(rate(metric, 201), None, "{metric:?}");
    }
    assert_eq!(rate(Metric::GroupConversionRate, 40), Some(Number::Hundredths(10_000)));
    assert_eq!(rate(Metric::GroupConversionRate, 41), None);
}

#[test]
fn revenue_of_few_orders_is_not_told() {
    let bought = question(&[], Some(GOAL), 5);
    let of = |metric, orders| {
        let figures = Figures { revenue: 1_234_500, orders, ..Figures::default() };
        number(&bought, metric, figures, Beside::default())
    };
    assert_eq!(of(Metric::TotalRevenue, 5), Some(Number::Money(1_234_500)));
    assert_eq!(of(Metric::AverageRevenue, 5), Some(Number::Money(246_900)));
    assert_eq!((of(Metric::TotalRevenue, 4), of(Metric::AverageRevenue, 4)), (None, None));
}

/// Goods come back for more than was bought.
#[test]
fn revenue_that_is_given_back_is_a_negative_sum() {
    let bought = question(&[], Some(GOAL), 1);
    let of = |metric, revenue, orders| {
        number(&bought, metric, Figures { revenue, orders, ..Figures::default() }, Beside::default())
    };
    assert_eq!(of(Metric::TotalRevenue, -400_000, 1), Some(Number::Money(-400_000)));
    assert_eq!(of(Metric::AverageRevenue, -400_000, 1), Some(Number::Money(-400_000)));
    assert_eq!(of(Metric::AverageRevenue, -5, 2), Some(Number::Money(-2)));
    assert_eq!(of(Metric::AverageRevenue, -7, 2), Some(Number::Money(-4)));
    assert_eq!(of(Metric::AverageRevenue, -8, 3), Some(Number::Money(-3)));
}

#[test]
fn attention_and_scroll_are_means_of_visits() {
    let page = question(&[], Some(PAGE), 5);
    let figures = Figures { visits: 8, engaged_ms: 100_000, scroll: 330, scrolls: 6, ..Figures::default() };
    let of = |metric| number(&page, metric, figures, Beside::default());
    assert_eq!(of(Metric::TimeOnPage), Some(Number::Whole(12)));
    assert_eq!(of(Metric::ScrollDepth), Some(Number::Whole(55)));
}

#[test]
fn metrics_are_found_by_their_names() {
    for metric in Metric::ALL {
        assert_eq!(Metric::from_name(metric.name()), Some(metric));
    }
}
