//! Where a visit came from: the page's own word (`utm_source`, `source`, `ref`), else the referrer's host; with it the
//! channel, the five campaign tags, and the kind of click id.
//!
//! Known hosts and words become one name. Anything else is free text and goes through the veil. Of a query only the
//! allow-list below is read; of a click id only that it was there. A referrer's query is never read, its path only
//! where the source is a known one.

mod channel;
mod known;

use std::borrow::Cow;

use http::HeaderValue;

use super::scrub;

/// The name for visits that came from nowhere we know of.
const DIRECT: &str = "Direct / None";
/// The longest source or tag that is told apart, in bytes.
const TEXT_BYTES_MAX: usize = 128;
/// The longest referrer that is told apart, in bytes.
const REFERRER_BYTES_MAX: usize = 256;
/// The longest query and referrer that is looked at, in bytes.
const READ_BYTES_MAX: usize = 8192;
/// The most parameters of a query that are looked at.
const PARAMETERS_MAX: usize = 64;
/// The parameters that name a source, the first that is there wins.
const PARAMETERS: [&str; 3] = ["utm_source", "source", "ref"];
/// The campaign tags, in the order of [`Origin::tags`].
const TAGS: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
/// The click ids of which the kind is kept, the first of this order that is there.
const CLICK_IDS: [&str; 20] = [
    "gclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "fbclid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "ScCid",
    "yclid",
    "rdt_cid",
    "irclickid",
    "tduid",
    "at_gd",
    "dclid",
    "gclsrc",
    "gad_source",
    "srsltid",
    "mc_eid",
];

/// A source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// One of the list.
    Known(&'static str),
    /// Free text.
    Text(Cow<'a, str>),
}

/// Everything that says where a visit came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    /// The source.
    pub(super) source: Source<'a>,
    /// The referrer: its host, and its path where the source is known.
    pub(super) referrer: Option<Cow<'a, str>>,
    /// The channel, one of a closed list.
    pub(super) channel: &'static str,
    /// `utm_source`, `utm_medium`, `utm_campaign`, `utm_content`, `utm_term`.
    pub(super) tags: [Option<Cow<'a, str>>; 5],
    /// The kind of click id.
    pub(super) click_id: Option<&'static str>,
}

/// The origin of a visit that began with this query, referrer and `Host`; `own` are the site's hosts.
pub(super) fn origin<'a>(
    query: Option<&'a str>,
    referrer: Option<&'a HeaderValue>,
    host: Option<&HeaderValue>,
    own: &[String],
) -> Origin<'a> {
    let Asked { source: tagged, tags, click_id } = query.map(Asked::read).unwrap_or_default();
    let referrer = referrer.and_then(Referrer::read).filter(|from| !from.is_own(host, own));
    let from = referrer.as_ref().and_then(|from| known::host(&from.host, from.path));
    let source = match (tagged, from, &referrer) {
        (Some(tag), ..) => named(tag),
        (None, Some(name), _) => Source::Known(name),
        (None, None, Some(from)) => Source::Text(Cow::Owned(scrub::text(without_www(&from.host)).to_owned())),
        (None, None, None) => Source::Known(DIRECT),
    };
    let referrer = referrer.map(|referrer| Cow::Owned(referrer.text(from.is_some())));
    let name = match &source {
        Source::Known(DIRECT) => "",
        Source::Known(name) => name,
        Source::Text(text) => text,
    };
    let [tagged, medium, campaign, ..] = &tags;
    let [tagged, medium, campaign] = [tagged, medium, campaign].map(|tag| tag.as_deref().unwrap_or(""));
    let channel = channel::channel(&channel::Facts { source: name, medium, campaign, tagged, click_id });
    Origin { source, referrer, channel, tags, click_id }
}

/// What a query says of where the visit came from.
#[derive(Default)]
struct Asked<'a> {
    source: Option<Cow<'a, str>>,
    tags: [Option<Cow<'a, str>>; 5],
    click_id: Option<&'static str>,
}

