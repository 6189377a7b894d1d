//! What is known of one tracker, and how it is written in `config/trackers.toml` and in `[[site.tracker]]`.

use std::collections::HashMap;

use serde::Deserialize;

use super::TrackerId;
use crate::policy::consent::{Category, TrackerSet};

/// Most domains of a site below which trackers are known. A shop in every country of the Nordics has five.
const DOMAINS_MAX: usize = 8;

/// One named product, third-party or first-party, with what it uses.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// Stable names of the trackers that a container brings along: it works as soon as one of them is granted.
    pub carries: Vec<String>,
    /// Those of them that this catalogue has.
    pub carried: TrackerSet,
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
    /// Names that page scripts call it by, such as `fbq`: while it is held, a harmless stand-in answers to them.
    pub globals: Vec<String>,
    /// Query parameters by which its links carry an identifier, such as `fbclid`; a trailing `*` as for cookies.
    pub parameters: Vec<String>,
    /// Requests that are its own on whatever host they are made, the shop's too.
    pub own: Vec<OwnRule>,
    /// Texts that its own script file starts with, wherever that is served from; anywhere in what is looked at where the
    /// site's operator wrote them.
    pub signatures: Vec<String>,
    /// Who can read what it collects, where that is known. Where it is not, its provider can; for whom is not said.
    pub access: Option<Access>,
    /// Its frames show something the visitor may want to see: a placeholder stands in for them.
    pub embed: bool,
    /// It asks visitors for consent itself.
    pub asks: bool,
    /// What its tags make of signals of consent.
    pub consent_mode: ConsentMode,
    /// When its hosts stand in a fence, if it is necessary.
    pub spread: Spread,
    /// Where the facts come from.
    pub source: String,
    /// Does the site use it ([`super::Catalog::using`])? A tracker that it does not use is recognised and not declared;
    /// one that needs consent is never granted then.
    pub is_used: bool,
    /// Did the site's operator write this entry? Then the site uses it.
    pub is_sites: bool,
}

/// How many shops have what is necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Many, or the operator of this one named it: every fence lets its hosts in.
    Common,
    /// Few: a fence lets them in once the site's pages name one of them, or a browser reports that one was stopped.
    Rare,
}

impl Tracker {
    /// Is it necessary in few shops, and not said to be in this one?
    pub fn is_rare(&self) -> bool {
        self.spread == Spread::Rare
    }
}

/// What tags make of Google's signals of consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentMode {
    /// Nothing.
    Ignored,
    /// Told that nothing is granted, they store nothing and send pings without ids.
    Heeded,
    /// The same, and they are loaded before an answer, because the operator says so ([`super::Catalog::advanced`]).
    Unasked,
}

/// Who receives the data.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Legal name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its seat; empty when the site itself is the only one who receives anything.
    pub country: String,
    /// Its privacy page; empty when the site's own statement covers it.
    pub privacy: String,
}

/// A host, with the paths on it when it serves more than the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// Exact host, or `*.example.com` for every host below and `example.com` itself.
    pub host: String,
    /// Path prefixes; empty means all. Write whole segments, `/stats` or `/stats/`, not `/sta`: the fence can
    /// only say "this path" and "below this path" (CSP Level 3 section 6.7.2.11).
    pub paths: Vec<String>,
    /// The tracker also speaks WebSocket there. The fence must say so apart, and each source costs bytes in every
    /// head, so it is said only where it is so.
    pub sockets: bool,
}

/// A cookie and how long it lives.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CookieRule {
    /// Exact name, or with a trailing `*` every continuation of it, or, where it is set by HTTP alone, with a leading `*`
    /// every name that ends so and is not known otherwise. Names are case-sensitive (RFC 6265).
    pub name: String,
    /// Lifetime in days; 0 means until the browser closes, less than a day counts as one.
    pub days: u32,
    /// Where it is set when that is not the site itself. Such a cookie is declared to the visitor, and never
    /// compared with the site's own cookies.
    #[serde(default)]
    pub domain: String,
    /// It is set by HTTP alone and scripts never write it, so the guard in the page need not know it.
    #[serde(default)]
    pub http: bool,
}

