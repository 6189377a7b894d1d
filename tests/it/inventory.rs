//! What real traffic shows becomes an inventory: names and days, what is known of them, and lines for the settings.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::support::origin::html_page;
use crate::support::{
    Answer, Gateway, Origin, RULES, Visitor, client, get, noon, rules_of_mode, settings, start, start_in,
    start_with, wait,
};

/// Planted in names, values, paths and reports; none of it may be found afterwards.
const PLANTED: [&str; 12] = [
    "9f8e7d6c5b4a",
    "GA1.1.4711",
    "hemmelig-verdi",
    "ola.nordmann",
    "01017012345",
    "198.51.100.77",
    "/konto/",
    "konto",
    "token-xyz",
    "PlantedAgent",
    "kampanje",
    "a1b2c3d4e5",
];

/// A shop whose pages set cookies and name foreign hosts.
pub fn shop() -> Origin {
    Origin::answering(|asked| {
        let mut answer = html_page(
            "<!doctype html><title>Dekk</title><script src=\"https://skript.merker.example/a.js?id=4711\"></script>\
             <img src=\"//9f8e7d6c5b4a.bilder.example/x.png\"><img src=\"/egen.png\"><p>Dekk",
        );
        let lines: &[&str] = if asked.target.starts_with("/sw.js") {
            answer.headers_mut().insert("content-type", "text/javascript".parse().expect("a value"));
            &[]
        } else {
            &["_ga=GA1.1.4711; Path=/", "PHPSESSID=hemmelig-verdi", "ukjent_9f8e7d6c5b4a=hemmelig-verdi"]
        };
        for line in lines {
            answer.headers_mut().append("set-cookie", line.parse().expect("a value"));
        }
        answer
    })
}

/// Sends a report or a word of the witness.
pub fn send(gateway: &Gateway, kind: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    send_to(gateway.visitors, kind, headers, body)
}

