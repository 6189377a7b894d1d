//! The `Set-Cookie` values that remove what an answer no longer covers.
//!
//! A browser tells the name of a cookie, not the domain and path it was set with, and removes only what matches
//! all three (RFC 6265 section 5.3). So the likely combinations are tried, the likeliest first, up to a limit.

use std::net::IpAddr;

use http::HeaderValue;

use super::{is_ours, judged_name, pairs};
use crate::policy::consent::Consent;
use crate::policy::{Allowed, Page, Policy, bytes_match};

/// Most values made for one answer. About 10 KiB of header; what is left is removed by the next call, since it
/// comes back with the next request.
const WITHDRAWALS_MAX: usize = 128;
/// The same for a page: about 2 KiB of header.
const LEFTOVERS_MAX: usize = 32;
/// Most cookies looked at in one request. RFC 6265 section 6.1 asks browsers to keep 50 a domain; some keep 180.
const COOKIES_MAX: usize = 256;
/// Longest cookie name removed. Unit: bytes.
const NAME_BYTES_MAX: usize = 256;
/// Most path segments of the page that are tried.
const PATH_DEPTH_MAX: usize = 4;
/// Most labels of the host above its registrable domain that are tried.
const DOMAIN_DEPTH_MAX: usize = 4;

/// How the visitor reached the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Encrypted: only here can `Secure` and partitioned cookies be removed.
    Https,
}

/// One way in which a cookie may have been set.
struct Variant<'a> {
    domain: Option<&'a str>,
    path: &'a str,
    is_partitioned: bool,
}

impl Policy {
    /// `Set-Cookie` values that remove every cookie of these `Cookie` lines that `after` does not cover, wherever
    /// on the site it would be open, and whether or not it was before. `page` is the page the visitor came from
    /// and returns to: its host and the host's parents up to the registrable domain are tried, with path `/` and
    /// the page's own paths. The consent cookie is left to the caller.
    pub fn withdrawals<'h>(
        &self,
        after: &Consent,
        page: Page<'_>,
        scheme: Scheme,
        cookie_lines: impl Iterator<Item = &'h [u8]>,
    ) -> Vec<HeaderValue> {
        let names = names(cookie_lines, |name| !self.may_stay(after, page.path, name));
        removed(&names, page.host, &paths(page.path), scheme, WITHDRAWALS_MAX)
    }

    /// `Set-Cookie` values that remove the cookies of known trackers of these `Cookie` lines that `consent` does not grant:
    /// what was there before the gateway was, or came past it. From path `/`, where trackers set them, of the host and its
    /// parents. What nobody knows may be the shop's own, and stays until the visitor answers.
    pub fn leftovers<'h>(
        &self,
        consent: &Consent,
        page: Page<'_>,
        scheme: Scheme,
        cookie_lines: impl Iterator<Item = &'h [u8]>,
    ) -> Vec<HeaderValue> {
        let is_leftover = |name: &[u8]| {
            self.catalog.cookie_bytes(name).is_some() && !self.may_stay(consent, page.path, name)
        };
        removed(&names(cookie_lines, is_leftover), page.host, &["/"], scheme, LEFTOVERS_MAX)
    }

    /// A cookie that an operator vouches for on other pages is not removed on this one.
    fn may_stay(&self, consent: &Consent, page_path: &str, name: &[u8]) -> bool {
        let is_vouched = |allow: &crate::policy::Allow| {
            let is_granted = consent.categories().contains(allow.category);
            is_granted && matches!(&allow.what, Allowed::Cookie(rule) if bytes_match(rule, name))
        };
        is_ours(name)
            || self.cookie_bytes_are_open(consent, page_path, name)
            || self.settings.allow.iter().any(is_vouched)
    }
}

/// The names of these `Cookie` lines that are to go, as they stand there, each once.
fn names<'h>(lines: impl Iterator<Item = &'h [u8]>, goes: impl Fn(&[u8]) -> bool) -> Vec<&'h [u8]> {
    let mut names: Vec<&[u8]> = Vec::new();
    for pair in lines.flat_map(pairs).take(COOKIES_MAX) {
        let name = match memchr::memchr(b'=', pair) {
            Some(end) => pair[..end].trim_ascii_end(),
            None => b"",
        };
        if name.len() <= NAME_BYTES_MAX && goes(judged_name(pair)) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// At most `max` values that remove these names.
fn removed(names: &[&[u8]], host: &str, paths: &[&str], scheme: Scheme, max: usize) -> Vec<HeaderValue> {
    if names.is_empty() {
        return Vec::new();
    }
    let domains = domains(host);
    let values = variants(&domains, paths, scheme)
        .flat_map(|variant| names.iter().filter_map(move |name| expired(name, &variant, scheme)));
    values.take(max).collect()
}

/// `Set-Cookie` values that remove a cookie of ours from wherever on the site it may be, but for the one on path `/` of
/// the domain `kept`, or of the host alone without one.
pub fn strays(name: &str, page: Page<'_>, scheme: Scheme, kept: Option<&str>) -> Vec<HeaderValue> {
    let (domains, paths) = (domains(page.host), paths(page.path));
    let is_stray =
        |variant: &Variant<'_>| !variant.is_partitioned && (variant.path != "/" || variant.domain != kept);
    let variants = variants(&domains, &paths, scheme).filter(is_stray);
    variants.filter_map(|variant| expired(name.as_bytes(), &variant, scheme)).take(WITHDRAWALS_MAX).collect()
}

/// Every way in which a cookie may have been set, the likeliest first: on the root path, on the host or its
/// registrable domain, and not partitioned.
fn variants<'a>(
    domains: &'a [Option<&'a str>],
    paths: &'a [&'a str],
    scheme: Scheme,
) -> impl Iterator<Item = Variant<'a>> {
    let partitions: &[bool] = if scheme == Scheme::Https { &[false, true] } else { &[false] };
    let by_path = move |paths: &'a [&'a str]| {
        partitions.iter().flat_map(move |partitioned| {
            paths.iter().flat_map(move |path| {
                domains.iter().map(move |domain| Variant {
                    domain: *domain,
                    path,
                    is_partitioned: *partitioned,
                })
            })
        })
    };
    by_path(&paths[..1]).chain(by_path(&paths[1..]))
}

