//! No host that needs consent lies below a domain that is necessary as a whole.
//!
//! A Content-Security-Policy says what is allowed, not what is not: `*.shop.example` lets a page reach every host below it,
//! whatever else the catalogue knows there. Only a path tells them apart, because then the tag is held by its address, and
//! the policy lets through what it cannot leave out (docs/enforcement.md, row 32).

use std::collections::HashMap;

use super::{CatalogError, HostRule, Tracker};
use crate::policy::consent::Category;

/// Finds the first host of a tracker that needs consent, without paths, below a domain of one that is necessary.
pub(super) fn check(trackers: &[Tracker]) -> Result<(), CatalogError> {
    let is_necessary = |tracker: &&Tracker| tracker.category == Category::Necessary;
    let domains: HashMap<&str, &Tracker> = trackers
        .iter()
        .filter(is_necessary)
        .flat_map(|tracker| whole_hosts(tracker).map(move |host| (host, tracker)))
        .filter_map(|(host, tracker)| Some((host.strip_prefix("*.")?, tracker)))
        .collect();
    for tracker in trackers.iter().filter(|tracker| !is_necessary(tracker)) {
        for host in whole_hosts(tracker) {
            let Some((domain, necessary)) = above(host).find_map(|domain| domains.get_key_value(domain))
            else {
                continue;
            };
            return Err(CatalogError::Under {
                id: tracker.name_id.clone(),
                host: host.into(),
                necessary: necessary.name_id.clone(),
                domain: format!("*.{domain}"),
            });
        }
    }
    Ok(())
}

/// Hosts that a tracker answers on whatever the path.
fn whole_hosts(tracker: &Tracker) -> impl Iterator<Item = &str> {
    let is_whole = |rule: &&HostRule| rule.paths.is_empty();
    tracker.hosts.iter().filter(is_whole).map(|rule| rule.host.as_str())
}

/// Every domain above a host or, of `*.shop.example`, above that domain.
fn above(host: &str) -> impl Iterator<Item = &str> {
    let bare = host.strip_prefix("*.").unwrap_or(host);
    std::iter::successors(Some(bare), |domain| domain.split_once('.').map(|(_, above)| above)).skip(1)
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;

    fn tracker(id: &str, category: &str, hosts: &str) -> String {
        format!(
            "[[tracker]]\nid = \"{id}\"\nname = \"T\"\ncategory = \"{category}\"\nsource = \"s\"\n\
             purpose = {{ en = \"P.\" }}\nprovider = {{ name = \"P\", country = \"\", privacy = \"\" }}\nhosts = {hosts}\n"
        )
    }

    fn catalog(needed: &str, asked: &str) -> Result<Catalog, String> {
        let (needed, asked) = (tracker("till", "necessary", needed), tracker("stats", "statistics", asked));
        for text in [format!("{needed}{asked}"), format!("{asked}{needed}")] {
            Catalog::new(Catalog::parse(&text).unwrap()).map_err(|error| error.to_string())?;
        }
        Catalog::new(Catalog::parse(&(needed + &asked)).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_that_needs_consent_below_a_necessary_domain_is_refused() {
        for asked in ["stats.till.example", "a.b.till.example", "*.stats.till.example"] {
            let said =
                catalog("[\"*.till.example\"]", &format!("[\"ok.example\", \"{asked}\"]")).unwrap_err();
            for word in ["\"stats\"", asked, "\"*.till.example\" of \"till\""] {
                assert!(said.contains(word), "{said}");
            }
        }
    }

    #[test]
    fn hosts_beside_and_paths_that_tell_them_apart_are_no_fault() {
        for (needed, asked) in [
            ("[\"*.till.example\"]", "[\"till.example\"]"),
            ("[\"*.till.example\"]", "[\"nottill.example\", \"stats.example\"]"),
            ("[\"pay.till.example\", \"till.example\"]", "[\"stats.till.example\"]"),
            ("[{ host = \"*.till.example\", paths = [\"/pay/\"] }]", "[\"stats.till.example\"]"),
            ("[\"*.till.example\"]", "[{ host = \"www.till.example\", paths = [\"/tag/\"] }]"),
        ] {
            assert!(catalog(needed, asked).is_ok(), "{needed} {asked}");
        }
    }
}
