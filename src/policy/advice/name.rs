//! Names fit to be kept: what could tell one visitor from another is folded to `*` before anything is written.

use super::super::Policy;
use super::super::catalog::bytes_match;
use super::super::{Allow, Allowed};
use super::Thing;

/// Longest name that is kept. Unit: bytes.
pub const NAME_BYTES_MAX: usize = 80;

/// Longest part of a name that is read. Unit: bytes. What follows is folded.
const READ_BYTES_MAX: usize = 256;

/// Digits in a row that may be a number of somebody.
const DIGITS_IN_A_ROW: usize = 4;

/// More digits than this in a whole name may be a number of somebody that is written in groups.
const DIGITS_MAX: usize = 4;

/// Length from which letters mixed with digits, or hexadecimal digits alone, may be an identifier.
const MIXED_MIN: usize = 8;

/// Length from which letters alone are no word any more.
const LETTERS_MAX: usize = 32;

/// The name of a cookie, a storage key, a host or a service worker, without what could be an identifier.
///
/// It has letters, digits and `_.-:$` only, and `*` where something was folded:
///
/// - four or more digits in a row; every part with a digit when there are more than four digits in all;
/// - eight or more letters and digits mixed, or hexadecimal digits; 32 or more letters;
/// - everything from the first other byte on; the whole name when it holds an `@`;
/// - what is beyond [`NAME_BYTES_MAX`].
///
/// What would be folded and is known to the catalogue or an operator's rule is called as the rule is. Of a host, the part that
/// is registered is kept, an address is not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    bytes: [u8; NAME_BYTES_MAX],
    length: u8,
}

impl Name {
    /// Nothing.
    const EMPTY: Self = Self { bytes: [0; NAME_BYTES_MAX], length: 0 };

    /// A name of which nothing is left.
    pub const FOLDED: Self = Self::EMPTY.with(b'*');

    /// Folds a name as it was seen.
    pub fn folded(raw: &[u8]) -> Self {
        let is_address = memchr::memchr(b'@', raw).is_some() || memchr::memmem::find(raw, b"%40").is_some();
        if is_address {
            return Self::FOLDED;
        }
        let read = &raw[..raw.len().min(READ_BYTES_MAX)];
        let fit = &read[..read.iter().position(|byte| !is_fit(*byte)).unwrap_or(read.len())];
        let digits = fit.iter().filter(|byte| byte.is_ascii_digit()).count();
        let mut folding = Folding { name: Self::EMPTY, has_many_digits: digits > DIGITS_MAX };
        for run in fit.chunk_by(|one, other| one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric()) {
            folding.add(run);
        }
        if fit.len() < raw.len() {
            folding.star();
        }
        folding.name
    }

