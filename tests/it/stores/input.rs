//! Figures for every store: every dimension, words and tokens, named and not, sums that cancel, days around a change of
//! month and of clocks. Drawn from a seed, so that a failure can be looked at again.

use std::sync::Arc;

use consentry::counting::pairs::is_paired;
use consentry::counting::tally::{Cell, Dimension, Hour, LocalDay, Name, Sums, Tally, Value};
use consentry::store::{Batch, BatchId};

/// Monday 2026-03-02 in Oslo, and its first hour.
pub const DAY: LocalDay = LocalDay(20_514);
pub const HOUR: Hour = Hour(20_513 * 24 + 23);
/// Days with figures: over the end of February, and three Mondays.
pub const DAYS: std::ops::Range<i32> = -5..15;
/// Two declared pairs, one in either order.
pub const CROSSES: [(Dimension, Dimension); 2] =
    [(Dimension::City, Dimension::Browser), (Dimension::Device, Dimension::Language)];

/// Values of one dimension: words that could be mistaken for something else, and tokens.
pub fn values() -> Vec<Value> {
    let words = ["", "NO", "it's", "tab\there", "back\\slash", "123", "Sámi «ø»", "{x:String} ? $1"];
    let tokens = [1, 7, 123, u64::MAX, 1 << 63, 0x1234_5678_9abc_def0];
    words.iter().map(|word| Value::Word(Arc::from(*word))).chain(tokens.map(Value::Token)).collect()
}

/// Names of some of the tokens; two have the same one, and one is also a word.
pub const NAMES: [(u64, &str); 4] = [(7, "/cart"), (123, "/cart"), (u64::MAX, "NO"), (1 << 63, "a\nb 'c'")];

/// Every dimension, and two properties.
pub fn dimensions() -> Vec<Dimension> {
    let properties = ["size", "it's"].map(|key| Dimension::Property(key.into()));
    Dimension::ALL.into_iter().chain(properties).collect()
}

/// Numbers from a seed, by Steele's mixing.
struct Drawn(u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn small(&mut self) -> i64 {
        i64::try_from(self.below(9)).expect("small")
    }

    fn sums(&mut self) -> Sums {
        let visits = self.small();
        Sums {
            visitors: self.small(),
            visitors_hour: self.small(),
            visits,
            visits_hour: visits + self.small(),
            carried: i64::from(self.below(6) == 0),
            views: self.small(),
            events: self.small(),
            bounces: self.small(),
            seconds: self.small() * 30,
            entries: self.small(),
            exits: self.small() - 2,
            revenue: self.small() * 99_500,
            orders: self.small(),
            engaged_ms: self.small() * 1234,
            scroll: self.small() * 10,
            scrolls: self.small(),
        }
    }

    fn value(&mut self) -> Value {
        let values = values();
        let place = self.below(values.len() as u64);
        values[usize::try_from(place).expect("small")].clone()
    }

    /// An hour of the figures, with its day in Oslo.
    fn when(&mut self) -> (Hour, LocalDay) {
        let day = DAYS.start + i32::try_from(self.below(20)).expect("small");
        let hour = i32::try_from(self.below(24)).expect("small");
        (Hour(HOUR.0 + 24 * day + hour), LocalDay(DAY.0 + day))
    }
}

fn tally(site: &str, (hour, day): (Hour, LocalDay), cell: Cell, sums: Sums) -> Tally {
    Tally { site: site.into(), hour, day, cell, sums }
}

/// A few batches.
pub fn batches() -> Vec<Batch> {
    let mut drawn = Drawn(20_260_302);
    let mut tallies = Vec::new();
    for site in ["shop", "other"] {
        for _ in 0..120 {
            let (when, sums) = (drawn.when(), drawn.sums());
            tallies.push(tally(site, when, Cell::Total, sums));
        }
        for dimension in dimensions() {
            for _ in 0..40 {
                let (when, value, sums) = (drawn.when(), drawn.value(), drawn.sums());
                tallies.push(tally(site, when, Cell::One(dimension.clone(), value.clone()), sums));
                if drawn.below(4) == 0 {
                    // Taken back: a row of nothing is left, or none.
                    let mut back = Sums::default();
                    back -= &sums;
                    tallies.push(tally(site, when, Cell::One(dimension.clone(), value), back));
                }
            }
        }
        for (first, second) in pairs() {
            for _ in 0..12 {
                let (when, values) = (drawn.when(), (drawn.value(), drawn.value()));
                let sums = Sums { visitors_hour: 0, visits_hour: 0, ..drawn.sums() };
                let cell = Cell::Pair(first.clone(), values.0, second.clone(), values.1);
                tallies.push(tally(site, when, cell, sums));
            }
        }
    }
    let count = tallies.len();
    let mut batches: Vec<Batch> = tallies
        .chunks(count / 5 + 1)
        .zip(1..)
        .map(|(tallies, sequence)| Batch {
            id: BatchId { boot: 1, sequence },
            tallies: tallies.to_vec(),
            names: Vec::new(),
        })
        .collect();
    batches[3].names = names();
    batches
}

