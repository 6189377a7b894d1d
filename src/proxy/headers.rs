//! Which header fields pass, and which requests do not. Pure: takes a head, returns or edits it.
//!
//! A request is checked and cleaned once, at the door ([`check`]), before anything else reads it: what a visitor
//! names in `Connection` is removed before this program writes fields of its own, so that no visitor can have
//! those removed.

use http::header::{
    ALT_SVC, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, MAX_FORWARDS,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri, Version};

/// Tells the origin what the visitor agreed to. Only this program may write it.
pub const CONSENT: HeaderName = HeaderName::from_static("consentry-consent");

/// Fields for the next hop only, whether or not `Connection` names them (RFC 9110 section 7.6.1). `proxy` is none
/// of HTTP's, but CGI programs take it for a setting of theirs (CVE-2016-5385). What `Trailer` does not announce is not
/// sent after a body: trailers end here (section 6.5.1), so that no cookie and no word of ours passes in one unseen.
const HOP_BY_HOP: [HeaderName; 5] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy"),
    TE,
    TRAILER,
];

/// Fields that stay although `Connection` names them: no message means the same without them.
const NEVER_HOP_BY_HOP: [HeaderName; 2] = [HOST, CONTENT_LENGTH];

const SWITCH: HeaderValue = HeaderValue::from_static("upgrade");
const VIA_1_1: HeaderValue = HeaderValue::from_static("1.1 consentry");
const VIA_1_0: HeaderValue = HeaderValue::from_static("1.0 consentry");

/// Why a request is not passed on. What status each becomes is decided by the room `server`; the section says which
/// it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// 400, RFC 9112 section 3.2.
    #[error("the request names no host")]
    HostMissing,
    /// 400, RFC 9112 section 3.2.
    #[error("the request names more than one host")]
    HostRepeated,
    /// 400, RFC 9112 section 3.2.
    #[error("the host of the request is not a valid one")]
    HostInvalid,
    /// 400, RFC 9112 section 3.2, RFC 9110 section 4.2.4.
    #[error("the target of the request is not a valid one")]
    TargetInvalid,
    /// 400, RFC 9112 section 6.1.
    #[error("the request has both a length and a transfer coding")]
    LengthAndCoding,
    /// 400, RFC 9112 section 6.3.
    #[error("the request has an invalid length, or more than one")]
    LengthInvalid,
    /// 501, RFC 9112 section 6.1.
    #[error("the transfer coding of the request is not known here")]
    CodingUnknown,
    /// 405, RFC 9110 section 9.3.6.
    #[error("this is no forward proxy: CONNECT is not served")]
    Connect,
    /// 405, RFC 9110 section 9.3.8: it would show the visitor what is added for the origin.
    #[error("TRACE is not served")]
    Trace,
    /// 200 with an empty body and `Allow`, RFC 9110 section 7.6.2: an `OPTIONS` that may go no further.
    #[error("the request may not be forwarded any further")]
    LastHop,
}

/// The host a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    text: Box<str>,
    name_bytes: usize,
}

impl Host {
    /// The name: lower case, no port, IPv6 addresses in brackets.
    pub fn name(&self) -> &str {
        &self.text[..self.name_bytes]
    }

    /// Name and port as asked for, lower case.
    pub fn authority(&self) -> &str {
        &self.text
    }

    /// Reads a `Host` value or an authority, without user information (RFC 9110 section 4.2.4).
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let name_bytes = match text.strip_prefix('[') {
            Some(literal) => literal.find(']')? + 2,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (name, port) = text.split_at(name_bytes);
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        if name.is_empty() || !is_port || !is_host_name(name) {
            return None;
        }
        Some(Self { text: text.to_ascii_lowercase().into(), name_bytes })
    }
}

