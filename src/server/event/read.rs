//! The body of an event: bytes → what happened, or everything that is wrong with it. Pure.
//!
//! Keys have a long name and the short one of Plausible's scripts: `name` `n`, `url` `u`, `domain` `d`, `referrer` `r`,
//! `props` `p` `m` `meta` (an object, or JSON in a text), `revenue` `$`, `interactive` `i`, `hashMode` `h`, and for
//! `engagement` `e` (milliseconds) and `sd` (percent). Our own scripts say with `notice` what a page asked, and with `ahead` that
//! a browser had fetched it before it was shown. Others are passed over, so that newer clients are understood; and so are
//! a revenue and properties that are none, as Plausible does: a purchase is not lost for a faulty amount.
//! `domain` is one of these: the site is the one whose host was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use serde_json::{Map, Value};

use crate::counting::{PROPERTIES_MAX, Revenue};

/// Longest name of an event. Unit: bytes.
const NAME_BYTES_MAX: usize = 120;
/// Longest address of a page, and of where it was come from. Unit: bytes.
const URL_BYTES_MAX: usize = 2000;
/// Longest name of a property. Unit: bytes.
const KEY_BYTES_MAX: usize = 300;
/// Longest value of a property. Unit: bytes.
const VALUE_BYTES_MAX: usize = 2000;
/// Most attention that is told at once. Unit: milliseconds. Nobody reads a page for a day.
const ENGAGED_MS_MAX: u64 = 86_400_000;
/// What is printed and yet encoded, in a path or a query and in a fragment (URL Standard section 1.3).
const TARGET: &[u8] = b"\"<>`{}|\\^#";
const FRAGMENT: &[u8] = b"\"<>`";
/// The names that are no event's own.
const VIEW: &str = "pageview";
const ENGAGEMENT: &str = "engagement";

/// Names and values.
type Properties = Box<[(Arc<str>, Arc<str>)]>;

/// An event as it was told.
pub(super) struct Told {
    /// Where it happened.
    pub(super) page: Page,
    /// Where the page was come from.
    pub(super) referrer: Option<HeaderValue>,
    /// What happened.
    pub(super) happened: Happened,
}

/// A page, as its address was told.
pub(super) struct Page {
    /// Its host; `None` where only a path was told.
    pub(super) host: Option<String>,
    /// Its path and query.
    pub(super) target: PathAndQuery,
    /// In hash mode what stands behind `#`, also where that is nothing.
    pub(super) fragment: Option<Arc<str>>,
}

/// What happened on a page.
pub(super) enum Happened {
    /// It was shown, and asked under the notice of that name. A browser may have fetched it ahead.
    View { is_ahead: bool, notice: Option<Box<str>>, properties: Properties },
    /// Something that has a name.
    Event { name: Arc<str>, is_interactive: bool, properties: Properties, revenue: Option<Revenue> },
    /// It had attention.
    Engagement { engaged_ms: u64, scroll: Option<u8> },
}

/// What is wrong with an event, by key.
#[derive(Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the event cannot be read: {}", self.told())]
pub(in crate::server) struct EventErrors(BTreeMap<&'static str, String>);

impl EventErrors {
    fn of(key: &'static str, reason: impl Into<String>) -> Self {
        Self(BTreeMap::from([(key, reason.into())]))
    }

    /// As clients of the events API read it: `{"errors": {KEY: [SENTENCE]}}`.
    pub(in crate::server) fn json(&self) -> String {
        let lists: BTreeMap<_, _> = self.0.iter().map(|(key, reason)| (*key, [reason])).collect();
        serde_json::json!({ "errors": lists }).to_string()
    }

    fn told(&self) -> String {
        let told: Vec<String> = self.0.iter().map(|(key, reason)| format!("{key} {reason}")).collect();
        told.join(", ")
    }
}

/// Reads a body.
pub(super) fn event(body: &[u8]) -> Result<Told, EventErrors> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(EventErrors::of("request", "must be an object in JSON"));
    };
    let mut errors = EventErrors::default();
    let mut note = |key, reason: String| {
        errors.0.insert(key, reason);
    };
    let name = name(&fields).map_err(|reason| note("name", reason)).ok();
    let page = page(&fields).map_err(|reason| note("url", reason)).ok();
    let properties = properties(&fields).map_err(|reason| note("props", reason)).ok();
    let (Some(name), Some(page), Some(properties)) = (name, page, properties) else {
        return Err(errors);
    };
    let revenue = object(&fields, &["revenue", "$"]).and_then(|value| Revenue::read(&value).ok());
    let happened = match name {
        VIEW => {
            let notice = fields.get("notice").and_then(Value::as_str).map(Into::into);
            let is_ahead = fields.get("ahead") == Some(&Value::Bool(true));
            Happened::View { is_ahead, notice, properties }
        }
        ENGAGEMENT => engagement(&fields)?,
        name => {
            let is_interactive = of(&fields, &["interactive", "i"]) != Some(&Value::Bool(false));
            Happened::Event { name: name.into(), is_interactive, properties, revenue }
        }
    };
    Ok(Told { page, referrer: referrer(&fields), happened })
}

/// The value under the first of these keys that has one.
fn of<'a>(fields: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().filter_map(|key| fields.get(*key)).find(|value| !value.is_null())
}

/// The object under one of these keys, written as JSON or as a text of it.
fn object(fields: &Map<String, Value>, keys: &[&str]) -> Option<Value> {
    let value = match of(fields, keys)? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        value => value.clone(),
    };
    value.is_object().then_some(value)
}

