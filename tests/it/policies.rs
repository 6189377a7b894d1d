//! Pages that bring a Content-Security-Policy of their own: what is put in works, and nothing else is let through.

use bytes::Bytes;
use consentry::policy::markup::decode;
use http::{Request, Response};
use ring::digest::{SHA256, digest};

use crate::support::client::{Answer, request};
use crate::support::{Origin, RULES, Visitor, get, origin::html_page, start, start_with};

const CSP: &str = "content-security-policy";
const REPORT_ONLY: &str = "content-security-policy-report-only";

/// A page with a policy in its markup too.
const PAGE: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy \
    content=\"script-src 'self'; style-src 'self'\"><title>Shop</title></head><body><p>Hi</p>\
    <iframe src=https://www.youtube.com/embed/a></iframe></body></html>";

/// A shop whose pages carry these headers.
fn shop(headers: &[(&'static str, &'static str)]) -> Origin {
    let headers = headers.to_vec();
    Origin::answering(move |_| {
        let mut page = html_page(PAGE);
        for (name, value) in &headers {
            page.headers_mut().append(*name, value.parse().expect("a value"));
        }
        page
    })
}

fn opened(headers: &[(&'static str, &'static str)]) -> Answer {
    let origin = shop(headers);
    let gateway = start(&origin);
    Visitor::of(gateway.visitors).open("/")
}

/// The texts of our elements of that name; of scripts only those that have a text.
fn inline<'a>(page: &'a str, element: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{element}"), format!("</{element}>"));
    let starts: Vec<&str> = page.split(&start).skip(1).collect();
    let texts = starts.into_iter().filter_map(|rest| rest.split_once('>')?.1.split_once(&end));
    texts.map(|(text, _)| text).filter(|text| !text.is_empty()).collect()
}

/// The document that the page's held frame shows.
fn placeholder(page: &str) -> String {
    let value = page.split(" srcdoc=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    String::from_utf8(decode(value.as_bytes()).into_owned()).expect("a document")
}

fn hash(text: &str) -> String {
    use std::fmt::Write as _;
    let mut bits = String::new();
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        let _ = write!(bits, "{byte:08b}");
    }
    bits.push_str("00");
    let digits: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let place = |six: usize| usize::from_str_radix(&bits[six * 6..six * 6 + 6], 2).expect("bits");
    let text: String = (0..43).map(|six| digits[place(six)]).collect();
    format!("'sha256-{text}='")
}

fn is_fence(value: &str) -> bool {
    value.starts_with("worker-src 'self' blob:; default-src 'self' data: blob: ")
        && value.contains(" 'unsafe-inline' 'unsafe-eval' ")
        && value.ends_with("; report-uri /_consentry/report")
}

#[test]
fn a_page_without_a_policy_has_the_fence_alone() {
    let answer = opened(&[]);
    let policies = answer.headers_named(CSP);
    assert_eq!(policies.len(), 1);
    assert!(is_fence(policies[0]), "{policies:?}");
    assert!(answer.headers_named(REPORT_ONLY).is_empty());
    assert!(answer.text().contains("<script>") && !answer.text().contains("nonce"));
}

#[test]
fn what_a_page_allows_stays_byte_for_byte_before_the_fence() {
    for own in [
        "default-src  'self' 'unsafe-inline';frame-ancestors 'none' ;;",
        "script-src 'nonce-r4nd0m' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'self'",
        "upgrade-insecure-requests; sandbox allow-scripts allow-forms allow-same-origin",
        "require-trusted-types-for 'script'; trusted-types shop",
    ] {
        let answer = opened(&[(CSP, own)]);
        let policies = answer.headers_named(CSP);
        assert_eq!(policies.len(), 2, "{policies:?}");
        assert_eq!(policies[0], own);
        assert!(is_fence(policies[1]));
    }
}

#[test]
fn ours_gets_the_nonce_of_the_page() {
    let own = "script-src 'self' 'nonce-r4nd0m'; style-src 'nonce-St+/='; form-action 'self'";
    let answer = opened(&[(CSP, own)]);
    let page = answer.text();
    assert_eq!(answer.headers_named(CSP)[0], own);
    assert!(page.contains("<head><script nonce=\"r4nd0m\">{"), "{page}");
    assert!(page.contains("</script><style nonce=\"St+/=\">#consentry-open"), "{page}");
}

