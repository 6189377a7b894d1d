//! From a visit to sums: the difference between what a visit is worth and what of it was written.
//!
//! Every figure is `now · what it is − was · what was written`. With both at 1 that is the step to write; where the
//! exit page moved, the cells of the old page get `0 · … − 1 · …` (all that was written goes out again) and those
//! of the new one `1 · … − 0 · …` (all there is comes in).
//!
//! A visitor counts in a cell once a day and once an hour. Whether this visit is the first to bring its visitor into
//! a cell is read from the visitor's earlier visits of the day, which do not change any more; so the same question
//! has the same answer when a figure is taken back.

use super::super::cells::{CellId, Cells, Slot};
use super::super::tally::{Dimension, LocalDay, Sums};
use super::super::veil::{ValueId, Values};
use super::{Course, Figures, Past, Sight, Traits, Visit, bit};

/// What is read and written beside the visit.
pub(in super::super) struct Ledger<'a> {
    /// Where sums go.
    pub(in super::super) cells: &'a mut Cells,
    /// Where values learn how many visitors had them.
    pub(in super::super) values: &'a mut Values,
    /// The day that lasts.
    pub(in super::super) day: LocalDay,
    /// The same visitor's earlier visits of that day.
    pub(in super::super) past: &'a [Past],
    /// Room to work in, kept so that writing allocates nothing.
    pub(in super::super) scratch: &'a mut Scratch,
}

/// Room for the steps of one visit.
#[derive(Default)]
pub(in super::super) struct Scratch {
    since: Steps,
    undo: Steps,
    whole: Steps,
    pages: Vec<ValueId>,
}

/// Which part of a figure is meant; see the file's head.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    now: i64,
    was: i64,
}

impl Part {
    const SINCE: Self = Self { now: 1, was: 1 };
    const UNDO: Self = Self { now: 0, was: 1 };
    const WHOLE: Self = Self { now: 1, was: 0 };

    const fn of(self, now: i64, was: i64) -> i64 {
        self.now * now - self.was * was
    }

    const fn presence(self, now: bool, was: bool) -> i64 {
        self.of(now as i64, was as i64)
    }
}

/// What one hour, or one day, adds to every cell of a kind.
#[derive(Clone, Copy)]
struct Delta {
    slot: Slot,
    sums: Sums,
    /// +1 where the visit comes into this hour's cells, −1 where it goes out again.
    comes: i64,
    /// The same for the day's cells: not 0 only in the first hour of the day.
    comes_today: i64,
}

/// The deltas of a group of cells, by the hour and by the day.
#[derive(Default)]
struct Steps {
    hours: Vec<Delta>,
    days: Vec<Delta>,
}

impl Visit {
    /// Writes what is not written yet.
    pub(in super::super) fn write(&mut self, ledger: &mut Ledger<'_>) {
        let has_moved = self.written.is_counted && self.written.exit != self.course().exit;
        let mut scratch = std::mem::take(ledger.scratch);
        self.write_whole(ledger, &mut scratch, has_moved);
        self.write_pages(ledger, &mut scratch, has_moved);
        *ledger.scratch = scratch;
        self.written = self.course();
        for activity in &mut self.activities {
            activity.written = activity.now;
        }
        for sight in &mut self.sights {
            sight.written = sight.now;
        }
        self.is_dirty = false;
    }

