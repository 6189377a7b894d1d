use proptest::prelude::*;

use super::*;

fn request(target: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().uri(target);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

#[test]
fn request_without_exactly_one_valid_host_is_refused() {
    for (fields, refusal) in [
        (&[][..], BadRequest::HostMissing),
        (&[("host", "a"), ("host", "a")], BadRequest::HostRepeated),
        (&[("host", "")], BadRequest::HostInvalid),
        (&[("host", "a b")], BadRequest::HostInvalid),
        (&[("host", "a,b")], BadRequest::HostInvalid),
        (&[("host", "a/b")], BadRequest::HostInvalid),
        (&[("host", "a?b")], BadRequest::HostInvalid),
        (&[("host", "user@a")], BadRequest::HostInvalid),
        (&[("host", "a:b")], BadRequest::HostInvalid),
        (&[("host", "a:65536")], BadRequest::HostInvalid),
        (&[("host", "a:+1")], BadRequest::HostInvalid),
        (&[("host", ":80")], BadRequest::HostInvalid),
        (&[("host", "a%2eb")], BadRequest::HostInvalid),
        (&[("host", "[::1")], BadRequest::HostInvalid),
        (&[("host", "[zz]")], BadRequest::HostInvalid),
        (&[("host", "http://a")], BadRequest::HostInvalid),
        (&[("host", "a\u{e5}.no")], BadRequest::HostInvalid),
    ] {
        assert_eq!(check(&mut request("/", fields)), Err(refusal), "{fields:?}");
    }
}

#[test]
fn host_is_lower_case_and_without_port() {
    for (text, name, authority) in [
        ("Shop.Example:8080", "shop.example", "shop.example:8080"),
        ("shop.example", "shop.example", "shop.example"),
        ("shop.example:", "shop.example", "shop.example:"),
        ("127.0.0.1:80", "127.0.0.1", "127.0.0.1:80"),
        ("[2001:DB8::1]:80", "[2001:db8::1]", "[2001:db8::1]:80"),
        ("a_b.example.", "a_b.example.", "a_b.example."),
    ] {
        let host = check(&mut request("/", &[("host", text)])).unwrap();
        assert_eq!((host.name(), host.authority()), (name, authority));
    }
}

#[test]
fn absolute_target_wins_over_host() {
    let mut request = request("http://Shop.example:81/a?b=c", &[("host", "other.example")]);
    assert_eq!(check(&mut request).unwrap().name(), "shop.example");
    assert_eq!(request.headers()[HOST], "shop.example:81");
    assert_eq!(request.uri(), "/a?b=c");
    assert!(request.uri().authority().is_none());
}

#[test]
fn target_that_is_none_is_refused() {
    for target in ["http://user@shop.example/", "http://user:word@shop.example/", "ftp://shop.example/", "*"]
    {
        let refused = check(&mut request(target, &[("host", "shop.example")]));
        assert_eq!(refused, Err(BadRequest::TargetInvalid), "{target}");
    }
    let mut authority = request("shop.example:80", &[("host", "shop.example")]);
    assert_eq!(check(&mut authority), Err(BadRequest::TargetInvalid));
    let mut bare = request("http://shop.example", &[("host", "shop.example")]);
    check(&mut bare).unwrap();
    assert_eq!(bare.uri(), "/");
}

#[test]
fn asterisk_is_for_options_only() {
    let mut options = request("*", &[("host", "shop.example")]);
    *options.method_mut() = Method::OPTIONS;
    check(&mut options).unwrap();
    assert_eq!(options.uri(), "*");
}

#[test]
fn connect_and_trace_are_refused() {
    for (method, refusal) in [(Method::CONNECT, BadRequest::Connect), (Method::TRACE, BadRequest::Trace)] {
        let mut request = request("/", &[("host", "shop.example")]);
        *request.method_mut() = method;
        assert_eq!(check(&mut request), Err(refusal));
    }
}

#[test]
fn framing_that_can_be_read_twice_is_refused() {
    let length = ("content-length", "3");
    let chunked = ("transfer-encoding", "chunked");
    for (fields, refusal) in [
        (&[length, chunked][..], BadRequest::LengthAndCoding),
        (&[length, length], BadRequest::LengthInvalid),
        (&[("content-length", "+3")], BadRequest::LengthInvalid),
        (&[("content-length", "3, 3")], BadRequest::LengthInvalid),
        (&[("content-length", "")], BadRequest::LengthInvalid),
        (&[chunked, chunked], BadRequest::CodingUnknown),
        (&[("transfer-encoding", "gzip, chunked")], BadRequest::CodingUnknown),
        (&[("transfer-encoding", "xchunked")], BadRequest::CodingUnknown),
    ] {
        let fields = [&[("host", "a")], fields].concat();
        assert_eq!(check(&mut request("/", &fields)), Err(refusal), "{fields:?}");
    }
    let mut old = request("/", &[("host", "a"), chunked]);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(check(&mut old), Err(BadRequest::LengthAndCoding));
}

#[test]
fn options_goes_only_as_far_as_it_may() {
    for (left, then) in [("0", None), ("1", Some("0")), ("12", Some("11")), ("many", Some("many"))] {
        let mut options = request("/", &[("host", "a"), ("max-forwards", left)]);
        *options.method_mut() = Method::OPTIONS;
        let checked = check(&mut options);
        match then {
            None => assert_eq!(checked, Err(BadRequest::LastHop)),
            Some(then) => assert_eq!(options.headers()[MAX_FORWARDS], then),
        }
    }
    let mut get = request("/", &[("host", "a"), ("max-forwards", "0")]);
    assert!(check(&mut get).is_ok());
}

#[test]
fn visitor_cannot_write_the_consent_in_any_spelling() {
    let spellings = ["Consentry-Consent", "consentry_consent", "CONSENTRY_CONSENT"];
    let given = spellings.iter().chain(&spellings).map(|name| (*name, "marketing"));
    let given: Vec<_> =
        [("host", "a"), ("consentry_consents", "1"), ("x_own", "1")].into_iter().chain(given).collect();
    let mut request = request("/", &given);
    check(&mut request).unwrap();
    let mut left: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["consentry_consents", "host", "x_own"], "other names are the shop's");
}

