//! What became of the question: asked, answered in the banner, the preference centre or by a script, or ignored.

use serde_json::json;

use crate::events::{post, rules_with};
use crate::pages::{PLAIN, SHOP};
use crate::receipts::records;
use crate::support::browser::CHROME;
use crate::support::{Gateway, Origin, RULES, Visitor, rules_of_mode, settings, start, start_with};

const FIGURES: [&str; 7] = [
    "banners_shown",
    "banners_ignored",
    "choices",
    "consent_rate",
    "consent_rate_statistics",
    "consent_rate_marketing",
    "consent_share_statistics",
];

fn told(gateway: &Gateway, token: &str, metrics: &[&str], dimension: &str, expected: &serde_json::Value) {
    let question = json!({"metrics": metrics, "date_range": "day", "dimensions": [dimension]});
    gateway.ask_until(token, &question, expected);
}

/// Somebody with a browser of their own.
fn visitor(gateway: &Gateway, version: u32) -> Visitor {
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.agent = visitor.agent.replace("Chrome/140", &format!("Chrome/{version}"));
    visitor
}

/// Four visits: one says yes in the banner without a script, one no by a script, one agrees to statistics in the
/// preference centre and takes it back, one looks at two pages and says nothing.
fn day(gateway: &Gateway) {
    let mut yes = visitor(gateway, 131);
    yes.open("/");
    yes.choose("choice=all&layer=banner&return=/");
    yes.open("/dekk");
    let mut no = visitor(gateway, 132);
    no.open("/");
    no.post("choice=none&layer=script", &[("accept", "application/json"), ("accept-language", "en")]);
    let mut some = visitor(gateway, 133);
    some.open("/dekk");
    some.choose("choice=some&category=statistics&layer=page&return=/dekk");
    some.choose("choice=none&layer=page&return=/dekk");
    let mut nobody = visitor(gateway, 134);
    nobody.open("/");
    nobody.open("/kasse");
}

#[test]
fn everybody_who_was_asked_has_answered_or_ignored_it() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let token = gateway.token();
    day(&gateway);
    let whole = json!({"metrics": FIGURES, "date_range": "day"});
    let figures = json!([{"metrics": [4, 1, 4, 50.0, 50.0, 25.0, 50.0], "dimensions": []}]);
    gateway.ask_until(&token, &whole, &figures);
    let answers = json!([
        {"metrics": [4], "dimensions": ["shown"]},
        {"metrics": [1], "dimensions": ["accepted"]},
        {"metrics": [1], "dimensions": ["ignored"]},
        {"metrics": [1], "dimensions": ["partial"]},
        {"metrics": [1], "dimensions": ["refused"]},
        {"metrics": [1], "dimensions": ["withdrawn"]},
    ]);
    told(&gateway, &token, &["events"], "event:choice", &answers);
    let layers = json!([
        {"metrics": [4, 1, 1, 100.0], "dimensions": ["banner"]},
        {"metrics": [0, 0, 2, 50.0], "dimensions": ["page"]},
        {"metrics": [0, 0, 1, 0.0], "dimensions": ["script"]},
    ]);
    let by = ["banners_shown", "banners_ignored", "choices", "consent_rate"];
    told(&gateway, &token, &by, "choice:layer", &layers);
    let languages = json!([
        {"metrics": [4, 1, 3, 66.7], "dimensions": ["nb"]},
        {"metrics": [0, 0, 1, 0.0], "dimensions": ["en"]},
    ]);
    told(&gateway, &token, &by, "choice:language", &languages);
    let statistics = json!([
        {"metrics": [2], "dimensions": ["granted"]},
        {"metrics": [1], "dimensions": ["refused"]},
        {"metrics": [1], "dimensions": ["withdrawn"]},
    ]);
    told(&gateway, &token, &["choices"], "choice:statistics", &statistics);
    let filtered = json!({"metrics": ["choices"], "date_range": "day", "dimensions": ["choice:marketing"],
        "filters": [["is", "choice:layer", ["page"]]]});
    gateway.ask_until(&token, &filtered, &json!([{"metrics": [2], "dimensions": ["refused"]}]));
}

#[test]
fn versions_are_called_as_receipts_call_what_was_shown() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let mut visitor = visitor(&gateway, 131);
    visitor.open("/");
    let question =
        json!({"metrics": ["banners_shown"], "date_range": "day", "dimensions": ["choice:version"]});
    let whole = json!({"metrics": ["banners_shown"], "date_range": "day"});
    gateway.ask_until(&token, &whole, &json!([{"metrics": [1], "dimensions": []}]));
    let answer = gateway.ask(&token, &question).json();
    let version = answer["results"][0]["dimensions"][0].as_str().unwrap();
    assert!(version.len() == 12 && version.bytes().all(|byte| byte.is_ascii_hexdigit()), "{answer}");
}

