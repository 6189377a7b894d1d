//! What is necessary in few shops stands in the fence of a shop that is seen to need it, and in no other.

use super::*;
use crate::policy::fence::rare::sources_bytes;
use crate::policy::fence::seen::Sight;

const IN_TAG: Sight = Sight::Tag(CategorySet::NECESSARY);

fn services() -> impl Iterator<Item = &'static Tracker> {
    plain().catalog().trackers().filter(|tracker| tracker.is_rare())
}

/// A host that is the service's alone.
fn host_of(service: &Tracker) -> String {
    let whole = service.hosts.iter().find(|rule| rule.paths.is_empty()).expect("a host of its own");
    whole.host.replacen('*', "x", 1)
}

/// What a page of the service asks for, without bare domains.
fn asked(service: &Tracker) -> impl Iterator<Item = (String, String)> {
    service.hosts.iter().map(|rule| {
        let path = rule.paths.first().map_or("/any", String::as_str);
        (rule.host.replacen('*', "x", 1), path.to_owned())
    })
}

fn has(sources: &[String], (host, path): &(String, String)) -> bool {
    sources.iter().any(|source| takes(source, host, path))
}

fn is_open(sources: &[String], service: &Tracker) -> bool {
    asked(service).all(|address| has(sources, &address))
}

/// Every state of consent that has a fence, and that of a visitor who agreed to one tracker alone.
fn consents() -> Vec<Consent> {
    let states = fenced(plain());
    let alone = [plain().catalog().named("youtube").unwrap().id].into_iter().collect();
    states.chain([Consent::none(), single(&[], alone)]).collect()
}

fn after(sights: &[(&str, Sight)]) -> Fences {
    plain().learned(plain_fences(), sights).expect("news")
}

fn sources_after(fences: &Fences, consent: &Consent) -> Vec<String> {
    sources_of(&plain().fence(fences, consent, FRONT))
}

#[test]
fn what_few_shops_need_stands_in_no_fence_of_a_shop_that_was_not_seen_to_need_it() {
    assert!(services().count() > 15);
    for consent in consents() {
        let sources = sources(plain(), &consent, FRONT);
        for service in services() {
            assert!(!asked(service).any(|address| has(&sources, &address)), "{}", service.name_id);
        }
    }
}

#[test]
fn one_host_in_a_tag_or_a_report_opens_every_host_of_its_service_in_every_state() {
    for service in services() {
        for sight in [IN_TAG, Sight::Report] {
            let fences = after(&[(&host_of(service), sight)]);
            for consent in consents() {
                let sources = sources_after(&fences, &consent);
                assert!(is_open(&sources, service), "{} {sight:?} {consent:?}", service.name_id);
            }
            let sources = sources_after(&fences, &Consent::none());
            let others = services().filter(|other| other.id != service.id);
            assert_eq!(others.filter(|other| is_open(&sources, other)).count(), 0);
        }
    }
}

/// Of the longest: where frames are open the fence has least room.
#[test]
fn the_longest_service_has_room_where_frames_may_be_a_banks() {
    let rules = vec![allow(Allowed::Frames, Necessary, &["/kasse"])];
    let policy = policy(Settings { allow: rules, ..settings() });
    let service = services().max_by_key(|service| sources_bytes(service)).unwrap();
    for sight in [IN_TAG, Sight::Report] {
        let fences = policy.learned(&policy.fences(), &[(&host_of(service), sight)]).unwrap();
        let checkout = Page { path: "/kasse", ..FRONT };
        let sources = sources_of(&policy.fence(&fences, &Consent::none(), checkout));
        assert!(is_open(&sources, service), "{} {sight:?}", service.name_id);
    }
}

#[test]
fn what_the_operator_names_is_open_before_anything_was_seen() {
    for service in services().step_by(12) {
        let uses = [service.name_id.clone(), "hotjar".into()];
        let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses);
        let policy = Policy::new(settings(), std::sync::Arc::new(catalog));
        let sources = sources(&policy, &Consent::none(), FRONT);
        assert!(is_open(&sources, service), "{}", service.name_id);
        let others = services().filter(|other| other.id != service.id);
        assert_eq!(others.filter(|other| is_open(&sources, other)).count(), 0);
    }
}

/// A shop that named its payments and forgot one still sells.
#[test]
fn what_is_seen_is_open_where_the_operator_named_something_else() {
    let uses = ["stripe".into(), "hotjar".into()];
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap().using(&uses);
    let policy = Policy::new(settings(), std::sync::Arc::new(catalog));
    for service in services().step_by(6) {
        for sight in [IN_TAG, Sight::Report] {
            let fences = policy.learned(&policy.fences(), &[(&host_of(service), sight)]).unwrap();
            for consent in [Consent::none(), of(&[Preferences, Statistics, Marketing])] {
                let sources = sources_of(&policy.fence(&fences, &consent, FRONT));
                assert!(is_open(&sources, service), "{} {sight:?}", service.name_id);
            }
        }
    }
}

