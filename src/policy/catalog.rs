//! The catalogue: every tracker we know, and which of them owns a host, a cookie or a storage key.
//!
//! The facts stand in `config/trackers.toml`; an operator adds to them, or overrides them by `id`, in
//! `[[site.tracker]]` with the same keys. A tracker is data: there is no code for any one of them.

use std::collections::HashMap;

use serde::Deserialize;

use super::consent::{Category, TrackerSet};

/// A tracker's place in the catalogue of this process. It is not stable across versions: cookies and settings
/// carry [`Tracker::name_id`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackerId(u16);

impl TrackerId {
    /// The id of that index, when a catalogue may have it.
    pub fn new(index: usize) -> Option<Self> {
        (index < TrackerSet::TRACKERS_MAX).then(|| u16::try_from(index).ok().map(Self)).flatten()
    }

    /// Its place in the catalogue.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One named product, third-party or first-party, with what it uses.
#[derive(Clone, Debug)]
pub struct Tracker {
    /// Its place in this catalogue.
    pub id: TrackerId,
    /// Stable name in settings, cookies and forms: lower-case letters, digits and `-`.
    pub name_id: String,
    /// The name people know it by.
    pub name: String,
    /// What a visitor says yes or no to.
    pub category: Category,
    /// A container (a tag manager) works as soon as one of these is granted.
    pub serves: Vec<Category>,
    /// Who receives the data.
    pub provider: Provider,
    /// What it is for, per language; `en` is always there.
    pub purpose: HashMap<String, String>,
    /// Hosts it answers on.
    pub hosts: Vec<HostRule>,
    /// Cookies it sets.
    pub cookies: Vec<CookieRule>,
    /// Keys it keeps in localStorage or sessionStorage; a trailing `*` takes every continuation.
    pub storage: Vec<String>,
    /// Texts that give its inline snippet away.
    pub inline: Vec<String>,
    /// Its frames show something the visitor may want to see: a placeholder stands in for them.
    pub embed: bool,
    /// Where the facts come from.
    pub source: String,
}

/// Who receives the data.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Legal name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its seat.
    pub country: String,
    /// Its privacy page.
    pub privacy: String,
}

/// A host, with the paths on it when it serves more than the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// Exact host, or `*.example.com` for every host below and `example.com` itself.
    pub host: String,
    /// Path prefixes; empty means all.
    pub paths: Vec<String>,
}

/// A cookie and how long it lives.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CookieRule {
    /// Exact name, or with a trailing `*` every continuation of it. Names are case-sensitive (RFC 6265).
    pub name: String,
    /// Lifetime in days; 0 means until the browser closes.
    pub days: u32,
}

/// One `[[tracker]]` as it is written in `config/trackers.toml` and in `[[site.tracker]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackerEntry {
    /// See [`Tracker::name_id`].
    pub id: String,
    /// See [`Tracker::name`].
    pub name: String,
    /// A category's name.
    pub category: String,
    /// Names of the categories a container serves.
    #[serde(default)]
    pub serves: Vec<String>,
    /// See [`Provider`].
    pub provider: Provider,
    /// Sentences per language.
    pub purpose: HashMap<String, String>,
    /// Hosts as text, or as `{ host = "…", paths = ["/…"] }`.
    #[serde(default)]
    pub hosts: Vec<HostEntry>,
    /// See [`CookieRule`].
    #[serde(default)]
    pub cookies: Vec<CookieRule>,
    /// See [`Tracker::storage`].
    #[serde(default)]
    pub storage: Vec<String>,
    /// See [`Tracker::inline`].
    #[serde(default)]
    pub inline: Vec<String>,
    /// See [`Tracker::embed`].
    #[serde(default)]
    pub embed: bool,
    /// See [`Tracker::source`].
    pub source: String,
}

/// A host as written: with or without paths.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum HostEntry {
    /// `"stats.example.com"`
    Whole(String),
    /// `{ host = "www.example.com", paths = ["/stats/"] }`
    Paths {
        /// The host.
        host: String,
        /// Path prefixes.
        paths: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tracker: Vec<TrackerEntry>,
}

/// What can be wrong with a catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The text is no catalogue.
    #[error("the catalogue cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// One entry contradicts itself or another.
    #[error("tracker \"{id}\": {problem}")]
    Entry {
        /// The tracker's id.
        id: String,
        /// What to change.
        problem: String,
    },
    /// More trackers than a consent can name.
    #[error("{count} trackers are more than the {} a consent can name", TrackerSet::TRACKERS_MAX)]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

/// Every tracker this site knows.
#[derive(Debug)]
pub struct Catalog {
    trackers: Vec<Tracker>,
}

