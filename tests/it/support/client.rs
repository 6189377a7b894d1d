//! One request over one real connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("UTF-8")
    }

    /// The value of a header that is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().expect("ASCII");
        assert!(values.next().is_none(), "{name} is there more than once");
        Some(first)
    }

    /// Every value of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("ASCII")).collect()
    }
}

/// Sends a request over a connection of its own and reads the whole answer, or says why the body ended early.
pub fn try_request(address: SocketAddr, request: Request<Bytes>) -> Result<Answer, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request.map(Full::new)).await.map_err(|error| error.to_string())?;
        let (head, body) = answer.into_parts();
        let body =
            body.collect().await.map_err(|error| format!("{} but the body broke: {error}", head.status))?;
        connection.abort();
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    })
}

/// Sends a request over a connection of its own and reads the whole answer.
pub fn request(address: SocketAddr, request: Request<Bytes>) -> Answer {
    try_request(address, request).expect("an answer")
}

/// A plain `GET` with these headers, to the host `shop.example`.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut builder = Request::get(path).header("host", "shop.example");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    request(address, builder.body(Bytes::new()).expect("a request"))
}

/// Sends raw bytes and reads until the other side closes or is silent for two seconds.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    // A peer that refuses early may close before all is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
