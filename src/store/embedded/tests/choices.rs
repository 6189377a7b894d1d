//! What became of the question: every figure by every thing that is said of a choice.

use super::*;

const CATEGORIES: [Dimension; 3] =
    [Dimension::ChoicePreferences, Dimension::ChoiceStatistics, Dimension::ChoiceMarketing];

/// The cells of something that happened `times`, as counting makes them.
fn cells(facts: &[(Dimension, &str)], times: i64, sums: Sums) -> Vec<Tally> {
    let sums = Sums { events: times, ..sums };
    let one = |at: usize| (facts[at].0.clone(), word(facts[at].1));
    let mut tallies = Vec::new();
    for a in 0..facts.len() {
        let (dimension, value) = one(a);
        tallies.push(tally(3, Cell::One(dimension, value), sums));
        for b in a + 1..facts.len() {
            let ((a, x), (b, y)) = (one(a), one(b));
            let (a, x, b, y) = if a < b { (a, x, b, y) } else { (b, y, a, x) };
            tallies.push(tally(0, Cell::Pair(a, x, b, y), sums));
        }
    }
    tallies
}

fn answers(what: &str, layer: &str, language: &str, said: [&str; 3], times: i64) -> Vec<Tally> {
    let mut facts = vec![
        (Dimension::Choice, what),
        (Dimension::ChoiceLayer, layer),
        (Dimension::ChoiceLanguage, language),
        (Dimension::ChoiceVersion, "1a2b"),
    ];
    facts.extend(CATEGORIES.into_iter().zip(said));
    cells(&facts, times, Sums::default())
}

fn questions(what: &str, language: &str, times: i64) -> Vec<Tally> {
    let facts = [
        (Dimension::Choice, what),
        (Dimension::ChoiceLayer, "banner"),
        (Dimension::ChoiceLanguage, language),
        (Dimension::ChoiceVersion, "1a2b"),
    ];
    let sums = if what == "shown" {
        Sums { views: times, ..Sums::default() }
    } else {
        Sums { bounces: times, ..Sums::default() }
    };
    cells(&facts, times, sums)
}

/// 100 visits, of which 60 were asked in Norwegian and 20 in English.
fn shop() -> Room {
    let room = room();
    let people = Sums { visitors: 90, visits: 100, views: 200, events: 200, ..Sums::default() };
    let (yes, no) = ("granted", "refused");
    let tallies = [
        vec![tally(3, Cell::Total, people)],
        questions("shown", "nb", 60),
        questions("ignored", "nb", 20),
        questions("shown", "en", 20),
        questions("ignored", "en", 10),
        answers("accepted", "banner", "nb", [yes; 3], 20),
        answers("refused", "banner", "nb", [no; 3], 16),
        answers("partial", "page", "nb", [no, yes, no], 4),
        answers("accepted", "banner", "en", [yes; 3], 2),
        answers("refused", "banner", "en", [no; 3], 8),
        answers("withdrawn", "page", "nb", ["withdrawn"; 3], 2),
    ];
    room.add(1, tallies.concat(), vec![]);
    room
}

const FIGURES: [Metric; 5] = [
    Metric::BannersShown,
    Metric::BannersIgnored,
    Metric::Choices,
    Metric::ConsentRate(Granted::Anything),
    Metric::ConsentRate(Granted::Statistics),
];

fn wanting(metrics: &[Metric], asked: Asked) -> Asked {
    Asked { metrics: metrics.to_vec(), ..asked }
}

fn row(label: &str, figures: &[i64]) -> (Vec<String>, Vec<i64>) {
    (vec![label.to_owned()], figures.to_vec())
}

