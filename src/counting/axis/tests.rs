use super::*;

#[test]
fn every_named_axis_is_its_dimension() {
    for (axis, dimension) in [
        (Axis::PAGE, Dimension::Page),
        (Axis::ENTRY_PAGE, Dimension::EntryPage),
        (Axis::EXIT_PAGE, Dimension::ExitPage),
        (Axis::REFERRER, Dimension::Referrer),
        (Axis::CITY, Dimension::City),
        (Axis::EVENT_NAME, Dimension::EventName),
        (Axis::GOAL, Dimension::Goal),
        (Axis::STATUS, Dimension::Status),
        (Axis::NEXT_PAGE, Dimension::NextPage),
        (Axis::FUNNEL, Dimension::Funnel),
        (Axis::CURRENCY, Dimension::Currency),
        (Axis::CHOICE, Dimension::Choice),
        (Axis::ROBOT, Dimension::Robot),
        (Axis::DROPPED, Dimension::Dropped),
        (Axis::CHOICE_LAYER, Dimension::ChoiceLayer),
        (Axis::CHOICE_LANGUAGE, Dimension::ChoiceLanguage),
        (Axis::CHOICE_VERSION, Dimension::ChoiceVersion),
        (Axis::CHOICE_CATEGORIES[0], Dimension::ChoicePreferences),
        (Axis::CHOICE_CATEGORIES[1], Dimension::ChoiceStatistics),
        (Axis::CHOICE_CATEGORIES[2], Dimension::ChoiceMarketing),
    ] {
        assert_eq!(Axis::of(&dimension), axis);
        assert_eq!(Plan::new(&[]).dimension(axis), Some(dimension));
    }
}

#[test]
fn axes_of_a_visit_hold_every_dimension_of_a_visit_once() {
    let plan = Plan::new(&[]);
    let mut held: Vec<Dimension> = VISIT_AXES.iter().flat_map(|axis| plan.of_axis(*axis)).collect();
    held.sort();
    let mut all: Vec<Dimension> = Dimension::ALL.into_iter().filter(is_of_visit).collect();
    all.sort();
    assert_eq!(held, all);
}

#[test]
fn tags_are_the_dimensions_that_most_visits_lack() {
    for dimension in Dimension::ALL {
        assert_eq!(Axis::of(&dimension).is_tag(), crate::counting::pairs::is_tag(&dimension));
    }
}

#[test]
fn key_gives_back_what_it_was_made_of() {
    let key = Key::pair((Axis::AGENT, 7), (Axis::PAGE, 0xff_fffe));
    assert_eq!(key.first(), (Axis::PAGE, 0xff_fffe));
    assert_eq!(key.second(), (Axis::AGENT, 7));
    assert!(key.is_pair() && !key.is_cell());
    assert_eq!(Key::one(Axis::PAGE, 3).second(), (Axis::NONE, 0));
    assert_eq!(Key::TOTAL.first(), (Axis::NONE, 0));
}

#[test]
fn properties_beyond_the_limit_have_no_axis() {
    let mut plan = Plan::new(&[]);
    for number in 0..PROPERTY_AXES_MAX {
        assert!(plan.property(&format!("key{number}")).is_some());
    }
    assert_eq!(plan.property("one_too_many"), None);
    let axis = plan.property("key3").unwrap();
    assert!(!plan.with(axis).is_empty());
    assert!(!plan.with(Axis::GOAL).is_empty() && plan.with(Axis::STATUS).is_empty());
}
