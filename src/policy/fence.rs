//! The fence of a consent state: a Content-Security-Policy that lets a page reach the open hosts and no others,
//! and a Permissions-Policy against advertising features of browsers.
//!
//! The browser enforces it before any script runs, also for what scripts insert. It works by hosts and leaves the
//! page's own code alone: inline scripts and styles, `eval`, `data:` and `blob:` stay allowed, because nobody
//! will rewrite the shop. One directive says it all: `default-src` stands in for script, style, img, font, connect,
//! frame, child, worker, media, object, manifest and prefetch (CSP Level 3 section 6.1). What is left out on purpose:
//!
//! - `form-action`: sending a form is the visitor's act, and payments post to banks nobody can list. A form that
//!   a script sends into a frame is a navigation of that frame, which the fence covers.
//! - `navigate-to`, `frame-ancestors`, `base-uri`: they are the shop's business.
//! - hosts when the operator lets unknown ones pass: a policy can only say what is allowed, not what is not. Then
//!   there is no Content-Security-Policy and only the tags are held.
//!
//! A path in a source counts until the first redirect (section 7.6), and hosts that browsers reach by dns-prefetch
//! or preconnect are not covered: both are left to the rewriting of tags.

mod permissions;
mod sources;

use std::borrow::Cow;

use http::HeaderValue;

use super::catalog::{HostRule, Tracker};
use super::consent::{CategorySet, Choice, Consent, Day, TrackerSet};
use super::{Allowed, NO_PAGE, Page, Place, Policy, Standing, Unknown};
use sources::{Sources, bare_and_below};

/// Longest Content-Security-Policy. Unit: bytes. The built-in catalogue needs at most 3 KiB, before a choice 1 KiB
/// (test `fences_fit_into_a_head`): a proxy in front may take no more than 4 KiB of head.
const FENCE_BYTES_MAX: usize = 16 * 1024;
/// How every fence starts.
const FENCE_START: &str = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'";
/// The headers that fence a page in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    /// `Content-Security-Policy`, or `…-Report-Only` where the operator only observes. `None` when everything is
    /// granted, and where unknown hosts pass.
    pub content_security_policy: Option<HeaderValue>,
    /// `Permissions-Policy`; `None` once marketing is granted.
    pub permissions_policy: Option<HeaderValue>,
    /// Sources that found no space: what they name stays closed. 0 unless the settings list hundreds of hosts.
    pub sources_left_out: usize,
}

