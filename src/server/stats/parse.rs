//! From bytes to a question.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::dates::{has_folded_hours, range};
use super::{BODY_BYTES_MAX, Include, Query, QueryError, Site};
use crate::counting::tally::Dimension;
use crate::counting::written_page;
use crate::store::question::{Asked, Axis, Bucket, Direction, Filter, Key, LIMIT_MAX, Metric, Question};

/// Most characters of what was sent that an error repeats.
const QUOTED_MAX: usize = 80;
/// The keys of a question.
const KEYS: [&str; 8] =
    ["site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination"];

/// Understands the body of a question. `site` finds a site the asker may ask about, by its name.
pub fn parse(
    body: &[u8],
    site: impl FnOnce(&str) -> Option<Site>,
    now: Timestamp,
) -> Result<Query, QueryError> {
    if body.len() > BODY_BYTES_MAX {
        let sentence = format!("The body is longer than {BODY_BYTES_MAX} bytes.");
        return Err(QueryError::new("body_too_long", sentence));
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| {
        let sentence = format!("The body is not JSON: see line {}, column {}.", error.line(), error.column());
        QueryError::new("invalid_json", sentence)
    })?;
    let Value::Object(body) = body else {
        return Err(QueryError::new("invalid_query", "The body must be a JSON object."));
    };
    known_keys(&body, &KEYS, "invalid_query", "a question")?;
    let site = find_site(&body, site)?;
    let (limit, offset) = pagination(body.get("pagination"))?;
    let asked = Asked {
        metrics: metrics(body.get("metrics"))?,
        axes: axes(body.get("dimensions"))?,
        filter: filter(body.get("filters"))?,
        range: range(body.get("date_range"), &site, now)?,
        order: order(body.get("order_by"))?,
        limit,
        offset,
        k: site.k,
        crosses: site.crosses,
        site: site.name,
        time_zone: site.time_zone,
    };
    let (currency, question) = (site.currency, Question::new(asked)?);
    let has_folded_hours = has_folded_hours(&question, site.hours_days, now);
    Ok(Query { question, currency, include: include(body.get("include"))?, has_folded_hours })
}

fn find_site(body: &Map<String, Value>, site: impl FnOnce(&str) -> Option<Site>) -> Result<Site, QueryError> {
    let name = body.get("site_id").and_then(Value::as_str).ok_or_else(|| {
        QueryError::new("invalid_query", "`site_id` is needed: the name of a site, as text.")
    })?;
    site(name).ok_or_else(|| {
        QueryError::new("unknown_site", format!("There is no site {} for this token.", quoted(name)))
    })
}

fn metrics(list: Option<&Value>) -> Result<Vec<Metric>, QueryError> {
    let error = |sentence| QueryError::new("invalid_metrics", sentence);
    let list = list
        .and_then(Value::as_array)
        .ok_or_else(|| error("`metrics` is needed: a list of names of metrics.".to_owned()))?;
    list.iter()
        .map(|name| {
            name.as_str().and_then(Metric::from_name).ok_or_else(|| {
                let known = listed(Metric::ALL.map(Metric::name));
                error(format!("Unknown metric {}. Metrics are: {known}.", shown(name)))
            })
        })
        .collect()
}

fn axes(list: Option<&Value>) -> Result<Vec<Axis>, QueryError> {
    let error = |sentence| QueryError::new("invalid_dimensions", sentence);
    let Some(list) = given(list) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| error("`dimensions` must be a list of names.".to_owned()))?;
    list.iter()
        .map(|name| {
            name.as_str().and_then(Axis::from_name).ok_or_else(|| {
                let times = listed(Bucket::ALL.map(Bucket::name));
                let known = listed(Dimension::ALL.iter().map(Dimension::name));
                error(format!(
                    "Unknown dimension {}. Dimensions are: {times}, {known}, event:props:NAME.",
                    shown(name)
                ))
            })
        })
        .collect()
}

fn filter(list: Option<&Value>) -> Result<Option<Filter>, QueryError> {
    let error = |sentence| QueryError::new("invalid_filters", sentence);
    let Some(list) = given(list) else { return Ok(None) };
    let list = list.as_array().ok_or_else(|| error("`filters` must be a list of filters.".to_owned()))?;
    match &list[..] {
        [] => Ok(None),
        [one] => one_filter(one).map(Some),
        _ => Err(QueryError::new(
            "missing_cross",
            "Only one filter can be used: no cells hold two filtered dimensions together.",
        )),
    }
}

