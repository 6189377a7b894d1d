//! Is an inline script a tracker's snippet and nothing else, or does it do work of the shop's own, too?
//!
//! Only a snippet is held as a whole. To hold more breaks the shop: payments are sent, menus opened and pages shown by
//! scripts that tell a tracker of it. Any other script runs; what it asks of a tracker's host the fence refuses, what it
//! keeps the guard does, and stand-ins answer for names that are missing. So whatever is in doubt runs.
//!
//! A script is a snippet when every name in it is the tracker's, its own, or one of the browser's that snippets use, and
//! when all that it does with those is what snippets do: it makes a script element of an address that the page may not
//! load, puts it into the page, listens to events, and reads. Names are what is looked at, wherever they stand: in
//! conditions, functions and arguments. Comments are no code.
//!
//! Some snippets hide the page until their tracker has come, and show it again after seconds. While the tracker is held it
//! never comes, so they are held with it ([`hiding`]).

mod declared;
mod hiding;
mod known;
mod words;

use std::cell::LazyCell;

use hashbrown::HashSet;

use known::Known;
use words::{Word, Words};
pub(super) use words::{name_length, without_comments};

/// Longest snippet that is held wherever the tracker's text stands in it. Unit: bytes. Of 2 333 scripts with such a text in
/// real pages 97 % are shorter; of the longer ones nearly all are the shop's.
pub(super) const SNIPPET_BYTES_MAX: usize = 4 << 10;

/// Where a tracker's text must begin in a longer one: agents that are inlined whole name themselves at once. Unit: bytes.
pub(super) const PREAMBLE_BYTES: usize = 1 << 10;

/// How names begin that trackers have a page define.
const BEGINNINGS_OF_TRACKERS: [&[u8]; 2] = [b"google_", b"_fs_"];

/// Names up to this long are thrown away after use.
pub(super) const SHORT_NAME: usize = 2;

/// Whose a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Tracker,
    /// The script's own, or a value without a name.
    Script,
    Window,
    Page,
    /// The address of the page: to set it is to leave.
    Location,
    Browser,
    Language,
    Shop,
}

/// What was found in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Work of the shop's.
    OwnWork,
    /// A snippet and nothing else.
    Snippet { has_comments: bool },
}

/// Does the shop's own work stand in this script? `is_tracker` knows the names by which pages call trackers, `is_open` the
/// addresses that the page may load from.
pub(super) fn find(
    text: &[u8],
    is_tracker: impl Fn(&[u8]) -> bool,
    is_open: impl Fn(&[u8]) -> bool,
) -> Found {
    // Whose a name is on the whole page.
    let on_page = |name: &[u8], known: Known| match name {
        b"" | b"this" => Owner::Script,
        b"document" => Owner::Page,
        b"location" => Owner::Location,
        _ if known.is(Known::WINDOW) => Owner::Window,
        _ if known.is(Known::OF_TRACKERS) || is_tracker(name) => Owner::Tracker,
        _ if BEGINNINGS_OF_TRACKERS.iter().any(|start| name.starts_with(start)) => Owner::Tracker,
        _ if known.is(Known::OF_THE_LANGUAGE) || name[0].is_ascii_digit() => Owner::Language,
        _ if known.is(Known::OF_BROWSERS) => Owner::Browser,
        _ => Owner::Shop,
    };
    // Most scripts do nothing for which this is asked.
    let mark = LazyCell::new(|| hiding::mark(text));
    let mut words = Words::new(text);
    // Names of nobody: the script declares them, maybe further on, or they are the shop's.
    let mut unknown = HashSet::with_capacity(14);
    while let Some(word) = words.next_word() {
        let is_own = match word.root {
            None if matches!(word.text, b"import" | b"export") => true,
            None if word.known.is(Known::KEYWORD) || word.is_key() => false,
            None => match on_page(word.text, word.known) {
                Owner::Shop => {
                    if !words.declares(word.text) {
                        unknown.insert(word.text);
                    }
                    false
                }
                owner => is_own_use(owner, &word),
            },
            // A root of the shop's has been met as a word before.
            Some(root) => match on_page(root.text, root.known) {
                Owner::Tracker | Owner::Language => false,
                of => match (of, on_page(word.text, word.known)) {
                    // `window.shop`, and `w.fbq` where `w` is the window.
                    (Owner::Window, whose) | (_, whose @ (Owner::Tracker | Owner::Location)) => {
                        words.begin_with(&word);
                        is_own_use(whose, &word)
                    }
                    _ => is_own_property(of, &word, &is_open),
                },
            },
        };
        let of = || word.root.map(|root| (root.text, on_page(root.text, root.known)));
        if is_own && !hiding::hides(of(), &word, |name| words.declares(name), || *mark) {
            return Found::OwnWork;
        }
    }
    if unknown.iter().any(|name| !words.declares(name)) {
        return Found::OwnWork;
    }
    Found::Snippet { has_comments: words.has_comments() }
}

/// Is it work of the shop's, what is done with the value of this name?
fn is_own_use(owner: Owner, word: &Word<'_>) -> bool {
    match owner {
        Owner::Shop => true,
        Owner::Location => word.is_called() || word.assigned().is_some(),
        // `setTimeout('code')`
        Owner::Browser => word.argument().is_some() && word.text.starts_with(b"set"),
        _ => false,
    }
}

/// Is it work of the shop's, what is done with this property of a value that is no tracker's?
fn is_own_property(of: Owner, word: &Word<'_>, is_open: impl Fn(&[u8]) -> bool) -> bool {
    let name = word.text;
    let is_of_stub =
        matches!(of, Owner::Script | Owner::Shop) && (name.len() <= SHORT_NAME || name.starts_with(b"_"));
    if let Some(value) = word.assigned() {
        let is_script_of_shop = name == b"src" && words::literal(value).is_some_and(is_open);
        return is_script_of_shop || of == Owner::Page || !(is_of_stub || word.known.is(Known::SET));
    }
    if !word.is_called() {
        return false;
    }
    match (name, word.argument()) {
        _ if of == Owner::Location => true,
        (b"createElement", Some(element)) => !Known::of(element).is(Known::MADE),
        (b"append" | b"prepend", Some(_)) => true,
        (b"setAttribute", Some(attribute)) => {
            of == Owner::Page || !(attribute.starts_with(b"data-") || Known::of(attribute).is(Known::SET))
        }
        (b"setAttribute", None) => of == Owner::Page,
        _ if word.known.is(Known::CALLED_OF_PAGES) => false,
        _ => of == Owner::Page || !(is_of_stub || word.known.is(Known::CALLED)),
    }
}

#[cfg(test)]
mod tests;
