//! The sums of one cell.

use std::ops::{AddAssign, SubAssign};

/// How many sums a cell has.
pub const SUMS: usize = 16;

/// The sums of a cell. All are signed: a visit that moves to another exit page takes itself out of the old cell.
///
/// In a cell of visits `views` and `events` are those of its visits, and every visit
/// counts as one entry and one exit. In a cell of a page, `views` and `events` happened on it, `visits` and
/// `visitors` saw it, `entries`, `bounces` and `seconds` are of the visits that entered on it, `exits` of those
/// that left from it; a visit counts in the hour in which it first saw the page. Cells of other dimensions of events are like those of a page, with what
/// happened in them, and without `entries`, `exits`, `bounces` and `seconds`. In a cell of choices `views` tells how many
/// visits were asked, `bounces` how many of them have not answered, and `events` adds these and the answers up; nobody is
/// counted in it. A pair holds whole days: its `visits_hour` and `visitors_hour` are 0.
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
    /// Revenue in the site's currency (of a cell of [`Dimension::Currency`](super::Dimension::Currency): in that currency). Unit: thousandths.
    pub revenue: i64,
    /// Events that carried such revenue.
    pub orders: i64,
    /// Time a page had a visitor's attention; where no beacon told it, the time until the next view of the visit.
    /// Unit: milliseconds. Only in cells of a page.
    pub engaged_ms: i64,
    /// The deepest scroll of each visit, added up. Unit: percent. Only in cells of a page.
    pub scroll: i64,
    /// Visits whose scroll was told. Only in cells of a page.
    pub scrolls: i64,
}

impl Sums {
    /// The sums in the order in which a spool writes them. New ones come last.
    pub const fn list(&self) -> [i64; SUMS] {
        [
            self.visitors,
            self.visitors_hour,
            self.visits,
            self.visits_hour,
            self.carried,
            self.views,
            self.events,
            self.bounces,
            self.seconds,
            self.entries,
            self.exits,
            self.revenue,
            self.orders,
            self.engaged_ms,
            self.scroll,
            self.scrolls,
        ]
    }

    /// The sums that [`list`](Self::list) gave.
    pub const fn of(list: [i64; SUMS]) -> Self {
        let [
            visitors,
            visitors_hour,
            visits,
            visits_hour,
            carried,
            views,
            events,
            bounces,
            seconds,
            entries,
            exits,
            revenue,
            orders,
            engaged_ms,
            scroll,
            scrolls,
        ] = list;
        Self {
            visitors,
            visitors_hour,
            visits,
            visits_hour,
            carried,
            views,
            events,
            bounces,
            seconds,
            entries,
            exits,
            revenue,
            orders,
            engaged_ms,
            scroll,
            scrolls,
        }
    }

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
        self.revenue = self.revenue.saturating_add(other.revenue);
        self.orders += other.orders;
        self.engaged_ms += other.engaged_ms;
        self.scroll += other.scroll;
        self.scrolls += other.scrolls;
    }
}

impl SubAssign<&Self> for Sums {
    fn sub_assign(&mut self, other: &Self) {
        self.visitors -= other.visitors;
        self.visitors_hour -= other.visitors_hour;
        self.visits -= other.visits;
        self.visits_hour -= other.visits_hour;
        self.carried -= other.carried;
        self.views -= other.views;
        self.events -= other.events;
        self.bounces -= other.bounces;
        self.seconds -= other.seconds;
        self.entries -= other.entries;
        self.exits -= other.exits;
        self.revenue = self.revenue.saturating_sub(other.revenue);
        self.orders -= other.orders;
        self.engaged_ms -= other.engaged_ms;
        self.scroll -= other.scroll;
        self.scrolls -= other.scrolls;
    }
}
