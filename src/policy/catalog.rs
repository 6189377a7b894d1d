//! The catalogue: every tracker we know, and which of them owns a host, a cookie or a storage key.
//!
//! The facts stand in `config/trackers.toml`; an operator adds to them, or overrides them by `id`, in
//! `[[site.tracker]]` with the same keys. A tracker is data: there is no code for any one of them.

mod asked;
mod check;
#[cfg(test)]
mod clients;
mod entry;
mod error;
mod hashed;
mod index;
#[cfg(test)]
mod innocent;
mod matching;
#[cfg(test)]
mod needs;
mod offer;
mod own;
#[cfg(test)]
mod platforms;
#[cfg(test)]
mod services;
mod under;
mod vouched;

use std::collections::HashMap;

use serde::Deserialize;

pub use entry::{
    Access, ConsentMode, CookieRule, HostEntry, HostRule, OwnRule, Provider, Spread, Tracker, TrackerEntry,
};
pub use error::CatalogError;
use index::Index;
pub(super) use matching::bytes_match;
pub use matching::{host_matches, name_matches};
use offer::Controller;
pub use offer::{Offer, STAMP_BITS};
use own::OwnRules;
pub use own::Sent;
pub use vouched::{Learner, Vouched};

use super::Allow;
use super::consent::{Category, CategorySet, TrackerSet};

/// A tracker's place in the catalogue of this process. It is not stable across versions: cookies and settings
/// carry [`Tracker::name_id`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackerId(u16);

impl TrackerId {
    /// The id of that index, when a catalogue may have it.
    pub fn new(index: usize) -> Option<Self> {
        (index < TrackerSet::TRACKERS_MAX).then(|| u16::try_from(index).ok().map(Self)).flatten()
    }

    /// Its place in the catalogue.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tracker: Vec<TrackerEntry>,
}

/// Every tracker this site knows.
#[derive(Debug)]
pub struct Catalog {
    trackers: Vec<Tracker>,
    index: Index,
    own: OwnRules,
    /// No tracker that needs consent is left out of use.
    is_whole: bool,
    /// What trackers and the operator's rules are in.
    pursued: CategorySet,
    remembers_returns: bool,
    offer: Offer,
    /// By [`TrackerId`].
    stamps: Vec<u64>,
    vouched: Vec<Vouched>,
}

impl Catalog {
    /// The entries this version of the program came with.
    pub fn built_in() -> Result<Vec<TrackerEntry>, CatalogError> {
        Self::parse(include_str!("../../config/trackers.toml"))
    }

    /// Reads entries in the form of `config/trackers.toml`.
    pub fn parse(text: &str) -> Result<Vec<TrackerEntry>, CatalogError> {
        Ok(toml::from_str::<File>(text)?.tracker)
    }

    /// A catalogue of these entries. A later entry with the same id takes the place of the earlier one; where two
    /// trackers lay claim to the same host or name with equal precision, the later one has it.
    pub fn new(entries: Vec<TrackerEntry>) -> Result<Self, CatalogError> {
        let mut known: HashMap<String, usize> = HashMap::with_capacity(entries.len());
        let mut trackers: Vec<Tracker> = Vec::with_capacity(entries.len());
        for entry in entries {
            let index = *known.entry(entry.id.clone()).or_insert(trackers.len());
            let id = TrackerId::new(index).ok_or(CatalogError::TooMany { count: index + 1 })?;
            let tracker = Tracker::from_entry(id, entry)?;
            match trackers.get_mut(index) {
                Some(earlier) => *earlier = tracker,
                None => trackers.push(tracker),
            }
        }
        under::check(&trackers)?;
        for tracker in trackers.iter_mut().filter(|tracker| !tracker.carries.is_empty()) {
            let carried = tracker.carries.iter().filter_map(|name_id| known.get(name_id));
            tracker.carried = carried.filter_map(|index| TrackerId::new(*index)).collect();
        }
        let nobody = Controller::default();
        Ok(Self {
            index: Index::new(&trackers),
            own: OwnRules::new(&trackers),
            offer: Offer::of(trackers.iter(), &nobody, &[]),
            stamps: trackers.iter().map(|tracker| offer::stamp(tracker, &nobody)).collect(),
            trackers,
            is_whole: true,
            pursued: CategorySet::ALL,
            remembers_returns: true,
            vouched: Vec::new(),
        })
    }

