//! Stretches of time: whole days of a site, or hours.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::DAYS_MAX;
use crate::counting::tally::{Hour, LocalDay};

/// The time a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Whole days of the site, both included.
    Days {
        /// The first day.
        first: LocalDay,
        /// The last day.
        last: LocalDay,
    },
    /// Whole hours, both included.
    Hours {
        /// The first hour.
        first: Hour,
        /// The last hour.
        last: Hour,
    },
}

/// A range as days and hours, ready to be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day, whole or in part.
    pub first_day: LocalDay,
    /// The last day, whole or in part.
    pub last_day: LocalDay,
    /// The first hour; `i32::MIN` where whole days are asked for.
    pub first_hour: Hour,
    /// The last hour; `i32::MAX` where whole days are asked for.
    pub last_hour: Hour,
    /// The first hour where it is not a day's first: visitors and visits that were there before it are among those
    /// of this hour, not among those first seen or begun in it. A visit ends after 30 idle minutes, so one that
    /// was open when the range began, and goes on, does so within its first hour.
    pub edge: Option<Hour>,
}

impl Span {
    /// The days and hours of `range`; `None` where it is empty, too long, or outside the calendar.
    pub fn of(range: &Range, time_zone: &TimeZone) -> Option<Self> {
        let span = match *range {
            Range::Days { first, last } => Self {
                first_day: first,
                last_day: last,
                first_hour: Hour(i32::MIN),
                last_hour: Hour(i32::MAX),
                edge: None,
            },
            Range::Hours { first, last } => {
                let first_day = local_day(hour_start(first)?, time_zone);
                let is_midnight = day_start(first_day, time_zone)? == hour_start(first)?;
                Self {
                    first_day,
                    last_day: local_day(hour_end(last)?, time_zone),
                    first_hour: first,
                    last_hour: last,
                    edge: (!is_midnight).then_some(first),
                }
            }
        };
        let days = i64::from(span.last_day.0) - i64::from(span.first_day.0);
        let is_bounded = (0..i64::from(DAYS_MAX)).contains(&days) && span.first_hour <= span.last_hour;
        (is_bounded && date_of(span.first_day).is_some() && date_of(span.last_day).is_some()).then_some(span)
    }
}

/// The calendar date of a day.
pub fn date_of(day: LocalDay) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(SignedDuration::from_hours(24 * i64::from(day.0))).ok()
}

/// The day of a calendar date.
pub fn day_of(date: Date) -> LocalDay {
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    LocalDay(i32::try_from(days).unwrap_or(i32::MAX))
}

/// 1970-01-05 was one.
fn is_monday(day: LocalDay) -> bool {
    (day.0 - 4).rem_euclid(7) == 0
}

/// The first day of the month in which `day` lies.
pub fn month_of(day: LocalDay) -> Option<LocalDay> {
    date_of(day).map(|date| day_of(date.first_of_month()))
}

/// An hour's first second.
pub fn hour_start(hour: Hour) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(hour.0) * 3600).ok()
}

/// An hour's last second.
pub fn hour_end(hour: Hour) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(hour.0) * 3600 + 3599).ok()
}

/// The hour `at` lies in.
pub fn hour_of(at: Timestamp) -> Hour {
    Hour(i32::try_from(at.as_second().div_euclid(3600)).unwrap_or(i32::MAX))
}

/// The day `at` lies in.
pub fn local_day(at: Timestamp, time_zone: &TimeZone) -> LocalDay {
    day_of(time_zone.to_datetime(at).date())
}

/// The first moment of a day; where the clocks skip midnight, the moment they skip to.
pub fn day_start(day: LocalDay, time_zone: &TimeZone) -> Option<Timestamp> {
    let midnight = date_of(day)?.to_zoned(time_zone.clone()).ok()?;
    Some(midnight.start_of_day().ok()?.timestamp())
}

/// The bucket a row stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// A day of the site.
    Day(LocalDay),
    /// A week, by its first day, or the range's where that lies in it.
    Week(LocalDay),
    /// A month, by its first day.
    Month(LocalDay),
    /// An hour, and the day of the site it (or its part) lies in: where time zones are off by half an hour, one hour
    /// has parts in two days.
    Hour(Hour, LocalDay),
}

impl When {
    /// As Plausible writes it, in the site's time zone: `2026-03-01` or `2026-03-01 13:00:00`.
    pub fn label(self, time_zone: &TimeZone) -> String {
        match self {
            Self::Day(day) | Self::Week(day) | Self::Month(day) => {
                date_of(day).map_or_else(String::new, |date| date.to_string())
            }
            Self::Hour(hour, day) => {
                let begins = hour_start(hour).max(day_start(day, time_zone)).unwrap_or(Timestamp::MAX);
                time_zone.to_datetime(begins).strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
        }
    }
}

impl Span {
    /// Every bucket of the range, in order, with or without figures.
    pub fn buckets(&self, bucket: super::Bucket, time_zone: &TimeZone) -> Vec<When> {
        let days = (self.first_day.0..=self.last_day.0).map(LocalDay);
        match bucket {
            super::Bucket::Day => days.map(When::Day).collect(),
            super::Bucket::Hour => days.flat_map(|day| self.hours(day, time_zone)).collect(),
            super::Bucket::Week => {
                let begins = |day: &LocalDay| *day == self.first_day || is_monday(*day);
                days.filter(begins).map(When::Week).collect()
            }
            super::Bucket::Month => {
                let mut months: Vec<When> = days.filter_map(month_of).map(When::Month).collect();
                months.dedup();
                months
            }
        }
    }

