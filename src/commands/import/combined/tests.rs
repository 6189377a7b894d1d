use super::*;
use crate::counting::Hit;

fn read(line: &[u8]) -> Result<Line, Fault> {
    let span = Span { kept_from: Timestamp::MIN, until: "2026-12-31T00:00:00Z".parse().unwrap() };
    let hosts = ["shop.example".to_owned(), "www.shop.example".to_owned()];
    Combined::new(&hosts, "/_consentry").read(&Bytes::copy_from_slice(line), span)
}

fn hit_of(line: &str) -> Hit {
    match read(line.as_bytes()) {
        Ok(Line::Hit(hit)) => hit,
        Ok(Line::Left(left)) => panic!("{left:?}: {line}"),
        Err(fault) => panic!("{fault}: {line}"),
    }
}

fn left_of(request: &str, status: &str) -> Option<Left> {
    let line = format!("192.0.2.7 - - [10/Mar/2026:13:55:36 +0100] \"{request}\" {status} 2326 \"-\" \"x\"");
    match read(line.as_bytes()) {
        Ok(Line::Left(left)) => Some(left),
        Ok(Line::Hit(_)) => None,
        Err(fault) => panic!("{fault}: {line}"),
    }
}

const LINE: &str = r#"192.0.2.7 - ola [10/Mar/2026:13:55:36 +0100] "GET /dekk?a=b HTTP/1.1" 200 2326 "https://www.bing.com/" "Mozilla/5.0 (X11)""#;

#[test]
fn a_line_is_read_with_its_time_zone() {
    let hit = hit_of(LINE);
    assert_eq!(hit.at.to_string(), "2026-03-10T12:55:36Z");
    assert_eq!(hit.address.to_string(), "192.0.2.7");
    assert_eq!(hit.target.as_str(), "/dekk?a=b");
    assert_eq!(hit.referrer.unwrap(), "https://www.bing.com/");
    assert_eq!(hit.user_agent.unwrap(), "Mozilla/5.0 (X11)");
    assert!(matches!(hit.kind, HitKind::View { status: 200, .. }));
}

#[test]
fn hosts_before_and_fields_behind_are_known() {
    let more = format!("www.shop.example:443 {LINE} 0.012 \"198.51.100.9, 10.0.0.1\"");
    let hit = hit_of(&more);
    assert_eq!(hit.host.as_ref().unwrap(), "www.shop.example");
    assert_eq!(hit.address.to_string(), "192.0.2.7", "no other address is believed");
    assert!(matches!(read(format!("else.example {LINE}").as_bytes()), Ok(Line::Left(Left::OtherHost))));
    assert_eq!(hit_of(&format!("_ {LINE}")).host, None);
    assert_eq!(hit_of(&LINE.replacen("192.0.2.7", "2001:db8::1%eth0", 1)).address.to_string(), "2001:db8::1");
}

#[test]
fn the_host_that_a_target_names_is_the_one_that_was_asked() {
    let absolute = LINE.replace("GET /dekk", "GET http://shop.example/dekk");
    assert_eq!(hit_of(&format!("else.example {absolute}")).host.unwrap(), "shop.example");
    let other = LINE.replace("GET /dekk", "GET http://else.example/dekk");
    let left = read(format!("shop.example {other}").as_bytes());
    assert!(matches!(left, Ok(Line::Left(Left::OtherHost))));
}

#[test]
fn a_list_of_addresses_in_the_first_field_is_told_for_what_it_is() {
    for first in ["192.0.2.7, 10.0.0.1", "192.0.2.7,10.0.0.1", "unknown, 192.0.2.7"] {
        let fault = read(LINE.replace("192.0.2.7", first).as_bytes()).err().map(|fault| fault.to_string());
        assert!(fault.is_some_and(|fault| fault.contains("X-Forwarded-For")), "{first}");
    }
}

#[test]
fn only_pages_that_were_asked_for_are_counted() {
    for (request, status, expected) in [
        ("GET / HTTP/1.1", "200", None),
        ("GET /dekk HTTP/2.0", "304", None),
        ("GET /borte HTTP/1.1", "404", None),
        ("GET https://shop.example/dekk HTTP/1.1", "200", None),
        ("GET http://www.SHOP.example:8080/dekk HTTP/1.1", "200", None),
        ("GET http://other.example/dekk HTTP/1.1", "200", Some(Left::OtherHost)),
        ("GET /gammel HTTP/1.1", "301", Some(Left::Redirect)),
        ("GET /x HTTP/1.1", "101", Some(Left::Redirect)),
        ("HEAD / HTTP/1.1", "200", Some(Left::Method)),
        ("POST /kasse HTTP/1.1", "200", Some(Left::Method)),
        ("GET /stil.css?v=3 HTTP/1.1", "200", Some(Left::Asset)),
        ("GET /borte.png HTTP/1.1", "404", Some(Left::Asset)),
        ("GET /robots.txt HTTP/1.1", "200", Some(Left::Machine)),
        ("GET /_consentry/guard HTTP/1.1", "200", Some(Left::Machine)),
        ("\\x16\\x03\\x01", "400", Some(Left::Garbage)),
        ("-", "408", Some(Left::Garbage)),
        ("GET /", "200", Some(Left::Garbage)),
    ] {
        assert_eq!(left_of(request, status), expected, "{request} {status}");
    }
}

