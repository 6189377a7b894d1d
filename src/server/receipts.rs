//! What a visitor can do with the receipt of their own consent: read it, take it along, have it erased.
//!
//! Its number, in the sealed consent of the request, is the only proof that is asked for.

use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use serde_json::Value;

use super::choice_form::ChoiceError;
use super::refusal::Refusal;
use super::visit::Visit;
use super::worker::Shared;
use super::{choice, privacy};
use crate::banner::Issue;
use crate::counting::Answer;
use crate::policy::catalog::host_matches;
use crate::policy::consent::{Choice, ReceiptNumber};
use crate::proxy::Body;
use crate::proxy::headers::Host;
use crate::store::ledger::{Erase, Receipt};

/// What the file is called that a visitor saves.
const DOWNLOAD: HeaderValue = HeaderValue::from_static("attachment; filename=\"consent-receipt.json\"");
const EVERYTHING: HeaderValue = HeaderValue::from_static("attachment; filename=\"my-data.json\"");

/// The page *my data*, with what the receipt says.
pub(super) async fn my_data<B>(
    shared: &Shared,
    visit: &Visit,
    request: &Request<B>,
) -> Result<Response<Body>, Refusal> {
    let receipts = match visit.consent.receipt() {
        Some(number) => shared.ledger.get(number).await,
        None => Ok(Vec::new()),
    };
    // The page has more to say than what the ledger knows.
    let receipts = receipts.unwrap_or_else(|error| {
        tracing::error!(%error, "a receipt could not be read");
        Vec::new()
    });
    let body = privacy::my_data(visit, request.headers(), &receipts);
    privacy::read_only(visit, request, privacy::HTML, body)
}

/// All of it as a file: what the browser sent, what stands, and the receipt (GDPR art. 15 and 20).
pub(super) async fn everything<B>(
    shared: &Shared,
    visit: &Visit,
    request: &Request<B>,
) -> Result<Response<Body>, Refusal> {
    let receipt = match visit.consent.receipt() {
        Some(number) => {
            let receipts = shared.ledger.get(number).await.map_err(Refusal::Receipts)?;
            let is_kept = !receipts.is_empty();
            let document = document(shared, visit, number, receipts).await?;
            is_kept.then(|| shared.receipt_key.sign(&document))
        }
        None => None,
    };
    let file = privacy::my_data_file(visit, request.headers(), receipt.as_ref());
    let mut answer = privacy::read_only(visit, request, "application/json", file)?;
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, EVERYTHING);
    Ok(answer)
}

/// The signed receipt, as a file (GDPR art. 15 and 20).
pub(super) async fn download<B>(
    shared: &Shared,
    visit: &Visit,
    request: &Request<B>,
) -> Result<Response<Body>, Refusal> {
    let number = visit.consent.receipt().ok_or(Refusal::NotFound)?;
    let receipts = shared.ledger.get(number).await.map_err(Refusal::Receipts)?;
    if receipts.is_empty() {
        return Err(Refusal::NotFound);
    }
    let document = document(shared, visit, number, receipts).await?;
    let file = format!("{:#}\n", shared.receipt_key.sign(&document));
    let mut answer = privacy::read_only(visit, request, "application/json", file)?;
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, DOWNLOAD);
    Ok(answer)
}

async fn document(
    shared: &Shared,
    visit: &Visit,
    number: ReceiptNumber,
    receipts: Vec<Receipt>,
) -> Result<Value, Refusal> {
    let mut told = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let notice = shared.ledger.notice(receipt.texts).await.map_err(Refusal::Receipts)?;
        told.push((receipt, notice.and_then(|notice| serde_json::from_str(&notice).ok())));
    }
    let issue = Issue {
        origin: &origin(&visit.site.hosts, &visit.host, visit.client.is_https),
        kept_days: visit.site.receipts_days,
    };
    Ok(visit.site.banner.receipt_document(number, &told, issue))
}

/// Scheme and host of the site, as the settings bear them out: the host asked for is one that they name, or is below a domain
/// that they name. Only where the site takes every host a request could put any name into a signed file; there the first
/// that is named stands instead. The scheme is that of the visitor's connection, by the word of trusted proxies alone.
fn origin(hosts: &[String], asked: &Host, is_https: bool) -> String {
    let names = |host: &String| host != "*" && host_matches(host, asked.name());
    let first = hosts.iter().find(|host| !host.contains('*'));
    let host = match first {
        Some(first) if !hosts.iter().any(names) => first,
        _ => asked.authority(),
    };
    let scheme = if is_https { "https" } else { "http" };
    format!("{scheme}://{host}")
}

/// The key that receipts are checked with.
pub(super) fn key<B>(
    shared: &Shared,
    visit: &Visit,
    request: &Request<B>,
) -> Result<Response<Body>, Refusal> {
    let key =
        serde_json::json!({ "algorithm": "Ed25519", "public_key": shared.receipt_key.public().to_string() });
    privacy::read_only(visit, request, "application/json", key.to_string())
}

/// Erases what the ledger has of this visitor (GDPR art. 17), and with it takes the consent back: without its receipt
/// nobody could show that it was given. The form is that of a choice that says none.
pub(super) async fn erase(
    shared: &Shared,
    visit: &Visit,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let taken = choice::take(visit, request).await?;
    if taken.form.choice != Choice::None {
        return Err(ChoiceError::NoChoice.into());
    }
    let erased = match visit.consent.receipt() {
        Some(number) => {
            let number = Erase::Number(number);
            shared.ledger.erase(number, shared.clock.now()).await.map_err(Refusal::Receipts)?
        }
        None => 0,
    };
    let answer = match erased {
        // A form that somebody sent without anything to erase: no answer, and a no that stands is not said anew.
        0 if !visit.consent.is_grant() => return Ok(choice::keep(shared, visit, &taken)),
        0 => Answer::Refused,
        _ => Answer::Withdrawn,
    };
    Ok(choice::settle(shared, visit, &taken, &visit.refused(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r40_receipts_name_a_host_that_the_settings_bear_out() {
        for (hosts, asked, told) in [
            (&["shop.example", "127.0.0.1"][..], "shop.example", "https://shop.example"),
            (&["shop.example", "127.0.0.1"], "127.0.0.1:8443", "https://127.0.0.1:8443"),
            (&["*.shop.example"], "no.shop.example", "https://no.shop.example"),
            (&["*", "shop.example"], "bank.example", "https://shop.example"),
            (&["*"], "any.example", "https://any.example"),
        ] {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            let asked = Host::parse(asked.as_bytes()).unwrap();
            assert_eq!(origin(&hosts, &asked, true), told);
        }
    }
}
