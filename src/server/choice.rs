//! `POST PREFIX/choice`: a visitor's answer is taken, recorded when it grants something, and answered with a page.
//!
//! The order is what makes an answer believable: the receipt is on disk before the cookie is sent, and what was
//! withdrawn expires in the very answer to the withdrawal.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::change::{Held, OVER_GPC, adds, after, held, is_unchanged, named, takes_back};
use super::choice_form::{ChoiceForm, Told};
use super::count::{said, standing};
use super::form::{self, BODY_BYTES_MAX};
use super::refusal::Refusal;
use super::visit::Visit;
use super::worker::Shared;
use super::{asking, body_limit, consent_cookie, from_here, privacy, weeks};
use crate::banner::Signal;
use crate::counting::{Answer, Hit, HitKind, Layer};
use crate::policy::Page;
use crate::policy::consent::{Category, Consent, ReceiptNumber};
use crate::policy::seal::Seal;
use crate::proxy::Body;
use crate::store::ledger::Entry;

/// What a withdrawal has the browser forget beside cookies (Clear Site Data section 3.1; the last two of Chromium): what
/// it would tell of itself in every request, and pages fetched ahead under the earlier consent.
///
/// Not `"cache"`: browsers go through all of it before they take the answer (Chromium 156: 0.8 s with 6000 entries, 0.04 s
/// without; full caches have a hundred thousand), and a no must be as quick as a yes. Nothing here depends on it: every
/// page is asked for again, and a copy made for another consent is never confirmed ([`super::validator`]). Not
/// `"storage"`: it would take the cart and the login along.
const FORGOTTEN: &str = "\"clientHints\", \"prefetchCache\", \"prerenderCache\"";

/// How the answer is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A form sent by the browser: answered with the page, 303, or with nothing, 204, where that cannot be come back to.
    Page,
    /// A script's request: answered with JSON, 200.
    Json,
}

/// What a browser sent along, kept while the body is read.
struct Sent {
    user_agent: Option<HeaderValue>,
    host: Option<HeaderValue>,
    accept_language: Option<HeaderValue>,
    referrer: Option<HeaderValue>,
    cookies: Vec<HeaderValue>,
    form: Form,
}

/// A choice as it came.
pub(super) struct Taken {
    /// What it says.
    pub form: ChoiceForm,
    sent: Sent,
    /// In which language it was asked for.
    language: usize,
    signal: Signal,
}

/// What becomes of what stands.
enum Decision {
    /// It was said already.
    Stands,
    /// This stands from now on, and is called so in figures.
    Changes(Consent, Answer),
}

/// Takes a choice.
pub(super) async fn choose(
    shared: &Shared,
    visit: &Visit,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let taken = take(visit, request).await?;
    if taken.form.notice == Told::Outdated && adds(visit, &taken.form) {
        return ask_anew(visit, &taken);
    }
    Ok(match decide(shared, visit, &taken).await? {
        Decision::Stands => keep(shared, visit, &taken),
        Decision::Changes(after, answer) => settle(shared, visit, &taken, &after, answer),
    })
}

/// The answer to a yes from a page that asked in other words, or for something else, than is asked today: the question as
/// it is now. Nothing is stored.
fn ask_anew(visit: &Visit, taken: &Taken) -> Result<Response<Body>, Refusal> {
    let (back, prefix) = (&taken.form.return_path, &visit.site.policy.settings().prefix);
    let centre = |back: &str| visit.site.banner.preferences(taken.language, back);
    if taken.sent.form == Form::Json {
        return Err(Refusal::Outdated);
    }
    if taken.form.stays {
        return Ok(see_other(&centre("")));
    }
    let stands_there = match taken.form.layer {
        Layer::Embed => true,
        Layer::Page => back.starts_with(prefix.as_str()),
        Layer::Banner | Layer::Script | Layer::Form => visit.consent.is_asked(),
    };
    Ok(see_other(&if stands_there { back.clone() } else { centre(back) }))
}

