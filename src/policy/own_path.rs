//! Trackers on the shop's own hosts: Google Tag Gateway, server-side containers, measuring that the shop runs itself.
//!
//! A host says nothing here, so a request is known by its path and parameters ([`Policy::own_request`]), and a script
//! that has another name by what it starts with ([`Policy::own_script`]). Both come from the catalogue. A
//! tracker that speaks in the shop's own words, or encrypted, cannot be told from the shop. Nor is a library told that the
//! shop has packed into its own script: what it sends is held, and the shop's script runs.

mod start;

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::catalog::{Catalog, Sent, Tracker, TrackerId, host_matches};
use super::consent::{Category, Consent};
use super::{Allowed, Page, Policy, Standing};

/// How much of a script is looked at. Unit: decoded bytes. Scripts say who they are in their first lines, and Plausible's,
/// of 6 KiB, in its last.
pub const SIGNED_BYTES_MAX: usize = 8192;

/// How much of what a page sends is looked at. Unit: decoded bytes. Clients name themselves, their key or their site within
/// the first of them (measured: Segment's the last, behind some 600).
pub const SENT_BYTES_MAX: usize = 4096;

/// A tracker that was found on the shop's own host. What is necessary is never one.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Whose it is.
    pub tracker: &'a Tracker,
    /// Consent is missing: nothing of it may pass.
    pub is_held: bool,
    /// It is a script by the rule that found it.
    pub is_script: bool,
}

impl Policy {
    /// The tracker whose own request this is ([`Catalog::own`] says how it is told), with its standing. `from` is the
    /// path of the page it is made on, empty where that is not known; an operator who vouches for `host` there, or for what
    /// lies under that path of it, in a category that is granted, says that none is. Navigations are the caller's to leave
    /// alone: a person may open any page of the shop.
    pub fn own_request(&self, consent: &Consent, from: &str, host: &str, sent: Sent<'_>) -> Option<Own<'_>> {
        let (tracker, is_script) = self.catalog.own(sent)?;
        let is_vouched = [from, sent.path].iter().any(|path| self.vouches_for_own(consent, host, path));
        if is_vouched { None } else { own(consent, tracker, is_script) }
    }

    /// Must what this request sends be looked at before it may go on? It must where it may be a held tracker's.
    pub fn doubts_sent(&self, consent: &Consent, host: &str, sent: Sent<'_>) -> bool {
        let is_held = |tracker: &Tracker| own(consent, tracker, false).is_some_and(|own| own.is_held);
        self.catalog.own_suspects(sent).any(is_held) && !self.vouches_for_own(consent, host, sent.path)
    }

    /// Is this what a held tracker sends to the shop's own host, whatever the path? `body` is its decoded beginning, of
    /// which [`SENT_BYTES_MAX`] are looked at.
    pub fn holds_sent(&self, consent: &Consent, sent: Sent<'_>, body: &[u8]) -> bool {
        let tracker = self.catalog.own_body(sent, &body[..body.len().min(SENT_BYTES_MAX)]);
        tracker.and_then(|tracker| own(consent, tracker, false)).is_some_and(|own| own.is_held)
    }

    /// Does the operator say, in a category that is granted, that at `path` of the shop's own `host` all is the shop's?
    pub fn vouches_for_own(&self, consent: &Consent, host: &str, path: &str) -> bool {
        self.settings.allow.iter().any(|allow| {
            matches!(&allow.what, Allowed::Host(rule) if host_matches(rule, host))
                && allow.holds_on(path)
                && consent.categories().contains(allow.category)
        })
    }

    /// As [`Policy::host_standing`], for an address with its query. On the page's own host nothing is held here: such
    /// a request comes by, and [`Policy::own_request`] decides on it. One to another of the site's hosts may go past.
    pub(super) fn address_standing(
        &self,
        consent: &Consent,
        page: Page<'_>,
        host: &str,
        sent: Sent<'_>,
    ) -> Standing<'_> {
        let standing = self.host_standing(consent, page, host, sent.path);
        if matches!(standing, Standing::Held(_)) || host == page.host || !self.is_own(host) {
            return standing;
        }
        match self.own_request(consent, page.path, host, sent) {
            Some(own) if own.is_held => Standing::Held(Some(own.tracker)),
            _ => standing,
        }
    }

