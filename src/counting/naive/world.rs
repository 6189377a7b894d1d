//! The world of a log: two sites with their clocks and settings, a place table, and the counter that is tried.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex};

use http::HeaderValue;
use http::uri::PathAndQuery;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::agent::{Agents, Told};
use super::super::place::{Place, Places};
use super::super::source::Source;
use super::super::tally::{Cell, Dimension, Hour, LocalDay, Sums, Value};
use super::super::*;
use super::log::{ARRIVALS, Line, What};
use super::{MINUTE, Readable, Values};
use crate::clock::SystemEntropy;
use crate::policy::consent::Category;

/// Starts an hour or so before something: the end of summer time in Oslo; a midnight that São Paulo leaves out; one
/// that Cairo leaves out; the beginning of summer time in Oslo. None is near the end of a month, where a page that one
/// visit saw on both sides is two values under two keys.
const STARTS: [(&str, &str); 4] = [
    ("2026-10-24T21:00:00Z", "Europe/Oslo"),
    ("2018-11-04T01:30:00Z", "America/Sao_Paulo"),
    ("2010-09-09T20:30:00Z", "Africa/Cairo"),
    ("2026-03-28T21:30:00Z", "Europe/Oslo"),
];

/// Readings of user agents, which take long the first time.
static AGENTS_READ: LazyLock<Mutex<Agents>> = LazyLock::new(|| Mutex::new(Agents::new()));

/// Norway for even addresses, unknown for odd ones; region and city by the last digit.
struct ByLastByte;

impl Places for ByLastByte {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let last = v4.octets()[3];
        if !last.is_multiple_of(2) {
            return Place::UNKNOWN;
        }
        Place::new(Some("NO"), Some(&last.to_string())).in_city(Some(&format!("By {}", last % 4)))
    }
}

#[derive(Debug)]
pub(super) struct World {
    start: i64,
    zones: [&'static str; 2],
    /// What the second site counts of those who did not agree.
    second: WithoutConsent,
    goals: Vec<Goal>,
    pub(super) funnels: Vec<Funnel>,
    pub(super) crosses: Vec<(Dimension, Dimension)>,
}

/// A world of some kind.
pub(super) fn scenario() -> impl Strategy<Value = World> {
    let second = prop_oneof![
        2 => Just(WithoutConsent::Visitors),
        1 => Just(WithoutConsent::Views),
        1 => Just(WithoutConsent::Off),
    ];
    (0..STARTS.len(), second, any::<bool>()).prop_map(|(start, second, has_crosses)| {
        let (event, path) = (|name: &str| Goal::Event(name.into()), |path: &str| Goal::Path(path.into()));
        let property = |key: &str| Dimension::Property(key.into());
        let crosses = vec![
            (Dimension::City, Dimension::Browser),
            (property("size"), property("colour")),
            (Dimension::Country, Dimension::Funnel),
            (Dimension::Page, Dimension::ConsentMarketing),
            (Dimension::Currency, Dimension::Source),
            (Dimension::UtmSource, Dimension::UtmCampaign),
        ];
        World {
            start: STARTS[start].0.parse::<Timestamp>().unwrap().as_millisecond(),
            zones: [STARTS[start].1, "Asia/Kolkata"],
            second,
            goals: vec![event("buy"), path("/4*"), path("*"), event("seen")],
            funnels: vec![
                Funnel { name: "Kjøp".into(), steps: vec![path("/1"), path("/2"), event("buy")] },
                Funnel { name: "Same".into(), steps: vec![path("/3"), path("/3")] },
            ],
            crosses: if has_crosses { crosses } else { Vec::new() },
        }
    })
}

impl World {
    /// The log with times for gaps.
    pub(super) fn timed(&self, mut log: Vec<Line>) -> Vec<Line> {
        let mut at = self.start;
        for line in &mut log {
            at += line.at;
            line.at = at;
        }
        log
    }

    fn zone(&self, site: usize) -> TimeZone {
        TimeZone::get(self.zones[site]).unwrap()
    }

    pub(super) fn name(site: usize) -> Arc<str> {
        ["shop", "outlet"][site].into()
    }

    fn mode(&self, site: usize) -> WithoutConsent {
        if site == 0 { WithoutConsent::Visitors } else { self.second }
    }

    fn has_agreed(line: &Line) -> bool {
        matches!(line.standing, Standing::Answered { granted, .. } if granted.contains(Category::Statistics))
    }

    /// Is a mark made for this line?
    pub(super) fn has_mark(&self, line: &Line) -> bool {
        Self::has_agreed(line) || self.mode(line.site) == WithoutConsent::Visitors
    }

