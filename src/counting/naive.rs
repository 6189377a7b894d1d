//! The same figures counted the slow way: every event is kept, and each figure is a set that is counted at the end.
//! What the counter writes must come out equal, whenever it is drained.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::HeaderValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::place::{Place, Places};
use super::tally::{Cell, Dimension, Hour, LocalDay, Sums, Value};
use super::*;
use crate::clock::SystemEntropy;

const MINUTE: i64 = 60_000;
/// 2026-10-24T21:00Z: an hour before midnight in Oslo, a day before summer time ends there, a month before nothing.
const START: i64 = 1_792_875_600_000;
const AGENTS: [(&str, [&str; 3]); 3] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36",
        ["Desktop", "Chrome", "Windows"],
    ),
    ("Mozilla/5.0 (iPhone) Version/18.6 Mobile/15E148 Safari/604.1", ["Mobile", "Safari", "iOS"]),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0", ["Desktop", "Firefox", "GNU/Linux"]),
];
const REFERRERS: [(&str, &str); 3] =
    [("", "Direct / None"), ("https://www.google.no/", "Google"), ("https://blog.example/x", "blog.example")];
const ZONES: [&str; 2] = ["Europe/Oslo", "Asia/Kolkata"];

/// Norway for even addresses, unknown for odd ones; the region is the last digit.
struct ByLastByte;

impl Places for ByLastByte {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let last = v4.octets()[3];
        if last.is_multiple_of(2) { Place::new(Some("NO"), Some(&last.to_string())) } else { Place::UNKNOWN }
    }
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    View,
    Interaction,
    Background,
    Answer,
    Engagement,
}

/// One line of the log that the naive model keeps and the counter never has.
#[derive(Clone, Debug)]
struct Line {
    at: i64,
    site: usize,
    visitor: u8,
    page: u8,
    referrer: usize,
    what: Happening,
}

impl Line {
    fn hit(&self) -> Hit {
        let (user_agent, _) = AGENTS[usize::from(self.visitor) % AGENTS.len()];
        let (referrer, _) = REFERRERS[self.referrer];
        Hit {
            site: SiteIndex(u16::try_from(self.site).unwrap()),
            at: Timestamp::from_millisecond(self.at).unwrap(),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, self.visitor)),
            user_agent: Some(HeaderValue::from_static(user_agent)),
            host: None,
            target: format!("/{}?secret=1", self.page).parse().unwrap(),
            referrer: (!referrer.is_empty()).then(|| HeaderValue::from_static(referrer)),
            accept_language: None,
            consent: Standing::Unanswered,
            weeks: None,
            objects: false,
            kind: match self.what {
                Happening::View => HitKind::View { status: 200, is_public: false },
                Happening::Interaction => HitKind::Event {
                    name: "buy".into(),
                    interactive: true,
                    properties: Box::default(),
                    revenue: None,
                },
                Happening::Background => HitKind::Event {
                    name: "seen".into(),
                    interactive: false,
                    properties: Box::default(),
                    revenue: None,
                },
                Happening::Answer => HitKind::Answered { answer: Answer::Refused, reloads: false },
                Happening::Engagement => HitKind::Engagement { engaged_ms: 5, scroll: None },
            },
        }
    }

    fn hour(&self) -> i32 {
        i32::try_from(self.at.div_euclid(60 * MINUTE)).unwrap()
    }

    fn day(&self) -> i32 {
        let date = Timestamp::from_millisecond(self.at).unwrap().to_zoned(zone(self.site)).date();
        i32::try_from(date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24).unwrap()
    }

    fn day_hour(&self) -> i32 {
        let date = Timestamp::from_millisecond(self.at).unwrap().to_zoned(zone(self.site)).date();
        let midnight = date.to_zoned(zone(self.site)).unwrap().timestamp().as_millisecond();
        i32::try_from(midnight.div_euclid(60 * MINUTE)).unwrap()
    }
}

