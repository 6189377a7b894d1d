//! While the page is still on its way.

use super::*;

/// The form at the end is not there yet: browsers that run no scripts have it in the banner, and our
/// script sends what the banner says of itself.
#[test]
fn the_question_can_be_answered_before_the_page_has_arrived() {
    let localized = &banner().localized(&Consent::none(), Shown::AsPage)[1];
    let (banner, foot) = (written(&localized.banner), written(&localized.foot));
    let early = banner.split("<noscript>").nth(1).unwrap().split("</noscript>").next().unwrap();
    assert!(early.starts_with("<form id=consentry-answer ") && foot.ends_with(early), "{foot}");
    for field in ["notice", "layer"] {
        let value = early.split(&format!("name={field} value=")).nth(1).unwrap().split('>').next().unwrap();
        assert!(banner.contains(&format!(" data-{field}={value} ")), "{banner}");
    }
    let first = banner.replace(early, "");
    assert!(!first.contains("<form") && !first.contains("<input"), "scripts meet no form of ours: {banner}");
}