fn one_filter(filter: &Value) -> Result<Filter, QueryError> {
    let error = |sentence| QueryError::new("invalid_filters", sentence);
    let form = || {
        let sentence =
            format!("Invalid filter {}. A filter is [\"is\", dimension, [values]].", shown(filter));
        error(sentence)
    };
    let parts = filter.as_array().ok_or_else(form)?;
    let [operator, dimension, values, modifiers @ ..] = &parts[..] else { return Err(form()) };
    if operator.as_str() != Some("is") {
        let sentence = format!("Filters with {} are not supported; only \"is\" is.", shown(operator));
        return Err(error(sentence));
    }
    match modifiers {
        [] => {}
        [Value::Object(modifiers)] if modifiers.iter().all(is_plain) => {}
        _ => {
            return Err(error(
                "Filters compare upper and lower case exactly; other modifiers are not supported.".to_owned(),
            ));
        }
    }
    let dimension = dimension.as_str().and_then(Dimension::from_name).ok_or_else(|| {
        let known = listed(Dimension::ALL.iter().map(Dimension::name));
        error(format!(
            "Unknown dimension {} in a filter. Dimensions are: {known}, event:props:NAME.",
            shown(dimension)
        ))
    })?;
    let values = values.as_array().ok_or_else(form)?;
    // Pages are counted as browsers write them.
    let is_page = matches!(dimension, Dimension::Page | Dimension::EntryPage | Dimension::ExitPage);
    let counted = |value: &str| if is_page { written_page(value).into() } else { Arc::from(value) };
    let values = values.iter().map(|value| value.as_str().map(counted).ok_or_else(form));
    Ok(Filter { dimension, values: values.collect::<Result<_, _>>()? })
}

fn is_plain((name, value): (&String, &Value)) -> bool {
    name == "case_sensitive" && *value == Value::Bool(true)
}

fn order(list: Option<&Value>) -> Result<Vec<(Key, Direction)>, QueryError> {
    let error = |entry: &Value| {
        let sentence = format!(
            "Invalid order_by entry {}. An entry is [metric or dimension, \"asc\" or \"desc\"].",
            shown(entry)
        );
        QueryError::new("invalid_order_by", sentence)
    };
    let Some(list) = given(list) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| error(list))?;
    list.iter()
        .map(|entry| {
            let Some([Value::String(key), Value::String(direction)]) =
                entry.as_array().map(|parts| &parts[..])
            else {
                return Err(error(entry));
            };
            let key = Metric::from_name(key)
                .map(Key::Metric)
                .or_else(|| Axis::from_name(key).map(Key::Axis))
                .ok_or_else(|| error(entry))?;
            match direction.as_str() {
                "asc" => Ok((key, Direction::Ascending)),
                "desc" => Ok((key, Direction::Descending)),
                _ => Err(error(entry)),
            }
        })
        .collect()
}

fn include(value: Option<&Value>) -> Result<Include, QueryError> {
    let error = |sentence: &str| QueryError::new("invalid_include", sentence);
    let Some(value) = given(value) else { return Ok(Include::default()) };
    let map = value.as_object().ok_or_else(|| error("`include` must be an object."))?;
    known_keys(map, &["imports", "total_rows", "time_labels"], "invalid_include", "`include`")?;
    let flag = |name: &str| match map.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(error("What is included is said with true or false.")),
    };
    Ok(Include {
        imports: flag("imports")?,
        total_rows: flag("total_rows")?,
        time_labels: flag("time_labels")?,
    })
}

fn pagination(value: Option<&Value>) -> Result<(usize, usize), QueryError> {
    let error = |sentence: &str| QueryError::new("invalid_pagination", sentence);
    let Some(value) = given(value) else { return Ok((LIMIT_MAX, 0)) };
    let map = value.as_object().ok_or_else(|| error("`pagination` must be an object."))?;
    known_keys(map, &["limit", "offset"], "invalid_pagination", "`pagination`")?;
    let number = |name: &str, default: usize| match map.get(name) {
        None => Ok(default),
        Some(number) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| error("`limit` and `offset` must be whole numbers.")),
    };
    Ok((number("limit", LIMIT_MAX)?, number("offset", 0)?))
}

/// `null` means the same as nothing.
fn given(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

fn known_keys(
    map: &Map<String, Value>,
    known: &[&'static str],
    code: &'static str,
    of: &str,
) -> Result<(), QueryError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let sentence =
                format!("Unknown key {} in {of}. Keys are: {}.", quoted(key), listed(known.iter().copied()));
            Err(QueryError::new(code, sentence))
        }
    }
}

fn listed(names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> String {
    names.into_iter().map(Into::into).collect::<Vec<_>>().join(", ")
}

/// What was sent, as JSON and not longer than [`QUOTED_MAX`].
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn quoted(text: &str) -> String {
    shown(&Value::from(text))
}
