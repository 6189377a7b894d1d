//! A simulated stream of page views, the same in every run.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use consentry::clock::{Entropy, SystemEntropy};
use consentry::counting::place::{Place, Places};
use consentry::counting::{
    Counter, Hit, HitKind, SiteIndex, SiteSettings, Standing, Thresholds, WithoutConsent,
};
use http::{HeaderValue, uri::PathAndQuery};
use jiff::{Timestamp, tz::TimeZone};

const PAGES: u32 = 300;
const PAGES_PER_VISIT: u32 = 3;
const AGENTS: u32 = 20;
/// 2026-11-20T07:00Z.
const START: i64 = 1_795_158_000_000;
/// How visits come: referrer, and what the first page's address ends with.
const WAYS: [(&str, &str); 8] = [
    ("", ""),
    ("", ""),
    ("https://www.google.no/", ""),
    ("https://www.google.no/", "?gclid=Cj0KCQiA&utm_source=google&utm_medium=cpc&utm_campaign=vinterdekk"),
    ("https://l.facebook.com/", "?fbclid=IwAR&utm_source=facebook&utm_medium=paid_social&utm_campaign=host"),
    ("", "?utm_source=nyhetsbrev&utm_medium=email&utm_campaign=uke47&utm_content=knapp"),
    ("https://bilforum.example/trad/7", ""),
    ("https://www.bing.com/", "?utm_source=bing&utm_medium=cpc&utm_term=piggdekk"),
];
const LANGUAGES: [&str; 3] =
    ["nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", "en-GB,en;q=0.9", "sv-SE,sv;q=0.9"];

/// How fast the visits come.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Over twelve hours.
    Day,
    /// Over ten minutes: a visit's views lie far apart in the stream.
    Crowd,
    /// Within the time that visits stay open.
    HalfAnHour,
}

impl Pace {
    const fn milliseconds(self) -> u32 {
        match self {
            Self::Day => 12 * 3_600_000,
            Self::Crowd => 600_000,
            Self::HalfAnHour => 1_500_000,
        }
    }
}

/// Places from a table, by the address.
struct Table(Vec<Place>);

impl Table {
    fn new() -> Self {
        let place = |number: usize| {
            let country = ["NO", "NO", "NO", "SE", "DK", "DE"][number / 40];
            Place::new(Some(country), Some(&format!("{:02}", number / 4)))
                .in_city(Some(&format!("By {number}")))
        };
        Self((0..240).map(place).collect())
    }
}

impl Places for Table {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let [_, _, third, fourth] = v4.octets();
        self.0[(usize::from(third) * 7 + usize::from(fourth) / 64) % self.0.len()].clone()
    }
}

/// Repeatable numbers: a linear congruence, upper half.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let upper = u32::try_from(self.0 >> 32).unwrap_or(0);
        u32::try_from((u64::from(upper) * u64::from(limit)) >> 32).unwrap_or(0)
    }
}

/// A view to come; `way`, `page` and `spread` choose how, what and from where.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct View {
    at: u32,
    visitor: u32,
    page: u32,
    way: u32,
    spread: u32,
}

/// What hits are made of.
pub(crate) struct Stream {
    agents: Vec<HeaderValue>,
    languages: Vec<HeaderValue>,
    referrers: Vec<Option<HeaderValue>>,
    /// By way and page.
    targets: Vec<Vec<PathAndQuery>>,
}

impl Stream {
    pub(crate) fn new() -> Self {
        let header = |text: &str| HeaderValue::try_from(text).expect("plain text");
        let agent = |number: u32| {
            let system = [
                "Windows NT 10.0; Win64; x64",
                "Macintosh; Intel Mac OS X 10_15_7",
                "Linux; Android 10; K",
                "X11; Linux x86_64",
            ][number as usize % 4];
            let version = 138 + number / 4;
            header(&format!(
                "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
            ))
        };
        let target = |page: u32, query: &str| -> PathAndQuery {
            format!("/dekk/sommerdekk/produkt-{page}{query}").parse().expect("a path")
        };
        Self {
            agents: (0..AGENTS).map(agent).collect(),
            languages: LANGUAGES.iter().map(|text| header(text)).collect(),
            referrers: WAYS.iter().map(|(text, _)| (!text.is_empty()).then(|| header(text))).collect(),
            targets: WAYS
                .iter()
                .map(|(_, query)| (0..PAGES).map(|page| target(page, query)).collect())
                .collect(),
        }
    }

    /// The views of so many visits, in the order of time.
    pub(crate) fn hits(&self, visits: u32, pace: Pace) -> Vec<Hit> {
        plan(visits, pace).iter().map(|view| self.hit(*view)).collect()
    }

    /// What the request path makes of a view.
    pub(crate) fn hit(&self, view: View) -> Hit {
        let View { at, visitor, page, way, spread } = view;
        let address = if visitor.is_multiple_of(2) {
            0x0a00_0000 + visitor
        } else {
            0x5000_0000 + spread * 4096 + visitor % 4096
        };
        Hit {
            site: SiteIndex(0),
            at: Timestamp::from_millisecond(START + i64::from(at)).expect("this century"),
            address: IpAddr::V4(Ipv4Addr::from(address)),
            user_agent: Some(self.agents[(visitor % AGENTS) as usize].clone()),
            host: None,
            target: self.targets[way as usize][page as usize].clone(),
            fragment: None,
            referrer: self.referrers[way as usize].clone(),
            accept_language: Some(self.languages[(visitor % 7) as usize % 3].clone()),
            consent: Standing::Unanswered,
            weeks: None,
            objects: false,
            is_bare: false,
            kind: HitKind::View { status: 200, is_public: false, asked: None, properties: Box::default() },
        }
    }
}

/// When the views of so many visits come, in their order.
pub(crate) fn plan(visits: u32, pace: Pace) -> Vec<View> {
    let mut numbers = Numbers(1);
    let mut planned = Vec::with_capacity(visits as usize * PAGES_PER_VISIT as usize);
    for visitor in 0..visits {
        let mut at = numbers.below(pace.milliseconds());
        let (way, spread) = (numbers.below(8), numbers.below(1 << 16));
        for number in 0..PAGES_PER_VISIT {
            let most = 1 + numbers.below(PAGES);
            let shown = numbers.below(most);
            planned.push(View { at, visitor, page: shown, way: if number == 0 { way } else { 0 }, spread });
            at += 5_000 + numbers.below(90_000);
        }
    }
    planned.sort_unstable();
    planned
}

/// The same hit once more: hits cannot be cloned, so this is what the request path does.
pub(crate) fn again(hit: &Hit) -> Hit {
    Hit {
        site: hit.site,
        at: hit.at,
        address: hit.address,
        user_agent: hit.user_agent.clone(),
        host: hit.host.clone(),
        target: hit.target.clone(),
        fragment: hit.fragment.clone(),
        referrer: hit.referrer.clone(),
        accept_language: hit.accept_language.clone(),
        consent: hit.consent,
        weeks: hit.weeks,
        objects: hit.objects,
        is_bare: false,
        kind: HitKind::View { status: 200, is_public: false, asked: None, properties: Box::default() },
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
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    Counter::new(vec![site], Arc::new(Table::new()), entropy)
}
