//! The sites of this gateway, made ready once and replaced whole: a request sees one of them from first to last byte.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderValue;

use super::asking::Asking;
use super::beacon::Beacon;
use super::fences::LearnedFences;
use super::files::Files;
use super::first_views::FirstViews;
use super::known_scripts::KnownScripts;
use super::practice::Practice;
use super::validator::Validator;
use crate::banner::{Banner, Head, OpenNames, Others, Shown};
use crate::counting::SiteIndex;
use crate::policy::catalog::host_matches;
use crate::policy::consent::{Category, CategorySet, Choice, Consent, Day, TrackerSet};
use crate::policy::cookies::GuardRules;
use crate::policy::fence::seen::Sight;
use crate::policy::seal::Seal;
use crate::policy::{Page, Policy};
use crate::proxy;
use crate::proxy::networks::Networks;

/// A page on which no rule with paths holds: what is made ready per consent state is for these.
const NO_PAGE: Page<'static> = Page { host: "", path: "" };

/// What the gateway does about consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Asks, and holds what was not agreed to.
    Enforce,
    /// Holds nothing; reports what would have been held.
    Observe,
    /// Neither asks nor holds.
    Off,
}

/// One shop, with everything a request needs.
pub struct Site {
    /// Its place in the counter's list.
    pub index: SiteIndex,
    /// `site_id` in questions.
    pub name: Arc<str>,
    /// Hosts it is asked for under: lower case, no port; `*` takes what no site names.
    pub hosts: Vec<String>,
    /// What is done about consent.
    pub mode: Mode,
    /// What is allowed.
    pub policy: Arc<Policy>,
    /// What the visitor reads.
    pub banner: Banner,
    /// What consents are sealed with.
    pub seal: Seal,
    /// What says that a browser has the page.
    pub validator: Validator,
    /// How visits are counted.
    pub practice: Practice,
    /// What tells the gateway what only a browser knows.
    pub beacon: Beacon,
    /// How long an answer stands. Unit: days.
    pub days: u32,
    /// How long the ledger keeps a receipt. Unit: days.
    pub receipts_days: u32,
    /// The domain that the answer is kept for; without one it is the host's alone.
    pub cookie_domain: Option<String>,
    /// How signals of browsers are taken.
    pub asking: Asking,
    /// Whose word about earlier hops is believed.
    pub trusted: Networks,
    /// How its origin is reached.
    pub origin: proxy::Settings,
    /// What depends on the consent state alone.
    pub ready: Ready,
    /// The fences, with what its pages were seen to load.
    pub fences: LearnedFences,
    /// Pages that are not new here.
    pub first_views: FirstViews,
    /// Addresses at which no page stood.
    pub files: Files,
    /// Scripts of the origin that need no second look.
    pub scripts: KnownScripts,
}

/// What depends on the consent state alone, made once for each of the eight.
pub struct Ready {
    /// What is first in `<head>` of a page: by state, and last for a visitor who has not answered.
    pages: [Heads; 9],
    /// The same in a frame; there, no answer and a no are one where nothing runs before an answer.
    frames: [Heads; 9],
    /// `Consentry-Consent`.
    told: [HeaderValue; 8],
}

/// The two forms of a head: for a page into which scripts may be put, and for one that lets only the head's through.
struct Heads {
    usual: Head,
    alone: Head,
}

/// The place of a visitor who has not answered among the pages.
const UNANSWERED: usize = 8;

impl Ready {
    /// Makes it for a site with this policy and this banner.
    pub fn of(policy: &Policy, banner: &Banner) -> Self {
        let answered = CategorySet::every().map(|state| {
            let choice = Choice::Some { categories: state, trackers: TrackerSet::NONE };
            Consent::from_choice(&choice, Day(0), None, policy.catalog())
        });
        let heads = |consent: &Consent, shown| {
            let rules = policy.guard_rules(consent, NO_PAGE);
            let made = |others| {
                let head = head(banner, consent, shown, &rules, others);
                // Now, and not within a request.
                head.script_hash();
                head
            };
            Heads { usual: made(Others::MayRun), alone: made(Others::MayNot) }
        };
        let undecided = Consent::none().before_answer();
        let all =
            |shown| std::array::from_fn(|place| heads(answered.get(place).unwrap_or(&undecided), shown));
        Self { pages: all(Shown::AsPage), frames: all(Shown::InFrame), told: CategorySet::every().map(told) }
    }

