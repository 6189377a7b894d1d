//! By what a page tells that its scripts draw all of it anew, and with it what was put in.
//!
//! Only signs that cost next to nothing to look for: names that inline scripts begin with, and attributes of the few elements
//! that are looked at in every page. None of them decides what is held.

use super::Code;

/// How far into a script a sign may reach. Those that are known end within its first 30 bytes.
pub const SIGN_BYTES_MAX: usize = 64;

/// How the scripts of a page draw it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redrawn {
    /// React compares the whole document with what its server wrote, and throws away what differs (`hydrateRoot(document)`).
    Hydrated,
    /// The body of the next page is put in the place of this one's.
    Swapped,
}

/// What servers write into the pages that are hydrated from `document` down: Remix and Hydrogen, React Router 7, Next.js with
/// its App Router, `TanStack` Start, and with `rsc-html-stream` Waku and others. Looked up in the packages of November 2026.
const HYDRATED: [&[u8]; 5] =
    [b".__remixContext", b".__reactRouterContext", b".__next_f", b".$_TSR=", b".__FLIGHT_DATA"];

impl Code<'_> {
    /// Does the server of a page that is hydrated as a whole write this?
    pub fn is_hydrated(&self) -> bool {
        let start = &self.text[..self.text.len().min(SIGN_BYTES_MAX)];
        memchr::memchr_iter(b'.', start).any(|at| HYDRATED.iter().any(|name| start[at..].starts_with(name)))
    }
}

/// Does an attribute of this `<html>`, `<body>`, `<meta>`, `<link>` or `<script>` say that bodies are swapped? Turbo and
/// Turbolinks, htmx with `hx-boost`, Astro's transitions, Livewire's `wire:navigate`.
#[inline]
pub fn is_swapped(element: &[u8], name: &[u8], value: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"data-turbo", b"hx-boost", b"data-hx-boost", b"data-navigate-"];
    const METAS: [&[u8]; 4] = [b"turbo-", b"turbolinks-", b"htmx-config", b"astro-view-transitions-enabled"];
    match name {
        // Every attribute of a page's head comes by here, and hardly one goes further.
        [b'd', _, _, _, b'-', b't' | b'h' | b'n', ..] | [b'h', b'x', ..] => {
            NAMES.iter().any(|known| name.starts_with(known))
        }
        b"name" if element == b"meta" => METAS.iter().any(|known| value.starts_with(known)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frameworks_write_is_a_sign_and_what_is_like_it_is_none() {
        for (element, name, value, wanted) in [
            ("link", "data-turbo-track", "reload", true),
            ("body", "data-turbo", "false", true),
            ("meta", "name", "turbo-cache-control", true),
            ("meta", "name", "turbolinks-root", true),
            ("meta", "name", "astro-view-transitions-enabled", true),
            ("body", "hx-boost", "true", true),
            ("script", "data-navigate-once", "true", true),
            ("meta", "name", "viewport", false),
            ("meta", "content", "turbo-charged", false),
            ("script", "name", "turbo-x", false),
            ("html", "data-theme", "dark", false),
            ("link", "href", "/data-turbo", false),
        ] {
            let is_sign = is_swapped(element.as_bytes(), name.as_bytes(), value.as_bytes());
            assert_eq!(is_sign, wanted, "<{element} {name}={value}>");
        }
    }
}
