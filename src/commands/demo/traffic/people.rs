//! Who comes: where they live, what they browse with, how they feel about cookies.

use std::net::Ipv4Addr;

use super::dice::Dice;
use crate::counting::Answer;
use crate::policy::consent::{Category, CategorySet};

/// A network of the demo's, and where the demo says it is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// First address of the network.
    pub network: Ipv4Addr,
    /// Length of its prefix in bits.
    pub prefix_bits: u8,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// ISO 3166-2 without the country; empty when the demo does not say.
    pub region: &'static str,
    /// How many of 1000 visitors live there.
    pub per_mille: u32,
}

impl Place {
    /// Does that address lie in it?
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        let shift = 32 - u32::from(self.prefix_bits);
        address.to_bits() >> shift == self.network.to_bits() >> shift
    }
}

const fn place(third: u8, country: &'static str, region: &'static str, per_mille: u32) -> Place {
    Place { network: Ipv4Addr::new(198, 18, third, 0), prefix_bits: 20, country, region, per_mille }
}

/// Every network the visitors come from: sixteen of 4096 addresses.
pub const PLACES: &[Place] = &[
    place(0, "NO", "03", 250),
    place(16, "NO", "46", 150),
    place(32, "NO", "50", 110),
    place(48, "NO", "11", 90),
    place(64, "NO", "18", 70),
    place(80, "NO", "55", 60),
    place(96, "NO", "34", 80),
    place(112, "NO", "42", 50),
    place(128, "SE", "", 45),
    place(144, "DK", "", 25),
    place(160, "FI", "", 12),
    place(176, "DE", "", 20),
    place(192, "GB", "", 14),
    place(208, "PL", "", 10),
    place(224, "US", "", 10),
    place(240, "ES", "", 4),
];

const BROWSERS: &[(u32, &str)] = &[
    (
        24,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    (
        18,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    ),
    (
        7,
        "Mozilla/5.0 (Linux; Android 15; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    (
        5,
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    (
        21,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (
        9,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    ),
    (
        7,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    ),
    (
        4,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (3, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    (2, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
];

/// How somebody meets the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Temper {
    /// Will say this on the first page they stay on.
    Says(Answer),
    /// Never answers.
    Silent,
    /// Has answered already; the cookie remembers.
    Done,
}

/// Somebody who may come again.
#[derive(Debug)]
pub(super) struct Person {
    /// Where they live.
    pub address: Ipv4Addr,
    /// What they browse with.
    pub user_agent: &'static str,
    /// How they feel about the banner.
    pub temper: Temper,
}

impl Person {
    /// Somebody new.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut left = u32::try_from(dice.next() % 1000).unwrap_or(0);
        let mut home = &PLACES[0];
        for place in PLACES {
            home = place;
            if left < place.per_mille {
                break;
            }
            left -= place.per_mille;
        }
        let inside = u32::try_from(dice.between(1, 4095)).unwrap_or(1);
        let temper = match dice.percent() {
            0..41 => Temper::Says(Answer::Accepted),
            41..45 => Temper::Says(Answer::Partial(statistics())),
            45..80 => Temper::Says(Answer::Refused),
            _ => Temper::Silent,
        };
        Self {
            address: Ipv4Addr::from_bits(home.network.to_bits() + inside),
            user_agent: dice.of(BROWSERS),
            temper,
        }
    }
}

fn statistics() -> CategorySet {
    [Category::Statistics].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_overlap_and_hold_everybody() {
        assert_eq!(PLACES.iter().map(|place| place.per_mille).sum::<u32>(), 1000);
        for place in PLACES {
            assert_eq!(PLACES.iter().filter(|other| other.holds(place.network)).count(), 1);
        }
    }
}
