//! From a visit to sums: the difference between what it is worth and what it was worth when it was written last.
//!
//! Where the visit still stands in a cell, the cell gets what is new. Where it moved (to another exit page, to
//! another consent), the old cell gets everything back that was written, and the new one all there is.
//!
//! A visitor counts in a cell once a day and once an hour. Whether this visit is the first to bring its visitor into
//! a cell is read from the visitor's earlier visits, which do not change any more; so the same question has the same
//! answer when a figure is taken back. Most visits are their visitor's first: they add the same to a facet as a
//! whole. Of others the visitors are added cell by cell, and the rest to the facet.

use super::super::axis::{Axis, Key, Plan, VISIT_AXES};
use super::super::cells::{Cells, Count, Few, Member, Slots};
use super::super::deed::Deeds;
use super::super::facets::Facets;
use super::super::tally::LocalDay;
use super::super::veil::{ValueId, Values};
use super::past::{Past, Thing};
use super::steps::{Delta, Steps};
use super::{RecordKind, Visit, Visits};

/// What is read and written beside the visit.
pub(in super::super) struct Book<'a> {
    /// Where sums go.
    pub(in super::super) cells: &'a mut Cells,
    /// Where values learn how many visitors had them.
    pub(in super::super) values: &'a mut Values,
    pub(in super::super) facets: &'a Facets,
    pub(in super::super) deeds: &'a Deeds,
    pub(in super::super) slots: &'a Slots,
    pub(in super::super) plan: &'a Plan,
    /// The day that lasts.
    pub(in super::super) day: LocalDay,
}

/// Room for the steps of one visit, kept so that writing allocates nothing.
#[derive(Default)]
pub(in super::super) struct Scratch {
    now: Turn,
    was: Turn,
    since: Steps,
    undo: Steps,
}

/// One state of a visit, while it is written.
#[derive(Default)]
struct Turn {
    steps: Steps,
    /// The cells of what it did, each with the places of its sights, in order.
    things: Vec<(Key, u32)>,
}

impl Book<'_> {
    /// Writes a visit: what it is now, and what was written of it before.
    pub(in super::super) fn write(
        &mut self,
        visits: &Visits,
        now: &Visit,
        was: Option<&Visit>,
        scratch: &mut Scratch,
    ) {
        let earlier = visits
            .chain(now.before)
            .filter_map(|at| visits.get(at))
            .filter(|_| now.kind == RecordKind::Visit)
            .filter(|record| record.kind == RecordKind::Visit);
        let past = Past::of(earlier, self.deeds, self.slots);
        let mut writing = Writing { book: self, now, was, past: &past };
        if now.kind == RecordKind::Visit {
            writing.whole(scratch);
        }
        writing.things(scratch);
    }
}

/// A visit while it is written.
struct Writing<'w, 'b, 'v> {
    book: &'w mut Book<'b>,
    now: &'v Visit,
    was: Option<&'v Visit>,
    past: &'w Past<'v>,
}

