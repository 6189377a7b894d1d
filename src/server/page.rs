//! The way of everything that is the shop's: noted, guarded, sent on, counted, and rewritten when it is a page.

mod fragment;
mod kept;
mod observed;
mod opened;
mod rewritten;
mod untyped;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, response};
use http_body::Body as _;
use hyper::body::Incoming;

use super::count::{self, Look, Waiting, is_download, is_html, is_xml, outcome};
use super::files::{self, Guess};
use super::navigation::{Purpose, Word};
use super::practice::CountedBy;
use super::redirect::Part;
use super::refusal::Refusal;
use super::site::Mode;
use super::validator::Tag;
use super::visit::Visit;
use super::worker::Shared;
use super::{asking, cache, consent_cookie, guard, own_path, own_sent, service_worker, validator, weeks};
use crate::banner::assets::AHEAD;
use crate::counting::HitKind;
use crate::policy::consent::Consent;
use crate::proxy::encode::{Decoder, EncodeError};
use crate::proxy::forwarded::Hop;
use crate::proxy::page::Nothing;
use crate::proxy::{Body, Origin, OriginError};

/// What a page needs of its request, kept while the origin works.
struct Ask {
    mode: Mode,
    purpose: Purpose,
    method: Method,
    /// Was the answer asked for whole ([`Purpose::is_own`])?
    is_own: bool,
    /// What may stand there, where a document was asked for.
    guess: Option<Guess>,
    /// What said that the request wants a document.
    word: Word,
    /// May the answer be put into a page ([`fragment`])?
    is_fetched: bool,
    /// May a service worker keep the answer ([`kept`])?
    is_kept: bool,
    /// What the page is made for, where it comes by a service worker.
    made_for: Option<String>,
    /// What tells of the page's view when it is shown: nobody knows here when that is, or whether, of one that a browser fetches
    /// ahead.
    ahead: Option<&'static str>,
    /// The tags of the copies that the browser has.
    known: Vec<HeaderValue>,
    /// When it was told that a copy was made.
    since: Option<HeaderValue>,
    accept_encoding: Option<HeaderValue>,
    language: usize,
    /// What removes the cookies of held trackers that the browser sent.
    leftovers: Vec<HeaderValue>,
    /// The consent by which the page is made ([`asking::shown`]).
    shown: Consent,
}

impl Ask {
    fn of(visit: &Visit, purpose: Purpose, request: &Request<Incoming>) -> Self {
        let headers = request.headers();
        let is_kept = kept::is_asked(visit, purpose, request.method(), headers);
        Self {
            mode: visit.site.mode,
            purpose,
            method: request.method().clone(),
            is_own: visit.site.mode == Mode::Enforce && purpose.is_own(headers),
            guess: files::guess(visit, purpose, headers),
            word: Word::of(headers),
            is_fetched: fragment::is_fetched(purpose, headers),
            is_kept,
            made_for: kept::made_for(is_kept, headers),
            ahead: is_told_of(visit, purpose).then_some(AHEAD),
            known: validator::known(headers),
            since: headers.get(header::IF_MODIFIED_SINCE).cloned(),
            accept_encoding: headers.get(header::ACCEPT_ENCODING).cloned(),
            language: visit.language(headers),
            leftovers: guard::leftovers(visit, purpose, headers),
            shown: asking::shown(visit, headers),
        }
    }
}

/// Is this a page that is counted once it is shown, and not before?
fn is_told_of(visit: &Visit, purpose: Purpose) -> bool {
    purpose == Purpose::PageAhead
        && visit.site.practice.counted_by == CountedBy::Gateway
        && count::may_count(visit)
}

