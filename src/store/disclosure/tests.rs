use super::*;
use crate::counting::tally::LocalDay;
use crate::store::question::{Asked, Bucket, Filter, Range};
use jiff::tz::TimeZone;
use proptest::prelude::*;

const VISITORS: fn(&Figures) -> i64 = |sums| sums.visitors;

fn row(value: &str, visitors: i64) -> Row {
    let figures = Figures { visitors, visits: visitors, views: 2 * visitors, ..Figures::default() };
    let value = (!value.is_empty()).then(|| Arc::from(value));
    Row { when: None, value, values: 1, figures, left_of_value: 0, beside: Beside::default() }
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

proptest! {
    #[test]
    fn folding_keeps_the_sums_and_shows_no_small_row(
        visitors in proptest::collection::vec((0_i64..30, 0_i64..9), 0..20),
        k in 1_u32..12,
    ) {
        let limit = Limit { k, people: VISITORS };
        let rows: Vec<Row> = visitors
            .iter()
            .enumerate()
            .map(|(place, (visitors, left))| Row {
                left_of_value: *left,
                ..row(&if place % 4 == 3 { String::new() } else { format!("v{place}") }, *visitors)
            })
            .collect();
        let before = sum(&rows);
        let (visible, other) = fold(rows, limit);
        for row in &visible {
            prop_assert!(k == 1 || row.figures.is_empty() || row.figures.visitors >= i64::from(k));
        }
        if let Some(other) = &other {
            prop_assert!(visible.is_empty() || !limit.is_small(&other.figures));
        }
        let all: Vec<Row> = visible.into_iter().chain(other).collect();
        prop_assert_eq!(sum(&all), before);
    }
}
