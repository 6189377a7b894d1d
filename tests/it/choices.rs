//! What a visitor can say, and what stands after it.

use std::sync::Arc;

use consentry::clock::SteppedClock;
use consentry::policy::markup::decode;
use consentry::store::ledger::Receipts;
use jiff::SignedDuration;
use serde_json::json;

use crate::pages::{PLAIN, SHOP};
use crate::support::{
    Answer, Gateway, Origin, RULES, Visitor, get, noon, request, settings, start, start_in,
};

#[test]
fn a_refusal_costs_one_click_and_is_kept() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/");
    let answer = visitor.choose("choice=none&return=/dekk");
    assert_eq!(answer.header("location"), Some("/dekk"));
    let cookie = answer.header("set-cookie").expect("the choice is kept");
    assert!(
        cookie.contains("Max-Age=15724800") && cookie.contains("Path=/") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!visitor.open("/").text().contains("consentry-banner"));
}

#[test]
fn a_refusal_tells_no_visitor_from_another() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let refused = || {
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.choose("choice=none&return=/");
        visitor.jar.remove("consentry").expect("a choice")
    };
    assert_eq!(refused(), refused());
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&return=/");
    assert_eq!(visitor.jar["consentry"], refused(), "some of nothing is a refusal");
}

#[test]
fn withdrawal_expires_analytics_cookies() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    for name in ["_ga", "_ga_TEST1", "_fbp", "PHPSESSID", "unheard_of"] {
        visitor.jar.insert(name.into(), "1".into());
    }
    let answer = visitor.choose("choice=none&return=/");
    let names: Vec<_> = visitor.jar.keys().map(String::as_str).collect();
    assert_eq!(names, ["PHPSESSID", "consentry"]);
    let lines = answer.headers_named("set-cookie");
    let on_parent = lines
        .iter()
        .any(|line| line.starts_with("_ga=") && line.to_lowercase().contains("domain=shop.example"));
    assert!(on_parent, "{lines:?}");
    assert!(
        lines.iter().filter(|line| !line.starts_with("consentry=")).all(|line| line.contains("Max-Age=0")),
        "{lines:?}"
    );
}

#[test]
fn a_choice_by_script_is_answered_with_what_stands() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let answer = visitor.post("choice=some&category=statistics", &[("accept", "application/json")]);
    assert_eq!(answer.status, 200);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(body["granted"], serde_json::json!(["statistics"]));
    assert_eq!(body["refused"], serde_json::json!(["preferences", "marketing"]));
    let number = body["receipt"].as_str().expect("a grant has a receipt");
    let settings = consentry::store::Settings { path: gateway.directory.path().into() };
    let receipts = Receipts::open(&settings).expect("a ledger");
    receipts.verify(None).expect("an unbroken chain");
    assert_eq!(number.len(), 32);
    let body = Visitor::of(gateway.visitors).post("choice=none", &[("accept", "application/json")]);
    let body: serde_json::Value = serde_json::from_slice(&body.body).expect("JSON");
    assert!(body.get("receipt").is_none(), "nobody who says no gets a number");
}

#[test]
fn one_tracker_can_be_granted_without_its_category() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&tracker=youtube&return=/");
    let page = visitor.open("/").text();
    assert!(page.contains(" src=\"https://www.youtube.com/embed/abc\""), "{page}");
    assert!(!page.contains(" src=\"https://www.facebook.com/tr"));
}

#[test]
fn a_choice_from_another_site_is_not_taken() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let mut visitor = Visitor::of(gateway.visitors);
        let request = http::Request::post("/_consentry/choice")
            .header("host", "shop.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(header.0, header.1);
        let answer =
            crate::support::request(gateway.visitors, request.body("choice=all".into()).expect("a request"));
        assert_eq!(answer.status, 403, "{header:?}");
        assert!(answer.headers_named("set-cookie").is_empty());
        visitor.jar.clear();
    }
}

/// Browsers that send neither `Origin` nor `Sec-Fetch-Site` with a form.
#[test]
fn an_old_browser_chooses_from_the_sites_own_pages_only() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for (referrer, status) in [
        ("https://evil.example/", 403),
        ("https://shop.example.evil.example/dekk", 403),
        ("http://shop.example:8080?a", 403),
        ("http://shop.example/dekk?side=2", 303),
        ("http://SHOP.example:80", 303),
        ("about:blank", 303),
    ] {
        let request = http::Request::post("/_consentry/choice")
            .header("host", "shop.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("referer", referrer);
        let request = request.body("choice=all&return=/".into()).expect("a request");
        let answer = crate::support::request(gateway.visitors, request);
        assert_eq!(answer.status, status, "{referrer}");
        assert_eq!(answer.headers_named("set-cookie").is_empty(), status == 403, "{referrer}");
    }
}

