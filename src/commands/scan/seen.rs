//! What a page sets and loads, as it was seen, and what the catalogue makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::address::{Place, place};
use crate::policy::advice::{Advice, Class, Fate, Thing};
use crate::policy::catalog::{Sent, Tracker, host_matches, name_matches};
use crate::policy::consent::{Category, Consent, TrackerSet};
use crate::policy::{Page, Policy, Standing};

/// Most hosts, cookies, keys or workers that are noted, each.
const NAMES_MAX: usize = 500;
/// Most paths noted of one host.
const PATHS_MAX: usize = 32;
/// Longest name or path that is noted. Unit: bytes; the rest is cut off.
const NAME_BYTES_MAX: usize = 256;

/// What was seen of one page.
pub(super) struct Seen {
    policy: Arc<Policy>,
    /// The page's host.
    host: String,
    /// Hosts that were asked or named, with the paths asked for there.
    hosts: BTreeMap<String, BTreeSet<String>>,
    cookies: BTreeSet<Cookie>,
    storage: BTreeSet<String>,
    workers: BTreeSet<String>,
    /// Trackers that were known by something else, by id: how.
    signs: BTreeMap<String, &'static str>,
    /// Things that had no room.
    left_out: usize,
}

/// A cookie that was set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cookie {
    /// Where, when that is not the site.
    domain: String,
    name: String,
}

/// One thing and what is known of it.
pub(super) struct Finding<'a> {
    pub thing: Thing,
    pub name: String,
    /// A cookie's domain, when that is not the site.
    pub domain: String,
    /// See [`Class::name`].
    pub class: &'static str,
    pub trackers: Vec<&'a Tracker>,
    pub fate: Fate,
}

impl Seen {
    pub(super) fn new(policy: Arc<Policy>, host: &str) -> Self {
        Self {
            policy,
            host: host.to_owned(),
            hosts: BTreeMap::new(),
            cookies: BTreeSet::new(),
            storage: BTreeSet::new(),
            workers: BTreeSet::new(),
            signs: BTreeMap::new(),
            left_out: 0,
        }
    }

    pub(super) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Things that had no room.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// A request the browser made.
    pub(super) fn request(&mut self, address: &str) {
        let Some(Place { host, path, query }) = place(address) else { return };
        if !self.is_own(&host) {
            self.host(&host);
            if let Some(paths) = self.hosts.get_mut(&host).filter(|paths| paths.len() < PATHS_MAX) {
                paths.insert(cut(path));
            }
            return;
        }
        let none = Consent::none();
        let sent = Sent { path, query, is_script: true };
        let own = self.policy.own_request(&none, "", &host, sent).map(|own| own.tracker.name_id.clone());
        if let Some(id) = own {
            self.sign(&id, "by a request to the shop's own host");
        }
    }

    /// A host that a tag or a header names.
    pub(super) fn host(&mut self, host: &str) {
        if host.is_empty() || self.is_own(host) {
            return;
        }
        if self.hosts.len() < NAMES_MAX || self.hosts.contains_key(host) {
            self.hosts.entry(cut(host)).or_default();
        } else {
            self.left_out += 1;
        }
    }

    /// A cookie that was set for `domain`.
    pub(super) fn cookie(&mut self, domain: &str, name: &str) {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        let is_sites = domain.is_empty() || host_matches(&format!("*.{domain}"), &self.host);
        let domain = if is_sites { String::new() } else { cut(&domain) };
        note(&mut self.cookies, Cookie { domain, name: cut(name) }, &mut self.left_out);
    }

    /// A key of localStorage or sessionStorage, a database or a cache.
    pub(super) fn storage(&mut self, name: &str) {
        note(&mut self.storage, cut(name), &mut self.left_out);
    }

    /// A service worker.
    pub(super) fn worker(&mut self, address: &str) {
        let path = place(address).map_or(address, |place| place.path);
        note(&mut self.workers, cut(path), &mut self.left_out);
    }