fn send_to(gateway: SocketAddr, kind: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut request = Request::post("/_consentry/report").header("host", "shop.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client::request(gateway, request.header("content-type", kind).body(body.into()).expect("a request"))
}

/// A report as browsers write it.
pub fn csp_report(directive: &str, blocked: &str, page: &str) -> String {
    json!({ "csp-report": {
        "effective-directive": directive,
        "blocked-uri": blocked,
        "document-uri": format!("https://shop.example{page}"),
        "referrer": "https://mail.example/ola.nordmann",
        "original-policy": "default-src 'self'",
        "script-sample": "hemmelig-verdi",
    }})
    .to_string()
}

/// The thing of that name.
fn thing(found: &Value, kind: &str, name: &str) -> Value {
    let things = found["things"].as_array().expect("a list");
    let is_it = |thing: &&Value| thing["thing"] == kind && thing["name"] == name;
    things.iter().find(is_it).unwrap_or_else(|| panic!("{kind} {name} is not in {found:#}")).clone()
}

/// Sends everything there is to be seen.
fn traffic(gateway: SocketAddr) {
    let mut visitor = Visitor::of(gateway);
    visitor.jar.insert("_hjSession_4711471".into(), "hemmelig-verdi".into());
    visitor.jar.insert("ukjentvalg".into(), "pris".into());
    visitor.jar.insert("ola.nordmann@example.org".into(), "1".into());
    visitor.open("/konto/ola.nordmann?token=token-xyz");
    visitor.open("/dekk");
    let worker = [("service-worker", "script"), ("sec-fetch-dest", "serviceworker")];
    get(gateway, "/sw.js?v=a1b2c3d4e5", &worker);
    let blocked = "https://a1b2c3d4e5.pixel.example/p.gif?id=01017012345";
    for page in ["/konto/ola.nordmann?token=token-xyz", "/dekk", "/dekk"] {
        let report = csp_report("img-src", blocked, page);
        assert_eq!(send_to(gateway, "application/csp-report", &[], report).status, 204);
    }
    let list = json!([{ "type": "csp-violation", "age": 1, "url": "https://shop.example/konto/x", "body": {
        "effectiveDirective": "script-src-elem", "blockedURL": "https://static.hotjar.com/c/hotjar.js",
        "documentURL": "https://shop.example/konto/x", "sample": "hemmelig-verdi",
    }}]);
    assert_eq!(send_to(gateway, "application/reports+json", &[], list.to_string()).status, 204);
}

#[test]
fn an_inventory_fills_from_real_traffic_and_says_what_would_happen() {
    let origin = shop();
    let gateway = start(&origin);
    traffic(gateway.visitors);
    let token = gateway.token();
    let found = gateway.found(&token);
    assert_eq!(found["mode"], "enforce");
    let ga = thing(&found, "cookie", "_ga");
    assert_eq!((&ga["class"], &ga["before_choice"]), (&json!("tracker"), &json!("held")));
    assert_eq!(ga["category"], "statistics");
    assert_eq!(ga["trackers"][0]["id"], "google-analytics");
    assert_eq!(ga["where"], json!(["set-cookie"]), "it was held, so no browser sent it: {ga}");
    assert_eq!((&ga["first_day"], &ga["last_day"]), (&json!("2026-03-10"), &json!("2026-03-10")));
    assert_eq!((&ga["seen"], &ga["told_by"]), (&json!(2), &json!("shop")));
    let session = thing(&found, "cookie", "PHPSESSID");
    assert_eq!(session["before_choice"], "open");
    assert_eq!(session["where"], json!(["cookie", "set-cookie"]));
    assert_eq!(session["seen"], 3, "set twice, sent once");
    let sort = thing(&found, "cookie", "ukjentvalg");
    assert_eq!((&sort["class"], &sort["before_choice"]), (&json!("unknown"), &json!("held")));
    assert_eq!((&sort["told_by"], &sort["seen"]), (&json!("browsers"), &json!(2)));
    assert_eq!(thing(&found, "cookie", "_hjSession_*")["trackers"][0]["id"], "hotjar");
    assert_eq!(thing(&found, "cookie", "ukjent_*")["class"], "unknown");
    let worker = thing(&found, "service-worker", "sw.js");
    assert_eq!((&worker["class"], &worker["before_choice"]), (&json!("unknown"), &json!("held")));
    let hotjar = thing(&found, "host", "static.hotjar.com");
    assert_eq!((&hotjar["where"], &hotjar["before_choice"]), (&json!(["report"]), &json!("held")));
    for name in ["skript.merker.example", "*.bilder.example"] {
        let tag = thing(&found, "host", name);
        assert_eq!((&tag["where"], &tag["told_by"]), (&json!(["tag"]), &json!("shop")), "{name}");
        assert_eq!((&tag["class"], &tag["before_choice"]), (&json!("unknown"), &json!("held")), "{name}");
    }
    thing(&found, "host", "*.pixel.example");
    let pixel = json!({
        "directive": "img-src", "blocked": "*.pixel.example", "pages": 2, "times": 3, "told_by": "browsers",
        "first_day": "2026-03-10", "last_day": "2026-03-10",
    });
    assert_eq!(found["reports"][0], pixel);
    assert_eq!(found["reports"][1]["blocked"], "static.hotjar.com");
}

#[test]
fn a_cookie_that_the_shop_removes_is_none_that_it_sets() {
    let origin = Origin::answering(|_| {
        let mut answer = html_page("<!doctype html><p>Dekk");
        for line in ["_fbp=; Max-Age=0; Path=/", "_ga=GA1.1.4711; Path=/"] {
            answer.headers_mut().append("set-cookie", line.parse().expect("a value"));
        }
        answer
    });
    let gateway = start(&origin);
    let answer = Visitor::of(gateway.visitors).open("/");
    assert_eq!(answer.headers_named("set-cookie"), ["_fbp=; Max-Age=0; Path=/"], "removing is no storing");
    let found = gateway.found(&gateway.token());
    assert_eq!(thing(&found, "cookie", "_ga")["seen"], 1);
    assert!(!found.to_string().contains("_fbp"), "{found:#}");
}

#[test]
fn the_witness_of_observe_adds_what_only_a_browser_sees() {
    let origin = shop();
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    let word = json!({
        "cookies": ["_ga", "consentry", "ukjent_9f8e7d6c5b4a"],
        "storage": ["_hjid", "handlekurv", "bruker:ola.nordmann@example.org"],
        "hosts": ["shop.example", "cdn.shop-bilder.example", "198.51.100.77"],
    });
    assert_eq!(send(&gateway, "application/json", &[], word.to_string()).status, 204);
    Visitor::of(gateway.visitors).open("/");
    let found = gateway.found(&gateway.token());
    assert_eq!(thing(&found, "host", "skript.merker.example")["where"], json!(["tag"]));
    for (kind, name) in [
        ("storage", "_hjid"),
        ("storage", "handlekurv"),
        ("storage", "*"),
        ("host", "cdn.shop-bilder.example"),
        ("host", "*"),
    ] {
        assert_eq!(thing(&found, kind, name)["where"], json!(["witness"]), "{kind} {name}");
    }
    assert_eq!(thing(&found, "cookie", "_ga")["where"], json!(["set-cookie", "witness"]));
    assert_eq!(
        found["things"].as_array().expect("a list").len(),
        10,
        "neither our cookie nor the shop: {found:#}"
    );
}

#[test]
fn a_tracker_whose_snippet_is_held_is_in_the_inventory_and_in_the_line_that_names_what_is_used() {
    let origin = Origin::page(
        "<!doctype html><title>Dekk</title><script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){\
         n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};n.queue=[];t=b.createElement(e);t.async=!0;\
         t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window,document,'script',\
         'https://connect.facebook.net/en_US/fbevents.js');fbq('init','4711');fbq('track','PageView');</script><p>Dekk",
    );
    let gateway = start(&origin);
    let mut visitor = Visitor::of(gateway.visitors);
    assert!(visitor.open("/").text().contains("data-consentry-held=meta-pixel"));
    visitor.post("choice=none", &[]);
    visitor.open("/");
    let token = gateway.token();
    let host = thing(&gateway.found(&token), "host", "connect.facebook.net");
    assert_eq!((&host["where"], &host["told_by"]), (&json!(["tag"]), &json!("shop")));
    assert_eq!((&host["before_choice"], &host["seen"]), (&json!("held"), &json!(2)));
    let authorization = format!("Bearer {token}");
    let path = "/api/inventory?site=shop&format=toml";
    let lines = get(gateway.admin, path, &[("authorization", &authorization)]).text();
    assert!(lines.contains("\n#uses = [\"meta-pixel\"]\n"), "{lines}");
}

#[test]
fn where_consent_is_enforced_the_witness_is_not_believed() {
    let origin = shop();
    let gateway = start(&origin);
    assert_eq!(send(&gateway, "application/json", &[], r#"{"storage":["key"]}"#).status, 204);
    assert_eq!(gateway.found(&gateway.token())["things"], json!([]));
}

#[test]
fn a_restart_keeps_what_was_seen() {
    let origin = shop();
    let gateway = start(&origin);
    traffic(gateway.visitors);
    let before = gateway.found(&gateway.token());
    let clock = gateway.clock.clone();
    let directory = gateway.stop();
    let text = settings(&directory, origin.address, RULES);
    clock.step(jiff::SignedDuration::from_hours(24));
    let gateway = start_in(directory, &text, clock);
    let token = gateway.token();
    assert_eq!(gateway.found(&token), before);
    Visitor::of(gateway.visitors).open("/");
    let ga = thing(&gateway.found(&token), "cookie", "_ga");
    assert_eq!(
        (&ga["first_day"], &ga["last_day"], &ga["seen"]),
        (&json!("2026-03-10"), &json!("2026-03-11"), &json!(3))
    );
}

/// Takes the `#` away from what could be settings and fills in why, as an operator does.
fn vouched(lines: &str) -> String {
    let bare = |line: &str| match line.strip_prefix('#') {
        Some("why = \"\"") => "why = \"the shop needs it\"".to_owned(),
        Some(setting) if !setting.starts_with([' ', 'u']) => setting.to_owned(),
        _ => line.to_owned(),
    };
    lines.lines().map(bare).collect::<Vec<_>>().join("\n")
}

#[test]
fn lines_for_the_settings_parse_as_they_are_and_open_what_is_vouched_for() {
    let origin = shop();
    let gateway = start(&origin);
    traffic(gateway.visitors);
    let token = format!("Bearer {}", gateway.token());
    let asked = |path: &str, accept: &str| {
        let answer = get(gateway.admin, path, &[("authorization", &token), ("accept", accept)]);
        assert_eq!(answer.header("content-type"), Some("application/toml; charset=utf-8"));
        answer.text()
    };
    let lines = asked("/api/inventory?site=shop&format=toml", "*/*");
    assert_eq!(asked("/api/inventory?site=shop", "application/toml"), lines);
    let uses = "uses = [\"google-analytics\", \"hotjar\"]\n";
    assert!(lines.contains(&format!("#{uses}")), "{lines}");
    let mode = "mode = \"enforce\"\n";
    let plain = settings(&gateway.directory, origin.address, RULES).replace(mode, &format!("{mode}{uses}"));
    gateway.reload(&format!("{plain}\n{lines}"));
    let mut visitor = Visitor::of(gateway.visitors);
    visitor.jar.insert("ukjentvalg".into(), "pris".into());
    visitor.open("/");
    assert!(!origin.last().header("cookie").contains("ukjentvalg"), "comments change nothing");
    gateway.reload(&format!("{plain}\n{}", vouched(&lines)));
    let answer = visitor.open("/");
    assert!(origin.last().header("cookie").contains("ukjentvalg=pris"), "the cookie is open");
    let set = answer.headers_named("set-cookie");
    assert!(
        set.contains(&"ukjent_9f8e7d6c5b4a=hemmelig-verdi")
            && !set.iter().any(|line| line.starts_with("_ga"))
    );
    let fence = answer.header("content-security-policy").expect("a fence");
    assert!(fence.contains("*.pixel.example"), "{fence}");
    let sort = thing(&gateway.found(&gateway.token()), "cookie", "ukjentvalg");
    assert_eq!((&sort["class"], &sort["before_choice"]), (&json!("vouched"), &json!("open")));
}

#[test]
fn only_who_has_a_token_reads_it_and_only_of_a_site_there_is() {
    let origin = shop();
    let gateway = start(&origin);
    assert_eq!(get(gateway.admin, "/api/inventory?site=shop", &[]).status, 401);
    let token = format!("Bearer {}", gateway.token());
    for path in ["/api/inventory", "/api/inventory?site=other", "/api/inventory?site=%"] {
        let answer = get(gateway.admin, path, &[("authorization", &token)]);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("write ?site=NAME"), "{path}: {}", answer.text());
    }
    let request = Request::post("/api/inventory?site=shop").header("host", "127.0.0.1");
    assert_eq!(client::request(gateway.admin, request.body(Bytes::new()).expect("a request")).status, 405);
}

#[test]
fn nothing_that_is_kept_logged_or_counted_identifies_anybody() {
    let origin = shop();
    let gateway = start_with(&origin, &rules_of_mode("observe"));
    traffic(gateway.visitors);
    let word = json!({
        "cookies": ["ukjent_9f8e7d6c5b4a"],
        "storage": ["bruker:ola.nordmann@example.org", "01017012345", "seen-198.51.100.77"],
        "hosts": ["198.51.100.77", "9f8e7d6c5b4a.tracker.example"],
    });
    send(&gateway, "application/json", &[("user-agent", "PlantedAgent/1")], word.to_string());
    let found = gateway.found(&gateway.token()).to_string();
    let metrics = get(gateway.admin, "/metrics", &[]).text() + &get(gateway.admin, "/readyz", &[]).text();
    let directory = gateway.stop();
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path()).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.starts_with("inventory.db") {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).expect("a file");
        assert!(memchr::memmem::find(&bytes, b"PHPSESSID").is_some() || name != "inventory.db");
        for planted in PLANTED {
            assert!(memchr::memmem::find(&bytes, planted.as_bytes()).is_none(), "{planted} is in {name}");
        }
    }
    assert!(files > 0, "there is a file to look through");
    for planted in PLANTED {
        assert!(!found.contains(planted), "{planted} is in {found}");
        assert!(!metrics.contains(planted), "{planted} is in {metrics}");
    }
}