#[test]
fn an_answer_leads_back_to_a_page_and_to_nothing_else_of_ours() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    for (back, landing) in [
        ("/_consentry/choice", "/"),
        ("/_consentry/erase?a=b", "/"),
        ("/_consentry/objection#a", "/"),
        ("/_consentry/receipt.json", "/"),
        ("/_consentry", "/"),
        // As browsers read it.
        ("/a/../_consentry/choice", "/"),
        ("/%2E/a/%2e./_consentry/./erase", "/"),
        ("/a/../_consentry/cookies", "/a/../_consentry/cookies"),
        ("/_consentry/../dekk", "/_consentry/../dekk"),
        ("/_consentry/consent?nb=/dekk", "/_consentry/consent?nb=/dekk"),
        ("/_consentry/my-data", "/_consentry/my-data"),
        ("/_consentry/statistics", "/_consentry/statistics"),
        ("/_consentry/cookies", "/_consentry/cookies"),
        ("/_consentry2/choice", "/_consentry2/choice"),
    ] {
        for (path, form) in [("choice", "choice=none"), ("objection", "object=no")] {
            let path = format!("/_consentry/{path}");
            let answer = visitor.post_to(
                &path,
                &format!(
                    "{form}&return={}",
                    back.replace('#', "%23").replace('?', "%3f").replace('=', "%3d")
                ),
                &[],
            );
            let told = (answer.status.as_u16(), answer.header("location"));
            assert_eq!(told, (303, Some(landing)), "{path} {back}");
        }
    }
    // Without the field it is the page that the form was sent from: one that told of a fault, say.
    visitor.referrer = Some("http://shop.example/_consentry/choice".into());
    assert_eq!(visitor.post("choice=none", &[]).header("location"), Some("/"));
}

/// "Always allow" in a page that was opened before something was taken back in another tab.
#[test]
fn allowing_one_embed_adds_it_to_what_stands_when_it_is_allowed() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&tracker=meta-pixel&return=/");
    let old = visitor.open("/").text();
    // It is in the document that a frame shows, a value of the page.
    let old = String::from_utf8(decode(old.as_bytes()).into_owned()).expect("a page");
    let form = old
        .split("<form id=consentry-allow")
        .nth(1)
        .expect("a form")
        .split("</form>")
        .next()
        .expect("its end");
    assert!(!form.contains("statistics") && !form.contains("meta-pixel"), "{form}");
    let allowed = |visitor: &mut Visitor| {
        visitor.choose("choice=some&layer=embed&tracker=youtube&return=/");
        let answer =
            visitor.post("choice=some&layer=embed&tracker=youtube", &[("accept", "application/json")]);
        (answer.json()["granted"].clone(), answer.json()["trackers"].clone())
    };
    assert_eq!(
        allowed(&mut visitor),
        (json!(["statistics"]), json!(["meta-pixel", "youtube"])),
        "nothing is taken back"
    );
    visitor.choose("choice=none&return=/");
    assert_eq!(allowed(&mut visitor), (json!([]), json!(["youtube"])), "and nothing given back");
}

/// One request to choose: the host, what the browser says of its origin and place, and over https if the proxy says so.
fn chosen_at(gateway: &Gateway, host: &str, headers: &[(&str, &str)]) -> Answer {
    let mut message = http::Request::post("/_consentry/choice")
        .header("host", host)
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        message = message.header(*name, *value);
    }
    request(gateway.visitors, message.body("choice=all".into()).expect("a request"))
}

fn behind_a_proxy(origin: &Origin) -> Gateway {
    let directory = tempfile::tempdir().expect("a directory");
    let text = settings(&directory, origin.address, RULES)
        .replace("languages =", "trusted_proxies = [\"127.0.0.1/32\"]\nlanguages =");
    start_in(directory, &text, Arc::new(SteppedClock::at(noon())))
}

/// A page with `Referrer-Policy: no-referrer` sends its forms with `Origin: null`.
#[test]
fn a_form_without_an_origin_is_taken_where_the_browser_says_that_it_is_ours() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let null = ("origin", "null");
    for (place, status) in
        [("same-origin", 303), ("same-site", 403), ("cross-site", 403), ("none", 403), ("", 403)]
    {
        let answer = chosen_at(&gateway, "shop.example", &[null, ("sec-fetch-site", place)]);
        assert_eq!(answer.status, status, "{place}");
    }
    let refused = chosen_at(&gateway, "shop.example", &[null, ("accept-language", "en")]);
    assert_eq!(refused.status, 403);
    let way = "<p><a href=\"/_consentry/consent?en\">";
    assert!(refused.text().contains(way), "an answer can be given there: {}", refused.text());
    let there = get(gateway.visitors, "/_consentry/consent", &[]);
    assert_eq!(there.header("referrer-policy"), Some("same-origin"), "so that its forms have an origin");
}

