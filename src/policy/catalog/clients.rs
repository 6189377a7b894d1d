//! What the built-in catalogue must know of the libraries that shops take from npm and pack into their own scripts: names by
//! which they try the browser, and under which they keep a cart. Read in the packages themselves.

use std::sync::LazyLock;

use super::needs::{built_in, found};
use super::{Catalog, Sent};
use crate::policy::consent::Category::{Marketing, Necessary, Preferences, Statistics};

/// A client that finds no storage under the name by which it tries the browser gives up, also where it has consent.
#[test]
fn a_client_tries_the_browser_by_names_of_its_own() {
    let catalog = built_in();
    for (id, category, cookies) in [
        ("datadog-rum", Statistics, "_dd_s _dd_s_v2 dd_cookie_test_5f dd_site_test_5f"),
        ("snowplow", Statistics, "_sp_root_domain_test_1796000000000"),
        ("ahoy", Statistics, "ahoy_visit ahoy_visitor ahoy_track ahoy_events"),
        ("posthog", Statistics, "ph_phc_5f_posthog dmn_chk_5f"),
        ("growthbook", Statistics, "gbuuid gbStickyBuckets__id||5f"),
    ] {
        for name in cookies.split(' ') {
            assert_eq!(found(catalog.cookie(name)), Some((id, category)), "{name}");
        }
    }
    for (id, category, keys) in [
        ("datadog-rum", Statistics, "_dd_s_v2 _dd_test_5f _dd_tab_id _dd_c_rum_1"),
        ("mixpanel", Statistics, "__mplss_5f mixpanelBrowserDb mixpanelFlagsDb"),
        ("braze", Marketing, "ab.test ab.storage.userId.5f AppboyServiceWorkerAsyncStorage"),
        ("posthog", Statistics, "__mplssupport__ __support__ ph_phc_5f_window_id"),
        ("rudderstack", Statistics, "rl_anonymous_id _Is_Incognit"),
        ("rollbar", Statistics, "RollbarSession"),
        ("algolia-insights", Statistics, "__test_localStorage__"),
        ("growthbook", Statistics, "gbFeaturesCache"),
        ("split", Statistics, "SPLITIO.splitChanges __SPLITSOFTWARE__"),
        ("openpanel", Statistics, "openpanel-pending-revenues"),
        ("launchdarkly", Statistics, "ld:$anonUserId ld:5f"),
        ("statsig", Statistics, "statsig.stable_id.5f"),
        ("openreplay", Statistics, "__openreplay_token"),
        ("grafana-faro", Statistics, "com.grafana.faro.session __faro_storage_test__"),
        ("elastic-rum", Statistics, "elastic_apm_config"),
        (
            "firebase-analytics",
            Statistics,
            "firebase-installations-database firebase-heartbeat-database \
             validate-browser-context-for-indexeddb-analytics-module @firebase/performance/config",
        ),
    ] {
        for key in keys.split_whitespace() {
            assert_eq!(found(catalog.storage(key)), Some((id, category)), "{key}");
        }
    }
    // Application Insights tries it by the time, which no name of one word could stand for.
    let time = catalog.storage("Mon Nov 30 2026 18:12:06 GMT+0100 (Central European Standard Time)");
    assert_eq!(found(time), Some(("application-insights", Statistics)));
    assert_eq!(found(catalog.storage("Monday")), None);
}

/// Whose script sent this to the shop's own host, by what it says.
fn sender(target: &str, body: &str) -> Option<&'static str> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(built_in);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let owner = CATALOG.own_body(Sent { path, query, is_script: false }, body.as_bytes());
    owner.map(|tracker| tracker.name_id.as_str())
}

