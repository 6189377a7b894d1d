//! What is put into the page, and where. Nothing is ever taken out of it but its end.

use bytes::Bytes;

use super::Outlet;

/// Why something is put in: of two at one place, a part of the page's frame comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Head, banner, foot, placeholder; several at one place keep their order.
    Frame,
    /// Inside a tag, to make it inert. The text has no quotes and no angle brackets, so that it means the same
    /// wherever a browser reads it.
    Tag,
}

#[derive(Debug)]
struct Edit {
    at: usize,
    rank: Rank,
    text: Bytes,
}

/// Insertions by position, not yet written.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    /// One that takes what most pages get without growing.
    pub(super) fn with_room() -> Self {
        Self(Vec::with_capacity(16))
    }

    /// Puts `text` before the byte at `at`; the same text inside a tag is put in once. Says if it was new.
    pub(super) fn insert(&mut self, at: usize, rank: Rank, text: Bytes) -> bool {
        let key = |edit: &Edit| match rank {
            Rank::Frame => (edit.at, edit.rank) <= (at, rank),
            Rank::Tag => (edit.at, edit.rank, edit.text.as_ref()) < (at, rank, text.as_ref()),
        };
        let index = self.0.iter().rposition(key).map_or(0, |before| before + 1);
        let is_known = rank == Rank::Tag
            && self.0.get(index).is_some_and(|edit| edit.at == at && edit.rank == rank && edit.text == text);
        if !is_known {
            self.0.insert(index, Edit { at, rank, text });
        }
        !is_known
    }

    /// What is not yet written, in order: where, and what.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.0.iter().map(|edit| (edit.at, edit.text.as_ref()))
    }

    /// Writes `buf` up to `end` with what belongs into it.
    pub(super) fn write(&mut self, buf: &[u8], end: usize, out: &mut dyn Outlet) {
        let mut written = 0;
        let due = self.0.iter().take_while(|edit| edit.at <= end).count();
        for edit in self.0.drain(..due) {
            out.put(&buf[written..edit.at]);
            out.put(&edit.text);
            written = edit.at;
        }
        out.put(&buf[written..end]);
        for edit in &mut self.0 {
            edit.at -= end;
        }
    }

    /// Forgets what belongs after `end`.
    pub(super) fn cut(&mut self, end: usize) {
        self.0.retain(|edit| edit.at <= end);
    }
}
