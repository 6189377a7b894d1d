//! What the built-in catalogue must leave alone: names, addresses and texts of shops that merely look like trackers.

use super::needs::built_in;
use super::{Catalog, OwnRule, Tracker, bytes_match};
use crate::policy::consent::Category;

/// Who needs consent, with `part` of its rules.
fn asked<'a, T: 'a>(
    catalog: &'a Catalog,
    part: impl Fn(&'a Tracker) -> &'a [T],
) -> impl Iterator<Item = (&'a str, &'a T)> {
    let asked = catalog.trackers().filter(|tracker| tracker.category != Category::Necessary);
    asked.flat_map(move |tracker| part(tracker).iter().map(|rule| (tracker.name_id.as_str(), rule)))
}

/// Does a request for `target` stand under `rule`? As [`OwnRule`] tells it, without percent-decoding.
fn is_own(rule: &OwnRule, target: &str, is_script: bool) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let core = rule.path.trim_matches('*');
    let is_path = match (rule.path.starts_with('*'), rule.path.ends_with('*')) {
        _ if rule.path.is_empty() => true,
        (true, true) => path.contains(core),
        (true, false) => path.ends_with(core),
        (false, true) => path.starts_with(core),
        (false, false) => path == core,
    };
    if !rule.body.is_empty() {
        return false;
    }
    let is_there = |wanted: &String| {
        query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            if wanted.contains('=') { bytes_match(wanted, pair.as_bytes()) } else { wanted == name }
        })
    };
    is_path && rule.query.iter().all(is_there) && (is_script || !rule.script)
}

fn owners<'a>(catalog: &'a Catalog, target: &str, is_script: bool) -> Vec<&'a str> {
    let rules = asked(catalog, |tracker| &tracker.own);
    rules.filter(|(_, rule)| is_own(rule, target, is_script)).map(|(id, _)| id).collect()
}

/// Requests that have something of a tracker's.
const ALIKE: &[&str] = &[
    "/assets/analytics-dashboard.js",
    "/css/pixel-perfect.css",
    "/js/analytics.js",
    "/js/app.js?v=2&id=7",
    "/js/script.js",
    "/js/script.min.js?id=44",
    "/js/clarity.js",
    "/js/plausible-deniability.js",
    "/js/matomo-settings.js",
    "/static/array.js",
    "/api/event",
    "/api/data?v=2&page=1",
    "/api/send",
    "/api/v1/collect",
    "/collect?v=1&order=9",
    "/checkout/collect?v=2&tid=4711&cid=9",
    "/e/?ip=0&compression=gzip",
    "/flags/?v=2",
    "/flags/norway.svg?v=2&ver=7",
    "/decide/?v=3",
    "/i?e=pv",
    "/i?id=7&tv=js",
    "/wp-includes/js/wp-emoji-loader.min.js?ver=6.9",
    "/wp-json/wp/v2/search",
    "/wp-json/wc/store/v1/cart",
    "/wp-admin/admin-ajax.php?action=woocommerce_get_refreshed_fragments",
    "/?rest_route=/wc/store/v1/cart",
    "/tr/?id=5&ev=1",
    "/tr/sok?id=5",
    "/thumb/ss/1.jpg",
    "/search?id=G-star&v=2",
    "/api/products?cid=12&tid=G-123&v=2",
    "/a?id=G-star",
    "/api/metrics?id=G-1",
    "/td?id=7",
    "/conversion/ccm?v=2",
    "/metrics/a?id=7",
    "/rest/v1/delivery?client=web",
    "/graphql?type=js&sn=1",
    "/utag-oversikt.js",
    "/activity?src=1",
    "/events?name=view",
    "/products/?id=G-star&s=2",
    "/as/p/c?random=1",
    "/g/c?tid=7",
    "/track/?verbose=1&order=7",
    "/set_cookie?val=nb",
    "/matomo",
    "/umami/api/send",
    "/hit?code=7&url=x",
    "/track?client_key=7",
    "/api/features/red",
];

#[test]
fn requests_that_only_look_like_trackers_are_the_shops() {
    let catalog = built_in();
    for &target in ALIKE {
        for is_script in [target.contains(".js"), false] {
            assert_eq!(owners(&catalog, target, is_script), Vec::<&str>::new(), "{target}");
        }
    }
}

