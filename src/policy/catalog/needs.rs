//! What the built-in catalogue must know of shops, and what it must leave alone: each row is a promise to operators.

use super::{Catalog, Tracker};
use crate::policy::consent::Category::{self, Marketing, Necessary, Preferences, Statistics};
use crate::policy::fence::rare::{REPORTED_BYTES_MAX, sources_bytes};

/// Most bytes that the hosts of what is necessary, and not rare, may take as a source list. They stand in a header of every
/// page, and a proxy in front may take no more than 4 KiB of head. What is rare has the rest, beside the shop's own hosts.
const NECESSARY_SOURCES_BYTES_MAX: usize = 2150;
/// Most bytes of names and keys that scripts may write before a choice: the guard carries them in every page.
const NECESSARY_NAMES_BYTES_MAX: usize = 5 * 1024;

/// Cookies that keep a shop's cart, login and session, by the entry they belong to.
const NECESSARY_COOKIES: &[(&str, &str)] = &[
    (
        "woocommerce",
        "woocommerce_cart_hash woocommerce_items_in_cart wp_woocommerce_session_0f3a wordpress_logged_in_0f3a \
         wordpress_sec_0f3a wordpress_test_cookie wp-settings-1 wp-settings-time-1 store_notice1b2c",
    ),
    (
        "wordpress-shop-plugins",
        "yith_wcwl_session_3 tinv_wishlistkey wmc_current_currency wcpay_currency wcpbc_country",
    ),
    ("page-cache", "_lscache_vary _lscache_vary_0f3a lsc_private wpSGCacheBypass STYXKEY STYXKEY-shop_user"),
    (
        "shopify",
        "cart_currency cart_sig cart_ts checkout_token secure_customer_sig _shopify_essential \
         _secure_session_id localization customer_auth_provider discount_code _tracking_consent",
    ),
    (
        "magento",
        "form_key mage-cache-sessid mage-messages private_content_version X-Magento-Vary section_data_ids \
         frontend persistent_shopping_cart mage-cache-storage-section-invalidation",
    ),
    ("prestashop", "PrestaShop-0f3a1b2c"),
    ("opencart", "OCSESSID default"),
    ("shopware", "session-1 session- sw-states sw-cache-hash __csrf_token-1 cookie-preference"),
    ("bigcommerce", "SHOP_SESSION_TOKEN SHOP_ORDER_TOKEN SF-CSRF-TOKEN"),
    ("squarespace", "crumb hasCart SiteUserSecureAuthToken siteUserCrumb RecentRedirect"),
    ("wix", "hs svSession bSession smSession server-session-bind ssr-caching"),
    ("mystore", "mystore_session mystore-cart"),
    ("24nettbutikk", "24nb 24nb_cart 24nettbutikk_session"),
    ("salesforce-commerce", "dwsid dwsecuretoken_0f3a dwanonymous_0f3a usid_RefArch"),
    ("sap-commerce", "acceleratorSecureGUID _hybris anonymous-consents"),
    ("optimizely-cms", ".EPiServerLogin EPiStateMarker EPiServer_Commerce_AnonymousId __epiXSRF"),
    ("umbraco", "UMB_UCONTEXT UMB-XSRF-TOKEN UMB_SESSION"),
    ("sitecore", "website#lang sxa_site"),
    ("kentico", "CMSCsrfCookie CMSPreferredCulture"),
    ("drupal", "SESS0f3a1b2c SSESS0f3a1b2c"),
    ("nopcommerce", ".Nop.Customer .Nop.Session Nop.customer NOPCOMMERCE.AUTH"),
    ("medusa", "_medusa_cart_id _medusa_jwt"),
    ("craft", "CraftSessionId 0123456789abcdef0123456789abcdef_identity"),
    ("virtuemart", "0123456789abcdef0123456789abcdef"),
    ("f5", "TS01a2b3c4 TS8f7a1b2c029"),
    ("shop-identity", "sb-abcdef-auth-token.0 sb-abcdef-auth-token-code-verifier sb-access-token"),
    ("vtex", "checkout.vtex.com vtex_session VtexIdclientAutCookie_shop"),
    ("oscommerce", "osCsid zenid XTCsid"),
    ("hcl-commerce", "WC_SESSION_ESTABLISHED WC_CartOrderId_10151 pgid-shop SecureSessionID-1"),
    (
        "shop-session",
        "PHPSESSID JSESSIONID connect.sid ASP.NET_SessionId ASPSESSIONIDQQ .AspNetCore.Session sessionid \
         .AspNetCore.Antiforgery.0f3a laravel_session ci_session symfony rack.session express:sess koa.sid \
         PLAY_SESSION CFID CFTOKEN fe_typo_user _shop_session __Host-session _myshop_session my_shop_session \
         dekkogfelg_session dekk-og-felg-session koa.sess koa.sess.sig __Host-SESSION __Host-JSESSIONID \
         __Host-connect.sid __Host-ASP.NET_SessionId __Host-.AspNetCore.Antiforgery.0f3a __Secure-.AspNetCore.Session \
         ghost-members-ssr ghost-members-ssr.sig payload-token directus_session_token MoodleSessionshop \
         phpbb3_0f3a_sid",
    ),
    (
        "shop-security",
        "XSRF-TOKEN csrftoken _csrf __RequestVerificationToken_L0 __Host-csrf.token CRAFT_CSRF_TOKEN",
    ),
    (
        "shop-login",
        "next-auth.session-token __Secure-authjs.session-token remember_web_59ba .ASPXAUTH REMEMBERME token id_token \
         _shibsession_64656661 SimpleSAML SimpleSAMLAuthToken",
    ),
    ("shop-cart", "cart CART cart_id cartId basket handlekurv varukorg snipcart-cart"),
    ("shop-lists", "wishlist compare favoritter"),
    ("shop-vehicle", "regnr vehicle_id dekkdimensjon"),
    ("shop-language", "language currency lang locale NEXT_LOCALE pll_language"),
];

