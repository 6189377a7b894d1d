//! From an answer to comma-separated values (RFC 4180).

use std::borrow::Cow;

use super::Query;
use super::render::labels;
use crate::store::disclosure::Answer;
use crate::store::question::{Axis, Metric, Number};

/// The answer as a table: a line of names, then a line per row. A figure that is withheld is empty.
pub fn csv(query: &Query, answer: &Answer) -> Vec<u8> {
    let asked = query.question.asked();
    let names =
        asked.axes.iter().map(Axis::name).chain(asked.metrics.iter().map(|metric| metric.name().into()));
    let mut text = line(names.map(Cow::into_owned));
    for (labels, figures) in rows(query, answer) {
        let labels = labels.iter().map(|label| field(label));
        text.push_str(&line(labels.chain(figures.into_iter().map(Option::unwrap_or_default))));
    }
    text.into_bytes()
}

/// The labels and figures of each row, as text. A figure that is withheld is none.
pub fn rows(query: &Query, answer: &Answer) -> impl Iterator<Item = (Vec<String>, Vec<Option<String>>)> {
    let question = &query.question;
    answer.rows.iter().map(|row| {
        let figure = |metric: &Metric| answer.number(question, row, *metric).map(written);
        (labels(question, row), question.asked().metrics.iter().map(figure).collect())
    })
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A label between quotes where it needs them. What a spreadsheet would take for a formula gets an apostrophe first:
/// sources and paths are written by strangers.
fn field(label: &str) -> String {
    let guard = if label.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !label.contains([',', '"', '\r', '\n']) {
        return label.to_owned();
    }
    format!("\"{guard}{}\"", label.replace('"', "\"\""))
}

fn written(number: Number) -> String {
    match number {
        Number::Whole(number) => number.to_string(),
        Number::Money(number) => {
            let sign = if number < 0 { "-" } else { "" };
            format!("{sign}{}.{:03}", number.unsigned_abs() / 1000, number.unsigned_abs() % 1000)
        }
        Number::Hundredths(number) => format!("{}.{:02}", number / 100, number % 100),
    }
}
