//! How a site counts, as far as requests see it: who counts page views, what the beacon tells, whose signal is heeded.

use jiff::tz::TimeZone;

use crate::counting::WithoutConsent;

/// The practice of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Who counts page views: one of them, never both.
    pub counted_by: CountedBy,
    /// What the beacon does; empty: no page has one.
    pub duties: Vec<Duty>,
    /// What Global Privacy Control means for the site's own statistics.
    pub gpc: Gpc,
    /// What is counted of visitors who did not agree to statistics.
    pub without_consent: WithoutConsent,
    /// How many visitors of a day must share a text before it can be read.
    pub k: u32,
    /// Days begin at midnight here, and weeks on Monday.
    pub time_zone: TimeZone,
    /// Is it kept in the browser when a visitor was here, once statistics were agreed to?
    pub remembers_returns: bool,
    /// Are the origin's sitemaps read, so that the pages they list can be told by name at once?
    pub reads_sitemap: bool,
}

/// Who counts page views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedBy {
    /// The gateway, as it passes the page: nobody can block, forge or forget it.
    Gateway,
    /// A script in the page: the beacon, or a client of the shop's own.
    Script,
}

/// What Global Privacy Control means for the site's own statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpc {
    /// Nothing: sums that are neither sold nor shared are not what it speaks of (W3C Global Privacy Control section 2).
    Count,
    /// An objection.
    Object,
}

/// One thing that the beacon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Tells how long a page had attention, and how far down it was seen.
    Engagement,
    /// Tells of clicks on links to other hosts.
    Outbound,
    /// Tells of clicks on links to files.
    Downloads,
    /// Tells of forms that were sent.
    Forms,
    /// Tells of page views, those too that a page's own script makes.
    Pages,
}

impl Duty {
    /// Every duty, by its name in settings and in the beacon's tag.
    pub const ALL: [(&str, Self); 5] = [
        ("engagement", Self::Engagement),
        ("outbound", Self::Outbound),
        ("downloads", Self::Downloads),
        ("forms", Self::Forms),
        ("pages", Self::Pages),
    ];

    /// The name.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, duty)| *duty == self).map_or("", |(name, _)| name)
    }
}
