//! What one decision costs on the request path: opening a consent, looking at cookies and hosts, finding a fence.

#![allow(missing_docs)] // criterion's macros make public functions

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;

use consentry::policy::advice::Thing;
use consentry::policy::catalog::{Catalog, Sent};
use consentry::policy::consent::{Category, Choice, Consent, Day, ReceiptNumber, TrackerSet};
use consentry::policy::own_path::SIGNED_BYTES_MAX;
use consentry::policy::seal::{Seal, SealKey};
use consentry::policy::{Page, Policy, Settings, Unknown};
use consentry::proxy::Body;
use consentry::proxy::encode::Decoder;
use consentry::proxy::peek::peek;
use consentry::server::fences::LearnedFences;
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

fn names(criterion: &mut Criterion, policy: &Policy) {
    let names: Vec<&[u8]> = MIXED
        .split(|byte| *byte == b';')
        .filter_map(|pair| pair.trim_ascii().split(|byte| *byte == b'=').next())
        .collect();
    criterion.bench_function("the names of 12 cookies, as they are noted", |bench| {
        bench.iter(|| {
            for name in &names {
                black_box(policy.name(Thing::Cookie, black_box(name)));
            }
        });
    });
}

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
    names(criterion, &policy);
    criterion.bench_function("a response cookie", |bench| {
        let text = b"_ga=GA1.1.1804289383.1700000000; Domain=shop.example; Path=/; Max-Age=63072000";
        bench.iter(|| policy.response_cookie(&none, PAGE, black_box(text)));
    });
    criterion.bench_function("the standing of a host", |bench| {
        bench.iter(|| {
            policy.host_standing(&none, PAGE, black_box("www.googletagmanager.com"), black_box("/gtm.js"))
        });
    });
    let fences = policy.fences();
    criterion.bench_function("a ready fence", |bench| {
        bench.iter(|| policy.fence(&fences, black_box(&none), PAGE).content_security_policy.clone());
    });
    criterion.bench_function("a fence with a single tracker", |bench| {
        bench.iter(|| policy.fence(&fences, black_box(&with_single), PAGE).into_owned());
    });
    let kept = LearnedFences::of(&policy);
    criterion.bench_function("a fence with a single tracker, kept", |bench| {
        bench.iter(|| kept.of_page(&policy, black_box(&with_single), PAGE));
    });
    criterion.bench_function("guard rules with a single tracker", |bench| {
        bench.iter(|| policy.guard_rules(black_box(&with_single), PAGE).into_owned());
    });
    criterion.bench_function("removal of 9 cookies", |bench| {
        use consentry::policy::cookies::Scheme;
        bench.iter(|| policy.withdrawals(&none, PAGE, Scheme::Https, std::iter::once(black_box(MIXED))));
    });
}

/// A catalogue with as many own rules, parameters and signatures as the built-in one may grow to.
fn crowded() -> Policy {
    let mut text = String::new();
    for n in 0..120 {
        let _ = write!(
            text,
            r#"
[[tracker]]
id = "t{n}"
name = "T"
category = "marketing"
provider = {{ name = "T", country = "", privacy = "" }}
purpose = {{ en = "T." }}
source = "https://t{n}.example/"
own = [
  {{ path = "*/vendor{n}/collect", query = ["v=2", "tid=T{n}-*"] }},
  {{ path = "/tracker{n}.js", script = true }},
  {{ query = ["vendor{n}_id", "vendor{n}_event"] }},
]
parameters = ["clid{n}", "v{n}_*"]
signatures = ["/*! vendor {n} analytics", "window.VendorAnalytics{n}="]
"#
        );
    }
    let catalog = Catalog::parse(&text).and_then(Catalog::new).expect("the text is sound");
    let settings = Settings {
        hosts: vec!["shop.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    Policy::new(settings, Arc::new(catalog))
}

fn own_path(criterion: &mut Criterion) {
    let (policy, none) = (crowded(), Consent::none());
    for (name, path, query) in [
        ("a picture", "/media/catalog/product/2/0/205-55-16-sommer.jpg", "width=265&height=265&v=1700000000"),
        ("an encoded path", "/media/catalog/d%C3%A6kk/f%C3%B8re-16.jpg", ""),
        ("a tracker's request", "/metrics/vendor77/collect", "v=2&tid=T77-ABC&cid=1.2&en=page_view"),
    ] {
        criterion.bench_function(&format!("own path: {name}"), |bench| {
            let sent = Sent { path, query, is_script: false };
            bench.iter(|| policy.own_request(black_box(&none), "", "shop.example", black_box(sent)));
        });
    }
    for (name, address) in [
        ("no query", "/dekk/sommer/205-55-16"),
        ("none in it", "/dekk/sommer?bredde=205&profil=55&sortering=pris&utm_source=nyhetsbrev"),
        ("one in it", "/dekk/sommer?bredde=205&profil=55&clid77=Cj0KCQjw"),
    ] {
        criterion.bench_function(&format!("link decoration: {name}"), |bench| {
            bench.iter(|| policy.undecorated(black_box(&none), PAGE.path, black_box(address.as_bytes())));
        });
    }
    let line =
        "function go(a){var b=window.dataLayer||[];b.push({event:a});return b.filter(Boolean).length}\n";
    let script = line.repeat(SIGNED_BYTES_MAX / line.len() + 1);
    criterion.bench_function("signatures in a script", |bench| {
        bench.iter(|| policy.own_script(black_box(&none), black_box(script.as_bytes())).is_some());
    });
}

/// What a script of the shop costs that is looked into and passes.
fn peeked(criterion: &mut Criterion) {
    let (policy, none) = (crowded(), Consent::none());
    let lines =
        (0..).flat_map(|n| format!("let part{n}=load({},'kundevogn');\n", n * 7919 % 10_007).into_bytes());
    let script: Vec<u8> = lines.take(64 << 10).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&script).expect("in memory");
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    brotli.write_all(&script).expect("in memory");
    let zstd = ruzstd::encoding::compress_to_vec(&script[..], ruzstd::encoding::CompressionLevel::Fastest);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (coding, bytes) in [
        ("identity", script.clone()),
        ("gzip", gzip.finish().expect("in memory")),
        ("br", brotli.into_inner()),
        ("zstd", zstd),
    ] {
        let bytes = bytes::Bytes::from(bytes);
        criterion.bench_function(&format!("a script looked into: {coding}"), |bench| {
            bench.iter(|| {
                let decoder = Decoder::new(coding).expect("a known coding");
                let peeked = runtime.block_on(peek(Body::full(bytes.clone()), decoder, SIGNED_BYTES_MAX));
                assert!(policy.own_script(&none, &peeked.begin).is_none());
                peeked.body
            });
        });
    }
}

criterion_group!(benches, decide, own_path, peeked);
criterion_main!(benches);
