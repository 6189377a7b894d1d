//! Where an address leads: host and path as a browser reads them (WHATWG URL, section 4.4), no more.

use std::borrow::Cow;

use super::host;

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// To the host of the page, or of its `<base>`.
    Relative,
    /// To no host: `data:`, `blob:`, `mailto:` and the like.
    Local,
    /// To this host (lower case, no port) and path.
    Host { host: Cow<'a, str>, path: Cow<'a, str> },
    /// To a host that cannot be told.
    Unreadable,
}

/// Reads an address whose character references are decoded.
pub(super) fn resolve(address: &[u8]) -> Target<'_> {
    let address = trim(address);
    if memchr::memchr3(b'\t', b'\n', b'\r', address).is_none() {
        return split(address);
    }
    let clean: Vec<u8> = address.iter().copied().filter(|b| !matches!(b, b'\t' | b'\n' | b'\r')).collect();
    owned(split(trim(&clean)))
}

/// What follows the first `?` of an address, without its fragment.
pub(super) fn query(address: &[u8]) -> Cow<'_, str> {
    let end = memchr::memchr(b'#', address).unwrap_or(address.len());
    let mark = memchr::memchr(b'?', &address[..end]).map_or(end, |mark| mark + 1);
    String::from_utf8_lossy(&address[mark..end])
}

/// Is this, before any decoding, surely a path on the same host? Says no in doubt.
pub(super) fn is_plainly_relative(value: &[u8]) -> bool {
    match value {
        [b'/', second, ..] => second.is_ascii_alphanumeric() || matches!(second, b'_' | b'-' | b'.'),
        _ => false,
    }
}

fn trim(address: &[u8]) -> &[u8] {
    let start = address.iter().position(|byte| *byte > b' ').unwrap_or(address.len());
    let end = address.iter().rposition(|byte| *byte > b' ').map_or(start, |last| last + 1);
    &address[start..end]
}

fn owned(target: Target<'_>) -> Target<'static> {
    match target {
        Target::Relative => Target::Relative,
        Target::Local => Target::Local,
        Target::Unreadable => Target::Unreadable,
        Target::Host { host, path } => {
            Target::Host { host: Cow::Owned(host.into_owned()), path: Cow::Owned(path.into_owned()) }
        }
    }
}

const fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

fn split(address: &[u8]) -> Target<'_> {
    if let [first, second, ..] = address
        && is_slash(*first)
        && is_slash(*second)
    {
        return authority(address);
    }
    let Some(scheme) = scheme_len(address) else { return Target::Relative };
    let rest = &address[scheme + 1..];
    let is = |name: &str| address[..scheme].eq_ignore_ascii_case(name.as_bytes());
    // Without slashes a browser reads the rest as relative when the page has the same scheme, as a host when not.
    // The page's scheme is unknown here, so the answer that can hold is taken.
    if is("http") || is("https") || is("ws") || is("wss") || is("ftp") {
        return authority(rest);
    }
    Target::Local
}

/// Bytes before the `:` of a scheme, when the address begins with one.
fn scheme_len(address: &[u8]) -> Option<usize> {
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = address.iter().take_while(|byte| is_scheme(byte)).count();
    (address.first().is_some_and(u8::is_ascii_alphabetic) && address.get(length) == Some(&b':'))
        .then_some(length)
}

/// What follows the slashes, however many there are.
fn authority(address: &[u8]) -> Target<'_> {
    let start = address.iter().position(|byte| !is_slash(*byte)).unwrap_or(address.len());
    let address = &address[start..];
    let end = address.iter().position(|byte| is_slash(*byte) || matches!(byte, b'?' | b'#'));
    let (authority, rest) = address.split_at(end.unwrap_or(address.len()));
    let name = &authority[memchr::memrchr(b'@', authority).map_or(0, |at| at + 1)..];
    let is_port = |port: &[u8]| port.iter().all(u8::is_ascii_digit);
    let name = match memchr::memrchr(b':', name) {
        Some(colon) if is_port(&name[colon + 1..]) => &name[..colon],
        _ => name,
    };
    match host::read(name) {
        Some(host) => Target::Host { host, path: path(rest) },
        None => Target::Unreadable,
    }
}

/// The path with `.` and `..` taken out, as it is sent; `/` when there is none.
fn path(rest: &[u8]) -> Cow<'_, str> {
    let end = rest.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(rest.len());
    let path = &rest[..end];
    if path.is_empty() {
        return Cow::Borrowed("/");
    }
    let has_dots = path.windows(2).any(|pair| is_slash(pair[0]) && matches!(pair[1], b'.' | b'%'));
    if !has_dots && memchr::memchr(b'\\', path).is_none() {
        return String::from_utf8_lossy(path);
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path[1..].split(|byte| is_slash(*byte)).collect();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match dots(segment) {
            0 => kept.push(segment),
            count => {
                if count == 2 {
                    kept.pop();
                }
                if is_last {
                    kept.push(b"");
                }
            }
        }
    }
    let mut text = String::new();
    for segment in kept {
        text.push('/');
        text.push_str(&String::from_utf8_lossy(segment));
    }
    Cow::Owned(text)
}

/// 1 for `.`, 2 for `..` (also percent-encoded), 0 for anything else.
fn dots(segment: &[u8]) -> usize {
    let mut rest = segment;
    let mut count = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', tail @ ..] | [b'%', b'2', b'e' | b'E', tail @ ..] => tail,
            _ => return 0,
        };
        count += 1;
    }
    if count <= 2 { count } else { 0 }
}
