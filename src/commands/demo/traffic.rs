//! A week of visits that never happened, for a dashboard with something to look at.
//!
//! The same seed and the same end give the same steps. Addresses come from 198.18.0.0/15, which RFC 2544 set
//! aside for benchmarks and RFC 6890 says is nobody's: the demo invents visitors without borrowing anyone's address.

mod deeds;
mod dice;
mod people;
mod walk;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

pub use deeds::{Deed, Event};
use dice::Dice;
pub use people::{PLACES, Place};

/// How much is simulated, and until when.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The last moment that may be simulated; nothing happens later.
    pub until: Timestamp,
    /// Days before that. More than [`DAYS_MAX`] are cut to it.
    pub days: u16,
    /// Visits of an average day. More than [`VISITS_A_DAY_MAX`] are cut to it.
    pub visits_a_day: u32,
    /// Where day and night are.
    pub time_zone: TimeZone,
    /// What makes this week differ from another.
    pub seed: u64,
}

/// Most days that are simulated.
pub const DAYS_MAX: u16 = 31;
/// Most visits a day.
pub const VISITS_A_DAY_MAX: u32 = 5_000;
/// Visits of an average day in the demo: about 6 000 in a week.
pub const VISITS_A_DAY: u32 = 860;

/// How often somebody comes at each hour of the day, against the busiest one. Unit: percent.
const HOURS: [u8; 24] =
    [9, 5, 3, 2, 3, 7, 18, 35, 52, 62, 68, 72, 74, 66, 62, 60, 58, 62, 74, 90, 100, 92, 60, 26];
/// How often on each day of the week from Monday, against the busiest one. Unit: percent.
const WEEKDAYS: [u8; 7] = [96, 92, 88, 86, 82, 74, 100];
/// How many of 100 visits are by somebody who was here before in the week.
const RETURNING: u32 = 22;
/// How many of 1000 visits are by a robot that says so.
const ROBOTS: u32 = 25;
/// Most people remembered as ones who may come back.
const PEOPLE_MAX: usize = 4_096;

/// One thing a visitor did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// With which browser.
    pub user_agent: &'static str,
    /// Path and query of the page it was done on.
    pub path: String,
    /// The page of another site they came from. Steps inside the shop carry none.
    pub referrer: Option<String>,
    /// Has the visitor given no answer yet?
    pub is_undecided: bool,
    /// What.
    pub deed: Deed,
}

/// All the steps, in time order.
pub fn week(settings: &Settings) -> impl Iterator<Item = Step> + use<> {
    let days = settings.days.min(DAYS_MAX);
    let visits = u32::from(days) * settings.visits_a_day.min(VISITS_A_DAY_MAX);
    let mut dice = Dice::new(settings.seed);
    let starts = starts(settings, i64::from(days), visits, &mut dice);
    let mut people = Vec::new();
    let mut steps = Vec::new();
    for at in starts {
        if dice.one_in_1000() < ROBOTS {
            walk::robot(at, &mut dice, &mut steps);
            continue;
        }
        let returning = !people.is_empty() && dice.percent() < RETURNING;
        let number = if returning {
            dice.below(people.len())
        } else {
            let new = people::Person::new(&mut dice);
            if people.len() < PEOPLE_MAX {
                people.push(new);
                people.len() - 1
            } else {
                let number = dice.below(people.len());
                people[number] = new;
                number
            }
        };
        walk::visit(at, &mut people[number], &mut dice, &mut steps);
    }
    steps.retain(|step| step.at <= settings.until);
    steps.sort_by_key(|step| step.at);
    steps.into_iter()
}

