//! What is read from a store to answer a question, and how the answer's rows are put together from it.
//!
//! A store knows how to read three kinds of cells ([`Reading`]); everything else is done here, once for all stores, so
//! that two stores with the same cells give the same answer.

mod answers;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::super::disclosure::UNKNOWN;
use super::{
    Bucket, Dimension, Figures, Filter, Granted, Metric, Question, Row, Rows, Selected, Source, When, Whole,
};
use crate::counting::tally::{Hour, LocalDay};

/// Most rows of one reading: some 50 MiB.
pub const ROWS_MAX: usize = 200_000;

/// Cells to be read, for the site and the range of a question. Every reading gives one row per bucket and readable
/// value; all unreadable values of a bucket are one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// The whole site.
    Totals {
        /// How time is cut; not at all for `None`.
        bucket: Option<Bucket>,
    },
    /// The values of one dimension.
    Values {
        /// Which one.
        dimension: Dimension,
        /// How values become rows.
        told: Told,
        /// Which of them.
        of: Of,
        /// How time is cut.
        bucket: Option<Bucket>,
    },
    /// The values of `by` where `filter` has one of some values; whole days.
    Pairs {
        /// The dimension that is filtered.
        filter: Dimension,
        /// Which of its values.
        of: Of,
        /// The dimension that rows are told apart by.
        by: Dimension,
        /// How time is cut, never by hours.
        bucket: Option<Bucket>,
    },
}

/// How the values of a dimension become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// A row for each.
    Apart,
    /// One row for all.
    Together,
}

/// Which values of a dimension are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// All.
    All,
    /// Those that the question's filter names.
    Filter,
    /// Those that say it was granted.
    Granted(Granted),
}

impl Of {
    /// The values as a filter; nothing for all.
    pub fn filter(self, question: &Question) -> Option<Cow<'_, Filter>> {
        match self {
            Self::All => None,
            Self::Filter => question.asked().filter.as_ref().map(Cow::Borrowed),
            Self::Granted(granted) => {
                let (dimension, words) = granted.told_by();
                let values = words.iter().map(|word| Arc::from(*word)).collect();
                Some(Cow::Owned(Filter { dimension, values }))
            }
        }
    }
}

/// A row as a store reads it; `day` and `hour` say where its bucket begins.
pub fn row(
    bucket: Option<Bucket>,
    (day, hour): (Option<i32>, Option<i32>),
    value: Option<Arc<str>>,
    values: u64,
    figures: Figures,
) -> Row {
    let day = day.map(LocalDay);
    Row {
        when: day.map(|day| match (hour, bucket) {
            (Some(hour), _) => When::Hour(Hour(hour), day),
            (None, Some(Bucket::Week)) => When::Week(day),
            (None, Some(Bucket::Month)) => When::Month(day),
            (None, _) => When::Day(day),
        }),
        value: value.map(|value| if value.is_empty() { Arc::from(UNKNOWN) } else { value }),
        values,
        figures,
        ..Row::default()
    }
}

/// Everything that has to be read, each once. It depends on the question alone, so a store may read all at the same
/// time.
pub fn needed(question: &Question) -> Vec<Reading> {
    let mut readings = Vec::new();
    let outcome: Result<Rows, std::convert::Infallible> = rows(question, |reading| {
        if !readings.contains(reading) {
            readings.push(reading.clone());
        }
        Ok(Vec::new())
    });
    let Ok(_nothing_was_read) = outcome;
    readings
}

/// Puts an answer together; `read` reads.
pub fn rows<E>(
    question: &Question,
    mut read: impl FnMut(&Reading) -> Result<Vec<Row>, E>,
) -> Result<Rows, E> {
    let bucket = question.bucket();
    let apart = |dimension: &Dimension| Reading::Values {
        dimension: dimension.clone(),
        told: Told::Apart,
        of: Of::All,
        bucket,
    };
    let mut rows = match question.source() {
        Source::Totals => read(&Reading::Totals { bucket })?,
        Source::Cells(dimension) => {
            let told = if question.breakdown().is_some() { Told::Apart } else { Told::Together };
            let of = if question.asked().filter.is_some() { Of::Filter } else { Of::All };
            read(&Reading::Values { dimension: dimension.clone(), told, of, bucket })?
        }
        Source::Pairs { filter, by } => {
            let (filter, by) = (filter.clone(), by.clone());
            let rest = apart(&by);
            let mut rows = read(&Reading::Pairs { filter, of: Of::Filter, by, bucket })?;
            leave_of_value(question, &mut rows, &read(&rest)?);
            rows
        }
    };
    let selected = match &question.asked().filter {
        Some(filter) => selected(question, &read(&all(question, filter))?, read(&of_filter(filter, bucket))?),
        None => HashMap::new(),
    };
    if matches!(question.source(), Source::Pairs { .. }) {
        leave_of_filter(question, &mut rows, &selected);
    }
    let mut whole = Whole::default();
    if question.wants(&[Metric::ConversionRate, Metric::GroupConversionRate]) {
        whole.visitors = everybody(read(&compared(question, None))?).values().sum();
        stand_beside_groups(&mut rows, question, &everybody(read(&compared(question, bucket))?));
    }
    if question.wants(&[Metric::ExitRate]) {
        stand_beside_pages(&mut rows, &read(&page_views(question))?);
    }
    if question.wants(&[Metric::Percentage]) {
        let filter = question.asked().filter.as_ref();
        let all = filter.map_or(Reading::Totals { bucket: None }, |filter| of_filter(filter, None));
        whole.filtered = everybody(read(&all)?).values().sum();
    }
    if question.asked().metrics.iter().any(|metric| metric.is_of_answers()) {
        answers::stand_beside(question, &mut rows, &mut read)?;
        whole.answered = answers::about(question, &mut read)?;
    }
    Ok(Rows { rows, selected, whole })
}

