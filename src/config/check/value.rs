//! Texts that mean more than text: addresses, hosts, networks, time zones. Pure: what is wrong is a [`Fault`].

use std::net::{IpAddr, SocketAddr};

use jiff::tz::TimeZone;

use super::super::file::Fault;
use super::super::report::nearest;
use crate::policy::consent::Category;
use crate::proxy::networks::{Network, NetworkError};

/// Longest host name, RFC 1035 section 2.3.4.
const HOST_CHARS_MAX: usize = 253;
/// Longest name of a site: it stands in every stored row, question and metric label.
const SITE_NAME_CHARS_MAX: usize = 64;
/// Longest reserved prefix: it is compared on every request.
const PREFIX_CHARS_MAX: usize = 64;

/// Any text that says something.
pub(super) fn filled(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("nothing stands between the quotes", "write something, or leave the key out"));
    }
    Ok(text.trim().to_owned())
}

/// A path of a file or directory.
pub(super) fn path(text: &str) -> Result<std::path::PathBuf, Fault> {
    filled(text).map(std::path::PathBuf::from)
}

/// An address with port to listen on.
pub(super) fn listen(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        let reason = format!("\"{text}\" is no address to listen on");
        Fault::new(
            reason,
            "write an IP address and a port: \"127.0.0.1:8080\", \"[::1]:8080\", \"0.0.0.0:80\"",
        )
    })
}

/// The name of a site.
pub(super) fn site_name(text: &str) -> Result<String, Fault> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > SITE_NAME_CHARS_MAX || !text.bytes().all(fits) {
        let remedy = format!(
            "a name has letters a to z, digits, \".\", \"-\" and \"_\", at most {SITE_NAME_CHARS_MAX}"
        );
        return Err(Fault::new(format!("\"{text}\" is no name for a site"), remedy));
    }
    Ok(text.to_owned())
}

/// One of the site's own hosts, or `*` for all.
pub(super) fn own_host(text: &str) -> Result<String, Fault> {
    if text == "*" { Ok(text.to_owned()) } else { host_rule(text) }
}

/// A domain that a cookie may be for: one that somebody has, and not one under which anybody can have a name.
pub(super) fn cookie_domain(text: &str) -> Result<String, Fault> {
    let domain = host_rule(text)?;
    let is_address = domain.starts_with('[') || domain.parse::<IpAddr>().is_ok();
    if is_address || domain.starts_with("*.") {
        let remedy = "name the domain alone: \"shop.example\" holds for every host below it, too";
        return Err(Fault::new(format!("\"{text}\" is no domain"), remedy));
    }
    if psl::domain_str(&domain).is_none() {
        let remedy =
            "name the shop's own domain; browsers keep no cookie for one under which anybody can have a name";
        return Err(Fault::new(format!("\"{text}\" belongs to nobody"), remedy));
    }
    Ok(domain)
}

/// A country, or a part of one, as ISO 3166-2 writes it.
pub(super) fn region(text: &str) -> Result<String, Fault> {
    let is_part = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let (country, part) = text.split_once('-').map_or((text, None), |(country, part)| (country, Some(part)));
    let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    if !is_country || text == "EU" || !part.is_none_or(is_part) {
        let remedy = "write codes of ISO 3166-2, each country by itself: \"NO\", \"SE\", \"US-CA\"";
        return Err(Fault::new(format!("\"{text}\" is no country"), remedy));
    }
    Ok(text.to_owned())
}

