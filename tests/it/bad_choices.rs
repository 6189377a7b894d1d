//! Choices that nobody meant: from other sites, forged, replayed, oversized, hostile. Each is refused with a sentence in the
//! visitor's language; nothing is stored, and what stood before stands.

use bytes::Bytes;
use consentry::banner::LANGUAGES;
use consentry::store::Settings;
use consentry::store::ledger::Receipts;
use http::Request;

use crate::pages::SHOP;
use crate::support::{Answer, Gateway, Origin, RULES, Visitor, client, get, request, start, start_with};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("origin", "http://shop.example");

/// One row: what is sent, and what must come of it.
struct Row {
    headers: &'static [(&'static str, &'static str)],
    body: String,
    status: u16,
    code: &'static str,
}

fn row(
    headers: &'static [(&'static str, &'static str)],
    body: impl Into<String>,
    status: u16,
    code: &'static str,
) -> Row {
    Row { headers, body: body.into(), status, code }
}

fn rows() -> Vec<Row> {
    let choice = |body: &str| row(&[FORM, OURS], body, 400, "bad_choice");
    let mut rows = vec![
        row(&[FORM, ("origin", "https://evil.example")], "choice=all", 403, "cross_site"),
        row(&[FORM, ("origin", "null")], "choice=all", 403, "cross_site"),
        row(&[FORM, ("origin", "http://shop.example.evil.example")], "choice=all", 403, "cross_site"),
        row(&[FORM, ("origin", "http://shop.example:8080")], "choice=all", 403, "cross_site"),
        row(&[FORM, ("sec-fetch-site", "cross-site")], "choice=all", 403, "cross_site"),
        row(&[FORM, ("sec-fetch-site", "same-site")], "choice=all", 403, "cross_site"),
        row(&[FORM, OURS, ("sec-fetch-site", "cross-site")], "choice=all", 403, "cross_site"),
        row(&[FORM, OURS, ("origin", "https://evil.example")], "choice=all", 403, "cross_site"),
        row(&[OURS, ("content-type", "text/plain")], "choice=all", 415, "media_type"),
        row(&[OURS, ("content-type", "multipart/form-data; boundary=x")], "--x--", 415, "media_type"),
        row(&[OURS, ("content-type", "application/json")], "{\"choice\":\"all\"}", 415, "media_type"),
        row(&[OURS], "choice=all", 415, "media_type"),
        row(&[FORM, OURS], format!("choice=all&return=/{}", "a".repeat(20_000)), 413, "body_too_large"),
    ];
    let bad = [
        "",
        "choice",
        "choice=",
        "choice=ALL",
        "choice=all&choice=all",
        "choice=all%00",
        "choice=%ff",
        "choice=%",
        "choice[]=all",
        "Choice=all",
        "choice=all&return=https://evil.example/",
        "choice=all&return=//evil.example/",
        "choice=all&return=/%5Cevil.example/",
        "choice=all&return=%2F%09%2Fevil.example",
        "choice=all&return=javascript:alert(1)",
        "choice=all&return=/a%0d%0aset-cookie:x=1",
        "choice=all&return=&return=",
        "choice=all&return=/a&return=/b",
        "choice=some&category=necessary%00",
        "choice=some&category=%3Cscript%3E",
        "choice=some&tracker=../../etc/passwd",
        "choice=some&tracker=%27%20or%201=1--",
        "choice=all&layer=banner&layer=page",
        "choice=all&layer=%F0%9F%8D%AA",
        "choice=all&receipt=00000000000000000000000000000000",
        "choice=all&__proto__=1",
    ];
    rows.extend(bad.map(choice));
    rows.push(choice(&format!("choice=some{}", "&category=statistics".repeat(700))));
    rows
}

fn send(gateway: &Gateway, path: &str, row: &Row, more: &[(&str, &str)]) -> Answer {
    let mut builder = Request::post(path).header("host", "shop.example");
    for (name, value) in row.headers.iter().chain(more) {
        builder = builder.header(*name, *value);
    }
    request(gateway.visitors, builder.body(Bytes::from(row.body.clone())).expect("a request"))
}

fn receipts(gateway: &Gateway) -> u64 {
    let ledger = Receipts::open(&Settings { path: gateway.directory.path().into() }).expect("a ledger");
    ledger.verify(None).expect("an unbroken chain").receipts
}

