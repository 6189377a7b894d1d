//! Views, events, failures: what they are made of, and how they move a visit.

use std::sync::Arc;

use super::super::aims::Aims;
use super::super::axis::Axis;
use super::super::axis::Key;
use super::super::cells::{Count, Few};
use super::super::deed::{DeedKind, Made, NO_DEED, Trait};
use super::super::mark::Mark;
use super::super::properties::{Brought, is_key};
use super::super::veil::{FreeText, Kind, PAGEVIEW_WORD, ValueId};
use super::super::visit::{NO_VISIT, Step, Visit, Worth};
use super::super::{Hit, HitKind, PROPERTIES_MAX, Revenue, scrub};
use super::hit::{Counting, Page};
use super::{Reason, VISITS_MAX};

/// The longest name of an event, and the longest value of a property, that is told apart, in bytes; the rest is cut.
const TEXT_BYTES_MAX: usize = 300;
/// The most that one event can be worth, either way, in thousandths: a thousand million.
const REVENUE_MAX: i64 = 1_000_000_000_000;

/// An event's parts, in ids.
struct Told {
    deed: u32,
    aims: u32,
    worth: Worth,
    /// What it was worth in another currency.
    foreign: Option<(u32, Worth)>,
}

impl Counting<'_, '_> {
    /// Goes on with a visit: a page was shown in it.
    pub(super) fn go_on(&mut self, at: u32, step: Step, aims: u32) {
        self.day.keep(at);
        let Some(visit) = self.day.visits.get_mut(at) else { return };
        if visit.is_beyond() {
            visit.touch(step.at);
            self.loose(step.page, step.deed, Worth::default());
            return;
        }
        let from = Some(visit.exit()).filter(|exit| *exit != ValueId::ABSENT);
        let deed =
            if visit.is_full() { self.day.deeds.plainer(step.deed, &self.day.plan) } else { step.deed };
        visit.view(Step { deed, ..step }, &self.day.deeds);
        let (to, is_full) = (visit.exit(), visit.is_full());
        if let Some(from) = from {
            self.journey(at, step, from, to, is_full);
        }
        self.advance(at, step, aims);
    }

    /// One page followed another.
    fn journey(&mut self, at: u32, step: Step, from: ValueId, to: ValueId, is_full: bool) {
        let deed = self.day.deeds.next(to, &self.day.plan).filter(|_| !is_full);
        match (deed, self.day.visits.get_mut(at)) {
            (Some(deed), Some(visit)) => {
                visit.record(Step { deed, page: from, ..step });
            }
            _ => self.day.values.fold_one(),
        }
    }

    /// Takes the steps of funnels that are next in this visit.
    fn advance(&mut self, at: u32, step: Step, aims: u32) {
        if !self.day.aims.has_steps(aims) {
            return;
        }
        for funnel in 0..self.day.aims.funnels() {
            let Ok(number) = u16::try_from(funnel) else { return };
            let Some(visit) = self.day.visits.get(at) else { return };
            let reached = visit.reached(&self.day.deeds, number);
            let Some(name) = self.day.aims.next_step(aims, funnel, reached) else { continue };
            let name = self.day.values.word(&name);
            let kind = DeedKind::Step(number, reached + 1);
            let made = Made { kind, ones: vec![(Axis::FUNNEL, name)], goals: Vec::new() };
            if let (Some(deed), Some(visit)) =
                (self.day.deeds.id(made, &self.day.plan), self.day.visits.get_mut(at))
            {
                visit.record(Step { deed, page: ValueId::UNKNOWN, ..step });
            }
        }
    }

