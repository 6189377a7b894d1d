//! A shop that has something in one category asks about that one, in any language.

use super::*;
use crate::banner::html::Template;
use crate::policy::consent::{Category, ReceiptNumber};

/// A shop that uses one tracker, and speaks every language there is.
fn counting() -> Banner {
    let catalog = Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap();
    speaking(&LANGUAGES, Arc::new(catalog.using(&["counter".into()]))).1
}

/// The first paragraph of the question.
fn lead(banner: &Banner, language: usize) -> String {
    let localized = &banner.localized(&Consent::none(), Shown::AsPage)[language];
    let question = written(&localized.banner);
    question.split_once("<p>").unwrap().1.split_once("</p>").unwrap().0.to_owned()
}

/// A text as pages have it.
fn in_page(text: &str) -> String {
    let mut template = Template::new();
    template.html().text(text);
    written(&template.into_parts())
}

#[test]
fn r15_the_question_names_what_it_is_about_and_nothing_else() {
    let (one, all) = (counting(), everywhere());
    for (index, language) in LANGUAGES.iter().enumerate() {
        let texts = Texts::built_in(language).unwrap();
        let all = lead(&all, index);
        let lead = lead(&one, index);
        let names = |lead: &str, category| lead.contains(&in_page(&texts.category(category).listed));
        assert!(names(&lead, Category::Statistics), "{lead}");
        for category in [Category::Preferences, Category::Marketing] {
            assert!(names(&all, category) && !names(&lead, category), "{lead}");
        }
    }
}

#[test]
fn r17_there_is_a_switch_for_what_is_asked_about_and_for_nothing_else() {
    let page = counting().consent_page(5, &Consent::none(), Signal::None, None);
    let switches: Vec<_> =
        page.split("role=\"switch\" id=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    assert_eq!(switches, [Some("category-statistics"), Some("tracker-counter")]);
    assert_eq!(page.matches("<h2>").count(), 2, "and what is necessary: {page}");
}

#[test]
fn r16_the_declaration_and_the_notice_have_what_there_is() {
    let banner = counting();
    assert_eq!(banner.cookies_page(5, None).matches("<h2>").count(), 2);
    let notice: serde_json::Value = serde_json::from_str(&banner.notice(5)).unwrap();
    let categories = notice["categories"].as_array().unwrap().iter();
    let names: Vec<_> = categories.map(|told| told["category"].as_str().unwrap()).collect();
    assert_eq!(names, ["necessary", "statistics"]);
}

/// A shop that has nothing which needs a yes, and counts no returns.
fn free_of_questions() -> Banner {
    let catalog = Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap();
    speaking(&LANGUAGES, Arc::new(catalog.forgetting_returns().using(&[]))).1
}

#[test]
fn where_nothing_is_asked_the_preferences_say_so_and_have_no_answer() {
    let banner = free_of_questions();
    for (index, language) in LANGUAGES.iter().enumerate() {
        let texts = Texts::built_in(language).unwrap();
        let nothing = texts.consent.nothing.as_str();
        for signal in [Signal::None, Signal::Refuses] {
            let page = banner.consent_page(index, &Consent::none(), signal, None);
            assert_eq!(page.matches(nothing).count(), 1, "{page}");
            for no_more in ["<button", "role=\"switch\"", &texts.consent.intro] {
                assert!(!page.contains(no_more), "{language}: {no_more} in {page}");
            }
        }
        let mine = banner.my_data_page(index, &Consent::none(), &[], &[], COUNTED, None);
        assert!(mine.contains(nothing) && !mine.contains("data-role=\"withdraw\""), "{mine}");
    }
}

/// What it was said to, the shop has no more: the record of it can still be taken back.
#[test]
fn where_nothing_is_asked_any_more_a_yes_can_still_be_taken_back() {
    let banner = free_of_questions();
    let yes = answered(&Choice::None).said_under(Some(ReceiptNumber([7; 16])));
    let english = LANGUAGES.iter().position(|language| *language == "en").unwrap();
    let page = banner.consent_page(english, &yes, Signal::None, None);
    assert!(page.contains("It covers what is necessary. We use only what is necessary, so"), "{page}");
    let mine = banner.my_data_page(english, &yes, &[], &[], COUNTED, None);
    assert!(mine.contains("data-role=\"withdraw\""), "{mine}");
    assert!(!mine.contains("data-role=\"preferences\""), "{mine}");
}

#[test]
fn what_the_gateway_does_not_keep_it_does_not_declare() {
    let catalog = || Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap();
    let banner = |catalog| speaking(&["en"], Arc::new(catalog)).1;
    let uses = ["counter".to_owned()];
    for (catalog, is_kept) in
        [(catalog().using(&uses), true), (catalog().forgetting_returns().using(&uses), false)]
    {
        let banner = banner(catalog);
        let counted = Counted { remembers_returns: is_kept, ..COUNTED };
        let json = banner.cookies_json().to_string();
        let centre = banner.consent_page(0, &Consent::none(), Signal::None, None);
        for page in [&json, &centre, &banner.cookies_page(0, None)] {
            assert_eq!(page.contains("consentry_weeks"), is_kept, "{page}");
            assert!(page.contains("_count"), "{page}");
        }
        assert_eq!(
            banner.statistics_page(0, counted, None).contains("the week of your first visit"),
            is_kept
        );
    }
}

/// What it was said to, the shop has no more: nobody is asked again, and nobody is told of a no.
#[test]
fn a_yes_of_which_nothing_is_left_covers_what_is_necessary() {
    let banner = banner();
    let yes = answered(&Choice::None).said_under(Some(ReceiptNumber([7; 16])));
    let page = banner.consent_page(1, &yes, Signal::None, None);
    assert!(page.contains("You said yes on 1 March 2026. It covers what is necessary."), "{page}");
}
