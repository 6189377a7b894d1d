//! Small cells folded, sums kept: what stands between stored rows and whoever asks.
//!
//! With k visitors as the limit, a row of a breakdown is shown when it has at least k visitors and (for a pair) what it
//! leaves of its value, and of those whom the filter selects, is nobody or at least k. What is not shown joins
//! [`OTHER`]; where that has fewer than k itself, or is one value that leaves few, the smallest shown row joins it. Where no shown row is left, it is the
//! site's total if every visitor is in some row, and told as that; else it is those few, and withheld. What a filter
//! selects from a bucket is shown when it, and what the filter leaves out, is nothing or at least k; else the bucket is
//! withheld. Plain totals, whole or by time, carry no attribute of anybody and are always shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::question::{
    Axis, Beside, Direction, Figures, Key, Measured, Metric, Number, Question, Row, Rows, Selected, When,
    Whole,
};
use crate::counting::pairs::{is_of_choice, is_of_visit, is_of_visitor};
use crate::counting::tally::Dimension;

/// The label of what was folded, and of what nobody can read.
pub const OTHER: &str = "(other)";
/// The label of a value that is not known.
pub const UNKNOWN: &str = "(unknown)";

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The rows of the page asked for, sorted.
    pub rows: Vec<AnswerRow>,
    /// How many rows there are on all pages.
    pub total_rows: usize,
    /// What conversions and shares of the whole range are divided by.
    pub whole: Whole,
    /// How the figures were made.
    pub meta: Meta,
}

/// One row as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Its bucket.
    pub when: Option<When>,
    /// Its value, or [`OTHER`].
    pub value: Option<Arc<str>>,
    /// Its sums; `None` where they are withheld.
    pub figures: Option<Figures>,
    /// What they are divided by.
    pub beside: Beside,
}

impl Answer {
    /// A metric of one of its rows; `None` where it is withheld, or nothing stands behind it.
    pub fn number(&self, question: &Question, row: &AnswerRow, metric: Metric) -> Option<Number> {
        number(question, self.whole, row, metric)
    }
}

fn number(question: &Question, whole: Whole, row: &AnswerRow, metric: Metric) -> Option<Number> {
    let measured = Measured { figures: row.figures.as_ref()?, beside: &row.beside, whole };
    measured.number(question, metric)
}

/// How the figures of an answer were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Fewest visitors of a row that is shown.
    pub k: u32,
    /// How many values stand in [`OTHER`].
    pub folded: u64,
    /// How often something was withheld because few visitors stood in it: what a filter selects from a bucket or leaves
    /// of it, and what is small of a bucket altogether.
    pub withheld: u64,
    /// When the key of a day in the range was drawn anew after a crash: its visitors may be counted twice.
    pub rekeyed_at: Option<Timestamp>,
    /// What the figures do not say exactly.
    pub warnings: Vec<Warning>,
}

/// A figure that is not exactly what its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// One visitor, or visit, can have several of the filter's values, so there is no such figure.
    NotDistinct(Metric),
    /// What reached several of the filter's goals is counted for each.
    AddedValues(Metric),
    /// Nobody is counted in what the question is about, so there is no such figure.
    NotCounted(Metric),
    /// Visitors of a range that begins within a day leave out those who came before it and again after its first hour;
    /// this figure is theirs, or is divided by theirs.
    PartOfDay(Metric),
    /// Names of events were asked for under a filter, where page views are none of them.
    WithoutPageviews,
}

/// How many people a row must stem from, and what counts as one.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The fewest; 1 switches folding off.
    pub k: u32,
    /// How many people some sums stem from: their visitors, or, of choices, how often one was made.
    pub people: fn(&Figures) -> i64,
    /// What the rows are, of all there is.
    pub parts: Parts,
    /// How often one of them can stand in the sums of a row, at most.
    pub times: i64,
}

/// What the rows of a breakdown are, of all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Together they are the site's total.
    OfAll,
    /// Some visitors, or visits, are in no row.
    OfSome,
    /// Some visitors are in no row, and others in several: people of two rows may be the same.
    Overlapping,
}

impl Parts {
    fn of(question: &Question) -> Self {
        let Some(by) = question.breakdown() else { return Self::OfAll };
        match by {
            Dimension::EventName
            | Dimension::Goal
            | Dimension::Status
            | Dimension::NextPage
            | Dimension::Funnel
            | Dimension::Currency
            | Dimension::Property(_) => Self::Overlapping,
            _ if question.asked().filter.is_none() && is_of_everybody(by) => Self::OfAll,
            // Under a filter there is no total that a row could be told as, and one visitor can see two pages, or come
            // by two sources on a day.
            _ if question.asked().filter.is_some() && !is_of_visitor(by) && !is_of_choice(by) => {
                Self::Overlapping
            }
            _ => Self::OfSome,
        }
    }
}

