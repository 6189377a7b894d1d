//! What one hit does to its site: the address becomes a mark and a place and goes no further; from there on there are
//! ids.

use std::borrow::Cow;

use http::HeaderValue;

use super::super::agent::{AgentKey, Told};
use super::super::axis::{Axis, Key};
use super::super::cells::{Cells, Count, Few};
use super::super::mark::Mark;
use super::super::properties::Properties;
use super::super::reload::Reloads;
use super::super::veil::{Kind, ValueId, Veil};
use super::super::visit::{NO_VISIT, Scratch, Step, Visit, Worth};
use super::super::{Hit, HitKind, SiteSettings, WithoutConsent, robot, scrub};
use super::{Around, DIRTY_MAX, Day, Reason, VISITS_MAX};

/// The most pages that only navigations which failed asked for, in one day; further ones are "(other)".
const FAILED_PAGES_MAX: usize = 5_000;

/// A site while it counts one hit.
pub(super) struct Counting<'a, 'b> {
    pub(super) settings: &'a SiteSettings,
    pub(super) now: i64,
    pub(super) day: &'a mut Day,
    pub(super) yesterday: Option<&'a mut Day>,
    pub(super) veil: &'a Veil,
    pub(super) cells: &'a mut Cells,
    pub(super) reloads: &'a mut Reloads,
    pub(super) properties: &'a mut Properties,
    pub(super) scratch: &'a mut Scratch,
    pub(super) around: &'a mut Around<'b>,
    /// The user agent's key, once it was asked for.
    pub(super) agent: Option<AgentKey>,
    /// Whose hit it is, once a mark was made.
    pub(super) by: Option<Mark>,
    /// From which address, once it was marked because places for texts are short.
    pub(super) from: Option<Mark>,
}

/// The page something happened on.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) id: ValueId,
    /// As it is counted.
    pub(super) path: &'a str,
}

impl Counting<'_, '_> {
    /// Counts with a mark: visits and visitors.
    pub(super) fn visitor(&mut self, hit: &Hit) {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        let Some(mark) = self.mark(hit, user_agent) else { return };
        self.by = Some(mark);
        self.from = self.day.values.is_short().then(|| self.day.key.household(hit.address));
        let (known, path) = self.path(hit);
        let page = self.page(known, &path, &hit.kind);
        match &hit.kind {
            HitKind::View { .. } if self.is_reload(mark, page.id, hit) => {
                self.drop(Reason::Reload);
                self.touch(mark);
            }
            HitKind::View { status, is_public, properties, .. } => {
                if *is_public {
                    self.day.values.is_public(page.id);
                }
                let aims = self.day.aims.of_page(page.id, page.path);
                let deed = self.view_deed(*status, aims, properties);
                self.view(mark, page, (deed, aims), hit);
            }
            HitKind::Answered { reloads, .. } => {
                self.count_answer(&hit.kind);
                self.answered(mark, hit);
                if *reloads {
                    self.expect_reload(mark, page);
                }
            }
            HitKind::Returns => self.expect_reload(mark, page),
            HitKind::Event { .. } => self.event(Some(mark), page, hit),
            HitKind::Engagement { engaged_ms, scroll } => self.engaged(mark, page.id, *engaged_ms, *scroll),
            HitKind::Failed { status } => self.failed(mark, page, *status),
            HitKind::Dropped { .. } => {}
        }
        if self.day.dirty.len() >= DIRTY_MAX {
            self.day.write(self.cells, self.scratch);
        }
    }

    /// Counts without a mark: page views and events, nothing else.
    pub(super) fn nobody(&mut self, hit: &Hit) {
        let user_agent = hit.user_agent.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        if self.is_robot(hit, user_agent) {
            return;
        }
        let (known, path) = self.path(hit);
        let page = self.page(known, &path, &hit.kind);
        match &hit.kind {
            HitKind::View { .. } if self.takes_reload(None, page.id, hit) => self.drop(Reason::Reload),
            HitKind::View { status, is_public, properties, .. } => {
                if *is_public {
                    self.day.values.is_public(page.id);
                }
                let aims = self.day.aims.of_page(page.id, page.path);
                let deed = self.view_deed(*status, aims, properties);
                self.by_nobody(page.id, deed, Worth::default());
            }
            HitKind::Answered { reloads, .. } => {
                self.count_answer(&hit.kind);
                if *reloads {
                    self.reloads.expect(None, page.id, self.now);
                }
            }
            HitKind::Returns => self.reloads.expect(None, page.id, self.now),
            HitKind::Event { .. } => self.event(None, page, hit),
            HitKind::Failed { status } => {
                let deed = self.failed_deed(*status);
                self.loose(page.id, deed, Worth::default());
            }
            HitKind::Engagement { .. } | HitKind::Dropped { .. } => {}
        }
    }