    /// A name as somebody wrote it who knows what it means; folded when it is too long for that.
    fn written(text: &str) -> Self {
        if text.len() > NAME_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Self::folded(text.as_bytes());
        }
        text.bytes().fold(Self::EMPTY, Self::with)
    }

    /// A name that was kept, read again.
    pub fn kept(text: &str) -> Self {
        Self::written(text)
    }

    /// Folds a host: lower case, without port and last dot. Labels before the registered domain (Public Suffix List)
    /// that may be identifiers are folded, with all before them; an address is folded whole.
    pub fn folded_host(raw: &[u8]) -> Self {
        let lower = raw.to_ascii_lowercase();
        let Some(host) = std::str::from_utf8(&lower).ok().and_then(bare) else { return Self::FOLDED };
        let registered = psl::domain_str(host).map_or(0, str::len);
        let mut from = host.len() - registered;
        while from > 0 {
            let start = host[..from].trim_end_matches('.').rfind('.').map_or(0, |dot| dot + 1);
            let label = host[start..from].trim_end_matches('.');
            if Self::folded(label.as_bytes()).as_str() != label {
                break;
            }
            from = start;
        }
        let rest = &host[from..];
        match (from, rest.len()) {
            (_, 0) => Self::FOLDED,
            (0, length) if length <= NAME_BYTES_MAX => Self::written(rest),
            (_, length) if length + 2 <= NAME_BYTES_MAX => Self::written(&format!("*.{rest}")),
            _ => Self::FOLDED,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    /// With one more byte, when there is room.
    const fn with(mut self, byte: u8) -> Self {
        if (self.length as usize) < NAME_BYTES_MAX {
            self.bytes[self.length as usize] = byte;
            self.length += 1;
        }
        self
    }

    fn last(&self) -> Option<u8> {
        self.as_str().bytes().next_back()
    }

    /// Takes the last byte away.
    fn pop(&mut self) {
        self.length = self.length.saturating_sub(1);
        self.bytes[usize::from(self.length)] = 0;
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// A name on its way.
struct Folding {
    name: Name,
    has_many_digits: bool,
}

impl Folding {
    /// Adds letters and digits, or one separator.
    fn add(&mut self, run: &[u8]) {
        if !run[0].is_ascii_alphanumeric() {
            return if run == b"*" { self.star() } else { self.push(run) };
        }
        if self.is_identifier(run) {
            return self.star();
        }
        for part in run.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit()) {
            if part.len() >= DIGITS_IN_A_ROW && part[0].is_ascii_digit() {
                self.star();
            } else {
                self.push(part);
            }
        }
    }

    fn is_identifier(&self, run: &[u8]) -> bool {
        let has_digit = run.iter().any(u8::is_ascii_digit);
        let has_letter = run.iter().any(u8::is_ascii_alphabetic);
        let is_hex = run.iter().all(u8::is_ascii_hexdigit);
        (run.len() >= MIXED_MIN && (is_hex || (has_digit && has_letter)))
            || run.len() >= LETTERS_MAX
            || (self.has_many_digits && (has_digit || (is_hex && run.len() >= DIGITS_IN_A_ROW)))
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.name.as_str().len() + bytes.len() > NAME_BYTES_MAX {
            return self.star();
        }
        self.name = bytes.iter().fold(self.name, |name, byte| name.with(*byte));
    }

    /// What is folded side by side is folded once.
    fn star(&mut self) {
        let text = self.name.as_str();
        if text.ends_with('*') {
            return;
        }
        let is_after_one = text.len() >= 2 && text.as_bytes()[text.len() - 2] == b'*';
        if is_after_one && self.name.last().is_some_and(|byte| !byte.is_ascii_alphanumeric()) {
            return self.name.pop();
        }
        if text.len() == NAME_BYTES_MAX {
            self.name.pop();
        }
        self.name = self.name.with(b'*');
    }
}

/// `*` stands for what was folded before.
const fn is_fit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':' | b'$' | b'*')
}

/// A host without port and last dot; `None` when it is an address, or nothing that a browser would ask.
fn bare(host: &str) -> Option<&str> {
    let host = host.split_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
    let label = |label: &str| {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && (label == "*" || label.bytes().all(is_fit))
    };
    // As browsers see it: a host is an IPv4 address when its last label is a number (URL Standard section 3.5).
    let is_address =
        host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
            || host.parse::<std::net::IpAddr>().is_ok();
    (!is_address && host.split('.').all(label)).then_some(host)
}

impl Policy {
    /// A thing's name as it may be kept. Where something is folded of a name that the catalogue or an operator's rule
    /// knows, it is the text of the rule. For cookies it allocates nothing.
    pub fn name(&self, thing: Thing, raw: &[u8]) -> Name {
        match thing {
            Thing::Host => {
                let is_written =
                    |allow: &&Allow| matches!(&allow.what, Allowed::Host(rule) if rule.as_bytes() == raw);
                match self.settings.allow.iter().find(is_written).map(|allow| &allow.what) {
                    Some(Allowed::Host(rule)) => Name::written(rule),
                    _ => Name::folded_host(raw),
                }
            }
            Thing::ServiceWorker => Name::folded(raw),
            Thing::Cookie | Thing::Storage => {
                let folded = Name::folded(raw);
                let is_whole = folded.as_str().as_bytes() == raw;
                let rule = if is_whole { None } else { self.rule_of(thing, raw) };
                rule.map_or(folded, Name::written)
            }
        }
    }