/// No domain (a cookie of this host alone), then the registrable domain, then what stands between it and the host.
fn domains(host: &str) -> Vec<Option<&str>> {
    let mut domains = vec![None];
    let is_address = host.parse::<IpAddr>().is_ok() || host.contains(':');
    let Some(registrable) = psl::domain_str(host).filter(|_| !is_address) else {
        return domains;
    };
    domains.push(Some(registrable));
    let mut below = host;
    while below.len() > registrable.len() && domains.len() < DOMAIN_DEPTH_MAX {
        domains.push(Some(below));
        below = below.split_once('.').map_or("", |(_, rest)| rest);
    }
    domains
}

/// `/`, then the page's paths from the top, each without and with a slash at its end.
fn paths(path: &str) -> Vec<&str> {
    let mut paths = vec!["/"];
    // A `;` would end the attribute; such a path cannot be named in one, so no cookie was set with it either.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b';';
    if !path.starts_with('/') || !path.bytes().all(is_plain) {
        return paths;
    }
    let slashes = path.match_indices('/').map(|(index, _)| index).skip(1);
    for end in slashes.take(PATH_DEPTH_MAX) {
        paths.extend([&path[..end], &path[..=end]]);
    }
    if !path.ends_with('/') && paths.len() <= 2 * PATH_DEPTH_MAX {
        paths.push(path);
    }
    paths
}

