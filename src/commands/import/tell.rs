//! What became of a file, for people and, with `--json`, for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::line::Left;
use super::progress::rate;
use super::write::Aim;
use crate::counting::tally::{Cell, Sums};
use crate::counting::{Drained, Dropped, HitKind};

/// Faulty lines told one by one; the rest is only counted.
pub(super) const FAULTS_TOLD_MAX: u64 = 10;

/// What was read, and what was counted of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) lines: u64,
    pub(super) views: u64,
    pub(super) failed: u64,
    pub(super) events: u64,
    pub(super) engagements: u64,
    pub(super) left: [u64; Left::ALL.len()],
    /// Hits of days whose figures are kept no longer: the gateway's next round forgets them.
    pub(super) past_keeping: u64,
    pub(super) faults: u64,
    pub(super) late: u64,
    /// Hits of lines that were read before, which waited to be put in order and are counted now.
    pub(super) waiting: u64,
    pub(super) sums: Sums,
    pub(super) dropped: Dropped,
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The file is read to its end, or to the end of what was to be taken back.
    All,
    /// The last line has no end and cannot be read: it waits for the next import.
    Unfinished,
    /// It was told to stop.
    Stopped,
    /// The file cannot be read further.
    Broken,
}

impl Figures {
    /// A hit was read.
    pub(super) const fn hit(&mut self, kind: &HitKind) {
        match kind {
            HitKind::View { .. } => self.views += 1,
            HitKind::Failed { .. } => self.failed += 1,
            HitKind::Event { .. } => self.events += 1,
            HitKind::Engagement { .. } => self.engagements += 1,
            HitKind::Answered { .. } | HitKind::Returns | HitKind::Dropped { .. } => {}
        }
    }

    /// A line was left out.
    pub(super) fn left(&mut self, left: Left) {
        if let Some(at) = Left::ALL.iter().position(|known| *known == left) {
            self.left[at] += 1;
        }
    }

    /// Sums were drained.
    pub(super) fn add(&mut self, drained: &Drained) {
        for tally in drained.tallies.iter().filter(|tally| tally.cell == Cell::Total) {
            self.sums += &tally.sums;
        }
    }

    /// What was not counted, or not in full, since `before`.
    fn dropped(&self, before: &Dropped) -> Vec<(&'static str, u64)> {
        let pairs = self.dropped.by_reason().into_iter().zip(before.by_reason());
        pairs
            .map(|((reason, now), (_, before))| (reason, now - before))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// The summary for people, without its last line.
    pub(super) fn table(&self, name: &str, aim: Aim, before: &Dropped, took: Duration) -> String {
        let seconds = took.as_millis();
        let mut text = format!(
            "{name}: {} lines in {}.{} s, {} lines/s\n",
            grouped(self.lines),
            seconds / 1000,
            seconds % 1000 / 100,
            grouped(rate(self.lines, took))
        );
        let mut row = |what: &str, count: u64| {
            if count > 0 {
                let _ = writeln!(text, "  {what:<26} {:>13}", grouped(count));
            }
        };
        row("page views", self.views);
        row("pages that failed", self.failed);
        row("events", self.events);
        row("engagements", self.engagements);
        for (left, count) in Left::ALL.iter().zip(self.left) {
            row(&format!("left out: {}", left.word()), count);
        }
        row("of days kept no longer", self.past_keeping);
        row("faulty", self.faults);
        row("more than 10 s too late", self.late);
        row("of lines read before", self.waiting);
        for (reason, count) in self.dropped(before) {
            row(&format!("not counted: {}", reason.replace('_', " ")), count);
        }
        let figure = |sum: i64| grouped(sum.unsigned_abs());
        let _ = write!(
            text,
            "{}: {} page views in {} visits of {} visitors",
            match aim {
                Aim::Add => "counted",
                Aim::TakeBack => "taken back",
                Aim::Tell => "would count",
            },
            figure(self.sums.views),
            figure(self.sums.visits),
            figure(self.sums.visitors)
        );
        text
    }

    /// The summary for programs.
    pub(super) fn json(&self, before: &Dropped, took: Duration, end: &str, next: &str) -> serde_json::Value {
        let left: serde_json::Map<_, _> = Left::ALL
            .iter()
            .zip(self.left)
            .map(|(left, count)| (left.word().replace(' ', "_"), count.into()))
            .collect();
        let dropped: serde_json::Map<_, _> = self
            .dropped(before)
            .into_iter()
            .map(|(reason, count)| (reason.to_owned(), count.into()))
            .collect();
        json!({
            "end": end,
            "lines": self.lines,
            "page_views": self.views,
            "failed": self.failed,
            "events": self.events,
            "engagements": self.engagements,
            "left_out": left,
            "of_days_kept_no_longer": self.past_keeping,
            "faults": self.faults,
            "late": self.late,
            "of_lines_read_before": self.waiting,
            "not_counted": dropped,
            "counted": {
                "visitors": self.sums.visitors, "visits": self.sums.visits, "pageviews": self.sums.views,
                "events": self.sums.events,
            },
            "seconds": took.as_secs_f64(),
            "lines_per_second": rate(self.lines, took),
            "next": next,
        })
    }
}

/// A number in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            (grouped(7), grouped(1234), grouped(1_234_567)),
            ("7".into(), "1 234".into(), "1 234 567".into())
        );
    }
}
