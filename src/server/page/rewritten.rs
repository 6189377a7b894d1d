//! A page on its way to the visitor: rewritten for the consent, tagged with all that it depends on, its hosts noted.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, response};
use http_body::Body as _;

use super::{Ask, confirm, decoder, has_browser, kept, of_nothing};
use crate::banner::{Banner, Shown};
use crate::policy::advice::Thing;
use crate::policy::consent::CategorySet;
use crate::policy::fence::seen::Sight;
use crate::policy::markup::Named;
use crate::proxy::Body;
use crate::proxy::charset::{self, ToUtf8};
use crate::proxy::encode::{Coding, Encoder};
use crate::proxy::page::{Outcome, PageBody, Told};
use crate::proxy::reader::Reader;
use crate::proxy::rewrite::{Insertions, Rewriter};
use crate::server::count::Waiting;
use crate::server::let_in::{LetIn, let_in};
use crate::server::navigation::Word;
use crate::server::validator::{self, Tag};
use crate::server::visit::Visit;
use crate::server::worker::Shared;
use crate::server::{cache, guard};
use crate::store::inventory::Via;

/// What says something of the bytes of a body, or makes them the measure of others (RFC 9530, RFC 9842).
const OF_THE_ORIGINS_BYTES: [HeaderName; 8] = [
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("use-as-dictionary"),
];

/// How much of a new page is made before its head is sent, and how long is waited for it. Most pages of shops are whole
/// then: servers that put one together before they send it are as far away as their data is long. One that comes bit by bit
/// is late by this once. What is made counts, which mostly is coded: a page of some 100 KB. With the 40 KiB that a page takes
/// while it passes it stays below 64.
const AHEAD_BYTES_MAX: usize = 24 << 10;
const AHEAD_WAIT_MAX: Duration = Duration::from_millis(100);

/// Turns an answer into the page of this consent state. A `HEAD` gets the head that a `GET` would have.
pub(super) async fn page(
    shared: &Shared,
    visit: &Visit,
    ask: &Ask,
    answer: Response<Body>,
    mut waiting: Option<Waiting>,
) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let Ok(decoder) = decoder(&head.headers) else {
        return as_it_came(shared, head, body);
    };
    let (said, coding) = spoken(ask, &mut head.headers);
    let insertions = insertions(visit, ask, &mut head.headers);
    let tag = tag(visit, ask, &head, coding, &insertions);
    make_changed(&mut head, coding);
    if visit.consent.is_asked() {
        head.headers.extend(visit.site.asking.vary().map(|field| (header::VARY, field)));
    }
    if has_browser(ask, tag, &mut head.headers) {
        // The copy's own language is not known here; the visitor's is the best guess.
        if let Some(waiting) = &mut waiting {
            waiting.asks(ask.language);
        }
        return confirm(shared, head, body);
    }
    let (host, path) = (visit.host.name(), visit.page().path);
    let mut rewriter =
        Rewriter::new(visit.site.policy.clone(), visit.consent, host, path, insertions).noting_hosts();
    if said.is_none() {
        rewriter = rewriter.of_unsaid_encoding();
    }
    if ask.word != Word::Browser {
        rewriter = rewriter.of_unsaid_purpose();
    }
    let reader = Reader::Rewrites(ToUtf8::new(said), Box::new(rewriter));
    let tell = telling(shared, visit, waiting);
    let is_empty = body.is_end_stream();
    let nothing = of_nothing(ask, head.status, &head.headers);
    let mut page = PageBody::new(body, decoder, reader, Encoder::new(coding), tell).of_nothing(nothing);
    if !is_empty && guard::has_fence(visit, &head.headers) && is_new(visit) {
        page.read_ahead(AHEAD_BYTES_MAX, AHEAD_WAIT_MAX).await;
        guard::widen_fence(visit, page.hosts(), &mut head.headers);
    }
    Response::from_parts(head, Body::stream(page))
}

/// Is this page new here? What it names is known from then on, as far as it stays the same.
fn is_new(visit: &Visit) -> bool {
    visit.site.first_views.take(visit.host.authority(), visit.target().as_str())
}

