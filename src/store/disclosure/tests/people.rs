//! Answers about visitors who are known one by one: whom a row that is shown singles out.

use std::convert::Infallible;

use super::*;
use crate::counting::pairs::is_of_visitor;
use crate::store::question::reading::{self, Reading, Told};

/// Values that rows are told apart by; nobody can read the last two.
const VALUES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "", ""];

/// A visitor of the site.
#[derive(Clone, Copy, Debug)]
struct Person {
    /// One bit for each of [`VALUES`]: had it on a visit that the filter selects, or, where none is, on any.
    had: u8,
    /// Does the filter select somebody of them?
    is_selected: bool,
}

impl Person {
    const fn has(self, value: usize) -> bool {
        self.had >> value & 1 == 1
    }
}

fn count(people: &[Person], is_counted: impl Fn(Person) -> bool) -> i64 {
    people.iter().map(|person| i64::from(is_counted(*person))).sum()
}

/// A row for each value that can be read, and one for all others.
fn rows(people: &[Person], is_counted: impl Fn(Person) -> bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (place, value) in VALUES.into_iter().enumerate() {
        let more = row(value, count(people, |person| is_counted(person) && person.has(place)));
        match rows.iter_mut().find(|row| row.value == more.value) {
            _ if more.figures.is_empty() => {}
            Some(same) => *same = join(same.clone(), &more),
            None => rows.push(more),
        }
    }
    rows
}

fn answered(question: &Question, people: &[Person]) -> Answer {
    let read: Result<Rows, Infallible> = reading::rows(question, |reading| {
        Ok(match reading {
            Reading::Totals { .. } => vec![row("", count(people, |_| true))],
            Reading::Values { told: Told::Together, .. } => {
                vec![row("", count(people, |person| person.is_selected))]
            }
            Reading::Values { told: Told::Apart, .. } => rows(people, |_| true),
            Reading::Pairs { .. } => rows(people, |person| person.is_selected),
        })
    });
    let Ok(rows) = read;
    disclose(question, rows)
}

fn under_a_source(by: Dimension, k: u32) -> Question {
    question(&[Axis::Of(by)], Some((Dimension::Source, "Facebook")), k)
}

fn times(times: usize, had: u8, is_selected: bool) -> Vec<Person> {
    vec![Person { had, is_selected }; times]
}

/// Seven from Facebook saw one page, and six of them another and bought: who is the seventh?
#[test]
fn row_that_leaves_few_of_those_whom_the_filter_selects_is_not_shown() {
    let people = [times(6, 0b11, true), times(1, 0b01, true), times(20, 0b11, false)].concat();
    let pages = answered(&under_a_source(Dimension::Page, 5), &people);
    assert_eq!(shown(&pages), [(Some(OTHER), Some(13))]);
    let people = [times(6, 0b1, true), times(1, 0, true), times(20, 0b1, false)].concat();
    let goals = answered(&under_a_source(Dimension::Goal, 5), &people);
    assert_eq!((shown(&goals), goals.meta.withheld), (vec![], 1));
    let all = [times(7, 0b11, true), times(20, 0b11, false)].concat();
    let goals = answered(&under_a_source(Dimension::Goal, 5), &all);
    assert_eq!(shown(&goals), [(Some("a"), Some(7)), (Some("b"), Some(7))], "who is not there, is nobody");
}

/// Six came by a source to one page, and one of them went on to five more.
#[test]
fn one_visitor_of_several_pages_is_not_several_visitors() {
    let mut people = [times(5, 0b1, true), times(1, 0b11_1111, true)].concat();
    people.extend(times(6, 0b11_1110, false));
    let answer = answered(&under_a_source(Dimension::Page, 5), &people);
    assert_eq!(shown(&answer), [(Some(OTHER), Some(11))]);
    let by_source = question(&[Axis::Of(Dimension::Source)], Some((Dimension::Page, "/")), 5);
    assert_eq!(shown(&answered(&by_source, &people)), [(Some(OTHER), Some(11))]);
}

#[test]
fn visitors_of_several_countries_are_added_up_to_k() {
    let people = [times(3, 0b1, true), times(2, 0b10, true), times(20, 0b11, false)].concat();
    let answer = answered(&under_a_source(Dimension::Country, 5), &people);
    assert_eq!(shown(&answer), [(Some(OTHER), Some(5))]);
}

fn any_people() -> impl Strategy<Value = Vec<Person>> {
    let person = (0_u8..=255, proptest::bool::weighted(0.7));
    let alike = (1_usize..9, person).prop_map(|(number, (had, is_selected))| times(number, had, is_selected));
    proptest::collection::vec(alike, 0..9).prop_map(|groups| groups.concat())
}

proptest! {
    #[test]
    fn row_under_a_filter_and_what_it_leaves_of_value_and_filter_are_nobody_or_not_few(
        people in any_people(),
        k in 2_u32..8,
        by in prop_oneof![
            Just(Dimension::Page),
            Just(Dimension::ExitPage),
            Just(Dimension::Channel),
            Just(Dimension::FirstWeek),
            Just(Dimension::EventName),
            Just(Dimension::Goal),
            Just(Dimension::Property("size".into())),
            Just(Dimension::Country),
            Just(Dimension::Device),
        ],
    ) {
        let mut people = people;
        if is_of_visitor(&by) {
            for person in &mut people {
                person.had = 1 << (person.had % 8);
            }
        }
        let crosses = vec![(by.clone(), Dimension::Source)];
        let asked = Asked { crosses, ..question(&[], Some((Dimension::Source, "Facebook")), k).asked().clone() };
        let question = Question::new(Asked { axes: vec![Axis::Of(by)], ..asked }).unwrap();
        let answer = answered(&question, &people);
        let is_fine = |people: i64| people == 0 || people >= i64::from(k);
        let is_hidden = |place: usize| {
            let is_it = |row: &AnswerRow| row.value.as_deref() == Some(VALUES[place]);
            VALUES[place].is_empty() || !answer.rows.iter().any(is_it)
        };
        let all_but = |place: usize| count(&people, |one| one.is_selected && !one.has(place));
        for place in (0..VALUES.len()).filter(|place| !is_hidden(*place)) {
            prop_assert!(is_fine(count(&people, |one| one.is_selected && one.has(place))));
            prop_assert!(is_fine(count(&people, |one| !one.is_selected && one.has(place))), "of its value");
            prop_assert!(is_fine(all_but(place)), "of those whom the filter selects");
        }
        if answer.rows.iter().any(|row| row.value.as_deref() == Some(OTHER)) {
            let has_hidden = |one: Person| (0..VALUES.len()).any(|place| is_hidden(place) && one.has(place));
            prop_assert!(is_fine(count(&people, |one| one.is_selected && has_hidden(one))), "of all others");
            let hidden: Vec<usize> = (0..VALUES.len())
                .filter(|place| is_hidden(*place) && count(&people, |one| one.is_selected && one.has(*place)) > 0)
                .collect();
            prop_assert!(hidden.len() != 1 || is_fine(all_but(hidden[0])), "of a single other");
        }
    }
}
