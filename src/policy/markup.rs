//! What to do with one tag or one inline script: keep it, hold it, or put a placeholder in its place.
//!
//! Only the tag itself is looked at, as a browser would read it: the rewriter finds tags and carries the verdict
//! out. A doubt is decided against the tag: what cannot be read is held while anything is.

mod carrier;
mod entity;
mod harmless;
mod host;
mod hosts;
mod mark;
mod meta;
mod needles;
mod plain;
mod reading;
mod redrawn;
mod sight;
mod snippet;
mod speculation;
mod stand_in;
mod stores;
mod unfenced;
mod url;

use std::borrow::Cow;

use bytes::Bytes;

use super::catalog::{Tracker, TrackerId};
use super::consent::{Category, Consent};
use super::{Page, Policy};
pub(super) use carrier::rel_loads;
use carrier::{Kind, Role};
use mark::marked_granted;
pub(super) use meta::refresh_addresses;
pub(super) use needles::{Needle, Needles};
use reading::{Finding, Reading};
use sight::is_out_of_sight;
use snippet::Found;
pub(super) use stand_in::StandIns;
pub use stand_in::stand_in_call;
pub use stores::passes_stores_on;

pub use carrier::{ANYWHERE, CARRIERS};
pub use entity::{decode, in_value, unquoted};
pub use harmless::{is_harmless, leads_nowhere, made_harmless};
pub use hosts::{HOSTS_MAX, Hosts, Named};
pub use plain::{LinkReading, is_own_image, is_statement};
pub use redrawn::{Redrawn, SIGN_BYTES_MAX, is_swapped};

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
    /// It stays in the page, inert and unseen, and a placeholder for this tracker stands in for it.
    Placeholder(TrackerId, Held),
}

/// How to make a tag inert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Whose tag it is, when known.
    pub tracker: Option<TrackerId>,
    /// Attributes, by index, that must not be active.
    pub attributes: Vec<usize>,
    /// The content is code or style: an inert `type` must stand before every other attribute.
    pub is_retyped: bool,
    /// What a frame shows in place of its held `srcdoc`: a value that can stand without quotes.
    pub srcdoc: Option<Bytes>,
}

/// The text of an inline script, or its beginning, and whose texts are in it: see [`Policy::code`].
#[derive(Debug)]
pub struct Code<'a> {
    /// The text itself.
    pub text: &'a [u8],
    needles: Vec<Needle>,
}

impl<'a> Code<'a> {
    /// No text.
    pub const NONE: Self = Self::allowed(b"");

    /// A text that nothing is held for.
    pub const fn allowed(text: &'a [u8]) -> Self {
        Self { text, needles: Vec::new() }
    }
}

impl Policy {
    /// Decides on a start tag. For an inline script that is kept here, ask [`Policy::inline_script`] too.
    pub fn tag(&self, consent: &Consent, page: Page<'_>, tag: &Tag<'_>) -> Verdict {
        self.tag_noting(consent, page, tag, &mut Hosts::ignored())
    }

    /// As [`Policy::tag`], and takes down what hosts the tag names.
    pub fn tag_noting(&self, consent: &Consent, page: Page<'_>, tag: &Tag<'_>, hosts: &mut Hosts) -> Verdict {
        let kind = Kind::of(tag.name);
        let mut reading = Reading { policy: self, consent, page, bases: tag.bases, hosts };
        if let Some(mark) = tag.attributes().find(|attribute| attribute.is("data-consentry")) {
            return self.marked(&mut reading, tag, kind, &mark.text());
        }
        if kind == Kind::Script && !runs(tag) {
            return Verdict::Keep;
        }
        let (answer, attributes) = match kind {
            Kind::Meta => reading.meta(tag),
            _ => loading(&mut reading, kind, tag),
        };
        match answer {
            Finding::Held(tracker) => held(kind, tag, tracker, carrier::inert(kind, tag, attributes)),
            Finding::Open => Verdict::Keep,
        }
    }

