//! Visits: what one mark did on one day, in ids and numbers, in memory only.
//!
//! A visit is a state, and the cells it counts in follow from it ([`write`]). Before a visit changes it is copied
//! once; what is written is the difference between the two. So a visit can be written at any time, any number of
//! times, and the sums come out the same. A visit that has ended stays where it is until the day is over: it says in
//! which cells its visitor was seen already.

mod past;
mod slab;
mod steps;
mod write;

pub(super) use slab::{NO_VISIT, Visits};
pub(super) use write::{Book, Scratch};

use smallvec::SmallVec;

use super::axis::VISIT_AXES;
use super::deed::{DeedKind, Deeds};
use super::mark::Mark;
use super::pack::pack;
use super::veil::ValueId;

/// A visit ends after this long without a sign of life, in milliseconds; exactly as long still goes on.
pub(super) const IDLE_MAX_MS: i32 = 30 * 60 * 1000;
/// How long a page can have been looked at before its view was counted, which is when it asks or ends, in milliseconds.
const ATTENTION_AHEAD_MAX_MS: i32 = 5_000;
/// A visit that began this long ago ends, in milliseconds.
pub(super) const LENGTH_MAX_MS: i32 = 24 * 60 * 60 * 1000;
/// The most things a visit tells apart, counting one again in each hour in which it is done; what comes after is
/// counted under the page "(other)" and without the way it went. A person's visit has 5 to 12, a day of work in a
/// shop some 300.
const SIGHTS_MAX: usize = 512;
/// How many sights more there may be where what is plainer still differs.
const SIGHTS_BEYOND: usize = 256;
/// Longest attention to one page of a visit, in milliseconds: a visit lasts no longer.
const ATTENTION_MAX_MS: u32 = 24 * 60 * 60 * 1000;
/// Set in a sight's attention when a beacon told it.
const IS_TOLD: u32 = 1 << 31;
/// The visitor was not asked in this visit.
pub(super) const NOT_ASKED: u8 = 0;
/// The visitor was asked, or answered unasked, and there is nothing more to count of it.
pub(super) const ANSWERED: u8 = u8::MAX;
/// How deep a page was scrolled, when nobody told it.
const NO_SCROLL: u8 = u8::MAX;

const ENTRY: usize = 0;
const EXIT: usize = 1;
const CONSENT: usize = VISIT_AXES.len() - 1;

/// What was done on one page in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    page: ValueId,
    deed: u32,
    /// Milliseconds of attention, and [`IS_TOLD`]; of a page its first sight holds them.
    attention: u32,
    /// How often. When it is full the next one begins another sight.
    times: u16,
    /// The slot.
    at: u8,
    /// Percent, or [`NO_SCROLL`].
    scroll: u8,
}

/// What the events of one sight were worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Money {
    sight: u32,
    orders: u32,
    thousandths: i64,
}

/// What few visits have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Extra {
    money: Vec<Money>,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    /// A visit.
    Visit,
    /// The navigations of a visitor's day that failed; no visit.
    Failures,
}

/// A visit, open or over. Times are milliseconds since the day began, and negative for what was carried over
/// midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) mark: Mark,
    began: i32,
    alive: i32,
    last: i32,
    viewed: i32,
    /// Its values and facets, in the order of [`VISIT_AXES`].
    ids: [u32; VISIT_AXES.len()],
    /// The same visitor's record before this one, or [`NO_VISIT`].
    pub(super) before: u32,
    pub(super) kind: RecordKind,
    /// What became of the question: [`NOT_ASKED`], [`ANSWERED`], or the id of the notice that was shown.
    asked: u8,
    /// Interactive events: 0, 1, or 2 for all there are after the first.
    interactions: u8,
    written: Written,
    sights: SmallVec<[Sight; 1]>,
    extra: Option<Box<Extra>>,
}

/// How far a visit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    No,
    /// Not yet, and it waits to be.
    Soon,
    Yes,
    /// It was, has changed, and waits to be written again.
    Again,
}

/// What a step is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Worth {
    /// Unit: thousandths.
    pub(super) thousandths: i64,
    /// Is it worth anything at all?
    pub(super) is_order: bool,
}

/// Something a visitor did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) at: i32,
    pub(super) slot: u8,
    pub(super) page: ValueId,
    pub(super) deed: u32,
    pub(super) worth: Worth,
}

impl Visit {
    /// Opens a visit; what opens it is the next step.
    pub(super) fn open(mark: Mark, at: i32, before: u32, ids: [u32; VISIT_AXES.len()]) -> Self {
        Self {
            mark,
            began: at,
            alive: at,
            last: at,
            viewed: at,
            ids,
            before,
            kind: RecordKind::Visit,
            asked: NOT_ASKED,
            interactions: 0,
            written: Written::No,
            sights: SmallVec::new(),
            extra: None,
        }
    }

