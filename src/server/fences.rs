//! The fences of a site as its traffic shapes them: read by every answer without a lock, made anew where a page names
//! what was not seen before. Those of visitors who agreed to single trackers are made when the first of them comes, and
//! kept: many agree to the same film.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use hashbrown::HashMap;

use crate::clock::monotonic;
use crate::policy::consent::{CategorySet, Consent, TrackerSet};
use crate::policy::fence::Fence;
use crate::policy::fence::seen::{Fences, Seen, Sight};
use crate::policy::{Page, Policy};

/// How long nothing is pushed out of the fences after something was. Whoever makes reports up, or writes into pages, could
/// else have them made anew without end.
const PAUSE: Duration = Duration::from_secs(1);

/// Most fences that are kept for single trackers. One more, and all are made again as they are asked for. Unit: fences of
/// 3 KiB at most.
const SINGLES_MAX: usize = 64;

/// What a fence for single trackers is made by: the answer without its day, and if it leaves the question open.
type Answer = (CategorySet, TrackerSet, bool);

/// The fences of the moment, and what was made of them.
pub struct Made {
    fences: Fences,
    singles: Mutex<HashMap<Answer, Fence>>,
}

impl Made {
    fn of(fences: Fences) -> Self {
        Self { fences, singles: Mutex::default() }
    }

    /// What they were made with.
    pub fn seen(&self) -> &Seen {
        self.fences.seen()
    }

    fn single(&self, policy: &Policy, consent: &Consent, page: Page<'_>) -> Fence {
        let answer = (consent.categories(), *consent.trackers(), consent.is_before_answer());
        let singles = || self.singles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fence) = singles().get(&answer) {
            return fence.clone();
        }
        // Without the lock: others go on with what there is.
        let fence = policy.fence(&self.fences, consent, page).into_owned();
        let mut singles = singles();
        if singles.len() >= SINGLES_MAX {
            singles.clear();
        }
        singles.insert(answer, fence.clone());
        fence
    }
}

/// The fences of the moment.
pub struct LearnedFences {
    now: ArcSwap<Made>,
    /// Held by who makes the next: two at once would each forget what the other saw. When something was last pushed out.
    making: Mutex<Option<Instant>>,
}

impl LearnedFences {
    /// Those of a site of which nothing was seen.
    pub fn of(policy: &Policy) -> Self {
        Self { now: ArcSwap::from_pointee(Made::of(policy.fences())), making: Mutex::default() }
    }

    /// The fences of the moment.
    pub fn load(&self) -> Guard<Arc<Made>> {
        self.now.load()
    }

    /// The fence of a page in a consent state.
    pub fn of_page(&self, policy: &Policy, consent: &Consent, page: Page<'_>) -> Fence {
        let now = self.now.load();
        if consent.trackers().is_empty() || policy.has_bound_rule(page) {
            policy.fence(&now.fences, consent, page).into_owned()
        } else {
            now.single(policy, consent, page)
        }
    }

    /// Did browsers report that a frame of an embed was stopped which this consent does not cover?
    pub fn refuse_embeds(&self, consent: &Consent, policy: &Policy) -> bool {
        self.now.load().fences.refuse_embeds(consent, policy.catalog())
    }

    pub(super) fn learn(&self, policy: &Policy, sights: &[(&str, Sight)]) {
        if !policy.know(&self.now.load().fences, sights) {
            self.learn_at(monotonic(), policy, sights);
        }
    }

    fn learn_at(&self, moment: Instant, policy: &Policy, sights: &[(&str, Sight)]) {
        let mut pushed_out = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now.load();
        if policy.pushes_out(&now.fences, sights) {
            if pushed_out.is_some_and(|then| moment.saturating_duration_since(then) < PAUSE) {
                return;
            }
            *pushed_out = Some(moment);
        }
        if let Some(next) = policy.learned(&now.fences, sights) {
            self.now.store(Arc::new(Made::of(next)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Category;
    use crate::policy::samples::{FRONT, allow, policy, settings, single};
    use crate::policy::{Allowed, Settings};

    /// Who agreed to each tracker alone, one after the other.
    fn singles(policy: &Policy) -> Vec<Consent> {
        let alone = |id| {
            let mut trackers = TrackerSet::NONE;
            trackers.insert(id);
            single(&[], trackers)
        };
        let optional = policy.catalog().trackers().filter(|tracker| tracker.category != Category::Necessary);
        optional.map(|tracker| alone(tracker.id)).collect()
    }

    /// Where the text of a fence lies: of one that is kept, at the same place each time.
    fn place(fence: &Fence) -> Option<*const u8> {
        fence.content_security_policy.as_ref().map(|value| value.as_bytes().as_ptr())
    }

    #[test]
    fn a_fence_for_single_trackers_is_made_once_and_few_are_kept() {
        let policy = policy(settings());
        let fences = LearnedFences::of(&policy);
        for consent in singles(&policy).iter().take(SINGLES_MAX + 8) {
            let first = fences.of_page(&policy, consent, FRONT);
            assert_eq!(first, policy.fence(&fences.load().fences, consent, FRONT).into_owned());
            assert_eq!(place(&fences.of_page(&policy, consent, FRONT)), place(&first));
            assert!(fences.load().singles.lock().expect("a lock").len() <= SINGLES_MAX);
        }
        fences.learn(&policy, &[("www.youtube.com", Sight::Report)]);
        assert!(fences.load().singles.lock().expect("a lock").is_empty(), "those of before are not kept");
    }

    #[test]
    fn a_fence_that_holds_on_some_pages_is_not_kept_for_others() {
        let rule = allow(Allowed::Host("pay.example".into()), Category::Necessary, &["/kasse"]);
        let policy = policy(Settings { allow: vec![rule], ..settings() });
        let fences = LearnedFences::of(&policy);
        let consent = &singles(&policy)[0];
        let has_rule = |path: &str| {
            let fence = fences.of_page(&policy, consent, Page { path, ..FRONT });
            let text = fence.content_security_policy.expect("a policy");
            text.to_str().expect("ASCII").contains("pay.example")
        };
        assert_eq!(["/", "/kasse", "/", "/kasse"].map(has_rule), [false, true, false, true]);
    }

    #[test]
    fn a_flood_of_reports_has_the_fences_made_anew_once_a_second() {
        let policy = policy(settings());
        let rare = policy.catalog().trackers().filter(|tracker| tracker.is_rare());
        let hosts: Vec<String> = rare.map(|service| service.hosts[0].host.replacen('*', "x", 1)).collect();
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
