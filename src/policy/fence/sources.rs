//! The source list of a Content-Security-Policy, put together host by host.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{FENCE_BYTES_MAX, FENCE_START};

/// A domain rule as sources: the wildcard of a source does not take the domain itself, ours does.
pub(super) fn bare_and_below(rule: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let bare = rule.strip_prefix("*.");
    std::iter::once(Cow::Borrowed(bare.unwrap_or(rule))).chain(bare.map(|_| Cow::Borrowed(rule)))
}

/// A policy under construction: no source twice, none beyond the limit, none that is not plain. A source without
/// scheme takes the scheme of the page and its encrypted form, but no sockets (CSP Level 3 section 6.7.2.8).
pub(super) struct Sources {
    pub(super) text: String,
    pub(super) left_out: usize,
    seen: HashSet<String>,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self { text: FENCE_START.into(), left_out: 0, seen: HashSet::new() }
    }

    /// A path in a source is exact, or with a slash at its end takes all below (section 6.7.2.11). A prefix means
    /// both, unless its last segment is a file.
    pub(super) fn add_path(&mut self, scheme: &str, host: &str, path: &str) {
        self.add(&[scheme, host, path]);
        let is_file =
            path.rsplit('/').next().is_some_and(|segment| segment.is_empty() || segment.contains('.'));
        if !is_file {
            self.add(&[scheme, host, path, "/"]);
        }
    }

    pub(super) fn add(&mut self, parts: &[&str]) {
        let source = parts.concat();
        if !is_plain(&source) || self.seen.contains(&source) {
            return;
        }
        if self.text.len() + 1 + source.len() > FENCE_BYTES_MAX {
            self.left_out += 1;
            return;
        }
        self.text.extend([" ", &source]);
        self.seen.insert(source);
    }
}

/// A settings file may name what no source can: `*` would open everything, `;` would end the directive, and
/// an IPv6 address has no form there.
fn is_plain(source: &str) -> bool {
    let host = source.strip_prefix("ws://").or(source.strip_prefix("wss://")).unwrap_or(source);
    let host = host.strip_prefix("*.").unwrap_or(host);
    host.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && host.bytes().all(|byte| byte.is_ascii_graphic() && !b";,'\"<>[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_host_becomes_no_source() {
        let mut sources = Sources::new();
        for host in ["", "*", "*.", "'none'", "x;y", "x,y", "x y", "[::1]", "data", "a\nb"] {
            sources.add(&["", host]);
        }
        assert_eq!(sources.text.strip_prefix(FENCE_START), Some(" data"));
    }

    #[test]
    fn a_source_is_written_once() {
        let mut sources = Sources::new();
        sources.add(&["", "a.example"]);
        sources.add_path("", "a.example", "/x");
        sources.add_path("wss://", "a.example", "/x.js");
        sources.add(&["", "a.example"]);
        let expected = " a.example a.example/x a.example/x/ wss://a.example/x.js";
        assert_eq!(sources.text.strip_prefix(FENCE_START), Some(expected));
    }
}
