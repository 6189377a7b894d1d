//! What is written: sums in cells, and the names of tokens that enough visitors had. Nothing here refers to one
//! visitor, by type.

mod sums;

use std::borrow::Cow;
use std::sync::Arc;

pub use sums::{SUMS, Sums};

use super::pack::{Pack, Packed, Reader, Unreadable, pack};

/// Hours since 1970-01-01T00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub i32);

/// A calendar day in the site's time zone, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDay(pub i32);

/// What a figure can be broken down by.
///
/// Dimensions of a visit have one value in each visit, that of its first view; the exit page and the consent move on
/// with it. Dimensions of an event can have many values in one visit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// `event:page`
    Page,
    /// `visit:entry_page`
    EntryPage,
    /// `visit:exit_page`
    ExitPage,
    /// `visit:source`
    Source,
    /// `visit:channel`
    Channel,
    /// `visit:country`: ISO 3166-1.
    Country,
    /// `visit:region`: ISO 3166-2.
    Region,
    /// `visit:device`
    Device,
    /// `visit:browser`
    Browser,
    /// `visit:os`
    Os,
    /// `visit:referrer`: host; with its path for listed sources.
    Referrer,
    /// `visit:utm_source`
    UtmSource,
    /// `visit:utm_medium`
    UtmMedium,
    /// `visit:utm_campaign`
    UtmCampaign,
    /// `visit:utm_content`
    UtmContent,
    /// `visit:utm_term`
    UtmTerm,
    /// `visit:click_id`: the kind of a click id, never its value.
    ClickId,
    /// `visit:city`: the English name.
    City,
    /// `visit:browser_version`
    BrowserVersion,
    /// `visit:os_version`
    OsVersion,
    /// `visit:language`: ISO 639-1.
    Language,
    /// `visit:returning`: new or returning, of visitors who agreed to statistics.
    Returning,
    /// `visit:first_week`: the ISO week in which a visitor who agreed to statistics first came; a visitor counts once
    /// a week.
    FirstWeek,
    /// `consent:preferences`: granted, refused or unanswered.
    ConsentPreferences,
    /// `consent:statistics`
    ConsentStatistics,
    /// `consent:marketing`
    ConsentMarketing,
    /// `event:name`: `pageview`, or the name of an event.
    EventName,
    /// `event:goal`: the display name of a goal that was reached.
    Goal,
    /// `event:status`: the status code that a navigation was answered with.
    Status,
    /// `event:next_page`: of a page, the page that was seen after it. Only in pairs with [`Self::Page`].
    NextPage,
    /// `event:funnel`: a step of a funnel, once it was reached.
    Funnel,
    /// `event:currency`: of revenue in another currency than the site's.
    Currency,
    /// `event:choice`: what became of the question; shown, accepted, refused, partial, withdrawn, ignored.
    Choice,
    /// `robot:name`: robots that were not counted.
    Robot,
    /// `dropped:reason`: hits that were not counted.
    Dropped,
    /// `choice:layer`: where an answer was given; banner, page, embed, script, form.
    ChoiceLayer,
    /// `choice:language`: in which language was asked.
    ChoiceLanguage,
    /// `choice:version`: the beginning of the hash by which receipts call what was shown.
    ChoiceVersion,
    /// `choice:preferences`: what an answer said of the category; granted, partial, refused, withdrawn.
    ChoicePreferences,
    /// `choice:statistics`
    ChoiceStatistics,
    /// `choice:marketing`
    ChoiceMarketing,
    /// `event:props:KEY`: a property that events of the site carry.
    Property(Arc<str>),
}

impl Dimension {
    /// Every dimension but the properties, which each site has of its own.
    pub const ALL: [Self; 41] = [
        Self::Page,
        Self::EntryPage,
        Self::ExitPage,
        Self::Source,
        Self::Channel,
        Self::Country,
        Self::Region,
        Self::Device,
        Self::Browser,
        Self::Os,
        Self::Referrer,
        Self::UtmSource,
        Self::UtmMedium,
        Self::UtmCampaign,
        Self::UtmContent,
        Self::UtmTerm,
        Self::ClickId,
        Self::City,
        Self::BrowserVersion,
        Self::OsVersion,
        Self::Language,
        Self::Returning,
        Self::FirstWeek,
        Self::ConsentPreferences,
        Self::ConsentStatistics,
        Self::ConsentMarketing,
        Self::EventName,
        Self::Goal,
        Self::Status,
        Self::NextPage,
        Self::Funnel,
        Self::Currency,
        Self::Choice,
        Self::Robot,
        Self::Dropped,
        Self::ChoiceLayer,
        Self::ChoiceLanguage,
        Self::ChoiceVersion,
        Self::ChoicePreferences,
        Self::ChoiceStatistics,
        Self::ChoiceMarketing,
    ];