/// The browser goes on to a path of this site.
fn see_other(path: &str) -> Response<Body> {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::SEE_OTHER;
    // A local path is graphic ASCII, so it is a header value; the first page is one too.
    let path = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    answer.headers_mut().insert(header::LOCATION, path);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The browser stays where it is, and takes the cookies (RFC 9110 section 15.3.5).
fn stay() -> Response<Body> {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// Reads a choice that was sent from the site's own pages.
pub(super) async fn take(visit: &Visit, request: Request<Incoming>) -> Result<Taken, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    if !from_here::is_same_origin(visit, request.headers()) {
        return Err(Refusal::CrossSite);
    }
    if asking::is_robot(request.headers()) {
        return Err(Refusal::Robot);
    }
    if !form::is_form(request.headers()) {
        return Err(Refusal::MediaType(form::TYPE));
    }
    let (head, body) = request.into_parts();
    let sent = Sent::of(&head.headers);
    let body = body_limit::read(body, BODY_BYTES_MAX).await?;
    let referrer = sent.referrer.as_ref();
    let fallback =
        from_here::referring_path(referrer, visit.host.authority()).unwrap_or_else(|| "/".to_owned());
    let today = |name: &str| visit.site.banner.language_of_notice(name);
    let mut form = ChoiceForm::read(&body, visit.site.policy.catalog(), today, &fallback)?;
    form.return_path = privacy::landing(visit, form.return_path);
    let language = match form.notice {
        Told::Today(language) => language,
        Told::Nothing | Told::Outdated => visit.language(&head.headers),
    };
    Ok(Taken { form, sent, language, signal: asking::signal(&head.headers) })
}

/// Tells the counter and the visitor what stands now.
pub(super) fn settle(
    shared: &Shared,
    visit: &Visit,
    taken: &Taken,
    after: &Consent,
    answer: Answer,
) -> Response<Body> {
    shared.metrics.choices.increment();
    tell_counter(shared, visit, taken, after, answer);
    let mut answer = reply(visit, taken, after, &told(visit, after, takes_back(visit, after)));
    for line in consent_cookie::set(visit, after, &taken.form.return_path, !taken.sent.cookies.is_empty()) {
        answer.headers_mut().append(header::SET_COOKIE, line);
    }
    answer
}

/// Tells the visitor what stands, and that it stood already. Its days are not begun anew.
pub(super) fn keep(shared: &Shared, visit: &Visit, taken: &Taken) -> Response<Body> {
    if taken.sent.form == Form::Page && !taken.form.stays {
        // The view that follows was counted already.
        shared.hits.hand_in(hit(shared, visit, taken, &visit.consent, HitKind::Returns));
    }
    let mut told = told(visit, &visit.consent, false);
    told["unchanged"] = true.into();
    reply(visit, taken, &visit.consent, &told)
}

impl Taken {
    /// Does a yes stand against what the browser says in general (rule P5)?
    pub(super) fn is_over(&self, after: &Consent) -> bool {
        self.signal == Signal::Refuses && after.is_grant()
    }
}

impl Sent {
    fn of(headers: &HeaderMap) -> Self {
        let wants_json = headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
        Self {
            user_agent: headers.get(header::USER_AGENT).cloned(),
            host: headers.get(header::HOST).cloned(),
            accept_language: headers.get(header::ACCEPT_LANGUAGE).cloned(),
            referrer: headers.get(header::REFERER).cloned(),
            cookies: headers.get_all(header::COOKIE).iter().cloned().collect(),
            form: if wants_json { Form::Json } else { Form::Page },
        }
    }
}

/// What stands from now on. A grant is recorded before it counts; a grant that cannot be recorded changes nothing. A
/// withdrawal counts at once: that it could not be recorded must not keep anybody from withdrawing.
async fn decide(shared: &Shared, visit: &Visit, taken: &Taken) -> Result<Decision, Refusal> {
    let held = held(shared, visit).await;
    let earlier = held.as_ref().map(|held: &Held| held.number);
    let number = earlier.unwrap_or_else(|| new_number(shared));
    let after = after(visit, &taken.form, Some(number));
    if !Seal::holds(&after, visit.site.policy.catalog()) {
        return Err(Refusal::TooManyTrackers);
    }
    if is_unchanged(visit, taken, held.as_ref(), &after) {
        return Ok(Decision::Stands);
    }
    if after.is_grant() {
        let action = if earlier.is_some() { "changed" } else { "granted" };
        record(shared, visit, taken, number, action, &after).await.map_err(Refusal::NotRecorded)?;
    } else if let Some(earlier) = earlier {
        withdraw(shared, visit, taken, earlier, &after).await;
    }
    Ok(Decision::Changes(after, answered(visit, &after, earlier)))
}

fn new_number(shared: &Shared) -> ReceiptNumber {
    let mut number = [0; 16];
    shared.entropy.fill(&mut number);
    ReceiptNumber(number)
}

/// Records the end of a grant. What cannot be recorded is told to the operator, and ends all the same.
async fn withdraw(shared: &Shared, visit: &Visit, taken: &Taken, number: ReceiptNumber, after: &Consent) {
    if let Err(error) = record(shared, visit, taken, number, "withdrawn", after).await {
        shared.metrics.choices_failed.increment();
        let cause = Refusal::NotRecorded(error).cause();
        tracing::error!(cause, "a withdrawal could not be recorded");
    }
}

async fn record(
    shared: &Shared,
    visit: &Visit,
    taken: &Taken,
    id: ReceiptNumber,
    action: &'static str,
    after: &Consent,
) -> Result<(), crate::store::StoreError> {
    let (granted, refused) = named(visit, after);
    let banner = &visit.site.banner;
    let entry = Entry {
        id,
        time: shared.clock.now(),
        site: visit.site.name.to_string(),
        action: if taken.is_over(after) { format!("{action}{OVER_GPC}") } else { action.to_owned() },
        layer: taken.form.layer.name().to_owned(),
        language: banner.language_tag(taken.language).to_owned(),
        granted,
        refused,
        texts: banner.texts_hash(taken.language),
    };
    shared.ledger.append(entry).await.map(|_| ())
}

/// What the answer is called in figures. Whether a no takes something back is told by the number, as it is for the
/// receipt: of what was granted nothing may stand any more, because the offer is another.
fn answered(visit: &Visit, after: &Consent, earlier: Option<ReceiptNumber>) -> Answer {
    let is_all = after.categories() == visit.site.policy.catalog().asked();
    match (after.is_grant(), earlier) {
        (true, _) if is_all => Answer::Accepted,
        (true, _) => Answer::Partial(after.categories()),
        (false, Some(_)) => Answer::Withdrawn,
        (false, None) => Answer::Refused,
    }
}

/// The page is loaded again after a form, and after a script's grant or withdrawal: that view was counted already.
fn tell_counter(shared: &Shared, visit: &Visit, taken: &Taken, after: &Consent, answer: Answer) {
    let kind = HitKind::Answered {
        answer,
        layer: taken.form.layer,
        notice: visit.site.banner.counted(taken.language).clone(),
        said: said(visit, after),
        reloads: !taken.form.stays
            && (taken.sent.form == Form::Page || after.is_grant() || takes_back(visit, after)),
    };
    shared.hits.hand_in(hit(shared, visit, taken, after, kind));
}

/// A hit on the page that the answer was given on.
fn hit(shared: &Shared, visit: &Visit, taken: &Taken, after: &Consent, kind: HitKind) -> Hit {
    let (form, sent) = (&taken.form, &taken.sent);
    let target = form.return_path.split('#').next().and_then(|path| path.parse::<PathAndQuery>().ok());
    Hit {
        site: visit.site.index,
        at: shared.clock.now(),
        address: visit.client.address,
        user_agent: sent.user_agent.clone(),
        host: sent.host.clone(),
        target: target.unwrap_or_else(|| PathAndQuery::from_static("/")),
        fragment: None,
        referrer: None,
        accept_language: sent.accept_language.clone(),
        consent: standing(after),
        weeks: None,
        objects: visit.objects(),
        is_bare: false,
        kind,
    }
}

/// The answer with `told` for scripts, and the end of every cookie that `after` does not cover, ours too.
fn reply(visit: &Visit, taken: &Taken, after: &Consent, told: &serde_json::Value) -> Response<Body> {
    let (form, sent) = (&taken.form, &taken.sent);
    let mut answer = match sent.form {
        Form::Json => {
            let mut answer = Response::new(Body::from(told.to_string()));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        Form::Page if form.stays => stay(),
        Form::Page => see_other(&form.return_path),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if takes_back(visit, after) {
        headers.insert("clear-site-data", HeaderValue::from_static(FORGOTTEN));
    }
    for line in expired(visit, sent, &form.return_path, after) {
        headers.append(header::SET_COOKIE, line);
    }
    answer
}

fn expired(visit: &Visit, sent: &Sent, return_path: &str, after: &Consent) -> Vec<HeaderValue> {
    let site = &visit.site;
    let page = Page { host: visit.host.name(), path: return_path.split(['?', '#']).next().unwrap_or("/") };
    let mut lines = Vec::new();
    let sent = sent.cookies.iter().map(HeaderValue::as_bytes);
    if !after.categories().contains(Category::Statistics) {
        lines.extend(weeks::expired(visit));
    }
    lines.extend(site.policy.withdrawals(after, page, visit.scheme(), sent));
    lines
}

/// What stands, for scripts.
fn told(visit: &Visit, after: &Consent, takes_back: bool) -> serde_json::Value {
    let names = |is_granted: bool| -> Vec<&str> {
        let asked = Category::ASKED.into_iter();
        asked
            .filter(|category| after.settled().contains(*category))
            .filter(|category| after.categories().contains(*category) == is_granted)
            .map(Category::name)
            .collect()
    };
    let catalog = visit.site.policy.catalog();
    let trackers: Vec<&str> =
        after.trackers().iter().map(|tracker| catalog.tracker(tracker).name_id.as_str()).collect();
    let mut body =
        serde_json::json!({ "granted": names(true), "refused": names(false), "trackers": trackers });
    if takes_back {
        body["takes_back"] = true.into();
    }
    if let Some(number) = after.receipt() {
        body["receipt"] = number.to_string().into();
    }
    body
}
