//! Thirty days of simulated visits to a shop, the same in every run, as hits for our counting and as rows for Plausible's
//! tables.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use consentry::clock::SystemEntropy;
use consentry::counting::place::{Place, Places};
use consentry::counting::{
    Counter, Drained, Hit, HitKind, SiteIndex, SiteSettings, Standing, Thresholds, WithoutConsent,
};
use http::HeaderValue;
use jiff::{Timestamp, tz::TimeZone};

pub(crate) const DAYS: u32 = 30;
/// 2026-09-30T22:00Z, midnight in Oslo; 30 days before the clocks change.
pub(crate) const START: i64 = 1_790_805_600;
const DAY: u32 = 86_400;
const PAGES: u32 = 3_000;
/// The mean. How many a visit has is geometric: a third leave at the first, one in twenty sees eight or more.
const PAGES_PER_VISIT: u32 = 3;
const PAGES_PER_VISIT_MAX: u32 = 20;
/// How visits come: referrer, source and medium of a campaign.
pub(crate) const WAYS: [(&str, &str, &str); 10] = [
    ("", "", ""),
    ("", "", ""),
    ("", "", ""),
    ("https://www.google.com/", "Google", ""),
    ("https://www.google.com/", "Google", "cpc"),
    ("https://www.bing.com/", "Bing", ""),
    ("https://l.facebook.com/", "Facebook", "paid_social"),
    ("https://www.instagram.com/", "Instagram", ""),
    ("", "nyhetsbrev", "email"),
    ("https://bilforum.example/", "bilforum.example", ""),
];
/// User agent, browser, system, device.
pub(crate) const AGENTS: [(&str, &str, &str, &str); 6] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14V.0.0.0 Safari/537.36",
        "Chrome",
        "Windows",
        "Desktop",
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14V.0.0.0 Mobile Safari/537.36",
        "Chrome",
        "Android",
        "Mobile",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_V like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.V Mobile/15E148 Safari/604.1",
        "Safari",
        "iOS",
        "Mobile",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.V Safari/605.1.15",
        "Safari",
        "macOS",
        "Desktop",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:14V.0) Gecko/20100101 Firefox/14V.0",
        "Firefox",
        "Windows",
        "Desktop",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14V.0.0.0 Safari/537.36 Edg/14V.0.0.0",
        "Edge",
        "Windows",
        "Desktop",
    ),
];
pub(crate) const COUNTRIES: [&str; 12] =
    ["NO", "NO", "NO", "NO", "NO", "NO", "SE", "SE", "DK", "DE", "FI", "PL"];

/// One view.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) visit: u32,
    pub(crate) visitor: u32,
    pub(crate) page: u32,
    pub(crate) is_first: bool,
    pub(crate) way: u8,
    pub(crate) agent: u8,
    pub(crate) version: u8,
    pub(crate) place: u16,
}

impl View {
    pub(crate) fn path(&self) -> String {
        format!("/dekk/sommerdekk/produkt-{}", self.page)
    }

    pub(crate) fn country(&self) -> &'static str {
        COUNTRIES[usize::from(self.place) / 40]
    }
}

/// Repeatable numbers: a linear congruence, upper half.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let upper = u32::try_from(self.0 >> 32).unwrap_or(0);
        u32::try_from((u64::from(upper) * u64::from(limit)) >> 32).unwrap_or(0)
    }

    /// Some are had much more often than others.
    fn skewed(&mut self, limit: u32) -> u32 {
        let most = 1 + self.below(limit);
        let less = 1 + self.below(most);
        self.below(less)
    }
}

/// Which page is seen: the page of rank r is seen r times less often than the first.
struct Ranks(Vec<f64>);

impl Ranks {
    fn new() -> Self {
        let mut sum = 0.0;
        let sums = (1..=PAGES).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Self(sums.collect())
    }

    fn page(&self, numbers: &mut Numbers) -> u32 {
        let all = self.0.last().copied().unwrap_or(1.0);
        let at = f64::from(numbers.below(u32::MAX)) / f64::from(u32::MAX) * all;
        u32::try_from(self.0.partition_point(|sum| *sum <= at)).unwrap_or(0)
    }
}

