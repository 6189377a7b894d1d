//! What the policy answers: hosts, cookies and keys, in each state.

use super::samples::{FRONT, allow, of, plain, policy, settings};
use super::*;

fn is_open(policy: &Policy, consent: &Consent, host: &str, path: &str) -> bool {
    matches!(policy.host_standing(consent, FRONT, host, path), Standing::Open)
}

#[test]
fn r30_what_runs_before_an_answer_is_held_after_every_answer_that_does_not_name_it() {
    let (no, film) = (of(&[]), of(&[Category::Preferences]));
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().advanced();
    let policy = Policy::new(settings(), Arc::new(catalog));
    let none = Consent::none();
    for (consent, is_let) in [
        (none.before_answer(), true),
        (of(&[Category::Statistics]), true),
        (none, false),
        (no, false),
        (film, false),
        (no.before_answer(), false),
        (none.before_answer().unasked(consent::Day(0)), false),
        (no.outdated(CategorySet::NECESSARY, None), false),
    ] {
        let fence = policy.fence(&policy.fences(), &consent, FRONT).into_owned();
        let fence = fence.content_security_policy.unwrap();
        let is_fenced = !fence.to_str().unwrap().contains("www.googletagmanager.com");
        let is_open = is_open(&policy, &consent, "www.googletagmanager.com", "/gtag/js");
        assert_eq!((is_open, is_fenced), (is_let, !is_let), "{consent:?}");
    }
}

#[test]
fn nothing_but_the_necessary_is_open_before_a_choice() {
    let policy = plain();
    let none = Consent::none();
    for (host, path) in
        [("js.stripe.com", "/v3/"), ("www.google.com", "/recaptcha/api.js"), ("shop.example", "/")]
    {
        assert!(is_open(policy, &none, host, path), "{host}{path}");
    }
    for (host, path) in [
        ("www.googletagmanager.com", "/gtm.js"),
        ("connect.facebook.net", "/en_US/fbevents.js"),
        ("www.google.com", "/maps/embed"),
        ("unheard-of.example", "/"),
    ] {
        assert!(!is_open(policy, &none, host, path), "{host}{path}");
    }
}

#[test]
fn a_dot_at_the_end_of_a_host_opens_nothing() {
    let policy = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
    assert!(!is_open(&policy, &Consent::none(), "connect.facebook.net.", "/"));
}

#[test]
fn an_operators_rule_wins_over_the_catalogue_where_it_holds() {
    let host = Allowed::Host("*.vimeo.com".into());
    let allow = vec![allow(host, Category::Necessary, &["/film"])];
    let policy = policy(Settings { allow, ..settings() });
    let film = Page { path: "/film/1", ..FRONT };
    let none = Consent::none();
    assert!(matches!(policy.host_standing(&none, film, "player.vimeo.com", "/"), Standing::Open));
    assert!(!is_open(&policy, &none, "player.vimeo.com", "/"));
}

#[test]
fn a_necessary_host_that_is_bound_to_pages_is_open_there_alone() {
    let rule = allow(Allowed::Host("*.klarna.com".into()), Category::Necessary, &["/kasse"]);
    let policy = policy(Settings { allow: vec![rule], ..settings() });
    let none = Consent::none();
    for (path, is_there) in [("/kasse/2", true), ("/", false), ("/dekk", false)] {
        let page = Page { path, ..FRONT };
        let standing = policy.host_standing(&none, page, "js.klarna.com", "/web-sdk/v1/klarna.js");
        assert_eq!(matches!(standing, Standing::Open), is_there, "{path}");
        let fence = policy.fence(&policy.fences(), &none, page).content_security_policy.clone().unwrap();
        assert_eq!(fence.to_str().unwrap().contains(".klarna.com"), is_there, "{path}");
    }
    assert!(is_open(&policy, &none, "x.klarnacdn.net", "/"), "each host by itself");
}

#[test]
fn a_container_is_open_when_one_of_its_categories_is() {
    let policy = plain();
    for category in [Category::Statistics, Category::Marketing] {
        assert!(is_open(policy, &of(&[category]), "www.googletagmanager.com", "/gtag/js"));
    }
    assert!(!is_open(policy, &of(&[Category::Preferences]), "www.googletagmanager.com", "/gtag/js"));
}

#[test]
fn operators_rules_for_cookies_hold_for_storage() {
    let allow = vec![allow(Allowed::Cookie("sort_*".into()), Category::Preferences, &[])];
    let policy = policy(Settings { allow, ..settings() });
    let none = Consent::none();
    assert!(!policy.storage_is_open(&none, "/", "sort_order"));
    assert!(policy.storage_is_open(&of(&[Category::Preferences]), "/", "sort_order"));
    assert!(policy.storage_is_open(&none, "/", "cart"));
    assert!(!policy.storage_is_open(&none, "/", "_hjid"));
}
