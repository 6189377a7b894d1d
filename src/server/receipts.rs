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
use crate::policy::consent::{Choice, ReceiptNumber};
use crate::proxy::Body;
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
    Ok(visit.site.banner.receipt_document(number, &told))
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
    if let Some(number) = visit.consent.receipt() {
        shared.ledger.erase(Erase::Number(number), shared.clock.now()).await.map_err(Refusal::Receipts)?;
    }
    Ok(choice::settle(shared, visit, &taken, &visit.refused()))
}
