//! Who the visitor is, when others stand between; and how the origin is told.
//!
//! What a visitor writes about itself is never believed. Only a peer inside the operator's `trusted_proxies` may
//! say for whom it speaks; then its words are kept and added to.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue};

use super::networks::Networks;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// RFC 7239 section 6.2.
const UNKNOWN: HeaderValue = HeaderValue::from_static("unknown");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const HTTPS: HeaderValue = HeaderValue::from_static("https");

/// Names by which origins are told of earlier hops, beside those starting with `x-forwarded-`.
const OTHER_CLAIMS: [HeaderName; 2] =
    [HeaderName::from_static("x-real-ip"), HeaderName::from_static("front-end-https")];

/// Most hops followed back. More than any real chain; a longer one is not believed beyond.
const HOPS_MAX: usize = 32;

/// The visitor, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The nearest address that no trusted proxy has.
    pub address: IpAddr,
    /// Whether the visitor's own connection is encrypted.
    pub is_https: bool,
}

/// Finds the visitor behind `peer`. `is_https` says whether our own connection to the peer is encrypted.
///
/// `X-Forwarded-For` and `-Proto` are read before `Forwarded` (RFC 7239): far more proxies write them, and one that
/// writes them often passes a visitor's `Forwarded` on unread.
pub fn client(peer: IpAddr, is_https: bool, headers: &HeaderMap, trusted: &Networks) -> Client {
    let peer = peer.to_canonical();
    if !trusted.contains(peer) {
        return Client { address: peer, is_https };
    }
    let mut address = peer;
    for hop in hops(headers).into_iter().rev() {
        let Some(hop) = hop else { break };
        address = hop;
        if !trusted.contains(hop) {
            break;
        }
    }
    Client { address, is_https: claimed_https(headers).unwrap_or(is_https) }
}

/// Our own place in the chain for one connection: what every request on it is told, written once.
#[derive(Debug)]
pub struct Hop {
    peer: IpAddr,
    is_https: bool,
    address: HeaderValue,
    /// The last host, and the `Forwarded` element for it: a connection seldom sees two. The host is a copy: what a request
    /// brought shares one buffer, and the whole of it would stay as long as the connection.
    element: RefCell<Option<(Box<[u8]>, HeaderValue)>>,
}

impl Hop {
    /// The hop from `peer` to us. `is_https` says whether this connection is encrypted.
    pub fn new(peer: IpAddr, is_https: bool) -> Self {
        let peer = peer.to_canonical();
        Self { peer, is_https, address: text_value(&peer.to_string()), element: RefCell::new(None) }
    }

    /// The visitor behind this hop.
    pub fn client(&self, headers: &HeaderMap, trusted: &Networks) -> Client {
        client(self.peer, self.is_https, headers, trusted)
    }

    /// Writes `X-Forwarded-For`, `-Proto`, `-Host` and `Forwarded`. What a trusted peer said is kept and added to;
    /// what anybody else said is replaced, and so are the other fields origins are known to read an address from.
    /// Call it after [`check`](super::headers::check), which settles `Host`.
    pub fn write(&self, headers: &mut HeaderMap, trusted: &Networks) {
        let element = self.element_for(headers.get(HOST));
        if trusted.contains(self.peer) {
            self.add_to_chain(headers, &element);
        } else {
            remove_claims(headers);
            headers.insert(FOR, self.address.clone());
            headers.insert(FORWARDED, element);
        }
        if !headers.contains_key(PROTO) {
            headers.insert(PROTO, if self.is_https { HTTPS } else { HTTP });
        }
        if !headers.contains_key(FORWARDED_HOST)
            && let Some(host) = headers.get(HOST).cloned()
        {
            headers.insert(FORWARDED_HOST, host);
        }
    }

    /// Adds this hop to both chains; the one that is missing is made from the other (RFC 7239 section 7.4).
    fn add_to_chain(&self, headers: &mut HeaderMap, element: &HeaderValue) {
        let named = hops(headers);
        let address = self.address.as_bytes();
        let addresses = if headers.contains_key(FOR) {
            joined(headers, &FOR, address)
        } else {
            listed(&named, |hop| hop.to_string(), address)
        };
        let elements = if headers.contains_key(FORWARDED) {
            joined(headers, &FORWARDED, element.as_bytes())
        } else {
            listed(&named, |hop| format!("for={}", quoted_address(hop)), element.as_bytes())
        };
        headers.insert(FOR, addresses);
        headers.insert(FORWARDED, elements);
    }

