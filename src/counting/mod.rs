//! Who is forgotten. Pure, given keys, time and a place table.
//!
//! A [`Hit`] is the only type with an address. It becomes a page view without one, which moves a visit, which
//! emits sums ([`tally`]). From the page view on no type can hold an address, a user agent or a raw URL.

mod agent;
mod cells;
mod counter;
pub mod handover;
pub mod key_log;
mod mark;
#[cfg(test)]
mod naive;
mod pack;
pub mod place;
mod reload;
mod robot;
mod scrub;
mod secret;
mod site;
mod source;
pub mod tally;
mod veil;
mod visit;

pub use counter::{Counter, Drained, Dropped};
pub use secret::{Vault, wipe_stack};

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, uri::PathAndQuery};
use jiff::Timestamp;

use crate::policy::consent::CategorySet;

/// A site's place in the list of sites the counter was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SiteIndex(pub u16);

/// A raw view with an address: lives from the request to the counting thread and nowhere else.
///
/// It cannot be cloned, printed or serialised. Its texts are shared slices of the request head, so making one
/// copies nothing.
pub struct Hit {
    /// Whose visitor it was.
    pub site: SiteIndex,
    /// When the answer's head was ready.
    pub at: Timestamp,
    /// The visitor's address.
    pub address: IpAddr,
    /// The `User-Agent` as sent.
    pub user_agent: Option<HeaderValue>,
    /// The `Host` as sent: a referrer from it is no source, also where a site takes every host.
    pub host: Option<HeaderValue>,
    /// The path and raw query asked for.
    pub target: PathAndQuery,
    /// The `Referer` as sent.
    pub referrer: Option<HeaderValue>,
    /// Had the visitor agreed to statistics? Of an answer: does what now stands include it?
    pub statistics: Statistics,
    /// What happened.
    pub kind: HitKind,
}

/// Whether a visitor agreed to statistics; where not, [`SiteSettings::without_consent`] says what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// Agreed: everything is counted.
    Granted,
    /// Not asked, not answered, or refused.
    Absent,
}

/// What a hit was.
pub enum HitKind {
    /// A page was shown to a navigation.
    View,
    /// The visitor answered; `target` is the page the answer was given on.
    Answered {
        /// What the answer was.
        answer: Answer,
        /// The browser will load that page again: this view is not to be counted a second time.
        reloads: bool,
    },
    /// Something the shop's scripts told of; `interactive` ones end a bounce. It is counted in the visit that is
    /// open; it opens none.
    Event {
        /// Its name.
        name: Arc<str>,
        /// Does it show that the visitor did something?
        interactive: bool,
    },
    /// The page was left after this many milliseconds of attention; never opens a visit.
    Engagement {
        /// Milliseconds.
        engaged_ms: u64,
    },
}

/// How a choice compares with what stood before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything was granted.
    Accepted,
    /// Nothing was granted, and nothing had been.
    Refused,
    /// Some of it was granted.
    Partial(CategorySet),
    /// Something granted before was taken back, and nothing stands.
    Withdrawn,
}

/// What the counter must know of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteSettings {
    /// The site's name: `site_id` in questions.
    pub name: Arc<str>,
    /// Its own hosts, lower case; a referrer from one of them is no source.
    pub hosts: Vec<String>,
    /// Days begin at midnight here.
    pub time_zone: jiff::tz::TimeZone,
    /// What is counted of visitors who did not agree to statistics.
    pub without_consent: WithoutConsent,
    /// How many visitors a text must have had before its name is written.
    pub k: Thresholds,
}

/// What is counted of a visitor who did not agree to statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutConsent {
    /// Everything: page views, visits and visitors.
    Visitors,
    /// Page views only; no mark is made.
    Views,
    /// Nothing.
    Off,
}

/// How many visitors of a day must share a value before it can be read. 1 switches folding off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Cities. Default 20.
    pub city: u32,
    /// Regions. Default 10.
    pub region: u32,
    /// Pages, unknown referrers and other free text. Default 5.
    pub text: u32,
    /// Rows of an answer. Default 5; used by `store::disclosure`.
    pub answer: u32,
}
