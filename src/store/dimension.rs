//! The numbers dimensions have in files. A number is never used again for another dimension.

use crate::counting::tally::Dimension;

/// The number of a dimension.
pub(super) const fn number(dimension: Dimension) -> u8 {
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
    }
}

/// The dimension of that number.
pub(super) fn from_number(wanted: u8) -> Option<Dimension> {
    Dimension::ALL.into_iter().find(|dimension| number(*dimension) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_dimensions() {
        for dimension in Dimension::ALL {
            assert_eq!(from_number(number(dimension)), Some(dimension));
        }
    }
}
