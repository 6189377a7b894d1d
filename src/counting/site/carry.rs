//! Over midnight: a visit that goes on is taken into the new day, with what its visitor did before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Thresholds;
use super::super::axis::{Axis, VISIT_AXES};
use super::super::cells::Slots;
use super::super::choices::Shown;
use super::super::deed::{Made, NO_DEED, Trait};
use super::super::mark::Mark;
use super::super::tally::LocalDay;
use super::super::veil::{Kind, ValueId, Veil};
use super::super::visit::{ANSWERED, RecordKind, Renew, Visit};
use super::Day;
use super::hit::Counting;

impl Counting<'_, '_> {
    /// Takes the visit that was open under yesterday's mark into today, if it goes on.
    pub(super) fn carry(&mut self, old: Mark, mark: Mark) {
        let Some(yesterday) = self.yesterday.as_deref() else { return };
        let now = yesterday.since_start(self.now);
        let Some(at) = yesterday.visits.latest_visit(old) else { return };
        let Some(open) = yesterday.visits.get(at).filter(|visit| visit.goes_on(now)) else { return };
        let days = days(open, &yesterday.slots);
        let records = yesterday.visits.chain(at).filter_map(|at| yesterday.visits.get(at));
        // Of the visits before it only those matter that were active on a day on which it was.
        let matter = |record: &&Visit| {
            record.kind == RecordKind::Visit && !days.is_disjoint(&self::days(record, &yesterday.slots))
        };
        let chain: Vec<Visit> = records.filter(matter).cloned().collect();
        let later = self.day.starts.saturating_sub(yesterday.starts);
        let mut renewing =
            Renewing { older: yesterday, today: self.day, veil: self.veil, k: self.settings.k };
        let renew = |mut visit: Visit| {
            visit.mark = mark;
            visit.carry(later, &mut renewing);
            visit
        };
        let chain = chain.into_iter().map(renew).collect();
        self.day.visits.adopt(chain);
    }
}

/// The days on which a visit was active.
fn days(visit: &Visit, slots: &Slots) -> BTreeSet<LocalDay> {
    visit.slots().map(|slot| slots.get(slot).day).collect()
}

/// Gives what yesterday called by an id its id of today.
struct Renewing<'a> {
    older: &'a Day,
    today: &'a mut Day,
    veil: &'a Veil,
    k: Thresholds,
}

impl Renewing<'_> {
    fn property(&mut self, axis: Axis) -> Option<(Axis, Arc<str>)> {
        let key = self.older.plan.properties().get(axis.property()?)?;
        Some((self.today.plan.property(key)?, Arc::clone(key)))
    }

    fn traits(&mut self, ones: &[Trait]) -> Vec<Trait> {
        let mut renewed: Vec<Trait> = ones
            .iter()
            .filter_map(|(axis, value)| {
                let axis = if axis.property().is_some() { self.property(*axis)?.0 } else { *axis };
                Some((axis, self.value(*value)))
            })
            .collect();
        renewed.sort_unstable();
        renewed
    }
}

impl Renew for Renewing<'_> {
    fn axis(&mut self, at: usize, id: u32) -> u32 {
        let axis = VISIT_AXES[at];
        if axis.facet().is_none() {
            return self.value(ValueId::from_number(id)).number();
        }
        let older = self.older;
        let values: Vec<ValueId> = older.facets.values(axis, id).iter().map(|id| self.value(*id)).collect();
        self.today.facets.id(axis, &values)
    }

    fn value(&mut self, id: ValueId) -> ValueId {
        let property = match self.older.values.text_of(id) {
            Some((Kind::Property(at), _)) => Axis::of_property(at).and_then(|axis| self.property(axis)),
            _ => None,
        };
        let k = self.k;
        let renewed = |kind: Kind| match kind {
            Kind::Property(_) => {
                let (axis, key) = property.as_ref()?;
                Some((Kind::Property(u8::try_from(axis.property()?).ok()?), &**key, k.text))
            }
            Kind::City => Some((kind, "", k.city)),
            Kind::Region => Some((kind, "", k.region)),
            _ => Some((kind, "", k.text)),
        };
        self.today.values.adopt(self.veil, &self.older.values, id, renewed)
    }

    fn deed(&mut self, id: u32) -> u32 {
        let Some(deed) = self.older.deeds.get(id) else { return NO_DEED };
        let made = Made {
            kind: deed.made.kind,
            ones: self.traits(&deed.made.ones),
            goals: self.traits(&deed.made.goals),
        };
        self.today.deeds.id(made, &self.today.plan).unwrap_or(NO_DEED)
    }

    fn slot(&mut self, id: u8) -> u8 {
        self.today.slots.id(self.older.slots.get(id))
    }

    fn notice(&mut self, id: u8) -> u8 {
        let Some(Shown { language, version }) = self.older.notices.get(id) else { return ANSWERED };
        let shown = Shown { language: self.value(language), version: self.value(version) };
        self.today.notices.id(shown).unwrap_or(ANSWERED)
    }
}