    /// The cells of a line that is not counted: why, and which robot it was.
    pub(super) fn not_counted(&self, line: &Line) -> Option<Values> {
        let dropped = |reason: &str| (Dimension::Dropped, reason.to_owned());
        match line.what {
            What::Told => Some(vec![dropped("cross_site")]),
            What::Objection => Some(vec![dropped("objection")]),
            _ if self.mode(line.site) == WithoutConsent::Off && !Self::has_agreed(line) => {
                Some(vec![dropped("without_consent")])
            }
            What::Robot => {
                let mut agents = AGENTS_READ.lock().unwrap();
                let Told::Robot(name) = agents.read(line.agent().as_bytes()) else { panic!("a robot") };
                Some(vec![dropped("robot"), (Dimension::Robot, name.to_owned())])
            }
            _ => None,
        }
    }

    pub(super) fn hour(line: &Line) -> i32 {
        i32::try_from(line.at.div_euclid(60 * MINUTE)).unwrap()
    }

    pub(super) fn day(&self, line: &Line) -> i32 {
        let day = Timestamp::from_millisecond(line.at).unwrap().to_zoned(self.zone(line.site)).date();
        i32::try_from(day.duration_since(date(1970, 1, 1)).as_hours() / 24).unwrap()
    }

    pub(super) fn day_hour(&self, line: &Line) -> i32 {
        let day = Timestamp::from_millisecond(line.at).unwrap().to_zoned(self.zone(line.site)).date();
        let midnight = day.to_zoned(self.zone(line.site)).unwrap().timestamp().as_millisecond();
        i32::try_from(midnight.div_euclid(60 * MINUTE)).unwrap()
    }

    /// The week of a line, counted from 1970-01-05.
    fn week(&self, line: &Line) -> u16 {
        u16::try_from((self.day(line) - 4).div_euclid(7)).unwrap()
    }

    fn weeks(&self, line: &Line) -> Option<Weeks> {
        let now = self.week(line);
        line.weeks.map(|(first, last)| Weeks { first: now - first.max(last), last: now - last })
    }

    fn is_reached(goal: &Goal, line: &Line) -> bool {
        match (goal, &line.what) {
            (Goal::Event(goal), What::Event { name, .. }) => **goal == **name,
            (Goal::Path(path), What::View { .. }) => match path.strip_suffix('*') {
                Some(start) => line.path().starts_with(start),
                None => line.path() == **path,
            },
            _ => false,
        }
    }

    /// The goals a line reaches.
    pub(super) fn goals(&self, line: &Line) -> Vec<String> {
        let reached = self.goals.iter().filter(|goal| Self::is_reached(goal, line));
        let name = |goal: &Goal| match goal {
            Goal::Event(name) => name.to_string(),
            Goal::Path(path) => format!("Visit {path}"),
        };
        reached.map(name).collect()
    }

    /// Does a line reach the step after `reached` of a funnel?
    pub(super) fn reaches(&self, line: &Line, funnel: usize, reached: usize) -> bool {
        self.funnels[funnel].steps.get(reached).is_some_and(|goal| Self::is_reached(goal, line))
    }

    pub(super) fn step(&self, funnel: usize, reached: usize) -> String {
        format!("{} · {reached}", self.funnels[funnel].name)
    }

    /// The values of a visit that its first line gives, pages aside.
    pub(super) fn first_touch(&self, line: &Line) -> Values {
        let word = |word: Option<&str>| word.unwrap_or("(unknown)").to_owned();
        let mut agents = AGENTS_READ.lock().unwrap();
        let Told::Agent(agent) = agents.read(line.agent().as_bytes()) else { panic!("no robot") };
        let place = ByLastByte.place(IpAddr::from([192, 0, 2, line.visitor]));
        let mut traits = vec![
            (Dimension::Device, agent.device.to_owned()),
            (Dimension::Browser, agent.browser.to_owned()),
            (Dimension::Os, agent.os.to_owned()),
            (Dimension::BrowserVersion, agent.browser_version.to_string()),
            (Dimension::OsVersion, agent.os_version.to_string()),
            (Dimension::Country, word(place.country())),
            (Dimension::Region, word(place.region().as_deref())),
            (Dimension::City, word(place.city())),
            (Dimension::Language, word(language::language(line.language().as_bytes()))),
        ];
        let (query, referrer) = ARRIVALS[line.arrival];
        let target: PathAndQuery = format!("/{query}").parse().unwrap();
        let referrer = (!referrer.is_empty()).then(|| HeaderValue::from_static(referrer));
        let origin = source::origin(target.query(), referrer.as_ref(), None, &[]);
        let source = match &origin.source {
            Source::Known(name) => (*name).to_owned(),
            Source::Text(text) => text.to_string(),
        };
        traits.push((Dimension::Source, source));
        traits.push((Dimension::Channel, origin.channel.to_owned()));
        traits.push((Dimension::Referrer, word(origin.referrer.as_deref())));
        traits.push((Dimension::ClickId, word(origin.click_id)));
        let tags = [Dimension::UtmSource, Dimension::UtmMedium, Dimension::UtmCampaign];
        let tags = tags.into_iter().chain([Dimension::UtmContent, Dimension::UtmTerm]);
        traits.extend(tags.zip(&origin.tags).map(|(tag, value)| (tag, word(value.as_deref()))));
        let now = self.week(line);
        let weeks = self.weeks(line);
        let returning = weeks.map(|weeks| if weeks.first == now { "new" } else { "returning" });
        traits.push((Dimension::Returning, word(returning)));
        if let Some(weeks) = weeks.filter(|weeks| weeks.last != now) {
            let monday = date(1970, 1, 5) + jiff::Span::new().weeks(i64::from(weeks.first));
            traits.push((Dimension::FirstWeek, monday.strftime("%G-W%V").to_string()));
        }
        traits
    }