#[test]
fn fields_for_one_hop_do_not_pass() {
    let mut headers = headers(&[
        ("connection", "close, X-Once"),
        ("connection", "x-twice"),
        ("x-once", "1"),
        ("x-twice", "2"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic eA=="),
        ("proxy", "http://evil.example"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("x-stays", "3"),
    ]);
    clean_request(&mut headers);
    assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-stays"]);
}

#[test]
fn connection_cannot_remove_what_frames_the_message() {
    let mut headers =
        headers(&[("connection", "host, content-length"), ("host", "a"), ("content-length", "1")]);
    clean_request(&mut headers);
    assert_eq!(headers.len(), 2);
}

#[test]
fn wish_for_a_tunnel_stays_but_h2c_does_not() {
    let mut websocket = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
    clean_request(&mut websocket);
    assert_eq!(websocket, headers(&[("connection", "upgrade"), ("upgrade", "websocket")]));
    for protocol in ["h2c", "websocket, H2C", "h2c-14"] {
        let mut fields =
            headers(&[("connection", "upgrade, http2-settings"), ("http2-settings", "AAMAAABk")]);
        fields.insert(UPGRADE, HeaderValue::from_static(protocol));
        clean_request(&mut fields);
        assert!(fields.is_empty(), "{protocol}");
    }
}

#[test]
fn an_answer_names_no_way_past_us() {
    let mut answer = headers(&[("alt-svc", "h3=\"origin.example:8443\"; ma=86400"), ("server", "x")]);
    clean_answer(&mut answer);
    assert_eq!(answer, headers(&[("server", "x")]));
}

#[test]
fn length_beside_a_coding_is_not_believed() {
    let mut answer = headers(&[("transfer-encoding", "chunked"), ("content-length", "3")]);
    clean_answer(&mut answer);
    assert!(answer.is_empty());
}

proptest! {
    #[test]
    fn nothing_listed_in_connection_passes(
        names in prop::collection::vec("x-[a-z]{1,12}", 1..8),
        lines in 1_usize..4,
    ) {
        let mut headers = HeaderMap::new();
        for chunk in names.chunks(names.len().div_ceil(lines)) {
            headers.append(CONNECTION, HeaderValue::from_str(&chunk.join(" ,")).unwrap());
        }
        for name in &names {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static("1"));
        }
        clean_request(&mut headers);
        prop_assert!(headers.is_empty());
    }

    #[test]
    fn checked_host_is_never_more_than_a_name_and_a_port(text in "\\PC{0,24}") {
        if let Some(host) = Host::parse(text.as_bytes()) {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
            prop_assert!(host.authority().bytes().all(is_plain));
            prop_assert_eq!(host.name().to_ascii_lowercase(), host.name());
            prop_assert!(!host.name().is_empty());
        }
    }
}
