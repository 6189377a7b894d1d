//! Ranges of time as Plausible names them, on the calendar of a site.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::parse::shown;
use super::{QueryError, Site};
use crate::counting::tally::{Hour, LocalDay};
use crate::store::question::range::{day_of, day_start, hour_of, hour_start, local_day};
use crate::store::question::{Bucket, DAYS_MAX, Question, Range};

/// Most months of a range such as `6mo`, as in Plausible's API.
const MONTHS_MAX: i64 = 100;

/// The range that `value` names, seen from `now`. As Plausible has it, `7d` and its like end yesterday, `6mo` and
/// its like with last month; `day`, `month` and `year` are the present ones, `all` ends today.
pub(super) fn range(value: Option<&Value>, site: &Site, now: Timestamp) -> Result<Range, QueryError> {
    let value = value.ok_or_else(|| QueryError::new("invalid_date_range", "`date_range` is needed."))?;
    let range = match value {
        Value::String(name) => named(name, site, now),
        Value::Array(ends) => match &ends[..] {
            [Value::String(first), Value::String(last)] => between(first, last, site),
            _ => None,
        },
        _ => None,
    };
    range.ok_or_else(|| {
        let sentence = format!(
            "Invalid date_range {}. Ranges are: \"day\", \"24h\", \"7d\" (or another number of days), \"month\", \
             \"6mo\" (or another number of months), \"year\", \"all\", two dates as [\"2026-01-01\", \"2026-01-31\"], \
             or two times with their offset as [\"2026-01-01T12:00:00+01:00\", \"2026-01-01T18:00:00+01:00\"].",
            shown(value)
        );
        QueryError::new("invalid_date_range", sentence)
    })
}

/// Does a question ask for hours of days that are older than hours are kept? A store folds by days of UTC, so the days on
/// either side of that limit count as folded.
pub(super) fn has_folded_hours(question: &Question, hours_days: u32, now: Timestamp) -> bool {
    let asks_for_hours =
        question.bucket() == Some(Bucket::Hour) || matches!(question.asked().range, Range::Hours { .. });
    let kept_since = local_day(now, &TimeZone::UTC).0.saturating_sub_unsigned(hours_days);
    asks_for_hours && question.span().first_day.0 <= kept_since
}

fn named(name: &str, site: &Site, now: Timestamp) -> Option<Range> {
    let today = site.time_zone.to_datetime(now).date();
    let days = |first: Date, last: Date| Range::Days { first: day_of(first), last: day_of(last) };
    match name {
        "day" => Some(days(today, today)),
        "24h" => {
            let last = hour_of(now);
            Some(Range::Hours { first: Hour(last.0.checked_sub(23)?), last })
        }
        "month" => Some(days(today.first_of_month(), today.last_of_month())),
        "year" => Some(days(today.first_of_year(), today.last_of_year())),
        "all" => {
            let today = day_of(today);
            // What was counted under a false date does not make the range too long to answer.
            let longest = LocalDay(today.0.saturating_sub(DAYS_MAX - 1));
            let first = site.first_day.map_or(today, |first| first.clamp(longest, today));
            Some(Range::Days { first, last: today })
        }
        _ => {
            if let Some(count) = number(name.strip_suffix('d')) {
                let first = today.checked_sub(count.days()).ok()?;
                return Some(days(first, today.yesterday().ok()?));
            }
            let count = number(name.strip_suffix("mo")).filter(|count| *count <= MONTHS_MAX)?;
            let this_month = today.first_of_month();
            let first = this_month.checked_sub(count.months()).ok()?;
            Some(days(first, this_month.yesterday().ok()?))
        }
    }
}

/// A number of one to four digits.
fn number(text: Option<&str>) -> Option<i64> {
    let text = text.filter(|text| text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().filter(|number| *number > 0)
}

fn between(first: &str, last: &str, site: &Site) -> Option<Range> {
    if let (Some(first), Some(last)) = (date(first), date(last)) {
        return Some(Range::Days { first: day_of(first), last: day_of(last) });
    }
    let (first, last): (Timestamp, Timestamp) = (first.parse().ok()?, last.parse().ok()?);
    if last < first {
        return None;
    }
    let last = if last > first { Timestamp::from_second(last.as_second() - 1).ok()? } else { last };
    Some(snapped(hour_of(first), hour_of(last), site))
}

fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// Hours that are whole days are asked for as days: more can be answered of those.
fn snapped(first: Hour, last: Hour, site: &Site) -> Range {
    let hours = Range::Hours { first, last };
    let whole_days = || {
        let (begins, ends) = (hour_start(first)?, hour_start(Hour(last.0.checked_add(1)?))?);
        let first_day = local_day(begins, &site.time_zone);
        let next_day = local_day(ends, &site.time_zone);
        let is_whole =
            day_start(first_day, &site.time_zone)? == begins && day_start(next_day, &site.time_zone)? == ends;
        is_whole.then_some(Range::Days { first: first_day, last: LocalDay(next_day.0 - 1) })
    };
    whole_days().unwrap_or(hours)
}
