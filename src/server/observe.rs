//! The outermost layer: counts answers and how long their heads took. It logs no address, no query and no path of
//! the origin's.

use http::Response;

use crate::clock;
use crate::telemetry::Metrics;

/// Waits for the head of an answer and notes what it was.
pub(super) async fn observe<B>(metrics: &Metrics, answer: impl Future<Output = Response<B>>) -> Response<B> {
    let begun = clock::monotonic();
    let answer = answer.await;
    metrics.answered(answer.status().as_u16(), begun.elapsed());
    answer
}