#[test]
fn what_nobody_meant_is_refused_and_changes_nothing() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let cookie = visitor.cookies();
    let asked = origin.asked().len();
    for row in rows() {
        let (body, headers) = (&row.body.chars().take(80).collect::<String>(), row.headers);
        let json = [("accept", "application/json"), ("accept-language", "en"), ("cookie", &cookie)];
        let answer = send(&gateway, "/_consentry/choice", &row, &json);
        let said: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(
            (answer.status.as_u16(), said["code"].as_str()),
            (row.status, Some(row.code)),
            "{headers:?} {body}"
        );
        assert!(said["message"].as_str().is_some_and(|text| text.len() > 20), "{body}: {said}");
        assert!(answer.headers_named("set-cookie").is_empty(), "{body}: nothing is stored or taken");
        let page =
            send(&gateway, "/_consentry/choice", &row, &[("accept", "text/html"), ("accept-language", "nb")]);
        assert_eq!(page.status, row.status, "{body}");
        assert!(page.text().contains("<html lang=\"nb\""), "{body}: {}", page.text());
        let erased = send(&gateway, "/_consentry/erase", &row, &json);
        assert!(erased.status.is_client_error() && erased.headers_named("set-cookie").is_empty(), "{body}");
    }
    assert_eq!(origin.asked().len(), asked, "the shop hears of none of it");
    assert_eq!(receipts(&gateway), 1);
    visitor.open("/");
    assert_eq!(origin.last().header("consentry-consent"), "necessary, statistics", "what stood stands");
}

/// The catalogue knows it, the site does not use it: a yes to it alone would have been a no.
#[test]
fn a_tracker_that_the_site_does_not_use_is_refused_like_one_that_nobody_knows() {
    let origin = Origin::page(SHOP);
    let uses =
        RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\nuses = [\"google-analytics\", \"youtube\"]");
    let gateway = start_with(&origin, &uses);
    let mut visitor = Visitor::of(gateway.visitors);
    for body in [
        "choice=some&tracker=vimeo",
        "choice=some&tracker=youtube&tracker=vimeo",
        "choice=some&tracker=nobody",
    ] {
        let refused = visitor.post(body, &[("accept", "application/json")]);
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].as_str()),
            (400, Some("bad_choice")),
            "{body}"
        );
    }
    assert!(visitor.jar.is_empty());
    visitor.choose("choice=some&tracker=youtube&return=/");
    let earlier = visitor.asked("/_consentry/consent?return=/", "nb");
    gateway.reload(&crate::support::settings(
        &gateway.directory,
        origin.address,
        &uses.replace(", \"youtube\"", ""),
    ));
    let gone = format!("choice=some&tracker=youtube&layer=page&return=/&notice={earlier}");
    let answer = visitor.post(&gone, &[]);
    assert_eq!(answer.header("location"), Some("/_consentry/consent?nb=/"), "it was asked about then");
}

/// On a site that says nothing of what it uses, "all but this one" is said one by one.
#[test]
fn each_single_tracker_that_is_known_can_be_agreed_to() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let declared = get(gateway.visitors, "/_consentry/cookies.json", &[]).json();
    let trackers = declared["trackers"].as_array().expect("trackers").iter();
    let asked = trackers.filter(|tracker| tracker["category"] != "necessary");
    let names: Vec<&str> = asked.map(|tracker| tracker["id"].as_str().expect("a name")).collect();
    assert!(names.len() > 300, "{}", names.len());
    let some = |names: &[&str]| format!("choice=some&tracker={}", names.join("&tracker="));
    let mut visitor = Visitor::of(gateway.visitors);
    let json = [("accept", "application/json"), ("accept-language", "en")];
    let taken = visitor.post(&some(&names[1..]), &json);
    assert_eq!(taken.json()["trackers"].as_array().map(Vec::len), Some(names.len() - 1));
    assert_eq!(receipts(&gateway), 1);
    let mine = visitor.get("/_consentry/my-data.json", &[]).json();
    assert_eq!(mine["answer"]["trackers"], taken.json()["trackers"], "what is told is what stands");
}