#[test]
fn trackers_on_the_shops_own_hosts_are_known() {
    let catalog = built_in();
    for (target, is_script, id) in [
        ("/metrics/g/collect?v=2&tid=G-AB12&gcs=G100", false, "google-analytics"),
        ("/x9/y?v=2&tid=G-AB12&cid=1.2&en=page_view", false, "google-analytics"),
        ("/x9/y?v=2&tid=G-AB12&cid=1.2&gtm=45je", false, "google-analytics"),
        ("/j/collect?v=1&_v=j99&t=pageview&tid=UA-1-1", false, "google-analytics"),
        ("/metrics/ccm/collect?en=page_view&gtm=45be", false, "google-ads"),
        ("/metrics/ccm/collect?tid=AW-123&gcs=G100&v=2", false, "google-ads"),
        ("/ccm/collect?tid=G-1", false, "google-ads"),
        ("/metrics/as/d/ccm/conversion?gcs=G100", false, "google-ads"),
        ("/pagead/conversion/123/?random=1&label=x", false, "google-ads"),
        ("/rmkt/collect/123/", false, "google-ads"),
        ("/metrics/g/s/collect?tid=G-1&gcs=G111", false, "google-analytics"),
        ("/c/collect?v=2&tid=G-1&cid=1.2", false, "google-analytics"),
        ("/mixpanel/track/?verbose=1&ip=1&_=1", false, "mixpanel"),
        ("/metrics/td?id=G-1", false, "google-tag"),
        ("/metrics/a?id=G-1", false, "google-tag"),
        ("/x9/a?id=AW-1&v=3&t=t&pid=7", false, "google-tag"),
        ("/metrics/_/service_worker/5ab0/sw.js", true, "google-tag"),
        ("/metrics/?id=G-AB12", true, "google-tag"),
        ("/load.js?id=GTM-AB12&l=dataLayer", true, "google-tag-manager"),
        ("/gtm/ns.html?id=GTM-AB12", false, "google-tag-manager"),
        ("/data?v=2&event_name=page_view", false, "stape"),
        ("/stats/matomo.js", true, "matomo"),
        ("/stats/count?idsite=1&rec=1&action_name=x", false, "matomo"),
        ("/js/plausible.outbound-links.js", true, "plausible-cloud"),
        ("/ingest/e/?ip=0&ver=1.2&compression=gzip-js", false, "posthog"),
        ("/e/?ip=0&_=1767225600&ver=1.3", false, "posthog"),
        ("/i/v0/e/", false, "posthog"),
        ("/ingest/i/v0/e/?ip=0&ver=1.2", false, "posthog"),
        ("/ingest/e/", false, "posthog"),
        ("/ingest/flags/?v=2", false, "posthog"),
        ("/flags/?v=2&config=true", false, "posthog"),
        ("/flags/?v=2&ip=0&_=1767225600&ver=1.3", false, "posthog"),
        ("/umami/script.js", true, "umami"),
        ("/plausible/api/event", false, "plausible-cloud"),
        ("/wp-json/wp-statistics/v2/hit", false, "wordpress-statistics"),
        ("/?rest_route=/wp-statistics/v2/hit", false, "wordpress-statistics"),
        ("/wp-json/burst/v1/track/?token=a1", false, "wordpress-statistics"),
        ("/wp-content/plugins/burst-statistics/endpoint.php", false, "wordpress-statistics"),
        ("/koko-analytics-collect.php?p=1&nv=1", false, "wordpress-statistics"),
        ("/wp-admin/admin-ajax.php?action=koko_analytics_collect&p=1", false, "wordpress-statistics"),
        ("/wp-json/iawp/search", false, "wordpress-statistics"),
        ("/wp-includes/js/wp-emoji-release.min.js?ver=6.1.9", true, "wordpress-org-pictures"),
        ("/scripts/fbevents.js", true, "meta-pixel"),
        ("/tr/?id=1&ev=PageView&dl=https%3A%2F%2Fx", false, "meta-pixel"),
        ("/b/ss/suite/1/JS-2.2/s1?AQB=1", false, "adobe-analytics"),
        ("/com.snowplowanalytics.snowplow/tp2", false, "snowplow"),
        ("/i?stm=1&e=pv&url=x&tv=js-3.5.0&p=web&duid=y", false, "snowplow"),
        ("/cdn-cgi/zaraz/s.js?z=1", true, "cloudflare-zaraz"),
        ("/.well-known/shopify/monorail/unstable/produce_batch", false, "shopify-analytics"),
    ] {
        assert!(owners(&catalog, target, is_script).contains(&id), "{target} is not known as {id}");
    }
}

