//! Which attributes of which elements make a browser ask a host for something.

use super::{Attribute, Category, Tag};

/// Elements by what they load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Script,
    /// `iframe`, `frame` and kin.
    Frame,
    /// Loads what `src`, `srcset` or `poster` name.
    Media,
    /// SVG elements that load what `href` or `xlink:href` name.
    Graphic,
    Embed,
    Object,
    /// An address for the `object` around it.
    Param,
    /// Writes other addresses into an SVG element, one after the other.
    Animation,
    Link,
    /// What it asks for depends on its `http-equiv`: see [`super::meta`].
    Meta,
    /// Any other element: only attributes that load on every element count.
    Other,
}

/// The elements that load something.
const TABLE: [(&[u8], Kind); 40] = [
    (b"script", Kind::Script),
    (b"link", Kind::Link),
    (b"meta", Kind::Meta),
    (b"img", Kind::Media),
    (b"source", Kind::Media),
    (b"video", Kind::Media),
    (b"audio", Kind::Media),
    (b"track", Kind::Media),
    (b"input", Kind::Media),
    (b"bgsound", Kind::Media),
    (b"model", Kind::Media),
    (b"embed", Kind::Embed),
    (b"iframe", Kind::Frame),
    (b"frame", Kind::Frame),
    (b"fencedframe", Kind::Frame),
    (b"portal", Kind::Frame),
    (b"object", Kind::Object),
    (b"applet", Kind::Object),
    (b"param", Kind::Param),
    // The parser turns `image` into `img` outside SVG, and inside it takes `href`.
    (b"image", Kind::Graphic),
    (b"use", Kind::Graphic),
    (b"feimage", Kind::Graphic),
    (b"mpath", Kind::Graphic),
    (b"textpath", Kind::Graphic),
    (b"tref", Kind::Graphic),
    (b"cursor", Kind::Graphic),
    (b"pattern", Kind::Graphic),
    (b"lineargradient", Kind::Graphic),
    (b"radialgradient", Kind::Graphic),
    (b"filter", Kind::Graphic),
    (b"font-face-uri", Kind::Graphic),
    (b"set", Kind::Animation),
    (b"animate", Kind::Animation),
    // The runtime of AMP makes a request of each (and of the rest what its components load: see `component`).
    (b"amp-pixel", Kind::Media),
    (b"amp-img", Kind::Media),
    (b"amp-anim", Kind::Media),
    (b"amp-video", Kind::Media),
    (b"amp-audio", Kind::Media),
    (b"amp-iframe", Kind::Media),
    (b"amp-ad", Kind::Media),
];

/// The names of the elements that load something.
pub const CARRIERS: [&[u8]; TABLE.len()] = {
    let mut names = [b"".as_slice(); TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        names[index] = TABLE[index].0;
        index += 1;
    }
    names
};

/// Attributes that matter on every element. Others that only ask for a feature of advertising (`browsingtopics`,
/// `sharedstoragewritable`, `adauctionheaders`, `privatetoken`) are closed by the Permissions-Policy beside the fence.
pub const ANYWHERE: [&[u8]; 4] = [b"data-consentry", b"background", b"ping", b"attributionsrc"];

/// What `attributionsrc` is for: with an address or without, it has clicks on advertisements measured.
pub(super) const ATTRIBUTION: Category = Category::Marketing;

/// What an attribute asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What stands at one address.
    Address,
    /// What stands at addresses between spaces, commas and semicolons; descriptors between them read as relative ones.
    Candidates,
    /// That a click or a view of an advertisement is registered, at these addresses or at that of the element itself.
    Attribution,
    /// A component of AMP.
    Component,
}

/// For each length of a name, as far as it matters, the first letters of the names that are that long, in whatever case.
struct FirstLetters([u32; 16]);

impl FirstLetters {
    const fn of(names: &[&[u8]]) -> Self {
        let mut letters = [0; 16];
        let mut index = 0;
        while index < names.len() {
            letters[names[index].len() & 15] |= 1 << (names[index][0] & 31);
            index += 1;
        }
        Self(letters)
    }

    /// May this be one of them?
    fn may_have(&self, name: &[u8]) -> bool {
        name.first().is_some_and(|first| self.0[name.len() & 15] & 1 << (first & 31) != 0)
    }
}

