//! `consentry scan` without a browser: what is read of a page, and how a failure is told.

use std::io::Write as _;
use std::process::{Command, Output};

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::support::Origin;
use crate::support::origin::{Asked, html_page};

const PAGE: &str = r#"<!doctype html><html><head>
<link rel="preconnect" href="https://www.google-analytics.com">
<script src="https://js.stripe.com/v3/"></script>
<script>window.x='https://only-a-text.example/'</script>
<script>fbq('init', '1');</script></head>
<body><img src="//pictures.unheard.example/a.png"></body></html>"#;

fn scan(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    command.arg("scan").args(arguments).env_remove("CHROMIUM").output().expect("it runs")
}

fn json(arguments: &[&str]) -> Value {
    let output = scan(&[arguments, &["--no-browser", "--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn names<'a>(scan: &'a Value, list: &str) -> Vec<&'a str> {
    scan[list].as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name")).collect()
}

/// A shop that sends its visitors on once, and its page compressed.
fn shop() -> Origin {
    Origin::answering(|asked: &Asked| {
        if asked.target == "/" {
            let answer = Response::builder().status(302).header("location", "nb?x=1");
            return answer.header("set-cookie", "hop=1; Path=/").body(Bytes::new()).expect("a response");
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(PAGE.as_bytes()).expect("in memory");
        let mut answer = html_page("");
        *answer.body_mut() = encoder.finish().expect("in memory").into();
        for (name, value) in [
            ("content-encoding", "gzip"),
            ("set-cookie", "PHPSESSID=a; HttpOnly"),
            ("set-cookie", "_ga=GA1.1.1; Max-Age=1"),
            ("link", "<https://fonts.unheard.example/a.woff2>; rel=preload, </own.css>; rel=preload"),
        ] {
            answer.headers_mut().append(name, value.parse().expect("a value"));
        }
        answer
    })
}

#[test]
fn heads_and_tags_say_what_a_page_sets_and_names() {
    let origin = shop();
    let found = json(&[&format!("http://{}", origin.address)]);
    assert_eq!(found["url"], format!("http://{}/nb?x=1", origin.address));
    // The first is whom the snippet of Meta's calls.
    let hosts = [
        "connect.facebook.net",
        "fonts.unheard.example",
        "pictures.unheard.example",
        "www.google-analytics.com",
        "js.stripe.com",
    ];
    assert_eq!(names(&found, "hosts"), hosts);
    assert_eq!(found["hosts"][1]["class"], "unknown");
    assert_eq!(found["hosts"][3]["trackers"][0]["id"], "google-analytics");
    assert_eq!(found["hosts"][4]["before_choice"], "open");
    assert_eq!(names(&found, "cookies"), ["_ga", "hop", "PHPSESSID"]);
    assert_eq!(found["hosts"][0]["trackers"][0]["id"], "meta-pixel");
    assert!(found["notes"].to_string().contains("1 redirect(s)"), "{}", found["notes"]);
    let asked = origin.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].target, "/nb?x=1");
    assert!(asked[1].header("user-agent").contains("consentry-scan"));
}

#[test]
fn a_report_is_for_people_and_lines_are_for_the_settings() {
    let origin = shop();
    let address = format!("http://{}", origin.address);
    let report = scan(&[&address, "--no-browser"]);
    let text = String::from_utf8(report.stdout).expect("text");
    assert!(text.contains("  held     pictures.unheard.example  unknown\n"), "{text}");
    assert!(String::from_utf8_lossy(&report.stderr).contains("next: "));
    let lines = scan(&[&address, "--no-browser", "--toml"]);
    let text = String::from_utf8(lines.stdout).expect("text");
    assert!(text.contains("\n#[[site.allow]]\n#host = \"pictures.unheard.example\"\n"), "{text}");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
    assert!(lines.stderr.is_empty());
}

#[test]
fn a_banner_that_is_there_already_is_told() {
    let origin =
        Origin::answering(|_| html_page("<script src=https://consent.cookiebot.com/uc.js></script>"));
    let address = format!("http://{}", origin.address);
    let notes = json(&[&address])["notes"].to_string();
    assert!(notes.contains("visitors are asked for consent by Cookiebot"), "{notes}");
    let lines = scan(&[&address, "--no-browser", "--toml"]);
    let text = String::from_utf8(lines.stdout).expect("text");
    assert!(text.contains("# These ask visitors, too.") && text.contains("\n# \"cookiebot\"\n"), "{text}");
}

#[test]
fn what_cannot_be_read_is_told_with_a_code() {
    let circle = Origin::answering(|_| {
        Response::builder().status(302).header("location", "/").body(Bytes::new()).expect("a response")
    });
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let page = shop();
    let (circle, closed, page) = (
        format!("http://{}", circle.address),
        format!("http://{closed}"),
        format!("http://{}", page.address),
    );
    for (arguments, code, said) in [
        (&[circle.as_str(), "--no-browser"][..], 1, "more than 5 redirects"),
        (&[closed.as_str(), "--no-browser"], 1, "took no connection"),
        (&[page.as_str(), "--browser", "/bin/false"], 1, "Chromium"),
        (&[page.as_str(), "--browser", "/bin/false", "--no-browser"], 2, "cannot be used with"),
        (&["ftp://shop.example/", "--no-browser"], 2, "begins with http:// or https://"),
        (&[page.as_str(), "--json", "--toml"], 2, "cannot be used with"),
    ] {
        let output = scan(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
}

#[test]
fn a_page_without_end_and_one_that_says_no_are_read_as_far_as_they_go() {
    let origin = Origin::answering(|asked: &Asked| {
        let mut page = "<img src=https://first.example/>".to_owned();
        page += &"<p>endless</p>".repeat(if asked.target == "/long" { 400_000 } else { 1 });
        page += "<img src=https://last.example/>";
        let mut answer = html_page(&page);
        if asked.target == "/no" {
            *answer.status_mut() = http::StatusCode::FORBIDDEN;
        }
        answer
    });
    let at = |path: &str| json(&[&format!("http://{}{path}", origin.address)]);
    let long = at("/long");
    assert_eq!(names(&long, "hosts"), ["first.example"]);
    assert!(long["notes"].to_string().contains("only the first 4 MiB"), "{}", long["notes"]);
    let no = at("/no");
    assert_eq!(names(&no, "hosts"), ["first.example", "last.example"]);
    assert!(no["notes"].to_string().contains("the page answered 403"), "{}", no["notes"]);
}
