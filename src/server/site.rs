//! The sites of this gateway, made ready once and replaced whole: a request sees one of them from first to last byte.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use super::known_scripts::KnownScripts;
use super::validator::Validator;
use crate::banner::{Banner, OpenNames};
use crate::counting::SiteIndex;
use crate::policy::consent::{Category, CategorySet, Choice, Consent, Day, TrackerSet};
use crate::policy::cookies::GuardRules;
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
    /// How long an answer stands. Unit: days.
    pub days: u32,
    /// Whose word about earlier hops is believed.
    pub trusted: Networks,
    /// How its origin is reached.
    pub origin: proxy::Settings,
    /// What depends on the consent state alone.
    pub ready: Ready,
    /// Scripts of the origin that need no second look.
    pub scripts: KnownScripts,
}

/// What depends on the consent state alone, made once for each of the eight.
pub struct Ready {
    /// What is first in `<head>`.
    heads: [Bytes; 8],
    /// `Consentry-Consent`.
    told: [HeaderValue; 8],
}

impl Ready {
    /// Makes it for a site with this policy and this banner.
    pub fn of(policy: &Policy, banner: &Banner) -> Self {
        let heads = CategorySet::every().map(|state| {
            let choice = Choice::Some { categories: state, trackers: TrackerSet::NONE };
            let consent = Consent::from_choice(&choice, Day(0), None, policy.catalog());
            head(banner, &consent, &policy.guard_rules(&consent, NO_PAGE))
        });
        Self { heads, told: CategorySet::every().map(told) }
    }
}

impl Site {
    /// What is first in `<head>` of a page under this consent.
    pub fn head(&self, consent: &Consent, page: Page<'_>) -> Bytes {
        match self.policy.guard_rules(consent, page) {
            Cow::Borrowed(_) => self.ready.heads[consent.categories().state()].clone(),
            Cow::Owned(rules) => head(&self.banner, consent, &rules),
        }
    }

    /// What the origin is told of this consent.
    pub fn told(&self, consent: &Consent) -> HeaderValue {
        self.ready.told[consent.categories().state()].clone()
    }
}

fn head(banner: &Banner, consent: &Consent, rules: &GuardRules) -> Bytes {
    banner.head(consent.categories(), OpenNames { cookies: &rules.cookies, storage: &rules.storage })
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
