//! What to do with one tag or one inline script: keep it, hold it, or put a placeholder in its place.
//!
//! Only the tag itself is looked at, as a browser would read it: the rewriter finds tags and carries the verdict
//! out. A doubt is decided against the tag: what cannot be read is held until everything is granted.

mod carrier;
mod entity;
mod host;
mod needles;
mod url;

use std::borrow::Cow;

use super::catalog::{Tracker, TrackerId};
use super::consent::{Category, CategorySet, Consent};
use super::{Page, Policy, Standing};
use carrier::{Kind, Role};
pub(super) use needles::Needles;
use url::Target;

pub use carrier::{ANYWHERE, CARRIERS};
pub use entity::decode;

/// Where an attribute stands in the bytes of its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte of the name.
    pub name: usize,
    /// First byte after the name.
    pub name_end: usize,
    /// First byte of the value, inside its quotes.
    pub value: usize,
    /// First byte after the value.
    pub value_end: usize,
}

/// One start tag as the rewriter found it.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// The element's name in lower case.
    pub name: &'a [u8],
    /// The bytes the spans point into.
    pub bytes: &'a [u8],
    /// Its attributes in source order, duplicates included.
    pub spans: &'a [Span],
    /// What `<base href>` may say here (entities decoded); relative addresses are read against each.
    pub bases: &'a [Vec<u8>],
}

/// One attribute, exactly as written.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// The name in the case of the source.
    pub name: &'a [u8],
    /// The value without quotes, entities not decoded.
    pub value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Is this the attribute of that (lower-case) name?
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value with its entities decoded.
    pub fn text(&self) -> Cow<'a, [u8]> {
        decode(self.value)
    }
}

impl<'a> Tag<'a> {
    /// Its attributes in source order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let bytes = self.bytes;
        self.spans.iter().map(move |span| Attribute {
            name: &bytes[span.name..span.name_end],
            value: &bytes[span.value..span.value_end],
        })
    }

    /// The value a browser sees: of attributes with the same name the first counts (HTML 13.2.5.33).
    pub fn value(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.attributes().find(|attribute| attribute.is(name)).map(|attribute| attribute.text())
    }
}

/// What becomes of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes as the shop wrote it.
    Keep,
    /// It stays in the page, inert.
    Hold(Held),
    /// It stays in the page, inert and hidden, and a placeholder for this tracker stands before it.
    Placeholder(TrackerId, Held),
}

/// How to make a tag inert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose tag it is, when known.
    pub tracker: Option<TrackerId>,
    /// Attributes, by index, that must not be active.
    pub attributes: Vec<usize>,
    /// The content is code or style: an inert `type` must stand before every other attribute.
    pub is_retyped: bool,
}

/// The answer of a mark or of an address.
enum Finding<'a> {
    Open,
    Held(Option<&'a Tracker>),
}

impl Policy {
    /// Decides on a start tag. For an inline script that is kept here, ask [`Policy::inline_script`] too.
    pub fn tag(&self, consent: &Consent, page: Page<'_>, tag: &Tag<'_>) -> Verdict {
        let kind = Kind::of(tag.name);
        if let Some(mark) = tag.attributes().find(|attribute| attribute.is("data-consentry")) {
            return self.marked(consent, page, tag, kind, &mark.text());
        }
        if kind == Kind::Script && !runs(tag) {
            return Verdict::Keep;
        }
        let mut found = None;
        for (attribute, role) in carrier::loading(kind, tag) {
            if let Finding::Held(tracker) = self.attribute(consent, page, tag, attribute, role) {
                found = Some(found.flatten().or(tracker));
            }
        }
        match found {
            Some(tracker) => held(kind, tracker, inert_attributes(kind, tag)),
            None => Verdict::Keep,
        }
    }

    /// Decides on the text of a script whose tag was kept. A script that does not run is data, and kept.
    pub fn inline_script(&self, consent: &Consent, tag: &Tag<'_>, text: &[u8]) -> Verdict {
        if !is_code(tag) || marked_granted(consent, tag) {
            return Verdict::Keep;
        }
        match self.needle(consent, text) {
            Some(tracker) => held(Kind::Script, Some(tracker), inert_attributes(Kind::Script, tag)),
            None => Verdict::Keep,
        }
    }

    /// The first tracker without consent whose snippet is in `text`.
    pub fn needle(&self, consent: &Consent, text: &[u8]) -> Option<&Tracker> {
        let is_refused = |id| !consent.grants(self.catalog.tracker(id));
        self.needles.find(text, is_refused).map(|id| self.catalog.tracker(id))
    }

    /// The operator's own mark wins over the catalogue. A value that is no category waits for everything.
    fn marked(&self, consent: &Consent, page: Page<'_>, tag: &Tag<'_>, kind: Kind, mark: &[u8]) -> Verdict {
        if mark_is_granted(consent, mark) {
            return Verdict::Keep;
        }
        let refused = Consent::none();
        let tracker = carrier::loading(kind, tag)
            .find_map(|(attribute, role)| match self.attribute(&refused, page, tag, attribute, role) {
                Finding::Held(tracker) => tracker,
                Finding::Open => None,
            })
            .filter(|tracker| category(mark) == Some(tracker.category));
        if tracker.is_some_and(|tracker| consent.trackers().contains(tracker.id)) {
            return Verdict::Keep;
        }
        let attributes = carrier::marked(tag);
        match held(kind, tracker, attributes) {
            Verdict::Hold(held) => Verdict::Hold(Held { is_retyped: carrier::has_code(tag.name), ..held }),
            other => other,
        }
    }