fn zone(site: usize) -> TimeZone {
    TimeZone::get(ZONES[site]).unwrap()
}

fn name(site: usize) -> Arc<str> {
    ["shop", "outlet"][site].into()
}

/// A cell with its texts readable.
type Readable = (Vec<(Dimension, String)>, Hour, LocalDay, Arc<str>);

#[derive(Default)]
struct Sheet {
    sums: BTreeMap<Readable, Sums>,
    visitors: BTreeSet<(Readable, u8, i32)>,
    visitors_hour: BTreeSet<(Readable, u8, i32, i32)>,
}

impl Sheet {
    fn at(&mut self, cell: &[(Dimension, String)], line: &Line) -> (&mut Sums, Readable) {
        let hour = if cell.len() == 2 { line.day_hour() } else { line.hour() };
        let key: Readable = (cell.to_vec(), Hour(hour), LocalDay(line.day()), name(line.site));
        (self.sums.entry(key.clone()).or_default(), key)
    }
}

/// A visit as the naive model sees it: its counted lines.
fn visits(log: &[Line]) -> Vec<Vec<Line>> {
    let mut open: HashMap<(usize, u8), (i64, i64, usize)> = HashMap::new();
    let mut visits: Vec<Vec<Line>> = Vec::new();
    for line in log {
        let key = (line.site, line.visitor);
        let going = open
            .get(&key)
            .copied()
            .filter(|(began, alive, _)| line.at - alive <= 30 * MINUTE && line.at - began < 24 * 60 * MINUTE);
        let is_counted =
            matches!(line.what, Happening::View | Happening::Interaction | Happening::Background);
        match going {
            Some((began, _, at)) => {
                open.insert(key, (began, line.at, at));
                if is_counted {
                    visits[at].push(line.clone());
                }
            }
            None if matches!(line.what, Happening::View) => {
                visits.push(vec![line.clone()]);
                open.insert(key, (line.at, line.at, visits.len() - 1));
            }
            None => {}
        }
    }
    visits
}

/// Events and answers that belong to no visit, and the answers of all.
fn loose(log: &[Line], visits: &[Vec<Line>], sheet: &mut Sheet) {
    let inside: BTreeSet<(usize, u8, i64)> =
        visits.iter().flatten().map(|line| (line.site, line.visitor, line.at)).collect();
    for line in log {
        let is_event = matches!(line.what, Happening::Interaction | Happening::Background);
        if is_event && !inside.contains(&(line.site, line.visitor, line.at)) {
            sheet.at(&[], line).0.events += 1;
            sheet.at(&[(Dimension::Page, format!("/{}", line.page))], line).0.events += 1;
        }
        if matches!(line.what, Happening::Answer) {
            sheet.at(&[(Dimension::Choice, "refused".into())], line).0.events += 1;
        }
    }
}

fn traits(visit: &[Line]) -> Vec<(Dimension, String)> {
    let first = &visit[0];
    let exit = visit.iter().rfind(|line| matches!(line.what, Happening::View)).unwrap();
    let [device, browser, os] = AGENTS[usize::from(first.visitor) % AGENTS.len()].1;
    let (country, region) = if first.visitor.is_multiple_of(2) {
        ("NO".to_owned(), format!("NO-{}", first.visitor))
    } else {
        ("(not set)".to_owned(), "(not set)".to_owned())
    };
    vec![
        (Dimension::EntryPage, format!("/{}", first.page)),
        (Dimension::ExitPage, format!("/{}", exit.page)),
        (Dimension::Source, REFERRERS[first.referrer].1.into()),
        (Dimension::Country, country),
        (Dimension::Region, region),
        (Dimension::Device, device.into()),
        (Dimension::Browser, browser.into()),
        (Dimension::Os, os.into()),
    ]
}