#[test]
fn escapes_are_taken_out() {
    let line = LINE.replace("Mozilla/5.0 (X11)", r#"a \"b\" \x22c\x22 \\ d"#);
    assert_eq!(hit_of(&line).user_agent.unwrap(), r#"a "b" "c" \ d"#);
    assert_eq!(hit_of(&LINE.replace("/dekk?a=b", r"/\xC3\xB8 x\x22")).target.as_str(), "/%C3%B8%20x%22");
    assert_eq!(unescaped(br"\xZZ\"), &b"xZZ"[..]);
}

#[test]
fn times_are_read_or_told_to_be_wrong() {
    let at = |text: &str| time(text.as_bytes()).map(|at| at.to_string());
    assert_eq!(at("01/Jan/2024:00:00:00 -0330").as_deref(), Some("2024-01-01T03:30:00Z"));
    assert_eq!(at("29/Feb/2024:23:59:60 +0000").as_deref(), Some("2024-03-01T00:00:00Z"));
    for wrong in [
        "29/Feb/2023:23:59:59 +0000",
        "10/Xyz/2026:13:55:36 +0100",
        "10/Mar/2026:24:55:36 +0100",
        "10/Mar/2026 13:55:36 +0100",
        "10/Mar/2026:13:55:36 0100+",
        "10/Mar/2026:13:55:36 +9900",
    ] {
        assert_eq!(at(wrong), None, "{wrong}");
    }
    for (year, says) in [("0000", "before"), ("9999", "future")] {
        let Err(fault) = read(LINE.replace("2026", year).as_bytes()) else { panic!("no fault") };
        assert!(fault.to_string().contains(says), "{fault}");
    }
}

#[test]
fn faulty_lines_say_what_is_wrong_and_nothing_of_who_it_was() {
    for (line, says) in [
        ("", "no time"),
        ("hosts.example - - [10/Mar/2026:13:55:36 +0100] \"GET / HTTP/1.1\" 200 1 \"-\" \"x\"", "no address"),
        ("192.0.2.7 - - [10/Mar/2026:13:55:36 +0100] \"GET / HTTP/1.1\" 200 1", "no referrer"),
        ("192.0.2.7 - - [10/Mar/2026:13:55:36 +0100] \"GET / HTTP/1.1\" 200 1 \"-\" \"x", "user agent"),
        ("192.0.2.7 - - [10/Mar/2026:13:55:36 +0100] \"GET / HTTP/1.1", "no end"),
        ("192.0.2.7 - - [10/Mar/2026:13:55:36 +0100] \"GET / HTTP/1.1\" - 1 \"-\" \"x\"", "no status"),
        ("192.0.2.7 - - [10/Mar", "ends in its time"),
        ("192.0.2.7 - - [1773147336                ] \"GET / HTTP/1.1\" 200 1 \"-\" \"x\"", "its time"),
        ("\0\0\0 [\0\0", "no address"),
    ] {
        let Err(fault) = read(line.as_bytes()) else { panic!("no fault: {line}") };
        assert!(fault.to_string().contains(says), "{fault} of {line}");
        assert!(!fault.to_string().contains("192.0"), "{fault}");
    }
}

#[test]
fn bytes_that_are_no_text_cost_no_more_than_their_field() {
    let line = [LINE.trim_end_matches("Mozilla/5.0 (X11)\"").as_bytes(), b"\xff\xfe agent\""].concat();
    let Ok(Line::Hit(hit)) = read(&line) else { panic!("a hit") };
    assert_eq!(hit.user_agent.unwrap().as_bytes(), b"\xff\xfe agent");
    let line = [LINE.trim_end_matches("Mozilla/5.0 (X11)\"").as_bytes(), b"nul \0\""].concat();
    let Ok(Line::Hit(hit)) = read(&line) else { panic!("a hit") };
    assert_eq!(hit.user_agent, None);
}

proptest::proptest! {
    #[test]
    fn no_line_breaks_the_reader(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), cut in 0..LINE.len()) {
        let _any_answer_is_good = read(&bytes);
        let mixed = [&LINE.as_bytes()[..cut], &bytes].concat();
        let _any_answer_is_good = read(&mixed);
    }
}
