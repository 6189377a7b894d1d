//! How a connection to an origin is opened: name, address, TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Settings;
use super::gather::poll_write_pieces;

/// Most certificates read from one file of authorities.
const AUTHORITIES_MAX: usize = 1024;

/// A setting with which no origin can be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// Neither `http` nor `https`.
    #[error("origin {origin} has no scheme that can be used; write http:// or https://")]
    Scheme {
        /// As written.
        origin: http::Uri,
    },
    /// No host, or one no certificate can name.
    #[error("origin {origin} names no host that can be reached")]
    Host {
        /// As written.
        origin: http::Uri,
    },
    /// The file of authorities cannot be used.
    #[error("certificate authorities in {path} cannot be used: {reason}")]
    Authorities {
        /// As written.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Why no connection came about.
#[derive(Debug)]
pub(super) enum DialError {
    /// The name has no address.
    Unresolved(io::Error),
    /// No address took the connection.
    Refused(io::Error),
    /// The connection was taken, but TLS failed on it.
    Tls(io::Error),
    /// It took too long.
    Timeout,
}

/// Where an origin is and how it is spoken to.
pub(super) struct Dialer {
    host: Box<str>,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_timeout: Duration,
}

impl Dialer {
    /// Reads the settings once.
    pub(super) fn new(settings: &Settings) -> Result<Self, Unreachable> {
        let uri = &settings.origin;
        let (default_port, has_tls) = match uri.scheme_str() {
            Some("http") => (80, false),
            Some("https") => (443, true),
            _ => return Err(Unreachable::Scheme { origin: uri.clone() }),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| Unreachable::Host { origin: uri.clone() })?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let tls = if has_tls {
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| Unreachable::Host { origin: uri.clone() })?;
            Some((connector(settings.authorities.as_deref())?, name))
        } else {
            None
        };
        Ok(Self {
            host: host.into(),
            port: uri.port_u16().unwrap_or(default_port),
            tls,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Opens a connection, trying each address of the name in turn.
    pub(super) async fn dial(&self) -> Result<Wire, DialError> {
        tokio::time::timeout(self.connect_timeout, self.dial_patiently())
            .await
            .unwrap_or(Err(DialError::Timeout))
    }

    async fn dial_patiently(&self) -> Result<Wire, DialError> {
        let addresses = tokio::net::lookup_host((&*self.host, self.port)).await;
        let addresses = addresses.map_err(DialError::Unresolved)?;
        let mut failed = DialError::Unresolved(io::Error::from(io::ErrorKind::NotFound));
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(DialError::Refused)?;
                    return self.secure(stream).await;
                }
                Err(error) => failed = DialError::Refused(error),
            }
        }
        Err(failed)
    }

    async fn secure(&self, stream: TcpStream) -> Result<Wire, DialError> {
        let Some((connector, name)) = &self.tls else { return Ok(Wire::Plain(stream)) };
        let stream = connector.connect(name.clone(), stream).await.map_err(DialError::Tls)?;
        Ok(Wire::Tls(Box::new(stream)))
    }
}

fn connector(authorities: Option<&Path>) -> Result<TlsConnector, Unreachable> {
    let mut roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(path) = authorities {
        let refused = |reason: &dyn std::fmt::Display| Unreachable::Authorities {
            path: path.into(),
            reason: reason.to_string(),
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refused(&error))?;
        let count_before = roots.len();
        for certificate in certificates.take(AUTHORITIES_MAX) {
            let certificate = certificate.map_err(|error| refused(&error))?;
            roots.add(certificate).map_err(|error| refused(&error))?;
        }
        if roots.len() == count_before {
            return Err(refused(&"no certificate in it"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Unreachable::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// An open connection, plain or in TLS.
pub(super) enum Wire {
    /// As it is.
    Plain(TcpStream),
    /// Within TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => poll_write_pieces(stream, cx, pieces),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
