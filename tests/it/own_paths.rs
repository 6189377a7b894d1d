//! Trackers on the shop's own hosts: what reaches the origin, and what the page gets in its place.

use std::io::Write as _;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

use crate::pages::PLAIN;
use crate::support::origin::Asked;
use crate::support::{Answer, Gateway, Origin, RULES, Visitor, client::raw, get, request, start_with};

/// A tracker that can be on any host.
pub const ACME: &str = r#"
[[site.tracker]]
id = "acme"
name = "Acme"
category = "statistics"
provider = { name = "Acme Inc.", country = "US", privacy = "https://acme.example/privacy" }
purpose = { en = "Counts." }
source = "https://acme.example/docs"
hosts = ["cdn.acme.example"]
own = [
  { path = "*/metrics/collect", query = ["v=2", "tid=A-*"] },
  { path = "*/metrics/tag.js", query = ["id=A-*"], script = true },
  { path = "*/metrics/ns.html" },
  { path = "*/event", body = ['"acme_key":"', '"u":'] },
]
signatures = ["/*! acme tags 3", "window.AcmeTagsQueue="]
parameters = ["acid", "acx_*", "utm_source"]
"#;

const HIT: &str = "/metrics/collect?v=2&tid=A-1&cid=12.34";
const TAG: &str = "/metrics/tag.js?id=A-1";
const BUNDLE: &str =
    "!function(){window.AcmeTagsQueue=window.AcmeTagsQueue||[];fetch('/metrics/collect')}();";
pub const SCRIPT: (&str, &str) = ("sec-fetch-dest", "script");
const EMPTY: (&str, &str) = ("sec-fetch-dest", "empty");

pub fn start(origin: &Origin) -> Gateway {
    start_with(origin, &format!("{RULES}{ACME}"))
}

/// An origin whose every answer is this script, which may be kept for a year.
pub fn scripts(text: &'static str) -> Origin {
    Origin::answering(move |_| script(text.as_bytes()))
}

fn script(bytes: &[u8]) -> Response<Bytes> {
    Response::builder()
        .header("content-type", "application/javascript; charset=utf-8")
        .header("cache-control", "public, max-age=31536000, immutable")
        .header("etag", "\"1\"")
        .header("set-cookie", "PHPSESSID=a")
        .body(Bytes::copy_from_slice(bytes))
        .expect("a response")
}

/// Asks as a browser with the visitor's cookies does for what a page loads.
pub fn load(gateway: &Gateway, visitor: &Visitor, target: &str, headers: &[(&str, &str)]) -> Answer {
    let cookies: Vec<String> = visitor.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    get(gateway.visitors, target, &[headers, &[("cookie", &cookies)]].concat())
}

fn assert_empty_script(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("text/javascript"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("etag"), None);
    assert!(answer.body.is_empty());
}

pub fn assert_nothing(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.is_empty() && answer.header("access-control-allow-origin").is_none());
}

#[test]
fn a_held_trackers_requests_never_reach_the_origin() {
    let origin = scripts(BUNDLE);
    let gateway = start(&origin);
    for (target, dest) in [(HIT, "empty"), (HIT, "image"), ("/x/metrics/collect?tid=%41-1&v=2", "empty")] {
        assert_nothing(&get(gateway.visitors, target, &[("sec-fetch-dest", dest)]));
    }
    assert_nothing(&get(gateway.visitors, "/metrics/ns.html", &[("sec-fetch-dest", "iframe")]));
    assert_empty_script(&get(gateway.visitors, TAG, &[SCRIPT]));
    assert_empty_script(&get(gateway.visitors, "/metrics/t%61g.js?id=A-1", &[("sec-fetch-dest", "worker")]));
    assert_empty_script(&get(gateway.visitors, TAG, &[EMPTY, ("sec-purpose", "prefetch")]));
    let beacon = Request::post(HIT).header("host", "shop.example").header("sec-fetch-dest", "empty");
    assert_nothing(&request(
        gateway.visitors,
        beacon.body(Bytes::from(vec![b'x'; 50_000])).expect("a request"),
    ));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=marketing&return=/");
    let count = origin.asked().len();
    assert_nothing(&load(&gateway, &visitor, HIT, &[EMPTY]));
    assert_eq!(origin.asked().len(), count, "another category opens nothing");
    assert_eq!(count, 1, "only the page was asked for: {:?}", origin.asked());
    let metrics = http::Request::get("/metrics").header("host", "x").body(Bytes::new()).expect("a request");
    let figures = request(gateway.admin, metrics).text();
    assert!(figures.contains("policy_requests_held_total 9\n"), "{figures}");
}

