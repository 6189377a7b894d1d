//! The fences of a site as its traffic shapes them: read by every answer without a lock, made anew where a page names
//! what was not seen before.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::policy::Policy;
use crate::policy::fence::seen::{Fences, Sight};

/// The fences of the moment.
pub struct LearnedFences {
    now: ArcSwap<Fences>,
    /// Held by who makes the next: two at once would each forget what the other saw.
    making: Mutex<()>,
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
        if self.now.load().seen().know(sights) {
            return;
        }
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = policy.learned(&self.now.load(), sights) {
            self.now.store(Arc::new(next));
        }
    }
}
