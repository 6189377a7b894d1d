//! The path a visitor comes back to after a choice.
//!
//! It travels two ways. A form sends it as a field, percent-encoded. Links carry it as it is, behind the language of the
//! page they stand on (`?nb=`), or `?return=` where a site has one, as the last thing in the query: a path and query consist
//! of characters that a query may have, so one escaped text serves both places. Told apart by the first character: a path
//! starts with `/`, its encoding with `%`.

use bytes::Bytes;

use super::html::Html;
use super::texts::LANGUAGES;

/// Longest path and query that is come back to. Unit: bytes. A longer one leads to the start page.
pub const RETURN_BYTES_MAX: usize = 2048;

/// The field's name.
pub(super) const RETURN: &str = "return";

/// The path, when it is one of this site: it starts with one `/`, and nothing in it makes a browser see another host
/// or another header line: browsers read `//host`, `/\host` and either with blanks in between as another site (URL
/// Standard section 4.4).
pub fn safe_return(path_and_query: &str) -> Option<&str> {
    let is_path = path_and_query.starts_with('/') && !path_and_query[1..].starts_with('/');
    let is_plain = path_and_query.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'\\');
    (is_path && is_plain && path_and_query.len() <= RETURN_BYTES_MAX).then_some(path_and_query)
}

/// The pages below the prefix; everything else there takes a form or answers a script.
const PAGES: [&str; 4] = ["/consent", "/cookies", "/my-data", "/statistics"];

/// Does a path lead below the prefix, as browsers read it (URL Standard, section 4.4), and there to no page?
pub fn is_no_page(path: &str, prefix: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut names = Vec::new();
    for name in path.strip_prefix('/').unwrap_or(path).split('/') {
        match name.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => {}
            ".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    let path = format!("/{}", names.join("/"));
    path.strip_prefix(prefix)
        .is_some_and(|below| (below.is_empty() || below.starts_with('/')) && !PAGES.contains(&below))
}

/// The path in the query of a page below the prefix, when there is a safe one.
pub fn return_from_query(query: Option<&str>) -> Option<String> {
    let (query, mut start) = (query?, 0);
    let has_path = |name: &&str| *name == RETURN || LANGUAGES.contains(name);
    for field in query.split('&') {
        if let Some((name, value)) = field.split_once('=').filter(|(name, _)| has_path(name)) {
            let whole = &query[start + name.len() + 1..];
            let path = if value.starts_with('/') { whole.to_owned() } else { decoded(value)? };
            return safe_return(&path).map(str::to_owned);
        }
        start += field.len() + 1;
    }
    None
}

/// The path, escaped for an attribute; `/` when it is not safe.
pub(super) fn escaped(path_and_query: &str) -> Bytes {
    let mut html = Html::for_any_encoding();
    html.text(safe_return(path_and_query).unwrap_or("/"));
    Bytes::from(html.into_string())
}

/// Scheme, host and port, escaped for an attribute.
pub(super) fn origin(is_https: bool, authority: &str) -> Bytes {
    let mut html = Html::for_any_encoding();
    html.raw(if is_https { "https://" } else { "http://" }).text(authority);
    Bytes::from(html.into_string())
}

/// A value of `application/x-www-form-urlencoded`, when it is valid.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|it| u8::try_from(it).ok());
                digit(rest.next())? << 4 | digit(rest.next())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn another_host_is_no_way_back() {
        for path in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "a",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil",
        ] {
            assert_eq!(safe_return(path), None, "{path:?}");
        }
        assert_eq!(return_from_query(Some("return=//evil.example")), None);
        assert_eq!(return_from_query(Some("return=%2F%2Fevil.example")), None);
        assert_eq!(return_from_query(Some("return=%2")), None);
    }

    #[test]
    fn an_overlong_way_back_is_refused() {
        assert_eq!(safe_return(&format!("/{}", "a".repeat(RETURN_BYTES_MAX))), None);
    }

    #[test]
    fn an_unsafe_way_back_leads_to_the_start() {
        assert_eq!(escaped("//evil.example"), "/");
        assert_eq!(escaped("/a?b=1&c='2'"), "/a?b=1&amp;c=&#39;2&#39;");
    }

    #[test]
    fn addresses_begin_as_the_visitor_asked_for_them() {
        assert_eq!(origin(true, "shop.example"), "https://shop.example");
        assert_eq!(origin(false, "127.0.0.1:8080"), "http://127.0.0.1:8080");
    }

    proptest! {
        #[test]
        fn both_ways_bring_back_the_same_path(path in "/([a-z0-9%&=+?;.]{1,40})?") {
            prop_assert_eq!(return_from_query(Some(&format!("return={path}"))), Some(path.clone()));
            prop_assert_eq!(return_from_query(Some(&format!("a&nb={path}"))), Some(path.clone()));
            let encoded = path.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"));
            prop_assert_eq!(return_from_query(Some(&format!("a=1&return={encoded}&b=2"))), Some(path));
        }

        #[test]
        fn any_query_is_read_without_harm(query in "\\PC*") {
            if let Some(path) = return_from_query(Some(&query)) {
                prop_assert!(safe_return(&path).is_some());
            }
        }
    }
}
