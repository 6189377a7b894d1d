//! What a page weighs on a site where frames that scripts make were refused.

use super::*;

/// Most bytes that a page grows by more, after a no: after Brotli, within a shop's page.
const REFUSED_BYTES_MORE_MAX: usize = 64;

/// A page with a script and an embed held under a head, of which `html` is put in and `embed` at the foot.
pub(super) fn held(localized: &Localized, head: &Head, [html, embed]: [Bytes; 2]) -> String {
    let frame = ["<iframe srcdoc=", &text(&head.embed_style(None)), "></iframe>"].concat();
    let more = text(&head.idle(None)) + &frame + &text(&embed);
    text(&html) + &written(&localized.banner) + &more + &written(&localized.foot)
}

fn with_frames(banner: &Banner, consent: &Consent, names: OpenNames<'_>, language: usize) -> String {
    let head = banner.head(consent, Shown::AsPage, names, Others::MayRun);
    let (html, embeds) = (Bytes::from([head.html(), head.made(None)].concat()), head.embeds(None));
    held(&banner.localized(consent, Shown::AsPage)[language], &head, [html, embeds])
}

/// A page that asks fetches what listens to placeholders, which else is in it: so it is not over 5 KiB there either.
#[test]
fn a_page_listens_for_refused_frames_in_few_bytes() {
    let (policy, banner) = speaking(&LANGUAGES, whole_catalog());
    let none = Consent::from_choice(&Choice::None, Day(20_513), None, policy.catalog());
    let rules = policy.guard_rules(&Consent::none(), Page { host: "shop.example", path: "/" });
    let names = OpenNames { cookies: &rules.cookies, storage: &rules.storage };
    for language in 0..banner.languages() {
        let weighs = |consent| {
            let without = grown(&added_at_most(&banner, consent, names, language));
            (grown(&with_frames(&banner, consent, names, language)), without)
        };
        let ((asks, without), (refused, before)) = (weighs(&Consent::none()), weighs(&none));
        let tag = banner.language_tag(language);
        println!("{tag}: undecided {asks} bytes, else {without}; refused {refused}, else {before}");
        assert!(asks <= UNDECIDED_BYTES_MAX && refused <= before + REFUSED_BYTES_MORE_MAX, "{tag}");
    }
}

#[test]
fn only_where_an_embed_is_held_a_page_listens_for_refused_frames() {
    let banner = banner();
    let made = |choice, others| {
        let consent = answered(&choice);
        text(&banner.head(&consent, Shown::AsPage, FREE, others).made(Some("n")))
    };
    let refused = made(Choice::None, Others::MayRun);
    assert!(
        refused.starts_with("<script nonce=\"n\">addEventListener(\"securitypolicyviolation\""),
        "{refused}"
    );
    assert_eq!(made(Choice::All, Others::MayRun), "");
    assert_eq!(made(Choice::None, Others::MayNot), "");
}
