//! Who is asked, when again, and which of several answers counts.

use std::sync::Arc;

use consentry::clock::SteppedClock;
use jiff::SignedDuration;

use crate::pages::{PLAIN, SHOP};
use crate::support::{
    Answer, Gateway, Origin, RULES, Visitor, get, noon, settings, start, start_in, start_with,
};

/// A tracker of the shop's own, as it stands in the settings.
const FILM: &str = r#"
[[site.tracker]]
id = "film"
name = "Film"
category = "marketing"
provider = { name = "Film Ltd", country = "IE", privacy = "https://film.example/privacy" }
purpose = { en = "Shows films.", nb = "Viser filmer." }
hosts = ["film.example"]
cookies = [{ name = "_film", days = 30 }]
source = "https://film.example/docs"
"#;
/// Another tracker of the shop's own, as it stands in the settings.
pub const MORE: &str = r#"
[[site.tracker]]
id = "more"
name = "More"
category = "marketing"
provider = { name = "More Ltd", country = "US", privacy = "https://more.example/privacy" }
purpose = { en = "Shows more.", nb = "Viser mer." }
hosts = ["more.example"]
source = "https://more.example/docs"
"#;

/// Does the page ask?
pub fn is_asked(page: &Answer) -> bool {
    page.text().contains("id=\"consentry-banner\"")
}

/// What the origin was told of the consent in the last request.
pub fn told(origin: &Origin) -> String {
    origin.last().header("consentry-consent").to_owned()
}

/// The site with these rules in place of its others.
pub fn reloaded(gateway: &Gateway, origin: &Origin, rules: &str) {
    gateway.reload(&settings(&gateway.directory, origin.address, rules));
}

#[test]
fn r35_a_new_or_moved_tracker_is_asked_about_and_other_answers_stay() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &format!("{RULES}{FILM}"));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let sealed = visitor.jar["consentry"].clone();

    reloaded(&gateway, &origin, &format!("{RULES}{FILM}{MORE}"));
    let page = visitor.open("/");
    assert!(is_asked(&page), "marketing has one more");
    assert_eq!(told(&origin), "necessary, preferences, statistics");
    assert_eq!(visitor.jar["consentry"], sealed, "nothing is answered for the visitor");

    let moved = FILM.replace("\"marketing\"", "\"preferences\"");
    reloaded(&gateway, &origin, &format!("{RULES}{moved}"));
    assert!(is_asked(&visitor.open("/")));
    assert_eq!(told(&origin), "necessary, statistics");

    visitor.choose("choice=some&category=statistics&category=preferences&return=/");
    assert!(!is_asked(&visitor.open("/")), "the new answer is to the new question");
    assert_eq!(told(&origin), "necessary, preferences, statistics");
}

/// The question stands in an open page while the operator adds a tracker.
#[test]
fn r35_a_yes_to_an_earlier_question_grants_nothing_that_it_did_not_name() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let earlier = visitor.asked("/dekk", "nb");
    reloaded(&gateway, &origin, &format!("{RULES}{FILM}"));
    let yes = format!("choice=all&layer=banner&return=/dekk&notice={earlier}");
    let answer = visitor.post(&yes, &[]);
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/dekk")));
    let by_script = visitor.post(&yes, &[("accept", "application/json")]);
    assert_eq!((by_script.status.as_u16(), by_script.json()["code"].as_str()), (409, Some("outdated")));
    assert!(visitor.jar.is_empty(), "nothing is stored");
    let now = visitor.asked("/dekk", "nb");
    assert_ne!(now, earlier);
    visitor.choose(&format!("choice=all&layer=banner&return=/dekk&notice={now}"));
    assert_eq!(told(&origin), "necessary, preferences, statistics, marketing");

    let mut other = Visitor::of(gateway.visitors);
    other.choose(&format!("choice=none&layer=banner&return=/&notice={earlier}"));
    assert!(!is_asked(&other.open("/")), "a no is a no to all of it");
}

/// The preference centre stands open meanwhile: what is taken back is taken, what would be new is asked about there.
#[test]
fn r35_less_is_taken_from_an_earlier_preference_centre_and_more_is_asked_about_again() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&category=preferences&return=/");
    let earlier = visitor.asked("/_consentry/consent?return=/dekk", "nb");
    reloaded(&gateway, &origin, &format!("{RULES}{FILM}"));
    let some = |more: &str| {
        format!("choice=some&category=statistics{more}&layer=page&return=/dekk&notice={earlier}")
    };
    let answer = visitor.post(&some("&category=marketing"), &[]);
    assert_eq!(answer.header("location"), Some("/_consentry/consent?nb=/dekk"));
    visitor.open("/");
    assert_eq!(told(&origin), "necessary, preferences, statistics");
    visitor.choose(&some(""));
    assert_eq!(told(&origin), "necessary, statistics");
    let there = visitor.post("choice=all&layer=page&return=/_consentry/consent&notice=0", &[]);
    assert_eq!(there.header("location"), Some("/_consentry/consent"));
    let elsewhere = visitor.post("choice=all&layer=banner&return=/dekk&notice=0", &[]);
    assert_eq!(
        elsewhere.header("location"),
        Some("/_consentry/consent?nb=/dekk"),
        "it is asked nowhere else"
    );
}

