//! Every language is whole, and says things as its readers write them.

use super::*;
use std::collections::BTreeSet;

#[test]
fn every_language_has_the_same_keys_and_the_same_holes() {
    let shape = |language: &str| {
        let file = std::fs::read_to_string(format!("config/texts/{language}.toml")).unwrap();
        let mut found = BTreeSet::new();
        holes(&mut found, "", &toml::from_str::<toml::Value>(&file).unwrap());
        found
    };
    for language in LANGUAGES {
        assert_eq!(shape(language), shape("en"), "{language}");
    }
}

#[test]
fn every_file_names_its_own_language() {
    for language in LANGUAGES {
        assert_eq!(Texts::built_in(language).unwrap().language, language);
    }
}

#[test]
fn a_language_without_texts_is_named_in_the_error() {
    let error = Texts::built_in("ja").unwrap_err().to_string();
    assert!(error.starts_with("there are no texts in \"ja\"; languages are nb, en, nn, "), "{error}");
}

#[test]
fn every_file_is_a_language() {
    let files = std::fs::read_dir("config/texts").unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort_unstable();
    let mut languages = LANGUAGES.map(|language| format!("{language}.toml"));
    languages.sort_unstable();
    assert_eq!(files, languages);
    assert!(USUAL_LANGUAGES.iter().all(|language| LANGUAGES.contains(language)));
}

/// Rules R10 to R14: the words of no and of yes take about the same room, and nobody is urged.
#[test]
fn r12_no_and_yes_are_about_equally_long_in_every_language() {
    for language in LANGUAGES {
        let texts = Texts::built_in(language).unwrap();
        let (banner, consent) = (&texts.banner, &texts.consent);
        for (no, yes) in [
            (&banner.refuse, &banner.accept),
            (&banner.refuse_all, &banner.accept_all),
            (&consent.refuse_all, &consent.accept_all),
        ] {
            let (no_length, yes_length) = (no.chars().count(), yes.chars().count());
            let (short, long) = (no_length.min(yes_length), no_length.max(yes_length));
            assert!(long * 10 <= short * 16, "{language}: {no} / {yes}");
        }
    }
    for language in LANGUAGES {
        let file = file(language).unwrap();
        assert!(!file.contains('!'), "{language}: an exclamation mark");
    }
}

#[test]
fn a_language_from_right_to_left_says_so_in_its_tags() {
    let marked = |texts: &Texts| {
        let mut html = Html::default();
        texts.mark(&mut html);
        html.into_string()
    };
    assert_eq!(marked(&Texts::built_in("en").unwrap()), " lang=\"en\"");
    let file = format!("direction = \"rtl\"\n{}", file("en").unwrap());
    assert_eq!(marked(&toml::from_str(&file).unwrap()), " lang=\"en\" dir=\"rtl\"");
}

#[test]
fn a_purpose_is_told_in_a_language_that_the_reader_reads() {
    let catalog = crate::banner::tests::catalog();
    let told = |language: &str, tracker: &str| {
        let mut html = Html::default();
        let tracker = catalog.named(tracker).unwrap();
        Texts::built_in(language).unwrap().purpose_paragraph(&mut html, tracker);
        html.into_string()
    };
    assert_eq!(told("nb", "counter"), "<p>Teller besøk.</p>");
    assert_eq!(told("se", "counter"), "<p lang=\"nb\">Teller besøk.</p>");
    assert_eq!(told("nb", "video"), "<p lang=\"en\">Shows videos.</p>");
    assert_eq!(told("de", "counter"), "<p lang=\"en\">Counts visits.</p>");
    assert_eq!(told("en", "counter"), "<p>Counts visits.</p>");
}

#[test]
fn lifetimes_are_told_in_words() {
    let texts = Texts::built_in("en").unwrap();
    let told = [0, 1, 7, 59, 60, 90, 182, 365, 400, 730].map(|days| texts.lifetime(days));
    assert_eq!(
        told,
        [
            "until you close the browser",
            "1 day",
            "7 days",
            "59 days",
            "2 months",
            "3 months",
            "6 months",
            "12 months",
            "13 months",
            "24 months"
        ]
    );
}

#[test]
fn dates_are_written_as_the_language_does() {
    assert_eq!(Texts::built_in("nb").unwrap().date(Day(20_513)), "1.3.2026");
    assert_eq!(Texts::built_in("en").unwrap().date(Day(20_513)), "1 March 2026");
    assert_eq!(Texts::built_in("sv").unwrap().date(Day(20_513)), "2026-03-01");
    assert_eq!(Texts::built_in("hu").unwrap().date(Day(20_513)), "2026. 3. 1.");
    assert_eq!(Texts::built_in("en").unwrap().date(Day(u32::MAX)), u32::MAX.to_string());
    for language in LANGUAGES.into_iter().filter(|language| *language != "en") {
        let date = Texts::built_in(language).unwrap().date(Day(20_513));
        // Only English has names of months here.
        assert!(date.contains("2026") && !date.contains("March"), "{language}: {date}");
    }
}

#[test]
fn a_list_reads_as_a_sentence() {
    let texts = Texts::built_in("nb").unwrap();
    assert_eq!(texts.list(&["a"]), "a");
    assert_eq!(texts.list(&texts.listed(CategorySet::ALL)), "innstillinger, statistikk og markedsføring");
}

fn holes(found: &mut BTreeSet<String>, path: &str, value: &toml::Value) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                holes(found, &format!("{path}.{key}"), value);
            }
        }
        toml::Value::String(text) => {
            let names: BTreeSet<&str> =
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
            found.insert(format!("{path} {names:?}"));
        }
        other => panic!("{path} is {other:?}"),
    }
}

#[test]
fn every_country_of_the_catalogue_has_a_name_in_every_language() {
    let entries = Catalog::built_in().unwrap();
    let countries: BTreeSet<_> = entries.iter().map(|entry| entry.provider.country.as_str()).collect();
    assert!(countries.contains("NO") && countries.contains("CZ"));
    for language in LANGUAGES {
        let texts = Texts::built_in(language).unwrap();
        let nameless: Vec<_> =
            countries.iter().filter(|code| !code.is_empty() && texts.country(code) == **code).collect();
        assert!(nameless.is_empty(), "{language}: {nameless:?}");
    }
}