/// Who can read what a tracker collects: third parties with access must be told of (CJEU C-673/17 Planet49).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// The site alone.
    Site,
    /// The provider, which handles it for the site and for nothing else: a processor (GDPR art. 4(8) and 28). It is said of
    /// nobody without a source.
    Provider,
    /// The provider for purposes of its own, or others it passes them on to.
    Partners,
}

impl Access {
    /// Its word in settings, in the declaration and in notices.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Provider => "provider",
            Self::Partners => "partners",
        }
    }
}

/// A request that gives a tracker away on any host: by path, by query, by what it sends, or by several of these.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct OwnRule {
    /// The whole path; a leading `*` takes every beginning, a trailing `*` every end. Empty: any path.
    #[serde(default)]
    pub path: String,
    /// Parameters that must all be there: `name`, or `name=value`, where a trailing `*` takes every end.
    #[serde(default)]
    pub query: Vec<String>,
    /// Holds for requests of a `<script>` only.
    #[serde(default)]
    pub script: bool,
    /// Texts that must all be in the beginning of what it sends.
    #[serde(default)]
    pub body: Vec<String>,
}

/// One `[[tracker]]` as it is written in `config/trackers.toml` and in `[[site.tracker]]`.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// See [`Tracker::carries`].
    #[serde(default)]
    pub carries: Vec<String>,
    /// See [`Provider`].
    pub provider: Provider,
    /// Sentences per language.
    pub purpose: HashMap<String, String>,
    /// Hosts as text, or as `{ host = "…", paths = ["/…"], sockets = true }` with one of the two or both.
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
    /// See [`Tracker::globals`].
    #[serde(default)]
    pub globals: Vec<String>,
    /// See [`Tracker::parameters`].
    #[serde(default)]
    pub parameters: Vec<String>,
    /// See [`Tracker::own`].
    #[serde(default)]
    pub own: Vec<OwnRule>,
    /// See [`Tracker::signatures`].
    #[serde(default)]
    pub signatures: Vec<String>,
    /// See [`Tracker::access`]; left out, it is not said, or the site when the provider has no country.
    #[serde(default)]
    pub access: Option<Access>,
    /// See [`Tracker::asks`].
    #[serde(default)]
    pub asks: bool,
    /// See [`Tracker::embed`].
    #[serde(default)]
    pub embed: bool,
    /// Do its tags heed signals of consent ([`ConsentMode`])?
    #[serde(default)]
    pub consent_mode: bool,
    /// See [`Spread::Rare`].
    #[serde(default)]
    pub rare: bool,
    /// Names below the site's own domain that the shop points at the provider, such as `clerk`: hosts of this tracker, too.
    #[serde(default)]
    pub below_site: Vec<String>,
    /// Stable names of the trackers to whose hosts its own requests go: without them it does not work.
    #[serde(default)]
    pub reaches: Vec<String>,
    /// See [`Tracker::source`].
    pub source: String,
}

impl TrackerEntry {
    /// The same entry on a site with these hosts: what it has below them is written out.
    pub(super) fn on_site(mut self, hosts: &[String]) -> Self {
        let mut domains: Vec<&str> = hosts.iter().filter_map(|host| registered(host)).collect();
        domains.sort_unstable();
        domains.dedup();
        for domain in domains.into_iter().take(DOMAINS_MAX) {
            let below = self.below_site.iter().map(|name| HostEntry::Whole(format!("{name}.{domain}")));
            self.hosts.extend(below);
        }
        self
    }
}

/// The domain that somebody registered, of a host of the settings (Public Suffix List). `*` and addresses have none.
fn registered(host: &str) -> Option<&str> {
    let host = host.strip_prefix("*.").unwrap_or(host);
    let has_name = host.ends_with(|last: char| last.is_ascii_alphabetic());
    psl::domain_str(host).filter(|_| has_name)
}

/// A host as written: alone, or with what [`HostRule`] says beside it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum HostEntry {
    /// `"stats.example.com"`
    Whole(String),
    /// `{ host = "www.example.com", paths = ["/stats/"] }`
    Paths {
        /// See [`HostRule::host`].
        host: String,
        /// See [`HostRule::paths`].
        #[serde(default)]
        paths: Vec<String>,
        /// See [`HostRule::sockets`].
        #[serde(default)]
        sockets: bool,
    },
}