    /// The text of the page: whose snippets stand in it.
    pub(super) fn text(&mut self, page: &[u8]) {
        let policy = self.policy.clone();
        let stands = |text: &String| memchr::memmem::find(page, text.as_bytes()).is_some();
        for tracker in policy.catalog().trackers().filter(|tracker| tracker.inline.iter().any(stands)) {
            self.sign(&tracker.name_id, "by its snippet in the page");
        }
    }

    /// Trackers whose tags stand in the page.
    pub(super) fn tags(&mut self, trackers: TrackerSet) {
        let policy = self.policy.clone();
        for tracker in policy.catalog().trackers().filter(|tracker| trackers.contains(tracker.id)) {
            self.sign(&tracker.name_id, "by a tag in the page");
        }
    }

    fn sign(&mut self, id: &str, how: &'static str) {
        self.signs.entry(id.to_owned()).or_insert(how);
    }

    fn is_own(&self, host: &str) -> bool {
        host == self.host || self.policy.is_own(host)
    }

    /// Everything seen, with what is known of it; what would be held stands first.
    pub(super) fn findings(&self) -> Vec<Finding<'_>> {
        let hosts = self.hosts.iter().map(|(host, paths)| self.of_host(host, paths));
        let cookies = self.cookies.iter().map(|cookie| self.of_cookie(cookie));
        let storage = self.storage.iter().map(|name| self.of_name(Thing::Storage, name));
        let workers = self.workers.iter().map(|path| self.of_worker(path));
        let mut findings: Vec<Finding<'_>> = hosts.chain(cookies).chain(storage).chain(workers).collect();
        findings.sort_by_key(|finding| (finding.thing, finding.fate == Fate::Open));
        findings
    }

    /// Trackers that were known by neither host nor name, and how.
    pub(super) fn signs(&self) -> Vec<(&Tracker, &'static str)> {
        let findings = self.findings();
        let is_found = |tracker: &Tracker| {
            findings.iter().flat_map(|finding| &finding.trackers).any(|found| found.id == tracker.id)
        };
        let signs = self.signs.iter().filter_map(|(id, how)| Some((self.policy.catalog().named(id)?, *how)));
        signs.filter(|(tracker, _)| !is_found(tracker)).collect()
    }

    /// Who asks visitors for consent.
    pub(super) fn asking(&self) -> BTreeSet<&str> {
        let trackers = self.findings().into_iter().flat_map(|finding| finding.trackers);
        trackers.filter(|tracker| tracker.asks).map(|tracker| tracker.name.as_str()).collect()
    }

    /// Whose the shared hosts are, by what was asked for there or stands in the page.
    pub(super) fn told_apart(&self) -> Vec<&Tracker> {
        self.hosts.iter().flat_map(|(host, paths)| self.sharing(host, paths)).collect()
    }

    /// Who of those that share a host was seen; none where it is not shared, or nobody knows.
    fn sharing(&self, host: &str, paths: &BTreeSet<String>) -> Vec<&Tracker> {
        match self.policy.advice(Thing::Host, host).class {
            Class::Shared(sharing) if paths.is_empty() => {
                sharing.into_iter().filter(|tracker| self.signs.contains_key(&tracker.name_id)).collect()
            }
            Class::Shared(_) => self.of_host(host, paths).trackers,
            _ => Vec::new(),
        }
    }

    /// What an operator could write about it: the things as the settings know them, but hosts of which more is known
    /// ([`Seen::told_apart`]).
    pub(super) fn things(&self) -> Vec<(Thing, String)> {
        let hosts = self.hosts.iter().filter(|(host, paths)| self.sharing(host, paths).is_empty());
        let hosts = hosts.map(|(host, _)| (Thing::Host, host.clone()));
        let sites = self.cookies.iter().filter(|cookie| cookie.domain.is_empty());
        let cookies = sites.map(|cookie| (Thing::Cookie, cookie.name.clone()));
        let storage = self.storage.iter().map(|name| (Thing::Storage, name.clone()));
        let workers = self.workers.iter();
        let workers =
            workers.map(|path| (Thing::ServiceWorker, self.policy.worker_name(path).as_str().to_owned()));
        let signs = self.signs().into_iter().filter_map(|(tracker, _)| {
            let cookie = tracker.cookies.iter().find(|rule| rule.domain.is_empty());
            let cookie = cookie.map(|rule| (Thing::Cookie, rule.name.clone()));
            cookie.or_else(|| tracker.hosts.first().map(|rule| (Thing::Host, rule.host.clone())))
        });
        hosts.chain(cookies).chain(storage).chain(workers).chain(signs).collect()
    }

    /// A request says by its path whose it is, where a host alone may not.
    fn of_host(&self, host: &str, paths: &BTreeSet<String>) -> Finding<'_> {
        let Advice { class, mut fate } = self.policy.advice(Thing::Host, host);
        let mut trackers = trackers_of(&class);
        let mut name = class.name();
        if !paths.is_empty() && matches!(class, Class::Shared(_) | Class::Tracker(_)) {
            let asked: Vec<Option<&Tracker>> =
                paths.iter().map(|path| self.policy.catalog().host(host, path)).collect();
            trackers = asked.iter().flatten().copied().collect();
            trackers.sort_by_key(|tracker| tracker.id);
            trackers.dedup_by_key(|tracker| tracker.id);
            name = match trackers.len() {
                0 => Class::Unknown.name(),
                1 if asked.iter().all(Option::is_some) => "tracker",
                _ => "shared",
            };
            fate = self.fate_of(host, paths);
        }
        Finding {
            thing: Thing::Host,
            name: host.to_owned(),
            domain: String::new(),
            class: name,
            trackers,
            fate,
        }
    }

    fn fate_of(&self, host: &str, paths: &BTreeSet<String>) -> Fate {
        let page = Page { host: &self.host, path: "/" };
        let none = Consent::none();
        let is_open =
            |path: &String| matches!(self.policy.host_standing(&none, page, host, path), Standing::Open);
        match paths.iter().filter(|path| is_open(path)).count() {
            0 => Fate::Held,
            open if open == paths.len() => Fate::Open,
            _ => Fate::ByPath,
        }
    }

    /// A cookie of another site is that site's: what happens to it happens to the host.
    fn of_cookie(&self, cookie: &Cookie) -> Finding<'_> {
        if cookie.domain.is_empty() {
            return self.of_name(Thing::Cookie, &cookie.name);
        }
        let declared = self.policy.catalog().trackers().find(|tracker| {
            tracker
                .cookies
                .iter()
                .any(|rule| rule.domain == cookie.domain && name_matches(&rule.name, &cookie.name))
        });
        let Advice { class, fate } = self.policy.advice(Thing::Host, &cookie.domain);
        let (name, trackers, fate) = match declared {
            Some(tracker) if tracker.category == Category::Necessary => {
                ("tracker", vec![tracker], Fate::Open)
            }
            Some(tracker) => ("tracker", vec![tracker], Fate::Held),
            None => (class.name(), trackers_of(&class), fate),
        };
        let Cookie { domain, name: of } = cookie.clone();
        Finding { thing: Thing::Cookie, name: of, domain, class: name, trackers, fate }
    }

    /// The settings know a worker by its file.
    fn of_worker(&self, path: &str) -> Finding<'_> {
        let file = self.policy.worker_name(path);
        Finding { name: path.to_owned(), ..self.of_name(Thing::ServiceWorker, file.as_str()) }
    }

    fn of_name(&self, thing: Thing, name: &str) -> Finding<'_> {
        let Advice { class, fate } = self.policy.advice(thing, name);
        let (domain, trackers) = (String::new(), trackers_of(&class));
        Finding { thing, name: name.to_owned(), domain, class: class.name(), trackers, fate }
    }
}

fn trackers_of<'a>(class: &Class<'a>) -> Vec<&'a Tracker> {
    match class {
        Class::Tracker(tracker) => vec![tracker],
        Class::Shared(trackers) => trackers.clone(),
        Class::Own | Class::Vouched(_) | Class::Unknown => Vec::new(),
    }
}

fn note<T: Ord>(list: &mut BTreeSet<T>, name: T, left_out: &mut usize) {
    if list.len() < NAMES_MAX || list.contains(&name) {
        list.insert(name);
    } else {
        *left_out += 1;
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(NAME_BYTES_MAX)].to_owned()
}