pub(super) fn built_in() -> Catalog {
    Catalog::new(Catalog::built_in().unwrap()).unwrap()
}

pub(super) fn found(tracker: Option<&Tracker>) -> Option<(&str, Category)> {
    tracker.map(|tracker| (tracker.name_id.as_str(), tracker.category))
}

#[test]
fn sessions_and_carts_of_every_platform_are_necessary() {
    let catalog = built_in();
    for (id, names) in NECESSARY_COOKIES {
        for name in names.split_whitespace() {
            assert_eq!(found(catalog.cookie(name)), Some((*id, Necessary)), "{name}");
        }
    }
}

#[test]
fn what_a_page_needs_to_go_on_working_is_necessary() {
    let catalog = built_in();
    let keys = [
        "nuxt:reload",
        "nuxt:reload:state",
        "@@scroll|/dekk|default",
        "htmx-history-cache",
        "code_verifier",
        "pkce_state",
        "pkce_code_verifier",
        "oauth_state",
        "oidc.user:https://id.shop.example:shop",
        "msal.token.keys.0f3a",
    ];
    for key in keys {
        assert_eq!(catalog.storage(key).map(|tracker| tracker.category), Some(Necessary), "{key}");
    }
}

#[test]
fn what_keeps_a_shop_up_is_necessary() {
    let catalog = built_in();
    let names = "__cf_bm cf_clearance _cfuvid cf_chl_rc_i _abck ak_bmsc bm_sz bm_sv visid_incap_12 incap_ses_7_12 \
                 nlbi_12 datadome _px3 _pxhd aws-waf-token TS01a2b3c4 BIGipServerpool rbzid KP_UIDz \
                 sucuri_cloudproxy_uuid_0f3a AWSALB AWSALBCORS AWSELB ARRAffinity ARRAffinitySameSite ASLBSA GCLB \
                 CloudFront-Policy CloudFront-Signature CloudFront-Key-Pair-Id SERVERID ROUTEID NSC_0f3a citrix_ns_id INGRESSCOOKIE Queue-it-token-v3 CookieConsent OptanonConsent \
                 CookieInformationConsent cmplz_marketing didomi_token euconsent-v2 cookieyes-consent klaro";
    for name in names.split_whitespace() {
        let category = catalog.cookie(name).map(|tracker| tracker.category);
        assert_eq!(category, Some(Necessary), "{name}");
    }
}

