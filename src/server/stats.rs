//! The analysts' API as text: bytes to a [`Question`], an [`Answer`](crate::store::disclosure::Answer) to bytes, both in the shape of Plausible's Stats
//! API v2. Who may ask, and which status an error has, is decided by those who serve it.

mod answer;
mod csv;
mod dates;
mod parse;
mod render;

use std::sync::Arc;

use jiff::tz::TimeZone;

pub use answer::answer;
pub use csv::{csv, rows};
pub use parse::parse;
pub use render::render;

use crate::counting::tally::{Dimension, LocalDay};
use crate::store::question::{Question, QuestionError};

/// Longest body of a question. Unit: bytes. A filter of a hundred long paths fits.
pub const BODY_BYTES_MAX: usize = 512 << 10;

/// What must be known of a site to understand a question about it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The site's name: `site_id`.
    pub name: Arc<str>,
    /// Its days begin at midnight here.
    pub time_zone: TimeZone,
    /// Rows with fewer visitors are folded.
    pub k: u32,
    /// Revenue is reported in it: ISO 4217.
    pub currency: Arc<str>,
    /// Pairs of dimensions that are counted for it beside the usual ones.
    pub crosses: Vec<(Dimension, Dimension)>,
    /// The first day with figures, for the range `all`; `None` where there are none.
    pub first_day: Option<LocalDay>,
    /// After so many days the hours of a day are kept as one row.
    pub hours_days: u32,
}

/// A question, and how its answer is to be written.
#[derive(Clone, Debug)]
pub struct Query {
    /// The question.
    pub question: Question,
    /// Revenue is reported in it.
    pub currency: Arc<str>,
    /// What is to be told beside the rows.
    pub include: Include,
    /// Are hours asked for of days that are kept as one row? All figures of such a day stand in its first hour.
    pub has_folded_hours: bool,
}

/// What is to be told beside the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// That imported figures are not told apart.
    pub imports: bool,
    /// How many rows there are on all pages.
    pub total_rows: bool,
    /// The labels of all buckets, with or without figures.
    pub time_labels: bool,
}

/// Why a body is no question that can be answered: a stable code and a sentence for the analyst.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct QueryError {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub sentence: String,
}

impl QueryError {
    fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }

    /// The body of the answer, as Plausible writes it: `{"error": …}`, with our code beside it.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::json!({ "error": self.sentence, "code": self.code }).to_string().into_bytes()
    }
}

impl From<QuestionError> for QueryError {
    fn from(error: QuestionError) -> Self {
        let code = match error {
            QuestionError::NoMetric
            | QuestionError::Twice(_)
            | QuestionError::NeedsGoal(_)
            | QuestionError::NeedsPage(_)
            | QuestionError::NeedsExitPage
            | QuestionError::ExitRateOfEvents
            | QuestionError::VisitsByEvents(_)
            | QuestionError::NeedsDimension(_)
            | QuestionError::AnswersOfPart(_)
            | QuestionError::RateOfTwo(_)
            | QuestionError::ShareOfPart(_) => "invalid_metrics",
            QuestionError::TwoBuckets | QuestionError::NextPageAlone | QuestionError::NoPair(..) => {
                "invalid_dimensions"
            }
            QuestionError::TwoDimensions(..)
            | QuestionError::Cross(..)
            | QuestionError::PairByHour(..)
            | QuestionError::PageviewsAsEvents(_) => "missing_cross",
            QuestionError::FilterValues | QuestionError::FilterOther => "invalid_filters",
            QuestionError::Range => "invalid_date_range",
            QuestionError::Order(_) => "invalid_order_by",
            QuestionError::Page => "invalid_pagination",
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests;
