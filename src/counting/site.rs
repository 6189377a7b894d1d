//! One site: its day, its visitors, its sums. What one hit does to them stands in [`hit`].

mod hit;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use self::hit::Counting;
use super::agent::Agents;
use super::cells::{CELLS_MAX, Cells, Folding, Slot};
use super::counter::{Drained, Dropped};
use super::key_log::KeyFate;
use super::mark::{DayKey, Mark};
use super::pack::{Pack, Packed, pack};
use super::place::Places;
use super::reload::Reloads;
use super::secret::{Vault, wipe_stack};
use super::tally::{Hour, LocalDay};
use super::veil::{Values, Veil};
use super::visit::{Ledger, Past, Scratch, Visit};
use super::{Hit, SiteSettings, Statistics, WithoutConsent};
use crate::clock::Entropy;

/// The most visitors of one day that are told apart, of one site. A visitor who comes when it is full is counted in
/// page views and events, without a visit ([`Dropped::visits`]).
pub(super) const VISITS_MAX: usize = 1_000_000;
/// How long a day's key outlives its day, so that visits run on over midnight, in milliseconds.
const KEY_OUTLIVES_MS: i64 = 31 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a site does not own and needs.
pub(super) struct Around<'a> {
    pub(super) places: &'a dyn Places,
    pub(super) agents: &'a mut Agents,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) vault: &'a Arc<Vault>,
    pub(super) dropped: &'a mut Dropped,
}

/// One visitor of the day: the visit that may be going on, and those that ended.
#[derive(Default)]
struct Visitor {
    visit: Option<Box<Visit>>,
    past: Vec<Past>,
}

/// A local day, with all that is forgotten when it is over.
struct Day {
    date: LocalDay,
    first_hour: Hour,
    starts: i64,
    ends: i64,
    key: DayKey,
    visitors: HashMap<Mark, Visitor, Folding>,
    values: Values,
    dirty: Vec<Mark>,
    /// Visits in the order in which they are to be looked at again.
    due: VecDeque<(i64, Mark)>,
}

/// One site.
pub(super) struct Site {
    pub(super) settings: SiteSettings,
    now: i64,
    today: Option<Day>,
    yesterday: Option<Day>,
    rekeyed_at: Option<Timestamp>,
    veil: Option<Veil>,
    cells: Cells,
    closed: Drained,
    reloads: Reloads,
    scratch: Scratch,
}

impl Site {
    /// A site that has counted nothing.
    pub(super) fn new(settings: SiteSettings) -> Self {
        Self {
            settings,
            now: i64::MIN,
            today: None,
            yesterday: None,
            rekeyed_at: None,
            veil: None,
            cells: Cells::default(),
            closed: Drained::default(),
            reloads: Reloads::default(),
            scratch: Scratch::default(),
        }
    }

    /// When today's key was drawn, if that was after the day's beginning.
    pub(super) const fn rekeyed_at(&self) -> Option<Timestamp> {
        self.rekeyed_at
    }

    /// Counts a hit. A hit from before the latest one is counted at the latest one's time.
    pub(super) fn count(&mut self, hit: &Hit, around: &mut Around<'_>) {
        self.turn(hit.at, around);
        let mode = match hit.statistics {
            Statistics::Granted => WithoutConsent::Visitors,
            Statistics::Absent => self.settings.without_consent,
        };
        if mode == WithoutConsent::Off {
            around.dropped.without_consent += 1;
            return;
        }
        if self.cells.len() + self.closed.tallies.len() >= CELLS_MAX {
            around.dropped.full += 1;
            return;
        }
        let (Some(day), Some(veil)) = (&mut self.today, &self.veil) else { return };
        let mut counting = Counting {
            settings: &self.settings,
            now: self.now,
            day,
            yesterday: self.yesterday.as_mut(),
            veil,
            cells: &mut self.cells,
            reloads: &mut self.reloads,
            scratch: &mut self.scratch,
            around,
        };
        match mode {
            WithoutConsent::Visitors => counting.visitor(hit),
            _ => counting.nobody(hit),
        }
    }

    /// Moves time on: ends visits, turns the day, forgets.
    pub(super) fn advance(&mut self, now: Timestamp, around: &mut Around<'_>) {
        self.turn(now, around);
        self.reloads.forget(self.now);
        let Some(day) = &mut self.today else { return };
        while let Some((due, mark)) = day.due.front().copied() {
            if due >= self.now {
                break;
            }
            day.due.pop_front();
            let Some(visitor) = day.visitors.get_mut(&mark) else { continue };
            match &visitor.visit {
                None => {}
                Some(visit) if visit.goes_on(self.now) => day.due.push_back((visit.due(), mark)),
                Some(_) => visitor.end(day.date, &mut day.values, &mut self.cells, &mut self.scratch),
            }
        }
    }

    /// Takes the sums and names since the last time.
    pub(super) fn drain_into(&mut self, drained: &mut Drained, dropped: &mut Dropped) {
        self.settle(dropped);
        drained.tallies.append(&mut self.closed.tallies);
        drained.names.append(&mut self.closed.names);
    }

    /// Writes what open visits have not written and gives every sum its words and tokens back.
    pub(super) fn settle(&mut self, dropped: &mut Dropped) {
        let (Some(day), Some(veil)) = (&mut self.today, &mut self.veil) else { return };
        for mark in day.dirty.drain(..) {
            if let Some(visitor) = day.visitors.get_mut(&mark) {
                visitor.write(day.date, &mut day.values, &mut self.cells, &mut self.scratch);
            }
        }
        self.cells.drain_into(&self.settings.name, &day.values, &mut self.closed.tallies);
        day.values.take_names(veil, &self.settings.name, &mut self.closed.names);
        dropped.folded += day.values.take_folded();
    }

