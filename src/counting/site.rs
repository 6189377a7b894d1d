//! One site: its day, its visitors, its sums. What one hit does to them stands in [`hit`].

mod carry;
mod choose;
mod day;
mod happen;
mod hit;
mod met;
mod traits;

use std::sync::Arc;

use jiff::Timestamp;

use self::day::Day;
use self::hit::Counting;
use super::agent::Agents;
use super::aims::Aims;
use super::axis::{Axis, Key};
use super::cells::{Cells, SUMS_MAX};
use super::counter::{Drained, Dropped};
use super::key_log::KeyFate;
use super::pack::{Pack, Packed, pack};
use super::place::Places;
use super::properties::Properties;
use super::reload::Reloads;
use super::secret::{Vault, wipe_stack};
use super::tally::{Name, Sums, Tally};
use super::veil::Veil;
use super::visit::Scratch;
use super::{Hit, HitKind, NotCounted, SiteSettings, Standing, WithoutConsent};
use crate::clock::Entropy;
use crate::policy::consent::Category;

/// The most visits of one day, open and over, of one site. A visitor who comes when it is full is counted in page
/// views and events, without a visit ([`Dropped::visits`]).
pub(super) const VISITS_MAX: usize = 2_000_000;
/// The most visits that wait to be written; more are written at once.
const DIRTY_MAX: usize = 20_000;
/// How long a day's key outlives its day, so that visits run on over midnight, in milliseconds.
const KEY_OUTLIVES_MS: i64 = 31 * 60 * 1000;
/// A hit that is late by less is counted at the time of the latest, in milliseconds. Later ones mean that the clock was
/// set back.
const LATE_MAX_MS: i64 = 10 * 60 * 1000;

/// What a site does not own and needs.
pub(super) struct Around<'a> {
    pub(super) places: &'a dyn Places,
    pub(super) agents: &'a mut Agents,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) vault: &'a Arc<Vault>,
    pub(super) dropped: &'a mut Dropped,
}

/// Why a hit was not counted, or not in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Robot,
    WithoutConsent,
    Objection,
    Reload,
    SumsFull,
    VisitsFull,
    /// Told by who made the hit.
    Told(NotCounted),
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Robot => "robot",
            Self::WithoutConsent => "without_consent",
            Self::Objection => "objection",
            Self::Reload => "reload",
            Self::SumsFull => "cells_full",
            Self::VisitsFull => "visits_full",
            Self::Told(reason) => reason.word(),
        }
    }

    const fn count(self, dropped: &mut Dropped) {
        let count = match self {
            Self::Robot => &mut dropped.robots,
            Self::WithoutConsent => &mut dropped.without_consent,
            Self::Objection => &mut dropped.objections,
            Self::Reload => &mut dropped.reloads,
            Self::SumsFull => &mut dropped.full,
            Self::VisitsFull => &mut dropped.visits,
            Self::Told(_) => &mut dropped.told,
        };
        *count += 1;
    }
}

