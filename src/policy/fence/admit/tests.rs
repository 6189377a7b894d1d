//! Examples, and properties against a plain reading of CSP Level 3.

use proptest::prelude::*;

use super::*;

const SCRIPT_HASH: &str = "'sha256-U2NyaXB0='";
const STYLE_HASH: &str = "'sha256-U3R5bGU='";

const OURS: Ours<'static> = Ours {
    authority: "shop.example",
    is_https: true,
    prefix: "/_consentry",
    script: SCRIPT_HASH,
    style: STYLE_HASH,
    embed_style: "",
    has_file: true,
    has_beacon: true,
};

fn found(value: &str) -> Ways {
    ways([value.as_bytes()].into_iter())
}

/// What becomes of a single header.
fn let_in(value: &str) -> String {
    let admitted = admitted(value.as_bytes(), &found(value), &OURS);
    admitted.map_or_else(|| value.to_owned(), |bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn what_allows_ours_stays_as_it_is() {
    for value in [
        "",
        "upgrade-insecure-requests",
        "frame-ancestors 'none'; object-src 'none'",
        "script-src 'self' 'unsafe-inline'; style-src * 'unsafe-inline'",
        "default-src 'self' 'unsafe-inline' data:",
        "DEFAULT-SRC * 'UNSAFE-INLINE'",
        "script-src 'nonce-abc123' 'strict-dynamic' 'unsafe-inline'",
        "script-src-elem 'self' 'unsafe-inline'; script-src 'none'; style-src-elem 'self' 'nonce-x'",
        "connect-src https:; form-action shop.example",
        "connect-src *.example:443/_consentry/; form-action http://shop.example",
        "sandbox allow-scripts; trusted-types 'none'; require-trusted-types-for 'script'",
        "script-src 'self' 'unsafe-inline'; script-src 'none'",
    ] {
        assert_eq!(let_in(value), value);
    }
}

#[test]
fn exactly_what_is_missing_is_added() {
    let file = "shop.example/_consentry/choice.js shop.example/_consentry/beacon.js";
    let choice = "shop.example/_consentry/choice";
    let told = "shop.example/_consentry/choice shop.example/_consentry/event";
    let rows = [
        ("script-src 'self'", format!("script-src 'self' {SCRIPT_HASH}")),
        ("script-src 'none'", format!("script-src {SCRIPT_HASH} {file}")),
        ("script-src", format!("script-src {SCRIPT_HASH} {file}")),
        ("script-src https://cdn.example", format!("script-src https://cdn.example {SCRIPT_HASH} {file}")),
        ("script-src cdn.example 'unsafe-inline'", format!("script-src cdn.example 'unsafe-inline' {file}")),
        (
            "script-src 'sha256-YWJj' 'strict-dynamic'",
            format!("script-src 'sha256-YWJj' 'strict-dynamic' {SCRIPT_HASH}"),
        ),
        (
            "Script-Src\t'self' ; script-src 'unsafe-inline';STYLE-SRC  'SELF'  ; img-src x",
            format!(
                "Script-Src\t'self' {SCRIPT_HASH} ; script-src 'unsafe-inline';STYLE-SRC  'SELF' {STYLE_HASH}  ; img-src x"
            ),
        ),
        ("default-src 'self'", format!("default-src 'self' {SCRIPT_HASH} {STYLE_HASH}")),
        ("default-src 'None'", format!("default-src {SCRIPT_HASH} {STYLE_HASH} {file} {told}")),
        (
            "default-src 'self'; script-src 'nonce-a' x.example",
            format!("default-src 'self' {STYLE_HASH}; script-src 'nonce-a' x.example"),
        ),
        (
            "form-action https://bank.example",
            format!("form-action https://bank.example {choice} shop.example/_consentry/consent"),
        ),
        ("connect-src 'none'", format!("connect-src {told}")),
        ("connect-src ws: shop.example/api/", format!("connect-src ws: shop.example/api/ {told}")),
        (
            "style-src 'nonce-'; style-src-attr 'none'",
            format!("style-src 'nonce-' {STYLE_HASH}; style-src-attr 'none'"),
        ),
        (
            "script-src 'self' 'unsafe-inline', script-src 'self'",
            format!("script-src 'self' 'unsafe-inline', script-src 'self' {SCRIPT_HASH}"),
        ),
    ];
    for (value, expected) in rows {
        assert_eq!(let_in(value), expected);
        assert_eq!(let_in(&expected), expected, "twice is once");
    }
}

#[test]
fn a_file_that_nobody_asks_for_is_not_added() {
    let value = "script-src 'none'";
    let ours = Ours { has_file: false, has_beacon: false, ..OURS };
    let after = admitted(value.as_bytes(), &found(value), &ours).unwrap();
    assert_eq!(after, format!("script-src {SCRIPT_HASH}").as_bytes());
}

#[test]
fn a_file_can_only_be_asked_for_where_addresses_or_its_nonce_count() {
    for (value, allow_files) in [
        ("", true),
        ("script-src 'self'", true),
        ("script-src 'nonce-a' 'strict-dynamic'", true),
        ("script-src 'nonce-a' 'strict-dynamic', script-src 'self'", true),
        ("script-src 'sha256-YWJj' 'strict-dynamic'", false),
        ("script-src 'nonce-a' 'strict-dynamic', script-src 'nonce-b' 'strict-dynamic'", false),
        ("default-src 'unsafe-inline' 'strict-dynamic'", false),
    ] {
        assert_eq!(found(value).allow_files, allow_files, "{value}");
    }
}

#[test]
fn a_list_that_lets_no_script_through_is_left_at_that() {
    let value = "default-src 'self' 'unsafe-inline' 'strict-dynamic'";
    assert_eq!(let_in(value), value, "a hash would take inline styles away");
}

#[test]
fn a_nonce_of_one_policy_leaves_the_hash_for_the_other() {
    let values = ["script-src 'nonce-one'", "script-src 'nonce-two' 'nonce-one'; style-src 'nonce-s'"];
    let both = ways(values.iter().map(|value| value.as_bytes()));
    assert_eq!(both.script, Way::Nonce("one".into()));
    assert_eq!(both.style, Way::Nonce("s".into()));
    let values = ["script-src 'nonce-one'", "script-src 'self'"];
    let both = ways(values.iter().map(|value| value.as_bytes()));
    assert_eq!(both.script, Way::Hash(Some("one".into())));
    assert_eq!(admitted(values[0].as_bytes(), &both, &OURS), None);
    let second = admitted(values[1].as_bytes(), &both, &OURS).unwrap();
    assert_eq!(second, format!("script-src 'self' {SCRIPT_HASH}").as_bytes());
}

#[test]
fn an_address_is_written_as_the_page_was_asked_for() {
    let shop = |authority, is_https| Ours { authority, is_https, ..OURS };
    let connect = |value: &str, ours: &Ours<'_>| {
        admitted(value.as_bytes(), &found(value), ours).map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let local = shop("127.0.0.1:8080", false);
    assert_eq!(connect("connect-src 'self'", &local), None);
    assert_eq!(connect("connect-src 127.0.0.1:*", &local), None);
    assert_eq!(
        connect("connect-src https: 127.0.0.1", &local).as_deref(),
        Some("connect-src https: 127.0.0.1 127.0.0.1:8080/_consentry/choice 127.0.0.1:8080/_consentry/event")
    );
    assert_eq!(connect("connect-src 'none'", &shop("[::1]:8080", false)), None, "a source cannot name it");
}

#[test]
fn bytes_that_are_no_text_stay() {
    let value = b"script-src 'self' \xff; report-uri /\xe6".as_slice();
    let ways = ways([value].into_iter());
    let expected =
        [b"script-src 'self' \xff ".as_slice(), SCRIPT_HASH.as_bytes(), b"; report-uri /\xe6"].concat();
    assert_eq!(admitted(value, &ways, &OURS).unwrap(), expected);
}

/// A plain reading of one policy: which sources stand in the effective directive, in lower case.
fn effective<'a>(policy: &'a str, names: &[&str]) -> Option<Vec<&'a str>> {
    let directives: Vec<Vec<&str>> =
        policy.split(';').map(|text| text.split_ascii_whitespace().collect()).collect();
    let find = |name: &&str| {
        directives.iter().find(|words| words.first().is_some_and(|word| word.eq_ignore_ascii_case(name)))
    };
    names.iter().find_map(find).map(|words| words[1..].to_vec())
}

