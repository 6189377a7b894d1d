//! The notices that visitors of one day were shown, and the cells that a choice is counted in.
//!
//! A choice stands in a cell for each thing that is said of it, and for each two: whatever is asked of choices can be cut
//! by any one other. Nobody is counted in these cells, so a visitor leaves nothing in them but a sum.

use std::sync::Arc;

use super::axis::{Axis, Key};
use super::pack::pack;
use super::veil::ValueId;
use super::visit::{ANSWERED, NOT_ASKED};

/// How a visitor was asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice {
    /// In which language: a tag of BCP 47.
    pub language: Arc<str>,
    /// Which text: the beginning of the hash by which receipts call it.
    pub version: Arc<str>,
}

/// Where an answer was given (rule R40: how a consent was given).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The question on a page of the shop.
    Banner,
    /// The preference centre, or *my data*.
    Page,
    /// The placeholder of something held.
    Embed,
    /// A script of the shop's.
    Script,
    /// A form that does not say.
    Form,
}

impl Layer {
    /// Those that a form can say it is.
    pub const SAID: [Self; 4] = [Self::Banner, Self::Page, Self::Embed, Self::Script];

    /// The word in forms, receipts and figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Page => "page",
            Self::Embed => "embed",
            Self::Script => "script",
            Self::Form => "form",
        }
    }
}

/// What an answer says of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Yes.
    Granted,
    /// Yes to some of its trackers.
    Partial,
    /// No.
    Refused,
    /// No, and it had been yes before.
    Withdrawn,
    /// Neither yes nor no: nobody is asked about it, or the answer was about a single tracker of another category.
    Nothing,
}

impl Said {
    /// The word in figures; none for nothing.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Granted => Some("granted"),
            Self::Partial => Some("partial"),
            Self::Refused => Some("refused"),
            Self::Withdrawn => Some("withdrawn"),
            Self::Nothing => None,
        }
    }
}

/// What is said of a choice: one value in each of some dimensions.
pub(super) type Facts = [(Axis, ValueId)];

/// The cells of a choice, by the hour and by the day.
pub(super) fn cells(facts: &Facts) -> impl Iterator<Item = Key> {
    facts.iter().enumerate().flat_map(|(at, (axis, value))| {
        let one = (*axis, value.number());
        let pairs = facts[at + 1..].iter().map(move |(axis, value)| Key::pair(one, (*axis, value.number())));
        std::iter::once(Key::one(*axis, one.1)).chain(pairs)
    })
}

/// A notice as it was shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) language: ValueId,
    pub(super) version: ValueId,
}

/// The notices of one day, each with an id that fits into a visit.
#[derive(Default)]
pub(super) struct Notices(Vec<Shown>);

impl Notices {
    /// The id of a notice; nothing where the day has seen too many. A site has some languages, and a text of a day is a
    /// day's work.
    pub(super) fn id(&mut self, shown: Shown) -> Option<u8> {
        let at = self.0.iter().position(|known| *known == shown).unwrap_or_else(|| {
            self.0.push(shown);
            self.0.len() - 1
        });
        let id = u8::try_from(at + usize::from(NOT_ASKED) + 1).ok().filter(|id| *id < ANSWERED);
        if id.is_none() {
            self.0.truncate(usize::from(ANSWERED) - 1);
        }
        id
    }

    /// The notice of an id of this list.
    pub(super) fn get(&self, id: u8) -> Option<Shown> {
        self.0.get(usize::from(id).checked_sub(1)?).copied()
    }
}

pack!(Notice { language, version });
pack!(Layer[Banner, Page, Embed, Script, Form]);
pack!(Said[Granted, Partial, Refused, Withdrawn, Nothing]);
pack!(Shown { language, version });
pack!(Notices(0));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_have_ids_until_there_are_too_many() {
        let mut notices = Notices::default();
        let shown = |number| Shown { language: ValueId::UNKNOWN, version: ValueId::from_number(number) };
        for number in 1..u32::from(ANSWERED) {
            assert_eq!(notices.id(shown(number)).map(u32::from), Some(number));
        }
        assert_eq!(notices.id(shown(1000)), None);
        assert_eq!(notices.id(shown(1001)), None);
        assert_eq!(notices.id(shown(7)), Some(7));
        assert!(
            notices.get(7) == Some(shown(7))
                && notices.get(NOT_ASKED).is_none()
                && notices.get(ANSWERED).is_none()
        );
    }

    #[test]
    fn choice_stands_in_a_cell_of_each_fact_and_of_each_two() {
        let facts =
            [Axis::CHOICE, Axis::CHOICE_LAYER, Axis::CHOICE_VERSION].map(|axis| (axis, ValueId::OTHER));
        let cells: Vec<Key> = cells(&facts).collect();
        assert_eq!((cells.len(), cells.iter().filter(|cell| cell.is_pair()).count()), (6, 3));
    }
}
