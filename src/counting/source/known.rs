//! The sources that have a name: of search engines, social networks, shops, assistants, mail, and what Norwegian shops
//! meet. The table stands in `config/sources.tsv`.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// What a source is, as far as a channel asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Search,
    Social,
    Video,
    Shopping,
    Email,
    Assistant,
}

struct Known {
    /// Hosts, and hosts with the beginning of a path: "x.com/i/grok".
    hosts: HashMap<&'static str, &'static str>,
    /// Names that a source has under the endings of many countries: google.no, google.co.uk.
    anywhere: HashMap<&'static str, &'static str>,
    /// What campaigns write.
    tags: HashMap<String, &'static str>,
    sorts: HashMap<String, Sort>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::read(include_str!("../../../config/sources.tsv")));

impl Known {
    fn read(table: &'static str) -> Self {
        let mut known = Self {
            hosts: HashMap::new(),
            anywhere: HashMap::new(),
            tags: HashMap::new(),
            sorts: HashMap::new(),
        };
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let mut columns = row.split('\t');
            let mut column = || columns.next().unwrap_or("");
            let (name, sort, hosts, tags) = (column(), column(), column(), column());
            known.tags.entry(name.to_lowercase()).or_insert(name);
            for tag in tags.split(',').filter(|tag| !tag.is_empty()) {
                known.tags.insert(tag.to_owned(), name);
            }
            for host in hosts.split_ascii_whitespace() {
                match host.strip_suffix(".*") {
                    Some(label) => known.anywhere.insert(label, name),
                    None => known.hosts.insert(host, name),
                };
            }
            if let Some(sort) = sort_of(sort) {
                known.sorts.insert(name.to_lowercase(), sort);
            }
        }
        known
    }
}

fn sort_of(word: &str) -> Option<Sort> {
    Some(match word {
        "search" => Sort::Search,
        "social" => Sort::Social,
        "video" => Sort::Video,
        "shopping" => Sort::Shopping,
        "email" => Sort::Email,
        "assistant" => Sort::Assistant,
        _ => return None,
    })
}

/// What the source of this name is; lower case.
pub(super) fn sort(source: &str) -> Option<Sort> {
    KNOWN.sorts.get(source).copied()
}

/// The known source that a campaign means by a word; lower case. "facebook-ads" is Facebook too.
pub(super) fn tag(word: &str) -> Option<&'static str> {
    let stem = word
        .strip_suffix("ads")
        .or_else(|| word.strip_suffix("ad"))
        .map(|stem| stem.trim_end_matches(['-', '_', ' ']));
    let by_name = |word: &str| KNOWN.tags.get(word).copied();
    by_name(word).or_else(|| host(word, "")).or_else(|| stem.and_then(by_name))
}

/// The known source that owns this host, or one above it.
pub(super) fn host(host: &str, path: &str) -> Option<&'static str> {
    // Two folders of a path tell an assistant from the network it lives in.
    let mut folders = path.split('/').skip(1);
    if let (Some(first), Some(second)) = (folders.next(), folders.next()) {
        let bare = host.strip_prefix("www.").unwrap_or(host);
        if let Some(name) = KNOWN.hosts.get(format!("{bare}/{first}/{second}").as_str()) {
            return Some(name);
        }
    }
    let mut rest = host;
    loop {
        if let Some(name) = KNOWN.hosts.get(rest) {
            return Some(name);
        }
        let Some((_, above)) = rest.split_once('.') else { break };
        rest = above;
    }
    let domain = psl::domain(host.as_bytes())?;
    if domain.suffix().typ() != Some(psl::Type::Icann) {
        return None;
    }
    let label = std::str::from_utf8(domain.as_bytes()).ok()?.split('.').next()?;
    KNOWN.anywhere.get(label).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_read() {
        let table = include_str!("../../../config/sources.tsv");
        let mut hosts = std::collections::HashSet::new();
        for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let columns: Vec<&str> = row.split('\t').collect();
            assert!((3..=4).contains(&columns.len()), "{row}");
            assert!(columns[1] == "other" || sort_of(columns[1]).is_some(), "{row}");
            for host in columns[2].split(' ').filter(|host| !host.is_empty()) {
                assert!(hosts.insert(host), "twice: {host}");
                assert_eq!(host, host.to_lowercase());
            }
        }
        assert!(hosts.len() > 200);
    }
}
