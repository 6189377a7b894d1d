//! The sums of a row, and what stands beside them.

use std::ops::AddAssign;

use super::Dimension;

/// The sums an answer is made of. They add up: the figures of a whole are those of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Distinct marks per day (per hour where rows are hours), added up over the range.
    pub visitors: i64,
    /// Visits active in the range (in the hour where rows are hours).
    pub visits: i64,
    /// Visits that began in it.
    pub begun: i64,
    /// Page views.
    pub views: i64,
    /// Page views and events.
    pub events: i64,
    /// Visits that began in it and have one interactive event.
    pub bounces: i64,
    /// Seconds from first to last view, of the visits that began in it.
    pub seconds: i64,
    /// Visits that entered here.
    pub entries: i64,
    /// Visits that left from here.
    pub exits: i64,
    /// Revenue. Unit: thousandths of the site's currency.
    pub revenue: i64,
    /// Events that carried it.
    pub orders: i64,
    /// Attention that pages had. Unit: milliseconds.
    pub engaged_ms: i64,
    /// The deepest scroll of each visit, added up. Unit: percent.
    pub scroll: i64,
    /// Visits whose scroll was told.
    pub scrolls: i64,
}

impl Figures {
    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Did anything happen here? A visit that ran on over midnight can have left from a page, on its first day, that it
    /// saw on the second only.
    pub fn is_of_something(&self) -> bool {
        [self.visitors, self.visits, self.views, self.events].iter().any(|count| *count != 0)
    }

    /// Answers, where these are the sums of choices: what was neither a question nor its being ignored.
    pub fn choices(&self) -> i64 {
        self.events - self.views - self.bounces
    }

    /// How many people the sums of choices stem from, at least: each asked once, or each answered once.
    pub fn choosers(&self) -> i64 {
        self.views.max(self.bounces).max(self.choices())
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.visits += other.visits;
        self.begun += other.begun;
        self.views += other.views;
        self.events += other.events;
        self.bounces += other.bounces;
        self.seconds += other.seconds;
        self.entries += other.entries;
        self.exits += other.exits;
        self.revenue += other.revenue;
        self.orders += other.orders;
        self.engaged_ms += other.engaged_ms;
        self.scroll += other.scroll;
        self.scrolls += other.scrolls;
    }
}

/// What figures of a row are divided by and the row itself does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Visitors of the row's value and bucket, without a filter by goal or property.
    pub visitors: i64,
    /// Page views of the page that a row of exit pages is about; `None` where nobody can read which page that is.
    pub page_views: Option<i64>,
    /// What became of the question in the row's bucket, and for its value where that is of choices.
    pub answers: Answers,
}

/// What became of the question whether trackers may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Visits that were asked.
    pub shown: i64,
    /// Those of them that have not answered.
    pub ignored: i64,
    /// Answers.
    pub choices: i64,
    /// Answers that granted something, and those that granted a category, by [`Granted`].
    pub granted: [i64; 4],
}

impl Answers {
    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Answers that granted it.
    pub const fn of(&self, granted: Granted) -> i64 {
        self.granted[granted as usize]
    }
}

/// What an answer granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granted {
    /// At least one tracker.
    Anything,
    /// The category preferences.
    Preferences,
    /// The category statistics.
    Statistics,
    /// The category marketing.
    Marketing,
}

impl Granted {
    /// Every one, in the order of [`Answers::granted`].
    pub const ALL: [Self; 4] = [Self::Anything, Self::Preferences, Self::Statistics, Self::Marketing];

    /// The dimension that tells it, and the values that say so.
    pub const fn told_by(self) -> (Dimension, &'static [&'static str]) {
        match self {
            Self::Anything => (Dimension::Choice, &["accepted", "partial"]),
            Self::Preferences => (Dimension::ChoicePreferences, &["granted"]),
            Self::Statistics => (Dimension::ChoiceStatistics, &["granted"]),
            Self::Marketing => (Dimension::ChoiceMarketing, &["granted"]),
        }
    }
}

impl AddAssign for Beside {
    fn add_assign(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.page_views = self.page_views.zip(other.page_views).map(|(one, other)| one + other);
        self.answers += other.answers;
    }
}

impl AddAssign for Answers {
    fn add_assign(&mut self, other: Self) {
        self.shown += other.shown;
        self.ignored += other.ignored;
        self.choices += other.choices;
        for (sum, more) in self.granted.iter_mut().zip(other.granted) {
            *sum += more;
        }
    }
}