#[test]
fn reports_of_hosts_that_no_list_of_what_is_necessary_has_open_nothing() {
    let policy = plain();
    let asked = policy.catalog().trackers().filter(|tracker| tracker.category != Necessary);
    let mut hosts: Vec<String> = asked.flat_map(addresses).map(|(host, _)| host).collect();
    hosts.extend(["pay.nobody-knows.example".into(), "x; script-src *".into(), "evilsumup.com".into()]);
    let sights: Vec<_> = hosts.iter().map(|host| (host.as_str(), Sight::Report)).collect();
    let fences = after(&sights);
    let mut both = [sources(policy, &Consent::none(), FRONT), sources_after(&fences, &Consent::none())];
    for sources in &mut both {
        sources.sort_unstable();
    }
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_rule_of_the_operator_that_holds_a_rare_host_holds() {
    let service = services().next().unwrap();
    let rules = service.hosts.iter().map(|rule| allow(Allowed::Host(rule.host.clone()), Marketing, &[]));
    let policy = policy(Settings { allow: rules.collect(), ..settings() });
    let fences = policy.learned(&policy.fences(), &[(&host_of(service), IN_TAG)]).unwrap();
    let sources = sources_of(&policy.fence(&fences, &Consent::none(), FRONT));
    assert!(!asked(service).any(|address| has(&sources, &address)));
}

/// Reports of all that the catalogue knows, each under many names, by somebody who makes them up.
fn flood() -> Vec<String> {
    let names = |(host, _): (String, String)| [format!("a.{host}"), format!("b.{host}"), host];
    plain().catalog().trackers().flat_map(addresses).flat_map(names).collect()
}

#[test]
fn a_flood_of_reports_closes_nothing_that_a_page_names_and_no_payment_that_every_fence_has() {
    let named = services().last().unwrap();
    let flood = flood();
    let sights = [(&*host_of(named), IN_TAG)].map(|(host, sight)| (host.to_owned(), sight));
    let reports = flood.into_iter().map(|host| (host, Sight::Report));
    let sights: Vec<(String, Sight)> = sights.into_iter().chain(reports).collect();
    let fences = after(&sights.iter().map(|(host, sight)| (host.as_str(), *sight)).collect::<Vec<_>>());
    for consent in consents() {
        let sources = sources_after(&fences, &consent);
        assert!(is_open(&sources, named), "{consent:?}");
        let opened = services().filter(|service| is_open(&sources, service)).count();
        assert!((2..12).contains(&opened), "{opened} services are open");
        let before = sources_of(&fence(plain(), &consent, FRONT));
        let needed = plain().catalog().trackers().filter(|tracker| tracker.category == Necessary);
        for address in needed.flat_map(asked).filter(|address| has(&before, address)) {
            assert!(has(&sources, &address), "{address:?} {consent:?}");
        }
    }
}

#[test]
fn after_a_flood_the_next_report_of_a_payment_or_a_page_that_names_it_opens_it() {
    let flood = flood();
    let sights: Vec<_> = flood.iter().map(|host| (host.as_str(), Sight::Report)).collect();
    let named: Vec<String> = services().map(host_of).collect();
    let tags: Vec<_> = named.iter().map(|host| (host.as_str(), IN_TAG)).collect();
    let fences = plain().learned(&after(&sights), &tags).unwrap();
    for service in services().step_by(4) {
        for sight in [IN_TAG, Sight::Report] {
            let host = host_of(service);
            let healed = plain().learned(&fences, &[(&host, sight)]).unwrap_or_else(|| fences.clone());
            for consent in [Consent::none(), of(&[Statistics, Marketing])] {
                let sources = sources_after(&healed, &consent);
                assert!(is_open(&sources, service), "{} {sight:?} {consent:?}", service.name_id);
            }
            assert!(plain().learned(&healed, &[(&host, sight)]).is_none(), "it is no news any more");
        }
    }
}

#[test]
fn what_is_kept_of_a_flood_is_little_and_opens_the_same_when_it_is_learned_again() {
    let flood = flood();
    let sights: Vec<_> = flood.iter().map(|host| (host.as_str(), Sight::Report)).collect();
    let fences = after(&sights);
    let again: Vec<_> = fences.seen().sights().collect();
    let of_rare = again.iter().filter(|(host, _)| plain().is_rare(host)).count();
    assert!((1..20).contains(&of_rare), "{of_rare}");
    let same = plain().learned(plain_fences(), &again).unwrap();
    for consent in consents() {
        assert_eq!(sources_after(&same, &consent), sources_after(&fences, &consent));
    }
}