    /// Decides on some attributes of a start tag that is too long to be read as one: those before and behind are not
    /// known, so each counts on its own, and one that loads only beside another is taken to do so. The document of a frame
    /// is held: it may go on behind what is read.
    pub fn part_of_tag(
        &self,
        consent: &Consent,
        page: Page<'_>,
        tag: &Tag<'_>,
        hosts: &mut Hosts,
    ) -> Verdict {
        let kind = Kind::of(tag.name);
        let mut reading = Reading { policy: self, consent, page, bases: tag.bases, hosts };
        if let Some(mark) = tag.attributes().find(|attribute| attribute.is("data-consentry")) {
            return self.marked(&mut reading, tag, kind, &mark.text());
        }
        let (mut answer, mut attributes) = found(&mut reading, carrier::all(kind, tag));
        for index in carrier::documents(kind, tag) {
            answer = answer.or(Finding::Held(None));
            attributes.push(index);
        }
        match answer {
            Finding::Held(tracker) => held(kind, tag, tracker, attributes),
            Finding::Open => Verdict::Keep,
        }
    }

    /// Looks at the text of a script once, for all that is asked about it.
    pub fn code<'a>(&self, text: &'a [u8]) -> Code<'a> {
        Code { text, needles: self.needles.of(text) }
    }

    /// Decides on the text of a script whose tag was kept, or on its beginning. Code is held when it is a tracker's snippet
    /// and nothing else; where no fence reaches it, when a snippet is in it at all, or an address that is held. Of a script that does not run only
    /// speculation rules are more than data.
    pub fn inline_script(
        &self,
        consent: &Consent,
        page: Page<'_>,
        tag: &Tag<'_>,
        code: &Code<'_>,
    ) -> Verdict {
        if marked_granted(consent, tag) {
            return Verdict::Keep;
        }
        let answer = if unfenced::is_one(tag) {
            self.unfenced(consent, page, code)
        } else if is_code(tag) {
            self.snippet(consent, page, code).map_or(Finding::Open, |tracker| Finding::Held(Some(tracker)))
        } else if is_rules(tag) {
            let hosts = &mut Hosts::ignored();
            Reading { policy: self, consent, page, bases: tag.bases, hosts }.speculation_rules(code.text)
        } else {
            Finding::Open
        };
        match answer {
            Finding::Held(tracker) => {
                held(Kind::Script, tag, tracker, carrier::inert(Kind::Script, tag, Vec::new()))
            }
            Finding::Open => Verdict::Keep,
        }
    }

    /// Takes down whose script is held by its text: as the host that it would have been fetched from, which no tag names.
    pub fn note_owner(&self, owner: TrackerId, hosts: &mut Hosts) {
        let rules = &self.catalog.tracker(owner).hosts;
        // Where it has all paths nobody else is meant.
        let whole = rules.iter().find(|rule| rule.paths.is_empty());
        let host = whole.or(rules.first()).map_or("", |rule| rule.host.trim_start_matches("*."));
        // A fence lets in what is necessary in few shops where a page names it: not by somebody else's snippet.
        if hosts.is_noting() && !self.is_rare(host) {
            hosts.note(host, || false);
        }
    }

    /// May `page` reach what `address` names, read as a browser reads it? What cannot be read is held.
    pub fn address_is_open(&self, consent: &Consent, page: Page<'_>, address: &[u8]) -> bool {
        let hosts = &mut Hosts::ignored();
        let mut reading = Reading { policy: self, consent, page, bases: &[], hosts };
        !reading.address(address).is_held()
    }

    /// The first tracker without consent whose snippet `code` is, with no work of the shop's in it.
    fn snippet(&self, consent: &Consent, page: Page<'_>, code: &Code<'_>) -> Option<&Tracker> {
        let text = code.text;
        let is_long = text.len() > snippet::SNIPPET_BYTES_MAX;
        let start = if is_long { snippet::PREAMBLE_BYTES } else { text.len() };
        let in_start = code.needles.iter().filter(|needle| needle.end <= start);
        let tracker = self.refused(consent, in_start)?;
        let is_open = |address: &[u8]| self.address_is_open(consent, page, address);
        let id = match snippet::find(text, |name| self.stand_ins.knows(name), is_open) {
            Found::OwnWork => None,
            Found::Snippet { has_comments: false } => Some(tracker),
            Found::Snippet { has_comments: true } => {
                let needles = self.needles.of(&snippet::without_comments(&text[..start]));
                self.refused(consent, needles.iter())
            }
        };
        id.map(|id| self.catalog.tracker(id))
    }

    /// The first tracker whose snippet is in `code`, which is held, and which page scripts call by a name that
    /// `is_missing` yet.
    pub fn needle_to_stand_in(
        &self,
        consent: &Consent,
        code: &Code<'_>,
        is_missing: impl Fn(TrackerId) -> bool,
    ) -> Option<TrackerId> {
        let is_wanted = |id| self.stand_ins.of(id).is_some() && is_missing(id);
        self.refused(consent, code.needles.iter().filter(|needle| is_wanted(needle.owner)))
    }

    /// The first owner without consent.
    fn refused<'n>(&self, consent: &Consent, needles: impl Iterator<Item = &'n Needle>) -> Option<TrackerId> {
        needles.map(|needle| needle.owner).find(|id| !consent.lets_run(self.catalog.tracker(*id)))
    }

    /// The rest of an inline script, after its start tag, that has a held tracker's names answer and do nothing.
    /// `None` when page scripts do not call it by name.
    pub fn stand_in(&self, tracker: TrackerId) -> Option<&Bytes> {
        self.stand_ins.of(tracker)
    }
}

