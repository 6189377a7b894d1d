//! What to make of a thing that was seen: whose it is, what happens to it before a choice, and what an operator could
//! write in the settings. Pure: the same names under the same rules get the same advice.

mod name;
mod paste;

pub use name::{NAME_BYTES_MAX, Name};
pub use paste::to_paste;

use super::catalog::{Tracker, bytes_match, host_matches};
use super::consent::{Category, Consent};
use super::{Allow, Allowed, NO_PAGE, Policy, Standing};

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A cookie of the site.
    Cookie,
    /// A host other than the one the page was asked from.
    Host,
    /// A key of localStorage or sessionStorage, a database or a cache.
    Storage,
    /// The file name of a service worker.
    ServiceWorker,
}

impl Thing {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Cookie, Self::Host, Self::Storage, Self::ServiceWorker];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Host => "host",
            Self::Storage => "storage",
            Self::ServiceWorker => "service-worker",
        }
    }

    /// The thing of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|thing| thing.name() == name)
    }
}

/// Whose a thing is.
#[derive(Clone, Debug)]
pub enum Class<'a> {
    /// The site's own.
    Own,
    /// An operator's rule names it.
    Vouched(&'a Allow),
    /// The catalogue names it.
    Tracker(&'a Tracker),
    /// A host that several share, told apart by path.
    Shared(Vec<&'a Tracker>),
    /// Nobody names it.
    Unknown,
}

impl Class<'_> {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Vouched(_) => "vouched",
            Self::Tracker(_) => "tracker",
            Self::Shared(_) => "shared",
            Self::Unknown => "unknown",
        }
    }
}

/// What happens to a thing in the mode `enforce` before a visitor has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It works.
    Open,
    /// It is kept out.
    Held,
    /// It depends on the path of the page, or of what is asked for.
    ByPath,
}

impl Fate {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Held => "held",
            Self::ByPath => "by-path",
        }
    }
}

/// What is known of a thing.
#[derive(Clone, Debug)]
pub struct Advice<'a> {
    /// Whose it is.
    pub class: Class<'a>,
    /// What happens to it before a choice.
    pub fate: Fate,
}

impl Policy {
    /// What is known of a thing by this name, as [`Policy::name`] gives it.
    pub fn advice(&self, thing: Thing, name: &str) -> Advice<'_> {
        match thing {
            Thing::Host => self.advice_on_host(name),
            Thing::ServiceWorker => self.advice_on_worker(name),
            Thing::Cookie => {
                let is_open = |path: &str| self.cookie_is_open(&Consent::none(), path, name);
                self.advice_on_name(name, self.catalog.cookie(name), is_open)
            }
            Thing::Storage => {
                let is_open = |path: &str| self.storage_is_open(&Consent::none(), path, name);
                self.advice_on_name(name, self.catalog.storage(name), is_open)
            }
        }
    }

    fn advice_on_name<'a>(
        &'a self,
        name: &str,
        tracker: Option<&'a Tracker>,
        is_open: impl Fn(&str) -> bool,
    ) -> Advice<'a> {
        let rules = self.settings.allow.iter().filter(
            |allow| matches!(&allow.what, Allowed::Cookie(rule) if bytes_match(rule, name.as_bytes())),
        );
        let rules: Vec<&Allow> = rules.collect();
        let class = rules
            .first()
            .map_or_else(|| tracker.map_or(Class::Unknown, Class::Tracker), |allow| Class::Vouched(allow));
        Advice { class, fate: fate(&rules, is_open) }
    }

    /// Rules are about a worker's whole path; of one that was seen only the file is known.
    fn advice_on_worker(&self, name: &str) -> Advice<'_> {
        let vouched = self.settings.allow.iter().find_map(|allow| match &allow.what {
            Allowed::ServiceWorker(path) if self.worker_name(path).as_str() == name => Some((allow, path)),
            _ => None,
        });
        let path = vouched.map_or("", |(_, path)| path);
        let is_open = self.service_worker_is_open(&Consent::none(), path);
        Advice {
            class: vouched.map_or(Class::Unknown, |(allow, _)| Class::Vouched(allow)),
            fate: if is_open { Fate::Open } else { Fate::Held },
        }
    }

    /// What a service worker at this path is called: its file.
    pub fn worker_name(&self, path: &str) -> Name {
        let file = path.rsplit('/').next().unwrap_or_default();
        self.name(Thing::ServiceWorker, file.as_bytes())
    }

    fn advice_on_host(&self, name: &str) -> Advice<'_> {
        // What was folded before a domain stands for any name there.
        let host = name.replacen('*', "any", 1);
        let rules = self.settings.allow.iter().filter(
            |allow| matches!(&allow.what, Allowed::Host(rule) if rule == name || host_matches(rule, &host)),
        );
        let rules: Vec<&Allow> = rules.collect();
        let whole = self.catalog.host(&host, "/");
        let mut sharing: Vec<(&Tracker, &str)> = Vec::new();
        for tracker in self.catalog.trackers() {
            let paths = tracker.hosts.iter().filter(|rule| host_matches(&rule.host, &host));
            sharing.extend(paths.filter_map(|rule| Some((tracker, rule.paths.first()?.as_str()))));
        }
        let class = match (rules.first(), whole) {
            (Some(allow), _) => Class::Vouched(allow),
            (None, Some(tracker)) => Class::Tracker(tracker),
            (None, None) if self.is_own(&host) => Class::Own,
            (None, None) if sharing.is_empty() => Class::Unknown,
            (None, None) => {
                let mut trackers: Vec<&Tracker> = sharing.iter().map(|(tracker, _)| *tracker).collect();
                trackers.dedup_by_key(|tracker| tracker.id);
                Class::Shared(trackers)
            }
        };
        let standing = |page: &str, path: &str| {
            let page = super::Page { host: "", path: page };
            matches!(self.host_standing(&Consent::none(), page, &host, path), Standing::Open)
        };
        let mut fate = fate(&rules, |page| standing(page, "/"));
        let is_open = standing(NO_PAGE.path, "/");
        if rules.is_empty() && sharing.iter().any(|(_, path)| standing(NO_PAGE.path, path) != is_open) {
            fate = Fate::ByPath;
        }
        Advice { class, fate }
    }

    /// Does a tracker need to be asked about?
    fn is_asked(tracker: &Tracker) -> bool {
        tracker.category != Category::Necessary
    }
}

