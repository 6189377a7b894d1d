//! From a question to what may be shown of it: the one way, for whoever asks.

use super::Query;
use crate::store::disclosure::{Answer, disclose};
use crate::store::key_log::KeyLog;
use crate::store::question::range::date_of;
use crate::store::{EventStore, StoreError};

/// Answers a query. The log of keys says whether visitors of a day may be counted twice; without one nothing is known of
/// that.
pub async fn answer(
    store: &dyn EventStore,
    key_log: Option<&KeyLog>,
    query: &Query,
) -> Result<Answer, StoreError> {
    let question = &query.question;
    let mut answer = disclose(question, store.answer(question).await?);
    let span = question.span();
    if let (Some(keys), Some(first), Some(last)) = (key_log, date_of(span.first_day), date_of(span.last_day))
    {
        answer.meta.rekeyed_at = keys.rekeyed_at(&question.asked().site, first, last)?;
    }
    Ok(answer)
}
