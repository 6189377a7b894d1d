use super::*;
use crate::store::disclosure::{Answer, AnswerRow, Meta, disclose};
use crate::store::question::{Beside, Figures, Range, Rows, When, Whole};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn site(name: &str) -> Option<Site> {
    (name == "shop").then(|| Site {
        name: "shop".into(),
        time_zone: TimeZone::get("Europe/Oslo").unwrap(),
        k: 5,
        currency: "NOK".into(),
        crosses: Vec::new(),
        first_day: Some(LocalDay(20_000)),
        hours_days: 90,
    })
}

/// Half past midnight on Monday 2 March 2026 in Oslo, still 1 March in UTC.
fn now() -> Timestamp {
    "2026-03-01T23:30:00Z".parse().unwrap()
}

fn body(changes: &Value) -> Vec<u8> {
    let mut body = json!({ "site_id": "shop", "metrics": ["visitors"], "date_range": "day" });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string().into_bytes()
}

fn query(changes: &Value) -> Query {
    parse(&body(changes), site, now()).unwrap()
}

fn refused(changes: &Value) -> QueryError {
    parse(&body(changes), site, now()).unwrap_err()
}

fn dates(range: &Value) -> [String; 2] {
    let query = query(&json!({ "date_range": range }));
    let answer = disclose(&query.question, Rows::default());
    let reply: Value = serde_json::from_slice(&render(&query, &answer).unwrap()).unwrap();
    serde_json::from_value(reply["query"]["date_range"].clone()).unwrap()
}

#[test]
fn ranges_lie_on_the_calendar_of_the_site() {
    for (range, first, last) in [
        (json!("day"), "2026-03-02T00:00:00+01:00", "2026-03-02T23:59:59+01:00"),
        (json!("24h"), "2026-03-01T01:00:00+01:00", "2026-03-02T00:59:59+01:00"),
        (json!("7d"), "2026-02-23T00:00:00+01:00", "2026-03-01T23:59:59+01:00"),
        (json!("91d"), "2025-12-01T00:00:00+01:00", "2026-03-01T23:59:59+01:00"),
        (json!("month"), "2026-03-01T00:00:00+01:00", "2026-03-31T23:59:59+02:00"),
        (json!("6mo"), "2025-09-01T00:00:00+02:00", "2026-02-28T23:59:59+01:00"),
        (json!("12mo"), "2025-03-01T00:00:00+01:00", "2026-02-28T23:59:59+01:00"),
        (json!("year"), "2026-01-01T00:00:00+01:00", "2026-12-31T23:59:59+01:00"),
        (json!("all"), "2024-10-04T00:00:00+02:00", "2026-03-02T23:59:59+01:00"),
        (json!(["2026-01-01", "2026-01-31"]), "2026-01-01T00:00:00+01:00", "2026-01-31T23:59:59+01:00"),
        (
            json!(["2026-01-01T10:20:00+01:00", "2026-01-01T12:00:00+01:00"]),
            "2026-01-01T10:00:00+01:00",
            "2026-01-01T11:59:59+01:00",
        ),
    ] {
        assert_eq!(dates(&range), [first, last], "{range}");
    }
}

#[test]
fn all_is_answered_though_a_false_clock_once_counted_in_1971() {
    let of_1971 = |name: &str| site(name).map(|site| Site { first_day: Some(LocalDay(365)), ..site });
    let query = parse(&body(&json!({ "date_range": "all" })), of_1971, now()).unwrap();
    let span = query.question.span();
    assert_eq!(span.last_day.0 - span.first_day.0, 4_999);
}

#[test]
fn times_that_are_whole_days_are_asked_for_as_days() {
    let range = json!(["2026-01-01T00:00:00+01:00", "2026-01-02T23:59:59+01:00"]);
    let query = query(&json!({ "date_range": range }));
    assert!(matches!(query.question.asked().range, Range::Days { .. }));
}

