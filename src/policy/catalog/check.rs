//! What an entry must be before it becomes a tracker: said in words an operator can act on.

use super::{
    Access, CatalogError, ConsentMode, CookieRule, HostEntry, HostRule, OwnRule, Spread, Tracker,
    TrackerEntry, TrackerId,
};
use crate::policy::consent::{Category, TrackerSet};

/// Longest id. Unit: bytes. Ids travel in the consent cookie, so they are kept short.
const ID_BYTES_MAX: usize = 40;
/// Most hosts, cookies, storage keys or snippets of one tracker.
const RULES_MAX: usize = 256;
/// Longest host, path, cookie name, storage key or snippet. Unit: bytes. A host has at most 253 (RFC 1035).
const RULE_BYTES_MAX: usize = 253;
/// Shortest end of names that may stand for a cookie, with the wildcard before it. Unit: bytes.
const COOKIE_END_BYTES_MIN: usize = 5;
/// Shortest text that may give a snippet away. Unit: bytes. Anything shorter turns up in innocent scripts.
const INLINE_BYTES_MIN: usize = 6;
/// Shortest path that may give a request away by itself. Unit: bytes.
const OWN_PATH_BYTES_MIN: usize = 6;
/// Shortest text, of those that a rule asks for, that may give away what is sent. Unit: bytes.
const OWN_BODY_BYTES_MIN: usize = 8;
/// Shortest text that may give a script file away: it is looked for in every script of the shop. Unit: bytes.
const SIGNATURE_BYTES_MIN: usize = 12;

impl Tracker {
    pub(super) fn from_entry(id: TrackerId, entry: TrackerEntry) -> Result<Self, CatalogError> {
        let name_id = entry.id.clone();
        checked(id, entry).map_err(|problem| CatalogError::Entry { id: name_id, problem })
    }
}

fn checked(id: TrackerId, entry: TrackerEntry) -> Result<Tracker, String> {
    check_id(&entry.id)?;
    check_words(&entry)?;
    let category = category(&entry.category)?;
    let spread = spread(category, entry.rare)?;
    let serves = entry.serves.iter().map(|name| served(name)).collect::<Result<_, _>>()?;
    for (list, length) in [
        ("carries", entry.carries.len()),
        ("hosts", entry.hosts.len()),
        ("cookies", entry.cookies.len()),
        ("storage", entry.storage.len()),
        ("inline", entry.inline.len()),
        ("globals", entry.globals.len()),
        ("parameters", entry.parameters.len()),
        ("own", entry.own.len()),
        ("signatures", entry.signatures.len()),
    ] {
        if length > RULES_MAX {
            return Err(format!("{list} has {length} entries, at most {RULES_MAX} are possible"));
        }
    }
    let hosts = entry.hosts.into_iter().map(host_rule).collect::<Result<_, _>>()?;
    entry.carries.iter().try_for_each(|id| check_id(id))?;
    entry.cookies.iter().try_for_each(check_cookie)?;
    entry.storage.iter().try_for_each(|key| check_pattern("storage key", key))?;
    entry.inline.iter().try_for_each(|text| check_needle("inline", text, INLINE_BYTES_MIN))?;
    entry.signatures.iter().try_for_each(|text| check_needle("signatures", text, SIGNATURE_BYTES_MIN))?;
    entry.globals.iter().try_for_each(|name| check_global(name))?;
    entry.parameters.iter().try_for_each(|name| check_parameter(name))?;
    entry.own.iter().try_for_each(check_own)?;
    let is_sites = entry.provider.country.is_empty();
    let access = entry.access.or(is_sites.then_some(Access::Site));
    Ok(Tracker {
        id,
        name_id: entry.id,
        name: entry.name,
        category,
        serves,
        carries: entry.carries,
        carried: TrackerSet::NONE,
        provider: entry.provider,
        purpose: entry.purpose,
        hosts,
        cookies: entry.cookies,
        storage: entry.storage,
        inline: entry.inline,
        globals: entry.globals,
        parameters: entry.parameters,
        own: entry.own,
        signatures: entry.signatures,
        access,
        embed: entry.embed,
        asks: entry.asks,
        consent_mode: if entry.consent_mode { ConsentMode::Heeded } else { ConsentMode::Ignored },
        spread,
        source: entry.source,
        is_used: true,
        is_sites: false,
    })
}

