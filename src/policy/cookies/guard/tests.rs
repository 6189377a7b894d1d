//! The expressions by example, and against the policy they speak for.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::policy::catalog::Catalog;
use crate::policy::consent::Category::{self, Marketing, Necessary, Preferences, Statistics};
use crate::policy::samples::{FRONT, allow, any_growing_consent, of, plain, policy, settings, single};
use crate::policy::{Settings, Unknown};

/// What the expression matches, computed from the parts it is written from.
fn matches(open: &Open<'_>, name: &str) -> bool {
    let is_excepted =
        |held: &NameRule<'_>| if held.is_exact { held.text == name } else { name.starts_with(held.text) };
    open.names.contains(&name)
        || open
            .starts
            .iter()
            .any(|(start, exceptions)| name.starts_with(start) && !exceptions.iter().any(is_excepted))
}

fn rule(text: &str, is_open: bool) -> NameRule<'_> {
    match text.strip_suffix('*') {
        Some(text) => NameRule { text, is_exact: false, is_open },
        None => NameRule { text, is_exact: true, is_open },
    }
}

fn escaped_rule(text: &str) -> String {
    match text.strip_suffix('*') {
        Some(start) => escaped(start) + "*",
        None => escaped(text),
    }
}

#[test]
fn expressions_say_what_the_rules_say() {
    let rows: [(&[(&str, bool)], &str); 8] = [
        (&[("*", false)], "^(?!)"),
        (&[("*", true)], "^"),
        (&[("*", false), ("PHPSESSID", true)], "^(?:PHPSESSID)$"),
        (&[("*", false), ("a", true), ("b.c", true), ("cart_*", true)], r"^(?:cart_|(?:a|b\.c)$)"),
        (&[("*", true), ("_ga*", false), ("id", false)], "^(?!_ga|id$)"),
        (&[("*", false), ("a*", true), ("ab*", false), ("abc", true)], "^(?:a(?!b)|(?:abc)$)"),
        (&[("*", false), ("a*", true), ("a", false)], "^a(?!$)"),
        (&[("*", false), ("</x'\"\u{2028}😀", true)], r"^(?:\u003c\u002fx\u0027\u0022\u2028\ud83d\ude00)$"),
    ];
    for (rules, expected) in rows {
        let rules: Vec<_> = rules.iter().map(|(text, is_open)| (escaped_rule(text), is_open)).collect();
        let rules = rules.iter().map(|(text, is_open)| rule(text, **is_open));
        assert_eq!(open_names(rules).expression(), expected);
    }
}

#[test]
fn only_the_necessary_may_be_written_before_a_choice() {
    let policy = plain();
    let may_write = |consent: &Consent, name: &str| {
        matches(&open_names(policy.under(consent, &policy.claims.cookies)), name)
    };
    let none = Consent::none();
    assert!(may_write(&none, "__stripe_mid"));
    for held in ["_ga", "_ga_X", "_fbp", CONSENT_COOKIE, "whatever"] {
        assert!(!may_write(&none, held), "{held}");
    }
    assert!(may_write(&of(&[Statistics]), "_ga_X") && !may_write(&of(&[Statistics]), "_fbp"));
    assert!(policy.guard_rules(&none, FRONT).storage.contains("mage-"));
    assert_eq!(policy.guard_rules(&of(&Category::ALL), FRONT).cookies, "^(?!consentry$)");
    assert_eq!(policy.guard_rules(&of(&Category::ALL), FRONT).storage, "^");
}

/// A client that finds no storage under it gives up, agreed to or not.
#[test]
fn the_try_of_a_client_is_open_with_its_tracker_where_browser_checks_are_not_in_use() {
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap();
    let uses = ["stripe", "rudderstack"].map(Into::into);
    let policy = Policy::new(settings(), Arc::new(catalog.using(&uses)));
    let may_write = |consent: &Consent| {
        [&policy.claims.cookies, &policy.claims.storage]
            .map(|claims| matches(&open_names(policy.under(consent, claims)), "test_rudder_ls"))
    };
    assert_eq!(may_write(&of(&[Statistics])), [true, true]);
    assert_eq!(may_write(&Consent::none()), [false, false]);
}

