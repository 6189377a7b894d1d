//! What is necessary in few shops, and when its hosts stand in a fence.
//!
//! There are more ways to pay and to log in than a header has room for. Those that few shops have are marked (`rare` in the
//! catalogue), and their hosts stand in no fence until the site is seen to need them: a tag of its pages names one of them,
//! or a browser reports that the fence stopped one. One host opens every host of its service: what a payment's script loads
//! next would fail else. What the operator names is not rare ([`Catalog::using`]).
//!
//! Anybody can make a report up, and on some sites visitors write what pages name. So either kind has room of its own
//! beside what every fence holds, and the newest has it: a service that was pushed out is back with the next page that names
//! it, or the next report. A host that is in no list of what is necessary opens nothing.

use super::seen::{Fences, Sight};
use super::sources::Rank;
use crate::policy::Policy;
use crate::policy::catalog::{Catalog, HostRule, Tracker, TrackerId};
use crate::policy::consent::CategorySet;

/// Most bytes of sources of rare services that tags name: six or more of them.
const IN_TAGS_BYTES_MAX: usize = 512;
/// Most bytes of sources of those that only browsers report: three or more.
pub(in crate::policy) const REPORTED_BYTES_MAX: usize = 256;

/// The rare services that are open on a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    in_tags: Room,
    reported: Room,
}

/// Services with the host that opened each, the newest last.
#[derive(Clone, Debug, Default)]
struct Room(Vec<(TrackerId, Box<str>)>);

impl Room {
    fn has(&self, service: TrackerId) -> bool {
        self.0.iter().any(|(id, _)| *id == service)
    }

    /// Is there room for one more, without another's going?
    fn has_room(&self, service: &Tracker, (catalog, bytes_max): (&Catalog, usize)) -> bool {
        self.0.is_empty() || self.bytes(catalog) + sources_bytes(service) <= bytes_max
    }

    /// Lets one in. The oldest go until all that are left have room.
    fn open(&mut self, service: TrackerId, host: &str, (catalog, bytes_max): (&Catalog, usize)) {
        self.0.push((service, host.into()));
        while self.0.len() > 1 && self.bytes(catalog) > bytes_max {
            self.0.remove(0);
        }
    }

    fn bytes(&self, catalog: &Catalog) -> usize {
        self.0.iter().map(|(id, _)| sources_bytes(catalog.tracker(*id))).sum()
    }

    fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, host)| &**host)
    }
}

impl Opened {
    /// Every sight again, in its order.
    pub(super) fn sights(&self) -> impl Iterator<Item = (&str, Sight)> {
        let tags = self.in_tags.hosts().map(|host| (host, Sight::Tag(CategorySet::NECESSARY)));
        tags.chain(self.reported.hosts().map(|host| (host, Sight::Report)))
    }

    /// Does this sight of a service open nothing new?
    pub(super) fn knows(&self, service: &Tracker, sight: Sight) -> bool {
        self.in_tags.has(service.id) || (sight == Sight::Report && self.reported.has(service.id))
    }

    /// Would this sight of a closed service push another out?
    fn pushes_out(&self, service: &Tracker, sight: Sight, catalog: &Catalog) -> bool {
        let (room, bytes_max) = match sight {
            Sight::Report | Sight::Frame => (&self.reported, REPORTED_BYTES_MAX),
            Sight::Tag(_) => (&self.in_tags, IN_TAGS_BYTES_MAX),
        };
        !room.has_room(service, (catalog, bytes_max))
    }

    /// Opens a service by one of its hosts.
    pub(super) fn open(&mut self, service: &Tracker, (host, sight): (&str, Sight), catalog: &Catalog) {
        if sight == Sight::Report {
            return self.reported.open(service.id, host, (catalog, REPORTED_BYTES_MAX));
        }
        self.reported.0.retain(|(id, _)| *id != service.id);
        self.in_tags.open(service.id, host, (catalog, IN_TAGS_BYTES_MAX));
    }

    /// Where the hosts of a service stand; `None` while it is closed.
    pub(super) fn rank(&self, service: &Tracker) -> Option<Rank> {
        let is_named = self.in_tags.has(service.id).then_some(Rank::Needed);
        is_named.or_else(|| self.reported.has(service.id).then_some(Rank::NeededReported))
    }
}

impl Policy {
    /// Does this host (lower case, no port) belong to what is necessary in few shops? Then each sight of it may open that.
    pub fn is_rare(&self, host: &str) -> bool {
        self.rare(host).is_some()
    }

    /// Would news in these sights push something out of a fence? Whoever makes news up could do so without end.
    pub fn pushes_out(&self, fences: &Fences, sights: &[(&str, Sight)]) -> bool {
        sights.iter().any(|(host, sight)| {
            let service =
                self.rare_service(host, *sight).filter(|service| !fences.rare().knows(service, *sight));
            service.is_some_and(|service| fences.rare().pushes_out(service, *sight, &self.catalog))
        })
    }

    /// The rare service that has this host to itself: a path on another's host says nothing of a host that was seen.
    pub(super) fn rare(&self, host: &str) -> Option<&Tracker> {
        self.catalog.host(host, "/").filter(|tracker| tracker.is_rare())
    }
}

/// The bytes that the hosts of a tracker take in a fence, without bare domains.
pub(in crate::policy) fn sources_bytes(tracker: &Tracker) -> usize {
    let of_rule = |HostRule { host, paths, sockets }: &HostRule| {
        let of_scheme = |scheme: &str| {
            let whole = 1 + scheme.len() + host.len();
            // A path, and all that is below it.
            let of_paths = paths.iter().map(|path| 2 * (whole + path.len()) + 1);
            if paths.is_empty() { whole } else { of_paths.sum() }
        };
        of_scheme("") + if *sockets { of_scheme("wss://") } else { 0 }
    };
    tracker.hosts.iter().map(of_rule).sum()
}