#[test]
fn the_refusal_is_told_in_every_language() {
    let origin = Origin::page(SHOP);
    let listed = LANGUAGES.map(|language| format!("\"{language}\"")).join(", ");
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, RULES)
        .replace("languages = [\"nb\", \"en\"]", &format!("languages = [{listed}]"));
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let cross_site = row(&[FORM, ("sec-fetch-site", "cross-site")], "choice=all", 403, "cross_site");
    let bad = row(&[FORM, OURS], "choice=maybe", 400, "bad_choice");
    for refused in [cross_site, bad] {
        let mut messages = std::collections::BTreeSet::new();
        for language in LANGUAGES {
            let headers = [("accept", "application/json"), ("accept-language", language)];
            let answer = send(&gateway, "/_consentry/choice", &refused, &headers);
            let said: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
            messages.insert(said["message"].as_str().expect("a sentence").to_owned());
        }
        assert_eq!(messages.len(), LANGUAGES.len(), "{messages:#?}");
    }
}

#[test]
fn a_replayed_or_forged_receipt_opens_nothing() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let old = visitor.jar["consentry"].clone();
    let receipt = |cookie: &str| {
        let cookie = format!("consentry={cookie}");
        get(gateway.visitors, "/_consentry/receipt.json", &[("cookie", &cookie)]).status.as_u16()
    };
    assert_eq!(receipt(&old), 200);
    let mut stranger = Visitor::of(gateway.visitors);
    stranger.choose("choice=all&return=/");
    let other = stranger.jar["consentry"].clone();
    let number = |sealed: &str| sealed.split('.').nth(5).expect("a number").to_owned();
    assert_ne!(number(&old), number(&other));
    assert_eq!(receipt(&old.replace(&number(&old), &number(&other))), 404, "a number alone proves nothing");
    visitor.post_to("/_consentry/erase", "choice=none&return=/", &[]);
    assert_eq!(receipt(&old), 404, "what was erased does not come back with an old cookie");
    assert_eq!(receipt(&other), 200, "and nobody else's went");
}

#[test]
fn as_many_cookies_as_a_browser_keeps_do_not_keep_anybody_from_choosing() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let sealed = visitor.jar["consentry"].clone();
    // The largest cookie there is, and so many of them as a head of 64 KiB holds.
    let large: Vec<String> = (0..14).map(|number| format!("_ga_{number}={}", "x".repeat(4_080))).collect();
    let cookies = format!("{}; consentry={sealed}", large.join("; "));
    // By hand: the usual client of the tests takes a hundred lines at most, a browser thousands.
    let refused = |cookies: &str| {
        let (body, host) = ("choice=none&return=/", "shop.example");
        let head = format!("POST /_consentry/choice HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 20\r\n";
        let text = format!("{head}{form}cookie: {cookies}\r\n\r\n{body}");
        client::raw(gateway.visitors, text.as_bytes())
    };
    let answer = refused(&cookies);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    for number in 0..14 {
        assert!(answer.contains(&format!("_ga_{number}=; Max-Age=0; Path=/")), "{number}: {answer}");
    }
    let many: Vec<String> = (0..180).map(|number| format!("t{number}=1")).collect();
    let answer = refused(&format!("{}; consentry={sealed}", many.join("; ")));
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.len() < 16 << 10, "and the answer is no flood itself");
    let forged = format!("consentry={}", "2".repeat(4_090));
    let page = get(gateway.visitors, "/", &[("accept", "text/html"), ("cookie", &forged)]);
    assert!(page.text().contains("id=\"consentry-banner\""));
}

#[test]
fn more_cookies_than_are_read_are_refused_with_a_sentence_in_the_visitors_language() {
    let origin = Origin::page(crate::pages::PLAIN);
    let gateway = start(&origin);
    let cookie = |number: usize| format!("c{number}={}", "x".repeat(4_080));
    let one_line = format!("Cookie: {}\r\n", (0..40).map(cookie).collect::<Vec<_>>().join("; "));
    let lines = "Cookie: c=1\r\n".repeat(180);
    for fields in [&one_line, &lines] {
        for (language, sentence) in [
            ("nb", "Slett informasjonskapslene fra denne butikken"),
            ("en-GB", "Delete the cookies of this shop"),
        ] {
            let head = format!(
                "GET / HTTP/1.1\r\nHost: shop.example\r\nAccept: text/html\r\nAccept-Language: {language}\r\n{fields}\r\n"
            );
            let answer = client::raw(gateway.visitors, head.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
            assert!(answer.contains(sentence) && answer.contains("connection: close\r\n"), "{answer}");
        }
        let head = format!("GET /metrics HTTP/1.1\r\nHost: shop.example\r\n{fields}\r\n");
        let answer = client::raw(gateway.admin, head.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("head_too_large"), "{answer}");
    }
    assert!(origin.asked().is_empty(), "the shop's server is asked nothing");
}
