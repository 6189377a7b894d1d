//! Which two dimensions are counted together.
//!
//! A cell of two values exists only for the pairs named here and for those that the operator declares. Questions ask
//! the same function ([`is_paired`]), so what is refused is exactly what is not counted.
//!
//! Campaign tags and click ids stand in pairs only where a visit had one: there is no row "(unknown)" of them in a
//! pair, and none of the event name [`PAGEVIEW`], whose page views are those of the other value alone.

use super::tally::Dimension;

/// The event name of page views. It stands in no pair.
pub const PAGEVIEW: &str = "pageview";

/// The dimensions of which every pair is counted.
pub const DEFAULTS: [Dimension; 10] = [
    Dimension::Page,
    Dimension::EntryPage,
    Dimension::ExitPage,
    Dimension::Source,
    Dimension::Channel,
    Dimension::Country,
    Dimension::Region,
    Dimension::Device,
    Dimension::Browser,
    Dimension::Os,
];

/// Is there a cell for a value of `a` together with a value of `b`? `crosses` are those the operator declared.
///
/// The order of `a` and `b` does not matter. Two dimensions of events are counted together where one event has both.
/// `event:status` and `event:next_page` stand beside `event:page` only; robots and what was dropped stand alone, and
/// what is said of choices beside what else is said of them, whatever is declared.
pub fn is_paired(a: &Dimension, b: &Dimension, crosses: &[(Dimension, Dimension)]) -> bool {
    let is_declared = || crosses.iter().any(|(x, y)| (x == a && y == b) || (x == b && y == a));
    is_usual(a, b) || is_usual(b, a) || (a != b && can_be_crossed(a, b) && is_declared())
}

/// Can the operator declare this pair, so that it is counted?
pub fn can_be_crossed(a: &Dimension, b: &Dimension) -> bool {
    use Dimension::{Currency, EventName, Funnel, Goal, Page, Property};
    let is_event = |one: &Dimension| matches!(one, Page | EventName | Goal | Property(_));
    let meets_visits = |one: &Dimension| is_event(one) || matches!(one, Funnel | Currency);
    match (is_of_visit(a), is_of_visit(b)) {
        (true, true) => true,
        (true, false) => meets_visits(b),
        (false, true) => meets_visits(a),
        (false, false) => is_event(a) && is_event(b),
    }
}

/// Has every visit one value of it?
pub fn is_of_visit(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::EntryPage
            | Dimension::ExitPage
            | Dimension::Source
            | Dimension::Channel
            | Dimension::Country
            | Dimension::Region
            | Dimension::Device
            | Dimension::Browser
            | Dimension::Os
            | Dimension::Referrer
            | Dimension::City
            | Dimension::BrowserVersion
            | Dimension::OsVersion
            | Dimension::Language
            | Dimension::Returning
            | Dimension::FirstWeek
            | Dimension::ConsentPreferences
            | Dimension::ConsentStatistics
            | Dimension::ConsentMarketing
    ) || is_tag(dimension)
}

/// Has every visitor of a day one value of it? What is read from address and user agent is of one mark.
pub fn is_of_visitor(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Country
            | Dimension::Region
            | Dimension::City
            | Dimension::Device
            | Dimension::Browser
            | Dimension::BrowserVersion
            | Dimension::Os
            | Dimension::OsVersion
    )
}

/// Is it a campaign tag or the kind of a click id, which most visits have none of?
pub fn is_tag(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::UtmSource
            | Dimension::UtmMedium
            | Dimension::UtmCampaign
            | Dimension::UtmContent
            | Dimension::UtmTerm
            | Dimension::ClickId
    )
}

/// Does it say something of choices?
pub fn is_of_choice(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Choice
            | Dimension::ChoiceLayer
            | Dimension::ChoiceLanguage
            | Dimension::ChoiceVersion
            | Dimension::ChoicePreferences
            | Dimension::ChoiceStatistics
            | Dimension::ChoiceMarketing
    )
}

fn is_usual(a: &Dimension, b: &Dimension) -> bool {
    use Dimension::{Currency, EventName, Goal, NextPage, Page, Property, Status};
    if is_of_choice(a) && is_of_choice(b) {
        return a != b;
    }
    if matches!(a, Goal | EventName | Property(_)) && is_of_visit(b) {
        return true;
    }
    if DEFAULTS.contains(b) && (is_tag(a) || DEFAULTS.contains(a)) {
        return a != b;
    }
    matches!(
        (a, b),
        (Goal, Page | EventName | Property(_) | Currency)
            | (EventName, Page | Property(_))
            | (Page, Property(_) | Status | NextPage)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(a: &Dimension, b: &Dimension) -> bool {
        assert_eq!(is_paired(a, b, &[]), is_paired(b, a, &[]), "{a:?} {b:?}");
        is_paired(a, b, &[])
    }

    #[test]
    fn every_two_defaults_are_paired_and_no_dimension_with_itself() {
        for (at, a) in DEFAULTS.iter().enumerate() {
            for (other, b) in DEFAULTS.iter().enumerate() {
                assert_eq!(paired(a, b), at != other, "{a:?} {b:?}");
            }
        }
        assert!(!is_paired(&Dimension::City, &Dimension::City, &[(Dimension::City, Dimension::City)]));
    }

    #[test]
    fn goals_events_and_properties_are_paired_with_everything_of_a_visit() {
        let key = Dimension::Property("size".into());
        for visit in Dimension::ALL.into_iter().filter(is_of_visit) {
            for event in [Dimension::Goal, Dimension::EventName, key.clone()] {
                assert!(paired(&event, &visit), "{visit:?}");
            }
        }
        assert!(paired(&Dimension::Goal, &key));
        assert!(!paired(&key, &Dimension::Property("colour".into())));
    }

    #[test]
    fn what_is_said_of_choices_is_paired_and_with_nothing_else() {
        for a in Dimension::ALL {
            for b in Dimension::ALL.into_iter().filter(is_of_choice) {
                assert_eq!(paired(&a, &b), is_of_choice(&a) && a != b, "{a:?} {b:?}");
                assert!(!can_be_crossed(&a, &b));
            }
        }
    }

    #[test]
    fn declared_crosses_are_paired_where_one_thing_has_both() {
        let crosses = [
            (Dimension::City, Dimension::Browser),
            (Dimension::Robot, Dimension::Country),
            (Dimension::Status, Dimension::Country),
        ];
        assert!(!paired(&Dimension::City, &Dimension::Browser));
        assert!(is_paired(&Dimension::Browser, &Dimension::City, &crosses));
        assert!(!is_paired(&Dimension::Robot, &Dimension::Country, &crosses));
        assert!(!is_paired(&Dimension::Status, &Dimension::Country, &crosses));
    }
}
