//! What waits for a category, or for everything, whatever host it names; and what is read as data.

use super::*;

fn kept(consent: &Consent, policy: &Policy, name: &str, attributes: &[(&str, &str)]) -> bool {
    judged(policy, consent, name, attributes, &[]) == Verdict::Keep
}

/// A tag, and what it waits for.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [Category]);

#[test]
fn each_feature_waits_for_its_category() {
    use Category::{Marketing, Statistics};
    let policy = policy();
    let everything = &Category::ASKED[..];
    let table: [Row<'_>; 8] = [
        ("a", &[("attributionsrc", ""), ("href", "/own")], &[Marketing]),
        ("img", &[("attributionsrc", "/own"), ("src", "/own")], &[Marketing]),
        ("meta", &[("http-equiv", "accept-ch"), ("content", "DPR")], &[Marketing]),
        (
            "meta",
            &[("http-equiv", " DELEGATE-CH "), ("content", "sec-ch-ua https://pay.example")],
            &[Marketing],
        ),
        ("script", &[("custom-element", "amp-analytics"), ("src", "/own")], &[Statistics]),
        ("script", &[("custom-element", "AMP-AD"), ("src", "/own")], &[Marketing]),
        ("meta", &[("http-equiv", "x-dns-prefetch-control"), ("content", "On")], everything),
        ("meta", &[("charset", "iso-2022-jp")], everything),
    ];
    for (name, attributes, wanted) in table {
        assert!(!kept(&Consent::none(), &policy, name, attributes), "<{name}> {attributes:?}");
        assert!(kept(&granted(&policy, wanted), &policy, name, attributes), "<{name}> {attributes:?}");
        // Without what it waits for, all the rest changes nothing.
        let others = Category::ASKED.into_iter().filter(|category| *category != wanted[wanted.len() - 1]);
        let others = granted(&policy, &others.collect::<Vec<_>>());
        assert!(!kept(&others, &policy, name, attributes), "<{name}> {attributes:?}");
    }
    let foreign = [("http-equiv", "delegate-ch"), ("content", "sec-ch-ua https://stats.example")];
    assert!(!kept(&granted(&policy, &[Marketing]), &policy, "meta", &foreign), "its host is still held");
}

#[test]
fn only_what_is_held_is_disarmed() {
    let policy = policy();
    let disarmed = |name: &str, attributes: &[(&str, &str)]| match judged(
        &policy,
        &Consent::none(),
        name,
        attributes,
        &[],
    ) {
        Verdict::Keep => Vec::new(),
        Verdict::Hold(held) | Verdict::Placeholder(_, held) => held.attributes,
    };
    let (own, ads) = ("/own", "//ads.example/");
    assert_eq!(disarmed("video", &[("src", own), ("poster", ads)]), [1]);
    assert_eq!(disarmed("img", &[("src", own), ("srcset", "/own, //ads.example/ 2x"), ("src", ads)]), [1, 2]);
    assert_eq!(disarmed("td", &[("background", ads), ("ping", own)]), [0]);
    assert_eq!(disarmed("iframe", &[("src", ads), ("srcdoc", "x"), ("title", ads)]), [0, 1]);
    assert_eq!(disarmed("object", &[("data", ads), ("codebase", own)]), [0, 1]);
    assert_eq!(disarmed("script", &[("src", ads), ("href", own)]), [0, 1]);
    assert_eq!(disarmed("meta", &[("content", "0;url=//ads.example"), ("http-equiv", "refresh")]), [1]);
}

fn rules(consent: &Consent, policy: &Policy, bases: &[Vec<u8>], text: &str) -> bool {
    let bytes = b"typespeculationrules";
    let spans = [Span { name: 0, name_end: 4, value: 4, value_end: bytes.len() }];
    let tag = Tag { name: b"script", bytes, spans: &spans, bases };
    assert!(is_decided_by_text(&tag));
    policy.inline_script(consent, PAGE, &tag, &policy.code(text.as_bytes())) == Verdict::Keep
}

