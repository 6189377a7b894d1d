//! What people do beside looking: they put things into the cart, buy, sign up for letters, and give pages their time.

use crate::counting::{Answer, Revenue};

use super::dice::Dice;

/// How many of 1000 visits sign up for the newsletter.
pub(super) const NEWSLETTER: u32 = 14;
/// How many of 1000 pages are links that lead nowhere.
pub(super) const BROKEN: u32 = 9;
/// Where they lead.
pub(super) const GONE: &str = "/dekk/nordgrip-utgatt";

/// How purchases are paid.
const PAYMENTS: &[(u32, &str)] = &[(46, "klarna"), (37, "vipps"), (17, "card")];
/// How many of 100 purchases are in euro.
const IN_EURO: u32 = 4;

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A page was shown. The page loaded again after a grant is not among the steps, so an answer announces no reload.
    View,
    /// A page was asked for that is not there.
    Gone,
    /// The answer given on that page.
    Answer(Answer),
    /// An event that the shop's script told.
    Event(Event),
    /// The page had this much attention. Unit: milliseconds.
    Attention(u32),
}

/// An event of the shop's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// Its one property.
    pub property: Option<(&'static str, &'static str)>,
    /// What it was worth.
    pub revenue: Option<Revenue>,
}

impl Event {
    /// Somebody signed up for the newsletter.
    pub(super) const fn newsletter() -> Self {
        Self { name: "Newsletter", property: None, revenue: None }
    }

    /// Something came into the cart.
    pub(super) const fn add_to_cart(page: &str) -> Self {
        let is_rim = matches!(page.as_bytes(), [b'/', b'f', ..]);
        Self {
            name: "Add to cart",
            property: Some(("kind", if is_rim { "rims" } else { "tyres" })),
            revenue: None,
        }
    }

    /// Something was bought: a set of four, mostly.
    pub(super) fn purchase(dice: &mut Dice) -> Self {
        let kroner = dice.between(149, 1090) * 10 - 1;
        let revenue = if dice.percent() < IN_EURO {
            Revenue { thousandths: kroner / 11 * 1000 + 950, currency: *b"EUR" }
        } else {
            Revenue { thousandths: kroner * 1000, currency: *b"NOK" }
        };
        Self { name: "Purchase", property: Some(("payment", dice.of(PAYMENTS))), revenue: Some(revenue) }
    }
}
