//! Our own entity tags for what the gateway makes of the origin's pages, so that a browser that has a page need not be
//! sent it again.
//!
//! A request for a document goes to the origin without its conditions, and is answered whole. When the answer has a
//! validator, ours has `ETag: W/"…"`: a keyed hash of the origin's validator and of all that our page depends on. When
//! the browser named that tag, the page is what it has: the answer is 304 and the body is dropped. Nothing is kept here.
//!
//! - It saves the visitor's bytes and the browser's work, not the origin's. To save that, the origin's own tag would have
//!   to come back from the browser, and then the origin could tell every visitor by a tag of their own, without any
//!   cookie; and it would confirm pages that were made for another consent.
//! - The key comes from the key that consents are sealed with: gateways that share it, and one gateway before and after
//!   a restart, give the same tags, and nobody else can tell what a tag stands for. It is bound to the site and its
//!   rules, so that a reload that changes one of them changes every tag.
//! - The tags are weak (RFC 9110 section 8.8.1): they say that a page means the same, and serve no ranges.
//!   `If-Modified-Since` without a tag is not heeded: a date knows nothing of consent.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header, response};
use zeroize::Zeroizing;

use super::site::Mode;
use crate::banner::Banner;
use crate::policy::Policy;
use crate::policy::catalog::Tracker;
use crate::policy::consent::Consent;
use crate::policy::seal::Seal;
use crate::proxy::Body;

/// What the key is for, so that it never meets another made of the same.
const PURPOSE: &str = "consentry 1 entity tags of pages";

/// The length of a tag within its quotes. Unit: hexadecimal digits. 64 bits: a tag is compared with the few that a
/// browser has of one address.
const TAG_DIGITS: usize = 16;

/// What a 304 does not carry: it describes no body (RFC 9110 section 15.4.5).
const OF_THE_BODY: [header::HeaderName; 3] =
    [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE];

/// Makes the tags of one site.
pub struct Validator {
    key: Zeroizing<[u8; 32]>,
}

/// One tag. Two are equal when what they stand for is.
pub(super) struct Tag([u8; TAG_DIGITS + 4]);

impl Validator {
    /// For a site with these rules and texts.
    pub fn of(seal: &Seal, mode: Mode, policy: &Policy, banner: &Banner) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&seal.derived(PURPOSE));
        let mut rules = Hashing(&mut hasher);
        // Writing into a hash cannot fail.
        let _ = write!(rules, "{}|{mode:?}|{:?}|", env!("CARGO_PKG_VERSION"), policy.settings());
        for tracker in policy.catalog().trackers() {
            let mut purpose: Vec<_> = tracker.purpose.iter().collect();
            purpose.sort_unstable();
            // A map has no order of its own.
            let rest = Tracker { purpose: HashMap::new(), ..tracker.clone() };
            let _ = write!(rules, "{rest:?}|{purpose:?}|");
        }
        for language in 0..banner.languages() {
            let _ = write!(rules, "{}|{}|", banner.language_tag(language), banner.texts_hash(language));
        }
        Self { key: Zeroizing::new(*hasher.finalize().as_bytes()) }
    }

    /// The tag of an answer with this head, of which `parts` is all else that it depends on. `None` when the origin's
    /// answer has no validator, or is no 200: then nobody can say whether it has changed.
    pub(super) fn tag(&self, origin: &response::Parts, parts: &[&[u8]]) -> Option<Tag> {
        let headers = &origin.headers;
        let is_told = headers.contains_key(header::ETAG) || headers.contains_key(header::LAST_MODIFIED);
        if !is_told || origin.status != StatusCode::OK {
            return None;
        }
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        };
        for name in [
            header::ETAG,
            header::LAST_MODIFIED,
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_SECURITY_POLICY,
        ] {
            let mut lines = 0_u8;
            for line in headers.get_all(name) {
                add(line.as_bytes());
                lines = lines.saturating_add(1);
            }
            add(&[lines]);
        }
        for part in parts {
            add(part);
        }
        Some(Tag::new(hasher.finalize().as_bytes()))
    }
}

impl Tag {
    fn new(hash: &[u8; 32]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"W/\"0000000000000000\"";
        for (pair, byte) in text[3..].chunks_exact_mut(2).zip(&hash[..TAG_DIGITS / 2]) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(text)
    }

    /// As the browser gets it.
    pub(super) fn value(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("digits and quotes are a header value")
    }

    /// Is it named in one of these `If-None-Match`? The comparison is the weak one (RFC 9110 section 13.1.2): whether
    /// `W/` stands before the quotes makes no difference. No tag holds a quote, so one between quotes is a whole one.
    pub(super) fn is_named(&self, known: &[HeaderValue]) -> bool {
        known.iter().any(|line| memchr::memmem::find(line.as_bytes(), &self.0[2..]).is_some())
    }
}

/// What of a consent a page depends on: not the day of the answer, and not the receipt.
pub(super) fn of_consent(consent: &Consent) -> Vec<u8> {
    let state = u8::try_from(consent.categories().state()).unwrap_or(u8::MAX);
    let mut bytes = vec![state, u8::from(consent.is_asked()), u8::from(consent.is_before_answer())];
    for tracker in consent.trackers().iter() {
        bytes.extend_from_slice(&tracker.index().to_le_bytes());
    }
    bytes
}

/// The tags that a browser names in its request.
pub(super) fn known(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()
}

/// Is the origin's `tag` one of these? The comparison is the weak one. A tag without quotes is none, and named when it stands
/// alone.
pub(super) fn is_named(tag: &HeaderValue, known: &[HeaderValue]) -> bool {
    let tag = tag.as_bytes();
    let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
    let is_quoted = opaque.len() > 2
        && opaque.starts_with(b"\"")
        && memchr::memchr(b'"', &opaque[1..]) == Some(opaque.len() - 2)
        // So may begin what stands between two tags.
        && opaque[1] != b',';
    let is_it = |line: &HeaderValue| {
        line.as_bytes() == tag || (is_quoted && memchr::memmem::find(line.as_bytes(), opaque).is_some())
    };
    known.iter().any(is_it)
}

/// The answer to a browser that has the page: its head without its body.
pub(super) fn confirmed(mut head: response::Parts, body: Body) -> Response<Body> {
    body.discard();
    head.status = StatusCode::NOT_MODIFIED;
    for name in &OF_THE_BODY {
        head.headers.remove(name);
    }
    Response::from_parts(head, Body::Empty)
}

struct Hashing<'a>(&'a mut blake3::Hasher);

impl fmt::Write for Hashing<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origins_tag_is_named_where_it_stands_whole() {
        for (tag, known, expected) in [
            ("\"v1\"", "\"v1\"", true),
            ("\"v1\"", "W/\"v1\"", true),
            ("W/\"v1\"", "\"v0\", \"v1\",\"v2\"", true),
            ("\"v1\"", "\"v1-gzip\"", false),
            ("\"v1\"", "\"xv1\"", false),
            ("\"v1\"", "v1", false),
            ("v1", "v1", true),
            ("v1", "\"v1\"", false),
            ("v1", "v1, v2", false),
            ("\"\"", "\"a\",\"\"", false),
            ("\",\"", "\"a\",\"b\"", false),
            ("\",W/\"", "\"a\",W/\"b\"", false),
            ("\"", "\"a\"", false),
            ("\"a\"b\"", "\"a\"b\"", true),
        ] {
            let known = [HeaderValue::from_static("\"z\""), HeaderValue::from_static(known)];
            assert_eq!(is_named(&HeaderValue::from_static(tag), &known), expected, "{tag} {known:?}");
        }
    }
}