#[test]
fn a_client_that_sends_to_any_path_of_the_shop_is_known_by_what_it_sends() {
    for (id, target, body) in [
        ("posthog", "/relay/e/", r#"{"api_key":"phc_5f","batch":[{"uuid":"1","event":"$pageview""#),
        (
            "plausible-cloud",
            "/api/event",
            r#"{"n":"pageview","v":36,"u":"https://shop.example/","d":"shop.example""#,
        ),
        (
            "plausible-cloud",
            "/pl/event",
            r#"{"n":"engagement","sd":100,"d":"shop.example","u":"https://shop.example/""#,
        ),
        (
            "sentry",
            "/monitoring",
            r#"{"event_id":"1","sent_at":"2026","sdk":{},"dsn":"https://a@o1.ingest.sentry.io/4"}"#,
        ),
        ("segment", "/api/v1/t", r#"{"timestamp":"2026","integrations":{"Segment.io":true},"event":"Add""#),
        (
            "rudderstack",
            "/v1/page",
            r#"{"channel":"web","context":{"app":{"name":"RudderLabs JavaScript SDK""#,
        ),
        ("countly", "/i", "app_key=5f&av=0.0&device_id=1&sdk_name=javascript_native_web&sdk_version=26.1.1"),
        ("ackee", "/api", r#"{"query":"\n\t\t\tmutation createRecord($domainId: ID!, $input""#),
        ("bugsnag", "/errors", r#"{"apiKey":"5f","notifier":{"name":"Bugsnag JavaScript","version":"9.0.0""#),
        (
            "rollbar",
            "/rb/api/1/item/",
            r#"{"data":{"platform":"browser","framework":"browser-js","language""#,
        ),
        ("grafana-faro", "/collect", r#"{"meta":{"sdk":{"name":"faro-web","version":"2.12.1"}"#),
        ("openreplay", "/ingest/v1/web/start", r#"{"userUUID":null,"projectKey":"pk1""#),
        ("pirsch", "/stats/event", r#"{"identification_code":"5f","event_name":"add""#),
        (
            "openpanel",
            "/op/track",
            r#"{"type":"track","payload":{"name":"screen_view","properties":{"__path":"https://s""#,
        ),
    ] {
        assert_eq!(sender(target, body), Some(id), "{target} {body}");
    }
}

#[test]
fn what_a_shop_sends_itself_is_no_clients() {
    for (target, body) in [
        ("/cart/add", r#"{"id":7,"quantity":1,"name":"Vinterdekk"}"#),
        ("/api/event", r#"{"n":"4","u":"kg","d":"2026-12-01"}"#),
        ("/api/orders", r#"{"api_key":"shop_5f","batch":[]}"#),
        (
            "/graphql",
            r#"{"query":"mutation createOrder($id: ID!, $input: OrderInput!) { createOrder(id: $id) { id } }"}"#,
        ),
        ("/api/mail", r#"{"sent_at":"2026-11-30","to":"kunde@shop.example"}"#),
        ("/track", r#"{"type":"parcel","payload":{"number":"370000000"}}"#),
        ("/api/1/item/", r#"{"item":7,"framework":"wood"}"#),
        ("/v1/web/start", r#"{"step":1}"#),
        ("/i", "app_key=5f&step=2"),
    ] {
        assert_eq!(sender(target, body), None, "{target} {body}");
    }
}

#[test]
fn a_client_reaches_the_hosts_that_its_package_names() {
    let catalog = built_in();
    for (id, hosts) in [
        (
            "logrocket",
            "cdn.logr-in.com r.logr-in.com r.lr-ingest.com r.lr-intake.com r.lgrckt-in.com r.logr-ingest.com \
             e.logrocket.com cdn.logrocket.io",
        ),
        (
            "datadog-rum",
            "browser-intake-datadoghq.com browser-intake-datadoghq.eu browser-intake-us3-datadoghq.com \
             browser-intake-us5-datadoghq.com browser-intake-ap1-datadoghq.com",
        ),
        ("launchdarkly", "app.launchdarkly.com clientstream.launchdarkly.com events.launchdarkly.com"),
        ("statsig", "statsigapi.net prodregistryv2.org featureassets.org api.statsigcdn.com"),
        ("openreplay", "api.openreplay.com static.openreplay.com"),
        ("grafana-faro", "faro-collector-prod-eu-west-2.grafana.net"),
        (
            "firebase-analytics",
            "firebase.googleapis.com firebaseinstallations.googleapis.com firebaselogging.googleapis.com \
             firebaseremoteconfig.googleapis.com firebaseremoteconfigrealtime.googleapis.com",
        ),
        ("react-tweet", "react-tweet.vercel.app"),
        ("plausible-cloud", "plausible.io"),
    ] {
        for host in hosts.split_whitespace() {
            let owner = catalog.host(host, "/any").expect(host);
            assert_eq!(owner.name_id, id, "{host}");
            assert!(owner.category != Necessary, "{host}");
        }
    }
    let owner = catalog.host("shop.apm.eu-west-1.aws.elastic-cloud.com", "/intake/v2/rum/events");
    assert_eq!(found(owner), Some(("elastic-rum", Statistics)));
    assert_eq!(found(catalog.host("search.es.eu-west-1.aws.elastic-cloud.com", "/goods/_search")), None);
}

/// The client of `rudderstack`, of the versions before 3, throws into the shop's script when it may keep nothing under these
/// names, and takes away what it wrote at once.
#[test]
fn a_try_of_the_browser_that_would_stop_the_shop_is_open_to_everybody() {
    let catalog = built_in();
    for name in ["test_rudder_cookie", "test_rudder_ls", "test_rudder_ss"] {
        for owner in [catalog.cookie(name), catalog.storage(name)] {
            assert_eq!(found(owner), Some(("browser-checks", Necessary)), "{name}");
        }
    }
    assert_eq!(found(catalog.cookie("rl_anonymous_id")), Some(("rudderstack", Statistics)));
}

#[test]
fn carts_that_libraries_keep_in_the_browser_are_necessary() {
    let catalog = built_in();
    let keys = "react-use-cart react-use-cart-no persist:root localforage localforage/keyvaluepairs/cart keyval-store \
                snipcart-cart mcart moltinCredentials __cart firebase_remote_config";
    for key in keys.split_whitespace() {
        assert_eq!(found(catalog.storage(key)), Some(("cart-libraries", Necessary)), "{key}");
    }
    for name in ["commercejs_cart_id", "commercejs_customer_id", "swell-session", "swell-currency"] {
        assert_eq!(found(catalog.cookie(name)), Some(("cart-libraries", Necessary)), "{name}");
    }
    // Yotpo's loyalty programme, once Swell, is another.
    for owner in [catalog.cookie("swell_x"), catalog.storage("swellUser")] {
        assert_eq!(found(owner), Some(("yotpo", Preferences)));
    }
    for name in ["persist", "persistent_id", "swell", "keyval", "mcart_visitor"] {
        let owner = found(catalog.storage(name)).filter(|(_, category)| *category == Necessary);
        assert_eq!(owner, None, "{name}");
    }
}

#[test]
fn where_a_visitor_was_on_a_page_is_kept_for_every_router() {
    let catalog = built_in();
    for key in
        ["sveltekit:scroll", "sveltekit:snapshot", "vue-router:scroll", "react-router-scroll-positions"]
    {
        assert_eq!(found(catalog.storage(key)), Some(("shop-pages", Necessary)), "{key}");
    }
}
