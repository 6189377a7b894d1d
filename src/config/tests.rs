//! The settings as an operator meets them: many files with the exact report beside each, and the example.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use toml::de::{DeTable, DeValue};

use super::*;
use crate::policy::catalog::{HostEntry, TrackerEntry};

const EXAMPLE: &str = include_str!("../../config/example.toml");

/// The least an operator must write.
const LEAST: &str = r#"[[site]]
name = "shop"
hosts = ["shop.example"]
origin = "http://127.0.0.1:8081"
controller = { name = "Shop AS", email = "privacy@shop.example" }
consent = { mode = "enforce" }
"#;

fn read_text(text: &str) -> Result<Loaded, Report> {
    parse_with(text, "proxy.toml", Ok(Vec::new()))
}

fn config_of(text: &str) -> Config {
    read_text(text).unwrap_or_else(|report| panic!("{report}")).config
}

fn crate_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every `*.toml` is read and its report compared with the `*.txt` beside it. `BLESS=1` writes the reports anew;
/// read them before they are committed.
#[test]
fn every_faulty_file_is_told_as_written_beside_it() {
    let mut rows = 0;
    for entry in fs::read_dir(crate_file("tests/data/settings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        rows += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let told = match parse_with(&fs::read_to_string(&path).unwrap(), name, Ok(Vec::new())) {
            Ok(loaded) => loaded.warnings.to_string(),
            Err(report) => report.to_string(),
        };
        let beside = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&beside, &told).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(told, expected, "{name} is told otherwise:\n{told}");
    }
    assert!(rows >= 20, "only {rows} files were found");
}

#[test]
fn least_settings_are_enough_and_get_the_defaults() {
    let config = config_of(LEAST);
    let site = &config.sites[0];
    assert_eq!(config.server.http, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.server.admin, "127.0.0.1:8090".parse().unwrap());
    assert_eq!(config.seal.key, Path::new("var/consent.key"));
    assert_eq!(config.requests_per_minute, 6000);
    assert_eq!((site.mode, site.banner.days), (Mode::Enforce, 182));
    assert_eq!(
        (site.policy.prefix.as_str(), site.banner.languages.as_slice()),
        ("/_consentry", &["nb".into(), "en".into()][..])
    );
    assert_eq!(site.counting.time_zone.iana_name(), Some("Europe/Oslo"));
    assert_eq!(site.counting.k, counting::Thresholds { city: 20, region: 10, text: 5, answer: 5 });
}

#[test]
fn example_loads_and_only_its_place_table_is_doubtful() {
    let loaded = read_text(EXAMPLE).unwrap_or_else(|report| panic!("{report}"));
    let doubts: Vec<&str> = loaded.warnings.problems().iter().map(report::Problem::reason).collect();
    assert_eq!(doubts, ["there is no place table GeoLite2-City.mmdb"]);
}

#[test]
fn example_shows_every_key_there_is() {
    let document = DeTable::parse(EXAMPLE).unwrap();
    let mut shown = BTreeSet::new();
    collect_keys("", document.get_ref(), &mut shown);
    let known: BTreeSet<String> =
        file::KEYS.iter().flat_map(|(table, keys)| keys.iter().map(move |key| join(table, key))).collect();
    assert_eq!(
        known.difference(&shown).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in config/example.toml"
    );
}

