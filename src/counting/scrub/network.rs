//! Addresses of the network in a text: IP, and of network cards.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The fewest digits of an address in four groups. With four it is a version: "1.2.3.4".
const IPV4_DIGITS_MIN: usize = 5;
/// Groups of two digits in the address of a network card.
const MAC_GROUPS: usize = 6;

/// What address a text holds.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let count = |sign: u8| text.bytes().filter(|byte| *byte == sign).count();
    if count(b'.') >= 3 && has_ipv4(text) {
        return Some(":ip");
    }
    if count(b':') >= 2 {
        if has_ipv6(text) {
            return Some(":ip");
        }
        if has_mac(text, ':') {
            return Some(":mac");
        }
    }
    (count(b'-') >= MAC_GROUPS - 1 && has_mac(text, '-')).then_some(":mac")
}

/// Four numbers up to 255 with dots between, and neither letter nor number beside them: "v1.2.3.40" is a version, and so
/// is "1.2.3.4.50".
fn has_ipv4(text: &str) -> bool {
    words(text, &['.']).any(|word| {
        let groups: Vec<&str> = word.split('.').collect();
        let is_number = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        let digits: usize = groups.iter().copied().filter(is_number).map(str::len).sum();
        groups.iter().copied().filter(is_number).count() == 4
            && digits >= IPV4_DIGITS_MIN
            && groups.windows(4).any(|four| four.join(".").parse::<Ipv4Addr>().is_ok())
    })
}

/// An address of RFC 4291 section 2.2, perhaps after a word and a colon.
fn has_ipv6(text: &str) -> bool {
    let is_one = |text: &str| text.contains(|c: char| c.is_ascii_digit()) && text.parse::<Ipv6Addr>().is_ok();
    words(text, &[':', '.']).any(|word| {
        let word = word.trim_end_matches('.');
        is_one(word) || word.split_once(':').is_some_and(|(name, rest)| !is_hex(name) && is_one(rest))
    })
}

/// The letters and digits of a text, with these signs between them.
fn words<'a>(text: &'a str, signs: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split(move |c: char| !c.is_alphanumeric() && !signs.contains(&c))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Six groups of two hexadecimal digits. With hyphens some have letters and one begins with a digit, as neither sizes
/// ("40-41-42") nor models ("a3-a4-a6") do.
fn has_mac(text: &str, divider: char) -> bool {
    words(text, &[divider]).any(|word| {
        let groups: Vec<&str> = word.split(divider).collect();
        groups.windows(MAC_GROUPS).any(|six| {
            let has_letter = six.iter().any(|group| group.contains(|c: char| c.is_ascii_alphabetic()));
            let has_number = six.iter().any(|group| group.starts_with(|c: char| c.is_ascii_digit()));
            six.iter().all(|group| group.len() == 2 && is_hex(group))
                && (divider == ':' || (has_letter && has_number))
        })
    })
}