/// Mixpanel's client sends at once where no storage is to be had, and then without `verbose`.
#[test]
fn clients_that_send_to_the_shops_own_host_are_told_from_its_own_requests() {
    let catalog = built_in();
    for (target, id) in [
        ("/mp/track/?ip=1&_=1796019349047", "mixpanel"),
        ("/mp/engage/?ip=1&_=1796019349047", "mixpanel"),
        ("/mp/groups/?verbose=1&ip=1&_=1796019349047", "mixpanel"),
        ("/ahoy/events", "ahoy"),
        ("/shop/ahoy/visits", "ahoy"),
        ("/apm/intake/v2/rum/events", "elastic-rum"),
    ] {
        assert_eq!(owners(&catalog, target, false).first(), Some(&id), "{target}");
    }
    for target in [
        "/track/?ip=10.0.0.7&_=1796019349047",
        "/track/?_=1796019349047",
        "/track?ip=1&_=1796019349047",
        "/backtrack/?ip=1&_=1796019349047",
        "/engage/?_=1796019349047",
        "/ahoy/",
        "/ahoy/events.html",
        "/events",
        "/visits",
    ] {
        assert_eq!(owners(&catalog, target, false), Vec::<&str>::new(), "{target}");
    }
}

#[test]
fn google_is_known_behind_its_gateway_and_behind_scripts_that_send_on() {
    let catalog = built_in();
    for (target, id) in [
        ("/4vu8/as/p/c/11252321380/?random=1&en=conversion&gcs=G111&auid=1.2", "google-ads"),
        ("/4vu8/d/pagead/form-data/1?random=1", "google-ads"),
        ("/4vu8/_/set_cookie?val=x", "google-ads"),
        ("/metrics5?id=AW-123&s=/pagead/conversion/123", "google-ads"),
        ("/metrics5?id=G-A1&s=/as/d/ccm/conversion/123", "google-ads"),
        ("/metrics5?id=GT-A1&s=/pagead/form-data/1", "google-ads"),
        ("/gtg/measurement.php?id=G-ABC&s=/g/collect?v=2", "google-analytics"),
        ("/gtg/measurement.php?id=GT-ABC&s=/gtag/js", "google-tag"),
        ("/4vu8/ag/g/c?v=2&tid=G-ABC&gtm=45&_p=1&gcs=G100", "google-analytics"),
    ] {
        assert!(owners(&catalog, target, false).contains(&id), "{target} is not known as {id}");
    }
}

#[test]
fn what_is_sent_to_an_advertisers_path_is_not_opened_by_statistics() {
    let catalog = built_in();
    let hit = "v=2&tid=G-1&cid=1.2&en=page_view&gtm=45je";
    for (path, query) in [
        ("/ccm/collect", hit),
        ("/metrics/ccm/collect", hit),
        ("/metrics/as/d/ccm/conversion", hit),
        ("/rmkt/collect/1/", hit),
        ("/4vu8/as/p/c/1/", "random=1&en=conversion&gcs=G111&auid=1.2"),
        ("/4vu8/d/pagead/form-data/1", hit),
        ("/4vu8/_/set_cookie", "val=x"),
        ("/m.php", "id=G-1&s=/as/d/ccm/conversion/1"),
        ("/m.php", "id=AW-1&s=/g/collect"),
    ] {
        for is_script in [false, true] {
            let (tracker, _) = catalog.own(super::Sent { path, query, is_script }).unwrap();
            assert_eq!(tracker.category, Category::Marketing, "{path} is {}", tracker.name_id);
        }
    }
}

#[test]
fn names_that_shops_use_themselves_belong_to_nobody_who_asks() {
    let catalog = built_in();
    let names = "session session_id sessionId user user_id token auth cart cart_id basket wishlist compare favorites \
        currency language lang country region store theme view sort filter newsletter \
        popup modal banner consent cookie_consent cookieconsent device visitor uid id name email zip vat vatmode \
        customer customer_group login logged_in csrf_token form_key PHPSESSID JSESSIONID XSRF-TOKEN checkout order \
        payment shipping referer search query tab menu state settings preferences data cache version build ab test";
    for name in names.split_whitespace() {
        let owner = [catalog.cookie(name), catalog.storage(name)].into_iter().flatten();
        let asked: Vec<_> = owner.filter(|tracker| tracker.category != Category::Necessary).collect();
        assert!(asked.is_empty(), "{name} belongs to {asked:?}");
    }
}

#[test]
fn parameters_that_say_what_is_wanted_are_no_decoration() {
    let catalog = built_in();
    let names = "id q s p page sort order size color variant category brand price min max view lang currency code \
        token email name ref source campaign utm_source utm_medium utm_campaign utm_content utm_term utm_id \
        add-to-cart product_id sku ean qty redirect return next state session orderid transaction_id";
    for name in names.split_whitespace() {
        for (id, rule) in asked(&catalog, |tracker| &tracker.parameters) {
            assert!(!bytes_match(rule, name.as_bytes()), "{name} is decoration of {id}");
        }
    }
}