    /// What the names of properties begin with.
    pub const PROPERTY_PREFIX: &'static str = "event:props:";

    /// The name in questions, answers and tables.
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Page => "event:page",
            Self::EntryPage => "visit:entry_page",
            Self::ExitPage => "visit:exit_page",
            Self::Source => "visit:source",
            Self::Channel => "visit:channel",
            Self::Country => "visit:country",
            Self::Region => "visit:region",
            Self::Device => "visit:device",
            Self::Browser => "visit:browser",
            Self::Os => "visit:os",
            Self::Referrer => "visit:referrer",
            Self::UtmSource => "visit:utm_source",
            Self::UtmMedium => "visit:utm_medium",
            Self::UtmCampaign => "visit:utm_campaign",
            Self::UtmContent => "visit:utm_content",
            Self::UtmTerm => "visit:utm_term",
            Self::ClickId => "visit:click_id",
            Self::City => "visit:city",
            Self::BrowserVersion => "visit:browser_version",
            Self::OsVersion => "visit:os_version",
            Self::Language => "visit:language",
            Self::Returning => "visit:returning",
            Self::FirstWeek => "visit:first_week",
            Self::ConsentPreferences => "consent:preferences",
            Self::ConsentStatistics => "consent:statistics",
            Self::ConsentMarketing => "consent:marketing",
            Self::EventName => "event:name",
            Self::Goal => "event:goal",
            Self::Status => "event:status",
            Self::NextPage => "event:next_page",
            Self::Funnel => "event:funnel",
            Self::Currency => "event:currency",
            Self::Choice => "event:choice",
            Self::Robot => "robot:name",
            Self::Dropped => "dropped:reason",
            Self::ChoiceLayer => "choice:layer",
            Self::ChoiceLanguage => "choice:language",
            Self::ChoiceVersion => "choice:version",
            Self::ChoicePreferences => "choice:preferences",
            Self::ChoiceStatistics => "choice:statistics",
            Self::ChoiceMarketing => "choice:marketing",
            Self::Property(key) => return Cow::Owned(format!("{}{key}", Self::PROPERTY_PREFIX)),
        })
    }

    /// The dimension of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(key) = name.strip_prefix(Self::PROPERTY_PREFIX) {
            return (!key.is_empty()).then(|| Self::Property(key.into()));
        }
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }
}

/// A value as it is written: a word of a closed vocabulary, or the token of a text (see the veil).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Readable by everybody: countries, devices, known sources …
    Word(Arc<str>),
    /// Opaque until its name is revealed.
    Token(u64),
}

/// Where a sum stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// The whole site, by the hour.
    Total,
    /// One value of one dimension, by the hour.
    One(Dimension, Value),
    /// Two values of two dimensions, by the day; the lesser dimension (in the order of `Ord`) stands first.
    Pair(Dimension, Value, Dimension, Value),
}

/// One cell's sums: all that is ever written about visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The site's name.
    pub site: Arc<str>,
    /// The hour of what was summed.
    pub hour: Hour,
    /// The site-local day of that hour.
    pub day: LocalDay,
    /// Where the sums stand.
    pub cell: Cell,
    /// The sums.
    pub sums: Sums,
}

/// The name of a token, earned by k visitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The site's name.
    pub site: Arc<str>,
    /// The dimension the token stands in.
    pub dimension: Dimension,
    /// The token.
    pub token: u64,
    /// What it stands for.
    pub name: Arc<str>,
}

impl Pack for Value {
    fn pack(&self, out: &mut Packed) {
        match self {
            Self::Word(word) => {
                0_u8.pack(out);
                word.pack(out);
            }
            Self::Token(token) => (1_u8, *token).pack(out),
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        match u8::unpack(from)? {
            0 => Ok(Self::Word(Pack::unpack(from)?)),
            1 => Ok(Self::Token(u64::unpack(from)?)),
            _ => Err(Unreadable),
        }
    }

    fn describe(out: &mut String) {
        out.push_str("value 1 ");
    }
}

pack!(Hour(0));
pack!(LocalDay(0));
