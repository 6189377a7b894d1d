//! How bytes pass: forwarding headers, malformed requests, streams, upgrades and the drain.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use bytes::Bytes;
use http::Response;

use crate::pages::PLAIN;
use crate::support::{Origin, RULES, client::raw, get, start};

#[test]
fn the_origin_is_told_who_asks_and_through_what() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let forged = [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("x-forwarded-proto", "https"),
    ];
    get(gateway.visitors, "/dekk?b=1&a=%20", &forged);
    let asked = origin.last();
    assert_eq!(asked.target, "/dekk?b=1&a=%20");
    assert_eq!(asked.header("host"), "shop.example");
    assert_eq!(asked.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(asked.header("x-forwarded-proto"), "http");
    assert_eq!(asked.header("x-forwarded-host"), "shop.example");
    assert_eq!(asked.header("forwarded"), "for=127.0.0.1;host=shop.example;proto=http");
    assert!(asked.header("via").starts_with("1.1 "));
}

#[test]
fn a_trusted_proxys_word_is_taken() {
    let origin = Origin::page(PLAIN);
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, origin.address, RULES)
        .replace("languages =", "trusted_proxies = [\"127.0.0.0/8\"]\nlanguages =");
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    get(gateway.visitors, "/", &[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https")]);
    assert_eq!(origin.last().header("x-forwarded-for"), "203.0.113.9, 127.0.0.1");
    assert_eq!(origin.last().header("x-forwarded-proto"), "https");
}

#[test]
fn hop_by_hop_headers_end_here_both_ways() {
    let origin = Origin::answering(|_| {
        Response::builder()
            .header("connection", "x-inside")
            .header("x-inside", "1")
            .header("keep-alive", "timeout=5")
            .header("x-shop", "1")
            .body(Bytes::from_static(b"ok"))
            .expect("a response")
    });
    let gateway = start(&origin);
    let answer = get(
        gateway.visitors,
        "/",
        &[("connection", "x-hop"), ("x-hop", "1"), ("te", "trailers"), ("x-end", "1")],
    );
    for name in ["x-hop", "te", "keep-alive", "proxy-connection"] {
        assert!(!origin.last().headers.contains_key(name), "{name} reached the origin");
    }
    assert_eq!(origin.last().header("x-end"), "1");
    assert!(!answer.headers.contains_key("x-inside") && !answer.headers.contains_key("keep-alive"));
    assert_eq!(answer.header("x-shop"), Some("1"));
}

#[test]
fn malformed_requests_are_refused_and_not_forwarded() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let long = format!("GET / HTTP/1.1\r\nHost: shop.example\r\nx: {}\r\n\r\n", "a".repeat(1_000_000));
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: sh op\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "400",
        ),
        ("GET / HTTP/1.1\r\nHost : shop.example\r\n\r\n", "400"),
        ("GET /\r\n\r\n", "400"),
        ("CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example\r\n\r\n", "405"),
        ("TRACE / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", "421"),
        (long.as_str(), "431"),
    ] {
        let answer = raw(gateway.visitors, request.as_bytes());
        let said = answer.split(' ').nth(1).unwrap_or("nothing");
        assert_eq!(said, status, "{}\n{answer}", &request[..request.len().min(120)]);
        // RFC 9110 section 15.5.6.
        assert_eq!(answer.to_lowercase().contains("\r\nallow: "), status == "405", "{answer}");
    }
    assert!(origin.asked().is_empty(), "{:?}", origin.asked());
}

/// The HTTP library reads a request with both as chunked, drops the length and closes the connection, as RFC 9112
/// section 6.1 allows: what matters is that the origin cannot read it in another way.
#[test]
fn a_request_with_two_lengths_reaches_the_origin_with_one() {
    let origin = Origin::page(PLAIN);
    let gateway = start(&origin);
    let request = "POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    raw(gateway.visitors, request.as_bytes());
    let asked = origin.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].body, "hello");
    assert!(!asked[0].headers.contains_key("content-length"));
}

