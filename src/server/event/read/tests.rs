//! Rows of bodies, and what must come of them.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<Told, EventErrors> {
    event(body.to_string().as_bytes())
}

/// The keys that are told to be wrong.
fn wrong(body: &Value) -> Vec<&'static str> {
    read(body).map(|_| ()).map_err(|errors| errors.0.into_keys().collect()).unwrap_err()
}

fn named(body: &Value) -> (String, bool, Vec<(String, String)>, Option<Revenue>) {
    let Happened::Event { name, is_interactive, properties, revenue } = read(body).ok().unwrap().happened
    else {
        panic!("{body} is an event with a name");
    };
    let properties = properties.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    (name.to_string(), is_interactive, properties, revenue)
}

#[test]
fn short_and_long_keys_say_the_same() {
    let long = json!({"name": "Purchase", "url": "https://shop.example/takk?a=1", "domain": "shop.example",
        "referrer": "https://www.google.com/", "props": {"brand": "Nordgrip"}, "interactive": false,
        "revenue": {"amount": "1299.50", "currency": "nok"}});
    let short = json!({"n": "Purchase", "u": "https://shop.example/takk?a=1", "d": "shop.example",
        "r": "https://www.google.com/", "p": {"brand": "Nordgrip"}, "i": false, "v": 36,
        "$": {"amount": 1299.5, "currency": "NOK"}});
    let meta = json!({"n": "Purchase", "u": "/takk?a=1", "m": "{\"brand\":\"Nordgrip\"}", "i": false,
        "$": {"amount": 1299.5, "currency": "NOK"}});
    let expected = (
        "Purchase".to_owned(),
        false,
        vec![("brand".to_owned(), "Nordgrip".to_owned())],
        Some(Revenue { thousandths: 1_299_500, currency: *b"NOK" }),
    );
    for body in [&long, &short, &meta] {
        assert_eq!(named(body), expected);
        assert_eq!(read(body).ok().unwrap().page.target, "/takk?a=1");
    }
    assert_eq!(read(&long).ok().unwrap().page.host.as_deref(), Some("shop.example"));
    assert_eq!(read(&short).ok().unwrap().referrer.unwrap(), "https://www.google.com/");
    assert_eq!(read(&meta).ok().unwrap().page.host, None);
}

#[test]
fn addresses_become_targets() {
    for (url, target) in [
        ("https://shop.example", "/"),
        ("https://shop.example?a=1", "/?a=1"),
        ("https://shop.example/a#b?c=1", "/a"),
        ("https://shop.example/a#", "/a"),
        ("HTTPS://shop.example:8443/s\u{f8}k?q=a b", "/s%C3%B8k?q=a%20b"),
        ("/handlekurv", "/handlekurv"),
    ] {
        for mode in [json!(0), json!(null), json!(false), json!("no"), json!(2)] {
            let told = read(&json!({"n": "pageview", "u": url, "h": mode})).ok().unwrap();
            assert_eq!((told.page.target.as_str(), told.page.fragment), (target, None), "{url} {mode}");
            assert!(matches!(told.happened, Happened::View { notice: None, .. }));
        }
    }
}

#[test]
fn in_hash_mode_what_stands_behind_the_hash_names_the_page_too() {
    for (url, target, fragment) in [
        ("https://shop.example/hash#/one", "/hash", Some("/one")),
        ("https://shop.example#/b", "/", Some("/b")),
        ("https://shop.example/a", "/a", None),
        ("https://shop.example/a#", "/a", Some("")),
        ("https://shop.example/a%23b#c#d", "/a%23b", Some("c#d")),
        ("https://shop.example/a#/b?utm_source=brev", "/a?utm_source=brev", Some("/b?utm_source=brev")),
        ("https://shop.example/a?x=1#b?c=1", "/a?x=1", Some("b?c=1")),
        ("/#/s\u{f8}k/{id} \"x\"", "/", Some("/s%C3%B8k/{id}%20%22x%22")),
    ] {
        for (key, mode) in [("h", json!(1)), ("hashMode", json!(true)), ("hashMode", json!("1"))] {
            let told = read(&json!({"n": "a", "u": url, key: mode})).ok().unwrap();
            assert_eq!(
                (told.page.target.as_str(), told.page.fragment.as_deref()),
                (target, fragment),
                "{url}"
            );
        }
    }
}