/// Digits only, and not over 65535; nothing after the colon is allowed too (RFC 3986 section 3.2.3).
fn is_port(text: &str) -> bool {
    text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A registered name without percent escapes, or an IP literal (RFC 3986 section 3.2.2, narrowed to what occurs).
fn is_host_name(name: &str) -> bool {
    if let Some(literal) = name.strip_prefix('[') {
        return literal.strip_suffix(']').is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok());
    }
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Checks a visitor's request and makes it fit to be passed on: target in origin form, one `Host`, nothing that was
/// meant for us alone, nothing only we may write. A wish to change the protocol stays, as `Connection: upgrade`.
///
/// Returns the host asked for. A target in absolute form wins over `Host` (RFC 9112 section 3.2.2).
pub fn check<B>(request: &mut Request<B>) -> Result<Host, BadRequest> {
    match *request.method() {
        Method::CONNECT => return Err(BadRequest::Connect),
        Method::TRACE => return Err(BadRequest::Trace),
        _ => {}
    }
    check_framing(request.headers(), request.version())?;
    let host = check_host(request)?;
    to_origin_form(request)?;
    if request.method() == Method::OPTIONS {
        count_forward(request.headers_mut())?;
    }
    clean_request(request.headers_mut());
    remove_consent(request.headers_mut());
    Ok(host)
}

/// Removes [`CONSENT`], and what programs behind CGI, WSGI or PHP read as it: to them `_` and `-` are one (RFC 3875 section
/// 4.1.18).
fn remove_consent(headers: &mut HeaderMap) {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte };
    let is_consent = |name: &&HeaderName| name.as_str().bytes().map(plain).eq(CONSENT.as_str().bytes());
    while let Some(name) = headers.keys().find(is_consent).cloned() {
        headers.remove(name);
    }
}

/// What could be read as two different messages is none (RFC 9112 sections 6.1 and 6.3).
fn check_framing(headers: &HeaderMap, version: Version) -> Result<(), BadRequest> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next();
    if let Some(coding) = headers.get(TRANSFER_ENCODING) {
        if length.is_some() || version != Version::HTTP_11 {
            return Err(BadRequest::LengthAndCoding);
        }
        let is_only = headers.get_all(TRANSFER_ENCODING).iter().count() == 1;
        if !is_only || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(BadRequest::CodingUnknown);
        }
    }
    let Some(length) = length else { return Ok(()) };
    let is_number = !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit);
    if !is_number || lengths.next().is_some() {
        return Err(BadRequest::LengthInvalid);
    }
    Ok(())
}

fn check_host<B>(request: &mut Request<B>) -> Result<Host, BadRequest> {
    let mut values = request.headers().get_all(HOST).iter();
    let value = values.next().ok_or(BadRequest::HostMissing)?;
    if values.next().is_some() {
        return Err(BadRequest::HostRepeated);
    }
    let host = Host::parse(value.as_bytes()).ok_or(BadRequest::HostInvalid)?;
    let Some(authority) = request.uri().authority() else { return Ok(host) };
    let host = Host::parse(authority.as_str().as_bytes()).ok_or(BadRequest::TargetInvalid)?;
    let value = HeaderValue::from_str(host.authority()).map_err(|_| BadRequest::TargetInvalid)?;
    request.headers_mut().insert(HOST, value);
    Ok(host)
}

/// Leaves path and query of the target; `*` is for `OPTIONS` only (RFC 9112 section 3.2.4).
fn to_origin_form<B>(request: &mut Request<B>) -> Result<(), BadRequest> {
    let uri = request.uri();
    if uri.authority().is_none() {
        let is_fit = uri.path().starts_with('/') || uri.path() == "*" && request.method() == Method::OPTIONS;
        return if is_fit { Ok(()) } else { Err(BadRequest::TargetInvalid) };
    }
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let target = uri.path_and_query().cloned().filter(|_| is_web).ok_or(BadRequest::TargetInvalid)?;
    *request.uri_mut() = origin_form(target);
    Ok(())
}

/// A target without scheme and authority.
pub(super) fn origin_form(target: PathAndQuery) -> Uri {
    let target = if target.as_str().starts_with('?') {
        PathAndQuery::try_from(format!("/{target}")).unwrap_or_else(|_| PathAndQuery::from_static("/"))
    } else {
        target
    };
    Uri::from(target)
}

