use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;

use super::*;

/// An origin that does to its connections, one after the other, what the script says.
fn scripted(mut script: impl FnMut(usize, BufReader<TcpStream>) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            script(number, BufReader::new(stream.unwrap()));
        }
    });
    address
}

/// The next head, lower-cased; empty when the connection ended.
fn read_head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while stream.read_line(&mut head).unwrap_or(0) > 2 {}
    head.to_ascii_lowercase()
}

fn say(stream: &mut BufReader<TcpStream>, text: &str) {
    stream.get_mut().write_all(text.as_bytes()).unwrap();
}

/// An origin that says this to every request.
fn saying(text: &'static str) -> SocketAddr {
    scripted(move |_, mut stream| {
        while !read_head(&mut stream).is_empty() {
            say(&mut stream, text);
        }
    })
}

fn settings(address: impl std::fmt::Display) -> Settings {
    Settings {
        origin: format!("http://{address}").parse().unwrap(),
        authorities: None,
        connect_timeout: Duration::from_secs(5),
        head_timeout: Duration::from_mins(1),
        idle_timeout: Duration::from_mins(1),
        idle_connections_max: 8,
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header("host", "shop.example").body(Body::Empty).unwrap()
}

fn on_worker<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

fn send(settings: &Settings, request: Request<Body>) -> Result<(HeaderMap, Bytes), OriginError> {
    on_worker(async {
        let answer = Origin::new(settings).unwrap().send(request).await?;
        let (head, body) = answer.into_parts();
        Ok((head.headers, body.collect().await.unwrap().to_bytes()))
    })
}

/// The error of a body that does not end well.
fn broken_body(settings: &Settings) -> BodyError {
    on_worker(async {
        let answer = Origin::new(settings).unwrap().send(get("/")).await.unwrap();
        answer.into_body().collect().await.unwrap_err()
    })
}

#[test]
fn answer_that_is_not_http_is_garbage() {
    for text in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"] {
        let error = send(&settings(saying(text)), get("/")).unwrap_err();
        assert!(matches!(error, OriginError::Garbage(_)), "{error:?}");
    }
}

#[test]
fn endless_head_is_garbage() {
    let address = scripted(|_, mut stream| {
        let _head = read_head(&mut stream);
        say(&mut stream, "HTTP/1.1 200 OK\r\nx: ");
        while stream.get_mut().write_all(&[b'x'; 4096]).is_ok() {}
    });
    let error = send(&settings(address), get("/")).unwrap_err();
    assert!(matches!(error, OriginError::Garbage(_)), "{error:?}");
}

#[test]
fn protocol_changed_unasked_is_refused() {
    let address = saying("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let error = send(&settings(address), get("/")).unwrap_err();
    assert!(matches!(error, OriginError::Unasked), "{error:?}");
}

#[test]
fn origin_that_is_down_refuses() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = send(&settings(address), get("/")).unwrap_err();
    assert!(matches!(error, OriginError::Refused(_)), "{error:?}");
}

#[test]
fn silent_origin_is_a_timeout() {
    let address = scripted(|_, mut stream| while !read_head(&mut stream).is_empty() {});
    let mut settings = settings(address);
    settings.head_timeout = Duration::from_millis(1);
    assert!(send(&settings, get("/")).unwrap_err().is_timeout());
}