#[test]
fn without_a_nonce_the_hashes_of_our_elements_are_added() {
    for choice in [None, Some("choice=none&return=/"), Some("choice=some&category=statistics&return=/")] {
        let origin = shop(&[(CSP, "script-src 'self' cdn.example; style-src 'none'; img-src *")]);
        let gateway = start(&origin);
        let mut visitor = Visitor::of(gateway.visitors);
        if let Some(choice) = choice {
            visitor.choose(choice);
        }
        let answer = visitor.open("/");
        let page = answer.text();
        let placeholder = placeholder(&page);
        let (scripts, mut styles) = (inline(&page, "script"), inline(&page, "style"));
        assert_eq!((scripts.len(), styles.len()), (1, 1), "nothing else of ours is inline: {page}");
        styles.extend(inline(&placeholder, "style"));
        let expected = format!(
            "script-src 'self' cdn.example {}; style-src {} {}; img-src *",
            hash(scripts[0]),
            hash(styles[0]),
            hash(styles[1])
        );
        assert_eq!(answer.headers_named(CSP)[0], expected);
    }
}

#[test]
fn the_file_that_chooses_gets_its_address_where_it_is_asked_for_and_not_covered() {
    let origin = shop(&[(CSP, "script-src 'unsafe-inline' cdn.example")]);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let own = |answer: &Answer| answer.headers_named(CSP)[0].to_owned();
    let expected = "script-src 'unsafe-inline' cdn.example shop.example/_consentry/choice.js";
    for choice in [None, Some("choice=none&return=/")] {
        if let Some(choice) = choice {
            visitor.choose(choice);
        }
        let answer = visitor.open("/");
        assert_eq!(own(&answer), expected);
        assert!(answer.text().contains("import("));
    }
}

#[test]
fn a_page_that_takes_hashes_only_has_every_stand_in_in_its_head() {
    let tracker = "[[site.tracker]]\nid = \"acme\"\nname = \"Acme\"\ncategory = \"marketing\"\nsource = \"a test\"\n\
        provider = { name = \"Acme\", country = \"US\", privacy = \"https://acme.example/\" }\n\
        purpose = { en = \"Tracks.\" }\nglobals = [\"acme\"]\n";
    let origin = shop(&[(CSP, "script-src 'self'")]);
    let gateway = start_with(&origin, &format!("{RULES}\n{tracker}"));
    let mut visitor = Visitor::of(gateway.visitors);
    assert!(visitor.open("/").text().contains("\"acme\""));
    visitor.choose("choice=some&category=marketing&return=/");
    assert!(!visitor.open("/").text().contains("\"acme\""), "it may work now, and defines its name itself");
}

/// The document in a frame is under the policies of the page around it.
#[test]
fn a_placeholder_has_what_the_pages_policy_asks_of_a_style() {
    const FILM: &str =
        "<!doctype html><html><body><iframe src=https://www.youtube.com/embed/a></iframe></body></html>";
    for (own, style) in [
        ("style-src 'self' 'unsafe-inline'", "&lt;style&gt;"),
        ("style-src 'nonce-s+/='", "&lt;style&#32;nonce=&#34;s+/=&#34;&gt;"),
        ("default-src 'self'", "&lt;style&gt;"),
    ] {
        let origin = Origin::answering(move |_| {
            let mut page = html_page(FILM);
            page.headers_mut().insert(CSP, own.parse().expect("a value"));
            page
        });
        let gateway = start(&origin);
        let page = Visitor::of(gateway.visitors).open("/").text();
        assert!(page.contains(style), "{own}: {page}");
        assert!(page.contains("<iframe srcdoc=&lt;html") && !page.contains(" style="), "{own}: {page}");
    }
}