    fn head(&self, consent: &Consent, shown: Shown, others: Others) -> &Head {
        let state = consent.categories().state();
        let heads = match shown {
            Shown::InFrame if consent.is_before_answer() => &self.frames[UNANSWERED],
            Shown::InFrame => &self.frames[state],
            Shown::AsPage if consent.is_asked() => &self.pages[UNANSWERED],
            Shown::AsPage => &self.pages[state],
        };
        if others == Others::MayNot { &heads.alone } else { &heads.usual }
    }
}

impl Site {
    /// Makes the fences anew where there is news in these sights.
    pub fn learn(&self, sights: &[(&str, Sight)]) {
        self.fences.learn(&self.policy, sights);
    }

    /// What is first in `<head>` of a page under this consent.
    pub fn head(&self, consent: &Consent, page: Page<'_>, shown: Shown, others: Others) -> Cow<'_, Head> {
        // Asked again while something stands, or while nothing runs that runs before an answer: rare, and of many forms.
        let is_as_first =
            !consent.is_grant() && (consent.is_before_answer() || !self.policy.catalog().runs_unasked());
        let is_ready = shown == Shown::InFrame || !consent.is_asked() || is_as_first;
        match self.policy.guard_rules(consent, page) {
            Cow::Borrowed(_) if is_ready => Cow::Borrowed(self.ready.head(consent, shown, others)),
            rules => Cow::Owned(head(&self.banner, consent, shown, &rules, others)),
        }
    }

    /// Does one of the hosts that are written out match this one (lower case, no port)? `*` names none.
    pub(super) fn has_named_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own != "*" && host_matches(own, host))
    }

    /// What the origin is told of this consent.
    pub fn told(&self, consent: &Consent) -> HeaderValue {
        self.ready.told[consent.categories().state()].clone()
    }
}

fn head(banner: &Banner, consent: &Consent, shown: Shown, rules: &GuardRules, others: Others) -> Head {
    let names = OpenNames { cookies: &rules.cookies, storage: &rules.storage };
    banner.head(consent, shown, names, others)
}

fn told(categories: CategorySet) -> HeaderValue {
    let names: Vec<_> = categories.iter().map(Category::name).collect();
    HeaderValue::from_str(&names.join(", ")).expect("names of categories are ASCII words")
}

/// Every site, found by host.
pub struct Sites {
    list: Vec<Arc<Site>>,
    by_host: HashMap<String, usize>,
    by_domain: HashMap<String, usize>,
    others: Option<usize>,
}

impl Sites {
    /// The sites in the order of their index.
    pub fn new(list: Vec<Site>) -> Self {
        let (mut by_host, mut by_domain, mut others) = (HashMap::new(), HashMap::new(), None);
        for (number, site) in list.iter().enumerate() {
            for host in &site.hosts {
                match host.strip_prefix("*.") {
                    _ if host == "*" => others = Some(number),
                    Some(domain) => drop(by_domain.insert(domain.to_owned(), number)),
                    None => drop(by_host.insert(host.clone(), number)),
                }
            }
        }
        Self { list: list.into_iter().map(Arc::new).collect(), by_host, by_domain, others }
    }

    /// The site that answers for a host (lower case, no port): by its whole name, then by the nearest `*.domain` it
    /// is at or below, then the one that takes what no site names.
    pub fn of_host(&self, host: &str) -> Option<(usize, &Arc<Site>)> {
        let number = self.by_host.get(host).copied().or_else(|| self.of_domain(host)).or(self.others)?;
        Some((number, &self.list[number]))
    }

    fn of_domain(&self, host: &str) -> Option<usize> {
        let mut domain = host;
        loop {
            if let Some(number) = self.by_domain.get(domain) {
                return Some(*number);
            }
            domain = domain.split_once('.')?.1;
        }
    }

    /// Every site.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.list.iter()
    }
}
