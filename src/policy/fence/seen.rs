//! What a site's pages were seen to load, and the fences that are made with it.
//!
//! A header has no space for every host of a category ([`FENCE_BYTES_MAX`](super::FENCE_BYTES_MAX)). What the pages name
//! comes first, then what is necessary somewhere and was never seen here, then what browsers say was stopped, then the
//! rest. Anybody can make a report up: so none pushes a payment out, and one of a necessary tracker always finds room.
//! This changes an order, never what is open.
//!
//! One thing it opens: a host that nobody knows, for the category that the shop's own tag is marked with. The fence is
//! sent before the page is read, so a mark opens it from the next page on. A mark never opens anything before a choice:
//! what is necessary has to be vouched for in the settings.

use std::collections::{BTreeMap, BTreeSet};

use super::rare::Opened;
use super::sources::Rank;
use super::{Fence, NO_PAGE, Policy};
use crate::policy::advice::{Class, Thing};
use crate::policy::catalog::{Catalog, Tracker, TrackerId, host_matches};
use crate::policy::consent::{CategorySet, Consent, TrackerSet};

/// Most hosts of tags kept, and most with marks. A page of a shop names some dozens. Of reports one host of each tracker
/// is kept, so that the catalogue bounds them.
const HOSTS_MAX: usize = 256;

/// What a report calls what stopped a frame, whatever directive of the policy says so (CSP Level 3 section 6.1.5).
pub const FRAMES: &str = "frame-src";

/// How a host was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// A tag of a page names it; what such tags are marked with, if they are.
    Tag(CategorySet),
    /// A browser says that the fence stopped it.
    Report,
    /// A browser says that the fence stopped a frame of it. It changes no fence.
    Frame,
}

/// Hosts that were seen, each once: lower case, no port.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    in_tags: BTreeSet<Box<str>>,
    reported: BTreeSet<Box<str>>,
    /// Of frames, one of each embed.
    framed: BTreeSet<Box<str>>,
    marked: BTreeMap<Box<str>, CategorySet>,
    /// What is necessary in few shops, and was seen to be so here.
    rare: Opened,
}

/// The fences of a site, for pages on which no rule with paths holds, made with what was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Fences {
    seen: Seen,
    /// Trackers that own a host of a tag, and of a report.
    in_tags: TrackerSet,
    reported: TrackerSet,
    /// Those of which a frame was stopped, and for which a placeholder can stand in.
    embeds: Vec<TrackerId>,
    /// By [`CategorySet::state`]; where tags run before an answer, one more for who has given none.
    pub(super) of_states: Vec<Fence>,
}

impl Seen {
    /// Every sight again, for fences that are made anew.
    pub fn sights(&self) -> impl Iterator<Item = (&str, Sight)> {
        let tags = self.in_tags.iter().map(|host| (&**host, Sight::Tag(CategorySet::NECESSARY)));
        let marks = self.marked.iter().map(|(host, marks)| (&**host, Sight::Tag(*marks)));
        let reports = self.reported.iter().map(|host| (&**host, Sight::Report));
        let frames = self.framed.iter().map(|host| (&**host, Sight::Frame));
        tags.chain(marks).chain(reports).chain(frames).chain(self.rare.sights())
    }

    /// Was this very host seen?
    pub(super) fn has(&self, host: &str) -> bool {
        self.in_tags.contains(host) || self.reported.contains(host)
    }

    /// Is there nothing new in this sight, or no room for it?
    fn knows(&self, host: &str, sight: Sight) -> bool {
        match sight {
            Sight::Tag(CategorySet::NECESSARY) => {
                self.in_tags.contains(host) || self.in_tags.len() >= HOSTS_MAX
            }
            Sight::Tag(marks) => match self.marked.get(host) {
                Some(known) => known.includes(marks),
                None => self.marked.len() >= HOSTS_MAX,
            },
            Sight::Report => self.reported.contains(host),
            Sight::Frame => self.framed.contains(host),
        }
    }
}

impl Fences {
    /// What was seen so far.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The rare services that are open.
    pub(super) fn rare(&self) -> &Opened {
        &self.seen.rare
    }

    /// The states in which sources find no space, each with how many.
    pub fn crowded_states(&self) -> impl Iterator<Item = (CategorySet, usize)> {
        let states = CategorySet::every().into_iter().zip(&self.of_states);
        states.map(|(state, fence)| (state, fence.sources_left_out)).filter(|(_, left_out)| *left_out > 0)
    }

    /// Was a frame of an embed stopped, as browsers report, that this consent does not cover? Those in the markup are held before
    /// a browser asks for them: so a script made it.
    pub fn refuse_embeds(&self, consent: &Consent, catalog: &Catalog) -> bool {
        self.embeds.iter().any(|id| !consent.lets_run(catalog.tracker(*id)))
    }

