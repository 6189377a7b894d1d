//! Visits, while they last: what one mark did, in ids and numbers, in memory only.
//!
//! A visit knows two things about each of its figures: what it is, and what of it was written into cells. The
//! difference is what [`deltas`] writes; so a visit can be written at any time, any number of times, and the sums
//! come out the same.

mod deltas;

pub(super) use deltas::{Ledger, Scratch};

use super::cells::Slot;
use super::pack::pack;
use super::tally::{Dimension, Hour, LocalDay};
use super::veil::ValueId;

/// A visit ends after this long without a sign of life, in milliseconds; exactly as long still goes on.
pub(super) const IDLE_MAX_MS: i64 = 30 * 60 * 1000;
/// A visit that began this long ago ends, in milliseconds.
const LENGTH_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// The most pages a visit tells apart, counting a page again in each hour in which it is seen; what comes after is
/// counted as the page "(other)". A person's visit has 3 to 6, a day of work in a shop some 200.
const SIGHTS_MAX: usize = 256;
/// How many dimensions stand for a visit as a whole.
const VISIT_DIMENSIONS: usize = 8;

/// The values of a visit's dimensions, entry page to system, in the order of [`Dimension::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits(pub(super) [ValueId; VISIT_DIMENSIONS]);

impl Traits {
    /// The dimensions, in order.
    const DIMENSIONS: [Dimension; VISIT_DIMENSIONS] = [
        Dimension::EntryPage,
        Dimension::ExitPage,
        Dimension::Source,
        Dimension::Country,
        Dimension::Region,
        Dimension::Device,
        Dimension::Browser,
        Dimension::Os,
    ];
    const ENTRY: usize = 0;
    const EXIT: usize = 1;

    fn entry(&self) -> ValueId {
        self.0[Self::ENTRY]
    }

    fn exit(&self) -> ValueId {
        self.0[Self::EXIT]
    }
}

/// What is counted, and how far it was written.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    views: i64,
    events: i64,
    is_counted: bool,
}

/// What was done in one hour.
#[derive(Clone, Copy, Debug)]
struct Activity {
    slot: Slot,
    now: Figures,
    written: Figures,
}

/// What was done on one page in one hour.
#[derive(Clone, Copy, Debug)]
struct Sight {
    page: ValueId,
    slot: Slot,
    now: Figures,
    written: Figures,
}

/// What a visit as a whole is worth.
#[derive(Clone, Copy, Debug)]
struct Course {
    is_counted: bool,
    is_bounce: bool,
    seconds: i64,
    exit: ValueId,
}

/// One step of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A page was shown.
    View,
    /// Something happened on a page, by the visitor's doing.
    Interaction,
    /// Something happened on a page by itself.
    Background,
}

/// An open visit.
#[derive(Debug)]
pub(super) struct Visit {
    began: i64,
    alive: i64,
    last: i64,
    traits: Traits,
    is_bounce: bool,
    written: Course,
    /// Does it wait to be written?
    pub(super) is_dirty: bool,
    activities: Vec<Activity>,
    sights: Vec<Sight>,
    /// The same visitor's visits of the days in which this one was open before today.
    before: Vec<(LocalDay, Vec<Past>)>,
}

/// A visit of today that has ended: as much as is needed to know in which cells its visitor was seen already.
#[derive(Debug)]
pub(super) struct Past {
    traits: Traits,
    /// The hours in which it was active, as bits from the day's first hour.
    hours: u32,
    /// The pages it saw, and when.
    pages: Box<[(ValueId, u32)]>,
}

impl Visit {
    /// Opens a visit with a view of its entry page. The exit page among the traits is taken from the entry page.
    pub(super) fn open(at: i64, slot: Slot, mut traits: Traits) -> Self {
        let page = traits.entry();
        traits.0[Traits::EXIT] = page;
        let mut visit = Self {
            began: at,
            alive: at,
            last: at,
            traits,
            is_bounce: true,
            written: Course { is_counted: false, is_bounce: false, seconds: 0, exit: page },
            is_dirty: false,
            activities: Vec::with_capacity(1),
            sights: Vec::with_capacity(4),
            before: Vec::new(),
        };
        visit.record(slot, page, 1);
        visit
    }

    /// Does the visit go on at `at`?
    pub(super) fn goes_on(&self, at: i64) -> bool {
        at - self.alive <= IDLE_MAX_MS && at - self.began < LENGTH_MAX_MS
    }

    /// When it ends if nothing more happens.
    pub(super) fn due(&self) -> i64 {
        (self.alive + IDLE_MAX_MS).min(self.began + LENGTH_MAX_MS)
    }

