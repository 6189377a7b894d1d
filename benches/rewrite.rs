//! What rewriting a shop's page costs: 29 KB of markup, held, injected and counted, beside a plain copy and `lol_html`.
//! Neither rewriter's output is copied but where a row says so: it is read where it lies, as what encodes it does.

use std::cell::Cell;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use consentry::policy::catalog::Catalog;
use consentry::policy::consent::{Choice, Consent, Day};
use consentry::policy::{Policy, Settings, Unknown};
use consentry::proxy::rewrite::{Insertions, Keep, Localized, Outlet, Part, Rewriter};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lol_html::{HtmlRewriter, element, text};
use mimalloc::MiMalloc;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The size of the page. Unit: bytes.
const PAGE_BYTES: usize = 29_000;

/// The size of the pieces in which it arrives, as from a socket.
const PIECE_BYTES: usize = 8 << 10;

/// The catalogue the program comes with: it is what a shop's pages are held against.
fn shop_policy() -> Arc<Policy> {
    let entries = Catalog::built_in().expect("the built-in catalogue");
    let catalog = Arc::new(Catalog::new(entries).expect("the built-in catalogue"));
    let settings = Settings {
        hosts: vec!["www.dekkogfelg.example".into()],
        prefix: "/_consentry".into(),
        unknown_cookies: Unknown::Hold,
        unknown_hosts: Unknown::Hold,
        allow: Vec::new(),
    };
    Arc::new(Policy::new(settings, catalog))
}

const HEAD: &str = r#"<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><title>Sommerdekk 205/55 R16 – Dekk og Felg</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="description" content="Kjøp sommerdekk på nett">
<link rel="canonical" href="https://www.dekkogfelg.example/sommerdekk"><link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/css/butikk.css?v=42"><script src="/js/butikk.js?v=42" defer></script>
"#;

const TRACKERS: &str = r#"<link rel="preconnect" href="https://www.googletagmanager.com"><link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter&display=swap">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}gtag('js',new Date());gtag('config','G-ABC123');gtag('config','AW-987');</script>
<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);})(window,document,'script','dataLayer','GTM-XYZ');</script>
<script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';n.queue=[];t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','123');fbq('track','PageView');</script>
<noscript><img height="1" width="1" style="display:none" src="https://www.facebook.com/tr?id=123&ev=PageView&noscript=1"></noscript>
"#;

const TRACKERS_IN_BODY: &str = r#"<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-XYZ" height="0" width="0" style="display:none;visibility:hidden"></iframe></noscript>
<iframe width="560" height="315" src="https://www.youtube.com/embed/abc123" title="Slik leser du dekkmerking" allowfullscreen></iframe>
"#;

/// A category page of a tyre shop: a menu with icons, filters, and as many products as the size asks for.
fn page(has_trackers: bool) -> String {
    let mut page = String::from(HEAD);
    page.push_str(if has_trackers { TRACKERS } else { "" });
    page.push_str("</head><body class=\"kategori\"><header><a href=\"/\"><svg viewBox=\"0 0 24 24\" width=\"24\"><title>Hjem</title><path d=\"M3 12l9-9 9 9v9h-6v-6H9v6H3z\"/></svg></a><nav><ul>");
    page.push_str(if has_trackers { TRACKERS_IN_BODY } else { "" });
    for name in ["Sommerdekk", "Vinterdekk", "Felger", "Hjulskift", "Tilbud", "Kontakt"] {
        let _ = write!(page, "<li><a class=\"meny\" href=\"/{}\">{name}</a></li>", name.to_lowercase());
    }
    page.push_str("</ul></nav></header><main><form><select name=\"sorter\"><option value=\"pris\">Pris</option><option value=\"navn\">Navn</option></select></form>\n<ul class=\"produkter\">\n");
    for number in 0.. {
        if page.len() > PAGE_BYTES - 500 {
            break;
        }
        let _ = write!(
            page,
            "<li class=\"produkt\" data-id=\"{number}\"><a href=\"/dekk/{number}\"><img src=\"/bilder/dekk-{number}.webp\" alt=\"Dekk {number}\" width=\"200\" height=\"200\" loading=\"lazy\"></a>\n\
             <h3>Sommerdekk 205/55 R16 {number}H</h3><p class=\"merke\">Stille og godt grep på våt vei.</p>\n\
             <p class=\"pris\">kr <strong>{}</strong>,- <small>per dekk</small></p><button type=\"button\" class=\"kjop\" data-pris=\"{}\">Legg i kurv</button></li>\n",
            990 + number * 13,
            990 + number * 13
        );
    }
    page.push_str("</ul></main><script>window.butikk={kurv:[],valuta:'NOK'};document.querySelectorAll('.kjop').forEach(k=>k.addEventListener('click',()=>butikk.kurv.push(k.dataset.pris)));</script>\n");
    while page.len() < PAGE_BYTES - 16 {
        page.push('\n');
    }
    page.push_str("</body></html>\n");
    page
}

