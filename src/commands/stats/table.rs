//! An answer as aligned columns, with what it was made of and what can be done next.

use crate::server::stats::{self, Query};
use crate::store::disclosure::{Answer, OTHER};
use crate::store::question::range::date_of;
use crate::store::question::{Axis, Metric, Range};

/// Stands for a figure that is withheld, or that nothing stands behind.
const NONE: &str = "–";

/// Labels to the left, figures to the right; then how they were made, and what to do next.
pub(super) fn table(query: &Query, answer: &Answer) -> String {
    let asked = query.question.asked();
    let names = asked.axes.iter().map(|axis| axis.name().into_owned());
    let head: Vec<String> = names.chain(asked.metrics.iter().map(|metric| named(query, *metric))).collect();
    let rows = stats::rows(query, answer).map(|(labels, figures)| {
        let figures = figures.into_iter().map(|figure| figure.unwrap_or_else(|| NONE.to_owned()));
        labels.into_iter().chain(figures).collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| lines.iter().map(|line| width(&line[column])).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let room = " ".repeat(widths[column] - width(cell));
            if column < asked.axes.len() { format!("{cell}{room}") } else { format!("{room}{cell}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    format!("{text}\n{}\n{}", made(query, answer), next(query, answer))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn named(query: &Query, metric: Metric) -> String {
    match metric {
        Metric::TotalRevenue | Metric::AverageRevenue => format!("{} {}", metric.name(), query.currency),
        _ => metric.name().to_owned(),
    }
}

/// Of which time the figures are, and what is not shown.
fn made(query: &Query, answer: &Answer) -> String {
    let asked = query.question.asked();
    let span = query.question.span();
    let date = |day| date_of(day).map_or_else(String::new, |date| date.to_string());
    let days = match asked.range {
        Range::Days { .. } => format!("{} to {}", date(span.first_day), date(span.last_day)),
        Range::Hours { .. } => format!("hours of {} to {}", date(span.first_day), date(span.last_day)),
    };
    let mut parts = vec![format!("{}, {days}, {}", asked.site, asked.time_zone.iana_name().unwrap_or("UTC"))];
    if asked.metrics.contains(&Metric::Visitors) {
        parts.push("visitors are distinct within a day".to_owned());
    }
    if answer.rows.iter().any(|row| row.value.as_deref() == Some(OTHER)) {
        parts.push(format!(
            "{OTHER}: groups of fewer than {} people, and what nobody can read",
            answer.meta.k
        ));
    }
    let has_none = stats::rows(query, answer).any(|(_, figures)| figures.iter().any(Option::is_none));
    if has_none {
        parts.push(format!("{NONE}: too few stand behind it, or nothing"));
    }
    if let Some(at) = answer.meta.rekeyed_at {
        parts.push(format!("the key was drawn anew at {at}: visitors of that day may be counted twice"));
    }
    parts.join("; ")
}

/// One line that says what to do next.
pub(super) fn next(query: &Query, answer: &Answer) -> String {
    let asked = query.question.asked();
    let shown = answer.rows.len();
    let rest = answer.total_rows.saturating_sub(asked.offset.saturating_add(shown));
    let is_told_by = |is_it: fn(&Axis) -> bool| asked.axes.iter().any(is_it);
    if rest > 0 {
        format!(
            "next: {shown} of {} rows are shown; --limit {} shows all",
            answer.total_rows, answer.total_rows
        )
    } else if shown == 0 {
        "next: nothing was counted in this time; ask for more with --period 30d, or import past logs"
            .to_owned()
    } else if !is_told_by(|axis| matches!(axis, Axis::Of(_))) {
        "next: tell it apart with --by visit:source, event:page or another dimension".to_owned()
    } else if asked.filter.is_none() {
        "next: look into one row with --filter DIMENSION=VALUE, or keep all with --format csv".to_owned()
    } else {
        "next: keep it with --format csv, or compare with another --period".to_owned()
    }
}
