//! Quick answers for the pictures, links and statements that a shop's page is full of: does it surely ask no other host for
//! anything, when no `<base>` is known?
//!
//! A no says nothing; the tag is then to be read as any. Attributes that matter on every element ([`super::ANYWHERE`])
//! are the caller's to see to.

use super::carrier::{self, Kind, Role};
use super::{is_swapped, passes_stores_on, rel_loads, url};

/// Is this attribute of an `<img>` one that loads nothing but from the page's own host?
pub fn is_own_image(name: &[u8], value: &[u8]) -> bool {
    match carrier::role(Kind::Media, name) {
        Some(Role::Address) => url::is_plainly_relative(value),
        Some(_) => false,
        None => true,
    }
}

/// Is this attribute of a `<meta>` one that only states something?
#[inline]
pub fn is_statement(name: &[u8], value: &[u8]) -> bool {
    match name.len() {
        7 if name.eq_ignore_ascii_case(b"charset") => value.eq_ignore_ascii_case(b"utf-8"),
        10 if name.eq_ignore_ascii_case(b"http-equiv") => false,
        _ => !is_swapped(b"meta", name, value) && !passes_stores_on(b"meta", name, value),
    }
}

/// What the attributes of one `<link>` say, in whatever order.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkReading {
    may_load: bool,
    may_lead_away: bool,
    is_sign: bool,
}

impl LinkReading {
    /// The next attribute.
    #[inline]
    pub fn take(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"rel") {
            // What is written with character references is not read here.
            self.may_load |= value.contains(&b'&') || rel_loads(value);
        } else if let Some(role) = carrier::role(Kind::Link, name) {
            self.may_lead_away |= role != Role::Address || !url::is_plainly_relative(value);
        } else {
            self.is_sign |= is_swapped(b"link", name, value);
        }
    }

    /// Is it one that changes nothing?
    pub const fn is_plain(self) -> bool {
        !(self.is_sign || (self.may_load && self.may_lead_away))
    }
}