impl Limit {
    fn of(question: &Question) -> Self {
        let k = if is_of_nobodys(question) { 1 } else { question.asked().k };
        Self { k, people: question.people(), parts: Parts::of(question), times: question.times() }
    }

    /// Do these sums stem from too few? Sums without anybody stem from views that bear no mark: how many people they
    /// had is not known, so they count as few.
    fn is_small(self, figures: &Figures) -> bool {
        self.is_small_of(figures, least((self.people)(figures), self.times))
    }

    fn is_small_of(self, figures: &Figures, people: i64) -> bool {
        self.k > 1 && !figures.is_empty() && people < i64::from(self.k)
    }

    /// Is this a number of people that would point at them?
    fn is_few(self, people: i64) -> bool {
        self.k > 1 && people > 0 && people < i64::from(self.k)
    }

    fn shows(self, row: &Row) -> bool {
        let is_readable = row.value.as_deref().is_some_and(|value| value != OTHER);
        is_readable
            && !self.is_small(&row.figures)
            && !self.is_few(row.left_of_value)
            && !self.leaves_few_of_filter(row)
    }

    /// Would the row tell of few whom the filter selects that they have not its value?
    fn leaves_few_of_filter(self, row: &Row) -> bool {
        self.is_few(least(row.left_of_filter, self.times))
    }

    /// Must more join these others, who stem from so many people? Of one value they are a row like any; what several
    /// leave together nobody can tell.
    fn is_open_to_more(self, other: &Row, people: i64) -> bool {
        self.is_small_of(&other.figures, people) || (other.values == 1 && self.leaves_few_of_filter(other))
    }

    /// How many people a row stems from at least. All that nobody can read is one row of several values.
    fn people_of(self, row: &Row) -> i64 {
        let people = least((self.people)(&row.figures), self.times);
        if self.parts != Parts::Overlapping || row.value.is_some() {
            return people;
        }
        least(people, i64::try_from(row.values).unwrap_or(i64::MAX))
    }

    /// How many people two rows stem from at least.
    fn people_of_both(self, one: i64, other: i64) -> i64 {
        if self.parts == Parts::Overlapping { one.max(other) } else { one + other }
    }
}

/// How many people these are at least, when each can be among them so often.
fn least(people: i64, times: i64) -> i64 {
    let times = times.max(1);
    people / times + i64::from(people % times > 0)
}

/// Is every visitor in a row of it? In every hour and day some value of a visit, or none that is known, was seen; but a
/// first week is told once a week.
fn is_of_everybody(dimension: &Dimension) -> bool {
    *dimension == Dimension::Page || (is_of_visit(dimension) && *dimension != Dimension::FirstWeek)
}

/// Robots, what was dropped, and status codes by themselves say nothing of anybody. How many visitors got a status is
/// told where they are not few.
fn is_of_nobodys(question: &Question) -> bool {
    question.is_about(&Dimension::Robot)
        || question.is_about(&Dimension::Dropped)
        || (question.is_about(&Dimension::Status) && !question.is_about(&Dimension::Page))
}

/// Makes stored rows fit to be shown, sorts them and cuts the page out.
pub fn disclose(question: &Question, rows: Rows) -> Answer {
    let asked = question.asked();
    let limit = Limit::of(question);
    let mut meta = Meta { k: asked.k, warnings: warnings(question), ..Meta::default() };
    let mut shown = Vec::new();
    for (when, rows_of_bucket) in buckets(question, rows.rows) {
        let selected = rows.selected.get(&when);
        if asked.filter.is_some() && !is_open(limit, &rows_of_bucket, selected) {
            meta.withheld += 1;
            if question.breakdown().is_none() {
                shown.push(AnswerRow { when, value: None, figures: None, beside: Beside::default() });
            }
        } else if question.breakdown().is_some() {
            let Folded { visible, other, is_withheld } = fold(rows_of_bucket, limit);
            meta.folded += other.as_ref().map_or(0, |row| row.values);
            meta.withheld += u64::from(is_withheld);
            let label = |row: &Row| Some(row.value.clone().unwrap_or_else(|| Arc::from(OTHER)));
            shown.extend(visible.iter().chain(&other).map(|row| AnswerRow {
                when,
                value: label(row),
                figures: Some(row.figures),
                beside: row.beside,
            }));
        } else {
            let beside = rows_of_bucket.first().map_or_else(Beside::default, |row| row.beside);
            shown.push(AnswerRow { when, value: None, figures: Some(sum(&rows_of_bucket)), beside });
        }
    }
    sort(question, rows.whole, &mut shown);
    let total_rows = shown.len();
    let page = shown.into_iter().skip(asked.offset).take(asked.limit).collect();
    Answer { rows: page, total_rows, whole: rows.whole, meta }
}