    /// The built-in catalogue with what the operator of a site with these hosts adds to it, or overrides in it.
    pub fn of_site(entries: &[TrackerEntry], hosts: &[String]) -> Result<Self, CatalogError> {
        let all = Self::built_in()?.into_iter().chain(entries.iter().cloned());
        let mut catalog = Self::new(all.map(|entry| entry.on_site(hosts)).collect())?;
        for tracker in &mut catalog.trackers {
            tracker.is_sites = entries.iter().any(|entry| entry.id == tracker.name_id);
        }
        Ok(catalog)
    }

    /// The same catalogue for a site that uses only these trackers, by their stable names, and those
    /// its operator wrote. Others that need consent are
    /// recognised and stay held, whatever a visitor agrees to: nobody told them of those. What is necessary works in any
    /// case; where some of it is named, only that is declared, and scripts may write only that one's names. What is named
    /// is not rare here.
    #[must_use]
    pub fn using(mut self, uses: &[String]) -> Self {
        let is_named = |tracker: &Tracker| tracker.is_sites || uses.contains(&tracker.name_id);
        let is_necessary = |tracker: &Tracker| tracker.category == Category::Necessary;
        let names_the_necessary =
            self.trackers.iter().any(|tracker| is_necessary(tracker) && is_named(tracker));
        for tracker in &mut self.trackers {
            if is_named(tracker) {
                tracker.spread = Spread::Common;
            }
            tracker.is_used = is_named(tracker) || (is_necessary(tracker) && !names_the_necessary);
        }
        self.is_whole = self.trackers.iter().all(|tracker| tracker.is_used || is_necessary(tracker));
        self.pursued = asked::of(&self.trackers);
        self.offer = self.offered(&Controller::default(), &[]);
        self
    }

    /// The same catalogue, where tags that heed Google's signals are loaded before an answer: those of the trackers that
    /// the site uses, and no others. Whoever has answered is served as before, so it is no part of the offer.
    #[must_use]
    pub fn advanced(mut self) -> Self {
        let heeds = |tracker: &Tracker| tracker.is_used && tracker.consent_mode == ConsentMode::Heeded;
        for tracker in self.trackers.iter_mut().filter(|tracker| heeds(tracker)) {
            tracker.consent_mode = ConsentMode::Unasked;
        }
        self
    }

    /// Is anything loaded before an answer?
    pub fn runs_unasked(&self) -> bool {
        self.trackers.iter().any(|tracker| tracker.consent_mode == ConsentMode::Unasked)
    }

    /// The same catalogue with an [offer](Catalog::offer) of whoever has that name. What the operator of a site with these
    /// hosts vouches for belongs to it, and visitors are told of it.
    #[must_use]
    pub fn asked_by(mut self, controller: &str, allow: &[Allow], hosts: &[String]) -> Self {
        let controller = Controller::named(controller);
        self.pursued = allow.iter().fold(self.pursued, |pursued, rule| pursued.with(rule.category));
        self.offer = self.offered(&controller, allow);
        self.stamps = self.trackers.iter().map(|tracker| offer::stamp(tracker, &controller)).collect();
        self.vouched = allow.iter().map(|rule| Vouched::of(rule, &self, hosts)).collect();
        self
    }

    /// What the site's operator vouches for, in the order of the settings.
    pub fn vouched(&self) -> &[Vouched] {
        &self.vouched
    }

    /// What visitors are asked to agree to, in substance.
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Name and substance of one tracker of it, and who asks, in [`STAMP_BITS`].
    pub fn stamp(&self, id: TrackerId) -> u64 {
        self.stamps[id.index()]
    }

    /// Can every tracker be agreed to on this site?
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The trackers that the site uses, in the catalogue's order: what visitors are told of.
    pub fn used(&self) -> impl DoubleEndedIterator<Item = &Tracker> {
        self.trackers.iter().filter(|tracker| tracker.is_used)
    }

    /// Every tracker, in the catalogue's order.
    pub fn trackers(&self) -> impl DoubleEndedIterator<Item = &Tracker> {
        self.trackers.iter()
    }

    /// The tracker of that id, which must come from this catalogue.
    pub fn tracker(&self, id: TrackerId) -> &Tracker {
        &self.trackers[id.index()]
    }

    /// The tracker of that stable name.
    pub fn named(&self, name_id: &str) -> Option<&Tracker> {
        self.index.named(name_id).map(|id| self.tracker(id))
    }

