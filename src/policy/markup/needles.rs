//! The texts that give inline snippets away, compiled once for all scripts of all pages.

mod screen;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::policy::catalog::{Catalog, TrackerId};
use screen::Screen;

/// A text of the catalogue that was found in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Needle {
    pub(in crate::policy) owner: TrackerId,
    /// The first byte after it.
    pub(in crate::policy) end: usize,
}

/// Every inline text of the catalogue and whose it is.
#[derive(Debug)]
pub(in crate::policy) struct Needles {
    automaton: Option<AhoCorasick>,
    screen: Screen,
    owners: Vec<TrackerId>,
    /// Asked one by one where there is no automaton: too many or too long for it.
    texts: Vec<Vec<u8>>,
}

impl Needles {
    /// Compiles the inline texts; an empty one would be in every script and is left out.
    pub(in crate::policy) fn new(catalog: &Catalog) -> Self {
        let mut owners = Vec::new();
        let mut texts = Vec::new();
        for tracker in catalog.trackers() {
            for text in tracker.inline.iter().filter(|text| !text.is_empty()) {
                owners.push(tracker.id);
                texts.push(text.as_bytes().to_vec());
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&texts)
            .ok()
            .filter(|_| !texts.is_empty());
        Self { automaton, screen: Screen::new(&texts), owners, texts }
    }

    /// Whose texts are in `script`: each owner once, in the order in which the first of its texts ends. Most scripts hold
    /// none, and that is quickly told.
    pub(in crate::policy) fn of(&self, script: &[u8]) -> Vec<Needle> {
        let mut found: Vec<Needle> = Vec::new();
        if !self.screen.may_hold_one(script) {
            return found;
        }
        let mut add = |text: usize, end: usize| {
            let owner = self.owners[text];
            if !found.iter().any(|needle| needle.owner == owner) {
                found.push(Needle { owner, end });
            }
        };
        if let Some(automaton) = &self.automaton {
            // Overlaps count: one snippet's text may stand inside another's.
            for text in automaton.find_overlapping_iter(script) {
                add(text.pattern().as_usize(), text.end());
            }
        } else {
            let end = |text: &Vec<u8>| memchr::memmem::find(script, text).map(|at| at + text.len());
            let ends = self.texts.iter().map(end).enumerate();
            let mut ends: Vec<_> = ends.filter_map(|(text, end)| Some((end?, text))).collect();
            ends.sort_unstable();
            for (end, text) in ends {
                add(text, end);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_is_found_once_where_its_first_text_ends_with_an_automaton_and_without() {
        let entries = Catalog::built_in().expect("the built-in catalogue");
        let catalog = Catalog::new(entries).expect("the built-in catalogue");
        let known = Needles::new(&catalog);
        let bare = Needles { automaton: None, ..Needles::new(&catalog) };
        assert!(known.automaton.is_some());
        for step in [1, 3, 7] {
            let texts = known.texts.iter().rev().step_by(step).chain(&known.texts[..5]);
            let script = texts.flat_map(|text| [text.as_slice(), b";"].concat()).collect::<Vec<u8>>();
            let found = known.of(&script);
            assert_eq!(found, bare.of(&script), "every {step}. text");
            assert!(found.is_sorted_by_key(|needle| needle.end));
            for (text, owner) in known.texts.iter().zip(&known.owners) {
                let end = memchr::memmem::find(&script, text).map(|at| at + text.len());
                let first = found.iter().find(|needle| needle.owner == *owner).map(|needle| needle.end);
                assert!(end.is_none() || first <= end, "{first:?} behind {end:?}");
            }
        }
    }
}