    fn attribute(
        &self,
        consent: &Consent,
        page: Page<'_>,
        tag: &Tag<'_>,
        attribute: Attribute<'_>,
        role: Role,
    ) -> Finding<'_> {
        if role == Role::Address && tag.bases.is_empty() && url::is_plainly_relative(attribute.value) {
            return Finding::Open;
        }
        let text = attribute.text();
        match role {
            Role::Address => self.address(consent, page, tag.bases, &text),
            Role::Candidates => {
                let parts = text.split(|byte| byte.is_ascii_whitespace() || *byte == b',');
                for part in parts.filter(|part| !part.is_empty()) {
                    if let Finding::Held(tracker) = self.address(consent, page, tag.bases, part) {
                        return Finding::Held(tracker);
                    }
                }
                Finding::Open
            }
            Role::Refresh => match carrier::refresh_address(&text) {
                Some(address) => self.address(consent, page, tag.bases, address),
                None => Finding::Open,
            },
        }
    }

    fn address(&self, consent: &Consent, page: Page<'_>, bases: &[Vec<u8>], address: &[u8]) -> Finding<'_> {
        match url::resolve(address) {
            Target::Relative => {
                for base in bases {
                    if let Finding::Held(tracker) = self.target(consent, page, &url::resolve(base)) {
                        return Finding::Held(tracker);
                    }
                }
                Finding::Open
            }
            target => self.target(consent, page, &target),
        }
    }

    fn target(&self, consent: &Consent, page: Page<'_>, target: &Target<'_>) -> Finding<'_> {
        match target {
            Target::Relative | Target::Local => Finding::Open,
            Target::Host { host, path } => match self.host_standing(consent, page, host, path) {
                Standing::Open => Finding::Open,
                Standing::Held(tracker) => Finding::Held(tracker),
            },
            Target::Unreadable if consent.categories() == CategorySet::ALL => Finding::Open,
            Target::Unreadable => Finding::Held(None),
        }
    }
}

/// Is this attribute of an `<img>` surely one that loads nothing but from the page's own host, when no `<base>` is
/// known? A quick answer for the many pictures of a shop; `false` says nothing. Attributes that matter on every
/// element ([`ANYWHERE`]) are the caller's to see to.
pub fn is_own_image(name: &[u8], value: &[u8]) -> bool {
    match carrier::role(Kind::Media, name) {
        Some(Role::Address) => url::is_plainly_relative(value),
        Some(_) => false,
        None => true,
    }
}

/// Does this `<script>` run its own text: no address, and a type that is code?
pub fn is_inline_code(tag: &Tag<'_>) -> bool {
    is_code(tag) && !tag.attributes().any(|attribute| attribute.is("src"))
}

/// Is this a `<script>` of a type that is code?
pub fn is_code(tag: &Tag<'_>) -> bool {
    tag.name == b"script" && runs(tag)
}

/// Is its type one that browsers run? (HTML 4.12.1.1, step 8: `type`, else `language`, else JavaScript.)
fn runs(tag: &Tag<'_>) -> bool {
    match tag.value("type") {
        Some(text) => carrier::is_code_type(&text),
        None => match tag.value("language") {
            Some(language) if !language.is_empty() => {
                carrier::is_code_type(&[b"text/", language.as_ref()].concat())
            }
            _ => true,
        },
    }
}

fn category(mark: &[u8]) -> Option<Category> {
    let name = std::str::from_utf8(mark.trim_ascii()).ok()?;
    Category::from_name(&name.to_ascii_lowercase())
}

fn mark_is_granted(consent: &Consent, mark: &[u8]) -> bool {
    match category(mark) {
        Some(category) => consent.categories().contains(category),
        None => consent.categories() == CategorySet::ALL,
    }
}

fn marked_granted(consent: &Consent, tag: &Tag<'_>) -> bool {
    tag.value("data-consentry").is_some_and(|mark| mark_is_granted(consent, &mark))
}

fn inert_attributes(kind: Kind, tag: &Tag<'_>) -> Vec<usize> {
    carrier::inert(kind, tag)
}

fn held(kind: Kind, tracker: Option<&Tracker>, attributes: Vec<usize>) -> Verdict {
    let is_retyped = kind == Kind::Script;
    let held = Held { tracker: tracker.map(|tracker| tracker.id), attributes, is_retyped };
    match tracker {
        // Where nobody can agree to it, nobody is asked.
        Some(tracker) if kind == Kind::Frame && tracker.embed && tracker.is_used => {
            Verdict::Placeholder(tracker.id, held)
        }
        _ => Verdict::Hold(held),
    }
}

#[cfg(test)]
mod tests;
