//! Who may keep an answer, and for how long.
//!
//! | answer | a browser | a cache for many |
//! |---|---|---|
//! | HTML of any kind, documents in XML, workers' scripts | asks again each time ([`for_this_view`]) | keeps nothing |
//! | with cookies or fields that depend on the consent | as long as the origin says ([`for_one_visitor`]) | keeps nothing |
//! | all else | as the origin says | as the origin says |
//!
//! `private` and not `Vary: Cookie` keeps caches for many away: most of those ignore `Vary`, and to the others no two
//! visitors' cookies are alike. What all else carries is therefore the same for every visitor: its fields are judged as
//! if nobody had agreed to anything. HTML that a script fetches counts as a page: a browser has one cache for both, and a
//! navigation must not show what was fetched as a part.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Fields by which caches for many are told what `Cache-Control` does not say, beside all that end in
/// [`TARGETED`].
const FOR_MANY: [HeaderName; 3] = [
    HeaderName::from_static("surrogate-control"),
    HeaderName::from_static("x-accel-expires"),
    HeaderName::from_static("edge-control"),
];

/// How the names of fields end that are for some caches only, such as `CDN-Cache-Control` (RFC 9213 section 2.1).
const TARGETED: &str = "-cache-control";

/// What confirms a copy, or a part of one.
const VALIDATORS: [HeaderName; 3] = [header::ETAG, header::LAST_MODIFIED, header::ACCEPT_RANGES];

/// The answer is for this visitor in this state of consent: no cache may keep it for somebody else, and the browser asks
/// again each time.
pub(super) fn for_this_view(headers: &mut HeaderMap) {
    let is_never_kept = directives(headers).any(|directive| directive.eq_ignore_ascii_case(b"no-store"));
    let control = if is_never_kept { "private, no-store" } else { "private, no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    headers.remove(header::EXPIRES);
    headers.remove(header::AGE);
    remove_for_many(headers);
    headers.append(header::VARY, HeaderValue::from_static("Cookie"));
}

/// The answer is for this visitor; the browser may keep it as long as the origin says.
pub(super) fn for_one_visitor(headers: &mut HeaderMap) {
    let mut control = Vec::new();
    for directive in directives(headers) {
        let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        let is_replaced = [&b"public"[..], b"private", b"s-maxage", b"proxy-revalidate"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if !is_replaced {
            control.extend_from_slice(directive);
            control.extend_from_slice(b", ");
        }
    }
    control.extend_from_slice(b"private");
    // Made of header values; should it not be one, nothing is kept.
    let control = HeaderValue::from_bytes(&control).unwrap_or(HeaderValue::from_static("no-store"));
    headers.insert(header::CACHE_CONTROL, control);
    remove_for_many(headers);
}

/// Does the origin let any cache keep this answer, for anybody? In doubt it does not: what may not be stored, or must be
/// asked about each time, what sets a cookie and what depends on one is for one visitor (RFC 9111 section 3). `public` with
/// no time at all must be asked about each time: so single-page shops send the one file that stands behind every address.
pub(super) fn is_for_everybody(headers: &HeaderMap) -> bool {
    let is_named = |names: &[&str], name: &[u8]| {
        names.iter().any(|known| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes()))
    };
    let (mut is_public, mut time, mut time_for_many) = (false, None, None);
    for directive in directives(headers) {
        let (name, value) = directive.split_at(memchr::memchr(b'=', directive).unwrap_or(directive.len()));
        if is_named(&["private", "no-store", "no-cache"], name) {
            return false;
        }
        is_public |= is_named(&["public"], name);
        if is_named(&["max-age"], name) {
            time = Some(seconds(value).min(time.unwrap_or(u64::MAX)));
        } else if is_named(&["s-maxage"], name) {
            time_for_many = Some(seconds(value).min(time_for_many.unwrap_or(u64::MAX)));
        }
    }
    let is_open = time_for_many.or(time).map_or(is_public, |seconds| seconds > 0);
    let must_ask =
        headers.get_all(header::PRAGMA).iter().any(|line| is_named(&["no-cache"], line.as_bytes()));
    let depends = |line: &HeaderValue| {
        line.as_bytes()
            .split(|byte| *byte == b',')
            .any(|name| is_named(&["*", "cookie", "authorization"], name))
    };
    is_open
        && !must_ask
        && !headers.contains_key(header::SET_COOKIE)
        && !headers.get_all(header::VARY).iter().any(depends)
}

/// The seconds of `=60` or `="60"`; 0 when it is no whole number. More than fits is as long as can be (RFC 9111, 1.2.2).
fn seconds(value: &[u8]) -> u64 {
    let value = value.strip_prefix(b"=").unwrap_or_default().trim_ascii();
    let digits = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    let digit = |seconds: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(seconds.saturating_mul(10).saturating_add(digit))
    };
    digits.iter().try_fold(0, digit).unwrap_or_default()
}

