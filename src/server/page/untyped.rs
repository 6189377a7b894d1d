//! Pages without a type that browsers believe: they look at the bytes and find HTML there, so we do, too.

use http::{HeaderMap, HeaderValue, Response, header};

use super::decoder;
use crate::proxy::Body;
use crate::proxy::charset;
use crate::proxy::peek::{SNIFFED_BYTES_MAX, is_html, peek};
use crate::server::guard::{has_no_body, is_typed};
use crate::server::navigation::Purpose;
use crate::server::site::Mode;
use crate::server::visit::Visit;

/// Says of an answer what a browser would find that it is, where that is HTML and the answer is to be shown. All else
/// stays as it is.
pub(super) async fn typed(visit: &Visit, purpose: Purpose, answer: Response<Body>) -> Response<Body> {
    let status = answer.status();
    let is_shown = purpose.is_document()
        && !has_no_body(status)
        && !(status.is_redirection() && answer.headers().contains_key(header::LOCATION));
    let is_guessed = !is_typed(answer.headers()) && !forbids_guesses(answer.headers());
    if visit.site.mode != Mode::Enforce || !is_shown || !is_guessed {
        return answer;
    }
    let Ok(decoder) = decoder(answer.headers()) else { return answer };
    let (mut head, body) = answer.into_parts();
    let peeked = peek(body, decoder, SNIFFED_BYTES_MAX).await;
    if is_html(&peeked.begin) {
        let kind = html(&head.headers);
        head.headers.insert(header::CONTENT_TYPE, kind);
    }
    Response::from_parts(head, peeked.body)
}

/// HTML in the encoding that was said, if one was.
fn html(headers: &HeaderMap) -> HeaderValue {
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| charset::of_content_type(kind.as_bytes()));
    let kind = said.map(|encoding| HeaderValue::try_from(format!("text/html; charset={}", encoding.name())));
    match kind {
        Some(Ok(kind)) => kind,
        _ => HeaderValue::from_static("text/html"),
    }
}

/// Does the origin say that its types are to be believed, and nothing else beside it (Fetch Standard section 3.5)? Chromium
/// heeds only this one word.
fn forbids_guesses(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::X_CONTENT_TYPE_OPTIONS).iter();
    let is_word = |line: &HeaderValue| line.as_bytes().trim_ascii().eq_ignore_ascii_case(b"nosniff");
    lines.next().is_some_and(is_word) && lines.next().is_none()
}