    /// Counts an event: the open visit goes on with it, or a new one begins.
    pub(super) fn event(&mut self, mark: Option<Mark>, page: Page<'_>, hit: &Hit) {
        let HitKind::Event { name, interactive, properties, revenue } = &hit.kind else { return };
        let told = self.told(name, properties, *revenue);
        let open = mark.and_then(|mark| self.visit(mark, hit));
        let visit = open.and_then(|at| self.day.visits.get(at).map(|visit| (at, visit.is_beyond())));
        if mark.is_none() {
            self.by_nobody(page.id, told.deed, told.worth);
        }
        let Some((at, false)) = visit else {
            if mark.is_some() {
                self.loose(page.id, told.deed, told.worth);
            }
            if let Some((deed, worth)) = told.foreign {
                self.loose(page.id, deed, worth);
            }
            return;
        };
        self.day.keep(at);
        let step = self.step(page.id, told.deed);
        let Some(visit) = self.day.visits.get_mut(at) else { return };
        let deed =
            if visit.is_full() { self.day.deeds.plainer(step.deed, &self.day.plan) } else { step.deed };
        visit.event(Step { deed, worth: told.worth, ..step }, *interactive);
        if let Some((deed, worth)) = told.foreign {
            visit.record(Step { deed, worth, page: ValueId::UNKNOWN, ..step });
        }
        self.advance(at, step, told.aims);
    }

    fn told(&mut self, name: &str, properties: &[(Arc<str>, Arc<str>)], revenue: Option<Revenue>) -> Told {
        let aims = self.day.aims.of_event(name);
        let mut ones = vec![(Axis::EVENT_NAME, self.event_name(name))];
        let goals = self.goals(aims);
        ones.extend_from_slice(&goals);
        self.add_properties(&mut ones, properties);
        ones.sort_unstable();
        let deed = self.deed(DeedKind::Event, ones, Vec::new()).unwrap_or(NO_DEED);
        let mut told = Told { deed, aims, worth: Worth::default(), foreign: None };
        if let Some(Revenue { thousandths, currency }) = revenue {
            let thousandths = thousandths.clamp(-REVENUE_MAX, REVENUE_MAX);
            let worth = Worth { thousandths, is_order: true };
            if currency == self.settings.currency {
                told.worth = worth;
            } else {
                let code = self.day.values.word(&String::from_utf8_lossy(&currency));
                let deed = self.deed(DeedKind::Money, vec![(Axis::CURRENCY, code)], goals);
                told.foreign = deed.map(|deed| (deed, worth));
            }
        }
        told
    }

    /// Each property once.
    fn add_properties(&mut self, ones: &mut Vec<Trait>, properties: &[(Arc<str>, Arc<str>)]) {
        for (key, value) in properties.iter().take(PROPERTIES_MAX) {
            if let Some(one) = self.property(key, value)
                && ones.iter().all(|(axis, _)| *axis != one.0)
            {
                ones.push(one);
            }
        }
    }

    fn event_name(&mut self, name: &str) -> ValueId {
        if name == PAGEVIEW_WORD {
            return ValueId::PAGEVIEW;
        }
        if self.day.aims.names(name) {
            return self.day.values.word(name);
        }
        let text = scrub::text(cut(name));
        self.text(Kind::EventName, text, self.settings.k.text)
    }

    fn goals(&mut self, aims: u32) -> Vec<Trait> {
        let values = &mut self.day.values;
        self.day.aims.goals(aims).map(|name| (Axis::GOAL, values.word(name))).collect()
    }

    /// A property of an event, unless its key is none or is not told apart (yet).
    fn property(&mut self, key: &str, value: &str) -> Option<Trait> {
        if value.is_empty() {
            return None;
        }
        let axis = if self.admits(key) { self.day.plan.property(key) } else { None };
        let Some((axis, at)) = axis.and_then(|axis| Some((axis, u8::try_from(axis.property()?).ok()?)))
        else {
            self.day.values.fold_one();
            return None;
        };
        let text = FreeText {
            kind: Kind::Property(at),
            key,
            text: scrub::text(cut(value)),
            k: self.settings.k.text,
            from: self.from,
        };
        Some((axis, self.day.values.text(self.veil, text)))
    }

    fn admits(&mut self, key: &str) -> bool {
        let brought = Brought { key, by: self.by, on: self.day.date, under: &self.day.key };
        is_key(key) && self.properties.admits(&brought, &self.settings.properties, self.settings.k.text)
    }

