use super::*;

fn read<'a>(query: &'a str, referrer: Option<&'a HeaderValue>) -> Origin<'a> {
    let host = HeaderValue::from_static("kasse.shop.example:8080");
    let own = ["shop.example".to_owned(), "*.dekk.example".to_owned()];
    origin(Some(query), referrer, Some(&host), &own)
}

fn header(text: &str) -> Option<HeaderValue> {
    (!text.is_empty()).then(|| HeaderValue::from_str(text).unwrap())
}

#[test]
fn sources_are_named_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/sources.tsv");
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [expected, query, referrer] = columns[..] else { panic!("not three columns: {row}") };
        let referrer = header(referrer);
        let source = match read(query, referrer.as_ref()).source {
            Source::Known(name) => name.to_owned(),
            Source::Text(text) => format!("? {text}"),
        };
        assert_eq!(source, expected, "{row}");
    }
}

#[test]
fn channels_and_click_ids_are_told_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/channels.tsv");
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [channel, click_id, query, referrer] = columns[..] else { panic!("not four columns: {row}") };
        let referrer = header(referrer);
        let origin = read(query, referrer.as_ref());
        assert_eq!((origin.channel, origin.click_id.unwrap_or("")), (channel, click_id), "{row}");
    }
}

#[test]
fn referrers_are_scrubbed_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/referrers.tsv");
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let (expected, referrer) = row.split_once('\t').unwrap();
        let referrer = header(referrer);
        assert_eq!(read("", referrer.as_ref()).referrer.as_deref().unwrap_or(""), expected, "{row}");
    }
}

#[test]
fn queries_are_scrubbed_as_the_table_says() {
    let table = include_str!("../../../tests/data/counting/queries.tsv");
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let (expected, query) = row.split_once('\t').unwrap();
        let tags = read(query, None).tags;
        let text: Vec<&str> = tags.iter().map(|tag| tag.as_deref().unwrap_or("")).collect();
        assert_eq!(text.join("|"), expected, "{row}");
    }
}

#[test]
fn referrer_of_the_asked_host_is_no_source_where_the_site_takes_every_host() {
    let referrer = HeaderValue::from_static("http://127.0.0.1:8080/dekk");
    let host = HeaderValue::from_static("127.0.0.1:8080");
    let origin = origin(None, Some(&referrer), Some(&host), &["*".to_owned()]);
    assert_eq!((origin.source, origin.referrer, origin.channel), (Source::Known(DIRECT), None, "Direct"));
}

#[test]
fn absurd_queries_and_referrers_are_cut() {
    let long = format!("utm_source={}&utm_medium={}", "a b".repeat(20_000), "%F0%9F%98%80".repeat(9000));
    let referrer = header(&format!("https://www.google.com/{}", "a/".repeat(32_000)));
    let origin = read(&long, referrer.as_ref());
    assert!(origin.referrer.is_some_and(|text| text.len() <= REFERRER_BYTES_MAX));
    assert!(origin.tags.iter().flatten().all(|tag| tag.len() <= TEXT_BYTES_MAX));
    let bytes = HeaderValue::from_bytes(b"https://\xff\xfe.example/").unwrap();
    assert_eq!(read("", Some(&bytes)).channel, "Direct");
}
