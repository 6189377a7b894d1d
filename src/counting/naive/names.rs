//! Which names come out, counted the slow way: those of texts that k visitors of one day had, and of no others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::log::{Line, What, log};
use super::world::{World, scenario};
use super::{Dimension, LocalDay, Sheet, visits};

/// A text of a site.
type Text = (Arc<str>, Dimension, String);

/// Who had a text on one day.
#[derive(Default)]
struct Had {
    visitors: BTreeSet<u8>,
    views_by_nobody: usize,
}

/// The property that is declared: values of others begin to be counted when k visitors brought their key.
const SIZE: &str = "size";

/// What a line says that is free text: the page, and of events the name that is no goal, and the property.
fn texts_of(world: &World, line: &Line) -> Vec<(Dimension, String)> {
    let mut texts = vec![(Dimension::Page, line.path())];
    match &line.what {
        What::View { .. } => {}
        What::Event { name, properties, .. } => {
            let is_goal = world.goals(line).iter().any(|goal| goal == name);
            texts.extend((!is_goal).then(|| (Dimension::EventName, (*name).to_owned())));
            let size = properties.iter().filter(|(key, _)| *key == SIZE);
            texts.extend(size.map(|(_, value)| (Dimension::Property(SIZE.into()), (*value).to_owned())));
        }
        _ => texts.clear(),
    }
    texts
}

/// Is it free text in a trait of a visit? Pages are had by viewing them.
fn is_free((dimension, text): &(Dimension, String)) -> bool {
    use Dimension::{City, Referrer, Region, Source, UtmCampaign, UtmContent, UtmMedium, UtmSource, UtmTerm};
    let is_kind = matches!(
        dimension,
        City | Region | Source | Referrer | UtmSource | UtmMedium | UtmCampaign | UtmContent | UtmTerm
    );
    is_kind && text != "(unknown)" && !(*dimension == Source && matches!(&**text, "Google" | "Direct / None"))
}

fn readable(world: &World, log: &[Line], k: usize) -> BTreeSet<Text> {
    let mut had: BTreeMap<(LocalDay, Text), Had> = BTreeMap::new();
    let of_day = |line: &Line, (dimension, text)| {
        (LocalDay(world.day(line)), (World::name(line.site), dimension, text))
    };
    for line in log.iter().filter(|line| world.not_counted(line).is_none()) {
        for text in texts_of(world, line) {
            let had = had.entry(of_day(line, text)).or_default();
            if world.has_mark(line) {
                had.visitors.insert(line.visitor);
            } else {
                had.views_by_nobody += 1;
            }
        }
    }
    for visit in visits(world, log, &mut Sheet::default()) {
        for text in visit.traits(world).into_iter().filter(is_free) {
            for doing in visit.doings.iter().filter(|doing| doing.is_counted) {
                let had = had.entry(of_day(&doing.line, text.clone())).or_default();
                had.visitors.insert(doing.line.visitor);
            }
        }
    }
    let is_readable = |had: &Had| 4 * had.visitors.len() + had.views_by_nobody >= 4 * k;
    had.into_iter().filter(|(_, had)| is_readable(had)).map(|((_, text), _)| text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_name_is_told_when_k_visitors_of_a_day_had_it_and_never_before(
        world in scenario(),
        log in log(),
        pauses in prop::collection::btree_set(0..60_usize, 0..20),
        k in 2..5_u32,
    ) {
        let log = world.timed(log);
        let is_looked_at = |dimension: &Dimension| match dimension {
            Dimension::EntryPage | Dimension::ExitPage | Dimension::NextPage => false,
            Dimension::Property(key) => **key == *SIZE,
            _ => true,
        };
        let drains = world.drained(&log, &pauses, k);
        let told: BTreeSet<Text> = drains
            .iter()
            .flat_map(|drained| &drained.names)
            .filter(|name| is_looked_at(&name.dimension))
            .map(|name| (Arc::clone(&name.site), name.dimension.clone(), name.name.to_string()))
            .collect();
        prop_assert_eq!(told, readable(&world, &log, k as usize));
    }
}