    fn element_for(&self, host: Option<&HeaderValue>) -> HeaderValue {
        let Some(host) = host else { return self.make_element(None) };
        let mut cached = self.element.borrow_mut();
        if let Some((known, element)) = &*cached
            && **known == *host.as_bytes()
        {
            return element.clone();
        }
        let element = self.make_element(Some(host));
        *cached = Some((host.as_bytes().into(), element.clone()));
        element
    }

    fn make_element(&self, host: Option<&HeaderValue>) -> HeaderValue {
        let mut text = format!("for={}", quoted_address(self.peer));
        if let Some(host) = host.and_then(|host| host.to_str().ok()) {
            let is_token = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            let quote = if is_token { "" } else { "\"" };
            // A checked host has neither quotes nor backslashes.
            text = format!("{text};host={quote}{host}{quote}");
        }
        text.push_str(if self.is_https { ";proto=https" } else { ";proto=http" });
        text_value(&text)
    }
}

/// The hops named, the nearest last; at most [`HOPS_MAX`] of the nearest. `None` for what is no address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let mut hops: Vec<_> = if headers.contains_key(FOR) {
        let values = headers.get_all(FOR).iter().rev();
        let texts = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        texts.map(read_address).take(HOPS_MAX).collect()
    } else {
        let values = headers.get_all(FORWARDED).iter().rev();
        let elements = values.flat_map(|value| split(value.as_bytes(), b',').into_iter().rev());
        elements.map(|element| parameter(element, b"for").and_then(read_address)).take(HOPS_MAX).collect()
    };
    hops.reverse();
    hops
}

/// What the nearest proxy says about the visitor's connection.
fn claimed_https(headers: &HeaderMap) -> Option<bool> {
    let nearest = if let Some(value) = headers.get_all(PROTO).iter().next_back() {
        value.as_bytes().rsplit(|byte| *byte == b',').next()?.trim_ascii()
    } else {
        let value = headers.get_all(FORWARDED).iter().next_back()?;
        parameter(split(value.as_bytes(), b',').pop()?, b"proto")?
    };
    if nearest.eq_ignore_ascii_case(b"https") {
        return Some(true);
    }
    nearest.eq_ignore_ascii_case(b"http").then_some(false)
}

/// An address with or without port, brackets and quotes: `192.0.2.1:80`, `"[2001:db8::1]:80"`, `2001:db8::1`.
fn read_address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The value of one parameter of a `Forwarded` element, its quotes removed.
fn parameter<'a>(element: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    split(element, b';').into_iter().find_map(|pair| {
        let (written, value) = pair.split_at_checked(pair.iter().position(|byte| *byte == b'=')?)?;
        let value = value.get(1..)?.trim_ascii();
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        written.trim_ascii().eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Splits at a separator that stands outside quotes.
fn split(text: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|byte| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match *byte {
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
        !is_quoted && *byte == separator
    })
    .collect()
}

/// Removes every field in which a visitor could claim to be somebody else.
fn remove_claims(headers: &mut HeaderMap) {
    let is_claim =
        |name: &&HeaderName| name.as_str().starts_with("x-forwarded-") || OTHER_CLAIMS.contains(name);
    let claims: Vec<HeaderName> = headers.keys().filter(is_claim).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

/// All lines of a field as one, with one more entry.
fn joined(headers: &HeaderMap, name: &HeaderName, last: &[u8]) -> HeaderValue {
    let mut bytes = Vec::new();
    for value in headers.get_all(name) {
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b", ");
    }
    bytes.extend_from_slice(last);
    HeaderValue::from_bytes(&bytes).unwrap_or(UNKNOWN)
}

/// Hops as a list, with one more entry.
fn listed(hops: &[Option<IpAddr>], write: impl Fn(IpAddr) -> String, last: &[u8]) -> HeaderValue {
    let mut text = String::new();
    for hop in hops.iter().flatten() {
        let _infallible = write!(text, "{}, ", write(*hop));
    }
    text.push_str(&String::from_utf8_lossy(last));
    text_value(&text)
}

/// An address as RFC 7239 section 6 wants it: IPv6 in brackets and quotes.
fn quoted_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    }
}

/// A value of text that has no control characters.
fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests;
