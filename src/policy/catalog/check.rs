//! What an entry must be before it becomes a tracker: said in words an operator can act on.

use super::{CatalogError, CookieRule, HostEntry, HostRule, Tracker, TrackerEntry, TrackerId};
use crate::policy::consent::Category;

/// Longest id. Unit: bytes. Ids travel in the consent cookie, so they are kept short.
const ID_BYTES_MAX: usize = 40;
/// Most hosts, cookies, storage keys or snippets of one tracker.
const RULES_MAX: usize = 256;
/// Longest host, path, cookie name, storage key or snippet. Unit: bytes. A host has at most 253 (RFC 1035).
const RULE_BYTES_MAX: usize = 253;
/// Shortest text that may give a snippet away. Unit: bytes. Anything shorter turns up in innocent scripts.
const INLINE_BYTES_MIN: usize = 6;

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
    let serves = entry.serves.iter().map(|name| served(name)).collect::<Result<_, _>>()?;
    for (list, length) in [
        ("hosts", entry.hosts.len()),
        ("cookies", entry.cookies.len()),
        ("storage", entry.storage.len()),
        ("inline", entry.inline.len()),
    ] {
        if length > RULES_MAX {
            return Err(format!("{list} has {length} entries, at most {RULES_MAX} are possible"));
        }
    }
    let hosts = entry.hosts.into_iter().map(host_rule).collect::<Result<_, _>>()?;
    entry.cookies.iter().try_for_each(check_cookie)?;
    entry.storage.iter().try_for_each(|key| check_pattern("storage key", key))?;
    for needle in &entry.inline {
        if !(INLINE_BYTES_MIN..=RULE_BYTES_MAX).contains(&needle.len()) {
            return Err(format!(
                "inline text \"{needle}\" must have {INLINE_BYTES_MIN} to {RULE_BYTES_MAX} bytes, so that it \
                 matches this tracker's snippet and nothing else"
            ));
        }
    }
    Ok(Tracker {
        id,
        name_id: entry.id,
        name: entry.name,
        category,
        serves,
        provider: entry.provider,
        purpose: entry.purpose,
        hosts,
        cookies: entry.cookies,
        storage: entry.storage,
        inline: entry.inline,
        embed: entry.embed,
        source: entry.source,
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

fn check_cookie(rule: &CookieRule) -> Result<(), String> {
    check_pattern("cookie", &rule.name)?;
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
            ("cookies = [{ name = \"a b\", days = 1 }]", "no cookie name"),
            ("cookies = [{ name = \"a\", days = 1, domain = \"https://x\" }]", "cookie domain"),
            ("storage = [\"\"]", "name at least its start"),
            ("inline = [\"ga(\"]", "must have 6 to 253 bytes"),
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