    /// Moves the site's time to `at`, through midnight where it lies between.
    fn turn(&mut self, at: Timestamp, around: &mut Around<'_>) {
        self.now = self.now.max(at.as_millisecond());
        if let Some(today) = &self.today
            && self.now < today.ends
        {
            if self.now >= today.starts + KEY_OUTLIVES_MS && self.yesterday.take().is_some() {
                wipe_stack();
            }
            return;
        }
        let now = Timestamp::from_millisecond(self.now).unwrap_or(at);
        let fate = if self.today.is_none() { KeyFate::Rekeyed } else { KeyFate::Born };
        let (day, month) = Day::at(now, &self.settings, fate, around);
        self.settle(around.dropped);
        self.reloads.clear();
        let before = self.today.take();
        self.rekeyed_at = (before.is_none() && self.now > day.starts).then_some(now);
        self.yesterday = before
            .filter(|before| before.ends == day.starts && self.now < day.starts + KEY_OUTLIVES_MS)
            .map(|mut before| {
                before.visitors.retain(|_, visitor| visitor.visit.is_some());
                before
            });
        if self.veil.as_ref().is_none_or(|veil| veil.month() != month) {
            self.veil = Some(Veil::draw(&self.settings.name, month, fate, around.vault, around.entropy));
        }
        self.today = Some(day);
        wipe_stack();
    }
}

impl Visitor {
    fn write(&mut self, day: LocalDay, values: &mut Values, cells: &mut Cells, scratch: &mut Scratch) {
        if let Some(visit) = self.visit.as_mut().filter(|visit| visit.is_dirty) {
            visit.write(&mut Ledger { cells, values, day, past: &self.past, scratch });
        }
    }

    /// Ends the visit that goes on, if one does.
    fn end(&mut self, day: LocalDay, values: &mut Values, cells: &mut Cells, scratch: &mut Scratch) {
        self.write(day, values, cells, scratch);
        if let Some(past) = self.visit.take().and_then(|visit| visit.end(day)) {
            self.past.push(past);
        }
    }
}

impl Day {
    /// The day in which `now` falls, with a new key; and the month it belongs to.
    fn at(now: Timestamp, settings: &SiteSettings, fate: KeyFate, around: &Around<'_>) -> (Self, i32) {
        let time_zone = &settings.time_zone;
        let date = now.to_zoned(time_zone.clone()).date();
        let midnight = |date: jiff::civil::Date| {
            date.to_zoned(time_zone.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond())
        };
        let ms = now.as_millisecond();
        // The calendar ends in the year 9999; beyond, days are those of UTC.
        let starts = midnight(date).unwrap_or(ms - ms.rem_euclid(DAY_MS));
        let ends = date.tomorrow().ok().and_then(midnight).unwrap_or(starts + DAY_MS);
        let days = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let day = Self {
            date: LocalDay(days),
            first_hour: hour(starts),
            starts,
            ends,
            key: DayKey::draw(&settings.name, days, fate, around.vault, around.entropy),
            visitors: HashMap::default(),
            values: Values::new(),
            dirty: Vec::new(),
            due: VecDeque::new(),
        };
        (day, i32::from(date.year()) * 12 + i32::from(date.month()))
    }

    fn slot(&self, now: i64) -> Slot {
        Slot { hour: hour(now), day: self.date, day_hour: self.first_hour }
    }
}

/// What goes on in the next process.
pub(super) struct Kept {
    settings: [u8; 32],
    now: i64,
    today: Option<Day>,
    yesterday: Option<Day>,
    rekeyed_at: Option<Timestamp>,
    veil: Option<Veil>,
    reloads: Reloads,
}

impl Site {
    /// Writes what goes on in the next process, as [`Kept`] is read. Sums are not in it: drain before.
    pub(super) fn keep(&self, out: &mut Packed) {
        self.fingerprint().pack(out);
        self.now.pack(out);
        self.today.pack(out);
        self.yesterday.pack(out);
        self.rekeyed_at.pack(out);
        self.veil.pack(out);
        self.reloads.pack(out);
    }

    /// Is it this site, counted by the same settings?
    pub(super) fn goes_on_from(&self, kept: &Kept) -> bool {
        self.fingerprint() == kept.settings
    }

    /// Goes on from there.
    pub(super) fn go_on(&mut self, kept: Kept) {
        let Kept { settings: _, now, today, yesterday, rekeyed_at, veil, reloads } = kept;
        let fresh = Self::new(self.settings.clone());
        *self = Self { now, today, yesterday, rekeyed_at, veil, reloads, ..fresh };
    }

    /// Forgets everything; that is not the end of its keys.
    pub(super) fn leave(self) {
        for day in self.today.into_iter().chain(self.yesterday) {
            day.key.into_secret().leave();
        }
        if let Some(veil) = self.veil {
            veil.into_secret().leave();
        }
    }

    fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(format!("{:?}", self.settings).as_bytes()).as_bytes()
    }
}

pack!(Kept { settings, now, today, yesterday, rekeyed_at, veil, reloads });
pack!(Day { date, first_hour, starts, ends, key, visitors, values, dirty, due });
pack!(Visitor { visit, past });

fn hour(ms: i64) -> Hour {
    Hour(i32::try_from(ms.div_euclid(HOUR_MS)).unwrap_or(i32::MAX))
}