fn check_id(id: &str) -> Result<(), String> {
    let is_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    if id.is_empty() || !is_word(id.as_bytes()[0]) || !id.bytes().all(|byte| is_word(byte) || byte == b'-') {
        return Err("an id has lower-case letters, digits and -, and does not start with -".into());
    }
    if id.len() > ID_BYTES_MAX {
        return Err(format!("an id has at most {ID_BYTES_MAX} characters"));
    }
    Ok(())
}

fn check_words(entry: &TrackerEntry) -> Result<(), String> {
    for (key, text) in
        [("name", &entry.name), ("provider.name", &entry.provider.name), ("source", &entry.source)]
    {
        if text.trim().is_empty() {
            return Err(format!("{key} is empty"));
        }
    }
    if !entry.purpose.contains_key("en") {
        return Err("its purpose must be said in English at least (purpose.en)".into());
    }
    match entry.purpose.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((language, _)) => Err(format!("purpose.{language} is empty")),
        None => Ok(()),
    }
}

fn category(name: &str) -> Result<Category, String> {
    Category::from_name(name).ok_or_else(|| {
        format!("unknown category \"{name}\"; categories are necessary, preferences, statistics, marketing")
    })
}

fn spread(category: Category, is_rare: bool) -> Result<Spread, String> {
    match (category, is_rare) {
        (_, false) => Ok(Spread::Common),
        (Category::Necessary, true) => Ok(Spread::Rare),
        _ => Err("rare is for what is necessary: all else is held until it is agreed to".into()),
    }
}

/// A container that served what is necessary would never be held.
fn served(name: &str) -> Result<Category, String> {
    match category(name)? {
        Category::Necessary => Err("serves cannot name \"necessary\"; make that the category instead".into()),
        asked => Ok(asked),
    }
}

fn host_rule(entry: HostEntry) -> Result<HostRule, String> {
    let rule = match entry {
        HostEntry::Whole(host) => HostRule { host, paths: Vec::new(), sockets: false },
        HostEntry::Paths { host, paths, sockets: false } if paths.is_empty() => {
            return Err(format!("host \"{host}\" has no paths; write \"{host}\" alone to mean all of it"));
        }
        HostEntry::Paths { host, paths, sockets } => HostRule { host, paths, sockets },
    };
    if let Some(problem) = host_problem(&rule.host) {
        return Err(format!("host \"{}\" {problem}", rule.host));
    }
    for path in &rule.paths {
        if !path.starts_with('/') {
            return Err(format!("path \"{path}\" must start with /"));
        }
        // `;` and `,` end a source in a policy; `?` and `#` are no part of a path.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b";,?#*\"'<>\\".contains(&byte);
        if path.len() > RULE_BYTES_MAX || !path.bytes().all(is_plain) {
            return Err(format!(
                "path \"{path}\" must be a plain path without query, wildcard, spaces or quotes"
            ));
        }
    }
    Ok(rule)
}

/// What keeps `host` from being a bare host name with at most one `*.` in front.
fn host_problem(host: &str) -> Option<&'static str> {
    let name = host.strip_prefix("*.").unwrap_or(host);
    if host.contains("://") {
        return Some("must be a host alone: leave the scheme out");
    }
    if name.contains('/') {
        return Some("must be a host alone: put paths into paths = [\"/…\"]");
    }
    if name.contains(':') {
        return Some("must be a host alone: leave the port out");
    }
    if name.contains('*') {
        return Some("can have a wildcard only as \"*.\" at its start");
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some("must be written in lower case");
    }
    let is_label = |label: &str| {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_plain)
    };
    if name.len() > RULE_BYTES_MAX || !name.split('.').all(is_label) {
        return Some("is no host name; write international names in their xn-- form");
    }
    None
}

