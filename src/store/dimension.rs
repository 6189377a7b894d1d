//! The numbers dimensions have in files. A number is never used again for another dimension.

use crate::counting::tally::Dimension;

/// The number that says: a property, whose key stands beside it.
pub(super) const PROPERTY: u8 = 255;

/// The number of a dimension.
pub(super) fn number(dimension: &Dimension) -> u8 {
    match dimension {
        Dimension::Page => 1,
        Dimension::EntryPage => 2,
        Dimension::ExitPage => 3,
        Dimension::Source => 4,
        Dimension::Country => 5,
        Dimension::Region => 6,
        Dimension::Device => 7,
        Dimension::Browser => 8,
        Dimension::Os => 9,
        Dimension::Choice => 10,
        Dimension::Channel => 11,
        Dimension::Referrer => 12,
        Dimension::UtmSource => 13,
        Dimension::UtmMedium => 14,
        Dimension::UtmCampaign => 15,
        Dimension::UtmContent => 16,
        Dimension::UtmTerm => 17,
        Dimension::ClickId => 18,
        Dimension::City => 19,
        Dimension::BrowserVersion => 20,
        Dimension::OsVersion => 21,
        Dimension::Language => 22,
        Dimension::Returning => 23,
        Dimension::FirstWeek => 24,
        Dimension::ConsentPreferences => 25,
        Dimension::ConsentStatistics => 26,
        Dimension::ConsentMarketing => 27,
        Dimension::EventName => 28,
        Dimension::Goal => 29,
        Dimension::Status => 30,
        Dimension::NextPage => 31,
        Dimension::Funnel => 32,
        Dimension::Currency => 33,
        Dimension::Robot => 34,
        Dimension::Dropped => 35,
        Dimension::ChoiceLayer => 36,
        Dimension::ChoiceLanguage => 37,
        Dimension::ChoiceVersion => 38,
        Dimension::ChoicePreferences => 39,
        Dimension::ChoiceStatistics => 40,
        Dimension::ChoiceMarketing => 41,
        Dimension::Property(_) => PROPERTY,
    }
}

/// The dimension of that number.
pub(super) fn from_number(wanted: u8) -> Option<Dimension> {
    Dimension::ALL.into_iter().find(|dimension| number(dimension) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_dimensions() {
        for dimension in Dimension::ALL {
            assert_eq!(from_number(number(&dimension)), Some(dimension));
        }
    }
}
