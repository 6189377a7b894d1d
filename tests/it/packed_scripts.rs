//! Scripts of the shop that have a tracker's library in them: they run, whatever was answered. Only a tracker's own file is
//! held.

use crate::own_paths::{ACME, SCRIPT, scripts, start};
use crate::support::{Answer, Gateway, Origin, RULES, get, start_with};

const MODULE: [(&str, &str); 2] = [SCRIPT, ("sec-fetch-mode", "cors")];
const CLASSIC: [(&str, &str); 2] = [SCRIPT, ("sec-fetch-mode", "no-cors")];

/// The file of a tracker that is known without a word of the operator.
const HOSTED: &str = "!function(){\"use strict\";var d=document.currentScript,\
    e=d.getAttribute(\"data-api\")||new URL(d.src).origin+\"/api/event\";fetch(e)}();";

fn is_held(answer: &Answer) -> bool {
    answer.header("cache-control") == Some("no-store") && answer.text().contains("consentry.idle")
}

fn with(origin: &Origin, more: &str) -> Gateway {
    start_with(origin, &format!("{RULES}{more}"))
}

#[test]
fn a_trackers_own_file_is_held_under_any_name() {
    let origin = scripts(HOSTED);
    let gateway = start(&origin);
    for headers in [&CLASSIC[..], &[SCRIPT], &[]] {
        assert!(is_held(&get(gateway.visitors, "/x/y.js", headers)), "{headers:?}");
    }
}

#[test]
fn what_may_be_imported_is_never_replaced_by_what_exports_nothing() {
    let origin = scripts(HOSTED);
    let gateway = start(&origin);
    for target in ["/x/y.js", "/lib/plausible.js", "/lib/matomo.js"] {
        let answer = get(gateway.visitors, target, &MODULE);
        assert_eq!((answer.text().as_str(), answer.header("etag")), (HOSTED, Some("\"1\"")), "{target}");
    }
    assert!(is_held(&get(gateway.visitors, "/lib/plausible.js", &CLASSIC)));
}

#[test]
fn a_module_that_is_certainly_a_trackers_is_held() {
    let origin = scripts(HOSTED);
    let gateway = start(&origin);
    for target in ["/metrics/gtag/js?id=G-ABC1234567", "/gtm.js?id=GTM-AB12", "/metrics/tag.js?id=A-1"] {
        assert_ne!(get(gateway.visitors, target, &MODULE).text(), HOSTED, "{target}");
    }
    assert!(origin.asked().is_empty());
}

#[test]
fn a_file_of_a_tracker_behind_own_code_is_the_shops() {
    let packed = format!("document.title=\"Dekk\";{HOSTED}");
    let origin = Origin::answering(move |_| http::Response::new(packed.clone().into()));
    let gateway = start(&origin);
    assert!(get(gateway.visitors, "/app.js", &CLASSIC).text().starts_with("document.title"));
}

#[test]
fn what_the_operator_named_is_held_wherever_it_stands() {
    let origin = scripts("start();window.AcmeTagsQueue=[];");
    let gateway = start(&origin);
    assert!(get(gateway.visitors, "/app.js", &CLASSIC).body.is_empty());
}

#[test]
fn a_script_that_tells_this_gateway_its_events_runs() {
    for (address, is_told) in [
        ("/_consentry/event", true),
        ("/_consentry/api/event", true),
        ("https://shop.example/_consentry/event", true),
        ("/_consentry/choice", false),
        ("/api/event", false),
    ] {
        let filler = "let kundevogn=[];\n".repeat(500);
        let text = format!("{HOSTED}{filler}start({{endpoint:\"{address}\"}})");
        let told = text.clone();
        let origin = Origin::answering(move |_| http::Response::new(text.clone().into()));
        let gateway = start(&origin);
        let answer = get(gateway.visitors, "/app.js", &CLASSIC);
        assert_eq!(answer.text() == told, is_told, "{address}");
        assert_eq!(is_held(&answer), !is_told, "{address}");
    }
}

#[test]
fn what_the_operator_vouches_for_on_the_shops_own_host_is_the_shops() {
    const OWN: &str =
        "[[site.allow]]\nhost = \"shop.example\"\ncategory = \"necessary\"\nwhy = \"our own\"\n";
    let origin = scripts(HOSTED);
    let gateway = with(&origin, &format!("{OWN}paths = [\"/out/\"]\n{ACME}"));
    for target in ["/out/app.js", "/out/plausible.js", "/out/metrics/tag.js?id=A-1"] {
        assert_eq!(get(gateway.visitors, target, &CLASSIC).text(), HOSTED, "{target}");
    }
    for target in ["/app.js", "/lib/plausible.js", "/metrics/tag.js?id=A-1"] {
        assert_ne!(get(gateway.visitors, target, &CLASSIC).text(), HOSTED, "{target}");
    }
}
