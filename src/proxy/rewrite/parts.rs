//! What can be put into a page, and what of it is known only there.

use std::sync::Arc;

use bytes::Bytes;

/// What is put into a page.
#[derive(Clone, Debug, Default)]
pub struct Insertions {
    /// Goes first in `<head>`; empty when there is nothing to say.
    pub head: Bytes,
    /// Banner, foot and placeholder in every language there is.
    pub languages: Arc<[Localized]>,
    /// The index in `languages` to take when the page names none of them. Out of range: nothing is put in.
    pub preferred: usize,
    /// What [`Part::ReturnPath`] becomes; the caller has escaped it for HTML.
    pub return_path: Bytes,
    /// What [`Part::Origin`] becomes in a page with a `<base>`; the caller has escaped it for HTML.
    pub origin: Bytes,
    /// The start tag of a script that may run in this page, such as `<script nonce="…">`. Scripts that stand in for held
    /// ones begin with it, and call what `head` defines. Empty: none may, and none is put in.
    pub script: Bytes,
    /// A whole script element that goes once before the first held script, or stand-in; may be empty.
    pub idle: Bytes,
    /// A whole script element that goes once before the foot of a page with a placeholder; may be empty.
    pub embeds: Bytes,
    /// What [`Part::Style`] becomes, fit for a placeholder; may be empty.
    pub embed_style: Bytes,
    /// Whole script elements, which go before the first sign of what they are for; may be empty.
    pub keep: Keep,
    /// Goes behind the foot, at the page's end; may be empty.
    pub tail: Bytes,
    /// Is this put into what a script puts into a page? Then it has no head, no foot, and no say in its base.
    pub is_part: bool,
}

impl Insertions {
    /// Nothing at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Nothing but placeholders, which stand in whatever page the markup is put into.
    pub fn placeholders(
        languages: Arc<[Localized]>,
        preferred: usize,
        origin: Bytes,
        embed_style: Bytes,
    ) -> Self {
        Self { languages, preferred, origin, embed_style, is_part: true, ..Self::default() }
    }
}

/// What few pages need, which tell of it by a sign: two that keep the question and the link in a page that is drawn anew, and one
/// beside them.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// For [`Redrawn::Hydrated`].
    pub hydrated: Bytes,
    /// For [`Redrawn::Swapped`].
    pub swapped: Bytes,
    /// For scripts that pass on what they store by events; empty where nothing stands in for stores.
    pub areas: Bytes,
}

/// The parts in one language.
#[derive(Clone, Debug)]
pub struct Localized {
    /// A BCP 47 tag such as `nb`.
    pub language: String,
    /// Goes right after `<body>`.
    pub banner: Vec<Part>,
    /// Goes before `</body>`.
    pub foot: Vec<Part>,
    /// The document that a held frame shows, and a frame before any other held embed: the value of `srcdoc`, without quotes.
    /// Its text is fit for that ([`crate::policy::markup::in_value`]); what comes in its holes is made so.
    pub placeholder: Vec<Part>,
}

/// A piece of markup: fixed, or known only in the page. Outside a placeholder those of the tracker and its style are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fixed markup.
    Text(Bytes),
    /// Where to return after a choice.
    ReturnPath,
    /// Before a path of the site: its scheme, host and port where a `<base>` of the page may lead elsewhere, else nothing.
    Origin,
    /// The tracker's stable name.
    TrackerId,
    /// The tracker's name, escaped for HTML.
    TrackerName,
    /// The legal name of its provider, escaped for HTML.
    Provider,
    /// The style element of a placeholder.
    Style,
}
