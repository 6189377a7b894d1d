//! The texts that give inline snippets away, compiled once for all scripts of all pages.

mod screen;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::policy::catalog::{Catalog, TrackerId};
use screen::Screen;

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

    /// `false`: surely none of the texts is in `script`.
    pub(in crate::policy) fn may_be_in(&self, script: &[u8]) -> bool {
        self.screen.may_hold_one(script)
    }

    /// The first owner, in the text's order, that `is_wanted` and has a text in `script`.
    pub(in crate::policy) fn find(
        &self,
        script: &[u8],
        is_wanted: impl Fn(TrackerId) -> bool,
    ) -> Option<TrackerId> {
        if !self.owners.iter().any(|id| is_wanted(*id)) {
            return None;
        }
        let Some(automaton) = &self.automaton else {
            let is_in = |text: &[u8]| memchr::memmem::find(script, text).is_some();
            return self
                .owners
                .iter()
                .zip(&self.texts)
                .find(|(id, t)| is_wanted(**id) && is_in(t))
                .map(|(id, _)| *id);
        };
        let first = automaton.find(script)?;
        let rest = &script[first.start()..];
        // Overlaps count: one snippet's text may stand inside another's.
        let owner = |found: aho_corasick::Match| self.owners[found.pattern().as_usize()];
        automaton.find_overlapping_iter(rest).map(owner).find(|id| is_wanted(*id))
    }
}