#[test]
fn r33_other_words_or_hosts_ask_nobody_again() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &format!("{RULES}{FILM}"));
    let (mut yes, mut no) = (Visitor::of(gateway.visitors), Visitor::of(gateway.visitors));
    yes.choose("choice=all&return=/");
    no.choose("choice=none&return=/");
    let reworded = FILM
        .replace("Viser filmer.", "Viser bevegelige bilder.")
        .replace("[\"film.example\"]", "[\"film.example\", \"cdn.film.example\"]");
    reloaded(&gateway, &origin, &format!("{RULES}{reworded}"));
    assert!(!is_asked(&yes.open("/")) && !is_asked(&no.open("/")));
}

#[test]
fn r35_who_said_no_is_asked_about_what_is_new_and_nothing_is_granted_meanwhile() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=none&return=/");
    reloaded(&gateway, &origin, &format!("{RULES}{FILM}"));
    assert!(is_asked(&visitor.open("/")));
    assert_eq!(told(&origin), "necessary");
    visitor.choose("choice=none&return=/");
    assert!(!is_asked(&visitor.open("/")));
}

#[test]
fn r33_a_no_stands_as_long_as_a_yes() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    for choice in ["choice=none&return=/", "choice=all&return=/"] {
        gateway.clock.set(noon());
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.choose(choice);
        gateway.clock.step(SignedDuration::from_hours(24 * 182));
        assert!(!is_asked(&visitor.open("/")), "{choice}");
        gateway.clock.step(SignedDuration::from_hours(24));
        assert!(is_asked(&visitor.open("/")), "{choice}");
    }
}

#[test]
fn r34_an_answer_older_than_its_days_grants_nothing() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    gateway.clock.step(SignedDuration::from_hours(24 * 183));
    visitor.open("/");
    assert_eq!(told(&origin), "necessary");
}

#[test]
fn r20_robots_are_not_asked_and_no_record_is_made_of_them() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut robot = Visitor::of(gateway.visitors);
    robot.agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".into();
    let page = robot.open("/");
    assert!(!is_asked(&page) && page.text().contains("consentry-open"));
    assert!(!page.text().contains(" src=\"https://www.facebook.com/tr"), "and nothing is let through");
    let refused = robot.post("choice=all&return=/", &[("accept", "application/json")]);
    assert_eq!(refused.status, 403);
    assert!(robot.jar.is_empty());
    let ledger = consentry::store::Settings { path: gateway.directory.path().into() };
    let ledger = consentry::store::ledger::Receipts::open(&ledger).expect("a ledger");
    assert_eq!(ledger.verify(None).expect("a chain").receipts, 0);
}

#[test]
fn p5_a_browser_that_says_no_is_not_asked_and_a_later_yes_wins() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let html = ("accept", "text/html");
    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.get("/", &[html, ("sec-gpc", "1")]);
    assert!(!is_asked(&page) && page.text().contains("id=consentry-open"));
    assert!(is_asked(&visitor.get("/", &[html, ("sec-gpc", "0")])));
    assert!(is_asked(&visitor.get("/", &[html, ("dnt", "1")])));
    let answer = visitor.post("choice=all&return=/", &[("sec-gpc", "1"), ("accept", "application/json")]);
    assert_eq!(answer.status, 200);
    visitor.get("/", &[html, ("sec-gpc", "1")]);
    assert_eq!(told(&origin), "necessary, preferences, statistics, marketing");
}

#[test]
fn p5_an_operator_may_ask_all_the_same_and_heed_do_not_track() {
    let origin = Origin::page(SHOP);
    let rules = RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\ngpc = \"ask\"\ndnt = \"quiet\"");
    let gateway = start_with(&origin, &rules);
    let html = ("accept", "text/html");
    assert!(is_asked(&get(gateway.visitors, "/", &[html, ("sec-gpc", "1")])));
    assert!(!is_asked(&get(gateway.visitors, "/", &[html, ("dnt", "1")])));
}

#[test]
fn p2_the_signal_reaches_the_origin() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    get(gateway.visitors, "/", &[("accept", "text/html"), ("sec-gpc", "1")]);
    assert_eq!(origin.last().header("sec-gpc"), "1");
}

#[test]
fn p4_the_site_says_that_it_honours_the_signal() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/.well-known/gpc.json", &[]);
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    let said: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(said["gpc"], true);
    let date = said["lastUpdate"].as_str().expect("a date");
    assert!(date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10, "{date}");
    let send = |method: &str| {
        let request = http::Request::builder().method(method).uri("/.well-known/gpc.json");
        let request = request.header("host", "shop.example").body(bytes::Bytes::new()).expect("a request");
        crate::support::request(gateway.visitors, request)
    };
    let head = send("HEAD");
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    let post = send("POST");
    assert_eq!((post.status.as_u16(), post.header("allow")), (405, Some("GET, HEAD")));
    assert!(origin.asked().is_empty());
}

