//! The shop's own server, as a service: a request goes in, its answer comes out, both streaming.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{HOST, HeaderValue, UPGRADE};
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::upgrade::OnUpgrade;

use super::body::{Body, BodyError};
use super::dial::{DialError, Dialer, Unreachable};
use super::link::Link;
use super::pool::Pool;
use super::upload::{State, Upload};
use super::{Settings, headers, tunnel};

/// One worker's way to an origin. A clone shares its connections. Runs within a `LocalSet`.
#[derive(Clone)]
pub struct Origin(Rc<Route>);

struct Route {
    dialer: Dialer,
    pool: Rc<Pool>,
    host: HeaderValue,
    settings: Settings,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The name has no address.
    #[error("the origin's name was not resolved")]
    Unresolved(#[source] io::Error),
    /// No address took a connection.
    #[error("the origin took no connection")]
    Refused(#[source] io::Error),
    /// The connection could not be secured.
    #[error("the origin's TLS was not accepted")]
    Tls(#[source] io::Error),
    /// No connection came about in time.
    #[error("the origin took no connection within {limit_ms} ms")]
    ConnectTimeout {
        /// The setting that was reached. Unit: milliseconds.
        limit_ms: u128,
    },
    /// No answer began in time.
    #[error("the origin did not answer within {limit_ms} ms")]
    HeadTimeout {
        /// The setting that was reached. Unit: milliseconds.
        limit_ms: u128,
    },
    /// The connection ended before an answer began.
    #[error("the origin closed the connection before it answered")]
    Broken(#[source] hyper::Error),
    /// What came is no HTTP answer, or has too large a head.
    #[error("the origin's answer is not HTTP")]
    Garbage(#[source] hyper::Error),
    /// The origin changed the protocol unasked.
    #[error("the origin changed the protocol without being asked")]
    Unasked,
    /// The visitor's request broke off: nobody waits for an answer.
    #[error("the visitor's request broke off")]
    Visitor(#[source] hyper::Error),
    /// The visitor stopped sending the request.
    #[error("the visitor sent nothing for {limit_ms} ms within a request")]
    VisitorTimeout {
        /// The setting that was reached. Unit: milliseconds.
        limit_ms: u128,
    },
}

impl OriginError {
    /// The origin was too slow: 504 (RFC 9110 section 15.6.5).
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::ConnectTimeout { .. } | Self::HeadTimeout { .. })
    }

    /// The visitor's doing: 400, or 408 when too slow (RFC 9110 sections 15.5.1 and 15.5.9). All else is 502.
    pub fn is_visitors(&self) -> bool {
        matches!(self, Self::Visitor(_) | Self::VisitorTimeout { .. })
    }
}

impl Origin {
    /// Reads the settings; connects to nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, Unreachable> {
        let unnamed = || Unreachable::Host { origin: settings.origin.clone() };
        let authority = settings.origin.authority().ok_or_else(unnamed)?;
        Ok(Self(Rc::new(Route {
            dialer: Dialer::new(settings)?,
            pool: Pool::new(settings.idle_connections_max),
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| unnamed())?,
            settings: settings.clone(),
        })))
    }

    /// Sends a request on and returns once the head of the answer is there.
    ///
    /// The request was cleaned at the door ([`headers::check`]); fields for one hop only are removed from the answer,
    /// `Via` is added both ways, `Host` passes as the visitor wrote it. A request that was not sent, or one without body that may be repeated (RFC 9110 section 9.2.2), is sent
    /// once more over a new connection when an idle one turns out to be dead.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, OriginError> {
        let visitor = self.prepare(&mut request);
        let is_repeatable =
            request.method().is_idempotent() && http_body::Body::is_end_stream(request.body());
        if let Some(link) = self.reuse().await {
            let copy = (is_repeatable && !link.is_steady()).then(|| bodiless_copy(&request));
            let failed = match self.exchange(link, request).await {
                Ok((answer, link)) => return self.finish(answer, link, visitor),
                Err(failed) => failed,
            };
            let is_dead = matches!(failed.error, OriginError::Broken(_));
            request = match failed.unsent.map(|unsent| *unsent).or_else(|| copy.filter(|_| is_dead)) {
                Some(unsent) => unsent,
                None => return Err(failed.error),
            };
        }
        let link = self.connect().await?;
        match self.exchange(link, request).await {
            Ok((answer, link)) => self.finish(answer, link, visitor),
            Err(failed) => Err(failed.error),
        }
    }

    /// Makes the head fit for the next hop; returns the visitor's side of a change of protocol, if one is wished.
    fn prepare(&self, request: &mut Request<Body>) -> Option<OnUpgrade> {
        let version = request.version();
        headers::append_via(request.headers_mut(), version);
        if !request.headers().contains_key(HOST) {
            request.headers_mut().insert(HOST, self.0.host.clone());
        }
        if request.uri().authority().is_some() {
            let target = request.uri().path_and_query().cloned();
            let target = target.unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
            *request.uri_mut() = headers::origin_form(target);
        }
        *request.version_mut() = Version::HTTP_11;
        request.headers().contains_key(UPGRADE).then(|| hyper::upgrade::on(request))
    }

    /// An idle connection that still lives.
    async fn reuse(&self) -> Option<Link> {
        while let Some(mut link) = self.0.pool.take() {
            if poll_fn(|cx| Poll::Ready(link.is_usable(cx))).await {
                return Some(link);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Link, OriginError> {
        let limit_ms = self.0.settings.connect_timeout.as_millis();
        let wire = self.0.dialer.dial().await.map_err(|error| match error {
            DialError::Unresolved(error) => OriginError::Unresolved(error),
            DialError::Refused(error) => OriginError::Refused(error),
            DialError::Tls(error) => OriginError::Tls(error),
            DialError::Timeout => OriginError::ConnectTimeout { limit_ms },
        })?;
        Link::over(wire).await.map_err(OriginError::Broken)
    }

    /// Sends the request over the connection and waits for the head of the answer.
    async fn exchange(&self, mut link: Link, request: Request<Body>) -> Result<Answer, Failed> {
        let (head, body) = request.into_parts();
        let (upload, progress) = Upload::new(body);
        link.progress = progress;
        link.patience.extend(self.wait_limit(&link));
        let mut answer = pin!(link.sender.try_send_request(Request::from_parts(head, upload)));
        poll_fn(|cx| {
            // The connection first: nothing else can make the answer come.
            let _ended = link.poll_drive(cx);
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer.map_err(Failed::from));
            }
            if link.progress.as_ref().is_some_and(|progress| progress.take_moved()) {
                link.patience.extend(self.wait_limit(&link));
            }
            link.patience.poll(cx).map(|()| Err(Failed::from(self.timed_out(&link))))
        })
        .await
        .map(|answer| (answer, link))
    }

    /// How long the next step may take.
    fn wait_limit(&self, link: &Link) -> Duration {
        match link.progress.as_ref().map(|progress| progress.state()) {
            None | Some(State::Done) => self.0.settings.head_timeout,
            Some(State::OriginsTurn | State::VisitorsTurn) => self.0.settings.idle_timeout,
        }
    }

    /// Whose fault a silence is.
    fn timed_out(&self, link: &Link) -> OriginError {
        let limit_ms = self.wait_limit(link).as_millis();
        match link.progress.as_ref().map(|progress| progress.state()) {
            Some(State::VisitorsTurn) => OriginError::VisitorTimeout { limit_ms },
            None | Some(State::OriginsTurn | State::Done) => OriginError::HeadTimeout { limit_ms },
        }
    }

    /// Makes the answer fit for the visitor.
    fn finish(
        &self,
        mut answer: Response<Incoming>,
        link: Link,
        visitor: Option<OnUpgrade>,
    ) -> Result<Response<Body>, OriginError> {
        let version = std::mem::replace(answer.version_mut(), Version::HTTP_11);
        let idle_timeout = self.0.settings.idle_timeout;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            let visitor = visitor.ok_or(OriginError::Unasked)?;
            headers::clean_switch(answer.headers_mut());
            headers::append_via(answer.headers_mut(), version);
            let origin = hyper::upgrade::on(&mut answer);
            tokio::task::spawn_local(link.finish());
            tokio::task::spawn_local(tunnel::join(visitor, origin, idle_timeout));
            return Ok(answer.map(|_| Body::Empty));
        }
        headers::clean_answer(answer.headers_mut());
        headers::append_via(answer.headers_mut(), version);
        let pool = Rc::clone(&self.0.pool);
        Ok(answer.map(|incoming| Body::from_origin(incoming, link, pool, idle_timeout)))
    }
}

impl tower::Service<Request<Body>> for Origin {
    type Response = Response<Body>;
    type Error = OriginError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, OriginError>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OriginError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let origin = self.clone();
        Box::pin(async move { origin.send(request).await })
    }
}

type Answer = (Response<Incoming>, Link);

/// An exchange that failed, with the request when none of it was sent.
struct Failed {
    error: OriginError,
    unsent: Option<Box<Request<Body>>>,
}

impl From<OriginError> for Failed {
    fn from(error: OriginError) -> Self {
        Self { error, unsent: None }
    }
}

impl From<TrySendError<Request<Upload>>> for Failed {
    fn from(mut failed: TrySendError<Request<Upload>>) -> Self {
        let unsent = failed.take_message().map(|request| Box::new(request.map(Upload::into_body)));
        let error = failed.into_error();
        let error = if error.is_parse() {
            OriginError::Garbage(error)
        } else if is_visitors(&error) {
            OriginError::Visitor(error)
        } else {
            OriginError::Broken(error)
        };
        Self { error, unsent }
    }
}

/// Whether the connection broke because the request's own body did.
fn is_visitors(error: &hyper::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<BodyError>)
}

/// The same request again; only for those without body.
fn bodiless_copy(request: &Request<Body>) -> Request<Body> {
    let mut copy = Request::new(Body::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

#[cfg(test)]
mod tests;
