//! Request bodies that end here: read whole, bounded in bytes and in time.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::refusal::Refusal;
use crate::proxy::Body;

/// Longest wait for a whole body. A choice or a question is one packet; slower is 408 (RFC 9110 section 15.5.9).
const WAIT: Duration = Duration::from_secs(10);

/// Reads a body of at most `bytes_max` bytes.
pub(super) async fn read(body: Incoming, bytes_max: usize) -> Result<Bytes, Refusal> {
    let whole = tokio::time::timeout(WAIT, Limited::new(body, bytes_max).collect()).await;
    match whole.map_err(|_| Refusal::BodySlow)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyBroken),
    }
}

/// Reads a body that nobody wants, up to `bytes_max`, so that its connection can be used again. When there is more, or
/// it does not come, the connection is closed with the answer.
pub(super) async fn discard(body: Body, bytes_max: usize) {
    let mut body = Limited::new(body, bytes_max);
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    // What came too late is as unwanted as what came.
    let _ = tokio::time::timeout(WAIT, rest).await;
}