impl Kind {
    pub(super) fn of(name: &[u8]) -> Self {
        const FIRST_LETTERS: FirstLetters = FirstLetters::of(&CARRIERS);
        if !FIRST_LETTERS.may_have(name) {
            return Self::Other;
        }
        TABLE
            .iter()
            .find(|(known, _)| known[0] == name[0] && *known == name)
            .map_or(Self::Other, |(_, kind)| *kind)
    }

    /// Is an element of this kind nothing without the part that is held? Then all it could load is disarmed; else the
    /// rest goes on, as the picture of a film whose address is held.
    const fn is_one_thing(self) -> bool {
        matches!(self, Self::Script | Self::Frame | Self::Embed | Self::Object)
    }

    /// May a placeholder stand in for it?
    pub(super) const fn is_embed(self) -> bool {
        matches!(self, Self::Frame | Self::Embed | Self::Object)
    }
}

/// Is the text of this element code or style, which an unknown `type` makes inert?
pub(super) fn has_code(name: &[u8]) -> bool {
    matches!(name, b"script" | b"style")
}

/// The attributes of `tag` that load something, with their indices, and how to read them.
pub(super) fn loading<'a>(
    kind: Kind,
    tag: &Tag<'a>,
) -> impl Iterator<Item = (usize, Attribute<'a>, Role)> + use<'a> {
    let is_active = is_active(kind, tag);
    tag.attributes().enumerate().filter_map(move |(index, attribute)| {
        let role = if is_active { role(kind, attribute.name) } else { anywhere(attribute.name) };
        role.map(|role| (index, attribute, role))
    })
}

/// The same where not all attributes are known: each is taken to load what it can.
pub(super) fn all<'a>(
    kind: Kind,
    tag: &Tag<'a>,
) -> impl Iterator<Item = (usize, Attribute<'a>, Role)> + use<'a> {
    let with_role = move |(index, attribute): (usize, Attribute<'a>)| {
        role(kind, attribute.name).map(|role| (index, attribute, role))
    };
    tag.attributes().enumerate().filter_map(with_role)
}

/// Is this attribute the document that a frame shows?
pub(super) fn is_document(kind: Kind, name: &[u8]) -> bool {
    kind == Kind::Frame && name.eq_ignore_ascii_case(b"srcdoc")
}

/// Indices of the documents that a frame shows.
pub(super) fn documents(kind: Kind, tag: &Tag<'_>) -> Vec<usize> {
    indices(tag, |attribute| is_document(kind, attribute.name))
}

/// Indices of what must be disarmed when the attributes at `held` are: no duplicate of theirs may come alive.
pub(super) fn inert(kind: Kind, tag: &Tag<'_>, held: Vec<usize>) -> Vec<usize> {
    if !kind.is_one_thing() {
        return held;
    }
    indices(tag, |attribute| role(kind, attribute.name).is_some() || is_document(kind, attribute.name))
}

/// Indices of what must be disarmed in a tag the operator marked: whatever could load, lead or run.
pub(super) fn marked(tag: &Tag<'_>) -> Vec<usize> {
    const ACTIVE: [&str; 19] = [
        "src",
        "srcset",
        "srcdoc",
        "href",
        "xlink:href",
        "data",
        "poster",
        "background",
        "imagesrcset",
        "ping",
        "action",
        "formaction",
        "http-equiv",
        "code",
        "codebase",
        "archive",
        "classid",
        "attributionsrc",
        "lowsrc",
    ];
    indices(tag, |attribute| {
        ACTIVE.iter().any(|name| attribute.is(name))
            || attribute.name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"on"))
            || (attribute.is("style")
                && attribute.text().to_ascii_lowercase().windows(4).any(|w| w == b"url("))
    })
}

fn indices(tag: &Tag<'_>, is_wanted: impl Fn(&Attribute<'_>) -> bool) -> Vec<usize> {
    tag.attributes()
        .enumerate()
        .filter(|(_, attribute)| is_wanted(attribute))
        .map(|(index, _)| index)
        .collect()
}

/// Does this element load what its attributes name? Of attributes with the same name any may count: what is a duplicate
/// in one reading of the page is the first in another.
fn is_active(kind: Kind, tag: &Tag<'_>) -> bool {
    let any = |name: &str, is_wanted: fn(&[u8]) -> bool| {
        tag.attributes().filter(|attribute| attribute.is(name)).any(|found| is_wanted(&found.text()))
    };
    match kind {
        Kind::Link => any("rel", rel_loads),
        Kind::Param => any("name", is_address_param),
        Kind::Animation => any("attributename", |name| name.to_ascii_lowercase().ends_with(b"href")),
        _ => true,
    }
}

