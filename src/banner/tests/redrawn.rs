//! What a page gets that scripts draw anew, and no other.

use super::*;

/// Most bytes that a page grows by beside all that any page gets, after Brotli, where React hydrates it from `document` down.
const HYDRATED_BYTES_MAX: usize = 820;
/// The same for one whose body scripts put in the place of another.
const SWAPPED_BYTES_MAX: usize = 450;

/// Beside what every page gets, of which much is said again.
#[test]
fn what_keeps_ours_in_a_page_that_is_drawn_anew_is_small() {
    let banner = everywhere();
    for consent in [Consent::none(), answered(&Choice::None), answered(&Choice::All)] {
        let page = added(&banner, &consent, HELD, 0);
        let keep = banner.head(&consent, Shown::AsPage, HELD, Others::MayRun).keep(None);
        for (what, script, limit) in
            [("hydrated", keep.hydrated, HYDRATED_BYTES_MAX), ("swapped", keep.swapped, SWAPPED_BYTES_MAX)]
        {
            let bytes = grown(&(page.clone() + &text(&script))) - grown(&page);
            println!("{what}: {bytes} bytes more");
            assert!(bytes <= limit, "{bytes} bytes");
        }
    }
}