#[test]
fn browsers_that_do_not_say_what_they_load_are_held_too() {
    let origin = scripts(BUNDLE);
    let gateway = start(&origin);
    assert_nothing(&get(gateway.visitors, HIT, &[("accept", "*/*")]));
    assert_empty_script(&get(gateway.visitors, TAG, &[("accept", "*/*")]));
    assert_empty_script(&get(gateway.visitors, TAG, &[]));
    assert!(origin.asked().is_empty());
    assert_empty_script(&get(gateway.visitors, "/bundle.js", &[("accept", "*/*")]));
}

#[test]
fn googles_hits_by_way_of_the_shop_never_reach_the_origin_and_the_shops_own_requests_do() {
    let origin = scripts("shop()");
    let gateway = start_with(&origin, RULES);
    let hits = "/metrics/ccm/collect?tid=AW-123&gcs=G100&v=2 /ccm/collect?en=page_view /rmkt/collect/123/ \
        /metrics/g/s/collect?tid=G-1&gcs=G111 /metrics/as/d/ccm/conversion?gcs=G100 /metrics/td?id=G-1 \
        /pagead/conversion/123/?random=1&label=x /metrics/a?id=G-1 /metrics/_/service_worker/5ab0/sw_iframe.html \
        /4vu8/as/p/c/1/?random=1&en=conversion&gcs=G111 /4vu8/d/pagead/form-data/1?random=1 /4vu8/_/set_cookie?val=x \
        /4vu8/ag/g/c?v=2&tid=G-ABC&gtm=45&_p=1 /m.php?id=G-ABC&s=%2Fg%2Fcollect%3Fv%3D2 /m.php?id=AW-1&s=/pagead/1";
    for target in hits.split_whitespace() {
        assert_nothing(&get(gateway.visitors, target, &[EMPTY]));
    }
    let worker = "/metrics/_/service_worker/5ab0/sw.js";
    get(gateway.visitors, worker, &[("sec-fetch-dest", "serviceworker"), ("service-worker", "script")]);
    assert!(origin.asked().is_empty(), "{:?}", origin.asked());
    for target in ["/api/products?cid=12&tid=G-123&v=2", "/a?id=G-star", "/collect?tid=G-1"] {
        assert_eq!(get(gateway.visitors, target, &[EMPTY]).text(), "shop()", "{target}");
    }
}

#[test]
fn a_person_may_open_any_page() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    assert!(Visitor::of(gateway.visitors).open("/metrics/ns.html").text().contains("Plain"));
    let old = get(gateway.visitors, "/metrics/ns.html", &[("accept", "text/html,*/*;q=0.8")]);
    assert!(old.text().contains("Plain"));
}

#[test]
fn what_only_looks_like_a_tracker_is_untouched() {
    let origin = scripts("function AcmeTags(){}");
    let gateway = start(&origin);
    for target in
        ["/metrics/collect?v=1&tid=A-1", "/metrics/collect.js", "/assets/metrics-tag.js?id=A-1", "/tag.js"]
    {
        let answer = get(gateway.visitors, target, &[SCRIPT]);
        assert_eq!(answer.text(), "function AcmeTags(){}", "{target}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!((answer.header("etag"), answer.header("vary")), (Some("\"1\""), None));
        assert_eq!(origin.last().target, target);
    }
}