    /// The text of the rule that a cookie or storage key falls under: the operator's first, then the catalogue's that
    /// says most.
    fn rule_of(&self, thing: Thing, raw: &[u8]) -> Option<&str> {
        let allowed = self.settings.allow.iter().find_map(|allow| match &allow.what {
            Allowed::Cookie(rule) if bytes_match(rule, raw) => Some(rule.as_str()),
            _ => None,
        });
        if allowed.is_some() {
            return allowed;
        }
        let most = |rule: &&str| (!rule.ends_with('*'), rule.len());
        if thing == Thing::Cookie {
            let tracker = self.catalog.cookie_bytes(raw)?;
            let rules = tracker.cookies.iter().filter(|rule| rule.domain.is_empty());
            rules.map(|rule| rule.name.as_str()).filter(|rule| bytes_match(rule, raw)).max_by_key(most)
        } else {
            let tracker = self.catalog.storage(std::str::from_utf8(raw).ok()?)?;
            let rules = tracker.storage.iter().map(String::as_str);
            rules.filter(|rule| bytes_match(rule, raw)).max_by_key(most)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Settings;
    use crate::policy::consent::Category;
    use crate::policy::samples::{allow, plain, policy, settings};

    #[test]
    fn what_may_be_an_identifier_is_folded() {
        let table = [
            ("_ga", "_ga"),
            ("JSESSIONID", "JSESSIONID"),
            ("cart_9f8e7d6c5b", "cart_*"),
            ("cart_9f8e", "cart_9f8e"),
            ("wp_session_d41d8cd98f00b204e9800998ecf8427e", "wp_session_*"),
            ("mp_d41d8cd98f00b204e9800998ecf8427e_mixpanel", "mp_*_mixpanel"),
            ("order1234", "*"),
            ("no1234", "no*"),
            ("sort.v2", "sort.v2"),
            ("deadbeef", "*"),
            ("9f8e7a6b-1234-4abc-9def-0123456789ab", "*"),
            ("visits-98-76-54-32", "visits-*"),
            ("seen.192.168.1.5", "seen.*"),
            ("fe80::a1b2:c3d4:1", "*::*"),
            ("ola.nordmann@example.org", "*"),
            ("ola.nordmann%40example.org", "*"),
            ("persist:root", "persist:root"),
            ("{\"user\":\"ola\"}", "*"),
            ("Ola Nordmann", "Ola*"),
            ("n\u{f8}kkel", "n*"),
            ("", ""),
        ];
        for (raw, wanted) in table {
            assert_eq!(Name::folded(raw.as_bytes()).as_str(), wanted, "{raw}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let name = Name::folded("ab_cd-".repeat(60).as_bytes());
        assert_eq!(name.as_str().len(), NAME_BYTES_MAX);
        assert!(name.as_str().ends_with('*'));
        assert_eq!(Name::folded("x".repeat(LETTERS_MAX).as_bytes()).as_str(), "*");
    }

    #[test]
    fn a_host_keeps_what_is_registered_and_no_address() {
        let table = [
            ("WWW.Google-Analytics.com.", "www.google-analytics.com"),
            ("region1.google-analytics.com:443", "region1.google-analytics.com"),
            ("d1a2b3c4d5e6f7.cloudfront.net", "d1a2b3c4d5e6f7.cloudfront.net"),
            ("9f8e7d6c5b4a.online-metrix.net", "*.online-metrix.net"),
            ("x.9f8e7d6c5b4a.cdn.tracker.co.uk", "*.cdn.tracker.co.uk"),
            ("360yield.com", "360yield.com"),
            ("localhost", "localhost"),
            ("198.51.100.77", "*"),
            ("0x7f.1", "*"),
            ("[2001:db8::1]", "*"),
            ("ola.nordmann@example.org", "*"),
            ("a b.example", "*"),
            ("", "*"),
        ];
        for (raw, wanted) in table {
            assert_eq!(Name::folded_host(raw.as_bytes()).as_str(), wanted, "{raw}");
        }
        let long = format!("{}example.org", "very-long.".repeat(20));
        assert!(Name::folded_host(long.as_bytes()).as_str().len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn what_a_rule_names_is_called_as_there() {
        let rules = vec![
            allow(Allowed::Cookie("till_4711471147".into()), Category::Necessary, &[]),
            allow(Allowed::Host("a1b2c3d4e5.cdn.example".into()), Category::Necessary, &[]),
        ];
        let policy = policy(Settings { allow: rules, ..settings() });
        let name = |thing, raw: &str| policy.name(thing, raw.as_bytes()).as_str().to_owned();
        assert_eq!(name(Thing::Cookie, "_hjSession_1234567"), "_hjSession_*");
        assert_eq!(name(Thing::Cookie, "_ga_ABC123XYZ0"), "_ga_*");
        assert_eq!(name(Thing::Cookie, "till_4711471147"), "till_4711471147");
        assert_eq!(name(Thing::Cookie, "till_4711471148"), "till_*");
        assert_eq!(name(Thing::Host, "a1b2c3d4e5.cdn.example"), "a1b2c3d4e5.cdn.example");
        assert_eq!(name(Thing::Host, "a1b2c3d4e6.cdn.example"), "*.cdn.example");
    }

    proptest! {
        #[test]
        fn no_name_holds_an_identifier(raw in prop::collection::vec(any::<u8>(), 0..300)) {
            check(Name::folded(&raw).as_str(), &raw)?;
        }

        #[test]
        fn no_likely_name_holds_an_identifier(raw in "[a-zA-Z]{0,9}[_.:$-]?[0-9a-zA-Z]{0,40}[_.@ -]?[0-9a-f]{0,40}") {
            check(Name::folded(raw.as_bytes()).as_str(), raw.as_bytes())?;
        }

        #[test]
        fn a_name_folded_again_stays(raw in "[a-z0-9_.:$*-]{0,100}") {
            let once = Name::folded(raw.as_bytes());
            prop_assert_eq!(Name::folded(once.as_str().as_bytes()), once);
        }

        #[test]
        fn a_host_folded_again_stays(raw in "([a-z0-9-]{1,12}\\.){0,5}(no|com|co\\.uk|example)") {
            let once = Name::folded_host(raw.as_bytes());
            prop_assert_eq!(Name::folded_host(once.as_str().as_bytes()), once);
        }

        #[test]
        fn any_bytes_have_a_name_of_any_kind(raw in prop::collection::vec(any::<u8>(), 0..100)) {
            for thing in Thing::ALL {
                let name = plain().name(thing, &raw);
                prop_assert!(name.as_str().len() <= NAME_BYTES_MAX);
            }
        }
    }

    fn check(name: &str, raw: &[u8]) -> Result<(), TestCaseError> {
        prop_assert!(name.len() <= NAME_BYTES_MAX);
        prop_assert!(name.bytes().all(is_fit), "{name}");
        for run in name.split(|c: char| !c.is_ascii_alphanumeric()) {
            let has_digit = run.contains(|c: char| c.is_ascii_digit());
            let has_letter = run.contains(|c: char| c.is_ascii_alphabetic());
            let is_hex = run.chars().all(|c| c.is_ascii_hexdigit());
            prop_assert!(run.len() < MIXED_MIN || !(is_hex || (has_digit && has_letter)), "{name}");
            prop_assert!(run.len() < LETTERS_MAX, "{name}");
        }
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        prop_assert!(digits <= DIGITS_MAX, "{name}");
        let in_a_row = name.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        prop_assert!(in_a_row < Some(DIGITS_IN_A_ROW), "{name}");
        prop_assert!(!raw.contains(&b'@') || name == "*", "{name}");
        Ok(())
    }
}
