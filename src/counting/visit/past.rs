//! What a visitor's earlier visits did, and in which hours: asked for each cell that a visit stands in.

use smallvec::SmallVec;

use super::super::axis::Key;
use super::super::cells::Slots;
use super::super::deed::Deeds;
use super::super::tally::LocalDay;
use super::{Sight, Visit};

/// The earlier visits of one visitor. Most have none.
pub(super) struct Past<'v>(SmallVec<[Earlier<'v>; 2]>);

struct Earlier<'v> {
    visit: &'v Visit,
    /// When it did anything that counts.
    hours: Hours,
}

/// Something that a visit did.
pub(super) struct Thing {
    /// The cell it is counted in by itself.
    pub(super) key: Key,
    /// When each of the earlier visits did it, in their order.
    hours: SmallVec<[Hours; 2]>,
}

/// Hours, as bits of their day.
#[derive(Default)]
struct Hours(SmallVec<[(LocalDay, u32); 2]>);

impl<'v> Past<'v> {
    /// These visits.
    pub(super) fn of(visits: impl Iterator<Item = &'v Visit>, deeds: &Deeds, slots: &Slots) -> Self {
        let counts = |sight: &Sight| deeds.get(sight.deed).is_some_and(|deed| deed.kind().is_counted());
        Self(visits.map(|visit| Earlier { visit, hours: visit.hours(slots, counts) }).collect())
    }

    /// A thing, with when they did it.
    pub(super) fn thing(&self, key: Key, deeds: &Deeds, slots: &Slots) -> Thing {
        if self.0.is_empty() {
            return Thing { key, hours: SmallVec::new() };
        }
        let is_it = |sight: &Sight| {
            deeds.get(sight.deed).is_some_and(|deed| deed.cells(sight.page).any(|cell| cell == key))
        };
        Thing { key, hours: self.0.iter().map(|earlier| earlier.visit.hours(slots, is_it)).collect() }
    }

    /// The hours of a day, as bits, in which visits that fit did the thing, or anything.
    pub(super) fn been(&self, day: LocalDay, thing: Option<&Thing>, fits: impl Fn(&Visit) -> bool) -> u32 {
        let mut been = 0;
        for (at, earlier) in self.0.iter().enumerate() {
            let hours = thing.and_then(|thing| thing.hours.get(at)).unwrap_or(&earlier.hours).of(day);
            if hours & !been != 0 && fits(earlier.visit) {
                been |= hours;
            }
        }
        been
    }
}

impl Hours {
    fn of(&self, day: LocalDay) -> u32 {
        self.0.iter().find(|(known, _)| *known == day).map_or(0, |(_, hours)| *hours)
    }
}

impl Visit {
    /// The hours in which it did what fits.
    fn hours(&self, slots: &Slots, fits: impl Fn(&Sight) -> bool) -> Hours {
        let mut hours = Hours::default();
        for sight in self.sights.iter().filter(|sight| fits(sight)) {
            let slot = slots.get(sight.at);
            match hours.0.iter_mut().find(|(day, _)| *day == slot.day) {
                Some((_, of_day)) => *of_day |= slot.bit(),
                None => hours.0.push((slot.day, slot.bit())),
            }
        }
        hours
    }
}
