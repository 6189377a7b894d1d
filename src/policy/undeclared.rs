//! What a yes to everything leaves held where the operator wrote down what the site uses: whatever nobody was told of.
//! And that it leaves nothing held where the whole catalogue is used.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

use super::consent::Category::{Marketing, Necessary, Statistics};
use super::consent::{Choice, Day};
use super::cookies::{Kept, Scheme};
use super::markup::{Span, Tag, Verdict};
use super::samples::{FRONT, allow, of, plain, settings};
use super::*;

/// A site that uses one tracker of each kind that matters here, and vouches for a host and a cookie nobody knows.
fn declared_with(unknown: Unknown) -> Policy {
    let uses = ["google-analytics", "google-tag", "youtube", "hotjar"].map(String::from);
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses);
    let rules = vec![
        allow(Allowed::Host("ours.example".into()), Marketing, &[]),
        allow(Allowed::Cookie("ours_*".into()), Statistics, &[]),
        allow(Allowed::ServiceWorker("/sw.js".into()), Marketing, &[]),
    ];
    let settings = Settings { allow: rules, unknown_hosts: unknown, unknown_cookies: unknown, ..settings() };
    Policy::new(settings, Arc::new(catalog))
}

fn declared() -> &'static Policy {
    static DECLARED: std::sync::LazyLock<Policy> = std::sync::LazyLock::new(|| declared_with(Unknown::Hold));
    &DECLARED
}

fn everything(policy: &Policy) -> Consent {
    Consent::from_choice(&Choice::All, Day(0), None, policy.catalog())
}

fn fence_of(policy: &Policy) -> fence::Fence {
    policy.fence(&policy.fences(), &everything(policy), FRONT).into_owned()
}

/// May `<name attribute=value>` stay as it is?
fn is_kept(policy: &Policy, name: &str, attributes: &[(&str, &str)]) -> bool {
    let (mut bytes, mut spans) = (Vec::new(), Vec::new());
    for (name, value) in attributes {
        let start = bytes.len();
        bytes.extend_from_slice(format!("{name}={value} ").as_bytes());
        let (name_end, value_end) = (start + name.len(), bytes.len() - 1);
        spans.push(Span { name: start, name_end, value: name_end + 1, value_end });
    }
    let tag = Tag { name: name.as_bytes(), bytes: &bytes, spans: &spans, bases: &[] };
    policy.tag(&everything(policy), FRONT, &tag) == Verdict::Keep
}

/// Addresses, and whether they are open after a yes to everything where the site wrote down what it uses.
const ADDRESSES: [(&str, bool); 7] = [
    ("https://www.google-analytics.com/g/collect", true),
    ("https://www.youtube.com/embed/x", true),
    ("https://js.stripe.com/v3/", true),
    ("https://ours.example/a.js", true),
    ("https://analytics.tiktok.com/i18n/pixel/events.js", false),
    ("https://unheard-of.example/a.js", false),
    ("https://%zz:port/", false),
];

#[test]
fn a_yes_to_everything_opens_the_hosts_that_visitors_were_told_of_and_no_others() {
    for (address, is_open) in ADDRESSES {
        assert_eq!(
            declared().address_is_open(&everything(declared()), FRONT, address.as_bytes()),
            is_open,
            "{address}"
        );
        assert_eq!(is_kept(declared(), "script", &[("src", address)]), is_open, "{address}");
        assert!(plain().address_is_open(&everything(plain()), FRONT, address.as_bytes()), "{address}");
        assert!(is_kept(plain(), "script", &[("src", address)]), "{address}");
    }
}

#[test]
fn its_fence_names_them_and_leaves_browsers_what_advertising_needs() {
    let fence = fence_of(declared());
    let text = fence.content_security_policy.expect("a fence").to_str().unwrap().to_owned();
    for open in
        ["google-analytics.com", "youtube.com", "hotjar", "*.stripe.com", "ours.example", "shop.example"]
    {
        assert!(text.contains(open), "{open} in {text}");
    }
    for held in ["tiktok", "doubleclick", "facebook", "unheard-of"] {
        assert!(!text.contains(held), "{held} in {text}");
    }
    assert_eq!((fence.permissions_policy, fence.sources_left_out), (None, 0));
    assert_eq!(fence_of(plain()), fence::Fence::default());
    assert_eq!(fence_of(&declared_with(Unknown::Pass)), fence::Fence::default());
}