#[test]
fn every_fault_has_its_code_and_a_sentence() {
    for (changes, code) in [
        (json!({ "site_id": "other" }), "unknown_site"),
        (json!({ "site_id": 7 }), "invalid_query"),
        (json!({ "colour": 7 }), "invalid_query"),
        (json!({ "metrics": [] }), "invalid_metrics"),
        (json!({ "metrics": ["clicks"] }), "invalid_metrics"),
        (json!({ "metrics": ["visits", "visits"] }), "invalid_metrics"),
        (json!({ "metrics": ["conversion_rate"] }), "invalid_metrics"),
        (json!({ "metrics": ["exit_rate"], "dimensions": ["event:page"] }), "invalid_metrics"),
        (json!({ "dimensions": ["visit:shoe_size"] }), "invalid_dimensions"),
        (json!({ "dimensions": ["event:props:"] }), "invalid_dimensions"),
        (json!({ "dimensions": ["event:next_page"] }), "invalid_dimensions"),
        (
            json!({ "dimensions": ["visit:city"], "filters": [["is", "visit:language", ["nb"]]] }),
            "missing_cross",
        ),
        (
            json!({ "dimensions": ["event:page"], "filters": [["is", "event:name", ["pageview"]]] }),
            "missing_cross",
        ),
        (json!({ "dimensions": ["time:day", "time:hour"] }), "invalid_dimensions"),
        (json!({ "dimensions": ["visit:os", "visit:device"] }), "missing_cross"),
        (json!({ "filters": [["is_not", "visit:os", ["Linux"]]] }), "invalid_filters"),
        (json!({ "filters": [["is", "visit:os", []]] }), "invalid_filters"),
        (json!({ "filters": [["is", "visit:os", ["(other)"]]] }), "invalid_filters"),
        (json!({ "filters": [["is", "visit:os", [1]]] }), "invalid_filters"),
        (json!({ "filters": ["visit:os==Linux"] }), "invalid_filters"),
        (
            json!({ "filters": [["is", "visit:os", ["Linux"]], ["is", "visit:device", ["Mobile"]]] }),
            "missing_cross",
        ),
        (
            json!({ "dimensions": ["time:hour", "event:page"], "filters": [["is", "visit:os", ["Linux"]]] }),
            "missing_cross",
        ),
        (json!({ "order_by": [["visits", "desc"]] }), "invalid_order_by"),
        (json!({ "order_by": [["visitors", "down"]] }), "invalid_order_by"),
        (json!({ "date_range": "0d" }), "invalid_date_range"),
        (json!({ "date_range": "99999999999d" }), "invalid_date_range"),
        (json!({ "date_range": ["2026-02-30", "2026-03-01"] }), "invalid_date_range"),
        (json!({ "date_range": ["2026-03-02", "2026-03-01"] }), "invalid_date_range"),
        (json!({ "date_range": ["2026-03-01T00:00:00", "2026-03-02T00:00:00"] }), "invalid_date_range"),
        (json!({ "date_range": null }), "invalid_date_range"),
        (json!({ "pagination": { "limit": 10_001 } }), "invalid_pagination"),
        (json!({ "pagination": { "limit": -1 } }), "invalid_pagination"),
        (json!({ "include": { "compare": true } }), "invalid_include"),
    ] {
        let error = refused(&changes);
        assert_eq!(error.code, code, "{changes}: {error}");
        assert!(error.sentence.len() > 20, "{error}");
    }
}

#[test]
fn what_is_no_question_at_all_is_refused() {
    for (body, code) in [(&b"{"[..], "invalid_json"), (b"[]", "invalid_query"), (b"\xff", "invalid_json")] {
        assert_eq!(parse(body, site, now()).unwrap_err().code, code);
    }
    let long = vec![b' '; BODY_BYTES_MAX + 1];
    assert_eq!(parse(&long, site, now()).unwrap_err().code, "body_too_long");
}

fn answered(query: &Query) -> Answer {
    let figures = Figures { visitors: 9, visits: 10, begun: 10, views: 25, bounces: 3, ..Figures::default() };
    let row = |value: &str, figures| AnswerRow {
        when: query.question.bucket().map(|_| When::Day(LocalDay(20_514))),
        value: Some(value.into()),
        figures,
        beside: Beside::default(),
    };
    let rows = vec![row("/=cmd, \"x\"", Some(figures)), row("=1+1", None)];
    Answer {
        rows,
        total_rows: 12,
        whole: Whole::default(),
        meta: Meta { k: 5, folded: 3, ..Meta::default() },
    }
}

