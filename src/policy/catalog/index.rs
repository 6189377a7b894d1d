//! Finding the tracker that owns a host, a cookie or a storage key, without allocating.
//!
//! Hosts are looked up by suffix, label by label; names by their exact text, then by the longest known start,
//! then by the longest known end.
//! Built once per catalogue. The order of precedence is told at [`Catalog::host`](super::Catalog::host) and
//! [`Catalog::cookie`](super::Catalog::cookie).

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Tracker, TrackerId, hashed};

/// Everything a catalogue can be asked by.
#[derive(Debug)]
pub(super) struct Index {
    ids: Map<Box<str>, TrackerId>,
    hosts: Map<Box<str>, Vec<Place>>,
    cookies: Names,
    storage: Names,
    parameters: Names,
}

/// One path on one host, or under one domain.
#[derive(Debug)]
struct Place {
    /// Empty: the whole host.
    path: Box<str>,
    /// `*.` stood before the host.
    below: bool,
    tracker: TrackerId,
}

impl Index {
    pub(super) fn new(trackers: &[Tracker]) -> Self {
        let mut hosts: Map<Box<str>, Vec<Place>> = Map::default();
        for tracker in trackers {
            for rule in &tracker.hosts {
                let (below, host) = match rule.host.strip_prefix("*.") {
                    Some(domain) => (true, domain),
                    None => (false, rule.host.as_str()),
                };
                let places = hosts.entry(host.into()).or_default();
                let place = |path: &str| Place { path: path.into(), below, tracker: tracker.id };
                match rule.paths.as_slice() {
                    [] => places.push(place("")),
                    paths => places.extend(paths.iter().map(|path| place(path))),
                }
            }
        }
        for places in hosts.values_mut() {
            places.sort_by_key(|place| Reverse((place.path.len(), !place.below, place.tracker)));
        }
        let cookies = trackers.iter().flat_map(|tracker| {
            let own = tracker.cookies.iter().filter(|rule| rule.domain.is_empty());
            own.map(|rule| (rule.name.as_str(), tracker.id))
        });
        let storage = trackers
            .iter()
            .flat_map(|tracker| tracker.storage.iter().map(|rule| (rule.as_str(), tracker.id)));
        let parameters = trackers
            .iter()
            .flat_map(|tracker| tracker.parameters.iter().map(|rule| (rule.as_str(), tracker.id)));
        Self {
            ids: trackers.iter().map(|tracker| (tracker.name_id.as_str().into(), tracker.id)).collect(),
            hosts,
            cookies: Names::new(cookies),
            storage: Names::new(storage),
            parameters: Names::new(parameters),
        }
    }

    pub(super) fn named(&self, name_id: &str) -> Option<TrackerId> {
        self.ids.get(name_id).copied()
    }

    pub(super) fn host(&self, host: &str, path: &str) -> Option<TrackerId> {
        let mut found: Option<&Place> = None;
        let mut domain = host;
        loop {
            let is_whole = domain.len() == host.len();
            if let Some(places) = self.hosts.get(domain) {
                // The places of a domain stand in order of precedence, so its first match is its best.
                let best = places
                    .iter()
                    .find(|place| (place.below || is_whole) && path.starts_with(place.path.as_ref()));
                if let Some(place) = best
                    && found.is_none_or(|earlier| place.path.len() > earlier.path.len())
                {
                    found = Some(place);
                }
            }
            match domain.split_once('.') {
                Some((_, rest)) => domain = rest,
                None => return found.map(|place| place.tracker),
            }
        }
    }

    pub(super) fn cookie(&self, name: &[u8]) -> Option<TrackerId> {
        self.cookies.owner(name).or_else(|| self.named(hashed::owner(name)?))
    }

    pub(super) fn storage(&self, key: &[u8]) -> Option<TrackerId> {
        self.storage.owner(key)
    }

    pub(super) fn parameter(&self, name: &[u8]) -> Option<TrackerId> {
        self.parameters.owner(name)
    }
}

/// Names, starts and ends of names with their owners.
#[derive(Debug)]
struct Names {
    exact: Map<Box<[u8]>, TrackerId>,
    starts: Vec<Start>,
    /// The longest comes first. There are few: they stand for frameworks.
    ends: Vec<(Box<[u8]>, TrackerId)>,
}

