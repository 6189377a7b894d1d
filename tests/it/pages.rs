//! What reaches the browser: pages, cookies and everything else that passes.

use bytes::Bytes;
use consentry::policy::markup::decode;
use http::Response;

use crate::support::{Origin, RULES, Visitor, get, origin::html_page, start, start_with};

/// A shop's page with the tags that shops have.
pub const SHOP: &str = r#"<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<title>Dekk</title>
<link rel="preconnect" href="https://www.google-analytics.com">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST1"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag('js',new Date());gtag('config','G-TEST1');</script>
<script src="/shop.js"></script>
</head>
<body class="home">
<noscript><img height="1" width="1" src="https://www.facebook.com/tr?id=1&amp;ev=PageView&amp;noscript=1"></noscript>
<h1>Dekk &amp; felg</h1>
<iframe width="560" height="315" src="https://www.youtube.com/embed/abc" title="Film"></iframe>
<img src="/bilde.png" alt="">
</body>
</html>
"#;

/// A page that has nothing to hold.
pub const PLAIN: &str = "<!doctype html>\n<html lang=\"en\">\n<head><title>Plain</title></head>\n<body>\n<p>1 < 2 &amp; <b>so on</p>\n</body>\n</html>\n";

/// Hosts that must not be reachable from an undecided page.
const HELD_HOSTS: [&str; 4] =
    ["www.googletagmanager.com", "www.google-analytics.com", "www.facebook.com", "www.youtube.com"];

/// Does any attribute that a browser would follow point to a host?
fn follows(page: &str, host: &str) -> bool {
    [" src=\"https://", " href=\"https://", " src='https://", " src=https://"]
        .iter()
        .any(|start| page.contains(&format!("{start}{host}")))
}

#[test]
fn an_undecided_visitor_is_asked_and_nothing_is_loaded() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let answer = Visitor::of(gateway.visitors).open("/");
    let page = answer.text();
    assert!(page.contains("id=\"consentry-banner\""), "{page}");
    for role in ["accept-all", "reject-all", "preferences"] {
        assert!(page.contains(&format!("data-role=\"{role}\"")), "{role} is missing in {page}");
    }
    assert!(page.contains("id=consentry-open"));
    for host in HELD_HOSTS {
        assert!(!follows(&page, host), "{host} can be reached from {page}");
    }
    assert!(page.contains("<script src=\"/shop.js\">"), "the shop's own script is untouched");
    let fence = answer.header("content-security-policy").expect("a fence");
    for host in HELD_HOSTS {
        assert!(!fence.contains(host), "{host} is open in {fence}");
    }
    assert!(answer.headers_named("set-cookie").is_empty(), "nothing is stored before a choice");
    drop(gateway);
}

/// A page whose addresses start elsewhere.
const BASED: &str = "<!doctype html><html lang=\"nb\"><head><base href=\"http://other.test/x/\"><title>Dekk</title></head>\
    <body><h1>Dekk</h1><iframe src=\"https://www.youtube.com/embed/abc\" title=\"Film\"></iframe></body></html>";

#[test]
fn a_base_of_the_shops_leads_no_address_of_ours_away() {
    let ours = |html: &'static str| {
        let origin = Origin::page(html);
        let gateway = start(&origin);
        let page = get(gateway.visitors, "/", &[("accept", "text/html")]).text();
        // The document in a frame is a value of the page.
        let page = String::from_utf8(decode(page.as_bytes()).into_owned()).expect("a page");
        let starts = [" action=\"", " formaction=\"", " href=\""];
        let leads = starts.iter().flat_map(|start| page.split(start).skip(1).collect::<Vec<_>>());
        let leads = leads.filter_map(|rest| rest.split('"').next().map(str::to_owned));
        let is_ours = |address: &String| address.contains("/_consentry/") || address.contains("/personvern");
        leads.filter(is_ours).collect::<Vec<_>>()
    };
    let based = ours(BASED);
    assert!(based.len() >= 6, "form, preferences, details, privacy, embeds, standing link: {based:?}");
    assert!(based.iter().all(|address| address.starts_with("http://shop.example/")), "{based:?}");
    let plain = ours(SHOP);
    assert!(plain.len() >= 6 && plain.iter().all(|address| address.starts_with('/')), "{plain:?}");
}