    /// A place for navigations that fail.
    pub(super) fn failures(mark: Mark, before: u32) -> Self {
        let kind = RecordKind::Failures;
        Self { kind, ..Self::open(mark, 0, before, [0; VISIT_AXES.len()]) }
    }

    /// Does the visit go on at `at`?
    pub(super) fn goes_on(&self, at: i32) -> bool {
        self.kind == RecordKind::Visit
            && at.saturating_sub(self.alive) <= IDLE_MAX_MS
            && at.saturating_sub(self.began) < LENGTH_MAX_MS
    }

    /// Is it the place for navigations that failed?
    pub(super) fn is_failures(&self) -> bool {
        self.kind == RecordKind::Failures
    }

    /// A sign of life that is not counted.
    pub(super) fn touch(&mut self, at: i32) {
        self.alive = at;
    }

    /// Did the visit see this page?
    pub(super) fn has_seen(&self, deeds: &Deeds, page: ValueId) -> bool {
        self.first_sight(deeds, page).is_some()
    }

    /// The page it left from, as it stands; [`ValueId::ABSENT`] until a page was viewed.
    pub(super) const fn exit(&self) -> ValueId {
        ValueId::from_number(self.ids[EXIT])
    }

    /// The number of the consent's facet, which moves with the visit.
    pub(super) const fn set_consent(&mut self, facet: u32) {
        self.ids[CONSENT] = facet;
    }

    /// What became of the question in this visit.
    pub(super) const fn asked(&self) -> u8 {
        self.asked
    }

    /// Notes that the visitor was asked, or has answered.
    pub(super) const fn set_asked(&mut self, asked: u8) {
        self.asked = asked;
    }

    /// A page was shown. Attention to the page before it lasted until now, where no beacon tells it.
    pub(super) fn view(&mut self, step: Step, deeds: &Deeds) {
        let is_first = self.exit() == ValueId::ABSENT;
        if !is_first {
            self.attend(deeds, self.exit(), step.at.saturating_sub(self.viewed), None);
        }
        self.happen(step.at, true);
        self.viewed = step.at;
        self.ids[EXIT] = self.record(step).number();
        if is_first {
            self.ids[ENTRY] = self.ids[EXIT];
        }
    }

    /// An event; an interactive one after another ends a bounce.
    pub(super) fn event(&mut self, step: Step, interactive: bool) {
        self.happen(step.at, interactive);
        self.record(step);
    }

    /// Counts a deed; returns the page it was counted under.
    pub(super) fn record(&mut self, step: Step) -> ValueId {
        let find = |sights: &[Sight], page| {
            let is_it =
                |sight: &Sight| sight.at == step.slot && sight.page == page && sight.deed == step.deed;
            sights.iter().rposition(|sight| is_it(sight) && sight.times < u16::MAX)
        };
        let (page, known) = match find(&self.sights, step.page) {
            Some(at) => (step.page, Some(at)),
            None if self.sights.len() < SIGHTS_MAX => (step.page, None),
            None => (ValueId::OTHER, find(&self.sights, ValueId::OTHER)),
        };
        let at = known.unwrap_or_else(|| {
            if self.sights.len() == self.sights.capacity() {
                // Many visits are open at once, and few grow long.
                self.sights.reserve_exact(2);
            }
            let Step { deed, slot, .. } = step;
            self.sights.push(Sight { page, deed, attention: 0, times: 0, at: slot, scroll: NO_SCROLL });
            self.sights.len() - 1
        });
        self.sights[at].times += 1;
        if step.worth.is_order {
            self.earn(u32::try_from(at).unwrap_or(u32::MAX), step.worth.thousandths);
        }
        page
    }

    /// Is there no room for another thing to be told apart?
    pub(super) fn is_full(&self) -> bool {
        self.sights.len() >= SIGHTS_MAX
    }

    /// Is there no room at all?
    pub(super) fn is_beyond(&self) -> bool {
        self.sights.len() >= SIGHTS_MAX + SIGHTS_BEYOND
    }

    fn earn(&mut self, sight: u32, thousandths: i64) {
        let money = &mut self.extra.get_or_insert_default().money;
        let at = money.iter().position(|money| money.sight == sight).unwrap_or_else(|| {
            money.push(Money { sight, orders: 0, thousandths: 0 });
            money.len() - 1
        });
        money[at].orders = money[at].orders.saturating_add(1);
        money[at].thousandths = money[at].thousandths.saturating_add(thousandths);
    }

    /// The first sight of a page, where its attention is kept.
    fn first_sight(&self, deeds: &Deeds, page: ValueId) -> Option<usize> {
        let is_counted = |sight: &Sight| deeds.get(sight.deed).is_some_and(|deed| deed.kind().is_counted());
        self.sights.iter().position(|sight| sight.page == page && is_counted(sight))
    }

