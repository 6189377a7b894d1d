//! Idle connections of one worker to one origin, the last one used first: it is the least likely to be gone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::link::Link;

/// How long a connection may lie idle. Many servers close theirs after 60 or 75 s; some after 5 s, which is seen
/// when it happens.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(50);

/// The pool. One a worker, so nothing is locked.
pub(super) struct Pool {
    idle: RefCell<VecDeque<Link>>,
    idle_max: usize,
    is_swept: Cell<bool>,
}

impl Pool {
    /// An empty pool that keeps at most this many.
    pub(super) fn new(idle_max: usize) -> Rc<Self> {
        Rc::new(Self { idle: RefCell::default(), idle_max, is_swept: Cell::new(false) })
    }

    /// The connection used last, if there is one that is not too old.
    pub(super) fn take(&self) -> Option<Link> {
        let mut link = self.idle.borrow_mut().pop_back()?;
        link.idle_for = link.idle_since.elapsed();
        if link.idle_for < IDLE_MAX {
            return Some(link);
        }
        // It was the youngest, so all others are too old too.
        self.idle.borrow_mut().clear();
        None
    }

    /// Takes a connection back, or closes it when it is of no more use or the pool is full.
    pub(super) fn put(self: &Rc<Self>, mut link: Link) {
        if !link.is_clean() || self.idle_max == 0 {
            return;
        }
        link.progress = None;
        link.idle_since = Instant::now();
        link.uses = link.uses.saturating_add(1);
        let mut idle = self.idle.borrow_mut();
        if idle.len() >= self.idle_max {
            idle.pop_front();
        }
        idle.push_back(link);
        drop(idle);
        if !self.is_swept.replace(true) {
            tokio::task::spawn_local(sweep(Rc::clone(self)));
        }
    }

    /// When the oldest connection becomes too old.
    fn next_expiry(&self) -> Option<Instant> {
        self.idle.borrow().front().map(|link| link.idle_since + IDLE_MAX)
    }

    fn close_expired(&self) {
        let now = Instant::now();
        let mut idle = self.idle.borrow_mut();
        while idle.front().is_some_and(|link| link.idle_since + IDLE_MAX <= now) {
            idle.pop_front();
        }
    }
}

/// Closes connections as they become too old, until none is left.
async fn sweep(pool: Rc<Pool>) {
    while let Some(expiry) = pool.next_expiry() {
        tokio::time::sleep_until(expiry).await;
        pool.close_expired();
    }
    pool.is_swept.set(false);
}
