//! Everything that keeps a request from its answer, and what the caller is told of it.
//!
//! Only this file turns a failure into a status. The caller gets a stable code and a sentence that names nothing of
//! the inside; the log gets the cause chain; neither gets an address.

use http::{HeaderValue, Method, StatusCode, header};

use super::choice_form::ChoiceError;
use super::event::EventErrors;
use super::objection::ObjectionError;
use super::report::ReportError;
use super::stats::QueryError;
use crate::proxy::OriginError;
use crate::proxy::headers::BadRequest;
use crate::store::StoreError;

/// What is passed on to the shop, whose methods are not known here.
pub(super) const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Why a request got no answer of its own.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The request is malformed or would be read differently by the origin.
    #[error(transparent)]
    Request(#[from] BadRequest),
    /// The head is longer than is read, and is not whole.
    #[error("the header fields of the request are longer, or more, than are read here")]
    HeadTooLarge,
    /// No site has this host.
    #[error("no site of this gateway has that host")]
    UnknownHost,
    /// Nothing is at this reserved path.
    #[error("there is nothing at this address")]
    NotFound,
    /// What is asked for names no site, or one that the token does not open.
    #[error("write ?site=NAME, the name of a site that this token opens; /api/sites lists them")]
    NoSite,
    /// An answer in a form that is not made.
    #[error("format is one of: {0}")]
    Format(&'static str),
    /// The reserved path takes other methods.
    #[error("this address takes {0} only")]
    Method(&'static str),
    /// The body is longer than a reserved path takes.
    #[error("the request body is longer than this address takes")]
    BodyTooLarge,
    /// The body did not come in time.
    #[error("the request body did not come in time")]
    BodySlow,
    /// The body broke off.
    #[error("the request body broke off")]
    BodyBroken,
    /// The body is of another type than the reserved path takes.
    #[error("this address takes {0}")]
    MediaType(&'static str),
    /// A choice or a report sent from another site.
    #[error("this is taken from the site's own pages only")]
    CrossSite,
    /// A choice of a robot: nobody stands behind it, and no record is made of it.
    #[error("robots are not asked, and choose nothing")]
    Robot,
    /// A report that says nothing understandable.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A choice that says nothing understandable.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// A yes from a page that asked for something else, or in other words, than is asked now; nothing was granted.
    #[error(
        "what is asked has changed since that page was loaded; load it again and answer what it asks now"
    )]
    Outdated,
    /// A choice of more single trackers than a cookie has room for; nothing was granted.
    #[error(
        "these are more single trackers than a cookie has room for; agree to whole categories, or to fewer"
    )]
    TooManyTrackers,
    /// An event that says nothing understandable.
    #[error(transparent)]
    Event(EventErrors),
    /// An objection that says nothing understandable.
    #[error(transparent)]
    Objection(#[from] ObjectionError),
    /// A grant that could not be recorded; nothing was granted.
    #[error("the choice could not be recorded, so nothing was changed; please try again")]
    NotRecorded(#[source] StoreError),
    /// The ledger could not be read, or nothing in it erased; nothing was changed.
    #[error("the receipt cannot be read or erased right now; please try again")]
    Receipts(#[source] StoreError),
    /// The origin gave no usable answer.
    #[error("the shop's server did not answer")]
    Origin(#[from] OriginError),
    /// The origin confirmed a copy that it was not asked about: what the visitor has may be a page of another consent.
    #[error("the shop's server did not send the page")]
    Unasked,
    /// The origin packed a page or script into more codings than are taken off here.
    #[error("the shop's server packed the page too often")]
    Packed,
    /// Too many requests are waiting.
    #[error("too many requests are waiting; please try again")]
    Overloaded,
    /// No valid token.
    #[error("a valid bearer token is needed; make one with: consentry token new")]
    Unauthorized,
    /// Too many questions in a minute.
    #[error("more than {per_minute} requests a minute with this token")]
    TooMany {
        /// The limit.
        per_minute: u32,
    },
    /// A question that cannot be answered as it was put.
    #[error(transparent)]
    Question(#[from] QueryError),
    /// The store did not answer.
    #[error("the statistics cannot be read right now")]
    Store(#[source] StoreError),
    /// A bug of ours.
    #[error("something went wrong inside the gateway")]
    Bug,
}

impl Refusal {
    /// The status the caller gets.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Request(BadRequest::Connect | BadRequest::Trace) | Self::Method(_) => {
                StatusCode::METHOD_NOT_ALLOWED
            }
            Self::Request(BadRequest::CodingUnknown) => StatusCode::NOT_IMPLEMENTED,
            Self::Request(_)
            | Self::Choice(_)
            | Self::Report(_)
            | Self::Event(_)
            | Self::Objection(_)
            | Self::BodyBroken
            | Self::Format(_)
            | Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound | Self::NoSite => StatusCode::NOT_FOUND,
            Self::Outdated => StatusCode::CONFLICT,
            Self::BodyTooLarge | Self::TooManyTrackers => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::CrossSite | Self::Robot => StatusCode::FORBIDDEN,
            Self::NotRecorded(_) | Self::Receipts(_) | Self::Overloaded | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::BodySlow | Self::Origin(OriginError::VisitorTimeout { .. }) => StatusCode::REQUEST_TIMEOUT,
            Self::Origin(error) if error.is_visitors() => StatusCode::BAD_REQUEST,
            Self::Origin(error) if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            Self::Origin(_) | Self::Unasked | Self::Packed => StatusCode::BAD_GATEWAY,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for scripts.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Question(error) => error.code,
            Self::Request(_) => "bad_request",
            Self::HeadTooLarge => "head_too_large",
            Self::UnknownHost => "unknown_host",
            Self::NotFound => "not_found",
            Self::NoSite => "no_site",
            Self::Format(_) => "bad_format",
            Self::Method(_) => "method_not_allowed",
            Self::BodyTooLarge => "body_too_large",
            Self::BodySlow => "body_slow",
            Self::BodyBroken => "body_broken",
            Self::MediaType(_) => "media_type",
            Self::CrossSite => "cross_site",
            Self::Robot => "robot",
            Self::Choice(_) => "bad_choice",
            Self::Outdated => "outdated",
            Self::TooManyTrackers => "too_many_trackers",
            Self::Report(_) => "bad_report",
            Self::Event(_) => "bad_event",
            Self::Objection(_) => "bad_objection",
            Self::NotRecorded(_) => "not_recorded",
            Self::Receipts(_) => "receipt_unavailable",
            Self::Origin(_) | Self::Unasked | Self::Packed => "origin",
            Self::Overloaded => "overloaded",
            Self::Unauthorized => "unauthorized",
            Self::TooMany { .. } => "too_many_requests",
            Self::Store(_) => "store",
            Self::Bug => "bug",
        }
    }

    /// A header that goes with the status: what to do instead, or when to come back.
    pub(super) fn header(&self) -> Option<(header::HeaderName, HeaderValue)> {
        match self {
            Self::Request(BadRequest::Connect | BadRequest::Trace) => {
                Some((header::ALLOW, HeaderValue::from_static(METHODS)))
            }
            Self::Method(methods) => Some((header::ALLOW, HeaderValue::from_static(methods))),
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            // Where the next request begins is not known any more.
            Self::HeadTooLarge => Some((header::CONNECTION, HeaderValue::from_static("close"))),
            Self::TooMany { .. } => Some((header::RETRY_AFTER, HeaderValue::from_static("60"))),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Some((header::RETRY_AFTER, HeaderValue::from_static("5")))
            }
            _ => None,
        }
    }

    /// What lies behind it, for the log.
    pub(super) fn cause(&self) -> String {
        chain(self)
    }

    /// Writes the cause chain to the log where an operator should know of it.
    pub(super) fn log(&self, method: &Method) {
        let chain = self.cause();
        match self {
            Self::Bug => tracing::error!(%method, "a request ended in a bug of ours"),
            Self::Origin(_) => tracing::warn!(%method, cause = chain, "the origin did not answer"),
            Self::Packed => {
                tracing::warn!(%method, "the origin stacked more content codings than are read");
            }
            Self::Unasked => {
                tracing::warn!(%method, "the origin answered 304 to a request without conditions");
            }
            Self::NotRecorded(_) => tracing::error!(cause = chain, "a choice could not be recorded"),
            Self::Receipts(_) => tracing::error!(cause = chain, "a receipt could not be read or erased"),
            Self::Store(_) => tracing::warn!(cause = chain, "a question could not be answered"),
            _ => tracing::debug!(%method, code = self.code(), "a request was refused"),
        }
    }
}

/// What lies behind an error, outermost first.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_reads_names_nothing_of_the_inside() {
        let refusal = Refusal::Bug;
        assert_eq!(refusal.status().as_u16(), 500);
        assert!(!refusal.to_string().contains("panic"));
    }

    #[test]
    fn a_busy_gateway_says_when_to_come_back() {
        let (name, value) = Refusal::Overloaded.header().unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("retry-after", "5"));
        assert_eq!(Refusal::Method("GET, HEAD").header().unwrap().0, header::ALLOW);
    }
}