#[test]
fn whole_site_says_how_many_were_asked_and_what_they_answered() {
    let room = shop();
    assert_eq!(room.rows(wanting(&FIGURES, asked(&[], None))), [(vec![], vec![80, 30, 52, 5000, 5000])]);
    let shares = Granted::ALL.map(Metric::ConsentShare);
    assert_eq!(room.rows(wanting(&shares, asked(&[], None))), [(vec![], vec![2600, 2200, 2600, 2200])]);
    let by_day = asked(&[Axis::Time(Bucket::Day)], None);
    assert_eq!(room.rows(wanting(&FIGURES, by_day)), [row("2026-03-02", &[80, 30, 52, 5000, 5000])]);
    let by_answer = wanting(&[Metric::Events], asked(&[Axis::Of(Dimension::Choice)], None));
    let expected = [("shown", 80), ("ignored", 30), ("refused", 24), ("accepted", 22), ("partial", 4)];
    let expected = expected.into_iter().chain([("withdrawn", 2)]).map(|(label, times)| row(label, &[times]));
    assert_eq!(room.rows(by_answer), expected.collect::<Vec<_>>());
}

#[test]
fn figures_are_cut_by_language_layer_version_and_category() {
    let room = shop();
    let by = |dimension| room.rows(wanting(&FIGURES, asked(&[Axis::Of(dimension)], None)));
    assert_eq!(
        by(Dimension::ChoiceLanguage),
        [row("nb", &[60, 20, 42, 5710, 5710]), row("en", &[20, 10, 10, 2000, 2000])]
    );
    assert_eq!(
        by(Dimension::ChoiceLayer),
        [row("banner", &[80, 30, 46, 4780, 4780]), row("page", &[0, 0, 6, 6670, 6670])]
    );
    assert_eq!(by(Dimension::ChoiceVersion), [row("1a2b", &[80, 30, 52, 5000, 5000])]);
    assert_eq!(
        by(Dimension::ChoiceMarketing),
        [
            row("granted", &[0, 0, 22, 10_000, 10_000]),
            row("refused", &[0, 0, 28, 1430, 1430]),
            row("withdrawn", &[0, 0, 2, 0, 0]),
        ]
    );
}

#[test]
fn figures_are_told_for_one_value_and_answers_by_another() {
    let room = shop();
    let english: (Dimension, &[&str]) = (Dimension::ChoiceLanguage, &["en"]);
    let figures = room.rows(wanting(&FIGURES, asked(&[], Some(english.clone()))));
    assert_eq!(figures, [(vec![], vec![20, 10, 10, 2000, 2000])]);
    let by_answer = asked(&[Axis::Of(Dimension::Choice)], Some(english));
    assert_eq!(
        room.rows(wanting(&[Metric::Events], by_answer)),
        [row("shown", &[20]), row("ignored", &[10]), row("refused", &[8]), row("accepted", &[2])]
    );
}

#[test]
fn few_answers_are_folded_and_figures_of_few_withheld() {
    let room = shop();
    let by_answer = wanting(&[Metric::Events], asked(&[Axis::Of(Dimension::Choice)], None));
    let folded = room.rows(Asked { k: 5, ..by_answer });
    assert_eq!(folded[3..], [row("accepted", &[22]), row(OTHER, &[6])]);
    let refused: (Dimension, &[&str]) = (Dimension::Choice, &["partial"]);
    let by_language =
        wanting(&[Metric::Events], asked(&[Axis::Of(Dimension::ChoiceLanguage)], Some(refused)));
    assert_eq!(room.rows(Asked { k: 5, ..by_language }), []);
}

#[test]
fn views_for_people_say_what_became_of_the_question() {
    let room = shop();
    let connection = STATISTICS.open_to_read(room.directory.path()).unwrap();
    let told = |select: &str| -> Vec<(String, i64)> {
        let mut statement = connection.prepare(select).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let expected = |list: &[(&str, i64)]| -> Vec<(String, i64)> {
        list.iter().map(|(value, times)| ((*value).to_owned(), *times)).collect()
    };
    assert_eq!(
        told(
            "select value, sum(choices) from choices_day where dimension = 'event:choice' group by 1 order by 1"
        ),
        expected(&[("(other)", 6), ("accepted", 22), ("ignored", 0), ("refused", 24), ("shown", 0)])
    );
    assert_eq!(told("select value, pageviews from days_by_value where dimension like 'choice:%'"), []);
}

/// Each column of a view's rows, added up by what these columns say.
fn added(room: &Room, from: &str, by: &str) -> Vec<(String, [i64; 3])> {
    let connection = STATISTICS.open_to_read(room.directory.path()).unwrap();
    let select =
        format!("select {by}, sum(shown), sum(ignored), sum(choices) from {from} group by 1 order by 1");
    let mut statement = connection.prepare(&select).unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?]))).unwrap();
    rows.map(Result::unwrap).collect()
}

