//! One request's who and where, read once: the site, the host asked for, the client's address, the standing consent,
//! and what else the gateway's own cookies say.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, header};

use super::asking::{self, has_gpc};
use super::consent_cookie::Found;
use super::practice::Gpc;
use super::site::Site;
use super::weeks::Sent;
use super::worker::Shared;
use crate::banner::Objects;
use crate::policy::Page;
use crate::policy::consent::{Category, Choice, Consent, Day};
use crate::policy::cookies::{self, CONSENT_COOKIE, OBJECTION_COOKIE, Scheme, WEEKS_COOKIE};
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
    /// The consent cookie that counts, where the browser sent several; empty where none of them does.
    pub doubled: Option<Box<str>>,
    /// Does the visitor object to being counted, and how?
    pub objection: Objects,
    /// What the cookie of returning visitors says.
    pub weeks: Sent,
    /// Today, where the shop is.
    pub today: Day,
    target: PathAndQuery,
    is_sent: bool,
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
        let today = Day::of(shared.clock.now(), &site.practice.time_zone);
        let own = OwnCookies::read(&site, request.headers(), today);
        let objection = match site.practice.gpc {
            _ if own.has_objection => Objects::BySwitch,
            Gpc::Object if has_gpc(request.headers()) => Objects::BySignal,
            Gpc::Object | Gpc::Count => Objects::No,
        };
        let target =
            request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let doubled = own.found.doubled(&site, request.headers(), today);
        let (consent, weeks) = (asking::waiting(own.found.consent, &site, request.headers()), own.weeks);
        let is_sent = !matches!(*request.method(), Method::GET | Method::HEAD);
        Self { site, host, client, consent, doubled, objection, weeks, today, target, is_sent }
    }

    /// Was something sent that would be sent again, were the page loaded again?
    pub(super) const fn is_sent(&self) -> bool {
        self.is_sent
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
        self.site.banner.language_for(&self.target, accepted)
    }

    /// What follows the reserved prefix, when the path is under it.
    pub(super) fn reserved_path(&self) -> Option<&str> {
        let rest = self.target.path().strip_prefix(self.site.policy.settings().prefix.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// Does the visitor object to being counted?
    pub(super) fn objects(&self) -> bool {
        self.objection != Objects::No
    }

    /// How the visitor's own connection speaks, for cookies.
    pub(super) const fn scheme(&self) -> Scheme {
        if self.client.is_https { Scheme::Https } else { Scheme::Http }
    }

    /// Did the visitor agree to statistics?
    pub(super) fn has_statistics(&self) -> bool {
        self.consent.categories().contains(Category::Statistics)
    }

    /// May the browser keep when it was here?
    pub(super) fn may_remember(&self) -> bool {
        self.site.policy.catalog().remembers_returns() && self.has_statistics() && !self.objects()
    }

    /// The domain that cookies of our own are for, where the host asked for belongs to it: browsers refuse it anywhere else.
    pub(super) fn cookie_domain(&self) -> Option<&str> {
        let domain = self.site.cookie_domain.as_deref()?;
        let rest = self.host.name().strip_suffix(domain)?;
        (rest.is_empty() || rest.ends_with('.')).then_some(domain)
    }

    /// A cookie of our own for the whole site, which no script can read; `seconds` of 0 end it.
    pub(super) fn own_cookie(&self, name: &str, value: &str, seconds: u64) -> HeaderValue {
        let domain = self.cookie_domain().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let secure = if self.client.is_https { "; Secure" } else { "" };
        let line =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{domain}{secure}");
        HeaderValue::from_str(&line).expect("names, values and domains of our own are ASCII words")
    }

    /// The end of cookies of that name which were set for the host or for another domain, before `domain` was what it is.
    pub(super) fn own_strays(&self, name: &str) -> Vec<HeaderValue> {
        let page = Page { host: self.host.name(), path: "/" };
        cookies::strays(name, page, self.scheme(), self.cookie_domain())
    }
}

/// What the cookies of the gateway say.
struct OwnCookies {
    found: Found,
    has_objection: bool,
    weeks: Sent,
}

impl OwnCookies {
    fn read(site: &Site, headers: &HeaderMap, today: Day) -> Self {
        let mut own = Self { found: Found::none(), has_objection: false, weeks: Sent::Nothing };
        for line in headers.get_all(header::COOKIE) {
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                // All of ours begin alike.
                let Some(rest) = pair.trim_ascii().strip_prefix(CONSENT_COOKIE.as_bytes()) else { continue };
                if let Some(value) = rest.strip_prefix(b"=") {
                    own.found.add(site, value, today);
                } else if value_of(rest, OBJECTION_COOKIE) == Some(b"1") {
                    own.has_objection = true;
                } else if let Some(value) = value_of(rest, WEEKS_COOKIE) {
                    own.weeks = Sent::read(value);
                }
            }
        }
        own
    }
}

/// The value of a cookie named `name`, when `rest` is what follows the beginning that all of ours share.
fn value_of<'a>(rest: &'a [u8], name: &str) -> Option<&'a [u8]> {
    rest.strip_prefix(&name.as_bytes()[CONSENT_COOKIE.len()..])?.strip_prefix(b"=")
}
