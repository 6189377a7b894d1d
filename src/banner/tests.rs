//! What the room promises as a whole; single files have their own tests.

use super::*;
use crate::counting::WithoutConsent;
use crate::policy::catalog::TrackerEntry;
use crate::policy::consent::{Choice, Day};
use crate::policy::{self, Page, Policy, markup};
use crate::proxy::rewrite::Part;

const TRACKERS: &str = r#"
    [[tracker]]
    id = "counter"
    name = "Counter"
    category = "statistics"
    provider = { name = "Counter Ltd", country = "IE", privacy = "https://counter.example/privacy" }
    purpose = { en = "Counts visits.", nb = "Teller besøk." }
    hosts = ["counter.example"]
    cookies = [{ name = "_count", days = 400 }]
    storage = ["_answer_*"]
    globals = ["counter", "shared"]
    source = "test"

    [[tracker]]
    id = "video"
    name = "Vid & Co"
    category = "marketing"
    provider = { name = "Vid <Inc>", country = "US", privacy = "https://vid.example/privacy" }
    purpose = { en = "Shows videos." }
    hosts = ["vid.example"]
    globals = ["shared", "vid"]
    access = "partners"
    embed = true
    source = "test"
    [[tracker]]
    id = "sort"
    name = "Sorting"
    category = "preferences"
    provider = { name = "The shop itself", country = "", privacy = "" }
    purpose = { en = "Remembers the sorting." }
    storage = ["sort"]
    source = "test"
"#;

pub(crate) fn catalog() -> Arc<Catalog> {
    Arc::new(Catalog::new(Catalog::parse(TRACKERS).unwrap()).unwrap())
}

pub(super) fn settings() -> Settings {
    Settings {
        prefix: "/_consentry".into(),
        languages: vec!["nb".into(), "en".into()],
        controller: Controller {
            name: "Dekk & Felg <AS>".into(),
            address: "Storgata 1, 0155 Oslo".into(),
            email: "personvern@shop.example".into(),
            privacy_url: "/personvern".into(),
            complaint_url: "https://www.datatilsynet.no/".into(),
            jurisdiction: "NO".into(),
        },
        days: 182,
        signals: Signals::default(),
        wording: BTreeMap::new(),
        theme: Theme::default(),
        processors: Vec::new(),
        time_zone: jiff::tz::TimeZone::get("Europe/Oslo").unwrap(),
        spans_hosts: false,
    }
}

/// How most sites count.
pub(crate) const COUNTED: Counted = Counted {
    without_consent: WithoutConsent::Visitors,
    k: 5,
    has_beacon: false,
    remembers_returns: true,
    heeds_gpc: false,
    objection: Objects::No,
};

pub(crate) fn banner() -> Banner {
    Banner::new(settings(), catalog()).unwrap()
}

/// The same banner, with something else known of the first tracker.
pub(super) fn declaring(change: impl FnOnce(&mut TrackerEntry)) -> Banner {
    let mut entries = Catalog::parse(TRACKERS).unwrap();
    change(&mut entries[0]);
    Banner::new(settings(), Arc::new(Catalog::new(entries).unwrap())).unwrap()
}

/// The parts as the page gets them, with plain values in the holes.
fn written(parts: &[Part]) -> String {
    let fill = |part: &Part| match part {
        Part::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        Part::ReturnPath => "/dekk?bredde=205&amp;side=2".into(),
        Part::Origin | Part::Style => String::new(),
        Part::TrackerId => "video".into(),
        Part::TrackerName => "Vid &amp; Co".into(),
        Part::Provider => "Vid &lt;Inc&gt;".into(),
    };
    parts.iter().map(fill).collect()
}

/// What a page gets that has nothing held: head, banner, foot.
fn added(banner: &Banner, consent: &Consent, names: OpenNames<'_>, language: usize) -> String {
    let localized = &banner.localized(consent, Shown::AsPage)[language];
    let head = banner.head(consent, Shown::AsPage, names, Others::MayRun).html();
    text(&head) + &written(&localized.banner) + &written(&localized.foot)
}

