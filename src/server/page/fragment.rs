//! HTML that a script fetches to put into a page: its tags are held as in a page, frames show their placeholders, and nothing else
//! of ours is put in.
//!
//! The fence of the page it is put into holds for it; hints to connect, a refresh and frames are the markup's own affair,
//! and come alive when it is put in. It has no validator: what a script asks for keeps its conditions on the way to the
//! origin, which could tell a browser by a tag that comes back.

use http::{HeaderMap, Response, StatusCode};

use super::rewritten::{as_it_came, make_changed, spoken, telling};
use super::{Ask, decoder};
use crate::banner::Banner;
use crate::proxy::Body;
use crate::proxy::charset::ToUtf8;
use crate::proxy::encode::Encoder;
use crate::proxy::page::PageBody;
use crate::proxy::reader::Reader;
use crate::proxy::rewrite::{Insertions, Rewriter};
use crate::server::count::{is_download, is_html, is_xml};
use crate::server::guard::has_no_body;
use crate::server::navigation::{DEST, Purpose};
use crate::server::site::Mode;
use crate::server::visit::Visit;
use crate::server::worker::Shared;

/// May the answer to this be put into a page by who asks?
pub(super) fn is_fetched(purpose: Purpose, headers: &HeaderMap) -> bool {
    purpose == Purpose::Other && headers.get(DEST).is_none_or(|dest| dest == "empty")
}

/// Is this HTML that a script fetched, and whole? Errors of interfaces are for their clients to read.
pub(super) fn is_one(ask: &Ask, answer: &Response<Body>) -> bool {
    let (status, headers) = (answer.status(), answer.headers());
    ask.mode == Mode::Enforce
        && ask.is_fetched
        && status.is_success()
        && status != StatusCode::PARTIAL_CONTENT
        && !has_no_body(status)
        && is_html(headers)
        && !is_xml(headers)
        && !is_download(headers)
}

/// Holds what is held in it, with placeholders; every other byte stays.
pub(super) fn held(shared: &Shared, visit: &Visit, ask: &Ask, answer: Response<Body>) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let Ok(decoder) = decoder(&head.headers) else { return as_it_came(shared, head, body) };
    let (said, coding) = spoken(ask, &mut head.headers);
    let (host, path) = (visit.host.name(), visit.page().path);
    make_changed(&mut head, coding);
    let (languages, style) = visit.site.banner.fetched();
    let origin = Banner::origin(visit.client.is_https, visit.host.authority());
    let insertions = Insertions::placeholders(languages, ask.language, origin, style);
    let rewriter =
        Rewriter::new(visit.site.policy.clone(), visit.consent, host, path, insertions).noting_hosts();
    let reader = Reader::Rewrites(ToUtf8::new(said), Box::new(rewriter));
    let page = PageBody::new(body, decoder, reader, Encoder::new(coding), telling(shared, visit, None));
    Response::from_parts(head, Body::stream(page))
}
