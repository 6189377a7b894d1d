//! Is an inline script a tracker's snippet and nothing else, or the shop's own work that has to do with a tracker too?
//!
//! Only a snippet is held as a whole. Shops write their functions, their state and the calls of their tags into one script,
//! and frameworks carry whole pages as data: held, the shop would not start. Such a script runs; what it asks of a
//! tracker's host the fence refuses, what it keeps the guard does, and stand-ins answer for names that are missing.
//!
//! Work is what a script does by itself, and what a handler of an event in it does. Comments are no code. A mistake costs
//! no promise, in either direction.

mod words;

use words::{Chain, Word, Words, is_keyword};
pub(super) use words::{name_length, without_comments};

/// Longest snippet that is held wherever the tracker's text stands in it. Unit: bytes. Of 2 333 scripts with such a text in
/// real pages 97 % are shorter; of the longer ones nearly all are the shop's.
pub(super) const SNIPPET_BYTES_MAX: usize = 4 << 10;

/// Where a tracker's text must begin in a longer one: agents that are inlined whole name themselves at once. Unit: bytes.
pub(super) const PREAMBLE_BYTES: usize = 1 << 10;

/// What trackers have a page define, beside the names it calls them by.
const OF_TRACKERS: [&[u8]; 13] = [
    b"gtag",
    b"dataLayer",
    b"fbAsyncInit",
    b"GoogleAnalyticsObject",
    b"_taboola",
    b"_linkedin_data_partner_ids",
    b"lpTag",
    b"google_tag_params",
    b"disqus_config",
    b"NREUM",
    b"__nr_require",
    b"twttr",
    b"pluginUrl",
];

/// What a browser has, and snippets call.
const OF_BROWSERS: [&[u8]; 18] = [
    b"window",
    b"self",
    b"top",
    b"parent",
    b"globalThis",
    b"document",
    b"navigator",
    b"location",
    b"console",
    b"setTimeout",
    b"setInterval",
    b"addEventListener",
    b"attachEvent",
    b"Image",
    b"Date",
    b"Math",
    b"Object",
    b"Array",
];

/// Classes of browsers of which a tracker's call may need an object.
const CLASSES_OF_BROWSERS: [&[u8]; 14] = [
    b"URL",
    b"URLSearchParams",
    b"Promise",
    b"Map",
    b"Set",
    b"Error",
    b"RegExp",
    b"Function",
    b"Event",
    b"CustomEvent",
    b"IntersectionObserver",
    b"MutationObserver",
    b"PerformanceObserver",
    b"Boolean",
];

/// How an element of the shop's is found by its name or place.
pub(super) const LOOKUPS: [&[u8]; 5] = [
    b"getElementById",
    b"querySelector",
    b"querySelectorAll",
    b"getElementsByClassName",
    b"getElementsByName",
];

/// What a snippet asks of an element: to take its script, or to say when something happens.
const ASKED_OF_ELEMENTS: [&[u8]; 9] = [
    b"addEventListener",
    b"attachEvent",
    b"forEach",
    b"appendChild",
    b"insertBefore",
    b"append",
    b"prepend",
    b"getAttribute",
    b"item",
];

/// Names by which libraries and frameworks go: whoever uses one does more than a snippet does.
const OF_SHOPS: [&[u8]; 16] = [
    b"$",
    b"jQuery",
    b"require",
    b"requirejs",
    b"define",
    b"Drupal",
    b"drupalSettings",
    b"Shopify",
    b"__next_f",
    b"__NEXT_DATA__",
    b"__NUXT__",
    b"__INITIAL_STATE__",
    b"__PRELOADED_STATE__",
    b"__APOLLO_STATE__",
    b"__remixContext",
    b"__sveltekit",
];

/// Names up to this long are thrown away after use.
const SHORT_NAME: usize = 2;

