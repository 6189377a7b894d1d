//! The question is about purposes in which the shop has something, and about no others: in every layer, in what is taken for
//! an answer, in what is recorded, told and counted.

use serde_json::{Value, json};

use crate::asking::{is_asked, told};
use crate::pages::SHOP;
use crate::receipts::records;
use crate::support::{Gateway, Origin, RULES, Visitor, settings, start_with};

const COUNTS: &str = "\"google-tag\", \"google-analytics\"";
const JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// The rules of a shop that uses these trackers.
fn using(uses: &str) -> String {
    RULES.replace("mode = \"enforce\"", &format!("mode = \"enforce\"\nuses = [{uses}]"))
}

fn reload(gateway: &Gateway, origin: &Origin, uses: &str) {
    gateway.reload(&settings(&gateway.directory, origin.address, &using(uses)));
}

/// What follows each of these words in a page, up to a quote.
fn each<'a>(page: &'a str, word: &str) -> Vec<&'a str> {
    page.split(word).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn only_what_the_shop_has_is_shown_in_any_layer() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using(COUNTS));
    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.open("/").text();
    let (_, question) = page.split_once("id=\"consentry-banner\"").expect("a question");
    let (question, _) = question.split_once("</section>").expect("an end");
    assert!(question.contains(" til statistikk. "), "{question}");

    let centre = visitor.open("/_consentry/consent").text();
    assert_eq!(each(&centre, "name=\"category\" value=\""), ["statistics"], "{centre}");
    assert_eq!(each(&centre, "name=\"tracker\" value=\""), ["google-tag", "google-analytics"]);
    let declaration = visitor.open("/_consentry/cookies").text();
    for page in [&centre, &declaration] {
        assert_eq!(page.matches("<h2>").count(), 2, "the necessary, and statistics: {page}");
    }
    let json = visitor.open("/_consentry/cookies.json").json();
    let declared = json["trackers"].as_array().expect("a list").iter().map(|one| &one["category"]);
    assert!(declared.into_iter().all(|category| category == "statistics" || category == "necessary"));
}

#[test]
fn a_forged_choice_grants_nothing_that_nobody_is_asked_about() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using(COUNTS));
    let mut visitor = Visitor::of(gateway.visitors);
    let more = "choice=some&category=statistics&category=marketing&category=preferences";
    let answer = visitor.post(more, &JSON).json();
    assert_eq!((&answer["granted"], &answer["refused"]), (&json!(["statistics"]), &json!([])));
    assert_eq!(visitor.jar["consentry"].split('.').nth(2), Some("s"));
    let page = visitor.open("/");
    assert_eq!(told(&origin), "necessary, statistics");
    assert!(!is_asked(&page));
    assert!(page.text().contains("ad_storage:\"denied\""), "nor are tags told otherwise");
    let recorded: Vec<_> = records(&gateway).into_iter().map(|one| (one.granted, one.refused)).collect();
    assert_eq!(recorded, [(vec!["statistics".to_owned()], vec![])]);
    assert_eq!(visitor.post("choice=all", &JSON).json()["unchanged"], true, "it was everything");

    let mut other = Visitor::of(gateway.visitors);
    let answer = other.post("choice=some&category=marketing", &JSON).json();
    assert_eq!((&answer["granted"], &answer["refused"]), (&json!([]), &json!(["statistics"])));
    assert_eq!((&answer["receipt"], records(&gateway).len()), (&Value::Null, 1), "it is a no");
}

#[test]
fn r35_less_to_ask_about_asks_nobody_again_and_something_new_does() {
    let origin = Origin::page(SHOP);
    let more = format!("{COUNTS}, \"meta-pixel\"");
    let gateway = start_with(&origin, &using(&more));
    let mut early = Visitor::of(gateway.visitors);
    early.choose("choice=all&return=/");
    reload(&gateway, &origin, COUNTS);
    assert!(!is_asked(&early.open("/")));
    assert_eq!(told(&origin), "necessary, statistics");
    let mut late = Visitor::of(gateway.visitors);
    late.choose("choice=all&return=/");
    assert_eq!(told(&origin), "necessary, statistics");

    reload(&gateway, &origin, &more);
    assert!(!is_asked(&early.open("/")), "it is what the visitor agreed to");
    assert_eq!(told(&origin), "necessary, statistics, marketing");
    assert!(is_asked(&late.open("/")), "nobody has asked this one about marketing");
    assert_eq!(told(&origin), "necessary, statistics");
}

/// Nothing of the yes is left, and its receipt is still the visitor's, who can take it back.
#[test]
fn r41_a_yes_to_what_the_shop_has_no_more_keeps_its_receipt() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using("\"hotjar\", \"meta-pixel\""));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=marketing&return=/");
    let number = records(&gateway)[0].id.expect("a number");
    reload(&gateway, &origin, "\"hotjar\"");
    assert!(!is_asked(&visitor.open("/")));
    let mine = visitor.get("/_consentry/my-data", &[("accept-language", "en")]).text();
    assert!(mine.contains(&number.to_string()) && mine.contains("It covers what is necessary."), "{mine}");
    visitor.choose("choice=none&return=/");
    let last = records(&gateway).pop().expect("a record");
    assert_eq!((last.id, last.action.as_str()), (Some(number), "withdrawn"));
}

/// A category has changed, and another one is not asked about: who agrees anew takes nothing back.
#[test]
fn r35_a_yes_that_is_given_anew_takes_nothing_back() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using(COUNTS));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    reload(&gateway, &origin, &format!("{COUNTS}, \"hotjar\""));
    assert!(is_asked(&visitor.open("/")));
    let answer = visitor.post("choice=all", &JSON).json();
    assert_eq!((&answer["granted"], &answer["takes_back"]), (&json!(["statistics"]), &Value::Null));
}