/// All that one cell gets from one visit. `lines` are those of the visit that happened in the cell.
fn book(cell: &[(Dimension, String)], visit: &[Line], lines: &[&Line], sheet: &mut Sheet) {
    let page =
        cell.first().filter(|(dimension, _)| *dimension == Dimension::Page).map(|(_, page)| page.as_str());
    let is_pair = cell.len() == 2;
    let (mut hours, mut days) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        let visitor = line.visitor;
        let (sums, key) = sheet.at(cell, line);
        sums.events += 1;
        sums.views += i64::from(matches!(line.what, Happening::View));
        if hours.insert((line.hour(), line.day())) && !is_pair {
            sums.visits_hour += 1;
        }
        if days.insert(line.day()) {
            if days.len() == 1 {
                sums.visits += 1;
            } else {
                sums.carried += 1;
            }
        }
        // First in the cell: visits come in the order of their time, and a cell's key has its day.
        let of_day = ((cell.to_vec(), Hour(0), LocalDay(line.day()), name(line.site)), visitor, line.day());
        let is_new = sheet.visitors.insert(of_day);
        let is_new_hour = sheet.visitors_hour.insert((key.clone(), visitor, line.hour(), line.day()));
        let sums = sheet.sums.entry(key).or_default();
        sums.visitors += i64::from(is_new);
        sums.visitors_hour += i64::from(is_new_hour && !is_pair);
    }
    let first = &visit[0];
    let all = traits(visit);
    let interactive: Vec<&Line> =
        visit.iter().filter(|line| !matches!(line.what, Happening::Background)).collect();
    let (sums, _) = sheet.at(cell, first);
    if page.is_none_or(|page| page == all[0].1) {
        sums.entries += 1;
        sums.bounces += i64::from(interactive.len() == 1);
        sums.seconds += (interactive.last().unwrap().at - first.at) / 1000;
    }
    if page.is_none_or(|page| page == all[1].1) {
        sums.exits += 1;
    }
}

fn naive(log: &[Line]) -> BTreeMap<Readable, Sums> {
    let mut sheet = Sheet::default();
    let visits = visits(log);
    loose(log, &visits, &mut sheet);
    for visit in &visits {
        let all = traits(visit);
        let lines: Vec<&Line> = visit.iter().collect();
        book(&[], visit, &lines, &mut sheet);
        for (at, one) in all.iter().enumerate() {
            book(std::slice::from_ref(one), visit, &lines, &mut sheet);
            for other in &all[at + 1..] {
                book(&[one.clone(), other.clone()], visit, &lines, &mut sheet);
            }
        }
        let pages: BTreeSet<u8> = visit.iter().map(|line| line.page).collect();
        for page in pages {
            let lines: Vec<&Line> = visit.iter().filter(|line| line.page == page).collect();
            let cell = (Dimension::Page, format!("/{page}"));
            book(std::slice::from_ref(&cell), visit, &lines, &mut sheet);
            for one in &all {
                book(&[cell.clone(), one.clone()], visit, &lines, &mut sheet);
            }
        }
    }
    sheet.sums.into_iter().filter(|(_, sums)| !sums.is_zero()).collect()
}

fn settings(site: usize) -> SiteSettings {
    SiteSettings {
        name: name(site),
        hosts: Vec::new(),
        time_zone: zone(site),
        without_consent: WithoutConsent::Visitors,
        k: Thresholds { city: 1, region: 1, text: 1, answer: 1 },
        goals: Vec::new(),
        funnels: Vec::new(),
        crosses: Vec::new(),
        currency: *b"NOK",
    }
}

