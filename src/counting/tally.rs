//! What is written: sums in cells, and the names of tokens that enough visitors had. Nothing here refers to one
//! visitor, by type.

use std::ops::AddAssign;
use std::sync::Arc;

use super::pack::{Pack, Packed, Reader, Unreadable, pack};

/// Hours since 1970-01-01T00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub i32);

/// A calendar day in the site's time zone, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDay(pub i32);

/// What a figure can be broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// `event:page`
    Page,
    /// `visit:entry_page`
    EntryPage,
    /// `visit:exit_page`
    ExitPage,
    /// `visit:source`
    Source,
    /// `visit:country`
    Country,
    /// `visit:region`
    Region,
    /// `visit:device`
    Device,
    /// `visit:browser`
    Browser,
    /// `visit:os`
    Os,
    /// `event:choice`: what visitors answered; accepted, refused, partial, withdrawn.
    Choice,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 10] = [
        Self::Page,
        Self::EntryPage,
        Self::ExitPage,
        Self::Source,
        Self::Country,
        Self::Region,
        Self::Device,
        Self::Browser,
        Self::Os,
        Self::Choice,
    ];

    /// The name in questions, answers and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "event:page",
            Self::EntryPage => "visit:entry_page",
            Self::ExitPage => "visit:exit_page",
            Self::Source => "visit:source",
            Self::Country => "visit:country",
            Self::Region => "visit:region",
            Self::Device => "visit:device",
            Self::Browser => "visit:browser",
            Self::Os => "visit:os",
            Self::Choice => "event:choice",
        }
    }

    /// The dimension of that name.
    pub fn from_name(name: &str) -> Option<Self> {
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
    /// Two values of two dimensions, by the day; the dimensions in the order of [`Dimension::ALL`].
    Pair(Dimension, Value, Dimension, Value),
}

/// The sums of a cell. All are signed: a visit that moves to another exit page takes itself out of the old cell.
///
/// In a cell of visits (any dimension but the page) `views` and `events` are those of its visits, and every visit
/// counts as one entry and one exit. In a cell of a page, `views` and `events` happened on it, `visits` and
/// `visitors` saw it, `entries`, `bounces` and `seconds` are of the visits that entered on it, `exits` of those
/// that left from it; a visit counts in the hour in which it first saw the page. A pair holds whole days: its
/// `visits_hour` and `visitors_hour` are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Marks seen in this cell for the first time today.
    pub visitors: i64,
    /// Marks seen in this cell for the first time this hour.
    pub visitors_hour: i64,
    /// Visits that began in this hour.
    pub visits: i64,
    /// Visits active in this hour.
    pub visits_hour: i64,
    /// Visits that were open at local midnight and went on in this, the new day; counted in the hour in which they went on.
    pub carried: i64,
    /// Page views.
    pub views: i64,
    /// Page views and events.
    pub events: i64,
    /// Visits with one interactive event, in the hour in which they began.
    pub bounces: i64,
    /// Seconds from the first view to the last view or interactive event of visits, in the hour in which they
    /// began. A bounce has none.
    pub seconds: i64,
    /// Visits that entered here.
    pub entries: i64,
    /// Visits that left from here.
    pub exits: i64,
}

impl Sums {
    /// Is there nothing to write?
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign<&Self> for Sums {
    fn add_assign(&mut self, other: &Self) {
        self.visitors += other.visitors;
        self.visitors_hour += other.visitors_hour;
        self.visits += other.visits;
        self.visits_hour += other.visits_hour;
        self.carried += other.carried;
        self.views += other.views;
        self.events += other.events;
        self.bounces += other.bounces;
        self.seconds += other.seconds;
        self.entries += other.entries;
        self.exits += other.exits;
    }
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
