//! Forms that a page leaves open: a form in a form is none, and its fields are sent with that one.

use super::oracle::{Scripting, forms};
use super::*;

/// As the banner puts them in: a form where no script runs, and one in the foot; each with a field.
fn asking() -> Insertions {
    let localized = |it: &Localized| Localized {
        banner: vec![text("<section><noscript><form id=early><input></form></noscript></section>")],
        foot: vec![text("</form><a></a><form id=answer><input></form>")],
        ..it.clone()
    };
    let usual = insertions();
    Insertions { languages: usual.languages.iter().map(localized).collect(), ..usual }
}

/// The forms of this page as a browser has them, each with how many fields stand in it.
fn formed(source: &str, scripting: Scripting) -> Vec<(String, usize)> {
    let page = rewritten(Consent::none(), asking(), [source.as_bytes()]).0;
    forms(&String::from_utf8(page).unwrap(), scripting, "input")
}

const OPEN: [&str; 4] = [
    "<html><body><h1>x</h1><form id=shop><input><p>text</body></html>",
    "<html><body><h1>x</h1><form id=shop><input><div><p>text",
    "<html><head></head><form id=shop><body><input></body></form></html>",
    "<html><body><form id=shop><input></body></form></html>",
];

#[test]
fn a_form_that_is_left_open_keeps_no_answer_away() {
    for source in OPEN {
        assert_eq!(formed(source, Scripting::On), [("shop".into(), 1), ("answer".into(), 1)], "{source}");
        assert!(formed(source, Scripting::Off).contains(&("answer".into(), 1)), "{source}");
    }
    // The field stands beside the form here.
    let table = "<html><body><table><form id=shop><tr><td><input></table></body></html>";
    assert_eq!(formed(table, Scripting::On), [("shop".into(), 0), ("answer".into(), 1)]);
}

#[test]
fn without_scripts_the_answer_has_its_form_before_the_page_has_arrived() {
    for source in [OPEN[0], OPEN[3]] {
        let found = formed(source, Scripting::Off);
        assert_eq!(found, [("early".into(), 1), ("shop".into(), 1), ("answer".into(), 1)], "{source}");
    }
}