/// Passes a request to the origin and its answer back.
pub(super) async fn pass(
    shared: &Shared,
    visit: &Visit,
    hop: &Hop,
    origin: &Origin,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let purpose = Purpose::of(request.method(), request.headers());
    if is_worker_refused(shared, visit, purpose, &request) {
        return Ok(service_worker::farewell());
    }
    let asked = own_path::Asked::of(visit, purpose, &request);
    if let own_path::Asked::Held(reply) = asked {
        return Ok(own_path::answer(visit, reply, request.map(Body::incoming), &shared.metrics).await);
    }
    let headers = request.headers();
    let look = Look::at(request.method(), purpose, visit.target(), headers);
    let part = Part::of(visit, purpose, headers);
    let mut ask = Ask::of(visit, purpose, &request);
    make_ready(shared, visit, &ask, hop, &mut request);
    let request = match own_sent::look(visit, purpose, request.map(Body::incoming), &shared.metrics).await {
        Ok(request) => request,
        Err(held) => return Ok(held),
    };
    let answer = match origin.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Err(failed(shared, visit, look, error)),
    };
    if ask.is_own && answer.status() == StatusCode::NOT_MODIFIED {
        return Err(Refusal::Unasked);
    }
    let answer = untyped::typed(visit, purpose, answer).await;
    if is_packed(&ask, asked, &answer) {
        return Err(Refusal::Packed);
    }
    if answer.status() == StatusCode::OK {
        files::learn(visit, ask.guess, is_page(&ask, &answer));
    }
    let mut answer = kept::as_page(&mut ask, answer).await;
    let (waiting, remembered) =
        look.map(|look| count_it(shared, visit, &ask, look, &answer)).unwrap_or_default();
    shared.sightings.see_set_cookies(&visit.site, answer.headers());
    guard::after(visit, purpose, &mut answer, &shared.metrics);
    answer.headers_mut().extend(remembered.into_iter().map(|line| (header::SET_COOKIE, line)));
    match visit.site.mode {
        Mode::Enforce => {}
        Mode::Observe if is_page(&ask, &answer) => return Ok(observed::look_on(shared, visit, &ask, answer)),
        Mode::Observe | Mode::Off => return Ok(answer),
    }
    let answer = match part {
        Some(part) => part.hold(visit, answer, &shared.metrics),
        None => answer,
    };
    if is_page(&ask, &answer) {
        return Ok(rewritten::page(shared, visit, &ask, answer, waiting).await);
    }
    let answer = own_path::after(visit, asked, answer, &shared.metrics).await;
    Ok(as_it_is(shared, visit, &ask, answer))
}

/// Notes a service worker, and says whether it is one that nobody vouched for.
fn is_worker_refused(shared: &Shared, visit: &Visit, purpose: Purpose, request: &Request<Incoming>) -> bool {
    let (method, headers) = (request.method(), request.headers());
    let is_refused = purpose == Purpose::Worker && service_worker::is_refused(visit, method, headers);
    if is_refused {
        shared.metrics.workers_refused.increment();
    }
    if is_refused || (purpose == Purpose::Worker && service_worker::is_asked_for(headers)) {
        shared.sightings.see_service_worker(&visit.site, visit.page().path);
    }
    is_refused
}

/// What the origin gets of a request.
fn make_ready(shared: &Shared, visit: &Visit, ask: &Ask, hop: &Hop, request: &mut Request<Incoming>) {
    shared.sightings.see_cookies(&visit.site, request.headers());
    guard::before(visit, ask.purpose, request.headers_mut(), &shared.metrics);
    if let Some(guess) = ask.guess {
        files::ask(guess, request.headers_mut());
    }
    own_path::undecorate(visit, request, &shared.metrics);
    hop.write(request.headers_mut(), &visit.site.trusted);
}

/// Is this a page that can be rewritten from its first byte, and that somebody is shown? A download is not, and neither is
/// the error of an interface to a client that never said it wants a document. A part is none where it was asked for;
/// where nobody asked for a part it is taken for the whole. XHTML in its XML form is read by other rules, and what is put
/// into it would not be well-formed.
fn is_page(ask: &Ask, answer: &Response<Body>) -> bool {
    let status = answer.status();
    let is_part = status == StatusCode::PARTIAL_CONTENT && !ask.is_own;
    let is_error = (status.is_client_error() || status.is_server_error()) && !ask.word.is_said();
    let has_body = !guard::has_no_body(status);
    ask.purpose.is_document()
        && is_html(answer.headers())
        && !is_xml(answer.headers())
        && has_body
        && !is_part
        && !is_error
        && !is_download(answer.headers())
        && !(of_nothing(ask, status, answer.headers()) == Nothing::Stays && is_nothing(ask, answer))
}

/// A redirect mostly has no body, and nobody is shown what is put in; and who did not ask for a page, such as cron, is not
/// to be sent one where there is none.
fn of_nothing(ask: &Ask, status: StatusCode, headers: &HeaderMap) -> Nothing {
    let is_led_away = status.is_redirection() && headers.contains_key(header::LOCATION);
    if is_led_away || !ask.word.is_said() { Nothing::Stays } else { Nothing::IsPage }
}