fn name(fields: &Map<String, Value>) -> Result<&str, String> {
    let name = of(fields, &["name", "n"]).ok_or("is required")?;
    let name = name.as_str().map(str::trim).filter(|name| !name.is_empty()).ok_or("must be a text")?;
    if name.len() > NAME_BYTES_MAX {
        return Err(format!("must be at most {NAME_BYTES_MAX} bytes long"));
    }
    Ok(name)
}

/// Reads the page's address. In hash mode what stands behind `#` names the page, too.
fn page(fields: &Map<String, Value>) -> Result<Page, String> {
    let url = of(fields, &["url", "u"]).ok_or("is required")?;
    let url = url.as_str().map(str::trim).filter(|url| !url.is_empty()).ok_or("must be a text")?;
    if url.len() > URL_BYTES_MAX {
        return Err(format!("must be at most {URL_BYTES_MAX} bytes long"));
    }
    let (host, rest) = match url.split_once("://") {
        // An app's own address names no host that could be asked.
        Some((scheme, rest)) if is_apps(scheme) => {
            (None, rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())).1)
        }
        Some((scheme, rest)) if is_web(scheme) => {
            let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            let authority: http::uri::Authority =
                authority.parse().map_err(|_| "must be the address of a page".to_owned())?;
            (Some(authority.host().to_owned()), rest)
        }
        _ if url.starts_with('/') && !url.starts_with("//") => (None, url),
        _ => return Err("must be the address of a page".into()),
    };
    let (target, fragment) =
        rest.split_once('#').map_or((rest, None), |(target, fragment)| (target, Some(fragment)));
    let fragment = fragment.filter(|_| of(fields, &["hashMode", "h"]).is_some_and(is_on));
    let target = with_query_of(target, fragment);
    let target = if target.starts_with('/') { target } else { format!("/{target}") };
    let target = target.parse().map_err(|_| "must be the address of a page".to_owned())?;
    Ok(Page { host, target, fragment: fragment.map(|fragment| escaped(fragment, FRAGMENT).into()) })
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// A scheme (RFC 3986 section 3.1) that apps give their screens, such as `app://`; not those that stand for code or content.
fn is_apps(scheme: &str) -> bool {
    const NONE: [&str; 6] = ["javascript", "data", "blob", "file", "about", "view-source"];
    let is_name = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_name && !is_web(scheme) && !NONE.iter().any(|none| scheme.eq_ignore_ascii_case(none))
}

fn is_on(mode: &Value) -> bool {
    mode == &Value::Bool(true) || mode.as_u64() == Some(1) || mode.as_str() == Some("1")
}

/// The target, with the query that stands in the fragment where it has none of its own: campaigns are told there, too.
fn with_query_of(target: &str, fragment: Option<&str>) -> String {
    let inner = fragment.and_then(|fragment| fragment.split_once('?')).filter(|_| !target.contains('?'));
    let mut whole = escaped(target, TARGET);
    if let Some((_, query)) = inner {
        whole.push('?');
        whole.push_str(&escaped(query, TARGET));
    }
    whole
}

/// What a server wrote as people read it becomes what browsers write.
fn escaped(text: &str, marks: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            byte if marks.contains(&byte) => push_hex(&mut out, byte),
            0x21..=0x7e => out.push(char::from(byte)),
            _ => push_hex(&mut out, byte),
        }
    }
    out
}

fn push_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// One that is too long, or none at all, costs only itself.
fn referrer(fields: &Map<String, Value>) -> Option<HeaderValue> {
    let text = of(fields, &["referrer", "r"])?.as_str().filter(|text| !text.is_empty())?;
    HeaderValue::from_str(text).ok().filter(|_| text.len() <= URL_BYTES_MAX)
}

/// Texts, numbers and truths; what is empty or has parts is left out, and so is what is more than the most.
fn properties(fields: &Map<String, Value>) -> Result<Properties, String> {
    let written = object(fields, &["props", "p", "m", "meta"]);
    let written = written.iter().filter_map(Value::as_object).flatten().take(PROPERTIES_MAX);
    let mut properties = Vec::new();
    for (key, value) in written {
        let value: Arc<str> = match value {
            _ if key.is_empty() => continue,
            Value::String(text) if !text.is_empty() => text.as_str().into(),
            Value::Number(number) => number.to_string().into(),
            Value::Bool(truth) => truth.to_string().into(),
            _ => continue,
        };
        if key.len() > KEY_BYTES_MAX {
            return Err(format!("must have keys of at most {KEY_BYTES_MAX} bytes"));
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(format!("must have values of at most {VALUE_BYTES_MAX} bytes"));
        }
        properties.push((key.as_str().into(), value));
    }
    Ok(properties.into())
}

/// A depth of 255 means that nothing is known of it, and so does all that is no percentage.
fn engagement(fields: &Map<String, Value>) -> Result<Happened, EventErrors> {
    let engaged = fields.get("e").and_then(|value| value.as_u64().or_else(|| value.as_f64().and_then(whole)));
    let depth = fields.get("sd").and_then(Value::as_u64).and_then(|depth| u8::try_from(depth).ok());
    let scroll = depth.filter(|depth| *depth <= 100);
    if engaged.is_none() && scroll.is_none() {
        return Err(EventErrors::of("e", "must be milliseconds, or sd a percentage"));
    }
    Ok(Happened::Engagement { engaged_ms: engaged.unwrap_or(0).min(ENGAGED_MS_MAX), scroll })
}

/// A number with decimals, as a whole one.
fn whole(number: f64) -> Option<u64> {
    let text = format!("{:.0}", number.round());
    text.parse().ok()
}

#[cfg(test)]
mod tests;
