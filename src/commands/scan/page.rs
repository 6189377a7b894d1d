//! One page, fetched as a browser without scripts would: what its heads set, and what its tags name.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use super::address::{Address, place};
use super::seen::Seen;
use crate::policy::Policy;
use crate::policy::consent::Consent;
use crate::proxy::charset::{self, CharsetError, ToUtf8};
use crate::proxy::encode::{Decoder, Stop};
use crate::proxy::rewrite::{Insertions, RewriteError, Rewriter};
use crate::proxy::{self, Body, Origin};

/// Most redirects that are followed.
const REDIRECTS_MAX: usize = 5;
/// Most of a page that is read. Unit: bytes, decoded.
const PAGE_BYTES_MAX: usize = 4 << 20;
/// Longest wait for one answer. A body that has not ended by then is taken as far as it came.
const WAIT: Duration = Duration::from_secs(15);
/// Who asks, said openly.
const AGENT: &str = concat!("Mozilla/5.0 (compatible; consentry-scan/", env!("CARGO_PKG_VERSION"), ")");

/// What came of a fetch.
pub(super) struct Fetched {
    /// Where the redirects ended.
    pub address: Address,
    /// How many there were.
    pub redirects: usize,
    /// The heads on the way, with the host of each.
    heads: Vec<(String, HeaderMap)>,
    body: Vec<u8>,
    /// What the operator should know of it.
    pub notes: Vec<String>,
}

/// Fetches the page, following redirects.
pub(super) fn fetch(address: &Address) -> Result<Fetched, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    tokio::task::LocalSet::new().block_on(&runtime, follow(address.clone()))
}

async fn follow(mut address: Address) -> Result<Fetched, String> {
    let (mut heads, mut notes) = (Vec::new(), Vec::new());
    for redirects in 0..=REDIRECTS_MAX {
        let (head, body) = ask(&address, &mut notes).await?;
        let location = head.headers.get(header::LOCATION).filter(|_| head.status.is_redirection()).cloned();
        heads.push((address.host().to_owned(), head.headers));
        if let Some(location) = location {
            let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
            address = address.joined(&location)?;
            continue;
        }
        if !head.status.is_success() {
            notes.push(format!("the page answered {}", head.status));
        } else if let Some(problem) = no_page(&heads, &body) {
            notes.push(problem);
        }
        return Ok(Fetched { address, redirects, heads, body, notes });
    }
    Err(format!("more than {REDIRECTS_MAX} redirects; the last leads to {address}"))
}

type Answer = (http::response::Parts, Vec<u8>);

/// A page that streams for ever is read until its time is up.
async fn ask(address: &Address, notes: &mut Vec<String>) -> Result<Answer, String> {
    let origin = address.origin();
    let settings = proxy::Settings {
        origin: origin.parse().map_err(|_| format!("{origin} cannot be reached"))?,
        authorities: None,
        connect_timeout: WAIT,
        head_timeout: WAIT,
        idle_timeout: WAIT,
        idle_connections_max: 0,
    };
    let request = Request::get(&address.target)
        .header(header::HOST, &address.authority)
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9")
        .header(header::ACCEPT_ENCODING, "gzip, br, zstd")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-mode", "navigate")
        .body(Body::Empty)
        .map_err(|error| error.to_string())?;
    let until = Instant::now() + WAIT;
    let sender = Origin::new(&settings).map_err(|error| error.to_string())?;
    let sent = timeout_at(until, sender.send(request)).await;
    let answer = sent.map_err(|_| format!("{origin} did not answer within {} s", WAIT.as_secs()))?;
    read(answer.map_err(|error| format!("{origin}: {}", chain(&error)))?, until, notes).await
}