#[test]
fn what_is_written_into_the_page_cannot_leave_its_script() {
    let allow = vec![allow(Allowed::Cookie("</script>/'\"`\n*".into()), Necessary, &[])];
    let policy = policy(Settings { allow, ..settings() });
    for consent in policy.states() {
        let rules = policy.guard_rules(&consent, FRONT);
        for text in [&rules.cookies, &rules.storage] {
            assert!(!text.contains(['<', '>', '/', '\'', '"', '`', '\n', '&']), "{text}");
        }
    }
}

#[test]
fn a_rule_with_paths_and_a_single_tracker_are_heeded() {
    let allow = vec![allow(Allowed::Cookie("sort".into()), Necessary, &["/dekk"])];
    let policy = policy(Settings { allow, ..settings() });
    let none = Consent::none();
    assert!(matches!(policy.guard_rules(&none, FRONT), Cow::Borrowed(_)));
    assert!(!policy.guard_rules(&none, FRONT).storage.contains("|sort"));
    assert!(policy.guard_rules(&none, Page { path: "/dekk", ..FRONT }).storage.contains("|sort"));
    let mut trackers = crate::policy::consent::TrackerSet::NONE;
    trackers.insert(policy.catalog().named("hotjar").unwrap().id);
    assert!(policy.guard_rules(&single(&[], trackers), FRONT).cookies.contains("|_hj"));
}

#[test]
fn r32_what_a_script_could_not_write_now_is_not_kept() {
    let policy = plain();
    let rules = |consent: &Consent| policy.kept_storage(consent);
    assert_eq!(rules(&of(&[Preferences, Statistics, Marketing])), "^");
    assert_eq!(rules(&Consent::none()), "^", "before an answer it may be the shop's own");
    for consent in [of(&[]), of(&[Statistics])] {
        let (kept, written) = (rules(&consent), &policy.guard_rules(&consent, FRONT).storage);
        assert_eq!(kept.len(), written.len(), "{kept} and {written} differ in their order alone");
    }
    assert!(!rules(&of(&[])).contains("_hj") && rules(&of(&[Statistics])).contains("_hj"));
}

#[test]
fn what_may_be_written_on_one_page_is_kept_on_all() {
    let rule = |name: &str, category| allow(Allowed::Cookie(name.into()), category, &["/kasse"]);
    let allow = vec![rule("basket", Necessary), rule("look", Preferences)];
    let policy = policy(Settings { allow, ..settings() });
    assert!(policy.kept_storage(&of(&[])).contains("basket"));
    assert!(!policy.kept_storage(&of(&[])).contains("look"));
    assert!(policy.kept_storage(&of(&[Preferences])).contains("look"));
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let categories = prop::sample::select(&Category::ALL[..]);
    let rules = prop::collection::vec((r"[ab]{1,3}\*?", categories.clone()), 0..4);
    let trackers = prop::collection::vec((r"[ab]{1,3}\*?", categories, any::<bool>()), 0..8);
    (rules, trackers, any::<bool>(), 0..256_u32).prop_map(|(rules, trackers, holds, used)| {
        let entries = trackers.iter().enumerate().map(|(index, (name, category, http))| {
            format!(
                "[[tracker]]\nid = \"t{index}\"\nname = \"T\"\ncategory = \"{}\"\nsource = \"x\"\n\
                 provider = {{ name = \"P\", country = \"\", privacy = \"\" }}\npurpose = {{ en = \"X.\" }}\n\
                 cookies = [{{ name = \"{name}\", days = 1, http = {http} }}]\nstorage = [\"{name}\"]\n",
                category.name()
            )
        });
        let text = if trackers.is_empty() { "tracker = []".into() } else { entries.collect::<String>() };
        let allow = rules.into_iter().map(|(rule, category)| allow(Allowed::Cookie(rule), category, &[]));
        let unknown_cookies = if holds { Unknown::Hold } else { Unknown::Pass };
        let settings = Settings { allow: allow.collect(), unknown_cookies, ..settings() };
        let uses: Vec<String> =
            (0..8).filter(|index| used & 1 << index != 0).map(|index| format!("t{index}")).collect();
        let catalog = Catalog::new(Catalog::parse(&text).unwrap()).unwrap();
        Policy::new(settings, Arc::new(if uses.len() == 8 { catalog } else { catalog.using(&uses) }))
    })
}

