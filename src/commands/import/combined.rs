//! The combined log format of Apache and nginx, also with a host before it and with fields behind it.
//!
//! ```text
//! [host[:port]] address ident user [10/Mar/2026:13:55:36 +0100] "GET /path HTTP/1.1" 200 2326 "referrer" "user agent" …
//! ```
//!
//! A log does not say what a request was for, so [`pages`](super::pages) guesses it from the path. What stands behind the
//! user agent is not looked at: an `X-Forwarded-For` there may be anybody's invention.

use std::net::IpAddr;

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use memchr::{memchr, memchr2, memmem};

use super::line::{Fault, Left, Line, Span, address, header, hit, target};
use super::pages;
use crate::counting::HitKind;

/// Length of a time: `10/Mar/2026:13:55:36 +0100`. Unit: bytes.
const TIME_BYTES: usize = 26;
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Reads the lines of one log.
pub(super) struct Combined {
    /// The site's hosts; `*` takes all.
    hosts: Vec<String>,
    /// The prefix of the gateway's own paths.
    prefix: String,
    /// The last time read, and as it was written: many lines have the same.
    last: ([u8; TIME_BYTES], Timestamp),
}

impl Combined {
    /// For a site with these hosts, and this prefix of the gateway's own paths.
    pub(super) fn new(hosts: &[String], prefix: &str) -> Self {
        let last = ([0; TIME_BYTES], Timestamp::UNIX_EPOCH);
        Self { hosts: hosts.to_vec(), prefix: prefix.to_owned(), last }
    }

    /// Reads one line.
    pub(super) fn read(&mut self, line: &Bytes, span: Span) -> Result<Line, Fault> {
        let time_at = memmem::find(line, b" [").ok_or("it has no time in brackets")? + 2;
        let (host, visitor) = who(&line[..time_at - 2])?;
        let time = line.get(time_at..time_at + TIME_BYTES).ok_or("it ends in its time")?;
        let after = time_at + TIME_BYTES;
        if !line[after..].starts_with(b"] \"") {
            return Err("its time is not as in 10/Mar/2026:13:55:36 +0100".into());
        }
        let request = Quoted::at(line, after + 3).ok_or("its request has no end")?;
        let (status, after) = status(line, request.ends)?;
        let Some(RequestLine { method, host: named, path }) = request_line(&line[request.from..request.ends])
        else {
            return Ok(Line::Left(Left::Garbage));
        };
        let host = named.or(host);
        if let Some(left) = self.left(host, method, &line[request.from..][path.clone()]) {
            return Ok(Line::Left(left));
        }
        let kind = match status {
            200..=299 | 304 => {
                HitKind::View { status, is_public: false, asked: None, properties: Box::default() }
            }
            400..=599 => HitKind::Failed { status },
            _ => return Ok(Line::Left(Left::Redirect)),
        };
        let referrer = Quoted::next(line, after).ok_or("it has no referrer: is it the common format?")?;
        let agent =
            Quoted::next(line, referrer.ends + 1).ok_or("it has no user agent, or one without an end")?;
        let at = span.check(self.time(time)?)?;
        let path = Quoted { from: request.from + path.start, ends: request.from + path.end, ..request };
        let target = target(path.text(line)).ok_or("its path is none")?;
        let mut hit = hit(at, visitor, target, kind);
        hit.user_agent = header(agent.text(line));
        hit.referrer = header(referrer.text(line));
        hit.host = host.and_then(|host| HeaderValue::from_bytes(host).ok());
        Ok(Line::Hit(hit))
    }

    /// Why a request is no page view, if it is none.
    fn left(&self, host: Option<&[u8]>, method: &[u8], path: &[u8]) -> Option<Left> {
        if host.is_some_and(|host| !self.is_own(host)) {
            return Some(Left::OtherHost);
        }
        if method != b"GET" {
            return Some(Left::Method);
        }
        pages::left(path, &self.prefix)
    }

    fn is_own(&self, host: &[u8]) -> bool {
        let is = |known: &String| known == "*" || known.as_bytes().eq_ignore_ascii_case(host);
        self.hosts.iter().any(is)
    }

    fn time(&mut self, text: &[u8]) -> Result<Timestamp, Fault> {
        if text != self.last.0 {
            let at = time(text).ok_or("its time is not as in 10/Mar/2026:13:55:36 +0100")?;
            self.last.0.copy_from_slice(text);
            self.last.1 = at;
        }
        Ok(self.last.1)
    }
}

/// The host, where one stands first, without its port; and the visitor's address.
fn who(fields: &[u8]) -> Result<(Option<&[u8]>, IpAddr), Fault> {
    let parse = |field: &[u8]| std::str::from_utf8(field).ok().and_then(address);
    let (first, rest) = fields.split_at(memchr(b' ', fields).unwrap_or(fields.len()));
    if let Some(address) = parse(first) {
        return Ok((None, address));
    }
    if first.contains(&b',') {
        return Err(
            "its first field is a list, as X-Forwarded-For is; log the visitor's address alone".into()
        );
    }
    let rest = rest.get(1..).unwrap_or_default();
    let second = &rest[..memchr(b' ', rest).unwrap_or(rest.len())];
    let address = parse(second).ok_or("it begins with no address; names of hosts cannot be counted")?;
    let host = without_port(first);
    // What nginx calls the server that takes all says nothing.
    Ok(((!matches!(host, b"_" | b"-" | b"")).then_some(host), address))
}

