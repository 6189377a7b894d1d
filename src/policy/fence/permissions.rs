//! What browsers have built in that a page may not use before consent: a Permissions-Policy of empty lists (W3C
//! Permissions Policy section 5.2). It can only close: what the origin's own closes stays closed.

use http::HeaderValue;

use super::super::consent::{Category, CategorySet};

/// What a page without consent to marketing may not use: interest groups, topics and the measuring of
/// advertisements built into browsers, and tokens that carry trust from site to site.
const NO_ADVERTISING: &str = "browsing-topics=(), attribution-reporting=(), join-ad-interest-group=(), \
     run-ad-auction=(), interest-cohort=(), private-aggregation=(), shared-storage=(), \
     shared-storage-select-url=(), private-state-token-issuance=(), private-state-token-redemption=()";
/// What a page without consent to statistics or marketing may not ask the browser about itself, either: the client
/// hints that tell devices apart (W3C User-Agent Client Hints section 5, Device Memory section 3). Those that every
/// request carries anyway, and those that choose a picture, stay.
const NO_HINTS: &str = "ch-ua-high-entropy-values=(), ch-ua-arch=(), ch-ua-bitness=(), ch-ua-form-factors=(), \
     ch-ua-full-version=(), ch-ua-full-version-list=(), ch-ua-model=(), ch-ua-platform-version=(), \
     ch-ua-wow64=(), ch-device-memory=()";

/// What browsers have built in that a page of this consent may not use.
pub(super) fn policy(categories: CategorySet) -> Option<HeaderValue> {
    if categories.contains(Category::Marketing) {
        return None;
    }
    let no_advertising = HeaderValue::from_static(NO_ADVERTISING);
    if categories.contains(Category::Statistics) {
        return Some(no_advertising);
    }
    Some(HeaderValue::try_from(format!("{NO_ADVERTISING}, {NO_HINTS}")).unwrap_or(no_advertising))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Category::{Marketing, Necessary, Preferences, Statistics};

    fn closes(categories: &[Category], feature: &str) -> bool {
        policy(categories.iter().copied().collect())
            .is_some_and(|policy| policy.to_str().unwrap().contains(feature))
    }

    #[test]
    fn advertising_waits_for_marketing_and_hints_for_statistics_or_marketing() {
        for (granted, is_without_ads, is_without_hints) in [
            (Necessary, true, true),
            (Preferences, true, true),
            (Statistics, true, false),
            (Marketing, false, false),
        ] {
            assert_eq!(closes(&[granted], "browsing-topics=()"), is_without_ads, "{granted:?}");
            assert_eq!(closes(&[granted], "ch-ua-high-entropy-values=()"), is_without_hints, "{granted:?}");
        }
    }

    #[test]
    fn what_is_appended_is_a_dictionary_of_empty_lists() {
        let text = policy(CategorySet::NECESSARY).unwrap();
        let mut features: Vec<&str> = text.to_str().unwrap().split(", ").collect();
        assert!(features.iter().all(|feature| feature.ends_with("=()")), "{features:?}");
        let count = features.len();
        features.sort_unstable();
        features.dedup();
        assert_eq!(features.len(), count);
    }
}