/// A known start of names, in byte order among its like.
#[derive(Debug)]
struct Start {
    text: Box<[u8]>,
    owner: TrackerId,
    /// The longest other start that this one begins with.
    shorter: Option<usize>,
}

impl Names {
    fn new<'a>(rules: impl Iterator<Item = (&'a str, TrackerId)>) -> Self {
        let mut exact: Map<Box<[u8]>, TrackerId> = Map::default();
        let mut owners = std::collections::BTreeMap::new();
        let mut ends = std::collections::BTreeMap::new();
        for (rule, tracker) in rules {
            // `max`: the later tracker has it when two lay the same claim.
            let owner = match (rule.strip_suffix('*'), rule.strip_prefix('*')) {
                (Some(start), _) => owners.entry(start.as_bytes()).or_insert(tracker),
                (None, Some(end)) => ends.entry(end.as_bytes()).or_insert(tracker),
                (None, None) => exact.entry(rule.as_bytes().into()).or_insert(tracker),
            };
            *owner = tracker.max(*owner);
        }
        let mut starts: Vec<Start> = Vec::with_capacity(owners.len());
        for (text, owner) in owners {
            let mut shorter = starts.len().checked_sub(1);
            while let Some(index) = shorter.filter(|index| !text.starts_with(&starts[*index].text)) {
                shorter = starts[index].shorter;
            }
            starts.push(Start { text: text.into(), owner, shorter });
        }
        let mut ends: Vec<_> = ends.into_iter().map(|(end, owner)| (Box::from(end), owner)).collect();
        ends.sort_by_key(|(end, _): &(Box<[u8]>, _)| Reverse(end.len()));
        Self { exact, starts, ends }
    }

    /// All starts of `name` stand before it in byte order, and whatever stands between the longest of them and
    /// `name` begins with it: so the nearest neighbour, or one it continues, is the answer.
    fn owner(&self, name: &[u8]) -> Option<TrackerId> {
        if let Some(tracker) = self.exact.get(name) {
            return Some(*tracker);
        }
        let mut nearest = self.starts.partition_point(|start| start.text.as_ref() <= name).checked_sub(1);
        while let Some(index) = nearest {
            let start = &self.starts[index];
            if name.starts_with(&start.text) {
                return Some(start.owner);
            }
            nearest = start.shorter;
        }
        self.ends.iter().find(|(end, _)| name.ends_with(end)).map(|(_, owner)| *owner)
    }
}

pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Words>>;

/// Hashes eight bytes at a step: short names cost two or three. The keys are the operator's, visitors only look
/// up, so nobody can make them collide.
#[derive(Default)]
pub(super) struct Words(u64);

