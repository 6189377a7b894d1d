//! The counter: hits in, sums out.

use std::sync::Arc;

use jiff::Timestamp;

use super::agent::Agents;
use super::place::Places;
use super::secret::Vault;
use super::site::{Around, Site};
use super::tally::{Name, Tally};
use super::{Hit, SiteIndex, SiteSettings};
use crate::clock::Entropy;

/// Counts the hits of all sites. It lives on one thread, knows no clock, and does no I/O but what `places` does.
///
/// Give it every hit with [`count`](Self::count), tell it the time now and then with [`advance`](Self::advance)
/// (once a minute is enough: it destroys the keys of days that are over), and take what is to
/// be written with [`drain`](Self::drain).
pub struct Counter {
    pub(super) sites: Vec<Site>,
    places: Arc<dyn Places>,
    entropy: Arc<dyn Entropy>,
    pub(super) vault: Arc<Vault>,
    agents: Agents,
    dropped: Dropped,
}

/// Sums that are handed on together ([`Counter::drain_in_parts`]): half a megabyte, which a processor's cache holds.
const PART: usize = 2048;

/// What was counted since the last drain: to be written, all of it, once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Sums to add to what is stored, in no order, none of them zero. After a midnight a cell may come twice.
    pub tallies: Vec<Tally>,
    /// Names of tokens that enough visitors had.
    pub names: Vec<Name>,
}

impl Drained {
    /// Was nothing drained?
    pub const fn is_empty(&self) -> bool {
        self.tallies.is_empty() && self.names.is_empty()
    }
}

/// How many hits were not counted, or not in full, and why; since the counter was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Came from a robot, or named no user agent.
    pub robots: u64,
    /// The visitor had not agreed, and the site counts nobody who did not.
    pub without_consent: u64,
    /// The visitor objects to being counted.
    pub objections: u64,
    /// Were told of as not to be counted by who made the hit.
    pub told: u64,
    /// Were the reload that follows an answer; the page was counted when it was first shown.
    pub reloads: u64,
    /// Too many cells waited for a drain.
    pub full: u64,
    /// Too many visitors were there: counted as page views, without a visit.
    pub visits: u64,
    /// A value was counted as "(other)", because there were too many.
    pub folded: u64,
    /// Belonged to no site.
    pub unknown_site: u64,
}

impl Dropped {
    /// The reasons by name, for metrics.
    pub const fn by_reason(&self) -> [(&'static str, u64); 9] {
        [
            ("robot", self.robots),
            ("without_consent", self.without_consent),
            ("objection", self.objections),
            ("told", self.told),
            ("reload", self.reloads),
            ("cells_full", self.full),
            ("visits_full", self.visits),
            ("value_folded", self.folded),
            ("unknown_site", self.unknown_site),
        ]
    }
}

impl Counter {
    /// A counter for these sites; [`SiteIndex`] is the place in the list.
    pub fn new(sites: Vec<SiteSettings>, places: Arc<dyn Places>, entropy: Arc<dyn Entropy>) -> Self {
        let sites = sites.into_iter().map(Site::new).collect();
        Self {
            sites,
            places,
            entropy,
            vault: Vault::open(),
            agents: Agents::new(),
            dropped: Dropped::default(),
        }
    }

    /// Counts a hit, at its own time. Its address is forgotten before this returns. Hits should come in the order of
    /// their time: one that is late is counted at the time of the latest of its site; one that is more than ten minutes
    /// late means that the clock was set back, and time goes on from there.
    pub fn count(&mut self, hit: Hit) {
        let SiteIndex(site) = hit.site;
        let Some(site) = self.sites.get_mut(usize::from(site)) else {
            self.dropped.unknown_site += 1;
            return;
        };
        let mut around = Around {
            places: &*self.places,
            agents: &mut self.agents,
            entropy: &*self.entropy,
            vault: &self.vault,
            dropped: &mut self.dropped,
        };
        site.count(&hit, &mut around);
        drop(hit);
    }

    /// Moves time to `now`: draws new keys where midnight passed, destroys those of the day before 31 minutes later,
    /// forgets who was seen on days that are over.
    pub fn advance(&mut self, now: Timestamp) {
        for site in &mut self.sites {
            let mut around = Around {
                places: &*self.places,
                agents: &mut self.agents,
                entropy: &*self.entropy,
                vault: &self.vault,
                dropped: &mut self.dropped,
            };
            site.advance(now, &mut around);
        }
    }

    /// Takes the sums and names since the last drain.
    pub fn drain(&mut self) -> Drained {
        let mut drained = Drained::default();
        for site in &mut self.sites {
            site.drain_into(&mut drained, &mut self.dropped);
        }
        drained
    }

    /// Takes the memory of sums that are written: the next to be drained at once are put there.
    pub fn use_again(&mut self, mut room: Vec<Tally>) {
        room.clear();
        if let Some(site) = self.sites.first_mut() {
            site.use_again(room);
        }
    }

    /// Hands on the sums and names since the last drain, a few thousand at a time: so the same few pages of memory do
    /// for all of them.
    pub fn drain_in_parts(&mut self, mut hand_on: impl FnMut(&Drained)) {
        let mut part = Drained::default();
        let mut names = Vec::new();
        for site in &mut self.sites {
            site.drain_to(&mut self.dropped, &mut names, |tally| {
                part.tallies.push(tally);
                if part.tallies.len() == PART {
                    hand_on(&part);
                    part.tallies.clear();
                }
            });
        }
        part.names = names;
        if !part.is_empty() {
            hand_on(&part);
        }
    }

    /// How many sums wait for a drain, open visits aside. Where nobody waits for anything (an import), draining in time
    /// keeps hits from being dropped.
    pub fn waiting(&self) -> usize {
        self.sites.iter().map(Site::waiting).sum()
    }

    /// Do sums of a day that is over wait for a drain?
    pub fn has_closed(&self) -> bool {
        self.sites.iter().any(Site::has_closed)
    }

    /// What was not counted.
    pub const fn dropped(&self) -> &Dropped {
        &self.dropped
    }

    /// The names of its sites, in their order.
    pub fn site_names(&self) -> Vec<Arc<str>> {
        self.sites.iter().map(|site| site.settings.name.clone()).collect()
    }

    /// Where its keys stand, and what became of them.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// When the key of this site's present day was drawn, if that was after the day's beginning (the program had
    /// just started): visitors of that day who came before and after it count twice.
    pub fn rekeyed_at(&self, site: SiteIndex) -> Option<Timestamp> {
        self.sites.get(usize::from(site.0)).and_then(Site::rekeyed_at)
    }

    /// Takes new settings, after a reload. A site that keeps its name and its time zone keeps its day, its visits and
    /// its keys; what other sites had counted comes with the returned sums, which are to be written.
    pub fn replace_sites(&mut self, sites: Vec<SiteSettings>) -> Drained {
        let drained = self.drain();
        let mut old = std::mem::take(&mut self.sites);
        self.sites = sites
            .into_iter()
            .map(|settings| {
                let same = old.iter().position(|site| {
                    site.settings.name == settings.name && site.settings.time_zone == settings.time_zone
                });
                let Some(at) = same else { return Site::new(settings) };
                let mut site = old.swap_remove(at);
                site.set_settings(settings);
                site
            })
            .collect();
        drained
    }
}

#[cfg(test)]
mod drains;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fragments;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worked;
