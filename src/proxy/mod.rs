//! How bytes pass: from the origin, through the rewriter, to the visitor. Knows nothing of counting or storage.

use std::time::Duration;

/// How one origin is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http://` or `https://` with host and optional port; no path.
    pub origin: http::Uri,
    /// Longest wait for a connection. Default 5 s.
    pub connect_timeout: Duration,
    /// Longest wait for an answer's head. Default 60 s.
    pub head_timeout: Duration,
    /// Longest silence within a body or an upgraded connection. Default 60 s.
    pub idle_timeout: Duration,
    /// Most idle connections kept per core. Default 64.
    pub idle_connections_max: usize,
}
