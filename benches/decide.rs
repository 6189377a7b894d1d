//! What one decision costs on the request path: opening a consent, looking at cookies and hosts, finding a fence.

#![allow(missing_docs)] // criterion's macros make public functions

use std::hint::black_box;
use std::sync::Arc;

use consentry::policy::advice::Thing;
use consentry::policy::catalog::Catalog;
use consentry::policy::consent::{Category, Choice, Consent, Day, ReceiptNumber, TrackerSet};
use consentry::policy::seal::{Seal, SealKey};
use consentry::policy::{Page, Policy, Settings, Unknown};
use criterion::{Criterion, criterion_group, criterion_main};

const PAGE: Page<'static> = Page { host: "shop.example", path: "/dekk/sommer/205-55-16" };
const TODAY: Day = Day(20_543);
/// Twelve cookies: necessary, held and unknown ones, as a shop's visitor carries them.
const MIXED: &[u8] = b"PHPSESSID=8f14e45fceea167a5a36dedd4bea2543; _ga=GA1.1.1804289383.1700000000; \
    _ga_ABCDEF1234=GS1.1.1700000000.1.1.1700000060.0.0.0; _gcl_au=1.1.846930886.1700000000; \
    _fbp=fb.1.1700000000000.1681692777; cart=5f4dcc3b; csrftoken=Zm9vYmFy; _hjSessionUser_123456=eyJpZCI6IjEi; \
    _clck=abc123%7C2%7Cfoo; sort=price; wordpress_logged_in_1a2b=kari; consentry=1.20543.s..x.y";
const NECESSARY: &[u8] = b"PHPSESSID=8f14e45fceea167a5a36dedd4bea2543; cart=5f4dcc3b; csrftoken=Zm9vYmFy; \
    wordpress_logged_in_1a2b=kari; AWSALB=abc; AWSALBCORS=abc; __cf_bm=def; language=nb; currency=NOK; \
    login_token=abc; basket=1; __stripe_mid=xyz";

fn decide(criterion: &mut Criterion) {
    let catalog = Catalog::built_in().and_then(Catalog::new).expect("the built-in catalogue is sound");
    let catalog = Arc::new(catalog);
    let settings = Settings {
        hosts: vec!["shop.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    let policy = Policy::new(settings, Arc::clone(&catalog));
    let choice =
        Choice::Some { categories: [Category::Statistics].into_iter().collect(), trackers: TrackerSet::NONE };
    let statistics = Consent::from_choice(&choice, TODAY, Some(ReceiptNumber([7; 16])), &catalog);
    let mut trackers = TrackerSet::NONE;
    trackers.insert(catalog.named("youtube").expect("it is in the catalogue").id);
    let choice = Choice::Some { categories: [Category::Statistics].into_iter().collect(), trackers };
    let with_single = Consent::from_choice(&choice, TODAY, Some(ReceiptNumber([7; 16])), &catalog);
    let none = Consent::none();

    let seal = Seal::new("shop", SealKey::new([1; 32]), Vec::new());
    let sealed = seal.seal(&statistics, &catalog);
    criterion.bench_function("open a sealed consent", |bench| {
        bench.iter(|| seal.open(black_box(&sealed), TODAY, 182, &catalog));
    });
    criterion.bench_function("12 request cookies, some held", |bench| {
        bench.iter(|| policy.request_cookies(&none, PAGE, black_box(MIXED)));
    });
    criterion.bench_function("12 request cookies, all kept", |bench| {
        bench.iter(|| policy.request_cookies(&none, PAGE, black_box(NECESSARY)));
    });
    let names: Vec<&[u8]> = MIXED
        .split(|byte| *byte == b';')
        .filter_map(|pair| pair.trim_ascii().split(|byte| *byte == b'=').next())
        .collect();
    criterion.bench_function("the names of 12 cookies, as they are noted", |bench| {
        bench.iter(|| {
            names.iter().for_each(|name| drop(black_box(policy.name(Thing::Cookie, black_box(name)))))
        });
    });
    criterion.bench_function("a response cookie", |bench| {
        let text = b"_ga=GA1.1.1804289383.1700000000; Domain=shop.example; Path=/; Max-Age=63072000";
        bench.iter(|| policy.response_cookie(&none, PAGE, black_box(text)));
    });
    criterion.bench_function("the standing of a host", |bench| {
        bench.iter(|| {
            policy.host_standing(&none, PAGE, black_box("www.googletagmanager.com"), black_box("/gtm.js"))
        });
    });
    criterion.bench_function("a ready fence", |bench| {
        bench.iter(|| policy.fence(black_box(&none), PAGE).content_security_policy.clone());
    });
    criterion.bench_function("a fence with a single tracker", |bench| {
        bench.iter(|| policy.fence(black_box(&with_single), PAGE).into_owned());
    });
    criterion.bench_function("guard rules with a single tracker", |bench| {
        bench.iter(|| policy.guard_rules(black_box(&with_single), PAGE).into_owned());
    });
    criterion.bench_function("removal of 9 cookies", |bench| {
        use consentry::policy::cookies::Scheme;
        bench.iter(|| policy.withdrawals(&none, PAGE, Scheme::Https, std::iter::once(black_box(MIXED))));
    });
}

criterion_group!(benches, decide);
criterion_main!(benches);