    /// A sign of life that is not counted.
    pub(super) fn touch(&mut self, at: i64) {
        self.alive = at;
    }

    /// Did the visit see this page?
    pub(super) fn has_seen(&self, page: ValueId) -> bool {
        self.sights.iter().any(|sight| sight.page == page)
    }

    /// Something happened on a page.
    pub(super) fn step(&mut self, at: i64, slot: Slot, page: ValueId, step: Step) {
        self.alive = at;
        if step != Step::Background {
            self.is_bounce = false;
            self.last = at;
        }
        let page = self.record(slot, page, i64::from(step == Step::View));
        if step == Step::View {
            self.traits.0[Traits::EXIT] = page;
        }
    }

    /// Counts what happened; returns the page it was counted under.
    fn record(&mut self, slot: Slot, page: ValueId, views: i64) -> ValueId {
        if self.activities.last().is_none_or(|activity| activity.slot != slot) {
            self.activities.push(Activity { slot, now: Figures::default(), written: Figures::default() });
        }
        if let Some(activity) = self.activities.last_mut() {
            activity.now.add(views);
        }
        let find = |sights: &[Sight], page| {
            sights.iter().rposition(|sight: &Sight| sight.slot == slot && sight.page == page)
        };
        let (page, known) = match find(&self.sights, page) {
            Some(at) => (page, Some(at)),
            None if self.sights.len() < SIGHTS_MAX => (page, None),
            None => (ValueId::OTHER, find(&self.sights, ValueId::OTHER)),
        };
        let at = known.unwrap_or_else(|| {
            self.sights.push(Sight { page, slot, now: Figures::default(), written: Figures::default() });
            self.sights.len() - 1
        });
        self.sights[at].now.add(views);
        page
    }

    /// The visit as a whole, as it stands.
    fn course(&self) -> Course {
        let seconds = (self.last - self.began) / 1000;
        Course { is_counted: true, is_bounce: self.is_bounce, seconds, exit: self.traits.exit() }
    }

    /// Takes the visit into the list of values of the next day: `renew` gives each value's new id. `day` is the day
    /// that ended, `past` what the visitor did in it before this visit.
    pub(super) fn carry(
        &mut self,
        day: LocalDay,
        past: Vec<Past>,
        mut renew: impl FnMut(ValueId) -> ValueId,
    ) {
        for value in &mut self.traits.0 {
            *value = renew(*value);
        }
        for sight in &mut self.sights {
            sight.page = renew(sight.page);
        }
        self.written.exit = renew(self.written.exit);
        if !past.is_empty() {
            self.before.push((day, past));
        }
        for past in self.before.iter_mut().flat_map(|(_, past)| past) {
            past.renew(&mut renew);
        }
    }

    /// What is to be remembered of the visit for the rest of `day`; nothing when it was not active in it.
    pub(super) fn end(self, day: LocalDay) -> Option<Past> {
        let today = |slot: &Slot| slot.day == day;
        let hours = self.activities.iter().filter(|activity| today(&activity.slot));
        let hours = hours.fold(0, |hours, activity| hours | bit(activity.slot));
        if hours == 0 {
            return None;
        }
        let mut pages: Vec<(ValueId, u32)> = Vec::with_capacity(self.sights.len());
        for sight in self.sights.iter().filter(|sight| today(&sight.slot)) {
            match pages.iter_mut().find(|(page, _)| *page == sight.page) {
                Some((_, hours)) => *hours |= bit(sight.slot),
                None => pages.push((sight.page, bit(sight.slot))),
            }
        }
        Some(Past { traits: self.traits, hours, pages: pages.into_boxed_slice() })
    }
}

impl Figures {
    fn add(&mut self, views: i64) {
        self.views += views;
        self.events += 1;
        self.is_counted = true;
    }
}

impl Past {
    fn renew(&mut self, renew: &mut impl FnMut(ValueId) -> ValueId) {
        for value in &mut self.traits.0 {
            *value = renew(*value);
        }
        for (page, _) in &mut self.pages {
            *page = renew(*page);
        }
    }
}

/// The hour of a slot as a bit of its day. A local day touches at most 27 hours.
fn bit(slot: Slot) -> u32 {
    let Hour(hour) = slot.hour;
    1_u32.checked_shl(u32::try_from(hour - slot.day_hour.0).unwrap_or(0)).unwrap_or(1 << 31)
}

pack!(Traits(0));
pack!(Figures { views, events, is_counted });
pack!(Activity { slot, now, written });
pack!(Sight { page, slot, now, written });
pack!(Course { is_counted, is_bounce, seconds, exit });
pack!(Visit { began, alive, last, traits, is_bounce, written, is_dirty, activities, sights, before });
pack!(Past { traits, hours, pages });
