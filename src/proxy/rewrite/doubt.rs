//! Where one set of bytes has two readings, and how long that lasts.
//!
//! A tokenizer alone cannot know how a browser reads `<style>` within `<svg>` or `<select>`, or anything within
//! `<noscript>` (raw text with scripting, markup without). While such an element is open there is *doubt*: what one reading
//! hides, as raw text, is examined for tags. Comments and attribute values are the same in all readings as long as none of
//! them has begun to read on elsewhere. Doubt ends with the element only when all readings surely agree again; after
//! anything unusual it lasts to the end of the page.

use smallvec::SmallVec;

use super::insert::is_in_head;
use super::start::raw_name;

/// Deepest nesting that is followed; deeper, doubt lasts.
const DEPTH_MAX: usize = 32;

/// Within `svg` and `math`: elements whose content, or whose name in HTML, is read in another way.
pub(super) const POINTS: [&[u8]; 15] = [
    b"foreignobject",
    b"desc",
    b"title",
    b"mi",
    b"mo",
    b"mn",
    b"ms",
    b"mtext",
    b"annotation-xml",
    b"style",
    b"textarea",
    b"xmp",
    b"iframe",
    b"noembed",
    b"noframes",
];

/// Elements that raise doubt wherever they stand, or may.
pub(super) const SOURCES: [&[u8]; 6] = [b"svg", b"math", b"select", b"noscript", b"frameset", b"plaintext"];

/// How many of [`SOURCES`], from the front, raise it for as long as they are open; the others change what follows.
const OPENING: usize = 4;

/// The innermost of the open elements that have two readings, by what it makes of a start tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    /// Read as anywhere in a page: there is none, or one in which each reading has come back to that.
    #[default]
    Plain,
    /// `svg` or `math`.
    Foreign,
    Select,
    Noscript,
    /// One of [`POINTS`]: every start tag is unusual.
    Point,
}

/// What another reading may find in what one hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Split {
    /// Nothing: all hide it.
    #[default]
    None,
    /// An end tag of the `<noscript>` that is open; up to it all is text there.
    Noscript,
    /// Any tag.
    Any,
}

/// The open elements that have two readings.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// With the templates within them.
    open: SmallVec<[&'static [u8]; 4]>,
    /// What they make of what stands in them.
    within: Within,
    is_lasting: bool,
    /// Could a `<col>` come first in a template here?
    awaits_column: bool,
}

/// What some open elements make of what stands in them. Every tag asks, and seldom does one change it.
#[derive(Clone, Copy, Debug, Default)]
struct Within {
    inside: Inside,
    /// See [`Doubt::split`].
    split: Split,
    /// See [`Doubt::split_alike`].
    split_alike: Split,
    is_noscript: bool,
    /// Is it more than a `select`?
    is_raised: bool,
}

