//! The fences of a site as its traffic shapes them: read by every answer without a lock, made anew where a page names
//! what was not seen before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};

use crate::clock::monotonic;
use crate::policy::Policy;
use crate::policy::fence::seen::{Fences, Sight};

/// How long nothing is pushed out of the fences after something was. Whoever makes reports up, or writes into pages, could
/// else have them made anew without end.
const PAUSE: Duration = Duration::from_secs(1);

/// The fences of the moment.
pub struct LearnedFences {
    now: ArcSwap<Fences>,
    /// Held by who makes the next: two at once would each forget what the other saw. When something was last pushed out.
    making: Mutex<Option<Instant>>,
}

impl LearnedFences {
    /// Those of a site of which nothing was seen.
    pub fn of(policy: &Policy) -> Self {
        Self { now: ArcSwap::from_pointee(policy.fences()), making: Mutex::default() }
    }

    /// The fences of the moment.
    pub fn load(&self) -> Guard<Arc<Fences>> {
        self.now.load()
    }

    pub(super) fn learn(&self, policy: &Policy, sights: &[(&str, Sight)]) {
        if !policy.know(&self.now.load(), sights) {
            self.learn_at(monotonic(), policy, sights);
        }
    }

    fn learn_at(&self, moment: Instant, policy: &Policy, sights: &[(&str, Sight)]) {
        let mut pushed_out = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now.load();
        if policy.pushes_out(&now, sights) {
            if pushed_out.is_some_and(|then| moment.saturating_duration_since(then) < PAUSE) {
                return;
            }
            *pushed_out = Some(moment);
        }
        if let Some(next) = policy.learned(&now, sights) {
            self.now.store(Arc::new(next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::Catalog;
    use crate::policy::{Settings, Unknown};

    #[test]
    fn a_flood_of_reports_has_the_fences_made_anew_once_a_second() {
        let catalog = Catalog::new(Catalog::built_in().expect("entries")).expect("a catalogue");
        let rare = catalog.trackers().filter(|tracker| tracker.is_rare());
        let hosts: Vec<String> = rare.map(|service| service.hosts[0].host.replacen('*', "x", 1)).collect();
        let settings = Settings {
            hosts: vec!["shop.example".into()],
            prefix: "/_consentry".into(),
            unknown_cookies: Unknown::Hold,
            unknown_hosts: Unknown::Hold,
            allow: Vec::new(),
        };
        let policy = Policy::new(settings, Arc::new(catalog));
        let fences = LearnedFences::of(&policy);
        let begun = monotonic();
        let made_anew = |moment: Instant| {
            let is_anew = |host: &&String| {
                let before = fences.now.load_full();
                fences.learn_at(moment, &policy, &[(host, Sight::Report)]);
                !Arc::ptr_eq(&before, &fences.load())
            };
            hosts.iter().filter(is_anew).count()
        };
        let first = made_anew(begun);
        assert!(first > 1 && first < hosts.len(), "{first}: as many as have room, and one more");
        assert_eq!(made_anew(begun + PAUSE / 2), 0);
        // What was pushed out may leave room for a few more.
        assert!((1..8).contains(&made_anew(begun + PAUSE)));
    }
}
