//! What fences promise, in every state and with every rule of an operator.

mod frames;
mod rare;
mod seen;

use proptest::prelude::*;

use super::*;
use crate::policy::catalog::{Catalog, host_matches};
use crate::policy::consent::Category::{Marketing, Necessary, Preferences, Statistics};
use crate::policy::consent::CategorySet;
use crate::policy::samples::{FRONT, allow, any_growing_consent, of, plain, policy, settings, single};
use crate::policy::{Allow, Settings};

/// The fences of [`plain`], made once for all tests.
fn plain_fences() -> &'static Fences {
    static PLAIN: std::sync::LazyLock<Fences> = std::sync::LazyLock::new(|| plain().fences());
    &PLAIN
}

/// The fence of a site of which nothing was seen yet.
fn fence(policy: &Policy, consent: &Consent, page: Page<'_>) -> Fence {
    if std::ptr::eq(policy, plain()) {
        return policy.fence(plain_fences(), consent, page).into_owned();
    }
    policy.fence(&policy.fences(), consent, page).into_owned()
}

fn text(policy: &Policy, consent: &Consent, page: Page<'_>) -> String {
    text_of(&fence(policy, consent, page))
}

fn text_of(fence: &Fence) -> String {
    fence.content_security_policy.as_ref().map_or_else(String::new, |value| value.to_str().unwrap().into())
}

fn sources(policy: &Policy, consent: &Consent, page: Page<'_>) -> Vec<String> {
    sources_of(&fence(policy, consent, page))
}

fn sources_of(fence: &Fence) -> Vec<String> {
    let text = text_of(fence);
    let list = text.split("; ").find_map(|part| part.strip_prefix("default-src ")).unwrap_or_default();
    list.split(' ').map(str::to_owned).collect()
}

/// Does a source take `https://host path` on an https page, as browsers read it?
fn takes(source: &str, host: &str, path: &str) -> bool {
    if source.contains("://") || source.starts_with('\'') || !source.contains('.') {
        return false;
    }
    let (authority, prefix) = source.find('/').map_or((source, ""), |slash| source.split_at(slash));
    let pattern = authority.strip_suffix(":*").unwrap_or(authority);
    let is_host = host_matches(pattern, host) && Some(host) != pattern.strip_prefix("*.");
    let is_path = prefix.is_empty() || prefix == path || (prefix.ends_with('/') && path.starts_with(prefix));
    is_host && is_path
}

/// Addresses that belong to the tracker: every host, and one below each wildcard, with every path.
fn addresses(tracker: &Tracker) -> Vec<(String, String)> {
    let hosts = tracker.hosts.iter().flat_map(|rule| {
        let hosts = match rule.host.strip_prefix("*.") {
            Some(domain) => vec![domain.to_owned(), format!("x.{domain}")],
            None => vec![rule.host.clone()],
        };
        let paths = if rule.paths.is_empty() { vec!["/any/thing.js".to_owned()] } else { rule.paths.clone() };
        hosts
            .into_iter()
            .flat_map(move |host| paths.clone().into_iter().map(move |path| (host.clone(), path)))
    });
    hosts.collect()
}

/// Is there no space for bare domains?
fn is_nearly_full(fence: &Fence) -> bool {
    text_of(fence).len() + 128 > FENCE_BYTES_MAX
}

/// Is the whole host necessary, whatever else has a path on it? A policy cannot say "but not this path": the tag is held.
fn is_shared(policy: &Policy, host: &str) -> bool {
    let necessary = policy.catalog().trackers().filter(|tracker| tracker.category == Necessary);
    necessary
        .flat_map(|tracker| &tracker.hosts)
        .any(|rule| rule.paths.is_empty() && host_matches(&rule.host, host))
}

/// Nothing held is taken. What is granted is, unless there was no space for it: the necessary has space in any case, but what
/// is rare was not seen here.
fn assert_fenced(policy: &Policy, consent: &Consent) {
    let fence = fence(policy, consent, FRONT);
    let sources = sources_of(&fence);
    let (is_crowded, is_full) = (fence.sources_left_out > 0, is_nearly_full(&fence));
    for tracker in policy.catalog().trackers() {
        let bare =
            |host: &String| tracker.hosts.iter().any(|rule| rule.host.strip_prefix("*.") == Some(host));
        for (host, path) in addresses(tracker) {
            let is_taken = sources.iter().any(|source| takes(source, &host, &path));
            let may_be_missing = (is_crowded && tracker.category != Necessary) || (is_full && bare(&host));
            let is_granted = consent.grants(tracker) && !tracker.is_rare();
            assert!(
                is_taken == is_granted
                    || (is_granted && may_be_missing)
                    || (is_taken && is_shared(policy, &host)),
                "{} {host}{path}",
                tracker.name_id
            );
        }
    }
}

/// The built-in trackers, of which a shop uses some.
fn some_used(settings: Settings) -> Policy {
    let uses = ["google-tag-manager", "google-analytics", "hotjar", "meta-pixel", "youtube", "google-maps"];
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses.map(Into::into));
    Policy::new(settings, std::sync::Arc::new(catalog))
}

