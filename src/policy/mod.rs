//! What is allowed. Pure: no I/O, no clock, no async, no HTTP client; the same input gives the same answer.
//!
//! A [`Policy`] is one site's rules and the catalogue, compiled once. It is asked about cookies
//! ([`cookies`]), header fields ([`field`]), tags ([`markup`]) and pages ([`fence`]); the standing
//! answer of a visitor is a [`consent::Consent`], which travels sealed ([`seal`]).

pub mod advice;
pub mod catalog;
pub mod consent;
pub mod cookies;
mod decoration;
pub mod fence;
pub mod field;
pub mod markup;
pub mod own_path;
mod query;
#[cfg(test)]
pub(crate) mod samples;
pub mod seal;
mod service_worker;

use std::sync::Arc;

use catalog::{Catalog, Tracker, bytes_match, host_matches};
use consent::{Category, CategorySet, Consent};
use cookies::{Claims, GuardRules};

/// The rules of one site, as its operator wrote them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The site's own hosts, lower case, without port; `*` takes all.
    pub hosts: Vec<String>,
    /// The reserved prefix, such as `/_consentry`.
    pub prefix: String,
    /// What to do with a cookie nobody knows.
    pub unknown_cookies: Unknown,
    /// What to do with a host nobody knows.
    pub unknown_hosts: Unknown,
    /// What the operator vouches for.
    pub allow: Vec<Allow>,
}

/// What happens to a cookie or host that stands in no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Kept out of the browser until nothing is held ([`Policy::holds_nothing`]).
    Hold,
    /// Let through, and reported.
    Pass,
}

/// One `[[site.allow]]`: what the operator vouches for.
#[derive(Clone, Debug)]
pub struct Allow {
    /// What it is about.
    pub what: Allowed,
    /// The category it belongs to.
    pub category: Category,
    /// What it is needed for, in the operator's words and language; visitors read it in the declaration.
    pub why: String,
    /// Prefixes of the page paths on which it holds, and of what is asked for on the site's own hosts; empty means all.
    pub paths: Vec<String>,
}

/// The subject of an [`Allow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A host, or `*.example.com`.
    Host(String),
    /// A cookie name, with a trailing `*` for every continuation.
    Cookie(String),
    /// The name of a query parameter that the shop reads itself, with a trailing `*` as for cookies.
    Parameter(String),
    /// The path of a service worker's script on the site's own hosts, all of it.
    ServiceWorker(String),
    /// Frames of any host that speaks TLS, which scripts and forms of a page fill: the banks of 3-D Secure are nobody's
    /// list. What tags name is held as elsewhere.
    Frames,
}

/// One site's rules and catalogue, compiled once and shared read-only.
#[derive(Debug)]
pub struct Policy {
    settings: Settings,
    catalog: Arc<Catalog>,
    needles: markup::Needles,
    signatures: own_path::Signatures,
    /// First bytes of the names of parameters that may not pass.
    decorations: query::Initials,
    stand_ins: markup::StandIns,
    /// What each tracker adds to a fence when it is granted alone, on pages on which no rule with paths holds.
    tracker_sources: Vec<String>,
    /// The guard's rules of every consent state, for the same pages.
    guards: Vec<GuardRules>,
    /// Claims to cookie names and storage keys; the same pages.
    claims: Claims,
}

/// The page that is asked for: what a decision may depend on beside the consent.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The host the visitor asked for: lower case, no port.
    pub host: &'a str,
    /// The path, without query.
    pub path: &'a str,
}

/// How a host stands to a page under a consent.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// The site's own, necessary, granted, or vouched for.
    Open,
    /// Held, because of this tracker when one is known.
    Held(Option<&'a Tracker>),
}

impl Policy {
    /// Compiles the rules.
    pub fn new(mut settings: Settings, catalog: Arc<Catalog>) -> Self {
        // `/` starts every path: as a rule bound to nothing it needs no work per page.
        for allow in settings.allow.iter_mut().filter(|allow| allow.paths.iter().any(|path| path == "/")) {
            allow.paths.clear();
        }
        let needles = markup::Needles::new(&catalog);
        let stand_ins = markup::StandIns::new(&catalog);
        let mut policy = Self {
            signatures: own_path::Signatures::new(&catalog),
            decorations: decoration::initials(&settings, &catalog),
            settings,
            catalog,
            needles,
            stand_ins,
            tracker_sources: Vec::new(),
            guards: Vec::new(),
            claims: Claims::default(),
        };
        policy.tracker_sources = policy.sources_of_trackers();
        policy.claims = policy.claims(NO_PAGE);
        policy.guards = policy.guards_of_states();
        policy
    }