#[test]
fn each_of_several_policies_is_read_by_itself() {
    let answer = opened(&[
        (CSP, "script-src 'unsafe-inline' 'self', script-src 'nonce-n'"),
        (CSP, "connect-src 'none'; form-action https://bank.example"),
        (REPORT_ONLY, "default-src 'none'; report-uri /csp"),
    ]);
    let page = answer.text();
    let script = hash(inline(&page, "script")[0]);
    let style = hash(inline(&page, "style")[0]);
    let embeds = hash(inline(&placeholder(&page), "style")[0]);
    let at = "shop.example/_consentry";
    let policies = answer.headers_named(CSP);
    assert_eq!(policies[0], "script-src 'unsafe-inline' 'self', script-src 'nonce-n'");
    assert_eq!(
        policies[1],
        format!(
            "connect-src {at}/choice {at}/event; form-action https://bank.example {at}/choice {at}/consent"
        )
    );
    assert_eq!(policies.len(), 3);
    assert_eq!(
        answer.headers_named(REPORT_ONLY),
        [format!("default-src {script} {style} {embeds} {at}/choice {at}/event; report-uri /csp")]
    );
    assert!(page.contains("<script nonce=\"n\">"));
}

#[test]
fn what_is_put_in_stands_before_a_policy_in_the_markup() {
    let page = opened(&[]).text();
    let policy = page.find("http-equiv").expect("the shop's own");
    let (_, after) = page.split_at(policy);
    assert!(!after.contains("<script") && !after.contains("<style"), "{after}");
    let ours = after.replace("<p>Hi</p>", "");
    assert!(!ours.contains(" style=") && !ours.contains(" onclick="), "{ours}");
}

#[test]
fn what_is_no_page_keeps_its_policy() {
    let origin = shop(&[(CSP, "script-src 'self'")]);
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/", &[("sec-fetch-dest", "empty"), ("accept", "text/html")]);
    assert_eq!(answer.headers_named(CSP)[0], "script-src 'self'");
    let origin = Origin::answering(|_| {
        let builder = Response::builder().header("content-type", "image/svg+xml");
        builder.header(CSP, "default-src 'none'").body(Bytes::from_static(b"<svg/>")).expect("a response")
    });
    let gateway = start(&origin);
    assert_eq!(get(gateway.visitors, "/a.svg", &[]).headers_named(CSP)[0], "default-src 'none'");
}

#[test]
fn a_head_has_the_policies_of_the_page() {
    let origin = shop(&[(CSP, "script-src 'self'")]);
    let gateway = start(&origin);
    let ask = |builder: http::request::Builder| {
        let builder = builder.header("host", "shop.example").header("accept", "text/html");
        request(gateway.visitors, builder.body(Bytes::new()).expect("a request"))
    };
    let (head, page) = (ask(Request::head("/")), ask(Request::get("/")));
    assert_eq!(head.headers_named(CSP), page.headers_named(CSP));
}

#[test]
fn observing_changes_no_policy_of_the_shops_and_reports_to_us() {
    let own = "script-src 'self'";
    let origin = shop(&[(CSP, "script-src 'self'")]);
    let gateway = start_with(&origin, &RULES.replace("enforce", "observe"));
    let answer = Visitor::of(gateway.visitors).open("/");
    assert_eq!(answer.headers_named(CSP), [own]);
    let told = answer.headers_named(REPORT_ONLY);
    assert!(told.len() == 1 && is_fence(told[0]), "{told:?}");
    let witness = "<script async src=\"/_consentry/witness.js\"></script>";
    assert_eq!(answer.text(), format!("{PAGE}{witness}"));
}

#[test]
fn a_checkout_page_may_reach_what_the_front_page_may_not() {
    let origin = shop(&[]);
    let rule = "[[site.allow]]\nhost = \"pay.example\"\ncategory = \"necessary\"\nwhy = \"payment\"\npaths = [\"/kasse\"]\n";
    let gateway = start_with(&origin, &format!("{RULES}\n{rule}"));
    let mut visitor = Visitor::of(gateway.visitors);
    for choice in [None, Some("choice=some&category=statistics&return=/")] {
        if let Some(choice) = choice {
            visitor.choose(choice);
        }
        let mut fence = |path: &str| visitor.open(path).header(CSP).expect("a fence").to_owned();
        for (path, may_pay) in
            [("/", false), ("/kasse", true), ("/kasse/betaling?step=2", true), ("/?to=/kasse", false)]
        {
            let fence = fence(path);
            assert_eq!(fence.contains(" pay.example:* "), may_pay, "{path}: {fence}");
            assert!(is_fence(&fence), "{fence}");
        }
    }
}
