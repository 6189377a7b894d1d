//! The pages below the prefix: in which language they speak, and how the way back to the shop goes along.

use std::fmt::Write as _;

use jiff::SignedDuration;

use crate::pages::PLAIN;
use crate::support::{Origin, RULES, Visitor, get, start, start_with};

/// Where a page leads by `name="…"`, as a browser reads it.
fn leads(page: &str, name: &str) -> Vec<String> {
    let before = format!(" {name}=\"");
    let values = page.split(&before).skip(1);
    values.map(|rest| rest.split('"').next().unwrap_or_default().replace("&amp;", "&")).collect()
}

/// The first address of that name that begins so.
fn way(page: &str, name: &str, beginning: &str) -> String {
    let found = leads(page, name).into_iter().find(|address| address.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no {name} to {beginning} in {page}"))
}

#[test]
fn r19_what_lies_behind_the_question_speaks_its_language() {
    // English, whatever the browser says.
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let nb = [("accept-language", "nb"), ("accept", "text/html")];
    let speaks_english = |page: &str| page.contains("<html lang=\"en\"");
    let page = visitor.open("/kasse?step=3").text();
    let notice =
        page.split("name=notice value=").nth(1).and_then(|rest| rest.split('>').next()).expect("a notice");
    for address in [
        way(&page, "href", "/_consentry/cookies"),
        way(&page, "href", "/_consentry/consent"),
        format!("/_consentry/consent?layer=banner&notice={notice}&return=%2F"),
    ] {
        let there = visitor.get(&address, &nb).text();
        assert!(speaks_english(&there), "{address}: {there}");
        for further in leads(&there, "href").iter().filter(|address| address.starts_with("/_consentry/")) {
            let page = visitor.get(further, &nb).text();
            assert!(
                speaks_english(&page) && page.contains("href=\"/kasse?step=3\"") != address.contains("%2F"),
                "{further}"
            );
        }
    }
    for action in leads(&page, "action") {
        let refused = visitor.post_to(&action, "choice=maybe", &nb);
        assert_eq!(refused.status, 400, "{action}");
        assert!(speaks_english(&refused.text()), "{action}: {}", refused.text());
    }
    let mine = visitor.get("/_consentry/my-data?en", &nb).text();
    assert!(speaks_english(&mine) && mine.contains("value=\"/_consentry/my-data?en\""), "{mine}");
}

#[test]
fn a_language_that_the_site_does_not_speak_is_no_wish() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    for address in ["/_consentry/cookies?de", "/_consentry/cookies?de=/", "/_consentry/nothing?xx"] {
        let page = get(gateway.visitors, address, &[("accept-language", "en")]).text();
        assert!(page.contains("<html lang=\"en\""), "{address}: {page}");
    }
    // The shop's own addresses mean what the shop means by them.
    let page = get(gateway.visitors, "/?nb", &[("accept", "text/html"), ("accept-language", "nb")]).text();
    assert!(page.contains("May we use cookies?"), "{page}");
}

#[test]
fn the_way_back_leads_to_the_page_of_the_shop_from_each_of_ours() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.open("/kasse?step=3&a=b").text();
    let mut address = way(&page, "href", "/_consentry/consent");
    for next in ["cookies", "statistics", "my-data", "consent", "cookies"] {
        let page = visitor.get(&address, &[]).text();
        assert_eq!(leads(&page, "href")[0], "/kasse?step=3&a=b", "{address}");
        address = way(&page, "href", &format!("/_consentry/{next}"));
    }
    // An objection comes back to its page, and that still knows the way.
    let page = visitor.get("/_consentry/statistics?en=/kasse", &[]).text();
    let back = way(&page, "value", "/_consentry/statistics");
    let answer = visitor.post_to(
        "/_consentry/objection",
        &format!("object=yes&return={}", back.replace('?', "%3F")),
        &[],
    );
    assert_eq!(answer.header("location"), Some("/_consentry/statistics?en=/kasse"));
}

