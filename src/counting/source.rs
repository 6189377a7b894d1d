//! Where a visit came from: the page's own word (`utm_source`, `source`, `ref`), else the referrer's host.
//!
//! Known hosts and words become one name. Anything else is free text and goes through the veil. A referrer's path
//! and query are not read.

use std::borrow::Cow;

use http::HeaderValue;

use super::scrub;

/// The name for visits that came from nowhere we know of.
const DIRECT: &str = "Direct / None";
/// The longest source that is told apart, in bytes.
const SOURCE_BYTES_MAX: usize = 128;
/// The most parameters of a query that are looked at.
const PARAMETERS_MAX: usize = 64;
/// The parameters that name a source, the first that is there wins.
const PARAMETERS: [&str; 3] = ["utm_source", "source", "ref"];

/// A source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// One of the list.
    Known(&'static str),
    /// Free text.
    Text(Cow<'a, str>),
}

/// The source of a visit that began with this query, referrer and `Host`; `own` are the site's hosts.
pub(super) fn source<'a>(
    query: Option<&'a str>,
    referrer: Option<&'a HeaderValue>,
    host: Option<&HeaderValue>,
    own: &[String],
) -> Source<'a> {
    if let Some(tagged) = query.and_then(tag) {
        return named(tagged);
    }
    let referrer = referrer.and_then(|value| value.to_str().ok()).and_then(referring_host);
    let Some(from) = referrer else { return Source::Known(DIRECT) };
    let asked = host.and_then(|host| host.to_str().ok()).map(|host| without_www(without_port(host)));
    if asked.is_some_and(|asked| asked.eq_ignore_ascii_case(without_www(&from))) || is_own(&from, own) {
        return Source::Known(DIRECT);
    }
    match known_host(&from) {
        Some(name) => Source::Known(name),
        None => Source::Text(Cow::Owned(without_www(&from).to_owned())),
    }
}

/// The value of the first parameter that names a source.
fn tag(query: &str) -> Option<Cow<'_, str>> {
    let value = |name: &str| {
        let mut pairs = query.split('&').take(PARAMETERS_MAX).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
    };
    let value = PARAMETERS.iter().find_map(|name| value(name))?;
    let value = scrub::decoded_value(value);
    let trimmed = value.trim();
    let cut = trimmed.floor_char_boundary(SOURCE_BYTES_MAX);
    if trimmed.is_empty() { None } else { Some(Cow::Owned(scrub::text(&trimmed[..cut]).to_owned())) }
}