/// The same with a held script and a held embed in the page, beside what stands in for each; the placeholders' style once.
fn added_at_most(banner: &Banner, consent: &Consent, names: OpenNames<'_>, language: usize) -> String {
    let head = banner.head(consent, Shown::AsPage, names, Others::MayRun);
    let (html, embed) = (head.html(), head.embed(None));
    frames::held(&banner.localized(consent, Shown::AsPage)[language], &head, [html, embed])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn answered(choice: &Choice) -> Consent {
    Consent::from_choice(choice, Day(20_513), None, &catalog())
}

/// A site that speaks every language there is.
fn everywhere() -> Banner {
    speaking(&LANGUAGES, catalog()).1
}

fn compressed(text: &str) -> usize {
    let mut bytes = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut text.as_bytes(), &mut bytes, &params).unwrap();
    bytes.len()
}

/// A shop's page, as shops have them.
fn shop_page() -> &'static str {
    let pages = include_str!("../../tests/data/pages/shops.txt");
    pages.split("\n=== ").next().and_then(|page| page.split_once('\n')).unwrap().1
}

/// How many bytes a shop's page is longer with these parts, as it is served.
fn grown(parts: &str) -> usize {
    let page = shop_page();
    let head = page.find("<head>").unwrap() + "<head>".len();
    let body = page.find("</body>").unwrap();
    let end = parts.find("</style>").unwrap() + "</style>".len();
    let with = [&page[..head], &parts[..end], &page[head..body], &parts[end..], &page[body..]].concat();
    compressed(&with) - compressed(page)
}

/// A list as long as a shop's own: what it costs is not the banner's.
const HELD: OpenNames<'_> =
    OpenNames { cookies: "^(?:(?:cart|PHPSESSID)$|csrf)", storage: "^(?:(?:cart|sort)$|csrf)" };
const FREE: OpenNames<'_> = OpenNames { cookies: "^(?!consentry$)", storage: "^" };

/// Most bytes that a page grows by before an answer, with a script and an embed held: after Brotli, within a shop's page.
const UNDECIDED_BYTES_MAX: usize = 5 * 1024;
/// Most bytes that a page grows by after a yes to everything, where nothing is wrapped: after Brotli, within a shop's page.
const GRANTED_BYTES_MAX: usize = 600;
/// The same after a no, with nothing held.
const REFUSED_BYTES_MAX: usize = 1020;
/// The same where a script and an embed are held: with the stand-ins' code and the placeholders' style.
const REFUSED_AND_HELD_BYTES_MAX: usize = 1475;

#[test]
fn a_decided_page_grows_little() {
    let banner = everywhere();
    for language in 0..banner.languages() {
        let tag = banner.language_tag(language);
        let grows = |what: &str, parts: String, limit| {
            let (bytes, alone) = (grown(&parts), compressed(&parts));
            println!("{tag}, {what}: {bytes} bytes more, {alone} by itself");
            assert!(bytes <= limit, "{bytes} bytes");
        };
        let (all, none) = (answered(&Choice::All), answered(&Choice::None));
        grows("granted", added(&banner, &all, FREE, language), GRANTED_BYTES_MAX);
        grows("refused", added(&banner, &none, HELD, language), REFUSED_BYTES_MAX);
        grows("held", added_at_most(&banner, &none, HELD, language), REFUSED_AND_HELD_BYTES_MAX);
    }
}

/// What the names of a catalogue add to an undecided or a refused page: with all that is known, and for a shop whose
/// operator said what it uses.
#[test]
fn what_scripts_may_write_is_said_in_few_bytes() {
    for (name, catalog, limit) in [("all", whole_catalog(), 2000), ("used", used_catalog(), 350)] {
        let (policy, banner) = speaking(&["nb"], catalog);
        for consent in [answered(&Choice::None), Consent::none()] {
            let rules = policy.guard_rules(&consent, Page { host: "shop.example", path: "/" });
            let names = OpenNames { cookies: &rules.cookies, storage: &rules.storage };
            let page = |names| grown(&added_at_most(&banner, &consent, names, 0));
            let bytes = page(names) - page(OpenNames { cookies: "^", storage: "^" });
            println!("names, {name}: {bytes} bytes of {}", page(names));
            assert!(bytes <= limit, "{bytes} bytes");
        }
    }
}