/// The states in which something is held.
fn fenced(policy: &Policy) -> impl Iterator<Item = Consent> {
    policy.states().filter(|consent| !policy.holds_nothing(consent))
}

#[test]
fn the_fence_takes_what_is_open_and_nothing_held_in_every_state() {
    for consent in fenced(plain()) {
        assert_fenced(plain(), &consent);
    }
}

#[test]
fn where_a_shop_says_what_it_uses_every_state_has_space_and_nothing_else_is_opened() {
    let policy = some_used(settings());
    assert_eq!(policy.fences().crowded_states().collect::<Vec<_>>(), []);
    assert_eq!(fenced(&policy).count(), CategorySet::every().len());
    for consent in fenced(&policy) {
        assert_fenced(&policy, &consent);
    }
    let marketing = sources(&policy, &of(&[Marketing]), FRONT).join(" ");
    assert!(marketing.contains("facebook") && !marketing.contains("tiktok"), "{marketing}");
}

#[test]
fn a_single_tracker_opens_its_own_hosts_only() {
    let policy = plain();
    for tracker in policy.catalog().trackers() {
        let mut trackers = TrackerSet::NONE;
        trackers.insert(tracker.id);
        assert_fenced(policy, &single(&[], trackers));
    }
}

#[test]
fn the_shops_own_code_and_hosts_stay_free() {
    let hosts = vec!["shop.example".into(), "*.cdn.example".into(), "*".into(), "[::1]".into()];
    let policy = policy(Settings { hosts, ..settings() });
    let sources = sources(&policy, &Consent::none(), FRONT);
    for expected in [
        "'self'",
        "data:",
        "blob:",
        "'unsafe-inline'",
        "'unsafe-eval'",
        "shop.example:*",
        "ws://shop.example:*",
        "cdn.example:*",
        "*.cdn.example:*",
        "js.stripe.com",
    ] {
        let is_there = sources.iter().any(|source| source == expected || takes(source, expected, "/"));
        assert!(is_there, "{expected}");
    }
    assert!(!sources.iter().any(|source| source.starts_with("*:") || source == "*" || source.contains('[')));
}

#[test]
fn there_is_no_fence_when_everything_is_granted() {
    let everything = of(&[Preferences, Statistics, Marketing]);
    assert_eq!(fence(plain(), &everything, FRONT), Fence::default());
}

#[test]
fn where_the_unknown_passes_there_is_no_host_fence() {
    let policy = policy(Settings { unknown_hosts: Unknown::Pass, ..settings() });
    let fence = fence(&policy, &Consent::none(), FRONT);
    assert!(fence.content_security_policy.is_none() && fence.permissions_policy.is_some());
}

#[test]
fn advertising_features_are_off_until_marketing_is_granted() {
    let policy = plain();
    assert!(fence(policy, &of(&[Statistics]), FRONT).permissions_policy.is_some());
    assert!(fence(policy, &of(&[Marketing]), FRONT).permissions_policy.is_none());
}

/// The fence of who answered nothing else is the fullest there is.
#[test]
fn a_tracker_that_is_agreed_to_alone_finds_room_beside_what_is_necessary() {
    for tracker in plain().catalog().trackers().filter(|tracker| tracker.category != Necessary) {
        let trackers = [tracker.id].into_iter().collect();
        let fence = fence(plain(), &single(&[], trackers), FRONT);
        assert_eq!(fence.sources_left_out, 0, "{}", tracker.name_id);
    }
}

/// Reports go to our own endpoint, from every fence, also one that single trackers widen.
#[test]
fn every_fence_ends_with_where_reports_go() {
    let policy = plain();
    let mut trackers = TrackerSet::NONE;
    trackers.insert(policy.catalog().named("youtube").unwrap().id);
    for consent in policy.states().chain([Consent::none(), single(&[], trackers)]) {
        let fence = text(policy, &consent, FRONT);
        let is_whole = fence.starts_with("worker-src 'self' blob:; default-src 'self'")
            && fence.ends_with("; report-uri /_consentry/report")
            && fence.matches(';').count() == 2;
        assert!(fence.is_empty() || (is_whole && policy.is_fence(fence.as_bytes())), "{fence}");
    }
    assert!(!policy.is_fence(b"default-src 'self'; report-uri /_consentry/report"));
}

#[test]
fn every_fence_fits_into_a_head() {
    let policy = plain();
    for consent in policy.states().chain([Consent::none()]) {
        let bytes = text(policy, &consent, FRONT).len();
        println!("{:?}: {bytes} bytes", consent.categories());
        assert!(bytes <= FENCE_BYTES_MAX, "{bytes} bytes");
    }
}

