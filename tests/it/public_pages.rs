//! Pages that are there for everybody are readable in the statistics at once; all others wait for enough visitors.

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Value, json};

use crate::events::tell;
use crate::pages::PLAIN;
use crate::support::origin::{Asked, html_page};
use crate::support::{Gateway, Origin, Visitor, get, start_with, wait};

const RULES: &str = r#"
[site.consent]
mode = "enforce"
[site.statistics]
k = { city = 5, region = 5, text = 5, answer = 1 }
sitemap = true
"#;

fn file(kind: &str, text: &str) -> Response<Bytes> {
    let answer = Response::builder().header("content-type", kind);
    answer.body(Bytes::copy_from_slice(text.as_bytes())).expect("a response")
}

/// The names of pages that can be read.
fn names(gateway: &Gateway, token: &str) -> Vec<String> {
    let question = json!({"metrics": ["pageviews"], "date_range": "day", "dimensions": ["event:page"]});
    let answer: Value = serde_json::from_slice(&gateway.ask(token, &question).body).expect("JSON");
    let rows = answer["results"].as_array().expect("rows");
    rows.iter().map(|row| row["dimensions"][0].as_str().expect("a name").to_owned()).collect()
}

/// Looks again until `is_so`, at most ten seconds.
fn until(is_so: impl FnMut() -> bool) {
    wait("waited in vain", 10, is_so);
}

/// A shop that says for each address how long its page may be kept.
fn cached(control: fn(&str) -> &'static str) -> Origin {
    Origin::answering(move |asked| {
        let mut answer = html_page(PLAIN);
        let control = HeaderValue::from_static(control(&asked.target));
        answer.headers_mut().insert("cache-control", control);
        answer
    })
}

#[test]
fn what_any_cache_may_keep_is_readable_after_one_view() {
    let origin = cached(|target| match target {
        "/kampanje" => "public, max-age=600",
        "/min-side" => "private",
        _ => "no-cache",
    });
    let gateway = start_with(&origin, &RULES.replace("sitemap = true", "sitemap = false"));
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/min-side");
    visitor.open("/tilbakestill");
    visitor.open("/kampanje");
    until(|| names(&gateway, &token).contains(&"/kampanje".to_owned()));
    assert!(names(&gateway, &token).iter().all(|name| name == "/kampanje" || name == "(other)"));
}

#[test]
fn articles_are_told_apart_by_number_where_any_cache_may_keep_their_pages() {
    let origin = cached(|target| if target.ends_with("55555") { "no-cache" } else { "public, max-age=600" });
    let gateway = start_with(&origin, &RULES.replace("sitemap = true", "sitemap = false"));
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.open("/produkt/7044610055555");
    visitor.open("/ordre/10002345");
    visitor.open("/produkt/7044610012345");
    let article = "/produkt/7044610012345".to_owned();
    until(|| names(&gateway, &token).contains(&article));
    let expected = [&*article, "/ordre/:number", "(other)"];
    assert!(names(&gateway, &token).iter().all(|name| expected.contains(&&**name)));
}

/// A shop whose sitemaps lead from one to another, and elsewhere.
fn listed(asked: &Asked) -> Response<Bytes> {
    match asked.target.as_str() {
        "/robots.txt" => file("text/plain", "User-agent: *\nSitemap: https://shop.example/kart.xml\n"),
        "/kart.xml" => Response::builder()
            .status(301)
            .header("location", "https://shop.example/kart/alle.xml")
            .body(Bytes::new())
            .expect("a response"),
        "/kart/alle.xml" => file(
            "application/xml",
            "<sitemapindex><sitemap><loc>https://shop.example/kart/1.xml</loc></sitemap>\
             <sitemap><loc>https://evil.example/2.xml</loc></sitemap></sitemapindex>",
        ),
        "/kart/1.xml" => file(
            "application/xml",
            "<urlset><url><loc>https://shop.example/dekk</loc></url>\
             <url><loc>https://shop.example/felg</loc></url>\
             <url><loc>https://evil.example/hemmelig</loc></url></urlset>",
        ),
        _ => html_page(PLAIN),
    }
}

#[test]
fn what_the_shop_lists_in_its_sitemaps_is_readable_after_one_view() {
    let origin = Origin::answering(listed);
    let gateway = start_with(&origin, RULES);
    let token = gateway.token();
    let mut visitor = Visitor::of(gateway.visitors);
    until(|| {
        visitor.open("/dekk?bredde=205");
        visitor.open("/hemmelig");
        names(&gateway, &token).contains(&"/dekk".to_owned())
    });
    assert!(!names(&gateway, &token).contains(&"/hemmelig".to_owned()));
    assert!(
        origin.asked().iter().all(|asked| asked.target.starts_with("/dekk") || asked.target == "/hemmelig")
    );
}

#[test]
fn what_stands_behind_the_hash_is_not_readable_because_its_page_is_listed() {
    let rules = RULES.replace("sitemap = true", "sitemap = true\ncount = \"script\"");
    let origin = Origin::answering(listed);
    let gateway = start_with(&origin, &rules);
    let view = |path: &str| {
        let view = json!({"n": "pageview", "u": format!("http://shop.example{path}"), "h": 1});
        assert_eq!(tell(&gateway, &view).header("x-plausible-dropped"), None);
    };
    // A token can ask so often a minute, and no time passes.
    let names = || names(&gateway, &gateway.token());
    until(|| {
        view("/dekk");
        names().contains(&"/dekk".to_owned())
    });
    view("/felg#/konto/kari");
    view("/felg");
    until(|| names().contains(&"/felg".to_owned()));
    assert!(names().iter().all(|name| !name.contains('#')));
}

#[test]
fn sitemaps_that_cannot_be_read_cost_nothing_but_a_figure() {
    let origin = Origin::answering(|asked| match asked.target.as_str() {
        "/robots.txt" | "/sitemap.xml" => {
            Response::builder().status(500).body(Bytes::new()).expect("a response")
        }
        _ => html_page(PLAIN),
    });
    let gateway = start_with(&origin, RULES);
    until(|| get(gateway.admin, "/metrics", &[]).text().contains("server_sitemaps_failed_total 1\n"));
    assert_eq!(Visitor::of(gateway.visitors).open("/").status, 200);
}