impl Words {
    /// An odd number with its bits well spread: 2 to the power of 64 divided by the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.add(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_usize(&mut self, length: usize) {
        self.add(length as u64);
    }

    fn finish(&self) -> u64 {
        // The product's upper bits are the good ones; tables take the lower ones too.
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::{
        Catalog, CookieRule, HostEntry, Provider, Tracker, TrackerEntry, bytes_match, host_matches,
        name_matches,
    };

    type HostText = (String, Vec<String>);

    fn entry(index: usize, (hosts, names): (Vec<HostText>, Vec<String>)) -> TrackerEntry {
        let hosts = hosts.into_iter().map(|(host, paths)| match paths.as_slice() {
            [] => HostEntry::Whole(host),
            _ => HostEntry::Paths { host, paths, sockets: false },
        });
        let cookies = names.iter().map(|name| CookieRule {
            name: name.clone(),
            days: 1,
            domain: String::new(),
            http: name.starts_with('*'),
        });
        TrackerEntry {
            id: format!("t{index}"),
            name: "T".into(),
            category: "marketing".into(),
            serves: Vec::new(),
            carries: Vec::new(),
            provider: Provider {
                name: "P".into(),
                country: "NO".into(),
                privacy: "https://p.example/".into(),
            },
            purpose: HashMap::from([("en".into(), "Something.".into())]),
            hosts: hosts.collect(),
            cookies: cookies.collect(),
            storage: names.into_iter().filter(|name| !name.starts_with('*')).collect(),
            inline: Vec::new(),
            globals: Vec::new(),
            parameters: Vec::new(),
            own: Vec::new(),
            signatures: Vec::new(),
            access: None,
            embed: false,
            asks: false,
            consent_mode: false,
            rare: false,
            below_site: Vec::new(),
            reaches: Vec::new(),
            source: "https://p.example/".into(),
        }
    }

    fn any_catalog() -> impl Strategy<Value = Catalog> {
        let host = r"(\*\.)?([ab]\.){0,2}[ab]";
        let path = "/([ab]/?){0,2}";
        let hosts = prop::collection::vec((host, prop::collection::vec(path, 0..3)), 0..4);
        let names = prop::collection::vec(r"[ab]{1,4}\*?|\*[ab]{4}", 0..5);
        prop::collection::vec((hosts, names), 1..8).prop_map(|trackers| {
            let entries = trackers.into_iter().enumerate().map(|(index, rules)| entry(index, rules));
            Catalog::new(entries.collect()).unwrap()
        })
    }

    /// The rule of precedence, spelled out: path length, then the host that says more, then the later tracker.
    fn host_by_scan(catalog: &Catalog, host: &str, path: &str) -> Option<String> {
        let claims = catalog.trackers().flat_map(|tracker| {
            tracker.hosts.iter().filter(|rule| host_matches(&rule.host, host)).flat_map(move |rule| {
                let bare = rule.host.trim_start_matches("*.");
                let precision = (bare.len(), !rule.host.starts_with("*."));
                let whole = rule.paths.is_empty().then_some(0);
                let paths =
                    rule.paths.iter().filter(|prefix| path.starts_with(prefix.as_str())).map(String::len);
                whole.into_iter().chain(paths).map(move |length| ((length, precision, tracker.id), tracker))
            })
        });
        claims.max_by_key(|(precedence, _)| *precedence).map(|(_, tracker)| tracker.name_id.clone())
    }

    fn cookies(tracker: &Tracker) -> Vec<&str> {
        tracker.cookies.iter().map(|rule| rule.name.as_str()).collect()
    }

    fn keys(tracker: &Tracker) -> Vec<&str> {
        tracker.storage.iter().map(String::as_str).collect()
    }

    /// The exact name, then the longest start, then the longest end, then the later tracker.
    fn name_by_scan(catalog: &Catalog, rules: fn(&Tracker) -> Vec<&str>, name: &str) -> Option<String> {
        let precision = |rule: &str| (!rule.contains('*'), rule.ends_with('*'), rule.len());
        let claims = catalog.trackers().flat_map(|tracker| {
            let fitting = rules(tracker).into_iter().filter(|rule| name_matches(rule, name));
            fitting.map(move |rule| ((precision(rule), tracker.id), tracker))
        });
        claims.max_by_key(|(precedence, _)| *precedence).map(|(_, tracker)| tracker.name_id.clone())
    }

    proptest! {
        #[test]
        fn looking_a_host_up_equals_scanning_every_rule(
            catalog in any_catalog(),
            host in r"([abc]\.){0,3}[ab]",
            path in "/([abc]/?){0,3}",
        ) {
            let found = catalog.host(&host, &path).map(|tracker| tracker.name_id.clone());
            prop_assert_eq!(found, host_by_scan(&catalog, &host, &path));
        }

        #[test]
        fn looking_a_name_up_equals_scanning_every_rule(catalog in any_catalog(), name in "[abc]{0,6}") {
            let found = catalog.cookie(&name).map(|tracker| tracker.name_id.clone());
            prop_assert_eq!(found, name_by_scan(&catalog, cookies, &name));
            let found = catalog.storage(&name).map(|tracker| tracker.name_id.clone());
            prop_assert_eq!(found, name_by_scan(&catalog, keys, &name));
        }
    }

    #[test]
    fn names_that_are_no_text_match_by_their_bytes() {
        assert!(bytes_match("_ga*", b"_ga\xff"));
        assert!(!bytes_match("_ga", b"_ga\xff"));
    }
}
