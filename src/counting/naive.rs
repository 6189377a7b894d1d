//! The same figures counted the slow way: every event is kept, and each figure is a set that is counted at the end.
//! What the counter writes must come out equal, whenever it is drained and wherever it is started anew.
//!
//! What a user agent, a referrer or a language says is asked of the same readers, which have tables of their own.

mod choices;
mod log;
mod names;
mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use proptest::prelude::*;

use self::log::{Line, What, dense_log, log};
use self::world::{World, scenario};
use super::tally::{Dimension, Hour, LocalDay, Sums};
use super::*;
use crate::counting::pairs::{is_of_visit, is_paired, is_tag};

const MINUTE: i64 = 60_000;

/// The values of a cell, readable; none of them is the total.
type Values = Vec<(Dimension, String)>;
/// A cell in its place.
type Readable = (Values, Hour, LocalDay, Arc<str>);

/// Something that happened, with the cells of events it is in.
#[derive(Clone, Debug)]
struct Doing {
    line: Line,
    /// Views, events, revenue, orders.
    figures: [i64; 4],
    /// Does it count for the visit as a whole?
    is_counted: bool,
    cells: Vec<Values>,
}

/// A visit with all that happened in it.
#[derive(Debug)]
struct Visit {
    doings: Vec<Doing>,
    alive: i64,
    views: Vec<(u8, i64)>,
    interactions: usize,
    standing: Standing,
    /// What beacons told of a page: milliseconds, and depths of scroll.
    told: BTreeMap<u8, Vec<(i64, Option<u8>)>>,
    steps: Vec<usize>,
    /// What was shown first in it, and whether that was answered.
    asked: Option<(Line, usize)>,
    has_answered: bool,
}

#[derive(Default)]
struct Sheet {
    sums: BTreeMap<Readable, Sums>,
    visitors: BTreeSet<(Readable, u8)>,
}

impl Sheet {
    /// The sums of a cell at the time of a line.
    fn at(&mut self, world: &World, cell: &Values, line: &Line) -> (&mut Sums, Readable) {
        let hour = if cell.len() == 2 { world.day_hour(line) } else { World::hour(line) };
        let key: Readable = (cell.clone(), Hour(hour), LocalDay(world.day(line)), World::name(line.site));
        (self.sums.entry(key.clone()).or_default(), key)
    }

    /// Counts the visitor of a line in a cell, if this is the first time that day, and that hour.
    fn visitor(&mut self, world: &World, cell: &Values, line: &Line) {
        let (_, key) = self.at(world, cell, line);
        let of_day = (key.0.clone(), Hour(i32::MIN), key.2, Arc::clone(&key.3));
        let is_new = self.visitors.insert((of_day, line.visitor));
        let is_new_hour = self.visitors.insert((key.clone(), line.visitor));
        let sums = self.sums.entry(key).or_default();
        sums.visitors += i64::from(is_new);
        sums.visitors_hour += i64::from(is_new_hour && cell.len() < 2);
    }

    fn add(&mut self, world: &World, cell: &Values, doing: &Doing) {
        let sums = self.at(world, cell, &doing.line).0;
        let [views, events, revenue, orders] = doing.figures;
        *sums += &Sums { views, events, revenue, orders, ..Sums::default() };
    }
}

/// The cells of what one line is, alone and in pairs of events.
fn cells_of(world: &World, ones: &Values, beside: &Values) -> Vec<Values> {
    let mut cells: Vec<Values> = ones.iter().map(|one| vec![one.clone()]).collect();
    let all: Values = ones.iter().chain(beside).cloned().collect();
    for (at, a) in all.iter().enumerate() {
        for b in &all[at + 1..] {
            let is_view = [a, b].iter().any(|one| **one == (Dimension::EventName, "pageview".into()));
            let is_beside = beside.contains(a) && beside.contains(b);
            if !is_view && !is_beside && is_paired(&a.0, &b.0, &world.crosses) {
                cells.push(if a.0 < b.0 { vec![a.clone(), b.clone()] } else { vec![b.clone(), a.clone()] });
            }
        }
    }
    cells
}

