use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener as StdListener, TcpStream as StdStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::proxy::{Origin, headers};

fn settings() -> Settings {
    Settings {
        http: Vec::new(),
        admin: loopback(),
        workers: 2,
        requests_max: 64,
        connections_max: 64,
        head_bytes_max: 8192,
        head_timeout: Duration::from_mins(1),
        drain_timeout: Duration::from_mins(1),
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn bound(workers: usize) -> Bound {
    bind(door(workers)).unwrap()
}

fn door(workers: usize) -> Door {
    Door { addresses: vec![loopback()], workers, inherited: Vec::new() }
}

/// A service that answers with what `answer` makes of the path.
fn answering<F, A>(
    answer: F,
) -> impl Fn(usize) -> Box<dyn Fn(SocketAddr) -> Answering> + Clone + Send + 'static
where
    F: Fn(SocketAddr, Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Response<Body>> + 'static,
{
    move |_| {
        let answer = answer.clone();
        Box::new(move |peer| {
            let answer = answer.clone();
            Answering(Rc::new(move |request| Box::pin(answer(peer, request))))
        })
    }
}

type Answered = std::pin::Pin<Box<dyn Future<Output = Response<Body>>>>;

#[derive(Clone)]
struct Answering(Rc<dyn Fn(Request<Incoming>) -> Answered>);

impl tower::Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let answered = (self.0)(request);
        Box::pin(async move { Ok(answered.await) })
    }
}

fn text(text: impl Into<String>) -> Response<Body> {
    Response::new(Body::full(text.into()))
}

fn connect(serving: &Serving) -> BufReader<StdStream> {
    BufReader::new(StdStream::connect(serving.addresses()[0]).unwrap())
}

fn say(stream: &mut BufReader<StdStream>, text: &str) {
    stream.get_mut().write_all(text.as_bytes()).unwrap();
}

/// Reads one answer: its status line and its body, which must have a length.
fn answer(stream: &mut BufReader<StdStream>) -> Option<(String, String)> {
    let (mut status, mut length) = (String::new(), 0);
    if stream.read_line(&mut status).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status.trim().to_owned(), String::from_utf8(body).unwrap()))
}

#[test]
fn malformed_request_is_refused_and_never_served() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let make = answering(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        async { text("served") }
    });
    let serving = serve(bound(1), &settings(), make).unwrap();
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(70_000));
    for (request, status) in [
        ("GET / HTTP/1.1\r\nhost : a\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\n folded\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n", "400 Bad Request"),
        ("G@T / HTTP/1.1\r\nhost: a\r\n\r\n", "400 Bad Request"),
        ("GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n", "400 Bad Request"),
        (&long, "431 Request Header Fields Too Large"),
    ] {
        let mut stream = connect(&serving);
        // The rest of a large head may meet a closed connection.
        let _reset = stream.get_mut().write_all(request.as_bytes());
        if let Some((line, _)) = answer(&mut stream) {
            assert_eq!(line, format!("HTTP/1.1 {status}"), "{request:.60}");
        }
    }
    assert_eq!(served.load(Ordering::SeqCst), 0);
}

#[test]
fn a_head_beyond_the_limits_comes_with_a_mark_and_nothing_after_it_is_read() {
    let make = answering(|_, request: Request<Incoming>| async move {
        let is_cut = request.extensions().get::<HeadTooLarge>().is_some();
        let mut answer = text(format!("{is_cut} {}", request.headers()["accept-language"].to_str().unwrap()));
        if is_cut {
            answer.headers_mut().insert("connection", "close".parse().unwrap());
        }
        answer
    });
    let serving = serve(bound(1), &settings(), make).unwrap();
    let large = format!("cookie: {}\r\n", "x".repeat(200_000));
    let many = "cookie: a=1\r\n".repeat(200);
    let most = "cookie: a=1\r\n".repeat(98);
    for (fields, told) in [(&*large, "true nb"), (&many, "true nb"), (&most, "false nb")] {
        let mut stream = connect(&serving);
        // The second request of a connection is watched like the first.
        for (fields, told) in [("", "false nb"), (fields, told)] {
            say(&mut stream, &format!("GET / HTTP/1.1\r\nhost: a\r\naccept-language: nb\r\n{fields}\r\n"));
            assert_eq!(answer(&mut stream).unwrap().1, told);
        }
        if told.starts_with("true") {
            assert_eq!(answer(&mut stream), None, "the connection is closed");
        }
    }
}

