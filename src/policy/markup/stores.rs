//! By what a page tells that its scripts may pass on what they store by events of their own.
//!
//! `VueUse` (useStorage, since 11) makes a `StorageEvent` each time it writes, and Docusaurus does so by `initStorageEvent`. Both
//! are packed into the shop's files, which nobody reads: so the page tells by who built it. None of this decides what is held.

use memchr::memmem;

/// Does an attribute of this `<meta>` or `<script>` say that Nuxt, `VitePress`, Docusaurus, or Vite for a page of scripts alone,
/// built the page? Looked up in what each writes, December 2026.
#[inline]
pub fn passes_stores_on(element: &[u8], name: &[u8], value: &[u8]) -> bool {
    const GENERATORS: [&[u8]; 2] = [b"Docusaurus", b"VitePress"];
    const FILES: [&[u8]; 2] = [b"/_nuxt/", b"/assets/index-"];
    match (element, name) {
        (b"meta", b"content") => GENERATORS.iter().any(|known| value.starts_with(known)),
        (b"script", b"src") => FILES.iter().any(|known| memmem::find(value, known).is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builders_write_is_a_sign_and_what_is_like_it_is_none() {
        for (element, name, value, wanted) in [
            ("meta", "content", "Docusaurus v3.10.2", true),
            ("meta", "content", "VitePress v1.6.4", true),
            ("script", "src", "/_nuxt/BwKx1.js", true),
            ("script", "src", "https://files.shop.example/_nuxt/BwKx1.js", true),
            ("script", "src", "/app/assets/index-BwKx1.js", true),
            ("meta", "content", "We like Docusaurus", false),
            ("meta", "name", "Docusaurus", false),
            ("link", "href", "/_nuxt/BwKx1.css", false),
            ("script", "src", "/assets/shop.js", false),
        ] {
            let is_sign = passes_stores_on(element.as_bytes(), name.as_bytes(), value.as_bytes());
            assert_eq!(is_sign, wanted, "<{element} {name}={value}>");
        }
    }
}