/// The same on every page, or not.
fn fate(rules: &[&Allow], is_open: impl Fn(&str) -> bool) -> Fate {
    let elsewhere = is_open(NO_PAGE.path);
    let mut pages = rules.iter().flat_map(|allow| &allow.paths);
    if pages.any(|page| is_open(page) != elsewhere) {
        return Fate::ByPath;
    }
    if elsewhere { Fate::Open } else { Fate::Held }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Category::{Marketing, Necessary};
    use crate::policy::samples::{allow, plain, policy, settings};
    use crate::policy::{Settings, Unknown};

    fn told(policy: &Policy, thing: Thing, name: &str) -> (&'static str, Fate) {
        let advice = policy.advice(thing, name);
        (advice.class.name(), advice.fate)
    }

    #[test]
    fn a_thing_is_known_by_whose_it_is_and_what_happens_to_it() {
        let rules = vec![
            allow(Allowed::Cookie("sort_*".into()), Necessary, &[]),
            allow(Allowed::Cookie("till".into()), Necessary, &["/kasse"]),
            allow(Allowed::ServiceWorker("/pwa/sw.js".into()), Necessary, &[]),
            allow(Allowed::Host("img.example".into()), Necessary, &[]),
            allow(Allowed::Host("ads.example".into()), Marketing, &[]),
            allow(Allowed::Host("*.film.example".into()), Necessary, &["/film"]),
        ];
        let hosts = vec!["shop.example".into(), "*.cdn.example".into()];
        let policy = policy(Settings { allow: rules, hosts, ..settings() });
        let table = [
            (Thing::Cookie, "_ga", "tracker", Fate::Held),
            (Thing::Cookie, "_hjSession_*", "tracker", Fate::Held),
            (Thing::Cookie, "PHPSESSID", "tracker", Fate::Open),
            (Thing::Cookie, "sort_*", "vouched", Fate::Open),
            (Thing::Cookie, "till", "vouched", Fate::ByPath),
            (Thing::Cookie, "mystery", "unknown", Fate::Held),
            (Thing::Cookie, "*", "unknown", Fate::Held),
            (Thing::Storage, "sort_order", "vouched", Fate::Open),
            (Thing::Storage, "mystery", "unknown", Fate::Held),
            (Thing::Host, "static.hotjar.com", "tracker", Fate::Held),
            (Thing::Host, "js.stripe.com", "tracker", Fate::Open),
            (Thing::Host, "www.google.com", "shared", Fate::ByPath),
            (Thing::Host, "img.example", "vouched", Fate::Open),
            (Thing::Host, "ads.example", "vouched", Fate::Held),
            (Thing::Host, "a.film.example", "vouched", Fate::ByPath),
            (Thing::Host, "a.cdn.example", "own", Fate::Open),
            (Thing::Host, "*.cdn.example", "own", Fate::Open),
            (Thing::Host, "*.google-analytics.com", "tracker", Fate::Held),
            (Thing::Host, "unheard-of.example", "unknown", Fate::Held),
            (Thing::Host, "*", "unknown", Fate::Held),
            (Thing::ServiceWorker, "sw.js", "vouched", Fate::Open),
            (Thing::ServiceWorker, "push.js", "unknown", Fate::Held),
        ];
        for (thing, name, class, fate) in table {
            assert_eq!(told(&policy, thing, name), (class, fate), "{thing:?} {name}");
        }
    }

    #[test]
    fn where_the_unknown_passes_it_is_open() {
        let policy =
            policy(Settings { unknown_cookies: Unknown::Pass, unknown_hosts: Unknown::Pass, ..settings() });
        assert_eq!(told(&policy, Thing::Cookie, "mystery"), ("unknown", Fate::Open));
        assert_eq!(told(&policy, Thing::Host, "unheard-of.example"), ("unknown", Fate::Open));
    }

    /// What is told agrees with what is done.
    #[test]
    fn the_fate_of_every_catalogued_name_is_that_of_its_tracker() {
        let policy = plain();
        for tracker in policy.catalog().trackers() {
            for rule in tracker.cookies.iter().filter(|rule| rule.domain.is_empty()) {
                let name = policy.name(Thing::Cookie, rule.name.replace('*', "4711").as_bytes());
                let advice = policy.advice(Thing::Cookie, name.as_str());
                let is_open = policy.cookie_is_open(&Consent::none(), "/", &rule.name);
                assert_eq!(advice.fate == Fate::Open, is_open, "{name:?} of {}", tracker.name_id);
            }
        }
    }
}
