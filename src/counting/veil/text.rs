//! Free texts, by their kinds.

use std::sync::Arc;

use super::super::mark::Mark;
use super::super::tally::Dimension;

/// The kinds of free text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Page paths, whether seen, entered on, left from or gone to.
    Page,
    /// Sources that stand in no list.
    Source,
    /// Hosts that led here, with a path where the host is listed.
    Referrer,
    /// Campaign tags: source, medium, campaign, content, term.
    Tag(u8),
    /// Cities.
    City,
    /// Parts of a country.
    Region,
    /// Names of events that are no goals.
    EventName,
    /// Values of a property, by the place of its key.
    Property(u8),
}

impl Kind {
    /// The campaign tags, in the order of their numbers.
    pub(in super::super) const TAGS: [Dimension; 5] = [
        Dimension::UtmSource,
        Dimension::UtmMedium,
        Dimension::UtmCampaign,
        Dimension::UtmContent,
        Dimension::UtmTerm,
    ];
    pub(super) const FIRST_PROPERTY: usize = 11;

    pub(super) fn number(self) -> usize {
        match self {
            Self::Page => 0,
            Self::Source => 1,
            Self::Referrer => 2,
            Self::City => 3,
            Self::Region => 4,
            Self::EventName => 5,
            Self::Tag(tag) => 6 + usize::from(tag.min(4)),
            Self::Property(at) => Self::FIRST_PROPERTY + usize::from(at),
        }
    }

    /// The dimensions in which such a text stands.
    pub(super) fn dimensions(self, properties: &[Arc<str>]) -> Vec<Dimension> {
        match self {
            Self::Page => {
                vec![Dimension::Page, Dimension::EntryPage, Dimension::ExitPage, Dimension::NextPage]
            }
            Self::Source => vec![Dimension::Source],
            Self::Referrer => vec![Dimension::Referrer],
            Self::Tag(tag) => Self::TAGS.get(usize::from(tag)).cloned().into_iter().collect(),
            Self::City => vec![Dimension::City],
            Self::Region => vec![Dimension::Region],
            Self::EventName => vec![Dimension::EventName],
            Self::Property(at) => {
                let key = properties.get(usize::from(at));
                key.map(|key| Dimension::Property(Arc::clone(key))).into_iter().collect()
            }
        }
    }
}

/// A free text, as it is met.
#[derive(Clone, Copy)]
pub(in super::super) struct FreeText<'a> {
    /// What it is.
    pub(in super::super) kind: Kind,
    /// Of a property's value the property's key; of others nothing.
    pub(in super::super) key: &'a str,
    /// The text.
    pub(in super::super) text: &'a str,
    /// How many visitors of a day must have had it before its name is written.
    pub(in super::super) k: u32,
    /// From which household it comes, where marks are made and places are short ([`Values::is_short`](super::Values)).
    pub(in super::super) from: Option<Mark>,
}
