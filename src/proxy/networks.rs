//! Sets of networks, as operators write them: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A set of networks. An IPv4 address and the same one mapped into IPv6 (RFC 4291 section 2.5.5.2) are one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// One network, both address families in one space of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    mask: u128,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The part before the slash.
    #[error("\"{text}\" is no network; write an address, or address/bits such as 10.0.0.0/8")]
    Address {
        /// As written.
        text: String,
    },
    /// The part after the slash.
    #[error("\"{text}\" has no valid number of bits; {limit} at most")]
    Bits {
        /// As written.
        text: String,
        /// 32 or 128.
        limit: u32,
    },
    /// An address inside the network instead of its first one.
    #[error("\"{text}\" has bits set beyond its first {bits}; the network is {network}/{bits}")]
    Beyond {
        /// As written.
        text: String,
        /// What would be right.
        network: IpAddr,
        /// As written.
        bits: u32,
    },
}

impl Networks {
    /// Reads the texts; the first wrong one is the error.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NetworkError> {
        texts.into_iter().map(str::parse).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Whether the address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let address = bits_of(address);
        self.0.iter().any(|network| address & network.mask == network.first)
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Network {
    /// Does it hold every address of a family?
    pub fn is_everything(&self) -> bool {
        self.mask == 0
            || *self == Self { first: bits_of(Ipv4Addr::UNSPECIFIED.into()), mask: u128::MAX << 32 }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address { text: text.to_owned() })?;
        let limit = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => limit,
            Some(bits) => {
                read_bits(bits, limit).ok_or_else(|| NetworkError::Bits { text: text.to_owned(), limit })?
            }
        };
        let mask = u128::MAX.checked_shl(limit - bits).unwrap_or(0);
        // For IPv4 the upper 96 bits, which say "mapped", are always compared.
        let mask = if address.is_ipv4() { mask | u128::MAX << 32 } else { mask };
        let first = bits_of(address) & mask;
        if first != bits_of(address) {
            let network = Ipv6Addr::from_bits(first).to_canonical();
            return Err(NetworkError::Beyond { text: text.to_owned(), network, bits });
        }
        Ok(Self { first, mask })
    }
}

fn read_bits(text: &str, limit: u32) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bits = text.parse().ok().filter(|_| is_number)?;
    (bits <= limit).then_some(bits)
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn address_outside_is_not_contained() {
        let networks = Networks::parse(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]).unwrap();
        for outside in ["11.0.0.0", "9.255.255.255", "2001:db9::", "192.0.2.8", "::", "::10.0.0.1", "a00::"] {
            assert!(!networks.contains(address(outside)), "{outside}");
        }
        for inside in ["10.0.0.0", "10.255.255.255", "2001:db8::1", "192.0.2.7", "::ffff:10.1.2.3"] {
            assert!(networks.contains(address(inside)), "{inside}");
        }
    }

    #[test]
    fn whole_families_can_be_named() {
        assert!(Networks::parse(["0.0.0.0/0"]).unwrap().contains(address("203.0.113.1")));
        assert!(!Networks::parse(["0.0.0.0/0"]).unwrap().contains(address("2001:db8::1")));
        assert!(Networks::parse(["::/0"]).unwrap().contains(address("2001:db8::1")));
        assert!(Networks::parse(["::ffff:10.0.0.0/104"]).unwrap().contains(address("10.9.9.9")));
        assert!(!Networks::default().contains(address("127.0.0.1")));
    }

    #[test]
    fn everything_is_told_from_much() {
        for (text, is_everything) in
            [("0.0.0.0/0", true), ("::/0", true), ("0.0.0.0/1", false), ("::/1", false), ("0.0.0.0", false)]
        {
            assert_eq!(text.parse::<Network>().unwrap().is_everything(), is_everything, "{text}");
        }
    }

    #[test]
    fn wrong_texts_are_refused_with_the_remedy() {
        for text in
            ["", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "::/129", "shop/8", "10.0.0.0/8/8"]
        {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let error = "10.1.2.3/8".parse::<Network>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10.1.2.3/8\" has bits set beyond its first 8; the network is 10.0.0.0/8"
        );
    }

    proptest! {
        #[test]
        fn every_network_holds_its_address_and_never_the_one_with_its_last_bit_flipped(
            bits in any::<u128>(),
            length in 1_u32..=128,
        ) {
            let mask = u128::MAX << (128 - length);
            let first = Ipv6Addr::from_bits(bits & mask);
            let networks = Networks::parse([format!("{first}/{length}").as_str()]).unwrap();
            prop_assert!(networks.contains(Ipv6Addr::from_bits(bits).into()));
            let flipped = bits ^ (1 << (128 - length));
            prop_assert!(!networks.contains(Ipv6Addr::from_bits(flipped).into()));
        }
    }
}
