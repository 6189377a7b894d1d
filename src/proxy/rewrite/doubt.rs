//! Where one set of bytes has two readings, and how long that lasts.
//!
//! A tokenizer alone cannot know how a browser reads `<style>` within `<svg>` or `<select>`, or anything within
//! `<noscript>` (raw text with scripting, markup without). While such an element is open there is *doubt*, and then
//! every `<` with a letter after it is examined, also in comments, attribute values and raw text. Doubt ends with
//! the element only when both readings surely agree again; after anything unusual it lasts to the end of the page.

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

/// Elements that raise doubt wherever they stand.
pub(super) const SOURCES: [&[u8]; 6] = [b"svg", b"math", b"select", b"noscript", b"frameset", b"plaintext"];

/// What a `select` is made of.
const IN_SELECT: [&[u8]; 3] = [b"option", b"optgroup", b"hr"];

/// How many of [`SOURCES`], from the front, raise it for as long as they are open; the others change what follows.
const OPENING: usize = 4;

/// The open elements that have two readings.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    open: Vec<&'static [u8]>,
    is_lasting: bool,
}

impl Doubt {
    /// Must hidden text be examined?
    pub(super) fn is_raised(&self) -> bool {
        self.is_lasting || !self.open.is_empty()
    }

    /// Raises doubt for the rest of the page.
    pub(super) fn last(&mut self) {
        self.is_lasting = true;
    }

    /// Is markup here most likely within `svg` or `math`, where no text is raw?
    pub(super) fn is_foreign(&self) -> bool {
        self.open.last().is_some_and(|top| !matches!(*top, b"select" | b"noscript"))
    }

    /// Does a tag of this name, in whatever case, change nothing here if it is neither one of [`SOURCES`] nor one of
    /// [`POINTS`]?
    pub(super) fn is_indifferent(&self, name: &[u8]) -> bool {
        match self.open.last().copied() {
            None | Some(b"svg" | b"math" | b"noscript") => true,
            Some(b"select") => IN_SELECT.iter().any(|known| name.eq_ignore_ascii_case(known)),
            Some(_) => false,
        }
    }

    /// Is this within `<noscript>`?
    pub(super) fn is_noscript(&self) -> bool {
        self.open.contains(&b"noscript".as_slice())
    }

    /// A start tag was read.
    pub(super) fn start(&mut self, name: &[u8], is_self_closing: bool) {
        let top = self.open.last().copied();
        let is_foreign = matches!(top, Some(b"svg" | b"math"));
        match top {
            None | Some(b"svg" | b"math" | b"noscript") => {}
            Some(b"select") => self.is_lasting |= !IN_SELECT.contains(&name),
            Some(_) => self.is_lasting = true,
        }
        match name {
            b"frameset" => self.is_lasting = true,
            // A template within these is one of another kind, or may end all that was open in it.
            b"plaintext" | b"template" => self.is_lasting |= top.is_some(),
            // Browsers close it at once, but it is too rare to rely on that.
            b"svg" | b"math" => self.is_lasting |= is_self_closing,
            b"noscript" => self.is_lasting |= self.is_noscript() || (is_self_closing && top.is_some()),
            b"script" => self.is_lasting |= self.is_foreign() && is_self_closing,
            _ => {}
        }
        let is_open = match name {
            b"svg" | b"math" | b"select" | b"noscript" => true,
            _ => is_foreign && !is_self_closing,
        };
        if !is_open {
            return;
        }
        let sources = SOURCES[..OPENING].iter().chain(POINTS.iter().filter(|_| is_foreign));
        let Some(known) = sources.copied().find(|known| *known == name) else { return };
        if self.open.len() == DEPTH_MAX {
            self.is_lasting = true;
            return;
        }
        self.open.push(known);
    }

    /// An end tag was read.
    pub(super) fn end(&mut self, name: &[u8]) {
        self.is_lasting |= name == b"template" && !self.open.is_empty();
        let Some(depth) = self.open.iter().rposition(|open| *open == name) else { return };
        self.is_lasting |= depth + 1 != self.open.len();
        self.open.truncate(depth);
    }
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
            "select option /option optgroup option /select",
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
            "svg foreignobject div /div /foreignobject /svg",
            "select style /style /select",
            "frameset",
            "svg/",
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