#[test]
fn answer_has_the_shape_of_plausibles() {
    let query = query(&json!({
        "metrics": ["visitors", "views_per_visit", "bounce_rate"],
        "dimensions": ["event:page", "time:day"],
        "filters": [["is", "visit:country", ["NO"]]],
        "include": { "total_rows": true, "time_labels": true, "imports": true },
        "pagination": { "limit": 10 },
    }));
    let reply: Value = serde_json::from_slice(&render(&query, &answered(&query)).unwrap()).unwrap();
    let expected = json!({
        "results": [
            { "metrics": [9, 2.5, 0], "dimensions": ["/=cmd, \"x\"", "2026-03-02"] },
            { "metrics": [null, null, null], "dimensions": ["=1+1", "2026-03-02"] },
        ],
        "meta": {
            "imports_included": false,
            "time_labels": ["2026-03-02"],
            "total_rows": 12,
            "k": 5,
            "folded_values": 3,
            "withheld_rows": 0,
            "visitors_distinct_per": "day",
            "sampling": "none",
            "made_from": { "cells": "pairs_day", "dimensions": ["visit:country", "event:page"] },
        },
        "query": {
            "site_id": "shop",
            "metrics": ["visitors", "views_per_visit", "bounce_rate"],
            "date_range": ["2026-03-02T00:00:00+01:00", "2026-03-02T23:59:59+01:00"],
            "filters": [["is", "visit:country", ["NO"]]],
            "dimensions": ["event:page", "time:day"],
            "order_by": [["time:day", "asc"], ["visitors", "desc"]],
            "include": { "imports": true, "total_rows": true, "time_labels": true },
            "pagination": { "limit": 10, "offset": 0 },
        },
    });
    assert_eq!(reply, expected);
}

#[test]
fn a_page_of_a_filter_is_written_as_pages_are_counted() {
    for dimension in ["event:page", "visit:entry_page", "visit:exit_page"] {
        let query = query(&json!({ "filters": [["is", dimension, ["/fullført/1", "/kj%c3%b8p"]]] }));
        let values = query.question.asked().filter.as_ref().map(|filter| filter.values.clone());
        assert_eq!(values.unwrap_or_default(), ["/fullf%C3%B8rt/1", "/kj%C3%B8p"].map(Arc::from));
    }
}

#[test]
fn revenue_is_written_with_its_currency_below_zero_too() {
    let query = query(&json!({
        "metrics": ["total_revenue", "average_revenue"], "filters": [["is", "event:goal", ["Purchase"]]],
    }));
    for (revenue, sum, mean) in
        [(1_234_568, 1234.568, 154.321), (-1_234_568, -1234.568, -154.321), (-400, -0.4, -0.05)]
    {
        let figures = Figures { visitors: 9, orders: 8, revenue, ..Figures::default() };
        let row = AnswerRow { when: None, value: None, figures: Some(figures), beside: Beside::default() };
        let whole = Whole { visitors: 9, filtered: 9, ..Whole::default() };
        let answer = Answer { rows: vec![row], total_rows: 1, whole, meta: Meta::default() };
        let reply: Value = serde_json::from_slice(&render(&query, &answer).unwrap()).unwrap();
        let money = |value: f64| json!({ "value": value, "currency": "NOK" });
        assert_eq!(reply["results"][0]["metrics"], json!([money(sum), money(mean)]));
        let table = String::from_utf8(csv(&query, &answer)).unwrap();
        assert_eq!(table, format!("total_revenue,average_revenue\r\n{sum:.3},{mean:.3}\r\n"));
    }
}

#[test]
fn table_quotes_labels_and_disarms_formulas() {
    let query = query(&json!({
        "metrics": ["visitors", "views_per_visit"], "dimensions": ["event:page"],
    }));
    let text = String::from_utf8(csv(&query, &answered(&query))).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines,
        ["event:page,visitors,views_per_visit", "\"/=cmd, \"\"x\"\"\",9,2.50", "\"'=1+1\",,", ""]
    );
}

