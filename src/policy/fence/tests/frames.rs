//! What frames and workers may be made of, and the apps that frames start.

use super::*;

/// In `WebKit` a worker made of a `data:` address is under no policy; HTML has it inherit the one of its page.
#[test]
fn no_fence_lets_a_worker_be_made_of_an_address() {
    let closed = closed();
    let states = fenced(plain()).map(|consent| text(plain(), &consent, FRONT));
    for fence in states.chain([closed.to_str().unwrap().to_owned()]) {
        let workers: Vec<_> = fence.split("; ").filter(|part| part.starts_with("worker-src")).collect();
        assert_eq!(workers, ["worker-src 'self' blob:"], "{fence}");
    }
}

#[test]
fn apps_that_identify_and_pay_can_be_started_from_a_frame_in_every_state() {
    let rules = vec![allow(Allowed::Frames, Necessary, &["/kasse"])];
    let settings = Settings { allow: rules, ..settings() };
    let sites = [policy(settings.clone()), some_used(settings)];
    let states = sites.iter().flat_map(|policy| fenced(policy).map(move |consent| (policy, consent)));
    for (policy, consent) in states {
        for path in ["/", "/kasse"] {
            let fence = text(policy, &consent, Page { path, ..FRONT });
            let frames =
                fence.split("; ").filter(|part| part.contains("-src '") && !part.starts_with("worker"));
            for directive in frames {
                for scheme in ["bankid:", "swish:", "vipps:", "mobilepay:", "mitid:", "frejaeid:"] {
                    assert!(directive.split(' ').any(|source| source == scheme), "{scheme} in {directive}");
                }
            }
        }
    }
}

/// Browsers compare the name of a way to pay with the fence where it is an address, and each address it redirects to.
#[test]
fn ways_to_pay_that_are_addresses_are_open_in_every_state() {
    let used = some_used(settings());
    let states = [plain(), &used].into_iter().flat_map(|policy| fenced(policy).map(move |one| (policy, one)));
    for (policy, consent) in states {
        let sources = sources(policy, &consent, FRONT);
        for (host, path) in [
            ("google.com", "/pay"),
            ("www.google.com", "/pay/"),
            ("pay.google", "/about/"),
            ("pay.google.com", "/about/"),
            ("apple.com", "/apple-pay"),
            ("www.apple.com", "/apple-pay/"),
            ("spay.samsung.com", "/"),
        ] {
            let is_taken = sources.iter().any(|source| takes(source, host, path));
            assert!(is_taken, "{host}{path} under {:?}", consent.categories());
        }
        assert!(!sources.iter().any(|source| takes(source, "google.com", "/search")));
    }
}

#[test]
fn where_customers_pay_frames_may_be_a_banks() {
    let rules =
        vec![allow(Allowed::Frames, Necessary, &["/kasse"]), allow(Allowed::Frames, Marketing, &["/spill"])];
    let policy = policy(Settings { allow: rules, ..settings() });
    for (consent, path, is_open) in [
        (Consent::none(), "/", false),
        (Consent::none(), "/kasse/betal", true),
        (Consent::none(), "/spill", false),
        (of(&[Marketing]), "/spill", true),
        (of(&[Marketing]), "/", false),
    ] {
        let fence = text(&policy, &consent, Page { path, ..FRONT });
        assert_eq!(
            fence.contains("; frame-src 'self' data: blob: bankid: ")
                && fence.contains(" https:; report-uri"),
            is_open,
            "{path}: {fence}"
        );
        assert!(policy.is_fence(fence.as_bytes()) && fence.len() <= FENCE_BYTES_MAX);
    }
    let frame = |host| {
        matches!(
            policy.host_standing(&Consent::none(), Page { path: "/kasse", ..FRONT }, host, "/"),
            Standing::Open
        )
    };
    assert!(!frame("ads.example") && !frame("www.youtube.com"), "what a tag names is held");
}

#[test]
fn a_single_tracker_opens_its_hosts_for_pictures_where_any_frame_is_free_too() {
    let rules = vec![allow(Allowed::Frames, Necessary, &["/kasse"])];
    let policy = policy(Settings { allow: rules, ..settings() });
    let mut trackers = TrackerSet::NONE;
    trackers.insert(policy.catalog().named("youtube").unwrap().id);
    for path in ["/", "/kasse"] {
        let sources = sources(&policy, &single(&[], trackers), Page { path, ..FRONT });
        assert!(sources.iter().any(|source| source == "*.ytimg.com"), "{path}: {sources:?}");
    }
}