/// A host in lower case, or `*.` and one for everything below it.
pub(super) fn host_rule(text: &str) -> Result<String, Fault> {
    let wrong = |why: &str, remedy: String| Err(Fault::new(format!("\"{text}\" {why}"), remedy));
    if text == "*" {
        return wrong("would take every host", "name the host, or set unknown_hosts = \"pass\"".to_owned());
    }
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split('/').next().unwrap_or_default();
        return wrong("is an address, not a host", format!("write the host alone: \"{host}\""));
    }
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(if address.is_ipv6() { format!("[{address}]") } else { address.to_string() });
    }
    if !text.is_ascii() {
        return wrong(
            "has letters outside a to z",
            "write the form browsers send, which begins with xn--".to_owned(),
        );
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        return wrong("has a port", format!("hosts are compared without port: write \"{host}\""));
    }
    let domain = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        !label.is_empty() && label.len() <= 63 && label.bytes().all(fits)
    };
    if domain.len() > HOST_CHARS_MAX || !domain.split('.').all(label) {
        return wrong("is no host", "write it like \"shop.example\" or \"*.shop.example\"".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// Scheme, host and optional port of the shop's own server.
pub(super) fn origin(text: &str) -> Result<http::Uri, Fault> {
    const FORM: &str = "write scheme, host and port: \"http://127.0.0.1:8081\"";
    let wrong = |why: &str| Fault::new(format!("\"{text}\" {why}"), FORM);
    let Some((scheme, _)) = text.split_once("://") else { return Err(wrong("has no scheme")) };
    if !matches!(scheme, "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    let uri: http::Uri = text.parse().map_err(|_| wrong("is no address of an origin"))?;
    let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
    if authority.host().is_empty() {
        return Err(wrong("has no host"));
    }
    if authority.as_str().contains('@') {
        return Err(wrong("has a user name; the origin is asked as the visitor asks"));
    }
    if uri.path_and_query().is_some_and(|path| path.as_str() != "/") || text.contains('#') {
        return Err(wrong("has a path; every path is passed on as it is asked for"));
    }
    if authority.as_str().len() != authority.host().len() && authority.port_u16().is_none_or(|port| port == 0)
    {
        return Err(wrong("has no port from 1 to 65535 after its host"));
    }
    Ok(uri)
}

/// A network in CIDR notation, RFC 4632 section 3.1; a single address is a network of one.
pub(super) fn network(text: &str) -> Result<Network, Fault> {
    text.parse().map_err(|error| {
        let (why, hint) = match error {
            NetworkError::Address { .. } => ("is no network".to_owned(), String::new()),
            NetworkError::Bits { limit, .. } => {
                (format!("has no length from 0 to {limit} after its slash"), String::new())
            }
            NetworkError::Beyond { network, bits, .. } => {
                let why = "is an address within a network, not a network".to_owned();
                (why, format!("did you mean \"{network}/{bits}\"?"))
            }
        };
        let remedy =
            "write an address or a network: \"10.0.0.0/8\", \"192.0.2.7\", \"2001:db8::/32\"".to_owned();
        Fault { reason: format!("\"{text}\" {why}"), hint, remedy }
    })
}

/// A time zone of the IANA database.
pub(super) fn time_zone(text: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(text).map_err(|_| {
        let names: Vec<_> = jiff::tz::db().available().collect();
        let near = nearest(text, names.iter().map(jiff::tz::TimeZoneName::as_str));
        Fault {
            reason: format!("unknown time zone \"{text}\""),
            hint: near.map(|near| format!("did you mean \"{near}\"?")).unwrap_or_default(),
            remedy: "write a name of the IANA time zone database, such as \"Europe/Oslo\" or \"UTC\""
                .to_owned(),
        }
    })
}

/// The reserved prefix: a path that no page of the shop begins with.
pub(super) fn prefix(text: &str) -> Result<String, Fault> {
    let wrong = |why: &str| {
        let remedy = "write a slash and one or more names, without a slash at the end: \"/_consentry\"";
        Err(Fault::new(format!("\"{text}\" {why}"), remedy))
    };
    let Some(names) = text.strip_prefix('/') else { return wrong("does not begin with a slash") };
    if names.is_empty() {
        return wrong("would take the whole shop");
    }
    let name = |name: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        !matches!(name, "" | "." | "..") && name.bytes().all(fits)
    };
    if text.len() > PREFIX_CHARS_MAX || !names.split('/').all(name) {
        return wrong("is no prefix");
    }
    Ok(text.to_owned())
}

/// The beginning of paths, such as `/checkout`.
pub(super) fn path_prefix(text: &str) -> Result<String, Fault> {
    if text.starts_with('/') && !text.contains(['?', '#']) {
        return Ok(text.to_owned());
    }
    let reason = format!("\"{text}\" is no beginning of a path");
    Err(Fault::new(reason, "write it as it stands in the address, from the slash: \"/checkout\""))
}

/// The path of a service worker's script, all of it.
pub(super) fn worker_path(text: &str) -> Result<String, Fault> {
    let is_sent = |byte: u8| byte.is_ascii_graphic() && !b"?#*\\".contains(&byte);
    if text.starts_with('/') && !text.ends_with('/') && text.bytes().all(is_sent) {
        return Ok(text.to_owned());
    }
    let reason = format!("\"{text}\" is no path of a service worker");
    Err(Fault::new(reason, "write all of it, as it stands in the address: \"/sw.js\""))
}

/// A page on the site or elsewhere.
pub(super) fn page(text: &str) -> Result<String, Fault> {
    // Browsers read a backslash as a slash (URL Standard, section 4.4): two of either lead to another host.
    let is_path = text.starts_with('/') && !text[1..].starts_with(['/', '\\']);
    if is_path { Ok(text.to_owned()) } else { web_address(text) }
}

/// An absolute http(s) address.
pub(super) fn web_address(text: &str) -> Result<String, Fault> {
    let uri: Option<http::Uri> = text.parse().ok();
    let is_web = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if is_web {
        return Ok(text.to_owned());
    }
    Err(Fault::new(format!("\"{text}\" is no web address"), "write all of it, from https:// on"))
}

/// An address a visitor can write to.
pub(super) fn email(text: &str) -> Result<String, Fault> {
    let parts = text.split_once('@');
    let fits =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@' || c == '<');
    if parts.is_some_and(|(name, domain)| fits(name) && fits(domain)) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        format!("\"{text}\" is no e-mail address"),
        "write one that is read, such as \"privacy@shop.example\"",
    ))
}

