//! What is allowed. Pure: no I/O, no clock, no async, no HTTP client; the same input gives the same answer.
//!
//! A [`Policy`] is one site's rules and the catalogue, compiled once. It is asked about cookies
//! ([`cookies`]), tags ([`markup`]) and pages ([`fence`]); the standing answer of a visitor is a
//! [`consent::Consent`], which travels sealed ([`seal`]).

pub mod catalog;
pub mod consent;
pub mod cookies;
pub mod fence;
pub mod markup;
pub mod seal;

use std::sync::Arc;

use catalog::{Catalog, Tracker, host_matches, name_matches};
use consent::{Category, CategorySet, Consent};

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
    /// Kept out of the browser until everything is granted.
    Hold,
    /// Let through, and reported.
    Pass,
}

/// One `[[site.allow]]`: a host or cookie the operator vouches for.
#[derive(Clone, Debug)]
pub struct Allow {
    /// What it is about.
    pub what: Allowed,
    /// The category it belongs to.
    pub category: Category,
    /// Why; shown in the declaration.
    pub why: String,
    /// Prefixes of the page paths on which it holds; empty means all.
    pub paths: Vec<String>,
}

/// The subject of an [`Allow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A host, or `*.example.com`.
    Host(String),
    /// A cookie name, with a trailing `*` for every continuation.
    Cookie(String),
}

/// One site's rules and catalogue, compiled once and shared read-only.
#[derive(Debug)]
pub struct Policy {
    settings: Settings,
    catalog: Arc<Catalog>,
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
    pub fn new(settings: Settings, catalog: Arc<Catalog>) -> Self {
        Self { settings, catalog }
    }

    /// The catalogue of this site.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The settings of this site.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// May `page` reach `host` (lower case, no port) at `path`? The page's own host is always open; then an
    /// operator's rule wins over the catalogue, and the catalogue over the rule for the unknown.
    pub fn host_standing(&self, consent: &Consent, page: Page<'_>, host: &str, path: &str) -> Standing<'_> {
        if host == page.host {
            return Standing::Open;
        }
        for allow in &self.settings.allow {
            let Allowed::Host(rule) = &allow.what else { continue };
            if host_matches(rule, host) && allow.holds_on(page.path) {
                return if consent.categories().contains(allow.category) {
                    Standing::Open
                } else {
                    Standing::Held(self.catalog.host(host, path))
                };
            }
        }
        if let Some(tracker) = self.catalog.host(host, path) {
            return if consent.grants(tracker) { Standing::Open } else { Standing::Held(Some(tracker)) };
        }
        if self.is_own(host) || passes_unknown(self.settings.unknown_hosts, consent) {
            return Standing::Open;
        }
        Standing::Held(None)
    }

    /// May a cookie of that name be read or set? An operator's rule wins, then the catalogue, then the rule for
    /// the unknown. `page_path` is the path of the request.
    pub fn cookie_is_open(&self, consent: &Consent, page_path: &str, name: &str) -> bool {
        for allow in &self.settings.allow {
            let Allowed::Cookie(rule) = &allow.what else { continue };
            if name_matches(rule, name) && allow.holds_on(page_path) {
                return consent.categories().contains(allow.category);
            }
        }
        match self.catalog.cookie(name) {
            Some(tracker) => consent.grants(tracker),
            None => passes_unknown(self.settings.unknown_cookies, consent),
        }
    }

    /// Is `host` one of the names the operator gave the site? `*` names no host: there, only the page's own is.
    pub fn is_own(&self, host: &str) -> bool {
        self.settings.hosts.iter().any(|own| host_matches(own, host))
    }
}

/// The unknown passes where the operator says so, and where the visitor agreed to everything.
fn passes_unknown(rule: Unknown, consent: &Consent) -> bool {
    rule == Unknown::Pass || consent.categories() == CategorySet::ALL
}

impl Allow {
    /// Does this rule hold on a page at `path`?
    pub fn holds_on(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}
