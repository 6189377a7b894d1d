//! What the operator vouches for is told to visitors wherever they are asked, and a receipt proves that it was.

use crate::pages::PLAIN;
use crate::support::{Origin, RULES, Visitor, get, start_with};

/// One rule of each kind; the name and the reason of each as they stand in a page.
const VOUCHED: [(&str, &str, &str, &str); 6] = [
    ("host = \"cdn.aaa.example\"", "necessary", "cdn.aaa.example", "pictures of tyres"),
    ("host = \"ads.bbb.example\"", "marketing", "ads.bbb.example", "shows adverts of makers"),
    ("cookie = \"zzz_*\"", "statistics", "zzz_*", "counts clicks on the menu"),
    ("cookie = \"yyy\"", "necessary", "yyy", "keeps the basket"),
    ("parameter = \"acid\"", "necessary", "?acid", "part of a signed link"),
    ("frames = true\npaths = [\"/kasse\"]", "necessary", "iframe https://* (/kasse)", "the bank asks"),
];

fn rules() -> String {
    let rule = |(what, category, _, why): &(&str, &str, &str, &str)| {
        format!("[[site.allow]]\n{what}\ncategory = \"{category}\"\nwhy = \"{why}\"\n")
    };
    VOUCHED.iter().map(rule).collect()
}

/// How many companies the first layer names beside the shop.
fn companies(page: &str) -> u32 {
    let (before, _) = page.split_once(" other companies").expect("the question");
    before.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number")
}

#[test]
fn r05_r16_what_the_operator_vouches_for_is_declared_with_its_reason() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &format!("{RULES}{}", rules()));
    let read = |below: &str| get(gateway.visitors, &format!("/_consentry/{below}"), &[]).text();
    let (declaration, centre) = (read("cookies?en"), read("consent?en"));
    for (_, _, name, why) in VOUCHED {
        for page in [&declaration, &centre] {
            assert!(page.contains(&format!("<h3>{name}</h3><p>{why}</p>")), "{name} is missing in {page}");
        }
    }
    assert!(declaration.contains("but ads.bbb.example learns that you were here."), "{declaration}");
    let declared = get(gateway.visitors, "/_consentry/cookies.json", &[]).json();
    for (at, (_, category, _, why)) in VOUCHED.into_iter().enumerate() {
        let told = &declared["vouched"][at];
        assert_eq!((told["category"].as_str(), told["why"].as_str()), (Some(category), Some(why)));
    }
}

#[test]
fn r15_a_host_that_is_vouched_for_is_one_of_the_companies_that_are_named_in_the_question() {
    let origin = Origin::page(PLAIN);
    let asked = |rules: &str| {
        let gateway = start_with(&origin, &format!("{RULES}{rules}"));
        companies(&Visitor::of(gateway.visitors).open("/").text())
    };
    assert_eq!(asked(&rules()), asked("") + 1);
}

#[test]
fn r40_the_receipt_proves_what_the_operator_vouched_for() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &format!("{RULES}{}", rules()));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=marketing&return=/");
    let document = &visitor.get("/_consentry/receipt.json", &[]).json()["document"];
    let told = &document["dpv:hasNotice"]["categories"][3]["vouched"][0];
    assert_eq!((&told["name"], &told["why"]), (&"ads.bbb.example".into(), &"shows adverts of makers".into()));
    let process = document["dpv:hasProcess"].as_array().expect("a list");
    assert_eq!((process.len(), &process[0]["vouched"][0]["name"]), (1, &"ads.bbb.example".into()));
}