    /// The mark of the day; of robots none is made. A visit that was open under yesterday's mark goes on under it.
    fn mark(&mut self, hit: &Hit, user_agent: &[u8]) -> Option<Mark> {
        let address = hit.address;
        let mark = self.day.key.mark(address, user_agent);
        // A mark that is known is no robot's: it was made from the same user agent.
        if self.day.visits.latest(mark).is_none() {
            if self.is_robot(hit, user_agent) {
                return None;
            }
            if let Some(old) = self.yesterday.as_ref().map(|day| day.key.mark(address, user_agent)) {
                self.carry(old, mark);
            }
        }
        Some(mark)
    }

    /// Is it a robot? Then it is counted as one.
    fn is_robot(&mut self, hit: &Hit, user_agent: &[u8]) -> bool {
        let key = self.agent_key(user_agent);
        let name = match self.around.agents.read_as(key, user_agent) {
            Told::Robot(name) => Some(name),
            Told::Agent(_) if hit.is_bare => robot::unlikely(user_agent),
            Told::Agent(_) => None,
        };
        let Some(name) = name else { return false };
        let name = self.day.values.word(name);
        self.add(Key::one(Axis::ROBOT, name.number()), &Few::with([(Count::Events, 1)]));
        self.drop(Reason::Robot);
        true
    }

    /// The key of the hit's user agent.
    pub(super) fn agent_key(&mut self, user_agent: &[u8]) -> AgentKey {
        *self.agent.get_or_insert_with(|| self.around.agents.key(user_agent))
    }

