//! The mark: tells two visitors of one day apart, and is worth nothing when the day's key is gone.
//!
//! A mark is the first eight bytes of BLAKE3, keyed with a random key that lives in memory for one site and one
//! day. The address goes in here and goes no further. Eight bytes are enough in memory: a million visitors a day
//! collide with a probability of 3e-8.

use std::net::IpAddr;

use zeroize::Zeroize;

use crate::clock::Entropy;

/// The part of a user agent that counts for a mark, in bytes. Longer ones are cut; real ones have 80 to 250.
const USER_AGENT_BYTES_MAX: usize = 512;
/// Length of an address (1), an address (at most 8: IPv6 is cut to its /64), length of a user agent (2), the text.
const INPUT_BYTES_MAX: usize = 1 + 8 + 2 + USER_AGENT_BYTES_MAX;

/// 32 random bytes that never leave memory. On the heap, so that moving the owner leaves no copy behind; wiped
/// when dropped. It cannot be cloned, compared, printed or serialised.
pub(super) struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Draws a new one.
    pub(super) fn draw(entropy: &dyn Entropy) -> Self {
        let mut secret = Self(Box::new([0; 32]));
        entropy.fill(&mut *secret.0);
        secret
    }

    /// The bytes, for keying a hash.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

/// The key of one site's day.
#[derive(Debug)]
pub(super) struct DayKey(Secret);

/// One visitor of one day, as far as address and user agent tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark(u64);

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<mark>")
    }
}

impl DayKey {
    /// Draws a new one.
    pub(super) fn draw(entropy: &dyn Entropy) -> Self {
        Self(Secret::draw(entropy))
    }

    /// The mark of who has this address and user agent. IPv4 addresses written as IPv6 are taken as IPv4; of other
    /// IPv6 addresses the first 64 bits count, because the rest is often drawn anew.
    pub(super) fn mark(&self, address: IpAddr, user_agent: &[u8]) -> Mark {
        let mut input = [0; INPUT_BYTES_MAX];
        let mut used = 0;
        let mut put = |bytes: &[u8]| {
            input[used..used + bytes.len()].copy_from_slice(bytes);
            used += bytes.len();
        };
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                put(&[4]);
                put(&v4.octets());
            }
            IpAddr::V6(v6) => {
                put(&[8]);
                put(&v6.octets()[..8]);
            }
        }
        let user_agent = &user_agent[..user_agent.len().min(USER_AGENT_BYTES_MAX)];
        put(&u16::try_from(user_agent.len()).unwrap_or(u16::MAX).to_le_bytes());
        put(user_agent);
        let hash = blake3::keyed_hash(self.0.bytes(), &input[..used]);
        input[..used].zeroize();
        Mark(first_eight(&hash))
    }
}

/// The first eight bytes of a hash, as a number.
pub(super) fn first_eight(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn neither_mark_nor_key_can_be_printed() {
        let key = DayKey::draw(&SystemEntropy);
        assert_eq!(format!("{:?}", key.mark(address("192.0.2.1"), b"a")), "<mark>");
        assert_eq!(format!("{key:?}"), "DayKey(<secret>)");
    }

    #[test]
    fn another_key_gives_another_mark() {
        let (monday, tuesday) = (DayKey::draw(&SystemEntropy), DayKey::draw(&SystemEntropy));
        let visitor = address("192.0.2.1");
        assert_ne!(monday.mark(visitor, b"a"), tuesday.mark(visitor, b"a"));
        assert_eq!(monday.mark(visitor, b"a"), monday.mark(visitor, b"a"));
    }

    #[test]
    fn addresses_fold_as_far_as_they_name_one_household() {
        let key = DayKey::draw(&SystemEntropy);
        let mark = |text: &str| key.mark(address(text), b"a");
        assert_eq!(mark("::ffff:192.0.2.1"), mark("192.0.2.1"));
        assert_eq!(mark("2001:db8:1:2::1"), mark("2001:db8:1:2:ffff::9"));
        assert_ne!(mark("2001:db8:1:2::1"), mark("2001:db8:1:3::1"));
        assert_ne!(mark("192.0.2.1"), mark("192.0.2.2"));
    }

    #[test]
    fn address_and_user_agent_cannot_run_into_each_other() {
        let key = DayKey::draw(&SystemEntropy);
        assert_ne!(key.mark(address("192.0.2.1"), b"\0a"), key.mark(address("192.0.2.1"), b"a"));
        assert_ne!(
            key.mark(address("1.2.3.4"), b"5678abcd"),
            key.mark(address("102:304:3536:3738::"), b"abcd"),
        );
    }

    #[test]
    fn endless_user_agents_are_cut() {
        let key = DayKey::draw(&SystemEntropy);
        let long = vec![b'a'; 100_000];
        assert_eq!(
            key.mark(address("192.0.2.1"), &long),
            key.mark(address("192.0.2.1"), &long[..USER_AGENT_BYTES_MAX]),
        );
    }
}
