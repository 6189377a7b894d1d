//! Who is forgotten. Pure, given keys, time and a place table.
//!
//! A [`Hit`] is the only type with an address. It becomes a page view without one, which moves a visit, which
//! emits sums ([`tally`]). From the page view on no type can hold an address, a user agent or a raw URL.

pub mod agent;
mod aims;
mod axis;
mod cells;
mod choices;
mod counter;
mod deed;
mod facets;
pub mod handover;
pub mod key_log;
mod language;
mod mark;
#[cfg(test)]
mod naive;
mod pack;
pub mod pairs;
pub mod place;
pub(crate) mod properties;
mod reload;
mod revenue;
mod robot;
mod scrub;
mod secret;
mod site;
mod source;
pub mod tally;
mod veil;
mod visit;

pub use choices::{Layer, Notice, Said};
pub use counter::{Counter, Drained, Dropped};
pub use revenue::NoRevenue;
pub use robot::is_declared as is_declared_robot;
pub use scrub::{counted_pattern, written as written_page};
pub use secret::{Vault, wipe_stack};

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, uri::PathAndQuery};
use jiff::Timestamp;

use crate::policy::consent::{Category, CategorySet};

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
    /// When the answer's head was ready; of a page that asks, when it did.
    pub at: Timestamp,
    /// The visitor's address.
    pub address: IpAddr,
    /// The `User-Agent` as sent.
    pub user_agent: Option<HeaderValue>,
    /// The `Host` as sent: a referrer from it is no source, also where a site takes every host.
    pub host: Option<HeaderValue>,
    /// The path and raw query asked for.
    pub target: PathAndQuery,
    /// What stands behind `#`, where a script tells its pages apart by it; of all other hits nothing.
    pub fragment: Option<Arc<str>>,
    /// The `Referer` as sent.
    pub referrer: Option<HeaderValue>,
    /// The `Accept-Language` as sent.
    pub accept_language: Option<HeaderValue>,
    /// What the visitor had answered. Of an answer: what stands after it.
    pub consent: Standing,
    /// When the visitor first and last came; only where statistics were agreed to, so that a cookie may say so.
    pub weeks: Option<Weeks>,
    /// Does the visitor object to being counted, by our switch or by a signal the operator heeds? Then nothing is
    /// counted but that.
    pub objects: bool,
    /// Did a navigation, or what says to be from a page, come over https with neither `Accept-Language` nor
    /// `Sec-Fetch-Mode`? Browsers of today send both; who says to be one and sends neither is a robot.
    pub is_bare: bool,
    /// What happened.
    pub kind: HitKind,
}

/// What a visitor had answered; where statistics are not granted, [`SiteSettings::without_consent`] says what is
/// counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not asked, or not answered.
    Unanswered,
    /// Answered.
    Answered {
        /// What was granted.
        granted: CategorySet,
        /// What the question was about: of that, what was not granted was refused.
        asked: CategorySet,
    },
}

impl Standing {
    /// An answer to a question about every category there is.
    pub const fn to_all(granted: CategorySet) -> Self {
        Self::Answered { granted, asked: CategorySet::ALL }
    }

    /// What was said of a category, as figures call it.
    const fn word(self, category: Category) -> &'static str {
        match self {
            Self::Answered { granted, .. } if granted.contains(category) => "granted",
            Self::Answered { asked, .. } if asked.contains(category) => "refused",
            Self::Answered { .. } | Self::Unanswered => "unanswered",
        }
    }
}

/// Two ISO weeks, as numbers of weeks since 1970-01-05 (a Monday); all that the cookie of returning visitors holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weeks {
    /// The week of the first visit.
    pub first: u16,
    /// The week of the latest visit before this one; 0 when there was none: then `first` is this week.
    pub last: u16,
}

