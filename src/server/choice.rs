//! `POST PREFIX/choice`: a visitor's answer is taken, recorded when it grants something, and answered with a page.
//!
//! The order is what makes an answer believable: the receipt is on disk before the cookie is sent, and what was
//! withdrawn expires in the very answer to the withdrawal.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::choice_form::{ChoiceForm, Told};
use super::count::{said, standing};
use super::form::{self, BODY_BYTES_MAX};
use super::refusal::Refusal;
use super::visit::Visit;
use super::worker::Shared;
use super::{asking, body_limit, consent_cookie, from_here, weeks};
use crate::banner::{Signal, safe_return};
use crate::counting::{Answer, Hit, HitKind, Layer};
use crate::policy::Page;
use crate::policy::consent::{Category, CategorySet, Choice, Consent, ReceiptNumber};
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
    /// A form sent by the browser: answered with the page, 303.
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
    let (after, answer) = decide(shared, visit, &taken).await?;
    Ok(settle(shared, visit, &taken, &after, answer))
}

/// Does a choice grant what does not stand yet?
fn adds(visit: &Visit, form: &ChoiceForm) -> bool {
    let asked_for = Consent::from_choice(&meant(visit, form), visit.today, None, visit.site.policy.catalog());
    form.names_unknown || !covers(visit, &visit.consent, &asked_for)
}

/// What a form means. That of an embed adds one tracker to what stands now, which its page may not know of.
fn meant(visit: &Visit, form: &ChoiceForm) -> Choice {
    match &form.choice {
        Choice::Some { trackers, .. } if form.layer == Layer::Embed => {
            let (consent, mut trackers) = (&visit.consent, *trackers);
            for tracker in consent.trackers().iter() {
                trackers.insert(tracker);
            }
            Choice::Some { categories: consent.categories(), trackers }
        }
        choice => choice.clone(),
    }
}

/// The answer to a yes from a page that asked in other words, or for something else, than is asked today: the question as
/// it is now. Nothing is stored.
fn ask_anew(visit: &Visit, taken: &Taken) -> Result<Response<Body>, Refusal> {
    let (back, prefix) = (&taken.form.return_path, &visit.site.policy.settings().prefix);
    if taken.sent.form == Form::Json {
        return Err(Refusal::Outdated);
    }
    let stands_there = match taken.form.layer {
        Layer::Embed => true,
        Layer::Page => back.starts_with(prefix.as_str()),
        Layer::Banner | Layer::Script | Layer::Form => visit.consent.is_asked(),
    };
    let centre = || format!("{prefix}/consent?return={back}");
    Ok(see_other(&if stands_there { back.clone() } else { centre() }))
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
    let fallback = sent.referring_path(visit);
    let today = |name: &str| visit.site.banner.language_of_notice(name);
    let form = ChoiceForm::read(&body, visit.site.policy.catalog(), today, &fallback)?;
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
    reply(visit, taken, after)
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

    /// The page the form stood on, as far as the browser says; else the first page.
    fn referring_path(&self, visit: &Visit) -> String {
        let uri = self.referrer.as_ref().and_then(|value| value.to_str().ok()?.parse::<http::Uri>().ok());
        uri.filter(|uri| {
            uri.authority()
                .is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(visit.host.authority()))
        })
        .and_then(|uri| uri.path_and_query().map(|path| path.as_str().to_owned()))
        .filter(|path| safe_return(path).is_some())
        .unwrap_or_else(|| "/".to_owned())
    }
}

/// What stands from now on. A grant is recorded before it counts; a grant that cannot be recorded changes nothing. A
/// withdrawal counts at once: that it could not be recorded must not keep anybody from withdrawing.
async fn decide(shared: &Shared, visit: &Visit, taken: &Taken) -> Result<(Consent, Answer), Refusal> {
    let earlier = held(shared, visit).await;
    let number = earlier.unwrap_or_else(|| new_number(shared));
    let choice = meant(visit, &taken.form);
    let after = Consent::from_choice(&choice, visit.today, Some(number), visit.site.policy.catalog());
    if !Seal::holds(&after, visit.site.policy.catalog()) {
        return Err(Refusal::TooManyTrackers);
    }
    if after.is_grant() {
        let action = if earlier.is_some() { "changed" } else { "granted" };
        record(shared, visit, taken, number, action, &after).await.map_err(Refusal::NotRecorded)?;
    } else if let Some(earlier) = earlier {
        withdraw(shared, visit, taken, earlier, &after).await;
    }
    Ok((after, answered(&after, earlier)))
}

