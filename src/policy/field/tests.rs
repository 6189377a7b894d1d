use proptest::prelude::*;

use super::*;
use crate::policy::consent::Category::{Marketing, Preferences, Statistics};
use crate::policy::samples::{FRONT, any_growing_consent, of, plain};

fn head(fields: &[(&'static str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in fields.iter().map(field) {
        headers.append(name, value);
    }
    headers
}

/// What is left of a head, in order.
fn left(consent: &Consent, fields: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let mut headers = head(fields);
    plain().filter_fields(consent, FRONT, &mut headers);
    let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn is_left(consent: &Consent, name: &'static str, value: &str) -> bool {
    left(consent, &[(name, value)]) == [(name.to_owned(), value.to_owned())]
}

fn is_gone(consent: &Consent, name: &'static str, value: &str) -> bool {
    left(consent, &[(name, value)]).is_empty()
}

const HELD_LINK: &str = "<https://www.google-analytics.com>; rel=preconnect";

#[test]
fn a_link_is_held_until_its_tracker_is_granted() {
    let none = Consent::none();
    assert!(is_gone(&none, "link", HELD_LINK));
    assert!(is_gone(&of(&[Marketing]), "link", "<//connect.facebook.net.evil.example>; rel=dns-prefetch"));
    assert!(is_left(&of(&[Statistics]), "link", HELD_LINK));
    assert!(is_left(
        &none,
        "link",
        "<https://js.stripe.com/v3/>; rel=preload; as=script, </a.css>;rel=preload"
    ));
    assert_eq!(
        left(&none, &[("link", "</a.css>; rel=preload"), ("link", HELD_LINK), ("link", "</b>; rel=next")]),
        [("link".to_owned(), "</a.css>; rel=preload".to_owned()), ("link".into(), "</b>; rel=next".into())]
    );
}

#[test]
fn a_refresh_leads_to_no_held_host() {
    let none = Consent::none();
    for value in [
        "0;url=https://www.facebook.com/tr",
        "5, 'https:\\\\www.facebook.com/tr'",
        "0 ; URL = //unknown.example",
        "0;url='http://shop.example'@www.facebook.com/tr'",
    ] {
        assert!(is_gone(&none, "refresh", value), "{value}");
    }
    for value in ["30", "0; url=/dekk", "0; url=https://shop.example/"] {
        assert!(is_left(&none, "refresh", value), "{value}");
    }
    let split = [("refresh", "0"), ("refresh", "url=https://www.facebook.com/tr")];
    assert!(left(&none, &split).is_empty(), "browsers read the lines as one");
    assert!(is_left(&of(&[Marketing]), "refresh", "0;url=https://www.facebook.com/tr"));
}

#[test]
fn errors_are_reported_to_kept_groups_only() {
    let none = Consent::none();
    let nel = ("nel", r#"{"report_to":"a","max_age":1}"#);
    let own = ("report-to", r#"{"group":"a","max_age":1,"endpoints":[{"url":"https://shop.example/r"}]}"#);
    let held =
        ("report-to", r#"{"group":"a","max_age":1,"endpoints":[{"url":"https://r.unknown.example/"}]}"#);
    assert_eq!(left(&none, &[own, nel]).len(), 2);
    assert_eq!(left(&none, &[nel, own]).len(), 2);
    assert_eq!(left(&none, &[nel, own, held]), [(own.0.to_owned(), own.1.to_owned())]);
    assert!(left(&none, &[nel, held]).is_empty());
    assert!(left(&none, &[nel]).is_empty());
    assert_eq!(left(&of(&[Preferences, Statistics, Marketing]), &[nel, held]).len(), 2);
}

#[test]
fn hints_wait_for_statistics_or_marketing() {
    for name in ["accept-ch", "critical-ch"] {
        assert!(is_gone(&Consent::none(), name, "Sec-CH-UA-Model"));
        assert!(is_gone(&of(&[Preferences]), name, "Sec-CH-UA-Model"));
        assert!(is_left(&of(&[Statistics]), name, "Sec-CH-UA-Model"));
        assert!(is_left(&of(&[Marketing]), name, "Sec-CH-UA-Model"));
    }
}

#[test]
fn what_is_built_in_for_advertising_waits_for_marketing() {
    for name in [
        "observe-browsing-topics",
        "attribution-reporting-register-source",
        "attribution-reporting-register-trigger",
        "attribution-reporting-register-os-source",
        "ad-auction-allowed",
        "ad-auction-signals",
        "shared-storage-write",
    ] {
        assert!(is_gone(&of(&[Preferences, Statistics]), name, "?1"), "{name}");
        assert!(is_left(&of(&[Marketing]), name, "?1"), "{name}");
        assert!(advertises(&head(&[(name, "?1")])));
    }
    assert!(!advertises(&head(&[("link", HELD_LINK)])));
}

#[test]
fn nothing_goes_ahead_while_anything_is_held() {
    for (name, value) in [("speculation-rules", "\"/rules.json\""), ("x-dns-prefetch-control", "on")] {
        assert!(is_gone(&of(&[Statistics, Marketing]), name, value));
        assert!(is_left(&of(&[Preferences, Statistics, Marketing]), name, value));
    }
    assert!(is_left(&Consent::none(), "x-dns-prefetch-control", "off"));
}

#[test]
fn a_permissions_policy_that_would_undo_ours_goes() {
    let none = Consent::none();
    assert!(is_gone(&none, "permissions-policy", "geolocation 'self'; camera 'none'"));
    let split = [("permissions-policy", "camera=()"), ("permissions-policy", "camera 'none'")];
    assert!(left(&none, &split).is_empty(), "browsers read the lines as one");
    assert!(is_left(&none, "permissions-policy", "camera=(), browsing-topics=(self), ch-dpr=*"));
}

#[test]
fn client_hints_for_held_hosts_are_taken_back() {
    let own = "ch-ua-model=(self \"https://x.hotjar.com\"), ch-dpr=(\"https://www.facebook.com\"), \
               ch-width=(self \"https://js.stripe.com\"), camera=(\"https://www.facebook.com\")";
    let fields = [("permissions-policy", own)];
    let added = |consent: &Consent| {
        left(consent, &fields)[1..].iter().map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(left(&Consent::none(), &fields)[0].1, own);
    assert_eq!(added(&Consent::none()), ["ch-ua-model=(self), ch-dpr=()"]);
    assert_eq!(added(&of(&[Statistics])), ["ch-dpr=()"]);
    assert_eq!(added(&of(&[Preferences, Statistics, Marketing])), [""; 0]);
}

#[test]
fn fields_that_can_do_nothing_keep_their_bytes() {
    for (name, value) in [
        ("clear-site-data", "\"cache\""),
        ("set-login", "logged-in"),
        ("supports-loading-mode", "credentialed-prerender"),
        ("sourcemap", "https://unknown.example/a.map"),
        ("location", "https://www.facebook.com/"),
        ("x-anything", "<https://www.facebook.com>; rel=preload"),
        ("content-security-policy", "default-src https://www.facebook.com; report-uri /csp"),
        ("reporting-endpoints", "a=\"/r\", b=\"https://shop.example/r\""),
    ] {
        assert!(is_left(&Consent::none(), name, value), "{name}");
    }
}

fn any_address() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "https://www.google-analytics.com/g",
        "//connect.facebook.net/x",
        "https://js.stripe.com/v3/",
        "https://unknown.example",
        "/a.js",
        "https://shop.example/",
        "https://[x",
        "x.hotjar.com",
    ])
}

fn any_field() -> impl Strategy<Value = (&'static str, String)> {
    let addresses = prop::collection::vec(any_address(), 1..4);
    let list =
        |of: fn(&str) -> String, list: Vec<&str>| list.into_iter().map(of).collect::<Vec<_>>().join(", ");
    let fields = (0..11_usize, addresses, "[ -~]{0,12}", any::<bool>());
    fields.prop_map(move |(kind, addresses, noise, is_noisy)| {
        let (name, mut value) = match kind {
            0 => ("link", list(|a| format!("<{a}>; rel=preload; as=script"), addresses)),
            1 => ("link", list(|a| format!("<{a}>; rel=\"canonical\""), addresses)),
            2 => ("refresh", format!("0; url={}", addresses[0])),
            3 => ("reporting-endpoints", list(|a| format!("a=\"{a}\""), addresses)),
            4 => ("report-to", list(|a| format!("{{\"endpoints\":[{{\"url\":\"{a}\"}}]}}"), addresses)),
            5 => ("nel", "{}".to_owned()),
            6 => ("accept-ch", "DPR".to_owned()),
            7 => ("permissions-policy", list(|a| format!("ch-ua-model=(self \"{a}\")"), addresses)),
            8 => ("ad-auction-allowed", "?1".to_owned()),
            9 => ("content-security-policy", format!("img-src *; report-uri {}", addresses.join(" "))),
            _ => ("speculation-rules", list(|a| format!("\"{a}\""), addresses)),
        };
        if is_noisy {
            value.insert_str(value.len() / 2, &noise);
        }
        (name, value)
    })
}

proptest! {
    #[test]
    fn more_consent_never_drops_a_field((less, more) in any_growing_consent(), fields in prop::collection::vec(any_field(), 0..5)) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let parts = |consent: &Consent| {
            let mut parts: Vec<String> = Vec::new();
            // What is taken back by a narrower member is more with less consent, and no part of the origin's.
            let origins = left(consent, &fields).into_iter().filter(|(name, value)| {
                name != "permissions-policy" || fields.contains(&("permissions-policy", value))
            });
            for (name, value) in origins {
                parts.extend(value.split([',', ' ', ';']).map(|part| format!("{name} {part}")));
            }
            parts
        };
        let mut many = parts(&more);
        for part in parts(&less) {
            let at = many.iter().position(|other| *other == part);
            prop_assert!(at.is_some(), "{part} was lost");
            many.swap_remove(at.unwrap());
        }
    }

    #[test]
    fn what_is_left_is_left_again((consent, _) in any_growing_consent(), fields in prop::collection::vec(any_field(), 0..5)) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut headers = head(&fields);
        plain().filter_fields(&consent, FRONT, &mut headers);
        let before = headers.clone();
        plain().filter_fields(&consent, FRONT, &mut headers);
        headers.remove("permissions-policy");
        let mut before = before;
        before.remove("permissions-policy");
        prop_assert_eq!(headers, before);
    }

    #[test]
    fn any_bytes_are_read_without_trouble(name in prop::sample::select(vec!["link", "refresh", "report-to", "reporting-endpoints", "permissions-policy", "content-security-policy"]), value in prop::collection::vec(prop::sample::select(&b"<>;,=\"'\\ \t()*?:-.0a{}[]https://held.example rel=preload url \xe6"[..]), 0..60)) {
        let mut headers = HeaderMap::new();
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&value).expect("no controls"));
        plain().filter_fields(&Consent::none(), FRONT, &mut headers);
    }
}
