//! Addresses of pages, and where the addresses that a page asks for lead.

use http::Uri;

/// Longest address that is read. Unit: bytes.
const ADDRESS_BYTES_MAX: usize = 8192;

/// The address of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Host and port as they stand in it, lower case.
    pub authority: String,
    /// Path and query.
    pub target: String,
}

impl Address {
    /// Reads what an operator wrote; without a scheme it is `https`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("\"{text}\" is no address of a page: {why}");
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let whole = whole.split('#').next().unwrap_or_default();
        if whole.len() > ADDRESS_BYTES_MAX {
            return Err(format!("the address is longer than {ADDRESS_BYTES_MAX} bytes"));
        }
        let uri: Uri = whole.parse().map_err(|_| {
            wrong("write it as browsers send it, with xn-- in the host and %20 for a space in the path")
        })?;
        let scheme = match uri.scheme_str() {
            Some("http") => "http",
            Some("https") => "https",
            _ => return Err(wrong("it begins with http:// or https://")),
        };
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        if authority.contains('@') {
            return Err(wrong("leave user and password out"));
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(wrong("it names no host"));
        }
        let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { scheme, authority: authority.to_ascii_lowercase(), target })
    }

    /// Where a `Location` leads from here (RFC 3986 section 5.2).
    pub(super) fn joined(&self, location: &str) -> Result<Self, String> {
        let Self { scheme, authority, target } = self;
        let path = target.split('?').next().unwrap_or_default();
        let whole = match location {
            "" => return Ok(self.clone()),
            _ if location.starts_with("//") => format!("{scheme}:{location}"),
            _ if location.starts_with('/') => format!("{scheme}://{authority}{location}"),
            _ if location.starts_with('?') => format!("{scheme}://{authority}{path}{location}"),
            _ if has_scheme(location) && location.contains("://") => location.to_owned(),
            _ if has_scheme(location) => return Err(format!("a redirect leads to no page: {location}")),
            _ => {
                let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
                format!("{scheme}://{authority}{folder}{location}")
            }
        };
        Self::parse(&whole)
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &str {
        without_port(&self.authority)
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.target)
    }
}

/// Does it begin with a scheme (RFC 3986 section 3.1)?
fn has_scheme(text: &str) -> bool {
    let scheme = text.split([':', '/', '?']).next().unwrap_or_default();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text[scheme.len()..].starts_with(':')
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_word)
}

fn without_port(authority: &str) -> &str {
    let end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    &authority[..end]
}

/// Where a request goes: host (lower case, no port), path and query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub host: String,
    pub path: &'a str,
    pub query: &'a str,
}

/// Reads an address as a browser writes it; `None` when it leads to no host.
pub(super) fn place(address: &str) -> Option<Place<'_>> {
    let (scheme, rest) = address.split_once("://")?;
    if !matches!(scheme, "http" | "https" | "ws" | "wss") || address.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    let host = without_port(authority).trim_end_matches('.').to_ascii_lowercase();
    let (path, query) = rest[end..].split_once('?').unwrap_or((&rest[end..], ""));
    (!host.is_empty()).then_some(Place { host, path: if path.is_empty() { "/" } else { path }, query })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_operators_address_is_read_with_or_without_its_scheme() {
        let rows = [
            ("shop.example", "https://shop.example/"),
            ("Shop.Example/Dekk?a=1#x", "https://shop.example/Dekk?a=1"),
            ("http://127.0.0.1:8080?a", "http://127.0.0.1:8080/?a"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
        ];
        for (text, expected) in rows {
            assert_eq!(Address::parse(text).unwrap().to_string(), expected);
        }
        assert_eq!(Address::parse("http://[::1]:8080/").unwrap().host(), "[::1]");
        for text in ["", "ftp://a.example/", "https://a:b@c.example/", "blåbær.example", "https://", "a b"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_redirect_leads_where_a_browser_would_go() {
        let here = Address::parse("http://shop.example:81/dekk/sommer?a=1").unwrap();
        for (location, expected) in [
            ("https://www.shop.example/", "https://www.shop.example/"),
            ("//www.shop.example/x", "http://www.shop.example/x"),
            ("/nb?x=a:b", "http://shop.example:81/nb?x=a:b"),
            ("vinter", "http://shop.example:81/dekk/vinter"),
            ("?b", "http://shop.example:81/dekk/sommer?b"),
            ("", "http://shop.example:81/dekk/sommer?a=1"),
        ] {
            assert_eq!(here.joined(location).unwrap().to_string(), expected, "{location}");
        }
        assert!(here.joined("javascript:alert(1)").is_err());
    }

    #[test]
    fn a_requests_place_is_its_host_path_and_query() {
        let at = |host: &str, path: &'static str, query: &'static str| {
            Some(Place { host: host.into(), path, query })
        };
        assert_eq!(place("https://a.example/b?c=d#e"), at("a.example", "/b", "c=d"));
        assert_eq!(place("wss://u:p@A.example.:8443"), at("a.example", "/", ""));
        assert_eq!(place("https://a.example?x|y"), at("a.example", "/", "x|y"));
        for nowhere in ["data:text/html,x", "blob:https://a.example/1", "about:blank", "https:///x"] {
            assert_eq!(place(nowhere), None, "{nowhere}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", location in "\\PC{0,60}") {
            let _ = place(&text);
            if let Ok(address) = Address::parse(&text) {
                let _ = (address.host().to_owned(), address.joined(&location));
            }
        }
    }
}
