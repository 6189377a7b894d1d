//! What a line is: a hit, something that is left out on purpose, or a fault. And the texts of a hit, as slices of the
//! line where they can be.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use bytes::Bytes;
use http::HeaderValue;
use http::uri::PathAndQuery;
use jiff::Timestamp;

use crate::counting::{Hit, HitKind, SiteIndex, Standing};

/// Longest name of an unknown key that is told.
const KEY_BYTES_MAX: usize = 40;

/// What a line was.
#[allow(
    clippy::large_enum_variant,
    reason = "it is one of these for a moment; a box would be an allocation a line"
)]
pub(super) enum Line {
    /// Something to count.
    Hit(Hit),
    /// Nothing to count.
    Left(Left),
}

/// Why a line is not counted, though nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// A picture, script, style, font or other file that is no page.
    Asset,
    /// A path that programs ask for: an interface, a feed, a well-known file.
    Machine,
    /// Asked for with another method than GET.
    Method,
    /// Answered with a redirect, or with a status that shows nothing.
    Redirect,
    /// Not a request of HTTP at all.
    Garbage,
    /// For a host that is not the site's.
    OtherHost,
    /// Of a day whose figures are kept no longer.
    PastKeeping,
}

impl Left {
    /// Every reason, in the order in which they are told.
    pub(super) const ALL: [Self; 7] = [
        Self::Asset,
        Self::Machine,
        Self::Method,
        Self::Redirect,
        Self::Garbage,
        Self::OtherHost,
        Self::PastKeeping,
    ];

    /// The word in the summary.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Asset => "assets",
            Self::Machine => "interfaces",
            Self::Method => "other methods",
            Self::Redirect => "redirects",
            Self::Garbage => "no requests",
            Self::OtherHost => "other hosts",
            Self::PastKeeping => "past keeping",
        }
    }
}

/// What is wrong with a line. It never holds anything that stands in the line, but the name of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// A key that is not part of the format.
    #[error("the key \"{0}\" is unknown")]
    UnknownKey(String),
    /// Anything else.
    #[error("{0}")]
    Says(Cow<'static, str>),
}

impl From<&'static str> for Fault {
    fn from(says: &'static str) -> Self {
        Self::Says(Cow::Borrowed(says))
    }
}

impl Fault {
    /// An unknown key, if its name is one: other texts could be anything.
    pub(super) fn unknown_key(name: &str) -> Self {
        let is_name = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
        if name.is_empty() || name.len() > KEY_BYTES_MAX || !name.bytes().all(is_name) {
            return "it has a key that is unknown".into();
        }
        Self::UnknownKey(name.to_owned())
    }
}

/// A hit of a visitor of whom the file knows no more than this.
pub(super) fn hit(at: Timestamp, address: IpAddr, target: PathAndQuery, kind: HitKind) -> Hit {
    Hit {
        site: SiteIndex(0),
        at,
        address,
        user_agent: None,
        host: None,
        target,
        fragment: None,
        referrer: None,
        accept_language: None,
        consent: Standing::Unanswered,
        weeks: None,
        objects: false,
        is_bare: false,
        kind,
    }
}

/// An address; the zone of an IPv6 address says on which wire it was and is left out.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if let Some((address, _zone)) = text.split_once('%') {
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    text.parse().ok()
}

/// The text of a header field: nothing where it is none.
pub(super) fn header(text: Bytes) -> Option<HeaderValue> {
    if text.is_empty() || &text[..] == b"-" {
        return None;
    }
    HeaderValue::from_maybe_shared(text).ok()
}

/// A path and query as browsers send them (URL Standard section 1.3): what they would have written in `%` is.
pub(super) fn target(text: Bytes) -> Option<PathAndQuery> {
    if text.first() != Some(&b'/') {
        return None;
    }
    let is_plain = |byte: &u8| {
        matches!(byte, 0x21..=0x7e)
            && !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'#')
    };
    if text.iter().all(is_plain) {
        return PathAndQuery::from_maybe_shared(text).ok();
    }
    let mut escaped = Vec::with_capacity(text.len() * 3);
    for byte in text.iter().take_while(|byte| **byte != b'#') {
        if is_plain(byte) {
            escaped.push(*byte);
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            escaped.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
    PathAndQuery::from_maybe_shared(Bytes::from(escaped)).ok()
}

/// The time span that a line can be of: the web was there, and the future is not yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Before it figures are kept no longer.
    pub(super) kept_from: Timestamp,
    pub(super) until: Timestamp,
}

impl Span {
    /// 2000-01-01T00:00:00Z. Unit: seconds since 1970.
    const FROM: i64 = 946_684_800;

    /// The time, if it is one.
    pub(super) fn check(self, at: Timestamp) -> Result<Timestamp, Fault> {
        if at.as_second() < Self::FROM {
            return Err("its time lies before the year 2000".into());
        }
        if at > self.until {
            return Err("its time lies in the future".into());
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_addresses_are_left_out() {
        assert_eq!(address("fe80::1%eth0"), address("fe80::1"));
        assert_eq!(address("192.0.2.1%eth0"), None);
        assert_eq!(address("shop.example"), None);
    }

    #[test]
    fn paths_are_written_as_browsers_send_them() {
        let path =
            |text: &str| target(Bytes::copy_from_slice(text.as_bytes())).map(|path| path.as_str().to_owned());
        for (text, expected) in [
            ("/a?b=1", "/a?b=1"),
            ("/dekk/ø", "/dekk/%C3%B8"),
            ("/a b\"<x>", "/a%20b%22%3Cx%3E"),
            ("/a#b", "/a"),
            ("/\0", "/%00"),
        ] {
            assert_eq!(path(text).as_deref(), Some(expected));
        }
        assert_eq!(path("a"), None);
        assert_eq!(path(""), None);
    }

    #[test]
    fn only_names_of_keys_are_told() {
        assert_eq!(Fault::unknown_key("colour").to_string(), "the key \"colour\" is unknown");
        assert!(!Fault::unknown_key("192.0.2.7").to_string().contains("192"));
    }
}
