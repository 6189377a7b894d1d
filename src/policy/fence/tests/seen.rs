//! What was seen comes first in a fence, and opens nothing that is held.

use super::*;
use crate::policy::fence::seen::Sight;

const IN_TAG: Sight = Sight::Tag(CategorySet::NECESSARY);

fn marked(category: Category) -> Sight {
    Sight::Tag(CategorySet::NECESSARY.with(category))
}

/// The sources of a site of whose pages this was seen.
fn after(policy: &Policy, sights: &[(&str, Sight)], consent: &Consent) -> Vec<String> {
    let fences = policy.learned(&policy.fences(), sights).unwrap();
    sources_of(&policy.fence(&fences, consent, FRONT))
}

/// Trackers of a category of which a fence with that category has not every host, as many as there is time for.
fn left_out(category: Category) -> Vec<&'static Tracker> {
    let policy = plain();
    let sources = sources(policy, &of(&[category]), FRONT);
    let is_whole = |tracker: &Tracker| {
        addresses(tracker).iter().all(|(host, path)| sources.iter().any(|source| takes(source, host, path)))
    };
    let trackers = policy.catalog().trackers();
    trackers.filter(|tracker| tracker.category == category && !is_whole(tracker)).step_by(8).collect()
}

#[test]
fn a_tracker_that_a_page_names_or_a_browser_reports_has_space() {
    let policy = plain();
    let trackers = left_out(Marketing);
    assert!(trackers.len() > 3, "a category of the whole catalogue is crowded");
    for tracker in trackers {
        let (host, _) = &addresses(tracker)[0];
        for sight in [IN_TAG, Sight::Report] {
            let sources = after(policy, &[(host, sight)], &of(&[Marketing]));
            for rule in &tracker.hosts {
                let host = rule.host.replacen('*', "x", 1);
                let path = rule.paths.first().map_or("/any", String::as_str);
                let is_taken = sources.iter().any(|source| takes(source, &host, path));
                assert!(is_taken, "{} {host}{path} {sight:?}", tracker.name_id);
            }
            assert!(sources.iter().any(|source| takes(source, host, "/any") || source.contains('/')));
        }
    }
}

#[test]
fn a_flood_of_reports_pushes_out_nothing_that_a_page_names() {
    let policy = plain();
    let all: Vec<String> = policy.catalog().trackers().flat_map(addresses).map(|(host, _)| host).collect();
    let mut sights: Vec<(&str, Sight)> = all.iter().map(|host| (host.as_str(), Sight::Report)).collect();
    let named = left_out(Marketing)[0].hosts[0].host.replacen('*', "x", 1);
    sights.push((&named, IN_TAG));
    let sources = after(policy, &sights, &of(&[Marketing]));
    assert!(sources.iter().any(|source| takes(source, &named, "/")), "{named}");
}

/// Reports of every tracker that is none of the necessary, each under many names; then one of a payment.
#[test]
fn a_flood_of_reports_pushes_out_no_payment_and_a_payments_report_finds_room() {
    let policy = plain();
    let needed = policy.catalog().trackers().filter(|tracker| tracker.category == Necessary);
    let needed: Vec<_> = needed.flat_map(addresses).collect();
    let others = policy.catalog().trackers().filter(|tracker| tracker.category != Necessary);
    let names = |host: &String| [host.clone(), format!("a.{host}"), format!("b.{host}")];
    let flood: Vec<String> = others.flat_map(addresses).flat_map(|(host, _)| names(&host)).collect();
    let sights: Vec<_> = flood.iter().map(|host| (host.as_str(), Sight::Report)).collect();
    let fences = policy.learned(&policy.fences(), &sights).unwrap();
    assert!(fences.seen().sights().count() < 2 * policy.catalog().trackers().count());
    let before = sources(policy, &of(&[Marketing]), FRONT);
    let after = sources_of(&policy.fence(&fences, &of(&[Marketing]), FRONT));
    let is_in = |sources: &[String], (host, path): &(String, String)| {
        sources.iter().any(|source| takes(source, host, path))
    };
    let count = needed.iter().filter(|address| is_in(&before, address)).count();
    assert!(count > 50, "{count} of {}", needed.len());
    for address in needed.iter().filter(|address| is_in(&before, address)) {
        assert!(is_in(&after, address), "{address:?}");
    }
    let healed = policy.learned(&fences, &[("checkout.vipps.no", Sight::Report)]).unwrap();
    let sources = sources_of(&policy.fence(&healed, &of(&[Marketing]), FRONT));
    let place = |host: &str| sources.iter().position(|source| takes(source, host, "/any")).unwrap();
    assert!(place("checkout.vipps.no") < place("js.stripe.com"));
}