/// A page that asks grows by 5 KiB at most in every language, whatever is held in it: with all that is known, and of a shop
/// whose operator said what it uses.
#[test]
fn the_undecided_page_grows_by_five_kibibytes_at_most() {
    for (name, catalog) in [("all", whole_catalog()), ("used", used_catalog())] {
        let (policy, banner) = speaking(&LANGUAGES, catalog);
        let rules = policy.guard_rules(&Consent::none(), Page { host: "shop.example", path: "/" });
        let names = OpenNames { cookies: &rules.cookies, storage: &rules.storage };
        for language in 0..banner.languages() {
            let free = grown(&added(&banner, &Consent::none(), names, language));
            let whole = grown(&added_at_most(&banner, &Consent::none(), names, language));
            let tag = banner.language_tag(language);
            println!("undecided, {name}, {tag}: {whole} bytes, {free} with nothing held");
            assert!(free <= whole && whole <= UNDECIDED_BYTES_MAX, "{tag}: {whole} bytes");
        }
    }
}

fn built_in() -> Catalog {
    Catalog::new(Catalog::built_in().unwrap()).unwrap()
}

fn whole_catalog() -> Arc<Catalog> {
    Arc::new(built_in())
}

fn used_catalog() -> Arc<Catalog> {
    let uses = ["woocommerce", "shop-cart", "shop-language", "stripe", "google-analytics"];
    Arc::new(built_in().using(&uses.map(Into::into)))
}

fn speaking(languages: &[&str], catalog: Arc<Catalog>) -> (Policy, Banner) {
    let languages = languages.iter().map(|language| (*language).to_owned()).collect();
    let banner = Banner::new(Settings { languages, ..settings() }, Arc::clone(&catalog)).unwrap();
    (Policy::new(policy::samples::settings(), catalog), banner)
}

/// Rule R12: same element, same class, same attributes; refusal first.
#[test]
fn refusing_and_agreeing_are_the_same_button() {
    let page = written(&banner().localized(&Consent::none(), Shown::AsPage)[1].banner);
    let buttons: Vec<&str> =
        page.split("<button ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert_eq!(
        buttons[..2],
        [
            "form=consentry-answer name=choice value=none data-role=\"reject-all\" title=\"Reject all\"",
            "form=consentry-answer name=choice value=all data-role=\"accept-all\" title=\"Accept all\"",
        ]
    );
    assert!(!assets::BANNER_CSS.contains("data-role"), "a style must not tell the buttons apart");
}