async fn read(answer: Response<Body>, until: Instant, notes: &mut Vec<String>) -> Result<Answer, String> {
    let (head, mut body) = answer.into_parts();
    let codings = head.headers.get_all(header::CONTENT_ENCODING).iter();
    let codings: Vec<&str> = codings.filter_map(|coding| coding.to_str().ok()).collect();
    let mut decoder = Decoder::new(&codings.join(",")).map_err(|error| error.to_string())?;
    let mut page = Vec::new();
    let mut sink = |decoded: &[u8]| {
        page.extend_from_slice(&decoded[..decoded.len().min(PAGE_BYTES_MAX - page.len())]);
        if page.len() < PAGE_BYTES_MAX { Ok(()) } else { Err(Stop) }
    };
    let mut problem = None;
    loop {
        let Ok(frame) = timeout_at(until, body.frame()).await else {
            problem = Some(format!("it had not ended after {} s", WAIT.as_secs()));
            break;
        };
        let Some(frame) = frame else { break };
        let data = frame.map(|frame| frame.into_data().unwrap_or_default());
        let taken = data.map_err(|error| error.to_string());
        let taken =
            taken.and_then(|data: Bytes| decoder.decode(&data, &mut sink).map_err(|error| error.to_string()));
        if let Err(error) = taken {
            problem = Some(error);
            break;
        }
    }
    if page.len() >= PAGE_BYTES_MAX {
        notes.push(format!("only the first {} MiB of the page were read", PAGE_BYTES_MAX >> 20));
    } else if let Some(problem) = problem {
        notes.push(format!("the page was read in part: {problem}"));
    }
    Ok((head, page))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl Fetched {
    /// Notes what heads and tags say.
    pub(super) fn note(&self, seen: &mut Seen) {
        for (host, headers) in &self.heads {
            for line in headers.get_all(header::SET_COOKIE) {
                let name =
                    line.as_bytes().split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default();
                seen.cookie(host, String::from_utf8_lossy(name).trim());
            }
            for line in headers.get_all(header::LINK) {
                linked(line)
                    .filter_map(|address| Some(place(&address)?.host))
                    .for_each(|host| seen.host(&host));
            }
        }
        if let Some((_, headers)) = self.heads.last()
            && is_html(headers)
        {
            let kind = headers.get(header::CONTENT_TYPE);
            let page = in_utf8(kind, &self.body);
            let rewriter = read_tags(seen.policy().clone(), &self.address, &page);
            for named in rewriter.hosts() {
                seen.host(&named.host);
            }
            seen.tags(rewriter.held().trackers);
            seen.text(&page);
        }
    }
}

/// Why there are no tags in what a successful answer brought.
fn no_page(heads: &[(String, HeaderMap)], body: &[u8]) -> Option<String> {
    let (_, headers) = heads.last()?;
    if !is_html(headers) {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("something else").to_owned();
        return Some(format!("no page is at this address but {kind}: there are no tags to read in it"));
    }
    body.is_empty().then(|| "the answer is empty: there are no tags to read in it".to_owned())
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| memchr::memmem::find(kind.as_bytes(), b"html").is_some())
}

/// The addresses of a `Link` field (RFC 8288 section 3); one without a scheme begins with that of the page.
fn linked(line: &HeaderValue) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(line.as_bytes()).into_owned();
    let addresses: Vec<String> = text
        .split('<')
        .skip(1)
        .filter_map(|part| part.split_once('>'))
        .map(
            |(address, _)| {
                if address.starts_with("//") { format!("https:{address}") } else { address.to_owned() }
            },
        )
        .collect();
    addresses.into_iter()
}

/// The page as UTF-8, as far as it can be read.
fn in_utf8(kind: Option<&HeaderValue>, body: &[u8]) -> Vec<u8> {
    let mut page = Vec::with_capacity(body.len());
    let mut charset = ToUtf8::new(kind.and_then(|kind| charset::of_content_type(kind.as_bytes())));
    let mut sink = |piece: &[u8]| {
        page.extend_from_slice(piece);
        Ok::<(), CharsetError>(())
    };
    // What cannot be read ends the page: what came before it counts.
    let _ = charset.push(body, &mut sink).and_then(|()| charset.end(&mut sink));
    page
}

/// The page's tags, read as the gateway reads them.
fn read_tags(policy: Arc<Policy>, address: &Address, page: &[u8]) -> Rewriter {
    let path = address.target.split('?').next().unwrap_or_default();
    let rewriter = Rewriter::new(policy, Consent::none(), address.host(), path, Insertions::none());
    let mut rewriter = rewriter.noting_hosts();
    let mut out = BytesMut::new();
    for piece in page.chunks(64 << 10) {
        let pushed: Result<(), RewriteError> = rewriter.push(piece, &mut out);
        out.clear();
        if pushed.is_err() {
            break;
        }
    }
    // A page that cannot be read to its end has named what it named.
    let _ = rewriter.end(&mut out);
    rewriter
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::{Body as HttpBody, Frame};

    use super::*;
    use crate::proxy::BodyError;

    #[test]
    fn an_answer_that_is_no_page_is_told() {
        let told = |kind: &'static str, body: &[u8]| {
            let head = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            no_page(&[("shop.example".to_owned(), head)], body)
        };
        assert_eq!(told("text/html; charset=utf-8", b"<p>"), None);
        assert!(told("application/pdf", b"%PDF").unwrap().contains("but application/pdf"));
        assert!(told("text/html", b"").unwrap().contains("is empty"));
    }

    /// A page that begins, and never goes on.
    struct Stuck(Option<Bytes>);

    impl HttpBody for Stuck {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
        }
    }

    #[tokio::test]
    async fn a_page_that_does_not_end_is_read_as_far_as_it_came() {
        let mut notes = Vec::new();
        let body = Body::stream(Stuck(Some(Bytes::from_static(b"<p>"))));
        let (_, page) = read(Response::new(body), Instant::now(), &mut notes).await.unwrap();
        assert_eq!(page, b"<p>");
        assert_eq!(notes, ["the page was read in part: it had not ended after 15 s"]);
    }

    #[test]
    fn a_link_header_names_its_addresses() {
        let line = HeaderValue::from_static(
            "<https://fonts.example/a.woff2>; rel=preload; as=font, </own.css>; rel=preload, <//cdn.example>; rel=preconnect",
        );
        let hosts: Vec<String> = linked(&line).filter_map(|address| Some(place(&address)?.host)).collect();
        assert_eq!(hosts, ["fonts.example", "cdn.example"]);
    }
}