/// Section 6.7.3.3: may an inline element with this nonce and hash stand here?
fn allows_inline(policy: &str, names: &[&str], nonce: Option<&str>, hash: &str) -> bool {
    let Some(sources) = effective(policy, names) else { return true };
    let is = |keyword: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(keyword));
    let exact = |source: &&str| source.starts_with("'nonce-") || source.starts_with("'sha");
    let is_dynamic = names == SCRIPT && is("'strict-dynamic'");
    (is("'unsafe-inline'") && !sources.iter().any(exact) && !is_dynamic)
        || nonce.is_some_and(|nonce| sources.contains(&format!("'nonce-{nonce}'").as_str()))
        || sources.contains(&hash)
}

/// Section 6.7.2.7, for the few forms of sources that [`any_policy`] makes.
fn allows_address(policy: &str, names: &[&str], host: &str, path: &str) -> bool {
    let Some(sources) = effective(policy, names) else { return true };
    sources.iter().any(|source| match *source {
        "*" | "https:" => true,
        "'self'" => host == "shop.example",
        _ => {
            source.find('/').map_or((*source, ""), |slash| source.split_at(slash)) == (host, path)
                || *source == host
        }
    })
}

fn any_policy() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "default-src",
        "script-src",
        "Script-Src-Elem",
        "style-src",
        "style-src-elem",
        "connect-src",
        "FORM-action",
        "img-src",
        "script-src-attr",
        "sandbox",
        "require-trusted-types-for",
    ]);
    let source = prop::sample::select(vec![
        "'self'",
        "'none'",
        "'unsafe-inline'",
        "'Unsafe-Inline'",
        "'strict-dynamic'",
        "'unsafe-eval'",
        "'nonce-a'",
        "'nonce-b'",
        "'sha256-YWJj'",
        "https:",
        "*",
        "cdn.example",
        "shop.example",
        "data:",
    ]);
    let directive = (name, prop::collection::vec(source, 0..4), "[ \t]{0,2}")
        .prop_map(|(name, sources, space)| format!("{space}{name} {}{space}", sources.join(" ")));
    prop::collection::vec(directive, 0..5).prop_map(|directives| directives.join(";"))
}