#[test]
fn what_finds_no_space_stays_closed_and_the_shops_own_comes_first() {
    let hosts = (0..2000).map(|n| format!("cdn{n}.example"));
    let allow = hosts.map(|host| allow(Allowed::Host(host), Statistics, &[])).collect();
    let policy = policy(Settings { allow, ..settings() });
    for (consent, least) in [(Consent::none(), 0), (of(&[Statistics]), 1500)] {
        let fence = fence(&policy, &consent, FRONT);
        assert!(fence.sources_left_out >= least);
        assert!(fence.content_security_policy.as_ref().unwrap().len() <= FENCE_BYTES_MAX);
        assert!(sources(&policy, &consent, FRONT).contains(&"shop.example:*".into()));
    }
    assert!(policy.fences().crowded_states().any(|(_, left_out)| left_out > 1500));
}

#[test]
fn an_operators_rule_opens_and_closes_where_it_holds() {
    let rules = vec![
        allow(Allowed::Host("img.example".into()), Necessary, &["/"]),
        allow(Allowed::Host("*.vimeo.com".into()), Necessary, &["/film"]),
        allow(Allowed::Host("js.stripe.com".into()), Marketing, &[]),
        allow(Allowed::Host("*.klarna.com".into()), Marketing, &[]),
        allow(Allowed::Host("x; script-src *".into()), Necessary, &[]),
    ];
    let policy = policy(Settings { allow: rules, ..settings() });
    let none = Consent::none();
    assert!(matches!(policy.fence(&policy.fences(), &none, FRONT), Cow::Borrowed(_)));
    let front = sources(&policy, &none, FRONT);
    // A host of a source without a port is on the port of its scheme alone; the rule says nothing of ports.
    assert!(front.contains(&"img.example:*".into()) && front.contains(&"wss://img.example:*".into()));
    assert!(!front.iter().any(|source| source.contains("vimeo") || source.contains("klarna.com")));
    assert!(!front.iter().any(|source| source.contains(';') || source == "script-src"));
    let film = sources(&policy, &none, Page { path: "/film/1", ..FRONT });
    assert!(film.contains(&"*.vimeo.com:*".into()));
    assert!(sources(&policy, &of(&[Marketing]), FRONT).contains(&"*.klarna.com:*".into()));
}

#[test]
fn a_prefix_becomes_the_path_and_what_is_below() {
    let policy = plain();
    let with_maps = sources(policy, &of(&[Preferences]), FRONT);
    assert!(
        with_maps.contains(&"www.google.com/maps".into())
            && with_maps.contains(&"www.google.com/maps/".into())
    );
    let with_tags = sources(policy, &of(&[Statistics]), FRONT);
    assert!(with_tags.contains(&"www.googletagmanager.com/gtm.js".into()));
    assert!(!with_tags.contains(&"www.googletagmanager.com/gtm.js/".into()));
}

fn any_rules() -> impl Strategy<Value = Vec<Allow>> {
    let host =
        prop::sample::select(vec!["img.example", "*.cdn.example", "*.youtube.com", "player.vimeo.com"]);
    let category = prop::sample::select(&Category::ALL[..]);
    let paths = prop::sample::select(vec![&[][..], &["/dekk"][..], &["/"][..]]);
    let rule = (host, category, paths)
        .prop_map(|(host, category, paths)| allow(Allowed::Host(host.into()), category, paths));
    prop::collection::vec(rule, 0..4)
}

proptest! {
    // A policy is compiled for each case.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_consent_never_removes_a_source(
        (less, more) in any_growing_consent(),
        allow in any_rules(),
        path in prop::sample::select(vec!["/", "/dekk/1"]),
    ) {
        let policy = policy(Settings { allow, ..settings() });
        let page = Page { path, ..FRONT };
        if !policy.holds_nothing(&more) && !is_nearly_full(&fence(&policy, &more, page)) {
            let many = sources(&policy, &more, page);
            for source in sources(&policy, &less, page) {
                // A wider one may stand for it.
                let (scheme, rest) = source.split_once("://").map_or(("", &source[..]), |(scheme, rest)| (scheme, rest));
                let (host, address) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
                let host = host.replace("*.", "below.").replace(":*", "");
                let is_taken = many.iter().any(|other| match other.split_once("://") {
                    Some((other, rest)) => other == scheme && takes(rest, &host, address),
                    None => scheme.is_empty() && takes(other, &host, address),
                });
                prop_assert!(many.contains(&source) || is_taken, "{source} was lost");
            }
        }
    }

    #[test]
    fn no_source_names_a_held_host((consent, _) in any_growing_consent(), allow in any_rules()) {
        let policy = policy(Settings { allow, ..settings() });
        for source in sources(&policy, &consent, FRONT).iter().filter(|source| source.contains('.')) {
            let address = source.trim_start_matches("wss://").trim_start_matches("ws://").replace(":*", "");
            let (host, path) = address.find('/').map_or((&address[..], "/"), |slash| address.split_at(slash));
            let standing = policy.host_standing(&consent, FRONT, host, path);
            prop_assert!(matches!(standing, Standing::Open), "{source}");
        }
    }
}