/// What is open within the innermost template that stands in one of them: a template begins anew.
fn nest<'a>(open: &'a [&'static [u8]]) -> &'a [&'static [u8]] {
    let template = open.iter().rposition(|open| *open == b"template");
    &open[template.map_or(0, |at| at + 1)..]
}

impl Within {
    fn of(open: &[&'static [u8]]) -> Self {
        let nest = nest(open);
        let is_noscript = open.contains(&b"noscript".as_slice());
        let is_known = nest.iter().all(|open| matches!(*open, b"svg" | b"math" | b"select" | b"noscript"));
        let is_split = nest.iter().any(|open| !matches!(*open, b"select" | b"noscript"));
        // Is the content that of an SVG element whose content is HTML, in every reading: in that in which it is one, and in
        // those in which the `svg` has ended before and nobody knows such an element?
        let is_point = |open: &&[u8]| matches!(*open, b"foreignobject" | b"desc");
        let is_plain =
            nest.last().is_none_or(is_point) && nest.iter().all(|open| *open == b"svg" || is_point(open));
        Self {
            inside: match nest.last().copied() {
                _ if is_plain => Inside::Plain,
                Some(b"svg" | b"math") => Inside::Foreign,
                Some(b"select") => Inside::Select,
                Some(b"noscript") => Inside::Noscript,
                _ => Inside::Point,
            },
            split: match () {
                () if is_split => Split::Any,
                () if is_noscript => Split::Noscript,
                () => Split::None,
            },
            split_alike: match () {
                () if is_noscript && is_known => Split::Noscript,
                () if is_plain || is_known => Split::None,
                () => Split::Any,
            },
            is_noscript,
            is_raised: nest.iter().any(|open| *open != b"select"),
        }
    }
}

impl Doubt {
    /// May readings differ here?
    #[inline]
    pub(super) const fn is_raised(&self) -> bool {
        self.is_lasting || self.within.is_raised
    }

    /// Must each tag be looked at by itself?
    #[inline]
    pub(super) fn is_watchful(&self) -> bool {
        self.is_lasting || self.is_open()
    }

    /// Is an element open that has two readings?
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Raises doubt for the rest of the page.
    pub(super) const fn last(&mut self) {
        self.is_lasting = true;
    }

    /// May the next tag be a `<col>` that browsers take for the first in a template? In its columns they leave out what is
    /// no column, and we would take its text for raw.
    pub(super) const fn awaits_column(&self) -> bool {
        self.awaits_column
    }

    /// What another reading may find in raw text, in a script or in a CDATA section.
    #[inline]
    pub(super) const fn split(&self) -> Split {
        if self.is_lasting { Split::Any } else { self.within.split }
    }

    /// The same of a comment or the value of an attribute.
    #[inline]
    pub(super) const fn split_alike(&self) -> Split {
        if self.is_lasting { Split::Any } else { self.within.split_alike }
    }

    /// Is markup here most likely within `svg` or `math`, where no text is raw?
    #[inline]
    pub(super) const fn is_foreign(&self) -> bool {
        matches!(self.within.inside, Inside::Foreign | Inside::Point)
    }

    /// Does a tag of this name, in whatever case, change nothing here if it is neither one of [`SOURCES`] nor one of
    /// [`POINTS`]?
    #[inline]
    pub(super) const fn is_indifferent(&self) -> bool {
        !matches!(self.within.inside, Inside::Point)
    }

    /// Is this within `<noscript>`?
    #[inline]
    pub(super) const fn is_noscript(&self) -> bool {
        self.within.is_noscript
    }

    /// A start tag was read.
    pub(super) fn start(&mut self, name: &[u8], is_self_closing: bool) {
        let awaited_column = self.awaits_column;
        if awaited_column {
            // What a template is one of is not known yet (HTML 13.2.6.4.22).
            self.awaits_column = is_in_head(name) && name != b"noscript";
        }
        if self.open.is_empty()
            && !matches!(
                name,
                b"svg" | b"math" | b"select" | b"noscript" | b"frameset" | b"template" | b"col"
            )
        {
            return;
        }
        let inside = self.within.inside;
        let is_foreign = inside == Inside::Foreign;
        match inside {
            Inside::Select => self.is_lasting |= is_shifting(name),
            Inside::Point => self.is_lasting = true,
            Inside::Plain | Inside::Foreign | Inside::Noscript => {}
        }
        match name {
            b"frameset" => self.is_lasting = true,
            b"col" => self.is_lasting |= awaited_column,
            b"plaintext" => self.is_lasting |= self.is_open(),
            b"template" => return self.start_template(inside),
            b"noscript" => self.is_lasting |= self.is_noscript() || (is_self_closing && self.is_open()),
            b"script" => self.is_lasting |= self.is_foreign() && is_self_closing,
            _ => {}
        }
        let is_begun = match name {
            b"svg" | b"math" => !is_self_closing,
            b"select" | b"noscript" => true,
            _ => is_foreign && !is_self_closing,
        };
        if !is_begun {
            return;
        }
        let sources = SOURCES[..OPENING].iter().chain(POINTS.iter().filter(|_| is_foreign));
        if let Some(known) = sources.copied().find(|known| *known == name) {
            self.push(known);
        }
    }

    /// A template within what has two readings has one, where it is a template in all of them; in `svg` it is an element of
    /// another kind, and in `noscript` it may end what was open in it.
    fn start_template(&mut self, inside: Inside) {
        self.awaits_column = true;
        match inside {
            Inside::Plain if self.open.is_empty() => {}
            Inside::Plain => self.push(b"template"),
            // One in SVG is no select in every reading.
            Inside::Select if nest(&self.open).len() == 1 => self.push(b"template"),
            _ => self.is_lasting = true,
        }
    }

    fn push(&mut self, name: &'static [u8]) {
        if self.open.len() == DEPTH_MAX {
            self.is_lasting = true;
        } else {
            self.open.push(name);
            self.within = Within::of(&self.open);
        }
    }

    /// An end tag was read.
    pub(super) fn end(&mut self, name: &[u8]) {
        let is_template = name == b"template";
        self.awaits_column |= is_template;
        if self.open.is_empty() {
            return;
        }
        let Some(depth) = self.open.iter().rposition(|open| *open == name) else {
            self.is_lasting |= is_template;
            return;
        };
        self.is_lasting |= depth + 1 != self.open.len();
        self.open.truncate(depth);
        self.within = Within::of(&self.open);
    }
}

/// Do browsers leave this out within a `select`, or read on in another way, by their age? They leave out other elements, too,
/// but then read on alike.
fn is_shifting(name: &[u8]) -> bool {
    raw_name(name).is_some() || matches!(name, b"noscript" | b"plaintext" | b"select")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(tags: &str) -> Doubt {
        let mut doubt = Doubt::default();
        for tag in tags.split(' ') {
            match tag.strip_prefix('/') {
                Some(name) => doubt.end(name.as_bytes()),
                None => doubt.start(tag.trim_end_matches('/').as_bytes(), tag.ends_with('/')),
            }
        }
        doubt
    }

    #[test]
    fn doubt_ends_with_what_raised_it() {
        let tables = [
            "svg title /title g style /style /g /svg",
            "svg foreignobject div /div style /style /foreignobject /svg",
            "svg desc b /b /desc /svg",
            "svg/",
            "select option /option optgroup option /select",
            "select button selectedcontent /selectedcontent /button option span /span /option /select",
            "select script /script svg path /svg /select",
            "select template option select option /select /option template svg /svg /template /template option /select",
            "noscript img /noscript",
            "math mi /mi mo /mo /math",
        ];
        for tags in tables {
            assert!(!after(tags).is_raised(), "{tags}");
        }
    }

    #[test]
    fn doubt_lasts_after_anything_unusual() {
        let tables = [
            "svg desc /svg",
            "math foreignobject div /div /foreignobject /math",
            "select svg foreignobject div /div /foreignobject /svg /select",
            "select style /style /select",
            "frameset",
            "select template /select",
            "template col",
            "template template /template link col",
            "noscript noscript /noscript",
            "svg select /svg",
            "svg style b /style /svg",
            "svg template",
            "template svg /template",
        ];
        for tags in tables {
            assert!(after(tags).is_raised(), "{tags}");
        }
    }
}