    /// The tracker that answers on `host` (lower case, no port) at `path`. A rule with paths wins over one
    /// without, the longest path wins, then the host that says more; allocates nothing.
    pub fn host(&self, host: &str, path: &str) -> Option<&Tracker> {
        self.index.host(host, path).map(|id| self.tracker(id))
    }

    /// The tracker that sets a cookie of that name on the site itself. The exact name wins, then the longest start, then
    /// the longest end; allocates nothing.
    pub fn cookie(&self, name: &str) -> Option<&Tracker> {
        self.cookie_bytes(name.as_bytes())
    }

    /// As [`Catalog::cookie`], for a name as it stands in a header: it need not be text.
    pub fn cookie_bytes(&self, name: &[u8]) -> Option<&Tracker> {
        self.index.cookie(name).map(|id| self.tracker(id))
    }

    /// The tracker that keeps a storage key of that name, by the same rules as [`Catalog::cookie`].
    pub fn storage(&self, key: &str) -> Option<&Tracker> {
        self.index.storage(key.as_bytes()).map(|id| self.tracker(id))
    }

    /// The tracker whose links carry a query parameter of that (decoded) name, by the same rules.
    pub fn parameter_bytes(&self, name: &[u8]) -> Option<&Tracker> {
        self.index.parameter(name).map(|id| self.tracker(id))
    }

