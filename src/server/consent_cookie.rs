//! The consent cookie as browsers hold it: how it is set, which of several counts, and how it becomes the only one again.
//!
//! A browser keeps a cookie of the host beside one of the domain, and sends both under the same name, without saying which
//! is which. That comes of a change of `domain` in the settings, or of a stranger on a neighbouring host. What does not
//! open is no answer; of those that open the latest day counts, and on one day a no counts more than a yes.

use http::{HeaderMap, HeaderValue, header};

use super::site::Site;
use super::visit::Visit;
use crate::policy::Page;
use crate::policy::consent::{Consent, Day};
use crate::policy::cookies::{self, CONSENT_COOKIE};

/// Most of that name that are opened in one request; each costs a hash.
const OPENED_MAX: usize = 8;
const DAY_SECONDS: u64 = 86_400;

/// What the cookies of that name in one request say.
pub(super) struct Found {
    /// The answer that counts.
    pub consent: Consent,
    /// How many there were.
    count: usize,
}

impl Found {
    /// None yet.
    pub(super) const fn none() -> Self {
        Self { consent: Consent::none(), count: 0 }
    }

    /// One more.
    pub(super) fn add(&mut self, site: &Site, value: &[u8], today: Day) {
        self.count += 1;
        if self.count > OPENED_MAX {
            return;
        }
        let consent = open(site, value, today);
        if counts_more(&consent, &self.consent) {
            self.consent = consent;
        }
    }

    /// The text of the one that counts, when it is not alone; empty when none counts.
    pub(super) fn doubled(&self, site: &Site, headers: &HeaderMap, today: Day) -> Option<Box<str>> {
        if self.count < 2 {
            return None;
        }
        let lines = headers.get_all(header::COOKIE).iter();
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let mut values = pairs
            .filter_map(|pair| pair.trim_ascii().strip_prefix(CONSENT_COOKIE.as_bytes())?.strip_prefix(b"="));
        let counts = |value: &&[u8]| open(site, value, today) == self.consent;
        let value = values.find(counts).filter(|_| self.consent.answered().is_some()).unwrap_or_default();
        Some(String::from_utf8_lossy(value).into())
    }
}

fn open(site: &Site, value: &[u8], today: Day) -> Consent {
    let value = std::str::from_utf8(value).unwrap_or_default();
    site.seal.open(value, today, site.days, site.policy.catalog())
}

fn counts_more(one: &Consent, other: &Consent) -> bool {
    match (one.answered(), other.answered()) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(day), Some(earlier)) => {
            day > earlier || (day == earlier && other.is_grant() && !one.is_grant())
        }
    }
}

/// What sets the cookie to an answer of today, and makes it the only one of its name where it may not be. Where nothing is
/// asked about it ends: what is left of an older answer was taken back.
pub(super) fn set(visit: &Visit, after: &Consent, return_path: &str, had_one: bool) -> Vec<HeaderValue> {
    let sealed = visit.site.seal.seal(after, visit.site.policy.catalog());
    let path = return_path.split(['?', '#']).next().unwrap_or("/");
    let may_be_doubled = visit.doubled.is_some() || (had_one && visit.cookie_domain().is_some());
    let mut lines = if may_be_doubled { strays(visit, path) } else { Vec::new() };
    let has_answers = visit.site.policy.catalog().asks();
    let (value, days) = if has_answers { (&*sealed, visit.site.days) } else { ("", 0) };
    lines.push(line(visit, value, u64::from(days) * DAY_SECONDS));
    lines
}

/// What makes it the only one again, for an answer that shows a page; nothing where it is.
pub(super) fn repair(visit: &Visit) -> Vec<HeaderValue> {
    let (Some(value), Some(Day(answered))) = (&visit.doubled, visit.consent.answered()) else {
        return Vec::new();
    };
    let left = answered.saturating_add(visit.site.days).saturating_sub(visit.today.0);
    let mut lines = strays(visit, visit.page().path);
    lines.push(line(visit, value, u64::from(left) * DAY_SECONDS));
    lines
}

fn strays(visit: &Visit, path: &str) -> Vec<HeaderValue> {
    cookies::strays(
        CONSENT_COOKIE,
        Page { host: visit.host.name(), path },
        visit.scheme(),
        visit.cookie_domain(),
    )
}

fn line(visit: &Visit, value: &str, seconds: u64) -> HeaderValue {
    let secure = if visit.client.is_https { "; Secure" } else { "" };
    let domain = visit.cookie_domain().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    let line = format!("{CONSENT_COOKIE}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{domain}{secure}");
    HeaderValue::from_str(&line).expect("a sealed consent is a cookie value, RFC 6265 4.1.1")
}
