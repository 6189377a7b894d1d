//! Which service workers may be installed.

use super::consent::Consent;
use super::{Allowed, Policy, passes_unknown};

impl Policy {
    /// May a service worker be installed from the script at `path`? It stays when the page is gone and answers for the
    /// origin from then on, so only one that the operator vouches for may; unknown ones as unknown hosts.
    pub fn service_worker_is_open(&self, consent: &Consent, path: &str) -> bool {
        let vouched = self.settings.allow.iter().find(|allow| match &allow.what {
            Allowed::ServiceWorker(script) => script == path,
            _ => false,
        });
        match vouched {
            Some(allow) => consent.categories().contains(allow.category),
            None => passes_unknown(self.settings.unknown_hosts, consent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Category;
    use crate::policy::samples::{allow, of, policy, settings};
    use crate::policy::{Settings, Unknown};

    #[test]
    fn only_a_service_worker_that_is_vouched_for_is_open_before_everything_is_granted() {
        let worker = |path: &str, category| allow(Allowed::ServiceWorker(path.into()), category, &[]);
        let allow = vec![worker("/sw.js", Category::Necessary), worker("/push.js", Category::Marketing)];
        let held = policy(Settings { allow, ..settings() });
        let everything = of(&Category::ALL);
        for (path, before, with_marketing) in [
            ("/sw.js", true, true),
            ("/sw.js/", false, false),
            ("/a/sw.js", false, false),
            ("/push.js", false, true),
            ("/unknown.js", false, false),
        ] {
            assert_eq!(held.service_worker_is_open(&Consent::none(), path), before, "{path}");
            assert_eq!(
                held.service_worker_is_open(&of(&[Category::Marketing]), path),
                with_marketing,
                "{path}"
            );
            assert!(held.service_worker_is_open(&everything, path), "{path}");
        }
        let passing = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
        assert!(passing.service_worker_is_open(&Consent::none(), "/unknown.js"));
    }
}