    /// A page had attention. What a beacon tells at some time takes the place of what was guessed; nobody attends for longer
    /// than the visit lasts.
    pub(super) fn attend(&mut self, deeds: &Deeds, page: ValueId, ms: i32, told: Option<i32>) {
        let lasts = |now: i32| now.saturating_sub(self.began).saturating_add(ATTENTION_AHEAD_MAX_MS);
        let most = told.map_or(ATTENTION_MAX_MS, |now| u32::try_from(lasts(now)).unwrap_or(0));
        let Some(at) = self.first_sight(deeds, page) else { return };
        let attention = &mut self.sights[at].attention;
        let was_told = *attention & IS_TOLD != 0;
        if was_told && told.is_none() {
            return;
        }
        let before = if told.is_some() && !was_told { 0 } else { *attention & !IS_TOLD };
        let ms = before.saturating_add(u32::try_from(ms).unwrap_or(0)).min(most.min(ATTENTION_MAX_MS));
        *attention = ms | if told.is_some() { IS_TOLD } else { 0 };
    }

    /// A page was scrolled to this depth, in percent.
    pub(super) fn scroll(&mut self, deeds: &Deeds, page: ValueId, percent: u8) {
        let Some(at) = self.first_sight(deeds, page) else { return };
        let scroll = &mut self.sights[at].scroll;
        let percent = percent.min(100);
        *scroll = if *scroll == NO_SCROLL { percent } else { percent.max(*scroll) };
    }

    /// How far the visit came in a funnel: the number of its last step, from 1; 0 when it took none.
    pub(super) fn reached(&self, deeds: &Deeds, funnel: u16) -> u8 {
        let step = |sight: &Sight| match deeds.get(sight.deed)?.kind() {
            DeedKind::Step(of, step) if of == funnel => Some(step),
            _ => None,
        };
        self.sights.iter().filter_map(step).max().unwrap_or(0)
    }

    /// Does it wait to be written?
    pub(super) const fn is_dirty(&self) -> bool {
        matches!(self.written, Written::Soon | Written::Again)
    }

    /// Copies the visit as it was written, before it changes.
    pub(super) fn keep(&mut self) -> Option<Box<Self>> {
        let was = matches!(self.written, Written::Yes | Written::Again).then(|| Box::new(self.clone()));
        self.written = if was.is_some() { Written::Again } else { Written::Soon };
        was
    }

    /// Notes that it was written.
    pub(super) const fn has_been_written(&mut self) {
        self.written = Written::Yes;
    }

    /// Moves its times to a day that began so many milliseconds later.
    fn rebase(&mut self, later_ms: i64) {
        let later = i32::try_from(later_ms).unwrap_or(i32::MAX);
        for time in [&mut self.began, &mut self.alive, &mut self.last, &mut self.viewed] {
            *time = time.saturating_sub(later);
        }
    }

    /// Takes the record into another day: `renew` gives the new id of each of its axes, values, deeds and slots.
    pub(super) fn carry(&mut self, later_ms: i64, renew: &mut impl Renew) {
        self.rebase(later_ms);
        for (at, id) in self.ids.iter_mut().enumerate() {
            *id = renew.axis(at, *id);
        }
        for sight in &mut self.sights {
            sight.page = renew.value(sight.page);
            sight.deed = renew.deed(sight.deed);
            sight.at = renew.slot(sight.at);
        }
        if !matches!(self.asked, NOT_ASKED | ANSWERED) {
            self.asked = renew.notice(self.asked);
        }
    }

    /// The slots in which it did something.
    pub(super) fn slots(&self) -> impl Iterator<Item = u8> {
        self.sights.iter().map(|sight| sight.at)
    }
}

/// Gives what one day calls by an id its id on the next.
pub(super) trait Renew {
    /// An id on the axis at that place of [`VISIT_AXES`].
    fn axis(&mut self, at: usize, id: u32) -> u32;
    /// A value.
    fn value(&mut self, id: ValueId) -> ValueId;
    /// A deed.
    fn deed(&mut self, id: u32) -> u32;
    /// A slot.
    fn slot(&mut self, id: u8) -> u8;
    /// A notice.
    fn notice(&mut self, id: u8) -> u8;
}

pack!(Sight { page, deed, attention, times, at, scroll });
pack!(Money { sight, orders, thousandths });
pack!(Extra { money });
pack!(RecordKind[Visit, Failures]);
pack!(Written[No, Soon, Yes, Again]);
pack!(Visit {
    mark,
    began,
    alive,
    last,
    viewed,
    ids,
    before,
    kind,
    asked,
    interactions,
    written,
    sights,
    extra
});