/// Does the head say that there is no byte? What comes in pieces is known when it is over ([`Nothing`]).
fn is_nothing(ask: &Ask, answer: &Response<Body>) -> bool {
    let length = answer.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length == "0")
        || (ask.method != Method::HEAD && answer.body().is_end_stream())
}

/// Is this a page, or what may be a script, in more codings than are taken off here? A browser would take them off.
fn is_packed(ask: &Ask, asked: own_path::Asked, answer: &Response<Body>) -> bool {
    let is_read =
        is_page(ask, answer) || fragment::is_one(ask, answer) || matches!(asked, own_path::Asked::Script(_));
    ask.mode == Mode::Enforce && is_read && matches!(decoder(answer.headers()), Err(EncodeError::TooDeep))
}

/// What nothing is put into: workers' scripts, parts of pages, HTML of which no copy can be confirmed, all else.
fn as_it_is(shared: &Shared, visit: &Visit, ask: &Ask, answer: Response<Body>) -> Response<Body> {
    if fragment::is_one(ask, &answer) {
        return fragment::held(shared, visit, ask, answer);
    }
    let (mut head, body) = answer.into_parts();
    if ask.purpose == Purpose::Worker {
        let tag = visit.site.validator.tag(&head, &[b"worker", visit.host.authority().as_bytes()]);
        cache::unconfirmed(&mut head.headers);
        if has_browser(ask, tag, &mut head.headers) {
            return confirm(shared, head, body);
        }
    } else if is_html(&head.headers) {
        cache::unconfirmed(&mut head.headers);
    } else if ask.is_own && opened::is_known(visit, ask, &mut head) {
        return confirm(shared, head, body);
    }
    Response::from_parts(head, body)
}

/// Tags the answer; says whether that is what the browser has.
fn has_browser(ask: &Ask, tag: Option<Tag>, headers: &mut HeaderMap) -> bool {
    let Some(tag) = tag else { return false };
    headers.insert(header::ETAG, tag.value());
    tag.is_named(&ask.known)
}

/// The browser has it: the head without the body.
fn confirm(shared: &Shared, head: response::Parts, body: Body) -> Response<Body> {
    shared.metrics.pages_confirmed.increment();
    validator::confirmed(head, body)
}

/// Hands in what a navigation's answer counts as; a page that asks is given back, to be handed in when it is known in which
/// language it does. Gives the cookies that a page which was shown has to set, or to end: of returning visitors, and of
/// trackers that are held.
fn count_it(
    shared: &Shared,
    visit: &Visit,
    ask: &Ask,
    look: Look,
    answer: &Response<Body>,
) -> (Option<Waiting>, Vec<HeaderValue>) {
    let (status, headers) = (answer.status(), answer.headers());
    let is_written_to = is_page(ask, answer) && decoder(headers).is_ok();
    let asks = is_written_to && count::is_asked(visit, &ask.shown);
    let hit = outcome(shared, visit, &look, (status, headers)).map(|kind| look.hit(shared, visit, kind));
    let waiting = match hit {
        Some(hit) if asks => Some(Waiting::new(shared, visit, hit)),
        Some(hit) => {
            shared.hits.hand_in(hit);
            None
        }
        None => None,
    };
    let is_kept = visit.site.mode == Mode::Enforce && count::is_page_shown(status, headers);
    if !is_kept {
        return (waiting, Vec::new());
    }
    let weeks = weeks::set_cookie(visit, shared.clock.now()).into_iter();
    let ours = weeks.chain(consent_cookie::repair(visit));
    (waiting, ours.chain(ask.leftovers.iter().cloned()).collect())
}

/// The origin gave no answer. A navigation that failed is counted, unless the visitor broke it off.
fn failed(shared: &Shared, visit: &Visit, look: Option<Look>, error: OriginError) -> Refusal {
    let is_visitors = error.is_visitors();
    let refusal = Refusal::from(error);
    if let Some(look) = look.filter(|_| !is_visitors) {
        let kind = HitKind::Failed { status: refusal.status().as_u16() };
        shared.hits.hand_in(look.hit(shared, visit, kind));
    }
    refusal
}

/// The way out of the origin's codings.
pub(super) fn decoder(headers: &HeaderMap) -> Result<Decoder, EncodeError> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(first) = codings.next() else { return Decoder::new("") };
    let mut list = String::from_utf8_lossy(first.as_bytes()).into_owned();
    for next in codings {
        list.push(',');
        list.push_str(&String::from_utf8_lossy(next.as_bytes()));
    }
    Decoder::new(&list)
}
