//! One JSON object a line: what a shop's own programs write down, or another counter's export.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::line::{Fault, Left, Line, Span, address, header, hit, target};
use crate::counting::{HitKind, PROPERTIES_MAX, Revenue};

/// Longest name of an event. Unit: bytes.
const NAME_BYTES_MAX: usize = 120;
/// Longest name of a property. Unit: bytes.
const KEY_BYTES_MAX: usize = 300;
/// Longest value of a property. Unit: bytes.
const VALUE_BYTES_MAX: usize = 2000;
/// Most attention that is told at once: a day. Unit: milliseconds.
const ENGAGED_MS_MAX: u64 = 86_400_000;
/// A text that lies in the line where it can.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// One line.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    t: Text<'a>,
    #[serde(borrow)]
    ip: Text<'a>,
    #[serde(default, borrow)]
    ua: Option<Text<'a>>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(default, borrow)]
    referrer: Option<Text<'a>>,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(default, borrow)]
    name: Option<Text<'a>>,
    #[serde(default)]
    interactive: Option<bool>,
    #[serde(default)]
    props: Option<Properties>,
    #[serde(default)]
    revenue: Option<Value>,
    #[serde(default)]
    engaged_ms: Option<u64>,
    #[serde(default)]
    status: Option<u16>,
}

/// Properties of an event: texts, numbers and truths; what has parts is left out.
struct Properties(Vec<(String, String)>);

/// Reads one line.
pub(super) fn read(line: &Bytes, span: Span) -> Result<Line, Fault> {
    let object: Object<'_> = serde_json::from_slice(line).map_err(|error| fault(&error))?;
    let at = object
        .t
        .0
        .parse::<Timestamp>()
        .map_err(|_| "t is no time as in RFC 3339, such as 2026-03-10T08:00:00Z")?;
    let at = span.check(at)?;
    let address = address(&object.ip.0).ok_or("ip is no address")?;
    let share = |text: Text<'_>| share(line, text);
    let kind = match &*object.kind.0 {
        "pageview" => match object.status {
            None => HitKind::View { status: 200, is_public: false, asked: None, properties: Box::default() },
            Some(status @ (200..=299 | 304)) => {
                HitKind::View { status, is_public: false, asked: None, properties: Box::default() }
            }
            Some(status @ 400..=599) => HitKind::Failed { status },
            Some(100..=399) => return Ok(Line::Left(Left::Redirect)),
            Some(_) => return Err("status is no status code of HTTP".into()),
        },
        "event" => event(object.name, object.interactive, object.props, object.revenue.as_ref())?,
        "engagement" => HitKind::Engagement {
            engaged_ms: object.engaged_ms.ok_or("an engagement needs engaged_ms")?.min(ENGAGED_MS_MAX),
            scroll: None,
        },
        _ => return Err("type must be pageview, event or engagement".into()),
    };
    let target = target(share(object.path)).ok_or("path is no path; it begins with a slash")?;
    let mut hit = hit(at, address, target, kind);
    hit.user_agent = object.ua.and_then(|text| header(share(text)));
    hit.referrer = object.referrer.and_then(|text| header(share(text)));
    Ok(Line::Hit(hit))
}

fn event(
    name: Option<Text<'_>>,
    interactive: Option<bool>,
    properties: Option<Properties>,
    revenue: Option<&Value>,
) -> Result<HitKind, Fault> {
    let name = name.ok_or("an event needs a name")?;
    let name = name.0.trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err("the name of the event is empty or longer than 120 bytes".into());
    }
    let properties = properties.map_or(Vec::new(), |properties| properties.0);
    if properties.len() > PROPERTIES_MAX {
        return Err("props has more than 30 properties".into());
    }
    let is_fit =
        |(key, value): &(String, String)| key.len() <= KEY_BYTES_MAX && value.len() <= VALUE_BYTES_MAX;
    if !properties.iter().all(is_fit) {
        return Err("props has a name longer than 300 bytes or a value longer than 2000".into());
    }
    Ok(HitKind::Event {
        name: name.into(),
        interactive: interactive.unwrap_or(true),
        properties: properties.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
        revenue: revenue
            .map(Revenue::read)
            .transpose()
            .map_err(|no| Fault::Says(format!("revenue: {no}").into()))?,
    })
}

/// The text as a slice of the line, or, where it had escapes, by itself.
fn share(line: &Bytes, text: Text<'_>) -> Bytes {
    match text.0 {
        Cow::Borrowed(text) => line.slice_ref(text.as_bytes()),
        Cow::Owned(text) => Bytes::from(text),
    }
}

/// What serde says, without anything of the line: its messages quote values.
fn fault(error: &serde_json::Error) -> Fault {
    let says = error.to_string();
    let quoted = || says.split('`').nth(1).unwrap_or_default();
    if says.starts_with("unknown field") {
        return Fault::unknown_key(quoted());
    }
    if says.starts_with("missing field") {
        return Fault::Says(format!("the key \"{}\" is missing", quoted()).into());
    }
    if says.starts_with("duplicate field") {
        return Fault::Says(format!("the key \"{}\" stands there twice", quoted()).into());
    }
    let column = error.column();
    Fault::Says(match error.classify() {
        serde_json::error::Category::Data => {
            format!("it has a value of the wrong kind before column {column}").into()
        }
        serde_json::error::Category::Eof => "it ends in the middle of its JSON".into(),
        _ => format!("it is no JSON at column {column}").into(),
    })
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties: Vec<(String, String)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if properties.len() > PROPERTIES_MAX {
                        let _passed_over: IgnoredAny = map.next_value()?;
                        continue;
                    }
                    let text = match map.next_value::<Value>()? {
                        Value::String(text) => text,
                        Value::Number(number) => number.to_string(),
                        Value::Bool(truth) => truth.to_string(),
                        Value::Null | Value::Array(_) | Value::Object(_) => continue,
                    };
                    if properties.iter().any(|(known, _)| *known == key) {
                        return Err(A::Error::custom("a property stands there twice"));
                    }
                    properties.push((key, text));
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests;