fn join(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

fn collect_keys(table: &str, entries: &DeTable<'_>, keys: &mut BTreeSet<String>) {
    for (key, value) in entries {
        let path = join(table, key.get_ref());
        match value.get_ref() {
            DeValue::Table(entries) => collect_keys(&path, entries, keys),
            DeValue::Array(list) => {
                for entry in list.iter().filter_map(|entry| entry.get_ref().as_table()) {
                    collect_keys(&path, entry, keys);
                }
            }
            _ => {}
        }
        keys.insert(path);
    }
}

/// An example that shows another value than the default would mislead who deletes the line.
#[test]
fn example_shows_the_default_of_every_optional_key() {
    /// Keys that must be written, or whose default is nothing.
    const NO_DEFAULT: [&str; 5] = ["name = ", "hosts = ", "origin = ", "mode = ", "database = \"GeoLite2"];
    let (settings, _rules) = EXAMPLE.split_once("[[site.allow]]").unwrap();
    let whole = format!("{:?}", config_of(settings));
    let mut section = "";
    for line in settings.lines() {
        section = if line.starts_with('[') { line } else { section };
        let is_key = line.starts_with(|c: char| c.is_ascii_lowercase()) && section != "[site.controller]";
        if !is_key || NO_DEFAULT.iter().any(|key| line.starts_with(key)) {
            continue;
        }
        let without = settings.replacen(&format!("\n{line}\n"), "\n", 1);
        assert_ne!(without, settings, "{line}");
        assert_eq!(format!("{:?}", config_of(&without)), whole, "without the line {line}");
    }
}

#[test]
fn path_means_the_same_wherever_the_command_is_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("proxy.toml");
    fs::write(&path, format!("[store]\npath = \"figures\"\n{LEAST}")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let config = parse_with(&text, path.to_str().unwrap(), Ok(Vec::new())).unwrap().config;
    assert_eq!(config.store.path, directory.path().join("figures"));
    assert_eq!(config.seal.key, directory.path().join("figures/consent.key"));
}

#[test]
fn file_that_is_not_there_is_told_in_the_same_form() {
    let told = read(Path::new("/nowhere/proxy.toml"), "/nowhere/proxy.toml").unwrap_err().to_string();
    let expected = "error: /nowhere/proxy.toml: there is no such file\n   = name another with --config, or begin with \
                    a copy of config/example.toml\n1 problem found; nothing was started\n";
    assert_eq!(told, expected);
}

#[test]
fn file_that_is_not_utf_8_is_shown_where_it_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("proxy.toml");
    fs::write(&path, b"[[site]]\nname = \"bl\xe5b\xe6r\"\n").unwrap();
    let told = read(&path, "proxy.toml").unwrap_err().to_string();
    assert!(
        told.starts_with("error: proxy.toml:2: not UTF-8\n 2 | name = \"bl\u{fffd}b\u{fffd}r\"\n"),
        "{told}"
    );
    assert!(told.contains("\n   |           ^\n"), "{told}");
}

#[test]
fn endless_file_is_not_read_to_its_end() {
    let told = read(Path::new("/dev/zero"), "zero.toml").unwrap_err().to_string();
    assert!(told.starts_with("error: zero.toml: longer than 1048576 bytes\n"), "{told}");
}

#[test]
fn directory_is_no_settings_file() {
    let told = read(&crate_file("src"), "src").unwrap_err().to_string();
    assert!(told.starts_with("error: src: cannot be read: "), "{told}");
}

/// A catalogue of one tracker, for marketing.
fn acme() -> Vec<TrackerEntry> {
    Catalog::parse(
        r#"[[tracker]]
        id = "acme"
        name = "Acme Pixel"
        category = "marketing"
        provider = { name = "Acme", country = "US", privacy = "https://acme.example/privacy" }
        purpose = { en = "follows people" }
        hosts = [{ host = "www.acme.example", paths = ["/pixel"] }]
        cookies = [{ name = "_acme_*", days = 90 }]
        parameters = ["acid"]
        source = "made up"
        "#,
    )
    .unwrap()
}

#[test]
fn tracker_of_the_site_that_frees_a_built_in_one_is_doubted() {
    for (own, frees) in [
        ("id = \"acme\"\ncategory = \"necessary\"\nhosts = [\"cdn.shop.example\"]", true),
        ("id = \"own\"\ncategory = \"necessary\"\nhosts = [\"*.acme.example\"]", true),
        ("id = \"own\"\ncategory = \"necessary\"\ncookies = [{ name = \"_acme_id\", days = 1 }]", true),
        ("id = \"own\"\ncategory = \"necessary\"\nhosts = [\"cdn.acme.example\"]", false),
        ("id = \"acme\"\ncategory = \"marketing\"\nhosts = [\"www.acme.example\"]", false),
    ] {
        let text = format!(
            "{LEAST}[[site.tracker]]\n{own}\nname = \"Own\"\nsource = \"ours\"\npurpose = {{ en = \"cart\" }}\n\
             provider = {{ name = \"Acme\", country = \"US\", privacy = \"https://acme.example/\" }}\n"
        );
        let told = parse_with(&text, "proxy.toml", Ok(acme())).unwrap().warnings.to_string();
        let doubted = told.contains("this lets Acme Pixel (marketing) work without consent");
        assert_eq!(doubted, frees, "{own}: {told}");
    }
}