    fn hours(&self, day: LocalDay, time_zone: &TimeZone) -> Vec<When> {
        let begins = day_start(day, time_zone).map(hour_of);
        let next = day_start(LocalDay(day.0 + 1), time_zone)
            .and_then(|next| Timestamp::from_second(next.as_second() - 1).ok())
            .map(hour_of);
        let (Some(begins), Some(ends)) = (begins, next) else { return Vec::new() };
        let (first, last) = (begins.max(self.first_hour), ends.min(self.last_hour));
        (first.0..=last.0).map(|hour| When::Hour(Hour(hour), day)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oslo() -> TimeZone {
        TimeZone::get("Europe/Oslo").unwrap()
    }

    fn day(text: &str) -> LocalDay {
        day_of(text.parse().unwrap())
    }

    fn hour(text: &str) -> Hour {
        hour_of(text.parse().unwrap())
    }

    fn days(first: &str, last: &str) -> Span {
        Span::of(&Range::Days { first: day(first), last: day(last) }, &oslo()).unwrap()
    }

    #[test]
    fn day_of_a_change_of_clocks_has_23_or_25_hours() {
        let hours = |date| days(date, date).buckets(super::super::Bucket::Hour, &oslo()).len();
        assert_eq!(hours("2026-03-28"), 24);
        assert_eq!(hours("2026-03-29"), 23);
        assert_eq!(hours("2026-10-25"), 25);
    }

    #[test]
    fn labels_are_in_the_time_of_the_site() {
        let labels: Vec<String> = days("2026-03-29", "2026-03-29")
            .buckets(super::super::Bucket::Hour, &oslo())
            .into_iter()
            .map(|when| when.label(&oslo()))
            .collect();
        assert_eq!(labels[..3], ["2026-03-29 00:00:00", "2026-03-29 01:00:00", "2026-03-29 03:00:00"]);
        assert_eq!(When::Day(day("2026-03-01")).label(&oslo()), "2026-03-01");
    }

    #[test]
    fn weeks_begin_on_mondays_and_the_first_with_the_range() {
        let labels = |bucket| -> Vec<String> {
            let buckets = days("2026-02-25", "2026-03-10").buckets(bucket, &oslo());
            buckets.into_iter().map(|when| when.label(&oslo())).collect()
        };
        assert_eq!(labels(super::super::Bucket::Week), ["2026-02-25", "2026-03-02", "2026-03-09"]);
        assert_eq!(labels(super::super::Bucket::Month), ["2026-02-01", "2026-03-01"]);
    }

    #[test]
    fn half_an_hour_off_leaves_an_hour_with_parts_in_two_days() {
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        let range = Range::Days { first: day("2026-03-01"), last: day("2026-03-02") };
        let hours = Span::of(&range, &kolkata).unwrap().buckets(super::super::Bucket::Hour, &kolkata);
        assert_eq!(hours[0].label(&kolkata), "2026-03-01 00:00:00");
        assert_eq!(hours[1].label(&kolkata), "2026-03-01 00:30:00");
        assert_eq!(hours[24].label(&kolkata), "2026-03-01 23:30:00");
        assert_eq!(hours[25].label(&kolkata), "2026-03-02 00:00:00");
    }

    #[test]
    fn range_of_hours_has_an_edge_unless_it_begins_at_midnight() {
        let edge = |first: &str| {
            let range = Range::Hours { first: hour(first), last: hour("2026-03-03T00:00:00Z") };
            Span::of(&range, &oslo()).unwrap().edge
        };
        assert_eq!(edge("2026-03-01T23:00:00Z"), None);
        assert_eq!(edge("2026-03-02T10:00:00Z"), Some(hour("2026-03-02T10:00:00Z")));
    }

    #[test]
    fn empty_endless_and_impossible_ranges_are_refused() {
        let refused = |first, last| {
            let range = Range::Days { first: LocalDay(first), last: LocalDay(last) };
            Span::of(&range, &oslo()).is_none()
        };
        assert!(refused(5, 4));
        assert!(refused(0, DAYS_MAX));
        assert!(!refused(0, DAYS_MAX - 1));
        assert!(refused(i32::MIN, i32::MAX));
        assert!(refused(i32::MAX, i32::MAX));
    }
}