/// What a line is by itself: a view or an event, and its money in another currency.
fn doings(world: &World, line: &Line) -> Vec<Doing> {
    let page = (Dimension::Page, line.path());
    let goals: Values = world.goals(line).into_iter().map(|goal| (Dimension::Goal, goal)).collect();
    let doing = |figures, is_counted, cells| Doing { line: line.clone(), figures, is_counted, cells };
    match &line.what {
        What::View { status, .. } => {
            let mut ones = vec![page, (Dimension::EventName, "pageview".into())];
            ones.push((Dimension::Status, status.to_string()));
            ones.extend(goals);
            vec![doing([1, 1, 0, 0], true, cells_of(world, &ones, &Vec::new()))]
        }
        What::Event { name, properties, revenue, .. } => {
            let mut ones = vec![page, (Dimension::EventName, (*name).into())];
            ones.extend(goals.clone());
            let of = |(key, value): &(&str, &str)| (Dimension::Property((*key).into()), (*value).to_owned());
            ones.extend(properties.iter().map(of));
            let cells = cells_of(world, &ones, &Vec::new());
            match revenue {
                None => vec![doing([0, 1, 0, 0], true, cells)],
                Some((amount, "NOK")) => vec![doing([0, 1, *amount, 1], true, cells)],
                Some((amount, currency)) => {
                    let money = vec![(Dimension::Currency, (*currency).to_owned())];
                    vec![
                        doing([0, 1, 0, 0], true, cells),
                        doing([0, 1, *amount, 1], false, cells_of(world, &money, &goals)),
                    ]
                }
            }
        }
        What::Failed { status } => {
            let status = (Dimension::Status, status.to_string());
            vec![doing([0, 1, 0, 0], false, vec![vec![status.clone()], vec![page, status]])]
        }
        _ => Vec::new(),
    }
}

impl Visit {
    fn goes_on(&self, at: i64) -> bool {
        at - self.alive <= 30 * MINUTE && at - self.doings[0].line.at < 24 * 60 * MINUTE
    }

    /// Takes a view or an event into the visit.
    fn take(&mut self, world: &World, line: &Line) {
        self.alive = line.at;
        self.interactions += usize::from(line.is_interactive());
        let mut doings = doings(world, line);
        if matches!(line.what, What::View { .. }) {
            if let Some((before, _)) = self.views.last() {
                let next = vec![(Dimension::Page, format!("/{before}")), (Dimension::NextPage, line.path())];
                let figures = [1, 1, 0, 0];
                doings.push(Doing { line: line.clone(), figures, is_counted: false, cells: vec![next] });
            }
            self.views.push((line.page, line.at));
            if let What::View { asked: Some(notice), .. } = line.what
                && !self.has_answered
            {
                self.asked.get_or_insert_with(|| (line.clone(), notice));
            }
        }
        for (funnel, reached) in self.steps.iter_mut().enumerate() {
            if world.reaches(line, funnel, *reached) {
                *reached += 1;
                let step = vec![(Dimension::Funnel, world.step(funnel, *reached))];
                let figures = [0, 1, 0, 0];
                doings.push(Doing { line: line.clone(), figures, is_counted: false, cells: vec![step] });
            }
        }
        self.doings.extend(doings);
    }

    /// Attention in milliseconds, the deepest scroll, and how many told one, of a page.
    fn attention(&self, page: u8) -> [i64; 3] {
        let told = self.told.get(&page).map_or(&[][..], |told| told);
        let guessed = self.views.windows(2).filter(|two| two[0].0 == page).map(|two| two[1].1 - two[0].1);
        let ms = if told.is_empty() { guessed.sum() } else { told.iter().map(|(ms, _)| ms).sum() };
        let scroll = told.iter().filter_map(|(_, scroll)| *scroll).max();
        [ms, i64::from(scroll.unwrap_or(0)), i64::from(scroll.is_some())]
    }

    fn has_seen(&self, page: u8) -> bool {
        self.doings.iter().any(|doing| doing.is_counted && doing.line.page == page)
    }

    /// The pages it entered on and left from; none until one is viewed.
    fn ends(&self) -> [Option<String>; 2] {
        [self.views.first(), self.views.last()].map(|view| view.map(|(page, _)| format!("/{page}")))
    }