    /// The path as it is counted, and its id where it was met today. A path that was counted as it stands needs no
    /// second look: so what happens on a page that is there for everybody is told of it, once it was viewed.
    fn path<'p>(&self, hit: &'p Hit) -> (Option<ValueId>, Cow<'p, str>) {
        let path = hit.target.path();
        if let Some(fragment) = &hit.fragment {
            let page = scrub::page_with_fragment(path, fragment);
            return (self.day.values.known(Kind::Page, &page), Cow::Owned(page));
        }
        let path = scrub::written(path);
        if let Some(id) = self.day.values.known(Kind::Page, &path) {
            return (Some(id), path);
        }
        let is_public = matches!(hit.kind, HitKind::View { is_public: true, .. });
        let scrub = if is_public { scrub::public_page } else { scrub::page };
        let scrubbed = match path {
            Cow::Borrowed(path) => scrub(path),
            Cow::Owned(path) => Cow::Owned(scrub(&path).into_owned()),
        };
        let id = matches!(scrubbed, Cow::Owned(_)).then(|| self.day.values.known(Kind::Page, &scrubbed));
        (id.flatten(), scrubbed)
    }

    fn page<'p>(&mut self, known: Option<ValueId>, path: &'p str, kind: &HitKind) -> Page<'p> {
        if let Some(id) = known {
            return Page { id, path };
        }
        let k = self.settings.k.text;
        if matches!(kind, HitKind::Failed { .. }) {
            // Whoever looks for holes asks for thousands of pages that never were.
            self.day.failed_pages += 1;
            if self.day.failed_pages > FAILED_PAGES_MAX {
                return Page { id: ValueId::OTHER, path };
            }
        }
        Page { id: self.text(Kind::Page, path, k), path }
    }

    /// The visit of this mark, if one is going on.
    pub(super) fn open_visit(&self, mark: Mark) -> Option<u32> {
        let at = self.day.visits.latest_visit(mark)?;
        let now = self.day.since_start(self.now);
        self.day.visits.get(at).is_some_and(|visit| visit.goes_on(now)).then_some(at)
    }

    pub(super) fn touch(&mut self, mark: Mark) {
        let now = self.day.since_start(self.now);
        if let Some(visit) = self.open_visit(mark).and_then(|at| self.day.visits.get_mut(at)) {
            visit.touch(now);
        }
    }

    /// Is this view the second load of a page, caused by an answer?
    fn is_reload(&mut self, mark: Mark, page: ValueId, hit: &Hit) -> bool {
        let counts_views = self.settings.without_consent == WithoutConsent::Views;
        self.takes_reload(Some(mark), page, hit) || (counts_views && self.takes_reload(None, page, hit))
    }

    /// Is this load waited for? An answer does not say what stood behind `#`.
    fn takes_reload(&mut self, whose: Option<Mark>, page: ValueId, hit: &Hit) -> bool {
        let known = |path: &str| self.day.values.known(Kind::Page, path);
        let path = hit.fragment.as_ref().map(|_| hit.target.path());
        let loaded = path.and_then(|path| known(&scrub::written(path)).or_else(|| known(&scrub::page(path))));
        [Some(page), loaded].into_iter().flatten().any(|page| self.reloads.take(whose, page, self.now))
    }

    /// Waits for the reload, if the load before was counted: in a visit, or without one.
    fn expect_reload(&mut self, mark: Mark, page: Page<'_>) {
        let visit = self.open_visit(mark).and_then(|at| self.day.visits.get(at));
        if visit.is_some_and(|visit| self.has_loaded(visit, page)) {
            self.reloads.expect(Some(mark), page.id, self.now);
        } else if self.settings.without_consent == WithoutConsent::Views {
            self.reloads.expect(None, page.id, self.now);
        }
    }

    /// Was this page shown in the visit, as itself or as one that is told apart by what stands behind `#`?
    fn has_loaded(&self, visit: &Visit, page: Page<'_>) -> bool {
        let exit = self.day.values.text_of(visit.exit());
        let behind = exit.and_then(|(_, exit)| exit.strip_prefix(page.path));
        behind.is_some_and(|behind| behind.starts_with('#')) || visit.has_seen(&self.day.deeds, page.id)
    }

    /// The visit that goes on, or a new one, which has what this hit tells; none where there are too many.
    pub(super) fn visit(&mut self, mark: Mark, hit: &Hit) -> Option<u32> {
        if let Some(at) = self.open_visit(mark) {
            return Some(at);
        }
        if self.day.visits.len() >= VISITS_MAX {
            self.drop(Reason::VisitsFull);
            return None;
        }
        let ids = self.traits(hit);
        let before = self.day.visits.latest(mark).unwrap_or(NO_VISIT);
        let visit = Visit::open(mark, self.day.since_start(self.now), before, ids);
        Some(self.day.visits.push(visit))
    }

    /// A page was shown: the open visit goes on with it, or a new one begins.
    fn view(&mut self, mark: Mark, page: Page<'_>, (deed, aims): (u32, u32), hit: &Hit) {
        let Some(at) = self.visit(mark, hit) else {
            self.loose(page.id, deed, Worth::default());
            return;
        };
        let step = self.step(page.id, deed);
        self.go_on(at, step, aims);
        if let HitKind::View { asked: Some(notice), .. } = &hit.kind {
            self.ask(at, notice);
        }
    }

    /// Something happened that belongs to no visit.
    pub(super) fn step(&mut self, page: ValueId, deed: u32) -> Step {
        let (at, slot) = (self.day.since_start(self.now), self.day.slot(self.now));
        Step { at, slot, page, deed, worth: Worth::default() }
    }

    fn engaged(&mut self, mark: Mark, page: ValueId, ms: u64, scroll: Option<u8>) {
        let Some(at) = self.open_visit(mark) else { return };
        self.day.keep(at);
        self.touch(mark);
        let now = self.day.since_start(self.now);
        let Some(visit) = self.day.visits.get_mut(at) else { return };
        visit.attend(&self.day.deeds, page, i32::try_from(ms).unwrap_or(i32::MAX), Some(now));
        if let Some(percent) = scroll {
            visit.scroll(&self.day.deeds, page, percent);
        }
    }

    /// Counts a hit as dropped.
    pub(super) fn drop(&mut self, reason: Reason) {
        reason.count(self.around.dropped);
        super::add_dropped(self.day, self.cells, self.now, reason.name(), 1);
    }

    /// Adds to a cell of this hour.
    pub(super) fn add(&mut self, cell: Key, few: &Few) {
        let slot = self.day.slot(self.now);
        let slot = if cell.is_pair() { self.day.slots.of_day(slot) } else { slot };
        self.cells.add(slot, cell, few);
    }
}