/// `None` for what no browser would heed: a prefixed name with an attribute it forbids, or bytes no header has.
fn expired(name: &[u8], variant: &Variant<'_>, scheme: Scheme) -> Option<HeaderValue> {
    let is_host_bound = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"__host-"));
    if is_host_bound && (variant.domain.is_some() || variant.path != "/") {
        return None;
    }
    let mut text = Vec::with_capacity(name.len() + 80);
    text.extend_from_slice(name);
    // Browsers refuse a cookie with neither name nor value.
    text.extend_from_slice(if name.is_empty() { b"=x" } else { b"=" });
    text.extend_from_slice(b"; Max-Age=0; Path=");
    text.extend_from_slice(variant.path.as_bytes());
    if let Some(domain) = variant.domain {
        text.extend_from_slice(b"; Domain=");
        text.extend_from_slice(domain.as_bytes());
    }
    if scheme == Scheme::Https {
        text.extend_from_slice(b"; Secure");
    }
    if variant.is_partitioned {
        text.extend_from_slice(b"; Partitioned");
    }
    HeaderValue::from_bytes(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Category::{self, Necessary, Statistics};
    use crate::policy::samples::{FRONT, allow, of, plain, policy, settings};
    use crate::policy::{Policy, Settings};

    const DEEP: Page<'static> = Page { host: "www.shop.example", path: "/dekk/sommer/" };

    fn gone(policy: &Policy, after: &Consent, page: Page<'_>, scheme: Scheme, line: &[u8]) -> Vec<String> {
        let values = policy.withdrawals(after, page, scheme, std::iter::once(line));
        values.iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_withdrawn_cookie_is_removed_on_the_host_its_domain_and_the_pages_paths() {
        let values = gone(plain(), &Consent::none(), DEEP, Scheme::Http, b"_ga=1; PHPSESSID=2");
        assert_eq!(
            values[..3],
            [
                "_ga=; Max-Age=0; Path=/",
                "_ga=; Max-Age=0; Path=/; Domain=shop.example",
                "_ga=; Max-Age=0; Path=/; Domain=www.shop.example",
            ]
        );
        for path in ["/dekk", "/dekk/", "/dekk/sommer", "/dekk/sommer/"] {
            let text = format!("_ga=; Max-Age=0; Path={path}; Domain=shop.example");
            assert!(values.contains(&text), "{text}");
        }
        assert!(values.iter().all(|value| value.starts_with("_ga=;")));
    }

    #[test]
    fn leftovers_are_the_cookies_of_known_trackers_at_the_root() {
        let left = |consent: &Consent, line: &[u8]| {
            let values = plain().leftovers(consent, DEEP, Scheme::Http, std::iter::once(line));
            values.iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let line = b"_ga=1; mystery=2; PHPSESSID=3; consentry=x";
        assert_eq!(
            left(&Consent::none(), line),
            [
                "_ga=; Max-Age=0; Path=/",
                "_ga=; Max-Age=0; Path=/; Domain=shop.example",
                "_ga=; Max-Age=0; Path=/; Domain=www.shop.example",
            ]
        );
        assert!(left(&of(&[Statistics]), line).is_empty());
        let many = (0..300).map(|n| format!("_ga_{n}=1")).collect::<Vec<_>>().join("; ");
        assert_eq!(left(&Consent::none(), many.as_bytes()).len(), LEFTOVERS_MAX);
    }

    #[test]
    fn what_is_still_covered_stays() {
        let policy = plain();
        let line = b"_ga=1; cart=2; consentry=x";
        assert!(gone(policy, &of(&[Statistics]), FRONT, Scheme::Http, line).is_empty());
        assert!(gone(policy, &of(&Category::ALL), FRONT, Scheme::Http, b"mystery=1").is_empty());
    }

    #[test]
    fn secure_and_partitioned_cookies_are_removed_where_they_can_be() {
        let values = gone(plain(), &Consent::none(), FRONT, Scheme::Https, b"_ga=1");
        assert!(values.iter().all(|value| value.contains("; Secure")));
        assert!(
            values.contains(&"_ga=; Max-Age=0; Path=/; Domain=shop.example; Secure; Partitioned".to_owned())
        );
        let values = gone(plain(), &Consent::none(), FRONT, Scheme::Http, b"_ga=1");
        assert!(!values.iter().any(|value| value.contains("Secure") || value.contains("Partitioned")));
    }

    #[test]
    fn a_host_bound_name_is_removed_without_domain() {
        let values = gone(plain(), &Consent::none(), DEEP, Scheme::Https, b"__Host-x=1");
        assert_eq!(
            values,
            ["__Host-x=; Max-Age=0; Path=/; Secure", "__Host-x=; Max-Age=0; Path=/; Secure; Partitioned"]
        );
    }

    #[test]
    fn strays_of_a_name_are_removed_and_the_one_kept_is_not() {
        let lines = |kept| {
            let values = strays("consentry", Page { path: "/a", ..DEEP }, Scheme::Http, kept);
            values.iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (host, domain) =
            ("consentry=; Max-Age=0; Path=/", "consentry=; Max-Age=0; Path=/; Domain=shop.example");
        let of_host = lines(None);
        assert!(of_host.iter().any(|line| line == domain) && !of_host.iter().any(|line| line == host));
        let of_domain = lines(Some("shop.example"));
        assert!(of_domain.iter().any(|line| line == host) && !of_domain.iter().any(|line| line == domain));
        assert!(of_domain.iter().any(|line| line.ends_with("Path=/a; Domain=shop.example")));
    }

    #[test]
    fn addresses_and_public_suffixes_get_no_domain() {
        for host in ["127.0.0.1", "localhost", "co.uk", "[::1]"] {
            assert_eq!(domains(host), [None], "{host}");
        }
        assert_eq!(domains("a.b.shop.co.uk")[1], Some("shop.co.uk"));
    }

    #[test]
    fn a_cookie_vouched_for_elsewhere_is_not_removed_here() {
        let allow = vec![allow(Allowed::Cookie("sort".into()), Necessary, &["/dekk"])];
        let policy = policy(Settings { allow, ..settings() });
        assert!(gone(&policy, &Consent::none(), FRONT, Scheme::Http, b"sort=1").is_empty());
    }

    #[test]
    fn the_likeliest_come_first_and_the_count_is_bounded() {
        let line = (0..300).map(|n| format!("x{n}=1")).collect::<Vec<_>>().join("; ");
        let values = gone(plain(), &Consent::none(), DEEP, Scheme::Https, line.as_bytes());
        assert_eq!(values.len(), WITHDRAWALS_MAX);
        let line = (0..30).map(|n| format!("x{n}=1")).collect::<Vec<_>>().join("; ");
        let values = gone(plain(), &Consent::none(), DEEP, Scheme::Https, line.as_bytes());
        let roots = values.iter().filter(|value| value.contains("; Path=/; Domain=shop.example"));
        assert!(roots.count() >= 30);
        assert!(paths(&"/a".repeat(500)).len() <= 2 * PATH_DEPTH_MAX + 1);
    }

    #[test]
    fn odd_names_and_paths_make_no_odd_header() {
        let policy = plain();
        let page = Page { path: "/a;b\r\n/c", ..FRONT };
        for value in
            policy.withdrawals(&Consent::none(), page, Scheme::Http, std::iter::once(&b"\xe6=1; =b; z"[..]))
        {
            let text = value.as_bytes();
            assert!(text.starts_with(b"\xe6=;") || text.starts_with(b"=x;"));
            assert!(text.windows(7).any(|part| part == b"Path=/;" || part == b" Path=/"));
        }
    }
}