/// The number of the visitor's receipt, where there is one. After it was erased an old cookie brings the number back, and
/// nothing else: then it is none. A ledger that cannot be read is believed to have it.
async fn held(shared: &Shared, visit: &Visit) -> Option<ReceiptNumber> {
    let number = visit.consent.receipt()?;
    match shared.ledger.get(number).await {
        Ok(receipts) if receipts.is_empty() => None,
        Ok(_) | Err(_) => Some(number),
    }
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
        tracing::error!(%error, "a withdrawal could not be recorded");
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
    // A yes that is given although the browser says no in general is recorded as such (rule P5).
    let is_over = taken.signal == Signal::Refuses && after.is_grant();
    let banner = &visit.site.banner;
    let entry = Entry {
        id,
        time: shared.clock.now(),
        site: visit.site.name.to_string(),
        action: if is_over { format!("{action}-over-gpc") } else { action.to_owned() },
        layer: taken.form.layer.name().to_owned(),
        language: banner.language_tag(taken.language).to_owned(),
        granted,
        refused,
        texts: banner.texts_hash(taken.language),
    };
    shared.ledger.append(entry).await.map(|_| ())
}

/// What was granted and what was refused, by name: categories, then single trackers.
fn named(visit: &Visit, consent: &Consent) -> (Vec<String>, Vec<String>) {
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for category in Category::ASKED {
        let list = if consent.categories().contains(category) { &mut granted } else { &mut refused };
        list.push(category.name().to_owned());
    }
    let catalog = visit.site.policy.catalog();
    granted.extend(consent.trackers().iter().map(|tracker| catalog.tracker(tracker).name_id.clone()));
    (granted, refused)
}

/// What the answer is called in figures. Whether a no takes something back is told by the number, as it is for the
/// receipt: of what was granted nothing may stand any more, because the offer is another.
fn answered(after: &Consent, earlier: Option<ReceiptNumber>) -> Answer {
    match (after.is_grant(), earlier) {
        (true, _) if after.categories() == CategorySet::ALL => Answer::Accepted,
        (true, _) => Answer::Partial(after.categories()),
        (false, Some(_)) => Answer::Withdrawn,
        (false, None) => Answer::Refused,
    }
}

/// Was something granted before that is not any more?
fn takes_back(visit: &Visit, after: &Consent) -> bool {
    !covers(visit, after, &visit.consent)
}

/// Does `one` grant all that `other` does?
fn covers(visit: &Visit, one: &Consent, other: &Consent) -> bool {
    let is_granted = |tracker| one.grants(visit.site.policy.catalog().tracker(tracker));
    one.categories().includes(other.categories()) && other.trackers().iter().all(is_granted)
}

/// The page is loaded again after a form, and after a script's grant or withdrawal: that view was counted already.
fn tell_counter(shared: &Shared, visit: &Visit, taken: &Taken, after: &Consent, answer: Answer) {
    let (form, sent) = (&taken.form, &taken.sent);
    let target = form.return_path.split('#').next().and_then(|path| path.parse::<PathAndQuery>().ok());
    shared.hits.hand_in(Hit {
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
        kind: HitKind::Answered {
            answer,
            layer: form.layer,
            notice: visit.site.banner.counted(taken.language).clone(),
            said: said(visit, after),
            reloads: sent.form == Form::Page || after.is_grant() || takes_back(visit, after),
        },
    });
}

fn reply(visit: &Visit, taken: &Taken, after: &Consent) -> Response<Body> {
    let (form, sent) = (&taken.form, &taken.sent);
    let takes_back = takes_back(visit, after);
    let mut answer = match sent.form {
        Form::Json => {
            let mut answer = Response::new(Body::from(told(visit, after, takes_back)));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        Form::Page => see_other(&form.return_path),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if takes_back {
        headers.insert("clear-site-data", HeaderValue::from_static(FORGOTTEN));
    }
    for line in cookies(visit, sent, &form.return_path, after) {
        headers.append(header::SET_COOKIE, line);
    }
    answer
}

/// The consent cookie, and the end of every cookie that it no longer covers, ours too.
fn cookies(visit: &Visit, sent: &Sent, return_path: &str, after: &Consent) -> Vec<HeaderValue> {
    let site = &visit.site;
    let page = Page { host: visit.host.name(), path: return_path.split(['?', '#']).next().unwrap_or("/") };
    let mut lines = consent_cookie::set(visit, after, return_path, !sent.cookies.is_empty());
    let sent = sent.cookies.iter().map(HeaderValue::as_bytes);
    if !after.categories().contains(Category::Statistics) {
        lines.extend(weeks::expired(visit));
    }
    lines.extend(site.policy.withdrawals(after, page, visit.scheme(), sent));
    lines
}

/// What stands, for scripts.
fn told(visit: &Visit, after: &Consent, takes_back: bool) -> String {
    let names = |is_granted: bool| -> Vec<&str> {
        let asked = Category::ASKED.into_iter();
        asked
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
    body.to_string()
}