/// Is it anything but a rule for a cookie of HTTP that decides on this name?
fn may_be_written(policy: &Policy, name: &str) -> bool {
    let is_operators = policy.allowed_name("/", name.as_bytes()).is_some();
    let rules = policy.catalog().trackers().flat_map(|tracker| {
        tracker.cookies.iter().map(|rule| ((!rule.name.ends_with('*'), rule.name.len(), tracker.id), rule))
    });
    let fitting = rules.filter(|(_, rule)| bytes_match(&rule.name, name.as_bytes()));
    let deciding = fitting.max_by_key(|(precedence, _)| *precedence);
    is_operators || deciding.is_none_or(|(_, rule)| !rule.http)
}

/// Nor does a script ever ask about the names of what is necessary elsewhere.
fn is_left_out(decides: Option<&Tracker>) -> bool {
    decides.is_some_and(|tracker| tracker.category == Necessary && !tracker.is_used)
}

proptest! {
    #[test]
    fn guard_and_gateway_agree_on_every_name(policy in any_policy(), state in 0..8_usize, name in "[abc]{0,4}") {
        let consent = policy.states().nth(state).unwrap();
        let names = open_names(policy.under(&consent, &policy.claims.storage));
        if !is_left_out(policy.catalog().storage(&name)) {
            prop_assert_eq!(matches(&names, &name), policy.storage_is_open(&consent, "/", &name));
        }
        let names = open_names(policy.under(&consent, &policy.claims.cookies));
        if may_be_written(&policy, &name) && !is_left_out(policy.catalog().cookie(&name)) {
            prop_assert_eq!(matches(&names, &name), policy.cookie_is_open(&consent, "/", &name));
        }
    }

    #[test]
    fn more_consent_never_closes_a_name((less, more) in any_growing_consent(), name in "_ga|_hjX|_fbp|cart|x") {
        let policy = plain();
        let can = |consent: &Consent| policy.storage_is_open(consent, "/", &name);
        prop_assert!(!can(&less) || can(&more));
    }
}

#[test]
fn cookies_of_http_and_of_what_is_not_used_are_left_out() {
    let text = "[[tracker]]\nid = \"shop\"\nname = \"S\"\ncategory = \"necessary\"\nsource = \"x\"\n\
                provider = { name = \"P\", country = \"\", privacy = \"\" }\npurpose = { en = \"X.\" }\n\
                cookies = [{ name = \"sid\", days = 0, http = true }, { name = \"cart\", days = 0 }]\nstorage = [\"seen\"]\n";
    let text = [
        text,
        &text.replace("\"shop\"", "\"other\"").replace("cart", "basket"),
        &text.replace("\"shop\"", "\"ads\"").replace("cart", "_ad").replace("necessary", "marketing"),
    ]
    .concat();
    let catalog =
        |uses: &[String]| Arc::new(Catalog::new(Catalog::parse(&text).unwrap()).unwrap().using(uses));
    let rules = |uses: &[&str], consent: &Consent| {
        let uses: Vec<String> = uses.iter().map(|id| (*id).into()).collect();
        Policy::new(settings(), catalog(&uses)).guard_rules(consent, FRONT).cookies.clone()
    };
    let none = Consent::none();
    assert_eq!(rules(&["ads"], &none), "^(?:basket|cart)$");
    assert_eq!(rules(&["shop"], &none), "^(?:cart)$");
    assert_eq!(rules(&["shop", "ads"], &of(&[Marketing])), "^(?:_ad|cart)$");
    assert_eq!(rules(&["shop"], &of(&[Marketing])), "^(?:cart)$");
    assert_eq!(rules(&["shop"], &of(&Category::ALL)), "^(?:cart)$");
    assert_eq!(rules(&["shop", "ads"], &of(&Category::ALL)), "^(?!consentry$)");
}

#[test]
fn categories_open_their_own_names_only() {
    let policy = plain();
    let cookies = |category| policy.guard_rules(&of(&[category]), FRONT).cookies.clone();
    assert!(cookies(Marketing).contains("_fbp") && !cookies(Marketing).contains("_clck"));
    assert!(cookies(Statistics).contains("_clck") && !cookies(Statistics).contains("_fbp"));
    assert!(!cookies(Preferences).contains("_clck"));
}