impl Catalog {
    /// The entries this version of the program came with.
    pub fn built_in() -> Result<Vec<TrackerEntry>, CatalogError> {
        Self::parse(include_str!("../../config/trackers.toml"))
    }

    /// Reads entries in the form of `config/trackers.toml`.
    pub fn parse(text: &str) -> Result<Vec<TrackerEntry>, CatalogError> {
        Ok(toml::from_str::<File>(text)?.tracker)
    }

    /// A catalogue of these entries. A later entry with the same id takes the place of the earlier one.
    pub fn new(entries: Vec<TrackerEntry>) -> Result<Self, CatalogError> {
        let mut trackers: Vec<Tracker> = Vec::with_capacity(entries.len());
        for entry in entries {
            let known = trackers.iter().position(|tracker| tracker.name_id == entry.id);
            let index = known.unwrap_or(trackers.len());
            let id = TrackerId::new(index).ok_or(CatalogError::TooMany { count: index + 1 })?;
            let tracker = Tracker::from_entry(id, entry)?;
            match known {
                Some(index) => trackers[index] = tracker,
                None => trackers.push(tracker),
            }
        }
        Ok(Self { trackers })
    }

    /// Every tracker, in the catalogue's order.
    pub fn trackers(&self) -> impl Iterator<Item = &Tracker> {
        self.trackers.iter()
    }

    /// The tracker of that id, which must come from this catalogue.
    pub fn tracker(&self, id: TrackerId) -> &Tracker {
        &self.trackers[id.index()]
    }

    /// The tracker of that stable name.
    pub fn named(&self, name_id: &str) -> Option<&Tracker> {
        self.trackers.iter().find(|tracker| tracker.name_id == name_id)
    }

    /// The tracker that answers on `host` (lower case, no port) at `path`; a rule with paths wins over one without.
    pub fn host(&self, host: &str, path: &str) -> Option<&Tracker> {
        let mut found = None;
        for tracker in &self.trackers {
            for rule in tracker.hosts.iter().filter(|rule| host_matches(&rule.host, host)) {
                if rule.paths.iter().any(|prefix| path.starts_with(prefix.as_str())) {
                    return Some(tracker);
                }
                if rule.paths.is_empty() {
                    found = found.or(Some(tracker));
                }
            }
        }
        found
    }

    /// The tracker that sets a cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&Tracker> {
        self.trackers.iter().find(|tracker| tracker.cookies.iter().any(|rule| name_matches(&rule.name, name)))
    }

    /// The tracker that keeps a storage key of that name.
    pub fn storage(&self, key: &str) -> Option<&Tracker> {
        self.trackers.iter().find(|tracker| tracker.storage.iter().any(|rule| name_matches(rule, key)))
    }
}

impl Tracker {
    fn from_entry(id: TrackerId, entry: TrackerEntry) -> Result<Self, CatalogError> {
        let wrong = |problem: String| CatalogError::Entry { id: entry.id.clone(), problem };
        let category = |name: &str| {
            Category::from_name(name).ok_or_else(|| {
                wrong(format!(
                    "unknown category \"{name}\"; categories are necessary, preferences, statistics, marketing"
                ))
            })
        };
        if entry.id.is_empty() || !entry.id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(wrong("an id has lower-case letters, digits and -".into()));
        }
        if !entry.purpose.contains_key("en") {
            return Err(wrong("its purpose must be said in English at least (purpose.en)".into()));
        }
        let own = category(&entry.category)?;
        let serves = entry.serves.iter().map(|name| category(name)).collect::<Result<_, _>>()?;
        let hosts = entry.hosts.into_iter().map(|host| match host {
            HostEntry::Whole(host) => HostRule { host, paths: Vec::new() },
            HostEntry::Paths { host, paths } => HostRule { host, paths },
        });
        Ok(Self {
            id,
            name_id: entry.id,
            name: entry.name,
            category: own,
            serves,
            provider: entry.provider,
            purpose: entry.purpose,
            hosts: hosts.collect(),
            cookies: entry.cookies,
            storage: entry.storage,
            inline: entry.inline,
            embed: entry.embed,
            source: entry.source,
        })
    }
}

/// Does `host` stand under `rule` (`*.example.com`: the domain itself and everything below; else equality)?
pub fn host_matches(rule: &str, host: &str) -> bool {
    match rule.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        None => rule == host,
    }
}

/// Does `name` stand under `rule` (a trailing `*` takes every continuation)?
pub fn name_matches(rule: &str, name: &str) -> bool {
    rule.strip_suffix('*').map_or(rule == name, |start| name.starts_with(start))
}