/// Does the shop's own work stand in this script? `is_tracker` knows the names by which pages call trackers.
pub(super) fn has_own_work(text: &[u8], is_tracker: impl Fn(&[u8]) -> bool) -> bool {
    let is_own = |name: &[u8]| {
        name.len() > SHORT_NAME
            && !OF_TRACKERS.contains(&name)
            && !name.starts_with(b"google_")
            && !OF_BROWSERS.contains(&name)
            && !is_tracker(name)
    };
    let mut words = Words::new(text);
    // How many brackets stand around a handler's registration, while its arguments are read.
    let mut handler: Option<i32> = None;
    // Names of functions and values in brackets: to call one is no work by itself.
    let mut helpers: Option<Vec<&[u8]>> = None;
    while let Some(word) = words.next_word() {
        handler = handler.filter(|depth| word.depth > *depth);
        let rest = words.rest();
        let begins_own_work = match word {
            _ if OF_SHOPS.contains(&word.text) => true,
            Word { depth: 0, .. } => begins_own_work(&word, rest, &is_own),
            _ if handler.is_none() || !word.is_statement => false,
            _ => {
                let helpers = helpers.get_or_insert_with(|| words::helpers(text));
                does_own_work(&word, rest, true, &|name| is_own(name) && !helpers.contains(&name))
            }
        };
        if begins_own_work {
            return true;
        }
        if word.text == b"addEventListener" {
            handler = handler.or(Some(word.depth));
        }
    }
    false
}

/// Does this word, outside all brackets, define or do something of the shop's?
fn begins_own_work(word: &Word<'_>, rest: &[u8], is_own: &impl Fn(&[u8]) -> bool) -> bool {
    match word.text {
        b"function" | b"class" | b"var" | b"let" | b"const" => {
            let rest = rest.strip_prefix(b"*").map_or(rest, <[u8]>::trim_ascii_start);
            let is_taken_apart = word.text != b"function" && matches!(rest, [b'{' | b'[', ..]);
            is_taken_apart || is_own(&rest[..name_length(rest)])
        }
        b"import" | b"export" => true,
        _ => word.is_first && does_own_work(word, rest, false, is_own),
    }
}

/// Does the statement that begins with `word` do something of the shop's? In a handler of an event what it sets counts,
/// too.
fn does_own_work(word: &Word<'_>, rest: &[u8], is_handler: bool, is_own: &impl Fn(&[u8]) -> bool) -> bool {
    if word.text == b"new" {
        return makes_own(rest, is_own);
    }
    if is_keyword(word.text) {
        return false;
    }
    let chain = Chain::of(word.text, rest);
    let sets = chain.assigned();
    if chain.looks_up {
        return sets.is_some() || (chain.is_called && !ASKED_OF_ELEMENTS.contains(&chain.last));
    }
    match chain.root {
        b"location" => sets.is_some() || chain.is_called,
        b"document" => sets.is_some() && chain.names > 0,
        root if !is_own(root) => false,
        root => {
            chain.calls > 0
                || sets.is_some_and(|value| {
                    matches!(value, [b'{' | b'[', ..])
                        || value.starts_with(b"function")
                        || value.strip_prefix(b"new ").is_some_and(|made| makes_own(made, is_own))
                        || (chain.is_of_window && chain.names == 0 && !is_own_default(root, value))
                        || (is_handler && chain.names > 0)
                })
        }
    }
}

/// Is an object of the shop's classes made?
fn makes_own(rest: &[u8], is_own: &impl Fn(&[u8]) -> bool) -> bool {
    let class = Chain::of(&rest[..name_length(rest)], &rest[name_length(rest)..]).root;
    is_own(class) && !CLASSES_OF_BROWSERS.contains(&class)
}

/// `window.queue = window.queue || []`: trackers begin so.
fn is_own_default(root: &[u8], value: &[u8]) -> bool {
    let first = &value[..name_length(value)];
    Chain::of(first, &value[first.len()..]).root == root
}

#[cfg(test)]
mod tests;