/// Rule R15.
#[test]
fn the_first_layer_says_who_what_for_and_how_to_change_it() {
    let localized = &banner().localized(&Consent::none(), Shown::AsPage)[1];
    let page = written(&localized.banner) + &written(&localized.foot);
    for text in [
        "May we use cookies?",
        "we (Dekk &amp; Felg &lt;AS&gt;) and 2 other companies",
        "preferences, statistics and marketing",
        "You can change your mind at any time",
        "href=\"/_consentry/cookies?en=/dekk?bredde=205&amp;side=2\"",
        "href=\"/personvern\"",
        "name=return value=\"/dekk?bredde=205&amp;side=2\"",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[test]
fn what_goes_into_a_foreign_page_is_ascii() {
    for consent in [Consent::none(), answered(&Choice::All), answered(&Choice::None)] {
        for localized in everywhere().localized(&consent, Shown::AsPage).iter() {
            for parts in [&localized.banner, &localized.foot, &localized.placeholder] {
                assert!(written(parts).is_ascii());
            }
        }
    }
}

/// Rule R31.
#[test]
fn every_page_has_the_standing_link() {
    for consent in [Consent::none(), answered(&Choice::All), answered(&Choice::None)] {
        for localized in banner().localized(&consent, Shown::AsPage).iter() {
            let (foot, language) = (written(&localized.foot), &localized.language);
            assert!(foot.contains("id=consentry-open"), "{foot}");
            let there = format!("/_consentry/consent?{language}=/dekk?bredde=205&amp;side=2");
            assert!(foot.contains(&format!("href=\"{there}\"")), "{foot}");
        }
    }
}

#[test]
fn only_an_undecided_visitor_is_asked() {
    assert!(
        banner()
            .localized(&Consent::none(), Shown::AsPage)
            .iter()
            .all(|localized| !localized.banner.is_empty())
    );
    for choice in [Choice::All, Choice::None] {
        let localized = banner().localized(&answered(&choice), Shown::AsPage);
        assert!(localized.iter().all(|localized| localized.banner.is_empty()));
    }
}

/// A placeholder as the document that a browser reads.
fn document(parts: &[Part]) -> String {
    String::from_utf8(markup::decode(written(parts).as_bytes()).into_owned()).unwrap()
}

/// What stands is known when the form is sent, not when it is written.
#[test]
fn the_form_of_an_embed_says_nothing_of_what_stands() {
    let statistics = CategorySet::NECESSARY.with(crate::policy::consent::Category::Statistics);
    let mut trackers = crate::policy::consent::TrackerSet::NONE;
    trackers.insert(catalog().named("video").unwrap().id);
    let consent = answered(&Choice::Some { categories: statistics, trackers });
    let form = |consent: &Consent| document(&banner().localized(consent, Shown::AsPage)[0].placeholder);
    assert_eq!(form(&consent), form(&Consent::none()));
    assert!(form(&consent).contains("name=choice value=some") && !form(&consent).contains("statistics"));
}

#[test]
fn a_placeholder_says_who_would_learn_what() {
    let placeholder = document(&banner().localized(&Consent::none(), Shown::AsPage)[1].placeholder);
    assert!(placeholder.starts_with("<html lang=\"en\" dir=ltr><form "), "{placeholder}");
    assert!(placeholder.contains("This is from Vid & Co (Vid <Inc>)."), "{placeholder}");
    assert!(placeholder.contains(" action=\"/_consentry/choice?en\">"), "{placeholder}");
    assert!(placeholder.contains("name=return value=\"/dekk?"), "{placeholder}");
    assert!(placeholder.contains("name=tracker value=video>Always allow Vid & Co</button>"), "{placeholder}");
}

#[test]
fn a_placeholder_in_what_a_script_fetches_leads_back_to_where_it_is() {
    let (usual, fetched) = (banner().localized(&Consent::none(), Shown::AsPage), banner().fetched().0);
    let way = "<input type=hidden name=return value=\"/dekk?bredde=205&side=2\">";
    for (usual, fetched) in usual.iter().zip(fetched.iter()) {
        assert_eq!(document(&fetched.placeholder), document(&usual.placeholder).replace(way, ""));
        assert!(fetched.banner.is_empty() && fetched.foot.is_empty());
    }
    assert_eq!(usual.len(), fetched.len());
}

#[test]
fn no_hole_of_a_text_is_left_open() {
    let banner = everywhere();
    let mut cookies = vec![("a", CookieClass::Unknown)];
    cookies.push(("consentry", CookieClass::Answer));
    for language in 0..banner.languages() {
        for consent in [Consent::none(), answered(&Choice::All), answered(&Choice::None)] {
            for page in [
                banner.consent_page(language, &consent, Signal::None, None),
                banner.cookies_page(language, Some("/a")),
                banner.my_data_page(language, &consent, &[], &cookies, COUNTED, Some("/a")),
                banner.statistics_page(language, COUNTED, Some("/a")),
                added_at_most(&banner, &consent, FREE, language),
            ] {
                let page = without(&page, "&lt;style&gt;", "&lt;/style&gt;");
                let shown = without(&without(&page, "<style>", "</style>"), "<script", "</script>");
                assert!(!shown.contains(['{', '}']), "{shown}");
            }
        }
    }
}

/// The names in a version of the texts change when a word does, and differ between languages.
#[test]
fn the_texts_of_a_receipt_are_told_apart() {
    let other = Banner::new(Settings { days: 30, prefix: "/other".into(), ..settings() }, catalog()).unwrap();
    assert_ne!(banner().texts_hash(0), banner().texts_hash(1));
    assert_ne!(banner().texts_hash(0), other.texts_hash(0));
    assert_eq!(banner().texts_hash(0), Banner::new(settings(), catalog()).unwrap().texts_hash(0));
}

#[test]
fn a_site_without_a_language_is_refused() {
    let settings = Settings { languages: Vec::new(), ..settings() };
    assert!(matches!(Banner::new(settings, catalog()), Err(TextsError::NoLanguage)));
}

fn without(page: &str, start: &str, end: &str) -> String {
    let mut rest = page.to_owned();
    while let Some(from) = rest.find(start) {
        let until = rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
        rest.replace_range(from..until, "");
    }
    rest
}

mod asked;
mod early;
mod frames;
mod free;
mod redrawn;