/// What the counter makes of the log, drained and advanced after the lines at `pauses`.
fn counted(log: &[Line], pauses: &BTreeSet<usize>) -> BTreeMap<Readable, Sums> {
    let mut counter =
        Counter::new(vec![settings(0), settings(1)], Arc::new(ByLastByte), Arc::new(SystemEntropy));
    let mut drains = Vec::new();
    for (at, line) in log.iter().enumerate() {
        counter.count(line.hit());
        if pauses.contains(&at) {
            counter.advance(Timestamp::from_millisecond(line.at).unwrap());
            drains.push(counter.drain());
        }
    }
    drains.push(counter.drain());
    assert_eq!(counter.drain(), Drained::default());
    assert_eq!(counter.dropped(), &Dropped::default());
    let names: HashMap<(Arc<str>, Dimension, u64), Arc<str>> = drains
        .iter()
        .flat_map(|drained| &drained.names)
        .map(|name| ((Arc::clone(&name.site), name.dimension.clone(), name.token), Arc::clone(&name.name)))
        .collect();
    let mut sums: BTreeMap<Readable, Sums> = BTreeMap::new();
    for tally in drains.iter().flat_map(|drained| &drained.tallies) {
        assert!(!tally.sums.is_zero());
        let text = |dimension: &Dimension, value: &Value| match value {
            Value::Word(word) => (dimension.clone(), word.to_string()),
            Value::Token(token) => {
                (dimension.clone(), names[&(Arc::clone(&tally.site), dimension.clone(), *token)].to_string())
            }
        };
        let cell = match &tally.cell {
            Cell::Total => vec![],
            Cell::One(dimension, value) => vec![text(dimension, value)],
            Cell::Pair(a, x, b, y) => vec![text(a, x), text(b, y)],
        };
        *sums.entry((cell, tally.hour, tally.day, Arc::clone(&tally.site))).or_default() += &tally.sums;
    }
    sums.into_iter().filter(|(_, sums)| !sums.is_zero()).collect()
}

fn assert_same(log: &[Line], pauses: &BTreeSet<usize>) {
    let (naive, counted) = (naive(log), counted(log, pauses));
    for (key, sums) in &naive {
        assert_eq!(counted.get(key).copied().unwrap_or_default(), *sums, "{key:?}");
    }
    for (key, sums) in &counted {
        assert!(naive.contains_key(key), "{key:?} {sums:?}");
    }
}

/// Gaps around every edge: at once, minutes, exactly half an hour and a moment more, hours.
fn gap() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 1..5 * MINUTE,
        2 => 5 * MINUTE..35 * MINUTE,
        1 => Just(30 * MINUTE),
        1 => Just(30 * MINUTE + 1),
        1 => 1..10 * 60 * MINUTE,
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => Just(Happening::View),
        1 => Just(Happening::Interaction),
        1 => Just(Happening::Background),
        1 => Just(Happening::Answer),
        1 => Just(Happening::Engagement),
    ]
}

prop_compose! {
    fn log()(
        lines in prop::collection::vec((gap(), 0..2_usize, 1..6_u8, 0..5_u8, 0..3_usize, happening()), 1..60)
    ) -> Vec<Line> {
        let mut at = START;
        lines.into_iter().map(|(gap, site, visitor, page, referrer, what)| {
            at += gap;
            Line { at, site, visitor, page, referrer, what }
        }).collect()
    }
}

prop_compose! {
    /// One or two visitors, short gaps: long visits over midnight, many exits, several visits of one visitor.
    fn dense_log()(
        lines in prop::collection::vec((1..12 * MINUTE, 0..2_usize, 2..4_u8, 0..4_u8, 0..3_usize, happening()), 1..80),
        pause in 0..80_usize,
        length in 0..3_i64,
    ) -> Vec<Line> {
        let mut at = START;
        lines.into_iter().enumerate().map(|(number, (gap, site, visitor, page, referrer, what))| {
            at += gap + if number == pause { length * 31 * MINUTE } else { 0 };
            Line { at, site, visitor, page, referrer, what }
        }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn sums_equal_those_of_the_naive_model(log in log(), pauses in prop::collection::btree_set(0..60_usize, 0..20)) {
        assert_same(&log, &pauses);
    }

    #[test]
    fn visits_over_midnight_equal_those_of_the_naive_model(
        log in dense_log(), pauses in prop::collection::btree_set(0..80_usize, 0..40)
    ) {
        assert_same(&log, &pauses);
    }
}