impl Policy {
    /// The fence of a page in a consent state. Made once per state; single trackers add what was made ready for
    /// each; only a page on which a rule with paths holds has its fence made anew.
    pub fn fence(&self, consent: &Consent, page: Page<'_>) -> Cow<'_, Fence> {
        match self.fences.get(consent.categories().state()) {
            Some(ready) if !self.has_bound_rule(page) => {
                if consent.trackers().is_empty() {
                    Cow::Borrowed(ready)
                } else {
                    Cow::Owned(self.widened(ready, consent))
                }
            }
            _ => Cow::Owned(self.make_fence(consent, page)),
        }
    }

    /// A state's fence with what single trackers add.
    fn widened(&self, ready: &Fence, consent: &Consent) -> Fence {
        let mut fence = ready.clone();
        let Some(policy) = &ready.content_security_policy else { return fence };
        let mut text = policy.as_bytes().to_vec();
        for tracker in self.catalog.trackers().filter(|tracker| consent.trackers().contains(tracker.id)) {
            let more = self.tracker_sources.get(tracker.id.index()).map_or("", String::as_str);
            if text.len() + more.len() <= FENCE_BYTES_MAX {
                text.extend_from_slice(more.as_bytes());
            } else {
                fence.sources_left_out += 1;
            }
        }
        // Made of two headers that were fit to be sent; should it not be one, the state's own is narrower.
        fence.content_security_policy = HeaderValue::try_from(text).ok().or(fence.content_security_policy);
        fence
    }

    pub(super) fn sources_of_trackers(&self) -> Vec<String> {
        let none = Consent::none();
        let alone = self.catalog.trackers().map(|tracker| {
            let mut sources = Sources::new();
            let mut trackers = TrackerSet::NONE;
            trackers.insert(tracker.id);
            let choice = Choice::Some { categories: none.categories(), trackers };
            let consent = Consent::from_choice(&choice, Day(0), None, &self.catalog);
            self.add_tracker(&mut sources, tracker, &consent, NO_PAGE);
            sources.text.split_off(FENCE_START.len())
        });
        alone.collect()
    }

    pub(super) fn fences_of_states(&self) -> Vec<Fence> {
        self.states().map(|consent| self.make_fence(&consent, NO_PAGE)).collect()
    }

    fn make_fence(&self, consent: &Consent, page: Page<'_>) -> Fence {
        if consent.categories() == CategorySet::ALL {
            return Fence::default();
        }
        let mut fence =
            Fence { permissions_policy: permissions::policy(consent.categories()), ..Fence::default() };
        if self.settings.unknown_hosts == Unknown::Hold {
            let sources = self.sources(consent, page);
            // Sources are plain by construction; should one not be, the fence closes rather than opens.
            let text = HeaderValue::try_from(sources.text);
            fence.content_security_policy = Some(text.unwrap_or(HeaderValue::from_static(FENCE_START)));
            fence.sources_left_out = sources.left_out;
        }
        fence
    }

    /// Every open host as a source: the site's own, what the operator vouches for, what is necessary or granted.
    fn sources(&self, consent: &Consent, page: Page<'_>) -> Sources {
        let mut sources = Sources::new();
        let is_open = |host: &str| self.is_open_to(consent, page, host, "/");
        for own in &self.settings.hosts {
            for host in bare_and_below(own).filter(|host| is_open(host)) {
                // Any port, as hosts are compared everywhere here.
                sources.add(&["", &host, ":*"]);
                sources.add(&["ws://", &host, ":*"]);
            }
        }
        for allow in self.settings.allow.iter().filter(|allow| allow.holds_on(page.path)) {
            let Allowed::Host(rule) = &allow.what else { continue };
            for host in bare_and_below(rule).filter(|host| is_open(host)) {
                sources.add(&["", &host]);
                sources.add(&["wss://", &host]);
            }
        }
        for tracker in self.catalog.trackers().filter(|tracker| consent.grants(tracker)) {
            self.add_tracker(&mut sources, tracker, consent, page);
        }
        sources
    }

    /// The open hosts of one tracker. Where another has a better claim to a host, that one's standing counts.
    fn add_tracker(&self, sources: &mut Sources, tracker: &Tracker, consent: &Consent, page: Page<'_>) {
        for HostRule { host, paths, sockets } in &tracker.hosts {
            let schemes: &[&str] = if *sockets { &["", "wss://"] } else { &[""] };
            for host in bare_and_below(host) {
                for scheme in schemes {
                    if paths.is_empty() && self.is_open_to(consent, page, &host, "/") {
                        sources.add(&[scheme, &host]);
                    }
                    for path in paths.iter().filter(|path| self.is_open_to(consent, page, &host, path)) {
                        sources.add_path(scheme, &host, path);
                    }
                }
            }
        }
    }

    fn is_open_to(&self, consent: &Consent, page: Page<'_>, host: &str, path: &str) -> bool {
        let place = Place { page: page.path, host, path };
        matches!(self.foreign_standing(consent, place), Standing::Open)
    }
}

/// The tightest fence there is: the page's own host alone. For what is kept by caches for everybody.
pub fn closed() -> HeaderValue {
    HeaderValue::from_static(FENCE_START)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::catalog::host_matches;
    use crate::policy::consent::Category::{self, Marketing, Necessary, Preferences, Statistics};
    use crate::policy::samples::{FRONT, allow, any_growing_consent, of, plain, policy, settings, single};
    use crate::policy::{Allow, Settings};

    fn text(policy: &Policy, consent: &Consent, page: Page<'_>) -> String {
        let fence = policy.fence(consent, page);
        fence
            .content_security_policy
            .as_ref()
            .map_or_else(String::new, |value| value.to_str().unwrap().into())
    }

    fn sources(policy: &Policy, consent: &Consent, page: Page<'_>) -> Vec<String> {
        text(policy, consent, page).split(' ').skip(1).map(str::to_owned).collect()
    }

    /// Does a source take `https://host path` on an https page, as browsers read it?
    fn takes(source: &str, host: &str, path: &str) -> bool {
        if source.contains("://") || source.starts_with('\'') || !source.contains('.') {
            return false;
        }
        let (authority, prefix) = source.find('/').map_or((source, ""), |slash| source.split_at(slash));
        let pattern = authority.strip_suffix(":*").unwrap_or(authority);
        let is_host = host_matches(pattern, host) && Some(host) != pattern.strip_prefix("*.");
        let is_path =
            prefix.is_empty() || prefix == path || (prefix.ends_with('/') && path.starts_with(prefix));
        is_host && is_path
    }

    /// Addresses that belong to the tracker: every host, and one below each wildcard, with every path.
    fn addresses(tracker: &Tracker) -> Vec<(String, String)> {
        let hosts = tracker.hosts.iter().flat_map(|rule| {
            let hosts = match rule.host.strip_prefix("*.") {
                Some(domain) => vec![domain.to_owned(), format!("x.{domain}")],
                None => vec![rule.host.clone()],
            };
            let paths =
                if rule.paths.is_empty() { vec!["/any/thing.js".to_owned()] } else { rule.paths.clone() };
            hosts
                .into_iter()
                .flat_map(move |host| paths.clone().into_iter().map(move |path| (host.clone(), path)))
        });
        hosts.collect()
    }

    fn assert_fenced(policy: &Policy, consent: &Consent) {
        let sources = sources(policy, consent, FRONT);
        for tracker in policy.catalog().trackers() {
            for (host, path) in addresses(tracker) {
                let is_taken = sources.iter().any(|source| takes(source, &host, &path));
                assert_eq!(is_taken, consent.grants(tracker), "{} {host}{path}", tracker.name_id);
            }
        }
    }

    #[test]
    fn the_fence_takes_what_is_open_and_nothing_held_in_every_state() {
        let policy = plain();
        for consent in policy.states().filter(|consent| consent.categories() != CategorySet::ALL) {
            assert_fenced(policy, &consent);
        }
    }

    #[test]
    fn a_single_tracker_opens_its_own_hosts_only() {
        let policy = plain();
        for tracker in policy.catalog().trackers() {
            let mut trackers = TrackerSet::NONE;
            trackers.insert(tracker.id);
            assert_fenced(policy, &single(&[], trackers));
        }
    }

    #[test]
    fn the_shops_own_code_and_hosts_stay_free() {
        let hosts = vec!["shop.example".into(), "*.cdn.example".into(), "*".into(), "[::1]".into()];
        let policy = policy(Settings { hosts, ..settings() });
        let sources = sources(&policy, &Consent::none(), FRONT);
        for expected in [
            "'self'",
            "data:",
            "blob:",
            "'unsafe-inline'",
            "'unsafe-eval'",
            "shop.example:*",
            "ws://shop.example:*",
            "cdn.example:*",
            "*.cdn.example:*",
            "js.stripe.com",
        ] {
            let is_there = sources.iter().any(|source| source == expected || takes(source, expected, "/"));
            assert!(is_there, "{expected}");
        }
        assert!(
            !sources.iter().any(|source| source.starts_with("*:") || source == "*" || source.contains('['))
        );
    }

    #[test]
    fn there_is_no_fence_when_everything_is_granted() {
        let everything = of(&[Preferences, Statistics, Marketing]);
        assert_eq!(*plain().fence(&everything, FRONT), Fence::default());
    }

    #[test]
    fn where_the_unknown_passes_there_is_no_host_fence() {
        let policy = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
        let fence = policy.fence(&Consent::none(), FRONT);
        assert!(fence.content_security_policy.is_none() && fence.permissions_policy.is_some());
    }

    #[test]
    fn advertising_features_are_off_until_marketing_is_granted() {
        let policy = plain();
        assert!(policy.fence(&of(&[Statistics]), FRONT).permissions_policy.is_some());
        assert!(policy.fence(&of(&[Marketing]), FRONT).permissions_policy.is_none());
    }

    #[test]
    fn fences_fit_into_a_head() {
        let policy = plain();
        assert!(text(policy, &Consent::none(), FRONT).len() <= 1024);
        for consent in policy.states() {
            assert!(text(policy, &consent, FRONT).len() <= 3 * 1024);
            assert_eq!(policy.fence(&consent, FRONT).sources_left_out, 0);
        }
    }

    #[test]
    fn a_fence_that_grows_too_long_closes_instead() {
        let hosts = (0..2000).map(|n| format!("shop{n}.example")).collect();
        let policy = policy(Settings { hosts, ..settings() });
        let fence = policy.fence(&Consent::none(), FRONT);
        assert!(fence.sources_left_out > 1000);
        assert!(fence.content_security_policy.as_ref().unwrap().len() <= FENCE_BYTES_MAX);
    }

    #[test]
    fn an_operators_rule_opens_and_closes_where_it_holds() {
        let rules = vec![
            allow(Allowed::Host("img.example".into()), Necessary, &["/"]),
            allow(Allowed::Host("*.vimeo.com".into()), Necessary, &["/film"]),
            allow(Allowed::Host("js.stripe.com".into()), Marketing, &[]),
            allow(Allowed::Host("*.klarna.com".into()), Marketing, &[]),
            allow(Allowed::Host("x; script-src *".into()), Necessary, &[]),
        ];
        let policy = policy(Settings { allow: rules, ..settings() });
        let none = Consent::none();
        assert!(matches!(policy.fence(&none, FRONT), Cow::Borrowed(_)));
        let front = sources(&policy, &none, FRONT);
        assert!(front.contains(&"img.example".into()) && front.contains(&"wss://img.example".into()));
        assert!(!front.iter().any(|source| source.contains("vimeo") || source.contains("klarna.com")));
        assert!(!front.iter().any(|source| source.contains(';') || source == "script-src"));
        let film = sources(&policy, &none, Page { path: "/film/1", ..FRONT });
        assert!(film.contains(&"*.vimeo.com".into()));
        assert!(sources(&policy, &of(&[Marketing]), FRONT).contains(&"*.klarna.com".into()));
    }

    #[test]
    fn a_prefix_becomes_the_path_and_what_is_below() {
        let policy = plain();
        let with_maps = sources(policy, &of(&[Preferences]), FRONT);
        assert!(
            with_maps.contains(&"www.google.com/maps".into())
                && with_maps.contains(&"www.google.com/maps/".into())
        );
        let with_tags = sources(policy, &of(&[Statistics]), FRONT);
        assert!(with_tags.contains(&"www.googletagmanager.com/gtm.js".into()));
        assert!(!with_tags.contains(&"www.googletagmanager.com/gtm.js/".into()));
    }

    fn any_rules() -> impl Strategy<Value = Vec<Allow>> {
        let host =
            prop::sample::select(vec!["img.example", "*.cdn.example", "*.youtube.com", "player.vimeo.com"]);
        let category = prop::sample::select(&Category::ALL[..]);
        let paths = prop::sample::select(vec![&[][..], &["/dekk"][..], &["/"][..]]);
        let rule = (host, category, paths)
            .prop_map(|(host, category, paths)| allow(Allowed::Host(host.into()), category, paths));
        prop::collection::vec(rule, 0..4)
    }

    proptest! {
        #[test]
        fn more_consent_never_removes_a_source(
            (less, more) in any_growing_consent(),
            allow in any_rules(),
            path in prop::sample::select(vec!["/", "/dekk/1"]),
        ) {
            let policy = policy(Settings { allow, ..settings() });
            let page = Page { path, ..FRONT };
            if more.categories() != CategorySet::ALL {
                let many = sources(&policy, &more, page);
                for source in sources(&policy, &less, page) {
                    prop_assert!(many.contains(&source), "{source} was lost");
                }
            }
        }

        #[test]
        fn no_source_names_a_held_host((consent, _) in any_growing_consent(), allow in any_rules()) {
            let policy = policy(Settings { allow, ..settings() });
            for source in sources(&policy, &consent, FRONT).iter().skip(5) {
                let address = source.trim_start_matches("wss://").trim_start_matches("ws://").replace(":*", "");
                let (host, path) = address.find('/').map_or((&address[..], "/"), |slash| address.split_at(slash));
                let standing = policy.host_standing(&consent, FRONT, host, path);
                prop_assert!(matches!(standing, Standing::Open), "{source}");
            }
        }
    }
}