#[test]
fn payments_identity_captchas_and_libraries_are_open_without_consent() {
    let catalog = built_in();
    let hosts = "x.klarnacdn.net/kp/lib/v1/api.js js.klarna.com/web-sdk/v1/klarna.js js.kustom.co/kcoc/a.js \
                 checkout.vipps.no/vippsCheckoutSDK.js login.vipps.no/ pay.mobilepay.dk/ \
                 checkout.dibspayment.eu/v1/checkout.js epayment.nets.eu/ js.stripe.com/v3/ hooks.stripe.com/ \
                 www.paypal.com/sdk/js www.paypalobjects.com/api/checkout.js js.braintreegateway.com/web/3/client.js \
                 checkoutshopper-live.adyen.com/ mpc.getswish.net/qrg-swish/ checkoutapi.svea.com/ \
                 checkout.walleypay.com/walley-checkout-loader.js payments.qliro.com/ checkout.resurs.com/ \
                 checkout-cdn.avarda.com/cdn/static/js/main.js ecom.payex.com/checkout/ static.bambora.com/ \
                 payment.quickpay.net/ checkout.reepay.com/checkout.js checkout.trustly.com/ js.mollie.com/v1/mollie.js \
                 cdn.checkout.com/js/framesv2.min.js secure.worldpay.com/ checkout.dintero.com/ api.two.inc/ shop.app/ \
                 static-eu.payments-amazon.com/checkout.js pay.google.com/gp/p/js/pay.js applepay.cdn-apple.com/jsapi/ \
                 google.com/pay www.google.com/pay/ pay.google/about/ apple.com/apple-pay \
                 www.apple.com/apple-pay/ spay.samsung.com/ \
                 csfe.bankid.no/ auth.bankid.no/ app.bankid.com/ www.mitid.dk/ login.signicat.com/ shop.criipto.id/ \
                 centinelapi.cardinalcommerce.com/V1/Cruise/Collect acs4.3dsecure.no/mdpayacs/pareq \
                 shop.eu.auth0.com/ login.microsoftonline.com/ www.google.com/recaptcha/api.js \
                 www.gstatic.com/recaptcha/releases/a/recaptcha__no.js www.recaptcha.net/recaptcha/api.js \
                 js.hcaptcha.com/1/api.js challenges.cloudflare.com/turnstile/v0/api.js api.friendlycaptcha.com/ \
                 static.geetest.com/ shop-api.arkoselabs.com/ cdnjs.cloudflare.com/ajax/libs/jquery/3.7.1/jquery.min.js \
                 cdn.jsdelivr.net/npm/vue unpkg.com/vue code.jquery.com/jquery.js ajax.googleapis.com/ajax/libs/jquery/ \
                 ajax.aspnetcdn.com/ajax/jquery/ maxcdn.bootstrapcdn.com/ stackpath.bootstrapcdn.com/ \
                 kit.fontawesome.com/0f3a.js cdn.shopify.com/s/files/ cdn.ampproject.org/v0.js res.cloudinary.com/shop/ \
                 images.ctfassets.net/ shop.imgix.net/ cdn.sanity.io/images/ api.bring.com/ api2.postnord.com/ \
                 eprel.ec.europa.eu/label/Label_1.svg kjoretoyoppslag.atlas.vegvesen.no/ data.brreg.no/ \
                 cdn11.bigcommerce.com/s-1/stencil/css/theme.css checkout-sdk.bigcommerce.com/v1/loader.js \
                 microapps.bigcommerce.com/ payments.bigcommerce.com/ assets.squarespace.com/universal/styles.css \
                 static1.squarespace.com/static/vta/site.css images.squarespace-cdn.com/content/a.jpg \
                 static.wixstatic.com/media/a.jpg static.parastorage.com/services/wix-thunderbolt/dist/main.js \
                 cdn.prod.website-files.com/1/css/shop.css fonts.shopifycdn.com/assistant/a.woff2 \
                 www.gstatic.com/instantbuy/svg/dark_gpay.svg test.checkout.dibspayment.eu/v1/checkout.js \
                 www.sandbox.paypal.com/smart/button eu-library.playground.klarnaservices.com/lib.js \
                 ecom.externalintegration.payex.com/checkout/ consent.cookiebot.com/uc.js policy.app.cookieinformation.com/uc.js cdn.cookielaw.org/a.js";
    for address in hosts.split_whitespace() {
        let (host, path) = address.split_at(address.find('/').unwrap());
        assert_eq!(catalog.host(host, path).map(|tracker| tracker.category), Some(Necessary), "{address}");
    }
}

#[test]
fn a_payments_marketing_is_told_from_the_payment_by_path() {
    let catalog = built_in();
    let owner = |path| found(catalog.host("www.paypal.com", path));
    assert_eq!(owner("/tagmanager/pptm.js"), Some(("paypal-marketing", Marketing)));
    for path in ["/sdk/js", "/smart/buttons", "/checkoutnow", "/tagmanagers"] {
        assert_eq!(owner(path), Some(("paypal", Necessary)), "{path}");
    }
}