const CELLS: &str = "(select dimensions.name as dimension, views as shown, bounces as ignored, \
    events - views - bounces as choices from cells_hour join dimensions on dimensions.id = cells_hour.dimension)";

#[test]
fn what_views_fold_of_choices_is_in_their_sums() {
    let room = shop();
    let dimensions = added(&room, "choices_day", "dimension");
    assert_eq!(dimensions.len(), 7);
    assert_eq!(dimensions, added(&room, CELLS, "dimension"));
    let by_category = added(&room, "choices_day where dimension = 'choice:preferences'", "value");
    let expected = [(OTHER, [0, 0, 24]), ("refused", [0, 0, 28])];
    assert_eq!(by_category, expected.map(|(value, sums)| (value.to_owned(), sums)), "2 of 52 are withdrawn");
    let of_pair = |first: &str, second: &str| {
        let pair =
            format!("choices_by_two_day where first_dimension = '{first}' and second_dimension = '{second}'");
        added(&room, &pair, "first_value || ' ' || second_value")
    };
    assert_eq!(
        of_pair("choice:layer", "choice:language"),
        [("banner en", [20, 10, 10]), ("banner nb", [60, 20, 36]), ("page nb", [0, 0, 6])]
            .map(|(values, sums)| (values.to_owned(), sums))
    );
    // Of 26 grants 24 are Norwegian, which would tell the two others.
    let answered = [("en (other)", [0, 0, 10]), ("nb (other)", [0, 0, 42])];
    assert_eq!(
        of_pair("choice:language", "choice:statistics"),
        answered.map(|(values, sums)| (values.to_owned(), sums))
    );
}

/// A shop that asks about statistics alone, and one that asks nobody.
#[test]
fn what_nobody_was_asked_about_has_no_rate() {
    /// As rows here have what is not known.
    const UNKNOWN: i64 = -1;
    let people = Sums { visitors: 9, visits: 9, views: 9, events: 9, ..Sums::default() };
    let rates = Granted::ALL.map(Metric::ConsentRate);
    let by_day = asked(&[Axis::Time(Bucket::Day)], None);
    let by_layer = asked(&[Axis::Of(Dimension::ChoiceLayer)], None);
    let told = |room: &Room, asked: Asked| room.rows(wanting(&rates, asked)).remove(0).1;

    let room = room();
    room.add(1, vec![tally(3, Cell::Total, people)], vec![]);
    assert_eq!(told(&room, asked(&[], None)), [UNKNOWN; 4]);
    assert_eq!(told(&room, by_day.clone()), [UNKNOWN; 4]);

    let facts = [(Dimension::Choice, "refused"), (Dimension::ChoiceLayer, "banner")];
    let about = [facts[0].clone(), facts[1].clone(), (Dimension::ChoiceStatistics, "refused")];
    room.add(2, cells(&about, 6, Sums::default()), vec![]);
    for asked in [asked(&[], None), by_day, by_layer] {
        assert_eq!(told(&room, asked), [0, UNKNOWN, 0, UNKNOWN]);
    }
}

#[test]
fn there_is_no_visitor_in_choices() {
    let metrics = [Metric::Visitors, Metric::Visits, Metric::Pageviews, Metric::Events];
    let by_layer = wanting(&metrics, asked(&[Axis::Of(Dimension::ChoiceLayer)], None));
    assert_eq!(shop().rows(by_layer)[0], row("banner", &[-1, -1, -1, 156]));
}
