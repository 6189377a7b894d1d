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

mod words;

use std::cell::LazyCell;

use words::{Word, Words, declared, is_keyword};
pub(super) use words::{name_length, without_comments};

/// Longest snippet that is held wherever the tracker's text stands in it. Unit: bytes. Of 2 333 scripts with such a text in
/// real pages 97 % are shorter; of the longer ones nearly all are the shop's.
pub(super) const SNIPPET_BYTES_MAX: usize = 4 << 10;

/// Where a tracker's text must begin in a longer one: agents that are inlined whole name themselves at once. Unit: bytes.
pub(super) const PREAMBLE_BYTES: usize = 1 << 10;

/// What trackers have a page define, beside the names it calls them by.
const OF_TRACKERS: [&str; 13] = [
    "gtag",
    "dataLayer",
    "fbAsyncInit",
    "GoogleAnalyticsObject",
    "_taboola",
    "_linkedin_data_partner_ids",
    "lpTag",
    "google_tag_params",
    "disqus_config",
    "NREUM",
    "__nr_require",
    "twttr",
    "pluginUrl",
];

/// How such names begin.
const BEGINNINGS_OF_TRACKERS: [&[u8]; 2] = [b"google_", b"_fs_"];

/// By which names a script calls the page's window.
const WINDOWS: [&str; 5] = ["window", "self", "top", "parent", "globalThis"];

/// What else of a browser snippets use. It takes the calls of [`CALLED`] only.
const OF_BROWSERS: [&str; 12] = [
    "navigator",
    "screen",
    "setTimeout",
    "setInterval",
    "addEventListener",
    "attachEvent",
    "Image",
    "IntersectionObserver",
    "MutationObserver",
    "PerformanceObserver",
    "Proxy",
    "Promise",
];

/// What computes and does nothing to the page, whatever is called of it.
const OF_THE_LANGUAGE: [&str; 24] = [
    "Array",
    "Boolean",
    "CustomEvent",
    "Date",
    "Error",
    "Event",
    "JSON",
    "Map",
    "Math",
    "Number",
    "Object",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "URL",
    "URLSearchParams",
    "console",
    "decodeURIComponent",
    "encodeURIComponent",
    "escape",
    "parseFloat",
    "parseInt",
    "performance",
];

/// What snippets call of the page and its elements.
const CALLED_OF_PAGES: [&str; 17] = [
    "addEventListener",
    "append",
    "appendChild",
    "attachEvent",
    "createElement",
    "forEach",
    "getAttribute",
    "getElementById",
    "getElementsByClassName",
    "getElementsByName",
    "getElementsByTagName",
    "hasAttribute",
    "insertBefore",
    "item",
    "prepend",
    "querySelector",
    "querySelectorAll",
];

/// What they call of their own values, beside that.
const CALLED: [&str; 46] = [
    "apply",
    "bind",
    "call",
    "catch",
    "charAt",
    "charCodeAt",
    "closest",
    "concat",
    "contains",
    "disconnect",
    "exec",
    "filter",
    "get",
    "getTime",
    "has",
    "hasOwnProperty",
    "includes",
    "indexOf",
    "join",
    "map",
    "match",
    "matches",
    "observe",
    "pop",
    "push",
    "removeEventListener",
    "replace",
    "reverse",
    "setAttribute",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "split",
    "startsWith",
    "substr",
    "substring",
    "test",
    "then",
    "toISOString",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "unshift",
];

/// What they set of their own values: attributes of a script, and the parts of a queue.
const SET: [&str; 20] = [
    "async",
    "callQueue",
    "charset",
    "crossOrigin",
    "defer",
    "height",
    "id",
    "integrity",
    "loaded",
    "methods",
    "nonce",
    "onerror",
    "onload",
    "onreadystatechange",
    "push",
    "queue",
    "src",
    "type",
    "version",
    "width",
];

/// What elements they make.
const MADE: [&str; 4] = ["script", "img", "iframe", "noscript"];

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

/// Does the shop's own work stand in this script? `is_tracker` knows the names by which pages call trackers, `is_open` the
/// addresses that the page may load from.
pub(super) fn has_own_work(
    text: &[u8],
    is_tracker: impl Fn(&[u8]) -> bool,
    is_open: impl Fn(&[u8]) -> bool,
) -> bool {
    // Whose a name is on the whole page.
    let on_page = |name: &[u8]| match name {
        b"" | b"this" => Owner::Script,
        b"document" => Owner::Page,
        b"location" => Owner::Location,
        _ if is_one_of(&WINDOWS, name) => Owner::Window,
        _ if is_one_of(&OF_TRACKERS, name) || is_tracker(name) => Owner::Tracker,
        _ if BEGINNINGS_OF_TRACKERS.iter().any(|start| name.starts_with(start)) => Owner::Tracker,
        _ if is_one_of(&OF_THE_LANGUAGE, name) || name[0].is_ascii_digit() => Owner::Language,
        _ if is_one_of(&OF_BROWSERS, name) => Owner::Browser,
        _ => Owner::Shop,
    };
    // Most scripts of the shop's are known without: they name something of it as the window's.
    let locals = LazyCell::new(|| declared(text, SHORT_NAME));
    let owner = |name: &[u8]| match on_page(name) {
        Owner::Shop if locals.contains(name) => Owner::Script,
        owner => owner,
    };
    let mut words = Words::new(text);
    while let Some(word) = words.next_word() {
        let is_own = match word.root.map(&owner) {
            None if matches!(word.text, b"import" | b"export") => true,
            None if is_keyword(word.text) || word.is_key() => false,
            None => is_own_use(owner(word.text), &word),
            Some(Owner::Tracker | Owner::Language) => false,
            Some(of) => match (of, on_page(word.text)) {
                // `window.shop`, and `w.fbq` where `w` is the window.
                (Owner::Window, whose) | (_, whose @ (Owner::Tracker | Owner::Location)) => {
                    words.begin_with(&word);
                    is_own_use(whose, &word)
                }
                _ => is_own_property(of, &word, &is_open),
            },
        };
        if is_own {
            return true;
        }
    }
    false
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
    let is_of_stub = of == Owner::Script && (name.len() <= SHORT_NAME || name.starts_with(b"_"));
    if let Some(value) = word.assigned() {
        let is_script_of_shop = name == b"src" && words::literal(value).is_some_and(is_open);
        return is_script_of_shop || of == Owner::Page || !(is_of_stub || is_one_of(&SET, name));
    }
    if !word.is_called() {
        return false;
    }
    match (name, word.argument()) {
        _ if of == Owner::Location => true,
        (b"createElement", Some(element)) => !is_one_of(&MADE, element),
        (b"append" | b"prepend", Some(_)) => true,
        (b"setAttribute", Some(attribute)) => {
            of == Owner::Page || !(attribute.starts_with(b"data-") || is_one_of(&SET, attribute))
        }
        (b"setAttribute", None) => of == Owner::Page,
        _ if is_one_of(&CALLED_OF_PAGES, name) => false,
        _ => of == Owner::Page || !(is_of_stub || is_one_of(&CALLED, name)),
    }
}

fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

#[cfg(test)]
mod tests;