/// The page's guard tells names by their start, so a rule for their end is for cookies that no script writes.
fn check_cookie(rule: &CookieRule) -> Result<(), String> {
    let is_end = rule.name.starts_with('*') && rule.name.len() >= COOKIE_END_BYTES_MIN;
    if is_end && (!rule.http || rule.name.ends_with('*')) {
        return Err(format!("cookie \"{}\" can begin with a wildcard only with http = true", rule.name));
    }
    check_pattern("cookie", rule.name.strip_prefix('*').filter(|_| is_end).unwrap_or(&rule.name))?;
    if rule.name.bytes().any(|byte| !byte.is_ascii_graphic() || b";,=".contains(&byte)) {
        return Err(format!("cookie \"{}\" is no cookie name (RFC 6265 section 4.1.1)", rule.name));
    }
    match host_problem(&rule.domain) {
        Some(problem) if !rule.domain.is_empty() => {
            Err(format!("cookie domain \"{}\" {problem}", rule.domain))
        }
        _ => Ok(()),
    }
}

/// A text that is looked for must be long enough to be found where it is meant, and nowhere else.
fn check_needle(key: &str, text: &str, bytes_min: usize) -> Result<(), String> {
    if (bytes_min..=RULE_BYTES_MAX).contains(&text.len()) {
        return Ok(());
    }
    Err(format!(
        "{key} text \"{text}\" must have {bytes_min} to {RULE_BYTES_MAX} bytes, so that it matches this tracker and \
         nothing else"
    ))
}

/// A global becomes the name of a stand-in in the page, so it must be a plain identifier.
fn check_global(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let starts_well = name.bytes().next().is_some_and(|first| is_plain(first) && !first.is_ascii_digit());
    if starts_well && name.len() <= RULE_BYTES_MAX && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(format!("global \"{name}\" must be a plain name of JavaScript, such as \"fbq\""))
}

fn check_parameter(name: &str) -> Result<(), String> {
    check_pattern("parameter", name)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~[]*".contains(&byte);
    if name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(format!("parameter \"{name}\" must be the bare name of a query parameter"))
}

fn check_own(rule: &OwnRule) -> Result<(), String> {
    let is_plain =
        |text: &str| text.len() <= RULE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    let path = rule.path.strip_prefix('*').unwrap_or(&rule.path);
    let path = path.strip_suffix('*').unwrap_or(path);
    if path.contains(['*', '?', '#']) || !is_plain(&rule.path) {
        return Err(format!(
            "own path \"{}\" can have a wildcard at its start and end, and no query",
            rule.path
        ));
    }
    if !rule.path.is_empty() && !rule.path.starts_with(['/', '*']) {
        return Err(format!("own path \"{}\" must start with / or *", rule.path));
    }
    for part in &rule.query {
        check_pattern("own query", part)?;
        if !is_plain(part) || part.contains(['&', '#']) {
            return Err(format!("own query \"{part}\" must be name or name=value"));
        }
    }
    rule.body.iter().try_for_each(|text| check_needle("own body", text, 1))?;
    if !rule.body.is_empty() && (rule.script || rule.body.iter().all(|text| text.len() < OWN_BODY_BYTES_MIN))
    {
        return Err(format!(
            "own body needs a text of {OWN_BODY_BYTES_MIN} bytes or more, and no script sends one by itself"
        ));
    }
    if path.len() < OWN_PATH_BYTES_MIN && rule.query.is_empty() && rule.body.is_empty() {
        return Err(format!("own path \"{}\" alone would match much of any shop; add a query", rule.path));
    }
    Ok(())
}