/// The views of one day, in the order of time.
pub(crate) fn day(number: u32, views_a_day: u32) -> Vec<View> {
    let mut numbers = Numbers(u64::from(number) + 1);
    let ranks = Ranks::new();
    let visits = views_a_day / PAGES_PER_VISIT;
    let mut views = Vec::with_capacity(views_a_day as usize);
    for visit in 0..visits {
        // Visits begin between 6 and 23 o'clock and end on their day.
        let mut at = 6 * 3600 + numbers.below(17 * 3600 - 2_000);
        let view = View {
            at: 0,
            visit: number * visits + visit,
            visitor: number * visits + numbers.below(visits),
            page: 0,
            is_first: true,
            way: u8::try_from(numbers.below(10)).unwrap_or(0),
            agent: u8::try_from(numbers.below(6)).unwrap_or(0),
            version: u8::try_from(numbers.skewed(6)).unwrap_or(0),
            place: u16::try_from(numbers.skewed(480)).unwrap_or(0),
        };
        for turn in 0..PAGES_PER_VISIT_MAX {
            let page = ranks.page(&mut numbers);
            views.push(View { at: START + i64::from(number * DAY + at), page, is_first: turn == 0, ..view });
            at += 5 + numbers.below(90);
            if numbers.below(PAGES_PER_VISIT) == 0 {
                break;
            }
        }
    }
    views.sort_by_key(|view| view.at);
    views
}

/// Counts the views of a day, and hands on what each of its hours left to be written: a counter keeps so much and no more.
pub(crate) fn count(counter: &mut Counter, day: u32, views: &[View], mut write: impl FnMut(Drained)) {
    for hour in views.chunk_by(|one, next| one.at / 3600 == next.at / 3600) {
        for view in hour {
            counter.count(hit(view));
        }
        write(counter.drain());
    }
    // Past midnight, all visits have ended.
    let end = START + i64::from(day + 1) * i64::from(DAY);
    counter.advance(Timestamp::from_second(end).expect("this century"));
    write(counter.drain());
}

/// The view as it comes from the wire. One visitor is one address.
fn hit(view: &View) -> Hit {
    let (referrer, source, medium) = WAYS[usize::from(view.way)];
    let path = match (view.is_first, medium) {
        (true, medium) if !medium.is_empty() => {
            format!("{}?utm_source={source}&utm_medium={medium}&utm_campaign=host26", view.path())
        }
        _ => view.path(),
    };
    let agent = AGENTS[usize::from(view.agent)].0.replace('V', &view.version.to_string());
    let agent = agent.replace(&format!("{}ersion", view.version), "Version");
    // The place is read from the last bits of the address, so that a table of places is not needed.
    let address = 0x0a00_0000_u32 | (view.visitor << 2);
    Hit {
        site: SiteIndex(0),
        at: Timestamp::from_second(view.at).expect("this century"),
        address: IpAddr::V4(Ipv4Addr::from(address ^ (u32::from(view.place) << 23))),
        user_agent: Some(HeaderValue::try_from(agent).expect("plain text")),
        host: None,
        target: path.parse().expect("a path"),
        fragment: None,
        referrer: (view.is_first && !referrer.is_empty()).then(|| HeaderValue::from_static(referrer)),
        accept_language: Some(HeaderValue::from_static("nb-NO,nb;q=0.9,en;q=0.5")),
        consent: Standing::Unanswered,
        weeks: None,
        objects: false,
        is_bare: false,
        kind: HitKind::View { status: 200, is_public: true, asked: None, properties: Box::default() },
    }
}

/// Places from the first nine bits of an address.
struct Table(Vec<Place>);

impl Places for Table {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let place = ((u32::from(v4) ^ 0x0a00_0000) >> 23) as usize;
        self.0[place % self.0.len()].clone()
    }
}

pub(crate) fn counter() -> Counter {
    let site = SiteSettings {
        name: "shop".into(),
        hosts: vec!["shop.example".into()],
        time_zone: TimeZone::get("Europe/Oslo").expect("a time zone of the bundle"),
        without_consent: WithoutConsent::Visitors,
        k: Thresholds { city: 20, region: 10, text: 5, answer: 5 },
        goals: Vec::new(),
        funnels: Vec::new(),
        crosses: Vec::new(),
        properties: Vec::new(),
        currency: *b"NOK",
    };
    let place = |number: usize| {
        Place::new(Some(COUNTRIES[number / 40]), Some(&format!("{:02}", number / 8)))
            .in_city(Some(&format!("By {number}")))
    };
    let places = Table((0..480).map(place).collect());
    Counter::new(vec![site], Arc::new(places), Arc::new(SystemEntropy))
}
