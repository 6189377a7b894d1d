//! Promises about names: no identifier is left in one, and it stays when it is folded again.

use proptest::prelude::*;

use super::*;
use crate::policy::Settings;
use crate::policy::consent::Category;
use crate::policy::samples::{allow, plain, policy, settings};

#[test]
fn what_may_be_an_identifier_is_folded() {
    let table = [
        ("_ga", "_ga"),
        ("JSESSIONID", "JSESSIONID"),
        ("cart_9f8e7d6c5b", "cart_*"),
        ("cart_9f8e", "cart_9f8e"),
        ("wp_session_d41d8cd98f00b204e9800998ecf8427e", "wp_session_*"),
        ("mp_d41d8cd98f00b204e9800998ecf8427e_mixpanel", "mp_*_mixpanel"),
        ("order1234", "*"),
        ("no1234", "no*"),
        ("sort.v2", "sort.v2"),
        ("deadbeef", "*"),
        ("9f8e7a6b-1234-4abc-9def-0123456789ab", "*"),
        ("visits-98-76-54-32", "visits-*"),
        ("seen.192.168.1.5", "seen.*"),
        ("fe80::a1b2:c3d4:1", "*::*"),
        ("ola.nordmann@example.org", "*"),
        ("ola.nordmann%40example.org", "*"),
        ("persist:root", "persist:root"),
        ("{\"user\":\"ola\"}", "*"),
        ("Ola Nordmann", "Ola*"),
        ("n\u{f8}kkel", "n*"),
        ("", ""),
    ];
    for (raw, wanted) in table {
        assert_eq!(Name::folded(raw.as_bytes()).as_str(), wanted, "{raw}");
    }
}

#[test]
fn a_long_name_is_cut_and_says_so() {
    let name = Name::folded("ab_cd-".repeat(60).as_bytes());
    assert_eq!(name.as_str().len(), NAME_BYTES_MAX);
    assert!(name.as_str().ends_with('*'));
    assert_eq!(Name::folded("x".repeat(LETTERS_MAX).as_bytes()).as_str(), "*");
}

#[test]
fn a_host_keeps_what_is_registered_and_no_address() {
    let table = [
        ("WWW.Google-Analytics.com.", "www.google-analytics.com"),
        ("region1.google-analytics.com:443", "region1.google-analytics.com"),
        ("d1a2b3c4d5e6f7.cloudfront.net", "d1a2b3c4d5e6f7.cloudfront.net"),
        ("9f8e7d6c5b4a.online-metrix.net", "*.online-metrix.net"),
        ("x.9f8e7d6c5b4a.cdn.tracker.co.uk", "*.cdn.tracker.co.uk"),
        ("360yield.com", "360yield.com"),
        ("localhost", "localhost"),
        ("198.51.100.77", "*"),
        ("0x7f.1", "*"),
        ("[2001:db8::1]", "*"),
        ("ola.nordmann@example.org", "*"),
        ("a b.example", "*"),
        ("", "*"),
    ];
    for (raw, wanted) in table {
        assert_eq!(Name::folded_host(raw.as_bytes()).as_str(), wanted, "{raw}");
    }
    let long = format!("{}example.org", "very-long.".repeat(20));
    assert!(Name::folded_host(long.as_bytes()).as_str().len() <= NAME_BYTES_MAX);
}

#[test]
fn what_a_rule_names_is_called_as_there() {
    let rules = vec![
        allow(Allowed::Cookie("till_4711471147".into()), Category::Necessary, &[]),
        allow(Allowed::Host("a1b2c3d4e5.cdn.example".into()), Category::Necessary, &[]),
    ];
    let policy = policy(Settings { allow: rules, ..settings() });
    let name = |thing, raw: &str| policy.name(thing, raw.as_bytes()).as_str().to_owned();
    assert_eq!(name(Thing::Cookie, "_hjSession_1234567"), "_hjSession_*");
    assert_eq!(name(Thing::Cookie, "_ga_ABC123XYZ0"), "_ga_*");
    assert_eq!(name(Thing::Cookie, "till_4711471147"), "till_4711471147");
    assert_eq!(name(Thing::Cookie, "till_4711471148"), "till_*");
    assert_eq!(name(Thing::Host, "a1b2c3d4e5.cdn.example"), "a1b2c3d4e5.cdn.example");
    assert_eq!(name(Thing::Host, "a1b2c3d4e6.cdn.example"), "*.cdn.example");
}

proptest! {
    #[test]
    fn no_name_holds_an_identifier(raw in prop::collection::vec(any::<u8>(), 0..300)) {
        check(Name::folded(&raw).as_str(), &raw)?;
    }

    #[test]
    fn no_likely_name_holds_an_identifier(raw in "[a-zA-Z]{0,9}[_.:$-]?[0-9a-zA-Z]{0,40}[_.@ -]?[0-9a-f]{0,40}") {
        check(Name::folded(raw.as_bytes()).as_str(), raw.as_bytes())?;
    }

    #[test]
    fn a_name_folded_again_stays(raw in "[a-z0-9_.:$*-]{0,100}") {
        let once = Name::folded(raw.as_bytes());
        prop_assert_eq!(Name::folded(once.as_str().as_bytes()), once);
    }

    #[test]
    fn a_harmless_name_stays_as_it_is(raw in "[a-zA-Z0-9_.:$*-]{0,40}|([a-z]{1,7}|[0-9]{1,3}|[_.-]){0,8}") {
        let name = Name::folded_in_parts(raw.as_bytes());
        prop_assert!(!is_harmless(raw.as_bytes()) || name.as_str() == raw, "{name:?}");
        prop_assert_eq!(Name::folded(raw.as_bytes()), name);
    }

    #[test]
    fn a_host_folded_again_stays(raw in "([a-z0-9-]{1,12}\\.){0,5}(no|com|co\\.uk|example)") {
        let once = Name::folded_host(raw.as_bytes());
        prop_assert_eq!(Name::folded_host(once.as_str().as_bytes()), once);
    }

    #[test]
    fn any_bytes_have_a_name_of_any_kind(raw in prop::collection::vec(any::<u8>(), 0..100)) {
        for thing in Thing::ALL {
            let name = plain().name(thing, &raw);
            prop_assert!(name.as_str().len() <= NAME_BYTES_MAX);
        }
    }
}

fn check(name: &str, raw: &[u8]) -> Result<(), TestCaseError> {
    prop_assert!(name.len() <= NAME_BYTES_MAX);
    prop_assert!(name.bytes().all(is_fit), "{name}");
    for run in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let has_digit = run.contains(|c: char| c.is_ascii_digit());
        let has_letter = run.contains(|c: char| c.is_ascii_alphabetic());
        let is_hex = run.chars().all(|c| c.is_ascii_hexdigit());
        prop_assert!(run.len() < MIXED_MIN || !(is_hex || (has_digit && has_letter)), "{name}");
        prop_assert!(run.len() < LETTERS_MAX, "{name}");
    }
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    prop_assert!(digits <= DIGITS_MAX, "{name}");
    let in_a_row = name.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    prop_assert!(in_a_row < Some(DIGITS_IN_A_ROW), "{name}");
    prop_assert!(!raw.contains(&b'@') || name == "*", "{name}");
    Ok(())
}
