//! What a visit is worth, hour by hour: to each cell that it stands in it adds the same.

use super::super::cells::{Count, Few, Slots};
use super::super::deed::{Deed, Deeds};
use super::super::tally::LocalDay;
use super::super::veil::ValueId;
use super::{ENTRY, EXIT, IS_TOLD, NO_SCROLL, RecordKind, Sight, Visit};

/// What one hour, or one day, adds to every cell of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) slot: u8,
    /// Among them one visitor of the day and one of the hour, as if the visitor had been nowhere before.
    pub(super) few: Few,
    /// +1 where the visit comes into this hour's cells, −1 where it goes out again.
    pub(super) comes: i32,
    /// The same for the day's cells: not 0 only in the visit's first hour of the day.
    pub(super) comes_today: i32,
}

/// The deltas of a group of cells, by the hour and by the day.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) hours: Vec<Delta>,
    pub(super) days: Vec<Delta>,
}

impl Steps {
    pub(super) fn clear(&mut self) {
        self.hours.clear();
        self.days.clear();
    }

    fn at(&mut self, slot: u8) -> &mut Delta {
        let at = self.hours.iter().rposition(|delta| delta.slot == slot).unwrap_or_else(|| {
            self.hours.push(Delta { slot, few: Few::default(), comes: 0, comes_today: 0 });
            self.hours.len() - 1
        });
        &mut self.hours[at]
    }

    /// What is in `now` and was not in `was`.
    pub(super) fn set_since(&mut self, now: &Self, was: &Self) {
        let subtract = |to: &mut Vec<Delta>, now: &[Delta], was: &[Delta]| {
            to.clear();
            to.extend_from_slice(now);
            for old in was {
                let less = old.negated();
                match to.iter_mut().find(|delta| delta.slot == old.slot) {
                    Some(delta) => delta.add(&less),
                    None => to.push(less),
                }
            }
            to.retain(|delta| !delta.is_nothing());
        };
        subtract(&mut self.hours, &now.hours, &was.hours);
        subtract(&mut self.days, &now.days, &was.days);
    }

    /// What takes `was` back.
    pub(super) fn set_undo(&mut self, was: &Self) {
        self.clear();
        self.hours.extend(was.hours.iter().map(Delta::negated));
        self.days.extend(was.days.iter().map(Delta::negated));
    }

    /// Adds the hours up by their days.
    fn sum_days(&mut self, slots: &Slots) {
        for delta in &self.hours {
            let slot = slots.of_day(delta.slot);
            let of_day = Delta { slot, comes: 0, few: delta.few.of_day(), ..*delta };
            match self.days.iter_mut().find(|day| day.slot == slot) {
                Some(day) => day.add(&of_day),
                None => self.days.push(of_day),
            }
        }
    }
}

impl Delta {
    fn is_nothing(&self) -> bool {
        self.comes == 0 && self.comes_today == 0 && self.few.is_zero()
    }

    fn add(&mut self, other: &Self) {
        self.few += &other.few;
        self.comes += other.comes;
        self.comes_today += other.comes_today;
    }

    fn negated(&self) -> Self {
        Self { slot: self.slot, few: self.few.negated(), comes: -self.comes, comes_today: -self.comes_today }
    }
}

impl Visit {
    /// What it is worth in the cells of the visit as a whole.
    pub(super) fn whole_steps(&self, deeds: &Deeds, slots: &Slots, steps: &mut Steps) {
        let counted = |sight: &Sight| deeds.get(sight.deed).is_some_and(|deed| deed.kind().is_counted());
        let sights = (0..self.sights.len()).filter(|at| counted(&self.sights[*at]));
        self.collect(sights, deeds, slots, steps);
        if let Some(first) = steps.hours.first_mut() {
            let has_page = i32::from(self.exit() != ValueId::ABSENT);
            first.few[Count::Entries] = has_page;
            first.few[Count::Exits] = has_page;
            first.few[Count::Bounces] = i32::from(self.is_bounce());
            first.few[Count::Seconds] = self.seconds();
        }
        steps.sum_days(slots);
    }