impl Writing<'_, '_, '_> {
    /// The cells of the visit as a whole.
    fn whole(&mut self, scratch: &mut Scratch) {
        let Scratch { now, was, since, undo } = scratch;
        self.now.whole_steps(self.book.deeds, self.book.slots, &mut now.steps);
        was.steps.clear();
        if let Some(before) = self.was {
            before.whole_steps(self.book.deeds, self.book.slots, &mut was.steps);
        }
        let old = self.was.unwrap_or(self.now).ids;
        let ids = self.now.ids;
        let since = differ(&now.steps, &was.steps, old != ids, since, undo);
        self.plain(Key::TOTAL, &since.hours, None);
        for at in 0..VISIT_AXES.len() {
            if old[at] == ids[at] {
                self.axis(at, ids[at], &since.hours);
            } else {
                self.axis(at, old[at], &undo.hours);
                self.axis(at, ids[at], &now.steps.hours);
            }
        }
        let plan = self.book.plan;
        for (a, b) in plan.whole() {
            let (a, b) = (usize::from(*a), usize::from(*b));
            if old[a] == ids[a] && old[b] == ids[b] {
                self.axes((a, ids[a]), (b, ids[b]), &since.days);
            } else {
                self.axes((a, old[a]), (b, old[b]), &undo.days);
                self.axes((a, ids[a]), (b, ids[b]), &now.steps.days);
            }
        }
    }

    /// The cells of what it did.
    fn things(&mut self, scratch: &mut Scratch) {
        let Scratch { now, was, since, undo } = scratch;
        self.now.things(self.book.deeds, &mut now.things);
        was.things.clear();
        if let Some(before) = self.was {
            before.things(self.book.deeds, &mut was.things);
        }
        let has_moved = self.was.is_some_and(|was| was.ids != self.now.ids);
        let (mut new, mut old) = (&now.things[..], &was.things[..]);
        while let Some(key) = new.first().into_iter().chain(old.first()).map(|(key, _)| *key).min() {
            let of_new = new.iter().take_while(|(other, _)| *other == key).count();
            let of_old = old.iter().take_while(|(other, _)| *other == key).count();
            let page =
                (key.first().0 == Axis::PAGE && !key.is_pair()).then(|| ValueId::from_number(key.first().1));
            let lists = (self.book.deeds, self.book.slots);
            self.now.thing_steps(&new[..of_new], page, lists, &mut now.steps);
            was.steps.clear();
            if let Some(before) = self.was {
                before.thing_steps(&old[..of_old], page, lists, &mut was.steps);
            }
            if self.now.kind == RecordKind::Failures {
                now.steps.only_events();
                was.steps.only_events();
            }
            let since = differ(&now.steps, &was.steps, has_moved, since, undo);
            self.thing(key, since, undo, &now.steps);
            (new, old) = (&new[of_new..], &old[of_old..]);
        }
    }

    fn thing(&mut self, key: Key, since: &Steps, undo: &Steps, whole: &Steps) {
        let thing = self.past.thing(key, self.book.deeds, self.book.slots);
        if key.is_pair() {
            self.plain(key, &since.days, Some(&thing));
            return;
        }
        let (axis, id) = key.first();
        let gained = self.plain(key, &since.hours, Some(&thing));
        self.book.values.had_by_visitors(ValueId::from_number(id), gained);
        if key == Key::one(Axis::EVENT_NAME, ValueId::PAGEVIEW.number()) {
            return;
        }
        let (plan, ids) = (self.book.plan, self.now.ids);
        let old = self.was.unwrap_or(self.now).ids;
        for at in plan.with(axis) {
            let at = usize::from(*at);
            if old[at] == ids[at] {
                self.thing_and_axis(&thing, (at, ids[at]), &since.days);
            } else {
                self.thing_and_axis(&thing, (at, old[at]), &undo.days);
                self.thing_and_axis(&thing, (at, ids[at]), &whole.days);
            }
        }
    }

    /// Adds to one cell; returns how many visitors the present day's cell gained.
    fn plain(&mut self, cell: Key, deltas: &[Delta], thing: Option<&Thing>) -> i64 {
        let mut gained = 0;
        for delta in deltas {
            let mut few = delta.few;
            if delta.comes != 0 || delta.comes_today != 0 {
                let day = self.book.slots.get(delta.slot);
                let been = self.past.been(day.day, thing, |_| true);
                if been != 0 {
                    few[Count::Visitors] = 0;
                }
                if been & day.bit() != 0 {
                    few[Count::VisitorsHour] = 0;
                }
                gained += if day.day == self.book.day { i64::from(few[Count::Visitors]) } else { 0 };
            }
            self.book.cells.add(delta.slot, cell, &few);
        }
        gained
    }

    /// Adds to the cells of one axis, by the hour.
    fn axis(&mut self, at: usize, id: u32, deltas: &[Delta]) {
        let axis = VISIT_AXES[at];
        for delta in deltas {
            let slot = self.book.slots.get(delta.slot);
            let is_today = slot.day == self.book.day;
            if delta.comes == 0 || self.past.been(slot.day, None, |_| true) == 0 {
                self.book.cells.add(delta.slot, Key::one(axis, id), &delta.few);
                if is_today && delta.comes_today > 0 {
                    self.had(axis, id);
                }
                continue;
            }
            let mut rest = delta.few;
            rest[Count::Visitors] = 0;
            rest[Count::VisitorsHour] = 0;
            self.book.cells.add(delta.slot, Key::one(axis, id), &rest);
            for member in 0..members(axis) {
                let value = self.book.facets.value(axis, id, member);
                let been = self.past.been(slot.day, None, |past| self.value_of(past, at, member) == value);
                let visitors = if been == 0 { delta.comes_today } else { 0 };
                let visitors_hour = if been & slot.bit() == 0 { delta.comes } else { 0 };
                let Some(cell) = Member::of(axis, member, value).one() else { continue };
                self.correct(delta.slot, cell, visitors, visitors_hour);
                if is_today && opens_names(axis) {
                    self.book.values.had_by_visitors(value, i64::from(visitors));
                }
            }
            if delta.comes_today != 0 {
                self.correct_pairs((at, id), (at, id), delta, None);
            }
        }
    }

    /// Adds to the cells of two axes, by the day.
    fn axes(&mut self, (a, x): (usize, u32), (b, y): (usize, u32), deltas: &[Delta]) {
        let row = Key::pair((VISIT_AXES[a], x), (VISIT_AXES[b], y));
        self.daily(row, (a, x), (b, y), deltas);
    }

    fn daily(&mut self, row: Key, a: (usize, u32), b: (usize, u32), deltas: &[Delta]) {
        for delta in deltas {
            let day = self.book.slots.get(delta.slot).day;
            if delta.comes_today == 0 || self.past.been(day, None, |_| true) == 0 {
                self.book.cells.add(delta.slot, row, &delta.few);
                continue;
            }
            self.book.cells.add(delta.slot, row, &without_visitor(delta));
            self.correct_pairs(a, b, delta, None);
        }
    }

    /// Adds to the cells of something it did and an axis, by the day.
    fn thing_and_axis(&mut self, thing: &Thing, (at, id): (usize, u32), deltas: &[Delta]) {
        let row = Key::pair(thing.key.first(), (VISIT_AXES[at], id));
        for delta in deltas {
            let day = self.book.slots.get(delta.slot).day;
            if delta.comes_today == 0 || self.past.been(day, Some(thing), |_| true) == 0 {
                self.book.cells.add(delta.slot, row, &delta.few);
                continue;
            }
            self.book.cells.add(delta.slot, row, &without_visitor(delta));
            self.correct_pairs((at, id), (at, id), delta, Some(thing));
        }
    }

    /// Adds the visitor to those cells of two axes, or of a thing and an axis, where an earlier visit was not.
    fn correct_pairs(
        &mut self,
        (a, x): (usize, u32),
        (b, y): (usize, u32),
        delta: &Delta,
        thing: Option<&Thing>,
    ) {
        let day = self.book.slots.get(delta.slot).day;
        let (first, second) =
            thing.map_or((VISIT_AXES[a], VISIT_AXES[b]), |thing| (thing.key.first().0, VISIT_AXES[b]));
        let plan = self.book.plan;
        let is_turned = first > second;
        let of_day = self.book.slots.of_day(delta.slot);
        for (one, other) in plan.members(first.min(second), first.max(second)) {
            let (one, other) = if is_turned { (*other, *one) } else { (*one, *other) };
            let value = self.book.facets.value(VISIT_AXES[b], y, other);
            let (left, been) = if let Some(thing) = thing {
                let left = Member::of(first, 0, ValueId::from_number(thing.key.first().1));
                (left, self.past.been(day, Some(thing), |past| self.value_of(past, b, other) == value))
            } else {
                let left = self.book.facets.value(VISIT_AXES[a], x, one);
                let fits = |past: &Visit| {
                    self.value_of(past, a, one) == left && self.value_of(past, b, other) == value
                };
                (Member::of(first, one, left), self.past.been(day, None, fits))
            };
            if let Some(cell) = Member::pair(left, Member::of(second, other, value)).filter(|_| been == 0) {
                self.correct(of_day, cell, delta.comes_today, 0);
            }
        }
    }

    fn correct(&mut self, slot: u8, cell: Key, visitors: i32, visitors_hour: i32) {
        if visitors != 0 || visitors_hour != 0 {
            let few = Few::with([(Count::Visitors, visitors), (Count::VisitorsHour, visitors_hour)]);
            self.book.cells.add(slot, cell, &few);
        }
    }

    fn value_of(&self, visit: &Visit, at: usize, member: u8) -> ValueId {
        self.book.facets.value(VISIT_AXES[at], visit.ids[at], member)
    }

    /// A visitor who had none of the axis's values today has them now.
    fn had(&mut self, axis: Axis, id: u32) {
        for member in 0..if opens_names(axis) { members(axis) } else { 0 } {
            let value = self.book.facets.value(axis, id, member);
            self.book.values.had_by_visitors(value, 1);
        }
    }
}