/// Everybody whom the filter leaves out or does not: of choices they are told by the filter's own dimension.
fn all(question: &Question, filter: &Filter) -> Reading {
    let bucket = question.bucket();
    if !question.is_about_choices() {
        return Reading::Totals { bucket };
    }
    Reading::Values { dimension: filter.dimension.clone(), told: Told::Together, of: Of::All, bucket }
}

fn of_filter(filter: &Filter, bucket: Option<Bucket>) -> Reading {
    Reading::Values { dimension: filter.dimension.clone(), told: Told::Together, of: Of::Filter, bucket }
}

/// Whose conversions are told: those under the question's filter, without one by goal or property.
fn compared(question: &Question, bucket: Option<Bucket>) -> Reading {
    let filter = question.asked().filter.as_ref().filter(|_| !question.filters_what_was_done());
    filter.map_or(Reading::Totals { bucket }, |filter| of_filter(filter, bucket))
}

fn everybody(rows: Vec<Row>) -> HashMap<Option<When>, i64> {
    rows.into_iter().map(|row| (row.when, row.figures.visitors)).collect()
}

/// Notes on each row the visitors of its group. Rows of goals, and of no value, are all of one group: their bucket.
fn stand_beside_groups(rows: &mut [Row], question: &Question, everybody: &HashMap<Option<When>, i64>) {
    let is_told_by_value = question.filters_what_was_done()
        && question.breakdown().is_some_and(|by| !matches!(by, Dimension::Goal | Dimension::Property(_)));
    for row in rows {
        row.beside.visitors = if is_told_by_value {
            row.left_of_value + row.figures.visitors
        } else {
            everybody.get(&row.when).copied().unwrap_or(0)
        };
    }
}

/// The page views of each page, under the question's filter.
fn page_views(question: &Question) -> Reading {
    match &question.asked().filter {
        Some(filter) if filter.dimension != Dimension::ExitPage => {
            let filter = filter.dimension.clone();
            Reading::Pairs { filter, of: Of::Filter, by: Dimension::Page, bucket: None }
        }
        _ => Reading::Values { dimension: Dimension::Page, told: Told::Apart, of: Of::All, bucket: None },
    }
}

fn stand_beside_pages(rows: &mut [Row], pages: &[Row]) {
    let views: HashMap<Option<&str>, i64> =
        pages.iter().map(|row| (row.value.as_deref(), row.figures.views)).collect();
    for row in rows {
        // What nobody can read among exit pages is not what nobody can read among pages.
        row.beside.page_views = row.value.as_deref().map(|page| views.get(&Some(page)).copied().unwrap_or(0));
    }
}

/// What the filter selects from each bucket, and leaves out.
fn selected(question: &Question, all: &[Row], inside: Vec<Row>) -> HashMap<Option<When>, Selected> {
    let people = question.people();
    let mut selected: HashMap<Option<When>, Selected> = HashMap::new();
    for row in all {
        selected.entry(row.when).or_default().outside_people = people(&row.figures);
    }
    for row in inside {
        let bucket = selected.entry(row.when).or_default();
        bucket.outside_people -= people(&row.figures);
        bucket.inside = row.figures;
    }
    selected
}

/// Notes on each row of a pair how many people had its value without the filter's.
fn leave_of_value(question: &Question, rows: &mut [Row], all: &[Row]) {
    let people = question.people();
    let all: HashMap<(Option<When>, Option<&str>), i64> =
        all.iter().map(|row| ((row.when, row.value.as_deref()), people(&row.figures))).collect();
    for row in rows {
        let with_value = all.get(&(row.when, row.value.as_deref())).copied().unwrap_or(0);
        row.left_of_value = with_value - people(&row.figures);
    }
}

/// Notes on each row of a pair how many people the filter selects without its value.
fn leave_of_filter(question: &Question, rows: &mut [Row], selected: &HashMap<Option<When>, Selected>) {
    let people = question.people();
    for row in rows {
        let inside = selected.get(&row.when).map_or(0, |selected| people(&selected.inside));
        row.left_of_filter = inside - people(&row.figures);
    }
}
