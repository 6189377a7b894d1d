//! `POST PREFIX/objection`: the switch by which a visitor is not counted at all (GDPR art. 21). A form, so that it works
//! without scripts.
//!
//! What is kept is one cookie that says so. The visitor asked for it, so no consent is needed (ePrivacy Directive art.
//! 5(3)). It stands for a year, a little less than browsers keep any cookie (400 days); who objects again renews it.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::form::{self, BODY_BYTES_MAX, FormError};
use super::refusal::Refusal;
use super::visit::Visit;
use super::{body_limit, from_here, privacy, weeks};
use crate::banner::{OBJECTION_DAYS, safe_return};
use crate::policy::cookies::OBJECTION_COOKIE;
use crate::proxy::Body;

const DAY_SECONDS: u64 = 86_400;

/// Why an objection was not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ObjectionError {
    /// The body is no form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// It does not say yes or no.
    #[error("the field object must be sent once and say yes or no")]
    NoAnswer,
    /// A field that an objection does not have.
    #[error("an objection has the fields object and return, and no other")]
    UnknownField,
    /// The return address leaves the site, or comes twice.
    #[error("the field return must be sent at most once and be a path of this site")]
    ForeignReturn,
}

#[derive(Debug, PartialEq, Eq)]
struct ObjectionForm {
    objects: bool,
    return_path: Option<String>,
}

/// Takes an objection, or takes one back.
pub(super) async fn take(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    if !from_here::is_same_origin(visit, request.headers()) {
        return Err(Refusal::CrossSite);
    }
    if !form::is_form(request.headers()) {
        return Err(Refusal::MediaType(form::TYPE));
    }
    let body = body_limit::read(request.into_body(), BODY_BYTES_MAX).await?;
    let form = read(&body)?;
    let seconds = if form.objects { u64::from(OBJECTION_DAYS) * DAY_SECONDS } else { 0 };
    let value = if form.objects { "1" } else { "" };
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let back = privacy::landing(visit, form.return_path.unwrap_or_else(|| "/".to_owned()));
    let headers = answer.headers_mut();
    // A local path is graphic ASCII, so it is a header value; the first page is one too.
    let back = HeaderValue::from_str(&back).unwrap_or_else(|_| HeaderValue::from_static("/"));
    headers.insert(header::LOCATION, back);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut lines = Vec::new();
    // One that is taken back goes wherever it was set.
    if !form.objects || visit.cookie_domain().is_some() {
        lines = visit.own_strays(OBJECTION_COOKIE);
    }
    lines.push(visit.own_cookie(OBJECTION_COOKIE, value, seconds));
    if form.objects {
        lines.extend(weeks::expired(visit));
    }
    headers.extend(lines.into_iter().map(|line| (header::SET_COOKIE, line)));
    Ok(answer)
}

fn read(body: &[u8]) -> Result<ObjectionForm, ObjectionError> {
    let (mut objects, mut return_path) = (None, None);
    for (name, value) in form::fields(body)? {
        match (name.as_ref(), value.as_ref()) {
            ("object", "yes") if objects.is_none() => objects = Some(true),
            ("object", "no") if objects.is_none() => objects = Some(false),
            ("object", _) => return Err(ObjectionError::NoAnswer),
            ("return", path) if return_path.is_none() && safe_return(path).is_some() => {
                return_path = Some(path.to_owned());
            }
            ("return", _) => return Err(ObjectionError::ForeignReturn),
            _ => return Err(ObjectionError::UnknownField),
        }
    }
    Ok(ObjectionForm { objects: objects.ok_or(ObjectionError::NoAnswer)?, return_path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_refused() {
        use ObjectionError as E;
        assert_eq!(read(b"object=yes"), Ok(ObjectionForm { objects: true, return_path: None }));
        let back = ObjectionForm { objects: false, return_path: Some("/dekk".into()) };
        assert_eq!(read(b"return=%2Fdekk&object=no"), Ok(back));
        for (body, error) in [
            ("", E::NoAnswer),
            ("object=maybe", E::NoAnswer),
            ("object=yes&object=no", E::NoAnswer),
            ("object=yes&colour=red", E::UnknownField),
            ("object=yes&return=//evil.example", E::ForeignReturn),
            ("object=yes&return=/a&return=/b", E::ForeignReturn),
            ("object=%ff", E::Form(FormError::Malformed)),
        ] {
            assert_eq!(read(body.as_bytes()), Err(error), "{body}");
        }
    }
}