/// Every two dimensions that are counted together, the lesser first.
pub fn pairs() -> Vec<(Dimension, Dimension)> {
    let all = dimensions();
    let mut pairs = Vec::new();
    for first in &all {
        for second in all.iter().filter(|second| first < *second && is_paired(first, second, &CROSSES)) {
            pairs.push((first.clone(), second.clone()));
        }
    }
    pairs
}

fn names() -> Vec<Name> {
    let mut names = Vec::new();
    for dimension in dimensions() {
        for (token, name) in NAMES {
            names.push(Name { site: "shop".into(), dimension: dimension.clone(), token, name: name.into() });
        }
    }
    names
}

/// 60 visitors: 40 from Norway, 15 from Sweden, 3 from Denmark and 2 from Finland; and some of the other tables.
pub fn devices() -> Batch {
    let people = |n| Sums { visitors: n, visits: n, views: n, events: n, ..Sums::default() };
    let word = |word: &str| Value::Word(word.into());
    let country = |name| Cell::One(Dimension::Country, word(name));
    let device = |name| Cell::One(Dimension::Device, word(name));
    let both = |c, d| Cell::Pair(Dimension::Country, word(c), Dimension::Device, word(d));
    let step = |next| Cell::Pair(Dimension::Page, word("/"), Dimension::NextPage, word(next));
    let cells = vec![
        (Cell::Total, people(60)),
        (country("NO"), people(40)),
        (country("SE"), people(15)),
        (country("DK"), people(3)),
        (country("FI"), people(2)),
        (device("Mobile"), people(29)),
        (device("Desktop"), people(31)),
        (both("NO", "Mobile"), people(10)),
        (both("NO", "Desktop"), people(30)),
        (both("SE", "Mobile"), people(14)),
        (both("SE", "Desktop"), people(1)),
        (both("DK", "Mobile"), people(3)),
        (both("FI", "Mobile"), people(2)),
        (step("/kurv"), people(7)),
        (step("/hemmelig"), people(1)),
        (Cell::One(Dimension::Robot, word("Googlebot")), Sums { events: 1, ..Sums::default() }),
    ];
    let tallies = cells.into_iter().map(|(cell, sums)| tally("shop", (HOUR, DAY), cell, sums)).collect();
    Batch { id: BatchId { boot: 2, sequence: 1 }, tallies, names: Vec::new() }
}

/// Twelve visitors of one source and page. Three of them reached two steps of a funnel and two goals, one bought
/// something of a size and missed a page, two answered.
pub fn few() -> Batch {
    let people =
        |n| Sums { visitors: n, visitors_hour: n, visits: n, views: n, events: n, ..Sums::default() };
    let times = |n| Sums { events: n, ..Sums::default() };
    let word = |dimension, word: &str, sums| (Cell::One(dimension, Value::Word(word.into())), sums);
    let size = || Dimension::Property("size".into());
    let token = |token, sums| (Cell::One(size(), Value::Token(token)), sums);
    let left = Sums { exits: 1, ..Sums::default() };
    let mut cells = vec![
        (Cell::Total, people(12)),
        word(Dimension::Source, "Direct", people(12)),
        word(Dimension::Page, "/", people(12)),
        word(Dimension::Page, "/on-the-next-day", left),
        word(Dimension::FirstWeek, "2026-W10", people(4)),
        word(Dimension::Status, "404", Sums { visitors: 1, visitors_hour: 1, ..times(3) }),
        word(Dimension::Choice, "refused", times(2)),
        word(Dimension::ChoiceLayer, "banner", times(2)),
    ];
    cells.extend(["basket", "paid"].map(|step| word(Dimension::Funnel, step, people(3))));
    cells.extend(["Purchase", "Sign-up"].map(|goal| word(Dimension::Goal, goal, people(3))));
    cells.extend([1, 2, 3, 4, 5, 6].map(|order| token(order, people(1))));
    let tallies = cells.into_iter().map(|(cell, sums)| tally("shop", (HOUR, DAY), cell, sums)).collect();
    Batch { id: BatchId { boot: 3, sequence: 1 }, tallies, names: Vec::new() }
}