fn check_pattern(what: &str, pattern: &str) -> Result<(), String> {
    let start = pattern.strip_suffix('*').unwrap_or(pattern);
    if start.is_empty() {
        return Err(format!(
            "{what} \"{pattern}\" would match everything or nothing; name at least its start"
        ));
    }
    if start.contains('*') {
        return Err(format!("{what} \"{pattern}\" can have a wildcard only at its end"));
    }
    if pattern.len() > RULE_BYTES_MAX {
        return Err(format!("{what} \"{pattern}\" is longer than {RULE_BYTES_MAX} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::policy::catalog::Catalog;

    const GOOD: &str = r#"
[[tracker]]
id = "stats"
name = "Stats"
category = "statistics"
provider = { name = "Stats AS", country = "NO", privacy = "https://stats.example/privacy" }
purpose = { en = "Counts." }
source = "https://stats.example/docs"
"#;

    fn problem(text: &str) -> String {
        Catalog::new(Catalog::parse(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn a_minimal_entry_is_enough() {
        assert_eq!(Catalog::new(Catalog::parse(GOOD).unwrap()).unwrap().trackers().count(), 1);
    }

    #[test]
    fn each_fault_is_named_with_its_remedy() {
        let rows = [
            ("hosts = [\"https://a.example\"]", "leave the scheme out"),
            ("hosts = [\"A.example\"]", "lower case"),
            ("hosts = [\"a.example:443\"]", "leave the port out"),
            ("hosts = [\"a.*.example\"]", "only as \"*.\" at its start"),
            ("hosts = [\"*\"]", "wildcard only"),
            ("hosts = [\"a.example/x\"]", "put paths into"),
            ("hosts = [\"a..example\"]", "is no host name"),
            ("hosts = [\"a.example;x\"]", "is no host name"),
            ("hosts = [\"\"]", "is no host name"),
            ("hosts = [{ host = \"a.example\", paths = [\"x\"] }]", "must start with /"),
            ("hosts = [{ host = \"a.example\", paths = [] }]", "has no paths"),
            ("hosts = [{ host = \"a.example\", paths = [\"/x; y\"] }]", "plain path"),
            ("cookies = [{ name = \"a*b\", days = 1 }]", "only at its end"),
            ("cookies = [{ name = \"*\", days = 1 }]", "name at least its start"),
            ("cookies = [{ name = \"*_cart\", days = 1 }]", "only with http = true"),
            ("cookies = [{ name = \"*_a*b\", days = 1, http = true }]", "only at its end"),
            ("cookies = [{ name = \"*ab\", days = 1, http = true }]", "only at its end"),
            ("cookies = [{ name = \"a b\", days = 1 }]", "no cookie name"),
            ("cookies = [{ name = \"a\", days = 1, domain = \"https://x\" }]", "cookie domain"),
            ("storage = [\"\"]", "name at least its start"),
            ("inline = [\"ga(\"]", "must have 6 to 253 bytes"),
            ("globals = [\"f bq\"]", "plain name of JavaScript"),
            ("globals = [\"1st\"]", "plain name of JavaScript"),
            ("parameters = [\"a=b\"]", "bare name of a query parameter"),
            ("own = [{ path = \"g/collect\" }]", "must start with / or *"),
            ("own = [{ path = \"/g*/collect\" }]", "wildcard at its start and end"),
            ("own = [{ path = \"*\" }]", "would match much of any shop"),
            ("own = [{ query = [\"a&b\"] }]", "must be name or name=value"),
            ("signatures = [\"analytics\"]", "must have 12 to 253 bytes"),
            ("rare = true", "rare is for what is necessary"),
            ("serves = [\"necessary\"]", "cannot name \"necessary\""),
            ("serves = [\"adverts\"]", "unknown category \"adverts\""),
        ];
        for (line, expected) in rows {
            let said = problem(&format!("{GOOD}{line}\n"));
            assert!(said.starts_with("tracker \"stats\": "), "{line}: {said}");
            assert!(said.contains(expected), "{line}: {said}");
        }
    }

    #[test]
    fn identity_and_words_are_required() {
        let rows = [
            ("\"stats\"", "\"Stats\"", "lower-case letters"),
            ("\"stats\"", "\"-stats\"", "does not start with -"),
            ("en = \"Counts.\"", "nb = \"Teller.\"", "purpose.en"),
            ("\"Counts.\"", "\" \"", "purpose.en is empty"),
            ("name = \"Stats\"", "name = \"\"", "name is empty"),
            ("\"statistics\"", "\"stats\"", "unknown category"),
        ];
        for (from, to, expected) in rows {
            let said = problem(&GOOD.replacen(from, to, 1));
            assert!(said.contains(expected), "{to}: {said}");
        }
    }
}
