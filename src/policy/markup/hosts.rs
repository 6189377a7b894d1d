//! The hosts that the tags of one page name: for the operator's inventory, and for the fences of the next pages.

use crate::policy::consent::{Category, CategorySet};

/// Most hosts taken down of one page.
pub const HOSTS_MAX: usize = 32;

/// Most hosts beyond these, of what is necessary in few shops: a page full of others still says what it needs.
const RARE_MAX: usize = 8;

/// Longest host that is taken down. Unit: bytes. No real one is longer (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// Hosts other than the site's own, each once, held or open, in the order of the page; at most [`HOSTS_MAX`], and
/// a few more that the page may need.
#[derive(Debug, Default)]
pub struct Hosts {
    is_noting: bool,
    named: Vec<Named>,
    /// What the tag that is being read is marked with.
    mark: Option<Category>,
}

/// A host that tags of a page name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Lower case, no port.
    pub host: Box<str>,
    /// The categories that the shop's own marks give it.
    pub marks: CategorySet,
}

impl Hosts {
    /// A list that takes nothing down.
    pub const fn ignored() -> Self {
        Self { is_noting: false, named: Vec::new(), mark: None }
    }

    /// A list that takes down what it hears.
    pub const fn noted() -> Self {
        Self { is_noting: true, named: Vec::new(), mark: None }
    }

    /// Is anything to be taken down?
    pub const fn is_noting(&self) -> bool {
        self.is_noting
    }

    /// The hosts so far.
    pub fn named(&self) -> &[Named] {
        &self.named
    }

    /// What is named from now on stands in a tag with this mark.
    pub(super) fn under(&mut self, mark: Option<Category>) {
        self.mark = mark;
    }

    /// Takes a host down. `is_rare` says whether it is necessary in few shops, and is asked when the list is full.
    pub(super) fn note(&mut self, host: &str, is_rare: impl FnOnce() -> bool) {
        let marks: CategorySet = self.mark.into_iter().collect();
        if let Some(known) = self.named.iter_mut().find(|known| *known.host == *host) {
            known.marks = known.marks.or(marks);
            return;
        }
        let count = self.named.len();
        let has_room = count < HOSTS_MAX || (count < HOSTS_MAX + RARE_MAX && is_rare());
        if has_room && (1..=HOST_BYTES_MAX).contains(&host.len()) {
            self.named.push(Named { host: host.into(), marks });
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
            hosts.note(&format!("{}.example", number % 40), || false);
        }
        hosts.note(&"x".repeat(HOST_BYTES_MAX + 1), || true);
        assert_eq!(hosts.named().len(), HOSTS_MAX);
        assert_eq!(&*hosts.named()[1].host, "1.example");
    }

    #[test]
    fn a_page_full_of_hosts_still_says_which_payments_it_needs() {
        let mut hosts = Hosts::noted();
        for number in 0..3 * HOSTS_MAX {
            hosts.note(&format!("{number}.example"), || number % 2 == 0);
        }
        let named = |host: &str| hosts.named().iter().any(|named| &*named.host == host);
        assert!(named("32.example") && !named("33.example") && named("46.example"));
        assert_eq!(hosts.named().len(), HOSTS_MAX + RARE_MAX);
    }

    #[test]
    fn a_host_has_the_marks_of_all_tags_that_name_it() {
        let mut hosts = Hosts::noted();
        for mark in [None, Some(Category::Statistics), None, Some(Category::Marketing)] {
            hosts.under(mark);
            hosts.note("a.example", || false);
        }
        hosts.under(None);
        hosts.note("b.example", || false);
        let marks: Vec<CategorySet> = hosts.named().iter().map(|named| named.marks).collect();
        let both = [Category::Statistics, Category::Marketing].into_iter().collect();
        assert_eq!(marks, [both, CategorySet::NECESSARY]);
    }
}
