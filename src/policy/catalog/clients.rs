//! What the built-in catalogue must know of the libraries that shops take from npm and pack into their own scripts: names by
//! which they try the browser, and under which they keep a cart. Read in the packages themselves.

use super::needs::{built_in, found};
use crate::policy::consent::Category::{Marketing, Necessary, Preferences, Statistics};

/// A client that finds no storage under the name by which it tries the browser gives up, also where it has consent.
#[test]
fn a_client_tries_the_browser_by_names_of_its_own() {
    let catalog = built_in();
    for (id, category, cookies) in [
        ("datadog-rum", Statistics, "_dd_s _dd_s_v2 dd_cookie_test_5f dd_site_test_5f"),
        ("snowplow", Statistics, "_sp_root_domain_test_1796000000000"),
        ("ahoy", Statistics, "ahoy_visit ahoy_visitor ahoy_track ahoy_events"),
    ] {
        for name in cookies.split(' ') {
            assert_eq!(found(catalog.cookie(name)), Some((id, category)), "{name}");
        }
    }
    for (id, category, keys) in [
        ("datadog-rum", Statistics, "_dd_s_v2 _dd_test_5f _dd_tab_id _dd_c_rum_1"),
        ("mixpanel", Statistics, "__mplss_5f mixpanelBrowserDb mixpanelFlagsDb"),
        ("braze", Marketing, "ab.test ab.storage.userId.5f"),
        ("launchdarkly", Statistics, "ld:$anonUserId ld:5f"),
        ("statsig", Statistics, "statsig.stable_id.5f"),
        ("openreplay", Statistics, "__openreplay_token"),
        ("grafana-faro", Statistics, "com.grafana.faro.session __faro_storage_test__"),
        ("elastic-rum", Statistics, "elastic_apm_config"),
        (
            "firebase-analytics",
            Statistics,
            "firebase-installations-database firebase-heartbeat-database \
             validate-browser-context-for-indexeddb-analytics-module",
        ),
    ] {
        for key in keys.split_whitespace() {
            assert_eq!(found(catalog.storage(key)), Some((id, category)), "{key}");
        }
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
