//! How bytes pass: from the origin, through the rewriter, to the visitor. Knows nothing of counting or storage.
//!
//! A request from a visitor is first checked and cleaned ([`headers::check`]), told where it came from
//! ([`forwarded::Hop`]) and then given to an [`Origin`], which answers with a [`Body`] that streams. Bodies are
//! never gathered here: each side reads only as fast as the other takes.

pub mod charset;
pub mod encode;
pub mod forwarded;
pub mod gather;
pub mod headers;
pub mod networks;
pub mod page;
pub mod peek;
pub mod reader;
pub mod rewrite;

mod body;
mod dial;
mod link;
mod origin;
mod pool;
mod tunnel;
mod upload;

use std::path::PathBuf;
use std::time::Duration;

pub use body::{Body, BodyError};
pub use dial::Unreachable;
pub use origin::{Origin, OriginError};

/// How one origin is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http://` or `https://` with host and optional port; no path.
    pub origin: http::Uri,
    /// A PEM file of certificate authorities believed beside the public ones, for `https` origins.
    pub authorities: Option<PathBuf>,
    /// Longest wait for a connection, over all addresses of the name. Default 5 s.
    pub connect_timeout: Duration,
    /// Longest wait for an answer's head, counted from the last byte of the request. Default 60 s.
    pub head_timeout: Duration,
    /// Longest silence within a body or an upgraded connection. Default 60 s.
    pub idle_timeout: Duration,
    /// Most idle connections kept per core. Default 64.
    pub idle_connections_max: usize,
}
