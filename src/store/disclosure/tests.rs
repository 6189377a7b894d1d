mod people;

use super::*;
use crate::counting::tally::LocalDay;
use crate::store::question::{Asked, Bucket, Filter, Range};
use jiff::tz::TimeZone;
use proptest::prelude::*;

const VISITORS: fn(&Figures) -> i64 = |sums| sums.visitors;

fn row(value: &str, visitors: i64) -> Row {
    let figures = Figures { visitors, visits: visitors, views: 2 * visitors, ..Figures::default() };
    let value = (!value.is_empty()).then(|| Arc::from(value));
    Row {
        when: None,
        value,
        values: 1,
        figures,
        left_of_value: 0,
        left_of_filter: 0,
        beside: Beside::default(),
    }
}

fn question(axes: &[Axis], filter: Option<(Dimension, &str)>, k: u32) -> Question {
    Question::new(Asked {
        site: "shop".into(),
        time_zone: TimeZone::UTC,
        metrics: vec![Metric::Visitors],
        axes: axes.to_vec(),
        filter: filter.map(|(dimension, value)| Filter { dimension, values: vec![value.into()] }),
        range: Range::Days { first: LocalDay(0), last: LocalDay(9) },
        order: Vec::new(),
        limit: 100,
        offset: 0,
        k,
        crosses: Vec::new(),
    })
    .unwrap()
}

fn shown(answer: &Answer) -> Vec<(Option<&str>, Option<i64>)> {
    answer.rows.iter().map(|row| (row.value.as_deref(), row.figures.map(|sums| sums.visitors))).collect()
}

fn disclosed(rows: Vec<Row>, k: u32) -> Answer {
    let question = question(&[Axis::Of(Dimension::Country)], None, k);
    disclose(&question, Rows { rows, ..Rows::default() })
}

#[test]
fn rows_of_few_visitors_join_other() {
    let answer = disclosed(vec![row("NO", 50), row("SE", 4), row("DK", 3)], 5);
    assert_eq!(shown(&answer), [(Some("NO"), Some(50)), (Some(OTHER), Some(7))]);
    assert_eq!(answer.meta.folded, 2);
}

#[test]
fn smallest_shown_row_joins_an_other_that_is_small_itself() {
    let answer = disclosed(vec![row("NO", 50), row("SE", 20), row("DK", 2)], 5);
    assert_eq!(shown(&answer), [(Some("NO"), Some(50)), (Some(OTHER), Some(22))]);
}

#[test]
fn nothing_is_folded_with_k_1_but_what_nobody_can_read() {
    let answer = disclosed(vec![row("NO", 2), row("SE", 1), row("", 1)], 1);
    assert_eq!(shown(&answer), [(Some("NO"), Some(2)), (Some(OTHER), Some(1)), (Some("SE"), Some(1))]);
}

#[test]
fn value_that_leaves_few_of_its_kind_is_not_shown() {
    let mut phones = row("iOS", 46);
    phones.left_of_value = 3;
    let answer = disclosed(vec![phones, row("Android", 30)], 5);
    assert_eq!(shown(&answer), [(Some(OTHER), Some(46)), (Some("Android"), Some(30))]);
}

#[test]
fn views_without_any_visitor_count_as_few() {
    let views = Row { figures: Figures { views: 9, ..Figures::default() }, ..row("SE", 0) };
    let answer = disclosed(vec![row("NO", 50), row("DK", 5), views], 5);
    assert_eq!(shown(&answer), [(Some("NO"), Some(50)), (Some(OTHER), Some(5))]);
}

#[test]
fn plain_totals_are_always_shown() {
    let totals = Rows { rows: vec![row("", 1)], ..Rows::default() };
    assert_eq!(shown(&disclose(&question(&[], None, 5), totals)), [(None, Some(1))]);
}

#[test]
fn question_for_one_row_has_one_without_any_figures() {
    assert_eq!(shown(&disclose(&question(&[], None, 5), Rows::default())), [(None, Some(0))]);
    let by_day = question(&[Axis::Time(Bucket::Day)], None, 5);
    assert_eq!(shown(&disclose(&by_day, Rows::default())), []);
}

#[test]
fn filter_that_selects_or_leaves_few_is_withheld() {
    let question = question(&[], Some((Dimension::Country, "NO")), 5);
    let disclosed = |inside: i64, outside_people: i64| {
        let rows = vec![row("", inside)];
        let selected = Selected { inside: rows[0].figures, outside_people };
        disclose(&question, Rows { rows, selected: [(None, selected)].into(), whole: Whole::default() })
    };
    assert_eq!(shown(&disclosed(50, 0)), [(None, Some(50))]);
    assert_eq!(shown(&disclosed(50, 5)), [(None, Some(50))]);
    assert_eq!(shown(&disclosed(50, 4)), [(None, None)]);
    assert_eq!(shown(&disclosed(4, 50)), [(None, None)]);
    assert_eq!(shown(&disclosed(0, 50)), [(None, Some(0))]);
    assert_eq!(disclosed(4, 50).meta.withheld, 1);
}