/// The size of the large page. Unit: bytes.
const THEME_BYTES: usize = 100_000;

/// The front page of a shop on a common theme: icons drawn in the page, lazy pictures in several sizes, settings in
/// `data-` attributes and JSON, styles and scripts between the sections, comments of its builder, and no tracker.
fn theme_page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("<style>:root{--ink:#222;--gap:1rem}.grid>li{padding:var(--gap)}</style></head>\n<body class=\"home page-template theme-shop\">\n");
    for number in 0.. {
        if page.len() > THEME_BYTES {
            break;
        }
        if number % 8 == 0 {
            let _ = write!(
                page,
                "<!-- section {number} -->\n<section id=\"section-{number}\" class=\"section section--{number}\" data-settings='{{\"columns\":4,\"autoplay\":false}}' style=\"background-image:url(/bilder/b{number}.webp)\">\n\
                 <h2 class=\"section__title\">Nyheter i uke {number}</h2>\n<script type=\"application/json\" data-section>{{\"id\":{number},\"products\":[{{\"id\":1,\"title\":\"Dekk \\u0026 felg\",\"url\":\"https:\\/\\/www.dekkogfelg.example\\/dekk\"}}]}}</script>\n\
                 <script>document.documentElement.classList.add('section-{number}');</script>\n"
            );
        }
        let _ = write!(
            page,
            "<div class=\"card card--product\" data-product-id=\"{number}\" data-variant='{{\"sku\":\"D-{number}\",\"qty\":3}}' role=listitem>\n\
             <a href=\"https://www.dekkogfelg.example/dekk/{number}?farge=sort&amp;str=16\" class=\"card__link\" aria-label=\"Dekk {number}\">\n\
             <picture><source type=\"image/webp\" srcset=\"/bilder/{number}-300.webp 300w, /bilder/{number}-600.webp 600w\" sizes=\"(min-width: 750px) 25vw, 50vw\">\
             <img src=\"/bilder/{number}-300.jpg\" data-src=\"/bilder/{number}-900.jpg\" alt=\"Dekk {number}\" width=\"300\" height=\"300\" loading=\"lazy\"></picture></a>\n\
             <p class=\"card__text\">Det er «stille» på våt vei, og det koster ikke mer enn før. Shopping uten bekymring.</p>\n\
             <button type=\"button\" class=\"card__like\" aria-pressed=\"false\"><svg class=\"icon icon--heart\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M12 21l-1.5-1.3C5.4 15 2 12 2 8.5A5.4 5.4 0 0 1 7.500 3c1.700 0 3.400.800 4.500 2.100z\"></path><use href=\"#heart\"></use></svg><span class=\"sr-only\">Lagre</span></button>\n</div>\n"
        );
        if number % 8 == 7 {
            page.push_str("</section>\n");
        }
    }
    page.push_str("</body></html>\n");
    page
}

fn insertions() -> Insertions {
    let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
    let localized = Localized {
        language: "nb".into(),
        banner: vec![
            text(include_str!("rewrite.rs").get(..2000).unwrap_or_default()),
            Part::ReturnPath,
            text("</form>"),
        ],
        foot: vec![text("<a id=consentry-open href=/_consentry/consent>Samtykke</a>")],
        placeholder: vec![Part::Style, text("&lt;form&gt;"), Part::TrackerName, text("&lt;/form&gt;")],
    };
    Insertions {
        head: Bytes::from_static(b"<script>/* guard */</script>"),
        languages: Arc::from([localized]),
        preferred: 0,
        return_path: Bytes::from_static(b"/sommerdekk"),
        origin: Bytes::from_static(b"https://shop.example"),
        script: Bytes::from_static(b"<script>"),
        idle: Bytes::new(),
        embeds: Bytes::new(),
        embed_style: Bytes::new(),
        keep: Keep {
            hydrated: Bytes::from_static(b"<script>k</script>"),
            swapped: Bytes::from_static(b"<script>w</script>"),
            areas: Bytes::from_static(b"<script>a</script>"),
        },
        tail: Bytes::from_static(b"<script defer src=b></script>"),
        is_part: false,
    }
}

/// What comes out, read where it lies as by what encodes it: how much it is.
#[derive(Default)]
struct Read(usize);

