//! The hosts that the tags of one page name, for the operator's inventory.

/// Most hosts taken down of one page.
pub const HOSTS_MAX: usize = 32;

/// Longest host that is taken down. Unit: bytes. No real one is longer (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// Hosts other than the site's own, each once, held or open, in the order of the page; at most [`HOSTS_MAX`].
#[derive(Debug, Default)]
pub struct Hosts {
    is_noting: bool,
    names: Vec<Box<str>>,
}

impl Hosts {
    /// A list that takes nothing down.
    pub const fn ignored() -> Self {
        Self { is_noting: false, names: Vec::new() }
    }

    /// A list that takes down what it hears.
    pub const fn noted() -> Self {
        Self { is_noting: true, names: Vec::new() }
    }

    /// Is anything to be taken down?
    pub const fn is_noting(&self) -> bool {
        self.is_noting
    }

    /// The hosts so far.
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    pub(super) fn note(&mut self, host: &str) {
        let is_room = self.names.len() < HOSTS_MAX && (1..=HOST_BYTES_MAX).contains(&host.len());
        if is_room && !self.names.iter().any(|known| known.as_ref() == host) {
            self.names.push(host.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_taken_down_once_and_not_without_end() {
        let mut hosts = Hosts::noted();
        for number in 0..2 * HOSTS_MAX {
            hosts.note(&format!("{}.example", number % 40));
        }
        hosts.note(&"x".repeat(HOST_BYTES_MAX + 1));
        assert_eq!(hosts.names().len(), HOSTS_MAX);
        assert_eq!(hosts.names()[1].as_ref(), "1.example");
    }
}