#[test]
fn a_tracker_without_what_it_needs_to_work_is_doubted() {
    let own = "[[site.tracker]]\nid = \"doubleclick\"\nname = \"Own\"\ncategory = \"marketing\"\nsource = \"ours\"\n\
         purpose = { en = \"ads\" }\nprovider = { name = \"Us\", country = \"\", privacy = \"\" }\n";
    for (uses, more, doubts) in [
        (
            "\"google-ads\"",
            "",
            &["add \"doubleclick\" to uses", "\"google-tag\" or \"google-tag-manager\""][..],
        ),
        ("\"google-ads\", \"google-tag\"", "", &["add \"doubleclick\" to uses"]),
        ("\"google-ads\", \"google-tag\"", own, &[]),
        ("\"google-analytics\"", "", &["google-analytics comes with google-tag or google-tag-manager"]),
        ("\"google-analytics\", \"google-tag-manager\"", "", &[]),
        ("\"google-ads\", \"google-tag\", \"doubleclick\"", "", &[]),
        ("\"*\"", "", &[]),
    ] {
        let text = LEAST.replace("{ mode", &format!("{{ uses = [{uses}], mode"));
        let warnings = parse(&(text + more), "proxy.toml").unwrap().warnings.to_string();
        assert_eq!(warnings.matches("does not work after a yes").count(), doubts.len(), "{uses}: {warnings}");
        assert!(doubts.iter().all(|doubt| warnings.contains(doubt)), "{uses}: {warnings}");
    }
}

#[test]
fn necessary_domain_above_a_host_that_needs_consent_is_a_fault() {
    for (own, of) in [
        ("id = \"own\"\ncategory = \"necessary\"\nhosts = [\"*.example\"]", "\"www.acme.example\" of acme"),
        (
            "id = \"own\"\ncategory = \"statistics\"\nhosts = [\"s.till.example\"]",
            "\"s.till.example\" of own",
        ),
    ] {
        let text = format!(
            "{LEAST}[[site.tracker]]\n{own}\nname = \"Own\"\nsource = \"ours\"\npurpose = {{ en = \"cart\" }}\n\
             provider = {{ name = \"Acme\", country = \"US\", privacy = \"https://acme.example/\" }}\n"
        );
        let mut built_in = acme();
        built_in[0].hosts = vec![HostEntry::Whole("www.acme.example".into())];
        built_in.push(TrackerEntry {
            id: "till".into(),
            category: "necessary".into(),
            hosts: vec![HostEntry::Whole("*.till.example".into())],
            cookies: Vec::new(),
            ..built_in[0].clone()
        });
        let told = parse_with(&text, "proxy.toml", Ok(built_in)).unwrap_err().to_string();
        assert!(told.contains(of) && told.contains("name the necessary hosts one by one"), "{told}");
        assert!(told.contains(" | category = "), "it shows the place: {told}");
    }
}

#[test]
fn a_list_of_uses_without_anything_necessary_is_doubted() {
    for (uses, is_doubted) in
        [("\"hotjar\"", true), ("", true), ("\"hotjar\", \"stripe\"", false), ("\"*\"", false)]
    {
        let text = LEAST.replace("{ mode", &format!("{{ uses = [{uses}], mode"));
        let told = parse_with(&text, "proxy.toml", Catalog::built_in()).unwrap().warnings.to_string();
        assert_eq!(told.contains("visitors are told of all"), is_doubted, "{uses}: {told}");
    }
}

#[test]
fn allow_rule_that_frees_a_built_in_tracker_is_doubted() {
    for (rule, frees) in [
        ("host = \"*.acme.example\"", true),
        ("host = \"www.acme.example\"", true),
        ("host = \"cdn.acme.example\"", false),
        ("cookie = \"_acme_id\"", true),
        ("cookie = \"_a*\"", true),
        ("cookie = \"_ac\"", false),
        ("parameter = \"acid\"", true),
        ("parameter = \"ac*\"\npaths = [\"/\"]", true),
        ("parameter = \"acid\"\npaths = [\"/tilbud\"]", false),
        ("parameter = \"sig\"", false),
    ] {
        let text = format!("{LEAST}[[site.allow]]\n{rule}\ncategory = \"necessary\"\nwhy = \"cart\"\n");
        let loaded = parse_with(&text, "proxy.toml", Ok(acme())).unwrap();
        let told = loaded.warnings.to_string();
        assert_eq!(
            told.contains("this lets Acme Pixel (marketing) work without consent"),
            frees,
            "{rule}: {told}"
        );
    }
}