/// The encoding that the head says, and the coding to send in. Where the text becomes UTF-8 the head says so, and where browsers
/// may read another encoding out of it, it says which one is meant.
pub(super) fn spoken(ask: &Ask, headers: &mut HeaderMap) -> (Option<&'static encoding_rs::Encoding>, Coding) {
    let (said, is_plain) = charset::of_content_types(headers.get_all(header::CONTENT_TYPE).iter());
    if said.is_some_and(charset::is_turned) {
        headers.insert(header::CONTENT_TYPE, html_in("utf-8"));
    } else if !is_plain {
        let kind = said.map_or(HeaderValue::from_static("text/html"), |said| html_in(said.name()));
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let accepted = ask.accept_encoding.as_ref().and_then(|value| value.to_str().ok());
    (said, accepted.map_or(Coding::Identity, Coding::negotiate))
}

/// In the coding of a dictionary: the browser that has it may read it, under the fence.
pub(super) fn as_it_came(shared: &Shared, mut head: response::Parts, body: Body) -> Response<Body> {
    shared.metrics.pages_fenced_only.increment();
    cache::unconfirmed(&mut head.headers);
    Response::from_parts(head, body)
}

/// Hears of a page on its way: hands in its view when it asks, and notes what became of it.
pub(super) fn telling(
    shared: &Shared,
    visit: &Visit,
    mut waiting: Option<Waiting>,
) -> impl FnMut(Told<'_>) + Unpin + 'static {
    let (metrics, note) = (shared.metrics.clone(), noting(shared, visit));
    move |told| match told {
        Told::Asks(language) => {
            if let Some(waiting) = &mut waiting {
                waiting.asks(language);
            }
        }
        Told::Over(outcome, hosts) => {
            note(hosts);
            match outcome {
                Outcome::Whole { held, long } => {
                    metrics.pages_rewritten.increment();
                    metrics.tags_held.add(held.into());
                    metrics.tags_long.add(long.into());
                }
                Outcome::Cut => metrics.pages_cut.increment(),
                Outcome::Left => {}
            }
        }
    }
}

/// The tag of a page: of all that it depends on beside the origin's answer.
fn tag(visit: &Visit, ask: &Ask, head: &response::Parts, coding: Coding, put_in: &Insertions) -> Option<Tag> {
    if !ask.is_own {
        return None;
    }
    let consent = validator::of_consent(&ask.shown);
    let language = ask.language.to_le_bytes();
    visit.site.validator.tag(
        head,
        &[
            if ask.purpose.is_page() { b"page" } else { b"frame" },
            visit.host.authority().as_bytes(),
            visit.target().as_str().as_bytes(),
            &consent,
            &language,
            coding.name().unwrap_or_default().as_bytes(),
            &put_in.head,
            &put_in.return_path,
            &put_in.origin,
            &put_in.tail,
        ],
    )
}

fn html_in(charset: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("text/html; charset={charset}"))
        .expect("names of encodings are ASCII words")
}

/// Notes the hosts that a page's tags named, once the page has passed.
pub(super) fn noting(shared: &Shared, visit: &Visit) -> impl Fn(&[Named]) + 'static {
    let (sightings, site) = (shared.sightings.clone(), visit.site.clone());
    move |hosts| {
        for Named { host, marks } in hosts {
            let is_new = sightings.see(&site, Thing::Host, Via::Tag, host.as_bytes());
            if is_new || site.policy.is_rare(host) {
                site.learn(&[(host, Sight::Tag(CategorySet::NECESSARY))]);
            }
            if *marks != CategorySet::NECESSARY {
                site.learn(&[(host, Sight::Tag(*marks))]);
            }
        }
    }
}

/// What the origin said of its own bytes is not true of ours.
pub(super) fn make_changed(head: &mut response::Parts, coding: Coding) {
    for name in &OF_THE_ORIGINS_BYTES {
        head.headers.remove(name);
    }
    cache::unconfirmed(&mut head.headers);
    if head.status == StatusCode::PARTIAL_CONTENT {
        head.status = StatusCode::OK;
    }
    if let Some(name) = coding.name() {
        head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    head.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Marks a page that answered a form: our scripts do not load it again, and its own forms have no way back to it.
const SENT: &[u8] = b"<meta id=consentry_sent>";

/// What stands first in the page, with these scripts behind it; `tag` begins one that may run there, and is empty where none may.
fn followed(head: Bytes, tag: &[u8], scripts: [Option<&str>; 2]) -> Bytes {
    let scripts: Vec<&str> = scripts.into_iter().flatten().filter(|_| !tag.is_empty()).collect();
    if scripts.is_empty() {
        return head;
    }
    let scripts = scripts.iter().flat_map(|script| [tag, script.as_bytes(), b"</script>"]);
    Bytes::from([&head[..]].into_iter().chain(scripts).collect::<Vec<_>>().concat())
}

fn insertions(visit: &Visit, ask: &Ask, headers: &mut HeaderMap) -> Insertions {
    let shown = if ask.purpose.is_page() { Shown::AsPage } else { Shown::InFrame };
    let LetIn { mut head, script, idle, embeds, embed_style, keep, languages, tail } =
        let_in(visit, &ask.shown, shown, headers);
    let mut return_path = visit.site.banner.return_path(visit.target().as_str());
    if visit.is_sent() {
        head = Bytes::from([&head, SENT].concat());
        return_path = Bytes::new();
    } else {
        let check = ask.made_for.as_deref().map(kept::check);
        head = followed(head, &script, [check.as_deref(), ask.ahead]);
    }
    let origin = Banner::origin(visit.client.is_https, visit.host.authority());
    Insertions {
        head,
        script,
        languages,
        preferred: ask.language,
        return_path,
        origin,
        idle,
        embeds,
        embed_style,
        keep,
        tail,
        is_part: false,
    }
}
