//! What the tables say, and what must hold for any text.

use proptest::prelude::*;

use super::*;

#[test]
fn paths_are_scrubbed_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/paths.tsv");
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let (path, expected) = row.split_once('\t').unwrap();
        assert_eq!(page(path), expected, "{row}");
    }
}

#[test]
fn paths_that_are_there_for_everybody_keep_the_numbers_of_articles() {
    let table = include_str!("../../../tests/data/counting/public_paths.tsv");
    for row in table.lines().filter(|row| row.starts_with('/')) {
        let (path, expected) = row.split_once('\t').unwrap();
        assert_eq!(public_page(path), expected, "{row}");
    }
}

#[test]
fn fragments_are_scrubbed_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/fragments.tsv");
    for row in table.lines().filter(|row| row.starts_with('/')) {
        let (address, expected) = row.split_once('\t').unwrap();
        let (path, fragment) = address.split_once('#').unwrap();
        assert_eq!(page_with_fragment(path, fragment), expected, "{row}");
    }
}

#[test]
fn endless_paths_are_cut() {
    let path = "/æ".repeat(10_000);
    for cut in [page(&path).into_owned(), page_with_fragment(&path, &path), page_with_fragment("/", &path)] {
        assert!(cut.len() <= PATH_BYTES_MAX + '…'.len_utf8() && cut.ends_with('…'));
    }
}

/// An e-mail address, a number of a person, a telephone, an order, an address of the network, a UUID or a token.
fn planted() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,9}[.]?[a-z]{1,9}[_.-]{0,2}@[a-z]{1,9}[.](no|com)",
        "[a-z]{2,9}[.][a-z]{2,9}[_.]?=(40)?[a-z]{1,9}[.](no|com)",
        "[0-9]{11}",
        "[0-2][1-9]0[1-9][0-9]{2}[- ][0-9]{5}",
        "[0-2][1-9][. -]0[1-9][. -][0-9]{2}[ -][0-9]{3}[ -]?[0-9]{2}",
        "(47 )?[49][0-9]{2} [0-9]{2} [0-9]{3}",
        "(tlf|sms til|mobilnr|vipps)[ -][2-9][0-9]{7}",
        "(ordre|order|kvittering|faktura nr|bestilling)[ -]?[#]?[1-9][0-9]{4,9}",
        "[1-9][0-9]{1,2}[.][0-9]{1,2}[.]1[0-9]{2}[.][1-9]{1,2}"
            .prop_filter("an address", |text| text.parse::<std::net::Ipv4Addr>().is_ok()),
        "2001:db8:[1-9a-f]{1,4}::[1-9a-f][0-9]{1,3}",
        "[0-9a-f]{2}(:[0-9a-f]{2}){5}",
        "[0-9][a-f](-[0-9a-f]{2}){4}-[a-f][0-9]",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "([0-9][a-f]){2}[0-9a-f]{28}([0-9][a-f]){2}",
        "(reg|regnr|skilt|bil)[ -][A-H]{2}[ -]?[0-9]{5}",
        "WVWZZZ[1-9][A-H]Z[A-H]W[0-9]{6}",
        "[A-Z]{6}[0-9]{9}NO",
        "eyJ[A-Za-z0-9_-]{20,40}[.][A-Za-z0-9_-]{20,60}[.][A-Za-z0-9_-]{20,60}",
    ]
}

/// What shops write: sizes, years, prices, numbers of articles below seven digits, versions.
fn slug() -> impl Strategy<Value = String> {
    let years = (1950..2030_u32, 0..30_u32).prop_map(|(from, more)| format!("{from}-{}", from + more));
    let prices =
        (1..500_u32, 1..500_u32).prop_map(|(from, more)| format!("{}-{}", from * 100, (from + more) * 100));
    prop_oneof![
        "[1-3][0-9]5-[3-8][05]-r?1[3-9](-[6-9][0-9]-?[htvw])?",
        "[1-3][0-9]5%2F[3-8][05]R1[3-9]",
        "[a-z]{3,12}-[1-3][0-9]5-[3-8][05]-r1[3-9]-[6-9][0-9][htvw]",
        years,
        prices,
        "[a-z]{3,12}-[a-z]{3,12}-[0-9]{1,6}",
        "[1-9]{5,6}",
        "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
        "(v|versjon-)[0-9][.][0-9]{1,2}[.][0-9]{1,2}",
        "[0-9][.][0-9][.][0-9][.][0-9]",
    ]
}

proptest! {
    #[test]
    fn addresses_never_pass(name in "[a-z]{1,12}", host in "[a-z]{1,12}", at in "@|%40|%2540", before in "[a-z=-]{0,9}") {
        let path = format!("/u/{before}{name}{at}{host}.no/x");
        prop_assert_eq!(page(&path), "/u/:email/x");
    }

    #[test]
    fn what_shops_write_stays(slug in slug(), room in "(dekk|bil|pris|sko|vare)") {
        // `rma-4711` is a case of somebody's, and letters by chance may say so.
        prop_assume!(!slug.split('-').any(errand::says));
        let path = format!("/{room}/{slug}");
        prop_assert_eq!(page(&path), path.as_str());
        prop_assert_eq!(public_page(&path), path.as_str());
    }

    #[test]
    fn numbers_of_articles_stay_where_everybody_may_see_them(
        letters in "[A-Z]{0,3}", number in "([1-9][0-9]{6,9}|[1-9][0-9]{11})([.]html)?",
    ) {
        // `KID` and `TEL` are letters of no article.
        prop_assume!(!errand::says(&letters));
        let path = format!("/produkt/{letters}{number}");
        prop_assert_eq!(public_page(&path), path.as_str());
    }

    #[test]
    fn what_is_about_one_person_never_passes(
        planted in planted(), encodings in 0_usize..4, before in "[a-z]{0,8}[-=_]", after in "[-_][a-z]{0,8}", at in 0_usize..3,
    ) {
        let mut text = planted.clone();
        for _ in 0..encodings {
            text = text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        }
        let mut segments = ["dekk".to_owned(), "vinter".to_owned(), "x".to_owned()];
        segments[at] = format!("{before}{text}{after}");
        let path = format!("/{}", segments.join("/"));
        for scrubbed in [page(&path), public_page(&path), page_with_fragment("/", &path).into()] {
            prop_assert!(!scrubbed.contains(&planted) && !scrubbed.contains(&text), "{}", scrubbed);
        }
    }

    #[test]
    fn what_was_scrubbed_stays_as_it_is(
        planted in planted(), before in "[a-z0-9/;=%-]{0,40}", after in "[a-z0-9/;=%.-]{0,40}",
    ) {
        let scrubbed = page(&format!("/{before}{planted}{after}")).into_owned();
        prop_assert_eq!(page(&scrubbed), scrubbed.as_str());
    }

    #[test]
    fn no_path_makes_it_panic_or_grow(path in ".{0,2000}") {
        prop_assert!(page(&path).len() <= PATH_BYTES_MAX + '…'.len_utf8());
        prop_assert!(page_with_fragment(&path, &path).len() <= PATH_BYTES_MAX + '…'.len_utf8());
    }
}