/// Parameters that older browsers take for the address of an `object`.
fn is_address_param(name: &[u8]) -> bool {
    ["movie", "src", "code", "url", "data"].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

pub(super) fn role(kind: Kind, name: &[u8]) -> Option<Role> {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    let address = match kind {
        Kind::Script => is("src") || is("href") || is("xlink:href"),
        // The names under which scripts find the address of a frame that is scrolled to.
        Kind::Frame => ["src", "data-src", "data-lazy-src", "data-litespeed-src"].iter().any(|name| is(name)),
        Kind::Embed => is("src"),
        Kind::Media => is("src") || is("poster") || is("lowsrc"),
        Kind::Graphic => is("href") || is("xlink:href") || is("src"),
        Kind::Object => is("data") || is("code") || is("codebase") || is("archive") || is("classid"),
        Kind::Param => is("value"),
        Kind::Link => is("href"),
        Kind::Animation | Kind::Meta | Kind::Other => false,
    };
    if address {
        return Some(Role::Address);
    }
    match kind {
        Kind::Media | Kind::Graphic if is("srcset") => Some(Role::Candidates),
        Kind::Link if is("imagesrcset") => Some(Role::Candidates),
        Kind::Animation if is("to") || is("from") || is("by") || is("values") => Some(Role::Candidates),
        Kind::Script if is("custom-element") => Some(Role::Component),
        _ => anywhere(name),
    }
}

/// Attributes that ask a host on whatever element they stand.
pub(super) fn anywhere(name: &[u8]) -> Option<Role> {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    match name.len() {
        10 if is("background") => Some(Role::Address),
        4 if is("ping") => Some(Role::Candidates),
        14 if is("attributionsrc") => Some(Role::Attribution),
        _ => None,
    }
}

/// What a component of AMP is for, when it is for something a visitor is asked about. The runtime itself measures and
/// advertises nothing; without their script these elements are unknown ones. What other components load is a host, and
/// the fence decides on it.
pub(super) fn component(name: &[u8]) -> Option<Category> {
    const ADVERTISING: [&[u8]; 4] = [b"amp-ad", b"amp-auto-ads", b"amp-sticky-ad", b"amp-call-tracking"];
    let name = name.to_ascii_lowercase();
    match name.as_slice() {
        b"amp-analytics" => Some(Category::Statistics),
        name if ADVERTISING.contains(&name) => Some(Category::Marketing),
        _ => None,
    }
}

/// Link types that make a browser connect or fetch (HTML 4.6.7 and the hints); the others only state a relation.
pub(in crate::policy) fn rel_loads(rel: &[u8]) -> bool {
    const LOADING: [&[u8]; 18] = [
        b"stylesheet",
        b"preload",
        b"prefetch",
        b"preconnect",
        b"dns-prefetch",
        b"modulepreload",
        b"prerender",
        b"icon",
        b"manifest",
        b"apple-touch-icon",
        b"apple-touch-icon-precomposed",
        b"apple-touch-startup-image",
        b"mask-icon",
        b"import",
        b"subresource",
        b"compression-dictionary",
        b"search",
        b"monetization",
    ];
    const FIRST_LETTERS: FirstLetters = FirstLetters::of(&LOADING);
    let loads = |token: &[u8]| LOADING.iter().any(|loading| token.eq_ignore_ascii_case(loading));
    rel.split(u8::is_ascii_whitespace).any(|token| FIRST_LETTERS.may_have(token) && loads(token))
}

/// The types that are run: by browsers the JavaScript media types, `module`, and an empty one; and Partytown's. Parameters
/// are read leniently.
pub(super) fn is_code_type(text: &[u8]) -> bool {
    const CODE: [&str; 18] = [
        "module",
        "application/javascript",
        "application/ecmascript",
        "application/x-javascript",
        "application/x-ecmascript",
        "text/javascript",
        "text/ecmascript",
        "text/x-javascript",
        "text/x-ecmascript",
        "text/jscript",
        "text/livescript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "",
    ];
    let essence = essence(text);
    CODE.iter().any(|code| essence.eq_ignore_ascii_case(code.as_bytes())) || super::unfenced::is_type(text)
}

pub(super) fn essence(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}