    /// The cells of the visit as a whole.
    fn write_whole(&self, ledger: &mut Ledger<'_>, scratch: &mut Scratch, has_moved: bool) {
        let Scratch { since, undo, whole, .. } = scratch;
        self.whole_steps(Part::SINCE, since);
        if has_moved {
            self.whole_steps(Part::UNDO, undo);
            self.whole_steps(Part::WHOLE, whole);
        }
        let mut emit = Emit { visit: self, ledger };
        emit.hourly(&since.hours, CellId::TOTAL, |past| past.hours);
        for (at, dimension) in Traits::DIMENSIONS.into_iter().enumerate() {
            let mut one = |steps: &Steps, value: ValueId| {
                let is_in = |past: &Past| if past.traits.0[at] == value { past.hours } else { 0 };
                emit.hourly(&steps.hours, CellId::one(dimension.clone(), value), is_in)
            };
            if at == Traits::EXIT && has_moved {
                one(undo, self.written.exit);
                one(whole, self.traits.exit());
                continue;
            }
            let visitors = one(since, self.traits.0[at]);
            if matches!(dimension, Dimension::Source | Dimension::Region) {
                emit.ledger.values.had_by_visitors(self.traits.0[at], visitors);
            }
        }
        for a in 0..Traits::DIMENSIONS.len() {
            for b in a + 1..Traits::DIMENSIONS.len() {
                let mut pair = |steps: &Steps, traits: &Traits| {
                    let (x, y) = (traits.0[a], traits.0[b]);
                    let cell =
                        CellId::pair((Traits::DIMENSIONS[a].clone(), x), (Traits::DIMENSIONS[b].clone(), y));
                    let is_in = |past: &Past| {
                        if past.traits.0[a] == x && past.traits.0[b] == y { past.hours } else { 0 }
                    };
                    emit.daily(&steps.days, cell, is_in);
                };
                if has_moved && (a == Traits::EXIT || b == Traits::EXIT) {
                    pair(undo, &self.traits_written());
                    pair(whole, &self.traits);
                } else {
                    pair(since, &self.traits);
                }
            }
        }
    }

    /// The cells of the pages it saw.
    fn write_pages(&self, ledger: &mut Ledger<'_>, scratch: &mut Scratch, has_moved: bool) {
        let Scratch { since, undo, whole, pages } = scratch;
        pages.clear();
        for sight in &self.sights {
            if !pages.contains(&sight.page) {
                pages.push(sight.page);
            }
        }
        for page in pages.drain(..) {
            self.page_steps(page, Part::SINCE, since);
            if has_moved {
                self.page_steps(page, Part::UNDO, undo);
                self.page_steps(page, Part::WHOLE, whole);
            } else if since.hours.is_empty() {
                continue;
            }
            let mut emit = Emit { visit: self, ledger };
            let visitors = emit.hourly(&since.hours, CellId::one(Dimension::Page, page), |p| p.saw(page));
            emit.ledger.values.had_by_visitors(page, visitors);
            for (at, dimension) in Traits::DIMENSIONS.into_iter().enumerate() {
                let mut pair = |steps: &Steps, value: ValueId| {
                    let cell = CellId::pair((Dimension::Page, page), (dimension.clone(), value));
                    let is_in = |past: &Past| if past.traits.0[at] == value { past.saw(page) } else { 0 };
                    emit.daily(&steps.days, cell, is_in);
                };
                if at == Traits::EXIT && has_moved {
                    pair(undo, self.written.exit);
                    pair(whole, self.traits.exit());
                } else {
                    pair(since, self.traits.0[at]);
                }
            }
        }
    }

    fn traits_written(&self) -> Traits {
        let mut traits = self.traits;
        traits.0[Traits::EXIT] = self.written.exit;
        traits
    }

    /// What a part of the visit adds to the cells of its traits.
    fn whole_steps(&self, part: Part, steps: &mut Steps) {
        steps.clear();
        let (now, was) = (self.course(), self.written);
        let mut day = None;
        for (at, activity) in self.activities.iter().enumerate() {
            let opens = day != Some(activity.slot.day);
            day = Some(activity.slot.day);
            let mut delta = Delta::of(activity.slot, activity.now, activity.written, part, opens);
            if at == 0 {
                delta.sums.visits = delta.comes;
                delta.sums.entries = delta.comes;
                delta.sums.exits = delta.comes;
                delta.sums.bounces = bounces(part, now, was);
                delta.sums.seconds = part.of(now.seconds, was.seconds);
            } else if opens {
                delta.sums.carried = delta.comes;
            }
            steps.push(delta);
        }
    }

    /// What a part of the visit adds to the cells of one page.
    fn page_steps(&self, page: ValueId, part: Part, steps: &mut Steps) {
        steps.clear();
        let (now, was) = (self.course(), self.written);
        let Some(first) = self.activities.first() else { return };
        let mut start = Delta::of(first.slot, Figures::default(), Figures::default(), part, false);
        start.sums.exits = part.presence(now.exit == page, was.is_counted && was.exit == page);
        if self.traits.entry() == page {
            start.sums.entries = part.presence(now.is_counted, was.is_counted);
            start.sums.bounces = bounces(part, now, was);
            start.sums.seconds = part.of(now.seconds, was.seconds);
        }
        steps.push(start);
        let mut day = None;
        for Sight { slot, now, written, .. } in self.sights.iter().filter(|sight| sight.page == page) {
            let opens = day != Some(slot.day);
            let mut delta = Delta::of(*slot, *now, *written, part, opens);
            match day {
                None => delta.sums.visits = delta.comes,
                Some(_) if opens => delta.sums.carried = delta.comes,
                Some(_) => {}
            }
            day = Some(slot.day);
            steps.push(delta);
        }
    }