#[test]
fn every_fault_is_told_at_once() {
    assert_eq!(wrong(&json!({})), ["name", "url"]);
    assert_eq!(wrong(&json!({"n": "", "u": 1, "p": 2, "$": 3})), ["name", "url"]);
    let page = "https://shop.example/";
    for (body, keys) in [
        (json!({"n": "a".repeat(121), "u": page}), "name"),
        (json!({"n": ["a"], "u": page}), "name"),
        (json!({"n": "a", "u": format!("{page}{}", "b".repeat(2000))}), "url"),
        (json!({"n": "a", "u": "data:text/html,hei"}), "url"),
        (json!({"n": "a", "u": "javascript://shop.example/"}), "url"),
        (json!({"n": "a", "u": "//shop.example/"}), "url"),
        (json!({"n": "a", "u": "https://"}), "url"),
        (json!({"n": "a", "u": "shop.example/dekk"}), "url"),
        (json!({"n": "a", "u": page, "p": {"k": "v".repeat(2001)}}), "props"),
        (json!({"n": "a", "u": page, "p": {"k".repeat(301): "v"}}), "props"),
        (json!({"n": "engagement", "u": page}), "e"),
        (json!({"n": "engagement", "u": page, "e": "long", "sd": 255}), "e"),
    ] {
        assert_eq!(wrong(&body), [keys], "{body}");
    }
}

#[test]
fn a_purchase_is_not_lost_for_a_faulty_amount_or_property() {
    let worth = |revenue: Value| named(&json!({"n": "Purchase", "u": "/takk", "revenue": revenue})).3;
    let ten = Some(Revenue { thousandths: 10_000, currency: *b"NOK" });
    assert_eq!(worth(json!("{\"amount\":10,\"currency\":\"NOK\"}")), ten);
    for faulty in [
        json!({"amount": "12,5", "currency": "NOK"}),
        json!({"amount": 1}),
        json!({"currency": "NOK"}),
        json!("12 NOK"),
        json!(3),
    ] {
        assert_eq!(worth(faulty), None);
    }
    let props = |props: Value| named(&json!({"n": "a", "u": "/", "p": props})).2;
    for faulty in [json!([]), json!("[1]"), json!("x"), json!(2)] {
        assert_eq!(props(faulty), []);
    }
    assert_eq!(props(json!({"": "v", "ok": 1})), [("ok".to_owned(), "1".to_owned())]);
    let many: Value = (0..40).map(|n| (format!("k{n}"), Value::from("v"))).collect();
    assert_eq!(props(many).len(), PROPERTIES_MAX);
}

#[test]
fn an_app_may_name_its_screens() {
    for (url, target) in [("app://localhost/x?a=1", "/x?a=1"), ("no.shop.app://kasse", "/")] {
        let told = read(&json!({"n": "pageview", "u": url})).ok().unwrap();
        assert_eq!((told.page.host, told.page.target.as_str()), (None, target));
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in [&b""[..], b"name=a", b"[]", b"1", b"{", b"\xff", b"{\"n\":\"a\",\"n\""] {
        assert_eq!(event(body).err(), Some(EventErrors::of("request", "must be an object in JSON")));
    }
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    assert!(event(&deep).is_err());
}

#[test]
fn values_are_texts_numbers_and_truths() {
    let props = json!({"a": "x", "b": 1, "c": 1.5, "d": true, "e": "", "f": null, "g": [1], "h": {"i": 1}});
    let (_, is_interactive, read, _) = named(&json!({"n": "a", "u": "/", "props": props, "i": null}));
    let expected = [("a", "x"), ("b", "1"), ("c", "1.5"), ("d", "true")];
    assert_eq!(read, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(is_interactive);
}

#[test]
fn attention_is_bounded_and_depth_is_a_percentage() {
    for (fields, expected) in [
        (json!({"e": 3000, "sd": 40}), (3000, Some(40))),
        (json!({"e": 12.6, "sd": 0}), (13, Some(0))),
        (json!({"e": -5, "sd": 100}), (0, Some(100))),
        (json!({"e": u64::MAX, "sd": 255}), (86_400_000, None)),
        (json!({"sd": 7}), (0, Some(7))),
    ] {
        let mut body = fields.clone();
        (body["n"], body["u"]) = ("engagement".into(), "https://shop.example/".into());
        let Happened::Engagement { engaged_ms, scroll } = read(&body).ok().unwrap().happened else {
            panic!("{body} is engagement");
        };
        assert_eq!((engaged_ms, scroll), expected, "{fields}");
    }
}

#[test]
fn a_referrer_that_cannot_be_kept_costs_only_itself() {
    for referrer in ["r".repeat(2001), "a\nb".to_owned(), String::new()] {
        assert_eq!(read(&json!({"n": "a", "u": "/", "r": referrer})).ok().unwrap().referrer, None);
    }
}

#[test]
fn errors_are_told_by_key() {
    assert_eq!(EventErrors::of("url", "is required").json(), "{\"errors\":{\"url\":[\"is required\"]}}");
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = event(&body);
    }

    #[test]
    fn no_address_panics_and_every_target_is_a_path(url in "(https?://[a-z.:\\[\\]]{0,9})?\\PC{0,30}", mode in 0..2) {
        if let Ok(told) = read(&json!({"n": "a", "u": url, "h": mode})) {
            prop_assert!(told.page.target.path().starts_with('/'));
        }
    }
}