    /// The tracker whose script this is the beginning of ([`SIGNED_BYTES_MAX`] of it are looked at): the first held one
    /// of those whose signature is there, else the first. Where the site's operator wrote the signature it may stand
    /// anywhere in it; else the script must start with the tracker's.
    pub fn own_script(&self, consent: &Consent, begin: &[u8]) -> Option<Own<'_>> {
        let begin = &begin[..begin.len().min(SIGNED_BYTES_MAX)];
        let found = |(at, id)| {
            let tracker = self.catalog.tracker(id);
            let is_its = tracker.is_sites || start::is_at_start(begin, at);
            if is_its { own(consent, tracker, true) } else { None }
        };
        let mut owners = self.signatures.owners(begin).filter_map(found);
        let first = owners.next()?;
        if first.is_held { Some(first) } else { owners.find(|other| other.is_held).or(Some(first)) }
    }

    /// Does a script name the address at which this gateway takes events? Then it tells its figures here, where no consent
    /// is needed, whoever wrote it.
    pub fn tells_us(&self, script: &[u8]) -> bool {
        let prefix = self.settings.prefix.as_bytes();
        memmem::find_iter(script, prefix).any(|at| {
            let rest = &script[at + prefix.len()..];
            rest.starts_with(b"/event") || rest.starts_with(b"/api/event")
        })
    }

    /// Has any tracker a signature that a script could have?
    pub fn has_signatures(&self) -> bool {
        self.signatures.automaton.is_some()
    }
}

fn own<'a>(consent: &Consent, tracker: &'a Tracker, is_script: bool) -> Option<Own<'a>> {
    let is_asked = tracker.category != Category::Necessary;
    is_asked.then(|| Own { tracker, is_held: !consent.lets_run(tracker), is_script })
}

/// Every signature of a catalogue and whose it is.
#[derive(Debug)]
pub(super) struct Signatures {
    /// `None` when there are no signatures. The checked limits of an entry keep it buildable.
    automaton: Option<AhoCorasick>,
    owners: Vec<TrackerId>,
}

