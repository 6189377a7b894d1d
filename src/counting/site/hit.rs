//! What one hit does to its site: the address becomes a mark and a place and goes no further; from there on there are
//! ids.

use std::net::IpAddr;

use http::HeaderValue;
use http::uri::PathAndQuery;

use super::super::agent::Told;
use super::super::cells::{CellId, Cells, Slot};
use super::super::mark::Mark;
use super::super::place::Place;
use super::super::reload::Reloads;
use super::super::tally::{Dimension, Sums};
use super::super::veil::{Kind, ValueId, Veil};
use super::super::visit::{Scratch, Step, Traits, Visit};
use super::super::{Answer, Hit, HitKind, SiteSettings, Thresholds, WithoutConsent, scrub, source};
use super::{Around, Day, VISITS_MAX, Visitor};

/// A site while it counts one hit.
pub(super) struct Counting<'a, 'b> {
    pub(super) settings: &'a SiteSettings,
    pub(super) now: i64,
    pub(super) day: &'a mut Day,
    pub(super) yesterday: Option<&'a mut Day>,
    pub(super) veil: &'a Veil,
    pub(super) cells: &'a mut Cells,
    pub(super) reloads: &'a mut Reloads,
    pub(super) scratch: &'a mut Scratch,
    pub(super) around: &'a mut Around<'b>,
}

/// Who did something, and on which page.
#[derive(Clone, Copy)]
struct Act {
    mark: Mark,
    page: ValueId,
    slot: Slot,
}

impl Counting<'_, '_> {
    /// Counts with a mark: visits and visitors.
    pub(super) fn visitor(&mut self, hit: &Hit) {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        let Some(mark) = self.mark(hit.address, user_agent) else {
            self.around.dropped.robots += 1;
            return;
        };
        let act = Act { mark, page: self.page(&hit.target), slot: self.day.slot(self.now) };
        match &hit.kind {
            HitKind::View { .. } if self.is_reload(act) => {
                self.around.dropped.reloads += 1;
                self.touch(mark);
            }
            HitKind::View { .. } => {
                if !self.step(act, Step::View) {
                    self.open(act, hit);
                }
            }
            HitKind::Answered { answer, reloads } => {
                self.count_answer(*answer);
                self.touch(mark);
                if *reloads {
                    self.expect_reload(act);
                }
            }
            HitKind::Event { interactive, .. } => {
                let step = if *interactive { Step::Interaction } else { Step::Background };
                if !self.step(act, step) {
                    self.count_loose(act.page, 0);
                }
            }
            HitKind::Engagement { .. } => self.touch(mark),
            HitKind::Failed { .. } | HitKind::Dropped { .. } => {}
        }
    }

    /// Counts without a mark: page views and events, nothing else.
    pub(super) fn nobody(&mut self, hit: &Hit) {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        if matches!(self.around.agents.read(user_agent), Told::Robot(_)) {
            self.around.dropped.robots += 1;
            return;
        }
        let page = self.page(&hit.target);
        match &hit.kind {
            HitKind::View { .. } if self.reloads.take(None, page, self.now) => {
                self.around.dropped.reloads += 1
            }
            HitKind::View { .. } => {
                self.count_loose(page, 1);
                self.day.values.had_by_view(page);
            }
            HitKind::Answered { answer, reloads } => {
                self.count_answer(*answer);
                if *reloads {
                    self.reloads.expect(None, page, self.now);
                }
            }
            HitKind::Event { .. } => self.count_loose(page, 0),
            HitKind::Engagement { .. } | HitKind::Failed { .. } | HitKind::Dropped { .. } => {}
        }
    }

    /// The mark of the day; of robots none is made. A visit that was open under yesterday's mark goes on under it.
    fn mark(&mut self, address: IpAddr, user_agent: &[u8]) -> Option<Mark> {
        let mark = self.day.key.mark(address, user_agent);
        // A mark that is known is no robot's: it was made from the same user agent.
        if !self.day.visitors.contains_key(&mark) {
            if matches!(self.around.agents.read(user_agent), Told::Robot(_)) {
                return None;
            }
            if let Some(old) = self.yesterday.as_ref().map(|day| day.key.mark(address, user_agent)) {
                self.carry(old, mark);
            }
        }
        Some(mark)
    }

    fn page(&mut self, target: &PathAndQuery) -> ValueId {
        let path = scrub::page(target.path());
        self.day.values.text(self.veil, Kind::Page, &path, self.settings.k.text)
    }

    /// The visit of this mark, if one is going on.
    fn visit(&mut self, mark: Mark) -> Option<&mut Visit> {
        let visit = self.day.visitors.get_mut(&mark)?.visit.as_mut()?;
        visit.goes_on(self.now).then_some(visit)
    }