/// A page of a shop with fourteen trackers of one category, and a checkout that nobody has opened yet.
#[test]
fn what_pages_name_comes_before_the_necessary_that_was_never_seen() {
    let policy = plain();
    let of_category = policy.catalog().trackers().filter(|tracker| tracker.category == Marketing);
    let named: Vec<String> = of_category
        .filter(|tracker| !tracker.hosts.is_empty())
        .step_by(12)
        .map(|tracker| tracker.hosts[0].host.replacen('*', "x", 1))
        .take(14)
        .collect();
    let sights: Vec<_> = named.iter().map(|host| (host.as_str(), IN_TAG)).collect();
    let sources = after(policy, &sights, &of(&[Marketing]));
    for host in &named {
        let rules = policy.catalog().trackers().flat_map(|tracker| &tracker.hosts);
        let mut paths = rules.filter(|rule| host_matches(&rule.host, host)).flat_map(|rule| &rule.paths);
        let path = paths.next().map_or("/any", String::as_str);
        assert!(sources.iter().any(|source| takes(source, host, path)), "{host}");
    }
    let stripe = [("js.stripe.com", IN_TAG)];
    let both: Vec<_> = sights.iter().chain(&stripe).copied().collect();
    let sources = after(policy, &both, &of(&[Marketing]));
    let place = |host: &str| sources.iter().position(|source| takes(source, host, "/any")).unwrap();
    assert!(place("js.stripe.com") < place(&named[0]));
}

#[test]
fn what_was_seen_opens_nothing_that_is_held() {
    let policy = plain();
    let all: Vec<String> = policy.catalog().trackers().flat_map(addresses).map(|(host, _)| host).collect();
    for sight in [IN_TAG, Sight::Report, marked(Marketing), marked(Necessary)] {
        let sights: Vec<(&str, Sight)> = all.iter().map(|host| (host.as_str(), sight)).collect();
        let fences = policy.learned(&policy.fences(), &sights).unwrap();
        for consent in [Consent::none(), of(&[Statistics]), of(&[Preferences])] {
            let sources = sources_of(&policy.fence(&fences, &consent, FRONT));
            let held = policy.catalog().trackers().filter(|tracker| !consent.lets_run(tracker));
            for (host, path) in held.flat_map(addresses).filter(|(host, _)| !is_shared(policy, host)) {
                let is_open = matches!(policy.host_standing(&consent, FRONT, &host, &path), Standing::Open);
                let is_taken = sources.iter().any(|source| takes(source, &host, &path));
                assert!(is_open || !is_taken, "{host}{path} after {sight:?}");
            }
        }
    }
}

#[test]
fn a_mark_opens_a_host_that_nobody_knows_for_its_category_alone() {
    let held = vec![allow(Allowed::Host("vouched.example".into()), Marketing, &[])];
    let policy = policy(Settings { allow: held, ..settings() });
    let sights = [
        ("stats.example", marked(Statistics)),
        ("both.example", marked(Statistics)),
        ("both.example", marked(Marketing)),
        ("needed.example", marked(Necessary)),
        ("vouched.example", marked(Statistics)),
        ("static.hotjar.com", marked(Preferences)),
        ("x; script-src *", marked(Statistics)),
    ];
    for (consent, open) in [
        (Consent::none(), &[][..]),
        (of(&[Preferences]), &[]),
        (of(&[Statistics]), &["stats.example:*", "both.example:*"]),
        (of(&[Marketing]), &["both.example:*", "vouched.example:*"]),
    ] {
        let sources = after(&policy, &sights, &consent);
        for host in
            ["stats.example", "both.example", "needed.example", "vouched.example", "static.hotjar.com"]
        {
            let source = format!("{host}:*");
            let is_there = sources.contains(&source);
            assert_eq!(is_there, open.contains(&source.as_str()), "{host} under {consent:?}");
        }
        assert!(!sources.iter().any(|source| source.contains(';') || source == "script-src"));
    }
}

#[test]
fn what_is_known_is_no_news_and_no_flood_is_kept() {
    let policy = plain();
    let fences = policy.learned(plain_fences(), &[("static.hotjar.com", IN_TAG)]).unwrap();
    assert!(policy.learned(&fences, &[("static.hotjar.com", IN_TAG)]).is_none());
    let hosts: Vec<String> = (0..2000).map(|number| format!("{number}.example")).collect();
    let sights: Vec<_> = hosts.iter().map(|host| (host.as_str(), marked(Statistics))).collect();
    let fences = policy.learned(&fences, &sights).unwrap();
    assert_eq!(fences.seen().sights().count(), 1 + 256);
    assert!(policy.learned(&fences, &sights).is_none());
    let again: Vec<_> = fences.seen().sights().collect();
    let same = policy.learned(plain_fences(), &again).unwrap();
    assert_eq!(
        text_of(&policy.fence(&same, &of(&[Statistics]), FRONT)),
        text_of(&policy.fence(&fences, &of(&[Statistics]), FRONT))
    );
}
