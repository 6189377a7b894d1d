//! HTML that a script fetches: its carriers are held, frames show their placeholders, and nothing else of ours is put in.

use crate::support::{Origin, Visitor, get, start};

const FRAGMENT: &str = "<link rel=preconnect href=https://www.google-analytics.com>\
    <meta http-equiv=refresh content='0;url=https://www.facebook.com/tr'>\
    <iframe src=https://www.youtube.com/embed/x></iframe><p>Dekk</p>\
    <script src=https://www.googletagmanager.com/gtag/js></script>";

/// Ways in which scripts ask for a part of a page.
const WAYS: [&[(&str, &str)]; 5] = [
    &[("sec-fetch-dest", "empty")],
    &[("sec-fetch-dest", "empty"), ("accept", "text/html")],
    &[("hx-request", "true"), ("accept", "*/*")],
    &[("turbo-frame", "cart"), ("accept", "text/html")],
    &[("x-requested-with", "XMLHttpRequest"), ("accept", "text/html, */*; q=0.01")],
];

#[test]
fn carriers_in_html_that_a_script_fetches_are_held() {
    let origin = Origin::page(FRAGMENT);
    let gateway = start(&origin);
    for way in WAYS {
        let text = get(gateway.visitors, "/", way).text();
        for held in [
            " href=https://www.google-analytics",
            " http-equiv=refresh",
            " src=https://www.youtube",
            " src=https://www.google",
        ] {
            assert!(!text.contains(held), "{way:?}, {held}: {text}");
        }
        assert!(text.contains("<p>Dekk</p>") && text.contains("data-consentry-src="), "{way:?}: {text}");
        for ours in ["consentry-banner", "<style", "consentry-open", "self.consentry", "<form"] {
            assert!(!text.contains(ours), "{way:?}, {ours}: {text}");
        }
    }
}

#[test]
fn a_frame_in_html_that_a_script_fetches_shows_a_placeholder_that_leads_back_to_where_it_is() {
    let origin = Origin::page(FRAGMENT);
    let gateway = start(&origin);
    for way in WAYS {
        let text = get(gateway.visitors, "/", way).text();
        let (_, tag) = text.split_once("<iframe srcdoc=&lt;html&#32;").expect(&text);
        let tag = tag.split('>').next().unwrap_or_default();
        for part in [
            "id=consentry-allow",
            "&gt;&lt;style&gt;",
            "action=&#34;http://shop.example/_consentry/choice",
            "value=youtube",
            " title=YouTube",
        ] {
            assert!(tag.contains(part), "{way:?}, {part}: {tag}");
        }
        assert!(!tag.contains("name=return"), "{tag}");
    }
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.referrer = Some("http://shop.example/dekk?side=2".into());
    let answer = visitor.post("choice=some&layer=embed&tracker=youtube", &[]);
    assert_eq!(answer.header("location"), Some("/dekk?side=2"));
}

#[test]
fn html_that_a_script_fetches_without_trackers_stays_byte_for_byte() {
    let text =
        "<!doctype html><head><title>Kurv</title></head><body><p>1 vare<img src=/a.png></body></html>\n";
    let origin = Origin::page(text);
    let gateway = start(&origin);
    for way in WAYS {
        assert_eq!(get(gateway.visitors, "/kurv", way).text(), text, "{way:?}");
    }
}

#[test]
fn a_fetched_part_of_who_agreed_to_everything_stays_byte_for_byte() {
    let origin = Origin::page(FRAGMENT);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all");
    assert_eq!(visitor.get("/", &[("sec-fetch-dest", "empty")]).text(), FRAGMENT);
}