#[test]
fn innocent_look_alikes_belong_to_nobody() {
    let catalog = built_in();
    let hosts = "klarna.com.example notklarna.com mystripe.com bankid.no.example xbankid.no vipps.nosuch \
                 jsdelivr.net.example cookiebot.company.example spotify.example awin1.company awin.example \
                 tradedoubler.com.example impact.example gravatar.example shop.example images.shop.example \
                 cloudfront.net d111111abcdef8.cloudfront.net azureedge.net s3.amazonaws.com polyfill.io \
                 cdn.polyfill.io analytics.shop.example pixel.shop.example double.network finn.example";
    for host in hosts.split_whitespace() {
        assert_eq!(found(catalog.host(host, "/assets/analytics-dashboard.js")), None, "{host}");
    }
    for address in
        ["www.google.com/search", "www.gstatic.com/images/loader.js", "accounts.google.com/", "www.bing.com/"]
    {
        let (host, path) = address.split_at(address.find('/').unwrap());
        assert_eq!(found(catalog.host(host, path)), None, "{address}");
    }
    let cookies = "analytics pixel tracking_number track_order cartoon carton basis session2 phpsessid PHPSESSID2 \
                   jsessionid CookieConsents klarna stripe_customer shopifyish wix mage_cache OCSESSIDX crumbs \
                   visid_incapable TS1 AWSALARM dwsids awcs ttl tdu at_go IRIS sbnot order_id adtax";
    for name in cookies.split_whitespace() {
        assert_eq!(found(catalog.cookie(name)), None, "{name}");
    }
    let keys = "analytics pixel cartoon app_state user_settings draft search filters klarna adyen spotify awin \
                wc_visitor ct mapboxes tduids PHPSESSID form_data products state test_group nuxt default token";
    for key in keys.split_whitespace() {
        assert_eq!(found(catalog.storage(key)), None, "{key}");
    }
}

#[test]
fn what_platforms_count_is_told_from_what_they_need() {
    let catalog = built_in();
    let rows = [
        ("dwac_0f3a", Statistics),
        ("__cq_uuid", Marketing),
        ("SC_ANALYTICS_GLOBAL_COOKIE", Statistics),
        ("fornax_anonymousId", Statistics),
        ("EPi:NumberOfVisits", Statistics),
        ("CurrentContact", Statistics),
        ("VtexRCSessionIdv7", Statistics),
        ("recently_viewed", Preferences),
        ("g_state", Preferences),
        ("_hjSession_12_session", Statistics),
        ("_kla_session", Marketing),
        ("sbjs_session", Statistics),
        ("_ga_session", Statistics),
        ("_gorgias_session", Preferences),
    ];
    for (name, category) in rows {
        assert_eq!(catalog.cookie(name).map(|tracker| tracker.category), Some(category), "{name}");
    }
}

#[test]
fn affiliate_networks_pass_on_what_they_collect() {
    let catalog = built_in();
    let rows = [
        ("adtraction", "cdn.adt387.com", "at_gd"),
        ("tradedoubler", "tbs.tradedoubler.com", "tduid"),
        ("awin", "www.dwin1.com", "awc"),
        ("cj-affiliate", "www.mczbf.com", "cjevent"),
        ("rakuten-advertising", "track.linksynergy.com", "ranSiteID"),
        ("impact", "utt.impactcdn.com", "irclickid"),
        ("partnerize", "prf.hn", "clickref"),
        ("tradetracker", "tm.tradetracker.net", "tt"),
    ];
    for (id, host, parameter) in rows {
        let tracker = catalog.named(id).unwrap();
        assert_eq!(found(catalog.host(host, "/")), Some((id, Marketing)), "{host}");
        assert!(tracker.parameters.iter().any(|known| known == parameter), "{id} {parameter}");
        assert_eq!(tracker.access, Some(super::Access::Partners), "{id}");
    }
}

#[test]
fn embeds_wait_behind_a_placeholder() {
    let catalog = built_in();
    for host in [
        "fast.wistia.net",
        "open.spotify.com",
        "w.soundcloud.com",
        "www.openstreetmap.org",
        "player.twitch.tv",
    ] {
        let tracker = catalog.host(host, "/").unwrap();
        assert!(tracker.embed && tracker.category != Necessary, "{host}");
    }
}

#[test]
fn the_necessary_is_short_enough_to_be_said_on_every_page() {
    let catalog = built_in();
    let necessary = || catalog.trackers().filter(|tracker| tracker.category == Necessary);
    let mut sources = 0;
    for rule in necessary().filter(|tracker| !tracker.is_rare()).flat_map(|tracker| &tracker.hosts) {
        // A domain and all below it are two sources.
        let hosts = [Some(rule.host.as_str()), rule.host.strip_prefix("*.")];
        let paths = if rule.paths.is_empty() { &[String::new()][..] } else { &rule.paths };
        sources += hosts
            .into_iter()
            .flatten()
            .map(|host| paths.iter().map(|path| 1 + host.len() + path.len()).sum::<usize>())
            .sum::<usize>();
    }
    assert!(sources <= NECESSARY_SOURCES_BYTES_MAX, "{sources} bytes of sources");
    let cookies = necessary().flat_map(|tracker| &tracker.cookies);
    let written = cookies.filter(|rule| rule.domain.is_empty() && !rule.http).map(|rule| 1 + rule.name.len());
    let keys = necessary().flat_map(|tracker| &tracker.storage).map(|key| 1 + key.len());
    let names: usize = written.chain(keys).sum();
    assert!(names <= NECESSARY_NAMES_BYTES_MAX, "{names} bytes of names");
}