/// The answer of all that the tag loads, and the indices of what is held.
fn loading<'a>(reading: &mut Reading<'a, '_>, kind: Kind, tag: &Tag<'_>) -> (Finding<'a>, Vec<usize>) {
    found(reading, carrier::loading(kind, tag))
}

fn found<'a, 't>(
    reading: &mut Reading<'a, '_>,
    attributes: impl Iterator<Item = (usize, Attribute<'t>, Role)>,
) -> (Finding<'a>, Vec<usize>) {
    let (mut answer, mut indices) = (Finding::Open, Vec::new());
    for (index, attribute, role) in attributes {
        let finding = reading.attribute(attribute, role);
        if finding.is_held() {
            answer = answer.or(finding);
            indices.push(index);
        }
    }
    (answer, indices)
}

/// Is this a `<script>` whose text decides: code without an address, or rules?
pub fn is_decided_by_text(tag: &Tag<'_>) -> bool {
    (is_code(tag) && !tag.attributes().any(|attribute| attribute.is("src"))) || is_rules(tag)
}

/// Is this a `<script>` of a type that is code?
pub fn is_code(tag: &Tag<'_>) -> bool {
    tag.name == b"script" && runs(tag)
}

/// Is this a `<script>` of speculation rules? Import maps and other data only name things.
pub fn is_rules(tag: &Tag<'_>) -> bool {
    tag.name == b"script"
        && tag.value("type").is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"speculationrules"))
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

fn held(kind: Kind, tag: &Tag<'_>, tracker: Option<&Tracker>, attributes: Vec<usize>) -> Verdict {
    let is_retyped = kind == Kind::Script;
    let held = Held { tracker: tracker.map(|tracker| tracker.id), attributes, is_retyped, srcdoc: None };
    match tracker {
        // Where nobody can agree to it, nobody is asked.
        Some(tracker) if kind.is_embed() && tracker.embed && tracker.is_used && !is_out_of_sight(tag) => {
            Verdict::Placeholder(tracker.id, held)
        }
        _ => Verdict::Hold(held),
    }
}

#[cfg(test)]
mod tests;
