//! Scripts that are run where no fence reaches them: what Partytown runs in a worker, from documents that a service worker of its
//! own makes. Only the tag can be held, so less is needed for it than elsewhere.

use super::carrier::essence;
use super::reading::Finding;
use super::{Code, Tag};
use crate::policy::consent::Consent;
use crate::policy::{Page, Policy};

const TYPE: &[u8] = b"text/partytown";

/// How much of an address is read: its host, and where its path begins. Unit: bytes.
const ADDRESS_BYTES_MAX: usize = 512;

/// Is this the type of such a script?
pub(super) fn is_type(text: &[u8]) -> bool {
    essence(text).eq_ignore_ascii_case(TYPE)
}

/// Is this the tag of one?
pub(super) fn is_one(tag: &Tag<'_>) -> bool {
    tag.name == b"script" && tag.value("type").is_some_and(|kind| is_type(&kind))
}

impl Policy {
    /// Is a tracker's snippet in it, or an address that is held?
    pub(super) fn unfenced(&self, consent: &Consent, page: Page<'_>, code: &Code<'_>) -> Finding<'_> {
        match self.refused(consent, code.needles.iter()) {
            Some(id) => Finding::Held(Some(self.catalog.tracker(id))),
            None if self.names_held(consent, page, code.text) => Finding::Held(None),
            None => Finding::Open,
        }
    }

    /// Does an address that may not be asked stand in this code, as far as it is written out?
    fn names_held(&self, consent: &Consent, page: Page<'_>, code: &[u8]) -> bool {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>\\".contains(byte);
        memchr::memmem::find_iter(code, b"//").any(|at| {
            // Not a comment: behind a scheme or at the start of a text.
            let is_address = at > 0 && b":\"'`".contains(&code[at - 1]);
            let rest = &code[at..code.len().min(at + ADDRESS_BYTES_MAX)];
            let address = &rest[..rest.iter().position(is_end).unwrap_or(rest.len())];
            is_address && !self.address_is_open(consent, page, address)
        })
    }
}
