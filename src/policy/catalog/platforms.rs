//! What the built-in catalogue must know of the software that shops run on: the names by which it keeps a cart, a login or a
//! form, read in its own source. Where one is missing, cart or login are lost until somebody says yes to all.

use super::needs::built_in;
use super::{Tracker, hashed};
use crate::policy::consent::Category;

/// Ends that sites may give a session, though some trackers' names end so: those are known by their whole names.
const SHARED_ENDS: [&str; 2] = ["*_session", "*-session"];

#[test]
fn what_platforms_need_is_known_by_the_names_in_their_source() {
    let catalog = built_in();
    let lines = include_str!("../../../tests/data/catalog/platforms.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let [_, category, kind, names, _] = line.split(" | ").collect::<Vec<_>>().try_into().expect(line);
        let owner = |name| match kind {
            "storage" => catalog.storage(name),
            kind => catalog.cookie(name).filter(|_| kind == "cookies"),
        };
        for name in names.split(' ') {
            let found = owner(name).map(|tracker| tracker.category);
            assert_eq!(found, Some(Category::from_name(category).expect(line)), "{name}: {line}");
        }
    }
}

/// Ends and shapes are wide: a tracker of which we do not know every name must not pass by one.
#[test]
fn no_tracker_is_called_as_platforms_are() {
    let catalog = built_in();
    let is_asked = |tracker: &&Tracker| tracker.category != Category::Necessary;
    let ends: Vec<_> = catalog
        .trackers()
        .filter(|tracker| !is_asked(tracker))
        .flat_map(|tracker| &tracker.cookies)
        .filter(|rule| !SHARED_ENDS.contains(&rule.name.as_str()))
        .filter_map(|rule| rule.name.strip_prefix('*'))
        .collect();
    for rule in catalog.trackers().filter(is_asked).flat_map(|tracker| &tracker.cookies) {
        let name = rule.name.trim_end_matches('*');
        assert_eq!(hashed::owner(name.as_bytes()), None, "{name}");
        assert!(!ends.iter().any(|end| name.ends_with(end)), "{name}");
        let owner = catalog.cookie(name).filter(|owner| owner.category == Category::Necessary);
        assert!(owner.is_none() || !rule.domain.is_empty(), "{name}");
    }
}

#[test]
fn what_only_looks_like_a_platforms_belongs_to_nobody() {
    let catalog = built_in();
    for name in [
        "visitorUserID",
        "visitorToken",
        "QuantumMetricUserID",
        "oscar",
        "oscar_visitor",
        "cart[id",
        "BITRIX_SM_GUEST_ID",
        "BITRIX_SM_LAST_VISIT",
        "BITRIX_CONVERSION_CONTEXT_s1",
        "user_id",
        "_shop_api-key",
        "api_key",
        "sid2",
        "_tt",
        "DSID",
        "messages2",
        "remembered",
        "mybb",
        "wagtai",
        "h3_visitor",
        "mwuser-sessionId",
    ] {
        let owner = catalog.cookie(name).filter(|owner| owner.category == Category::Necessary);
        assert!(owner.is_none(), "{name}");
    }
}
