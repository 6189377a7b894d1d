//! A filter of several values: what it adds up, and what it cannot.
//!
//! Each value has cells of its own, and none of them says who is in another, too: visitors are counted where they are
//! met, and no mark is kept. So how often something happened is added up; how many different visitors did it is known
//! only where nobody can have two of the values.

use super::{Dimension, Metric, Question};
use crate::counting::pairs::{is_of_choice, is_of_visit, is_of_visitor};

impl Question {
    /// Is this a figure of different visitors or visits, of which one can have several of the filter's values? Then
    /// nobody knows it.
    pub fn is_not_distinct(&self, metric: Metric) -> bool {
        let Some(filter) = self.several() else { return false };
        let is_apart = self.breakdown() == Some(filter);
        match metric {
            // What it is divided by is added up even where the rows are not.
            Metric::Percentage => !is_of_visitor(filter),
            Metric::Visitors | Metric::ConversionRate | Metric::GroupConversionRate => {
                !is_apart && !is_of_visitor(filter)
            }
            Metric::Visits | Metric::ViewsPerVisit => !is_apart && !is_of_visit(filter),
            _ => false,
        }
    }

    /// Is this a figure of what happened, which is counted for each of the filter's goals that it reached?
    pub fn is_added(&self, metric: Metric) -> bool {
        let is_of_goals =
            self.several() == Some(&Dimension::Goal) && self.breakdown() != Some(&Dimension::Goal);
        is_of_goals
            && matches!(
                metric,
                Metric::Pageviews | Metric::Events | Metric::TotalRevenue | Metric::AverageRevenue
            )
    }

    /// How often one person can stand in the sums of a row, at most.
    pub fn times(&self) -> i64 {
        let Some(filter) = self.several() else { return 1 };
        if self.breakdown() == Some(filter) || is_of_visitor(filter) || is_of_choice(filter) {
            return 1;
        }
        let values = self.asked().filter.as_ref().map_or(1, |filter| filter.values.len());
        i64::try_from(values).unwrap_or(i64::MAX)
    }

    /// The filter's dimension, where it names several values.
    fn several(&self) -> Option<&Dimension> {
        let filter = self.asked().filter.as_ref()?;
        (filter.values.len() > 1).then_some(&filter.dimension)
    }
}