#[test]
fn a_visitor_who_agreed_gets_the_page_as_the_shop_wrote_it() {
    let origin = Origin::page(SHOP);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=all&return=/");
    let answer = visitor.open("/");
    let page = answer.text();
    assert!(!page.contains("consentry-banner"), "nobody is asked twice");
    assert!(page.contains("id=consentry-open"), "the choice can be changed on every page");
    for host in HELD_HOSTS {
        assert!(page.contains(host));
    }
    assert!(
        page.contains(r#"<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST1"></script>"#)
    );
    assert!(page.contains(
        r#"<iframe width="560" height="315" src="https://www.youtube.com/embed/abc" title="Film"></iframe>"#
    ));
    assert_eq!(answer.header("content-security-policy"), None);
}

#[test]
fn the_banner_speaks_the_pages_language_then_the_visitors() {
    let origin = Origin::answering(|asked| {
        html_page(match asked.target.as_str() {
            "/nb" => "<!doctype html><html lang=nb><body>Hei</body></html>",
            "/en" => "<!doctype html><html lang=\"en-GB\"><body>Hi</body></html>",
            _ => "<!doctype html><html><body>?</body></html>",
        })
    });
    let gateway = start(&origin);
    let asked = |path: &str, accepts: &str| {
        let page =
            get(gateway.visitors, path, &[("accept", "text/html"), ("accept-language", accepts)]).text();
        if page.contains("Nei takk") { "nb" } else { "en" }
    };
    assert_eq!(asked("/nb", "en"), "nb");
    assert_eq!(asked("/en", "nb"), "en");
    assert_eq!(asked("/other", "en;q=0.9, de"), "en");
    assert_eq!(asked("/other", "de"), "nb");
}

#[test]
fn a_page_without_trackers_differs_by_the_insertions_only() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=none&return=/");
    let page = visitor.open("/").text();
    let (start, rest) = page.split_once("<head>").expect("a head");
    assert_eq!(start, "<!doctype html>\n<html lang=\"en\">\n");
    let (_, rest) = rest.split_once("<title>").expect("a title after the insertion");
    assert!(rest.starts_with("Plain</title></head>\n<body>\n<p>1 < 2 &amp; <b>so on</p>\n"), "{rest}");
    assert!(rest.ends_with("</body>\n</html>\n"));
}

#[test]
fn third_party_cookies_of_held_trackers_are_dropped_and_the_shops_pass_byte_for_byte() {
    let origin = Origin::answering(|_| {
        Response::builder()
            .header("content-type", "image/png")
            .header("set-cookie", "PHPSESSID=a1b2; path=/;HttpOnly;  SameSite=Lax")
            .header("set-cookie", "_ga=GA1.1.1.1; Max-Age=63072000")
            .header("set-cookie", "_fbp=fb.1.1.1; HttpOnly")
            .header("set-cookie", "nobody_knows=1")
            .body(Bytes::from_static(b"\x89PNG"))
            .expect("a response")
    });
    let gateway = start(&origin);
    let answer = get(gateway.visitors, "/pixel.png", &[("sec-fetch-dest", "image")]);
    assert_eq!(answer.headers_named("set-cookie"), ["PHPSESSID=a1b2; path=/;HttpOnly;  SameSite=Lax"]);
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    let names: Vec<_> = visitor.jar.keys().map(String::as_str).collect();
    assert_eq!(names, ["PHPSESSID", "_ga", "consentry"]);
}

#[test]
fn held_cookies_and_our_own_do_not_reach_the_origin() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let cookies = "PHPSESSID=a; _ga=GA1.1.2.3; consentry=1.x; _fbp=f";
    get(gateway.visitors, "/", &[("accept", "text/html"), ("cookie", cookies)]);
    assert_eq!(origin.last().header("cookie"), "PHPSESSID=a");
    assert_eq!(origin.last().header("consentry-consent"), "necessary");
    get(gateway.visitors, "/", &[("cookie", "_ga=1"), ("consentry-consent", "marketing")]);
    assert!(!origin.last().headers.contains_key("cookie"));
    assert_eq!(
        origin.last().header("consentry-consent"),
        "necessary",
        "a visitor's own header is not believed"
    );
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.choose("choice=some&category=statistics&return=/");
    assert_eq!(origin.last().header("consentry-consent"), "necessary, statistics");
}