/// When each visit begins: by day and night, and by the day of the week; in time order.
fn starts(settings: &Settings, days: i64, visits: u32, dice: &mut Dice) -> Vec<Timestamp> {
    const ONE_DAY: i64 = 86_400;
    let mut starts = Vec::new();
    for day in (1..=days).rev() {
        let from = settings.until - SignedDuration::from_secs(day * ONE_DAY);
        let weekday = from.to_zoned(settings.time_zone.clone()).weekday().to_monday_zero_offset();
        let weekday = usize::try_from(weekday).map_or(100, |weekday| u32::from(WEEKDAYS[weekday]));
        let wanted = visits / u32::try_from(days).unwrap_or(1) * weekday / 88;
        let mut found = 0;
        // Each try succeeds with the mean of HOURS, near one in two; sixteen a visit is beyond any luck.
        for _ in 0..wanted.saturating_mul(16) {
            if found == wanted {
                break;
            }
            let at = from + SignedDuration::from_millis(dice.between(0, ONE_DAY * 1000));
            let hour = usize::try_from(at.to_zoned(settings.time_zone.clone()).hour()).unwrap_or(0);
            if dice.percent() < u32::from(HOURS[hour]) {
                starts.push(at);
                found += 1;
            }
        }
    }
    starts.sort_unstable();
    starts
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;
    use crate::counting::Answer;

    fn settings(seed: u64) -> Settings {
        Settings {
            until: "2026-11-20T12:00:00Z".parse().unwrap(),
            days: 7,
            visits_a_day: VISITS_A_DAY,
            time_zone: TimeZone::get("Europe/Oslo").unwrap(),
            seed,
        }
    }

    fn answer_of(step: &Step) -> Option<Answer> {
        if let Deed::Answer(answer) = step.deed { Some(answer) } else { None }
    }

    #[test]
    fn there_is_something_of_everything_the_dashboard_shows() {
        let steps: Vec<_> = week(&settings(1)).collect();
        let of = |wanted: fn(&Deed) -> bool| steps.iter().filter(|step| wanted(&step.deed)).count();
        let bought = of(|deed| matches!(deed, Deed::Event(Event { name: "Purchase", .. })));
        let euro = of(
            |deed| matches!(deed, Deed::Event(Event { revenue: Some(revenue), .. }) if revenue.currency == *b"EUR"),
        );
        let put = of(|deed| matches!(deed, Deed::Event(Event { name: "Add to cart", .. })));
        assert!(
            (100..1500).contains(&bought) && euro > 0 && euro < bought / 5 && put > bought,
            "{bought} {euro} {put}"
        );
        assert!(of(|deed| *deed == Deed::Gone) > 20);
        assert!(of(|deed| matches!(deed, Deed::Event(Event { name: "Newsletter", .. }))) > 20);
        assert!(of(|deed| matches!(deed, Deed::Attention(_))) > 5000);
    }

    #[test]
    fn one_seed_gives_one_week() {
        assert!(week(&settings(1)).eq(week(&settings(1))));
        assert!(!week(&settings(1)).eq(week(&settings(2))));
    }

    #[test]
    fn a_week_has_about_six_thousand_visits_of_a_few_pages() {
        let steps: Vec<_> = week(&settings(1)).collect();
        let views = steps.iter().filter(|step| step.deed == Deed::View).count();
        assert!((12_000..30_000).contains(&views), "{views}");
        let people: HashSet<_> = steps.iter().map(|step| (step.address, step.user_agent)).collect();
        assert!((3_500..6_000).contains(&people.len()), "{}", people.len());
    }

    #[test]
    fn evenings_are_busy_and_nights_are_quiet() {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let mut hours = [0_u32; 24];
        for step in week(&settings(1)) {
            hours[usize::try_from(step.at.to_zoned(zone.clone()).hour()).unwrap()] += 1;
        }
        assert!(hours[20] > 10 * hours[3], "{hours:?}");
    }

    #[test]
    fn consent_is_answered_as_often_as_promised() {
        let mut answers: HashMap<IpAddr, Option<Answer>> = HashMap::new();
        for step in week(&settings(1)).filter(|step| !step.user_agent.contains("bot")) {
            let first = answers.entry(step.address).or_default();
            *first = first.or(answer_of(&step));
        }
        let share = |wanted: fn(&Option<Answer>) -> bool| {
            answers.values().filter(|answer| wanted(answer)).count() * 100 / answers.len()
        };
        let yes = share(|answer| matches!(answer, Some(Answer::Accepted | Answer::Partial(_))));
        let no = share(|answer| matches!(answer, Some(Answer::Refused)));
        let silent = share(Option::is_none);
        assert!(
            (42..=48).contains(&yes) && (32..=38).contains(&no) && (17..=23).contains(&silent),
            "{yes} {no} {silent}"
        );
    }

    #[test]
    fn every_address_lies_in_a_place_we_can_name() {
        for step in week(&settings(1)) {
            let IpAddr::V4(address) = step.address else { panic!("{}", step.address) };
            assert_eq!(PLACES.iter().filter(|place| place.holds(address)).count(), 1, "{address}");
        }
    }

    #[test]
    fn the_sources_a_shop_has_all_occur() {
        let steps: Vec<_> = week(&settings(1)).collect();
        for host in ["https://www.google.com/", "https://www.finn.no/", "facebook.com/"] {
            assert!(
                steps.iter().any(|step| step.referrer.as_ref().is_some_and(|from| from.contains(host))),
                "{host}"
            );
        }
        assert!(steps.iter().any(|step| step.path.contains("utm_source=nyhetsbrev")));
        assert!(steps.iter().any(|step| step.path == "/takk"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn steps_are_in_order_and_inside_the_days(seed: u64, days in 0_u16..9, visits_a_day in 0_u32..40) {
            let settings = Settings { days, visits_a_day, ..settings(seed) };
            let from = settings.until - SignedDuration::from_hours(24 * i64::from(days));
            let steps: Vec<_> = week(&settings).collect();
            prop_assert!(steps.is_sorted_by_key(|step| step.at));
            prop_assert!(steps.iter().all(|step| from <= step.at && step.at <= settings.until));
            prop_assert!(steps.iter().all(|step| step.path.starts_with('/')));
        }
    }
}
