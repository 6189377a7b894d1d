//! The way to the server: addresses in turn, TLS, who we are, and whether the tables are there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clickhouse::{Client, Compression};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Mutex;

use super::fault::told;
use super::schema::{self, Layout};
use super::{Settings, StoreError};

/// Most certificates read from one file of authorities.
const AUTHORITIES_MAX: usize = 1000;
/// Longest password. Unit: bytes.
const PASSWORD_BYTES_MAX: usize = 4096;
/// An idle connection is closed before the server does it, after three seconds by default.
const IDLE: std::time::Duration = std::time::Duration::from_secs(2);

/// One address, and a client for it.
struct Address {
    url: String,
    client: Client,
}

/// All addresses, and what is known of the tables behind them.
pub(super) struct Link {
    addresses: Vec<Address>,
    /// The address that answered last.
    preferred: AtomicUsize,
    /// Have the tables been looked at since the start?
    is_ready: Mutex<bool>,
    settings: Settings,
}

impl Link {
    pub(super) fn new(settings: &Settings) -> Result<Self, StoreError> {
        let password = settings.password_file.as_deref().map(password).transpose()?;
        let tls = tls(settings.authorities.as_deref())?;
        let addresses = settings.urls.iter().map(|url| {
            let mut plain = HttpConnector::new();
            plain.enforce_http(false);
            plain.set_connect_timeout(Some(settings.connect_timeout));
            plain.set_nodelay(true);
            let connector = hyper_rustls::HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_http1()
                .wrap_connector(plain);
            let http = legacy::Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector);
            let mut client = Client::with_http_client(http)
                .with_url(url)
                .with_user(&settings.user)
                .with_compression(Compression::Lz4)
                .with_product_info("consentry", env!("CARGO_PKG_VERSION"));
            if let Some(password) = &password {
                client = client.with_password(password);
            }
            Address { url: url.clone(), client }
        });
        Ok(Self {
            addresses: addresses.collect(),
            preferred: AtomicUsize::new(0),
            is_ready: Mutex::new(false),
            settings: settings.clone(),
        })
    }

    /// Does `act` at the address that answered last, then at each other one until one is there. An address that answers
    /// with an error of its own is there.
    pub(super) async fn at_any<T, F>(&self, act: impl Fn(Client) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, clickhouse::error::Error>>,
    {
        let limit = self.settings.answer_timeout;
        let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let first = self.preferred.load(Ordering::Relaxed);
        let mut outcome = Err(StoreError::Closed);
        for turn in 0..self.addresses.len() {
            let place = (first + turn) % self.addresses.len();
            let address = &self.addresses[place];
            outcome = match tokio::time::timeout(limit, act(address.client.clone())).await {
                Ok(done) => done.map_err(|error| told(&address.url, error, limit_ms)),
                Err(_) => Err(StoreError::Timeout { limit_ms }),
            };
            let is_there = !matches!(
                outcome,
                Err(StoreError::Away { .. } | StoreError::Untrusted { .. } | StoreError::Timeout { .. })
            );
            if is_there {
                self.preferred.store(place, Ordering::Relaxed);
                break;
            }
        }
        outcome
    }

    /// The same within the database.
    pub(super) async fn within<T, F>(&self, act: impl Fn(Client) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, clickhouse::error::Error>>,
    {
        self.at_any(|client| act(client.with_database(&self.settings.database))).await
    }

    /// Sees that the tables are there and are those of this program; once, unless that fails.
    pub(super) async fn prepare(&self) -> Result<(), StoreError> {
        let mut is_ready = self.is_ready.lock().await;
        if !*is_ready {
            schema::prepare(self, &self.layout()).await?;
            *is_ready = true;
        }
        Ok(())
    }

    /// What the words of a template stand for.
    pub(super) fn layout(&self) -> Layout {
        Layout::of(&self.settings)
    }

    /// The tables are looked at again before they are used next: one of them was not as it was.
    pub(super) async fn doubt(&self) {
        *self.is_ready.lock().await = false;
    }
}

/// The first line of the file.
fn password(path: &Path) -> Result<String, StoreError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let line = text.lines().next().unwrap_or_default();
    if line.len() > PASSWORD_BYTES_MAX {
        return Err(StoreError::TooLong { what: "the password", limit: PASSWORD_BYTES_MAX });
    }
    Ok(line.to_owned())
}

fn tls(authorities: Option<&Path>) -> Result<rustls::ClientConfig, StoreError> {
    let mut roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(path) = authorities {
        let refused = |reason: String| StoreError::File {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, reason),
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))?;
        let count_before = roots.len();
        for certificate in certificates.take(AUTHORITIES_MAX) {
            let certificate = certificate.map_err(|error| refused(error.to_string()))?;
            roots.add(certificate).map_err(|error| refused(error.to_string()))?;
        }
        if roots.len() == count_before {
            return Err(refused("no certificate in it".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| StoreError::Unfit { what: "the list of TLS versions" })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
