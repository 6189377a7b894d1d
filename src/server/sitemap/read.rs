//! Reading `robots.txt` and sitemaps: bytes → addresses. Pure. Of the XML only `<loc>` matters, which holds text alone.

/// Longest address. Unit: bytes; the protocol allows 2048, and escapes make it longer.
const LOCATION_BYTES_MAX: usize = 8 * 1024;
/// Most sitemaps that `robots.txt` may name.
const NAMED_MAX: usize = 50;

const OPEN: &[u8] = b"<loc>";
const CLOSE: &[u8] = b"</loc>";
const INDEX: &[u8] = b"<sitemapindex";
/// The longest of the texts that are looked for, but one: so much of a piece may be the beginning of one.
const KEPT_BYTES: usize = INDEX.len() - 1;

/// The sitemaps that `robots.txt` names (RFC 9309 section 2.2.4 leaves the line to crawlers, which all read it so).
pub(super) fn sitemaps_of(robots: &[u8]) -> impl Iterator<Item = String> {
    let lines = robots.split(|byte| matches!(byte, b'\n' | b'\r'));
    let named = lines.filter_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        let value = value.split('#').next().unwrap_or_default().trim();
        name.trim().eq_ignore_ascii_case("sitemap").then(|| value.to_owned())
    });
    named.take(NAMED_MAX)
}

/// The addresses of a sitemap, as its pieces come.
#[derive(Debug, Default)]
pub(super) struct Locations {
    rest: Vec<u8>,
    is_index: bool,
}

impl Locations {
    /// Takes the next piece; each address goes to `take`, with whether it is that of another sitemap.
    pub(super) fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(bool, &str)) {
        self.rest.extend_from_slice(piece);
        let mut at = 0;
        loop {
            let text = &self.rest[at..];
            let Some(start) = memchr::memmem::find(text, OPEN) else {
                self.is_index |= memchr::memmem::find(text, INDEX).is_some();
                at += text.len().saturating_sub(KEPT_BYTES);
                break;
            };
            self.is_index |= memchr::memmem::find(&text[..start], INDEX).is_some();
            let inside = &text[start + OPEN.len()..];
            let Some(length) = memchr::memmem::find(inside, CLOSE) else {
                // An address that does not end is none.
                at += if inside.len() > LOCATION_BYTES_MAX { start + OPEN.len() } else { start };
                break;
            };
            if let Some(location) = text_of(&inside[..length]) {
                take(self.is_index, &location);
            }
            at += start + OPEN.len() + length + CLOSE.len();
        }
        self.rest.drain(..at);
    }
}

/// The text of an element: references and sections of plain characters are read (XML 1.0 sections 2.7 and 4.6).
fn text_of(inside: &[u8]) -> Option<String> {
    if inside.len() > LOCATION_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(inside).ok()?.trim();
    if let Some(plain) = text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")) {
        return Some(plain.trim().to_owned());
    }
    let names =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#38;", "&"), ("&amp;", "&")];
    Some(names.iter().fold(text.to_owned(), |text, (name, sign)| text.replace(name, sign)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, pieces: usize) -> Vec<(bool, String)> {
        let (mut locations, mut found) = (Locations::default(), Vec::new());
        for piece in text.as_bytes().chunks(pieces) {
            locations.push(piece, &mut |is_index, url| found.push((is_index, url.to_owned())));
        }
        found
    }

    const PAGES: &str = "<?xml version=\"1.0\"?><urlset xmlns=\"x\"><url><loc> https://shop.example/a?b=1&amp;c=2\n</loc>\
        <image:image><image:loc>https://shop.example/a.jpg</image:loc></image:image></url>\
        <url><loc><![CDATA[https://shop.example/b]]></loc></url></urlset>";
    const INDEX: &str =
        "<sitemapindex><sitemap><loc>https://shop.example/1.xml</loc></sitemap></sitemapindex>";

    #[test]
    fn robots_txt_names_sitemaps() {
        let robots = b"User-agent: *\r\nDisallow: /kasse\r\nSITEMAP : https://shop.example/a.xml # all\r\n\
            Sitemap:https://shop.example/b.xml\nSitemap\n\xff: x\n";
        let named: Vec<_> = sitemaps_of(robots).collect();
        assert_eq!(named, ["https://shop.example/a.xml", "https://shop.example/b.xml"]);
        assert_eq!(sitemaps_of("Sitemap: x\n".repeat(100).as_bytes()).count(), NAMED_MAX);
    }

    #[test]
    fn pages_and_further_sitemaps_are_told_apart() {
        let pages = ["https://shop.example/a?b=1&c=2", "https://shop.example/b"];
        for pieces in [1, 3, 7, 10_000] {
            assert_eq!(read(PAGES, pieces), pages.map(|url| (false, url.to_owned())));
            assert_eq!(read(INDEX, pieces), [(true, "https://shop.example/1.xml".to_owned())]);
        }
    }

    #[test]
    fn what_does_not_end_is_not_kept() {
        let mut locations = Locations::default();
        for _ in 0..100 {
            locations.push(&[b"<loc>".as_slice(), &[b'a'; 4096]].concat(), &mut |_, _| {});
            assert!(locations.rest.len() <= LOCATION_BYTES_MAX + 2 * 4101);
        }
    }

    proptest! {
        #[test]
        fn how_it_is_cut_changes_nothing(
            text in "(<loc>|</loc>|<sitemapindex|[a-z&;<]{0,9}|<!\\[CDATA\\[|\\]\\]>){0,20}", pieces in 1..30_usize,
        ) {
            prop_assert_eq!(read(&text, pieces), read(&text, 10_000));
        }
    }
}