#[test]
fn what_nobody_is_asked_about_is_counted_neither_as_a_yes_nor_as_a_no() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using(COUNTS));
    let token = gateway.token();
    let mut yes = Visitor::of(gateway.visitors);
    yes.open("/");
    yes.choose("choice=all&layer=banner&return=/");
    let by = |dimension: &str, metric: &str| json!({"metrics": [metric], "date_range": "day", "dimensions": [dimension]});
    let one = |word: &str| json!([{"metrics": [1], "dimensions": [word]}]);
    gateway.ask_until(&token, &by("choice:statistics", "choices"), &one("granted"));
    gateway.ask_until(&token, &by("choice:marketing", "choices"), &json!([]));
    gateway.ask_until(&token, &by("consent:statistics", "visits"), &one("granted"));
    gateway.ask_until(&token, &by("consent:marketing", "visits"), &one("unanswered"));
    let answers = json!([
        {"metrics": [1], "dimensions": ["accepted"]},
        {"metrics": [1], "dimensions": ["shown"]},
    ]);
    gateway.ask_until(&token, &by("event:choice", "events"), &answers);
}

/// The rules of a shop that uses these trackers and does not count returns.
fn without_returns(uses: &str) -> String {
    using(uses).replace("[site.statistics]", "[site.statistics]\nreturns = false")
}

#[test]
fn a_shop_that_has_nothing_to_ask_about_asks_nobody() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &without_returns(""));
    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.open("/dekk");
    assert!(!is_asked(&page) && page.headers_named("set-cookie").is_empty());
    let page = page.text();
    assert!(page.contains("id=consentry-open"), "the link stays: {page}");
    assert!(page.contains("ad_storage:\"denied\"") && !page.contains("\"granted\",ad_"), "{page}");
    assert_eq!(told(&origin), "necessary");

    for path in ["consent", "cookies", "statistics", "my-data"] {
        let page = visitor.open(&format!("/_consentry/{path}"));
        assert_eq!((page.status.as_u16(), page.text().contains("consentry_weeks")), (200, false), "{path}");
    }
    let centre = visitor.open("/_consentry/consent?en").text();
    assert!(centre.contains("so there is nothing to choose here."), "{centre}");
    assert!(!centre.contains("<button"), "{centre}");

    let token = gateway.token();
    let answer = visitor.post("choice=all&return=/", &JSON);
    assert!(answer.headers_named("set-cookie").is_empty(), "nothing is kept");
    let answer = answer.json();
    assert_eq!((&answer["granted"], &answer["refused"]), (&json!([]), &json!([])));
    assert_eq!((&answer["unchanged"], records(&gateway).len()), (&json!(true), 0));
    visitor.choose("choice=some&category=statistics&category=marketing&return=/");
    assert!(visitor.jar.is_empty() && records(&gateway).is_empty());
    assert_eq!(told(&origin), "necessary");
    let figures = ["pageviews", "banners_shown", "choices", "consent_rate", "consent_rate_statistics"];
    let whole = json!({"metrics": figures, "date_range": "day"});
    gateway.ask_until(&token, &whole, &json!([{"metrics": [2, 0, 0, null, null], "dimensions": []}]));
}

#[test]
fn where_returns_are_not_counted_no_cookie_of_them_is_set_and_an_old_one_ends() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using(COUNTS));
    let mut early = Visitor::of(gateway.visitors);
    early.choose("choice=all&return=/");
    assert!(early.jar.contains_key("consentry_weeks"));

    gateway.reload(&settings(&gateway.directory, origin.address, &without_returns(COUNTS)));
    early.open("/");
    assert!(!early.jar.contains_key("consentry_weeks"), "{:?}", early.jar);
    let mut late = Visitor::of(gateway.visitors);
    assert!(is_asked(&late.open("/")), "of the trackers");
    late.choose("choice=all&return=/");
    assert_eq!(told(&origin), "necessary, statistics");
    assert_eq!(late.jar.keys().collect::<Vec<_>>(), ["consentry"]);
    let own = late.open("/_consentry/cookies.json").json()["own"].to_string();
    assert!(own.contains("consentry_objection") && !own.contains("consentry_weeks"), "{own}");
}

#[test]
fn where_returns_are_not_counted_nobody_is_said_to_be_new_or_to_return() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &without_returns(COUNTS));
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    visitor.open("/dekk");
    let by = |dimension: &str| json!({"metrics": ["visits"], "date_range": "day", "dimensions": [dimension]});
    let unknown = json!([{"metrics": [1], "dimensions": ["(unknown)"]}]);
    gateway.ask_until(&token, &by("visit:returning"), &unknown);
    gateway.ask_until(&token, &by("visit:first_week"), &json!([]));
}

#[test]
fn r41_a_yes_from_before_nothing_was_asked_can_be_taken_back_and_leaves_no_cookie() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &using("\"hotjar\""));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let number = records(&gateway)[0].id.expect("a number");
    gateway.reload(&settings(&gateway.directory, origin.address, &without_returns("")));
    assert!(!is_asked(&visitor.open("/")));
    assert_eq!(told(&origin), "necessary");
    let mine = visitor.open("/_consentry/my-data?en").text();
    assert!(mine.contains(&number.to_string()) && mine.contains("data-role=\"withdraw\""), "{mine}");
    visitor.choose("choice=none&layer=page&return=/");
    let last = records(&gateway).pop().expect("a record");
    assert_eq!((last.id, last.action.as_str()), (Some(number), "withdrawn"));
    assert!(visitor.jar.is_empty(), "{:?}", visitor.jar);
}
