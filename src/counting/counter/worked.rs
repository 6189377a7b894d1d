//! Worked cases: `tests/data/counting/worked.txt` says what happened, what is counted, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderValue;
use jiff::Timestamp;

use super::super::tally::Sums;
use super::super::*;
use super::tests::{answer_of, settings, sums, view};
use crate::clock::SystemEntropy;
use crate::counting::place::NoPlaces;
use crate::policy::consent::{Category, CategorySet};

/// The words of a row after the first four, by their key.
fn words(row: &str) -> BTreeMap<&str, &'static str> {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    row.split(' ').filter_map(|word| word.split_once('=')).map(|(key, value)| (key, leak(value))).collect()
}

fn time(text: &str) -> Timestamp {
    let (clock, day) = text.split_once('+').map_or((text, "20"), |(clock, _)| (clock, "21"));
    format!("2026-11-{day}T{clock}+01:00").parse().unwrap()
}

/// "1500.5NOK".
fn revenue(text: &str) -> Revenue {
    let (amount, currency) = text.split_at(text.len() - 3);
    let (whole, rest) = amount.split_once('.').unwrap_or((amount, ""));
    let thousandths = format!("{whole}{rest:0<3}").parse().unwrap();
    Revenue { thousandths, currency: currency.as_bytes().try_into().unwrap() }
}

fn hit(row: &str) -> Hit {
    let parts: Vec<&str> = row.splitn(5, ' ').collect();
    let words = words(parts.get(4).copied().unwrap_or(""));
    let word = |key: &str| words.get(key).copied();
    let visitor = parts[1].bytes().next().unwrap();
    let target = Box::leak(parts[3].to_owned().into_boxed_str());
    let event = |interactive| HitKind::Event {
        name: word("name").unwrap().into(),
        interactive,
        properties: Box::default(),
        revenue: word("revenue").map(revenue),
    };
    let mut hit = view(time(parts[0]), visitor, target);
    hit.referrer = word("referrer").map(HeaderValue::from_static);
    hit.kind = match parts[2] {
        "view" => return hit,
        "event" => event(true),
        "background" => event(false),
        "engaged" => HitKind::Engagement {
            engaged_ms: word("ms").unwrap().parse().unwrap(),
            scroll: word("scroll").map(|percent| percent.parse().unwrap()),
        },
        "failed" => HitKind::Failed { status: word("status").unwrap().parse().unwrap() },
        "answer" => {
            let granted = CategorySet::NECESSARY.with(Category::from_name(word("granted").unwrap()).unwrap());
            hit.consent = Standing::to_all(granted);
            answer_of(Answer::Partial(granted), false)
        }
        other => panic!("{other} is no happening"),
    };
    hit
}

fn figure(sums: &Sums, name: &str) -> i64 {
    match name {
        "visitors" => sums.visitors,
        "visits" => sums.visits,
        "carried" => sums.carried,
        "views" => sums.views,
        "events" => sums.events,
        "bounces" => sums.bounces,
        "seconds" => sums.seconds,
        "entries" => sums.entries,
        "exits" => sums.exits,
        "revenue" => sums.revenue,
        "orders" => sums.orders,
        "engaged_ms" => sums.engaged_ms,
        "scroll" => sums.scroll,
        "scrolls" => sums.scrolls,
        other => panic!("{other} is no figure"),
    }
}

fn check(case: &str, rows: &[&str]) {
    let path = |path: &str| Goal::Path(path.into());
    let purchase = Goal::Event("Purchase".into());
    let site = SiteSettings {
        goals: vec![purchase.clone().into(), path("/takk*").into()],
        funnels: vec![Funnel { name: "Kjop".into(), steps: vec![path("/kurv"), purchase] }],
        ..settings(WithoutConsent::Visitors)
    };
    let mut counter = Counter::new(vec![site], Arc::new(NoPlaces), Arc::new(SystemEntropy));
    for row in rows.iter().filter(|row| !row.starts_with("expect ")) {
        counter.count(hit(row));
    }
    // Cells as the table writes them: without spaces in values, and with a plus between two.
    let figures: BTreeMap<String, Sums> = sums(&mut counter)
        .into_iter()
        .map(|(cell, sums)| (cell.replace("Visit /", "Visit/").replace(" · ", "").replace(' ', "+"), sums))
        .collect();
    for row in rows.iter().filter_map(|row| row.strip_prefix("expect ")) {
        let (expected, reason) = row.split_once(" | ").unwrap();
        let (cell, wanted) = expected.split_once(' ').unwrap();
        let sums = figures.get(cell).copied().unwrap_or_default();
        for (name, value) in words(wanted) {
            assert_eq!(figure(&sums, name).to_string(), value, "{case}: {name} of {cell}, because {reason}");
        }
    }
}

#[test]
fn worked_cases_come_out_as_reasoned() {
    let table = include_str!("../../../tests/data/counting/worked.txt");
    let rows: Vec<&str> = table.lines().filter(|row| !row.is_empty() && !row.starts_with('#')).collect();
    let cases: Vec<&[&str]> =
        rows.split(|row| row.starts_with("case ")).filter(|rows| !rows.is_empty()).collect();
    let names: Vec<&str> = rows.iter().filter_map(|row| row.strip_prefix("case ")).collect();
    assert_eq!(names.len(), cases.len());
    for (name, rows) in names.iter().zip(cases) {
        check(name, rows);
    }
}
