//! The only sources of time and randomness.
//!
//! Everything that expires, rotates or draws a key asks these two traits, so that a test can step a day in a
//! microsecond. Nothing else in the program calls the system's clock or its random source (`tests/it/tidy.rs`).

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Wall-clock time, UTC.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Unpredictable bytes, fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The kernel's random source.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the kernel has no randomness to give: no key may be drawn then, so nothing can go on.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the kernel's random source answers");
    }
}

/// A moment of a clock that never goes back, for measuring how long a thing took; nothing is decided by it.
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

/// A clock that moves only when told to; for tests, imports and simulations.
#[derive(Debug)]
pub struct SteppedClock(Mutex<Timestamp>);

impl SteppedClock {
    /// A clock that stands at `start`.
    pub const fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock by `step`, which may be negative.
    pub fn step(&self, step: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += step;
    }

    /// Moves the clock to `then`.
    pub fn set(&self, then: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = then;
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stepped_clock_moves_only_when_told() {
        let clock = SteppedClock::at(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.step(SignedDuration::from_hours(1));
        assert_eq!(clock.now().as_second(), 3600);
    }
}
