//! Choices: a visitor is asked once a visit, answers or does not, and leaves a sum.
//!
//! A visit that was asked counts as one that ignored the question until there is an answer, as a visit bounces until its
//! second event. So nothing has to wait for the end of visits. It counts so in the hour in which it began.

use super::super::axis::Axis;
use super::super::cells::{Count, Few};
use super::super::choices::{Facts, Shown, cells};
use super::super::mark::Mark;
use super::super::visit::{ANSWERED, NOT_ASKED};
use super::super::{Answer, Hit, HitKind, Layer, Notice, Standing};
use super::hit::Counting;

impl Counting<'_, '_> {
    /// A page of this visit asked its visitor.
    pub(super) fn ask(&mut self, at: u32, notice: &Notice) {
        if self.day.visits.get(at).is_none_or(|visit| visit.asked() != NOT_ASKED) {
            return;
        }
        let shown = self.shown(notice);
        let Some(id) = self.day.notices.id(shown) else { return self.day.values.fold_one() };
        let Some(visit) = self.day.visits.get_mut(at) else { return };
        visit.set_asked(id);
        let slot = self.day.slot(self.now);
        self.count_question(slot, shown, "shown", Few::with([(Count::Events, 1), (Count::Views, 1)]));
        self.count_ignored(at, shown, 1);
    }

    /// The visitor answered: the visit stands under another consent, and did not ignore the question. Whoever said yes to
    /// a film alone has not answered it yet.
    pub(super) fn answered(&mut self, mark: Mark, hit: &Hit) {
        let Some(at) = self.open_visit(mark) else { return };
        let consent = self.consent(hit.consent);
        self.day.keep(at);
        self.touch(mark);
        let Some(visit) = self.day.visits.get_mut(at) else { return };
        visit.set_consent(consent);
        if hit.consent == Standing::Unanswered {
            return;
        }
        let asked = visit.asked();
        visit.set_asked(ANSWERED);
        if let Some(shown) = self.day.notices.get(asked) {
            self.count_ignored(at, shown, -1);
        }
    }

    /// Counts what was answered, whoever it was.
    pub(super) fn count_answer(&mut self, kind: &HitKind) {
        let HitKind::Answered { answer, layer, notice, said, .. } = kind else { return };
        let Shown { language, version } = self.shown(notice);
        let values = &mut self.day.values;
        let mut facts = vec![
            (Axis::CHOICE, values.word(answer.word())),
            (Axis::CHOICE_LAYER, values.word(layer.name())),
            (Axis::CHOICE_LANGUAGE, language),
            (Axis::CHOICE_VERSION, version),
        ];
        for (axis, said) in Axis::CHOICE_CATEGORIES.into_iter().zip(said) {
            facts.extend(said.name().map(|name| (axis, values.word(name))));
        }
        let slot = self.day.slot(self.now);
        self.count_choice(slot, &facts, Few::with([(Count::Events, 1)]));
    }

    fn shown(&mut self, notice: &Notice) -> Shown {
        let values = &mut self.day.values;
        Shown { language: values.word(&notice.language), version: values.word(&notice.version) }
    }

    fn count_ignored(&mut self, at: u32, shown: Shown, times: i32) {
        let began = self.day.visits.get(at).and_then(|visit| visit.slots().next());
        let slot = began.unwrap_or_else(|| self.day.slot(self.now));
        let sums = Few::with([(Count::Events, times), (Count::Bounces, times)]);
        self.count_question(slot, shown, "ignored", sums);
    }

    fn count_question(&mut self, slot: u8, shown: Shown, what: &str, sums: Few) {
        let values = &mut self.day.values;
        let facts = [
            (Axis::CHOICE, values.word(what)),
            (Axis::CHOICE_LAYER, values.word(Layer::Banner.name())),
            (Axis::CHOICE_LANGUAGE, shown.language),
            (Axis::CHOICE_VERSION, shown.version),
        ];
        self.count_choice(slot, &facts, sums);
    }

    fn count_choice(&mut self, slot: u8, facts: &Facts, sums: Few) {
        let of_day = self.day.slots.of_day(slot);
        for cell in cells(facts) {
            self.cells.add(if cell.is_pair() { of_day } else { slot }, cell, &sums);
        }
    }
}

impl Answer {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Partial(_) => "partial",
            Self::Withdrawn => "withdrawn",
        }
    }
}
