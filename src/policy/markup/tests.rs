use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::policy::catalog::Catalog;
use crate::policy::consent::{CategorySet, Choice, Day, TrackerSet};
use crate::policy::{Allow, Allowed, Settings, Unknown};

const PAGE: Page<'static> = Page { host: "shop.example", path: "/" };

fn policy_with(unknown_hosts: Unknown) -> Policy {
    let entry = |id: &str, category: &str, more: &str| {
        format!(
            "[[tracker]]\nid = \"{id}\"\nname = \"{id}\"\ncategory = \"{category}\"\nsource = \"test\"\n{more}\n\
             purpose = {{ en = \"test\" }}\nprovider = {{ name = \"P\", country = \"NO\", privacy = \"https://p.example/\" }}\n"
        )
    };
    let text = [
        entry("stats", "statistics", "hosts = [\"*.stats.example\"]\ninline = [\"stats(\"]"),
        entry("ads", "marketing", "hosts = [\"ads.example\"]\ninline = [\"stats('ads\", \"adspixel\"]"),
        entry("film", "marketing", "hosts = [\"film.example\"]\nembed = true"),
        entry("pay", "necessary", "hosts = [\"pay.example\"]\ninline = [\"paybutton(\"]"),
        entry("maps", "preferences", "hosts = [{ host = \"www.big.example\", paths = [\"/maps\"] }]"),
        entry("proof", "necessary", "hosts = [{ host = \"www.big.example\", paths = [\"/proof/\"] }]"),
    ]
    .concat();
    let catalog = Catalog::new(Catalog::parse(&text).unwrap()).unwrap();
    let settings = Settings {
        hosts: vec!["shop.example".into(), "xn--bl-zia.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts,
        allow: vec![Allow {
            what: Allowed::Host("cdn.example".into()),
            category: Category::Necessary,
            why: "images".into(),
            paths: Vec::new(),
        }],
    };
    Policy::new(settings, Arc::new(catalog))
}

fn policy() -> Policy {
    policy_with(Unknown::Hold)
}

fn granted(policy: &Policy, categories: &[Category]) -> Consent {
    let choice =
        Choice::Some { categories: categories.iter().copied().collect(), trackers: TrackerSet::NONE };
    Consent::from_choice(&choice, Day(1), None, policy.catalog())
}

/// A tag of that name with these attributes, values as they stand in the source.
fn judged(
    policy: &Policy,
    consent: &Consent,
    name: &str,
    attributes: &[(&str, &str)],
    bases: &[&str],
) -> Verdict {
    let mut bytes = Vec::new();
    let mut spans = Vec::new();
    for (attribute, value) in attributes {
        let name = bytes.len();
        bytes.extend_from_slice(attribute.as_bytes());
        let value_start = bytes.len();
        bytes.extend_from_slice(value.as_bytes());
        spans.push(Span { name, name_end: value_start, value: value_start, value_end: bytes.len() });
    }
    let bases: Vec<Vec<u8>> = bases.iter().map(|base| base.as_bytes().to_vec()).collect();
    let tag = Tag { name: name.as_bytes(), bytes: &bytes, spans: &spans, bases: &bases };
    policy.tag(consent, PAGE, &tag)
}

fn is_held(name: &str, attributes: &[(&str, &str)]) -> bool {
    judged(&policy(), &Consent::none(), name, attributes, &[]) != Verdict::Keep
}

#[test]
fn every_spelling_of_a_held_address_is_held() {
    let spellings = [
        "https://www.stats.example/s.js",
        "//stats.example/s.js",
        "\\\\stats.example",
        "/\\stats.example/s.js",
        "///stats.example",
        "https:stats.example",
        "https:\\stats.example",
        "HTTPS://WWW.STATS.EXAMPLE",
        "  https://stats.example",
        "ht\ttps://sta\nts.example",
        "\u{1}//stats.example",
        "https://shop.example@stats.example/",
        "https://u:p@stats.example:443/",
        "https://stats.example.",
        "&#x68;ttps://stats.example",
        "&#104ttps://stats.example",
        "https&colon;//stats&period;example",
        "&sol;&sol;stats.example",
        "&Tab;//stats.example",
        "//stats.exam&NewLine;ple",
        "https://st%61ts.example/",
        "https://stats.exa&shy;mple/",
        "//ｓtats.example",
        "//unknown.example/x.js",
        "https://[::1]/",
        "wss://stats.example",
        "//",
        "https://shop.example:443@stats.example",
        "//stats.example&sol;x",
        "http:/stats.example",
    ];
    for spelling in spellings {
        assert!(is_held("script", &[("src", spelling)]), "{spelling:?}");
    }
}

#[test]
fn own_and_necessary_addresses_are_kept() {
    let spellings = [
        "/s.js",
        "s.js",
        "",
        "?x",
        "#y",
        "https://shop.example/s.js",
        "//SHOP.example:8443/",
        "https://cdn.example/x.png",
        "https://pay.example/p.js",
        "data:image/png;base64,AA",
        "blob:https://stats.example/1",
        "javascript:void 0",
        "https://blå.example/",
        "https://www.big.example/proof/x.js",
        "mailto:a@stats.example",
        "a:b",
        "x//stats.example",
        "/redirect?to=https://stats.example",
    ];
    for spelling in spellings {
        assert!(!is_held("script", &[("src", spelling)]), "{spelling:?}");
    }
}

#[test]
fn the_path_is_read_as_it_is_sent() {
    let held = [
        "https://www.big.example/maps",
        "https://www.big.example/proof/../maps",
        "//www.big.example\\maps",
        "https://www.big.example/proof/%2e%2E/maps",
        "//www.big.example/./maps/x",
        "//www.big.example",
    ];
    for address in held {
        assert!(is_held("img", &[("src", address)]), "{address}");
    }
    assert!(!is_held("img", &[("src", "//www.big.example/maps/../proof/x")]));
}

#[test]
fn everything_that_loads_is_held() {
    let address = "https://ads.example/x";
    let table: [(&str, &[(&str, &str)]); 36] = [
        ("script", &[("src", address)]),
        ("script", &[("SRC", address), ("type", " Module ")]),
        ("script", &[("src", "/own"), ("src", address)]),
        ("script", &[("href", address)]),
        ("script", &[("xlink:href", address)]),
        ("iframe", &[("src", address)]),
        ("frame", &[("src", address)]),
        ("img", &[("src", address)]),
        ("img", &[("src", "/own"), ("srcset", "/a 1x, https://ads.example/x 2x")]),
        ("img", &[("srcset", "/a,https://ads.example/x")]),
        ("source", &[("srcset", address)]),
        ("source", &[("src", address)]),
        ("video", &[("poster", address)]),
        ("audio", &[("src", address)]),
        ("track", &[("src", address)]),
        ("embed", &[("src", address)]),
        ("object", &[("data", address)]),
        ("input", &[("type", "image"), ("src", address)]),
        ("image", &[("src", address)]),
        ("image", &[("xlink:href", address)]),
        ("use", &[("href", address)]),
        ("feimage", &[("href", address)]),
        ("link", &[("rel", "stylesheet"), ("href", address)]),
        ("link", &[("href", address), ("rel", "alternate StyleSheet")]),
        ("link", &[("rel", "dns-prefetch"), ("href", address)]),
        ("link", &[("rel", "preload"), ("as", "image"), ("imagesrcset", "https://ads.example/x 2x")]),
        ("a", &[("href", "/own"), ("ping", "/p https://ads.example/x")]),
        ("area", &[("ping", address)]),
        ("meta", &[("http-equiv", "Refresh"), ("content", "0; URL = 'https://ads.example/x'")]),
        ("meta", &[("http-equiv", "refresh"), ("content", "0,https://ads.example/x")]),
        ("meta", &[("http-equiv", "refresh"), ("content", "\n 0; url=https://ads.example/x")]),
        ("meta", &[("http-equiv", "refresh"), ("content", "0;url='http://shop.example'@ads.example/x'")]),
        ("body", &[("background", address)]),
        ("td", &[("background", address)]),
        ("img", &[("attributionsrc", address), ("src", "/own")]),
        ("script", &[("src", address), ("type", "Text/Partytown")]),
    ];
    for (name, attributes) in table {
        assert!(is_held(name, attributes), "<{name}> {attributes:?}");
    }
}

#[test]
fn what_only_leads_or_relates_is_kept() {
    let address = "https://ads.example/x";
    let table: [(&str, &[(&str, &str)]); 10] = [
        ("a", &[("href", address)]),
        ("link", &[("rel", "canonical"), ("href", address)]),
        ("link", &[("rel", "alternate"), ("href", address)]),
        ("link", &[("href", address)]),
        ("meta", &[("property", "og:image"), ("content", address)]),
        ("meta", &[("http-equiv", "refresh"), ("content", "5")]),
        ("div", &[("data-src", address), ("src", address)]),
        ("script", &[("src", address), ("type", "text/plain")]),
        ("form", &[("action", address)]),
        ("img", &[("alt", address), ("src", "/x")]),
    ];
    for (name, attributes) in table {
        assert!(!is_held(name, attributes), "<{name}> {attributes:?}");
    }
}

#[test]
fn relative_addresses_follow_the_base() {
    let policy = policy();
    let with = |bases: &[&str]| judged(&policy, &Consent::none(), "script", &[("src", "x.js")], bases);
    assert_ne!(with(&["https://ads.example/"]), Verdict::Keep);
    assert_ne!(with(&["/a", "//ads.example/"]), Verdict::Keep);
    assert_eq!(with(&["/shop/"]), Verdict::Keep);
}

#[test]
fn a_mark_wins_over_the_catalogue() {
    let policy = policy();
    let none = Consent::none();
    let marketing = granted(&policy, &[Category::Marketing]);
    let all = granted(&policy, &Category::ASKED);
    let ads = |consent: &Consent, mark: &str| {
        let attributes = [("data-consentry", mark), ("src", "https://ads.example/x")];
        judged(&policy, consent, "script", &attributes, &[]) == Verdict::Keep
    };
    assert!(ads(&none, "necessary"));
    assert!(!ads(&marketing, "statistics"));
    assert!(ads(&marketing, "marketing"));
    assert!(!ads(&marketing, "unheard-of"));
    assert!(ads(&all, "unheard-of"));
    assert!(!ads(&none, "") && ads(&all, ""));
    let own = [("Data-Consentry", "statistics"), ("href", "/own"), ("onclick", "x()")];
    let Verdict::Hold(held) = judged(&policy, &none, "a", &own, &[]) else { panic!("a marked link is held") };
    assert_eq!(held.attributes, [1, 2]);
}

#[test]
fn an_embed_gets_a_placeholder() {
    let policy = policy();
    let film = [("src", "https://film.example/embed/1")];
    let film_id = policy.catalog().named("film").unwrap().id;
    let verdict = judged(&policy, &Consent::none(), "iframe", &film, &[]);
    assert!(matches!(verdict, Verdict::Placeholder(id, _) if id == film_id));
    assert!(matches!(judged(&policy, &Consent::none(), "img", &film, &[]), Verdict::Hold(_)));
    let mut trackers = TrackerSet::NONE;
    trackers.insert(film_id);
    let choice = Choice::Some { categories: CategorySet::NECESSARY, trackers };
    let consent = Consent::from_choice(&choice, Day(1), None, policy.catalog());
    assert_eq!(judged(&policy, &consent, "iframe", &film, &[]), Verdict::Keep);
    let marked = [film[0], ("data-consentry", "marketing")];
    assert_eq!(judged(&policy, &consent, "iframe", &marked, &[]), Verdict::Keep);
}

#[test]
fn an_embed_that_nobody_would_see_is_held_without_a_placeholder() {
    let policy = policy();
    let film = ("src", "https://film.example/embed/1");
    for (out_of_sight, attributes) in [
        (true, &[film, ("hidden", "")][..]),
        (true, &[film, ("style", "border: 0; Display : none")]),
        (true, &[film, ("style", "visibility:hidden")]),
        (true, &[film, ("width", "0"), ("height", "1px")]),
        (false, &[film, ("width", "0")]),
        (false, &[film, ("width", "100%"), ("height", "10")]),
        (false, &[film, ("style", "display:block")]),
    ] {
        let verdict = judged(&policy, &Consent::none(), "iframe", attributes, &[]);
        assert_eq!(matches!(verdict, Verdict::Hold(_)), out_of_sight, "{attributes:?}");
        assert_ne!(verdict, Verdict::Keep);
    }
}

#[test]
fn snippets_are_known_by_their_text() {
    let policy = policy();
    let inline = |consent: &Consent, bytes: &[u8], spans: &[Span], text: &str| {
        let tag = Tag { name: b"script", bytes, spans, bases: &[] };
        policy.inline_script(consent, PAGE, &tag, &policy.code(text.as_bytes())) != Verdict::Keep
    };
    let none = Consent::none();
    let statistics = granted(&policy, &[Category::Statistics]);
    assert!(inline(&none, b"", &[], "var x;stats('page')"));
    assert!(!inline(&statistics, b"", &[], "var x;stats('page')"));
    assert!(inline(&statistics, b"", &[], "stats('ads')"), "a needle within another's is found");
    assert!(!inline(&none, b"", &[], "paybutton('x')"));
    assert!(!inline(&none, b"", &[], "let cart = 1"));
    let json = [Span { name: 0, name_end: 4, value: 4, value_end: 23 }];
    assert!(!inline(&none, b"typeapplication/ld+json", &json, "stats("));
}

#[test]
fn where_no_fence_reaches_a_script_no_part_of_it_may_be_a_trackers() {
    let policy = policy();
    let shops = "document.body.className='x';stats('page')";
    let inline = |consent: &Consent, kind: &str, text: &str| {
        let bytes = ["type", kind].concat();
        let spans = [Span { name: 0, name_end: 4, value: 4, value_end: bytes.len() }];
        let tag = Tag { name: b"script", bytes: bytes.as_bytes(), spans: &spans, bases: &[] };
        policy.inline_script(consent, PAGE, &tag, &policy.code(text.as_bytes())) != Verdict::Keep
    };
    let none = Consent::none();
    assert!(!inline(&none, "text/javascript", shops));
    assert!(inline(&none, "text/partytown", shops) && inline(&none, "text/partytown", "stats('page')"));
    assert!(!inline(&none, "text/partytown", "//ads.example/\ndocument.body.className='x';fetch('/own')"));
    for address in ["https://ads.example/c", "//ads.example", "https://unknown.example/?a"] {
        for text in [format!("new Image().src='{address}'"), format!("fetch(`{address}`)")] {
            assert!(
                inline(&none, "text/partytown", &text) && !inline(&none, "text/javascript", &text),
                "{text}"
            );
        }
    }
    assert!(!inline(&granted(&policy, &[Category::Statistics]), "text/partytown", shops));
}

#[test]
fn unreadable_hosts_wait_for_everything_even_where_unknown_ones_pass() {
    let policy = policy_with(Unknown::Pass);
    let at = |consent: &Consent, address: &str| {
        judged(&policy, consent, "img", &[("src", address)], &[]) == Verdict::Keep
    };
    assert!(at(&Consent::none(), "//unknown.example/"));
    assert!(!at(&Consent::none(), "//unkno&shy;wn.example/"));
    assert!(at(&granted(&policy, &Category::ASKED), "//unkno&shy;wn.example/"));
}

proptest! {
    #[test]
    fn more_consent_never_holds_more(name in "(script|img|iframe|link|a)", address in ".{0,40}") {
        let policy = policy();
        let attributes = [("src", address.as_str()), ("href", &address), ("rel", "preload"), ("ping", &address)];
        let mut was_kept = false;
        for categories in [&[][..], &[Category::Statistics], &[Category::Statistics, Category::Marketing], &Category::ASKED] {
            let is_kept = judged(&policy, &granted(&policy, categories), &name, &attributes, &[]) == Verdict::Keep;
            prop_assert!(is_kept || !was_kept);
            was_kept = is_kept;
        }
        prop_assert!(was_kept);
    }

    #[test]
    fn no_address_is_too_odd_to_be_read(address in proptest::collection::vec(any::<u8>(), 0..60)) {
        let decoded = decode(&address);
        let _ = url::resolve(&decoded);
        let _ = meta::refresh_addresses(&decoded).count();
    }
}

mod waiting;
