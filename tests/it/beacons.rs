//! The beacon: where it is, where it is not, and how it gets past the shop's own policy.

use crate::events::rules_with;
use crate::pages::{PLAIN, SHOP};
use crate::support::origin::html_page;
use crate::support::{Origin, Visitor, get, rules_of_mode, start, start_with};

const ALL: &str = "beacon = [\"engagement\", \"outbound\"]";

/// The tag in a page, if there is one.
fn tag(page: &str) -> Option<&str> {
    let start = page.find("<script defer")?;
    assert_eq!(page.matches("beacon.js").count(), 1, "{page}");
    page[start..].split_inclusive("</script>").next()
}

#[test]
fn no_page_has_a_beacon_unless_the_operator_asked_for_one() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    assert_eq!(tag(&Visitor::of(gateway.visitors).open("/").text()), None);
}

#[test]
fn the_beacon_stands_at_the_end_of_pages_and_is_kept_for_good() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &rules_with(ALL));
    let page = Visitor::of(gateway.visitors).open("/").text();
    let tag = tag(&page).expect("the beacon");
    assert!(page.ends_with(&format!("{tag}</body>\n</html>\n")), "{page}");
    let src = tag.split('"').nth(1).expect("its address");
    assert!(src.starts_with("/_consentry/beacon.js?") && tag.contains("data-do=\"engagement outbound\""));
    let script = get(gateway.visitors, src, &[]);
    assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(script.text().contains("sendBeacon") && script.headers_named("set-cookie").is_empty());
    let other = get(gateway.visitors, "/_consentry/beacon.js?old", &[]);
    assert_eq!(other.header("cache-control"), Some("no-cache"));
    let frame = get(gateway.visitors, "/", &[("accept", "text/html"), ("sec-fetch-dest", "iframe")]);
    assert!(!frame.text().contains("beacon.js"));
}

#[test]
fn nothing_is_told_of_visitors_of_whom_nothing_may_be_counted() {
    for (lines, without, with) in [
        ("without_consent = \"off\"\nbeacon = [\"engagement\"]", None, Some("engagement")),
        ("without_consent = \"views\"\nbeacon = [\"engagement\"]", None, Some("engagement")),
        (
            "without_consent = \"views\"\ncount = \"script\"\nbeacon = [\"engagement\", \"pages\"]",
            Some("pages"),
            Some("engagement pages"),
        ),
    ] {
        let origin = Origin::page(SHOP);
        let gateway = start_with(&origin, &rules_with(lines));
        let mut visitor = Visitor::of(gateway.visitors);
        let duties = |page: &str| {
            let duties = tag(page).and_then(|tag| tag.split("data-do=\"").nth(1)?.split('"').next());
            duties.map(str::to_owned)
        };
        assert_eq!(duties(&visitor.open("/").text()).as_deref(), without, "{lines}");
        visitor.post("choice=all&return=/", &[]);
        assert_eq!(duties(&visitor.open("/").text()).as_deref(), with, "{lines}");
    }
}

#[test]
fn a_page_that_is_only_observed_has_it_behind_its_end() {
    let rules = rules_of_mode("observe").replace("[site.statistics]", &format!("[site.statistics]\n{ALL}"));
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules);
    let page = Visitor::of(gateway.visitors).open("/").text();
    let witness = format!("{PLAIN}<script async src=\"/_consentry/witness.js\"></script>");
    assert_eq!(page.strip_prefix(&witness), tag(&page));
}

#[test]
fn the_shops_own_policy_lets_it_through_and_nothing_else() {
    let origin = Origin::answering(|asked| {
        let mut answer = html_page(PLAIN);
        let policy = match asked.target.as_str() {
            "/nonce" => "script-src 'nonce-abc' 'strict-dynamic'; connect-src 'none'",
            "/hash" => "script-src 'sha256-YWJj' 'strict-dynamic'",
            "/none" => "default-src 'none'",
            _ => "default-src 'self'",
        };
        answer.headers_mut().insert("content-security-policy", policy.parse().expect("a value"));
        answer
    });
    let gateway = start_with(&origin, &rules_with(ALL));
    let mut visitor = Visitor::of(gateway.visitors);
    let mut open = |path: &str| {
        let answer = visitor.open(path);
        let policy = answer.headers_named("content-security-policy")[0].to_owned();
        (tag(&answer.text()).map(str::to_owned), policy)
    };
    let (tag, policy) = open("/nonce");
    assert!(tag.is_some_and(|tag| tag.starts_with("<script defer nonce=\"abc\" src=")));
    assert!(
        policy.ends_with("connect-src shop.example/_consentry/choice shop.example/_consentry/event"),
        "{policy}"
    );
    assert_eq!(open("/hash").0, None, "no file can run there");
    let (tag, policy) = open("/none");
    assert!(tag.is_some() && policy.contains(" shop.example/_consentry/beacon.js"), "{policy}");
    let (tag, policy) = open("/self");
    assert!(tag.is_some() && !policy.contains("beacon.js"), "{policy}");
}
