//! From an answer to JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Include, Query};
use crate::store::disclosure::{Answer, AnswerRow, OTHER, Warning};
use crate::store::question::range::{day_start, hour_end, hour_start};
use crate::store::question::{Axis, Bucket, Direction, Key, Metric, Number, Question, Range, Source};

/// The answer to a query, in the shape of Plausible's: `results`, `meta`, `query`. A figure that is withheld is `null`.
pub fn render(query: &Query, answer: &Answer) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Reply {
        results: answer.rows.iter().map(|row| result(query, answer, row)).collect(),
        meta: meta(query, answer),
        query: echo(query),
    })
}

#[derive(Serialize)]
struct Reply<'a> {
    results: Vec<ResultRow<'a>>,
    meta: Meta,
    query: Echo<'a>,
}

#[derive(Serialize)]
struct ResultRow<'a> {
    metrics: Vec<Option<Figure<'a>>>,
    dimensions: Vec<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Figure<'a> {
    Whole(i64),
    Decimal(f64),
    Money { value: f64, currency: &'a str },
}

#[derive(Serialize)]
struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    imports_included: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metric_warnings: BTreeMap<&'static str, MetricWarning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_labels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_rows: Option<usize>,
    k: u32,
    folded_values: u64,
    withheld_rows: u64,
    visitors_distinct_per: &'static str,
    sampling: &'static str,
    made_from: MadeFrom,
    #[serde(skip_serializing_if = "Option::is_none")]
    rekeyed_at: Option<String>,
}

/// Which sums the figures were made from.
#[derive(Serialize)]
struct MadeFrom {
    cells: &'static str,
    dimensions: Vec<Cow<'static, str>>,
}

#[derive(Serialize)]
struct MetricWarning {
    code: &'static str,
    warning: &'static str,
}

#[derive(Serialize)]
struct Echo<'a> {
    site_id: &'a str,
    metrics: Vec<&'static str>,
    date_range: [String; 2],
    filters: Value,
    dimensions: Vec<Cow<'static, str>>,
    order_by: Vec<[Cow<'static, str>; 2]>,
    include: BTreeMap<&'static str, bool>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct Pagination {
    limit: usize,
    offset: usize,
}

fn result<'a>(query: &'a Query, answer: &Answer, row: &AnswerRow) -> ResultRow<'a> {
    let question = &query.question;
    let figure = |metric: &Metric| {
        answer.number(question, row, *metric).map(|number| Figure::of(number, &query.currency))
    };
    ResultRow {
        metrics: question.asked().metrics.iter().map(figure).collect(),
        dimensions: labels(question, row),
    }
}

/// The labels of a row, in the order in which its dimensions were asked for.
pub(super) fn labels(question: &Question, row: &AnswerRow) -> Vec<String> {
    let asked = question.asked();
    let label = |axis: &Axis| match axis {
        Axis::Time(_) => row.when.map_or_else(String::new, |when| when.label(&asked.time_zone)),
        Axis::Of(_) => row.value.as_deref().unwrap_or(OTHER).to_owned(),
    };
    asked.axes.iter().map(label).collect()
}

impl<'a> Figure<'a> {
    fn of(number: Number, currency: &'a str) -> Self {
        match number {
            Number::Whole(number) => Self::Whole(number),
            Number::Hundredths(number) => {
                Self::Decimal(f64::from(i32::try_from(number).unwrap_or(i32::MAX)) / 100.0)
            }
            Number::Money(number) => {
                // Whole and fraction apart, so that no large sum loses its thousandths on the way.
                let most = if number < 0 { i32::MIN } else { i32::MAX };
                let whole = f64::from(i32::try_from(number / 1000).unwrap_or(most));
                let fraction = f64::from(i32::try_from(number % 1000).unwrap_or(0)) / 1000.0;
                Self::Money { value: whole + fraction, currency }
            }
        }
    }
}

fn meta(query: &Query, answer: &Answer) -> Meta {
    let Include { imports, total_rows, time_labels } = query.include;
    let question = &query.question;
    let warnings = answer.meta.warnings.iter().map(|warning| explain(*warning));
    Meta {
        imports_included: imports.then_some(false),
        metric_warnings: warnings.chain(query.has_folded_hours.then_some(HOURS_FOLDED)).collect(),
        time_labels: time_labels.then(|| all_labels(question)),
        total_rows: total_rows.then_some(answer.total_rows),
        k: answer.meta.k,
        folded_values: answer.meta.folded,
        withheld_rows: answer.meta.withheld,
        visitors_distinct_per: match question.bucket() {
            Some(Bucket::Hour) => "hour",
            Some(Bucket::Day | Bucket::Week | Bucket::Month) | None => "day",
        },
        sampling: "none",
        made_from: made_from(question.source()),
        rekeyed_at: answer.meta.rekeyed_at.map(|at| at.to_string()),
    }
}

