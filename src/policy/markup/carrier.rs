//! Which attributes of which elements make a browser ask a host for something.

use super::{Attribute, Tag};

/// Elements by what they load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Script,
    /// `iframe`, `frame` and kin: an embed may get a placeholder.
    Frame,
    /// Loads what `src`, `srcset` or `poster` name.
    Media,
    /// SVG elements that load what `href` or `xlink:href` name.
    Graphic,
    Object,
    Link,
    Refresh,
    /// Any other element: only attributes that load on every element count.
    Other,
}

/// The elements that load something.
const TABLE: [(&[u8], Kind); 28] = [
    (b"script", Kind::Script),
    (b"link", Kind::Link),
    (b"meta", Kind::Refresh),
    (b"img", Kind::Media),
    (b"source", Kind::Media),
    (b"video", Kind::Media),
    (b"audio", Kind::Media),
    (b"track", Kind::Media),
    (b"embed", Kind::Media),
    (b"input", Kind::Media),
    (b"bgsound", Kind::Media),
    (b"iframe", Kind::Frame),
    (b"frame", Kind::Frame),
    (b"fencedframe", Kind::Frame),
    (b"portal", Kind::Frame),
    (b"object", Kind::Object),
    (b"applet", Kind::Object),
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

/// Attributes that matter on every element.
pub const ANYWHERE: [&str; 4] = ["data-consentry", "background", "ping", "attributionsrc"];

/// How an attribute names hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// One address.
    Address,
    /// Addresses between spaces and commas, with descriptors that read as relative addresses.
    Candidates,
    /// The `content` of a refresh.
    Refresh,
}

impl Kind {
    pub(super) fn of(name: &[u8]) -> Self {
        TABLE.iter().find(|(known, _)| *known == name).map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// Is the text of this element code or style, which an unknown `type` makes inert?
pub(super) fn has_code(name: &[u8]) -> bool {
    matches!(name, b"script" | b"style")
}

/// The attributes of `tag` that load something, and how to read them.
pub(super) fn loading<'a>(
    kind: Kind,
    tag: &Tag<'a>,
) -> impl Iterator<Item = (Attribute<'a>, Role)> + use<'a> {
    let is_active = is_active(kind, tag);
    tag.attributes().filter_map(move |attribute| {
        let role = if is_active { role(kind, attribute.name) } else { anywhere(attribute.name) };
        role.map(|role| (attribute, role))
    })
}

/// Indices of what must be disarmed when `tag` is held: every loading attribute, so that no duplicate comes alive.
pub(super) fn inert(kind: Kind, tag: &Tag<'_>) -> Vec<usize> {
    let is_disarmed = |attribute: &Attribute<'_>| {
        if kind == Kind::Refresh {
            return attribute.is("http-equiv");
        }
        role(kind, attribute.name).is_some() || (kind == Kind::Frame && attribute.is("srcdoc"))
    };
    indices(tag, is_disarmed)
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

fn is_active(kind: Kind, tag: &Tag<'_>) -> bool {
    match kind {
        Kind::Link => tag.attributes().filter(|a| a.is("rel")).any(|rel| rel_loads(&rel.text())),
        Kind::Refresh => {
            let is_refresh = |a: &Attribute<'_>| a.text().trim_ascii().eq_ignore_ascii_case(b"refresh");
            tag.attributes().filter(|a| a.is("http-equiv")).any(|a| is_refresh(&a))
        }
        _ => true,
    }
}

pub(super) fn role(kind: Kind, name: &[u8]) -> Option<Role> {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    let address = match kind {
        Kind::Script => is("src") || is("href") || is("xlink:href"),
        Kind::Frame => is("src"),
        Kind::Media => is("src") || is("poster") || is("lowsrc"),
        Kind::Graphic => is("href") || is("xlink:href") || is("src"),
        Kind::Object => is("data") || is("code") || is("codebase") || is("archive") || is("classid"),
        Kind::Link => is("href"),
        Kind::Refresh | Kind::Other => false,
    };
    if address {
        return Some(Role::Address);
    }
    match kind {
        Kind::Media | Kind::Graphic if is("srcset") => Some(Role::Candidates),
        Kind::Link if is("imagesrcset") => Some(Role::Candidates),
        Kind::Refresh if is("content") => Some(Role::Refresh),
        _ => anywhere(name),
    }
}

/// Attributes that ask a host on whatever element they stand.
fn anywhere(name: &[u8]) -> Option<Role> {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
    match name.len() {
        10 if is("background") => Some(Role::Address),
        4 if is("ping") => Some(Role::Candidates),
        14 if is("attributionsrc") => Some(Role::Candidates),
        _ => None,
    }
}

/// Link types that make a browser connect or fetch (HTML 4.6.7 and the hints); the others only state a relation.
pub(in super::super) fn rel_loads(rel: &[u8]) -> bool {
    const LOADING: [&str; 16] = [
        "stylesheet",
        "preload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
        "modulepreload",
        "prerender",
        "icon",
        "manifest",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "apple-touch-startup-image",
        "mask-icon",
        "import",
        "subresource",
        "compression-dictionary",
    ];
    rel.split(u8::is_ascii_whitespace)
        .any(|token| LOADING.iter().any(|l| token.eq_ignore_ascii_case(l.as_bytes())))
}

/// The types browsers run: the JavaScript media types, `module`, and an empty one. Parameters are read leniently.
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
    let essence = text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    CODE.iter().any(|code| essence.eq_ignore_ascii_case(code.as_bytes()))
}

/// The address in `content="5; url='/there'"`, read as leniently as HTML 4.2.5.3 (shared declarative refresh).
pub(in super::super) fn refresh_address(content: &[u8]) -> Option<&[u8]> {
    let is_delimiter = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b',');
    let time_end = content.iter().position(is_delimiter)?;
    let mut rest = content[time_end..].trim_ascii_start();
    rest = rest.strip_prefix(b";").or_else(|| rest.strip_prefix(b",")).unwrap_or(rest).trim_ascii_start();
    if rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"url")) {
        let after = rest[3..].trim_ascii_start();
        if let Some(value) = after.strip_prefix(b"=") {
            rest = value.trim_ascii_start();
        }
    }
    if let Some(quote @ (b'"' | b'\'')) = rest.first() {
        let inner = &rest[1..];
        rest = &inner[..memchr::memchr(*quote, inner).unwrap_or(inner.len())];
    }
    (!rest.is_empty()).then_some(rest)
}
