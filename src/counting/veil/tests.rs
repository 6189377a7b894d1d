//! The rule of k, one promise a test.

use super::super::mark::DayKey;
use super::super::tally::Dimension;
use super::*;
use crate::clock::SystemEntropy;

fn drawn(month: i32) -> Veil {
    Veil::draw(&site(), month, KeyFate::Born, &Vault::open(), &SystemEntropy)
}

fn site() -> Arc<str> {
    "shop".into()
}

fn text(kind: Kind, text: &str, k: u32) -> FreeText<'_> {
    FreeText { kind, key: "", text, k, from: None }
}

fn names(values: &mut Values, veil: &mut Veil) -> Vec<Name> {
    let mut names = Vec::new();
    values.take_names(veil, (&site(), &[]), &mut names);
    names
}

#[test]
fn text_stays_opaque_until_its_kth_visitor() {
    let mut veil = drawn(1);
    let mut values = Values::new();
    let id = values.text(&veil, text(Kind::Source, "blog.example", 3));
    assert!(matches!(values.value(id), Value::Token(_)));
    values.had_by_visitors(id, 1);
    values.had_by_visitors(id, 1);
    assert_eq!(names(&mut values, &mut veil), []);
    values.had_by_visitors(id, 1);
    let revealed = names(&mut values, &mut veil);
    assert_eq!(revealed.len(), 1);
    assert_eq!((&*revealed[0].name, &revealed[0].dimension), ("blog.example", &Dimension::Source));
    assert_eq!(Value::Token(revealed[0].token), values.value(id));
    values.had_by_visitors(id, 9);
    assert_eq!(names(&mut values, &mut veil), [], "once");
}

#[test]
fn views_without_marks_count_a_quarter() {
    let mut veil = drawn(1);
    let mut values = Values::new();
    let id = values.text(&veil, text(Kind::Source, "blog.example", 2));
    for _ in 0..7 {
        values.had_by_view(id);
    }
    assert_eq!(names(&mut values, &mut veil), []);
    values.had_by_view(id);
    assert_eq!(names(&mut values, &mut veil).len(), 1);
}

#[test]
fn name_of_a_page_is_written_for_every_dimension_it_stands_in() {
    let mut veil = drawn(1);
    let mut values = Values::new();
    values.text(&veil, text(Kind::Page, "/a", 1));
    let dimensions: Vec<_> =
        names(&mut values, &mut veil).iter().map(|name| name.dimension.clone()).collect();
    assert_eq!(dimensions, [Dimension::Page, Dimension::EntryPage, Dimension::ExitPage, Dimension::NextPage]);
}

#[test]
fn token_is_the_same_all_month_and_its_name_is_written_once() {
    let mut veil = drawn(1);
    let mut monday = Values::new();
    let id = monday.text(&veil, text(Kind::Page, "/a", 1));
    assert_eq!(names(&mut monday, &mut veil).len(), 4);
    let mut tuesday = Values::new();
    let again = tuesday.text(&veil, text(Kind::Page, "/a", 1));
    assert_eq!(monday.value(id), tuesday.value(again));
    assert_eq!(names(&mut tuesday, &mut veil), []);
    let next_month = drawn(2);
    let mut first = Values::new();
    let other = first.text(&next_month, text(Kind::Page, "/a", 1));
    assert_ne!(monday.value(id), first.value(other));
}

#[test]
fn adopted_values_keep_their_written_form() {
    let (january, february) = (drawn(1), drawn(2));
    let mut older = Values::new();
    older.word("padding");
    let page = older.text(&january, text(Kind::Page, "/a", 5));
    let word = older.word("NO");
    let mut newer = Values::new();
    for veil in [&january, &february] {
        for id in [page, word, ValueId::UNKNOWN] {
            let adopted = newer.adopt(veil, &older, id, |kind| Some((kind, "", 5)));
            assert_eq!(newer.value(adopted), older.value(id));
            assert_eq!(newer.adopt(veil, &older, id, |kind| Some((kind, "", 5))), adopted);
        }
    }
}

#[test]
fn too_many_texts_are_folded_and_counted() {
    let veil = drawn(1);
    let mut values = Values::new();
    for number in 0..VALUES_MAX {
        let path = format!("/{number}");
        values.text(&veil, text(Kind::Page, &path, 5));
        values.text(&veil, text(Kind::Page, &path, 5));
    }
    assert_eq!(values.take_folded(), 10_000, "each of the last was asked for twice");
    for _ in 0..2 {
        let id = values.text(&veil, text(Kind::Page, "/one-too-many", 5));
        assert_eq!(values.value(id), Value::Word(OTHER_WORD.into()));
    }
    assert_eq!(values.take_folded(), 2);
}

#[test]
fn one_address_cannot_take_the_places_of_what_others_see() {
    let veil = drawn(1);
    let key = DayKey::draw(&site(), 1, KeyFate::Born, &Vault::open(), &SystemEntropy);
    let from = |number: u8| Some(key.household([192, 0, 2, number].into()));
    let mut values = Values::new();
    assert!(!values.is_short());
    for number in 0..2 * VALUES_MAX {
        let path = format!("/sok?{number}");
        values.text(&veil, FreeText { from: from(1), ..text(Kind::Page, &path, 5) });
        values.text(&veil, FreeText { from: from(1), ..text(Kind::Page, &path, 5) });
    }
    assert!(values.is_short());
    let mut ids =
        (2..9).map(|one| values.text(&veil, FreeText { from: from(one), ..text(Kind::Page, "/kasse", 5) }));
    assert_eq!(ids.next(), Some(ValueId::OTHER), "the first who asks");
    assert!(ids.all(|id| id != ValueId::OTHER));
}
