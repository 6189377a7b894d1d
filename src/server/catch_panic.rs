//! A bug costs one request: a panic below becomes a [`Refusal::Bug`], and the next request is served.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::refusal::Refusal;

/// Runs `work`, turning a panic into a refusal. What `work` shared with other requests must hold at every await point:
/// pools and counters here do, because no borrow of them spans one.
pub(super) async fn catch_panic<T>(work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let mut work = pin!(work);
    poll_fn(move |context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
            .unwrap_or(Poll::Ready(Err(Refusal::Bug)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_refusal() {
        let answer: Result<(), Refusal> = catch_panic(async { panic!("a bug, on purpose") }).await;
        assert!(matches!(answer, Err(Refusal::Bug)));
    }

    #[tokio::test]
    async fn what_does_not_panic_passes() {
        assert!(matches!(catch_panic(async { Ok(7) }).await, Ok(7)));
    }
}