#[test]
fn a_filter_of_several_values_says_what_it_cannot_tell() {
    let told = |dimension: &str, metrics: Value, by: Value| {
        let query = query(&json!({
            "metrics": metrics, "dimensions": by, "filters": [["is", dimension, ["/a", "/b"]]],
        }));
        let row = AnswerRow {
            when: None,
            value: None,
            figures: Some(Figures { visitors: 70, visits: 70, views: 90, events: 90, ..Figures::default() }),
            beside: Beside::default(),
        };
        let answer = Answer { rows: vec![row], ..disclose(&query.question, Rows::default()) };
        let reply: Value = serde_json::from_slice(&render(&query, &answer).unwrap()).unwrap();
        let warnings = reply["meta"]["metric_warnings"].as_object().cloned().unwrap_or_default();
        let codes = warnings.iter().map(|(metric, warning)| (metric.clone(), warning["code"].clone()));
        (reply["results"][0]["metrics"].clone(), codes.collect::<Value>())
    };
    let figures = || json!(["visitors", "visits", "events"]);
    let no = "not_distinct";
    for (dimension, expected, codes) in [
        (
            "event:goal",
            json!([null, null, 90]),
            json!({"visitors": no, "visits": no, "events": "added_values"}),
        ),
        ("event:page", json!([null, null, 90]), json!({"visitors": no, "visits": no})),
        ("visit:source", json!([null, 70, 90]), json!({"visitors": no})),
        ("visit:country", json!([70, 70, 90]), json!({})),
    ] {
        assert_eq!(told(dimension, figures(), json!([])), (expected, codes), "{dimension}");
        assert_eq!(told(dimension, figures(), json!([dimension])), (json!([70, 70, 90]), json!({})));
    }
    let rate = told("event:goal", json!(["conversion_rate"]), json!([]));
    assert_eq!(rate, (json!([null]), json!({"conversion_rate": no})));
}

#[test]
fn hours_that_are_kept_as_days_are_pointed_out() {
    let is_told = |range: Value, axis: &str| {
        let query = query(&json!({ "date_range": range, "dimensions": [axis] }));
        let answer = disclose(&query.question, Rows::default());
        let reply: Value = serde_json::from_slice(&render(&query, &answer).unwrap()).unwrap();
        reply["meta"]["metric_warnings"]["time:hour"]["code"] == "hours_folded"
    };
    // Hours before 1 December, 90 days before 1 March, are folded.
    assert!(is_told(json!(["2025-11-30", "2025-11-30"]), "time:hour"));
    assert!(is_told(json!(["2025-11-30T10:00:00+01:00", "2025-11-30T12:00:00+01:00"]), "visit:os"));
    assert!(!is_told(json!(["2025-12-02", "2025-12-02"]), "time:hour"));
    assert!(!is_told(json!(["2025-11-30", "2025-11-30"]), "time:day"));
}

fn any_end() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "-009999-01-01T00:00:00Z",
        "-009999-01-02T00:00:00Z",
        "0000-01-01",
        "9999-12-30T22:00:00Z",
        "9999-12-30",
        "9999-12-31",
    ])
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        proptest::sample::select(vec![
            "is",
            "visitors",
            "time:hour",
            "event:page",
            "desc",
            "day",
            "9999d",
            "100mo",
            "2026-03-29",
            "-009999-01-01T00:00:00Z",
            "9999-12-30T22:00:00Z",
            "9999-12-31",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{0,8}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_understood_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _understood_or_refused = parse(&body, site, now());
    }

    #[test]
    fn any_question_is_answered_or_refused(
        key in proptest::sample::select(vec![
            "site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination", "x",
        ]),
        value in any_json(),
    ) {
        if let Ok(query) = parse(&body(&json!({ key: value })), site, now()) {
            let answer = disclose(&query.question, Rows::default());
            prop_assert!(render(&query, &answer).is_ok());
        }
    }

    #[test]
    fn any_range_is_understood_or_refused(first in any_end(), last in any_end()) {
        if let Ok(query) = parse(&body(&json!({ "date_range": [first, last] })), site, now()) {
            let answer = disclose(&query.question, Rows::default());
            prop_assert!(render(&query, &answer).is_ok());
        }
    }
}