#[test]
fn silence_within_a_body_ends_it() {
    let mut settings = settings(saying("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
    settings.idle_timeout = Duration::from_millis(1);
    assert!(matches!(broken_body(&settings), BodyError::Idle { .. }));
}

#[test]
fn cut_body_is_an_error_and_no_short_success() {
    for head in ["content-length: 9\r\n\r\n", "transfer-encoding: chunked\r\n\r\n9\r\n"] {
        let address = scripted(move |_, mut stream| {
            read_head(&mut stream);
            say(&mut stream, &format!("HTTP/1.1 200 OK\r\n{head}half"));
        });
        assert!(matches!(broken_body(&settings(address)), BodyError::Origin(_)));
    }
}

#[test]
fn request_with_a_body_is_never_sent_twice() {
    let (seen, requests) = mpsc::channel();
    let address = scripted(move |_, mut stream| {
        let mut answers = ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"].into_iter();
        loop {
            let head = read_head(&mut stream);
            if head.is_empty() {
                return;
            }
            seen.send(head).unwrap();
            match answers.next() {
                Some(answer) => say(&mut stream, answer),
                None => return,
            }
        }
    });
    on_worker(async {
        let origin = Origin::new(&settings(address)).unwrap();
        origin.send(get("/warm")).await.unwrap();
        let order = Request::post("/order").header("content-length", 1).body(Body::full("x")).unwrap();
        let error = origin.send(order).await.unwrap_err();
        assert!(matches!(error, OriginError::Broken(_)), "{error:?}");
    });
    let paths: Vec<_> = requests.try_iter().map(|head| head.lines().next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["get /warm http/1.1", "post /order http/1.1"]);
}

#[test]
fn dead_idle_connection_is_replaced() {
    let (closed, is_closed) = mpsc::channel();
    let address = scripted(move |number, mut stream| {
        read_head(&mut stream);
        say(&mut stream, &format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}"));
        drop(stream);
        closed.send(()).unwrap();
    });
    on_worker(async {
        let origin = Origin::new(&settings(address)).unwrap();
        for expected in ["0", "1", "2"] {
            let answer = origin.send(get("/")).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), expected);
            is_closed.recv().unwrap();
        }
    });
}

#[test]
fn connection_is_used_again_after_a_clean_end() {
    for answer in [
        "content-length: 2\r\n\r\nok",
        "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "content-length: 0\r\n\r\n",
    ] {
        let address = scripted(move |number, mut stream| {
            while !read_head(&mut stream).is_empty() {
                say(&mut stream, &format!("HTTP/1.1 200 OK\r\nconnection-number: {number}\r\n{answer}"));
            }
        });
        on_worker(async {
            let origin = Origin::new(&settings(address)).unwrap();
            for _ in 0..3 {
                let answer = origin.send(get("/")).await.unwrap();
                assert_eq!(answer.headers()["connection-number"], "0");
                answer.into_body().collect().await.unwrap();
            }
        });
    }
}

#[test]
fn body_dropped_early_closes_the_connection() {
    let (ended, is_ended) = mpsc::channel();
    let address = scripted(move |_, mut stream| {
        read_head(&mut stream);
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf");
        let mut rest = Vec::new();
        let _reset = stream.read_to_end(&mut rest);
        ended.send(()).unwrap();
    });
    on_worker(async {
        let origin = Origin::new(&settings(address)).unwrap();
        drop(origin.send(get("/")).await.unwrap());
        is_ended.recv().unwrap();
    });
}

