//! What browsers send to the address for reports: refused when it makes no sense, and bounded whatever it is.

use serde_json::{Value, json};

use crate::inventory::{csp_report, send, shop};
use crate::support::{get, start};

#[test]
fn bad_reports_are_refused_with_a_status_and_nothing_is_kept() {
    let origin = shop();
    let gateway = start(&origin);
    let good = csp_report("img-src", "https://ads.example/", "/");
    let kind = "application/csp-report";
    let other = [("sec-fetch-site", "cross-site")];
    let huge = format!("{{\"csp-report\":\"{}\"}}", "x".repeat(16 * 1024));
    let deep = "[".repeat(16_000);
    for (kind, headers, body, status) in [
        (kind, &[][..], "{", 400),
        (kind, &[], "", 400),
        (kind, &[], "[]", 400),
        (kind, &[], "\u{0}\u{1}", 400),
        (kind, &[], deep.as_str(), 400),
        ("application/reports+json", &[], "{}", 400),
        ("application/json", &[], "{\"hosts\":3}", 400),
        (kind, &[], huge.as_str(), 413),
        ("text/plain", &[], good.as_str(), 415),
        ("", &[], good.as_str(), 415),
        (kind, &other[..], good.as_str(), 403),
        (kind, &[("sec-fetch-site", "same-site")][..], good.as_str(), 403),
        (kind, &[("origin", "https://evil.example")][..], good.as_str(), 403),
    ] {
        let answer = send(&gateway, kind, headers, body.to_owned());
        assert_eq!(answer.status, status, "{kind} {headers:?} {}", &body[..body.len().min(40)]);
    }
    let read = get(gateway.visitors, "/_consentry/report", &[]);
    assert_eq!((read.status.as_u16(), read.header("allow")), (405, Some("POST")));
    assert_eq!(gateway.found(&gateway.token())["reports"], json!([]));
    for headers in [
        &[("sec-fetch-site", "same-origin"), ("origin", "null")][..],
        &[("origin", "http://shop.example")],
        &[("origin", "null")],
    ] {
        assert_eq!(send(&gateway, kind, headers, good.clone()).status, 204, "{headers:?}");
    }
    assert_eq!(gateway.found(&gateway.token())["reports"][0]["times"], 3);
}

#[test]
fn a_flood_of_made_up_reports_stays_bounded() {
    let origin = shop();
    let gateway = start(&origin);
    let report = |number: usize| {
        json!({ "type": "csp-violation", "url": "https://shop.example/", "body": {
            "effectiveDirective": "img-src", "blockedURL": format!("https://x{number}.example/"),
        }})
    };
    for body in 0..10 {
        let list: Vec<Value> = (0..25).map(|number| report(body * 25 + number)).collect();
        assert_eq!(
            send(&gateway, "application/reports+json", &[], Value::from(list).to_string()).status,
            204
        );
    }
    let found = gateway.found(&gateway.token());
    assert_eq!(found["reports"].as_array().expect("a list").len(), 50, "of one second");
    let metrics = get(gateway.admin, "/metrics", &[]).text();
    assert!(metrics.contains("server_reports_total 50\n"), "{metrics}");
    assert!(metrics.contains("server_reports_dropped_total 200\n"), "{metrics}");
    gateway.clock.step(jiff::SignedDuration::from_secs(1));
    send(&gateway, "application/reports+json", &[], Value::from(vec![report(999)]).to_string());
    assert_eq!(gateway.found(&gateway.token())["reports"].as_array().expect("a list").len(), 51);
}