#[test]
fn payments_and_logins_that_few_shops_have_are_known_by_their_hosts() {
    let catalog = built_in();
    let rows = [
        ("firebase-auth", "identitytoolkit.googleapis.com securetoken.googleapis.com shop-1.firebaseapp.com"),
        ("supabase", "abcdefghijklmnopqrst.supabase.co"),
        ("clerk", "happy-cat-1.clerk.accounts.dev"),
        ("revolut-pay", "merchant.revolut.com"),
        ("saferpay", "www.saferpay.com test.saferpay.com"),
        ("datatrans", "pay.datatrans.com pay.sandbox.datatrans.com"),
        ("multisafepay", "pay.multisafepay.com api.multisafepay.com"),
        ("mercado-pago", "sdk.mercadopago.com http2.mlstatic.com"),
        ("razorpay", "checkout.razorpay.com api.razorpay.com"),
        ("alma", "api.getalma.eu"),
        ("scalapay", "cdn.scalapay.com"),
        ("afterpay", "js.afterpay.com static.afterpay.com js.clearpay.co.uk"),
        ("sumup", "gateway.sumup.com"),
        ("briqpay", "api.briqpay.com"),
        ("ledyer", "checkout.live.ledyer.com"),
        ("zaver", "iframe-checkout.zaver.com"),
        ("freja", "resources.prod.frejaeid.com"),
        ("okta", "shop.okta.com global.oktacdn.com"),
    ];
    for (id, hosts) in rows {
        for host in hosts.split(' ') {
            assert_eq!(found(catalog.host(host, "/any")), Some((id, Necessary)), "{host}");
        }
        assert!(catalog.named(id).unwrap().is_rare(), "{id}");
    }
    assert_eq!(
        found(catalog.host("recaptcha.google.com", "/recaptcha/api2/anchor")),
        Some(("recaptcha", Necessary))
    );
}

#[test]
fn a_login_below_the_shops_own_domain_is_known_there_and_nowhere_else() {
    let hosts = ["www.shop.example", "*.butikk.no", "*", "127.0.0.1", "localhost"].map(Into::into);
    let catalog = Catalog::of_site(&[], &hosts).unwrap();
    for host in ["clerk.shop.example", "clerk.butikk.no"] {
        assert_eq!(found(catalog.host(host, "/v1/client")), Some(("clerk", Necessary)), "{host}");
    }
    for host in ["clerk.other.example", "clerk.www.shop.example", "clerk.no", "clerk.0.1", "clerk.localhost"]
    {
        assert_eq!(found(catalog.host(host, "/")), None, "{host}");
    }
}

#[test]
fn each_rare_service_finds_room_beside_all_that_is_necessary() {
    for service in built_in().trackers().filter(|tracker| tracker.is_rare()) {
        assert!(!service.hosts.is_empty(), "{} has nothing to let in", service.name_id);
        let bytes = sources_bytes(service);
        assert!(bytes <= REPORTED_BYTES_MAX, "{} takes {bytes} bytes", service.name_id);
    }
}

#[test]
fn sessions_of_servers_are_never_written_by_scripts_and_carts_in_the_browser_are() {
    let catalog = built_in();
    let rule = |name: &str| {
        catalog.trackers().flat_map(|tracker| &tracker.cookies).find(|rule| rule.name == name).cloned()
    };
    for name in [
        "PHPSESSID",
        "connect.sid",
        "OCSESSID",
        "default",
        "token",
        "id_token",
        "wp_woocommerce_session_*",
        "AWSALB*",
        "X-Magento-Vary",
        "_lscache_vary*",
        "lsc_private",
    ] {
        assert!(rule(name).unwrap().http, "{name}");
    }
    for name in [
        "woocommerce_cart_hash",
        "form_key",
        "mage-cache-sessid",
        "section_data_*",
        "cart",
        "datadome",
        "pll_language",
    ] {
        assert!(!rule(name).unwrap().http, "{name}");
    }
}
