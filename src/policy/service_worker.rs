//! Which service workers may be installed.

use super::consent::Consent;
use super::{Allow, Allowed, Policy};

impl Policy {
    /// May a service worker be installed from the script at `path`? It stays when the page is gone and answers for the
    /// origin from then on, so only one that the operator vouches for may; unknown ones as unknown hosts.
    pub fn service_worker_is_open(&self, consent: &Consent, path: &str) -> bool {
        match self.vouched_worker(path) {
            Some(allow) => consent.categories().contains(allow.category),
            None => self.passes_unknown(self.settings.unknown_hosts, consent),
        }
    }

    /// May what a page or worker at `path` fetches be fetched by a service worker, which answers with it later? By one that
    /// the operator vouches for, or where every worker is open by one that looks like a script: there each page would do.
    pub fn may_keep_pages(&self, consent: &Consent, path: &str) -> bool {
        let is_script =
            self.vouched_worker(path).is_some() || matches!(path.rsplit_once('.'), Some((_, "js" | "mjs")));
        is_script && self.service_worker_is_open(consent, path)
    }

    fn vouched_worker(&self, path: &str) -> Option<&Allow> {
        self.settings
            .allow
            .iter()
            .find(|allow| matches!(&allow.what, Allowed::ServiceWorker(script) if script == path))
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
        for (path, before, granted) in [
            ("/sw.js", true, true),
            ("/push.js", false, true),
            ("/unknown.js", false, true),
            ("/", false, false),
            ("/dekk/", false, false),
        ] {
            assert_eq!(held.may_keep_pages(&Consent::none(), path), before, "{path}");
            assert_eq!(held.may_keep_pages(&everything, path), granted, "{path}");
        }
        let passing = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
        assert!(passing.service_worker_is_open(&Consent::none(), "/unknown.js"));
    }
}