impl Signatures {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let texts = catalog.trackers().flat_map(|tracker| {
            tracker.signatures.iter().map(move |text| (tracker.id, text)).filter(|(_, text)| !text.is_empty())
        });
        let (owners, texts): (Vec<TrackerId>, Vec<&String>) = texts.unzip();
        Self { automaton: AhoCorasick::new(&texts).ok().filter(|_| !texts.is_empty()), owners }
    }

    /// Where the signatures in `text` begin and whose they are, in the order in which they end.
    fn owners(&self, text: &[u8]) -> impl Iterator<Item = (usize, TrackerId)> {
        let automaton = self.automaton.as_ref();
        // Nearly no script has one, and the plain search knows short cuts that the one for overlaps does not.
        let skipped =
            automaton.and_then(|automaton| automaton.find(text)).map_or(text.len(), |first| first.start());
        let found = automaton
            .into_iter()
            .flat_map(move |automaton| automaton.find_overlapping_iter(&text[skipped..]));
        found.map(move |found| (skipped + found.start(), self.owners[found.pattern().as_usize()]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::policy::Settings;
    use crate::policy::consent::Category::{Marketing, Statistics};
    use crate::policy::samples::{FRONT, allow, any_growing_categories, of, settings};

    const TRACKERS: &str = r#"
[[tracker]]
id = "stats"
name = "Stats"
category = "statistics"
provider = { name = "S", country = "", privacy = "" }
purpose = { en = "Counts." }
source = "https://stats.example/"
own = [{ path = "*/g/collect", query = ["v=2", "tid=G-*"] }, { path = "*/stats.js", script = true }]
signatures = ["/*! stats by example", "window.StatsByExample"]

[[tracker]]
id = "ads"
name = "Ads"
category = "marketing"
provider = { name = "A", country = "", privacy = "" }
purpose = { en = "Sells." }
source = "https://ads.example/"
own = [{ path = "*/g/collect", query = ["v=2", "tid=AW-*"] }]
signatures = ["StatsByExample.ads("]

[[tracker]]
id = "till"
name = "Till"
category = "necessary"
provider = { name = "T", country = "", privacy = "" }
purpose = { en = "Pays." }
source = "https://till.example/"
own = [{ path = "/till/g/collect", query = ["v=2", "tid=G-TILL"] }]
signatures = ["TillOfTheShop.pay"]
"#;

    fn policy() -> Policy {
        policy_of(settings())
    }

    fn policy_of(settings: Settings) -> Policy {
        let catalog = Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap();
        Policy::new(settings, Arc::new(catalog))
    }

    fn request(policy: &Policy, consent: &Consent, target: &str) -> Option<(String, bool)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = policy.own_request(consent, "", "shop.example", Sent { path, query, is_script: true });
        found.map(|own| (own.tracker.name_id.clone(), own.is_held))
    }

    fn script(policy: &Policy, consent: &Consent, text: &str) -> Option<(String, bool)> {
        policy.own_script(consent, text.as_bytes()).map(|own| (own.tracker.name_id.clone(), own.is_held))
    }

    #[test]
    fn a_trackers_request_is_held_until_it_is_granted() {
        let policy = policy();
        let (hit, sale) = ("/metrics/g/collect?v=2&tid=G-1", "/metrics/g/collect?v=2&tid=AW-1");
        let owner = |name: &str, is_held| Some((name.to_owned(), is_held));
        assert_eq!(request(&policy, &Consent::none(), hit), owner("stats", true));
        assert_eq!(request(&policy, &of(&[Statistics]), hit), owner("stats", false));
        assert_eq!(request(&policy, &of(&[Statistics]), sale), owner("ads", true));
        assert_eq!(request(&policy, &of(&[Marketing]), sale), owner("ads", false));
    }

    #[test]
    fn what_looks_like_a_tracker_and_is_the_shops_passes() {
        let policy = policy();
        for target in [
            "/assets/analytics-dashboard.js",
            "/g/collect",
            "/g/collect?v=2",
            "/g/collection?v=2&tid=G-1",
            "/collect?v=2&tid=G-1",
            "/stats.json",
            "/mystats.js",
        ] {
            assert_eq!(request(&policy, &Consent::none(), target), None, "{target}");
        }
    }

    #[test]
    fn a_host_that_the_operator_vouches_for_has_no_trackers_of_its_own() {
        let host = || Allowed::Host("metrics.shop.example".into());
        let rules = vec![allow(host(), Category::Necessary, &["/pay"]), allow(host(), Marketing, &[])];
        let policy = policy_of(Settings { allow: rules, ..settings() });
        let sent = Sent { path: "/g/collect", query: "v=2&tid=G-1", is_script: false };
        let is_held = |consent: &Consent, from: &str, host: &str| {
            policy.own_request(consent, from, host, sent).is_some_and(|own| own.is_held)
        };
        let none = Consent::none();
        assert!(is_held(&none, "", "metrics.shop.example"));
        assert!(!is_held(&none, "/pay/now", "metrics.shop.example"));
        assert!(is_held(&none, "/pay/now", "shop.example"));
        assert!(!is_held(&of(&[Marketing]), "", "metrics.shop.example"));
    }

    #[test]
    fn a_tag_that_leads_to_a_tracker_on_another_own_host_is_held() {
        let hosts = vec!["shop.example".into(), "*.shop.example".into()];
        let policy = policy_of(Settings { hosts, ..settings() });
        let sent = |path, query| Sent { path, query, is_script: true };
        let holds = |consent: &Consent, host: &str, sent: Sent<'_>| {
            matches!(policy.address_standing(consent, FRONT, host, sent), Standing::Held(_))
        };
        let (none, collect) = (Consent::none(), sent("/g/collect", "v=2&tid=G-1"));
        assert!(holds(&none, "metrics.shop.example", collect));
        assert!(!holds(&of(&[Statistics]), "metrics.shop.example", collect));
        assert!(!holds(&none, "metrics.shop.example", sent("/g/collect", "v=1")));
        assert!(!holds(&none, "shop.example", collect), "that one comes by");
        assert!(holds(&none, "metrics.other.example", sent("/", "")), "nobody knows this host");
    }

    #[test]
    fn what_is_necessary_is_no_tracker() {
        let policy = policy();
        assert_eq!(request(&policy, &Consent::none(), "/till/g/collect?v=2&tid=G-TILL"), None);
        assert_eq!(script(&policy, &Consent::none(), "TillOfTheShop.pay()"), None);
    }

    #[test]
    fn a_script_is_known_by_its_first_lines_whatever_its_name() {
        let policy = policy();
        let bundle = "!function(){window.StatsByExample={}}();";
        assert_eq!(script(&policy, &Consent::none(), bundle), Some(("stats".into(), true)));
        assert_eq!(script(&policy, &of(&[Statistics]), bundle), Some(("stats".into(), false)));
        let both = "/*! stats by example */window.StatsByExample.ads()";
        assert_eq!(script(&policy, &of(&[Statistics]), both), Some(("ads".into(), true)));
        assert_eq!(script(&policy, &Consent::none(), "fetch('https://stats.example/stats.js')"), None);
    }

    #[test]
    fn trackers_own_files_are_known_by_how_they_start() {
        let policy = crate::policy::samples::plain();
        for (id, begin) in [
            (
                "plausible-cloud",
                r#"!function(){"use strict";var l=u.getAttribute("data-api")||new URL(u.src).origin+"/api/event";"#,
            ),
            (
                "plausible-cloud",
                r#"!function(){var o={};function S(e){Object.assign(o={endpoint:"https://plausible.io/api/event",domain:"x"}"#,
            ),
            (
                "umami",
                r#"!function(){"use strict";(t=>{const m="data-",f=l.getAttribute.bind(l),h=f(m+"website-id")"#,
            ),
            (
                "meta-pixel",
                "/**\n* Copyright (c) 2017-present, Facebook\n*/\n\nfbq.version=\"2.9.92\";\nfbq._releaseSegment = \"stable\";",
            ),
            ("matomo", "/*!!\n * Matomo - free/libre analytics platform\n *\n"),
            (
                "microsoft-clarity",
                "/* clarity-js v0.8.54: https://github.com/microsoft/clarity (License: MIT) */\n!function() {",
            ),
            (
                "adobe-tags",
                "// For license information, see `x.js`.\nwindow._satellite=window._satellite||{},window._satellite.container={build:1}",
            ),
            (
                "adobe-tags",
                "// For license\nwindow._satellite = window._satellite || {};\nwindow._satellite.container = {",
            ),
            (
                "adobe-analytics",
                "/*\n Start ActivityMap Module\n*/\nfunction AppMeasurement_Module_ActivityMap(g){",
            ),
            (
                "snowplow",
                "/*!\n * Web analytics for Snowplow v3.22.1 (http://bit.ly/sp-js)\n */\n\n\"use strict\";",
            ),
            (
                "google-tag-manager",
                "\n// Copyright 2012 Google Inc.\n\n(function(){\n\nvar data = {\n\"resource\": {\n  \"version\":\"1\",\n  \n  \"macros\":[{\"function\":\"__e\"}]",
            ),
        ] {
            assert_eq!(script(policy, &Consent::none(), begin), Some((id.into(), true)), "{begin}");
            let packed = format!("start();{begin}");
            assert_eq!(script(policy, &Consent::none(), &packed), None, "{packed}");
        }
    }

    #[test]
    fn what_stands_far_inside_a_script_is_not_looked_at() {
        let policy = policy();
        let sign = "window.StatsByExample";
        let at = |start: usize| format!("{}{sign}", " ".repeat(start));
        assert!(script(&policy, &Consent::none(), &at(SIGNED_BYTES_MAX - sign.len())).is_some());
        assert!(script(&policy, &Consent::none(), &at(SIGNED_BYTES_MAX - sign.len() + 1)).is_none());
    }

    #[test]
    fn without_signatures_no_script_is_found() {
        let entries = Catalog::parse(TRACKERS).unwrap().into_iter();
        let entries =
            entries.map(|entry| super::super::catalog::TrackerEntry { signatures: Vec::new(), ..entry });
        let policy = Policy::new(settings(), Arc::new(Catalog::new(entries.collect()).unwrap()));
        assert!(!policy.has_signatures());
        assert!(script(&policy, &Consent::none(), "window.StatsByExample").is_none());
    }

    proptest! {
        #[test]
        fn more_consent_never_holds_more(
            (less, more) in any_growing_categories(),
            target in "/(metrics/)?(g/collect|stats[.]js)[?]v=2&tid=(G-|AW-)1",
            text in "((window[.])?StatsByExample([.]ads[(])?|/[*]! stats by example|x){1,3}",
        ) {
            let policy = policy();
            if let Some((owner, true)) = request(&policy, &more, &target) {
                prop_assert_eq!(request(&policy, &less, &target), Some((owner, true)));
            }
            if let Some((_, true)) = script(&policy, &more, &text) {
                prop_assert!(matches!(script(&policy, &less, &text), Some((_, true))));
            }
        }
    }
}
