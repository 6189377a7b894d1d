use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn trusted() -> Networks {
    Networks::parse(["10.0.0.0/8", "fd00::/8"]).unwrap()
}

fn behind(peer: &str, fields: &[(&'static str, &str)]) -> IpAddr {
    client(address(peer), false, &headers(fields), &trusted()).address
}

#[test]
fn untrusted_peer_is_the_visitor_whatever_it_says() {
    for field in [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1;proto=https")] {
        assert_eq!(behind("192.0.2.1", &[field]), address("192.0.2.1"));
    }
    let claim = headers(&[("x-forwarded-proto", "https")]);
    assert!(!client(address("192.0.2.1"), false, &claim, &trusted()).is_https);
}

#[test]
fn nearest_hop_that_is_not_trusted_is_the_visitor() {
    for (fields, found) in [
        (&[("x-forwarded-for", "203.0.113.9, 198.51.100.1, 10.0.0.2")][..], "198.51.100.1"),
        (&[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "10.0.0.2")], "198.51.100.1"),
        (&[("x-forwarded-for", "[2001:db8::7]:4711")], "2001:db8::7"),
        (&[("x-forwarded-for", "2001:db8::7")], "2001:db8::7"),
        (&[("x-forwarded-for", "198.51.100.1:4711")], "198.51.100.1"),
        (&[("x-forwarded-for", "::ffff:198.51.100.1")], "198.51.100.1"),
        (&[("x-forwarded-for", "10.0.0.9, 10.0.0.2")], "10.0.0.9"),
        (&[("x-forwarded-for", "203.0.113.9, rubbish, 10.0.0.2")], "10.0.0.2"),
        (&[("x-forwarded-for", "")], "10.0.0.1"),
        (&[], "10.0.0.1"),
        (
            &[("forwarded", "for=203.0.113.9, for=\"[2001:db8::7]:80\";proto=http, For=10.0.0.2")],
            "2001:db8::7",
        ),
        (&[("forwarded", "for=_hidden, for=10.0.0.2")], "10.0.0.2"),
        (&[("forwarded", "by=\"x, for=198.51.100.1\";for=198.51.100.2")], "198.51.100.2"),
        (&[("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=203.0.113.9")], "198.51.100.1"),
    ] {
        assert_eq!(behind("10.0.0.1", fields), address(found), "{fields:?}");
    }
}

#[test]
fn mapped_peer_is_the_same_as_its_ipv4_address() {
    assert_eq!(behind("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), address("198.51.100.1"));
    assert_eq!(behind("::ffff:192.0.2.1", &[]), address("192.0.2.1"));
}

#[test]
fn encryption_is_what_the_trusted_peer_says() {
    for (fields, is_https) in [
        (&[("x-forwarded-proto", "https")][..], true),
        (&[("x-forwarded-proto", "http, HTTPS")], true),
        (&[("x-forwarded-proto", "https, http")], false),
        (&[("x-forwarded-proto", "gopher")], false),
        (&[("forwarded", "for=1.2.3.4;proto=https")], true),
        (&[("forwarded", "for=1.2.3.4;proto=https, for=10.0.0.2;proto=\"http\"")], false),
        (&[], false),
    ] {
        let client = client(address("10.0.0.1"), false, &headers(fields), &trusted());
        assert_eq!(client.is_https, is_https, "{fields:?}");
    }
}

fn told(peer: &str, fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = headers(fields);
    Hop::new(address(peer), false).write(&mut headers, &trusted());
    headers
}

#[test]
fn forged_fields_are_replaced() {
    let told = told(
        "192.0.2.1",
        &[
            ("host", "shop.example"),
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "198.51.100.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-port", "443"),
            ("x-real-ip", "198.51.100.1"),
            ("forwarded", "for=198.51.100.1"),
        ],
    );
    let expected = headers(&[
        ("host", "shop.example"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "shop.example"),
        ("forwarded", "for=192.0.2.1;host=shop.example;proto=http"),
    ]);
    assert_eq!(told, expected);
}

#[test]
fn trusted_chain_is_kept_and_added_to() {
    let told = told(
        "10.0.0.1",
        &[
            ("host", "shop.example"),
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "www.shop.example"),
            ("forwarded", "for=198.51.100.1;proto=https"),
        ],
    );
    assert_eq!(told["x-forwarded-for"], "198.51.100.1, 10.0.0.2, 10.0.0.1");
    assert_eq!(told["x-forwarded-proto"], "https");
    assert_eq!(told["x-forwarded-host"], "www.shop.example");
    assert_eq!(told["forwarded"], "for=198.51.100.1;proto=https, for=10.0.0.1;host=shop.example;proto=http");
}

#[test]
fn missing_chain_is_made_from_the_other() {
    let from_old = told("10.0.0.1", &[("x-forwarded-for", "2001:db8::1")]);
    assert_eq!(from_old["forwarded"], "for=\"[2001:db8::1]\", for=10.0.0.1;proto=http");
    let from_new = told("fd00::1", &[("forwarded", "for=\"[2001:db8::1]:80\"")]);
    assert_eq!(from_new["x-forwarded-for"], "2001:db8::1, fd00::1");
    assert_eq!(from_new["forwarded"], "for=\"[2001:db8::1]:80\", for=\"[fd00::1]\";proto=http");
}

#[test]
fn host_with_a_port_is_quoted_and_the_next_host_is_not_the_last_one() {
    let hop = Hop::new(address("192.0.2.1"), true);
    for (host, element) in [
        ("shop.example:8080", "for=192.0.2.1;host=\"shop.example:8080\";proto=https"),
        ("other.example", "for=192.0.2.1;host=other.example;proto=https"),
    ] {
        let mut headers = headers(&[("host", host)]);
        hop.write(&mut headers, &Networks::default());
        assert_eq!(headers["forwarded"], element);
    }
}

#[test]
fn a_connection_keeps_nothing_of_a_request() {
    let buffer = Bytes::from(b"shop.example Mozilla/5.0 203.0.113.9".to_vec());
    let hop = Hop::new("192.0.2.1".parse().unwrap(), false);
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_maybe_shared(buffer.slice(..12)).unwrap());
    hop.write(&mut headers, &trusted());
    assert!(!buffer.is_unique());
    drop(headers);
    assert!(buffer.is_unique());
}

proptest! {
    #[test]
    fn no_text_makes_an_untrusted_peer_somebody_else(text in "[ -~]{0,60}") {
        for name in ["x-forwarded-for", "forwarded"] {
            prop_assert_eq!(behind("192.0.2.1", &[(name, &text)]), address("192.0.2.1"));
        }
    }

    #[test]
    fn what_a_visitor_prepends_changes_nothing(text in "[ -~]{0,60}") {
        let chain = format!("{text}, 198.51.100.1");
        prop_assert_eq!(behind("10.0.0.1", &[("x-forwarded-for", &chain)]), address("198.51.100.1"));
    }

    #[test]
    fn the_origin_reads_back_the_peer(bits in any::<u128>()) {
        let peer = IpAddr::from(std::net::Ipv6Addr::from_bits(bits)).to_canonical();
        let told = told(&peer.to_string(), &[("host", "[::1]:80")]);
        let element = split(told["forwarded"].as_bytes(), b',').pop().unwrap();
        prop_assert_eq!(parameter(element, b"for").and_then(read_address), Some(peer));
        prop_assert_eq!(parameter(element, b"host"), Some(&b"[::1]:80"[..]));
    }
}