/// Does the policy, as it stands, let no inline script through whatever it carries?
fn is_left(policy: &str) -> bool {
    effective(policy, SCRIPT).is_some_and(|sources| {
        let is = |keyword: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(keyword));
        is("'unsafe-inline'")
            && is("'strict-dynamic'")
            && !sources.iter().any(|source| source.starts_with("'nonce-") || source.starts_with("'sha"))
    })
}

proptest! {
    #[test]
    fn ours_is_let_through_and_nothing_else(first in any_policy(), second in any_policy()) {
        let ways = ways([first.as_bytes(), second.as_bytes()].into_iter());
        for before in [&first, &second] {
            let after = admitted(before.as_bytes(), &ways, &OURS);
            let after = after.map_or_else(|| before.clone(), |bytes| String::from_utf8(bytes).unwrap());
            prop_assert!(is_left(before) || allows_inline(&after, SCRIPT, ways.script.nonce(), SCRIPT_HASH), "{after}");
            prop_assert!(allows_inline(&after, STYLE, ways.style.nonce(), STYLE_HASH), "{after}");
            prop_assert!(allows_address(&after, CONNECT, "shop.example", "/_consentry/choice"), "{after}");
            for path in ["/_consentry/choice", "/_consentry/consent"] {
                prop_assert!(allows_address(&after, FORM, "shop.example", path), "{after}");
            }
            for (names, nonce, hash) in [
                (SCRIPT, None, "'sha256-eA='"), (SCRIPT, Some("a"), ""), (SCRIPT, Some("c"), ""), (SCRIPT, None, "'sha256-YWJj'"),
                (STYLE, None, "'sha256-eA='"), (STYLE, Some("b"), ""), (&["script-src-attr", "script-src", "default-src"], None, ""),
            ] {
                let changed = allows_inline(before, names, nonce, hash) != allows_inline(&after, names, nonce, hash);
                prop_assert!(!changed, "{names:?} {nonce:?} {hash}: {before} | {after}");
            }
            for names in [SCRIPT, STYLE, CONNECT, FORM, &["img-src", "default-src"]] {
                for (host, path) in [("cdn.example", "/a.js"), ("evil.example", "/"), ("shop.example", "/other"), ("shop.example", "/_consentry/consent.js")] {
                    let changed = allows_address(before, names, host, path) != allows_address(&after, names, host, path);
                    prop_assert!(!changed, "{names:?} {host}{path}: {before} | {after}");
                }
            }
        }
    }

    #[test]
    fn no_value_makes_it_fall(value in prop::collection::vec(any::<u8>(), 0..80)) {
        let ways = ways([value.as_slice()].into_iter());
        if let Some(after) = admitted(&value, &ways, &OURS) {
            prop_assert!(after.len() > value.len() - "'none'".len());
        }
    }
}
