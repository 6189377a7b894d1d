//! Facets that visits of the day had before, by what they were read from: most visits bring nothing new, and of them no
//! word is looked up.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use http::HeaderValue;

use super::super::agent::AgentKey;
use super::super::cells::Folding;
use super::super::place::Place;
use super::super::{Hit, Standing};
use crate::policy::consent::Category;

/// The most user agents, places and origins, each, that are remembered in a day; others are read each time.
const MET_MAX: usize = 20_000;
/// One of three things is said of each of three categories.
const STANDINGS: usize = 27;
/// The categories that are asked about.
pub(super) const ASKED: [Category; 3] = [Category::Preferences, Category::Statistics, Category::Marketing];

/// What an origin is read from, as it is remembered: a hash under a key of this day. The texts themselves are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OriginKey(u64);

/// What the visits of one day had.
#[derive(Default)]
pub(super) struct Met {
    /// Agent and versions.
    agents: HashMap<AgentKey, [u32; 2], Folding>,
    /// Place and city.
    places: hashbrown::HashMap<Place, [u32; 2]>,
    /// Origin and referrer.
    origins: HashMap<OriginKey, [u32; 2], Folding>,
    hasher: RandomState,
    consents: [Option<u32>; STANDINGS],
}

impl Met {
    /// What a user agent was read as.
    pub(super) fn agent(&self, key: AgentKey) -> Option<[u32; 2]> {
        self.agents.get(&key).copied()
    }

    /// Remembers it.
    pub(super) fn remember_agent(&mut self, key: AgentKey, ids: [u32; 2]) {
        if self.agents.len() < MET_MAX {
            self.agents.insert(key, ids);
        }
    }

    /// What a place was counted as.
    pub(super) fn place(&self, place: &Place) -> Option<[u32; 2]> {
        self.places.get(place).copied()
    }

    /// Remembers it.
    pub(super) fn remember_place(&mut self, place: Place, ids: [u32; 2]) {
        if self.places.len() < MET_MAX {
            self.places.insert(place, ids);
        }
    }

    /// The key of what this hit's origin is read from.
    pub(super) fn origin_key(&self, hit: &Hit) -> OriginKey {
        let [referrer, host] =
            [&hit.referrer, &hit.host].map(|field| field.as_ref().map(HeaderValue::as_bytes));
        OriginKey(self.hasher.hash_one((hit.target.query(), referrer, host)))
    }

    /// What an origin was counted as.
    pub(super) fn origin(&self, key: OriginKey) -> Option<[u32; 2]> {
        self.origins.get(&key).copied()
    }

    /// Remembers it.
    pub(super) fn remember_origin(&mut self, key: OriginKey, ids: [u32; 2]) {
        if self.origins.len() < MET_MAX {
            self.origins.insert(key, ids);
        }
    }

    /// Forgets the origins: other settings read them in another way.
    pub(super) fn forget_origins(&mut self) {
        self.origins.clear();
    }

    /// What was answered, as a facet; nothing until it is put there.
    pub(super) fn consent(&mut self, standing: Standing) -> &mut Option<u32> {
        let digit = |category| match standing {
            Standing::Answered { granted, .. } if granted.contains(category) => 2,
            Standing::Answered { asked, .. } if asked.contains(category) => 1,
            Standing::Answered { .. } | Standing::Unanswered => 0,
        };
        &mut self.consents[ASKED.into_iter().fold(0, |at, category| 3 * at + digit(category))]
    }
}
