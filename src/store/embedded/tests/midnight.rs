//! What a visit over midnight is on either day.

use super::*;

/// A visit runs on over midnight; at noon another comes for one page.
#[test]
fn what_became_of_visits_is_told_on_the_day_on_which_they_began() {
    let room = room();
    let goes_on =
        Sums { visitors: 1, visitors_hour: 1, visits_hour: 1, carried: 1, views: 1, ..Sums::default() };
    let bounce = Sums { bounces: 1, seconds: 0, ..visit() };
    let tallies = [(23, visit()), (24, goes_on), (36, bounce)];
    room.add(1, tallies.map(|(hour, sums)| tally(hour, Cell::Total, sums)).to_vec(), vec![]);
    let of = |axes: &[Axis]| -> Vec<Vec<i64>> {
        let metrics = vec![Metric::Visits, Metric::BounceRate, Metric::VisitDuration];
        room.rows(Asked { metrics, ..asked(axes, None) }).into_iter().map(|(_, figures)| figures).collect()
    };
    assert_eq!(of(&[Axis::Time(Bucket::Day)]), [[1, 0, 60], [2, 100, 0]]);
    assert_eq!(of(&[]), [[2, 50, 30]]);
}