    /// The deed of a page view. Few have properties; that of the others is remembered.
    pub(super) fn view_deed(&mut self, status: u16, aims: u32, properties: &[(Arc<str>, Arc<str>)]) -> u32 {
        if properties.is_empty()
            && let Some(deed) = self.day.deeds.view(status, aims)
        {
            return deed;
        }
        let word = self.status(status);
        let mut ones = vec![(Axis::EVENT_NAME, ValueId::PAGEVIEW), (Axis::STATUS, word)];
        if aims != Aims::NONE {
            ones.extend(self.goals(aims));
        }
        self.add_properties(&mut ones, properties);
        ones.sort_unstable();
        let deed = self.deed(DeedKind::View, ones, Vec::new()).unwrap_or(NO_DEED);
        if word != ValueId::OTHER && properties.is_empty() {
            self.day.deeds.remember_view(status, aims, deed);
        }
        deed
    }

    /// The deed of a navigation that was answered with an error.
    pub(super) fn failed_deed(&mut self, status: u16) -> u32 {
        let status = self.status(status);
        self.deed(DeedKind::Failed, vec![(Axis::STATUS, status)], Vec::new()).unwrap_or(NO_DEED)
    }

    fn status(&mut self, status: u16) -> ValueId {
        let [hundreds, tens, ones] = [status / 100 % 10, status / 10 % 10, status % 10]
            .map(|digit| b'0' + u8::try_from(digit).unwrap_or(0));
        let digits = [hundreds, tens, ones];
        self.day.values.word(std::str::from_utf8(&digits).unwrap_or("000"))
    }

    fn deed(&mut self, kind: DeedKind, ones: Vec<Trait>, goals: Vec<Trait>) -> Option<u32> {
        if self.day.deeds.is_full() {
            self.day.values.fold_one();
        }
        self.day.deeds.id(Made { kind, ones, goals }, &self.day.plan)
    }

    /// A navigation failed: it is remembered with its visitor, who need not have a visit.
    pub(super) fn failed(&mut self, mark: Mark, page: Page<'_>, status: u16) {
        self.touch(mark);
        let deed = self.failed_deed(status);
        let Some(at) = self.failures(mark) else {
            self.loose(page.id, deed, Worth::default());
            return;
        };
        self.day.keep(at);
        let step = self.step(page.id, deed);
        if let Some(record) = self.day.visits.get_mut(at) {
            record.record(step);
        }
    }

    /// The record of this visitor's failures, if there is room for one.
    fn failures(&mut self, mark: Mark) -> Option<u32> {
        let visits = &self.day.visits;
        let is_it = |at: &u32| visits.get(*at).is_some_and(Visit::is_failures);
        let known = visits.latest(mark).and_then(|at| visits.chain(at).find(is_it));
        if let Some(at) = known {
            return visits.get(at).is_some_and(|record| !record.is_beyond()).then_some(at);
        }
        if visits.len() >= VISITS_MAX {
            self.drop(Reason::VisitsFull);
            return None;
        }
        Some(self.day.visits.push_before(Visit::failures(mark, NO_VISIT)))
    }

    /// Counts what belongs to no visit.
    pub(super) fn loose(&mut self, page: ValueId, deed: u32, worth: Worth) {
        let slot = self.day.slot(self.now);
        let Some(deed) = self.day.deeds.get(deed) else { return };
        let kind = deed.kind();
        let mut few = Few::with([(Count::Views, i32::from(kind.is_view())), (Count::Events, 1)]);
        few.earn(worth.thousandths, u32::from(worth.is_order));
        let of_day = self.day.slots.of_day(slot);
        if kind.is_counted() {
            self.cells.add(slot, Key::TOTAL, &few);
        }
        for cell in deed.cells(page) {
            self.cells.add(if cell.is_pair() { of_day } else { slot }, cell, &few);
        }
    }

    /// Counts what nobody in particular did: it brings its texts a little nearer to being readable.
    pub(super) fn by_nobody(&mut self, page: ValueId, deed: u32, worth: Worth) {
        self.loose(page, deed, worth);
        let Some(deed) = self.day.deeds.get(deed) else { return };
        for cell in deed.cells(page).filter(|cell| !cell.is_pair()) {
            self.day.values.had_by_view(ValueId::from_number(cell.first().1));
        }
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