    /// The values of the visit as a whole.
    fn traits(&self, world: &World) -> Values {
        let mut traits = world.first_touch(&self.doings[0].line);
        if let [Some(entry), Some(exit)] = self.ends() {
            traits.insert(0, (Dimension::EntryPage, entry));
            traits.insert(1, (Dimension::ExitPage, exit));
        }
        traits.extend(world::consent(self.standing));
        traits
    }
}

/// Sorts lines into visits; what belongs to none is booked at once.
fn visits(world: &World, log: &[Line], sheet: &mut Sheet) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    let mut latest: HashMap<(usize, u8), usize> = HashMap::new();
    for line in log {
        if let Some(cells) = world.not_counted(line) {
            for cell in cells {
                sheet.at(world, &vec![cell], line).0.events += 1;
            }
            continue;
        }
        let has_mark = world.has_mark(line);
        let key = (line.site, line.visitor);
        let open = latest.get(&key).copied().filter(|at| has_mark && visits[*at].goes_on(line.at));
        choices::answered(world, line, sheet);
        match (open, &line.what) {
            (Some(at), What::View { .. } | What::Event { .. }) => visits[at].take(world, line),
            (None, What::View { .. } | What::Event { .. }) if has_mark => {
                let mut visit = Visit {
                    doings: Vec::new(),
                    alive: line.at,
                    views: Vec::new(),
                    interactions: 0,
                    standing: line.standing,
                    told: BTreeMap::new(),
                    steps: vec![0; world.funnels.len()],
                    asked: None,
                    has_answered: false,
                };
                visit.take(world, line);
                latest.insert(key, visits.len());
                visits.push(visit);
            }
            (open, what) => {
                if let Some(visit) = open.map(|at| &mut visits[at]) {
                    visit.alive = line.at;
                    match what {
                        What::Answer { .. } => {
                            visit.standing = line.standing;
                            visit.has_answered |= line.standing != Standing::Unanswered;
                        }
                        What::Engaged { ms, scroll } if visit.has_seen(line.page) => {
                            let lasts = line.at - visit.doings[0].line.at + 5_000;
                            let told = visit.told.entry(line.page).or_default();
                            let room = lasts - told.iter().map(|(ms, _)| ms).sum::<i64>();
                            told.push((*ms.min(&room), *scroll));
                        }
                        _ => {}
                    }
                }
                loose(world, line, has_mark, sheet);
            }
        }
    }
    visits
}

/// Books what belongs to no visit.
fn loose(world: &World, line: &Line, has_mark: bool, sheet: &mut Sheet) {
    for doing in doings(world, line) {
        for cell in doing.cells.iter().chain(doing.is_counted.then_some(&Vec::new())) {
            sheet.add(world, cell, &doing);
            if has_mark && matches!(line.what, What::Failed { .. }) {
                sheet.visitor(world, cell, line);
            }
        }
    }
}

/// All that one cell gets from one visit: `doings` are those that happened in the cell.
fn book(world: &World, cell: &Values, visit: &Visit, doings: &[&Doing], sheet: &mut Sheet) {
    let (mut hours, mut days) = (BTreeSet::new(), BTreeSet::new());
    for doing in doings {
        let line = &doing.line;
        sheet.add(world, cell, doing);
        sheet.visitor(world, cell, line);
        let sums = sheet.at(world, cell, line).0;
        if hours.insert((World::hour(line), world.day(line))) && cell.len() < 2 {
            sums.visits_hour += 1;
        }
        if days.insert(world.day(line)) {
            *(if days.len() == 1 { &mut sums.visits } else { &mut sums.carried }) += 1;
        }
    }
    // What is left are figures of visits: not of cells in which only dimensions of events stand, pages aside.
    let page = cell.iter().find(|(dimension, _)| *dimension == Dimension::Page).map(|(_, page)| page);
    if cell.iter().any(|(dimension, _)| !is_of_visit(dimension) && *dimension != Dimension::Page) {
        return;
    }
    let began = visit.doings[0].line.at;
    let sums = sheet.at(world, cell, &visit.doings[0].line).0;
    let [entry, exit] = visit.ends();
    if page.is_none_or(|page| Some(page) == entry.as_ref()) {
        sums.entries += i64::from(entry.is_some());
        let is_bounce = visit.interactions < 2;
        sums.bounces += i64::from(is_bounce);
        let last = visit.doings.last().map_or(began, |doing| doing.line.at);
        sums.seconds += if is_bounce { 0 } else { (last - began) / 1000 };
    }
    if page.is_none_or(|page| Some(page) == exit.as_ref()) {
        sums.exits += i64::from(exit.is_some());
    }
    if page.is_some() {
        let [ms, scroll, scrolls] = visit.attention(doings[0].line.page);
        let sums = sheet.at(world, cell, &doings[0].line).0;
        *sums += &Sums { engaged_ms: ms, scroll, scrolls, ..Sums::default() };
    }
}

