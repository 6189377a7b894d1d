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
    /// Kept out of the browser until everything is granted.
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
        if self.is_own(host) || passes_unknown(self.settings.unknown_hosts, consent) {
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
            None => passes_unknown(self.settings.unknown_cookies, consent),
        }
    }

    /// Is nothing held under this consent: no host, cookie or tag, known or not?
    pub fn holds_nothing(&self, consent: &Consent) -> bool {
        consent.categories() == CategorySet::ALL && self.catalog.is_whole()
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

#[cfg(test)]
mod tests {
    use super::samples::{FRONT, allow, of, plain, policy, settings};
    use super::*;

    fn is_open(policy: &Policy, consent: &Consent, host: &str, path: &str) -> bool {
        matches!(policy.host_standing(consent, FRONT, host, path), Standing::Open)
    }

    #[test]
    fn r30_what_runs_before_an_answer_is_held_after_every_answer_that_does_not_name_it() {
        let (no, film) = (of(&[]), of(&[Category::Preferences]));
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().advanced();
        let policy = Policy::new(settings(), Arc::new(catalog));
        let none = Consent::none();
        for (consent, is_let) in [
            (none.before_answer(), true),
            (of(&[Category::Statistics]), true),
            (none, false),
            (no, false),
            (film, false),
            (no.before_answer(), false),
            (none.before_answer().unasked(consent::Day(0)), false),
            (no.outdated(CategorySet::NECESSARY, None), false),
        ] {
            let fence = policy.fence(&policy.fences(), &consent, FRONT).into_owned();
            let fence = fence.content_security_policy.unwrap();
            let is_fenced = !fence.to_str().unwrap().contains("www.googletagmanager.com");
            let is_open = is_open(&policy, &consent, "www.googletagmanager.com", "/gtag/js");
            assert_eq!((is_open, is_fenced), (is_let, !is_let), "{consent:?}");
        }
    }

    #[test]
    fn nothing_but_the_necessary_is_open_before_a_choice() {
        let policy = plain();
        let none = Consent::none();
        for (host, path) in
            [("js.stripe.com", "/v3/"), ("www.google.com", "/recaptcha/api.js"), ("shop.example", "/")]
        {
            assert!(is_open(policy, &none, host, path), "{host}{path}");
        }
        for (host, path) in [
            ("www.googletagmanager.com", "/gtm.js"),
            ("connect.facebook.net", "/en_US/fbevents.js"),
            ("www.google.com", "/maps/embed"),
            ("unheard-of.example", "/"),
        ] {
            assert!(!is_open(policy, &none, host, path), "{host}{path}");
        }
    }

    #[test]
    fn a_dot_at_the_end_of_a_host_opens_nothing() {
        let policy = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
        assert!(!is_open(&policy, &Consent::none(), "connect.facebook.net.", "/"));
    }

    #[test]
    fn an_operators_rule_wins_over_the_catalogue_where_it_holds() {
        let host = Allowed::Host("*.vimeo.com".into());
        let allow = vec![allow(host, Category::Necessary, &["/film"])];
        let policy = policy(Settings { allow, ..settings() });
        let film = Page { path: "/film/1", ..FRONT };
        let none = Consent::none();
        assert!(matches!(policy.host_standing(&none, film, "player.vimeo.com", "/"), Standing::Open));
        assert!(!is_open(&policy, &none, "player.vimeo.com", "/"));
    }

    #[test]
    fn a_necessary_host_that_is_bound_to_pages_is_open_there_alone() {
        let rule = allow(Allowed::Host("*.klarna.com".into()), Category::Necessary, &["/kasse"]);
        let policy = policy(Settings { allow: vec![rule], ..settings() });
        let none = Consent::none();
        for (path, is_there) in [("/kasse/2", true), ("/", false), ("/dekk", false)] {
            let page = Page { path, ..FRONT };
            let standing = policy.host_standing(&none, page, "js.klarna.com", "/web-sdk/v1/klarna.js");
            assert_eq!(matches!(standing, Standing::Open), is_there, "{path}");
            let fence = policy.fence(&policy.fences(), &none, page).content_security_policy.clone().unwrap();
            assert_eq!(fence.to_str().unwrap().contains(".klarna.com"), is_there, "{path}");
        }
        assert!(is_open(&policy, &none, "x.klarnacdn.net", "/"), "each host by itself");
    }

    #[test]
    fn a_container_is_open_when_one_of_its_categories_is() {
        let policy = plain();
        for category in [Category::Statistics, Category::Marketing] {
            assert!(is_open(policy, &of(&[category]), "www.googletagmanager.com", "/gtag/js"));
        }
        assert!(!is_open(policy, &of(&[Category::Preferences]), "www.googletagmanager.com", "/gtag/js"));
    }

    #[test]
    fn operators_rules_for_cookies_hold_for_storage() {
        let allow = vec![allow(Allowed::Cookie("sort_*".into()), Category::Preferences, &[])];
        let policy = policy(Settings { allow, ..settings() });
        let none = Consent::none();
        assert!(!policy.storage_is_open(&none, "/", "sort_order"));
        assert!(policy.storage_is_open(&of(&[Category::Preferences]), "/", "sort_order"));
        assert!(policy.storage_is_open(&none, "/", "cart"));
        assert!(!policy.storage_is_open(&none, "/", "_hjid"));
    }
}
