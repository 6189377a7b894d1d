//! The mark: tells two visitors of one day apart, and is worth nothing when the day's key is gone.
//!
//! A mark is the first eight bytes of BLAKE3, keyed with a random key that lives in locked memory for one site
//! and one day. The address goes in here and goes no further. Eight bytes are enough in memory: a million visitors a day
//! collide with a probability of 3e-8.

use std::net::IpAddr;
use std::sync::Arc;

use zeroize::Zeroize;

use super::key_log::{KeyFate, KeyName};
use super::pack::pack;
use super::secret::{Secret, Vault};
use crate::clock::Entropy;

/// The part of a user agent that counts for a mark, in bytes. Longer ones are cut; real ones have 80 to 250.
const USER_AGENT_BYTES_MAX: usize = 512;
/// Length of an address (1), an address (at most 8: IPv6 is cut to its /64), length of a user agent (2), the text.
const INPUT_BYTES_MAX: usize = 1 + 8 + 2 + USER_AGENT_BYTES_MAX;

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
    /// Draws the key of this site's day, given as days since 1970-01-01.
    pub(super) fn draw(
        site: &Arc<str>,
        day: i32,
        fate: KeyFate,
        vault: &Arc<Vault>,
        entropy: &dyn Entropy,
    ) -> Self {
        Self(vault.draw(KeyName::of_day(site, day), fate, entropy))
    }

    /// The secret itself, for leaving it to the next process.
    pub(super) fn into_secret(self) -> Secret {
        self.0
    }

    /// The mark of who has this address and user agent. IPv4 addresses written as IPv6 are taken as IPv4; of other
    /// IPv6 addresses the first 64 bits count, because the rest is often drawn anew.
    pub(super) fn mark(&self, address: IpAddr, user_agent: &[u8]) -> Mark {
        let user_agent = &user_agent[..user_agent.len().min(USER_AGENT_BYTES_MAX)];
        self.mark_of(address, u16::try_from(user_agent.len()).unwrap_or(u16::MAX), user_agent)
    }

    /// The mark of an address alone, whoever asks from there: one household's, or one robot's that changes its name. Its
    /// length is that of no user agent, which is at most 512.
    pub(super) fn household(&self, address: IpAddr) -> Mark {
        self.mark_of(address, u16::MAX, b"")
    }

    /// The mark of an address as far as it names one household, and of a user agent, each behind its length.
    fn mark_of(&self, address: IpAddr, length: u16, user_agent: &[u8]) -> Mark {
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
        put(&length.to_le_bytes());
        put(user_agent);
        let mark = Mark(self.0.hash(&input[..used]));
        input[..used].zeroize();
        mark
    }

    /// A text of this day as a number, which says nothing when the day's key is gone. No mark is made so: the first
    /// byte of what they are made of is a length.
    pub(super) fn hash(&self, text: &[u8]) -> u64 {
        self.0.hash_of_kind(0, text)
    }
}

pack!(DayKey(0));
pack!(Mark(0));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn key() -> DayKey {
        DayKey::draw(&"shop".into(), 1, KeyFate::Born, &Vault::open(), &SystemEntropy)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn neither_mark_nor_key_can_be_printed() {
        let key = key();
        assert_eq!(format!("{:?}", key.mark(address("192.0.2.1"), b"a")), "<mark>");
        assert_eq!(format!("{key:?}"), "DayKey(<secret>)");
    }

    #[test]
    fn another_key_gives_another_mark() {
        let (monday, tuesday) = (key(), key());
        let visitor = address("192.0.2.1");
        assert_ne!(monday.mark(visitor, b"a"), tuesday.mark(visitor, b"a"));
        assert_eq!(monday.mark(visitor, b"a"), monday.mark(visitor, b"a"));
    }

    #[test]
    fn addresses_fold_as_far_as_they_name_one_household() {
        let key = key();
        let mark = |text: &str| key.mark(address(text), b"a");
        assert_eq!(mark("::ffff:192.0.2.1"), mark("192.0.2.1"));
        assert_eq!(mark("2001:db8:1:2::1"), mark("2001:db8:1:2:ffff::9"));
        assert_ne!(mark("2001:db8:1:2::1"), mark("2001:db8:1:3::1"));
        assert_ne!(mark("192.0.2.1"), mark("192.0.2.2"));
    }

    #[test]
    fn a_household_has_one_mark_of_its_own() {
        let key = key();
        let household = |text: &str| key.household(address(text));
        assert_eq!(household("2001:db8:1:2::1"), household("2001:db8:1:2:ffff::9"));
        assert_eq!(household("::ffff:192.0.2.1"), household("192.0.2.1"));
        assert_ne!(household("192.0.2.1"), household("192.0.2.2"));
        assert_ne!(household("192.0.2.1"), key.mark(address("192.0.2.1"), b""));
    }

    #[test]
    fn address_and_user_agent_cannot_run_into_each_other() {
        let key = key();
        assert_ne!(key.mark(address("192.0.2.1"), b"\0a"), key.mark(address("192.0.2.1"), b"a"));
        assert_ne!(
            key.mark(address("1.2.3.4"), b"5678abcd"),
            key.mark(address("102:304:3536:3738::"), b"abcd"),
        );
    }

    #[test]
    fn endless_user_agents_are_cut() {
        let key = key();
        let long = vec![b'a'; 100_000];
        assert_eq!(
            key.mark(address("192.0.2.1"), &long),
            key.mark(address("192.0.2.1"), &long[..USER_AGENT_BYTES_MAX]),
        );
    }
}