    /// What it is worth in the cells of something it did, at these places among its sights.
    pub(super) fn thing_steps(
        &self,
        sights: &[(super::super::axis::Key, u32)],
        page: Option<ValueId>,
        (deeds, slots): (&Deeds, &Slots),
        steps: &mut Steps,
    ) {
        self.collect(sights.iter().map(|(_, at)| *at as usize), deeds, slots, steps);
        if let Some(page) = page.filter(|_| !steps.hours.is_empty()) {
            self.page_steps(page, deeds, steps);
        }
        steps.sum_days(slots);
    }

    /// What only cells of a page have.
    fn page_steps(&self, page: ValueId, deeds: &Deeds, steps: &mut Steps) {
        let Some(first) = self.sights.first() else { return };
        let (is_entry, is_exit) = (self.ids[ENTRY] == page.number(), self.ids[EXIT] == page.number());
        if is_entry || is_exit {
            let began = &mut steps.at(first.at).few;
            began[Count::Exits] = i32::from(is_exit);
            began[Count::Entries] = i32::from(is_entry);
            if is_entry {
                began[Count::Bounces] = i32::from(self.is_bounce());
                began[Count::Seconds] = self.seconds();
            }
        }
        if let Some(sight) = self.first_sight(deeds, page).map(|at| self.sights[at]) {
            let seen = &mut steps.at(sight.at).few;
            seen.engaged_ms = i64::from(sight.attention & !IS_TOLD);
            if sight.scroll != NO_SCROLL {
                seen.scrolled(sight.scroll);
            }
        }
    }

    /// Something happened; did the visitor do it?
    pub(super) fn happen(&mut self, at: i32, interactive: bool) {
        self.interactions = self.interactions.saturating_add(u8::from(interactive)).min(2);
        self.last = self.last.max(at);
        self.alive = at;
    }

    /// A visit bounces until its second interactive event.
    const fn is_bounce(&self) -> bool {
        self.interactions < 2
    }

    /// From the first thing to the last, whoever did it; a bounce has no duration.
    fn seconds(&self) -> i32 {
        if self.is_bounce() { 0 } else { self.last.saturating_sub(self.began) / 1000 }
    }

    /// Adds up sights by their hours, and notes where the visit comes into a day.
    fn collect(&self, sights: impl Iterator<Item = usize>, deeds: &Deeds, slots: &Slots, steps: &mut Steps) {
        steps.clear();
        for at in sights {
            let sight = self.sights[at];
            let Some(kind) = deeds.get(sight.deed).map(Deed::kind) else { continue };
            let delta = steps.at(sight.at);
            let times = i32::from(sight.times);
            delta.few[Count::Events] += times;
            if kind.is_view() {
                delta.few[Count::Views] += times;
            }
            let money = self.extra.iter().flat_map(|extra| &extra.money);
            for money in money.filter(|money| money.sight as usize == at) {
                delta.few.earn(money.thousandths, money.orders);
            }
        }
        let is_visit = i32::from(self.kind == RecordKind::Visit);
        let mut days: [Option<LocalDay>; 4] = [None; 4];
        for (at, delta) in steps.hours.iter_mut().enumerate() {
            let day = slots.get(delta.slot).day;
            delta.comes = 1;
            delta.few[Count::VisitorsHour] = 1;
            delta.few[Count::VisitsHour] = is_visit;
            let Some(free) =
                days.iter_mut().take_while(|known| **known != Some(day)).find(|known| known.is_none())
            else {
                continue;
            };
            *free = Some(day);
            delta.comes_today = 1;
            delta.few[Count::Visitors] = 1;
            if at == 0 {
                delta.few[Count::Visits] = is_visit;
            } else {
                delta.few[Count::Carried] = is_visit;
            }
        }
    }
}
