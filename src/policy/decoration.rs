//! Link decoration: query parameters by which a link tells who came, such as `gclid` and `fbclid`.
//!
//! Until their tracker is granted they do not reach the origin. The visitor's address bar keeps them, nobody is
//! redirected, so the page that is loaded again after a grant brings them along.

use super::catalog::{Catalog, bytes_match};
use super::consent::Consent;
use super::query::{self, Initials, Parameter, ROOM_BYTES, parameters};
use super::{Allow, Allowed, Policy, Settings};

impl Policy {
    /// `address` without the parameters that this consent keeps from the origin; `None` when it has none of them.
    ///
    /// `address` is a target or a whole address; `path` is the path in it, for the operator's rules. What is left is
    /// the original but for whole parameters, each with the `&` or `;` before it; the `?` goes with the last. Names
    /// are compared percent-decoded, with their case. An operator's rule wins, then the catalogue; what is in neither
    /// stays. Allocates only when something is taken out.
    pub fn undecorated(&self, consent: &Consent, path: &str, address: &[u8]) -> Option<Vec<u8>> {
        if self.holds_nothing(consent) {
            return None;
        }
        let mark = memchr::memchr(b'?', address)?;
        let is_kept = |parameter: &Parameter<'_>| !self.is_decoration(consent, path, *parameter);
        let (before, query) = (&address[..mark], &address[mark + 1..]);
        if parameters(query).all(|parameter| is_kept(&parameter)) {
            return None;
        }
        let mut left = Vec::with_capacity(address.len());
        left.extend_from_slice(before);
        for parameter in parameters(query).filter(is_kept) {
            left.push(if left.len() == mark { b'?' } else { parameter.separator });
            left.extend_from_slice(parameter.text);
        }
        Some(left)
    }

    fn is_decoration(&self, consent: &Consent, path: &str, parameter: Parameter<'_>) -> bool {
        if !self.decorations.may_begin(parameter.text) {
            return false;
        }
        let mut room = [0; ROOM_BYTES];
        let name = query::decoded(parameter.name(), &mut room);
        // Servers read `gclid[]` as a list of that name.
        let list = memchr::memchr(b'[', &name).map_or(&name[..], |bracket| &name[..bracket]);
        let mut standing =
            [&name[..], list].into_iter().filter_map(|name| self.is_kept_back(consent, path, name));
        standing.next().unwrap_or(false)
    }

    /// Does this consent keep a parameter of that name from the origin? `None` where nobody knows it.
    fn is_kept_back(&self, consent: &Consent, path: &str, name: &[u8]) -> Option<bool> {
        match self.allowed_parameter(path, name) {
            Some(allow) => Some(!consent.categories().contains(allow.category)),
            None => self.catalog.parameter_bytes(name).map(|tracker| !consent.grants(tracker)),
        }
    }

    /// The operator's first rule for that name in an address with that path.
    fn allowed_parameter(&self, path: &str, name: &[u8]) -> Option<&Allow> {
        self.settings.allow.iter().find(|allow| {
            matches!(&allow.what, Allowed::Parameter(rule) if bytes_match(rule, name)) && allow.holds_on(path)
        })
    }
}

