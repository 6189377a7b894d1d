//! One request's who and where, read once: the site, the host asked for, the client's address, the standing consent.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, Request, header};

use super::site::Site;
use super::worker::Shared;
use crate::policy::Page;
use crate::policy::consent::{Choice, Consent, Day};
use crate::policy::cookies::CONSENT_COOKIE;
use crate::proxy::forwarded::Client;
use crate::proxy::headers::Host;

/// What is known of a request before anything is decided.
pub(super) struct Visit {
    /// The site asked for.
    pub site: Arc<Site>,
    /// The host asked for.
    pub host: Host,
    /// The visitor's address and scheme.
    pub client: Client,
    /// The standing answer.
    pub consent: Consent,
    /// Today, UTC.
    pub today: Day,
    target: PathAndQuery,
}

impl Visit {
    /// Reads a request's head.
    pub(super) fn of<B>(
        shared: &Shared,
        site: Arc<Site>,
        host: Host,
        client: Client,
        request: &Request<B>,
    ) -> Self {
        let today = shared.today();
        let consent = read_consent(&site, request.headers(), today);
        let target =
            request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Self { site, host, client, consent, today, target }
    }

    /// The page asked for.
    pub(super) fn page(&self) -> Page<'_> {
        Page { host: self.host.name(), path: self.target.path() }
    }

    /// The answer that stands when everything is refused today.
    pub(super) fn refused(&self) -> Consent {
        Consent::from_choice(&Choice::None, self.today, None, self.site.policy.catalog())
    }

    /// The path and query asked for.
    pub(super) fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// The language for a page that does not say its own.
    pub(super) fn language(&self, headers: &HeaderMap) -> usize {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        self.site.banner.language(None, accepted)
    }

    /// What follows the reserved prefix, when the path is under it.
    pub(super) fn reserved_path(&self) -> Option<&str> {
        let rest = self.target.path().strip_prefix(self.site.policy.settings().prefix.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

/// The standing answer: the first consent cookie that opens. What does not open is no answer.
fn read_consent(site: &Site, headers: &HeaderMap, today: Day) -> Consent {
    for line in headers.get_all(header::COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            let Some(value) = consent_value(pair.trim_ascii()) else { continue };
            let consent = site.seal.open(value, today, site.days, site.policy.catalog());
            if consent.answered().is_some() {
                return consent;
            }
        }
    }
    Consent::none()
}

fn consent_value(pair: &[u8]) -> Option<&str> {
    let value = pair.strip_prefix(CONSENT_COOKIE.as_bytes())?.strip_prefix(b"=")?;
    std::str::from_utf8(value).ok()
}