/// Rows by bucket, without those in which nothing happened. A question for one row has one, be it empty.
fn buckets(question: &Question, rows: Vec<Row>) -> BTreeMap<Option<When>, Vec<Row>> {
    let asked = question.asked();
    let mut buckets: BTreeMap<Option<When>, Vec<Row>> = BTreeMap::new();
    if asked.axes.is_empty() {
        buckets.insert(None, Vec::new());
    }
    let is_row = |row: &Row| {
        let is_told =
            if asked.axes.is_empty() { !row.figures.is_empty() } else { row.figures.is_of_something() };
        is_told || !row.beside.answers.is_empty()
    };
    for row in rows.into_iter().filter(is_row) {
        buckets.entry(row.when).or_default().push(row);
    }
    buckets
}

/// The rows of one bucket, fit to be shown.
#[derive(Debug, Default)]
pub struct Folded {
    /// Those that are shown under their own values.
    pub visible: Vec<Row>,
    /// All others as one, whose value is `None`.
    pub other: Option<Row>,
    /// Are all others so few that they are not shown?
    pub is_withheld: bool,
}

/// Folds the small rows of one bucket into one. The sum of all rows stays what it was, if nothing is withheld.
pub fn fold(rows: Vec<Row>, limit: Limit) -> Folded {
    let (mut visible, hidden): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| limit.shows(row));
    let mut hidden = hidden.into_iter();
    let Some(first) = hidden.next() else { return Folded { visible, ..Folded::default() } };
    let mut people = limit.people_of(&first);
    let mut other = Row { value: None, ..first };
    for row in hidden {
        people = limit.people_of_both(people, limit.people_of(&row));
        other = join(other, &row);
    }
    let size = |row: &Row| ((limit.people)(&row.figures), row.value.clone());
    while limit.is_open_to_more(&other, people) {
        let Some(smallest) = (0..visible.len()).min_by_key(|place| size(&visible[*place])) else { break };
        let row = visible.swap_remove(smallest);
        people = limit.people_of_both(people, limit.people_of(&row));
        other = join(other, &row);
    }
    let is_withheld = limit.parts != Parts::OfAll && limit.is_open_to_more(&other, people);
    Folded { visible, other: Some(other).filter(|_| !is_withheld), is_withheld }
}

/// May what the filter selects from a bucket be shown?
fn is_open(limit: Limit, rows: &[Row], selected: Option<&Selected>) -> bool {
    let inside = selected.map_or_else(|| sum(rows), |selected| selected.inside);
    let outside = selected.map_or(0, |selected| selected.outside_people);
    !limit.is_small(&inside) && !limit.is_few(outside)
}

fn sum(rows: &[Row]) -> Figures {
    let mut sum = Figures::default();
    for row in rows {
        sum += row.figures;
    }
    sum
}

fn join(mut one: Row, other: &Row) -> Row {
    one.figures += other.figures;
    one.values += other.values;
    one.beside += other.beside;
    one
}

/// Of two about one metric the later is told: that there is none says more than what it lacks.
fn warnings(question: &Question) -> Vec<Warning> {
    let asked = question.asked();
    let metrics = || asked.metrics.iter().copied();
    let mut warnings = Vec::new();
    if question.lacks_visitors() {
        warnings.extend(metrics().filter(|metric| metric.is_of_visitors()).map(Warning::PartOfDay));
    }
    if question.lacks_pageviews() {
        warnings.push(Warning::WithoutPageviews);
    }
    warnings.extend(metrics().filter(|metric| question.is_added(*metric)).map(Warning::AddedValues));
    warnings.extend(metrics().filter(|metric| question.is_not_distinct(*metric)).map(Warning::NotDistinct));
    if question.is_about_nobody() {
        warnings.extend(metrics().filter(|metric| !metric.is_of_nobody()).map(Warning::NotCounted));
    }
    warnings
}

fn sort(question: &Question, whole: Whole, rows: &mut [AnswerRow]) {
    let figure = |row: &AnswerRow, metric: Metric| number(question, whole, row, metric);
    rows.sort_by(|one, other| {
        let by_order = question.asked().order.iter().map(|(key, direction)| {
            let ordering = match key {
                Key::Metric(metric) => figure(one, *metric).cmp(&figure(other, *metric)),
                Key::Axis(Axis::Time(_)) => one.when.cmp(&other.when),
                Key::Axis(Axis::Of(_)) => one.value.cmp(&other.value),
            };
            match direction {
                Direction::Ascending => ordering,
                Direction::Descending => ordering.reverse(),
            }
        });
        let by_labels = [one.when.cmp(&other.when), one.value.cmp(&other.value)];
        by_order.chain(by_labels).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    });
}

#[cfg(test)]
mod tests;
