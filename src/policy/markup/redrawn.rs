//! By what a page tells that its scripts draw all of it anew, and with it what was put in.
//!
//! Only signs that stand in what is read anyway: names in inline scripts, and attributes of the few elements that are looked
//! at in every page. None of them decides what is held.

use memchr::memmem;

use super::Code;

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
pub(super) const HYDRATED: [&str; 5] =
    [".__remixContext", ".__reactRouterContext", ".__next_f", ".$_TSR=", ".__FLIGHT_DATA"];

impl Code<'_> {
    /// Does the server of a page that is hydrated as a whole write this?
    pub fn is_hydrated(&self) -> bool {
        self.is_suspect && HYDRATED.iter().any(|name| memmem::find(self.text, name.as_bytes()).is_some())
    }
}

/// Does an attribute of this `<html>`, `<body>`, `<meta>`, `<link>` or `<script>` say that bodies are swapped? Turbo and
/// Turbolinks, htmx with `hx-boost`, Astro's transitions, Livewire's `wire:navigate`.
pub fn is_swapped(element: &[u8], name: &[u8], value: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"data-turbo", b"hx-boost", b"data-hx-boost", b"data-navigate-"];
    const METAS: [&[u8]; 4] = [b"turbo-", b"turbolinks-", b"htmx-config", b"astro-view-transitions-enabled"];
    match name {
        [b'd' | b'h', ..] => NAMES.iter().any(|known| name.starts_with(known)),
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