    /// Where the hosts of a tracker stand, of three ranks: that of what a tag names, of what a browser reports, of the rest.
    pub(super) fn rank(&self, tracker: &Tracker, [in_tags, reported, rest]: [Rank; 3]) -> Rank {
        if self.in_tags.contains(tracker.id) {
            in_tags
        } else if self.reported.contains(tracker.id) {
            reported
        } else {
            rest
        }
    }

    /// Hosts that a mark opens under this consent, if nobody knows them.
    pub(super) fn marked(&self, consent: &Consent) -> impl Iterator<Item = &str> {
        let granted = consent.categories();
        let is_open = move |marks: &CategorySet| marks.and(granted) != CategorySet::NECESSARY;
        self.seen.marked.iter().filter(move |(_, marks)| is_open(marks)).map(|(host, _)| &**host)
    }
}

impl Policy {
    /// The fences of a site of which nothing was seen yet.
    pub fn fences(&self) -> Fences {
        let mut fences = Fences::default();
        self.make_fences(&mut fences);
        fences
    }

    /// The fences after these sights; `None` when there is no news in them.
    pub fn learned(&self, fences: &Fences, sights: &[(&str, Sight)]) -> Option<Fences> {
        if self.know(fences, sights) {
            return None;
        }
        let mut next = fences.clone();
        let mut has_changed = false;
        for (host, sight) in sights {
            has_changed |= self.learn(&mut next, host, *sight);
        }
        if has_changed {
            self.make_fences(&mut next);
        }
        Some(next)
    }

    /// Is there nothing new for these fences in these sights, or no room for it?
    pub fn know(&self, fences: &Fences, sights: &[(&str, Sight)]) -> bool {
        sights.iter().all(|(host, sight)| self.knows(fences, host, *sight))
    }

    fn knows(&self, fences: &Fences, host: &str, sight: Sight) -> bool {
        match self.rare_service(host, sight) {
            Some(service) => fences.seen.rare.knows(service, sight),
            None if sight == Sight::Frame => self.new_embeds(fences, host).next().is_none(),
            None => fences.seen.knows(host, sight),
        }
    }

    /// The rare service that this sight is of. A mark opens what nobody knows, and nothing else; a frame opens nothing.
    pub(super) fn rare_service(&self, host: &str, sight: Sight) -> Option<&Tracker> {
        let is_mark = matches!(sight, Sight::Tag(marks) if marks != CategorySet::NECESSARY);
        if is_mark || sight == Sight::Frame { None } else { self.rare(host) }
    }

    /// Embeds that have this host, and of which no frame was known to be stopped.
    fn new_embeds(&self, fences: &Fences, host: &str) -> impl Iterator<Item = TrackerId> {
        let is_new = |tracker: &&Tracker| {
            tracker.embed && tracker.is_used && !fences.embeds.contains(&tracker.id) && owns(tracker, host)
        };
        self.catalog.trackers().filter(is_new).map(|tracker| tracker.id)
    }

    /// Takes one sight in. Can it change a fence?
    fn learn(&self, fences: &mut Fences, host: &str, sight: Sight) -> bool {
        if self.knows(fences, host, sight) {
            return false;
        }
        if let Some(service) = self.rare_service(host, sight) {
            fences.seen.rare.open(service, (host, sight), &self.catalog);
            return true;
        }
        let (hosts, trackers) = match sight {
            Sight::Tag(CategorySet::NECESSARY) => (&mut fences.seen.in_tags, &mut fences.in_tags),
            Sight::Tag(marks) => {
                let known = fences.seen.marked.entry(host.into()).or_insert(CategorySet::NECESSARY);
                *known = known.or(marks);
                return self.is_unknown(host);
            }
            Sight::Report => (&mut fences.seen.reported, &mut fences.reported),
            Sight::Frame => {
                let new: Vec<_> = self.new_embeds(fences, host).collect();
                fences.embeds.extend(new);
                fences.seen.framed.insert(host.into());
                return false;
            }
        };
        let mut is_news = false;
        for owner in self.catalog.trackers().filter(|tracker| owns(tracker, host)) {
            is_news |= sight != Sight::Report || !trackers.contains(owner.id) || is_bare(owner, host);
            trackers.insert(owner.id);
        }
        is_news && hosts.insert(host.into())
    }

    /// Is this a host that neither the settings nor the catalogue speak of?
    pub(super) fn is_unknown(&self, host: &str) -> bool {
        matches!(self.advice(Thing::Host, host).class, Class::Unknown)
    }

    fn make_fences(&self, fences: &mut Fences) {
        let undecided = self.catalog.runs_unasked().then(|| Consent::none().before_answer());
        let consents = self.states().chain(undecided);
        fences.of_states = consents.map(|consent| self.make_fence(fences, &consent, NO_PAGE)).collect();
    }
}

/// Is it the domain itself of which a tracker has all that is below?
fn is_bare(tracker: &Tracker, host: &str) -> bool {
    tracker.hosts.iter().any(|rule| rule.host.strip_prefix("*.") == Some(host))
}

fn owns(tracker: &Tracker, host: &str) -> bool {
    tracker.hosts.iter().any(|rule| host_matches(&rule.host, host))
}