    /// The catalogue of this site.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The settings of this site.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// May `page` reach `host` (lower case, no port; a dot at its end changes nothing) at `path`? The page's own
    /// host is always open; then an operator's rule wins over the catalogue, and the catalogue over the rule for
    /// the unknown.
    pub fn host_standing(&self, consent: &Consent, page: Page<'_>, host: &str, path: &str) -> Standing<'_> {
        let host = host.strip_suffix('.').unwrap_or(host);
        if host == page.host {
            return Standing::Open;
        }
        self.foreign_standing(consent, Place { page: page.path, host, path })
    }

    /// As [`Policy::host_standing`], for a host that is not the page's own.
    fn foreign_standing(&self, consent: &Consent, place: Place<'_>) -> Standing<'_> {
        let Place { page, host, path } = place;
        for allow in &self.settings.allow {
            let Allowed::Host(rule) = &allow.what else { continue };
            if host_matches(rule, host) && allow.holds_on(page) {
                return if consent.categories().contains(allow.category) {
                    Standing::Open
                } else {
                    Standing::Held(self.catalog.host(host, path))
                };
            }
        }
        let known = self.catalog.host(host, path).filter(|tracker| !self.is_bound(tracker, host));
        if let Some(tracker) = known {
            return if consent.lets_run(tracker) { Standing::Open } else { Standing::Held(Some(tracker)) };
        }
        if self.is_own(host) || self.passes_unknown(self.settings.unknown_hosts, consent) {
            return Standing::Open;
        }
        Standing::Held(None)
    }

    /// Does the operator bind a necessary tracker's host to pages? Then it is open there, and unknown on all others.
    fn is_bound(&self, tracker: &Tracker, host: &str) -> bool {
        let names = |rule: &Allow| matches!(&rule.what, Allowed::Host(name) if host_matches(name, host));
        let binds = |rule: &Allow| rule.category == Category::Necessary && !rule.paths.is_empty();
        tracker.category == Category::Necessary
            && self.settings.allow.iter().any(|rule| binds(rule) && names(rule))
    }

    /// May a cookie of that name be read or set? An operator's rule wins, then the catalogue, then the rule for
    /// the unknown. `page_path` is the path of the request.
    pub fn cookie_is_open(&self, consent: &Consent, page_path: &str, name: &str) -> bool {
        self.cookie_bytes_are_open(consent, page_path, name.as_bytes())
    }

    /// As [`Policy::cookie_is_open`], for a name as it stands in a header: it need not be text.
    fn cookie_bytes_are_open(&self, consent: &Consent, page_path: &str, name: &[u8]) -> bool {
        match self.allowed_name(page_path, name) {
            Some(allow) => consent.categories().contains(allow.category),
            None => self.is_open_by_catalog(consent, self.catalog.cookie_bytes(name)),
        }
    }

    /// May a storage key of that name be written? The operator's rules for cookies hold for keys too; the rest is
    /// as for cookies.
    pub fn storage_is_open(&self, consent: &Consent, page_path: &str, key: &str) -> bool {
        match self.allowed_name(page_path, key.as_bytes()) {
            Some(allow) => consent.categories().contains(allow.category),
            None => self.is_open_by_catalog(consent, self.catalog.storage(key)),
        }
    }

    /// Names of keys, databases and caches that may not be kept under this consent, as the catalogue writes them. What no
    /// tracker is known for is not among them: it may be the shop's own.
    pub fn held_storage(&self, consent: &Consent) -> impl Iterator<Item = &str> {
        let rules = self.catalog.trackers().flat_map(|tracker| &tracker.storage).map(String::as_str);
        rules.filter(|rule| !self.storage_is_open(consent, "/", rule.trim_end_matches('*')))
    }

    /// The operator's first rule for that name on a page at `page_path`.
    fn allowed_name(&self, page_path: &str, name: &[u8]) -> Option<&Allow> {
        self.settings.allow.iter().find(|allow| {
            matches!(&allow.what, Allowed::Cookie(rule) if bytes_match(rule, name))
                && allow.holds_on(page_path)
        })
    }

    fn is_open_by_catalog(&self, consent: &Consent, tracker: Option<&Tracker>) -> bool {
        match tracker {
            Some(tracker) => consent.grants(tracker),
            None => self.passes_unknown(self.settings.unknown_cookies, consent),
        }
    }

    /// Is nothing held under this consent: no host, cookie or tag, known or not? So it is after a yes to everything, but for
    /// a site whose operator wrote down what it uses: there it was a yes to that.
    pub fn holds_nothing(&self, consent: &Consent) -> bool {
        consent.covers(&self.catalog)
    }

    /// The unknown passes where the operator says so, and where nothing is held.
    fn passes_unknown(&self, rule: Unknown, consent: &Consent) -> bool {
        rule == Unknown::Pass || self.holds_nothing(consent)
    }

    /// Is `host` one of the names the operator gave the site? `*` names no host: there, only the page's own is.
    pub fn is_own(&self, host: &str) -> bool {
        self.settings.hosts.iter().any(|own| host_matches(own, host))
    }

    /// Does an operator's rule with paths hold on `page`? Then nothing made ready fits it.
    pub fn has_bound_rule(&self, page: Page<'_>) -> bool {
        self.settings.allow.iter().any(|allow| !allow.paths.is_empty() && allow.holds_on(page.path))
    }

    /// The place, among things made ready, of what is for this consent's categories.
    fn place(consent: &Consent) -> usize {
        if consent.is_before_answer() { BEFORE_ANSWER } else { consent.categories().state() }
    }

    /// The consents for which things are made ready, in the order of [`CategorySet::state`].
    fn states(&self) -> impl Iterator<Item = Consent> {
        CategorySet::every().into_iter().map(|categories| {
            let choice = consent::Choice::Some { categories, trackers: consent::TrackerSet::NONE };
            Consent::from_choice(&choice, consent::Day(0), None, &self.catalog)
        })
    }
}

/// The place of a visitor who has not answered, behind the states: only where tags run before an answer.
const BEFORE_ANSWER: usize = 8;

/// A page on which no rule bound to paths holds; paths of real pages start with `/`.
const NO_PAGE: Page<'static> = Page { host: "", path: "" };

/// An address as seen from a page.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Path of the page.
    page: &'a str,
    host: &'a str,
    /// Path on `host`.
    path: &'a str,
}

impl Allow {
    /// Does this rule hold on a page at `path`?
    pub fn holds_on(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod undeclared;
