//! How the patterns of hosts and names are read, in the catalogue and in an operator's rules.

/// Does `host` stand under `rule` (`*.example.com`: the domain itself and everything below; else equality)?
pub fn host_matches(rule: &str, host: &str) -> bool {
    match rule.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        None => rule == host,
    }
}

/// Does `name` stand under `rule` (a trailing `*` takes every continuation, a leading one every beginning)?
pub fn name_matches(rule: &str, name: &str) -> bool {
    bytes_match(rule, name.as_bytes())
}

/// As [`name_matches`], for a name as it stands in a header.
pub(in crate::policy) fn bytes_match(rule: &str, name: &[u8]) -> bool {
    match (rule.strip_suffix('*'), rule.strip_prefix('*')) {
        (Some(start), _) => name.starts_with(start.as_bytes()),
        (None, Some(end)) => name.ends_with(end.as_bytes()),
        (None, None) => rule.as_bytes() == name,
    }
}
