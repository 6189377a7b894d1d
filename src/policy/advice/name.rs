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
    pub const FOLDED: Self = {
        let mut name = Self::EMPTY;
        name.bytes[0] = b'*';
        name.length = 1;
        name
    };

    /// Folds a name as it was seen.
    pub fn folded(raw: &[u8]) -> Self {
        if raw.len() <= NAME_BYTES_MAX && is_harmless(raw) {
            let mut name = Self { length: u8::try_from(raw.len()).unwrap_or(0), ..Self::EMPTY };
            name.bytes[..raw.len()].copy_from_slice(raw);
            return name;
        }
        Self::folded_in_parts(raw)
    }

    fn folded_in_parts(raw: &[u8]) -> Self {
        let read = &raw[..raw.len().min(READ_BYTES_MAX)];
        let fit = &read[..read.iter().position(|byte| !is_fit(*byte)).unwrap_or(read.len())];
        if fit.len() < raw.len() && is_mail(raw) {
            return Self::FOLDED;
        }
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
        let mut name = Self::EMPTY;
        name.put(text.as_bytes());
        name
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
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Adds as many of `bytes` as there is room for.
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().take(NAME_BYTES_MAX - usize::from(self.length)) {
            self.bytes[usize::from(self.length)] = *byte;
            self.length += 1;
        }
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
        if usize::from(self.name.length) + bytes.len() > NAME_BYTES_MAX {
            return self.star();
        }
        self.name.put(bytes);
    }

    /// What is folded side by side is folded once.
    fn star(&mut self) {
        if usize::from(self.name.length) == NAME_BYTES_MAX && self.name.as_bytes().last() != Some(&b'*') {
            self.name.pop();
        }
        match *self.name.as_bytes() {
            [.., b'*'] => {}
            [.., b'*', last] if !last.is_ascii_alphanumeric() => self.name.pop(),
            _ => self.name.put(b"*"),
        }
    }
}

/// Is there nothing to fold, as one look at each byte can tell? Most names of cookies are such.
fn is_harmless(raw: &[u8]) -> bool {
    let (mut run, mut row, mut digits) = (0, 0, 0);
    let (mut has_letter, mut has_digit, mut is_hex) = (false, false, true);
    for byte in raw {
        if !byte.is_ascii_alphanumeric() {
            if !is_fit(*byte) || *byte == b'*' {
                return false;
            }
            (run, row, has_letter, has_digit, is_hex) = (0, 0, false, false, true);
            continue;
        }
        run += 1;
        if byte.is_ascii_digit() {
            (row, digits, has_digit) = (row + 1, digits + 1, true);
        } else {
            (row, has_letter) = (0, true);
            is_hex &= byte.is_ascii_hexdigit();
        }
        let is_mixed = run >= MIXED_MIN && (is_hex || (has_letter && has_digit));
        if is_mixed || run >= LETTERS_MAX || row >= DIGITS_IN_A_ROW || digits > DIGITS_MAX {
            return false;
        }
    }
    true
}

/// Is there an `@` in it, or an escaped one?
fn is_mail(raw: &[u8]) -> bool {
    memchr::memchr(b'@', raw).is_some() || memchr::memmem::find(raw, b"%40").is_some()
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
        let most = |rule: &&str| (!rule.contains('*'), rule.ends_with('*'), rule.len());
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
mod tests;