#[test]
fn no_line_of_the_log_says_what_was_seen() {
    let origin = shop();
    let program = crate::support::Program::start(origin.address);
    traffic(program.visitors);
    assert_eq!(send_to(program.visitors, "application/csp-report", &[], "token-xyz").status, 400);
    let log = program.stop();
    for planted in PLANTED {
        assert!(!log.contains(planted), "{planted} is in the log:\n{log}");
    }
}

#[test]
fn pages_pass_while_names_cannot_be_written_and_that_is_told() {
    let origin = shop();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("inventory.db");
    std::fs::create_dir(&path).expect("something in the way");
    let text = settings(&directory, origin.address, RULES);
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(noon()));
    let gateway = start_in(directory, &text, clock);
    assert_eq!(Visitor::of(gateway.visitors).open("/").status, 200);
    let token = gateway.token();
    let ready = || get(gateway.admin, "/readyz", &[]);
    wait("the fault is told", 30, || ready().text().contains("names that are seen cannot be written"));
    assert_eq!(ready().status, 200, "it is no reason to send visitors elsewhere");
    assert!(get(gateway.admin, "/metrics", &[]).text().contains("store_inventory_failing 1\n"));
    let authorization = format!("Bearer {token}");
    let answer = get(gateway.admin, "/api/inventory?site=shop", &[("authorization", &authorization)]);
    assert_eq!(answer.status, 503);
    std::fs::remove_dir(&path).expect("the way is free");
    wait("names are written again", 30, || {
        get(gateway.admin, "/metrics", &[]).text().contains("store_inventory_failing 0\n")
    });
    assert_eq!(thing(&gateway.found(&token), "cookie", "_ga")["seen"], 1, "nothing was lost meanwhile");
}