/// A currency, ISO 4217.
pub(super) fn currency(text: &str) -> Result<[u8; 3], Fault> {
    if let Ok(letters) = <[u8; 3]>::try_from(text.as_bytes())
        && letters.iter().all(u8::is_ascii_uppercase)
    {
        return Ok(letters);
    }
    let reason = format!("\"{text}\" is no currency");
    Err(Fault::new(reason, "write the three capital letters of ISO 4217, such as \"NOK\" or \"EUR\""))
}

/// A category's name.
pub(super) fn category(text: &str) -> Result<Category, Fault> {
    let names = Category::ALL.map(Category::name);
    Category::from_name(text).ok_or_else(|| Fault::unknown("category", text, "categories are", &names))
}

/// A language there are texts in.
pub(super) fn language(text: &str, languages: &[&str]) -> Result<String, Fault> {
    let known = languages.contains(&text);
    if known {
        Ok(text.to_owned())
    } else {
        Err(Fault::unknown("language", text, "languages are", languages))
    }
}

/// A cookie's name, RFC 6265 section 4.1.1, with a trailing `*` for every continuation.
pub(super) fn cookie_rule(text: &str) -> Result<String, Fault> {
    let name = text.strip_suffix('*').unwrap_or(text);
    if name.is_empty() && text == "*" {
        let remedy = "name the cookie, or set unknown_cookies = \"pass\"";
        return Err(Fault::new("\"*\" would take every cookie", remedy));
    }
    let separators = "()<>@,;:\\\"/[]?={} *";
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_graphic() && !separators.contains(c)) {
        let remedy = "write it like \"cart\", or \"cart_*\" for every name that begins so";
        return Err(Fault::new(format!("\"{text}\" is no name of a cookie"), remedy));
    }
    Ok(text.to_owned())
}

/// The name of a query parameter, with a trailing `*` for every continuation.
pub(super) fn parameter_rule(text: &str) -> Result<String, Fault> {
    let name = text.strip_suffix('*').unwrap_or(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~[]".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        let remedy = "write the bare name, like \"gclid\", or \"aff_*\" for every name that begins so";
        return Err(Fault::new(format!("\"{text}\" is no name of a query parameter"), remedy));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn host_is_lowered_and_an_address_takes_its_written_form() {
        assert_eq!(host_rule("Shop.Example"), Ok("shop.example".to_owned()));
        assert_eq!(host_rule("*.Shop.example"), Ok("*.shop.example".to_owned()));
        assert_eq!(host_rule("0::1"), Ok("[::1]".to_owned()));
        assert_eq!(host_rule("[::1]"), Ok("[::1]".to_owned()));
        assert_eq!(own_host("*"), Ok("*".to_owned()));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*",
            "a b",
            "shop.example:80",
            "http://shop.example",
            "a..b",
            "blåbær.no",
            "*.",
            "a.*.b",
            "-/",
        ] {
            assert!(host_rule(text).is_err(), "{text}");
        }
    }

    #[test]
    fn origin_has_scheme_host_and_port_only() {
        for text in ["http://127.0.0.1:8081", "https://origin.example", "http://[::1]:80/"] {
            assert!(origin(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "origin.example",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://u:p@a",
            "http://a:99999",
            "http://a:",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn network_is_told_from_an_address_within_it() {
        assert!(network("10.0.0.0/8").is_ok() && network("::1").is_ok());
        assert_eq!(network("10.1.0.0/8").unwrap_err().hint, "did you mean \"10.0.0.0/8\"?");
        assert!(network("proxy.example").is_err());
    }

    #[test]
    fn prefix_takes_no_page_of_the_shop() {
        for text in ["/_consentry", "/a/b"] {
            assert_eq!(prefix(text), Ok(text.to_owned()));
        }
        for text in ["", "/", "consent", "/a/", "/a//b", "/a/../b", "/a?b", "/a b", "/æ"] {
            assert!(prefix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn page_is_on_this_site_or_a_whole_address() {
        assert!(page("/personvern").is_ok() && page("https://shop.example/p").is_ok());
        for text in ["", "personvern", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https://"]
        {
            assert!(page(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,40}|[a-z0-9:/.@*\\[\\]]{0,40}") {
            let _ = (host_rule(&text), origin(&text), network(&text), listen(&text), prefix(&text), time_zone(&text));
            let _ = (page(&text), worker_path(&text), email(&text), cookie_rule(&text), parameter_rule(&text));
            let _ = (currency(&text), site_name(&text));
        }
    }
}
