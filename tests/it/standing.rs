//! What of an answer stands when the shop changes, and what visitors are told of it.

use crate::pages::SHOP;
use crate::support::{Answer, Origin, Visitor, settings, start};

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
    let before = settings(&gateway.directory, origin.address, crate::support::RULES);
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