/// Takes one from `Max-Forwards` (RFC 9110 section 7.6.2).
fn count_forward(headers: &mut HeaderMap) -> Result<(), BadRequest> {
    let Some(value) = headers.get(MAX_FORWARDS) else { return Ok(()) };
    // What is no number is not understood, and so not acted on.
    let Some(left) = value.to_str().ok().and_then(|text| text.parse::<u32>().ok()) else { return Ok(()) };
    let left = left.checked_sub(1).ok_or(BadRequest::LastHop)?;
    headers.insert(MAX_FORWARDS, HeaderValue::from(left));
    Ok(())
}

/// Removes what was meant for the next hop only. A wish to change the protocol is kept.
pub(super) fn clean_request(headers: &mut HeaderMap) {
    let wish = upgrade_wish(headers);
    clean(headers);
    headers.remove(PROXY_AUTHORIZATION);
    headers.remove(TRANSFER_ENCODING);
    if let Some(wish) = wish {
        headers.insert(UPGRADE, wish);
        headers.insert(CONNECTION, SWITCH);
    }
}

/// Removes what was meant for us only. An answer with both a length and a transfer coding loses the length, which
/// is not to be believed (RFC 9112 section 6.3). `Alt-Svc` tells of other ways to the shop's own server: browsers would
/// go there for as long as it says, past this program (RFC 7838 section 2.2).
pub(super) fn clean_answer(headers: &mut HeaderMap) {
    clean(headers);
    headers.remove(ALT_SVC);
    if headers.remove(TRANSFER_ENCODING).is_some() {
        headers.remove(CONTENT_LENGTH);
    }
}

/// Cleans the head of a `101`: the tunnel it opens is announced again.
pub(super) fn clean_switch(headers: &mut HeaderMap) {
    let protocol = headers.remove(UPGRADE);
    clean_answer(headers);
    headers.remove(CONTENT_LENGTH);
    if let Some(protocol) = protocol {
        headers.insert(UPGRADE, protocol);
        headers.insert(CONNECTION, SWITCH);
    }
}

/// Notes that the message passed here (RFC 9110 section 7.6.3).
pub(super) fn append_via(headers: &mut HeaderMap, version: Version) {
    headers.append(VIA, if version == Version::HTTP_10 { VIA_1_0 } else { VIA_1_1 });
}

/// The protocol a request wishes to change to. `h2c` is no wish for a tunnel: inside it further requests could pass
/// unseen (RFC 9113 section 3.1 withdrew it).
fn upgrade_wish(headers: &HeaderMap) -> Option<HeaderValue> {
    let wish = headers.get(UPGRADE)?;
    let is_named = options(headers).any(|option| option.eq_ignore_ascii_case(b"upgrade"));
    let is_h2c = wish.as_bytes().split(|byte| *byte == b',').any(|protocol| {
        protocol.trim_ascii().get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"h2c"))
    });
    (is_named && !is_h2c).then(|| wish.clone())
}

/// What `Connection` lists.
fn options(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(CONNECTION).iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

fn clean(headers: &mut HeaderMap) {
    // Nearly always there is one line, and then nothing is allocated.
    let further: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().skip(1).cloned().collect();
    for connection in headers.remove(CONNECTION).iter().chain(&further) {
        remove_named(headers, connection);
    }
    headers.remove(UPGRADE);
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

fn remove_named(headers: &mut HeaderMap, connection: &HeaderValue) {
    for option in connection.as_bytes().split(|byte| *byte == b',') {
        let option = option.trim_ascii();
        if option.eq_ignore_ascii_case(b"keep-alive") || option.eq_ignore_ascii_case(b"close") {
            continue;
        }
        let Ok(name) = HeaderName::from_bytes(option) else { continue };
        if !NEVER_HOP_BY_HOP.contains(&name) {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;
