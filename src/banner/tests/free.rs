//! The head of a visitor who agreed to everything.

use super::*;

/// Most bytes that a page grows by after a yes to everything, where something is held: after Brotli, within a shop's page. A
/// shop that asks about statistics alone has 240 of them for keeping its own scripts from granting Google's tags more.
const AGREED_BYTES_MAX: usize = 1640;

/// Who agreed to everything is kept from nothing but what the site does not use, where its operator wrote that down.
#[test]
fn only_where_nothing_is_held_a_head_goes_without_what_holds_and_forgets() {
    for (catalog, is_free) in [(whole_catalog(), true), (used_catalog(), false)] {
        let (policy, banner) = speaking(&["nb"], catalog);
        let all = Consent::from_choice(&Choice::All, Day(20_513), None, policy.catalog());
        let rules = policy.guard_rules(&all, policy::samples::FRONT);
        let names = OpenNames { cookies: &rules.cookies, storage: &rules.storage };
        let page = added(&banner, &all, names, 0);
        for part in ["setItem", "choice.js?forget"] {
            assert_eq!(!page.contains(part), is_free, "{part}");
        }
        let (bytes, most) = (grown(&page), grown(&added_at_most(&banner, &all, names, 0)));
        println!(
            "agreed to everything, free {is_free}: {bytes} bytes, {most} where a script and an embed are held"
        );
        assert!(is_free || bytes <= AGREED_BYTES_MAX, "{bytes} bytes");
    }
}
