//! Sums of a row, and the figures analysts ask for.

use std::ops::AddAssign;

use super::{Dimension, Question};

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
    /// Choices that were made in the row's bucket.
    pub choices: i64,
    /// Those of them that granted something.
    pub granted: i64,
}

impl AddAssign for Beside {
    fn add_assign(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.page_views = self.page_views.zip(other.page_views).map(|(one, other)| one + other);
        self.choices += other.choices;
        self.granted += other.granted;
    }
}

/// A figure an analyst can ask for; names and definitions are Plausible's, but for the consent rate.
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
    /// Page views and events; of a goal, its conversions.
    Events,
    /// Visits that left from a page, as a percentage of its page views, to one decimal.
    ExitRate,
    /// Mean seconds of attention that a visit gave a page.
    TimeOnPage,
    /// Mean of how far down each visit saw a page, in percent.
    ScrollDepth,
    /// Visitors who reached the goal, as a percentage of all under the same filters without the goal, to one decimal.
    ConversionRate,
    /// The same among the visitors of the row's own value and time.
    GroupConversionRate,
    /// Revenue of the goal, in the site's currency.
    TotalRevenue,
    /// The same for each conversion that carried revenue.
    AverageRevenue,
    /// Choices that granted something, as a percentage of all choices, to one decimal.
    ConsentRate,
}

/// A figure as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Hundredths of one.
    Hundredths(i64),
    /// Thousandths of the unit of the site's currency.
    Money(i64),
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 15] = [
        Self::Visitors,
        Self::Visits,
        Self::Pageviews,
        Self::ViewsPerVisit,
        Self::BounceRate,
        Self::VisitDuration,
        Self::Events,
        Self::ExitRate,
        Self::TimeOnPage,
        Self::ScrollDepth,
        Self::ConversionRate,
        Self::GroupConversionRate,
        Self::TotalRevenue,
        Self::AverageRevenue,
        Self::ConsentRate,
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
            Self::ExitRate => "exit_rate",
            Self::TimeOnPage => "time_on_page",
            Self::ScrollDepth => "scroll_depth",
            Self::ConversionRate => "conversion_rate",
            Self::GroupConversionRate => "group_conversion_rate",
            Self::TotalRevenue => "total_revenue",
            Self::AverageRevenue => "average_revenue",
            Self::ConsentRate => "consent_rate",
        }
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// What a metric of a row is made of.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The row's sums.
    pub figures: &'a Figures,
    /// What stands beside them.
    pub beside: &'a Beside,
    /// Visitors of the whole range, without a filter by goal or property.
    pub visitors: i64,
}

impl Measured<'_> {
    /// A metric of the row, as `question` asks for it; `None` where too few stand behind it.
    ///
    /// Sums that are negative for a while (a visit moved on) are shown as 0, and a ratio of no visits is 0, as Plausible
    /// shows it. Where rows are of pages, bounces and seconds are those of the visits that entered there, and are
    /// divided by these.
    pub fn number(self, question: &Question, metric: Metric) -> Option<Number> {
        let (figures, beside) = (self.figures, self.beside);
        let few = Few::of(question);
        let (visits, begun) = if question.is_about(&Dimension::Page) {
            (figures.entries, figures.entries)
        } else {
            (figures.visits, figures.begun)
        };
        Some(match metric {
            Metric::Visitors => Number::Whole(figures.visitors.max(0)),
            Metric::Visits => Number::Whole(figures.visits.max(0)),
            Metric::Pageviews => Number::Whole(figures.views.max(0)),
            Metric::Events => Number::Whole(figures.events.max(0)),
            Metric::ViewsPerVisit => Number::Hundredths(few.ratio(100, figures.views, figures.visits)?),
            Metric::BounceRate => Number::Whole(few.ratio(100, figures.bounces, visits)?),
            Metric::VisitDuration => Number::Whole(few.ratio(1, figures.seconds, begun)?),
            Metric::ExitRate => few.tenths(figures.exits, beside.page_views?)?,
            Metric::TimeOnPage => Number::Whole(few.mean(1000, figures.engaged_ms, figures.visits)?),
            Metric::ScrollDepth => Number::Whole(few.mean(1, figures.scroll, figures.scrolls)?),
            Metric::ConversionRate => few.tenths(figures.visitors, self.visitors)?,
            Metric::GroupConversionRate => few.tenths(figures.visitors, beside.visitors)?,
            Metric::TotalRevenue => Number::Money(few.sum(figures.revenue, figures.orders)?),
            Metric::AverageRevenue => Number::Money(few.mean(1, figures.revenue, figures.orders)?),
            Metric::ConsentRate => few.tenths(beside.granted, beside.choices)?,
        })
    }
}

/// How many must stand behind a figure that is no count.
#[derive(Clone, Copy)]
struct Few(i64);

impl Few {
    /// A site's plain totals carry no attribute of anybody.
    fn of(question: &Question) -> Self {
        Self(if question.is_plain() { 0 } else { i64::from(question.asked().k) })
    }

    /// Is this a number that few stand behind? With k = 1 nothing is few.
    const fn is(self, divisor: i64) -> bool {
        self.0 > 1 && divisor > 0 && divisor < self.0
    }

    fn ratio(self, factor: i64, dividend: i64, divisor: i64) -> Option<i64> {
        (!self.is(divisor)).then(|| ratio(factor, dividend, divisor))
    }

    /// A percentage to one decimal.
    fn tenths(self, dividend: i64, divisor: i64) -> Option<Number> {
        self.ratio(1000, dividend, divisor).map(|tenths| Number::Hundredths(tenths.saturating_mul(10)))
    }

    /// `dividend / (unit · divisor)`; nothing where there is nothing to divide by.
    fn mean(self, unit: i64, dividend: i64, divisor: i64) -> Option<i64> {
        (divisor > 0 && !self.is(divisor)).then(|| ratio(1, dividend, divisor.saturating_mul(unit)))
    }

    fn sum(self, sum: i64, orders: i64) -> Option<i64> {
        (!self.is(orders)).then(|| sum.max(0))
    }
}

/// `factor · dividend / divisor`, a half to the even neighbour as ClickHouse, and with it Plausible, rounds; 0 where
/// there is nothing to divide by.
fn ratio(factor: i64, dividend: i64, divisor: i64) -> i64 {
    if divisor <= 0 || dividend <= 0 {
        return 0;
    }
    let (dividend, divisor) = (i128::from(factor) * i128::from(dividend), i128::from(divisor));
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    let is_up = match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    i64::try_from(whole + i128::from(is_up)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
