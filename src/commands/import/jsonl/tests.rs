use super::*;

fn span() -> Span {
    Span { kept_from: Timestamp::MIN, until: "2026-12-31T00:00:00Z".parse().unwrap() }
}

fn line(more: &str) -> Result<Line, Fault> {
    let text = format!(r#"{{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","ua":"x","path":"/a?b=1",{more}}}"#);
    read(&Bytes::from(text), span())
}

fn kind(more: &str) -> HitKind {
    match line(more) {
        Ok(Line::Hit(hit)) => hit.kind,
        Ok(Line::Left(left)) => panic!("left out: {left:?}"),
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn lines_are_read_as_the_interface_says() {
    let Ok(Line::Hit(hit)) = line(r#""type":"pageview","referrer":"https://a.example/\u00f8""#) else {
        panic!("a hit");
    };
    assert_eq!(hit.target.as_str(), "/a?b=1");
    assert_eq!(hit.referrer.unwrap().as_bytes(), "https://a.example/ø".as_bytes());
    assert!(matches!(hit.kind, HitKind::View { status: 200, is_public: false, asked: None, .. }));
    assert!(matches!(kind(r#""type":"pageview","status":304"#), HitKind::View { status: 304, .. }));
    assert!(matches!(kind(r#""type":"pageview","status":404"#), HitKind::Failed { status: 404 }));
    assert!(matches!(line(r#""type":"pageview","status":302"#), Ok(Line::Left(Left::Redirect))));
    assert!(matches!(
        kind(r#""type":"engagement","engaged_ms":1500"#),
        HitKind::Engagement { engaged_ms: 1500, scroll: None }
    ));
}

#[test]
fn events_carry_properties_and_revenue() {
    let more = r#""type":"event","name":"Purchase","props":{"payment":"klarna","items":3,"gift":true,"no":null,"deep":{"a":1}},
        "revenue":{"amount":"1299.50","currency":"nok"},"interactive":false"#;
    let HitKind::Event { name, interactive, properties, revenue } = kind(more) else { panic!("an event") };
    assert_eq!((&*name, interactive), ("Purchase", false));
    let shown: Vec<_> = properties.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(shown, [("payment", "klarna"), ("items", "3"), ("gift", "true")]);
    assert_eq!(revenue, Some(Revenue { thousandths: 1_299_500, currency: *b"NOK" }));
    for (amount, expected) in
        [("99", 99_000), ("99.5", 99_500), ("\"-0.0005\"", -1), ("1000000000", 1_000_000_000_000)]
    {
        let more = format!(r#""type":"event","name":"P","revenue":{{"amount":{amount},"currency":"EUR"}}"#);
        let HitKind::Event { revenue, .. } = kind(&more) else { panic!("an event") };
        assert_eq!(revenue.unwrap().thousandths, expected, "{amount}");
    }
}

#[test]
fn faulty_lines_say_what_is_wrong_and_nothing_of_who_it_was() {
    let cases = [
        ("not json", "no JSON"),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"click"}"#, "type must be"),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"event"}"#, "needs a name"),
        (
            r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview","colour":1}"#,
            "\"colour\"",
        ),
        (
            r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview","10.9.8.7":1}"#,
            "unknown",
        ),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"secret","path":"/","type":"pageview"}"#, "ip is no"),
        (r#"{"t":"10.9.8.7","ip":"192.0.2.7","path":"/","type":"pageview"}"#, "t is no"),
        (
            r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview","status":"10.9.8.7"}"#,
            "wrong kind",
        ),
        (r#"{"t":"2026-03-10T08:00:00Z","path":"/","type":"pageview"}"#, "\"ip\" is missing"),
        (
            r#"{"t":"0001-01-01T00:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview"}"#,
            "before the year 2000",
        ),
        (r#"{"t":"9999-01-01T00:00:00Z","ip":"192.0.2.7","path":"/","type":"pageview"}"#, "future"),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"a","type":"pageview"}"#, "path"),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"engagement"}"#, "engaged_ms"),
        (
            r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0.2.7","path":"/","type":"event","name":"a","revenue":{"amount":"1,5","currency":"NOK"}}"#,
            "amount",
        ),
        (r#"{"t":"2026-03-10T08:00:00Z","ip":"192.0"#, "in the middle"),
        ("\0\0\0", "no JSON"),
    ];
    for (line, problem) in cases {
        let Err(fault) = read(&Bytes::from(line), span()) else { panic!("no fault: {line}") };
        let said = fault.to_string();
        assert!(said.contains(problem), "{said} of {line}");
        assert!(!said.contains("192.0") && !said.contains("10.9") && !said.contains("secret"), "{said}");
    }
}

#[test]
fn zones_and_texts_in_other_encodings_are_taken_as_they_can_be() {
    let zoned = r#"{"t":"2026-03-10T08:00:00+01:00","ip":"fe80::1%eth0","path":"/ø","type":"pageview"}"#;
    let Ok(Line::Hit(hit)) = read(&Bytes::from(zoned), span()) else { panic!("a hit") };
    assert_eq!(hit.target.as_str(), "/%C3%B8");
    assert_eq!(hit.at.to_string(), "2026-03-10T07:00:00Z");
    assert!(read(&Bytes::from_static(b"{\"t\":\"\xff\xfe\"}"), span()).is_err());
}
