//! What the tests of this room share, and those of rooms that ask it.

use proptest::prelude::*;

use super::consent::{Choice, Day, TrackerSet};
use super::*;

pub(crate) const FRONT: Page<'static> = Page { host: "shop.example", path: "/" };

pub(crate) fn settings() -> Settings {
    Settings {
        hosts: vec!["shop.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    }
}

pub(crate) fn allow(what: Allowed, category: Category, paths: &[&str]) -> Allow {
    Allow {
        what,
        category,
        why: "it is needed".into(),
        paths: paths.iter().map(|&path| path.into()).collect(),
    }
}

/// Read once for all tests: it is a long text, and property tests ask for it often.
pub(super) fn built_in() -> Arc<Catalog> {
    static CATALOG: std::sync::LazyLock<Arc<Catalog>> =
        std::sync::LazyLock::new(|| Arc::new(Catalog::new(Catalog::built_in().unwrap()).unwrap()));
    Arc::clone(&CATALOG)
}

pub(crate) fn policy(settings: Settings) -> Policy {
    Policy::new(settings, built_in())
}

/// The policy of [`settings`], compiled once for all tests.
pub(super) fn plain() -> &'static Policy {
    static PLAIN: std::sync::LazyLock<Policy> = std::sync::LazyLock::new(|| policy(settings()));
    &PLAIN
}

pub(super) fn of(categories: &[Category]) -> Consent {
    single(categories, TrackerSet::NONE)
}

pub(crate) fn single(categories: &[Category], trackers: TrackerSet) -> Consent {
    let choice = Choice::Some { categories: categories.iter().copied().collect(), trackers };
    Consent::from_choice(&choice, Day(20_000), None, &built_in())
}

/// A consent to whole categories, and one to at least as many; for catalogues other than the built-in one.
pub(super) fn any_growing_categories() -> impl Strategy<Value = (Consent, Consent)> {
    (0..8_usize, 0..8_usize).prop_map(|(less, more)| {
        let every = CategorySet::every();
        let consent = |state: usize| of(&every[state].iter().collect::<Vec<_>>());
        (consent(less), consent(less | more))
    })
}

/// A consent, and one that grants at least as much.
pub(super) fn any_growing_consent() -> impl Strategy<Value = (Consent, Consent)> {
    let trackers = || prop::collection::vec(0..built_in().trackers().count(), 0..4);
    (0..8_usize, 0..8_usize, trackers(), trackers()).prop_map(|(less, more, few, others)| {
        let every = CategorySet::every();
        let set = |state: usize| every[state].iter().collect::<Vec<_>>();
        let grow = |indices: &[usize]| {
            let mut trackers = TrackerSet::NONE;
            indices
                .iter()
                .filter_map(|index| catalog::TrackerId::new(*index))
                .for_each(|id| trackers.insert(id));
            trackers
        };
        let all = [few.clone(), others].concat();
        (single(&set(less), grow(&few)), single(&set(less | more), grow(&all)))
    })
}
