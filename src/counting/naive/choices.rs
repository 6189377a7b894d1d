//! What became of the question, the slow way.

use super::super::tally::{Dimension, Sums};
use super::log::{Line, NOTICES, What};
use super::world::World;
use super::{Answer, Layer, Sheet, Values, Visit};

fn facts(choice: &str, layer: Layer, notice: usize) -> Values {
    let (language, version) = NOTICES[notice];
    vec![
        (Dimension::Choice, choice.to_owned()),
        (Dimension::ChoiceLayer, layer.name().to_owned()),
        (Dimension::ChoiceLanguage, language.to_owned()),
        (Dimension::ChoiceVersion, version.to_owned()),
    ]
}

/// Adds to the cells of all subsets of one and two facts.
fn add(world: &World, facts: &Values, line: &Line, sums: Sums, sheet: &mut Sheet) {
    for a in facts {
        for b in facts.iter().filter(|b| a.0 <= b.0) {
            let cell = if a == b { vec![a.clone()] } else { vec![a.clone(), b.clone()] };
            *sheet.at(world, &cell, line).0 += &sums;
        }
    }
}

/// An answer, if the line is one.
pub(super) fn answered(world: &World, line: &Line, sheet: &mut Sheet) {
    let What::Answer { answer, layer, notice, said } = &line.what else { return };
    let choice = match answer {
        Answer::Accepted => "accepted",
        Answer::Refused => "refused",
        Answer::Partial(_) => "partial",
        Answer::Withdrawn => "withdrawn",
    };
    let mut facts = facts(choice, *layer, *notice);
    let categories = [Dimension::ChoicePreferences, Dimension::ChoiceStatistics, Dimension::ChoiceMarketing];
    for (category, said) in categories.into_iter().zip(said) {
        facts.extend(said.name().map(|name| (category, name.to_owned())));
    }
    add(world, &facts, line, Sums { events: 1, ..Sums::default() }, sheet);
}

/// What a visit was asked, and whether it ended without an answer.
pub(super) fn asked(world: &World, visit: &Visit, sheet: &mut Sheet) {
    let Some((line, notice)) = &visit.asked else { return };
    let shown = facts("shown", Layer::Banner, *notice);
    add(world, &shown, line, Sums { events: 1, views: 1, ..Sums::default() }, sheet);
    if !visit.has_answered {
        let ignored = facts("ignored", Layer::Banner, *notice);
        let sums = Sums { events: 1, bounces: 1, ..Sums::default() };
        add(world, &ignored, &visit.doings[0].line, sums, sheet);
    }
}