#[test]
fn a_granted_tracker_works_and_its_script_does_not_outlive_the_grant() {
    let origin = scripts(BUNDLE);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let hit = load(&gateway, &visitor, HIT, &[EMPTY]);
    assert_eq!((hit.status, origin.last().target.as_str()), (StatusCode::OK, HIT));
    assert_eq!(hit.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let tag = load(&gateway, &visitor, TAG, &[SCRIPT]);
    assert_eq!(tag.text(), BUNDLE);
    assert_eq!(
        (tag.header("cache-control"), tag.header("vary")),
        (Some("private, no-cache"), Some("Cookie"))
    );
    assert_eq!(tag.header("etag"), Some("\"1\""), "the next request is looked at before the origin sees it");
    let bundle = load(&gateway, &visitor, "/bundle.js", &[SCRIPT]);
    assert_eq!(bundle.text(), BUNDLE);
    assert_eq!((bundle.header("cache-control"), bundle.header("etag")), (Some("private, no-cache"), None));
    visitor.post("choice=none&return=/", &[]);
    assert_nothing(&load(&gateway, &visitor, HIT, &[EMPTY]));
    assert_empty_script(&load(&gateway, &visitor, TAG, &[SCRIPT, ("if-none-match", "\"1\"")]));
    assert_empty_script(&load(&gateway, &visitor, "/bundle.js", &[SCRIPT]));
}

#[test]
fn where_nothing_is_enforced_everything_passes() {
    for mode in ["observe", "off"] {
        let origin = scripts(BUNDLE);
        let gateway = start_with(&origin, &format!("{}{ACME}", RULES.replace("enforce", mode)));
        for target in [HIT, TAG, "/bundle.js", "/?acid=1"] {
            let answer = get(gateway.visitors, target, &[SCRIPT, ("referer", "http://shop.example/?acid=1")]);
            assert_eq!(answer.text(), BUNDLE, "{mode} {target}");
            assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(origin.last().target, target);
            assert_eq!(origin.last().header("referer"), "http://shop.example/?acid=1");
        }
    }
}

#[test]
fn a_page_on_another_host_of_the_shop_is_told_that_there_is_nothing() {
    let origin = scripts(BUNDLE);
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, &format!("{RULES}{ACME}"))
        .replace("\"shop.example\"", "\"*.shop.example\"");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let ask = |method: Method, from: &str| {
        let builder = Request::builder().method(method).uri(HIT).header("host", "metrics.shop.example");
        let builder = builder.header("sec-fetch-dest", "empty").header("origin", from);
        let builder = builder.header("access-control-request-method", "POST");
        let builder = builder.header("access-control-request-headers", "content-type");
        request(gateway.visitors, builder.body(Bytes::new()).expect("a request"))
    };
    for method in [Method::POST, Method::OPTIONS] {
        let answer = ask(method, "https://www.shop.example");
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://www.shop.example"));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    }
    for stranger in ["https://elsewhere.example", "null", "https://metrics.shop.example"] {
        assert_nothing(&ask(Method::POST, stranger));
    }
    assert!(origin.asked().is_empty());
}

#[test]
fn a_body_that_nobody_wants_is_read_only_so_far() {
    let origin = scripts(BUNDLE);
    let gateway = start(&origin);
    let head = format!("POST {HIT} HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1000000\r\n\r\n");
    // A tenth of what was announced is more than is read: the answer comes, and then the end.
    let answer = raw(gateway.visitors, &[head.into_bytes(), vec![b'x'; 100_000]].concat());
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let small = format!("POST {HIT} HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n\r\nhello");
    let answer = raw(gateway.visitors, small.repeat(2).as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 204 ").count(), 2, "{answer}");
    assert!(origin.asked().is_empty());
}

pub fn coded(coding: &str, plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match coding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::fast());
            encoder.write_all(plain).and_then(|()| encoder.try_finish()).expect("in memory");
        }
        "br" => brotli::CompressorWriter::new(&mut bytes, 4096, 5, 22).write_all(plain).expect("in memory"),
        "zstd" => {
            bytes = ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest);
        }
        _ => bytes.extend_from_slice(plain),
    }
    bytes
}

/// An origin that answers `/<coding>` with this script in that coding.
fn coded_scripts(text: String) -> Origin {
    Origin::answering(move |asked: &Asked| {
        let coding = asked.target.trim_start_matches('/');
        let mut answer = script(&coded(coding, text.as_bytes()));
        answer.headers_mut().insert("content-encoding", coding.parse().expect("a value"));
        answer
    })
}

#[test]
fn a_trackers_script_of_any_name_and_coding_is_left_empty() {
    let origin = coded_scripts(format!(
        "{}{BUNDLE}{}",
        "/* the shop's bundle */\n".repeat(150),
        "x();".repeat(30_000)
    ));
    let gateway = start(&origin);
    for coding in ["identity", "gzip", "br", "zstd"] {
        let answer = get(gateway.visitors, &format!("/{coding}"), &[SCRIPT]);
        assert_empty_script(&answer);
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(
            answer.headers_named("set-cookie"),
            ["PHPSESSID=a"],
            "the shop's own cookie is no tracker's"
        );
    }
}

#[test]
fn the_shops_scripts_pass_byte_for_byte_in_every_coding() {
    let text =
        format!("var host='cdn.acme.example';load('/metrics/tag.js');{}", "let answer=6*7;\n".repeat(20_000));
    let origin = coded_scripts(text.clone());
    let gateway = start(&origin);
    for coding in ["identity", "gzip", "br", "zstd", "secret"] {
        let answer = get(gateway.visitors, &format!("/{coding}"), &[SCRIPT]);
        let bytes = coded(coding, text.as_bytes());
        assert!(answer.body == bytes, "{coding}");
        assert_eq!(answer.header("content-length"), Some(bytes.len().to_string().as_str()), "{coding}");
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    }
}