/// The name under which values that were folded are counted.
const VALUE_FOLDED: &str = "value_folded";

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
    properties: Properties,
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
            properties: Properties::default(),
            scratch: Scratch::default(),
        }
    }

    /// Takes new settings. Goals and funnels are other ones at once, crosses from the next day on.
    pub(super) fn set_settings(&mut self, settings: SiteSettings) {
        if let Some(day) = &mut self.today {
            day.aims = Aims::new(&settings.goals, &settings.funnels);
            day.deeds.forget_views();
            day.met.forget_origins();
        }
        self.settings = settings;
    }

    /// When today's key was drawn, if that was after the day's beginning.
    pub(super) const fn rekeyed_at(&self) -> Option<Timestamp> {
        self.rekeyed_at
    }

    /// How many sums wait for a drain.
    pub(super) fn waiting(&self) -> usize {
        self.cells.len() + self.closed.tallies.len()
    }

    /// Do sums of a day that is over wait?
    pub(super) const fn has_closed(&self) -> bool {
        !self.closed.tallies.is_empty()
    }

    /// Counts a hit. A hit from shortly before the latest one is counted at the latest one's time.
    pub(super) fn count(&mut self, hit: &Hit, around: &mut Around<'_>) {
        self.turn(hit.at, around);
        let mode = match hit.consent {
            Standing::Answered { granted, .. } if granted.contains(Category::Statistics) => {
                WithoutConsent::Visitors
            }
            _ => self.settings.without_consent,
        };
        let is_full = self.waiting() >= SUMS_MAX;
        let (Some(day), Some(veil)) = (&mut self.today, &self.veil) else { return };
        let mut counting = Counting {
            settings: &self.settings,
            now: self.now,
            day,
            yesterday: self.yesterday.as_mut(),
            veil,
            cells: &mut self.cells,
            reloads: &mut self.reloads,
            properties: &mut self.properties,
            scratch: &mut self.scratch,
            around,
            agent: None,
            by: None,
            from: None,
        };
        match (&hit.kind, mode) {
            (HitKind::Dropped { reason }, _) => counting.drop(Reason::Told(*reason)),
            _ if hit.objects => counting.drop(Reason::Objection),
            (_, WithoutConsent::Off) => counting.drop(Reason::WithoutConsent),
            _ if is_full => counting.drop(Reason::SumsFull),
            (_, WithoutConsent::Visitors) => counting.visitor(hit),
            (_, WithoutConsent::Views) => counting.nobody(hit),
        }
    }

    /// Moves time on: turns the day, forgets.
    pub(super) fn advance(&mut self, now: Timestamp, around: &mut Around<'_>) {
        self.turn(now, around);
        self.reloads.forget(self.now);
    }

    /// Takes the sums and names since the last time.
    pub(super) fn drain_into(&mut self, drained: &mut Drained, dropped: &mut Dropped) {
        self.settle(dropped);
        let mut closed = std::mem::take(&mut self.closed);
        if drained.tallies.is_empty() {
            // Nearly always, and then nothing is copied.
            std::mem::swap(&mut drained.tallies, &mut closed.tallies);
        }
        drained.tallies.append(&mut closed.tallies);
        drained.names.append(&mut closed.names);
        drained.tallies.reserve(self.cells.len());
        self.tell(&mut drained.names, |tally| drained.tallies.push(tally));
    }

    /// Takes an empty list with room for the next sums.
    pub(super) fn use_again(&mut self, room: Vec<Tally>) {
        if self.closed.tallies.is_empty() {
            self.closed.tallies = room;
        }
    }

    /// Takes the sums and names since the last time, the sums one by one.
    pub(super) fn drain_to(
        &mut self,
        dropped: &mut Dropped,
        names: &mut Vec<Name>,
        mut hand_on: impl FnMut(Tally),
    ) {
        self.settle(dropped);
        let mut closed = std::mem::take(&mut self.closed);
        closed.tallies.into_iter().for_each(&mut hand_on);
        names.append(&mut closed.names);
        self.tell(names, hand_on);
    }

    /// Writes what visits have not written, and takes facets apart.
    fn settle(&mut self, dropped: &mut Dropped) {
        let Some(day) = &mut self.today else { return };
        day.write(&mut self.cells, &mut self.scratch);
        let folded = day.values.take_folded();
        if folded > 0 {
            dropped.folded = dropped.folded.saturating_add(folded);
            add_dropped(day, &mut self.cells, self.now, VALUE_FOLDED, folded);
        }
        day.settle(&self.settings.name, &mut self.cells);
    }

    /// Gives every sum that is settled its words and tokens back.
    fn tell(&mut self, names: &mut Vec<Name>, hand_on: impl FnMut(Tally)) {
        let (Some(day), Some(veil)) = (&mut self.today, &mut self.veil) else { return };
        day.drain(&self.settings.name, &mut self.cells, hand_on);
        day.values.take_names(veil, (&self.settings.name, day.plan.properties()), names);
    }

    /// Keeps what is settled until the next drain: its day is over.
    fn close(&mut self) {
        let Drained { mut tallies, mut names } = std::mem::take(&mut self.closed);
        tallies.reserve(self.cells.len());
        self.tell(&mut names, |tally| tallies.push(tally));
        self.closed = Drained { tallies, names };
    }

    /// Moves the site's time to `at`, through midnight where it lies between.
    fn turn(&mut self, at: Timestamp, around: &mut Around<'_>) {
        let ms = at.as_millisecond();
        if ms > self.now || ms < self.now.saturating_sub(LATE_MAX_MS) {
            self.now = ms;
        }
        if let Some(today) = &self.today
            && (today.starts..today.ends).contains(&self.now)
        {
            if self.now >= today.starts.saturating_add(KEY_OUTLIVES_MS) && self.yesterday.take().is_some() {
                wipe_stack();
            }
            return;
        }
        let now = Timestamp::from_millisecond(self.now).unwrap_or(at);
        let is_new = self.today.as_ref().is_none_or(|today| self.now < today.starts);
        let fate = if is_new { KeyFate::Rekeyed } else { KeyFate::Born };
        let (day, month) = Day::at(now, &self.settings, fate, around);
        self.settle(around.dropped);
        self.close();
        self.reloads.clear();
        self.properties.close_day();
        let before = self.today.take();
        self.rekeyed_at = (is_new && self.now > day.starts).then_some(now);
        self.yesterday = before
            .filter(|before| {
                before.ends == day.starts && self.now < day.starts.saturating_add(KEY_OUTLIVES_MS)
            })
            .map(|mut before| {
                before.visits = before.visits.only_open(before.since_start(self.now));
                before
            });
        if self.veil.as_ref().is_none_or(|veil| veil.month() != month) {
            self.veil = Some(Veil::draw(&self.settings.name, month, fate, around.vault, around.entropy));
        }
        self.today = Some(day);
        wipe_stack();
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
    properties: Properties,
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
        self.properties.pack(out);
    }

    /// Is it this site, counted by the same settings? Goals, funnels and crosses may be other ones, as after a reload.
    pub(super) fn goes_on_from(&self, kept: &Kept) -> bool {
        self.fingerprint() == kept.settings
    }

    /// Goes on from there.
    pub(super) fn go_on(&mut self, kept: Kept) {
        let Kept { settings: _, now, mut today, yesterday, rekeyed_at, veil, reloads, properties } = kept;
        let fresh = Self::new(self.settings.clone());
        if let Some(day) = &mut today {
            day.aims = Aims::new(&self.settings.goals, &self.settings.funnels);
        }
        *self = Self { now, today, yesterday, rekeyed_at, veil, reloads, properties, ..fresh };
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
        let (goals, funnels, crosses) = (Vec::new(), Vec::new(), Vec::new());
        let settings = SiteSettings { goals, funnels, crosses, ..self.settings.clone() };
        *blake3::hash(format!("{settings:?}").as_bytes()).as_bytes()
    }
}

pack!(Kept { settings, now, today, yesterday, rekeyed_at, veil, reloads, properties });

/// Counts what was not counted.
fn add_dropped(day: &mut Day, cells: &mut Cells, now: i64, reason: &str, times: u64) {
    let word = day.values.word(reason);
    let slot = day.slot(now.min(day.ends.saturating_sub(1)).max(day.starts));
    let events = i64::try_from(times).unwrap_or(i64::MAX);
    cells.add_wide(slot, Key::one(Axis::DROPPED, word.number()), &Sums { events, ..Sums::default() });
}