fn without_port(host: &[u8]) -> &[u8] {
    let is_port = |port: &[u8]| !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    match host.iter().rposition(|byte| *byte == b':') {
        Some(at) if is_port(&host[at + 1..]) => &host[..at],
        _ => host,
    }
}

/// The status that follows the request's quote, and where its field ends.
fn status(line: &[u8], quote: usize) -> Result<(u16, usize), Fault> {
    match line.get(quote + 1..quote + 6) {
        Some([b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ']) => {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Ok((digit(a) * 100 + digit(b) * 10 + digit(c), quote + 5))
        }
        _ => Err("it has no status behind its request".into()),
    }
}

/// A request line of HTTP.
struct RequestLine<'l> {
    method: &'l [u8],
    /// Where the target names one, it is the one that was asked, whatever else is said (RFC 9112 section 3.2.2).
    host: Option<&'l [u8]>,
    /// Its place in the request.
    path: std::ops::Range<usize>,
}

fn request_line(request: &[u8]) -> Option<RequestLine<'_>> {
    let method_ends = memchr(b' ', request)?;
    let target_ends = memchr::memrchr(b' ', request).filter(|ends| *ends > method_ends)?;
    let method = &request[..method_ends];
    if !request[target_ends + 1..].starts_with(b"HTTP/") || !method.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let mut from = method_ends + 1;
    let mut host = None;
    let target = &request[from..target_ends];
    for scheme in [&b"http://"[..], b"https://"] {
        if let Some(rest) = target.strip_prefix(scheme) {
            let ends = memchr(b'/', rest)?;
            host = Some(without_port(&rest[..ends]));
            from += scheme.len() + ends;
        }
    }
    Some(RequestLine { method, host, path: from..target_ends })
}

/// A text in quotes: where it begins, where its closing quote stands, and whether anything in it is escaped.
#[derive(Clone, Copy)]
struct Quoted {
    from: usize,
    ends: usize,
    has_escapes: bool,
}

impl Quoted {
    /// The text that begins at `from`, behind its quote.
    fn at(line: &[u8], from: usize) -> Option<Self> {
        let (mut at, mut has_escapes) = (from, false);
        loop {
            at += memchr2(b'"', b'\\', line.get(at..)?)?;
            if line[at] == b'"' {
                return Some(Self { from, ends: at, has_escapes });
            }
            has_escapes = true;
            at += 2;
        }
    }

    /// The next text in quotes after `after`.
    fn next(line: &[u8], after: usize) -> Option<Self> {
        let quote = after + memchr(b'"', line.get(after..)?)?;
        Self::at(line, quote + 1)
    }

    /// The text, without its escapes.
    fn text(self, line: &Bytes) -> Bytes {
        let text = line.slice(self.from..self.ends);
        if self.has_escapes { unescaped(&text) } else { text }
    }
}

/// Takes out what servers escape: `\x22` (both), `\"`, `\\`, `\n` and the like (Apache).
fn unescaped(text: &[u8]) -> Bytes {
    let hex = |digit: Option<&u8>| {
        digit.and_then(|digit| char::from(*digit).to_digit(16)).and_then(|d| u8::try_from(d).ok())
    };
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        let Some(escaped) = text.get(at) else { break };
        at += 1;
        plain.push(match escaped {
            b'x' => match (hex(text.get(at)), hex(text.get(at + 1))) {
                (Some(high), Some(low)) => {
                    at += 2;
                    high << 4 | low
                }
                _ => b'x',
            },
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            other => *other,
        });
    }
    Bytes::from(plain)
}

/// `10/Mar/2026:13:55:36 +0100`
fn time(text: &[u8]) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| {
        text.get(range)?.iter().try_fold(0_i64, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let month = MONTHS.iter().position(|month| text.get(3..6) == Some(&month[..]))?;
    let marks = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
        return None;
    }
    let date = jiff::civil::Date::new(
        i16::try_from(number(7..11)?).ok()?,
        i8::try_from(month + 1).ok()?,
        i8::try_from(number(0..2)?).ok()?,
    );
    let days = date.ok()?.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    let (hour, minute, second) = (number(12..14)?, number(15..17)?, number(18..20)?);
    let offset = number(22..24)? * 3600 + number(24..26)? * 60;
    // A leap second is the first of the next minute.
    if hour > 23 || minute > 59 || second > 60 || offset > 26 * 3600 {
        return None;
    }
    let offset = match text.get(21) {
        Some(b'+') => offset,
        Some(b'-') => -offset,
        _ => return None,
    };
    Timestamp::from_second(days * 86_400 + hour * 3600 + minute * 60 + second - offset).ok()
}

#[cfg(test)]
mod tests;
