//! Which paths of an access log are pages. A log does not say what a request was for (no `Sec-Fetch-Dest`, no type of
//! the answer), so files are known by their endings and interfaces by their paths; all else is a page.
//!
//! What a browser fetched ahead, what a script fetched, and what was shown in a frame cannot be told from a page that
//! somebody opened: figures from a log are a little higher than live ones where a shop does much of that.

use super::line::Left;

/// Endings of files that are no pages, lower case.
#[rustfmt::skip]
const ASSETS: &[&[u8]] = &[
    b"7z", b"apk", b"avi", b"avif", b"bin", b"bmp", b"br", b"bz2", b"cjs", b"css", b"csv", b"cur", b"dmg", b"doc", b"docx",
    b"eot", b"eps", b"exe", b"flac", b"flv", b"gif", b"glb", b"gltf", b"gz", b"heic", b"heif", b"ico", b"ics", b"iso", b"jar",
    b"jpe", b"jpeg", b"jpg", b"js", b"json", b"jsonld", b"jxl", b"less", b"log", b"m3u8", b"m4a", b"m4s", b"m4v", b"map",
    b"md5", b"mid", b"mjs", b"mkv", b"mov", b"mp3", b"mp4", b"mpd", b"mpeg", b"mpg", b"msi", b"ods", b"odt", b"oga", b"ogg",
    b"ogv", b"opus", b"otf", b"pbf", b"pdf", b"png", b"ppt", b"pptx", b"ps", b"rar", b"rtf", b"scss", b"sql", b"svg", b"svgz",
    b"swf", b"tar", b"tgz", b"tif", b"tiff", b"ts", b"ttf", b"usdz", b"vcf", b"vtt", b"wasm", b"wav", b"weba", b"webm",
    b"webmanifest", b"webp", b"wmv", b"woff", b"woff2", b"xls", b"xlsx", b"xsl", b"xz", b"zip", b"zst",
];

/// Endings that feeds, site maps and settings for robots have.
const FEEDS: &[&[u8]] = &[b"atom", b"rss", b"txt", b"xml"];

/// Beginnings of paths that programs ask for.
const MACHINES: &[&[u8]] = &[
    b"/.well-known/",
    b"/api/",
    b"/cdn-cgi/",
    b"/graphql",
    b"/rest/",
    b"/wp-admin/admin-ajax.php",
    b"/wp-cron.php",
    b"/wp-json/",
    b"/xmlrpc.php",
];

/// Longest ending that is looked at. Unit: bytes.
const ENDING_BYTES_MAX: usize = 11;

/// Why a path is no page, if it is none.
pub(super) fn left(target: &[u8], prefix: &str) -> Option<Left> {
    let ends = memchr::memchr3(b'?', b'#', b';', target).unwrap_or(target.len());
    let path = &target[..ends];
    let is_below = |start: &[u8]| path.starts_with(start);
    if is_below(prefix.as_bytes()) && matches!(path.get(prefix.len()), None | Some(b'/')) {
        return Some(Left::Machine);
    }
    if MACHINES.iter().any(|start| is_below(start)) {
        return Some(Left::Machine);
    }
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |at| at + 1)..];
    let ending = &name[memchr::memrchr(b'.', name)? + 1..];
    if ending.len() > ENDING_BYTES_MAX {
        return None;
    }
    let mut lower = [0; ENDING_BYTES_MAX];
    let lower = &mut lower[..ending.len()];
    lower.copy_from_slice(ending);
    lower.make_ascii_lowercase();
    if ASSETS.binary_search(&&*lower).is_ok() {
        return Some(Left::Asset);
    }
    FEEDS.binary_search(&&*lower).is_ok().then_some(Left::Machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_stand_in_order() {
        assert!(ASSETS.is_sorted() && FEEDS.is_sorted());
        assert!(ASSETS.iter().chain(FEEDS).all(|ending| ending.len() <= ENDING_BYTES_MAX));
    }

    #[test]
    fn files_and_interfaces_are_no_pages() {
        for (path, expected) in [
            ("/", None),
            ("/dekk/205.55-r16", None),
            ("/index.html?a=b.css", None),
            ("/om/konge.no", None),
            ("/index.php", None),
            ("/a.CSS", Some(Left::Asset)),
            ("/a.js;v=2", Some(Left::Asset)),
            ("/bilde.jpg?w=300", Some(Left::Asset)),
            ("/favicon.ico", Some(Left::Asset)),
            ("/sitemap.xml", Some(Left::Machine)),
            ("/wp-json/wc/v3", Some(Left::Machine)),
            ("/_consentry/choice", Some(Left::Machine)),
            ("/_consentry", Some(Left::Machine)),
            ("/_consentryx", None),
        ] {
            assert_eq!(left(path.as_bytes(), "/_consentry"), expected, "{path}");
        }
    }
}
