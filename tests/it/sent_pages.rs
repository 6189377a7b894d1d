//! Pages that answered a form: they cannot be come back to, and must not be sent for again.

use crate::pages::PLAIN;
use crate::support::{Origin, Visitor, start};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

#[test]
fn a_page_that_answered_a_form_is_marked_and_its_question_has_no_way_back() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let asked_for = visitor.open("/kasse?step=3").text();
    assert!(
        !asked_for.contains("consentry_sent>") && asked_for.contains("name=return value=\"/kasse?step=3\"")
    );
    let sent_for = visitor.post_to("/kasse?step=3", "navn=Kari", &FORM).text();
    assert!(sent_for.contains("<meta id=consentry_sent>"), "{sent_for}");
    assert!(sent_for.contains("name=return value=\"\""), "{sent_for}");
    assert!(sent_for.contains("href=\"/_consentry/consent?en=\""), "{sent_for}");
}

#[test]
fn an_answer_on_such_a_page_leaves_it_where_it_is() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    for (form, stands) in [
        ("choice=all&return=", "statistics"),
        ("choice=all&return=", "statistics"),
        ("choice=none&return=", "necessary"),
    ] {
        let answer = visitor.post_to("/_consentry/choice", form, &FORM);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (204, None), "{form}");
        visitor.open("/");
        assert!(origin.last().header("consentry-consent").contains(stands), "{form}");
    }
    let twice = visitor.post_to("/_consentry/choice", "choice=all&return=&return=%2Fa", &FORM);
    assert_eq!(twice.status, 400);
}
