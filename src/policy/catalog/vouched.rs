//! What a site's operator vouches for (`[[site.allow]]`), and who learns of a visit by it.

use super::{Catalog, TrackerId, host_matches};
use crate::policy::{Allow, Allowed};

/// One rule of the operator's, as visitors are told of it.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// The rule itself.
    pub rule: Allow,
    /// Who learns of a visit by it, beside the site.
    pub learner: Learner,
}

/// Who learns of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Nobody that can be named: the rule is about no host, or about one of the site's own.
    Nobody,
    /// The provider of this tracker: the catalogue knows the whole host as its own.
    Provider(TrackerId),
    /// Whoever answers on the host.
    Host {
        /// By what it counts as a company: its registrable domain, so that two hosts of one domain are one company.
        /// `None` below the site's own domain.
        company: Option<String>,
    },
}

impl Vouched {
    /// The rule on a site with these hosts.
    pub(super) fn of(rule: &Allow, catalog: &Catalog, hosts: &[String]) -> Self {
        let learner = match &rule.what {
            Allowed::Host(host) => learner(host, catalog, hosts),
            Allowed::Cookie(_) | Allowed::Parameter(_) | Allowed::ServiceWorker(_) | Allowed::Frames => {
                Learner::Nobody
            }
        };
        Self { rule: rule.clone(), learner }
    }
}

fn learner(rule: &str, catalog: &Catalog, hosts: &[String]) -> Learner {
    if hosts.iter().any(|own| host_matches(own, rule)) {
        return Learner::Nobody;
    }
    let host = rule.strip_prefix("*.").unwrap_or(rule);
    if let Some(tracker) = catalog.host(host, "/").filter(|tracker| !tracker.provider.country.is_empty()) {
        return Learner::Provider(tracker.id);
    }
    let domain = registrable(host);
    let is_sites = hosts.iter().any(|own| registrable(own.strip_prefix("*.").unwrap_or(own)) == domain);
    Learner::Host { company: (!is_sites).then(|| domain.to_owned()) }
}

/// The domain that somebody registered; an address is its own.
fn registrable(host: &str) -> &str {
    let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    psl::domain_str(host).filter(|_| !is_address).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Category;
    use crate::policy::samples::{allow, built_in};

    fn learner_of(what: Allowed) -> Learner {
        let hosts = ["www.shop.example".to_owned(), "shop.example".to_owned()];
        Vouched::of(&allow(what, Category::Marketing, &[]), &built_in(), &hosts).learner
    }

    fn of_host(host: &str) -> Learner {
        learner_of(Allowed::Host(host.into()))
    }

    #[test]
    fn r15_a_host_counts_as_the_company_that_is_known_or_as_its_domain() {
        let meta = built_in().named("meta-pixel").unwrap().id;
        assert_eq!(of_host("connect.facebook.net"), Learner::Provider(meta));
        for host in ["ads.other.example", "*.other.example", "other.example"] {
            assert_eq!(of_host(host), Learner::Host { company: Some("other.example".into()) }, "{host}");
        }
        for address in ["192.0.2.7", "[2001:db8::7]"] {
            assert_eq!(of_host(address), Learner::Host { company: Some(address.into()) });
        }
    }

    #[test]
    fn r15_the_sites_own_domain_is_no_other_company() {
        assert_eq!(of_host("cdn.shop.example"), Learner::Host { company: None });
        assert_eq!(of_host("*.shop.example"), Learner::Host { company: None });
        assert_eq!(of_host("www.shop.example"), Learner::Nobody);
        assert_eq!(learner_of(Allowed::Cookie("cart".into())), Learner::Nobody);
    }

    #[test]
    fn of_a_host_that_several_share_nobody_is_named() {
        assert_eq!(of_host("www.google.com"), Learner::Host { company: Some("google.com".into()) });
    }
}