#[test]
fn all_workers_share_one_free_port_and_keep_connections_alive() {
    let make = answering(|peer, request: Request<Incoming>| async move {
        text(format!("{} {}", peer.port(), request.uri()))
    });
    let serving = serve(bound(3), &settings(), make).unwrap();
    let mut streams: Vec<_> = (0..12).map(|_| connect(&serving)).collect();
    for round in 0..2 {
        for stream in &mut streams {
            say(stream, &format!("GET /{round} HTTP/1.1\r\nhost: a\r\n\r\n"));
            let port = stream.get_ref().local_addr().unwrap().port();
            assert_eq!(answer(stream).unwrap().1, format!("{port} /{round}"));
        }
    }
}

#[test]
fn address_that_is_taken_is_an_error() {
    let taken = StdListener::bind("127.0.0.1:0").unwrap();
    let door = Door { addresses: vec![taken.local_addr().unwrap()], workers: 1, inherited: Vec::new() };
    let error = bind(door).unwrap_err();
    assert!(matches!(error, ListenError::Bind { .. }), "{error:?}");
}

#[test]
fn drain_finishes_what_began_and_takes_nothing_new() {
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = watch::channel(false);
    let make = answering(move |_, _| {
        let (entered, mut released) = (entered.clone(), released.clone());
        async move {
            entered.send(()).unwrap();
            released.wait_for(|is_released| *is_released).await.unwrap();
            text("finished")
        }
    });
    let serving = serve(bound(1), &settings(), make).unwrap();
    let address = serving.addresses()[0];
    let (mut busy, mut idle) = (connect(&serving), connect(&serving));
    say(&mut busy, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    has_entered.recv().unwrap();
    serving.shutdown();
    // The idle connection is closed by the drain, so the listener is closed too.
    assert_eq!(answer(&mut idle), None);
    assert!(StdStream::connect(address).is_err());
    release.send_replace(true);
    assert_eq!(answer(&mut busy).unwrap().1, "finished");
    assert_eq!(answer(&mut busy), None);
    serving.join();
}

#[test]
fn drain_ends_although_a_request_does_not() {
    let (entered, has_entered) = mpsc::channel();
    let make = answering(move |_, _| {
        entered.send(()).unwrap();
        std::future::pending()
    });
    let settings = Settings { drain_timeout: Duration::from_millis(1), ..settings() };
    let serving = serve(bound(1), &settings, make).unwrap();
    let mut stream = connect(&serving);
    say(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    has_entered.recv().unwrap();
    serving.shutdown();
    serving.join();
    assert_eq!(answer(&mut stream), None);
}

#[test]
fn panic_costs_one_connection() {
    let make = answering(|_, request: Request<Incoming>| async move {
        assert!(request.uri() != "/panic", "asked to");
        text("served")
    });
    let serving = serve(bound(1), &settings(), make).unwrap();
    let (mut other, mut stream) = (connect(&serving), connect(&serving));
    say(&mut stream, "GET /panic HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(answer(&mut stream), None);
    say(&mut other, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(answer(&mut other).unwrap().1, "served");
}

#[test]
fn connection_beyond_the_limit_waits_for_room() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let make = answering(move |_, _| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move { text(number.to_string()) }
    });
    let settings = Settings { connections_max: 1, ..settings() };
    let serving = serve(bound(2), &settings, make).unwrap();
    let mut first = connect(&serving);
    say(&mut first, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(answer(&mut first).unwrap().1, "0");
    let mut second = connect(&serving);
    say(&mut second, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    say(&mut first, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(answer(&mut first).unwrap().1, "1");
    drop(first);
    assert_eq!(answer(&mut second).unwrap().1, "2");
}

/// A gateway that only checks and passes on.
fn gateway(origin: SocketAddr) -> Serving {
    let settings = settings();
    let proxy = crate::proxy::Settings {
        origin: format!("http://{origin}").parse().unwrap(),
        authorities: None,
        connect_timeout: Duration::from_secs(5),
        head_timeout: Duration::from_mins(1),
        idle_timeout: Duration::from_mins(1),
        idle_connections_max: 8,
    };
    let make = move |_| {
        let origin = Origin::new(&proxy).unwrap();
        move |_| {
            let origin = origin.clone();
            Answering(Rc::new(move |mut request| {
                let origin = origin.clone();
                Box::pin(async move {
                    if let Err(refusal) = headers::check(&mut request) {
                        return text(refusal.to_string());
                    }
                    let sent = origin.send(request.map(Body::incoming)).await;
                    sent.unwrap_or_else(|error| text(error.to_string()))
                })
            }))
        }
    };
    serve(bound(1), &settings, make).unwrap()
}

#[test]
fn websocket_passes_both_ways_until_either_side_closes() {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let serving = gateway(listener.local_addr().unwrap());
    let origin = std::thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        while let Ok(message) = socket.read() {
            if message.is_text() {
                socket.send(message).unwrap();
            }
        }
    });
    let url = format!("ws://{}/socket", serving.addresses()[0]);
    let (mut socket, answer) = tungstenite::connect(url).unwrap();
    assert_eq!(answer.status(), 101);
    for length in [1, 70_000] {
        let word = tungstenite::Message::text("x".repeat(length));
        socket.send(word.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), word);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
    origin.join().unwrap();
}

#[test]
fn large_download_passes_whole() {
    const PIECE_BYTES: usize = 1 << 16;
    const PIECES: usize = 1024;
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let serving = gateway(listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut line = String::new();
        while stream.read_line(&mut line).unwrap() > 2 {}
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", PIECE_BYTES * PIECES);
        stream.get_mut().write_all(head.as_bytes()).unwrap();
        for number in 0..PIECES {
            stream.get_mut().write_all(&vec![u8::try_from(number % 251).unwrap(); PIECE_BYTES]).unwrap();
        }
    });
    let mut stream = connect(&serving);
    say(&mut stream, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let mut line = String::new();
    while stream.read_line(&mut line).unwrap() > 2 {}
    assert!(line.contains(&format!("content-length: {}", PIECE_BYTES * PIECES)), "{line}");
    let mut piece = vec![0; PIECE_BYTES];
    for number in 0..PIECES {
        stream.read_exact(&mut piece).unwrap();
        assert!(piece.iter().all(|byte| usize::from(*byte) == number % 251));
    }
}

#[test]
fn upload_passes_whole_with_back_pressure_and_expectation() {
    const LENGTH: usize = 32 << 20;
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let serving = gateway(listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut line = String::new();
        while stream.read_line(&mut line).unwrap() > 2 {}
        let mut body = vec![0; LENGTH];
        stream.read_exact(&mut body).unwrap();
        let sum: usize = body.iter().map(|byte| usize::from(*byte)).sum();
        let text = sum.to_string();
        write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).unwrap();
    });
    let mut stream = connect(&serving);
    let head =
        format!("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: {LENGTH}\r\n\r\n");
    say(&mut stream, &head);
    assert_eq!(answer(&mut stream).unwrap().0, "HTTP/1.1 100 Continue");
    stream.get_mut().write_all(&vec![1; LENGTH]).unwrap();
    assert_eq!(answer(&mut stream).unwrap().1, LENGTH.to_string());
}
