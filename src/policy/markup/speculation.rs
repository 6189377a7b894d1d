//! Speculation rules: which pages a browser may fetch or prerender before anybody asks for them.
//!
//! Rules that name addresses are judged by them. Rules that pick among the links of the page are kept only when they
//! can pick nothing but the site's own, for the page's links are not known here. What is no JSON does nothing in a
//! browser either; it is held, because a browser may read it otherwise.

use serde_json::Value;

use super::reading::{Finding, Reading};

/// Most rules that are read; more are held.
const RULES_MAX: usize = 64;

/// Most addresses or patterns in one rule; more are held.
const ADDRESSES_MAX: usize = 256;

/// Deepest nesting of conditions; deeper, a rule could pick anything.
const DEPTH_MAX: usize = 8;

impl<'a> Reading<'a, '_> {
    /// Decides on the text of a `<script type=speculationrules>`.
    pub(super) fn speculation_rules(&mut self, text: &[u8]) -> Finding<'a> {
        let Ok(Value::Object(sets)) = serde_json::from_str(&String::from_utf8_lossy(text)) else {
            return Finding::Held(None);
        };
        // Any key with a list is taken for an action: browsers learn new ones.
        let rules: Vec<&Value> = sets.values().filter_map(Value::as_array).flatten().collect();
        if rules.len() > RULES_MAX {
            return Finding::Held(None);
        }
        rules.into_iter().fold(Finding::Open, |answer, rule| {
            let finding = self.rule(rule);
            answer.or(finding)
        })
    }

    fn rule(&mut self, rule: &Value) -> Finding<'a> {
        let urls = rule.get("urls").map(list).unwrap_or_default();
        if urls.len() > ADDRESSES_MAX {
            return Finding::Held(None);
        }
        let mut answer = Finding::Open;
        for url in urls {
            let finding = url.as_str().map_or(Finding::Held(None), |url| self.address(url.as_bytes()));
            answer = answer.or(finding);
        }
        let picks_links = rule.get("where").is_some() || rule.get("urls").is_none();
        if !picks_links {
            return answer;
        }
        if rule.get("where").is_some_and(|condition| is_own(condition, 0)) {
            return answer.or(self.address(b"/"));
        }
        answer.or(Finding::Held(None))
    }
}

/// One value, or the values of a list.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// Can this condition hold for links of the page's own origin only?
fn is_own(condition: &Value, depth: usize) -> bool {
    let Some(condition) = condition.as_object().filter(|_| depth < DEPTH_MAX) else { return false };
    let is_below = |part: &Value| is_own(part, depth + 1);
    if let Some(patterns) = condition.get("href_matches") {
        let patterns = list(patterns);
        return patterns.len() <= ADDRESSES_MAX && patterns.into_iter().all(is_own_pattern);
    }
    if let Some(parts) = condition.get("and").and_then(Value::as_array) {
        return parts.iter().any(is_below);
    }
    condition.get("or").and_then(Value::as_array).is_some_and(|parts| parts.iter().all(is_below))
}

/// Does this URL pattern leave the host to the page? A text does when it is plainly a path; an object when it names
/// nothing before the path.
fn is_own_pattern(pattern: &Value) -> bool {
    match pattern {
        // What holds `://` is read as an address with a host, even where it starts with a slash.
        Value::String(text) if text.contains("://") => false,
        Value::String(text) => match text.as_bytes() {
            [b'/'] => true,
            // Whatever could be an authority, or the start of a group that becomes one, is none.
            [b'/', second, ..] => {
                second.is_ascii_alphanumeric() || matches!(second, b'*' | b'_' | b'-' | b'?')
            }
            _ => false,
        },
        Value::Object(parts) => {
            let is_after_host = |key: &String| matches!(key.as_str(), "pathname" | "search" | "hash");
            parts.contains_key("pathname") && parts.keys().all(is_after_host)
        }
        _ => false,
    }
}
