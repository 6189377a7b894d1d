//! The names that snippets have in common, each with all that is known of it: asked once for each word of a script.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Words of the language that are no names.
const KEYWORDS: &[&str] = &[
    "if",
    "else",
    "for",
    "while",
    "do",
    "try",
    "catch",
    "finally",
    "new",
    "return",
    "typeof",
    "void",
    "delete",
    "switch",
    "throw",
    "async",
    "function",
    "class",
    "var",
    "let",
    "const",
    "case",
    "default",
    "break",
    "continue",
    "await",
    "yield",
    "super",
    "in",
    "of",
    "instanceof",
    "true",
    "false",
    "null",
    "undefined",
    "arguments",
    "NaN",
    "Infinity",
    "extends",
    "debugger",
    "with",
];

/// What trackers have a page define, beside the names it calls them by.
const OF_TRACKERS: &[&str] = &[
    "gtag",
    "dataLayer",
    "fbAsyncInit",
    "GoogleAnalyticsObject",
    "_taboola",
    "_linkedin_data_partner_ids",
    "lpTag",
    "google_tag_params",
    "disqus_config",
    "Typekit",
    "NREUM",
    "__nr_require",
    "twttr",
    "pluginUrl",
];

/// By which names a script calls the page's window.
const WINDOWS: &[&str] = &["window", "self", "top", "parent", "globalThis"];

/// What else of a browser snippets use. It takes the calls of [`CALLED`] only.
const OF_BROWSERS: &[&str] = &[
    "navigator",
    "screen",
    "setTimeout",
    "setInterval",
    "clearTimeout",
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
const OF_THE_LANGUAGE: &[&str] = &[
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
const CALLED_OF_PAGES: &[&str] = &[
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
const CALLED: &[&str] = &[
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
const SET: &[&str] = &[
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

/// What those that hide the page set beside that.
const HIDING: &[&str] =
    &["className", "cssText", "end", "hide", "innerHTML", "innerText", "start", "textContent", "timeout"];

/// What elements they make.
const MADE: &[&str] = &["script", "img", "iframe", "noscript"];

/// The lists a name stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(u16);

static NAMES: LazyLock<HashMap<&[u8], Known>> = LazyLock::new(|| {
    let mut names: HashMap<&[u8], Known> = HashMap::new();
    let lists = [
        (Known::KEYWORD, KEYWORDS),
        (Known::OF_TRACKERS, OF_TRACKERS),
        (Known::WINDOW, WINDOWS),
        (Known::OF_BROWSERS, OF_BROWSERS),
        (Known::OF_THE_LANGUAGE, OF_THE_LANGUAGE),
        (Known::CALLED_OF_PAGES, CALLED_OF_PAGES),
        (Known::CALLED, CALLED),
        (Known::SET, SET),
        (Known::MADE, MADE),
        (Known::HIDING, HIDING),
    ];
    for (list, of_list) in lists {
        for name in of_list {
            names.entry(name.as_bytes()).or_default().0 |= list.0;
        }
    }
    names
});

impl Known {
    /// No list.
    pub(super) const NOTHING: Self = Self(0);
    pub(super) const KEYWORD: Self = Self(1);
    pub(super) const OF_TRACKERS: Self = Self(1 << 1);
    pub(super) const WINDOW: Self = Self(1 << 2);
    pub(super) const OF_BROWSERS: Self = Self(1 << 3);
    pub(super) const OF_THE_LANGUAGE: Self = Self(1 << 4);
    pub(super) const CALLED_OF_PAGES: Self = Self(1 << 5);
    pub(super) const CALLED: Self = Self(1 << 6);
    pub(super) const SET: Self = Self(1 << 7);
    pub(super) const MADE: Self = Self(1 << 8);
    pub(super) const HIDING: Self = Self(1 << 9);

    pub(super) fn of(name: &[u8]) -> Self {
        NAMES.get(name).copied().unwrap_or_default()
    }

    /// Does it stand in this list?
    pub(super) const fn is(self, list: Self) -> bool {
        self.0 & list.0 != 0
    }
}