/// A tag that is the name, a short name or a host of a known source is that source.
fn named(tag: Cow<'_, str>) -> Source<'_> {
    let lower = tag.to_lowercase();
    if let Some((_, name)) = TAGS.iter().find(|(short, _)| *short == lower) {
        return Source::Known(name);
    }
    let known = HOSTS.iter().map(|(_, name)| *name).chain(ANYWHERE.iter().map(|(_, name)| *name));
    if let Some(name) = known.into_iter().find(|name| name.eq_ignore_ascii_case(&lower)) {
        return Source::Known(name);
    }
    match known_host(&lower) {
        Some(name) => Source::Known(name),
        None => Source::Text(tag),
    }
}

/// The host of a referrer, lower case, without port.
fn referring_host(referrer: &str) -> Option<String> {
    let (scheme, rest) = referrer.split_once("://")?;
    if !["http", "https", "android-app"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = without_port(authority.rsplit('@').next()?).trim_end_matches('.').to_ascii_lowercase();
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    (is_host && !host.is_empty() && host.len() <= SOURCE_BYTES_MAX).then_some(host)
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

/// The known source that owns this host, or one above it.
fn known_host(host: &str) -> Option<&'static str> {
    let mut rest = host;
    loop {
        if let Some((_, name)) = HOSTS.iter().find(|(known, _)| *known == rest) {
            return Some(name);
        }
        let Some((_, above)) = rest.split_once('.') else { break };
        rest = above;
    }
    // The same name under the endings of many countries: google.no, google.co.uk.
    let domain = psl::domain(host.as_bytes())?;
    if domain.suffix().typ() != Some(psl::Type::Icann) {
        return None;
    }
    let label = std::str::from_utf8(domain.as_bytes()).ok()?.split('.').next()?;
    ANYWHERE.iter().find(|(known, _)| *known == label).map(|(_, name)| *name)
}

/// Names under which a source is known in every country.
const ANYWHERE: &[(&str, &str)] = &[
    ("google", "Google"),
    ("bing", "Bing"),
    ("yahoo", "Yahoo!"),
    ("yandex", "Yandex"),
    ("pinterest", "Pinterest"),
    ("amazon", "Amazon"),
    ("ebay", "eBay"),
    ("prisjakt", "Prisjakt"),
    ("pricerunner", "PriceRunner"),
    ("trustpilot", "Trustpilot"),
];

/// What campaigns write for short.
const TAGS: &[(&str, &str)] = &[
    ("fb", "Facebook"),
    ("ig", "Instagram"),
    ("an", "Facebook"),
    ("msg", "Facebook Messenger"),
    ("adwords", "Google"),
    ("yt", "YouTube"),
    ("yahoo", "Yahoo!"),
    ("twitter", "X"),
    ("gmb", "Google"),
    ("finn", "FINN.no"),
];

/// Hosts of known sources; a host below one of them belongs to it too.
const HOSTS: &[(&str, &str)] = &[
    // Search.
    ("mail.google.com", "Gmail"),
    ("com.google.android.gm", "Gmail"),
    ("com.google.android.googlequicksearchbox", "Google"),
    ("gemini.google.com", "Gemini"),
    ("bard.google.com", "Gemini"),
    ("duckduckgo.com", "DuckDuckGo"),
    ("duck.ai", "DuckDuckGo"),
    ("ecosia.org", "Ecosia"),
    ("qwant.com", "Qwant"),
    ("startpage.com", "Startpage"),
    ("search.brave.com", "Brave Search"),
    ("kagi.com", "Kagi"),
    ("baidu.com", "Baidu"),
    ("kvasir.no", "Kvasir"),
    ("sesam.no", "Sesam"),
    ("1881.no", "1881"),
    ("gulesider.no", "Gule Sider"),
    ("seznam.cz", "Seznam"),
    ("naver.com", "Naver"),
    // Social.
    ("facebook.com", "Facebook"),
    ("fb.com", "Facebook"),
    ("fb.me", "Facebook"),
    ("messenger.com", "Facebook Messenger"),
    ("instagram.com", "Instagram"),
    ("threads.net", "Threads"),
    ("threads.com", "Threads"),
    ("t.co", "X"),
    ("x.com", "X"),
    ("twitter.com", "X"),
    ("linkedin.com", "LinkedIn"),
    ("lnkd.in", "LinkedIn"),
    ("com.linkedin.android", "LinkedIn"),
    ("pin.it", "Pinterest"),
    ("youtube.com", "YouTube"),
    ("youtu.be", "YouTube"),
    ("reddit.com", "Reddit"),
    ("com.reddit.frontpage", "Reddit"),
    ("tiktok.com", "TikTok"),
    ("snapchat.com", "Snapchat"),
    ("whatsapp.com", "WhatsApp"),
    ("wa.me", "WhatsApp"),
    ("telegram.org", "Telegram"),
    ("t.me", "Telegram"),
    ("discord.com", "Discord"),
    ("bsky.app", "Bluesky"),
    ("mastodon.social", "Mastodon"),
    ("vk.com", "VK"),
    ("com.slack", "Slack"),
    ("quora.com", "Quora"),
    ("news.ycombinator.com", "Hacker News"),
    ("github.com", "GitHub"),
    ("wikipedia.org", "Wikipedia"),
    // Assistants.
    ("chatgpt.com", "ChatGPT"),
    ("chat.openai.com", "ChatGPT"),
    ("perplexity.ai", "Perplexity"),
    ("claude.ai", "Claude"),
    ("copilot.microsoft.com", "Microsoft Copilot"),
    ("chat.mistral.ai", "Le Chat"),
    ("deepseek.com", "DeepSeek"),
    ("grok.com", "Grok"),
    ("meta.ai", "Meta AI"),
    ("you.com", "You.com"),
    // Norwegian market places, price guides and mail.
    ("finn.no", "FINN.no"),
    ("prisguide.no", "Prisguide"),
    ("outlook.live.com", "Outlook.com"),
    ("outlook.office.com", "Outlook.com"),
    ("outlook.office365.com", "Outlook.com"),
    ("klarna.com", "Klarna"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn named_source(query: &str, referrer: &str) -> String {
        let referrer = (!referrer.is_empty()).then(|| HeaderValue::from_str(referrer).unwrap());
        let host = HeaderValue::from_static("kasse.shop.example:8080");
        let own = ["shop.example".to_owned(), "*.dekk.example".to_owned()];
        let source = source(Some(query), referrer.as_ref(), Some(&host), &own);
        match source {
            Source::Known(name) => name.to_owned(),
            Source::Text(text) => format!("? {text}"),
        }
    }

    #[test]
    fn sources_are_named_as_the_table_says() {
        let table = include_str!("../../tests/data/counting/sources.tsv");
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [expected, query, referrer] = columns[..] else { panic!("not three columns: {row}") };
            assert_eq!(named_source(query, referrer), expected, "{row}");
        }
    }

    #[test]
    fn referrer_of_the_asked_host_is_no_source_where_the_site_takes_every_host() {
        let referrer = HeaderValue::from_static("http://127.0.0.1:8080/dekk");
        let host = HeaderValue::from_static("127.0.0.1:8080");
        let source = source(None, Some(&referrer), Some(&host), &["*".to_owned()]);
        assert_eq!(source, Source::Known(DIRECT));
    }
}
