//! How many page views a second one core counts, from the hit to the drained sums.
//!
//! A simulated stream in the order of time: 10 000 visitors, 3 to 6 pages a visit out of 300, 20 user agents, four
//! referrers; drained every 50 000 hits. The time per element is that of one page view.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use consentry::clock::{Entropy, SystemEntropy};
use consentry::counting::place::{Place, Places};
use consentry::counting::{
    Counter, Hit, HitKind, SiteIndex, SiteSettings, Standing, Thresholds, WithoutConsent,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderValue, uri::PathAndQuery};
use jiff::{Timestamp, tz::TimeZone};

const VISITORS: u32 = 10_000;
const PAGES: u32 = 300;
const AGENTS: usize = 20;
const HITS_PER_DRAIN: usize = 50_000;
const REFERRERS: [Option<&str>; 4] = [
    None,
    Some("https://www.google.no/"),
    Some("https://l.facebook.com/"),
    Some("https://bilforum.example/trad/7"),
];

/// Places by arithmetic, so that the bench measures the counting.
struct Computed;

impl Places for Computed {
    fn place(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let part =
            ["03", "11", "15", "18", "30", "34", "38", "42", "46", "50"][usize::from(v4.octets()[3]) % 10];
        Place::new(Some(["NO", "NO", "NO", "SE", "DK"][usize::from(v4.octets()[2]) % 5]), Some(part))
    }
}

/// A step of a visit, small enough to be sorted by time.
struct Planned {
    at: i64,
    visitor: u32,
    page: usize,
    referrer: usize,
}

/// Repeatable numbers: a linear congruence, upper half.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let upper = u32::try_from(self.0 >> 32).unwrap_or(0);
        u32::try_from((u64::from(upper) * u64::from(limit)) >> 32).unwrap_or(0)
    }
}

fn plan() -> Vec<Planned> {
    let mut numbers = Numbers(1);
    let mut plan = Vec::new();
    for visitor in 0..VISITORS {
        let mut at = 1_795_158_000_000 + i64::from(numbers.below(12 * 3_600_000));
        let referrer = numbers.below(4) as usize;
        for _ in 0..3 + numbers.below(4) {
            // Some pages are seen much more than others.
            let most = 1 + numbers.below(PAGES);
            let page = numbers.below(most) as usize;
            plan.push(Planned { at, visitor, page, referrer });
            at += 5_000 + i64::from(numbers.below(120_000));
        }
    }
    plan.sort_by_key(|planned| planned.at);
    plan
}

fn hits() -> Vec<Hit> {
    let agents: Vec<HeaderValue> = (0..AGENTS)
        .map(|number| {
            let system =
                ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K"];
            let text = format!(
                "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
                system[number % 3],
                120 + number
            );
            HeaderValue::try_from(text).expect("plain text")
        })
        .collect();
    let pages: Vec<PathAndQuery> = (0..PAGES)
        .map(|page| format!("/dekk/sommerdekk/produkt-{page}?sort=pris").parse().expect("a path"))
        .collect();
    plan()
        .into_iter()
        .map(|planned| Hit {
            site: SiteIndex(0),
            at: Timestamp::from_millisecond(planned.at).expect("this century"),
            address: IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + planned.visitor)),
            user_agent: Some(agents[planned.visitor as usize % AGENTS].clone()),
            host: None,
            target: pages[planned.page].clone(),
            referrer: REFERRERS[planned.referrer].map(HeaderValue::from_static),
            accept_language: None,
            consent: Standing::Unanswered,
            weeks: None,
            objects: false,
            kind: HitKind::View { status: 200, is_public: false },
        })
        .collect()
}

fn counter() -> Counter {
    let site = SiteSettings {
        name: "shop".into(),
        hosts: vec!["shop.example".into()],
        time_zone: TimeZone::get("Europe/Oslo").expect("a time zone of the bundle"),
        without_consent: WithoutConsent::Visitors,
        k: Thresholds { city: 20, region: 10, text: 5, answer: 5 },
        goals: Vec::new(),
        funnels: Vec::new(),
        crosses: Vec::new(),
        currency: *b"NOK",
    };
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    Counter::new(vec![site], Arc::new(Computed), entropy)
}

fn page_view(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("page_view");
    let count = hits().len();
    group.throughput(Throughput::Elements(count as u64));
    group.sample_size(20);
    group.bench_function("hit_to_cells", |bencher| {
        bencher.iter_batched(
            || (counter(), hits()),
            |(mut counter, hits)| {
                for (number, hit) in hits.into_iter().enumerate() {
                    counter.count(hit);
                    if number % HITS_PER_DRAIN == HITS_PER_DRAIN - 1 {
                        black_box(counter.drain());
                    }
                }
                black_box(counter.drain());
                counter
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, page_view);
criterion_main!(benches);