/// What a hit was.
pub enum HitKind {
    /// A page was shown to a navigation.
    View {
        /// The status it was answered with: 2xx, or 304.
        status: u16,
        /// May everybody read the path? True where the shop lets any cache keep the page, or lists it in its sitemap.
        is_public: bool,
        /// The question that stood in the page.
        asked: Option<Arc<Notice>>,
        /// Names and values, where a script told of the view.
        properties: Box<[(Arc<str>, Arc<str>)]>,
    },
    /// A navigation was answered with an error, 4xx or 5xx; not a page view.
    Failed {
        /// The status.
        status: u16,
    },
    /// The visitor answered; `target` is the page the answer was given on.
    Answered {
        /// What the answer was.
        answer: Answer,
        /// Where it was given.
        layer: Layer,
        /// What the visitor was shown.
        notice: Arc<Notice>,
        /// What it says of each category that is asked about, in their order.
        said: [Said; 3],
        /// The browser will load that page again: this view is not to be counted a second time.
        reloads: bool,
    },
    /// The visitor said what stood already: the browser comes back to `target`, and this view is not to be counted a second
    /// time.
    Returns,
    /// Something the shop's scripts told of; `interactive` ones end a bounce. Where no visit goes on,
    /// it opens one, which has no page until one is viewed.
    Event {
        /// Its name.
        name: Arc<str>,
        /// Does it show that the visitor did something?
        interactive: bool,
        /// Its properties, at most [`PROPERTIES_MAX`].
        properties: Box<[(Arc<str>, Arc<str>)]>,
        /// What it was worth.
        revenue: Option<Revenue>,
    },
    /// The page had this much of its visitor's attention since it was told last; never opens a visit.
    Engagement {
        /// Milliseconds.
        engaged_ms: u64,
        /// How far down the page was seen. Unit: percent, at most 100.
        scroll: Option<u8>,
    },
    /// What could not be counted before it came here: told so that it is counted as dropped.
    Dropped {
        /// Why.
        reason: NotCounted,
    },
}

/// Why something is not counted, where that is known before it comes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCounted {
    /// Sent from a page of another site.
    CrossSite,
    /// It could not be understood.
    UnreadableEvent,
    /// It speaks of a page of another site.
    OtherHost,
    /// A page view that the script told of, where the gateway counts these itself.
    CountedByGateway,
}

impl NotCounted {
    /// Every reason. A new one comes last: between two processes a reason is its place here.
    pub const ALL: [Self; 4] =
        [Self::CrossSite, Self::UnreadableEvent, Self::OtherHost, Self::CountedByGateway];

    /// The word for it in the statistics of what was dropped.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CrossSite => "cross_site",
            Self::UnreadableEvent => "unreadable_event",
            Self::OtherHost => "other_host",
            Self::CountedByGateway => "counted_by_gateway",
        }
    }
}

/// Most properties of an event, as in Plausible's API.
pub const PROPERTIES_MAX: usize = 30;

/// What an event was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// Unit: thousandths of the currency's unit.
    pub thousandths: i64,
    /// ISO 4217, upper case.
    pub currency: [u8; 3],
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
    /// What counts as success.
    pub goals: Vec<NamedGoal>,
    /// Steps in their order, whose reaching is counted.
    pub funnels: Vec<Funnel>,
    /// Pairs of dimensions that are counted beside the usual ones.
    pub crosses: Vec<(tally::Dimension, tally::Dimension)>,
    /// Properties of events that are told apart from the first on; others when enough visitors brought them.
    pub properties: Vec<Arc<str>>,
    /// The currency of revenue: ISO 4217, upper case.
    pub currency: [u8; 3],
}

/// What counts as success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// An event of this name.
    Event(Arc<str>),
    /// A view of a page whose path fits; `*` stands for any text. Written as pages are ([`written_page`]).
    Path(Arc<str>),
}

/// A goal, and what it is called in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGoal {
    /// What counts.
    pub goal: Goal,
    /// Its display name: the operator's, or an event's own name, or `Visit /path`.
    pub name: Arc<str>,
}

impl From<Goal> for NamedGoal {
    fn from(goal: Goal) -> Self {
        let name = goal.display_name();
        Self { goal, name }
    }
}

/// Steps that lead to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// The name.
    pub name: Arc<str>,
    /// Two to eight steps, in the order in which a visit must take them; others may lie between.
    pub steps: Vec<Goal>,
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