    fn settings(&self, site: usize, k: u32) -> SiteSettings {
        SiteSettings {
            name: Self::name(site),
            hosts: Vec::new(),
            time_zone: self.zone(site),
            without_consent: self.mode(site),
            k: Thresholds { city: k, region: k, text: k, answer: 1 },
            goals: self.goals.iter().cloned().map(Into::into).collect(),
            funnels: self.funnels.clone(),
            crosses: self.crosses.clone(),
            properties: vec!["size".into()],
            currency: *b"NOK",
        }
    }

    /// What the counter makes of the log, drained and advanced after the lines at `pauses`.
    pub(super) fn counted(&self, log: &[Line], pauses: &BTreeSet<usize>) -> BTreeMap<Readable, Sums> {
        read(&self.drained(log, pauses, 1))
    }

    /// What the counter writes of the log where `k` visitors make a text readable.
    pub(super) fn drained(&self, log: &[Line], pauses: &BTreeSet<usize>, k: u32) -> Vec<Drained> {
        let sites = vec![self.settings(0, k), self.settings(1, k)];
        let mut counter = Counter::new(sites, Arc::new(ByLastByte), Arc::new(SystemEntropy));
        let mut drains = Vec::new();
        for (at, line) in log.iter().enumerate() {
            counter.count(line.hit(self.weeks(line)));
            if pauses.contains(&at) {
                counter.advance(Timestamp::from_millisecond(line.at).unwrap());
                drains.push(counter.drain());
            }
        }
        counter.drain_in_parts(|part| {
            let (tallies, names) = (part.tallies.clone(), part.names.clone());
            drains.push(Drained { tallies, names });
        });
        assert_eq!(counter.drain(), Drained::default());
        drains
    }
}

/// What was drained, with names for tokens.
fn read(drains: &[Drained]) -> BTreeMap<Readable, Sums> {
    let names: HashMap<(Arc<str>, Dimension, u64), Arc<str>> = drains
        .iter()
        .flat_map(|drained| &drained.names)
        .map(|name| ((Arc::clone(&name.site), name.dimension.clone(), name.token), Arc::clone(&name.name)))
        .collect();
    let mut sums: BTreeMap<(Values, Hour, LocalDay, Arc<str>), Sums> = BTreeMap::new();
    for tally in drains.iter().flat_map(|drained| &drained.tallies) {
        assert!(!tally.sums.is_zero());
        let text = |dimension: &Dimension, value: &Value| match value {
            Value::Word(word) => (dimension.clone(), word.to_string()),
            Value::Token(token) => {
                let name = &names[&(Arc::clone(&tally.site), dimension.clone(), *token)];
                (dimension.clone(), name.to_string())
            }
        };
        let cell = match &tally.cell {
            Cell::Total => vec![],
            Cell::One(dimension, value) => vec![text(dimension, value)],
            Cell::Pair(a, x, b, y) => {
                assert!(a < b);
                vec![text(a, x), text(b, y)]
            }
        };
        *sums.entry((cell, tally.hour, tally.day, Arc::clone(&tally.site))).or_default() += &tally.sums;
    }
    sums.into_iter().filter(|(_, sums)| !sums.is_zero()).collect()
}

/// The three values of what was answered.
pub(super) fn consent(standing: Standing) -> Values {
    let word = |category| match standing {
        Standing::Unanswered => "unanswered".to_owned(),
        Standing::Answered { granted, .. } if granted.contains(category) => "granted".to_owned(),
        Standing::Answered { asked, .. } if !asked.contains(category) => "unanswered".to_owned(),
        Standing::Answered { .. } => "refused".to_owned(),
    };
    vec![
        (Dimension::ConsentPreferences, word(Category::Preferences)),
        (Dimension::ConsentStatistics, word(Category::Statistics)),
        (Dimension::ConsentMarketing, word(Category::Marketing)),
    ]
}
