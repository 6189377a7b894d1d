//! What stands in for a held embed: a document of ours. A frame shows it in its own box, and no element is added to the page. What
//! cannot show a document gets a frame before it, which is laid out as its tag says.

use std::fmt::Write as _;

use super::parts::Part;
use crate::policy::catalog::Tracker;
use crate::policy::markup::{Tag, in_value};

/// What the tag of a held `<object>` or `<embed>` lays it out by. What a style sheet says of its class holds for a frame, too.
const LAYOUT: [&str; 4] = ["width", "height", "class", "style"];

/// Longest value of one of [`LAYOUT`] that is taken over. Unit: bytes.
const LAYOUT_BYTES_MAX: usize = 1024;

/// What would keep the document in a frame from being shown, read or sent from; with it goes the shop's own `srcdoc`, because
/// the first of a name counts.
pub(super) const IN_THE_WAY: [&[u8]; 2] = [b"sandbox", b"csp"];

/// Room for each part that is filled in. Unit: bytes.
const FILLING_BYTES: usize = 64;

/// How the tag of a held embed is kept from showing anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// By taking no room.
    Nothing,
    /// By showing this: attributes of a frame.
    Document(String),
}

/// What [`Part`]s become that only the page knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling<'a> {
    /// Escaped for HTML, all three.
    pub(super) return_path: &'a [u8],
    pub(super) origin: &'a [u8],
    /// Fit for a value without quotes.
    pub(super) style: &'a [u8],
}

/// Attributes that have a frame show the stand-in for something of `tracker`. Where the tag says nothing that a screen reader
/// could call the frame by, it is called as the tracker is.
pub(super) fn attributes(parts: &[Part], filling: Filling<'_>, tracker: &Tracker, tag: &Tag<'_>) -> String {
    let length = |part: &Part| if let Part::Text(text) = part { text.len() } else { FILLING_BYTES };
    let mut out = String::with_capacity(parts.iter().map(length).sum::<usize>() + FILLING_BYTES);
    out.push_str(" srcdoc=");
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(&String::from_utf8_lossy(text)),
            Part::ReturnPath => out.push_str(&escaped(filling.return_path)),
            Part::Origin => out.push_str(&escaped(filling.origin)),
            Part::TrackerId => out.push_str(&tracker.name_id),
            Part::TrackerName => out.push_str(&in_value(&escape(&tracker.name))),
            Part::Provider => out.push_str(&in_value(&escape(&tracker.provider.name))),
            Part::Style => out.push_str(&String::from_utf8_lossy(filling.style)),
        }
    }
    if tag.value("title").is_none() {
        // Writing to a String cannot fail.
        _ = write!(out, " title={}", in_value(&tracker.name));
    }
    out
}

/// A frame with these attributes, to stand before a held `<object>` or `<embed>`.
pub(super) fn frame(attributes: &str, tracker: &Tracker, tag: &Tag<'_>) -> String {
    let mut out = format!("<iframe data-consentry-held={} frameborder=0{attributes}", tracker.name_id);
    for name in LAYOUT {
        // What a style loads it loads once, if at all.
        let value = tag.value(name).filter(|value| value.len() <= LAYOUT_BYTES_MAX && !value.contains(&b'('));
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            _ = write!(out, " {name}={}", in_value(&String::from_utf8_lossy(&value)));
        }
    }
    out.push_str("></iframe>");
    out
}

/// Markup in ASCII, once more escaped.
fn escaped(markup: &[u8]) -> String {
    in_value(&String::from_utf8_lossy(markup))
}

/// Escaped for the text of a document in Unicode.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
