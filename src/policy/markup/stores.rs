//! By what a page tells that its scripts may pass on what they store by events of their own.
//!
//! `VueUse` (useStorage, since 11) makes a `StorageEvent` each time it writes, and Docusaurus does so by `initStorageEvent`. Both
//! are packed into the shop's files, which nobody reads: so the page tells by who built it. None of this decides what is held.

/// Does an attribute of this `<meta>` or `<script>` say that Nuxt, `VitePress`, Docusaurus, or Vite for a page of scripts alone,
/// built the page? Looked up in what each writes, December 2026.
#[inline]
pub fn passes_stores_on(element: &[u8], name: &[u8], value: &[u8]) -> bool {
    match (name.len(), value.first()) {
        (7, Some(b'D' | b'V')) => element == b"meta" && name == b"content" && is_generator(value),
        (3, Some(_)) => element == b"script" && name == b"src" && is_file(value),
        _ => false,
    }
}

fn is_generator(value: &[u8]) -> bool {
    value.starts_with(b"Docusaurus") || value.starts_with(b"VitePress")
}

/// Has the address a folder or a file as Nuxt and Vite call them?
fn is_file(value: &[u8]) -> bool {
    let is_called = |rest: &[u8]| rest.starts_with(b"/_nuxt/") || rest.starts_with(b"/assets/index-");
    value.iter().enumerate().any(|(at, byte)| *byte == b'/' && is_called(&value[at..]))
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