impl Outlet for Read {
    fn put(&mut self, piece: &[u8]) {
        self.0 += black_box(piece).len();
    }
}

fn ours(
    policy: &Arc<Policy>,
    consent: Consent,
    insertions: &Insertions,
    page: &str,
    out: &mut dyn Outlet,
) -> u32 {
    let mut rewriter = Rewriter::new(
        Arc::clone(policy),
        consent,
        "www.dekkogfelg.example",
        "/sommerdekk",
        insertions.clone(),
    );
    for piece in page.as_bytes().chunks(PIECE_BYTES) {
        rewriter.push(piece, out).expect("the page can be read");
    }
    rewriter.end(out).expect("the page can be read");
    rewriter.held().tags
}

/// The same questions put to `lol_html`: carriers by selector, addresses by host, scripts by text.
fn lol(page: &str) -> (u32, usize) {
    let mut out = Read::default();
    let count = Cell::new(0);
    let is_outside = |address: Option<String>| {
        address.is_some_and(|address| address.starts_with("https://") && !address.contains("dekkogfelg"))
    };
    let carrier = element!(
        "script[src], iframe[src], img[src], link[href], source, video, embed, object, meta",
        |tag| {
            let name = if tag.tag_name() == "link" { "href" } else { "src" };
            if is_outside(tag.get_attribute(name)) {
                count.set(count.get() + 1);
                let value = tag.get_attribute(name).unwrap_or_default();
                tag.remove_attribute(name);
                tag.set_attribute("data-consentry-src", &value)?;
            }
            Ok(())
        }
    );
    let scripts = text!("script", |chunk| {
        if chunk.as_str().contains("gtag(")
            || chunk.as_str().contains("fbq(")
            || chunk.as_str().contains("gtm.js")
        {
            count.set(count.get() + 1);
        }
        Ok(())
    });
    let head = element!("head", |tag| {
        tag.prepend("<script>/* guard */</script>", lol_html::html_content::ContentType::Html);
        Ok(())
    });
    let body = element!("body", |tag| {
        tag.prepend(
            include_str!("rewrite.rs").get(..2000).unwrap_or_default(),
            lol_html::html_content::ContentType::Html,
        );
        tag.append("<a id=consentry-open></a>", lol_html::html_content::ContentType::Html);
        Ok(())
    });
    let settings = lol_html::Settings::new()
        .with_strict(false)
        .append_element_content_handler(carrier)
        .append_element_content_handler(scripts)
        .append_element_content_handler(head)
        .append_element_content_handler(body);
    let mut rewriter = HtmlRewriter::new(settings, |piece: &[u8]| out.put(piece));
    for piece in page.as_bytes().chunks(PIECE_BYTES) {
        rewriter.write(piece).expect("the page can be read");
    }
    rewriter.end().expect("the page can be read");
    (count.get(), out.0)
}

fn rewrite(criterion: &mut Criterion) {
    let policy = shop_policy();
    let insertions = insertions();
    let tracked = page(true);
    let clean = page(false);
    let theme = theme_page();
    let all = Consent::from_choice(&Choice::All, Day(20_000), None, policy.catalog());
    let mut copy = BytesMut::with_capacity(THEME_BYTES);
    let mut group = criterion.benchmark_group("rewrite");
    group.throughput(Throughput::Bytes(tracked.len() as u64));
    group.bench_function("plain copy", |bencher| {
        bencher.iter(|| {
            copy.clear();
            tracked.as_bytes().chunks(PIECE_BYTES).for_each(|piece| copy.extend_from_slice(piece));
            black_box(copy.len())
        });
    });
    let rows = [
        ("large theme", &theme, Consent::none()),
        ("undecided", &tracked, Consent::none()),
        ("no trackers", &clean, Consent::none()),
        ("granted", &tracked, all),
    ];
    for (name, page, consent) in rows {
        group.throughput(Throughput::Bytes(page.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut out = Read::default();
                black_box((ours(&policy, consent, &insertions, page, &mut out), out.0))
            });
        });
    }
    group.throughput(Throughput::Bytes(clean.len() as u64));
    group.bench_function("no trackers, copied", |bencher| {
        bencher.iter(|| {
            copy.clear();
            black_box(ours(&policy, Consent::none(), &insertions, &clean, &mut copy))
        });
    });
    for (name, page) in [("lol_html", &tracked), ("lol_html, large theme", &theme)] {
        group.throughput(Throughput::Bytes(page.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(lol(page)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).measurement_time(std::time::Duration::from_secs(3));
    targets = rewrite
}
criterion_main!(benches);
