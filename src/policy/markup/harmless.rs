//! Elements of which not all is known: what surely leads nowhere, and what makes the rest harmless.

use super::carrier::{self, Kind, Role};
use super::{Tag, decode, url};

/// Does an attribute of this element surely lead nowhere, whatever follows this beginning of its value?
pub fn leads_nowhere(element: &[u8], name: &[u8], beginning: &[u8]) -> bool {
    let kind = Kind::of(element);
    match carrier::role(kind, name) {
        _ if carrier::is_document(kind, name) => false,
        Some(Role::Address) => url::resolve(&decode(beginning)) == url::Target::Local,
        Some(_) => false,
        None => true,
    }
}

/// Does no attribute of this tag lead anywhere, whatever comes behind what is there?
pub fn is_harmless(tag: &Tag<'_>) -> bool {
    made_harmless(tag.name, false).is_empty()
        && tag.attributes().all(|attribute| leads_nowhere(tag.name, attribute.name, attribute.value))
}

/// What stands first in an element of which not all is known, where another attribute decides what it does: the first of
/// a name counts. A script is one only if it `has_address`.
pub fn made_harmless(element: &[u8], has_address: bool) -> &'static str {
    match Kind::of(element) {
        Kind::Script if !has_address => " type=text/plain",
        Kind::Meta => " http-equiv=held",
        Kind::Param => " name=held",
        Kind::Animation => " attributename=held",
        _ if element == b"base" => " href=.",
        _ => "",
    }
}