#[test]
fn speculation_rules_may_reach_open_hosts_and_own_links() {
    let policy = policy();
    let none = Consent::none();
    let kept = [
        "{}",
        r#"{"prefetch":[]}"#,
        r#"{"prefetch":[{"urls":["/a","b?c","//shop.example/x","https://pay.example/"]}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":"/*"}}]}"#,
        r#"{"prerender":[{"source":"document","where":{"and":[{"selector_matches":"a"},{"href_matches":"/a/*"}]}}]}"#,
        r#"{"prerender":[{"where":{"or":[]}}]}"#,
        r#"{"prerender":[{"where":{"href_matches":{"pathname":"/a","search":"*"}}}]}"#,
    ];
    for text in kept {
        assert!(rules(&none, &policy, &[], text), "{text}");
    }
    let held = [
        "",
        "no json",
        "[]",
        r#"{"prefetch":[{"urls":["//ads.example/"]}]}"#,
        r#"{"prefetch_with_subresources":[{"urls":"https:\u002f\u002fads.example/"}]}"#,
        r#"{"prefetch":[{"urls":[1]}]}"#,
        r#"{"prefetch":[{"source":"document"}]}"#,
        r#"{"prefetch":[{"where":{"selector_matches":"a"}}]}"#,
        r#"{"prefetch":[{"where":{"not":{"href_matches":"/a"}}}]}"#,
        r#"{"prefetch":[{"where":{"or":[{"href_matches":"/a"},{"selector_matches":"a"}]}}]}"#,
        r#"{"prefetch":[{"where":{"and":[]}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":["/a","https://*/b"]}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":"//*/b"}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":"*"}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":{"hostname":"*","pathname":"/"}}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":{"search":"*"}}}]}"#,
        r#"{"prefetch":[{"where":{"href_matches":"/*"},"urls":["//ads.example/"]}]}"#,
    ];
    for text in held {
        assert!(!rules(&none, &policy, &[], text), "{text}");
    }
    let elsewhere = [b"https://ads.example/".to_vec()];
    assert!(!rules(&none, &policy, &elsewhere, r#"{"prefetch":[{"urls":["a"]}]}"#));
    assert!(!rules(&none, &policy, &elsewhere, r#"{"prefetch":[{"where":{"href_matches":"/*"}}]}"#));
    let marketing = granted(&policy, &[Category::Marketing]);
    assert!(rules(&marketing, &policy, &[], r#"{"prefetch":[{"urls":["//ads.example/"]}]}"#));
}

#[test]
fn a_stand_in_answers_to_the_names_of_its_tracker() {
    let entry = |id: &str, globals: &str| {
        format!(
            "[[tracker]]\nid = \"{id}\"\nname = \"{id}\"\ncategory = \"marketing\"\nsource = \"test\"\nglobals = [{globals}]\n\
             inline = [\"{id}.load\"]\npurpose = {{ en = \"test\" }}\nprovider = {{ name = \"P\", country = \"NO\", privacy = \"https://p.example/\" }}\n"
        )
    };
    let text = [entry("pixel", "\"fbq\", \"_fbq\""), entry("quiet", ""), entry("other", "\"ttq\"")].concat();
    let catalog = Arc::new(Catalog::new(Catalog::parse(&text).unwrap()).unwrap());
    let policy = Policy::new(policy().settings().clone(), Arc::clone(&catalog));
    let id = |name: &str| catalog.named(name).unwrap().id;
    assert_eq!(policy.stand_in(id("pixel")).unwrap(), "consentry.idle(\"fbq\",\"_fbq\")</script>");
    assert_eq!(policy.stand_in(id("quiet")), None);
    let script = b"quiet.load();other.load();pixel.load()";
    let none = Consent::none();
    assert_eq!(policy.needle_to_stand_in(&none, &policy.code(script), |_| true), Some(id("other")));
    assert_eq!(
        policy.needle_to_stand_in(&none, &policy.code(script), |missing| missing != id("other")),
        Some(id("pixel"))
    );
    let marketing = granted(&policy, &[Category::Marketing]);
    assert_eq!(policy.needle_to_stand_in(&marketing, &policy.code(script), |_| true), None);
}
