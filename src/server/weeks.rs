//! The cookie of returning visitors: two numbers of weeks, those of the first and of the latest visit, and nothing that
//! tells one visitor from another of the same weeks. A site that does not count returns has none, and ends those from before.
//!
//! It is set by HTTP once statistics were agreed to, on a page and when the week has changed; it ends 56 weeks after the
//! first visit, whatever comes between, and with the consent.

use http::HeaderValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::visit::Visit;
use crate::counting::Weeks;
use crate::policy::cookies::WEEKS_COOKIE;

/// How long the cookie lives, from the week of the first visit on. Unit: weeks. Later visits do not move its end.
const LIFETIME_WEEKS: u16 = 56;
const WEEK_SECONDS: u64 = 7 * 86_400;
/// The first Monday after 1970-01-01. Unit: days since then.
const FIRST_MONDAY: i64 = 4;
/// [`Weeks::last`] of who was never there.
const NEVER: u16 = 0;

/// What a browser sent under the cookie's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// No such cookie.
    Nothing,
    /// Something that is no two weeks.
    Unreadable,
    /// Two weeks, of whatever time.
    Read(Weeks),
}

impl Sent {
    /// Reads the cookie's value.
    pub(super) fn read(value: &[u8]) -> Self {
        let number = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            text.parse::<u16>().ok().filter(|_| is_plain)
        };
        let read = || {
            let (first, last) = std::str::from_utf8(value).ok()?.split_once('.')?;
            Some(Weeks { first: number(first)?, last: number(last)? })
        };
        read().map_or(Self::Unreadable, Self::Read)
    }

    /// The weeks, when they can be true in week `this`: neither later, nor older than the cookie lives.
    fn believed(self, this: u16) -> Option<Weeks> {
        let Self::Read(weeks) = self else { return None };
        let is_possible =
            weeks.first <= weeks.last && weeks.last <= this && this - weeks.first < LIFETIME_WEEKS;
        is_possible.then_some(weeks)
    }
}

/// What a hit says of earlier visits: nothing unless statistics were agreed to.
pub(super) fn told(visit: &Visit, now: Timestamp) -> Option<Weeks> {
    if !visit.may_remember() {
        return None;
    }
    let this = week(now, &visit.site.practice.time_zone);
    Some(visit.weeks.believed(this).unwrap_or(Weeks { first: this, last: NEVER }))
}

/// What a page sets: the cookie where it is missing, wrong or of another week; its end where it may not be.
pub(super) fn set_cookie(visit: &Visit, now: Timestamp) -> Vec<HeaderValue> {
    if !visit.may_remember() {
        return expired(visit);
    }
    let this = week(now, &visit.site.practice.time_zone);
    let known = visit.weeks.believed(this);
    if known.is_some_and(|known| known.last == this) {
        return Vec::new();
    }
    let first = known.map_or(this, |known| known.first);
    let left = LIFETIME_WEEKS.saturating_sub(this - first);
    let value = format!("{first}.{this}");
    let may_be_doubled = visit.weeks != Sent::Nothing && visit.cookie_domain().is_some();
    let mut lines = if may_be_doubled { visit.own_strays(WEEKS_COOKIE) } else { Vec::new() };
    lines.push(visit.own_cookie(WEEKS_COOKIE, &value, u64::from(left) * WEEK_SECONDS));
    lines
}

/// The end of the cookie, when there is one, wherever it was set.
pub(super) fn expired(visit: &Visit) -> Vec<HeaderValue> {
    if visit.weeks == Sent::Nothing {
        return Vec::new();
    }
    let mut lines = vec![visit.own_cookie(WEEKS_COOKIE, "", 0)];
    lines.extend(visit.own_strays(WEEKS_COOKIE));
    lines
}

/// The week of a moment, as a number of weeks since 1970-01-05.
fn week(now: Timestamp, zone: &TimeZone) -> u16 {
    let local = now.as_second() + i64::from(zone.to_offset(now).seconds());
    u16::try_from((local.div_euclid(86_400) - FIRST_MONDAY).div_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_lives_as_long_as_is_declared() {
        assert_eq!(u32::from(LIFETIME_WEEKS) * 7, crate::banner::WEEKS_DAYS);
    }

    fn weeks(first: u16, last: u16) -> Weeks {
        Weeks { first, last }
    }

    #[test]
    fn weeks_begin_on_monday_at_the_sites_midnight() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        let at = |text: &str, zone: &TimeZone| week(text.parse().unwrap(), zone);
        assert_eq!(at("1970-01-05T00:00:00Z", &TimeZone::UTC), 0);
        assert_eq!(at("1970-01-12T00:00:00Z", &TimeZone::UTC), 1);
        // Monday 2026-03-09 in Oslo begins at 23:00 UTC of the day before.
        assert_eq!(at("2026-03-08T22:59:59Z", &oslo) + 1, at("2026-03-08T23:00:00Z", &oslo));
        assert_eq!(at("1969-12-31T00:00:00Z", &TimeZone::UTC), 0);
    }

    #[test]
    fn what_cannot_be_true_is_not_believed() {
        let this = 2930;
        for (value, believed) in [
            ("2930.2930", Some(weeks(2930, 2930))),
            ("2875.2929", Some(weeks(2875, 2929))),
            ("2874.2929", None),
            ("2930.2931", None),
            ("2931.2931", None),
            ("2930.2929", None),
            ("2930", None),
            ("2930.2930.1", None),
            ("+2930.2930", None),
            ("02930.2930", None),
            ("2930.70000", None),
            ("a.b", None),
            ("", None),
            ("\u{660}.1", None),
        ] {
            assert_eq!(Sent::read(value.as_bytes()).believed(this), believed, "{value}");
        }
        assert_eq!(Sent::read(b"\xff.1"), Sent::Unreadable);
    }
}
