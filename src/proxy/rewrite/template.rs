//! Templates: markup that a browser reads and does not use (HTML 4.12.3).
//!
//! What stands in a `<template>` loads nothing. A script may make it part of the page later, and then the fence
//! decides. A declarative shadow root is no such template: its content is part of the page at once.

use super::tag::Scan;

/// Attributes that may make a shadow root of it: the one of the standard, and that of its first draft.
const SHADOW: [&str; 2] = ["shadowrootmode", "shadowroot"];

/// The open templates. Only asked where the page has one reading: in doubt everything is examined.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// How many are open, from the first whose content is inert.
    depth: usize,
}

impl Templates {
    /// Is this a place whose markup is not used?
    pub(super) const fn is_inert(&self) -> bool {
        self.depth > 0
    }

    /// A `<template>` was read.
    pub(super) fn start(&mut self, buf: &[u8], scan: &Scan) {
        let is_shadow = |name: &[u8]| SHADOW.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        let may_live = scan.spans.iter().any(|span| is_shadow(&buf[span.name..span.name_end]));
        if self.depth > 0 || !may_live {
            self.depth += 1;
        }
    }

    /// A `</template>` was read.
    pub(super) const fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}
