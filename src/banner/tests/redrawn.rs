//! What a page gets that scripts draw anew, and no other.

use super::*;

/// Most bytes that a page grows by beside all that any page gets, after Brotli, where React hydrates it from `document` down.
const HYDRATED_BYTES_MAX: usize = 820;
/// The same for one whose body scripts put in the place of another.
const SWAPPED_BYTES_MAX: usize = 450;

/// The same for one whose scripts may pass on what they store by events.
const AREAS_BYTES_MAX: usize = 200;

/// Beside what every page gets, of which much is said again.
#[test]
fn what_keeps_ours_in_a_page_that_is_drawn_anew_is_small() {
    let banner = everywhere();
    for consent in [Consent::none(), answered(&Choice::None), answered(&Choice::All)] {
        let page = added(&banner, &consent, HELD, 0);
        let keep = banner.head(&consent, Shown::AsPage, HELD, Others::MayRun).keep(None);
        for (what, script, limit) in [
            ("hydrated", keep.hydrated, HYDRATED_BYTES_MAX),
            ("swapped", keep.swapped, SWAPPED_BYTES_MAX),
            ("areas", keep.areas, AREAS_BYTES_MAX),
        ] {
            let bytes = grown(&(page.clone() + &text(&script))) - grown(&page);
            println!("{what}: {bytes} bytes more");
            assert!(bytes <= limit, "{bytes} bytes");
        }
    }
}

/// Where no name is held the stores are the browser's own, and events of them need nothing.
#[test]
fn events_of_stores_are_helped_only_where_the_guard_stands_in_for_stores() {
    let banner = everywhere();
    let areas = |consent: &Consent, names| {
        banner.head(consent, Shown::AsPage, names, Others::MayRun).keep(None).areas
    };
    assert!(!areas(&Consent::none(), HELD).is_empty() && !areas(&answered(&Choice::All), HELD).is_empty());
    assert!(areas(&answered(&Choice::All), FREE).is_empty());
}
