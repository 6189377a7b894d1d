//! Is the date one to destroy by? A clock that jumps ahead, after an empty battery or by a wrong time server, would have
//! every receipt erased and every figure folded in one round.
//!
//! A date is believed when it is at most [`AHEAD_MAX`] days past the last that was, which a file keeps. Any other has to
//! stand for [`DOUBT`] first, as told by a clock that nobody sets; a shop that was closed for a month erases a day later.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The file with the last day that was believed, in days since 1970.
const FILE: &str = "upkeep.day";
/// Most days from one round to the next that raise no doubt.
const AHEAD_MAX: i64 = 7;
/// How long a date in doubt has to stand.
const DOUBT: SignedDuration = SignedDuration::from_hours(24);
/// By how much the two clocks may differ while it does: it is set by steps of seconds when all is well.
const DRIFT_MAX: SignedDuration = SignedDuration::from_mins(10);
const DAY: i64 = 86_400;

/// The last day that was believed, and the doubt about this one.
pub(super) struct Date {
    path: PathBuf,
    last: Option<i64>,
    doubt: Option<(Timestamp, Instant)>,
}

/// The day of a moment, counted from 1970.
pub(super) fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY)
}

impl Date {
    /// As the file in this directory has it. What cannot be read is no day: the first is believed.
    pub(super) fn of(directory: &std::path::Path) -> Self {
        let path = directory.join(FILE);
        let last = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
        Self { path, last, doubt: None }
    }

    /// Is this moment's date believed? `steady` is the same moment on a clock that nobody sets.
    pub(super) fn is_believed(&mut self, now: Timestamp, steady: Instant) -> bool {
        let ahead = self.last.map_or(0, |last| day_of(now) - last);
        if (0..=AHEAD_MAX).contains(&ahead) {
            self.doubt = None;
            return true;
        }
        let (then, since) = *self.doubt.get_or_insert((now, steady));
        let stood = SignedDuration::try_from(steady.saturating_duration_since(since)).unwrap_or_default();
        if (now.duration_since(then) - stood).abs() > DRIFT_MAX {
            self.doubt = Some((now, steady));
            return false;
        }
        stood >= DOUBT
    }

    /// When the last day began that was believed.
    pub(super) fn last(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.last?.checked_mul(DAY)?).ok()
    }

    /// This date is the last that was believed.
    pub(super) fn believe(&mut self, now: Timestamp) -> io::Result<()> {
        (self.last, self.doubt) = (Some(day_of(now)), None);
        let made = self.path.with_extension("new");
        std::fs::write(&made, format!("{}\n", day_of(now)))?;
        std::fs::rename(&made, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_date_and_the_next_days_are_believed() {
        let directory = tempfile::tempdir().unwrap();
        let (mut date, steady) = (Date::of(directory.path()), Instant::now());
        assert!(date.is_believed(at("2026-11-30T12:00:00Z"), steady));
        date.believe(at("2026-11-30T12:00:00Z")).unwrap();
        let mut again = Date::of(directory.path());
        for (day, expected) in [("30", true), ("29", false)] {
            assert_eq!(again.is_believed(at(&format!("2026-11-{day}T00:00:00Z")), steady), expected, "{day}");
        }
        assert!(again.is_believed(at("2026-12-07T23:59:59Z"), steady));
        assert!(!again.is_believed(at("2026-12-08T00:00:00Z"), steady));
    }

    #[test]
    fn another_date_is_believed_when_it_has_stood_for_a_day() {
        let directory = tempfile::tempdir().unwrap();
        let (mut date, steady) = (Date::of(directory.path()), Instant::now());
        date.believe(at("2026-11-30T12:00:00Z")).unwrap();
        let ahead = at("2037-03-07T12:00:00Z");
        let later = |hours: u32| (ahead + HOUR * hours, steady + HOUR * hours);
        for hours in [0, 1, 23] {
            let (now, steady) = later(hours);
            assert!(!date.is_believed(now, steady), "{hours}");
        }
        let (now, stood) = later(24);
        assert!(date.is_believed(now, stood));
        assert!(date.is_believed(at("2026-12-01T12:00:00Z"), stood), "the clock was set right again");
        assert!(!date.is_believed(now, stood), "and the doubt begins anew");
    }

    #[test]
    fn a_date_that_does_not_stand_still_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let (mut date, steady) = (Date::of(directory.path()), Instant::now());
        date.believe(at("2026-11-30T12:00:00Z")).unwrap();
        assert!(!date.is_believed(at("2037-03-07T12:00:00Z"), steady));
        assert!(!date.is_believed(at("2038-03-07T12:00:00Z"), steady + HOUR * 24));
        assert!(!date.is_believed(at("2038-03-08T11:00:00Z"), steady + HOUR * 47));
        assert!(date.is_believed(at("2038-03-08T12:00:00Z"), steady + HOUR * 48));
    }
}
