//! The figures analysts ask for, and how they are made of the sums of a row.

use super::{Beside, Dimension, Figures, Granted, Question};

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
    /// Visits with one interactive event, as a percentage of those that began in the range; of a page, of those that
    /// entered there.
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
    /// Visitors of the row, as a percentage of all under the same filters, to one decimal.
    Percentage,
    /// Visits that were asked whether trackers may run.
    BannersShown,
    /// Those of them that have not answered.
    BannersIgnored,
    /// Answers.
    Choices,
    /// Answers that granted it, as a percentage of all answers, to one decimal.
    ConsentRate(Granted),
    /// Answers that granted it, as a percentage of all visits, to one decimal.
    ConsentShare(Granted),
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
    pub const ALL: [Self; 26] = [
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
        Self::Percentage,
        Self::BannersShown,
        Self::BannersIgnored,
        Self::Choices,
        Self::ConsentRate(Granted::Anything),
        Self::ConsentRate(Granted::Preferences),
        Self::ConsentRate(Granted::Statistics),
        Self::ConsentRate(Granted::Marketing),
        Self::ConsentShare(Granted::Anything),
        Self::ConsentShare(Granted::Preferences),
        Self::ConsentShare(Granted::Statistics),
        Self::ConsentShare(Granted::Marketing),
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
            Self::Percentage => "percentage",
            Self::BannersShown => "banners_shown",
            Self::BannersIgnored => "banners_ignored",
            Self::Choices => "choices",
            Self::ConsentRate(Granted::Anything) => "consent_rate",
            Self::ConsentRate(Granted::Preferences) => "consent_rate_preferences",
            Self::ConsentRate(Granted::Statistics) => "consent_rate_statistics",
            Self::ConsentRate(Granted::Marketing) => "consent_rate_marketing",
            Self::ConsentShare(Granted::Anything) => "consent_share",
            Self::ConsentShare(Granted::Preferences) => "consent_share_preferences",
            Self::ConsentShare(Granted::Statistics) => "consent_share_statistics",
            Self::ConsentShare(Granted::Marketing) => "consent_share_marketing",
        }
    }

    /// Is it about answers to the question, and not about visits?
    pub const fn is_of_answers(self) -> bool {
        matches!(
            self,
            Self::BannersShown
                | Self::BannersIgnored
                | Self::Choices
                | Self::ConsentRate(_)
                | Self::ConsentShare(_)
        )
    }

    /// Is there such a figure of robots, of what was dropped and of choices, in which nobody is counted?
    pub const fn is_of_nobody(self) -> bool {
        matches!(self, Self::Events) || self.is_of_answers()
    }

    /// Is it a number of visitors, or divided by one?
    pub const fn is_of_visitors(self) -> bool {
        matches!(self, Self::Visitors | Self::ConversionRate | Self::GroupConversionRate | Self::Percentage)
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
    /// Visitors of the whole range.
    pub whole: Whole,
}

/// Visitors of a whole range, which metrics are divided by, and what else is known of all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Under the question's filter, without one by goal or property.
    pub visitors: i64,
    /// Under the question's filter.
    pub filtered: i64,
    /// Answers that were about it, granted or not, by [`Granted`]; whatever the filter.
    pub answered: [i64; 4],
}

