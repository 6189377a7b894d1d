use super::*;
use crate::counting::tally::LocalDay;

/// A question for visitors of ten days in UTC.
pub(super) fn question(axes: &[Axis], filter: Option<(Dimension, &str)>, k: u32) -> Question {
    Question::new(asked(axes, filter, k)).unwrap()
}

fn asked(axes: &[Axis], filter: Option<(Dimension, &str)>, k: u32) -> Asked {
    Asked {
        site: "shop".into(),
        time_zone: TimeZone::UTC,
        metrics: vec![Metric::Visitors],
        axes: axes.to_vec(),
        filter: filter.map(|(dimension, value)| Filter { dimension, values: vec![value.into()] }),
        range: Range::Days { first: LocalDay(0), last: LocalDay(9) },
        order: Vec::new(),
        limit: 100,
        offset: 0,
        k,
        crosses: Vec::new(),
    }
}

fn refused(metric: Metric, by: Option<Dimension>, filter: Option<Dimension>) -> Option<String> {
    let axes: Vec<Axis> = by.into_iter().map(Axis::Of).collect();
    let asked = Asked { metrics: vec![metric], ..asked(&axes, filter.map(|one| (one, "x")), 5) };
    Question::new(asked).err().map(|error| error.to_string())
}

#[test]
fn metrics_are_refused_where_plausible_refuses_them() {
    use Dimension::{Channel, ExitPage, Goal, Page, Source};
    for metric in [Metric::ConversionRate, Metric::GroupConversionRate, Metric::TotalRevenue] {
        let sentence =
            format!("Metric `{}` can only be queried with event:goal filters or dimensions.", metric.name());
        assert_eq!(refused(metric, Some(Source), None), Some(sentence));
        assert_eq!(refused(metric, Some(Source), Some(Goal)), None);
        assert_eq!(refused(metric, Some(Goal), None), None);
    }
    for metric in [Metric::TimeOnPage, Metric::ScrollDepth] {
        assert!(refused(metric, Some(Source), None).unwrap().contains("event:page filters"));
        assert_eq!(refused(metric, Some(Page), Some(Source)), None);
    }
    assert_eq!(refused(Metric::ExitRate, Some(ExitPage), None), None);
    assert_eq!(refused(Metric::ExitRate, Some(ExitPage), Some(Channel)), None);
    assert!(refused(Metric::ExitRate, Some(Page), None).unwrap().contains("requires a `visit:exit_page`"));
    assert!(refused(Metric::ExitRate, Some(ExitPage), Some(Goal)).unwrap().contains("event dimensions"));
    assert!(refused(Metric::BounceRate, Some(Goal), None).unwrap().starts_with("Session metric(s)"));
    assert_eq!(refused(Metric::BounceRate, Some(Page), Some(Source)), None);
    assert!(refused(Metric::ConsentRate(Granted::Anything), Some(Source), None).is_some());
    assert_eq!(refused(Metric::ConsentRate(Granted::Anything), None, None), None);
    assert!(refused(Metric::Percentage, None, Some(Source)).unwrap().contains("needs a dimension"));
    assert_eq!(refused(Metric::Percentage, Some(Source), None), None);
}

#[test]
fn answers_are_told_of_the_site_and_by_what_is_said_of_choices() {
    use Dimension::{ChoiceLanguage, ChoiceLayer, Page};
    let rate = Metric::ConsentRate(Granted::Statistics);
    for metric in [Metric::BannersShown, Metric::BannersIgnored, Metric::Choices, rate] {
        assert_eq!(refused(metric, Some(ChoiceLayer), None), None);
        assert_eq!(refused(metric, None, Some(ChoiceLanguage)), None);
        assert!(refused(metric, Some(Page), None).unwrap().contains("choice: dimensions"));
        assert!(refused(metric, None, Some(Page)).unwrap().contains("choice: dimensions"));
    }
    assert_eq!(refused(Metric::Choices, Some(ChoiceLayer), Some(ChoiceLanguage)), None);
    assert!(refused(rate, Some(ChoiceLayer), Some(ChoiceLanguage)).unwrap().contains("not for both"));
    let share = Metric::ConsentShare(Granted::Statistics);
    assert_eq!(refused(share, None, None), None);
    assert!(refused(share, Some(ChoiceLayer), None).unwrap().contains("share of all visits"));
}

#[test]
fn pair_that_is_not_counted_names_the_cross_to_add() {
    let (city, browser) = (Dimension::City, Dimension::BrowserVersion);
    let city_by_browser = asked(&[Axis::Of(city.clone())], Some((browser.clone(), "142")), 5);
    assert_eq!(
        Question::new(city_by_browser.clone()).unwrap_err().to_string(),
        "no cells hold visit:city together with visit:browser_version; \
         add [[site.cross]] dimensions = [\"visit:city\", \"visit:browser_version\"] to count them"
    );
    assert!(Question::new(Asked { crosses: vec![(browser, city)], ..city_by_browser }).is_ok());
    let robots = asked(&[Axis::Of(Dimension::Robot)], Some((Dimension::Page, "/")), 5);
    assert!(matches!(Question::new(robots).unwrap_err(), QuestionError::NoPair(..)));
}

/// Page views stand in no pair by their name, so a filter by it would find nobody.
#[test]
fn page_views_as_events_are_refused_where_no_cell_holds_them() {
    let by = |by: Option<Dimension>, names: &[&str]| {
        let values = names.iter().map(|name| Arc::from(*name)).collect();
        let axes: Vec<Axis> = by.into_iter().map(Axis::Of).collect();
        let filter = Some(Filter { dimension: Dimension::EventName, values });
        Question::new(Asked { filter, ..asked(&axes, None, 5) })
    };
    for names in [&["pageview"][..], &["Purchase", "pageview"]] {
        for dimension in [Dimension::Page, Dimension::Source, Dimension::Goal] {
            let refused = by(Some(dimension), names).unwrap_err();
            assert!(refused.to_string().contains("ask for pageviews by "), "{refused}");
        }
        assert!(by(None, names).is_ok());
        assert!(by(Some(Dimension::EventName), names).is_ok());
    }
    assert!(by(Some(Dimension::Page), &["Purchase"]).is_ok());
}

#[test]
fn next_pages_are_asked_for_by_page() {
    let next = [Axis::Of(Dimension::NextPage)];
    assert_eq!(Question::new(asked(&next, None, 5)).unwrap_err(), QuestionError::NextPageAlone);
    assert!(Question::new(asked(&next, Some((Dimension::Page, "/")), 5)).is_ok());
}
