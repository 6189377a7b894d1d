//! The source list of a Content-Security-Policy, put together host by host, and cut where its space ends.

use std::collections::{HashMap, HashSet};

/// What a source is for: what stands first is written first, and left out last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What the shop cannot do without: its own hosts, those the operator vouches for, and of the necessary trackers what
    /// the operator wrote down or a tag of the site names.
    Needed,
    /// What was agreed to and the operator wrote down.
    GrantedFirst,
    /// What was agreed to and a tag of the site names.
    GrantedInTags,
    /// What is necessary and a browser says that a page asked for it.
    NeededReported,
    /// What is necessary and was never seen.
    NeededUnseen,
    /// What was agreed to and a browser says that a page asked for it.
    GrantedReported,
    /// What was agreed to.
    Granted,
    /// The bare domain beside all that is below it, of what is needed.
    NeededBare,
    /// The same of what was agreed to.
    GrantedBare,
    /// What is necessary somewhere, on a site whose operator named what is necessary there.
    NeededElsewhere,
}

/// A policy under construction: no source twice, none that another one covers, none that is not plain. A source without
/// scheme takes the scheme of the page and its encrypted form, but no sockets (CSP Level 3 section 6.7.2.8).
#[derive(Default)]
pub(super) struct Sources {
    list: Vec<(Rank, String)>,
}

/// Sources as they stand in a policy, each with a space before it.
pub(super) struct Written {
    pub(super) text: String,
    /// How many found no space; bare domains, and what is needed elsewhere, are not counted.
    pub(super) left_out: usize,
}

impl Sources {
    /// A path in a source is exact, or with a slash at its end takes all below (section 6.7.2.11). A prefix means
    /// both, unless its last segment is a file.
    pub(super) fn add_path(&mut self, rank: Rank, scheme: &str, host: &str, path: &str) {
        self.add(rank, &[scheme, host, path]);
        let is_file =
            path.rsplit('/').next().is_some_and(|segment| segment.is_empty() || segment.contains('.'));
        if !is_file {
            self.add(rank, &[scheme, host, path, "/"]);
        }
    }

    pub(super) fn add(&mut self, rank: Rank, parts: &[&str]) {
        let source = parts.concat();
        if is_plain(&source) {
            self.list.push((rank, source));
        }
    }

    /// The sources by rank, and within a rank as they came, in at most `space` bytes. One that does not fit is left out
    /// with all that come after it: what stands there does not depend on how long a single one is.
    pub(super) fn write(mut self, space: usize) -> Written {
        self.list.sort_by_key(|(rank, _)| *rank);
        let mut ranks: HashMap<&str, Rank> = HashMap::with_capacity(self.list.len());
        for (rank, source) in &self.list {
            ranks.entry(source).or_insert(*rank);
        }
        let mut seen = HashSet::with_capacity(self.list.len());
        let mut written = Written { text: String::new(), left_out: 0 };
        let mut is_full = false;
        for (rank, source) in &self.list {
            // What a source of a later rank covers may have to do without it.
            let is_wider = |wider: &str| ranks.get(wider).is_some_and(|other| other <= rank);
            if !seen.insert(source) || is_covered(source, is_wider) {
                continue;
            }
            is_full = is_full || written.text.len() + 1 + source.len() > space;
            if !is_full {
                written.text.extend([" ", source]);
            } else if *rank <= Rank::Granted {
                written.left_out += 1;
            }
        }
        written
    }
}

/// Is there a source that takes at least what this one takes: the same host without a path or on every port, or a domain
/// above it?
fn is_covered(source: &str, is_there: impl Fn(&str) -> bool) -> bool {
    let start = source.find("://").map_or(0, |end| end + 3);
    let (scheme, rest) = source.split_at(start);
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.strip_suffix(":*").unwrap_or(authority);
    let has_any_port = host.len() < authority.len();
    let mut wider = String::with_capacity(source.len() + 4);
    let mut takes = |wild: &str, domain: &str| {
        [":*", "", path].iter().enumerate().any(|(place, end)| {
            wider.clear();
            wider.extend([scheme, wild, domain, end]);
            (place == 0 || !has_any_port) && wider != source && is_there(&wider)
        })
    };
    let (wild, mut domain) = host.strip_prefix("*.").map_or(("", host), |domain| ("*.", domain));
    if takes(wild, domain) {
        return true;
    }
    while let Some((_, above)) = domain.split_once('.') {
        if takes("*.", above) {
            return true;
        }
        domain = above;
    }
    false
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

    fn written(sources: &[&str], space: usize) -> (String, usize) {
        let mut list = Sources::default();
        for source in sources {
            list.add(Rank::Granted, &[source]);
        }
        let written = list.write(space);
        (written.text, written.left_out)
    }

    #[test]
    fn what_is_no_host_becomes_no_source() {
        let hosts = ["", "*", "*.", "'none'", "x;y", "x,y", "x y", "[::1]", "data", "a\nb"];
        assert_eq!(written(&hosts, 1000), (" data".into(), 0));
    }

    #[test]
    fn a_source_is_written_once_and_not_beside_a_wider_one() {
        let rows: [(&[&str], &str); 8] = [
            (&["a.example", "a.example"], " a.example"),
            (&["a.example/x", "a.example"], " a.example"),
            (&["js.a.example", "*.a.example", "a.example", "*.js.a.example"], " *.a.example a.example"),
            (&["wss://a.example", "a.example"], " wss://a.example a.example"),
            (&["wss://s.a.example", "wss://*.a.example"], " wss://*.a.example"),
            (&["a.example", "a.example:*", "b.example", "*.example:*"], " *.example:*"),
            (&["b.a.example:*", "*.a.example"], " b.a.example:* *.a.example"),
            (&["x.a.example/p", "*.a.example/p", "*.a.example/q"], " *.a.example/p *.a.example/q"),
        ];
        for (sources, expected) in rows {
            assert_eq!(written(sources, 1000), (expected.into(), 0), "{sources:?}");
        }
    }

    #[test]
    fn a_prefix_is_the_path_and_what_is_below_unless_it_is_a_file() {
        let mut sources = Sources::default();
        sources.add_path(Rank::Needed, "", "a.example", "/x");
        sources.add_path(Rank::Needed, "wss://", "a.example", "/x.js");
        assert_eq!(sources.write(1000).text, " a.example/x a.example/x/ wss://a.example/x.js");
    }

    #[test]
    fn space_goes_by_rank_and_what_does_not_fit_is_counted() {
        let written = |space| {
            let mut sources = Sources::default();
            for (rank, source) in [
                (Rank::GrantedBare, "d.example"),
                (Rank::Granted, "c.example"),
                (Rank::NeededBare, "b.example"),
                (Rank::Granted, "e.example"),
                (Rank::NeededElsewhere, "*.a.example"),
                (Rank::Needed, "x.a.example"),
            ] {
                sources.add(rank, &[source]);
            }
            let written = sources.write(space);
            (written.text, written.left_out)
        };
        assert_eq!(written(42), (" x.a.example c.example e.example b.example".into(), 0));
        assert_eq!(written(31), (" x.a.example c.example".into(), 1));
        assert_eq!(written(11), (String::new(), 3));
    }
}
