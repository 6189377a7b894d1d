//! What is counted: the sums of a row, and the metrics made of them.

use std::ops::AddAssign;

/// The sums of one row of an answer. They can be added: a folded row is the sum of its parts.
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
}

impl Figures {
    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
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
    }
}

/// Which visits bounces and seconds are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Those of the row: of the site, or of a value of visits.
    Visits,
    /// Those that entered at the row's page.
    Entries,
}

/// A figure an analyst can ask for; names and definitions are Plausible's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Distinct marks per site-local day; a range is the sum of its days.
    Visitors,
    /// Visits active in the range.
    Visits,
    /// Page views.
    Pageviews,
    /// Page views per visit, to two decimals.
    ViewsPerVisit,
    /// Percentage of visits with one interactive event; of a page, among the visits that entered there.
    BounceRate,
    /// Mean seconds from first to last view, of the visits that began in the range; of a page, of those that entered
    /// there.
    VisitDuration,
    /// Page views and events.
    Events,
}

/// A figure as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Hundredths of one.
    Hundredths(i64),
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 7] = [
        Self::Visitors,
        Self::Visits,
        Self::Pageviews,
        Self::ViewsPerVisit,
        Self::BounceRate,
        Self::VisitDuration,
        Self::Events,
    ];

    /// The name in questions and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visitors => "visitors",
            Self::Visits => "visits",
            Self::Pageviews => "pageviews",
            Self::ViewsPerVisit => "views_per_visit",
            Self::BounceRate => "bounce_rate",
            Self::VisitDuration => "visit_duration",
            Self::Events => "events",
        }
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The metric of `figures`. Sums that are negative for a while (a visit moved on) are shown as 0, and a ratio of
    /// no visits is 0, as Plausible shows it. Where rows are of pages, bounces and seconds are those of the visits
    /// that entered there, and are divided by these.
    pub fn of(self, figures: &Figures, base: Base) -> Number {
        let visits = figures.visits;
        let (active, begun) = match base {
            Base::Visits => (visits, figures.begun),
            Base::Entries => (figures.entries, figures.entries),
        };
        match self {
            Self::Visitors => Number::Whole(figures.visitors.max(0)),
            Self::Visits => Number::Whole(visits.max(0)),
            Self::Pageviews => Number::Whole(figures.views.max(0)),
            Self::Events => Number::Whole(figures.events.max(0)),
            Self::ViewsPerVisit => Number::Hundredths(ratio(100, figures.views, visits)),
            Self::BounceRate => Number::Whole(ratio(100, figures.bounces, active)),
            Self::VisitDuration => Number::Whole(ratio(1, figures.seconds, begun)),
        }
    }
}

/// `factor · dividend / divisor`, a half to the even neighbour as ClickHouse, and with it Plausible, rounds; 0 where
/// there is nothing to divide by.
fn ratio(factor: i128, dividend: i64, divisor: i64) -> i64 {
    if divisor <= 0 || dividend <= 0 {
        return 0;
    }
    let (dividend, divisor) = (factor * i128::from(dividend), i128::from(divisor));
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    let is_up = match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    i64::try_from(whole + i128::from(is_up)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_a_half_to_the_even_neighbour() {
        let bounce_rate = |bounces, visits| {
            Metric::BounceRate.of(&Figures { visits, bounces, ..Figures::default() }, Base::Visits)
        };
        assert_eq!(bounce_rate(1, 3), Number::Whole(33));
        assert_eq!(bounce_rate(2, 3), Number::Whole(67));
        assert_eq!(bounce_rate(1, 8), Number::Whole(12));
        assert_eq!(bounce_rate(3, 8), Number::Whole(38));
        let figures = Figures { views: 5, visits: 3, ..Figures::default() };
        assert_eq!(Metric::ViewsPerVisit.of(&figures, Base::Visits), Number::Hundredths(167));
    }

    #[test]
    fn ratio_of_no_visits_is_zero() {
        for metric in Metric::ALL {
            let number = metric.of(&Figures { seconds: 9, bounces: 1, ..Figures::default() }, Base::Visits);
            assert!(matches!(number, Number::Whole(0) | Number::Hundredths(0)), "{metric:?}");
        }
    }

    #[test]
    fn bounces_of_a_page_are_among_those_who_entered_there() {
        let figures = Figures { visits: 10, bounces: 1, entries: 2, ..Figures::default() };
        assert_eq!(Metric::BounceRate.of(&figures, Base::Entries), Number::Whole(50));
    }

    #[test]
    fn metrics_are_found_by_their_names() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
        }
    }
}