/// The copy that a cache has of this cannot be confirmed: it is to be sent again.
pub(super) fn unconfirmed(headers: &mut HeaderMap) {
    for name in &VALIDATORS {
        headers.remove(name);
    }
}

fn remove_for_many(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().ends_with(TARGETED)).cloned().collect();
    for name in named.iter().chain(&FOR_MANY) {
        headers.remove(name);
    }
}

/// What stands between the commas of every `Cache-Control`, those in quotes left out.
fn directives(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(header::CACHE_CONTROL).iter().flat_map(|line| {
        let mut is_quoted = false;
        let directives = line.as_bytes().split(move |byte| {
            is_quoted ^= *byte == b'"';
            *byte == b',' && !is_quoted
        });
        directives.map(<[u8]>::trim_ascii).filter(|directive| !directive.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    fn control(headers: &HeaderMap) -> Vec<&str> {
        headers.get_all(header::CACHE_CONTROL).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn a_page_is_kept_by_no_cache_for_many() {
        for (origins, expected) in [
            (&[][..], "private, no-cache"),
            (&["public, max-age=600, s-maxage=3600"], "private, no-cache"),
            (&["max-age=60", "No-Store"], "private, no-store"),
            (&["private=\"x, no-store\""], "private, no-cache"),
        ] {
            let mut headers: HeaderMap = head(&[
                ("expires", "Thu, 01 Jan 2026 00:00:00 GMT"),
                ("age", "60"),
                ("cdn-cache-control", "max-age=600"),
                ("cloudflare-cdn-cache-control", "max-age=600"),
                ("surrogate-control", "max-age=600"),
                ("x-accel-expires", "600"),
                ("vary", "Accept"),
            ]);
            for line in origins {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(line));
            }
            for_this_view(&mut headers);
            assert_eq!(control(&headers), [expected]);
            let vary: Vec<_> = headers.get_all(header::VARY).iter().collect();
            assert_eq!(vary, ["Accept", "Cookie"]);
            assert_eq!(headers.len(), 3, "{headers:?}");
        }
    }

    #[test]
    fn only_what_any_cache_may_keep_is_for_everybody() {
        for (fields, expected) in [
            (&[("cache-control", "public")][..], true),
            (&[("cache-control", "max-age=600")], true),
            (&[("cache-control", "max-age=0, S-MaxAge=60")], true),
            (&[("cache-control", "public, max-age=600"), ("vary", "Accept-Encoding")], true),
            (&[], false),
            (&[("cache-control", "max-age=\"60\"")], true),
            (&[("cache-control", "max-age=99999999999999999999")], true),
            (&[("cache-control", "max-age=0")], false),
            (&[("cache-control", "max-age=00")], false),
            (&[("cache-control", "max-age=-1")], false),
            (&[("cache-control", "max-age")], false),
            (&[("cache-control", "max-age=600, s-maxage=0")], false),
            (&[("cache-control", "public, max-age=0")], false),
            (&[("cache-control", "public, max-age=0, must-revalidate")], false),
            (&[("cache-control", "public, max-age=600"), ("pragma", "no-cache")], false),
            (&[("cache-control", "must-revalidate")], false),
            (&[("cache-control", "public"), ("cache-control", "No-Store")], false),
            (&[("cache-control", "private, max-age=600")], false),
            (&[("cache-control", "private=\"x\", public")], false),
            (&[("cache-control", "public, no-cache")], false),
            (&[("cache-control", "public"), ("set-cookie", "a=1")], false),
            (&[("cache-control", "public"), ("vary", "Accept, Cookie")], false),
            (&[("cache-control", "public"), ("vary", "*")], false),
            (&[("expires", "Thu, 01 Jan 2099 00:00:00 GMT")], false),
        ] {
            assert_eq!(is_for_everybody(&head(fields)), expected, "{fields:?}");
        }
    }

    #[test]
    fn what_depends_on_the_visitor_is_kept_by_the_visitors_browser_only() {
        for (origins, expected) in [
            (&[][..], "private"),
            (&["public, max-age=600, s-maxage=3600, immutable"], "max-age=600, immutable, private"),
            (&["Public", "S-MaxAge=1 , max-age=2"], "max-age=2, private"),
            (&["no-cache=\"a, public\""], "no-cache=\"a, public\", private"),
            (&["no-store"], "no-store, private"),
        ] {
            let mut headers = head(&[("surrogate-control", "max-age=600"), ("etag", "\"1\"")]);
            for line in origins {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(line));
            }
            for_one_visitor(&mut headers);
            assert_eq!(control(&headers), [expected]);
            assert!(headers.contains_key(header::ETAG) && !headers.contains_key("surrogate-control"));
        }
    }
}