#[test]
fn a_script_that_changes_into_a_trackers_is_found() {
    let origin = Origin::answering(|asked: &Asked| {
        let (tag, text) = if asked.header("x-day") == "2" { ("\"2\"", BUNDLE) } else { ("\"1\"", "shop();") };
        let mut answer = script(text.as_bytes());
        answer.headers_mut().insert("etag", tag.parse().expect("a value"));
        answer
    });
    let gateway = start(&origin);
    for _ in 0..2 {
        assert_eq!(get(gateway.visitors, "/shop.js", &[SCRIPT]).text(), "shop();");
    }
    assert_empty_script(&get(gateway.visitors, "/shop.js", &[SCRIPT, ("x-day", "2")]));
    assert_eq!(get(gateway.visitors, "/shop.js", &[SCRIPT]).text(), "shop();");
}

#[test]
fn what_is_no_whole_script_is_not_looked_into() {
    let origin = Origin::answering(|asked: &Asked| {
        let status = asked.target.trim_start_matches('/').parse().unwrap_or(StatusCode::OK);
        let mut answer = script(if status == StatusCode::NOT_MODIFIED { b"" } else { BUNDLE.as_bytes() });
        *answer.status_mut() = status;
        if asked.target == "/json" {
            answer.headers_mut().insert("content-type", "application/json".parse().expect("a value"));
        }
        answer
    });
    let gateway = start(&origin);
    for (target, dest) in
        [("/206", SCRIPT), ("/404", SCRIPT), ("/data", EMPTY), ("/data", ("sec-fetch-dest", "style"))]
    {
        let answer = get(gateway.visitors, target, &[dest]);
        assert_eq!(answer.text(), BUNDLE, "{target}");
        assert_eq!(answer.header("etag"), Some("\"1\""));
    }
    assert_eq!(get(gateway.visitors, "/json", &[]).text(), BUNDLE, "data is not run");
    assert_eq!(get(gateway.visitors, "/304", &[SCRIPT]).status, StatusCode::NOT_MODIFIED);
    let head = Request::head("/bundle.js").header("host", "shop.example").header(SCRIPT.0, SCRIPT.1);
    let head = request(gateway.visitors, head.body(Bytes::new()).expect("a request"));
    assert_eq!((head.status, head.header("etag")), (StatusCode::OK, Some("\"1\"")));
}

#[test]
fn a_cloaked_host_that_nobody_listed_is_held() {
    let page = "<!doctype html><html><head><script src=\"https://metrics.shop.example/a.js\"></script></head></html>";
    let origin = Origin::page(page);
    let gateway = start(&origin);
    let answer = Visitor::of(gateway.visitors).open("/");
    assert!(!answer.text().contains(" src=\"https://metrics.shop.example/a.js\""), "{}", answer.text());
    let fence = answer.header("content-security-policy").expect("a fence");
    assert!(!fence.contains("metrics.shop.example") && !fence.contains("*.shop.example"), "{fence}");
}

#[test]
fn on_a_host_of_the_shop_a_tracker_is_known_by_what_it_asks_for() {
    let page = "<!doctype html><html><head><script src=\"https://metrics.shop.example/metrics/tag.js?id=A-1\"></script>\
                <script src=\"https://static.shop.example/shop.js?id=A-1\"></script></head></html>";
    let origin = Origin::page(page);
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, &format!("{RULES}{ACME}"))
        .replace("\"shop.example\"", "\"*.shop.example\"");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let mut visitor = Visitor::of(gateway.visitors);
    let held = visitor.open("/").text();
    assert!(!held.contains(" src=\"https://metrics.shop.example"), "{held}");
    assert!(held.contains("<script src=\"https://static.shop.example/shop.js?id=A-1\">"), "{held}");
    visitor.choose("choice=some&category=statistics&return=/");
    assert!(
        visitor
            .open("/")
            .text()
            .contains("<script src=\"https://metrics.shop.example/metrics/tag.js?id=A-1\">")
    );
}

#[test]
fn a_trackers_script_is_known_under_any_type_and_in_any_coding() {
    const TEXT: &str = "/*! acme tags 3 */ window.acme = 1;";
    for kind in ["text/html", "text/html; charset=utf-8", "application/xhtml+xml", "text/plain", ""] {
        for coding in ["identity", "foo", "gzip, foo"] {
            let origin = Origin::answering(move |_| {
                let response = Response::builder().header("content-type", kind);
                response.header("content-encoding", coding).body(TEXT.into()).expect("a response")
            });
            let gateway = start(&origin);
            for dest in ["script", "worker", "audioworklet"] {
                let answer = get(gateway.visitors, "/t/tag.php", &[("sec-fetch-dest", dest)]);
                assert_empty_script(&answer);
            }
            let picture = get(gateway.visitors, "/t/tag.php", &[("sec-fetch-dest", "image")]);
            assert_eq!(picture.text(), TEXT, "{kind}, {coding}: nobody runs it");
        }
    }
}