#[test]
fn choices_are_folded_by_how_often_they_were_made() {
    let made =
        |value: &str, events| Row { figures: Figures { events, ..Figures::default() }, ..row(value, 0) };
    let question = question(&[Axis::Of(Dimension::Choice)], None, 5);
    let rows = vec![made("accepted", 9), made("refused", 7), made("partial", 5), made("withdrawn", 4)];
    let answer = disclose(&question, Rows { rows, ..Rows::default() });
    let labels: Vec<Option<&str>> = answer.rows.iter().map(|row| row.value.as_deref()).collect();
    assert_eq!(labels, [Some(OTHER), Some("accepted"), Some("refused")]);
}

fn by(dimension: Dimension, rows: Vec<Row>) -> Answer {
    disclose(&question(&[Axis::Of(dimension)], None, 5), Rows { rows, ..Rows::default() })
}

/// Of twelve visitors one bought.
#[test]
fn few_that_are_not_all_are_withheld_where_no_row_can_join_them() {
    let size = Dimension::Property("size".into());
    let some = [Dimension::Goal, Dimension::Funnel, Dimension::Currency, Dimension::FirstWeek, size];
    for dimension in some {
        let answer = by(dimension.clone(), vec![row("Purchase", 1)]);
        assert_eq!(
            (shown(&answer), answer.meta.withheld, answer.meta.folded),
            (vec![], 1, 0),
            "{dimension:?}"
        );
    }
    let hours = question(&[Axis::Time(Bucket::Hour), Axis::Of(Dimension::Goal)], None, 5);
    let at = |hour, visitors| {
        let when = Some(When::Hour(crate::counting::tally::Hour(hour), LocalDay(0)));
        Row { when, ..row("Purchase", visitors) }
    };
    let answer = disclose(&hours, Rows { rows: vec![at(9, 1), at(10, 7), at(11, 4)], ..Rows::default() });
    assert_eq!((shown(&answer), answer.meta.withheld), (vec![(Some("Purchase"), Some(7))], 2));
}

#[test]
fn few_who_are_all_of_a_day_are_the_site_s_total_and_shown() {
    let all = [Dimension::Page, Dimension::Source, Dimension::Country, Dimension::City, Dimension::UtmTerm];
    for dimension in all {
        let answer = by(dimension.clone(), vec![row("one", 1), row("", 2)]);
        assert_eq!(
            (shown(&answer), answer.meta.withheld),
            (vec![(Some(OTHER), Some(3))], 0),
            "{dimension:?}"
        );
    }
}

/// Three went through both steps of a funnel: six visitors of steps are three.
#[test]
fn one_visitor_of_several_rows_is_not_several_visitors() {
    let steps = || vec![row("basket", 3), row("paid", 3)];
    let answer = by(Dimension::Funnel, steps());
    assert_eq!((shown(&answer), answer.meta.withheld), (vec![], 1));
    let unreadable = Row { values: 6, ..row("", 6) };
    assert_eq!(shown(&by(Dimension::Property("order".into()), vec![unreadable])), []);
    let with_many = [steps(), vec![row("seen", 30), row("kept", 10)]].concat();
    assert_eq!(shown(&by(Dimension::Funnel, with_many)), [(Some("seen"), Some(30)), (Some(OTHER), Some(16))]);
}

#[test]
fn statuses_say_how_often_and_never_how_few_visitors() {
    let statuses = Question::new(Asked {
        metrics: vec![Metric::Events, Metric::Visitors, Metric::Percentage],
        ..question(&[Axis::Of(Dimension::Status)], None, 5).asked().clone()
    })
    .unwrap();
    let failed = |status: &str, visitors| {
        let figures = Figures { visitors, events: 2 * visitors, ..Figures::default() };
        Row { figures, ..row(status, 0) }
    };
    let rows = vec![failed("404", 1), failed("500", 9)];
    let whole = Whole { visitors: 12, filtered: 12, ..Whole::default() };
    let answer = disclose(&statuses, Rows { rows, whole, ..Rows::default() });
    let told: Vec<Vec<Option<Number>>> = answer
        .rows
        .iter()
        .map(|row| {
            statuses.asked().metrics.iter().map(|metric| answer.number(&statuses, row, *metric)).collect()
        })
        .collect();
    let many = vec![Some(Number::Whole(18)), Some(Number::Whole(9)), Some(Number::Hundredths(7500))];
    assert_eq!(told, [many, vec![Some(Number::Whole(2)), None, None]]);
}

#[test]
fn names_of_events_under_a_filter_say_that_page_views_are_not_among_them() {
    let warned = |filter| warnings(&question(&[Axis::Of(Dimension::EventName)], filter, 5));
    assert_eq!(warned(Some((Dimension::Page, "/"))), [Warning::WithoutPageviews]);
    assert_eq!(warned(Some((Dimension::EventName, "pageview"))), []);
    assert_eq!(warned(None), []);
}