#[test]
fn discarded_body_frees_its_connection_unless_it_is_too_long() {
    for (length, is_freed) in [(100_000, true), (4 << 20, false)] {
        let (ended, is_ended) = mpsc::channel();
        let address = scripted(move |_, mut stream| {
            read_head(&mut stream);
            say(&mut stream, &format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"));
            let _cut = stream.get_mut().write_all(&vec![b'x'; length]);
            let _again = read_head(&mut stream);
            ended.send(()).unwrap();
        });
        on_worker(async {
            let origin = Origin::new(&settings(address)).unwrap();
            origin.send(get("/")).await.unwrap().into_body().discard();
            let mut link = None;
            while link.is_none() && is_ended.try_recv().is_err() {
                tokio::task::yield_now().await;
                link = origin.reuse().await;
            }
            assert_eq!(link.is_some(), is_freed);
        });
    }
}

#[test]
fn head_has_a_length_but_no_body() {
    let request = Request::head("/").header("host", "shop.example").body(Body::Empty).unwrap();
    let address = saying("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    let (headers, body) = send(&settings(address), request).unwrap();
    assert_eq!((&headers["content-length"], body.len()), (&HeaderValue::from_static("5"), 0));
}

#[test]
fn fields_for_one_hop_do_not_come_back() {
    let (seen, requests) = mpsc::channel();
    let address = scripted(move |_, mut stream| {
        seen.send(read_head(&mut stream)).unwrap();
        say(
            &mut stream,
            "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.0 200 OK\r\nconnection: x-once, keep-alive\r\n\
             x-once: 1\r\nkeep-alive: timeout=5\r\nx-stays: 1\r\n\r\nuntil the end",
        );
    });
    let mut request = get("http://ignored.example/path?query");
    *request.version_mut() = Version::HTTP_10;
    let (headers, body) = send(&settings(address), request).unwrap();
    assert_eq!(
        requests.recv().unwrap(),
        "get /path?query http/1.1\r\nhost: shop.example\r\nvia: 1.0 consentry\r\n\r\n"
    );
    let names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!((names, &*body), (vec!["x-stays", "via"], &b"until the end"[..]));
}

#[test]
fn request_body_streams_with_its_length_or_in_chunks() {
    for (length, framed) in [(Some("4"), "word"), (None, "4\r\nword\r\n0\r\n\r\n")] {
        let address = scripted(move |_, mut stream| {
            let head = read_head(&mut stream);
            assert_eq!(head.contains("transfer-encoding: chunked"), length.is_none(), "{head}");
            let mut body = vec![0; framed.len()];
            stream.read_exact(&mut body).unwrap();
            say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n");
            stream.get_mut().write_all(&[if body == framed.as_bytes() { b'y' } else { b'n' }]).unwrap();
        });
        let mut request = get("/");
        *request.method_mut() = http::Method::POST;
        let word = http_body_util::Full::new(Bytes::from("word"));
        *request.body_mut() = match length {
            Some(length) => {
                request.headers_mut().insert("content-length", HeaderValue::from_static(length));
                Body::full("word")
            }
            None => Body::stream(Unsized(word)),
        };
        assert_eq!(&*send(&settings(address), request).unwrap().1, b"y");
    }
}

/// A body that does not tell its length.
struct Unsized(http_body_util::Full<Bytes>);

impl http_body::Body for Unsized {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|never| match never {})
    }
}

/// A visitor that never sends the rest.
struct Silent;

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        Poll::Pending
    }
}

#[test]
fn visitor_silent_within_a_request_is_not_the_origins_fault() {
    let address = scripted(|_, mut stream| while !read_head(&mut stream).is_empty() {});
    let mut settings = settings(address);
    settings.idle_timeout = Duration::from_millis(1);
    let request = Request::post("/").body(Body::stream(Silent)).unwrap();
    let error = send(&settings, request).unwrap_err();
    assert!(matches!(error, OriginError::VisitorTimeout { .. }), "{error:?}");
}

/// An origin behind TLS with the certificate of `localhost` in `tests/data/tls`, which lasts a hundred years.
fn secure_origin() -> SocketAddr {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../../tests/data/tls/cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../tests/data/tls/key.pem")).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    scripted(move |_, stream| {
        let connection = rustls::ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream.into_inner());
        let mut piece = [0; 1024];
        if stream.read(&mut piece).is_ok_and(|count| count > 0) {
            let name = stream.conn.server_name().unwrap_or("none").to_owned();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len()).unwrap();
        }
    })
}

#[test]
fn certificate_of_an_unknown_authority_is_not_accepted() {
    let mut settings = settings("ignored");
    settings.origin = format!("https://localhost:{}", secure_origin().port()).parse().unwrap();
    let error = send(&settings, get("/")).unwrap_err();
    assert!(matches!(error, OriginError::Tls(_)), "{error:?}");
}

#[test]
fn certificate_of_a_named_authority_is_accepted() {
    let mut settings = settings("ignored");
    settings.origin = format!("https://localhost:{}", secure_origin().port()).parse().unwrap();
    settings.authorities = Some("tests/data/tls/ca.pem".into());
    assert_eq!(&*send(&settings, get("/")).unwrap().1, b"localhost");
}

#[test]
fn settings_that_reach_nothing_are_refused() {
    for origin in ["ftp://shop.example", "shop.example:80", "/path"] {
        let mut settings = settings("ignored");
        settings.origin = origin.parse().unwrap();
        assert!(Origin::new(&settings).is_err(), "{origin}");
    }
    let mut settings = settings("ignored");
    settings.origin = "https://shop.example".parse().unwrap();
    settings.authorities = Some("Cargo.toml".into());
    assert!(matches!(Origin::new(&settings), Err(Unreachable::Authorities { .. })));
}
