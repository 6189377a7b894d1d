//! A local day of one site, with all that is forgotten when it is over.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::SiteSettings;
use super::super::aims::Aims;
use super::super::axis::Plan;
use super::super::cells::{Cells, Meaning, Slot, Slots};
use super::super::choices::Notices;
use super::super::deed::Deeds;
use super::super::facets::Facets;
use super::super::key_log::KeyFate;
use super::super::mark::DayKey;
use super::super::pack::{Pack, Packed, Reader, Unreadable};
use super::super::tally::{Hour, LocalDay, Tally};
use super::super::veil::Values;
use super::super::visit::{Book, Scratch, Visit, Visits};
use super::Around;
use super::met::Met;

pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A local day.
pub(super) struct Day {
    pub(super) date: LocalDay,
    pub(super) first_hour: Hour,
    pub(super) starts: i64,
    pub(super) ends: i64,
    pub(super) key: DayKey,
    pub(super) visits: Visits,
    pub(super) values: Values,
    pub(super) facets: Facets,
    pub(super) deeds: Deeds,
    pub(super) slots: Slots,
    pub(super) plan: Plan,
    pub(super) aims: Aims,
    pub(super) notices: Notices,
    pub(super) met: Met,
    /// Visits that wait to be written, each as it was written last.
    pub(super) dirty: Vec<(u32, Option<Box<Visit>>)>,
    /// Pages first met in navigations that failed.
    pub(super) failed_pages: usize,
}

impl Day {
    /// The day in which `now` falls, with a new key; and the month it belongs to.
    pub(super) fn at(
        now: Timestamp,
        settings: &SiteSettings,
        fate: KeyFate,
        around: &Around<'_>,
    ) -> (Self, i32) {
        let bounds = Bounds::of(now, &settings.time_zone);
        let day = Self {
            date: bounds.date,
            first_hour: hour(bounds.starts),
            starts: bounds.starts,
            ends: bounds.ends,
            key: DayKey::draw(&settings.name, bounds.date.0, fate, around.vault, around.entropy),
            visits: Visits::default(),
            values: Values::new(),
            facets: Facets::new(),
            deeds: Deeds::new(),
            slots: Slots::default(),
            plan: Plan::new(&settings.crosses),
            aims: Aims::new(&settings.goals, &settings.funnels),
            notices: Notices::default(),
            met: Met::default(),
            dirty: Vec::new(),
            failed_pages: 0,
        };
        (day, bounds.month)
    }

    /// The slot of a moment of this day.
    pub(super) fn slot(&mut self, now: i64) -> u8 {
        self.slots.id(Slot { hour: hour(now), day: self.date, day_hour: self.first_hour })
    }

    /// A moment as visits of this day know it: milliseconds since it began.
    pub(super) fn since_start(&self, now: i64) -> i32 {
        i32::try_from(now.saturating_sub(self.starts)).unwrap_or(i32::MAX)
    }

    /// A visit is about to change: it will be written again.
    pub(super) fn keep(&mut self, at: u32) {
        if let Some(visit) = self.visits.get_mut(at).filter(|visit| !visit.is_dirty()) {
            let was = visit.keep();
            self.dirty.push((at, was));
        }
    }

    /// Writes what visits have not written yet.
    pub(super) fn write(&mut self, cells: &mut Cells, scratch: &mut Scratch) {
        let mut book = Book {
            cells,
            values: &mut self.values,
            facets: &self.facets,
            deeds: &self.deeds,
            slots: &self.slots,
            plan: &self.plan,
            day: self.date,
        };
        for (at, was) in self.dirty.drain(..) {
            if let Some(now) = self.visits.get(at) {
                book.write(&self.visits, now, was.as_deref(), scratch);
            }
            if let Some(visit) = self.visits.get_mut(at) {
                visit.has_been_written();
            }
        }
    }

    /// Takes the facets of the sums that wait apart.
    pub(super) fn settle(&self, site: &Arc<str>, cells: &mut Cells) {
        cells.settle(&self.meaning(site));
    }

    /// Tells the sums that wait and are settled, as they are written.
    pub(super) fn drain(&self, site: &Arc<str>, cells: &mut Cells, tell: impl FnMut(Tally)) {
        cells.drain(&self.meaning(site), tell);
    }

    fn meaning<'d>(&'d self, site: &'d Arc<str>) -> Meaning<'d> {
        Meaning { site, slots: &self.slots, plan: &self.plan, facets: &self.facets, values: &self.values }
    }
}

/// Where a day lies.
struct Bounds {
    date: LocalDay,
    month: i32,
    starts: i64,
    ends: i64,
}

impl Bounds {
    /// The day around a moment. A midnight that a time zone leaves out is the moment after; the calendar ends in the
    /// year 9999, beyond which days are those of UTC.
    fn of(now: Timestamp, time_zone: &TimeZone) -> Self {
        let date = now.to_zoned(time_zone.clone()).date();
        let midnight = |date: jiff::civil::Date| {
            date.to_zoned(time_zone.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond())
        };
        let ms = now.as_millisecond();
        let starts = midnight(date).unwrap_or(ms - ms.rem_euclid(DAY_MS)).min(ms);
        let ends = date.tomorrow().ok().and_then(midnight).unwrap_or(starts + DAY_MS).max(ms + 1);
        let days = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        Self {
            date: LocalDay(i32::try_from(days).unwrap_or(i32::MAX)),
            month: i32::from(date.year()) * 12 + i32::from(date.month()),
            starts,
            ends,
        }
    }
}

pub(super) fn hour(ms: i64) -> Hour {
    Hour(i32::try_from(ms.div_euclid(HOUR_MS)).unwrap_or(i32::MAX))
}

/// Everything but what waits to be written, of which nothing is left after a drain, and the aims, which are read from
/// the settings again; and what was met, which is met again.
impl Pack for Day {
    fn pack(&self, out: &mut Packed) {
        self.date.pack(out);
        self.first_hour.pack(out);
        (self.starts, self.ends).pack(out);
        self.key.pack(out);
        self.plan.pack(out);
        self.values.pack(out);
        self.facets.pack(out);
        self.slots.pack(out);
        self.deeds.made().pack(out);
        self.visits.pack(out);
        self.notices.pack(out);
        u32::try_from(self.failed_pages).unwrap_or(u32::MAX).pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let (date, first_hour) = <(LocalDay, Hour)>::unpack(from)?;
        let (starts, ends) = <(i64, i64)>::unpack(from)?;
        let (key, plan) = <(DayKey, Plan)>::unpack(from)?;
        Ok(Self {
            date,
            first_hour,
            starts,
            ends,
            key,
            values: Values::unpack(from)?,
            facets: Facets::unpack(from)?,
            slots: Slots::unpack(from)?,
            deeds: Deeds::of(Vec::unpack(from)?, &plan),
            visits: Visits::unpack(from)?,
            notices: Notices::unpack(from)?,
            failed_pages: u32::unpack(from)? as usize,
            plan,
            aims: Aims::new(&[], &[]),
            met: Met::default(),
            dirty: Vec::new(),
        })
    }

    fn describe(out: &mut String) {
        out.push_str("day 3 ");
        <(Values, Visits)>::describe(out);
    }
}