/// A link of the shop's own, in its privacy statement, knows no way back.
#[test]
fn a_link_that_the_shop_wrote_leads_back_to_its_page() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    for path in ["consent", "cookies", "statistics", "my-data"] {
        visitor.open("/personvern?del=2&a=b");
        let page = visitor.open(&format!("/_consentry/{path}"));
        assert_eq!(page.header("cache-control"), Some("no-store"), "it is made for who came from there");
        let page = page.text();
        assert_eq!(leads(&page, "href")[0], "/personvern?del=2&a=b", "{path}");
        let on = way(&page, "href", "/_consentry/cookies");
        assert!(on.ends_with("=/personvern?del=2&a=b"), "{path}: {on}");
    }
    visitor.open("/personvern?del=2&a=b");
    let centre = visitor.open("/_consentry/consent").text();
    let back = way(&centre, "value", "/personvern");
    let form = format!("choice=none&layer=page&return={}", back.replace('?', "%3F").replace('&', "%26"));
    assert_eq!(visitor.post(&form, &[]).header("location"), Some("/personvern?del=2&a=b"));
}

#[test]
fn only_a_page_of_the_shops_own_is_led_back_to_and_an_address_that_says_where_counts_more() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let back = |address: &str, referrer: &str| {
        let headers = [("referer", referrer), ("accept-language", "en")];
        leads(&get(gateway.visitors, address, &headers).text(), "href")[0].clone()
    };
    let here = "http://shop.example";
    assert_eq!(back("/_consentry/consent", &format!("{here}/personvern")), "/personvern");
    for said in [
        "/_consentry/consent?return=/kasse",
        "/_consentry/consent?en=/kasse",
        "/_consentry/consent?return=%2Fkasse",
    ] {
        assert_eq!(back(said, &format!("{here}/personvern")), "/kasse", "{said}");
    }
    for other in [
        "http://evil.example/personvern",
        "http://shop.example:81/personvern",
        &format!("{here}/_consentry/my-data"),
        &format!("{here}/_consentry/choice"),
        &format!("{here}/_consentry?en"),
        &format!("{here}//evil.example"),
        "",
    ] {
        assert_eq!(back("/_consentry/consent", other), "/", "{other}");
    }
}

#[test]
fn back_on_a_refusal_leads_to_the_page_that_the_form_stood_on() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let mut back = |referrer: &str| {
        let page = visitor.post("choice=maybe", &[("referer", referrer)]).text();
        leads(&page, "href")[0].clone()
    };
    let ours = "http://shop.example";
    assert_eq!(back(&format!("{ours}/kasse?step=3")), "/kasse?step=3");
    assert_eq!(back(&format!("{ours}/_consentry/consent?en=/kasse")), "/_consentry/consent?en=/kasse");
    for foreign in
        ["http://evil.example/kasse", "javascript:alert(1)", "", "http://[", &format!("{ours}//evil.example")]
    {
        assert_eq!(back(foreign), "/", "{foreign}");
    }
}

/// A shop that says nothing of what it uses, and has dozens of its own beside all that is known.
#[test]
fn more_single_trackers_than_a_cookie_holds_lead_back_to_the_choice() {
    let mut rules = RULES.to_owned();
    for n in 0..40 {
        let _ = write!(
            rules,
            "\n[[site.tracker]]\nid = \"own-{n}\"\nname = \"Own {n}\"\ncategory = \"marketing\"\nsource = \"a test\"\n\
             provider = {{ name = \"Own\", country = \"IE\", privacy = \"https://own.example/\" }}\n\
             purpose = {{ en = \"Shows {n}.\" }}\nhosts = [\"a{n}.own.example\"]\n"
        );
    }
    let origin = Origin::page(PLAIN);
    let gateway = start_with(&origin, &rules);
    let declared = get(gateway.visitors, "/_consentry/cookies.json", &[]).json();
    let trackers = declared["trackers"].as_array().expect("trackers").iter();
    let asked = trackers.filter(|tracker| tracker["category"] != "necessary");
    let names: Vec<&str> = asked.map(|tracker| tracker["id"].as_str().expect("a name")).collect();
    let form = format!("choice=some&tracker={}", names.join("&tracker="));
    let mut visitor = Visitor::of(gateway.visitors);
    let refused = visitor.post_to("/_consentry/choice?en", &form, &[("accept-language", "nb")]);
    let page = refused.text();
    assert_eq!(refused.status, 413, "{} are named", names.len());
    assert!(page.contains("<p><a href=\"/_consentry/consent?en\">Your choice</a></p>"), "{page}");
    assert!(visitor.jar.is_empty());
}

/// The visitor answered on Wednesday, half an hour after midnight in Oslo.
#[test]
fn days_are_those_of_the_shop() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    gateway.clock.step(SignedDuration::from_mins(12 * 60 + 30));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let page = visitor.get("/_consentry/my-data?en", &[]).text();
    assert!(
        page.contains("11 March 2026: you said yes to") && page.contains("You said yes on 11 March 2026."),
        "{page}"
    );
}