impl<'a> Asked<'a> {
    fn read(query: &'a str) -> Self {
        let query = &query[..query.floor_char_boundary(READ_BYTES_MAX)];
        let mut values: [Option<&str>; TAGS.len()] = [None; TAGS.len()];
        let mut sources: [Option<&str>; PARAMETERS.len()] = [None; PARAMETERS.len()];
        let mut click_id: Option<usize> = None;
        let pairs = query.split('&').take(PARAMETERS_MAX).filter_map(|pair| pair.split_once('='));
        for (key, value) in pairs.filter(|(_, value)| !value.is_empty()) {
            if let Some(at) = PARAMETERS.iter().position(|name| *name == key) {
                sources[at].get_or_insert(value);
            }
            if let Some(at) = TAGS.iter().position(|name| *name == key) {
                values[at].get_or_insert(value);
            } else if let Some(at) = CLICK_IDS.iter().position(|name| name.eq_ignore_ascii_case(key)) {
                click_id = Some(click_id.map_or(at, |found| found.min(at)));
            }
        }
        Self {
            source: sources.into_iter().flatten().find_map(text),
            tags: values.map(|value| value.and_then(text)),
            click_id: click_id.map(|at| CLICK_IDS[at]),
        }
    }
}

/// A parameter's value: decoded, cut, scrubbed.
fn text(value: &str) -> Option<Cow<'_, str>> {
    let value = scrub::decoded_value(value);
    let legible = if value.contains(char::is_control) {
        Cow::Owned(value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        value
    };
    let trimmed = legible.trim();
    if trimmed.is_empty() {
        return None;
    }
    // Scrubbed before it is cut: half of an address would not be known for one.
    let scrubbed = scrub::text(trimmed);
    Some(Cow::Owned(scrubbed[..scrubbed.floor_char_boundary(TEXT_BYTES_MAX)].to_owned()))
}

/// A tag that is the name, a short name or a host of a known source is that source.
fn named(tag: Cow<'_, str>) -> Source<'_> {
    match known::tag(&tag.to_lowercase()) {
        Some(name) => Source::Known(name),
        None => Source::Text(tag),
    }
}

/// A referrer: its host, lower case, without port; its path.
struct Referrer<'a> {
    host: String,
    path: &'a str,
}

impl<'a> Referrer<'a> {
    fn read(value: &'a HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let (scheme, rest) = text[..text.floor_char_boundary(READ_BYTES_MAX)].split_once("://")?;
        if !["http", "https", "android-app"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = without_port(authority.rsplit('@').next()?).trim_end_matches('.').to_ascii_lowercase();
        let is_host =
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        let path = path.split(['?', '#']).next().unwrap_or("");
        (is_host && !host.is_empty() && host.len() <= TEXT_BYTES_MAX).then_some(Self { host, path })
    }

    fn is_own(&self, asked: Option<&HeaderValue>, own: &[String]) -> bool {
        let asked = asked.and_then(|host| host.to_str().ok()).map(|host| without_www(without_port(host)));
        let from = without_www(&self.host);
        asked.is_some_and(|asked| asked.eq_ignore_ascii_case(from)) || is_own(&self.host, own)
    }

    fn text(&self, has_path: bool) -> String {
        let host = scrub::text(without_www(&self.host));
        let path = if has_path { scrub::page(self.path) } else { Cow::Borrowed("") };
        let whole = format!("{host}{}", path.trim_end_matches('/'));
        whole[..whole.floor_char_boundary(REFERRER_BYTES_MAX)].to_owned()
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

fn is_own(host: &str, own: &[String]) -> bool {
    own.iter().any(|own| match own.strip_prefix("*.") {
        Some(domain) => host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => without_www(own) == without_www(host),
    })
}

#[cfg(test)]
mod tests;
