//! Puts hits in the order of their time. Servers write a line when its request ends, so a slow page stands behind
//! quicker ones that came later; a few seconds are looked back.
//!
//! A hit waits until one comes that is [`WINDOW_SECONDS`] later. So a single line with a time far ahead of its
//! neighbours waits until the end, and takes nobody along.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::counting::Hit;

/// How far back a line may belong. Unit: seconds.
const WINDOW_SECONDS: i64 = 10;
/// Most hits that wait; the earliest goes first when there are more. Each keeps a chunk of the file alive, of at
/// most 128 KiB, which neighbours share.
const WAITING_MAX: usize = 2048;

/// Hits on their way into order.
pub(super) struct Order {
    waiting: VecDeque<Hit>,
    latest: Timestamp,
    late: u64,
}

impl Order {
    /// Nothing waits.
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::with_capacity(WAITING_MAX + 1), latest: Timestamp::MIN, late: 0 }
    }

    /// Hits that came too late to be put in order. They are counted where they stand.
    pub(super) const fn late(&self) -> u64 {
        self.late
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Does nothing wait?
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A hit comes in.
    pub(super) fn put(&mut self, hit: Hit) {
        let second = hit.at.as_second();
        if second + WINDOW_SECONDS < self.latest.as_second() {
            self.late += 1;
        }
        self.latest = self.latest.max(hit.at);
        let behind = self.waiting.iter().rev().take_while(|waiting| waiting.at > hit.at).count();
        self.waiting.insert(self.waiting.len() - behind, hit);
    }

    /// A hit goes out, when it has waited long enough.
    pub(super) fn take(&mut self) -> Option<Hit> {
        let first = self.waiting.front()?;
        let is_due = first.at.as_second() + WINDOW_SECONDS < self.latest.as_second();
        if is_due || self.waiting.len() > WAITING_MAX { self.waiting.pop_front() } else { None }
    }

    /// The rest goes out, because nothing more will come.
    pub(super) fn take_rest(&mut self) -> Option<Hit> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::hit;
    use super::*;
    use crate::counting::HitKind;

    fn at(second: i64) -> Hit {
        let kind = HitKind::View { status: 200, is_public: false, asked: None, properties: Box::default() };
        let at = Timestamp::from_second(second).unwrap();
        hit(at, "192.0.2.7".parse().unwrap(), "/".parse().unwrap(), kind)
    }

    fn ordered(seconds: &[i64]) -> (Vec<i64>, u64) {
        let mut order = Order::new();
        let mut out = Vec::new();
        for second in seconds {
            order.put(at(*second));
            while let Some(hit) = order.take() {
                out.push(hit.at.as_second());
            }
        }
        while let Some(hit) = order.take_rest() {
            out.push(hit.at.as_second());
        }
        (out, order.late())
    }

    #[test]
    fn a_few_seconds_are_put_in_order() {
        assert_eq!(ordered(&[5, 3, 9, 4, 30, 25, 28, 60]), (vec![3, 4, 5, 9, 25, 28, 30, 60], 0));
    }

    #[test]
    fn one_wrong_time_takes_nobody_along() {
        let (out, late) = ordered(&[5, 1_000_000, 6, 7, 20, 21, 40]);
        assert_eq!(out, [5, 6, 7, 20, 21, 40, 1_000_000]);
        assert_eq!(late, 5, "they stand behind a later one");
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let mut order = Order::new();
        let mut out = 0;
        for _ in 0..WAITING_MAX * 3 {
            order.put(at(7));
            while order.take().is_some() {
                out += 1;
            }
        }
        assert_eq!(out, WAITING_MAX * 2);
    }
}