/// First bytes of every name that a rule knows.
pub(super) fn initials(settings: &Settings, catalog: &Catalog) -> Initials {
    let mut initials = Initials::default();
    let known = catalog.trackers().flat_map(|tracker| &tracker.parameters);
    let ruled = settings.allow.iter().filter_map(|allow| match &allow.what {
        Allowed::Parameter(rule) => Some(rule),
        _ => None,
    });
    known.chain(ruled).for_each(|name| initials.add(name.as_bytes()));
    initials
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::policy::consent::Category::{Marketing, Necessary, Statistics};
    use crate::policy::samples::{allow, any_growing_categories, of, settings};

    const TRACKERS: &str = r#"
[[tracker]]
id = "ads"
name = "Ads"
category = "marketing"
provider = { name = "A", country = "", privacy = "" }
purpose = { en = "Sells." }
source = "https://ads.example/"
parameters = ["gclid", "gad_*"]

[[tracker]]
id = "linker"
name = "Linker"
category = "statistics"
provider = { name = "L", country = "", privacy = "" }
purpose = { en = "Links." }
source = "https://linker.example/"
parameters = ["_gl"]
"#;

    fn policy(rules: Vec<Allow>) -> Policy {
        let catalog = Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap();
        Policy::new(Settings { allow: rules, ..settings() }, Arc::new(catalog))
    }

    fn left(policy: &Policy, consent: &Consent, address: &str) -> String {
        let path = address.split('?').next().unwrap();
        let left = policy.undecorated(consent, path, address.as_bytes());
        left.map_or_else(|| address.to_owned(), |left| String::from_utf8(left).unwrap())
    }

    #[test]
    fn whole_parameters_are_taken_out_and_nothing_else_changes() {
        let policy = policy(Vec::new());
        for (address, expected) in [
            ("/", "/"),
            ("/gclid", "/gclid"),
            ("/?", "/?"),
            ("/?gclid=1", "/"),
            ("/?gclid", "/"),
            ("/?gclid=1&_gl=2", "/"),
            ("/?a=1&gclid=1&b=%C3%A5+2", "/?a=1&b=%C3%A5+2"),
            ("/?gclid=1&a=1", "/?a=1"),
            ("/?a=1&gclid=", "/?a=1"),
            ("/?a=;gclid=1;b==&&c", "/?a=;b==&&c"),
            ("/?gclid=1&gclid=2&a&gclid=3", "/?a"),
            ("/?%67cl%69d=1&a=%", "/?a=%"),
            ("/?GCLID=1&xgclid=1&gclid2=1", "/?GCLID=1&xgclid=1&gclid2=1"),
            ("/?gad_source=1&gad_=2&gad=3", "/?gad=3"),
            ("/?a=gclid&b=x?gclid=1", "/?a=gclid&b=x?gclid=1"),
            ("/?&gclid=1", "/?"),
            ("/?gclid[]=1&gclid%5B%5D=2&gclid[0]=3&a[]=4", "/?a[]=4"),
            ("/?[gclid]=1&agclid[]=2", "/?[gclid]=1&agclid[]=2"),
            ("https://shop.example/a?gclid=1&b", "https://shop.example/a?b"),
        ] {
            assert_eq!(left(&policy, &Consent::none(), address), expected, "{address}");
        }
    }

    #[test]
    fn a_granted_trackers_parameters_stay() {
        let policy = policy(Vec::new());
        assert_eq!(left(&policy, &of(&[Statistics]), "/?gclid=1&_gl=2"), "/?_gl=2");
        assert_eq!(left(&policy, &of(&[Marketing]), "/?gclid=1&_gl=2"), "/?gclid=1");
        assert_eq!(left(&policy, &of(&[Marketing, Statistics]), "/?gclid=1&_gl=2"), "/?gclid=1&_gl=2");
    }

    #[test]
    fn an_operators_rule_wins_where_it_holds() {
        let rule = |name: &str| Allowed::Parameter(name.into());
        let policy = policy(vec![
            allow(rule("gclid"), Necessary, &["/pay"]),
            allow(rule("affiliate*"), Marketing, &[]),
        ]);
        let none = Consent::none();
        assert_eq!(left(&policy, &none, "/pay?gclid=1&sig=2"), "/pay?gclid=1&sig=2");
        assert_eq!(left(&policy, &none, "/pay?gclid[]=1"), "/pay?gclid[]=1");
        assert_eq!(left(&policy, &none, "/?gclid=1&sig=2"), "/?sig=2");
        assert_eq!(left(&policy, &none, "/?affiliate_id=1&sig=2"), "/?sig=2");
        assert_eq!(left(&policy, &of(&[Marketing]), "/?affiliate_id=1"), "/?affiliate_id=1");
    }

    fn any_address() -> impl Strategy<Value = String> {
        let part = "((gclid|%67clid|gad_x|_gl|a|gclidx|)(=[a%&;+=?]{0,3})?)";
        prop::string::string_regex(&format!("/[a?%]{{0,3}}([?]{part}([&;]{part}){{0,5}})?")).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_left_is_left_alone(address in any_address(), (consent, _) in any_growing_categories()) {
            let policy = policy(Vec::new());
            let once = left(&policy, &consent, &address);
            prop_assert_eq!(left(&policy, &consent, &once), once);
        }

        #[test]
        fn more_consent_never_takes_more_out(address in any_address(), (less, more) in any_growing_categories()) {
            let policy = policy(Vec::new());
            let (little, much) = (left(&policy, &less, &address), left(&policy, &more, &address));
            prop_assert!(much.len() >= little.len());
            prop_assert_eq!(left(&policy, &less, &much), little);
        }

        #[test]
        fn what_is_left_are_whole_parameters_in_their_order(address in any_address()) {
            let policy = policy(Vec::new());
            let left = left(&policy, &Consent::none(), &address);
            let parts = |text: &str| {
                let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
                let query = query.map(|query| query.split(['&', ';']).map(str::to_owned).collect());
                (path.to_owned(), query.unwrap_or_else(Vec::new))
            };
            let ((path, mut query), (path_left, query_left)) = (parts(&address), parts(&left));
            prop_assert_eq!(path, path_left);
            query.retain(|one| !["gclid", "%67clid", "gad_x", "_gl"].contains(&one.split('=').next().unwrap()));
            prop_assert_eq!(query, query_left);
        }
    }
}