/// The page is English, the browsers are Norwegian: the question is counted as the page put it, and so is its answer.
#[test]
fn a_question_is_counted_in_the_language_in_which_it_stood() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let token = gateway.token();
    let mut yes = visitor(&gateway, 131);
    let notice = yes.asked("/", "nb-NO");
    yes.post(&format!("choice=all&layer=banner&notice={notice}"), &[("accept-language", "nb-NO")]);
    visitor(&gateway, 132).asked("/", "nb-NO");
    let by = ["banners_shown", "banners_ignored", "choices"];
    let told_as = |name: &str| json!([{"metrics": [2, 1, 1], "dimensions": [name]}]);
    told(&gateway, &token, &by, "choice:language", &told_as("en"));
    told(&gateway, &token, &by, "choice:version", &told_as(&notice));
}

/// Where a script counts views, it says what the page asked; a page without a body for a banner asks nobody.
#[test]
fn a_question_is_counted_by_what_the_page_said_and_only_where_it_stood() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules_with("count = \"script\""));
    let token = gateway.token();
    let mut seen = visitor(&gateway, 131);
    let notice = seen.asked("/", "nb-NO");
    let view = json!({"name": "pageview", "url": "http://shop.example/", "notice": notice});
    let headers =
        [("content-type", "application/json"), ("accept-language", "nb-NO"), ("user-agent", CHROME)];
    assert_eq!(post(&gateway, "/event", view.to_string(), &headers).status, 202);
    let shown = json!([{"metrics": [1], "dimensions": ["en"]}]);
    told(&gateway, &token, &["banners_shown"], "choice:language", &shown);

    let frames = Origin::page("<html><head></head><frameset><frame src=/a></frameset></html>");
    let gateway = start(&frames);
    let token = gateway.token();
    visitor(&gateway, 131).open("/");
    let question = json!({"metrics": ["pageviews", "banners_shown"], "date_range": "day"});
    gateway.ask_until(&token, &question, &json!([{"metrics": [1, 0], "dimensions": []}]));
}

/// What was granted is offered no more, so nothing stands; the no takes it back all the same, in figures and receipt.
#[test]
fn a_no_to_what_was_granted_before_the_offer_changed_is_a_withdrawal() {
    let origin = Origin::page(PLAIN);
    let uses = RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\nuses = [\"google-analytics\"]");
    let gateway = start_with(&origin, &uses);
    let token = gateway.token();
    let mut visitor = visitor(&gateway, 131);
    visitor.choose("choice=some&category=statistics&layer=banner&return=/");
    let more = uses.replace("[\"google-analytics\"]", "[\"google-analytics\", \"hotjar\"]");
    gateway.reload(&settings(&gateway.directory, origin.address, &more));
    visitor.choose("choice=none&layer=banner&return=/");
    visitor.choose("choice=none&layer=page&return=/");
    let question = json!({"metrics": ["choices"], "date_range": "day", "dimensions": ["event:choice"],
        "filters": [["is", "event:choice", ["accepted", "refused", "withdrawn"]]]});
    let each = ["accepted", "withdrawn"].map(|name| json!({"metrics": [1], "dimensions": [name]}));
    gateway.ask_until(&token, &question, &json!(each));
    let actions: Vec<_> = records(&gateway).into_iter().map(|receipt| receipt.action).collect();
    assert_eq!(actions, ["granted", "withdrawn"]);
}

#[test]
fn a_visit_of_the_day_after_is_asked_again_and_what_is_few_is_not_told() {
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &RULES.replace("answer = 1", "answer = 5"));
    let token = gateway.token();
    let mut silent = visitor(&gateway, 131);
    for _ in 0..2 {
        silent.open("/");
        silent.open("/dekk");
        gateway.clock.step(jiff::SignedDuration::from_mins(31));
    }
    let whole = json!({"metrics": ["banners_shown", "banners_ignored"], "date_range": "day"});
    gateway.ask_until(&token, &whole, &json!([{"metrics": [2, 2], "dimensions": []}]));
    told(&gateway, &token, &["banners_shown"], "choice:language", &json!([]));
}

#[test]
fn nobody_is_asked_where_nothing_is_held_or_counted_as_asked_without_a_visit() {
    let origin = Origin::page(PLAIN);
    let views = RULES.replace("[site.statistics]", "[site.statistics]\nwithout_consent = \"views\"");
    for rules in [rules_of_mode("observe"), views] {
        let gateway = start_with(&origin, &rules);
        let token = gateway.token();
        visitor(&gateway, 131).open("/");
        let question =
            json!({"metrics": ["pageviews", "banners_shown", "banners_ignored"], "date_range": "day"});
        gateway.ask_until(&token, &question, &json!([{"metrics": [1, 0, 0], "dimensions": []}]));
    }
}