#[test]
fn allow_rule_for_all_below_a_public_suffix_is_refused_or_doubted() {
    let told = |host: &str| {
        let text =
            format!("{LEAST}[[site.allow]]\nhost = \"{host}\"\ncategory = \"marketing\"\nwhy = \"x\"\n");
        read_text(&text).map(|loaded| loaded.warnings.to_string()).map_err(|report| report.to_string())
    };
    for host in ["*.com", "*.co.uk", "*.no"] {
        assert!(told(host).unwrap_err().contains("would take every host that ends so"), "{host}");
    }
    assert!(told("*.cloudfront.net").unwrap().contains("anybody can have a host below this one"));
    for host in ["*.shop.com", "d1.cloudfront.net", "*.d1.cloudfront.net", "*.intranet"] {
        assert!(!told(host).unwrap().contains("anybody"), "{host}");
    }
}

#[test]
fn frames_of_any_host_on_every_page_are_doubted() {
    for (paths, category, is_doubted) in
        [("/", "necessary", true), ("/checkout", "necessary", false), ("/", "marketing", false)]
    {
        let text = format!(
            "{LEAST}[[site.allow]]\nframes = true\npaths = [\"{paths}\"]\ncategory = \"{category}\"\nwhy = \"bank\"\n"
        );
        let told = read_text(&text).unwrap().warnings.to_string();
        let is_told = told.contains("this lets frames of any host work on every page without consent");
        assert_eq!(is_told, is_doubted, "{paths}, {category}: {told}");
    }
}

#[test]
fn r17_tracker_of_the_site_under_another_category_than_the_catalogues_is_doubted() {
    let whole = "hosts = [\"www.acme.example\"]";
    for (category, uses, is_doubted) in [
        ("preferences", whole, true),
        ("preferences", "cookies = [{ name = \"_acme_id\", days = 1 }]", true),
        ("preferences", "hosts = [{ host = \"www.acme.example\", paths = [\"/pixel/1\"] }]", true),
        ("preferences", "hosts = [{ host = \"www.acme.example\", paths = [\"/films\"] }]", false),
        ("preferences", "hosts = [\"cdn.acme.example\"]", false),
        ("marketing", whole, false),
    ] {
        let text = format!(
            "{LEAST}[[site.tracker]]\nid = \"likes\"\ncategory = \"{category}\"\n{uses}\nname = \"Likes\"\n\
             source = \"ours\"\npurpose = {{ en = \"Remembers your size.\" }}\n\
             provider = {{ name = \"Shop\", country = \"NO\", privacy = \"https://shop.example/\" }}\n"
        );
        let told = parse_with(&text, "proxy.toml", Ok(acme())).unwrap().warnings.to_string();
        let is_told = told.contains("this lets Acme Pixel (marketing) work with a yes to preferences");
        assert_eq!(is_told, is_doubted, "{category}, {uses}: {told}");
        assert!(!is_told || told.contains("write category = \"marketing\""), "{told}");
    }
}

#[test]
fn fault_of_the_built_in_trackers_is_told_not_hidden() {
    let told = parse_with(LEAST, "proxy.toml", Catalog::parse("[[tracker]]")).unwrap_err().to_string();
    assert!(told.starts_with("error: proxy.toml: the built-in trackers: "), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[{0,2}[a-z.]{0,12}\\]{0,2}|[a-z]{0,8}|=|\"|\n|\\{|\\}|,|[0-9]|\\PC){0,60}") {
        let _ = read_text(&text).map_err(|report| report.to_string());
    }

    #[test]
    fn damaged_example_is_reported_or_read(from in 0usize..6000, length in 0usize..40, put in "[\\[\\]{}\"'=#\na-z0-9]{0,6}") {
        let from = EXAMPLE.floor_char_boundary(from.min(EXAMPLE.len()));
        let to = EXAMPLE.ceil_char_boundary((from + length).min(EXAMPLE.len()));
        let text = format!("{}{put}{}", &EXAMPLE[..from], &EXAMPLE[to..]);
        if let Err(report) = read_text(&text) {
            prop_assert!(report.errors() > 0);
            prop_assert!(report.to_string().ends_with("nothing was started\n"));
        }
    }
}

#[test]
fn properties_are_those_listed_and_those_that_crosses_and_the_beacon_name() {
    let text = format!(
        "{LEAST}statistics = {{ properties = [\"brand\"], beacon = [\"outbound\"] }}\n\
         [[site.cross]]\ndimensions = [\"event:props:size\", \"event:props:brand\"]\n"
    );
    let declared = &config_of(&text).sites[0].counting.properties;
    assert_eq!(declared.iter().map(|key| &**key).collect::<Vec<_>>(), ["brand", "size", "url"]);
    assert!(config_of(LEAST).sites[0].counting.properties.is_empty());
}