fn made_from(source: &Source) -> MadeFrom {
    let (cells, dimensions) = match source {
        Source::Totals => ("totals_hour", Vec::new()),
        Source::Cells(dimension) => ("cells_hour", vec![dimension.name()]),
        Source::Pairs { filter, by } => ("pairs_day", vec![filter.name(), by.name()]),
    };
    MadeFrom { cells, dimensions }
}

/// Told by the name of the axis, for it concerns every figure.
const HOURS_FOLDED: (&str, MetricWarning) = (
    "time:hour",
    MetricWarning {
        code: "hours_folded",
        warning: "Some of these days are so old that their hours are kept as one row: all figures of such a day stand \
                  in its first hour. Ask for days.",
    },
);

fn explain(warning: Warning) -> (&'static str, MetricWarning) {
    match warning {
        Warning::NotCounted(metric) => (
            metric.name(),
            MetricWarning {
                code: "not_counted",
                warning: "Nobody is counted in what is asked about, so there is no such figure: ask for events.",
            },
        ),
        Warning::NotDistinct(metric) => (
            metric.name(),
            MetricWarning {
                code: "not_distinct",
                warning: "The filter names several values and one visitor can have more than one of them, so there \
                          is no such figure: filter by one value, or ask for a row of each.",
            },
        ),
        Warning::AddedValues(metric) => (
            metric.name(),
            MetricWarning {
                code: "added_values",
                warning: "The filter names several goals: what reaches two of them is counted for each.",
            },
        ),
        Warning::PartOfDay(metric) => (
            metric.name(),
            MetricWarning {
                code: "part_of_day",
                warning: "The range begins within a day: of those who came before it, and again after its first hour, \
                          not all are counted. Visitors are at least those of its fullest hour.",
            },
        ),
        Warning::WithoutPageviews => (
            "event:name",
            MetricWarning {
                code: "without_pageviews",
                warning: "Page views are none of these rows: under a filter they are not told apart as events. Ask \
                          for pageviews without event:name.",
            },
        ),
    }
}

fn all_labels(question: &Question) -> Vec<String> {
    let time_zone = &question.asked().time_zone;
    question
        .bucket()
        .map(|bucket| question.span().buckets(bucket, time_zone))
        .unwrap_or_default()
        .into_iter()
        .map(|when| when.label(time_zone))
        .collect()
}

fn echo(query: &Query) -> Echo<'_> {
    let asked = query.question.asked();
    let filters = match &asked.filter {
        None => serde_json::json!([]),
        Some(filter) => {
            let values: Vec<&str> = filter.values.iter().map(|value| &**value).collect();
            serde_json::json!([["is", filter.dimension.name(), values]])
        }
    };
    let order = asked.order.iter().map(|(key, direction)| {
        let name = match key {
            Key::Metric(metric) => metric.name().into(),
            Key::Axis(axis) => axis.name(),
        };
        let direction = match direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        };
        [name, direction.into()]
    });
    let Include { imports, total_rows, time_labels } = query.include;
    let include = [("imports", imports), ("total_rows", total_rows), ("time_labels", time_labels)];
    Echo {
        site_id: &asked.site,
        metrics: asked.metrics.iter().map(|metric| metric.name()).collect(),
        date_range: date_range(&query.question),
        filters,
        dimensions: asked.axes.iter().map(Axis::name).collect(),
        order_by: order.collect(),
        include: include.into_iter().filter(|(_, is_on)| *is_on).collect(),
        pagination: Pagination { limit: asked.limit, offset: asked.offset },
    }
}

/// First and last second of the range, in the site's time zone.
fn date_range(question: &Question) -> [String; 2] {
    let (asked, span) = (question.asked(), question.span());
    let (first, last) = match asked.range {
        Range::Days { first, last } => {
            let next = crate::counting::tally::LocalDay(last.0.saturating_add(1));
            let ends = day_start(next, &asked.time_zone)
                .and_then(|next| jiff::Timestamp::from_second(next.as_second() - 1).ok());
            (day_start(first, &asked.time_zone), ends)
        }
        Range::Hours { .. } => (hour_start(span.first_hour), hour_end(span.last_hour)),
    };
    [first, last].map(|at| {
        at.map_or_else(String::new, |at| {
            at.to_zoned(asked.time_zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        })
    })
}