/// Does a visitor bring values of this axis of visits nearer to their names? Pages are opened by being viewed, which
/// counts once, whatever a visit begins and ends with; all else is words.
const fn opens_names(axis: Axis) -> bool {
    matches!(axis, Axis::CITY | Axis::REFERRER | Axis::PLACE | Axis::ORIGIN)
}

/// What is new since the visit was written last; and, where it moved, what takes back what was written.
fn differ<'s>(
    now: &'s Steps,
    was: &Steps,
    has_moved: bool,
    since: &'s mut Steps,
    undo: &mut Steps,
) -> &'s Steps {
    undo.clear();
    if was.hours.is_empty() {
        return now;
    }
    since.set_since(now, was);
    if has_moved {
        undo.set_undo(was);
    }
    since
}

/// What the delta adds to cells of a day where its visitor was before.
fn without_visitor(delta: &Delta) -> Few {
    let mut few = delta.few;
    few[Count::Visitors] = 0;
    few
}

fn members(axis: Axis) -> u8 {
    u8::try_from(axis.members().len().max(1)).unwrap_or(1)
}

impl Visit {
    /// The cells of all it did, in order.
    fn things(&self, deeds: &Deeds, things: &mut Vec<(Key, u32)>) {
        things.clear();
        for (at, sight) in (0..).zip(&self.sights) {
            if let Some(deed) = deeds.get(sight.deed) {
                things.extend(deed.cells(sight.page).map(|cell| (cell, at)));
            }
        }
        things.sort_unstable();
    }
}

impl Steps {
    /// Leaves visitors and events only.
    fn only_events(&mut self) {
        for delta in self.hours.iter_mut().chain(&mut self.days) {
            let kept = [Count::Visitors, Count::VisitorsHour, Count::Events];
            delta.few = Few::with(kept.map(|count| (count, delta.few[count])));
        }
    }
}