    /// Goes on with the visit of this mark, if one is going on.
    fn step(&mut self, act: Act, step: Step) -> bool {
        let now = self.now;
        let Some(visit) = self.visit(act.mark) else { return false };
        visit.step(now, act.slot, act.page, step);
        if !std::mem::replace(&mut visit.is_dirty, true) {
            self.day.dirty.push(act.mark);
        }
        true
    }

    fn touch(&mut self, mark: Mark) {
        let now = self.now;
        if let Some(visit) = self.visit(mark) {
            visit.touch(now);
        }
    }

    /// Is this view the second load of a page, caused by an answer?
    fn is_reload(&mut self, act: Act) -> bool {
        let counts_views = self.settings.without_consent == WithoutConsent::Views;
        self.reloads.take(Some(act.mark), act.page, self.now)
            || (counts_views && self.reloads.take(None, act.page, self.now))
    }

    /// Waits for the reload, if the load before was counted: in a visit, or without one.
    fn expect_reload(&mut self, act: Act) {
        if self.visit(act.mark).is_some_and(|visit| visit.has_seen(act.page)) {
            self.reloads.expect(Some(act.mark), act.page, self.now);
        } else if self.settings.without_consent == WithoutConsent::Views {
            self.reloads.expect(None, act.page, self.now);
        }
    }

    /// Opens a visit with this view.
    fn open(&mut self, act: Act, hit: &Hit) {
        if self.day.visitors.len() >= VISITS_MAX && !self.day.visitors.contains_key(&act.mark) {
            self.around.dropped.visits += 1;
            self.count_loose(act.page, 1);
            return;
        }
        let traits = self.traits(act.page, hit);
        let mut visit = Box::new(Visit::open(self.now, act.slot, traits));
        visit.is_dirty = true;
        let visitor = self.day.visitors.entry(act.mark).or_default();
        visitor.end(self.day.date, &mut self.day.values, self.cells, self.scratch);
        self.day.due.push_back((visit.due(), act.mark));
        visitor.visit = Some(visit);
        self.day.dirty.push(act.mark);
    }

    /// What stands for a visit as a whole, read from its first view.
    fn traits(&mut self, page: ValueId, hit: &Hit) -> Traits {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        let words = match self.around.agents.read(user_agent) {
            Told::Agent(agent) => [agent.device, agent.browser, agent.os],
            Told::Robot(name) => [name; 3],
        };
        let place: Place = self.around.places.place(hit.address);
        let (values, k) = (&mut self.day.values, &self.settings.k);
        let (query, own) = (hit.target.query(), &self.settings.hosts);
        let origin = source::origin(query, hit.referrer.as_ref(), hit.host.as_ref(), own);
        let source = match origin.source {
            source::Source::Known(name) => values.word(name),
            source::Source::Text(text) => values.text(self.veil, Kind::Source, &text, k.text),
        };
        let country = place.country().map_or(ValueId::NOT_SET, |country| values.word(country));
        let region = match place.region() {
            Some(region) => values.text(self.veil, Kind::Region, &region, k.region),
            None => ValueId::NOT_SET,
        };
        let [device, browser, os] = words.map(|word| values.word(word));
        Traits([page, page, source, country, region, device, browser, os])
    }

    /// Takes the visit that was open under yesterday's mark into today, if it goes on.
    fn carry(&mut self, old: Mark, mark: Mark) {
        let Some(yesterday) = self.yesterday.as_mut() else { return };
        let Some(Visitor { visit: Some(mut visit), past }) = yesterday.visitors.remove(&old) else { return };
        if !visit.goes_on(self.now) {
            return;
        }
        let (values, veil, k) = (&mut self.day.values, self.veil, &self.settings.k);
        let older = &yesterday.values;
        visit.carry(yesterday.date, past, |id| values.adopt(veil, older, id, |kind| needed(k, kind)));
        self.day.due.push_back((visit.due(), mark));
        self.day.visitors.insert(mark, Visitor { visit: Some(visit), past: Vec::new() });
    }

    /// Counts a view, or an event, that belongs to no visit.
    fn count_loose(&mut self, page: ValueId, views: i64) {
        let sums = Sums { views, events: 1, ..Sums::default() };
        self.add(CellId::TOTAL, &sums);
        self.add(CellId::one(Dimension::Page, page), &sums);
    }

    fn count_answer(&mut self, answer: Answer) {
        let word = self.day.values.word(match answer {
            Answer::Accepted => "accepted",
            Answer::Refused => "refused",
            Answer::Partial(_) => "partial",
            Answer::Withdrawn => "withdrawn",
        });
        self.add(CellId::one(Dimension::Choice, word), &Sums { events: 1, ..Sums::default() });
    }

    fn add(&mut self, cell: CellId, sums: &Sums) {
        let slot = self.day.slot(self.now);
        self.cells.add(slot.hour, slot.day, cell, sums);
    }
}

/// How many visitors of a day must have had a text of that kind.
fn needed(k: &Thresholds, kind: Kind) -> u32 {
    match kind {
        Kind::Page | Kind::Source => k.text,
        Kind::Region => k.region,
    }
}