    fn past<'a>(&'a self, ledger: &'a Ledger<'_>, day: LocalDay) -> &'a [Past] {
        if day == ledger.day {
            return ledger.past;
        }
        self.before.iter().find(|(before, _)| *before == day).map_or(&[], |(_, past)| past)
    }
}

fn bounces(part: Part, now: Course, was: Course) -> i64 {
    part.presence(now.is_bounce, was.is_counted && was.is_bounce)
}

impl Past {
    /// The hours in which it saw the page.
    fn saw(&self, page: ValueId) -> u32 {
        self.pages.iter().find(|(seen, _)| *seen == page).map_or(0, |(_, hours)| *hours)
    }
}

impl Delta {
    fn of(slot: Slot, now: Figures, was: Figures, part: Part, opens_day: bool) -> Self {
        let comes = part.presence(now.is_counted, was.is_counted);
        let sums = Sums {
            views: part.of(now.views, was.views),
            events: part.of(now.events, was.events),
            visits_hour: comes,
            ..Sums::default()
        };
        Self { slot, sums, comes, comes_today: if opens_day { comes } else { 0 } }
    }

    fn is_nothing(&self) -> bool {
        self.comes == 0 && self.sums.is_zero()
    }
}

impl Steps {
    fn clear(&mut self) {
        self.hours.clear();
        self.days.clear();
    }

    /// Adds an hour's delta, and to its day.
    fn push(&mut self, delta: Delta) {
        if delta.is_nothing() {
            return;
        }
        match self.hours.last_mut().filter(|hour| hour.slot == delta.slot) {
            Some(hour) => {
                hour.sums += &delta.sums;
                hour.comes += delta.comes;
                hour.comes_today += delta.comes_today;
            }
            None => self.hours.push(delta),
        }
        let mut of_day = delta;
        of_day.sums.visits_hour = 0;
        match self.days.last_mut().filter(|day| day.slot.day == delta.slot.day) {
            Some(day) => {
                day.sums += &of_day.sums;
                day.comes_today += of_day.comes_today;
            }
            None => self.days.push(of_day),
        }
    }
}

/// Writes deltas to cells.
struct Emit<'v, 'l, 'a> {
    visit: &'v Visit,
    ledger: &'l mut Ledger<'a>,
}

impl Emit<'_, '_, '_> {
    /// Adds to a cell kept by the hour. `is_in` gives the hours in which an earlier visit was in the cell. Returns
    /// how many visitors the present day's cell gained.
    fn hourly(&mut self, deltas: &[Delta], cell: CellId, is_in: impl Fn(&Past) -> u32) -> i64 {
        let mut gained = 0;
        for delta in deltas {
            let mut sums = delta.sums;
            if delta.comes != 0 {
                let past = self.visit.past(self.ledger, delta.slot.day);
                let hours = past.iter().fold(0, |hours, past| hours | is_in(past));
                sums.visitors = if hours == 0 { delta.comes_today } else { 0 };
                sums.visitors_hour = if hours & bit(delta.slot) == 0 { delta.comes } else { 0 };
            }
            if delta.slot.day == self.ledger.day {
                gained += sums.visitors;
            }
            self.ledger.cells.add(delta.slot.hour, delta.slot.day, cell, &sums);
        }
        gained
    }

    /// Adds to a cell kept by the day.
    fn daily(&mut self, deltas: &[Delta], cell: CellId, is_in: impl Fn(&Past) -> u32) {
        for delta in deltas {
            let mut sums = delta.sums;
            if delta.comes_today != 0 {
                let past = self.visit.past(self.ledger, delta.slot.day);
                let is_new = past.iter().all(|past| is_in(past) == 0);
                sums.visitors = if is_new { delta.comes_today } else { 0 };
            }
            self.ledger.cells.add(delta.slot.day_hour, delta.slot.day, cell, &sums);
        }
    }
}