#[test]
fn names_are_open_by_what_visitors_were_told() {
    let passing = declared_with(Unknown::Pass);
    for (name, is_open, is_open_where_the_unknown_passes) in [
        ("_ga", true, true),
        ("_hjSession_1", true, true),
        ("ours_sort", true, true),
        ("PHPSESSID", true, true),
        ("_fbp", false, false),
        ("_ttp", false, false),
        ("unheard_of", false, true),
    ] {
        for (policy, is_open) in
            [(declared(), is_open), (&passing, is_open_where_the_unknown_passes), (plain(), true)]
        {
            let line = format!("{name}=1; Path=/");
            let sent = policy.request_cookies(&everything(policy), FRONT, name.as_bytes());
            assert_eq!(
                policy.response_cookie(&everything(policy), FRONT, line.as_bytes()),
                is_open,
                "{name}"
            );
            assert_eq!(sent, if is_open { Kept::All } else { Kept::None }, "{name}");
            let removed = policy.withdrawals(
                &everything(policy),
                FRONT,
                Scheme::Https,
                std::iter::once(name.as_bytes()),
            );
            assert_eq!(removed.is_empty(), is_open, "{name}");
        }
    }
    for (key, is_open, is_open_where_the_unknown_passes) in [
        ("_hjid", true, true),
        ("ours_sort", true, true),
        ("cart", true, true),
        ("_uetsid", false, false),
        ("unheard_of", false, true),
    ] {
        assert_eq!(declared().storage_is_open(&everything(declared()), "/", key), is_open, "{key}");
        let is_passed = passing.storage_is_open(&everything(&passing), "/", key);
        assert_eq!(is_passed, is_open_where_the_unknown_passes, "{key}");
        assert!(plain().storage_is_open(&everything(plain()), "/", key), "{key}");
    }
}

#[test]
fn the_guard_says_the_same() {
    let rules = declared().guard_rules(&everything(declared()), FRONT);
    assert!(rules.cookies.contains("_ga") && rules.storage.contains("_hj"), "{rules:?}");
    assert!(!rules.cookies.contains("(?!consentry$)") && rules.storage != "^", "{rules:?}");
    assert!(declared().held_storage(&everything(declared())).any(|key| key.starts_with("_uet")));
    assert_eq!(plain().held_storage(&everything(plain())).next(), None);
}

/// What names no host, or any, waits for a yes to whatever there is.
#[test]
fn what_could_lead_anywhere_stays_held() {
    let ahead = [("http-equiv", "x-dns-prefetch-control"), ("content", "on")];
    for (policy, is_open) in [(declared(), false), (plain(), true)] {
        assert_eq!(is_kept(policy, "meta", &ahead), is_open);
        assert_eq!(is_kept(policy, "meta", &[("charset", "iso-2022-jp")]), is_open);
        assert_eq!(policy.service_worker_is_open(&everything(policy), "/unheard-of.js"), is_open);
        assert!(policy.service_worker_is_open(&everything(policy), "/sw.js"));
        let mut headers = HeaderMap::new();
        headers.insert("speculation-rules", HeaderValue::from_static("\"/rules.json\""));
        headers.insert("link", HeaderValue::from_static("<https://analytics.tiktok.com>; rel=preconnect"));
        headers.insert("accept-ch", HeaderValue::from_static("sec-ch-ua-model"));
        policy.filter_fields(&everything(policy), FRONT, &mut headers);
        assert_eq!(headers.contains_key("speculation-rules"), is_open);
        assert_eq!(headers.contains_key("link"), is_open);
        assert!(headers.contains_key("accept-ch"), "that was agreed to");
    }
}

#[test]
fn click_ids_of_what_the_site_does_not_use_stay_with_the_browser() {
    let left = |policy: &Policy| policy.undecorated(&everything(policy), "/", b"/?_gl=1&fbclid=2&q=3");
    assert_eq!(left(declared()), Some(b"/?_gl=1&q=3".to_vec()));
    assert_eq!(left(plain()), None);
}

/// What the shop marks itself it vouches for; the fence is another matter. Nobody was asked about preferences here.
#[test]
fn the_shops_own_mark_keeps_its_tag_where_its_category_is_asked_about() {
    for (mark, is_asked) in [("marketing", true), ("preferences", false), ("all", false), ("", false)] {
        let marked = [("data-consentry", mark), ("src", "https://unheard-of.example/a.js")];
        assert_eq!(is_kept(declared(), "script", &marked), is_asked, "{mark}");
        assert!(is_kept(plain(), "script", &marked), "{mark}");
    }
    let consent = of(&[Necessary]);
    assert!(!declared().holds_nothing(&consent) && !plain().holds_nothing(&consent));
    assert!(
        !declared().holds_nothing(&everything(declared())) && plain().holds_nothing(&everything(plain()))
    );
}
