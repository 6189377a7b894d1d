//! Snippets that hide the page until a tracker has changed it, or has brought its fonts: Google's, Adobe's, and what
//! else uses their marks.
//!
//! To hide the page and show it again they set a class or put in a style sheet, as a shop's scripts do. So the mark must stand
//! in the script that the tracker's own code looks for, and what they do more than other snippets is little and listed.

use super::known::Known;
use super::words::{Word, literal};
use super::{Owner, SNIPPET_BYTES_MAX};

/// The classes and ids by which trackers know that the page is hidden for them.
const MARKS: [&[u8]; 4] = [b"async-hide", b"at-body-style", b"alloy-prehiding", b"wf-loading"];

/// The mark in a script that may be such a snippet. One that listens to events does more than hide.
pub(super) fn mark(text: &[u8]) -> Option<&'static [u8]> {
    let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
    let may_hide = text.len() <= SNIPPET_BYTES_MAX && !has(b"Listener");
    may_hide.then(|| MARKS.into_iter().find(|mark| has(mark))).flatten()
}

/// Is this what a snippet does to hide the page, or to show it again? `of` is the name that the chain begins with, and
/// whose it is; `declares` knows the script's own names, and `mark` the script's mark.
pub(super) fn hides(
    of: Option<(&[u8], Owner)>,
    word: &Word<'_>,
    declares: impl Fn(&[u8]) -> bool,
    mark: impl Fn() -> Option<&'static [u8]>,
) -> bool {
    let name = word.text;
    let is_little_more = match of {
        // Of the page itself they touch their mark alone.
        Some((_, Owner::Page)) => {
            let class = match name {
                b"add" | b"remove" => word.only_argument(),
                b"className" => word.assigned().and_then(literal).map(<[u8]>::trim_ascii),
                _ => None,
            };
            return class.is_some() && class == mark();
        }
        Some((_, Owner::Script | Owner::Shop)) if word.is_called() => {
            name == b"removeChild" || (name == b"createElement" && word.argument() == Some(b"style"))
        }
        Some((_, Owner::Script | Owner::Shop)) => word.known.is(Known::HIDING),
        // A parameter of that name.
        Some((b"parent", Owner::Window)) if declares(b"parent") => {
            name == b"removeChild" || word.known.is(Known::CALLED_OF_PAGES)
        }
        Some((_, Owner::Location)) => name == b"indexOf",
        _ => false,
    };
    is_little_more && mark().is_some()
}
