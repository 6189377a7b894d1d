//! Google's advanced mode: its tags are loaded before an answer, and after one as the answer says.

use crate::asking::{MORE, is_asked, reloaded};
use crate::pages::SHOP;
use crate::support::{Answer, Origin, RULES, Visitor, start};

const ADVANCED: &str = "[site.consent.google]\nmode = \"advanced\"\n\
    [[site.consent.google.region]]\ncountries = [\"US\"]\ngranted = [\"statistics\"]\n";
/// Is the tag loaded in this page? Markup, fence and what page scripts are told have to agree.
fn loads_google(page: &Answer) -> bool {
    let text = page.text();
    let is_loaded = text.contains("<script async src=\"https://www.googletagmanager.com/gtag/js");
    let fence = page.header("content-security-policy");
    let is_let_through = fence.is_none_or(|fence| fence.contains("www.googletagmanager.com"));
    let has_stand_in = text.contains("consentry.idle");
    assert_eq!((is_let_through, has_stand_in), (is_loaded, !is_loaded), "{text}");
    is_loaded
}

#[test]
fn r30_g8_advanced_tags_run_before_an_answer_and_never_after_a_no() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut earlier = Visitor::of(gateway.visitors);
    earlier.choose("choice=none&return=/");
    reloaded(&gateway, &origin, &format!("{RULES}{ADVANCED}"));
    let page = earlier.open("/");
    assert!(!loads_google(&page) && !is_asked(&page), "who said no is served as before");

    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.open("/");
    assert!(loads_google(&page) && is_asked(&page) && page.text().contains("region:[\"US\"]"));
    visitor.choose("choice=none&return=/");
    assert!(!loads_google(&visitor.open("/")));
    visitor.choose("choice=some&category=preferences&tracker=youtube&return=/");
    assert!(!loads_google(&visitor.open("/")), "that yes was to something else");
    visitor.choose("choice=some&category=statistics&return=/");
    assert!(loads_google(&visitor.open("/")));

    reloaded(&gateway, &origin, &format!("{RULES}{ADVANCED}{MORE}"));
    let page = earlier.open("/");
    assert!(is_asked(&page) && !loads_google(&page), "nor while the question is put again");
    assert!(!page.text().contains("region:"));
}

#[test]
fn p5_g8_advanced_tags_do_not_run_for_a_browser_that_says_no() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    reloaded(&gateway, &origin, &format!("{RULES}{ADVANCED}"));
    let html = ("accept", "text/html");
    let mut visitor = Visitor::of(gateway.visitors);
    assert!(loads_google(&visitor.get("/", &[html])));
    assert!(!loads_google(&visitor.get("/", &[html, ("sec-gpc", "1")])));
    visitor.agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".into();
    assert!(!loads_google(&visitor.open("/")), "nor for who is not asked");
    let frame = [html, ("sec-fetch-dest", "iframe")];
    let mut framed = Visitor::of(gateway.visitors);
    assert!(loads_google(&framed.get("/", &frame)));
    framed.choose("choice=none&return=/");
    assert!(!loads_google(&framed.get("/", &frame)));
}