#[test]
fn a_large_download_and_a_large_upload_stream_through() {
    const SIZE: usize = 16 << 20;
    let body = Bytes::from(vec![7; SIZE]);
    let kept = body.clone();
    let origin = Origin::answering(move |asked| {
        let length = asked.body.len().to_string();
        Response::builder()
            .header("content-type", "application/zip")
            .header("x-got", length)
            .body(kept.clone())
            .expect("a response")
    });
    let gateway = start(&origin);
    let request = http::Request::put("/file").header("host", "shop.example").body(body).expect("a request");
    let answer = crate::support::request(gateway.visitors, request);
    assert_eq!(answer.header("x-got"), Some(SIZE.to_string().as_str()));
    assert_eq!(answer.body.len(), SIZE);
    assert_eq!(answer.header("content-length"), Some(SIZE.to_string().as_str()));
}

/// Resident memory of a process at its highest. Unit: KiB.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn a_gigabyte_passes_in_constant_memory() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 1024;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let origin = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]).expect("a request");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: {}\r\n\r\n",
            PIECE * PIECES
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let piece = vec![7; PIECE];
        (0..PIECES).for_each(|_| stream.write_all(&piece).expect("sent"));
    });
    let program = crate::support::Program::start(address);
    let mut stream = TcpStream::connect(program.visitors).expect("a connection");
    let request = "GET /film.zip HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("sent");
    let (mut buffer, mut read) = (vec![0; PIECE], 0);
    let mut before = 0;
    loop {
        let bytes = stream.read(&mut buffer).expect("a piece");
        if bytes == 0 {
            break;
        }
        read += bytes;
        if before == 0 && read > 32 * PIECE {
            before = peak_memory(program.process());
        }
    }
    origin.join().expect("it ends");
    assert!(read > PIECE * PIECES, "{read}");
    let after = peak_memory(program.process());
    assert!(after < before + 8 * 1024, "{before} KiB after 32 MiB, {after} KiB after 1 GiB");
}

#[test]
fn a_web_socket_passes_both_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let echo = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut socket = tungstenite::accept(stream).expect("a handshake");
        let message = socket.read().expect("a message");
        socket.send(message).expect("sent");
        let _ = socket.close(None);
        while socket.read().is_ok() {}
    });
    let directory = tempfile::tempdir().expect("a directory");
    let text = crate::support::settings(&directory, address, RULES);
    let clock = std::sync::Arc::new(consentry::clock::SteppedClock::at(crate::support::noon()));
    let gateway = crate::support::start_in(directory, &text, clock);
    let stream = TcpStream::connect(gateway.visitors).expect("a connection");
    let (mut socket, _) = tungstenite::client("ws://shop.example/live", stream).expect("a handshake");
    socket.send("hei".into()).expect("sent");
    assert_eq!(socket.read().expect("an echo").to_text().expect("text"), "hei");
    socket.close(None).expect("closed");
    while socket.read().is_ok() {}
    echo.join().expect("it ends");
}

#[test]
fn a_stop_lets_open_requests_finish() {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let (asked, was_asked) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let origin = Origin::answering(move |_| {
        asked.send(()).expect("the test waits");
        told.lock().expect("one test").recv().expect("the test goes on");
        Response::new(Bytes::from_static(b"finished"))
    });
    let gateway = start(&origin);
    let mut stream = TcpStream::connect(gateway.visitors).expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").expect("sent");
    was_asked.recv().expect("the origin is asked");
    let visitors = gateway.visitors;
    let stopping = std::thread::spawn(move || gateway.stop());
    while TcpStream::connect(visitors).is_ok() {
        std::thread::yield_now();
    }
    tell.send(()).expect("the origin waits");
    let mut answer = String::new();
    BufReader::new(stream).read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with("finished"), "{answer}");
    stopping.join().expect("it ends");
}

#[test]
fn connections_are_kept_and_used_again() {
    let origin = Origin::answering(|_| {
        Response::builder().header("content-type", "text/plain").body(Bytes::from(PLAIN)).expect("a response")
    });
    let gateway = start(&origin);
    let mut stream = TcpStream::connect(gateway.visitors).expect("a connection");
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    for _ in 0..3 {
        stream
            .write_all(b"GET /a.txt HTTP/1.1\r\nHost: shop.example\r\nAccept: text/plain\r\n\r\n")
            .expect("sent");
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        assert_eq!(body, PLAIN.as_bytes());
    }
}
