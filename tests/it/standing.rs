//! What of an answer stands when the shop changes, and what visitors are told of it.

use crate::pages::SHOP;
use crate::support::{Answer, Origin, RULES, Visitor, settings, start};

/// A tracker of the shop's own, as it stands in the settings.
const COUNTER: &str = r#"
[[site.tracker]]
id = "counter"
name = "Counter"
category = "statistics"
provider = { name = "Counter Ltd", country = "IE", privacy = "https://counter.example/privacy" }
purpose = { en = "Counts visits.", nb = "Teller besøk." }
hosts = ["counter.example"]
source = "https://counter.example/docs"
"#;
const SAID_NO: &str = "You said no on";
const CHANGED: &str = "What we ask about has changed since you answered, so we ask again.";

fn is_asked(page: &Answer) -> bool {
    page.text().contains("id=\"consentry-banner\"")
}

/// What the origin was told of the consent in the last request.
fn told(origin: &Origin) -> String {
    origin.last().header("consentry-consent").to_owned()
}

/// Recital 42 of the GDPR: whoever agrees knows who answers for the data.
#[test]
fn r35_no_other_controller_takes_an_answer_over() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let (mut yes, mut film) = (Visitor::of(gateway.visitors), Visitor::of(gateway.visitors));
    yes.choose("choice=all&return=/");
    film.choose("choice=some&tracker=youtube&return=/");
    let before = settings(&gateway.directory, origin.address, RULES);
    let written_otherwise =
        before.replace("Dekk og Felg AS", " DEKK og  Felg AS").replace("Storgata 1", "Storgata 2");
    gateway.reload(&written_otherwise);
    assert!(!is_asked(&yes.open("/")) && !is_asked(&film.open("/")), "it is the same one");

    gateway.reload(&before.replace("Dekk og Felg AS", "Data Brokers Ltd"));
    assert!(is_asked(&yes.open("/")));
    assert_eq!(told(&origin), "necessary");
    assert!(is_asked(&film.open("/")));
    let centre = film.open("/_consentry/consent");
    assert!(!centre.text().contains(" checked"), "the film is held, too");
}

/// What stands, as a page tells it in English.
fn said(visitor: &mut Visitor, page: &str) -> String {
    let page = visitor.get(page, &[("accept-language", "en")]).text();
    let start = page.find("class=\"said\"").expect("a sentence");
    let sentence = page[start..].split_once('>').expect("an element").1;
    sentence.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn r35_who_said_yes_is_not_told_of_a_no_when_the_offer_has_changed() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let (mut yes, mut no) = (Visitor::of(gateway.visitors), Visitor::of(gateway.visitors));
    yes.choose("choice=some&category=statistics&return=/");
    no.choose("choice=none&return=/");
    gateway.reload(&settings(&gateway.directory, origin.address, &format!("{RULES}{COUNTER}")));
    for page in ["/_consentry/consent", "/_consentry/my-data"] {
        assert_eq!(said(&mut yes, page), CHANGED);
        assert!(said(&mut no, page).starts_with(SAID_NO), "{page}");
    }
    assert!(said(&mut no, "/_consentry/consent").ends_with(CHANGED));
}