impl Measured<'_> {
    /// A metric of the row, as `question` asks for it; `None` where too few stand behind it, or nobody knows it.
    ///
    /// Counts that are negative for a while (a visit moved on) are shown as 0, and a ratio of no visits is 0, as Plausible
    /// shows it; but what nobody was asked about has no rate. Money can be negative. Bounces and seconds are written in the hour in which a visit began, or for the
    /// page on which it entered, so they are divided by the visits that began, or entered, there.
    pub fn number(self, question: &Question, metric: Metric) -> Option<Number> {
        let (figures, beside) = (self.figures, self.beside);
        let few = Few::of(question);
        if (question.is_about_nobody() && !metric.is_of_nobody()) || question.is_not_distinct(metric) {
            return None;
        }
        // How often something was answered so is told however few asked for it; how many they were is not.
        let is_of_visitors = matches!(metric, Metric::Visitors | Metric::Percentage);
        if is_of_visitors && question.is_about(&Dimension::Status) && few.is(figures.visitors) {
            return None;
        }
        let answers = beside.answers;
        let begun = if question.is_about(&Dimension::Page) { figures.entries } else { figures.begun };
        Some(match metric {
            Metric::Visitors => Number::Whole(figures.visitors.max(0)),
            Metric::Visits => Number::Whole(figures.visits.max(0)),
            Metric::Pageviews => Number::Whole(figures.views.max(0)),
            Metric::Events => Number::Whole(figures.events.max(0)),
            Metric::ViewsPerVisit => Number::Hundredths(few.ratio(100, figures.views, figures.visits)?),
            Metric::BounceRate => Number::Whole(few.ratio(100, figures.bounces, begun)?),
            Metric::VisitDuration => Number::Whole(few.ratio(1, figures.seconds, begun)?),
            Metric::ExitRate => few.tenths(figures.exits, beside.page_views?)?,
            Metric::TimeOnPage => Number::Whole(few.mean(1000, figures.engaged_ms, figures.visits)?),
            Metric::ScrollDepth => Number::Whole(few.mean(1, figures.scroll, figures.scrolls)?),
            Metric::ConversionRate => few.share(figures.visitors, self.whole.visitors)?,
            Metric::Percentage => few.share(figures.visitors, self.whole.filtered)?,
            Metric::GroupConversionRate => few.share(figures.visitors, beside.visitors)?,
            Metric::TotalRevenue => Number::Money(few.money(figures.revenue, figures.orders)?),
            Metric::AverageRevenue => Number::Money(few.mean_money(figures.revenue, figures.orders)?),
            Metric::BannersShown => Number::Whole(few.count(answers.shown)?),
            Metric::BannersIgnored => Number::Whole(few.count(answers.ignored)?),
            Metric::Choices => Number::Whole(few.count(answers.choices)?),
            Metric::ConsentRate(granted) if self.whole.answered[granted as usize] == 0 => return None,
            Metric::ConsentRate(granted) => few.tenths(answers.of(granted), answers.choices)?,
            Metric::ConsentShare(granted) => few.tenths(answers.of(granted), figures.visits)?,
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

    /// Some visitors among all, as [`Self::tenths`]; nothing where more are known of some than of all, because the range
    /// begins within a day.
    fn share(self, some: i64, all: i64) -> Option<Number> {
        if some > all {
            return None;
        }
        self.tenths(some, all)
    }

    /// `dividend / (unit · divisor)`; nothing where there is nothing to divide by.
    fn mean(self, unit: i64, dividend: i64, divisor: i64) -> Option<i64> {
        (divisor > 0 && !self.is(divisor)).then(|| ratio(1, dividend, divisor.saturating_mul(unit)))
    }

    fn count(self, count: i64) -> Option<i64> {
        (!self.is(count)).then(|| count.max(0))
    }

    /// What is given back can be more than what was paid.
    fn money(self, sum: i64, orders: i64) -> Option<i64> {
        (!self.is(orders)).then_some(sum)
    }

    fn mean_money(self, sum: i64, orders: i64) -> Option<i64> {
        (orders > 0 && !self.is(orders)).then(|| rounded(1, sum, orders))
    }
}

/// [`rounded`]; 0 where there is nothing to divide, or to divide by.
fn ratio(factor: i64, dividend: i64, divisor: i64) -> i64 {
    if divisor <= 0 || dividend <= 0 { 0 } else { rounded(factor, dividend, divisor) }
}

/// `factor · dividend / divisor`, a half to the even neighbour as ClickHouse, and with it Plausible, rounds. The divisor
/// is positive.
fn rounded(factor: i64, dividend: i64, divisor: i64) -> i64 {
    let (dividend, divisor) = (i128::from(factor) * i128::from(dividend), i128::from(divisor));
    let (whole, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let is_up = match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole.rem_euclid(2) == 1,
        std::cmp::Ordering::Greater => true,
    };
    let rounded = whole + i128::from(is_up);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests;