#[test]
fn an_origin_is_compared_by_scheme_and_port_as_far_as_they_are_known() {
    let origin = Origin::page(PLAIN);
    let gateway = behind_a_proxy(&origin);
    let rows = [
        ("shop.example:443", "https://shop.example", "https", 303),
        ("shop.example", "https://shop.example:443", "https", 303),
        ("shop.example:80", "http://shop.example", "http", 303),
        ("SHOP.example", "http://shop.EXAMPLE:80", "http", 303),
        ("shop.example", "https://shop.example", "http", 303),
        ("shop.example:80", "https://shop.example", "https", 403),
        ("shop.example:443", "http://shop.example", "http", 403),
        ("shop.example", "https://shop.example:8443", "https", 403),
        ("shop.example", "http://shop.example", "https", 403),
        ("shop.example", "https://shop.example.evil.example", "https", 403),
        ("shop.example", "file://shop.example", "https", 403),
    ];
    for (host, from, scheme, status) in rows {
        let headers = [("origin", from), ("x-forwarded-proto", scheme)];
        assert_eq!(chosen_at(&gateway, host, &headers).status, status, "{host} {from} {scheme}");
    }
    let vouched = [
        ("origin", "http://shop.example"),
        ("x-forwarded-proto", "https"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(chosen_at(&gateway, "shop.example", &vouched).status, 303);
}

#[test]
fn choice_bodies_that_make_no_sense_are_refused_with_a_sentence() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let long = format!("choice=all&return=/{}", "a".repeat(20_000));
    for (body, status) in [
        ("choice=perhaps", 400),
        ("choice=all&colour=red", 400),
        ("choice=all&return=//evil.example/", 400),
        ("choice=some&tracker=nobody", 400),
        (long.as_str(), 413),
    ] {
        let answer = visitor.post(body, &[("accept", "application/json")]);
        assert_eq!(answer.status, status, "{body}");
        let said: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(said["error"].as_str().is_some_and(|sentence| sentence.len() > 15), "{said}");
    }
    let request = http::Request::post("/_consentry/choice")
        .header("host", "shop.example")
        .header("content-type", "text/plain");
    let answer =
        crate::support::request(gateway.visitors, request.body("choice=all".into()).expect("a request"));
    assert_eq!(answer.status, 415);
    assert_eq!(get(gateway.visitors, "/_consentry/choice", &[]).status, 405);
    assert!(visitor.jar.is_empty(), "nothing was stored");
    assert!(origin.asked().is_empty(), "nothing reached the origin");
}

#[test]
fn forged_cut_or_stale_consent_is_no_consent() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let sealed = visitor.jar["consentry"].clone();
    let asks_again = |value: &str| {
        let page =
            get(gateway.visitors, "/", &[("accept", "text/html"), ("cookie", &format!("consentry={value}"))])
                .text();
        page.contains("consentry-banner")
    };
    assert!(!asks_again(&sealed));
    assert!(asks_again(&sealed[..sealed.len() - 1]));
    assert!(asks_again(&sealed.replacen('1', "2", 1)));
    assert!(asks_again(&format!("{sealed}a")));
    assert!(asks_again(""));
    gateway.clock.step(SignedDuration::from_hours(24 * 181));
    assert!(!asks_again(&sealed));
    gateway.clock.step(SignedDuration::from_hours(24 * 2));
    assert!(asks_again(&sealed), "an old answer is asked for again");
    gateway.clock.set(noon() - SignedDuration::from_hours(24 * 5));
    assert!(asks_again(&sealed), "an answer from the future is no answer");
}

#[test]
fn a_seal_survives_a_restart() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let clock = gateway.clock.clone();
    let directory = gateway.stop();
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(directory.path().join("consent.key")).expect("a key").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let text = crate::support::settings(&directory, origin.address, crate::support::RULES);
    let gateway = crate::support::start_in(directory, &text, clock);
    let page = get(
        gateway.visitors,
        "/",
        &[("accept", "text/html"), ("cookie", &format!("consentry={}", visitor.jar["consentry"]))],
    );
    assert!(!page.text().contains("consentry-banner"));
}

#[test]
fn preferences_declaration_and_my_data_are_there_without_script() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let page = get(gateway.visitors, "/_consentry/consent", &[("accept-language", "en")]);
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(
        page.text().contains("name=\"category\"") && !page.text().contains(" checked>"),
        "no box is ticked beforehand"
    );
    let declared = get(gateway.visitors, "/_consentry/cookies", &[]).text();
    assert!(declared.contains("_ga") && declared.contains("Google"));
    let declared: serde_json::Value =
        serde_json::from_slice(&get(gateway.visitors, "/_consentry/cookies.json", &[]).body).expect("JSON");
    assert!(declared.to_string().contains("_ga"));
    let mine = get(
        gateway.visitors,
        "/_consentry/my-data",
        &[("cookie", "PHPSESSID=secret; _ga=1"), ("accept-language", "en")],
    );
    assert!(mine.text().contains("PHPSESSID") && mine.text().contains("_ga"));
    assert_eq!(mine.header("cache-control"), Some("no-store"));
    let script = get(gateway.visitors, "/_consentry/choice.js", &[]);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(get(gateway.visitors, "/_consentry/other", &[]).status, 404);
    assert!(origin.asked().is_empty(), "the origin has no part in it");
}