#[test]
fn everything_that_is_no_page_passes_byte_for_byte() {
    let bytes: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let body = Bytes::from(bytes);
    let kept = body.clone();
    let origin = Origin::answering(move |asked| {
        let kind = asked.target.trim_start_matches('/').replace('-', "/");
        Response::builder()
            .header("content-type", kind)
            .header("etag", "\"1\"")
            .body(kept.clone())
            .expect("a response")
    });
    let gateway = start(&origin);
    for kind in ["application-javascript", "text-css", "application-json", "image-jpeg", "application-octet"]
    {
        let answer = get(gateway.visitors, &format!("/{kind}"), &[]);
        assert_eq!(answer.body, body, "{kind}");
        assert_eq!(answer.header("etag"), Some("\"1\""), "{kind}");
    }
}

#[test]
fn a_page_is_compressed_for_who_accepts_it_and_read_when_the_origin_compresses() {
    use std::io::{Read as _, Write as _};
    let origin = Origin::answering(|_| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(SHOP.as_bytes()).expect("in memory");
        let mut response = html_page("");
        *response.body_mut() = encoder.finish().expect("in memory").into();
        response.headers_mut().insert("content-encoding", "gzip".parse().expect("a value"));
        response
    });
    let gateway = start(&origin);
    let plain = get(gateway.visitors, "/", &[("accept", "text/html")]);
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.text().contains("consentry-banner"));
    assert!(!follows(&plain.text(), "www.googletagmanager.com"));
    let small = get(gateway.visitors, "/", &[("accept", "text/html"), ("accept-encoding", "gzip")]);
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(small.body.as_ref()).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, plain.text());
}

#[test]
fn observe_reports_and_blocks_nothing() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &RULES.replace("enforce", "observe"));
    let answer = Visitor::of(gateway.visitors).open("/");
    assert!(follows(&answer.text(), "www.googletagmanager.com"));
    assert!(answer.header("content-security-policy").is_none());
    assert!(answer.header("content-security-policy-report-only").is_some());
}

#[test]
fn off_passes_the_page_as_it_is() {
    let origin = Origin::page(SHOP);
    let gateway = start_with(&origin, &RULES.replace("enforce", "off"));
    let answer = Visitor::of(gateway.visitors).open("/");
    assert_eq!(answer.text(), SHOP);
}

#[test]
fn a_page_that_hides_behind_another_type_is_read() {
    let origin = Origin::answering(|asked| {
        let mut page = html_page(SHOP);
        let headers = page.headers_mut();
        if asked.target == "/two" {
            headers.insert("content-type", "image/png".parse().expect("a value"));
            headers.append("content-type", "text/html".parse().expect("a value"));
        } else {
            headers.insert("content-type", "image/png, text/html".parse().expect("a value"));
        }
        page
    });
    let gateway = start(&origin);
    for path in ["/one", "/two"] {
        let answer = Visitor::of(gateway.visitors).open(path);
        assert!(!follows(&answer.text(), "www.googletagmanager.com"), "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
    }
}

#[test]
fn the_shops_own_marks_win_over_the_catalogue() {
    let origin = Origin::page(
        "<!doctype html><html><body><script data-consentry=\"statistics\">a()</script>\
         <script data-consentry=\"necessary\" src=\"https://www.googletagmanager.com/gtag/js?id=1\"></script></body></html>",
    );
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    let page = visitor.open("/").text();
    assert!(!page.contains("<script data-consentry=\"statistics\">a()"), "{page}");
    assert!(follows(&page, "www.googletagmanager.com"), "{page}");
    visitor.choose("choice=some&category=statistics&return=/");
    assert!(visitor.open("/").text().contains("<script data-consentry=\"statistics\">a()"));
}

#[test]
fn a_page_that_says_its_encoding_itself_still_does_so_first() {
    let origin = Origin::answering(|_| {
        let page = b"<!doctype html><html><head><title>Bl\xe5b\xe6r</title><meta charset=iso-8859-1></head><body></body></html>";
        Response::builder()
            .header("content-type", "text/html")
            .body(Bytes::from_static(page))
            .expect("a response")
    });
    let gateway = start(&origin);
    let answer = Visitor::of(gateway.visitors).open("/");
    let start = &answer.body[..answer.body.len().min(1024)];
    assert!(memchr::memmem::find(start, b"<meta charset=\"windows-1252\">").is_some());
    assert!(
        memchr::memmem::find(&answer.body, b"<title>Bl\xe5b\xe6r</title>").is_some(),
        "its bytes are untouched"
    );
}