#[test]
fn marks_of_clicks_need_consent() {
    let catalog = built_in();
    for name in ["gclid", "ymclid", "wickedid", "rb_clickid", "nb_klid", "clickid", "click_id"] {
        let owner = catalog.parameter_bytes(name.as_bytes());
        assert!(owner.is_some_and(|tracker| tracker.category != Category::Necessary), "{name}");
    }
}

#[test]
fn scripts_that_only_mention_or_call_a_tracker_are_the_shops() {
    let catalog = built_in();
    for text in [
        r#"var config = {"cdn":"https://static.hotjar.com","analytics":false,"chat":"https://widget.intercom.io"};"#,
        r#"if (window.fbq) { fbq; } function trackClick(e) { window.dataLayer.push({event: "click"}); }"#,
        r#"mixpanel.track("Buy"); amplitude.track("Buy"); posthog.capture("buy"); heap.track("Buy"); umami.track("b");"#,
        r#"Intercom("show"); zE("webWidget", "open"); Tawk_API.maximize(); $crisp.push(["do", "chat:open"]);"#,
        r#"document.querySelector(".rating").addEventListener("click", () => rate(5)); var analytics = load();"#,
        r#"window.klaviyo = window.klaviyo || []; klaviyo.push(["identify", {}]); criteo = null; snaptr = null;"#,
        r#"import Plausible from "./plausible.js"; new Swiper(".hero", { loop: true, autoplay: { delay: 4000 } });"#,
        "// we use no google-analytics.com, no doubleclick.net and no connect.facebook.net here",
    ] {
        for (id, needle) in asked(&catalog, |tracker| &tracker.inline) {
            assert!(!text.contains(needle.as_str()), "{needle} of {id} stands in: {text}");
        }
        for (id, signature) in asked(&catalog, |tracker| &tracker.signatures) {
            assert!(!text.contains(signature.as_str()), "{signature} of {id} stands in: {text}");
        }
    }
}

#[test]
fn a_bundle_that_loads_trackers_does_not_bear_their_signature() {
    let catalog = built_in();
    for text in [
        r#"!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):
        n.queue.push(arguments)};if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version="2.0";n.queue=[];}
        (window,document,"script","https://connect.facebook.net/en_US/fbevents.js");fbq("init","1");"#,
        r#"(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({"gtm.start":new Date().getTime(),event:"gtm.js"});
        j.src="https://www.googletagmanager.com/gtm.js?id="+i+dl;})(window,document,"script","dataLayer","GTM-1");"#,
        r#"(function(h,o,t,j,a,r){h.hj=h.hj||function(){(h.hj.q=h.hj.q||[]).push(arguments)};
        h._hjSettings={hjid:1,hjsv:6};})(window,document,"https://static.hotjar.com/c/hotjar-",".js?sv=");"#,
        r#"!function(w,d,t){w.TiktokAnalyticsObject=t;var ttq=w[t]=w[t]||[];ttq.load("C0");ttq.page()}
        (window,document,"ttq");var _paq=window._paq=window._paq||[];_paq.push(["trackPageView"]);"#,
        r#"/*! For license information please see main.js.LICENSE.txt */ localStorage.plausible_ignore="true";
        localStorage.setItem("umami.disabled","1");(function(c,l,a,r,i){c[a]=c[a]||function(){}})(window);"#,
    ] {
        for (id, signature) in asked(&catalog, |tracker| &tracker.signatures) {
            assert!(!text.contains(signature.as_str()), "{signature} of {id}");
        }
    }
}

#[test]
fn what_shops_pack_into_their_own_scripts_bears_no_signature() {
    let catalog = built_in();
    for text in [
        // Plausible's from npm.
        r#"function a(){return new URL(e.src).origin+"/api/event"}e.endpoint||(e.endpoint="https://plausible.io/api/event");
        "true"===window.localStorage.plausible_ignore;n&&r.logging&&console.warn("Ignoring Event: "+n)"#,
        // A switch for one's own visits, and clients that shops wrote for Umami.
        r#"if(localStorage.getItem("umami.disabled"))return;fetch(u,{headers:{"x-umami-cache":c}})"#,
        r#"s.setAttribute("data-website-id",id);var api=s.getAttribute("data-api")||new URL(s.src).origin;"#,
        r#"window._satellite=window._satellite||{};_satellite.track("buy");fbq.queue=[];n.version="2.0";"#,
    ] {
        for (id, signature) in asked(&catalog, |tracker| &tracker.signatures) {
            assert!(!text.contains(signature.as_str()), "{signature} of {id}");
        }
    }
}