#[test]
fn visitors_of_a_part_of_a_day_and_what_is_divided_by_them_are_told_to_lack_some() {
    let warned = |first, last, bucket: Option<Bucket>, metrics: &[Metric]| {
        let hour = crate::counting::tally::Hour;
        let axes: Vec<Axis> = [Axis::Of(Dimension::Goal)].into_iter().chain(bucket.map(Axis::Time)).collect();
        let range = Range::Hours { first: hour(first), last: hour(last) };
        let asked = Asked { range, metrics: metrics.to_vec(), ..question(&axes, None, 5).asked().clone() };
        warnings(&Question::new(Asked { order: Vec::new(), ..asked }).unwrap())
    };
    let metrics = [Metric::Visitors, Metric::Visits, Metric::ConversionRate, Metric::Percentage];
    let told = [Metric::Visitors, Metric::ConversionRate, Metric::Percentage].map(Warning::PartOfDay);
    assert_eq!(warned(9, 11, None, &metrics), told);
    assert_eq!(warned(9, 60, Some(Bucket::Day), &metrics), told);
    assert_eq!(warned(9, 9, None, &metrics), [], "nobody of one hour is left out");
    assert_eq!(warned(9, 11, Some(Bucket::Hour), &metrics), []);
    assert_eq!(warned(0, 11, None, &metrics), [], "it begins with the day");
    assert_eq!(warned(9, 11, None, &[Metric::Events]), []);
}

/// A visit that left, on the next day, from a page that nobody saw on this one.
#[test]
fn row_in_which_nothing_happened_is_not_listed_and_takes_no_other_along() {
    let left = Row { figures: Figures { exits: 1, ..Figures::default() }, ..row("/b", 0) };
    for k in [1, 5] {
        let question = question(&[Axis::Of(Dimension::Page)], None, k);
        let rows = Rows { rows: vec![row("/a", 20), left.clone()], ..Rows::default() };
        assert_eq!(shown(&disclose(&question, rows)), [(Some("/a"), Some(20))], "k = {k}");
    }
}

#[test]
fn one_visitor_with_several_values_of_a_filter_is_not_several_visitors() {
    let filtered = |dimension: Dimension, by: &[Axis], values: &[&str]| {
        let filter = Filter { dimension, values: values.iter().map(|value| Arc::from(*value)).collect() };
        Question::new(Asked { filter: Some(filter), ..question(by, None, 5).asked().clone() }).unwrap()
    };
    let is_shown = |question: &Question, visitors| {
        let selected = Selected { inside: row("", visitors).figures, outside_people: 100 };
        let rows = vec![Row { left_of_value: 100, ..row("NO", visitors) }];
        let selected = [(None, selected)].into();
        let answer = disclose(question, Rows { rows, selected, ..Rows::default() });
        answer.rows.iter().any(|row| row.figures.is_some())
    };
    for by in [&[][..], &[Axis::Of(Dimension::Country)]] {
        let two = filtered(Dimension::Goal, by, &["Purchase", "Signup"]);
        assert!(!is_shown(&two, 8) && is_shown(&two, 9), "eight can be four with two goals each");
        assert!(is_shown(&filtered(Dimension::Goal, by, &["Purchase"]), 5));
    }
    let two = filtered(Dimension::Device, &[Axis::Of(Dimension::Country)], &["Mobile", "Tablet"]);
    assert!(is_shown(&two, 5), "a visitor has one device");
}

proptest! {
    #[test]
    fn folding_keeps_the_sums_and_shows_no_small_row(
        visitors in proptest::collection::vec((0_i64..30, 0_i64..9), 0..20),
        k in 1_u32..12,
        parts in prop_oneof![Just(Parts::OfAll), Just(Parts::OfSome), Just(Parts::Overlapping)],
    ) {
        let limit = Limit { k, people: VISITORS, parts, times: 1 };
        let rows: Vec<Row> = visitors
            .iter()
            .enumerate()
            .map(|(place, (visitors, left))| Row {
                left_of_value: *left,
                ..row(&if place % 4 == 3 { String::new() } else { format!("v{place}") }, *visitors)
            })
            .collect();
        let before = sum(&rows);
        let Folded { visible, other, is_withheld } = fold(rows, limit);
        for row in &visible {
            prop_assert!(k == 1 || row.figures.is_empty() || row.figures.visitors >= i64::from(k));
        }
        if let Some(other) = &other {
            let may_be_small = parts == Parts::OfAll && visible.is_empty();
            prop_assert!(may_be_small || !limit.is_small(&other.figures));
        }
        let all: Vec<Row> = visible.into_iter().chain(other).collect();
        if is_withheld {
            prop_assert!(parts != Parts::OfAll && all.is_empty());
        } else {
            prop_assert_eq!(sum(&all), before);
        }
    }
}