/// A tag that is not known stands in no pair.
fn stands_in_pairs(one: &(Dimension, String)) -> bool {
    !(is_tag(&one.0) && one.1 == "(unknown)") && *one != (Dimension::EventName, "pageview".into())
}

fn pair(world: &World, a: &(Dimension, String), b: &(Dimension, String)) -> Option<Values> {
    let stands = stands_in_pairs(a) && stands_in_pairs(b) && is_paired(&a.0, &b.0, &world.crosses);
    stands.then(|| if a.0 < b.0 { vec![a.clone(), b.clone()] } else { vec![b.clone(), a.clone()] })
}

fn naive(world: &World, log: &[Line]) -> BTreeMap<Readable, Sums> {
    let mut sheet = Sheet::default();
    for visit in visits(world, log, &mut sheet) {
        choices::asked(world, &visit, &mut sheet);
        let traits = visit.traits(world);
        let counted: Vec<&Doing> = visit.doings.iter().filter(|doing| doing.is_counted).collect();
        book(world, &Vec::new(), &visit, &counted, &mut sheet);
        for (at, one) in traits.iter().enumerate() {
            book(world, &vec![one.clone()], &visit, &counted, &mut sheet);
            for cell in traits[at + 1..].iter().filter_map(|other| pair(world, one, other)) {
                book(world, &cell, &visit, &counted, &mut sheet);
            }
        }
        let cells: BTreeSet<&Values> = visit.doings.iter().flat_map(|doing| &doing.cells).collect();
        for cell in cells {
            let inside: Vec<&Doing> =
                visit.doings.iter().filter(|doing| doing.cells.contains(cell)).collect();
            book(world, cell, &visit, &inside, &mut sheet);
            if let [one] = &cell[..] {
                for cell in traits.iter().filter_map(|other| pair(world, one, other)) {
                    book(world, &cell, &visit, &inside, &mut sheet);
                }
            }
        }
    }
    sheet.sums.into_iter().filter(|(_, sums)| !sums.is_zero()).collect()
}

fn assert_same(world: &World, log: &[Line], pauses: &BTreeSet<usize>, restarts: &BTreeSet<usize>) {
    let (mut naive_sums, mut counted) =
        (BTreeMap::<Readable, Sums>::new(), BTreeMap::<Readable, Sums>::new());
    let mut from = 0;
    for until in restarts.iter().copied().filter(|at| *at < log.len()).chain([log.len()]) {
        for (key, sums) in naive(world, &log[from..until]) {
            *naive_sums.entry(key).or_default() += &sums;
        }
        let pauses: BTreeSet<usize> = pauses.iter().filter_map(|at| at.checked_sub(from)).collect();
        for (key, sums) in world.counted(&log[from..until], &pauses) {
            *counted.entry(key).or_default() += &sums;
        }
        from = until;
    }
    for (key, sums) in &naive_sums {
        assert_eq!(counted.get(key).copied().unwrap_or_default(), *sums, "{key:?}");
    }
    for (key, sums) in &counted {
        assert!(naive_sums.contains_key(key) || sums.is_zero(), "{key:?} {sums:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn sums_equal_those_of_the_naive_model(
        world in scenario(),
        log in log(),
        pauses in prop::collection::btree_set(0..60_usize, 0..20),
        restarts in prop::collection::btree_set(0..60_usize, 0..3),
    ) {
        assert_same(&world, &world.timed(log), &pauses, &restarts);
    }

    #[test]
    fn visits_over_midnight_equal_those_of_the_naive_model(
        world in scenario(),
        log in dense_log(),
        pauses in prop::collection::btree_set(0..80_usize, 0..40),
    ) {
        assert_same(&world, &world.timed(log), &pauses, &BTreeSet::new());
    }
}