#[test]
fn p6_what_differs_by_the_signal_says_so_and_is_shared_by_no_cache() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for signal in ["0", "1"] {
        let page = get(gateway.visitors, "/", &[("accept", "text/html"), ("sec-gpc", signal)]);
        assert!(page.headers_named("vary").contains(&"Sec-GPC"), "{signal}");
        assert!(page.header("cache-control").is_some_and(|value| value.contains("private")));
    }
}

fn sent(gateway: &Gateway, host: &str, cookies: &str) -> Answer {
    let request = http::Request::get("/dekk/sommer").header("host", host).header("accept", "text/html");
    let request = request.header("sec-fetch-dest", "document").header("cookie", cookies);
    crate::support::request(gateway.visitors, request.body(bytes::Bytes::new()).expect("a request"))
}

#[test]
fn of_several_answers_the_newest_that_opens_counts_and_the_others_go() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let old = visitor.jar["consentry"].clone();
    gateway.clock.step(SignedDuration::from_hours(24));
    visitor.choose("choice=some&category=statistics&return=/");
    let new = visitor.jar["consentry"].clone();
    let rows = [
        format!("consentry={old}; consentry={new}"),
        format!("consentry={new}; consentry={old}"),
        format!("consentry=forged; consentry={new}; a=b; consentry="),
    ];
    for cookies in rows {
        let page = sent(&gateway, "shop.example", &cookies);
        assert_eq!(told(&origin), "necessary, statistics", "{cookies}");
        let lines = page.headers_named("set-cookie");
        let lines: Vec<_> = lines.into_iter().filter(|line| line.starts_with("consentry=")).collect();
        assert!(lines.contains(&"consentry=; Max-Age=0; Path=/; Domain=shop.example"), "{lines:?}");
        let last = lines.last().expect("it is set");
        assert!(last.starts_with(&format!("consentry={new}; Path=/; Max-Age=15724800")), "{last}");
        assert_eq!(lines.iter().filter(|line| !line.contains("Max-Age=0")).count(), 1);
    }
    let alone = sent(&gateway, "shop.example", &format!("consentry={new}"));
    assert!(!alone.headers_named("set-cookie").iter().any(|line| line.starts_with("consentry=")));
}

#[test]
fn of_two_answers_of_one_day_the_no_counts() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let answered = |choice| {
        let mut visitor = Visitor::of(gateway.visitors);
        visitor.choose(choice);
        visitor.jar.remove("consentry").expect("a choice")
    };
    let (yes, no) = (answered("choice=all&return=/"), answered("choice=none&return=/"));
    for cookies in [format!("consentry={yes}; consentry={no}"), format!("consentry={no}; consentry={yes}")] {
        sent(&gateway, "shop.example", &cookies);
        assert_eq!(told(&origin), "necessary");
    }
}

#[test]
fn r36_an_answer_holds_below_its_domain_and_nowhere_else() {
    let origin = Origin::page(SHOP);
    let directory = tempfile::tempdir().expect("a directory");
    let rules = RULES.replace("mode = \"enforce\"", "mode = \"enforce\"\ndomain = \"shop.example\"");
    let text = settings(&directory, origin.address, &rules)
        .replace("\"shop.example\", \"127.0.0.1\"", "\"*.shop.example\", \"other.example\"");
    let gateway = start_in(directory, &text, Arc::new(SteppedClock::at(noon())));
    let chosen = |host: &str| {
        let request = http::Request::post("/_consentry/choice")
            .header("host", host)
            .header("cookie", "a=b")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body("choice=all&return=/".into()).expect("a request");
        let answer = crate::support::request(gateway.visitors, request);
        let lines = answer.headers_named("set-cookie");
        lines.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = chosen("www.shop.example");
    assert!(lines.last().is_some_and(|line| line.ends_with("; Domain=shop.example")), "{lines:?}");
    assert!(lines.contains(&"consentry=; Max-Age=0; Path=/".to_owned()), "the host's own goes: {lines:?}");
    let lines = chosen("other.example");
    assert!(lines.iter().all(|line| !line.contains("Domain=shop")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("consentry=2.")));
    let usual = start(&origin);
    let mut visitor = Visitor::of(usual.visitors);
    let answer = visitor.choose("choice=all&return=/");
    assert!(answer.header("set-cookie").is_some_and(|line| !line.contains("Domain")), "the host's alone");
}

#[test]
fn the_cookie_is_small_whatever_is_chosen() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&category=preferences&tracker=youtube&return=/");
    assert!(visitor.jar["consentry"].len() < 120, "{}", visitor.jar["consentry"]);
    visitor.jar.clear();
    visitor.choose("choice=none&return=/");
    assert_eq!(visitor.jar["consentry"].len(), 62, "{}", visitor.jar["consentry"]);
}