    /// The tracker whose own request this is on whatever host, and whether the rule that says so is about scripts
    /// ([`OwnRule`]). Path and parameters are compared percent-decoded, with their case; of parameters of one name any may
    /// fit. Of several rules the one that says most decides, then the later tracker. Allocates only for encoded long paths.
    pub fn own(&self, sent: Sent<'_>) -> Option<(&Tracker, bool)> {
        self.own.find(sent).map(|(id, is_script)| (self.tracker(id), is_script))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::{Choice, Consent, Day};

    fn built_in() -> Catalog {
        Catalog::new(Catalog::built_in().unwrap()).unwrap()
    }

    #[test]
    fn built_in_entries_are_sound_and_explained_in_two_languages() {
        for tracker in built_in().trackers() {
            let id = &tracker.name_id;
            for language in ["nb", "en"] {
                assert!(tracker.purpose.contains_key(language), "{id} has no purpose in {language}");
            }
            assert!(tracker.source.starts_with("https://"), "{id} has no source");
            assert!(tracker.carries.iter().all(|id| built_in().named(id).is_some()), "{id}");
            assert!(
                tracker.provider.country.is_empty() == tracker.provider.privacy.is_empty(),
                "{id}: the provider is either the site itself or has a country and a privacy page"
            );
        }
    }

    #[test]
    fn no_two_built_in_trackers_claim_the_same() {
        let mut claims = std::collections::HashMap::new();
        for tracker in built_in().trackers() {
            let hosts = tracker.hosts.iter().flat_map(|rule| {
                let paths = if rule.paths.is_empty() { vec![String::new()] } else { rule.paths.clone() };
                paths.into_iter().map(|path| format!("host {}{path}", rule.host))
            });
            let cookies = tracker.cookies.iter().filter(|rule| rule.domain.is_empty());
            let cookies = cookies.map(|rule| format!("cookie {}", rule.name));
            let storage = tracker.storage.iter().map(|key| format!("storage {key}"));
            for claim in hosts.chain(cookies).chain(storage) {
                if let Some(other) = claims.insert(claim.clone(), tracker.name_id.clone()) {
                    panic!("{claim} is claimed by {other} and by {}", tracker.name_id);
                }
            }
        }
    }

    #[test]
    fn shared_hosts_are_told_apart_by_path() {
        let catalog = built_in();
        let owner = |host, path| catalog.host(host, path).map(|tracker| tracker.name_id.as_str());
        assert_eq!(owner("www.googletagmanager.com", "/gtag/js"), Some("google-tag"));
        assert_eq!(owner("www.googletagmanager.com", "/gtm.js"), Some("google-tag-manager"));
        assert_eq!(owner("www.googletagmanager.com", "/ns.html"), Some("google-tag-manager"));
        assert_eq!(owner("www.google.com", "/maps/embed"), Some("google-maps"));
        assert_eq!(owner("www.google.com", "/recaptcha/api.js"), Some("recaptcha"));
        assert_eq!(owner("www.gstatic.com", "/recaptcha/releases/x/recaptcha__no.js"), Some("recaptcha"));
        assert_eq!(owner("www.google.com", "/pagead/1p-user-list/1/"), Some("google-ads"));
        assert_eq!(owner("www.google.com", "/ccm/collect"), Some("google-ads"));
        assert_eq!(owner("www.google.com", "/search"), None);
        assert_eq!(owner("www.facebook.com", "/tr"), Some("meta-pixel"));
        assert_eq!(owner("www.facebook.com", "/plugins/page.php"), Some("facebook-plugins"));
        assert_eq!(owner("region1.google-analytics.com", "/g/collect"), Some("google-analytics"));
        assert_eq!(owner("notgoogle-analytics.com", "/"), None);
    }

    #[test]
    fn a_later_entry_with_the_same_id_overrides() {
        let mut entries = Catalog::built_in().unwrap();
        let count = entries.len();
        let mut own = entries.iter().find(|entry| entry.id == "hotjar").unwrap().clone();
        own.category = "necessary".into();
        own.hosts = vec![HostEntry::Whole("watch.shop.example".into())];
        entries.push(own);
        let catalog = Catalog::new(entries).unwrap();
        assert_eq!(catalog.trackers().count(), count);
        assert_eq!(catalog.named("hotjar").unwrap().category, Category::Necessary);
        assert!(catalog.host("static.hotjar.com", "/").is_none());
        assert!(catalog.host("watch.shop.example", "/").is_some());
    }

    #[test]
    fn only_trackers_in_use_are_told_of_and_the_necessary_always_are() {
        let catalog = built_in().using(&["hotjar".into()]);
        let asked = catalog.used().filter(|tracker| tracker.category != Category::Necessary);
        assert_eq!(asked.map(|tracker| tracker.name_id.as_str()).collect::<Vec<_>>(), ["hotjar"]);
        assert!(catalog.named("stripe").unwrap().is_used && !catalog.named("meta-pixel").unwrap().is_used);
        assert!(!catalog.is_whole() && built_in().is_whole());
        assert!(catalog.host("connect.facebook.net", "/").is_some(), "it is still recognised");
    }

    #[test]
    fn where_some_of_the_necessary_is_named_the_rest_works_untold() {
        let catalog = built_in().using(&["stripe".into()]);
        assert_eq!(catalog.used().map(|tracker| tracker.name_id.as_str()).collect::<Vec<_>>(), ["stripe"]);
        let granted = |id| Consent::none().grants(catalog.named(id).unwrap());
        assert!(granted("stripe") && granted("klarna") && !granted("hotjar"));
    }

    #[test]
    fn a_container_works_for_a_single_tracker_that_it_carries_and_for_no_other() {
        let catalog = built_in();
        let opened = |single: &str| {
            let trackers = [catalog.named(single).unwrap().id].into_iter().collect();
            let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
            let consent = Consent::from_choice(&choice, Day(20_000), None, &catalog);
            let asked = catalog.trackers().filter(|tracker| tracker.category != Category::Necessary);
            let granted = asked.filter(|tracker| consent.grants(tracker));
            granted.map(|tracker| tracker.name_id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(opened("google-analytics"), ["google-tag", "google-tag-manager", "google-analytics"]);
        assert_eq!(opened("google-ads"), ["google-tag", "google-tag-manager", "google-ads"]);
        for alone in ["google-tag", "youtube", "meta-pixel", "microsoft-clarity"] {
            assert_eq!(opened(alone), [alone]);
        }
    }

    #[test]
    fn cookies_of_another_domain_say_nothing_about_the_sites_own() {
        let catalog = built_in();
        let declared = catalog.trackers().flat_map(|tracker| &tracker.cookies);
        assert!(declared.into_iter().any(|rule| rule.name == "IDE" && rule.domain == "doubleclick.net"));
        assert!(catalog.cookie("IDE").is_none());
    }

    #[test]
    fn more_trackers_than_a_consent_can_name_are_refused() {
        let entry = Catalog::built_in().unwrap().remove(0);
        let entries =
            (0..=TrackerSet::TRACKERS_MAX).map(|n| TrackerEntry { id: format!("t{n}"), ..entry.clone() });
        let refused = Catalog::new(entries.collect());
        assert!(
            matches!(refused, Err(CatalogError::TooMany { count }) if count == TrackerSet::TRACKERS_MAX + 1)
        );
    }
}
